/* Certificates and keys that exist already: a root of an earlier run, and what a user brings as PEM or as
 * PKCS#12. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/pkcs12.h>

#include "certs/certs_internal.h"

enum { BUNDLE_CERTIFICATES_MAX = 16 };

static gnutls_datum_t datum_of(const void *bytes, size_t size_bytes)
{
    /* The library's type has no const; it reads only. */
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)bytes, .size = (unsigned)size_bytes};
}

static bool do_fit(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    unsigned char of_crt[64], of_key[64];
    size_t of_crt_bytes = sizeof of_crt, of_key_bytes = sizeof of_key;
    return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_crt, &of_crt_bytes) >= 0 &&
           gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &of_key_bytes) >= 0 &&
           of_crt_bytes == of_key_bytes && memcmp(of_crt, of_key, of_crt_bytes) == 0;
}

bool certs_root_import(const char *pem, const char *key_pem, gnutls_x509_crt_t *crt,
                       gnutls_x509_privkey_t *key, char *error, size_t error_size_bytes)
{
    gnutls_datum_t certificate = datum_of(pem, strlen(pem)), secret = datum_of(key_pem, strlen(key_pem));
    gnutls_x509_crt_t read_crt = NULL;
    gnutls_x509_privkey_t read_key = NULL;
    int status = gnutls_x509_crt_init(&read_crt);
    if (status >= 0)
        status = gnutls_x509_crt_import(read_crt, &certificate, GNUTLS_X509_FMT_PEM);
    if (status >= 0)
        status = gnutls_x509_privkey_init(&read_key);
    if (status >= 0)
        status = gnutls_x509_privkey_import2(read_key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (status >= 0 && do_fit(read_crt, read_key)) {
        *crt = read_crt;
        *key = read_key;
        return true;
    }
    certs_fail(error, error_size_bytes, "the root's files cannot be used: %s",
               status < 0 ? gnutls_strerror(status) : "certificate and key do not belong together");
    if (read_crt)
        gnutls_x509_crt_deinit(read_crt);
    if (read_key)
        gnutls_x509_privkey_deinit(read_key);
    return false;
}

static char *key_as_pem(gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem = {0};
    if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
        return NULL;
    char *text = strndup((const char *)pem.data, pem.size);
    gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return text;
}

char *certs_authority_key_pem(const struct certs_authority *authority)
{
    return key_as_pem(authority->trusted->key);
}

bool certs_pem_fingerprint(const char *pem, char out[65])
{
    gnutls_datum_t text = datum_of(pem, strlen(pem)), der = {0};
    bool is_read = gnutls_pem_base64_decode2("CERTIFICATE", &text, &der) >= 0 && certs_fingerprint(&der, out);
    gnutls_free(der.data);
    return is_read;
}

/* ---- what a user brings ---- */
struct bundle {
    gnutls_x509_crt_t crts[BUNDLE_CERTIFICATES_MAX];
    unsigned count;
    gnutls_x509_privkey_t key;
};

static void bundle_fini(struct bundle *bundle)
{
    for (unsigned i = 0; i < bundle->count; i++)
        gnutls_x509_crt_deinit(bundle->crts[i]);
    if (bundle->key)
        gnutls_x509_privkey_deinit(bundle->key);
}

static bool read_pem(struct bundle *bundle, const gnutls_datum_t *text, const char *password, bool wants_key,
                     char *error, size_t error_size_bytes)
{
    bundle->count = BUNDLE_CERTIFICATES_MAX;
    int status = gnutls_x509_crt_list_import(bundle->crts, &bundle->count, text, GNUTLS_X509_FMT_PEM, 0);
    if (status < 0) {
        bundle->count = 0;
        return certs_fail(error, error_size_bytes, "no certificate can be read: %s", gnutls_strerror(status));
    }
    if (!wants_key)
        return true;
    status = gnutls_x509_privkey_init(&bundle->key);
    if (status >= 0)
        status = gnutls_x509_privkey_import2(bundle->key, text, GNUTLS_X509_FMT_PEM, password, 0);
    return status >= 0 || certs_fail(error, error_size_bytes, "no private key can be read: %s%s",
                                     gnutls_strerror(status), password ? "" : "; is there a password?");
}

/* A certificate and its key, as a program's identity. */
static int parse_pair(gnutls_pkcs12_t file, const char *password, struct bundle *bundle)
{
    gnutls_x509_crt_t *chain = NULL, *extra = NULL;
    unsigned chain_count = 0, extra_count = 0;
    int status = gnutls_pkcs12_simple_parse(file, password, &bundle->key, &chain, &chain_count, &extra,
                                            &extra_count, NULL, 0);
    for (unsigned i = 0; i < chain_count; i++) {
        if (bundle->count < BUNDLE_CERTIFICATES_MAX)
            bundle->crts[bundle->count++] = chain[i];
        else
            gnutls_x509_crt_deinit(chain[i]);
    }
    for (unsigned i = 0; i < extra_count; i++)
        gnutls_x509_crt_deinit(extra[i]);
    gnutls_free(chain);
    gnutls_free(extra);
    return status;
}

static int take_certificates(gnutls_pkcs12_bag_t bag, struct bundle *bundle)
{
    int count = gnutls_pkcs12_bag_get_count(bag), status = count;
    for (int i = 0; i < count && status >= 0 && bundle->count < BUNDLE_CERTIFICATES_MAX; i++) {
        gnutls_datum_t der;
        gnutls_x509_crt_t crt;
        if (gnutls_pkcs12_bag_get_type(bag, (unsigned)i) != GNUTLS_BAG_CERTIFICATE)
            continue;
        status = gnutls_pkcs12_bag_get_data(bag, (unsigned)i, &der);
        if (status < 0 || (status = gnutls_x509_crt_init(&crt)) < 0)
            break;
        bundle->crts[bundle->count++] = crt;
        status = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
    }
    return status;
}

/* Every certificate, as a trust store's: the library's own parser wants a key among them. */
static int parse_store(gnutls_pkcs12_t file, const char *password, struct bundle *bundle)
{
    int status = 0;
    for (int i = 0; status >= 0; i++) {
        gnutls_pkcs12_bag_t bag;
        if ((status = gnutls_pkcs12_bag_init(&bag)) < 0)
            return status;
        status = gnutls_pkcs12_get_bag(file, i, bag);
        bool is_past_last = status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
        if (status >= 0 && gnutls_pkcs12_bag_get_type(bag, 0) == GNUTLS_BAG_ENCRYPTED)
            status = gnutls_pkcs12_bag_decrypt(bag, password);
        if (status >= 0)
            status = take_certificates(bag, bundle);
        gnutls_pkcs12_bag_deinit(bag);
        if (is_past_last)
            return 0;
    }
    return status;
}

static bool read_pkcs12(struct bundle *bundle, const gnutls_datum_t *bytes, const char *password,
                        bool wants_key, char *error, size_t error_size_bytes)
{
    const char *opens = password ? password : "";
    gnutls_pkcs12_t file = NULL;
    int status = gnutls_pkcs12_init(&file);
    if (status >= 0)
        status = gnutls_pkcs12_import(file, bytes, GNUTLS_X509_FMT_DER, 0);
    if (status >= 0)
        status = gnutls_pkcs12_verify_mac(file, opens);
    if (status >= 0)
        status = wants_key ? parse_pair(file, opens, bundle) : parse_store(file, opens, bundle);
    if (file)
        gnutls_pkcs12_deinit(file);
    return status >= 0 || certs_fail(error, error_size_bytes, "neither PEM nor PKCS#12 that opens: %s%s",
                                     gnutls_strerror(status), password ? "" : "; is there a password?");
}

static char *chain_as_pem(const struct bundle *bundle)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    bool is_good = out != NULL;
    for (unsigned i = 0; is_good && i < bundle->count; i++) {
        gnutls_datum_t pem = {0};
        is_good = gnutls_x509_crt_export2(bundle->crts[i], GNUTLS_X509_FMT_PEM, &pem) >= 0 &&
                  fwrite(pem.data, 1, pem.size, out) == pem.size;
        gnutls_free(pem.data);
    }
    if (out && fclose(out) != 0)
        is_good = false;
    if (is_good)
        return text;
    free(text);
    return NULL;
}

bool certs_bundle_read(const uint8_t *bytes, size_t size_bytes, const char *password, bool wants_key,
                       char **chain_pem, char **key_pem, char *error, size_t error_size_bytes)
{
    struct bundle bundle = {0};
    gnutls_datum_t datum = datum_of(bytes, size_bytes);
    bool is_pem = memmem(bytes, size_bytes, "-----BEGIN ", 11) != NULL;
    bool is_good = is_pem ? read_pem(&bundle, &datum, password, wants_key, error, error_size_bytes)
                          : read_pkcs12(&bundle, &datum, password, wants_key, error, error_size_bytes);
    if (is_good && bundle.count == 0)
        is_good = certs_fail(error, error_size_bytes, "there is no certificate in it");
    if (is_good && wants_key && (!bundle.key || !do_fit(bundle.crts[0], bundle.key)))
        is_good = certs_fail(error, error_size_bytes,
                             bundle.key ? "the key does not belong to the first certificate"
                                        : "there is no private key in it");
    char *chain = is_good ? chain_as_pem(&bundle) : NULL;
    char *key = chain && wants_key ? key_as_pem(bundle.key) : NULL;
    bundle_fini(&bundle);
    if (is_good && (!chain || (wants_key && !key))) {
        free(chain);
        return certs_fail(error, error_size_bytes, "it cannot be written as PEM");
    }
    if (is_good) {
        *chain_pem = chain;
        *key_pem = key;
    }
    return is_good;
}
