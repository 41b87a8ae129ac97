/* What a user brings: PKCS#12 and encrypted keys, made here with the library as his tools would. */
#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs.h"

enum { NOW_S = 1800000000 };

static gnutls_datum_t text_of(char *pem)
{
    return (gnutls_datum_t){.data = (unsigned char *)pem, .size = (unsigned)strlen(pem)};
}

static struct certs_minted mint(void)
{
    const char *why = "";
    char error[256] = "";
    struct certs_recipe recipe = {0};
    struct certs_minted minted = {0};
    struct certs_authority *authority = certs_authority_new(NOW_S, &why);
    cr_assert_not_null(authority, "%s", why);
    cr_assert(certs_mint(authority, &recipe, &minted, error, sizeof error), "%s", error);
    certs_authority_free(authority);
    return minted;
}

static void put(gnutls_pkcs12_t file, gnutls_pkcs12_bag_t bag, const char *password)
{
    if (password)
        cr_assert_geq(gnutls_pkcs12_bag_encrypt(bag, password, GNUTLS_PKCS_PBES2_AES_256), 0);
    cr_assert_geq(gnutls_pkcs12_set_bag(file, bag), 0);
    gnutls_pkcs12_bag_deinit(bag);
}

static gnutls_datum_t make_pkcs12(const struct certs_minted *minted, const char *password, bool has_key)
{
    gnutls_pkcs12_t file;
    gnutls_pkcs12_bag_t bag;
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    gnutls_datum_t chain = text_of(minted->chain_pem), secret = text_of(minted->key_pem), key_der, out;
    gnutls_x509_crt_init(&crt);
    gnutls_x509_privkey_init(&key);
    cr_assert_geq(gnutls_x509_crt_import(crt, &chain, GNUTLS_X509_FMT_PEM), 0);
    cr_assert_geq(gnutls_x509_privkey_import2(key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
    cr_assert_geq(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_DER, password,
                                                    GNUTLS_PKCS_PBES2_AES_256, &key_der),
                  0);
    gnutls_pkcs12_init(&file);
    gnutls_pkcs12_bag_init(&bag);
    cr_assert_geq(gnutls_pkcs12_bag_set_crt(bag, crt), 0);
    put(file, bag, password);
    if (has_key) {
        gnutls_pkcs12_bag_init(&bag);
        cr_assert_geq(gnutls_pkcs12_bag_set_data(bag, GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, &key_der), 0);
        put(file, bag, NULL);
    }
    cr_assert_geq(gnutls_pkcs12_generate_mac(file, password), 0);
    cr_assert_geq(gnutls_pkcs12_export2(file, GNUTLS_X509_FMT_DER, &out), 0);
    gnutls_free(key_der.data);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    gnutls_pkcs12_deinit(file);
    return out;
}

Test(bundle, pkcs12)
{
    struct certs_minted minted = mint();
    gnutls_datum_t file = make_pkcs12(&minted, "opens it", true);
    char *chain = NULL, *key = NULL, error[256] = "", fingerprint[65];
    cr_assert(certs_bundle_read(file.data, file.size, "opens it", true, &chain, &key, error, sizeof error),
              "%s", error);
    cr_assert(certs_pem_fingerprint(chain, fingerprint));
    cr_expect_str_eq(fingerprint, minted.fingerprint);
    cr_expect_not_null(strstr(key, "PRIVATE KEY"));
    free(chain);
    free(key);
    cr_expect_not(
        certs_bundle_read(file.data, file.size, "does not", true, &chain, &key, error, sizeof error));
    cr_expect_not(certs_bundle_read(file.data, file.size, NULL, true, &chain, &key, error, sizeof error));
    cr_expect_not_null(strstr(error, "password"), "%s", error);
    cr_expect_not(
        certs_bundle_read(file.data, file.size / 2, "opens it", true, &chain, &key, error, sizeof error));
    gnutls_free(file.data);
    certs_minted_fini(&minted);
}

/* A trust store: with a key or, as mostly, without. */
Test(bundle, pkcs12_of_certificates)
{
    struct certs_minted minted = mint();
    for (int has_key = 0; has_key < 2; has_key++) {
        gnutls_datum_t file = make_pkcs12(&minted, "opens it", has_key);
        char *chain = NULL, *key = NULL, error[256] = "", fingerprint[65];
        cr_assert(
            certs_bundle_read(file.data, file.size, "opens it", false, &chain, &key, error, sizeof error),
            "%s", error);
        cr_assert(certs_pem_fingerprint(chain, fingerprint));
        cr_expect_str_eq(fingerprint, minted.fingerprint);
        cr_expect_null(key);
        free(chain);
        cr_expect_not(
            certs_bundle_read(file.data, file.size, "does not", false, &chain, &key, error, sizeof error));
        if (!has_key)
            cr_expect_not(
                certs_bundle_read(file.data, file.size, "opens it", true, &chain, &key, error, sizeof error));
        gnutls_free(file.data);
    }
    certs_minted_fini(&minted);
}

Test(bundle, encrypted_key_in_pem)
{
    struct certs_minted minted = mint();
    gnutls_x509_privkey_t secret;
    gnutls_datum_t plain = text_of(minted.key_pem), locked;
    char *chain = NULL, *key = NULL, *text = NULL, error[256] = "";
    gnutls_x509_privkey_init(&secret);
    cr_assert_geq(gnutls_x509_privkey_import2(secret, &plain, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
    cr_assert_geq(gnutls_x509_privkey_export2_pkcs8(secret, GNUTLS_X509_FMT_PEM, "opens it",
                                                    GNUTLS_PKCS_PBES2_AES_256, &locked),
                  0);
    cr_assert_geq(asprintf(&text, "%.*s%s", (int)locked.size, (const char *)locked.data, minted.chain_pem),
                  0);
    cr_expect(certs_bundle_read((const uint8_t *)text, strlen(text), "opens it", true, &chain, &key, error,
                                sizeof error),
              "%s", error);
    free(chain);
    free(key);
    cr_expect_not(certs_bundle_read((const uint8_t *)text, strlen(text), NULL, true, &chain, &key, error,
                                    sizeof error));
    cr_expect_not_null(strstr(error, "password"), "%s", error);
    free(text);
    gnutls_free(locked.data);
    gnutls_x509_privkey_deinit(secret);
    certs_minted_fini(&minted);
}
