/* Every member of a recipe: does the certificate carry it? */
#include <string.h>
#include <time.h>

#include "certs_fixture.h"

Test(mint, default_is_good_for_a_year_from_yesterday)
{
    struct fixture fixture;
    fixture_mint(&fixture, &FIXTURE_GOOD);
    cr_expect_eq(fixture_verify(&fixture, NULL, "a.test"), 0);
    cr_expect_eq(fixture_verify(&fixture, GNUTLS_KP_TLS_WWW_SERVER, NULL), 0);
    cr_expect_neq(fixture_verify(&fixture, NULL, "b.test"), 0);
    gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
    cr_expect_eq(gnutls_x509_crt_get_activation_time(leaf), FIXTURE_NOW_S - 86400);
    cr_expect_eq(gnutls_x509_crt_get_expiration_time(leaf), FIXTURE_NOW_S + 365 * 86400);
    unsigned usage = 0;
    cr_expect_eq(gnutls_x509_crt_get_key_usage(leaf, &usage, NULL), 0);
    cr_expect_eq(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    cr_expect_eq(gnutls_x509_crt_get_pk_algorithm(leaf, NULL), GNUTLS_PK_ECDSA);
    cr_expect_eq(gnutls_x509_crt_get_signature_algorithm(leaf), GNUTLS_SIGN_ECDSA_SHA256);
    gnutls_x509_crt_deinit(leaf);
    cr_expect_eq(fixture_chain_length(&fixture), 1);
    fixture_fini(&fixture);
}

Test(mint, without_names_there_is_no_extension)
{
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.common_name = "only.cn.test"});
    gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
    gnutls_datum_t extension = {0};
    cr_expect_eq(gnutls_x509_crt_get_extension_by_oid2(leaf, GNUTLS_X509EXT_OID_SAN, 0, &extension, NULL),
                 GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    char name[64] = "";
    size_t size = sizeof name;
    cr_expect_eq(gnutls_x509_crt_get_dn_by_oid(leaf, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), 0);
    cr_expect_str_eq(name, "only.cn.test");
    gnutls_x509_crt_deinit(leaf);
    fixture_fini(&fixture);
}

Test(mint, key_and_certificate_belong_together_for_every_key_type)
{
    static const struct {
        enum certs_key_type type;
        gnutls_pk_algorithm_t algorithm;
        unsigned bits;
    } KEYS[] = {{CERTS_KEY_ECDSA_P256, GNUTLS_PK_ECDSA, 256},
                {CERTS_KEY_RSA_1024, GNUTLS_PK_RSA, 1024},
                {CERTS_KEY_RSA_2048, GNUTLS_PK_RSA, 2048},
                {CERTS_KEY_RSA_3072, GNUTLS_PK_RSA, 3072}};
    struct fixture fixture;
    fixture_mint(&fixture, &FIXTURE_GOOD);
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        struct certs_recipe recipe = FIXTURE_GOOD;
        recipe.key_type = KEYS[i].type;
        fixture_mint_again(&fixture, &recipe);
        gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
        unsigned bits = 0;
        cr_expect_eq(gnutls_x509_crt_get_pk_algorithm(leaf, &bits), (int)KEYS[i].algorithm);
        cr_expect_eq(bits, KEYS[i].bits);
        gnutls_x509_crt_deinit(leaf);
        gnutls_certificate_credentials_t credentials;
        cr_assert_eq(gnutls_certificate_allocate_credentials(&credentials), 0);
        gnutls_datum_t chain = {(unsigned char *)fixture.minted.chain_pem,
                                (unsigned)strlen(fixture.minted.chain_pem)};
        gnutls_datum_t key = {(unsigned char *)fixture.minted.key_pem,
                              (unsigned)strlen(fixture.minted.key_pem)};
        cr_expect_geq(gnutls_certificate_set_x509_key_mem(credentials, &chain, &key, GNUTLS_X509_FMT_PEM), 0);
        gnutls_certificate_free_credentials(credentials);
    }
    fixture_fini(&fixture);
}

Test(mint, one_key_serves_many_certificates_with_serials_of_their_own)
{
    struct fixture fixture;
    fixture_mint(&fixture, &FIXTURE_GOOD);
    char *first_key = strdup(fixture.minted.key_pem);
    uint8_t serials[2][32];
    size_t sizes[2] = {32, 32};
    gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
    cr_assert_eq(gnutls_x509_crt_get_serial(leaf, serials[0], &sizes[0]), 0);
    gnutls_x509_crt_deinit(leaf);
    fixture_mint_again(&fixture, &FIXTURE_GOOD);
    leaf = fixture_leaf(&fixture);
    cr_assert_eq(gnutls_x509_crt_get_serial(leaf, serials[1], &sizes[1]), 0);
    gnutls_x509_crt_deinit(leaf);
    cr_expect_str_eq(fixture.minted.key_pem, first_key);
    cr_expect_eq(sizes[0], 16);
    cr_expect_eq(sizes[1], 16);
    cr_expect_neq(memcmp(serials[0], serials[1], 16), 0);
    free(first_key);
    fixture_fini(&fixture);
}

Test(mint, extended_key_usages)
{
    const char *usages[] = {certs_eku_oid("sipDomain"), certs_eku_oid("serverAuth")};
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.eku_oids = usages;
    recipe.eku_count = 2;
    struct fixture fixture;
    fixture_mint(&fixture, &recipe);
    cr_expect_eq(fixture_verify(&fixture, GNUTLS_KP_TLS_WWW_SERVER, NULL), 0);
    cr_expect_eq(fixture_verify(&fixture, "1.3.6.1.5.5.7.3.20", NULL), 0);
    cr_expect_eq(fixture_verify(&fixture, GNUTLS_KP_TLS_WWW_CLIENT, NULL),
                 GNUTLS_CERT_INVALID | GNUTLS_CERT_PURPOSE_MISMATCH);
    fixture_fini(&fixture);
}

Test(mint, key_usage_bits_are_those_of_rfc_5280)
{
    static const struct {
        unsigned bits, library;
    } USAGES[] = {{1u << 0, GNUTLS_KEY_DIGITAL_SIGNATURE},
                  {1u << 1 | 1u << 2, GNUTLS_KEY_NON_REPUDIATION | GNUTLS_KEY_KEY_ENCIPHERMENT},
                  {1u << 3 | 1u << 4, GNUTLS_KEY_DATA_ENCIPHERMENT | GNUTLS_KEY_KEY_AGREEMENT},
                  {1u << 5 | 1u << 6, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN},
                  {1u << 4 | 1u << 7, GNUTLS_KEY_KEY_AGREEMENT | GNUTLS_KEY_ENCIPHER_ONLY},
                  {1u << 4 | 1u << 8, GNUTLS_KEY_KEY_AGREEMENT | GNUTLS_KEY_DECIPHER_ONLY}};
    struct fixture fixture;
    fixture_mint(&fixture, &FIXTURE_GOOD);
    for (size_t i = 0; i < sizeof USAGES / sizeof USAGES[0]; i++) {
        struct certs_recipe recipe = FIXTURE_GOOD;
        recipe.has_key_usage = true;
        recipe.key_usage = USAGES[i].bits;
        fixture_mint_again(&fixture, &recipe);
        gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
        unsigned usage = 0, critical = 0;
        cr_expect_eq(gnutls_x509_crt_get_key_usage(leaf, &usage, &critical), 0);
        cr_expect_eq(usage, USAGES[i].library);
        cr_expect(critical);
        gnutls_x509_crt_deinit(leaf);
    }
    struct certs_recipe without = FIXTURE_GOOD;
    without.has_key_usage = true;
    fixture_mint_again(&fixture, &without);
    gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
    unsigned usage = 0;
    cr_expect_eq(gnutls_x509_crt_get_key_usage(leaf, &usage, NULL), GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    gnutls_x509_crt_deinit(leaf);
    fixture_fini(&fixture);
}

Test(mint, odd_san_bytes_survive)
{
    static const uint8_t NUL_NAME[] = "victim.test\0.attacker.test";
    static const uint8_t CONTROL_NAME[] = "a\x01\x7f\xff.test\r\n";
    static const uint8_t ODD_URI[] = "sip:\xc3\xa4 b\"<>{}\\\x00\xfe@a.test";
    static const uint8_t IP4[] = {192, 0, 2, 1}, IP6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1},
                         UTF8[] = {0x0c, 1, 'a'};
    const struct certs_san sans[] = {{CERTS_SAN_DNS, NUL_NAME, sizeof NUL_NAME - 1, NULL},
                                     {CERTS_SAN_DNS, CONTROL_NAME, sizeof CONTROL_NAME - 1, NULL},
                                     {CERTS_SAN_URI, ODD_URI, sizeof ODD_URI - 1, NULL},
                                     {CERTS_SAN_IP, IP4, 4, NULL},
                                     {CERTS_SAN_IP, IP6, 16, NULL},
                                     {CERTS_SAN_EMAIL, (const uint8_t *)"x@y", 3, NULL},
                                     {CERTS_SAN_OTHER, UTF8, 3, "1.2.3.4"}};
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.sans = sans, .san_count = sizeof sans / sizeof sans[0]});
    gnutls_datum_t der = fixture_leaf_der(&fixture);
    struct certs_facts facts;
    cr_assert(certs_read(der.data, der.size, &facts));
    cr_expect_str_eq(facts.names,
                     "DNS:victim.test\\x00.attacker.test, DNS:a\\x01\\x7F\\xFF.test\\x0D\\x0A, "
                     "URI:sip:\\xC3\\xA4\\x20b\"<>{}\\x5C\\x00\\xFE@a.test, IP:192.0.2.1, IP:2001:db8::1, "
                     "email:x@y, other:1.2.3.4:0C0161");
    certs_facts_fini(&facts);
    gnutls_free(der.data);
    fixture_fini(&fixture);
}

Test(mint, long_name_and_many_names)
{
    uint8_t long_name[CERTS_SAN_MAX_BYTES];
    memset(long_name, 'a', sizeof long_name);
    struct certs_san sans[CERTS_SAN_MAX];
    for (size_t i = 0; i < CERTS_SAN_MAX; i++)
        sans[i] = (struct certs_san){CERTS_SAN_DNS, long_name, i < 3 ? sizeof long_name : i * 8, NULL};
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.sans = sans, .san_count = CERTS_SAN_MAX});
    cr_expect_eq(fixture_verify(&fixture, NULL, NULL), 0);
    fixture_fini(&fixture);
}

Test(mint, fingerprint_is_that_of_the_leaf_shown)
{
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.common_name = "x", .has_bad_signature = true});
    gnutls_datum_t der = fixture_leaf_der(&fixture);
    struct certs_facts facts;
    cr_assert(certs_read(der.data, der.size, &facts));
    cr_expect_str_eq(facts.fingerprint, fixture.minted.fingerprint);
    certs_facts_fini(&facts);
    gnutls_free(der.data);
    fixture_fini(&fixture);
}

static void assert_refused(const struct certs_recipe *recipe, const char *word)
{
    const char *error_text = "";
    struct certs_authority *authority = certs_authority_new(FIXTURE_NOW_S, &error_text);
    cr_assert_not_null(authority, "%s", error_text);
    struct certs_minted minted;
    char error[256] = "";
    cr_expect_not(certs_mint(authority, recipe, &minted, error, sizeof error));
    cr_expect_not_null(strstr(error, word), "'%s' does not speak of '%s'", error, word);
    certs_authority_free(authority);
}

Test(mint, what_cannot_be_minted_is_refused_with_a_sentence)
{
    static const struct certs_san BAD_IP = {CERTS_SAN_IP, (const uint8_t *)"abc", 3, NULL};
    static const struct certs_san BAD_OID = {CERTS_SAN_OTHER, (const uint8_t *)"\x0c\x01\x61", 3, "9.9"};
    static const struct certs_san BAD_VALUE = {CERTS_SAN_OTHER, (const uint8_t *)"\x0c\x02\x61", 3, "1.2"};
    static const char *const BAD_EKU[] = {"not.an.oid"};
    assert_refused(&(struct certs_recipe){.sans = &BAD_IP, .san_count = 1}, "iPAddress");
    assert_refused(&(struct certs_recipe){.sans = &BAD_OID, .san_count = 1}, "object identifier");
    assert_refused(&(struct certs_recipe){.sans = &BAD_VALUE, .san_count = 1}, "DER element");
    assert_refused(&(struct certs_recipe){.san_count = CERTS_SAN_MAX + 1}, "names");
    assert_refused(&(struct certs_recipe){.intermediates = CERTS_CHAIN_MAX}, "intermediates");
    assert_refused(&(struct certs_recipe){.issuer = CERTS_ISSUER_SELF, .intermediates = 1}, "self-signed");
    assert_refused(&(struct certs_recipe){.issuer = CERTS_ISSUER_SELF, .is_revoked = true}, "self-signed");
    assert_refused(&(struct certs_recipe){.issuer = CERTS_ISSUER_UNTRUSTED, .is_revoked = true}, "revoked");
    assert_refused(&(struct certs_recipe){.issuer_is_not_ca = true, .is_revoked = true}, "CRL");
    assert_refused(&(struct certs_recipe){.not_before_s = 2, .not_after_s = 1}, "not_before");
    assert_refused(&(struct certs_recipe){.common_name = ""}, "common name");
    assert_refused(&(struct certs_recipe){.has_key_usage = true, .key_usage = 1u << 9}, "key usage");
    assert_refused(&(struct certs_recipe){.eku_oids = BAD_EKU, .eku_count = 1}, "library");
}

Test(mint, names_of_an_authority_are_its_own)
{
    struct fixture a, b;
    fixture_mint(&a, &FIXTURE_GOOD);
    fixture_mint(&b, &FIXTURE_GOOD);
    cr_expect_str_neq(certs_authority_trust_pem(a.authority), certs_authority_trust_pem(b.authority));
    struct certs_authority *swapped = a.authority;
    a.authority = b.authority;
    cr_expect_eq(fixture_verify(&a, NULL, NULL), GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
    a.authority = swapped;
    fixture_fini(&a);
    fixture_fini(&b);
}

Test(mint, a_run_full_of_certificates_is_quick)
{
    /* 0.5 s in a release build; ten times that under the sanitizers, so that only a change of order is seen
     * here. */
    struct fixture fixture;
    fixture_mint(&fixture, &FIXTURE_GOOD);
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (int i = 0; i < 500; i++)
        fixture_mint_again(&fixture, &FIXTURE_GOOD);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double elapsed_s =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    cr_log_info("500 certificates: %.3f s", elapsed_s);
    cr_expect_lt(elapsed_s, 5.0);
    fixture_fini(&fixture);
}
