/* DNS over TCP (RFC 7766): two bytes of length before each message, any number of messages on a connection.
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "dns/dns_private.h"

enum { LENGTH_BYTES = 2, BUFFER_MAX_BYTES = LENGTH_BYTES + DNS_MESSAGE_MAX_BYTES };

struct dns_tcp {
    struct dns_server *server;
    struct net_connection *connection;
    struct loop_timer *idle;
    uint8_t *buffer; /* an incomplete message with its length */
    size_t size_bytes, capacity;
    struct dns_tcp *prev, *next;
};

static void tcp_free(struct dns_tcp *tcp)
{
    DL_DELETE(tcp->server->connections, tcp);
    tcp->server->connection_count--;
    loop_timer_free(tcp->idle);
    net_connection_free(tcp->connection);
    free(tcp->buffer);
    free(tcp);
}

void dns_tcp_drop_all(struct dns_server *server)
{
    struct dns_tcp *tcp, *next;
    DL_FOREACH_SAFE(server->connections, tcp, next)
    {
        tcp_free(tcp);
    }
}

static void on_closed(struct net_connection *connection, void *arg)
{
    (void)connection;
    tcp_free(arg);
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    (void)arg;
    /* A FIN closes one direction: answers that are queued still go out. */
    net_connection_close(connection, end->sign == NET_SIGN_FIN ? NET_CLOSE_GRACEFUL : NET_CLOSE_NOW);
}

static void on_idle(struct loop_timer *timer, void *arg)
{
    (void)timer;
    struct dns_tcp *tcp = arg;
    net_connection_close(tcp->connection, NET_CLOSE_GRACEFUL);
}

/* false: the connection cannot take the answer, and is being dropped. */
static bool tcp_answer(struct dns_tcp *tcp, const uint8_t *message, size_t size_bytes)
{
    struct dns_reply reply;
    if (!dns_server_answer(tcp->server, message, size_bytes, true, net_connection_remote(tcp->connection),
                           &reply))
        return true;
    uint8_t length[LENGTH_BYTES] = {(uint8_t)(reply.size_bytes >> 8), (uint8_t)reply.size_bytes};
    bool is_sent = net_connection_write(tcp->connection, length, sizeof length) == 0 &&
                   net_connection_write(tcp->connection, reply.bytes, reply.size_bytes) == 0;
    dns_reply_fini(&reply);
    if (!is_sent)
        net_connection_close(tcp->connection, NET_CLOSE_NOW);
    return is_sent;
}

static bool buffer_append(struct dns_tcp *tcp, const uint8_t *bytes, size_t size_bytes)
{
    size_t needed = tcp->size_bytes + size_bytes;
    if (needed > tcp->capacity) {
        size_t capacity = needed < BUFFER_MAX_BYTES / 2 ? needed * 2 : BUFFER_MAX_BYTES;
        uint8_t *larger = realloc(tcp->buffer, capacity);
        if (!larger)
            return false;
        tcp->buffer = larger;
        tcp->capacity = capacity;
    }
    memcpy(tcp->buffer + tcp->size_bytes, bytes, size_bytes);
    tcp->size_bytes = needed;
    return true;
}

/* What is still missing of the length, or of the message that it announces. */
static size_t buffer_missing(const struct dns_tcp *tcp)
{
    if (tcp->size_bytes < LENGTH_BYTES)
        return LENGTH_BYTES - tcp->size_bytes;
    return LENGTH_BYTES + ((size_t)tcp->buffer[0] << 8 | tcp->buffer[1]) - tcp->size_bytes;
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct dns_tcp *tcp = arg;
    while (size_bytes > 0) {
        size_t missing = buffer_missing(tcp);
        size_t taken = missing < size_bytes ? missing : size_bytes;
        if (!buffer_append(tcp, bytes, taken)) {
            net_connection_close(connection, NET_CLOSE_NOW);
            return;
        }
        bytes += taken;
        size_bytes -= taken;
        if (tcp->size_bytes < LENGTH_BYTES || buffer_missing(tcp) > 0)
            continue;
        size_t length = tcp->size_bytes - LENGTH_BYTES;
        tcp->size_bytes = 0;
        loop_timer_start(tcp->idle, tcp->server->tcp_idle_ms);
        if (!tcp_answer(tcp, tcp->buffer + LENGTH_BYTES, length))
            return;
    }
}

static void on_refused_closed(struct net_connection *connection, void *arg)
{
    (void)arg;
    net_connection_free(connection);
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    (void)listener;
    struct dns_server *server = ((struct dns_socket *)arg)->server;
    struct dns_tcp *tcp = server->connection_count < DNS_TCP_CONNECTIONS_MAX ? calloc(1, sizeof *tcp) : NULL;
    struct loop_timer *idle = tcp ? loop_timer_new(net_loop(server->net), on_idle, tcp) : NULL;
    if (!idle) {
        free(tcp);
        *events = (struct net_connection_events){.on_closed = on_refused_closed};
        net_connection_close(connection, NET_CLOSE_NOW);
        return;
    }
    *tcp = (struct dns_tcp){.server = server, .connection = connection, .idle = idle};
    DL_APPEND(server->connections, tcp);
    server->connection_count++;
    loop_timer_start(idle, server->tcp_idle_ms);
    *events = (struct net_connection_events){.on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};
    *connection_arg = tcp;
}

bool dns_tcp_listen(struct dns_socket *socket, const struct net_address *address)
{
    struct net_listen_options options = {
        .transport = NET_TCP, .local = *address, .on_accept = on_accept, .arg = socket};
    socket->listener = net_listen(socket->server->net, &options);
    return socket->listener != NULL;
}
