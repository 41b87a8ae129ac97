/* RFC 5922 §7.1 and §7.2 on minted certificates: right and wrong names, each fault beside the rule that it
 * breaks. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/certs.h"
#include "chain_fixture.h"
#include "reference/trust.h"

enum { NAMES_MAX = 4 };

struct name {
    enum certs_san_kind kind;
    const char *text;
    size_t size_bytes; /* 0: that of the text */
};
struct row {
    const char *title;
    struct name names[NAMES_MAX];
    size_t name_count;
    const char *common_name;
    const char *domain;
    bool matches;
    int fault; /* with which the answer is the other one; -1: none */
    bool is_secure_uri;
};

#define URI(text)                                                                                            \
    {                                                                                                        \
        CERTS_SAN_URI, text, 0                                                                               \
    }
#define DNS(text)                                                                                            \
    {                                                                                                        \
        CERTS_SAN_DNS, text, 0                                                                               \
    }

static const struct row ROWS[] = {
    {"sip URI", {URI("sip:a.test")}, 1, NULL, "a.test", true, FAULT_DNS_ONLY, false},
    {"scheme in capitals", {URI("SIP:a.test")}, 1, NULL, "a.test", true, FAULT_SCHEME_CASE_SENSITIVE, false},
    {"sips URI", {URI("sips:a.test")}, 1, NULL, "a.test", false, FAULT_ACCEPT_ANY_SCHEME, false},
    {"sips URI for sips", {URI("sips:a.test")}, 1, NULL, "a.test", false, FAULT_ACCEPT_ANY_SCHEME, true},
    {"https URI", {URI("https:a.test")}, 1, NULL, "a.test", false, FAULT_ACCEPT_ANY_SCHEME, false},
    {"user part", {URI("sip:bob@a.test")}, 1, NULL, "a.test", false, FAULT_ACCEPT_USERPART, false},
    {"DNS alone", {DNS("a.test")}, 1, NULL, "a.test", true, FAULT_URI_ONLY, false},
    {"DNS beside sips",
     {URI("sips:a.test"), DNS("a.test")},
     2,
     NULL,
     "a.test",
     true,
     FAULT_URI_SHADOWS_DNS,
     false},
    {"DNS beside a user",
     {URI("sip:u@a.test"), DNS("a.test")},
     2,
     NULL,
     "a.test",
     true,
     FAULT_URI_SHADOWS_DNS,
     false},
    {"DNS beside a sip URI",
     {URI("sip:b.test"), DNS("a.test")},
     2,
     NULL,
     "a.test",
     false,
     FAULT_ACCEPT_DNS_WITH_URI,
     false},
    {"DNS before a sip URI",
     {DNS("a.test"), URI("sip:b.test")},
     2,
     NULL,
     "a.test",
     false,
     FAULT_ACCEPT_DNS_WITH_URI,
     false},
    {"CN beside a subjectAltName",
     {DNS("b.test")},
     1,
     "a.test",
     "a.test",
     false,
     FAULT_ACCEPT_CN_WITH_SAN,
     false},
    {"CN alone", {{0}}, 0, "a.test", "a.test", true, -1, false},
    {"CN that is no DNS name", {{0}}, 0, "a test", "a test", false, -1, false},
    {"nothing at all", {{0}}, 0, NULL, "a.test", false, FAULT_ACCEPT_NO_IDENTITY, false},
    {"e-mail", {{CERTS_SAN_EMAIL, "bob@a.test", 0}}, 1, NULL, "a.test", false, FAULT_ACCEPT_IP_SAN, false},
    {"IP address",
     {{CERTS_SAN_IP, "\x7F\x00\x00\x01", 4}},
     1,
     NULL,
     "a.test",
     false,
     FAULT_ACCEPT_IP_SAN,
     false},
    {"second of several", {URI("sip:b.test"), URI("sip:a.test")}, 2, NULL, "a.test", true, -1, false},
    {"NUL in DNS",
     {{CERTS_SAN_DNS, "a.test\0.evil", 12}},
     1,
     NULL,
     "a.test",
     false,
     FAULT_NUL_TRUNCATE,
     false},
    {"NUL in URI",
     {{CERTS_SAN_URI, "sip:a.test\0.evil", 16}},
     1,
     NULL,
     "a.test",
     false,
     FAULT_NUL_TRUNCATE,
     false},
    {"case", {URI("sip:A.Test")}, 1, NULL, "a.test", true, FAULT_CASE_SENSITIVE, false},
    {"A-label case", {URI("sip:XN--A-eka.test")}, 1, NULL, "xn--a-eka.test", true, FAULT_IDN_RAW, false},
    {"case of an ordinary label beside A-labels", {URI("sip:A.test")}, 1, NULL, "a.test", true, -1, false},
    {"scheme not compared", {URI("sip:a.test")}, 1, NULL, "a.test", true, FAULT_COMPARE_SCHEME, true},
    {"port and parameters",
     {URI("sip:a.test:5061;transport=tls")},
     1,
     NULL,
     "a.test",
     true,
     FAULT_COMPARE_PARAMS,
     false},
    {"suffix of the domain", {URI("sip:test")}, 1, NULL, "a.test", false, FAULT_SUFFIX_MATCH, false},
    {"longer than the domain", {URI("sip:x.a.test")}, 1, NULL, "a.test", false, FAULT_SUFFIX_MATCH, false},
    {"wildcard", {DNS("*.a.test")}, 1, NULL, "x.a.test", false, FAULT_WILDCARD_MATCH, false},
    {"wildcard in a label", {DNS("f*.a.test")}, 1, NULL, "foo.a.test", false, FAULT_WILDCARD_MATCH, false},
    {"leading dot", {DNS(".a.test")}, 1, NULL, "x.a.test", false, FAULT_WILDCARD_MATCH, false},
    {"wildcard itself", {DNS("*.a.test")}, 1, NULL, "*.a.test", true, -1, false},
    {"another domain", {URI("sip:b.test")}, 1, NULL, "a.test", false, -1, false},
};

static uint8_t *mint(struct certs_authority *authority, const struct row *row, size_t *size_bytes)
{
    struct certs_san sans[NAMES_MAX];
    for (size_t i = 0; i < row->name_count; i++) {
        const struct name *name = &row->names[i];
        sans[i] = (struct certs_san){name->kind, (const uint8_t *)name->text,
                                     name->size_bytes > 0 ? name->size_bytes : strlen(name->text), NULL};
    }
    const struct certs_recipe recipe = {
        .sans = sans, .san_count = row->name_count, .common_name = row->common_name};
    struct certs_minted minted;
    char error[256] = "";
    cr_assert(certs_mint(authority, &recipe, &minted, error, sizeof(error)), "%s: %s", row->title, error);
    struct chain chain;
    chain_read(&chain, minted.chain_pem);
    uint8_t *der = chain.certificates[0];
    *size_bytes = chain.sizes[0];
    chain.certificates[0] = NULL;
    chain_fini(&chain);
    certs_minted_fini(&minted);
    return der;
}

static bool answer(const uint8_t *der, size_t size_bytes, const struct row *row,
                   const struct fault_set *faults)
{
    const struct net_address address = {.family = 4, .ip = {127, 0, 0, 1}};
    const struct identity_question question = {row->domain, row->is_secure_uri, &address};
    struct identities identities;
    cr_assert(identities_extract(der, size_bytes, faults, &identities), "%s", row->title);
    bool matches = identities_answer(&identities, &question, faults);
    identities_fini(&identities);
    return matches;
}

Test(identity, table_of_certificates)
{
    const char *error = NULL;
    struct certs_authority *authority = certs_authority_new((int64_t)time(NULL), &error);
    cr_assert_not_null(authority);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        const struct row *row = &ROWS[i];
        size_t size_bytes;
        uint8_t *der = mint(authority, row, &size_bytes);
        struct fault_set faults = {0};
        cr_expect_eq(answer(der, size_bytes, row, &faults), row->matches, "%s", row->title);
        if (row->fault >= 0) {
            faults.is_set[row->fault] = true;
            cr_expect_eq(answer(der, size_bytes, row, &faults), !row->matches, "%s, with its fault",
                         row->title);
        }
        free(der);
    }
    certs_authority_free(authority);
}

/* Every prefix and every single changed byte of a certificate: whatever comes out, nothing is read outside
 * (the sanitizers watch). */
Test(identity, damaged_certificates_are_read_within_their_bytes)
{
    const char *error = NULL;
    struct certs_authority *authority = certs_authority_new((int64_t)time(NULL), &error);
    size_t size_bytes;
    uint8_t *der = mint(authority, &ROWS[9], &size_bytes);
    for (size_t cut = 0; cut < size_bytes; cut++) {
        struct identities identities = {0};
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, der, cut);
        if (identities_read(copy, cut, &identities)) {
            identities_fini(&identities);
        }
        free(copy);
    }
    for (size_t at = 0; at < size_bytes; at++) {
        struct identities identities = {0};
        uint8_t kept = der[at];
        der[at] ^= 0x81;
        if (identities_read(der, size_bytes, &identities)) {
            identities_fini(&identities);
        }
        der[at] = kept;
    }
    struct identities whole;
    cr_expect(identities_read(der, size_bytes, &whole));
    cr_expect(identities_match(&whole, "b.test"));
    identities_fini(&whole);
    free(der);
    certs_authority_free(authority);
}
