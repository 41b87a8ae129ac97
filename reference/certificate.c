/* Where a certificate keeps its names: subjectAltName and the subject's CN, found by walking the DER.
 *
 * Done by hand because libraries hand names out as C strings, where a NUL ends them (RFC 5922 §7.2: names are
 * matched in their entirety). */
#include <string.h>

#include "reference/trust.h"

enum {
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_OID = 0x06,
    TAG_OCTETS = 0x04,
    TAG_VERSION = 0xA0,
    TAG_EXTENSIONS = 0xA3
};

bool der_next(struct der *in, unsigned *tag, struct der *content)
{
    if (in->left < 2 || (in->at[0] & 0x1F) == 0x1F) {
        return false;
    }
    *tag = in->at[0];
    size_t length = in->at[1];
    size_t head = 2;
    if (length >= 0x80) {
        size_t octets = length & 0x7F;
        if (octets == 0 || octets > 4 || in->left < 2 + octets) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < octets; i++) {
            length = length << 8 | in->at[2 + i];
        }
        head += octets;
    }
    if (length > in->left - head) {
        return false;
    }
    content->at = in->at + head;
    content->left = length;
    in->at += head + length;
    in->left -= head + length;
    return true;
}

static bool der_expect(struct der *in, unsigned tag, struct der *content)
{
    unsigned found;
    return der_next(in, &found, content) && found == tag;
}

static bool der_equals(const struct der *value, const char *bytes, size_t size_bytes)
{
    return value->left == size_bytes && memcmp(value->at, bytes, size_bytes) == 0;
}

static void find_common_name(struct der subject, struct certificate_names *out)
{
    struct der set;
    while (der_expect(&subject, TAG_SET, &set)) {
        struct der attribute;
        while (der_expect(&set, TAG_SEQUENCE, &attribute)) {
            struct der oid;
            struct der value;
            unsigned tag;
            if (der_expect(&attribute, TAG_OID, &oid) && der_equals(&oid, "\x55\x04\x03", 3) &&
                der_next(&attribute, &tag, &value)) {
                out->has_common_name = true;
                out->common_name = value;
            }
        }
    }
}

static bool read_extension(struct der extension, struct certificate_names *out)
{
    struct der oid;
    struct der value;
    unsigned tag;
    if (!der_expect(&extension, TAG_OID, &oid) || !der_equals(&oid, "\x55\x1D\x11", 3)) {
        return true;
    }
    do { /* the critical flag may stand before the value */
        if (!der_next(&extension, &tag, &value)) {
            return false;
        }
    } while (tag != TAG_OCTETS);
    out->has_alternative_names = true;
    return der_expect(&value, TAG_SEQUENCE, &out->alternative_names);
}

static bool find_alternative_names(struct der tbs, struct certificate_names *out)
{
    unsigned tag;
    struct der field;
    while (tbs.left > 0) {
        if (!der_next(&tbs, &tag, &field)) {
            return false;
        }
        struct der list;
        if (tag != TAG_EXTENSIONS) {
            continue;
        }
        if (!der_expect(&field, TAG_SEQUENCE, &list)) {
            return false;
        }
        struct der extension;
        while (der_expect(&list, TAG_SEQUENCE, &extension)) {
            if (!read_extension(extension, out)) {
                return false;
            }
        }
    }
    return true;
}

bool certificate_find_names(const uint8_t *bytes, size_t size_bytes, struct certificate_names *out)
{
    memset(out, 0, sizeof(*out));
    struct der in = {bytes, size_bytes};
    struct der certificate;
    struct der tbs;
    struct der field;
    unsigned tag;
    if (!der_expect(&in, TAG_SEQUENCE, &certificate) || !der_expect(&certificate, TAG_SEQUENCE, &tbs) ||
        !der_next(&tbs, &tag, &field)) {
        return false;
    }
    /* serialNumber, signature, issuer, validity stand before the subject; version, when there, before them
     * all. */
    int skipped = tag == TAG_VERSION ? 4 : 3;
    for (int i = 0; i < skipped; i++) {
        if (!der_next(&tbs, &tag, &field)) {
            return false;
        }
    }
    struct der subject;
    if (!der_expect(&tbs, TAG_SEQUENCE, &subject)) {
        return false;
    }
    find_common_name(subject, out);
    return find_alternative_names(tbs, out);
}
