#include "net/net_private.h"

/* How much one connection may take of one turn of the loop. */
struct budget {
    size_t left_bytes, left_turns;
};

static bool budget_spend(struct budget *budget, size_t size_bytes)
{
    if (budget->left_turns == 0 || budget->left_bytes <= size_bytes)
        return false;
    budget->left_turns--;
    budget->left_bytes -= size_bytes;
    return true;
}

/* Reads what nobody is to see, for the sake of the sign at its end. */
static void drain(struct net_connection *connection, struct budget *budget)
{
    size_t got = 0;
    do {
        got = net_wire_receive(connection, connection->net->read_buffer, NET_READ_BUFFER_BYTES);
    } while (got > 0 && budget_spend(budget, got));
}

static void hand_up(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    connection->bytes_in += size_bytes;
    if (connection->events.on_data)
        connection->events.on_data(connection, bytes, size_bytes, connection->arg);
}

/* Parts of a long message are put together; what is longer than all allowance goes up in parts. */
static void take_message(struct net_connection *connection, size_t size_bytes)
{
    struct net_queue *in = &connection->in;
    bool is_part = connection->incoming.is_partial || in->size_bytes > 0;
    if (!is_part || !net_queue_append(in, connection->net->read_buffer, size_bytes, NET_MESSAGE_MAX_BYTES)) {
        hand_up(connection, connection->net->read_buffer, size_bytes);
        return;
    }
    if (connection->incoming.is_partial)
        return;
    struct net_queue whole = *in;
    *in = (struct net_queue){0};
    hand_up(connection, net_queue_head(&whole), whole.size_bytes);
    net_queue_clear(&whole);
}

static void read_plain(struct net_connection *connection, struct budget *budget)
{
    size_t got = 0;
    do {
        got = net_wire_receive(connection, connection->net->read_buffer, NET_READ_BUFFER_BYTES);
        if (got > 0)
            take_message(connection, got);
    } while (got > 0 && net_connection_is_alive(connection) && !connection->is_silent &&
             budget_spend(budget, got));
}

void net_read_take_tls_error(struct net_connection *connection, int error)
{
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        int alert = (int)gnutls_alert_get(connection->session);
        net_connection_fail(connection, NET_SIGN_ALERT, alert, 0, "the peer sent a fatal TLS alert");
        return;
    }
    if (gnutls_error_is_fatal(error)) {
        int alert = net_session_send_alert(connection, error);
        net_connection_fail(connection, NET_SIGN_HANDSHAKE_FAILED, alert, 0, gnutls_strerror(error));
    }
}

static ssize_t receive_record(struct net_connection *connection)
{
    return gnutls_record_recv(connection->session, connection->net->read_buffer, NET_READ_BUFFER_BYTES);
}

/* RFC 5246 §7.2.2: a warning, and the connection goes on. GnuTLS keeps the ClientHello for a handshake that
 * will not be: asked for data, it calls it an unexpected packet once, and has let go of it then. */
static ssize_t refuse_renegotiation(struct net_connection *connection)
{
    gnutls_alert_send(connection->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
    net_wire_flush(connection);
    if (gnutls_record_check_pending(connection->session) == 0)
        return GNUTLS_E_INTERRUPTED;
    ssize_t got = receive_record(connection);
    return got == GNUTLS_E_UNEXPECTED_PACKET ? GNUTLS_E_INTERRUPTED : got;
}

/* One record. True when there may be more to read now. */
static bool read_record(struct net_connection *connection, struct budget *budget)
{
    ssize_t got = receive_record(connection);
    if (got == GNUTLS_E_REHANDSHAKE)
        got = refuse_renegotiation(connection);
    if (got == GNUTLS_E_AGAIN)
        return false;
    if (got > 0) {
        hand_up(connection, connection->net->read_buffer, (size_t)got);
    } else if (got == 0) {
        connection->has_close_notify = true;
        net_connection_sign(connection, NET_SIGN_CLOSE_NOTIFY, GNUTLS_A_CLOSE_NOTIFY, 0,
                            "the peer sent close_notify");
    } else {
        net_read_take_tls_error(connection, (int)got);
    }
    return budget_spend(budget, got > 0 ? (size_t)got : 0);
}

static void hand_up_clear(struct net_connection *connection)
{
    struct net_message_head head;
    const uint8_t *bytes;
    const struct net_message_facts of_record = connection->incoming;
    struct net_queue clear = connection->clear;
    connection->clear = (struct net_queue){0};
    while (net_connection_is_alive(connection) && net_queue_first_message(&clear, &head, &bytes)) {
        connection->incoming = (struct net_message_facts){.stream = head.options.stream,
                                                          .is_unordered = !head.options.is_ordered,
                                                          .is_clear = true,
                                                          .payload_protocol = head.options.payload_protocol};
        hand_up(connection, bytes, head.size_bytes);
        net_queue_consume_message(&clear);
    }
    net_queue_clear(&clear);
    connection->incoming = of_record;
}

static void read_tls(struct net_connection *connection, struct budget *budget)
{
    bool has_more = true;
    /* What GnuTLS holds decrypted makes no descriptor readable: it is taken whatever the budget says. */
    while ((has_more || gnutls_record_check_pending(connection->session) > 0) &&
           !connection->has_close_notify && connection->phase == NET_PHASE_OPEN && !connection->is_silent) {
        if (connection->is_renegotiating && !net_renegotiation_step(connection))
            return;
        has_more = read_record(connection, budget);
        if (connection->clear.size_bytes > 0)
            hand_up_clear(connection);
    }
    /* Data behind a close_notify is ignored (RFC 8446 §6.1); FIN and RST are not. */
    if (has_more && connection->has_close_notify && connection->fd >= 0)
        drain(connection, budget);
}

/* SCTP has no half of an association: when it is shut down, neither side can send any more. */
static void sign_shutdown(struct net_connection *connection)
{
    connection->is_dead = true;
    net_connection_fail(connection, NET_SIGN_SHUTDOWN, -1, 0,
                        !connection->tls ? "the association was shut down"
                        : connection->has_close_notify
                            ? "the association was shut down after close_notify"
                            : "the association was shut down without close_notify");
}

static void sign_fin(struct net_connection *connection)
{
    connection->has_signed_fin = true;
    if (connection->phase == NET_PHASE_FAILED)
        return;
    if (connection->ops->keeps_messages) {
        sign_shutdown(connection);
        return;
    }
    net_hangup_watch(connection); /* before the look at SO_ERROR, so that no reset falls between the two */
    bool is_tls = connection->tls != NULL;
    if (connection->phase != NET_PHASE_OPEN && !connection->is_closing) {
        net_connection_fail(connection, NET_SIGN_FIN, -1, 0,
                            "the peer sent FIN before the TLS handshake was done");
        return;
    }
    net_connection_sign(connection, NET_SIGN_FIN, -1, 0,
                        !is_tls                        ? "the peer sent FIN"
                        : connection->has_close_notify ? "the peer sent FIN after close_notify"
                                                       : "the peer sent FIN without close_notify");
    if (net_connection_is_alive(connection) && !connection->read_errno && !connection->write_errno)
        connection->read_errno = net_hangup_take_error(connection);
}

/* Shows what the socket said while it was read, in the order in which the peer did it. */
static void settle(struct net_connection *connection)
{
    const char *doing = connection->phase == NET_PHASE_OPEN ? "the connection was open" : "TLS was set up";
    if (connection->has_fin && !connection->has_signed_fin && net_connection_is_alive(connection))
        sign_fin(connection);
    int error_number = connection->read_errno;
    if (!error_number && connection->is_drained)
        error_number = connection->write_errno;
    if (error_number && net_connection_is_alive(connection)) {
        connection->is_dead = true;
        net_connection_fail_errno(connection, error_number, doing);
    }
}

void net_connection_read(struct net_connection *connection)
{
    struct budget budget = {NET_READ_BUDGET_BYTES, NET_READ_TURNS_MAX};
    if (connection->fd < 0 || connection->is_silent)
        return;
    switch (connection->phase) {
    case NET_PHASE_CONNECTING:
    case NET_PHASE_CLOSED:
        return;
    case NET_PHASE_WAITING:
        if (connection->is_closing)
            drain(connection, &budget);
        else if (net_slot_take(connection))
            net_handshake_begin(connection);
        break;
    case NET_PHASE_HELD:
    case NET_PHASE_FAILED:
        if (connection->is_closing)
            drain(connection, &budget);
        break;
    case NET_PHASE_HANDSHAKE:
        if (connection->is_closing)
            drain(connection, &budget);
        else
            net_handshake_step(connection);
        break;
    case NET_PHASE_OPEN:
        if (connection->session)
            read_tls(connection, &budget);
        else
            read_plain(connection, &budget);
        break;
    }
    /* No descriptor says again that there is more. */
    if (connection->ops->is_signalled && !connection->is_drained && connection->fd >= 0 &&
        (connection->phase == NET_PHASE_OPEN || connection->is_closing))
        net_connection_defer(connection, NET_DEFER_READ);
    settle(connection);
}
