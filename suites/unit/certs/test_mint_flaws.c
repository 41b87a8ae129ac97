/* What is wrong with a certificate on purpose: GnuTLS's own verifier refuses it for that reason, and for no
 * other. */
#include "certs_fixture.h"

/* Exactly these bits, so that a certificate fails for its own reason only. */
static void assert_status(const struct certs_recipe *recipe, unsigned expected)
{
    struct fixture fixture;
    fixture_mint(&fixture, recipe);
    unsigned status = fixture_verify(&fixture, NULL, NULL);
    cr_expect_eq(status, expected, "status %#x, expected %#x", status, expected);
    fixture_fini(&fixture);
}

Test(mint_flaws, expired_and_not_yet_valid)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.not_before_s = -2 * 86400;
    recipe.not_after_s = -1;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
    recipe.not_before_s = 3600;
    recipe.not_after_s = 7200;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_NOT_ACTIVATED);
    recipe.not_before_s = -60;
    recipe.not_after_s = 60;
    assert_status(&recipe, 0);
}

Test(mint_flaws, untrusted_and_self_signed)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.issuer = CERTS_ISSUER_UNTRUSTED;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
    recipe.issuer = CERTS_ISSUER_SELF;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
    struct fixture fixture;
    fixture_mint(&fixture, &recipe);
    gnutls_x509_crt_t leaf = fixture_leaf(&fixture);
    cr_expect_eq(gnutls_x509_crt_check_issuer(leaf, leaf), 1);
    gnutls_x509_crt_deinit(leaf);
    fixture_fini(&fixture);
}

Test(mint_flaws, intermediates_are_sent_along_or_left_out)
{
    for (unsigned count = 1; count < CERTS_CHAIN_MAX; count++) {
        struct certs_recipe recipe = FIXTURE_GOOD;
        recipe.intermediates = count;
        struct fixture fixture;
        fixture_mint(&fixture, &recipe);
        cr_expect_eq(fixture_chain_length(&fixture), count + 1);
        cr_expect_eq(fixture_verify(&fixture, NULL, NULL), 0);
        recipe.omits_intermediates = true;
        fixture_mint_again(&fixture, &recipe);
        cr_expect_eq(fixture_chain_length(&fixture), 1);
        cr_expect_eq(fixture_verify(&fixture, NULL, NULL),
                     GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_FOUND);
        fixture_fini(&fixture);
    }
}

Test(mint_flaws, bad_signature_and_nothing_else)
{
    static const enum certs_key_type TYPES[] = {CERTS_KEY_ECDSA_P256, CERTS_KEY_RSA_2048};
    for (size_t i = 0; i < 2; i++) {
        struct certs_recipe recipe = FIXTURE_GOOD;
        recipe.key_type = TYPES[i];
        recipe.has_bad_signature = true;
        assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE);
        recipe.intermediates = 1;
        assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE);
    }
}

Test(mint_flaws, sha1_signature_is_good_but_weak)
{
    static const enum certs_key_type TYPES[] = {CERTS_KEY_ECDSA_P256, CERTS_KEY_RSA_2048};
    for (size_t i = 0; i < 2; i++) {
        struct certs_recipe recipe = FIXTURE_GOOD;
        recipe.key_type = TYPES[i];
        recipe.has_sha1_signature = true;
        assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_INSECURE_ALGORITHM);
    }
}

Test(mint_flaws, issuer_is_not_ca)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.issuer_is_not_ca = true;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_CA);
    recipe.intermediates = 2;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_NOT_CA);
}

Test(mint_flaws, issuer_lacks_cert_sign)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.issuer_lacks_cert_sign = true;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE);
}

Test(mint_flaws, breaks_pathlen)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.breaks_pathlen = true;
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE);
    struct fixture fixture;
    fixture_mint(&fixture, &recipe);
    cr_expect_eq(fixture_chain_length(&fixture), 3);
    fixture_fini(&fixture);
}

Test(mint_flaws, name_constraint_permits_and_refuses)
{
    struct certs_recipe recipe = FIXTURE_GOOD;
    recipe.san_count = 1;
    recipe.sans = FIXTURE_GOOD.sans + 1;
    recipe.name_constraint_dns = "a.test";
    assert_status(&recipe, 0);
    recipe.name_constraint_dns = "b.test";
    assert_status(&recipe, GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE);
}

Test(mint_flaws, revoked_is_on_the_crl_of_its_ca_and_others_are_not)
{
    for (unsigned intermediates = 0; intermediates < 2; intermediates++) {
        struct certs_recipe revoked = FIXTURE_GOOD;
        revoked.is_revoked = true;
        revoked.intermediates = intermediates;
        struct certs_recipe good = revoked;
        good.is_revoked = false;
        struct fixture fixture;
        fixture_mint(&fixture, &revoked);
        cr_expect_eq(fixture_verify(&fixture, NULL, NULL), 0, "without the CRL nobody knows");
        cr_expect_eq(fixture_verify_with_crl(&fixture), GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOKED);
        fixture_mint_again(&fixture, &good);
        cr_expect_eq(fixture_verify_with_crl(&fixture), 0);
        fixture_fini(&fixture);
    }
}

Test(mint_flaws, every_ca_below_the_trusted_root_has_a_crl)
{
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.intermediates = 3});
    fixture_mint_again(&fixture,
                       &(struct certs_recipe){.intermediates = 1, .issuer = CERTS_ISSUER_UNTRUSTED});
    char *pem = certs_authority_crl_pem(fixture.authority);
    gnutls_x509_crl_t *crls = NULL;
    unsigned count = 0;
    gnutls_datum_t text = {(unsigned char *)pem, (unsigned)strlen(pem)};
    cr_assert_geq(gnutls_x509_crl_list_import2(&crls, &count, &text, GNUTLS_X509_FMT_PEM, 0), 0);
    cr_expect_eq(count, 4, "the root and three intermediates, not %u", count);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crl_deinit(crls[i]);
    gnutls_free(crls);
    free(pem);
    fixture_fini(&fixture);
}
