/* certs: certificates minted at run time from recipes, right and wrong ones, each read back and compared with
 * its recipe.
 *
 * The subjectAltName is written as DER by ourselves, because GnuTLS 3.7 cuts a DNS name at a NUL, drops
 * control characters and refuses URIs with odd bytes while reporting success. ECDSA P-256 by default, RSA on
 * request; one key for many certificates of a run. */
#ifndef CERTS_CERTS_H
#define CERTS_CERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum certs_san_kind { CERTS_SAN_URI, CERTS_SAN_DNS, CERTS_SAN_IP, CERTS_SAN_EMAIL, CERTS_SAN_OTHER };
struct certs_san {
    enum certs_san_kind kind;
    /* Content as is, NUL and odd bytes allowed; IP: 4 or 16 bytes; OTHER: DER of the value. */
    const uint8_t *bytes;
    size_t size_bytes;
    const char *oid; /* OTHER: type-id */
};
enum certs_key_type { CERTS_KEY_ECDSA_P256, CERTS_KEY_RSA_2048, CERTS_KEY_RSA_3072, CERTS_KEY_RSA_1024 };
enum certs_issuer { CERTS_ISSUER_TRUSTED, CERTS_ISSUER_UNTRUSTED, CERTS_ISSUER_SELF };
/* Certificates in a chain that is shown (so at most three intermediates), names in a certificate, bytes of
 * one name. */
enum { CERTS_CHAIN_MAX = 4, CERTS_SAN_MAX = 32, CERTS_SAN_MAX_BYTES = 4096 };

/* Reads one entry as scenario files write it: "URI:sip:a.test", "DNS:victim.test\0.attacker.test",
 * "IP:192.0.2.1", "email:x@y", "other:1.2.3.4:0C0161" (OID, hexadecimal digits of one DER element); escapes
 * \0, \xHH, \\ in the first, second and fourth. bytes and oid of *out are on the heap: certs_san_fini().
 * false: error gets a sentence, *out is untouched. */
bool certs_san_parse(const char *text, struct certs_san *out, char *error, size_t error_size_bytes);
void certs_san_fini(struct certs_san *san);
/* The mask of one bit (as in certs_recipe.key_usage, to be joined with |) for "digitalSignature",
 * "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign"; false:
 * unknown. */
bool certs_key_usage_parse(const char *name, unsigned *bit);
/* "ecdsa", "rsa1024", "rsa2048", "rsa3072"; false: unknown. */
bool certs_key_type_parse(const char *name, enum certs_key_type *out);
/* "trusted", "untrusted", "self"; false: unknown. */
bool certs_issuer_parse(const char *name, enum certs_issuer *out);

/* One certificate wanted. Zeroed: valid from yesterday for a year, by the trusted CA, no names at all, no EKU
 * extension, keyUsage digitalSignature. */
struct certs_recipe {
    const struct certs_san *sans;
    size_t san_count;            /* 0: no subjectAltName extension */
    const char *common_name;     /* NULL: none */
    const char *const *eku_oids; /* extended key usages; see certs_eku_oid() */
    size_t eku_count;
    enum certs_key_type key_type;
    enum certs_issuer issuer;
    /* CAs between the root and this one, sent along. A flawed issuer is the last of them, so there is at
     * least one then (two with breaks_pathlen, one when they are omitted): the root is always a good one. */
    unsigned intermediates;
    bool omits_intermediates;          /* they exist, but the chain that is shown leaves them out */
    bool is_revoked;                   /* on the CRL of its CA */
    bool has_bad_signature;            /* a bit of the signature is flipped */
    bool has_sha1_signature;           /* SHA-1 instead of SHA-256 */
    bool issuer_is_not_ca;             /* the issuer is an end-entity certificate */
    bool issuer_lacks_cert_sign;       /* the issuer's keyUsage has no keyCertSign */
    bool breaks_pathlen;               /* an intermediate below a CA with pathlen 0 */
    const char *name_constraint_dns;   /* critical permitted dNSName in the intermediate; NULL: none */
    int64_t not_before_s, not_after_s; /* relative to now, seconds; both 0: the default */
    bool has_key_usage;                /* true: key_usage instead of digitalSignature */
    unsigned key_usage; /* bits as in RFC 5280 §4.2.1.3, bit 0 = digitalSignature; 0: no keyUsage extension */
};
/* Finds what cannot be minted (too many names, a self-signed certificate with intermediates, ...) without
 * minting; error gets a sentence. certs_mint() begins with it. */
bool certs_recipe_check(const struct certs_recipe *recipe, char *error, size_t error_size_bytes);

struct certs_authority; /* a run's CAs (trusted, untrusted), their keys and CRL */
/* NULL when the library fails; error_text gets a static text. now_s: seconds since the epoch. */
struct certs_authority *certs_authority_new(int64_t now_s, const char **error_text);
void certs_authority_free(struct certs_authority *authority);
/* The same, with a trusted root that exists already: what certs_authority_key_pem() and …_trust_pem() gave. A
 * device that trusts it trusts every run that uses it. Serial numbers stay apart among runs. */
struct certs_authority *certs_authority_load(int64_t now_s, const char *trust_pem, const char *key_pem,
                                             const char **error_text);
/* The trusted root's private key, PEM, for a file that its owner alone can read. Heap; caller frees. NULL
 * when the library fails. */
char *certs_authority_key_pem(const struct certs_authority *authority);
const char *certs_authority_trust_pem(const struct certs_authority *authority);
/* CRLs of every CA below the trusted root as one PEM text, up to the certificates minted so far. Heap; caller
 * frees. */
char *certs_authority_crl_pem(struct certs_authority *authority);

struct certs_minted {
    char *chain_pem; /* leaf first, as it is to be shown */
    char *key_pem;
    char fingerprint[65]; /* SHA-256 of the leaf, hex */
};
/* Mints and reads back. false: error gets one sentence (what differs from the recipe, or what the library
 * refused). */
bool certs_mint(struct certs_authority *authority, const struct certs_recipe *recipe,
                struct certs_minted *out, char *error, size_t error_size_bytes);
void certs_minted_fini(struct certs_minted *minted);

/* Names of extended key usages in recipes: "serverAuth", "clientAuth", "sipDomain" (RFC 5924
 * id-kp-sipDomain), "emailProtection", "any"; NULL when unknown. */
const char *certs_eku_oid(const char *name);

/* What a certificate (DER) says, for journals and expectations: facts, no judgement. */
struct certs_facts {
    char *subject; /* RFC 4514 text */
    /* "URI:sip:a.test, DNS:a.test"; unprintable bytes, space and backslash as \xHH; "" without
     * subjectAltName; "malformed" stands where its DER makes no sense. */
    char *names;
    char *common_name; /* the first; escaped likewise; NULL when none */
    char *issuer;
    char fingerprint[65];
    int64_t not_before_s, not_after_s;
};
/* false: no certificate (or no memory); *out is untouched then. Any bytes may be given. */
bool certs_read(const uint8_t *der, size_t size_bytes, struct certs_facts *out);
void certs_facts_fini(struct certs_facts *facts);
/* SHA-256 of the first certificate in a PEM text, hexadecimal; false: there is none. */
bool certs_pem_fingerprint(const char *pem, char out[65]);

/* What a user has: PEM (certificates leaf first, and an unencrypted or encrypted private key, in any order),
 * or PKCS#12. password may be NULL. chain_pem and key_pem on the heap; key_pem NULL when there is no key and
 * none is asked for. false: error gets one sentence. */
bool certs_bundle_read(const uint8_t *bytes, size_t size_bytes, const char *password, bool wants_key,
                       char **chain_pem, char **key_pem, char *error, size_t error_size_bytes);

#endif
