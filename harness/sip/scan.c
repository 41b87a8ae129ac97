#include "scan.h"

#include <stdlib.h>
#include <string.h>

bool sip_is_space(char c)
{
    return c == ' ' || c == '\t';
}

bool sip_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool sip_is_alphanum(char c)
{
    return sip_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool sip_is_token_char(char c)
{
    return sip_is_alphanum(c) || (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

/* Not tolower(): the locale of the caller must not change what a message means. */
char sip_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool sip_equals_nocase(const char *a, const char *b)
{
    return sip_span_equals_nocase(a, strlen(a), b);
}

bool sip_span_equals_nocase(const char *text, size_t size, const char *other)
{
    for (size_t i = 0; i < size; i++)
        if (other[i] == '\0' || sip_lower(text[i]) != sip_lower(other[i]))
            return false;
    return other[size] == '\0';
}

char *sip_text_copy(const char *from, const char *to)
{
    size_t size = (size_t)(to - from);
    char *copy = malloc(size + 1);
    if (!copy)
        return NULL;
    memcpy(copy, from, size);
    copy[size] = '\0';
    return copy;
}

char *sip_text_copy_lower(const char *from, const char *to)
{
    char *copy = sip_text_copy(from, to);
    for (char *c = copy; c && *c; c++)
        *c = sip_lower(*c);
    return copy;
}

struct sip_scan sip_scan_trimmed(const char *from, const char *to)
{
    while (from < to && sip_is_space(*from))
        from++;
    while (to > from && sip_is_space(to[-1]))
        to--;
    return (struct sip_scan){from, to};
}

const char *sip_text_find(const char *from, const char *to, char wanted)
{
    for (const char *at = from; at < to; at++)
        if (*at == wanted)
            return at;
    return NULL;
}

void sip_scan_skip_space(struct sip_scan *scan)
{
    while (scan->at < scan->end && sip_is_space(*scan->at))
        scan->at++;
}

bool sip_scan_char(struct sip_scan *scan, char wanted)
{
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

bool sip_scan_separator(struct sip_scan *scan, char wanted)
{
    struct sip_scan ahead = *scan;
    sip_scan_skip_space(&ahead);
    if (!sip_scan_char(&ahead, wanted))
        return false;
    sip_scan_skip_space(&ahead);
    *scan = ahead;
    return true;
}

bool sip_scan_token(struct sip_scan *scan, const char **from, const char **to)
{
    *from = scan->at;
    while (scan->at < scan->end && sip_is_token_char(*scan->at))
        scan->at++;
    *to = scan->at;
    return *to > *from;
}

const char *sip_quoted_end(const char *from, const char *end)
{
    for (const char *at = from + 1; at < end; at++) {
        if (*at == '"')
            return at;
        if (*at == '\\' && ++at == end)
            return NULL;
    }
    return NULL;
}

enum sip_error sip_scan_quoted(struct sip_scan *scan, char **out)
{
    const char *close = sip_quoted_end(scan->at, scan->end);
    if (!close)
        return SIP_ERROR_HEADER;
    char *text = malloc((size_t)(close - scan->at));
    if (!text)
        return SIP_ERROR_MEMORY;
    size_t size = 0;
    for (const char *at = scan->at + 1; at < close; at++) {
        if (*at == '\\')
            at++;
        text[size++] = *at;
    }
    text[size] = '\0';
    scan->at = close + 1;
    *out = text;
    return SIP_OK;
}
