/* An authority: two roots (the trusted and the untrusted one), the CAs below them, made when first needed and
 * shared by every certificate with the same wish, and their CRLs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "certs/certs_internal.h"

enum { DAY_S = 86400 };

void certs_serial_next(struct certs_authority *authority, uint8_t out[16])
{
    authority->last_serial++;
    memcpy(out, authority->id, 8);
    /* Positive, and without a leading zero octet, so that it is written as 16 octets always. */
    out[0] = (uint8_t)((out[0] & 0x3f) | 0x40);
    for (int i = 0; i < 8; i++)
        out[15 - i] = (uint8_t)(authority->last_serial >> (8 * i));
}

char *certs_pem(const char *label, const gnutls_datum_t *der)
{
    gnutls_datum_t pem = {0};
    if (gnutls_pem_base64_encode2(label, der, &pem) < 0)
        return NULL;
    char *copy = strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    return copy;
}

void certs_ca_free(struct certs_ca *ca)
{
    if (!ca)
        return;
    gnutls_x509_crt_deinit(ca->crt);
    gnutls_x509_privkey_deinit(ca->key);
    free(ca->name_constraint);
    free(ca->pem);
    free(ca->revoked);
    free(ca);
}

/* No keyUsage on an issuer that is no CA: then its basicConstraints alone are what is wrong with it. */
static unsigned ca_key_usage(const struct certs_ca_traits *traits)
{
    unsigned digital_signature = 1u << 0, key_cert_sign = 1u << 5, crl_sign = 1u << 6;
    if (traits->lacks_cert_sign)
        return digital_signature | crl_sign;
    return traits->is_not_ca ? 0 : digital_signature | key_cert_sign | crl_sign;
}

static bool ca_sign(struct certs_authority *authority, struct certs_ca *ca, const char *common_name,
                    char *error, size_t error_size_bytes)
{
    struct certs_plan plan = {.common_name = common_name,
                              .key_usage = ca_key_usage(&ca->traits),
                              .is_ca = !ca->traits.is_not_ca,
                              .pathlen = ca->traits.has_pathlen_zero ? 0 : -1,
                              .name_constraint_dns = ca->traits.name_constraint_dns,
                              .not_before_s = authority->now_s - 3650LL * DAY_S,
                              .not_after_s = authority->now_s + 3650LL * DAY_S,
                              .key = ca->key,
                              .issuer = ca->parent};
    certs_serial_next(authority, plan.serial);
    struct certs_built built;
    if (!certs_build(&plan, &built, error, error_size_bytes))
        return false;
    ca->pem = certs_pem("CERTIFICATE", &built.der);
    ca->crt = built.crt;
    built.crt = NULL;
    certs_built_fini(&built);
    return ca->pem || certs_fail(error, error_size_bytes, "out of memory");
}

static struct certs_ca *ca_new(struct certs_authority *authority, struct certs_ca *parent,
                               const struct certs_ca_traits *traits, const char *label, char *error,
                               size_t error_size_bytes)
{
    struct certs_ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        certs_fail(error, error_size_bytes, "out of memory");
        return NULL;
    }
    ca->parent = parent;
    ca->traits = *traits;
    char common_name[64];
    snprintf(common_name, sizeof common_name, "sipreuse %s %02x%02x%02x%02x-%llu", label, authority->id[0],
             authority->id[1], authority->id[2], authority->id[3],
             (unsigned long long)authority->last_serial + 1);
    if (traits->name_constraint_dns) {
        ca->name_constraint = strdup(traits->name_constraint_dns);
        ca->traits.name_constraint_dns = ca->name_constraint;
    }
    int status = gnutls_x509_privkey_init(&ca->key);
    if (status >= 0)
        status = gnutls_x509_privkey_generate(ca->key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (status < 0) {
        certs_fail(error, error_size_bytes, "no key for a CA: %s", gnutls_strerror(status));
        goto fail;
    }
    if (traits->name_constraint_dns && !ca->name_constraint) {
        certs_fail(error, error_size_bytes, "out of memory");
        goto fail;
    }
    if (!ca_sign(authority, ca, common_name, error, error_size_bytes))
        goto fail;
    ca->next = authority->all;
    authority->all = ca;
    return ca;
fail:
    certs_ca_free(ca);
    return NULL;
}

/* A root that was made by an earlier run. */
static struct certs_ca *ca_load(struct certs_authority *authority, const char *pem, const char *key_pem,
                                char *error, size_t error_size_bytes)
{
    struct certs_ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        certs_fail(error, error_size_bytes, "out of memory");
        return NULL;
    }
    ca->pem = strdup(pem);
    if (ca->pem && certs_root_import(pem, key_pem, &ca->crt, &ca->key, error, error_size_bytes)) {
        ca->next = authority->all;
        authority->all = ca;
        return ca;
    }
    certs_ca_free(ca);
    return NULL;
}

static struct certs_authority *authority_make(int64_t now_s, const char *trust_pem, const char *key_pem,
                                              const char **error_text)
{
    /* Static, as the header promises; there is one thread. */
    static char error[256];
    struct certs_authority *authority = calloc(1, sizeof *authority);
    if (!authority) {
        *error_text = "out of memory";
        return NULL;
    }
    authority->now_s = now_s;
    int status = gnutls_rnd(GNUTLS_RND_NONCE, authority->id, sizeof authority->id);
    if (status < 0) {
        certs_fail(error, sizeof error, "no random numbers: %s", gnutls_strerror(status));
        goto fail;
    }
    struct certs_ca_traits plain = {0};
    authority->trusted = trust_pem ? ca_load(authority, trust_pem, key_pem, error, sizeof error)
                                   : ca_new(authority, NULL, &plain, "trusted root", error, sizeof error);
    if (!authority->trusted)
        goto fail;
    authority->untrusted = ca_new(authority, NULL, &plain, "untrusted root", error, sizeof error);
    if (!authority->untrusted)
        goto fail;
    return authority;
fail:
    *error_text = error;
    certs_authority_free(authority);
    return NULL;
}

struct certs_authority *certs_authority_new(int64_t now_s, const char **error_text)
{
    return authority_make(now_s, NULL, NULL, error_text);
}

struct certs_authority *certs_authority_load(int64_t now_s, const char *trust_pem, const char *key_pem,
                                             const char **error_text)
{
    return authority_make(now_s, trust_pem, key_pem, error_text);
}

void certs_authority_free(struct certs_authority *authority)
{
    if (!authority)
        return;
    while (authority->all) {
        struct certs_ca *ca = authority->all;
        authority->all = ca->next;
        certs_ca_free(ca);
    }
    for (size_t i = 0; i < CERTS_KEY_TYPE_COUNT; i++) {
        gnutls_x509_privkey_deinit(authority->leaf_keys[i]);
        gnutls_free(authority->leaf_key_pems[i]);
    }
    free(authority);
}

const char *certs_authority_trust_pem(const struct certs_authority *authority)
{
    return authority->trusted->pem;
}

static bool traits_equal(const struct certs_ca_traits *a, const struct certs_ca_traits *b)
{
    if (a->is_not_ca != b->is_not_ca || a->lacks_cert_sign != b->lacks_cert_sign ||
        a->has_pathlen_zero != b->has_pathlen_zero)
        return false;
    if (!a->name_constraint_dns || !b->name_constraint_dns)
        return a->name_constraint_dns == b->name_constraint_dns;
    return strcmp(a->name_constraint_dns, b->name_constraint_dns) == 0;
}

static struct certs_ca *ca_child(struct certs_authority *authority, struct certs_ca *parent,
                                 const struct certs_ca_traits *traits, char *error, size_t error_size_bytes)
{
    for (struct certs_ca *ca = authority->all; ca; ca = ca->next)
        if (ca->parent == parent && traits_equal(&ca->traits, traits))
            return ca;
    return ca_new(authority, parent, traits, traits->is_not_ca ? "end entity" : "intermediate", error,
                  error_size_bytes);
}

struct certs_ca *certs_ca_for_recipe(struct certs_authority *authority, const struct certs_recipe *recipe,
                                     char *error, size_t error_size_bytes)
{
    /* A flawed issuer is an intermediate: the root that a device trusts is always a good one. */
    unsigned depth = recipe->intermediates;
    bool is_last_special = recipe->issuer_is_not_ca || recipe->issuer_lacks_cert_sign ||
                           recipe->name_constraint_dns || recipe->omits_intermediates;
    if (depth < 1 && is_last_special)
        depth = 1;
    if (depth < 2 && recipe->breaks_pathlen)
        depth = 2;
    struct certs_ca *ca =
        recipe->issuer == CERTS_ISSUER_UNTRUSTED ? authority->untrusted : authority->trusted;
    for (unsigned level = 0; ca && level < depth; level++) {
        struct certs_ca_traits traits = {0};
        if (level + 1 == depth) {
            traits.is_not_ca = recipe->issuer_is_not_ca;
            traits.lacks_cert_sign = recipe->issuer_lacks_cert_sign;
            traits.name_constraint_dns = recipe->name_constraint_dns;
        }
        if (level + 2 == depth)
            traits.has_pathlen_zero = recipe->breaks_pathlen;
        ca = ca_child(authority, ca, &traits, error, error_size_bytes);
    }
    return ca;
}
