#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"

static const char *version_word(int version)
{
    static const char *const words[NET_TLS_VERSIONS] = {[NET_TLS_1_0] = "TLS1.0",
                                                        [NET_TLS_1_1] = "TLS1.1",
                                                        [NET_TLS_1_2] = "TLS1.2",
                                                        [NET_TLS_1_3] = "TLS1.3"};
    return words[version];
}

/* The sides of a test show and accept what they are told: short keys, SHA-1, and certificates whose key usage
 * forbids what they are used for (GnuTLS presents those only with the DEBUG flag). Whether that is acceptable
 * is judged elsewhere. */
static gnutls_priority_t make_priority(int lowest, int highest)
{
    char text[256] = "NORMAL:-VERS-ALL";
    size_t size_bytes = strlen(text);
    for (int version = highest; version >= lowest; version--)
        size_bytes +=
            (size_t)snprintf(text + size_bytes, sizeof text - size_bytes, ":+VERS-%s", version_word(version));
    snprintf(text + size_bytes, sizeof text - size_bytes,
             ":+SIGN-ECDSA-SHA1:+SIGN-RSA-SHA1:%%PROFILE_VERY_WEAK:%%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS");
    gnutls_priority_t priority = NULL;
    if (gnutls_priority_init(&priority, text, NULL) < 0)
        return NULL;
    return priority;
}

static gnutls_priority_t find_priority(struct net *net, const struct net_tls_options *options)
{
    int lowest = (int)options->min_version, highest = (int)options->max_version;
    if (highest == NET_TLS_NONE)
        highest = NET_TLS_1_3;
    if (lowest == NET_TLS_NONE)
        lowest = highest < NET_TLS_1_2 ? highest : NET_TLS_1_2;
    if (lowest > highest || highest >= NET_TLS_VERSIONS)
        return NULL;
    gnutls_priority_t *priority = &net->priorities[lowest][highest];
    if (!*priority)
        *priority = make_priority(lowest, highest);
    return *priority;
}

/* GnuTLS sends visible ASCII and blanks as they are; anything else it would encode, and a name is sent as it
 * is or not at all. */
static bool is_server_name_sendable(const char *server_name)
{
    size_t size_bytes = strlen(server_name);
    for (size_t i = 0; i < size_bytes; i++) {
        if (server_name[i] < ' ' || server_name[i] > '~')
            return false;
    }
    return size_bytes <= NET_SERVER_NAME_MAX;
}

static bool name_authorities(struct net_tls_config *config, const char *ca_names_pem)
{
    if (gnutls_certificate_allocate_credentials(&config->own_certificates) < 0) {
        config->own_certificates = NULL;
        errno = ENOMEM;
        return false;
    }
    gnutls_certificate_set_retrieve_function3(config->own_certificates, net_session_retrieve);
    char *copy = strdup(ca_names_pem);
    if (!copy)
        return false;
    const gnutls_datum_t datum = {.data = (unsigned char *)copy, .size = (unsigned)strlen(copy)};
    int count = gnutls_certificate_set_x509_trust_mem(config->own_certificates, &datum, GNUTLS_X509_FMT_PEM);
    free(copy);
    config->certificates = config->own_certificates;
    if (count <= 0)
        errno = EINVAL;
    return count > 0;
}

static bool copy_early_data(struct net_tls_config *config, const struct net_tls_options *options)
{
    config->early_data = malloc(options->early_data_size ? options->early_data_size : 1);
    if (!config->early_data)
        return false;
    memcpy(config->early_data, options->early_data, options->early_data_size);
    config->early_data_size = options->early_data_size;
    return true;
}

bool net_tls_config_init(struct net_tls_config *config, struct net *net,
                         const struct net_tls_options *options)
{
    *config = (struct net_tls_config){.certificates = net->certificates,
                                      .request_certificate = options->request_certificate,
                                      .has_no_resumption = options->has_no_resumption,
                                      .resumes_across_names = options->resumes_across_names,
                                      .accepts_early_data = options->accepts_early_data,
                                      .sends_unordered = options->sends_unordered,
                                      .takes_clear = options->takes_clear,
                                      .resumption = net_resumption_ref(options->resumption)};
    bool has_server_name = options->server_name && options->server_name[0];
    config->priority = find_priority(net, options);
    if (!config->priority || (has_server_name && !is_server_name_sendable(options->server_name))) {
        errno = EINVAL;
        goto failed;
    }
    config->credential = net_credential_ref(options->credential);
    if (has_server_name && !(config->server_name = strdup(options->server_name)))
        goto failed;
    if (options->early_data && !copy_early_data(config, options))
        goto failed;
    if (options->ca_names_pem && options->ca_names_pem[0] && !name_authorities(config, options->ca_names_pem))
        goto failed;
    return true;
failed:
    net_tls_config_fini(config);
    return false;
}

void net_tls_config_fini(struct net_tls_config *config)
{
    int error_number = errno; /* tells why an init failed */
    net_credential_unref(config->credential);
    net_resumption_unref(config->resumption);
    free(config->early_data);
    free(config->server_name);
    if (config->own_certificates)
        gnutls_certificate_free_credentials(config->own_certificates);
    *config = (struct net_tls_config){0};
    errno = error_number;
}
