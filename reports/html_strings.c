/* Strings of the page's data, each once. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

bool html_strings_init(struct html_strings *strings)
{
    *strings = (struct html_strings){.list = json_array(), .index = json_object()};
    return strings->list && strings->index;
}

void html_strings_fini(struct html_strings *strings)
{
    json_decref(strings->list);
    json_decref(strings->index);
}

static json_int_t html_intern(struct html_strings *strings, const char *text, size_t size_bytes)
{
    json_t *known = json_object_getn(strings->index, text, size_bytes);
    if (known)
        return json_integer_value(known);
    json_t *value = json_stringn(text, size_bytes);
    json_int_t number = (json_int_t)json_array_size(strings->list);
    if (!value)
        return 0;
    strings->size_bytes += html_json_size(value) + 1;
    json_array_append_new(strings->list, value);
    json_object_setn_new(strings->index, text, size_bytes, json_integer(number));
    return number;
}

size_t html_strings_mark(struct html_strings *strings)
{
    strings->marked_bytes = strings->size_bytes;
    return json_array_size(strings->list);
}

void html_strings_return(struct html_strings *strings, size_t mark)
{
    while (json_array_size(strings->list) > mark) {
        size_t last = json_array_size(strings->list) - 1;
        const json_t *value = json_array_get(strings->list, last);
        json_object_deln(strings->index, json_string_value(value), json_string_length(value));
        json_array_remove(strings->list, last);
    }
    strings->size_bytes = strings->marked_bytes;
}

json_t *html_string(struct html_strings *strings, const char *text)
{
    return text ? json_integer(html_intern(strings, text, strlen(text))) : json_null();
}

/* Latin-1 to UTF-8: each byte one character. out: twice the size. */
static size_t html_widen(const unsigned char *bytes, size_t size_bytes, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] < 0x80) {
            out[used++] = (char)bytes[i];
        } else {
            out[used++] = (char)(0xc0 | bytes[i] >> 6);
            out[used++] = (char)(0x80 | (bytes[i] & 0x3f));
        }
    }
    return used;
}

json_t *html_bytes(struct html_strings *strings, const unsigned char *bytes, size_t size_bytes)
{
    json_t *list = json_array();
    char *wide = malloc(size_bytes * 2 + 1);
    for (size_t at = 0; wide && at < size_bytes;) {
        const unsigned char *end = memchr(bytes + at, '\n', size_bytes - at);
        size_t next = end ? (size_t)(end - bytes) + 1 : size_bytes;
        bool is_crlf = end && end > bytes + at && end[-1] == '\r';
        size_t length = html_widen(bytes + at, next - at - (is_crlf ? 2 : 0), wide);
        json_int_t number = html_intern(strings, wide, length);
        json_array_append_new(list, json_integer(is_crlf ? number : -1 - number));
        at = next;
    }
    free(wide);
    return list;
}

static int html_base64_digit(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

unsigned char *html_base64(const char *text, size_t max_bytes, size_t *size_bytes)
{
    size_t length = strlen(text), used = 0;
    unsigned char *bytes = malloc(length / 4 * 3 + 3);
    unsigned held = 0, bits = 0;
    for (size_t i = 0; bytes && i < length && text[i] != '=' && used < max_bytes; i++) {
        int digit = html_base64_digit(text[i]);
        if (digit < 0) {
            free(bytes);
            return NULL;
        }
        held = (held << 6 | (unsigned)digit) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[used++] = (unsigned char)(held >> bits);
        }
    }
    *size_bytes = used;
    return bytes;
}
