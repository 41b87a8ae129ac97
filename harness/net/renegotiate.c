/* Another handshake on a TLS 1.2 connection that is open (RFC 5246 §7.4.1.1, RFC 5746), as client. */
#include <stdlib.h>

#include "net/net_private.h"

/* Another one than before has been shown. */
static void renew_own_certificate(struct net_connection *connection)
{
    free(connection->own_certificate);
    connection->own_certificate = NULL;
    connection->facts.own_certificate = NULL;
    connection->facts.own_certificate_size = 0;
    net_facts_update(connection);
}

/* True: the connection is still there. */
static bool end(struct net_connection *connection, enum net_renegotiation outcome)
{
    connection->is_renegotiating = false;
    connection->facts.renegotiation = outcome;
    if (outcome == NET_RENEGOTIATION_DONE)
        renew_own_certificate(connection);
    if (connection->events.on_renegotiated)
        connection->events.on_renegotiated(connection, outcome, connection->arg);
    return net_connection_is_alive(connection);
}

bool net_renegotiation_step(struct net_connection *connection)
{
    /* Warnings just ask for another call; a flood of them waits. */
    for (int turn = 0; turn < NET_READ_TURNS_MAX; turn++) {
        int result = net_session_handshake(connection);
        net_wire_flush(connection);
        if (!net_connection_is_alive(connection) || result == GNUTLS_E_AGAIN)
            return false;
        if (result == 0)
            return end(connection, NET_RENEGOTIATION_DONE);
        if (result == GNUTLS_E_WARNING_ALERT_RECEIVED &&
            gnutls_alert_get(connection->session) == GNUTLS_A_NO_RENEGOTIATION)
            return end(connection, NET_RENEGOTIATION_REFUSED);
        if (result == GNUTLS_E_GOT_APPLICATION_DATA)
            return end(connection, NET_RENEGOTIATION_UNANSWERED);
        if (gnutls_error_is_fatal(result)) {
            connection->is_renegotiating = false;
            net_read_take_tls_error(connection, result);
            return false;
        }
    }
    return false;
}

static void choose(struct net_connection *connection, struct net_credential *credential)
{
    struct net_credential *before = connection->own_tls.credential, *chosen = connection->chosen;
    connection->own_tls.credential = net_credential_ref(credential);
    connection->chosen = NULL;
    connection->has_chosen = false;
    net_credential_unref(before);
    net_credential_unref(chosen);
}

bool net_connection_renegotiate(struct net_connection *connection, struct net_credential *credential)
{
    bool is_fit = connection->session && connection->phase == NET_PHASE_OPEN && !connection->is_closing &&
                  net_connection_is_opened_by_us(connection) && !connection->is_renegotiating &&
                  gnutls_protocol_get_version(connection->session) == GNUTLS_TLS1_2;
    if (!is_fit)
        return false;
    net_connection_enter(connection);
    choose(connection, credential);
    /* The compatibility mode of on_handshake_message() takes the extended master secret out of the next
     * hello: the peer, which had it in the first handshake, would not read our Finished, or refuse (RFC 7627
     * §5.4). The priorities set all that anew. */
    gnutls_priority_set(connection->session, connection->tls->priority);
    connection->is_renegotiating = true;
    net_renegotiation_step(connection);
    if (net_connection_is_alive(connection))
        net_connection_defer(connection, NET_DEFER_READ); /* what GnuTLS has read already makes no sign */
    net_connection_leave(connection);
    return true;
}
