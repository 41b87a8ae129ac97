#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* Bytes lie in one buffer: [start, size) is not yet handed out. Inside it, scanned says how far the header of
 * the message that begins at start has been searched for its end, so that no byte is looked at twice however
 * it trickles in. */
struct sip_framer {
    uint8_t *buffer;
    size_t start, size, capacity;
    size_t max_bytes;
    size_t line;         /* where the unfinished line begins */
    size_t scanned;      /* no LF in [line, scanned) */
    size_t message_size; /* header and body; 0 while the header is not complete */
    bool forgives_no_length;
    bool was_lone_crlf; /* a CRLF was reported as a pong; another one makes it a ping */
    enum sip_error error;
};

struct sip_framer *sip_framer_new(size_t max_bytes)
{
    struct sip_framer *framer = calloc(1, sizeof *framer);
    if (framer)
        framer->max_bytes = max_bytes;
    return framer;
}

void sip_framer_forgive_no_length(struct sip_framer *framer)
{
    framer->forgives_no_length = true;
}

void sip_framer_free(struct sip_framer *framer)
{
    if (!framer)
        return;
    free(framer->buffer);
    free(framer);
}

/* Moves what is left to the front. Only when that is the smaller half, so that every byte moves a bounded
 * number of times. */
static void framer_compact(struct sip_framer *framer)
{
    if (framer->start == 0 || framer->start < framer->size / 2)
        return;
    framer->size -= framer->start;
    memmove(framer->buffer, framer->buffer + framer->start, framer->size);
    framer->line -= framer->start;
    framer->scanned -= framer->start;
    framer->start = 0;
}

static bool framer_reserve(struct sip_framer *framer, size_t more)
{
    if (more > SIZE_MAX / 4 - framer->size)
        return false;
    size_t wanted = framer->size + more;
    if (wanted <= framer->capacity)
        return true;
    size_t capacity = framer->capacity ? framer->capacity : 1024;
    while (capacity < wanted)
        capacity *= 2;
    uint8_t *larger = realloc(framer->buffer, capacity);
    if (!larger)
        return false;
    framer->buffer = larger;
    framer->capacity = capacity;
    return true;
}

bool sip_framer_push(struct sip_framer *framer, const uint8_t *bytes, size_t size_bytes)
{
    if (framer->error != SIP_OK || size_bytes == 0)
        return framer->error != SIP_ERROR_MEMORY;
    framer_compact(framer);
    if (!framer_reserve(framer, size_bytes)) {
        framer->error = SIP_ERROR_MEMORY;
        return false;
    }
    memcpy(framer->buffer + framer->size, bytes, size_bytes);
    framer->size += size_bytes;
    return true;
}

static void framer_advance(struct sip_framer *framer, size_t count)
{
    framer->start += count;
    framer->line = framer->scanned = framer->start;
    framer->message_size = 0;
}

static struct sip_frame framer_fail(struct sip_framer *framer, enum sip_error error)
{
    framer->error = error;
    return (struct sip_frame){SIP_FRAME_ERROR, framer->buffer + framer->start, framer->size - framer->start,
                              error};
}

static bool is_crlf_at(const struct sip_framer *framer, size_t at)
{
    return framer->size - at >= 2 && framer->buffer[at] == '\r' && framer->buffer[at + 1] == '\n';
}

/* Between messages: keep-alives. A first CRLF is reported at once, for nobody can know whether a second one
 * follows. */
static struct sip_frame keepalive_next(struct sip_framer *framer)
{
    bool is_pair = is_crlf_at(framer, framer->start) && is_crlf_at(framer, framer->start + 2);
    bool completes_pair = framer->was_lone_crlf;
    size_t count = is_pair && !completes_pair ? 4 : 2;
    struct sip_frame frame = {is_pair || completes_pair ? SIP_FRAME_PING : SIP_FRAME_PONG,
                              framer->buffer + framer->start, count, SIP_OK};
    framer->was_lone_crlf = frame.kind == SIP_FRAME_PONG;
    framer_advance(framer, count);
    return frame;
}

/* One field, folded lines included: adds what it says when it is Content-Length. */
static void length_field_add(struct sip_length *length, const char *from, const char *to)
{
    struct sip_scan scan = {from, to};
    const char *name, *name_end;
    if (!sip_scan_token(&scan, &name, &name_end))
        return;
    size_t size = (size_t)(name_end - name);
    if (!sip_span_equals_nocase(name, size, "Content-Length") && !sip_span_equals_nocase(name, size, "l"))
        return;
    if (!sip_scan_separator(&scan, ':'))
        return;
    /* A number has no white space inside, so folds matter at its ends only. */
    while (scan.at < to && (sip_is_space(*scan.at) || *scan.at == '\r' || *scan.at == '\n'))
        scan.at++;
    while (to > scan.at && (sip_is_space(to[-1]) || to[-1] == '\r' || to[-1] == '\n'))
        to--;
    sip_length_add(length, scan.at, to);
}

/* Behind the LF of the line at from; the complete header has one for every line. */
static const char *line_end(const char *from, const char *to)
{
    const char *lf = memchr(from, '\n', (size_t)(to - from));
    return lf ? lf + 1 : to;
}

/* Content-Length out of a complete header, which ends with CRLF CRLF. */
static struct sip_length header_length(const char *from, const char *to)
{
    struct sip_length length = {0};
    const char *field = line_end(from, to);
    for (const char *line = field; line < to;) {
        const char *next = line_end(line, to);
        bool is_folded = next < to && sip_is_space(*next);
        if (!is_folded) {
            length_field_add(&length, field, next);
            field = next;
        }
        line = next;
    }
    return length;
}

/* The header ends before end. RFC 3261 §20.14: on a stream Content-Length is mandatory. */
static enum sip_error header_complete(struct sip_framer *framer, size_t end)
{
    const char *buffer = (const char *)framer->buffer;
    struct sip_length length = header_length(buffer + framer->start, buffer + end);
    if (length.is_malformed || (!length.is_present && !framer->forgives_no_length))
        return SIP_ERROR_CONTENT_LENGTH;
    size_t header_size = end - framer->start;
    if (header_size > framer->max_bytes || length.bytes > framer->max_bytes - header_size)
        return SIP_ERROR_TOO_LARGE;
    framer->message_size = header_size + (size_t)length.bytes;
    return SIP_OK;
}

/* Looks for the empty line. One that a bare LF ends, or that follows one, would leave open where the message
 * ends. Nothing behind the maximum is looked at, so that the outcome is the same however the bytes were cut.
 */
static enum sip_error header_search(struct sip_framer *framer)
{
    bool is_over = framer->size - framer->start > framer->max_bytes;
    size_t limit = is_over ? framer->start + framer->max_bytes : framer->size;
    while (framer->message_size == 0) {
        uint8_t *from = framer->buffer + framer->scanned;
        uint8_t *lf = memchr(from, '\n', limit - framer->scanned);
        if (!lf) {
            framer->scanned = limit;
            return is_over ? SIP_ERROR_TOO_LARGE : SIP_OK;
        }
        size_t end = (size_t)(lf - framer->buffer) + 1;
        bool ends_with_crlf = lf > framer->buffer + framer->line && lf[-1] == '\r';
        bool is_empty = end - framer->line == (ends_with_crlf ? 2 : 1);
        if (is_empty) {
            bool follows_crlf = framer->line - framer->start >= 2 && framer->buffer[framer->line - 2] == '\r';
            return ends_with_crlf && follows_crlf ? header_complete(framer, end) : SIP_ERROR_HEADER;
        }
        framer->line = framer->scanned = end;
    }
    return SIP_OK;
}

struct sip_frame sip_framer_next(struct sip_framer *framer)
{
    static const struct sip_frame NONE = {SIP_FRAME_NONE, NULL, 0, SIP_OK};
    if (framer->error != SIP_OK)
        return framer_fail(framer, framer->error);
    size_t left = framer->size - framer->start;
    if (left == 0)
        return NONE;
    if (framer->message_size == 0 && framer->buffer[framer->start] == '\r') {
        if (left == 1)
            return NONE;
        return is_crlf_at(framer, framer->start) ? keepalive_next(framer)
                                                 : framer_fail(framer, SIP_ERROR_START_LINE);
    }
    /* Every start line begins with a token: what cannot is found out at once, not after a megabyte. */
    if (!sip_is_token_char((char)framer->buffer[framer->start]))
        return framer_fail(framer, SIP_ERROR_START_LINE);
    framer->was_lone_crlf = false;
    enum sip_error error = header_search(framer);
    if (error != SIP_OK)
        return framer_fail(framer, error);
    if (framer->message_size == 0 || left < framer->message_size)
        return NONE;
    struct sip_frame frame = {SIP_FRAME_MESSAGE, framer->buffer + framer->start, framer->message_size,
                              SIP_OK};
    framer_advance(framer, framer->message_size);
    return frame;
}

size_t sip_framer_held_bytes(const struct sip_framer *framer)
{
    return framer->capacity;
}

static struct sip_frame datagram_fail(const uint8_t *bytes, size_t size_bytes, enum sip_error error)
{
    return (struct sip_frame){SIP_FRAME_ERROR, bytes, size_bytes, error};
}

/* How far header and body reach; 0: error says why not. */
static size_t datagram_extent(const uint8_t *bytes, size_t size_bytes, enum sip_error *error)
{
    const uint8_t *end = memmem(bytes, size_bytes, "\r\n\r\n", 4);
    *error = end ? SIP_ERROR_CONTENT_LENGTH : SIP_ERROR_INCOMPLETE;
    if (!end)
        return 0;
    const char *header_end = (const char *)end + 4;
    struct sip_length length = header_length((const char *)bytes, header_end);
    size_t header_bytes = (size_t)(end + 4 - bytes);
    if (length.is_malformed)
        return 0;
    if (!length.is_present)
        return size_bytes;
    *error = SIP_ERROR_INCOMPLETE;
    return length.bytes <= size_bytes - header_bytes ? header_bytes + (size_t)length.bytes : 0;
}

struct sip_frame sip_frame_datagram(const uint8_t *bytes, size_t size_bytes, size_t max_bytes)
{
    enum sip_error error = SIP_OK;
    while (size_bytes >= 2 && bytes[0] == '\r' && bytes[1] == '\n') {
        bytes += 2;
        size_bytes -= 2;
    }
    if (size_bytes == 0)
        return (struct sip_frame){SIP_FRAME_NONE, NULL, 0, SIP_OK};
    if (size_bytes > max_bytes)
        return datagram_fail(bytes, size_bytes, SIP_ERROR_TOO_LARGE);
    if (!sip_is_token_char((char)bytes[0]))
        return datagram_fail(bytes, size_bytes, SIP_ERROR_START_LINE);
    size_t extent = datagram_extent(bytes, size_bytes, &error);
    if (extent == 0)
        return datagram_fail(bytes, size_bytes, error);
    return (struct sip_frame){SIP_FRAME_MESSAGE, bytes, extent, SIP_OK};
}
