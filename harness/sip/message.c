#include "scan.h"

#include <stdlib.h>
#include <string.h>

void sip_message_free(struct sip_message *message)
{
    if (!message)
        return;
    for (size_t i = 0; i < message->header_count; i++) {
        free(message->headers[i].name);
        free(message->headers[i].value);
    }
    free(message->headers);
    free(message->method);
    free(message->request_uri);
    free(message->version);
    free(message->reason);
    free(message->body);
    free(message->raw);
    free(message);
}

static uint8_t *bytes_copy(const uint8_t *bytes, size_t size_bytes)
{
    uint8_t *copy = malloc(size_bytes);
    if (copy)
        memcpy(copy, bytes, size_bytes);
    return copy;
}

static bool text_copy_into(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from;
}

static bool buffer_copy_into(uint8_t **to, size_t *to_size_bytes, const uint8_t *from, size_t size_bytes)
{
    if (!from)
        return true;
    *to = bytes_copy(from, size_bytes);
    *to_size_bytes = size_bytes;
    return *to;
}

struct sip_message *sip_message_copy(const struct sip_message *message)
{
    struct sip_message *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    copy->is_request = message->is_request;
    copy->status = message->status;
    bool is_good =
        text_copy_into(&copy->method, message->method) &&
        text_copy_into(&copy->request_uri, message->request_uri) &&
        text_copy_into(&copy->version, message->version) && text_copy_into(&copy->reason, message->reason) &&
        buffer_copy_into(&copy->body, &copy->body_size_bytes, message->body, message->body_size_bytes) &&
        buffer_copy_into(&copy->raw, &copy->raw_size_bytes, message->raw, message->raw_size_bytes);
    for (size_t i = 0; is_good && i < message->header_count; i++)
        is_good = sip_message_append(copy, message->headers[i].name, message->headers[i].value);
    if (!is_good) {
        sip_message_free(copy);
        return NULL;
    }
    return copy;
}

/* Puts a copy at index; those behind it move up. */
static bool header_insert(struct sip_message *message, size_t index, const char *name, const char *value)
{
    if (message->header_count == SIP_HEADERS_MAX || strlen(name) + strlen(value) > SIP_MESSAGE_MAX_BYTES)
        return false;
    struct sip_header *headers = realloc(message->headers, (message->header_count + 1) * sizeof *headers);
    if (!headers)
        return false;
    message->headers = headers;
    struct sip_header added = {strdup(name), strdup(value)};
    if (!added.name || !added.value) {
        free(added.name);
        free(added.value);
        return false;
    }
    memmove(&headers[index + 1], &headers[index], (message->header_count - index) * sizeof *headers);
    headers[index] = added;
    message->header_count++;
    return true;
}

static void header_delete(struct sip_message *message, size_t index)
{
    free(message->headers[index].name);
    free(message->headers[index].value);
    message->header_count--;
    memmove(&message->headers[index], &message->headers[index + 1],
            (message->header_count - index) * sizeof *message->headers);
}

/* Index of the first field of that name, header_count when there is none. */
static size_t header_index(const struct sip_message *message, const char *name)
{
    size_t i = 0;
    while (i < message->header_count && !sip_header_is(&message->headers[i], name))
        i++;
    return i;
}

bool sip_message_append(struct sip_message *message, const char *name, const char *value)
{
    return header_insert(message, message->header_count, name, value);
}

bool sip_message_prepend(struct sip_message *message, const char *name, const char *value)
{
    return header_insert(message, 0, name, value);
}

bool sip_message_set(struct sip_message *message, const char *name, const char *value)
{
    size_t index = header_index(message, name);
    if (index == message->header_count)
        return sip_message_append(message, name, value);
    if (strlen(name) + strlen(value) > SIP_MESSAGE_MAX_BYTES)
        return false;
    struct sip_header header = {strdup(name), strdup(value)};
    if (!header.name || !header.value) {
        free(header.name);
        free(header.value);
        return false;
    }
    free(message->headers[index].name);
    free(message->headers[index].value);
    message->headers[index] = header;
    return true;
}

void sip_message_remove(struct sip_message *message, const char *name)
{
    for (size_t i = message->header_count; i > 0; i--)
        if (sip_header_is(&message->headers[i - 1], name))
            header_delete(message, i - 1);
}

/* Where one value is: the field, the value in it, and what lies around it. */
struct value_place {
    size_t header;
    struct sip_scan value;
    const char *from, *next; /* from: behind the comma before it; next: behind the one after it, or NULL */
    bool is_first;
};

static bool value_find(const struct sip_message *message, const char *name, size_t index,
                       struct value_place *out)
{
    bool is_list = sip_header_is_list(name);
    for (size_t i = 0; i < message->header_count; i++) {
        if (!sip_header_is(&message->headers[i], name))
            continue;
        const char *text = message->headers[i].value;
        const char *end = text + strlen(text);
        const char *next = text;
        do {
            const char *from = next;
            struct sip_scan value = {from, end};
            if (is_list)
                value = sip_list_next(&next, end);
            else
                next = NULL;
            if (index-- == 0) {
                *out = (struct value_place){i, value, from, next, from == text};
                return true;
            }
        } while (next);
    }
    return false;
}

char *sip_message_value(const struct sip_message *message, const char *name, size_t index)
{
    struct value_place place;
    if (!value_find(message, name, index, &place))
        return NULL;
    return sip_text_copy(place.value.at, place.value.end);
}

size_t sip_message_value_count(const struct sip_message *message, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < message->header_count; i++)
        if (sip_header_is(&message->headers[i], name))
            count += sip_header_value_count(&message->headers[i]);
    return count;
}

/* Cuts [from, to) out of the field's value. The text only gets shorter, so it is done in place. */
static void value_cut(char *text, const char *from, const char *to)
{
    char *at = text + (from - text);
    memmove(at, to, strlen(to) + 1);
}

void sip_message_remove_value(struct sip_message *message, const char *name, size_t index)
{
    struct value_place place;
    if (!value_find(message, name, index, &place))
        return;
    char *text = message->headers[place.header].value;
    const char *end = text + strlen(text);
    if (place.is_first && !place.next) {
        header_delete(message, place.header);
    } else if (place.next) {
        while (place.is_first && sip_is_space(*place.next))
            place.next++;
        value_cut(text, place.from, place.next);
    } else {
        value_cut(text, place.from - 1, end); /* with the comma before it */
    }
}

bool sip_message_replace_value(struct sip_message *message, const char *name, size_t index, const char *value)
{
    struct value_place place;
    if (!value_find(message, name, index, &place))
        return false;
    char *text = message->headers[place.header].value;
    size_t before = (size_t)(place.value.at - text);
    size_t size = before + strlen(value) + strlen(place.value.end) + 1;
    if (size > SIP_MESSAGE_MAX_BYTES)
        return false;
    char *replaced = malloc(size);
    if (!replaced)
        return false;
    memcpy(replaced, text, before);
    stpcpy(stpcpy(replaced + before, value), place.value.end);
    free(text);
    message->headers[place.header].value = replaced;
    return true;
}

const char *sip_message_header(const struct sip_message *message, const char *name)
{
    size_t index = header_index(message, name);
    return index < message->header_count ? message->headers[index].value : NULL;
}
