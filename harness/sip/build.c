#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sip_message *sip_request_new(const char *method, const char *request_uri)
{
    struct sip_message *message = calloc(1, sizeof *message);
    if (!message)
        return NULL;
    message->is_request = true;
    message->method = strdup(method);
    message->request_uri = strdup(request_uri);
    message->version = strdup("SIP/2.0");
    if (!message->method || !message->request_uri || !message->version) {
        sip_message_free(message);
        return NULL;
    }
    return message;
}

struct sip_message *sip_response_new(unsigned status, const char *reason)
{
    struct sip_message *message = calloc(1, sizeof *message);
    if (!message)
        return NULL;
    message->status = status;
    message->reason = strdup(reason ? reason : sip_reason_phrase(status));
    message->version = strdup("SIP/2.0");
    if (!message->reason || !message->version) {
        sip_message_free(message);
        return NULL;
    }
    return message;
}

/* §8.2.6.2: the tag is added to a To that has none, be it well-formed or not. */
static bool to_append(struct sip_message *response, const struct sip_message *request,
                      const struct sip_header *to, const char *to_tag)
{
    char *present = sip_message_tag(request, "To");
    bool is_tagged = present != NULL;
    free(present);
    if (!to_tag || is_tagged)
        return sip_message_append(response, to->name, to->value);
    size_t size = strlen(to->value) + strlen(to_tag) + sizeof ";tag=";
    char *value = malloc(size);
    if (!value)
        return false;
    snprintf(value, size, "%s;tag=%s", to->value, to_tag);
    bool is_appended = sip_message_append(response, to->name, value);
    free(value);
    return is_appended;
}

/* Every field of that name, or the first one only. */
static bool fields_copy(struct sip_message *response, const struct sip_message *request, const char *name,
                        bool is_first_only, const char *to_tag)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct sip_header *header = &request->headers[i];
        if (!sip_header_is(header, name))
            continue;
        bool is_copied = sip_equals_nocase(name, "To")
                             ? to_append(response, request, header, to_tag)
                             : sip_message_append(response, header->name, header->value);
        if (!is_copied || is_first_only)
            return is_copied;
    }
    return true;
}

struct sip_message *sip_response_to(const struct sip_message *request, unsigned status, const char *reason,
                                    const char *to_tag)
{
    struct sip_message *response = sip_response_new(status, reason);
    if (!response)
        return NULL;
    bool is_invite = request->method && strcmp(request->method, "INVITE") == 0;
    bool is_good = fields_copy(response, request, "Via", false, NULL) &&
                   (!is_invite || fields_copy(response, request, "Record-Route", false, NULL)) &&
                   fields_copy(response, request, "From", true, NULL) &&
                   fields_copy(response, request, "To", true, to_tag) &&
                   fields_copy(response, request, "Call-ID", true, NULL) &&
                   fields_copy(response, request, "CSeq", true, NULL) &&
                   sip_message_append(response, "Content-Length", "0");
    if (is_good && sip_message_cseq(response, NULL, &response->method) == SIP_ERROR_MEMORY)
        is_good = false;
    if (!is_good) {
        sip_message_free(response);
        return NULL;
    }
    return response;
}

bool sip_message_set_request_uri(struct sip_message *message, const char *request_uri)
{
    char *copy = strdup(request_uri);
    if (!copy)
        return false;
    free(message->request_uri);
    message->request_uri = copy;
    return true;
}

bool sip_message_set_body(struct sip_message *message, const void *bytes, size_t size_bytes,
                          const char *content_type)
{
    if (size_bytes > SIP_MESSAGE_MAX_BYTES)
        return false;
    uint8_t *body = NULL;
    if (size_bytes > 0) {
        body = malloc(size_bytes);
        if (!body)
            return false;
        memcpy(body, bytes, size_bytes);
    }
    char length[24];
    snprintf(length, sizeof length, "%zu", size_bytes);
    if ((content_type && !sip_message_set(message, "Content-Type", content_type)) ||
        !sip_message_set(message, "Content-Length", length)) {
        free(body);
        return false;
    }
    free(message->body);
    message->body = body;
    message->body_size_bytes = size_bytes;
    return true;
}

static size_t serialized_size_max(const struct sip_message *message)
{
    size_t size = message->body_size_bytes + strlen(message->version) + 24;
    size += message->is_request ? strlen(message->method) + strlen(message->request_uri)
                                : strlen(message->reason);
    for (size_t i = 0; i < message->header_count; i++)
        size += strlen(message->headers[i].name) + strlen(message->headers[i].value) + 4;
    return size;
}

/* The two-byte stand-in becomes the NUL again that it came from. */
static char *value_write(const char *value, char *at)
{
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c == SIP_NUL_LEAD && (unsigned char)c[1] == SIP_NUL_TRAIL) {
            *at++ = '\0';
            c++;
        } else {
            *at++ = *c;
        }
    }
    return at;
}

uint8_t *sip_message_serialize(const struct sip_message *message, size_t *size_bytes)
{
    char *text = malloc(serialized_size_max(message));
    if (!text)
        return NULL;
    char *at = text;
    if (message->is_request)
        at += sprintf(at, "%s %s %s\r\n", message->method, message->request_uri, message->version);
    else
        at += sprintf(at, "%s %03u %s\r\n", message->version, message->status, message->reason);
    for (size_t i = 0; i < message->header_count; i++) {
        at = stpcpy(stpcpy(at, message->headers[i].name), ": ");
        at = stpcpy(value_write(message->headers[i].value, at), "\r\n");
    }
    at = stpcpy(at, "\r\n");
    if (message->body_size_bytes > 0)
        at = (char *)memcpy(at, message->body, message->body_size_bytes) + message->body_size_bytes;
    *size_bytes = (size_t)(at - text);
    return (uint8_t *)text;
}
