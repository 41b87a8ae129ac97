/* subjectAltName written and read as DER by ourselves: every byte that a recipe names gets into the
 * certificate, and every byte of a device's certificate gets into the journal. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

bool certs_fail(char *error, size_t error_size_bytes, const char *format, ...)
{
    if (error && error_size_bytes > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error, error_size_bytes, format, arguments);
        va_end(arguments);
    }
    return false;
}

static uint8_t san_tag_number(enum certs_san_kind kind)
{
    switch (kind) {
    case CERTS_SAN_OTHER:
        return 0;
    case CERTS_SAN_EMAIL:
        return 1;
    case CERTS_SAN_DNS:
        return 2;
    case CERTS_SAN_URI:
        return 6;
    case CERTS_SAN_IP:
        return 7;
    }
    return 0;
}

/* otherName ::= [0] IMPLICIT SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool san_prepend_other(struct der_writer *writer, const struct certs_san *san)
{
    uint8_t oid[DER_OID_MAX_BYTES];
    size_t oid_size = 0;
    if (!san->oid || !der_oid_encode(san->oid, oid, &oid_size))
        return false;
    size_t before = der_written(writer);
    der_prepend(writer, san->bytes, san->size_bytes);
    der_prepend_header(writer, DER_CONTEXT | DER_CONSTRUCTED, san->size_bytes);
    der_prepend(writer, oid, oid_size);
    der_prepend_header(writer, DER_OID, oid_size);
    der_prepend_header(writer, DER_CONTEXT | DER_CONSTRUCTED, der_written(writer) - before);
    return true;
}

static bool san_is_one_element(const struct certs_san *san)
{
    struct der_slice rest = {san->bytes, san->size_bytes}, content;
    uint8_t tag;
    return der_read(&rest, &tag, &content) && rest.size_bytes == 0;
}

static bool san_check(const struct certs_san *san, char *error, size_t error_size_bytes)
{
    if (san->size_bytes > CERTS_SAN_MAX_BYTES)
        return certs_fail(error, error_size_bytes, "a subjectAltName of %zu bytes is longer than %d",
                          san->size_bytes, CERTS_SAN_MAX_BYTES);
    if (san->kind == CERTS_SAN_IP && san->size_bytes != 4 && san->size_bytes != 16)
        return certs_fail(error, error_size_bytes, "an iPAddress has 4 or 16 bytes, not %zu",
                          san->size_bytes);
    uint8_t oid[DER_OID_MAX_BYTES];
    size_t oid_size;
    if (san->kind == CERTS_SAN_OTHER && (!san->oid || !der_oid_encode(san->oid, oid, &oid_size)))
        return certs_fail(error, error_size_bytes, "'%s' is no object identifier for an otherName",
                          san->oid ? san->oid : "");
    if (san->kind == CERTS_SAN_OTHER && !san_is_one_element(san))
        return certs_fail(error, error_size_bytes,
                          "the value of an otherName has to be exactly one DER element");
    return true;
}

bool san_encode(const struct certs_san *sans, size_t count, uint8_t **der, size_t *size_bytes, char *error,
                size_t error_size_bytes)
{
    size_t capacity = DER_HEADER_MAX_BYTES;
    for (size_t i = 0; i < count; i++) {
        if (!san_check(&sans[i], error, error_size_bytes))
            return false;
        capacity += sans[i].size_bytes + 3 * DER_HEADER_MAX_BYTES + DER_OID_MAX_BYTES;
    }
    struct der_writer writer;
    if (!der_writer_init(&writer, capacity))
        return certs_fail(error, error_size_bytes, "out of memory");
    for (size_t i = count; i-- > 0;) {
        if (sans[i].kind == CERTS_SAN_OTHER) {
            if (!san_prepend_other(&writer, &sans[i]))
                writer.has_overflowed = true;
            continue;
        }
        der_prepend(&writer, sans[i].bytes, sans[i].size_bytes);
        der_prepend_header(&writer, (uint8_t)(DER_CONTEXT | san_tag_number(sans[i].kind)),
                           sans[i].size_bytes);
    }
    der_prepend_header(&writer, DER_SEQUENCE, der_written(&writer));
    size_t size = der_written(&writer);
    uint8_t *copy = writer.has_overflowed ? NULL : malloc(size);
    if (copy)
        memcpy(copy, writer.buffer + writer.start, size);
    der_writer_fini(&writer);
    if (!copy)
        return certs_fail(error, error_size_bytes, "the subjectAltName could not be written");
    *der = copy;
    *size_bytes = size;
    return true;
}

bool san_open(struct der_slice extension, struct der_slice *rest)
{
    uint8_t tag;
    return der_read(&extension, &tag, rest) && tag == DER_SEQUENCE && extension.size_bytes == 0;
}

enum san_step san_next(struct der_slice *rest, struct san_name *out)
{
    if (rest->size_bytes == 0)
        return SAN_END;
    uint8_t tag;
    *out = (struct san_name){0};
    if (!der_read(rest, &tag, &out->content) || (tag & 0xc0) != DER_CONTEXT)
        return SAN_MALFORMED;
    out->tag_number = tag & 0x1f;
    if (out->tag_number != 0)
        return SAN_NAME;
    struct der_slice inside = out->content;
    if (!(tag & DER_CONSTRUCTED) || !der_read(&inside, &tag, &out->oid) || tag != DER_OID)
        return SAN_MALFORMED;
    if (!der_read(&inside, &tag, &out->value) || tag != (DER_CONTEXT | DER_CONSTRUCTED) ||
        inside.size_bytes != 0)
        return SAN_MALFORMED;
    return SAN_NAME;
}

bool san_equal(const struct san_name *name, const struct certs_san *wanted)
{
    if (name->tag_number != san_tag_number(wanted->kind))
        return false;
    struct der_slice bytes = {wanted->bytes, wanted->size_bytes};
    if (wanted->kind != CERTS_SAN_OTHER)
        return der_slice_equal(name->content, bytes);
    char oid[DER_OID_TEXT_MAX];
    return der_oid_decode(name->oid, oid) && strcmp(oid, wanted->oid) == 0 &&
           der_slice_equal(name->value, bytes);
}
