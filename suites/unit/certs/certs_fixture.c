#include <string.h>

#include "certs_fixture.h"

static const struct certs_san good_sans[] = {
    {CERTS_SAN_URI, (const uint8_t *)"sip:a.test", 10, NULL},
    {CERTS_SAN_DNS, (const uint8_t *)"a.test", 6, NULL},
};
const struct certs_recipe FIXTURE_GOOD = {.sans = good_sans, .san_count = 2};

void fixture_mint_again(struct fixture *fixture, const struct certs_recipe *recipe)
{
    char error[256] = "";
    certs_minted_fini(&fixture->minted);
    cr_assert(certs_mint(fixture->authority, recipe, &fixture->minted, error, sizeof error), "%s", error);
}

void fixture_mint(struct fixture *fixture, const struct certs_recipe *recipe)
{
    const char *error = "";
    *fixture = (struct fixture){.authority = certs_authority_new(FIXTURE_NOW_S, &error)};
    cr_assert_not_null(fixture->authority, "%s", error);
    fixture_mint_again(fixture, recipe);
}

void fixture_fini(struct fixture *fixture)
{
    certs_minted_fini(&fixture->minted);
    certs_authority_free(fixture->authority);
}

static unsigned chain_import(const struct fixture *fixture, gnutls_x509_crt_t chain[FIXTURE_CHAIN_MAX])
{
    unsigned count = FIXTURE_CHAIN_MAX;
    gnutls_datum_t pem = {(unsigned char *)fixture->minted.chain_pem,
                          (unsigned)strlen(fixture->minted.chain_pem)};
    cr_assert_geq(gnutls_x509_crt_list_import(chain, &count, &pem, GNUTLS_X509_FMT_PEM, 0), 1);
    return count;
}

static void chain_free(gnutls_x509_crt_t *chain, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
}

size_t fixture_chain_length(const struct fixture *fixture)
{
    gnutls_x509_crt_t chain[FIXTURE_CHAIN_MAX];
    unsigned count = chain_import(fixture, chain);
    chain_free(chain, count);
    return count;
}

gnutls_x509_crt_t fixture_leaf(const struct fixture *fixture)
{
    gnutls_x509_crt_t chain[FIXTURE_CHAIN_MAX];
    unsigned count = chain_import(fixture, chain);
    chain_free(chain + 1, count - 1);
    return chain[0];
}

gnutls_datum_t fixture_leaf_der(const struct fixture *fixture)
{
    gnutls_datum_t der = {0};
    gnutls_x509_crt_t leaf = fixture_leaf(fixture);
    cr_assert_eq(gnutls_x509_crt_export2(leaf, GNUTLS_X509_FMT_DER, &der), 0);
    gnutls_x509_crt_deinit(leaf);
    return der;
}

/* GnuTLS asks the clock through this function, so that "now" is the authority's. */
static time_t fixture_time(time_t *out)
{
    if (out)
        *out = (time_t)FIXTURE_NOW_S;
    return (time_t)FIXTURE_NOW_S;
}

static unsigned verify(const struct fixture *fixture, const char *purpose, const char *hostname,
                       const char *crl_pem)
{
    gnutls_global_set_time_function(fixture_time);
    gnutls_x509_trust_list_t trust;
    cr_assert_eq(gnutls_x509_trust_list_init(&trust, 0), 0);
    const char *root = certs_authority_trust_pem(fixture->authority);
    gnutls_datum_t root_pem = {(unsigned char *)root, (unsigned)strlen(root)};
    gnutls_datum_t crls = {(unsigned char *)crl_pem, crl_pem ? (unsigned)strlen(crl_pem) : 0};
    cr_assert_geq(gnutls_x509_trust_list_add_trust_mem(trust, &root_pem, crl_pem ? &crls : NULL,
                                                       GNUTLS_X509_FMT_PEM, 0, 0),
                  1);
    gnutls_x509_crt_t chain[FIXTURE_CHAIN_MAX];
    unsigned count = chain_import(fixture, chain), status = 0, elements = 0;
    gnutls_typed_vdata_st data[2];
    if (purpose)
        data[elements++] = (gnutls_typed_vdata_st){GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0};
    if (hostname)
        data[elements++] = (gnutls_typed_vdata_st){GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)hostname, 0};
    cr_assert_eq(gnutls_x509_trust_list_verify_crt2(trust, chain, count, data, elements, 0, &status, NULL),
                 0);
    chain_free(chain, count);
    gnutls_x509_trust_list_deinit(trust, 1);
    return status;
}

unsigned fixture_verify(const struct fixture *fixture, const char *purpose, const char *hostname)
{
    return verify(fixture, purpose, hostname, NULL);
}

unsigned fixture_verify_with_crl(const struct fixture *fixture)
{
    char *crl = certs_authority_crl_pem(fixture->authority);
    cr_assert_not_null(crl);
    unsigned status = verify(fixture, NULL, NULL, crl);
    free(crl);
    return status;
}
