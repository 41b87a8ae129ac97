/* Names of a certificate as text for journals: unambiguous, whatever bytes a device put into them. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

static const char HEX[] = "0123456789ABCDEF";

/* Grows by doubling; has_failed sticks, so that callers look once. */
struct text {
    char *bytes;
    size_t length, capacity;
    bool has_failed;
};

static void text_append(struct text *text, const char *bytes, size_t length)
{
    if (text->has_failed)
        return;
    if (text->length + length + 1 > text->capacity) {
        size_t capacity = (text->length + length + 1) * 2;
        char *larger = realloc(text->bytes, capacity);
        if (!larger) {
            text->has_failed = true;
            return;
        }
        text->bytes = larger;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

static char *text_take(struct text *text)
{
    text_append(text, "", 0);
    if (text->has_failed) {
        free(text->bytes);
        return NULL;
    }
    return text->bytes;
}

/* Space is escaped too: then ", " cannot come from within a name. */
static void text_append_escaped(struct text *text, struct der_slice slice)
{
    for (size_t i = 0; i < slice.size_bytes; i++) {
        uint8_t byte = slice.bytes[i];
        if (byte > 0x20 && byte < 0x7f && byte != '\\') {
            text_append(text, &(char){(char)byte}, 1);
        } else {
            char escape[4] = {'\\', 'x', HEX[byte >> 4], HEX[byte & 15]};
            text_append(text, escape, sizeof escape);
        }
    }
}

static void text_append_hex(struct text *text, struct der_slice slice)
{
    for (size_t i = 0; i < slice.size_bytes; i++) {
        char pair[2] = {HEX[slice.bytes[i] >> 4], HEX[slice.bytes[i] & 15]};
        text_append(text, pair, sizeof pair);
    }
}

static void text_append_ip(struct text *text, struct der_slice content)
{
    char literal[INET6_ADDRSTRLEN];
    int family = content.size_bytes == 4 ? AF_INET : AF_INET6;
    if ((content.size_bytes == 4 || content.size_bytes == 16) &&
        inet_ntop(family, content.bytes, literal, sizeof literal))
        text_append_string(text, literal);
    else
        text_append_hex(text, content);
}

static void text_append_name(struct text *text, const struct san_name *name)
{
    static const char *const LABELS[] = {"other",        "email", "DNS", "x400Address", "directoryName",
                                         "ediPartyName", "URI",   "IP",  "registeredID"};
    if (name->tag_number >= sizeof LABELS / sizeof LABELS[0]) {
        text_append_string(text, "unknown:");
        text_append_hex(text, name->content);
        return;
    }
    text_append_string(text, LABELS[name->tag_number]);
    text_append_string(text, ":");
    if (name->tag_number == 0) {
        char oid[DER_OID_TEXT_MAX];
        text_append_string(text, der_oid_decode(name->oid, oid) ? oid : "?");
        text_append_string(text, ":");
        text_append_hex(text, name->value);
    } else if (name->tag_number == 7) {
        text_append_ip(text, name->content);
    } else if (name->tag_number == 1 || name->tag_number == 2 || name->tag_number == 6) {
        text_append_escaped(text, name->content);
    } else {
        text_append_hex(text, name->content);
    }
}

char *san_format(struct der_slice extension)
{
    struct text text = {0};
    struct der_slice rest;
    struct san_name name;
    enum san_step step = san_open(extension, &rest) ? SAN_NAME : SAN_MALFORMED;
    while (step == SAN_NAME) {
        step = san_next(&rest, &name);
        if (step == SAN_END)
            break;
        if (text.length > 0)
            text_append_string(&text, ", ");
        if (step == SAN_NAME)
            text_append_name(&text, &name);
        else
            text_append_string(&text, "malformed");
    }
    if (text.length == 0 && step == SAN_MALFORMED)
        text_append_string(&text, "malformed");
    return text_take(&text);
}

char *certs_escape(const uint8_t *bytes, size_t size_bytes)
{
    struct text text = {0};
    text_append_escaped(&text, (struct der_slice){bytes, size_bytes});
    return text_take(&text);
}
