/* A certificate compared with its plan: the library has been seen to report success for what it did not
 * write. */
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>

#include "certs/certs_internal.h"

static bool differs(char *error, size_t error_size_bytes, const char *field)
{
    return certs_fail(error, error_size_bytes, "the certificate differs from its recipe in %s", field);
}

static bool compare_subject(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                            size_t error_size_bytes)
{
    char text[1024];
    size_t size = sizeof text;
    int status = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size);
    if (!plan->common_name)
        return status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
               differs(error, error_size_bytes, "its common name");
    bool is_equal =
        status >= 0 && size == strlen(plan->common_name) && memcmp(text, plan->common_name, size) == 0;
    return is_equal || differs(error, error_size_bytes, "its common name");
}

static bool compare_issuer(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                           size_t error_size_bytes)
{
    bool is_issued = gnutls_x509_crt_check_issuer(crt, plan->issuer ? plan->issuer->crt : crt) == 1;
    return is_issued || differs(error, error_size_bytes, "its issuer");
}

static bool compare_validity(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                             size_t error_size_bytes)
{
    bool is_equal = (int64_t)gnutls_x509_crt_get_activation_time(crt) == plan->not_before_s &&
                    (int64_t)gnutls_x509_crt_get_expiration_time(crt) == plan->not_after_s;
    return is_equal || differs(error, error_size_bytes, "its validity");
}

static bool compare_serial(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                           size_t error_size_bytes)
{
    uint8_t serial[32];
    size_t size = sizeof serial;
    bool is_equal = gnutls_x509_crt_get_serial(crt, serial, &size) >= 0 && size == sizeof plan->serial &&
                    memcmp(serial, plan->serial, size) == 0;
    return is_equal || differs(error, error_size_bytes, "its serial number");
}

static bool compare_basic_constraints(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                                      size_t error_size_bytes)
{
    unsigned critical = 0, is_ca = 0;
    int pathlen = -1;
    int status = gnutls_x509_crt_get_basic_constraints(crt, &critical, &is_ca, &pathlen);
    bool is_equal = status >= 0 && critical && (is_ca != 0) == plan->is_ca && pathlen == plan->pathlen;
    return is_equal || differs(error, error_size_bytes, "its basic constraints");
}

static bool compare_key_usage(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                              size_t error_size_bytes)
{
    unsigned usage = 0;
    int status = gnutls_x509_crt_get_key_usage(crt, &usage, NULL);
    bool is_equal = plan->key_usage ? status >= 0 && usage == certs_key_usage_for_library(plan->key_usage)
                                    : status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
    return is_equal || differs(error, error_size_bytes, "its key usage");
}

static bool compare_eku(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                        size_t error_size_bytes)
{
    char oid[DER_OID_TEXT_MAX];
    size_t size;
    for (size_t i = 0; i < plan->eku_count; i++) {
        size = sizeof oid;
        int status = gnutls_x509_crt_get_key_purpose_oid(crt, (unsigned)i, oid, &size, NULL);
        if (status < 0 || strcmp(oid, plan->eku_oids[i]) != 0)
            return differs(error, error_size_bytes, "its extended key usages");
    }
    size = sizeof oid;
    int status = gnutls_x509_crt_get_key_purpose_oid(crt, (unsigned)plan->eku_count, oid, &size, NULL);
    return status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
           differs(error, error_size_bytes, "its extended key usages");
}

static bool compare_name_constraint(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                                    size_t error_size_bytes)
{
    gnutls_x509_name_constraints_t constraints;
    if (gnutls_x509_name_constraints_init(&constraints) < 0)
        return certs_fail(error, error_size_bytes, "out of memory");
    unsigned critical = 0, type = 0;
    gnutls_datum_t name = {0};
    int status = gnutls_x509_crt_get_name_constraints(crt, constraints, 0, &critical);
    bool is_equal;
    if (plan->name_constraint_dns) {
        is_equal = status >= 0 && critical &&
                   gnutls_x509_name_constraints_get_permitted(constraints, 0, &type, &name) >= 0 &&
                   type == GNUTLS_SAN_DNSNAME && name.size == strlen(plan->name_constraint_dns) &&
                   memcmp(name.data, plan->name_constraint_dns, name.size) == 0;
    } else {
        is_equal = status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
    }
    gnutls_x509_name_constraints_deinit(constraints);
    return is_equal || differs(error, error_size_bytes, "its name constraints");
}

static bool sans_equal(const struct certs_plan *plan, struct der_slice extension)
{
    struct der_slice rest;
    struct san_name name;
    if (!san_open(extension, &rest))
        return false;
    for (size_t i = 0; i < plan->san_count; i++)
        if (san_next(&rest, &name) != SAN_NAME || !san_equal(&name, &plan->sans[i]))
            return false;
    return san_next(&rest, &name) == SAN_END;
}

static bool compare_sans(const struct certs_plan *plan, gnutls_x509_crt_t crt, char *error,
                         size_t error_size_bytes)
{
    gnutls_datum_t extension = {0};
    unsigned critical = 0;
    int status = gnutls_x509_crt_get_extension_by_oid2(crt, GNUTLS_X509EXT_OID_SAN, 0, &extension, &critical);
    bool is_equal = plan->san_count == 0
                        ? status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE
                        : status >= 0 && !critical &&
                              sans_equal(plan, (struct der_slice){extension.data, extension.size});
    gnutls_free(extension.data);
    return is_equal || differs(error, error_size_bytes, "its subjectAltName");
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }, the first one
 * whole. */
static bool signature_parts(const gnutls_datum_t *der, gnutls_datum_t *tbs, gnutls_datum_t *signature)
{
    struct der_slice rest = {der->data, der->size}, inside, content;
    uint8_t tag;
    if (!der_read(&rest, &tag, &inside) || tag != DER_SEQUENCE)
        return false;
    size_t tbs_offset = (size_t)(inside.bytes - der->data);
    if (!der_read(&inside, &tag, &content))
        return false;
    tbs->data = der->data + tbs_offset;
    tbs->size = (unsigned)((size_t)(inside.bytes - der->data) - tbs_offset);
    if (!der_read(&inside, &tag, &content)) /* the algorithm */
        return false;
    if (!der_read(&inside, &tag, &content) || tag != DER_BIT_STRING || content.size_bytes < 2 ||
        content.bytes[0] != 0)
        return false;
    signature->data = der->data + (content.bytes + 1 - der->data);
    signature->size = (unsigned)(content.size_bytes - 1);
    return true;
}

static bool compare_signature(const struct certs_plan *plan, const struct certs_built *built, char *error,
                              size_t error_size_bytes)
{
    gnutls_datum_t tbs, signature;
    gnutls_pubkey_t key = NULL;
    if (!signature_parts(&built->der, &tbs, &signature))
        return differs(error, error_size_bytes, "the place of its signature");
    int algorithm = gnutls_x509_crt_get_signature_algorithm(built->crt);
    int status = gnutls_pubkey_init(&key);
    if (status >= 0)
        status = gnutls_pubkey_import_x509(key, plan->issuer ? plan->issuer->crt : built->crt, 0);
    /* RSA 1024 is below what the library takes for secure; that is not the question here. */
    int verified = status < 0 ? status
                              : gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm,
                                                           GNUTLS_VERIFY_ALLOW_BROKEN, &tbs, &signature);
    if (key)
        gnutls_pubkey_deinit(key);
    bool is_digest = plan->has_sha1_signature
                         ? algorithm == GNUTLS_SIGN_ECDSA_SHA1 || algorithm == GNUTLS_SIGN_RSA_SHA1
                         : algorithm == GNUTLS_SIGN_ECDSA_SHA256 || algorithm == GNUTLS_SIGN_RSA_SHA256;
    bool is_as_planned = plan->has_bad_signature ? verified == GNUTLS_E_PK_SIG_VERIFY_FAILED : verified >= 0;
    return (is_digest && is_as_planned) || differs(error, error_size_bytes, "its signature");
}

bool certs_compare(const struct certs_plan *plan, const struct certs_built *built, char *error,
                   size_t error_size_bytes)
{
    gnutls_x509_crt_t crt = built->crt;
    return compare_subject(plan, crt, error, error_size_bytes) &&
           compare_issuer(plan, crt, error, error_size_bytes) &&
           compare_validity(plan, crt, error, error_size_bytes) &&
           compare_serial(plan, crt, error, error_size_bytes) &&
           compare_basic_constraints(plan, crt, error, error_size_bytes) &&
           compare_key_usage(plan, crt, error, error_size_bytes) &&
           compare_eku(plan, crt, error, error_size_bytes) &&
           compare_name_constraint(plan, crt, error, error_size_bytes) &&
           compare_sans(plan, crt, error, error_size_bytes) &&
           compare_signature(plan, built, error, error_size_bytes);
}
