/* DER (ITU-T X.690): single-byte tags and definite lengths, which is all that certificates use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

bool der_slice_equal(struct der_slice a, struct der_slice b)
{
    return a.size_bytes == b.size_bytes && (a.size_bytes == 0 || memcmp(a.bytes, b.bytes, a.size_bytes) == 0);
}

bool der_read(struct der_slice *rest, uint8_t *tag, struct der_slice *content)
{
    if (rest->size_bytes < 2 || (rest->bytes[0] & 0x1f) == 0x1f)
        return false;
    size_t header = 2;
    size_t length = rest->bytes[1];
    if (length & 0x80) {
        size_t octets = length & 0x7f;
        if (octets == 0 || octets > 4 || rest->size_bytes < 2 + octets)
            return false;
        length = 0;
        for (size_t i = 0; i < octets; i++)
            length = length << 8 | rest->bytes[2 + i];
        header += octets;
    }
    if (rest->size_bytes - header < length)
        return false;
    *tag = rest->bytes[0];
    *content = (struct der_slice){rest->bytes + header, length};
    rest->bytes += header + length;
    rest->size_bytes -= header + length;
    return true;
}

bool der_writer_init(struct der_writer *writer, size_t capacity_bytes)
{
    *writer = (struct der_writer){
        .buffer = malloc(capacity_bytes), .capacity = capacity_bytes, .start = capacity_bytes};
    return writer->buffer != NULL;
}

void der_writer_fini(struct der_writer *writer)
{
    free(writer->buffer);
    writer->buffer = NULL;
}

void der_prepend(struct der_writer *writer, const uint8_t *bytes, size_t size_bytes)
{
    if (writer->has_overflowed || size_bytes > writer->start) {
        writer->has_overflowed = true;
        return;
    }
    if (size_bytes > 0) {
        writer->start -= size_bytes;
        memcpy(writer->buffer + writer->start, bytes, size_bytes);
    }
}

void der_prepend_header(struct der_writer *writer, uint8_t tag, size_t size_bytes)
{
    uint8_t header[DER_HEADER_MAX_BYTES];
    size_t at = sizeof header;
    if (size_bytes < 0x80) {
        header[--at] = (uint8_t)size_bytes;
    } else {
        size_t octets = 0;
        for (size_t left = size_bytes; left > 0 && octets < 4; left >>= 8, octets++)
            header[--at] = (uint8_t)(left & 0xff);
        header[--at] = (uint8_t)(0x80 | octets);
    }
    der_prepend(writer, header + at, sizeof header - at);
    der_prepend(writer, &tag, 1);
}

size_t der_written(const struct der_writer *writer)
{
    return writer->capacity - writer->start;
}

/* Base 128, most significant group first, the top bit on all but the last. */
static bool oid_append_arc(uint64_t arc, uint8_t out[DER_OID_MAX_BYTES], size_t *size_bytes)
{
    uint8_t groups[10];
    size_t count = 0;
    do {
        groups[count++] = (uint8_t)(arc & 0x7f);
        arc >>= 7;
    } while (arc > 0);
    if (*size_bytes + count > DER_OID_MAX_BYTES)
        return false;
    while (count-- > 0)
        out[(*size_bytes)++] = (uint8_t)(groups[count] | (count > 0 ? 0x80 : 0));
    return true;
}

/* One decimal number of at most 32 bits at *text; leading zeros are refused. */
static bool oid_take_arc(const char **text, uint64_t *arc)
{
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *text = p;
    *arc = value;
    return true;
}

bool der_oid_encode(const char *text, uint8_t out[DER_OID_MAX_BYTES], size_t *size_bytes)
{
    uint64_t first, arc;
    if (!oid_take_arc(&text, &first) || first > 2 || *text++ != '.')
        return false;
    if (!oid_take_arc(&text, &arc) || (first < 2 && arc > 39))
        return false;
    size_t size = 0;
    if (!oid_append_arc(first * 40 + arc, out, &size))
        return false;
    while (*text == '.') {
        text++;
        if (!oid_take_arc(&text, &arc) || !oid_append_arc(arc, out, &size))
            return false;
    }
    *size_bytes = size;
    return *text == '\0';
}

bool der_oid_decode(struct der_slice content, char out[DER_OID_TEXT_MAX])
{
    uint64_t arc = 0;
    size_t length = 0;
    bool is_within = false;
    for (size_t i = 0; i < content.size_bytes; i++) {
        if (arc > UINT64_MAX >> 7)
            return false;
        arc = arc << 7 | (content.bytes[i] & 0x7f);
        is_within = (content.bytes[i] & 0x80) != 0;
        if (is_within)
            continue;
        int printed;
        if (length == 0) {
            uint64_t first = arc < 80 ? arc / 40 : 2;
            printed = snprintf(out, DER_OID_TEXT_MAX, "%llu.%llu", (unsigned long long)first,
                               (unsigned long long)(arc - first * 40));
        } else {
            printed = snprintf(out + length, DER_OID_TEXT_MAX - length, ".%llu", (unsigned long long)arc);
        }
        length += (size_t)printed;
        if (length >= DER_OID_TEXT_MAX)
            return false;
        arc = 0;
    }
    return length > 0 && !is_within;
}
