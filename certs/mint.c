/* From a recipe to what a side shows in TLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

enum { DAY_S = 86400 };

static int leaf_key_generate(enum certs_key_type type, gnutls_x509_privkey_t key)
{
    switch (type) {
    case CERTS_KEY_ECDSA_P256:
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    case CERTS_KEY_RSA_1024:
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 1024, 0);
    case CERTS_KEY_RSA_2048:
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0);
    case CERTS_KEY_RSA_3072:
        return gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 3072, 0);
    }
    return GNUTLS_E_INVALID_REQUEST;
}

/* One key of each type serves every certificate of the authority: making an RSA key takes longer than a whole
 * scenario. */
static bool leaf_key_ensure(struct certs_authority *authority, enum certs_key_type type, char *error,
                            size_t error_size_bytes)
{
    if (authority->leaf_key_pems[type])
        return true;
    gnutls_datum_t pem = {0};
    gnutls_x509_privkey_t key = NULL;
    int status = gnutls_x509_privkey_init(&key);
    if (status >= 0)
        status = leaf_key_generate(type, key);
    if (status >= 0)
        status = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
    if (status < 0) {
        gnutls_x509_privkey_deinit(key);
        return certs_fail(error, error_size_bytes, "no key: %s", gnutls_strerror(status));
    }
    authority->leaf_keys[type] = key;
    authority->leaf_key_pems[type] = (char *)pem.data;
    return true;
}

/* The leaf's PEM, then those of the CAs up to the root and without it. */
static char *chain_pem(const gnutls_datum_t *leaf, const struct certs_ca *issuer)
{
    char *chain = certs_pem("CERTIFICATE", leaf);
    for (const struct certs_ca *ca = issuer; chain && ca && ca->parent; ca = ca->parent) {
        size_t length = strlen(chain), added = strlen(ca->pem);
        char *larger = realloc(chain, length + added + 1);
        if (larger)
            memcpy(larger + length, ca->pem, added + 1);
        else
            free(chain);
        chain = larger;
    }
    return chain;
}

static void plan_from_recipe(struct certs_authority *authority, const struct certs_recipe *recipe,
                             const struct certs_ca *issuer, struct certs_plan *plan)
{
    bool has_default_validity = recipe->not_before_s == 0 && recipe->not_after_s == 0;
    *plan = (struct certs_plan){
        .common_name = recipe->common_name,
        .sans = recipe->sans,
        .san_count = recipe->san_count,
        .eku_oids = recipe->eku_oids,
        .eku_count = recipe->eku_count,
        .key_usage = recipe->has_key_usage ? recipe->key_usage : 1u,
        .pathlen = -1,
        .not_before_s = authority->now_s + (has_default_validity ? -DAY_S : recipe->not_before_s),
        .not_after_s = authority->now_s + (has_default_validity ? 365 * DAY_S : recipe->not_after_s),
        .has_bad_signature = recipe->has_bad_signature,
        .has_sha1_signature = recipe->has_sha1_signature,
        .key = authority->leaf_keys[recipe->key_type],
        .issuer = issuer};
    certs_serial_next(authority, plan->serial);
}

bool certs_fingerprint(const gnutls_datum_t *der, char out[65])
{
    uint8_t digest[32];
    size_t size = sizeof digest;
    if (gnutls_fingerprint(GNUTLS_DIG_SHA256, der, digest, &size) < 0)
        return false;
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return true;
}

bool certs_mint(struct certs_authority *authority, const struct certs_recipe *recipe,
                struct certs_minted *out, char *error, size_t error_size_bytes)
{
    if (!certs_recipe_check(recipe, error, error_size_bytes) ||
        !leaf_key_ensure(authority, recipe->key_type, error, error_size_bytes))
        return false;
    struct certs_ca *issuer = NULL;
    if (recipe->issuer != CERTS_ISSUER_SELF) {
        issuer = certs_ca_for_recipe(authority, recipe, error, error_size_bytes);
        if (!issuer)
            return false;
    }
    struct certs_plan plan;
    struct certs_built built;
    plan_from_recipe(authority, recipe, issuer, &plan);
    if (!certs_build(&plan, &built, error, error_size_bytes))
        return false;
    struct certs_minted minted = {.chain_pem =
                                      chain_pem(&built.der, recipe->omits_intermediates ? NULL : issuer),
                                  .key_pem = strdup(authority->leaf_key_pems[recipe->key_type])};
    bool is_good = minted.chain_pem && minted.key_pem && certs_fingerprint(&built.der, minted.fingerprint) &&
                   (!recipe->is_revoked || certs_ca_revoke(issuer, plan.serial));
    certs_built_fini(&built);
    if (!is_good) {
        certs_minted_fini(&minted);
        return certs_fail(error, error_size_bytes, "out of memory");
    }
    *out = minted;
    return true;
}

void certs_minted_fini(struct certs_minted *minted)
{
    if (!minted)
        return;
    free(minted->chain_pem);
    free(minted->key_pem);
    *minted = (struct certs_minted){0};
}
