/* What a device's certificate says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

enum { CERTIFICATE_MAX_BYTES = 1 << 20 };

static char *dn_text(gnutls_x509_crt_t crt, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
    gnutls_datum_t text = {0};
    int status = get(crt, &text, 0);
    if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return strdup("");
    if (status < 0)
        return strdup("malformed");
    char *copy = strndup((const char *)text.data, text.size);
    gnutls_free(text.data);
    return copy;
}

/* *out is NULL when there is none. false: no memory. */
static bool common_name_text(gnutls_x509_crt_t crt, char **out)
{
    *out = NULL;
    size_t size = 0;
    int status = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, NULL, &size);
    if (status != GNUTLS_E_SHORT_MEMORY_BUFFER)
        return true;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return false;
    size_t room = size + 1;
    status = gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, bytes, &room);
    bool is_good = true;
    if (status >= 0) {
        *out = certs_escape(bytes, room);
        is_good = *out != NULL;
    }
    free(bytes);
    return is_good;
}

static char *names_text(gnutls_x509_crt_t crt)
{
    gnutls_datum_t extension = {0};
    unsigned critical = 0;
    int status = gnutls_x509_crt_get_extension_by_oid2(crt, GNUTLS_X509EXT_OID_SAN, 0, &extension, &critical);
    if (status < 0)
        return strdup("");
    char *text = san_format((struct der_slice){extension.data, extension.size});
    gnutls_free(extension.data);
    return text;
}

bool certs_read(const uint8_t *der, size_t size_bytes, struct certs_facts *out)
{
    if (size_bytes == 0 || size_bytes > CERTIFICATE_MAX_BYTES)
        return false;
    gnutls_datum_t copy = {.data = malloc(size_bytes), .size = (unsigned)size_bytes};
    gnutls_x509_crt_t crt = NULL;
    struct certs_facts facts = {0};
    bool is_good = false;
    if (!copy.data)
        return false;
    memcpy(copy.data, der, size_bytes);
    if (gnutls_x509_crt_init(&crt) < 0 || gnutls_x509_crt_import(crt, &copy, GNUTLS_X509_FMT_DER) < 0)
        goto out;
    facts.subject = dn_text(crt, gnutls_x509_crt_get_dn3);
    facts.issuer = dn_text(crt, gnutls_x509_crt_get_issuer_dn3);
    facts.names = names_text(crt);
    facts.not_before_s = (int64_t)gnutls_x509_crt_get_activation_time(crt);
    facts.not_after_s = (int64_t)gnutls_x509_crt_get_expiration_time(crt);
    is_good = common_name_text(crt, &facts.common_name) && certs_fingerprint(&copy, facts.fingerprint) &&
              facts.subject && facts.issuer && facts.names;
    if (is_good)
        *out = facts;
    else
        certs_facts_fini(&facts);
out:
    gnutls_x509_crt_deinit(crt);
    free(copy.data);
    return is_good;
}

void certs_facts_fini(struct certs_facts *facts)
{
    if (!facts)
        return;
    free(facts->subject);
    free(facts->names);
    free(facts->common_name);
    free(facts->issuer);
    *facts = (struct certs_facts){0};
}
