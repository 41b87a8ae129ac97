#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"

static gnutls_datum_t as_datum(char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)text, .size = (unsigned)strlen(text)};
}

static const char *read_chain(struct net_credential *credential, const char *chain_pem)
{
    char *copy = strdup(chain_pem);
    if (!copy)
        return "out of memory";
    gnutls_datum_t datum = as_datum(copy);
    unsigned count = NET_CHAIN_MAX;
    int result = gnutls_pcert_list_import_x509_raw(credential->chain, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
    free(copy);
    if (result < 0)
        return "the certificate chain does not parse";
    credential->chain_size = count;
    return count == 0 ? "there is no certificate in the chain" : NULL;
}

static const char *read_key(struct net_credential *credential, const char *key_pem)
{
    char *copy = strdup(key_pem);
    if (!copy)
        return "out of memory";
    gnutls_datum_t datum = as_datum(copy);
    int result = gnutls_privkey_init(&credential->key);
    if (result >= 0)
        result = gnutls_privkey_import_x509_raw(credential->key, &datum, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_memset(copy, 0, datum.size);
    free(copy);
    return result < 0 ? "the private key does not parse" : NULL;
}

static bool does_key_fit(const struct net_credential *credential)
{
    unsigned char of_key[64], of_leaf[64];
    size_t of_key_bytes = sizeof of_key, of_leaf_bytes = sizeof of_leaf;
    gnutls_pubkey_t public_key;
    if (gnutls_pubkey_init(&public_key) < 0)
        return false;
    bool does_fit =
        gnutls_pubkey_import_privkey(public_key, credential->key, 0, 0) >= 0 &&
        gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, of_key, &of_key_bytes) >= 0 &&
        gnutls_pubkey_get_key_id(credential->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_leaf,
                                 &of_leaf_bytes) >= 0 &&
        of_key_bytes == of_leaf_bytes && memcmp(of_key, of_leaf, of_key_bytes) == 0;
    gnutls_pubkey_deinit(public_key);
    return does_fit;
}

static void credential_free(struct net_credential *credential)
{
    for (unsigned i = 0; i < credential->chain_size; i++)
        gnutls_pcert_deinit(&credential->chain[i]);
    if (credential->key)
        gnutls_privkey_deinit(credential->key);
    free(credential);
}

struct net_credential *net_credential_new(const char *chain_pem, const char *key_pem, const char **error_text)
{
    const char *error = NULL;
    struct net_credential *credential = calloc(1, sizeof *credential);
    if (!credential)
        error = "out of memory";
    else if (!chain_pem || !key_pem)
        error = "certificate chain or private key is missing";
    if (!error)
        error = read_chain(credential, chain_pem);
    if (!error)
        error = read_key(credential, key_pem);
    if (!error && !does_key_fit(credential))
        error = "the private key does not belong to the first certificate of the chain";
    if (error) {
        if (credential)
            credential_free(credential);
        if (error_text)
            *error_text = error;
        return NULL;
    }
    credential->refs = 1;
    return credential;
}

struct net_credential *net_credential_ref(struct net_credential *credential)
{
    if (credential)
        credential->refs++;
    return credential;
}

void net_credential_unref(struct net_credential *credential)
{
    if (credential && --credential->refs == 0)
        credential_free(credential);
}
