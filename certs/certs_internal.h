/* certs, private: DER read and written by ourselves, the plan of one certificate, and the tree of an
 * authority's CAs. */
#ifndef CERTS_CERTS_INTERNAL_H
#define CERTS_CERTS_INTERNAL_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certs/certs.h"

/* Writes one sentence and returns false, so that a caller can say why and give up in one statement. error may
 * be NULL. */
bool certs_fail(char *error, size_t error_size_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- DER (ITU-T X.690) ---- */
struct der_slice {
    const uint8_t *bytes;
    size_t size_bytes;
};
enum {
    DER_BIT_STRING = 0x03,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_CONTEXT = 0x80,
    DER_CONSTRUCTED = 0x20
};
enum { DER_OID_MAX_BYTES = 64, DER_OID_TEXT_MAX = 256, DER_HEADER_MAX_BYTES = 6 };

/* Takes one element off the front of rest. false: malformed (rest is unchanged); tags above 30 and indefinite
 * lengths count as such. */
bool der_read(struct der_slice *rest, uint8_t *tag, struct der_slice *content);
bool der_slice_equal(struct der_slice a, struct der_slice b);

/* Fills its buffer from the end, because a length is known only when its content is written. */
struct der_writer {
    uint8_t *buffer;
    size_t capacity;
    size_t start; /* what is written so far is buffer[start] to the end */
    bool has_overflowed;
};
bool der_writer_init(struct der_writer *writer, size_t capacity_bytes); /* false: no memory */
void der_writer_fini(struct der_writer *writer);
void der_prepend(struct der_writer *writer, const uint8_t *bytes, size_t size_bytes);
void der_prepend_header(struct der_writer *writer, uint8_t tag, size_t size_bytes);
size_t der_written(const struct der_writer *writer);

/* Content octets of an OBJECT IDENTIFIER from dotted text and back. */
bool der_oid_encode(const char *text, uint8_t out[DER_OID_MAX_BYTES], size_t *size_bytes);
bool der_oid_decode(struct der_slice content, char out[DER_OID_TEXT_MAX]);

/* ---- subjectAltName (RFC 5280 §4.2.1.6) ---- */
struct san_name {
    uint8_t tag_number; /* of GeneralName: 0 otherName, 1 rfc822Name, 2 dNSName, 6 URI, 7 iPAddress, ... */
    struct der_slice content;
    struct der_slice oid, value; /* otherName: type-id's content, DER of the value */
};
/* Writes the extension's value; the caller frees *der. */
bool san_encode(const struct certs_san *sans, size_t count, uint8_t **der, size_t *size_bytes, char *error,
                size_t error_size_bytes);
/* Opens the extension's value for san_next(). false: not one SEQUENCE. */
bool san_open(struct der_slice extension, struct der_slice *rest);
enum san_step { SAN_NAME, SAN_END, SAN_MALFORMED };
enum san_step san_next(struct der_slice *rest, struct san_name *out);
bool san_equal(const struct san_name *name, const struct certs_san *wanted);
/* The names as one line of text, as in certs_facts.names. Heap; NULL without memory. */
char *san_format(struct der_slice extension);
/* Bytes as printable text: \xHH for what is not printable, for space and for the backslash. Heap; NULL
 * without memory. */
char *certs_escape(const uint8_t *bytes, size_t size_bytes);

/* ---- one certificate ---- */
struct certs_ca;
struct certs_plan {
    const char *common_name; /* NULL: none */
    const struct certs_san *sans;
    size_t san_count;
    const char *const *eku_oids;
    size_t eku_count;
    unsigned key_usage; /* bits as in RFC 5280 §4.2.1.3; 0: no extension */
    bool is_ca;
    int pathlen; /* -1: none */
    const char *name_constraint_dns;
    int64_t not_before_s, not_after_s; /* since the epoch */
    uint8_t serial[16];
    bool has_bad_signature, has_sha1_signature;
    gnutls_x509_privkey_t key;
    const struct certs_ca *issuer; /* NULL: signed with its own key */
};
struct certs_built {
    gnutls_x509_crt_t crt;
    gnutls_datum_t der; /* gnutls_free */
};
/* Makes the certificate and compares it with the plan. */
bool certs_build(const struct certs_plan *plan, struct certs_built *out, char *error,
                 size_t error_size_bytes);
void certs_built_fini(struct certs_built *built);
/* Says the first field of the certificate that differs from the plan. */
bool certs_compare(const struct certs_plan *plan, const struct certs_built *built, char *error,
                   size_t error_size_bytes);
/* SHA-256, lower-case hexadecimal. */
bool certs_fingerprint(const gnutls_datum_t *der, char out[65]);
/* GnuTLS's key usage bits for those of RFC 5280. */
unsigned certs_key_usage_for_library(unsigned bits);

/* ---- the tree of CAs ---- */
struct certs_ca_traits {
    bool is_not_ca;
    bool lacks_cert_sign;
    bool has_pathlen_zero;
    const char *name_constraint_dns;
};
struct certs_ca {
    struct certs_ca *parent; /* NULL: a root */
    struct certs_ca *next;   /* all CAs of the authority, parents after their children */
    struct certs_ca_traits traits;
    char *name_constraint; /* what traits points to */
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    char *pem;
    uint8_t (*revoked)[16]; /* serials */
    size_t revoked_count;
};
enum { CERTS_KEY_TYPE_COUNT = CERTS_KEY_RSA_1024 + 1 };
struct certs_authority {
    int64_t now_s;
    uint8_t id[8]; /* makes names and serials unique among runs */
    uint64_t last_serial;
    struct certs_ca *trusted, *untrusted;
    struct certs_ca *all;
    gnutls_x509_privkey_t leaf_keys[CERTS_KEY_TYPE_COUNT]; /* made when first asked for */
    char *leaf_key_pems[CERTS_KEY_TYPE_COUNT];
};
/* The CA that signs this recipe's certificate, made when there is none yet; NULL with error. Not for
 * CERTS_ISSUER_SELF. */
struct certs_ca *certs_ca_for_recipe(struct certs_authority *authority, const struct certs_recipe *recipe,
                                     char *error, size_t error_size_bytes);
bool certs_ca_revoke(struct certs_ca *ca, const uint8_t serial[16]);
void certs_ca_free(struct certs_ca *ca);
/* bundle.c: a root's certificate and its key; they have to fit. */
bool certs_root_import(const char *pem, const char *key_pem, gnutls_x509_crt_t *crt,
                       gnutls_x509_privkey_t *key, char *error, size_t error_size_bytes);
void certs_serial_next(struct certs_authority *authority, uint8_t out[16]);
/* One PEM text from DER; heap, free(). NULL when the library fails. */
char *certs_pem(const char *label, const gnutls_datum_t *der);

#endif
