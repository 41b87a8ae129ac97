#include <errno.h>
#include <string.h>

#include "net/net_private.h"

/* GnuTLS sees neither the end of the stream nor an error of the socket: to it there is just nothing to read.
 * Told of an end it would declare the session invalid, and our own direction, which the peer may still read,
 * would be lost with it. */
static ssize_t pull(gnutls_transport_ptr_t pointer, void *bytes, size_t size_bytes)
{
    struct net_connection *connection = pointer;
    size_t got = net_wire_pull(connection, bytes, size_bytes);
    if (got > 0)
        return (ssize_t)got;
    gnutls_transport_set_errno(connection->session, EAGAIN);
    return -1;
}

/* Records are queued and leave together in net_wire_flush: a flight of the handshake is one segment, not six.
 * On SCTP one push is one record, and one user message: in order, on the stream of the pair (RFC 3436
 * §5, 6.2).
 */
static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes, size_t size_bytes)
{
    struct net_connection *connection = pointer;
    bool is_unordered = connection->tls->sends_unordered && connection->phase == NET_PHASE_OPEN;
    const struct net_message_options how = {.stream = connection->stream, .is_ordered = !is_unordered};
    if (net_wire_queue(connection, bytes, size_bytes, &how))
        return (ssize_t)size_bytes;
    gnutls_transport_set_errno(connection->session, EPIPE);
    return -1;
}

/* Never waited for: the session is non-blocking and has no time-outs of its own. */
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
    (void)pointer;
    (void)ms;
    return 1;
}

bool net_session_new(struct net_connection *connection)
{
    bool is_client = net_connection_is_opened_by_us(connection);
    const struct net_tls_config *tls = connection->tls;
    unsigned flags = GNUTLS_NONBLOCK | (is_client ? GNUTLS_CLIENT : GNUTLS_SERVER);
    if (tls->has_no_resumption)
        flags |= GNUTLS_NO_TICKETS;
    if (tls->early_data || tls->accepts_early_data)
        flags |= GNUTLS_ENABLE_EARLY_DATA;
    if (gnutls_init(&connection->session, flags) < 0) {
        connection->session = NULL;
        return false;
    }
    gnutls_session_t session = connection->session;
    gnutls_session_set_ptr(session, connection);
    int result = gnutls_priority_set(session, tls->priority);
    if (result >= 0)
        result = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->certificates);
    if (result >= 0 && is_client && tls->server_name)
        result = gnutls_server_name_set(session, GNUTLS_NAME_DNS, tls->server_name, strlen(tls->server_name));
    if (!is_client)
        gnutls_certificate_server_set_request(session, tls->request_certificate ? GNUTLS_CERT_REQUEST
                                                                                : GNUTLS_CERT_IGNORE);
    gnutls_transport_set_ptr(session, connection);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    net_session_set_hooks(connection);
    if (result >= 0 && is_client)
        net_resumption_offer(connection);
    if (result >= 0 && !is_client)
        net_resumption_allow_early_data(connection);
    if (result < 0) {
        gnutls_deinit(session);
        connection->session = NULL;
    }
    return result >= 0;
}

int net_session_handshake(struct net_connection *connection)
{
    int result = gnutls_handshake(connection->session);
    net_hooks_forget_hello();
    return result;
}

int net_session_send_alert(struct net_connection *connection, int gnutls_error)
{
    int level = 0;
    int alert = gnutls_error_to_alert(gnutls_error, &level);
    if (alert < 0)
        return -1;
    int result = gnutls_alert_send(connection->session, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert);
    net_wire_flush(connection);
    return result < 0 ? -1 : alert;
}

void net_session_close_notify(struct net_connection *connection)
{
    if (connection->has_sent_close_notify || connection->phase != NET_PHASE_OPEN || !connection->session)
        return;
    connection->has_sent_close_notify = true;
    gnutls_bye(connection->session, GNUTLS_SHUT_WR);
    net_wire_flush(connection);
}
