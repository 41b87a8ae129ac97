#include "net/net_private.h"

static void finish(struct net_connection *connection)
{
    net_slot_release(connection);
    net_facts_update(connection);
    net_connection_become_ready(connection);
    if (net_connection_is_alive(connection))
        net_resumption_take_early_data(connection);
    /* Records that came in one segment with the last flight may have been read by GnuTLS already. */
    if (net_connection_is_alive(connection) && gnutls_record_check_pending(connection->session) > 0)
        net_connection_defer(connection, NET_DEFER_READ);
}

static void fail(struct net_connection *connection, int error)
{
    net_facts_update(connection);
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        int alert = (int)gnutls_alert_get(connection->session);
        net_connection_fail(connection, NET_SIGN_ALERT, alert, 0,
                            "the peer ended the TLS handshake with a fatal alert");
        return;
    }
    int alert = net_session_send_alert(connection, error);
    net_connection_fail(connection, NET_SIGN_HANDSHAKE_FAILED, alert, 0,
                        connection->has_refused ? "our side refused the peer's certificate"
                                                : gnutls_strerror(error));
}

void net_handshake_step(struct net_connection *connection)
{
    int result = GNUTLS_E_INTERRUPTED;
    /* Results that are no error (a warning alert, an interruption) just ask for another call; a flood of
     * warnings waits. */
    for (int i = 0; i < NET_READ_TURNS_MAX && result < 0 && result != GNUTLS_E_AGAIN; i++) {
        if (result != GNUTLS_E_INTERRUPTED && gnutls_error_is_fatal(result))
            break;
        result = net_session_handshake(connection);
        if (!net_connection_is_alive(connection))
            return;
    }
    net_wire_flush(connection);
    if (connection->is_closing || connection->is_silent)
        return;
    if (result == 0)
        finish(connection);
    else if (gnutls_error_is_fatal(result))
        fail(connection, result);
}

void net_handshake_begin(struct net_connection *connection)
{
    bool was_held = connection->phase == NET_PHASE_HELD;
    connection->phase = NET_PHASE_HANDSHAKE;
    if (was_held)
        loop_timer_start(connection->timer, connection->handshake_timeout_ms);
    if (!net_session_new(connection)) {
        net_connection_fail(connection, NET_SIGN_HANDSHAKE_FAILED, -1, 0, "no TLS session could be made");
        return;
    }
    net_handshake_step(connection);
}
