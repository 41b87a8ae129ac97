#include <errno.h>
#include <string.h>

#include "net/net_private.h"

static bool is_passing(int error_number)
{
    return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

size_t net_wire_receive(struct net_connection *connection, void *bytes, size_t size_bytes)
{
    connection->is_drained = true;
    if (connection->fd < 0 || connection->has_fin || connection->read_errno)
        return 0;
    ssize_t got = connection->ops->receive(connection->fd, bytes, size_bytes, &connection->incoming);
    if (got > 0) {
        connection->is_drained = false;
        return (size_t)got;
    }
    if (got == 0) {
        /* After a reset the kernel tells the first call that asks, and to the others the stream has merely
         * ended: when a write was told ECONNRESET, there was no FIN. (A reset after a FIN is EPIPE.) */
        connection->has_fin = connection->write_errno != ECONNRESET;
    } else if (!is_passing(errno)) {
        connection->read_errno = errno;
        connection->is_dead = true;
    }
    return 0;
}

/* RFC 8446 §5.1: a content type, and the major version that all records have kept. */
static bool is_record(const uint8_t *bytes, size_t size_bytes)
{
    enum { FIRST_CONTENT_TYPE = 20, LAST_CONTENT_TYPE = 24, MAJOR_VERSION = 3 };
    return size_bytes >= 2 && bytes[0] >= FIRST_CONTENT_TYPE && bytes[0] <= LAST_CONTENT_TYPE &&
           bytes[1] == MAJOR_VERSION;
}

/* False: it goes to GnuTLS, whatever it is. */
static bool set_clear_aside(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    const struct net_message_options head = {.stream = connection->incoming.stream,
                                             .is_ordered = !connection->incoming.is_unordered,
                                             .payload_protocol = connection->incoming.payload_protocol};
    if (!connection->tls->takes_clear || connection->phase != NET_PHASE_OPEN || size_bytes == 0 ||
        is_record(bytes, size_bytes))
        return false;
    return net_queue_append_message(&connection->clear, bytes, size_bytes, &head, NET_MESSAGE_MAX_BYTES);
}

/* The next user message that TLS is to see, which may be none. */
static size_t receive_record(struct net_connection *connection, uint8_t *whole)
{
    size_t got = 0;
    do {
        got = net_wire_receive(connection, whole, NET_READ_BUFFER_BYTES);
    } while (set_clear_aside(connection, whole, got));
    connection->facts.has_unordered_records |= got > 0 && connection->incoming.is_unordered;
    return got;
}

size_t net_wire_pull(struct net_connection *connection, void *bytes, size_t size_bytes)
{
    if (!connection->ops->keeps_messages)
        return net_wire_receive(connection, bytes, size_bytes);
    if (connection->in.size_bytes == 0) {
        uint8_t *whole = connection->net->message_buffer;
        size_t got = receive_record(connection, whole);
        if (!net_queue_append(&connection->in, whole, got, NET_READ_BUFFER_BYTES))
            connection->read_errno = ENOMEM;
    }
    size_t taken = size_bytes < connection->in.size_bytes ? size_bytes : connection->in.size_bytes;
    if (taken > 0)
        memcpy(bytes, net_queue_head(&connection->in), taken);
    net_queue_consume(&connection->in, taken);
    return taken;
}

bool net_wire_queue(struct net_connection *connection, const void *bytes, size_t size_bytes,
                    const struct net_message_options *how)
{
    if (connection->fd < 0 || connection->is_dead || connection->is_silent)
        return true; /* as good as lost on the way */
    if (connection->ops->keeps_messages)
        return net_queue_append_message(&connection->out, bytes, size_bytes, how, NET_QUEUE_HARD_LIMIT_BYTES);
    return net_queue_append(&connection->out, bytes, size_bytes, NET_QUEUE_HARD_LIMIT_BYTES);
}

static void end_writing_if_due(struct net_connection *connection)
{
    if (!connection->is_closing || connection->has_ended_writing || connection->out.size_bytes > 0)
        return;
    connection->has_ended_writing = true;
    connection->ops->end_writing(connection->fd);
}

/* What can go now: some bytes of a stream, or the first message whole. -1, errno. */
static int send_some(struct net_connection *connection)
{
    struct net_message_head head = {0};
    const uint8_t *bytes = NULL;
    if (!connection->ops->keeps_messages) {
        ssize_t sent = connection->ops->send(connection->fd, net_queue_head(&connection->out),
                                             connection->out.size_bytes, NULL);
        if (sent >= 0)
            net_queue_consume(&connection->out, (size_t)sent);
        return sent >= 0 ? 0 : -1;
    }
    net_queue_first_message(&connection->out, &head, &bytes);
    if (connection->ops->send(connection->fd, bytes, head.size_bytes, &head.options) < 0)
        return -1;
    net_queue_consume_message(&connection->out);
    return 0;
}

void net_wire_flush(struct net_connection *connection)
{
    if (connection->fd < 0 || connection->is_silent || connection->phase == NET_PHASE_CONNECTING)
        return;
    while (connection->out.size_bytes > 0) {
        if (send_some(connection) == 0)
            continue;
        if (is_passing(errno))
            return;
        /* What the peer sent before it went away is read first: it may be the alert that says why. */
        connection->write_errno = errno;
        connection->is_dead = true;
        net_queue_clear(&connection->out);
        net_connection_defer(connection, NET_DEFER_READ);
    }
    end_writing_if_due(connection);
    if (connection->on_flushed)
        connection->on_flushed(connection);
}
