#include "run/run_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(void)
{
    static const char text[] = "sipreuse: out of memory\n";

    fwrite(text, 1, sizeof text - 1, stderr);
    abort();
}

void *run_allocate(size_t count, size_t size_bytes)
{
    void *memory = calloc(count ? count : 1, size_bytes ? size_bytes : 1);

    if (!memory)
        give_up();
    return memory;
}

char *text_copy(const char *text)
{
    char *copy;

    if (!text)
        return NULL;
    copy = strdup(text);
    if (!copy)
        give_up();
    return copy;
}

char *text_format_list(const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        give_up();
    return text;
}

char *text_upper(const char *text)
{
    char *out = text_copy(text);

    for (char *c = out; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return out;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = text_format_list(format, arguments);
    va_end(arguments);
    return text;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One escape behind its backslash: how many characters it takes, 0 when it is none. */
static size_t unescape_one(const char *text, char *out)
{
    static const char letters[] = "\\rnt0", bytes[] = "\\\r\n\t";
    const char *at = text[0] ? strchr(letters, text[0]) : NULL;

    if (at) {
        *out = bytes[at - letters]; /* the last one is bytes' own NUL */
        return 1;
    }
    if (text[0] == 'x' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
        *out = (char)(unsigned char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
        return 3;
    }
    return 0;
}

char *text_unescape(const char *text, size_t *size_bytes)
{
    char *out = run_allocate(strlen(text) + 1, 1);
    size_t size = 0;

    for (size_t i = 0; text[i]; size++) {
        size_t taken;

        if (text[i] != '\\') {
            out[size] = text[i++];
            continue;
        }
        taken = unescape_one(text + i + 1, &out[size]);
        if (!taken) {
            free(out);
            return NULL;
        }
        i += 1 + taken;
    }
    out[size] = '\0';
    *size_bytes = size;
    return out;
}

char *text_zone_label(unsigned long number, const char *id)
{
    char label[64];
    int used = snprintf(label, sizeof label, "%lu-", number);
    size_t length = used > 0 ? (size_t)used : 0;

    /* 48 and not 63: names below the zone must stay short enough to have labels of their own. */
    for (size_t i = 0; id[i] && length < 48; i++) {
        unsigned char c = (unsigned char)id[i];

        if (isalnum(c))
            label[length++] = (char)tolower(c);
        else if (label[length - 1] != '-')
            label[length++] = '-';
    }
    while (length && label[length - 1] == '-')
        length--;
    label[length] = '\0';
    return text_copy(label);
}

void text_run_label(uint64_t seed, char out[8])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint64_t mixed = seed + 0x9e3779b97f4a7c15u;

    mixed =
        (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u; /* splitmix64: neighbouring seeds give unlike names */
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    mixed ^= mixed >> 31;
    out[0] = 'r';
    for (size_t i = 1; i < 7; i++, mixed >>= 5)
        out[i] = alphabet[mixed & 31];
    out[7] = '\0';
}
