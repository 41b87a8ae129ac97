/* Is a peer's certificate valid: the path (RFC 5280, by GnuTLS) and what it may be used for (RFC 5922 §7.1,
 * RFC 5924). */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/trust.h"

enum { CHAIN_MAX = 10, EKU_MAX = 32, OID_MAX = 128 };

static const char EKU_SIP_DOMAIN[] = "1.3.6.1.5.5.7.3.20"; /* RFC 5924 §3 */

struct verifier {
    gnutls_x509_trust_list_t trust;
    bool claims_5924;
    const struct fault_set *faults;
};

void verifier_free(struct verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    if (verifier->trust != NULL) {
        gnutls_x509_trust_list_deinit(verifier->trust, 1);
    }
    free(verifier);
}

/* GnuTLS's datum is not const, although these functions only read. */
static gnutls_datum_t datum_of(const void *bytes, size_t size_bytes)
{
    const union {
        const void *from;
        unsigned char *to;
    } cast = {bytes};
    return (gnutls_datum_t){cast.to, (unsigned)size_bytes};
}

static bool add_trust(struct verifier *verifier, const char *trust_pem, const char *crl_pem,
                      const char **error_text)
{
    gnutls_datum_t trust = datum_of(trust_pem, strlen(trust_pem));
    int count =
        gnutls_x509_trust_list_add_trust_mem(verifier->trust, &trust, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
    if (count <= 0) {
        *error_text = count == 0 ? "the trust file holds no certificate" : gnutls_strerror(count);
        return false;
    }
    if (crl_pem == NULL) {
        return true;
    }
    gnutls_datum_t crl = datum_of(crl_pem, strlen(crl_pem));
    gnutls_x509_crl_t *crls = NULL;
    unsigned crl_count = 0;
    int failed = gnutls_x509_crl_list_import2(&crls, &crl_count, &crl, GNUTLS_X509_FMT_PEM, 0);
    if (failed < 0) {
        *error_text = gnutls_strerror(failed);
        return false;
    }
    /* The list owns them from here. */
    gnutls_x509_trust_list_add_crls(verifier->trust, crls, crl_count, 0, 0);
    gnutls_free(crls);
    return true;
}

struct verifier *verifier_new(const char *trust_pem, const char *crl_pem, bool claims_5924,
                              const struct fault_set *faults, const char **error_text)
{
    struct verifier *verifier = calloc(1, sizeof(*verifier));
    if (verifier == NULL || gnutls_x509_trust_list_init(&verifier->trust, 0) < 0) {
        free(verifier);
        *error_text = "out of memory";
        return NULL;
    }
    verifier->claims_5924 = claims_5924;
    verifier->faults = faults;
    if (trust_pem != NULL && !add_trust(verifier, trust_pem, crl_pem, error_text)) {
        verifier_free(verifier);
        return NULL;
    }
    return verifier;
}

/* Which extended key usages count. Without RFC 5924 the one of the peer's part in TLS is wanted (RFC 5280
 * §4.2.1.12); sipDomain is no foreign one. */
static bool usage_counts(const struct verifier *verifier, const char *oid, bool is_server)
{
    if (strcmp(oid, EKU_SIP_DOMAIN) == 0) {
        return !verifier->faults->is_set[FAULT_REFUSE_EKU_SIP];
    }
    if (strcmp(oid, GNUTLS_KP_ANY) == 0 || verifier->faults->is_set[FAULT_IGNORE_EKU]) {
        return true;
    }
    if (verifier->claims_5924) { /* RFC 5924 §5: others do not make it a SIP certificate */
        return false;
    }
    return strcmp(oid, is_server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT) == 0;
}

static bool check_usage(const struct verifier *verifier, gnutls_x509_crt_t leaf, bool is_server, char *reason)
{
    for (unsigned i = 0; i < EKU_MAX; i++) {
        char oid[OID_MAX];
        size_t size_bytes = sizeof(oid);
        int result = gnutls_x509_crt_get_key_purpose_oid(leaf, i, oid, &size_bytes, NULL);
        if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
            if (i == 0) {
                return true; /* no restriction at all */
            }
            break;
        }
        if (result < 0) {
            snprintf(reason, REASON_MAX, "the extended key usage cannot be read: %s",
                     gnutls_strerror(result));
            return false;
        }
        if (usage_counts(verifier, oid, is_server)) {
            return true;
        }
    }
    snprintf(reason, REASON_MAX, "its extended key usage is for something else");
    return false;
}

static void describe_status(unsigned status, char *reason)
{
    gnutls_datum_t text = {NULL, 0};
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0) {
        snprintf(reason, REASON_MAX, "path validation failed (status %#x)", status);
        return;
    }
    snprintf(reason, REASON_MAX, "%s", (const char *)text.data);
    gnutls_free(text.data);
}

/* ---- what seeded faults overlook ---- */

static bool lacks_cert_sign(gnutls_x509_crt_t issuer, unsigned below)
{
    unsigned usage = 0;
    (void)below;
    return gnutls_x509_crt_get_key_usage(issuer, &usage, NULL) >= 0 &&
           (usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0;
}

static bool is_path_too_long(gnutls_x509_crt_t issuer, unsigned below)
{
    int pathlen = -1;
    return gnutls_x509_crt_get_basic_constraints(issuer, NULL, NULL, &pathlen) >= 0 && pathlen >= 0 &&
           (unsigned)pathlen < below;
}

static bool constrains_names(gnutls_x509_crt_t issuer, unsigned below)
{
    size_t size_bytes = 0;
    (void)below;
    return gnutls_x509_crt_get_extension_by_oid(issuer, "2.5.29.30", 0, NULL, &size_bytes, NULL) !=
           GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

/* below: CAs between the issuer and the end entity. */
static bool any_issuer(gnutls_x509_crt_t *chain, unsigned count, bool (*is_so)(gnutls_x509_crt_t, unsigned))
{
    for (unsigned i = 1; i < count; i++) {
        if (is_so(chain[i], i - 1)) {
            return true;
        }
    }
    return false;
}

/* The library has one word for three flaws of an issuer: which one it is stands in the chain. */
static bool overlooks_issuer(const struct fault_set *faults, gnutls_x509_crt_t *chain, unsigned count)
{
    return (faults->is_set[FAULT_ACCEPT_ISSUER_KEY_USAGE] && any_issuer(chain, count, lacks_cert_sign)) ||
           (faults->is_set[FAULT_ACCEPT_PATHLEN] && any_issuer(chain, count, is_path_too_long)) ||
           (faults->is_set[FAULT_ACCEPT_NAME_CONSTRAINTS] && any_issuer(chain, count, constrains_names));
}

static unsigned overlook(const struct fault_set *faults, gnutls_x509_crt_t *chain, unsigned count,
                         unsigned status)
{
    bool is_self_signed = gnutls_x509_crt_check_issuer(chain[0], chain[0]) != 0;
    unsigned overlooked = GNUTLS_CERT_INVALID;
    overlooked |= faults->is_set[FAULT_ACCEPT_EXPIRED] ? GNUTLS_CERT_EXPIRED : 0u;
    overlooked |= faults->is_set[FAULT_ACCEPT_NOT_YET] ? GNUTLS_CERT_NOT_ACTIVATED : 0u;
    overlooked |= faults->is_set[FAULT_ACCEPT_BAD_SIGNATURE] ? GNUTLS_CERT_SIGNATURE_FAILURE : 0u;
    overlooked |= faults->is_set[FAULT_ACCEPT_NOT_A_CA] ? GNUTLS_CERT_SIGNER_NOT_CA : 0u;
    overlooked |= faults->is_set[FAULT_IGNORE_CRL] ? GNUTLS_CERT_REVOKED : 0u;
    overlooked |= faults->is_set[is_self_signed ? FAULT_ACCEPT_SELF_SIGNED : FAULT_ACCEPT_UNTRUSTED]
                      ? GNUTLS_CERT_SIGNER_NOT_FOUND
                      : 0u;
    overlooked |= overlooks_issuer(faults, chain, count) ? GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE : 0u;
    return (status & ~overlooked) == 0 ? 0 : status;
}

/* ---- the path ---- */

static bool check_path(const struct verifier *verifier, gnutls_x509_crt_t *chain, unsigned count,
                       bool is_server, char *reason)
{
    unsigned status = 0;
    unsigned used = verifier->faults->is_set[FAULT_NO_INTERMEDIATES] ? 1 : count;
    int result = gnutls_x509_trust_list_verify_crt(verifier->trust, chain, used, 0, &status, NULL);
    if (result < 0) {
        snprintf(reason, REASON_MAX, "%s", gnutls_strerror(result));
        return false;
    }
    if (status != 0) {
        status = overlook(verifier->faults, chain, count, status);
    }
    if (status != 0) {
        describe_status(status, reason);
        return false;
    }
    return check_usage(verifier, chain[0], is_server, reason);
}

bool verifier_check(const struct verifier *verifier, const struct net_tls_facts *facts, bool is_server,
                    char *reason)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned count = 0;
    bool is_good = false;
    if (facts->peer_certificate_count == 0 || facts->peer_certificate_count > CHAIN_MAX) {
        snprintf(reason, REASON_MAX, "%zu certificates were shown", facts->peer_certificate_count);
        return false;
    }
    for (; count < facts->peer_certificate_count; count++) {
        gnutls_datum_t der = datum_of(facts->peer_certificates[count], facts->peer_certificate_sizes[count]);
        if (gnutls_x509_crt_init(&chain[count]) < 0) {
            snprintf(reason, REASON_MAX, "out of memory");
            goto out;
        }
        int result = gnutls_x509_crt_import(chain[count], &der, GNUTLS_X509_FMT_DER);
        if (result < 0) {
            count++;
            snprintf(reason, REASON_MAX, "a certificate cannot be read: %s", gnutls_strerror(result));
            goto out;
        }
    }
    is_good = check_path(verifier, chain, count, is_server, reason);
out:
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(chain[i]);
    }
    return is_good;
}
