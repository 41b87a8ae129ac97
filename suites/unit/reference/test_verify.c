/* Path validation and extended key usage: each bad chain beside the good one, as a server's and as a
 * client's. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/certs.h"
#include "chain_fixture.h"
#include "reference/trust.h"

enum { EKUS_MAX = 2 };

struct row {
    const char *title;
    struct certs_recipe recipe;
    const char *ekus[EKUS_MAX];
    bool is_good_server, is_good_client; /* as any device judges it */
    bool is_good_5924;                   /* with RFC 5924 claimed, either part */
};

static const struct row ROWS[] = {
    {"good", {0}, {NULL}, true, true, true},
    {"two intermediates", {.intermediates = 2}, {NULL}, true, true, true},
    {"intermediates kept back",
     {.intermediates = 1, .omits_intermediates = true},
     {NULL},
     false,
     false,
     false},
    {"expired", {.not_before_s = -7200, .not_after_s = -3600}, {NULL}, false, false, false},
    {"not yet", {.not_before_s = 3600, .not_after_s = 7200}, {NULL}, false, false, false},
    {"untrusted", {.issuer = CERTS_ISSUER_UNTRUSTED}, {NULL}, false, false, false},
    {"self-signed", {.issuer = CERTS_ISSUER_SELF}, {NULL}, false, false, false},
    {"bad signature", {.has_bad_signature = true}, {NULL}, false, false, false},
    {"issuer is no CA", {.issuer_is_not_ca = true}, {NULL}, false, false, false},
    {"issuer may not sign", {.issuer_lacks_cert_sign = true}, {NULL}, false, false, false},
    {"path too long", {.breaks_pathlen = true}, {NULL}, false, false, false},
    {"name constraint", {.name_constraint_dns = "elsewhere.test"}, {NULL}, false, false, false},
    {"revoked", {.is_revoked = true}, {NULL}, false, false, false},
    {"any usage", {0}, {"any"}, true, true, true},
    {"server only", {0}, {"serverAuth"}, true, false, false},
    {"client only", {0}, {"clientAuth"}, false, true, false},
    {"both", {0}, {"serverAuth", "clientAuth"}, true, true, false},
    {"e-mail only", {0}, {"emailProtection"}, false, false, false},
    {"SIP domain", {0}, {"sipDomain"}, true, true, true},
    {"SIP domain and server", {0}, {"serverAuth", "sipDomain"}, true, true, true},
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

static void mint(struct certs_authority *authority, const struct row *row, struct chain *chain)
{
    static const struct certs_san SAN = {CERTS_SAN_DNS, (const uint8_t *)"a.test", 6, NULL};
    const char *oids[EKUS_MAX];
    struct certs_recipe recipe = row->recipe;
    struct certs_minted minted;
    char error[256] = "";
    for (size_t i = 0; i < EKUS_MAX && row->ekus[i] != NULL; i++) {
        oids[recipe.eku_count++] = certs_eku_oid(row->ekus[i]);
    }
    recipe.eku_oids = oids;
    recipe.sans = &SAN;
    recipe.san_count = 1;
    cr_assert(certs_mint(authority, &recipe, &minted, error, sizeof(error)), "%s: %s", row->title, error);
    chain_read(chain, minted.chain_pem);
    certs_minted_fini(&minted);
}

static void judge(const char *trust, const char *crl, bool claims_5924, struct chain *chains)
{
    const struct fault_set faults = {0};
    const char *error = NULL;
    struct verifier *verifier = verifier_new(trust, crl, claims_5924, &faults, &error);
    cr_assert_not_null(verifier, "%s", error == NULL ? "" : error);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        char reason[REASON_MAX] = "";
        bool is_good_server = claims_5924 ? row->is_good_5924 : row->is_good_server;
        bool is_good_client = claims_5924 ? row->is_good_5924 : row->is_good_client;
        cr_expect_eq(verifier_check(verifier, &chains[i].facts, true, reason), is_good_server,
                     "server, %s: %s", row->title, reason);
        cr_expect_eq(verifier_check(verifier, &chains[i].facts, false, reason), is_good_client,
                     "client, %s: %s", row->title, reason);
        cr_expect(is_good_client || reason[0] != '\0', "%s: a refusal has a reason", row->title);
    }
    verifier_free(verifier);
}

Test(verify, table_of_chains)
{
    const char *error = NULL;
    struct certs_authority *authority = certs_authority_new((int64_t)time(NULL), &error);
    struct chain chains[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        mint(authority, &ROWS[i], &chains[i]);
    }
    char *crl = certs_authority_crl_pem(authority);
    judge(certs_authority_trust_pem(authority), crl, false, chains);
    judge(certs_authority_trust_pem(authority), crl, true, chains);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        chain_fini(&chains[i]);
    }
    free(crl);
    certs_authority_free(authority);
}

Test(verify, what_is_no_certificate_is_an_error)
{
    const struct fault_set faults = {0};
    const char *error = NULL;
    cr_expect_null(verifier_new("nonsense", NULL, false, &faults, &error));
    cr_expect_not_null(error);
}
