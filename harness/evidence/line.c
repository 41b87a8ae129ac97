#include "evidence/evidence_private.h"

#include <errno.h>
#include <inttypes.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence.h"

void line_clear(struct line *line)
{
    line->size_bytes = 0;
    line->error = 0;
}

void line_fini(struct line *line)
{
    free(line->bytes);
    *line = (struct line){0};
}

static bool line_reserve(struct line *line, size_t more_bytes)
{
    if (line->error)
        return false;
    if (more_bytes > JOURNAL_MAX_LINE_BYTES - line->size_bytes) {
        line->error = EMSGSIZE;
        return false;
    }
    size_t needed = line->size_bytes + more_bytes;
    if (needed <= line->capacity_bytes)
        return true;
    size_t capacity = line->capacity_bytes ? line->capacity_bytes : 1024;
    while (capacity < needed)
        capacity *= 2;
    char *larger = realloc(line->bytes, capacity);
    if (!larger) {
        line->error = ENOMEM;
        return false;
    }
    line->bytes = larger;
    line->capacity_bytes = capacity;
    return true;
}

void line_put(struct line *line, const void *bytes, size_t size_bytes)
{
    if (size_bytes == 0 || !line_reserve(line, size_bytes))
        return;
    memcpy(line->bytes + line->size_bytes, bytes, size_bytes);
    line->size_bytes += size_bytes;
}

void line_put_text(struct line *line, const char *text)
{
    line_put(line, text, strlen(text));
}

void line_put_integer(struct line *line, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    line_put_text(line, digits);
}

void line_put_unsigned(struct line *line, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    line_put_text(line, digits);
}

/* Length of the well-formed UTF-8 sequence (RFC 3629) that text starts with, 0 when there is none. Stops at
 * NUL. */
static size_t utf8_length(const unsigned char *text)
{
    unsigned char first = text[0];
    /* The second byte's range is what keeps out overlong forms, surrogates and what lies beyond U+10FFFF. */
    unsigned char low = 0x80, high = 0xbf;
    size_t length;
    if (first < 0x80)
        return first ? 1 : 0;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : low;
        high = first == 0xed ? 0x9f : high;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : low;
        high = first == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return length;
}

static void line_put_escape(struct line *line, unsigned char byte)
{
    static const char names[] = "btn\0fr"; /* 0x08 … 0x0d; 0x0b has none */
    char escape[8];
    if (byte == '"' || byte == '\\')
        snprintf(escape, sizeof escape, "\\%c", byte);
    else if (byte >= 0x08 && byte <= 0x0d && names[byte - 0x08])
        snprintf(escape, sizeof escape, "\\%c", names[byte - 0x08]);
    else
        snprintf(escape, sizeof escape, "\\u%04x", byte);
    line_put_text(line, escape);
}

void line_put_json(struct line *line, const char *text)
{
    const unsigned char *at = (const unsigned char *)text, *plain = at;
    line_put(line, "\"", 1);
    while (*at) {
        size_t length = utf8_length(at);
        bool needs_escape = *at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f;
        if (length && !needs_escape) {
            at += length;
            continue;
        }
        line_put(line, plain, (size_t)(at - plain));
        if (length)
            line_put_escape(line, *at);
        else
            line_put_text(line, "\xef\xbf\xbd");
        plain = ++at;
    }
    line_put(line, plain, (size_t)(at - plain));
    line_put(line, "\"", 1);
}

void line_put_base64(struct line *line, const uint8_t *bytes, size_t size_bytes)
{
    if (size_bytes > JOURNAL_MAX_LINE_BYTES / 4 * 3) {
        line->error = line->error ? line->error : EMSGSIZE;
        return;
    }
    if (!line_reserve(line, BASE64_ENCODE_RAW_LENGTH(size_bytes) + 2))
        return;
    line_put(line, "\"", 1);
    base64_encode_raw(line->bytes + line->size_bytes, size_bytes, bytes);
    line->size_bytes += BASE64_ENCODE_RAW_LENGTH(size_bytes);
    line_put(line, "\"", 1);
}
