/* TLS sessions resumed: what a client keeps of one and offers for the next, the tickets of a server, and
 * early data (RFC 8446 §2.2, §2.3; RFC 5077). */
#include <ctype.h>
#include <gnutls/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"

enum { TICKET_KEY_BYTES = 64 };

struct net_resumption {
    unsigned refs;
    gnutls_datum_t data;
};

struct net_resumption *net_resumption_ref(struct net_resumption *resumption)
{
    if (resumption)
        resumption->refs++;
    return resumption;
}

void net_resumption_unref(struct net_resumption *resumption)
{
    if (!resumption || --resumption->refs)
        return;
    gnutls_memset(resumption->data.data, 0, resumption->data.size);
    gnutls_free(resumption->data.data);
    free(resumption);
}

struct net_resumption *net_connection_resumption(struct net_connection *connection)
{
    gnutls_session_t session = connection->session;
    if (connection->phase != NET_PHASE_OPEN || !session || !net_connection_is_opened_by_us(connection) ||
        connection->tls->has_no_resumption)
        return NULL;
    /* Without a ticket GnuTLS would wait for one. */
    if (connection->facts.version == NET_TLS_1_3 &&
        !(gnutls_session_get_flags(session) & GNUTLS_SFLAGS_SESSION_TICKET))
        return NULL;
    struct net_resumption *resumption = calloc(1, sizeof *resumption);
    if (!resumption)
        return NULL;
    resumption->refs = 1;
    if (gnutls_session_get_data2(session, &resumption->data) < 0) {
        free(resumption);
        return NULL;
    }
    return resumption;
}

/* ---- client */

void net_resumption_offer(struct net_connection *connection)
{
    const struct net_tls_config *tls = connection->tls;
    if (!tls->resumption)
        return;
    const gnutls_datum_t *data = &tls->resumption->data;
    if (gnutls_session_set_data(connection->session, data->data, data->size) < 0 || !tls->early_data)
        return;
    gnutls_record_send_early_data(connection->session, tls->early_data, tls->early_data_size);
}

/* ---- server */

/* A ticket of one name opens under another one only where that is wanted: keys are derived by name, so that
 * the server sees no session where RFC 6066 §3 allows none. */
static bool derive_key(const struct net *net, const char *server_name, uint8_t *out)
{
    char name[NET_SERVER_NAME_MAX * 4 + 1] = "";
    for (size_t i = 0; server_name && server_name[i] && i < sizeof name - 1; i++)
        name[i] = (char)tolower((unsigned char)server_name[i]);
    return gnutls_hmac_fast(GNUTLS_MAC_SHA512, net->ticket_key.data, net->ticket_key.size, name, strlen(name),
                            out) == 0;
}

bool net_resumption_serve(struct net_connection *connection)
{
    struct net *net = connection->net;
    const struct net_tls_config *tls = connection->tls;
    uint8_t bytes[TICKET_KEY_BYTES];
    if (tls->has_no_resumption || connection->has_ticket_key)
        return true; /* a second ClientHello finds the key of the first */
    if (!net->ticket_key.data && gnutls_session_ticket_key_generate(&net->ticket_key) < 0)
        return false;
    if (!derive_key(net, tls->resumes_across_names ? NULL : connection->server_name, bytes))
        return false;
    const gnutls_datum_t key = {bytes, sizeof bytes};
    connection->has_ticket_key = true;
    bool is_enabled = gnutls_session_ticket_enable_server(connection->session, &key) >= 0;
    gnutls_memset(bytes, 0, sizeof bytes);
    return is_enabled;
}

/* GnuTLS takes no early data without a memory of what came before; this one forgets, as a server does that
 * takes it without thought. */
static int remember_nothing(void *pointer, time_t until, const gnutls_datum_t *key,
                            const gnutls_datum_t *data)
{
    (void)pointer;
    (void)until;
    (void)key;
    (void)data;
    return 0;
}

void net_resumption_allow_early_data(struct net_connection *connection)
{
    struct net *net = connection->net;
    if (!connection->tls->accepts_early_data)
        return;
    if (!net->anti_replay && gnutls_anti_replay_init(&net->anti_replay) >= 0)
        gnutls_anti_replay_set_add_function(net->anti_replay, remember_nothing);
    if (net->anti_replay)
        gnutls_anti_replay_enable(connection->session, net->anti_replay);
}

/* The user gets it like any other data. */
void net_resumption_take_early_data(struct net_connection *connection)
{
    ssize_t got = 1;
    if (!connection->tls || !connection->tls->accepts_early_data)
        return;
    while (got > 0 && net_connection_is_alive(connection)) {
        got = gnutls_record_recv_early_data(connection->session, connection->net->read_buffer,
                                            NET_READ_BUFFER_BYTES);
        if (got > 0 && connection->events.on_data)
            connection->events.on_data(connection, connection->net->read_buffer, (size_t)got,
                                       connection->arg);
    }
}
