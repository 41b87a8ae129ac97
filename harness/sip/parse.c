#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* The text of one line, without its CRLF. */
struct line {
    const char *from, *to;
};

/* The next line of [*at, end); false when no CRLF ends it. Only CRLF ends a line (RFC 3261 §7): a CR or LF
 * alone stays in it, where it is then refused. */
static bool line_next(const char **at, const char *end, struct line *out)
{
    for (const char *from = *at;;) {
        const char *lf = memchr(from, '\n', (size_t)(end - from));
        if (!lf)
            return false;
        if (lf > *at && lf[-1] == '\r') {
            *out = (struct line){*at, lf - 1};
            *at = lf + 1;
            return true;
        }
        from = lf + 1;
    }
}

/* A control character in a start line means that it is none; HTAB may be in a reason phrase. */
static bool line_has_control(struct line line)
{
    for (const char *at = line.from; at < line.to; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7F)
            return true;
    return false;
}

static bool version_is_shaped(const char *from, const char *to)
{
    if (to - from < 7 || !sip_span_equals_nocase(from, 4, "SIP/"))
        return false;
    const char *at = from + 4;
    while (at < to && sip_is_digit(*at))
        at++;
    if (at == from + 4 || at == to || *at++ != '.' || at == to)
        return false;
    while (at < to && sip_is_digit(*at))
        at++;
    return at == to;
}

static enum sip_error status_line_parse(struct line line, struct sip_message *message)
{
    const char *version_end = sip_text_find(line.from, line.to, ' ');
    if (!version_end || !version_is_shaped(line.from, version_end))
        return SIP_ERROR_START_LINE;
    const char *at = version_end + 1;
    unsigned status = 0;
    while (at < line.to && at - version_end <= 3 && sip_is_digit(*at))
        status = status * 10 + (unsigned)(*at++ - '0');
    /* RFC 4475 §3.1.1.13: no space and no phrase behind the code is let pass. */
    if (at != version_end + 4 || status < 100 || status > 699 || (at < line.to && *at != ' '))
        return SIP_ERROR_START_LINE;
    message->status = status;
    message->version = sip_text_copy(line.from, version_end);
    message->reason = sip_text_copy(at < line.to ? at + 1 : at, line.to);
    return message->version && message->reason ? SIP_OK : SIP_ERROR_MEMORY;
}

/* Between method and version all is the URI, spaces inside included: then the check of the message refuses
 * it, and a device can still be answered. More than one space around the three parts is let pass (RFC 4475
 * §3.1.2.9, §3.1.2.10). */
static enum sip_error request_line_parse(struct line line, struct sip_message *message)
{
    struct sip_scan scan = sip_scan_trimmed(line.from, line.to);
    const char *from, *to;
    if (scan.at != line.from || !sip_scan_token(&scan, &from, &to) || scan.at == scan.end || *scan.at != ' ')
        return SIP_ERROR_START_LINE;
    const char *version = scan.end;
    while (version[-1] != ' ') /* there is one: scan.at */
        version--;
    struct sip_scan uri = sip_scan_trimmed(scan.at, version);
    if (!version_is_shaped(version, scan.end) || uri.at == uri.end)
        return SIP_ERROR_START_LINE;
    message->is_request = true;
    message->method = sip_text_copy(from, to);
    message->request_uri = sip_text_copy(uri.at, uri.end);
    message->version = sip_text_copy(version, scan.end);
    return message->method && message->request_uri && message->version ? SIP_OK : SIP_ERROR_MEMORY;
}

static enum sip_error start_line_parse(struct line line, struct sip_message *message)
{
    if (line_has_control(line))
        return SIP_ERROR_START_LINE;
    /* No method can look like this: "/" is no token character. */
    bool is_response = line.to - line.from >= 4 && sip_span_equals_nocase(line.from, 4, "SIP/");
    return is_response ? status_line_parse(line, message) : request_line_parse(line, message);
}

/* Copies a field value: a line break with the white space around it becomes one SP (§7.3.1), a NUL its
 * two-byte stand-in. A CR or LF alone, or a stand-in that came over the wire, cannot be kept. */
static enum sip_error value_unfold(const char *from, const char *to, char **out)
{
    char *value = malloc(2 * (size_t)(to - from) + 1);
    if (!value)
        return SIP_ERROR_MEMORY;
    size_t size = 0;
    for (const char *at = from; at < to; at++) {
        if (*at == '\r' && to - at >= 3 && at[1] == '\n' && sip_is_space(at[2])) {
            while (size > 0 && sip_is_space(value[size - 1]))
                size--;
            at++;
            while (at + 1 < to && sip_is_space(at[1]))
                at++;
            value[size++] = ' ';
        } else if (*at == '\0') {
            value[size++] = (char)SIP_NUL_LEAD;
            value[size++] = (char)SIP_NUL_TRAIL;
        } else if (*at == '\r' || *at == '\n' ||
                   ((unsigned char)*at == SIP_NUL_LEAD && at + 1 < to &&
                    (unsigned char)at[1] == SIP_NUL_TRAIL)) {
            free(value);
            return SIP_ERROR_HEADER;
        } else {
            value[size++] = *at;
        }
    }
    struct sip_scan trimmed = sip_scan_trimmed(value, value + size);
    *out = sip_text_copy(trimmed.at, trimmed.end);
    free(value);
    return *out ? SIP_OK : SIP_ERROR_MEMORY;
}

static enum sip_error header_parse(struct line line, struct sip_message *message, struct sip_length *length)
{
    struct sip_scan scan = {line.from, line.to};
    const char *name_from, *name_to;
    if (!sip_scan_token(&scan, &name_from, &name_to))
        return SIP_ERROR_HEADER;
    sip_scan_skip_space(&scan);
    if (!sip_scan_char(&scan, ':'))
        return SIP_ERROR_HEADER;
    if (message->header_count == SIP_HEADERS_MAX)
        return SIP_ERROR_TOO_MANY_HEADERS;
    struct sip_header header = {sip_text_copy(name_from, name_to), NULL};
    if (!header.name)
        return SIP_ERROR_MEMORY;
    enum sip_error error = value_unfold(scan.at, scan.end, &header.value);
    if (error != SIP_OK) {
        free(header.name);
        return error;
    }
    message->headers[message->header_count++] = header;
    if (sip_header_is(&header, "Content-Length"))
        sip_length_add(length, header.value, header.value + strlen(header.value));
    return SIP_OK;
}

/* All fields up to the empty line; *at moves behind it. The table is made for the most there can be and cut
 * afterwards. */
static enum sip_error headers_parse(const char **at, const char *end, struct sip_message *message,
                                    struct sip_length *length)
{
    message->headers = calloc(SIP_HEADERS_MAX, sizeof *message->headers);
    if (!message->headers)
        return SIP_ERROR_MEMORY;
    struct line line;
    while (line_next(at, end, &line)) {
        if (line.from == line.to)
            return SIP_OK;
        while (*at < end && sip_is_space(**at)) {
            struct line more;
            if (!line_next(at, end, &more))
                return SIP_ERROR_HEADER;
            line.to = more.to;
        }
        enum sip_error error = header_parse(line, message, length);
        if (error != SIP_OK)
            return error;
    }
    return *at == end ? SIP_OK : SIP_ERROR_HEADER;
}

/* Lists that would make one-by-one access to them slow are refused here, once. */
static enum sip_error list_limits_check(const struct sip_message *message)
{
    size_t count = 0;
    for (size_t i = 0; i < message->header_count; i++)
        if (sip_header_is_list(message->headers[i].name))
            count += sip_header_value_count(&message->headers[i]);
    return count > SIP_VALUES_MAX ? SIP_ERROR_TOO_MANY_HEADERS : SIP_OK;
}

/* Content-Length cuts the rest of a datagram off (§18.3). Where it is wrong, the body is what there is. */
static enum sip_error body_parse(const char *from, const char *end, const struct sip_length *length,
                                 struct sip_message *message)
{
    size_t size = (size_t)(end - from);
    if (length->is_present && !length->is_malformed && length->bytes < size)
        size = (size_t)length->bytes;
    if (size == 0)
        return SIP_OK;
    message->body = malloc(size);
    if (!message->body)
        return SIP_ERROR_MEMORY;
    memcpy(message->body, from, size);
    message->body_size_bytes = size;
    return SIP_OK;
}

static enum sip_error message_fill(const uint8_t *bytes, size_t size_bytes, struct sip_message *message)
{
    message->raw = malloc(size_bytes);
    if (!message->raw)
        return SIP_ERROR_MEMORY;
    memcpy(message->raw, bytes, size_bytes);
    message->raw_size_bytes = size_bytes;
    const char *at = (const char *)message->raw;
    const char *end = at + size_bytes;
    while (end - at >= 2 && at[0] == '\r' && at[1] == '\n') /* §7.5 */
        at += 2;
    struct line line;
    if (!line_next(&at, end, &line))
        return SIP_ERROR_START_LINE;
    enum sip_error error = start_line_parse(line, message);
    struct sip_length length = {0};
    if (error == SIP_OK)
        error = headers_parse(&at, end, message, &length);
    if (error == SIP_OK)
        error = list_limits_check(message);
    return error == SIP_OK ? body_parse(at, end, &length, message) : error;
}

enum sip_error sip_message_parse(const uint8_t *bytes, size_t size_bytes, struct sip_message **out)
{
    if (size_bytes > SIP_MESSAGE_MAX_BYTES)
        return SIP_ERROR_TOO_LARGE;
    if (size_bytes == 0)
        return SIP_ERROR_START_LINE;
    struct sip_message *message = calloc(1, sizeof *message);
    if (!message)
        return SIP_ERROR_MEMORY;
    enum sip_error error = message_fill(bytes, size_bytes, message);
    if (error == SIP_OK && !message->is_request &&
        sip_message_cseq(message, NULL, &message->method) == SIP_ERROR_MEMORY)
        error = SIP_ERROR_MEMORY;
    if (error != SIP_OK) {
        sip_message_free(message);
        return error;
    }
    struct sip_header *cut = realloc(message->headers, (message->header_count + 1) * sizeof *cut);
    if (cut)
        message->headers = cut;
    *out = message;
    return SIP_OK;
}
