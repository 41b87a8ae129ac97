/* The words of recipes, and what can be said of a recipe before anything is minted. */
#include <string.h>

#include "certs/certs_internal.h"

const char *certs_eku_oid(const char *name)
{
    static const struct {
        const char *name, *oid;
    } USAGES[] = {{"serverAuth", "1.3.6.1.5.5.7.3.1"},
                  {"clientAuth", "1.3.6.1.5.5.7.3.2"},
                  {"emailProtection", "1.3.6.1.5.5.7.3.4"},
                  {"sipDomain", "1.3.6.1.5.5.7.3.20"},
                  {"any", "2.5.29.37.0"}};
    for (size_t i = 0; i < sizeof USAGES / sizeof USAGES[0]; i++)
        if (strcmp(name, USAGES[i].name) == 0)
            return USAGES[i].oid;
    return NULL;
}

/* Position of name among count names, or -1. */
static int word_find(const char *name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, words[i]) == 0)
            return (int)i;
    return -1;
}

bool certs_key_usage_parse(const char *name, unsigned *bit)
{
    static const char *const NAMES[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign"};
    int position = word_find(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
    if (position < 0)
        return false;
    *bit = 1u << position;
    return true;
}

bool certs_key_type_parse(const char *name, enum certs_key_type *out)
{
    static const char *const NAMES[] = {"ecdsa", "rsa1024", "rsa2048", "rsa3072"};
    static const enum certs_key_type TYPES[] = {CERTS_KEY_ECDSA_P256, CERTS_KEY_RSA_1024, CERTS_KEY_RSA_2048,
                                                CERTS_KEY_RSA_3072};
    int position = word_find(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
    if (position < 0)
        return false;
    *out = TYPES[position];
    return true;
}

bool certs_issuer_parse(const char *name, enum certs_issuer *out)
{
    static const char *const NAMES[] = {"trusted", "untrusted", "self"};
    static const enum certs_issuer ISSUERS[] = {CERTS_ISSUER_TRUSTED, CERTS_ISSUER_UNTRUSTED,
                                                CERTS_ISSUER_SELF};
    int position = word_find(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
    if (position < 0)
        return false;
    *out = ISSUERS[position];
    return true;
}

static bool recipe_needs_issuer(const struct certs_recipe *recipe)
{
    return recipe->intermediates > 0 || recipe->omits_intermediates || recipe->is_revoked ||
           recipe->issuer_is_not_ca || recipe->issuer_lacks_cert_sign || recipe->breaks_pathlen ||
           recipe->name_constraint_dns;
}

bool certs_recipe_check(const struct certs_recipe *recipe, char *error, size_t error_size_bytes)
{
    if (recipe->san_count > CERTS_SAN_MAX)
        return certs_fail(error, error_size_bytes, "%zu names are more than %d", recipe->san_count,
                          CERTS_SAN_MAX);
    if (recipe->intermediates >= CERTS_CHAIN_MAX)
        return certs_fail(error, error_size_bytes, "%u intermediates are more than %d", recipe->intermediates,
                          CERTS_CHAIN_MAX - 1);
    if (recipe->issuer == CERTS_ISSUER_SELF && recipe_needs_issuer(recipe))
        return certs_fail(
            error, error_size_bytes,
            "a self-signed certificate has no issuer that could be flawed, have intermediates or revoke it");
    if (recipe->issuer == CERTS_ISSUER_UNTRUSTED && recipe->is_revoked)
        return certs_fail(error, error_size_bytes,
                          "nobody reads the CRL of the untrusted CA, so its certificates cannot be revoked");
    if (recipe->is_revoked && recipe->issuer_is_not_ca)
        return certs_fail(error, error_size_bytes, "an issuer that is no CA has no CRL to revoke on");
    if (recipe->has_key_usage && (recipe->key_usage & ~0x1ffu))
        return certs_fail(error, error_size_bytes, "a key usage has nine bits (RFC 5280 section 4.2.1.3)");
    if (recipe->not_before_s > recipe->not_after_s)
        return certs_fail(error, error_size_bytes, "not_before is later than not_after");
    if (recipe->common_name && !*recipe->common_name)
        return certs_fail(error, error_size_bytes, "the common name is empty");
    return true;
}
