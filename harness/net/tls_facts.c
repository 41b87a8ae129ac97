#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"

static enum net_tls_version version_of(gnutls_session_t session)
{
    static const struct {
        gnutls_protocol_t protocol;
        enum net_tls_version version;
    } versions[] = {{GNUTLS_TLS1_0, NET_TLS_1_0},
                    {GNUTLS_TLS1_1, NET_TLS_1_1},
                    {GNUTLS_TLS1_2, NET_TLS_1_2},
                    {GNUTLS_TLS1_3, NET_TLS_1_3}};
    gnutls_protocol_t protocol = gnutls_protocol_get_version(session);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].protocol == protocol)
            return versions[i].version;
    }
    return NET_TLS_NONE;
}

/* Copies: what GnuTLS shows is gone with the next handshake message that replaces it, and the facts outlive
 * the session. */
static void copy_certificates(struct net_connection *connection)
{
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(connection->session, &count);
    struct net_tls_facts *facts = &connection->facts;
    if (!shown || facts->peer_certificate_count > 0)
        return;
    for (unsigned i = 0; i < count && i < NET_CHAIN_MAX; i++) {
        uint8_t *copy = malloc(shown[i].size ? shown[i].size : 1);
        if (!copy)
            break;
        memcpy(copy, shown[i].data, shown[i].size);
        connection->certificates[i] = (gnutls_datum_t){copy, shown[i].size};
        connection->certificate_bytes[i] = copy;
        connection->certificate_sizes[i] = shown[i].size;
        facts->peer_certificate_count = i + 1;
    }
    facts->peer_certificates = connection->certificate_bytes;
    facts->peer_certificate_sizes = connection->certificate_sizes;
}

/* What GnuTLS selected for the peer to see; a client that was not asked has selected nothing. */
static void copy_own_certificate(struct net_connection *connection)
{
    const gnutls_datum_t *shown = gnutls_certificate_get_ours(connection->session);
    struct net_tls_facts *facts = &connection->facts;
    if (!shown || !shown->size || connection->own_certificate)
        return;
    connection->own_certificate = malloc(shown->size);
    if (!connection->own_certificate)
        return;
    memcpy(connection->own_certificate, shown->data, shown->size);
    facts->own_certificate = connection->own_certificate;
    facts->own_certificate_size = shown->size;
}

void net_facts_update(struct net_connection *connection)
{
    struct net_tls_facts *facts = &connection->facts;
    if (!connection->session)
        return;
    facts->version = version_of(connection->session);
    facts->cipher_suite = gnutls_ciphersuite_get(connection->session);
    facts->is_resumed = gnutls_session_is_resumed(connection->session) != 0;
    facts->has_early_data = (gnutls_session_get_flags(connection->session) & GNUTLS_SFLAGS_EARLY_DATA) != 0;
    copy_certificates(connection);
    copy_own_certificate(connection);
}

void net_facts_fini(struct net_connection *connection)
{
    for (size_t i = 0; i < connection->facts.peer_certificate_count; i++)
        free(connection->certificates[i].data);
    free(connection->own_certificate);
    connection->own_certificate = NULL;
    free(connection->server_name);
    connection->server_name = NULL;
    connection->facts = (struct net_tls_facts){0};
}
