/* Text entries of scenario files to names: "URI:sip:a.test", "DNS:victim.test\0.attacker.test",
 * "other:1.2.3.4:0C0161". */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Two hex digits at text, or -1. */
static int hex_byte(const char *text)
{
    int high = hex_value(text[0]);
    int low = high < 0 ? -1 : hex_value(text[1]);
    return low < 0 ? -1 : high * 16 + low;
}

/* out holds strlen(text) bytes: an escape is never shorter than what it stands for. */
static bool parse_escaped(const char *text, uint8_t *out, size_t *size_bytes, char *error,
                          size_t error_size_bytes)
{
    size_t size = 0;
    while (*text) {
        if (*text != '\\') {
            out[size++] = (uint8_t)*text++;
        } else if (text[1] == '0') {
            out[size++] = 0;
            text += 2;
        } else if (text[1] == '\\') {
            out[size++] = '\\';
            text += 2;
        } else if (text[1] == 'x' && hex_byte(text + 2) >= 0) {
            out[size++] = (uint8_t)hex_byte(text + 2);
            text += 4;
        } else {
            return certs_fail(error, error_size_bytes, "'%.4s' is no escape; allowed are \\0, \\xHH and \\\\",
                              text);
        }
    }
    *size_bytes = size;
    return true;
}

static bool parse_ip(const char *text, uint8_t *out, size_t *size_bytes, char *error, size_t error_size_bytes)
{
    uint8_t ip[16];
    if (inet_pton(AF_INET, text, ip) == 1)
        *size_bytes = 4;
    else if (inet_pton(AF_INET6, text, ip) == 1)
        *size_bytes = 16;
    else
        return certs_fail(error, error_size_bytes, "'%.64s' is no IP address", text);
    memcpy(out, ip, *size_bytes);
    return true;
}

/* "OID:HEX"; *oid is a copy on the heap. */
static bool parse_other(const char *text, uint8_t *out, size_t *size_bytes, char **oid, char *error,
                        size_t error_size_bytes)
{
    const char *colon = strchr(text, ':');
    if (!colon)
        return certs_fail(error, error_size_bytes, "an other name is written other:OID:HEX");
    uint8_t encoded[DER_OID_MAX_BYTES];
    size_t encoded_size;
    char *copy = strndup(text, (size_t)(colon - text));
    if (!copy || !der_oid_encode(copy, encoded, &encoded_size)) {
        free(copy);
        return certs_fail(error, error_size_bytes, "'%.*s' is no object identifier",
                          (int)(colon - text > 64 ? 64 : colon - text), text);
    }
    size_t size = 0;
    const char *p = colon + 1;
    for (; p[0] && hex_byte(p) >= 0; p += 2)
        out[size++] = (uint8_t)hex_byte(p);
    struct der_slice rest = {out, size}, content;
    uint8_t tag;
    if (*p || !der_read(&rest, &tag, &content) || rest.size_bytes != 0) {
        free(copy);
        return certs_fail(error, error_size_bytes, "'%.64s' is not one DER element in hexadecimal digits",
                          colon + 1);
    }
    *oid = copy;
    *size_bytes = size;
    return true;
}

static bool parse_kind(const char *text, enum certs_san_kind *kind, const char **value)
{
    static const struct {
        const char *prefix;
        enum certs_san_kind kind;
    } KINDS[] = {{"URI:", CERTS_SAN_URI},
                 {"DNS:", CERTS_SAN_DNS},
                 {"IP:", CERTS_SAN_IP},
                 {"email:", CERTS_SAN_EMAIL},
                 {"other:", CERTS_SAN_OTHER}};
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        size_t length = strlen(KINDS[i].prefix);
        if (strncmp(text, KINDS[i].prefix, length) == 0) {
            *kind = KINDS[i].kind;
            *value = text + length;
            return true;
        }
    }
    return false;
}

static bool parse_value(const char *value, struct certs_san *san, uint8_t *bytes, char **oid, char *error,
                        size_t error_size_bytes)
{
    switch (san->kind) {
    case CERTS_SAN_IP:
        return parse_ip(value, bytes, &san->size_bytes, error, error_size_bytes);
    case CERTS_SAN_OTHER:
        return parse_other(value, bytes, &san->size_bytes, oid, error, error_size_bytes);
    case CERTS_SAN_URI:
    case CERTS_SAN_DNS:
    case CERTS_SAN_EMAIL:
        return parse_escaped(value, bytes, &san->size_bytes, error, error_size_bytes);
    }
    return false;
}

bool certs_san_parse(const char *text, struct certs_san *out, char *error, size_t error_size_bytes)
{
    struct certs_san san = {0};
    const char *value;
    if (!parse_kind(text, &san.kind, &value))
        return certs_fail(error, error_size_bytes,
                          "'%.64s' does not begin with one of URI:, DNS:, IP:, email:, other:", text);
    if (!*value)
        return certs_fail(error, error_size_bytes, "'%.64s' has no value", text);
    size_t room = strlen(value);
    if (room > CERTS_SAN_MAX_BYTES)
        return certs_fail(error, error_size_bytes, "a name of %zu bytes is longer than %d", room,
                          CERTS_SAN_MAX_BYTES);
    /* An IP literal can be shorter than the 16 bytes that it stands for. */
    uint8_t *bytes = malloc(room < 16 ? 16 : room);
    char *oid = NULL;
    if (!bytes)
        return certs_fail(error, error_size_bytes, "out of memory");
    if (!parse_value(value, &san, bytes, &oid, error, error_size_bytes)) {
        free(bytes);
        return false;
    }
    san.bytes = bytes;
    san.oid = oid;
    *out = san;
    return true;
}

/* The members are const for those who build recipes from literals; what certs_san_parse() made is ours to
 * free. */
static void *mutable_pointer(const void *pointer)
{
    union {
        const void *constant;
        void *mutable;
    } alias = {.constant = pointer};
    return alias.mutable;
}

void certs_san_fini(struct certs_san *san)
{
    if (!san)
        return;
    free(mutable_pointer(san->bytes));
    free(mutable_pointer(san->oid));
    *san = (struct certs_san){0};
}
