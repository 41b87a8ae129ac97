#include <errno.h>

#include "net/net_private.h"

static bool can_write(const struct net_connection *connection, size_t size_bytes)
{
    size_t queued_bytes = connection->out.size_bytes + connection->early.size_bytes;
    if (queued_bytes > NET_QUEUE_FAIR_BYTES && connection->net->queued_bytes > NET_QUEUES_LIMIT_BYTES)
        return false;
    return net_connection_is_alive(connection) && !connection->is_closing && !connection->is_silent &&
           !connection->is_dead && !connection->has_sent_close_notify &&
           connection->phase != NET_PHASE_FAILED && size_bytes <= NET_QUEUE_LIMIT_BYTES &&
           queued_bytes <= NET_QUEUE_LIMIT_BYTES - size_bytes;
}

static bool encrypt(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        ssize_t taken = gnutls_record_send(connection->session, bytes, size_bytes);
        if (taken == GNUTLS_E_INTERRUPTED || taken == GNUTLS_E_AGAIN)
            continue; /* the queue takes a record at once: this is GnuTLS updating its keys first */
        if (taken <= 0)
            return false;
        bytes += taken;
        size_bytes -= (size_t)taken;
    }
    return true;
}

static int send_now(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes,
                    const struct net_message_options *how)
{
    bool is_secret = connection->session && !(how && how->is_clear && connection->ops->keeps_messages);
    bool is_taken = is_secret ? encrypt(connection, bytes, size_bytes)
                              : net_wire_queue(connection, bytes, size_bytes, how);
    net_wire_flush(connection);
    return is_taken ? 0 : -1;
}

static bool keep_early(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes,
                       const struct net_message_options *how)
{
    return connection->ops->keeps_messages
               ? net_queue_append_message(&connection->early, bytes, size_bytes, how, NET_QUEUE_LIMIT_BYTES)
               : net_queue_append(&connection->early, bytes, size_bytes, NET_QUEUE_LIMIT_BYTES);
}

static bool send_early(struct net_connection *connection, struct net_queue *early)
{
    struct net_message_head head;
    const uint8_t *bytes;
    if (!connection->ops->keeps_messages)
        return send_now(connection, net_queue_head(early), early->size_bytes, NULL) == 0;
    while (net_queue_first_message(early, &head, &bytes)) {
        if (send_now(connection, bytes, head.size_bytes, &head.options) != 0)
            return false;
        net_queue_consume_message(early);
    }
    return true;
}

int net_connection_write(struct net_connection *connection, const void *bytes, size_t size_bytes)
{
    return net_connection_write_message(connection, bytes, size_bytes, NULL);
}

int net_connection_write_message(struct net_connection *connection, const void *bytes, size_t size_bytes,
                                 const struct net_message_options *how)
{
    static const struct net_message_options USUAL = {0};
    if (!can_write(connection, size_bytes))
        return -1;
    if (size_bytes == 0)
        return 0;
    net_connection_enter(connection);
    int result = 0;
    if (connection->phase == NET_PHASE_OPEN)
        result = send_now(connection, bytes, size_bytes, how ? how : &USUAL);
    else if (!keep_early(connection, bytes, size_bytes, how ? how : &USUAL))
        result = -1;
    if (result == 0)
        connection->bytes_out += size_bytes;
    net_connection_leave(connection);
    return result;
}

void net_connection_become_ready(struct net_connection *connection)
{
    if (connection->timer)
        loop_timer_stop(connection->timer);
    connection->phase = NET_PHASE_OPEN;
    if (connection->early.size_bytes > 0) {
        struct net_queue early = connection->early;
        connection->early = (struct net_queue){0};
        if (!send_early(connection, &early)) {
            connection->write_errno = ENOBUFS;
            net_connection_defer(connection, NET_DEFER_READ);
        }
        net_queue_clear(&early);
    }
    if (net_connection_is_alive(connection) && connection->events.on_ready)
        connection->events.on_ready(connection, connection->arg);
}
