/* Texts of an anonymous event: what could tell whose device it was is replaced, the same thing by the same
 * stand-in. */
#include "reports/event/event_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HIDE_TOKEN_MAX = 300 };

static bool is_host_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '-' || byte == '_' || byte == '.';
}

/* Host names have a dot and end in letters: "peer.a.example"; not "1.3", not a sentence's end. */
static bool is_host_name(const char *text, size_t length)
{
    size_t last = length;
    while (last > 0 && isalpha((unsigned char)text[last - 1]))
        last--;
    return length - last >= 2 && last >= 2 && text[last - 1] == '.' && is_host_byte(text[last - 2]);
}

static bool is_address(const char *text, size_t length)
{
    char copy[HIDE_TOKEN_MAX];
    uint8_t bytes[16];
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1;
}

/* "address-3" for what was found; the counts are of the whole document. */
static void hide_put(struct event_hide *hide, FILE *out, const char *kind, const char *text, size_t length)
{
    char key[HIDE_TOKEN_MAX + 32], stand_in[48];
    snprintf(key, sizeof key, "%s:%.*s", kind, (int)(length < HIDE_TOKEN_MAX ? length : HIDE_TOKEN_MAX),
             text);
    const char *known = json_string_value(json_object_get(hide->stand_ins, key));
    if (!known) {
        snprintf(stand_in, sizeof stand_in, "%s-%zu", kind, json_object_size(hide->stand_ins) + 1);
        json_object_set_new(hide->stand_ins, key, json_string(stand_in));
        known = stand_in;
    }
    fputs(known, out);
}

/* A word of the version that tells which it is, "5.6.3": it has a digit, and is too long for a version of
 * TLS. */
static size_t hide_version(const struct event_device *device, const char *text)
{
    const char *at = report_text(json_object_get(event_result(device), "device"), "version");
    while (*(at += strspn(at, " ()/,;:"))) {
        size_t length = strcspn(at, " ()/,;:");
        if (length > 3 && strcspn(at, "0123456789") < length && strncasecmp(at, text, length) == 0)
            return length;
        at += length;
    }
    return 0;
}

/* Words that name a device: its own name, its version, what its owner marks. Length of the match at text; 0:
 * none. */
static size_t hide_term(const struct event_hide *hide, const char *text)
{
    for (size_t i = 0; i < hide->devices->count; i++) {
        const struct event_device *device = &hide->devices->items[i];
        size_t length = strlen(device->name);
        if (!device->is_named && strncasecmp(text, device->name, length) == 0)
            return length;
        length = device->is_named ? 0 : hide_version(device, text);
        if (length)
            return length;
        for (size_t k = 0; k < json_array_size(device->withheld); k++) {
            const char *term = json_string_value(json_array_get(device->withheld, k));
            length = term ? strlen(term) : 0;
            if (length && strncasecmp(text, term, length) == 0)
                return length;
        }
    }
    return 0;
}

/* Length of "user@" at text; 0: none. */
static size_t hide_user(const char *text)
{
    size_t length = strcspn(text, "@ \t\r\n<>\"/");
    return length && text[length] == '@' ? length : 0;
}

static size_t hide_one(struct event_hide *hide, FILE *out, const char *text, bool is_start)
{
    size_t length = hide_term(hide, text);
    if (length) {
        fputs("[redacted]", out);
        return length;
    }
    if (is_start && (strncasecmp(text, "sip:", 4) == 0 || strncasecmp(text, "sips:", 5) == 0)) {
        size_t scheme = text[3] == ':' ? 4 : 5, user = hide_user(text + scheme);
        fwrite(text, 1, scheme, out);
        if (user)
            hide_put(hide, out, "user", text + scheme, user);
        return scheme + user;
    }
    size_t user = is_start ? hide_user(text) : 0; /* alice@host, without a scheme */
    if (user && is_host_byte(text[user + 1])) {
        hide_put(hide, out, "user", text, user);
        return user;
    }
    size_t address = strspn(text, "0123456789abcdefABCDEF:.");
    while (address && strchr(":.", text[address - 1]) && !is_address(text, address))
        address--;
    if (is_start && address > 2 && is_address(text, address)) {
        hide_put(hide, out, "address", text, address);
        return address;
    }
    const char *port = memchr(text, ':', address); /* 192.0.2.1:5061 */
    if (is_start && port && is_address(text, (size_t)(port - text))) {
        hide_put(hide, out, "address", text, (size_t)(port - text));
        return (size_t)(port - text);
    }
    for (length = 0; is_host_byte(text[length]); length++)
        ;
    while (length && text[length - 1] == '.')
        length--;
    if (is_start && is_host_name(text, length)) {
        hide_put(hide, out, "name", text, length);
        return length;
    }
    fputc(*text, out);
    return 1;
}

json_t *event_hide_text(struct event_hide *hide, const struct event_device *device, const char *text)
{
    if (!hide->is_anonymous || device->is_named)
        return json_string(text);
    char *hidden = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&hidden, &size_bytes);
    if (!out)
        return NULL;
    for (const char *at = text; *at;) {
        bool is_start = at == text || !is_host_byte(at[-1]);
        at += hide_one(hide, out, at, is_start);
    }
    fclose(out);
    json_t *copy = hidden ? json_string(hidden) : NULL;
    free(hidden);
    return copy;
}
