/* One certificate made from its plan. */
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

unsigned certs_key_usage_for_library(unsigned bits)
{
    unsigned out = 0;
    for (unsigned i = 0; i < 8; i++)
        if (bits & 1u << i)
            out |= 0x80u >> i;
    return out | (bits & 1u << 8 ? GNUTLS_KEY_DECIPHER_ONLY : 0);
}

static int build_subject(gnutls_x509_crt_t crt, const struct certs_plan *plan)
{
    /* Never an empty subject: subjectAltName would have to be critical then (RFC 5280 §4.1.2.6), which is
     * another test. */
    static const char ORGANIZATION[] = "sipreuse";
    int status = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, ORGANIZATION,
                                               sizeof ORGANIZATION - 1);
    if (status >= 0 && plan->common_name)
        status = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, plan->common_name,
                                               (unsigned)strlen(plan->common_name));
    return status;
}

static int build_name_constraint(gnutls_x509_crt_t crt, const char *permitted)
{
    gnutls_x509_name_constraints_t constraints;
    int status = gnutls_x509_name_constraints_init(&constraints);
    if (status < 0)
        return status;
    gnutls_datum_t name = {.size = (unsigned)strlen(permitted)};
    name.data = gnutls_malloc(name.size + 1);
    if (name.data) {
        memcpy(name.data, permitted, name.size + 1);
        status = gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &name);
        if (status >= 0)
            status = gnutls_x509_crt_set_name_constraints(crt, constraints, 1);
    } else {
        status = GNUTLS_E_MEMORY_ERROR;
    }
    gnutls_free(name.data);
    gnutls_x509_name_constraints_deinit(constraints);
    return status;
}

static int build_key_ids(gnutls_x509_crt_t crt, const struct certs_plan *plan)
{
    uint8_t id[64];
    size_t size = sizeof id;
    int status = gnutls_x509_crt_get_key_id(crt, 0, id, &size);
    if (status >= 0)
        status = gnutls_x509_crt_set_subject_key_id(crt, id, size);
    if (status >= 0 && plan->issuer) {
        size = sizeof id;
        status = gnutls_x509_crt_get_subject_key_id(plan->issuer->crt, id, &size, NULL);
        if (status >= 0)
            status = gnutls_x509_crt_set_authority_key_id(crt, id, size);
    }
    return status;
}

static int build_fields(gnutls_x509_crt_t crt, const struct certs_plan *plan)
{
    int status = gnutls_x509_crt_set_version(crt, 3);
    if (status >= 0)
        status = gnutls_x509_crt_set_serial(crt, plan->serial, sizeof plan->serial);
    if (status >= 0)
        status = gnutls_x509_crt_set_activation_time(crt, (time_t)plan->not_before_s);
    if (status >= 0)
        status = gnutls_x509_crt_set_expiration_time(crt, (time_t)plan->not_after_s);
    if (status >= 0)
        status = build_subject(crt, plan);
    if (status >= 0)
        status = gnutls_x509_crt_set_key(crt, plan->key);
    if (status >= 0)
        status = gnutls_x509_crt_set_basic_constraints(crt, plan->is_ca, plan->pathlen);
    if (status >= 0 && plan->key_usage)
        status = gnutls_x509_crt_set_key_usage(crt, certs_key_usage_for_library(plan->key_usage));
    for (size_t i = 0; status >= 0 && i < plan->eku_count; i++)
        status = gnutls_x509_crt_set_key_purpose_oid(crt, plan->eku_oids[i], 0);
    if (status >= 0 && plan->name_constraint_dns)
        status = build_name_constraint(crt, plan->name_constraint_dns);
    if (status >= 0)
        status = build_key_ids(crt, plan);
    return status;
}

static bool build_sans(gnutls_x509_crt_t crt, const struct certs_plan *plan, char *error,
                       size_t error_size_bytes)
{
    if (plan->san_count == 0)
        return true;
    uint8_t *der = NULL;
    size_t size = 0;
    if (!san_encode(plan->sans, plan->san_count, &der, &size, error, error_size_bytes))
        return false;
    int status = gnutls_x509_crt_set_extension_by_oid(crt, GNUTLS_X509EXT_OID_SAN, der, size, 0);
    free(der);
    return status >= 0 || certs_fail(error, error_size_bytes, "the library refuses the subjectAltName: %s",
                                     gnutls_strerror(status));
}

static int build_sign(gnutls_x509_crt_t crt, const struct certs_plan *plan, gnutls_datum_t *der)
{
    gnutls_x509_crt_t issuer = plan->issuer ? plan->issuer->crt : crt;
    gnutls_x509_privkey_t key = plan->issuer ? plan->issuer->key : plan->key;
    gnutls_digest_algorithm_t digest = plan->has_sha1_signature ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256;
    int status = gnutls_x509_crt_sign2(crt, issuer, key, digest, 0);
    if (status >= 0)
        status = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, der);
    return status;
}

/* What is read back is what goes over the wire, hence a fresh import of the final bytes. */
static bool build_read_back(const struct certs_plan *plan, struct certs_built *built, char *error,
                            size_t error_size_bytes)
{
    /* The last byte belongs to the signature's own number, so its DER stays well-formed. */
    if (plan->has_bad_signature)
        built->der.data[built->der.size - 1] ^= 1;
    int status = gnutls_x509_crt_init(&built->crt);
    if (status >= 0)
        status = gnutls_x509_crt_import(built->crt, &built->der, GNUTLS_X509_FMT_DER);
    if (status < 0)
        return certs_fail(error, error_size_bytes, "the certificate made cannot be read: %s",
                          gnutls_strerror(status));
    return certs_compare(plan, built, error, error_size_bytes);
}

bool certs_build(const struct certs_plan *plan, struct certs_built *out, char *error, size_t error_size_bytes)
{
    struct certs_built built = {0};
    gnutls_x509_crt_t crt = NULL;
    bool is_good = false;
    int status = gnutls_x509_crt_init(&crt);
    if (status >= 0)
        status = build_fields(crt, plan);
    if (status < 0) {
        certs_fail(error, error_size_bytes, "the library refuses a field: %s", gnutls_strerror(status));
        goto out;
    }
    if (!build_sans(crt, plan, error, error_size_bytes))
        goto out;
    status = build_sign(crt, plan, &built.der);
    if (status < 0) {
        certs_fail(error, error_size_bytes, "the library does not sign: %s", gnutls_strerror(status));
        goto out;
    }
    is_good = build_read_back(plan, &built, error, error_size_bytes);
out:
    gnutls_x509_crt_deinit(crt);
    if (is_good)
        *out = built;
    else
        certs_built_fini(&built);
    return is_good;
}

void certs_built_fini(struct certs_built *built)
{
    gnutls_x509_crt_deinit(built->crt);
    gnutls_free(built->der.data);
    *built = (struct certs_built){0};
}
