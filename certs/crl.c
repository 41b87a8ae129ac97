/* CRLs (RFC 5280 §5) of every CA below the trusted root, empty ones included: verifiers that check the whole
 * chain want one of each. */
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>

#include "certs/certs_internal.h"

bool certs_ca_revoke(struct certs_ca *ca, const uint8_t serial[16])
{
    uint8_t(*larger)[16] = realloc(ca->revoked, (ca->revoked_count + 1) * sizeof *larger);
    if (!larger)
        return false;
    ca->revoked = larger;
    memcpy(larger[ca->revoked_count++], serial, 16);
    return true;
}

static int crl_fill(gnutls_x509_crl_t crl, const struct certs_authority *authority, const struct certs_ca *ca)
{
    time_t now = (time_t)authority->now_s;
    int status = gnutls_x509_crl_set_version(crl, 2);
    if (status >= 0)
        status = gnutls_x509_crl_set_this_update(crl, now - 86400);
    if (status >= 0)
        status = gnutls_x509_crl_set_next_update(crl, now + 365 * 86400);
    for (size_t i = 0; status >= 0 && i < ca->revoked_count; i++)
        status = gnutls_x509_crl_set_crt_serial(crl, ca->revoked[i], sizeof ca->revoked[i], now - 3600);
    uint8_t key_id[64];
    size_t key_id_size = sizeof key_id;
    if (status >= 0)
        status = gnutls_x509_crt_get_subject_key_id(ca->crt, key_id, &key_id_size, NULL);
    if (status >= 0)
        status = gnutls_x509_crl_set_authority_key_id(crl, key_id, key_id_size);
    uint8_t number[4] = {(uint8_t)(ca->revoked_count >> 16 & 0x7f), (uint8_t)(ca->revoked_count >> 8),
                         (uint8_t)ca->revoked_count, 1};
    if (status >= 0)
        status = gnutls_x509_crl_set_number(crl, number, sizeof number);
    return status;
}

/* gnutls_free() for *pem. */
static int crl_export(const struct certs_authority *authority, const struct certs_ca *ca, gnutls_datum_t *pem)
{
    gnutls_x509_crl_t crl = NULL;
    gnutls_privkey_t signer = NULL;
    int status = gnutls_x509_crl_init(&crl);
    if (status >= 0)
        status = crl_fill(crl, authority, ca);
    if (status >= 0)
        status = gnutls_privkey_init(&signer);
    if (status >= 0)
        status = gnutls_privkey_import_x509(signer, ca->key, 0);
    if (status >= 0)
        status = gnutls_x509_crl_privkey_sign(crl, ca->crt, signer, GNUTLS_DIG_SHA256, 0);
    if (status >= 0)
        status = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, pem);
    if (signer)
        gnutls_privkey_deinit(signer);
    if (crl)
        gnutls_x509_crl_deinit(crl);
    return status;
}

/* A CRL has to be signed by a certificate that may sign CRLs: end entities have none. */
static bool ca_has_crl(const struct certs_authority *authority, const struct certs_ca *ca)
{
    if (ca->traits.is_not_ca)
        return false;
    while (ca->parent)
        ca = ca->parent;
    return ca == authority->trusted;
}

char *certs_authority_crl_pem(struct certs_authority *authority)
{
    char *text = strdup("");
    size_t length = 0;
    for (const struct certs_ca *ca = authority->all; ca && text; ca = ca->next) {
        gnutls_datum_t pem = {0};
        if (!ca_has_crl(authority, ca))
            continue;
        if (crl_export(authority, ca, &pem) < 0) {
            free(text);
            return NULL;
        }
        char *larger = realloc(text, length + pem.size + 1);
        if (larger) {
            memcpy(larger + length, pem.data, pem.size);
            length += pem.size;
            larger[length] = '\0';
        } else {
            free(text);
        }
        text = larger;
        gnutls_free(pem.data);
    }
    return text;
}
