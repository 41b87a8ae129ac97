/* What a certificate says and proves: the names in it, the identities among them (RFC 5922 §7.1), whether
 * they answer for a domain (§7.2), and whether the path to a trust anchor holds (RFC 5280). All judgement
 * about identities is behind these functions; none of them keeps state but the verifier. */
#ifndef REFERENCE_TRUST_H
#define REFERENCE_TRUST_H

#include "net/net.h"
#include "reference/faults.h"
#include "reference/reference.h"

enum { REASON_MAX = 200 }; /* bytes of a text that says why not, the NUL included */

/* ---- certificate.c: where names stand in a certificate, by DER alone ---- */
struct der {
    const uint8_t *at;
    size_t left;
};
bool der_next(struct der *in, unsigned *tag, struct der *content);
struct certificate_names {
    bool has_alternative_names;
    struct der alternative_names; /* content of the GeneralNames sequence */
    bool has_common_name;
    struct der common_name; /* the last CN of the subject */
};
bool certificate_find_names(const uint8_t *bytes, size_t size_bytes, struct certificate_names *out);

/* ---- identity.c ---- */
struct identity_question {
    const char *domain; /* of the URI that RFC 3263 was given */
    bool is_secure_uri;
    const struct net_address *address; /* the peer's; may be NULL */
};
bool identities_extract(const uint8_t *der, size_t size_bytes, const struct fault_set *faults,
                        struct identities *out);
bool identities_answer(const struct identities *identities, const struct identity_question *question,
                       const struct fault_set *faults);

/* ---- verify.c: path validation (RFC 5280) and extended key usage (RFC 5922 §7.1, RFC 5924) ---- */
struct verifier;
struct verifier *verifier_new(const char *trust_pem, const char *crl_pem, bool claims_5924,
                              const struct fault_set *faults, const char **error_text);
void verifier_free(struct verifier *verifier);
bool verifier_check(const struct verifier *verifier, const struct net_tls_facts *facts, bool is_server,
                    char *reason);

#endif
