#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/net_private.h"

void net_connection_read_local(struct net_connection *connection)
{
    struct net_address read;
    if (!connection->ops->local(connection->fd, &read))
        return;
    /* The kernel names the last of several addresses that were bound; the first one is the connection's own.
     */
    uint16_t port = read.port;
    connection->local = connection->first.family ? connection->first : read;
    connection->local.port = port;
}

/* The kernel lists them in no order. */
static void put_first(struct net_address *addresses, size_t count, const struct net_address *own)
{
    for (size_t i = 1; i < count; i++) {
        if (net_address_equal(&addresses[i], own)) {
            addresses[i] = addresses[0];
            addresses[0] = *own;
        }
    }
}

static void read_association(struct net_connection *connection)
{
    struct net_association_facts *facts = &connection->association;
    if (!connection->ops->describe || !connection->ops->describe(connection->fd, facts))
        return;
    put_first(facts->local, facts->local_count, &connection->local);
    put_first(facts->remote, facts->remote_count, &connection->remote);
    /* Of several that were tried the one that came first may be none of the peer's. */
    if (facts->remote_count > 0)
        connection->remote = facts->remote[0];
}

/* ENOPROTOOPT is what ICMP's "protocol unreachable" comes to, EPROTO its counterpart of IPv6. */
static const char *say_failure(const struct net_connection *connection, int error_number)
{
    bool is_sctp = connection->transport == NET_SCTP || connection->transport == NET_TLS_SCTP;
    return is_sctp && (error_number == ENOPROTOOPT || error_number == EPROTO)
               ? "the host has no SCTP (ICMP: protocol unreachable)"
               : strerror(error_number);
}

static void fail_connect(struct net_connection *connection, int error_number)
{
    char to[NET_ADDRESS_TEXT_MAX], text[160];
    net_address_format(&connection->remote, to);
    snprintf(text, sizeof text, "connecting to %s: %s", to, say_failure(connection, error_number));
    connection->is_dead = true;
    net_connection_fail(connection, NET_SIGN_CONNECT_FAILED, -1, error_number, text);
}

/* A connect() from a port of the ephemeral range to itself succeeds by simultaneous open, with nobody
 * listening. */
static bool is_self_connected(const struct net_connection *connection)
{
    return net_address_equal(&connection->local, &connection->remote);
}

void net_connection_finish_connect(struct net_connection *connection)
{
    int error_number = connection->connect_errno;
    if (!error_number)
        error_number = connection->ops->take_error(connection->fd);
    if (error_number == EINPROGRESS)
        return;
    net_connection_read_local(connection);
    if (!error_number && is_self_connected(connection))
        error_number = ECONNREFUSED;
    if (error_number)
        fail_connect(connection, error_number);
    else
        net_connection_start(connection);
}

void net_connection_start(struct net_connection *connection)
{
    connection->phase = NET_PHASE_WAITING;
    read_association(connection);
    if (!connection->association.id)
        connection->association.id = connection->id;
    if (connection->events.on_connected)
        connection->events.on_connected(connection, connection->arg);
    if (!net_connection_is_alive(connection) || connection->is_closing || connection->is_silent)
        return;
    if (!connection->tls)
        net_connection_become_ready(connection);
    else if (net_connection_is_opened_by_us(connection))
        net_handshake_begin(connection);
    else
        loop_timer_start(connection->timer, connection->handshake_timeout_ms);
}

static int open_bound(struct net *net, const struct net_transport_ops *ops,
                      const struct net_connect_options *options)
{
    int fd = ops->open(net, options->remote.family == 6 ? AF_INET6 : AF_INET);
    if (fd < 0)
        return -1;
    ops->tune(fd);
    if (options->local.family == 0)
        return fd;
    if (options->local.family == options->remote.family &&
        net_transport_bind(ops, fd, &options->local, &options->also, false))
        return fd;
    int error_number = options->local.family == options->remote.family ? errno : EAFNOSUPPORT;
    ops->close(fd);
    errno = error_number;
    return -1;
}

static bool set_up(struct net_connection *connection, const struct net_connect_options *options)
{
    if (net_transport_is_secure(options->transport)) {
        if (!net_tls_config_init(&connection->own_tls, connection->net, &options->tls))
            return false;
        connection->tls = &connection->own_tls;
        connection->facts.server_name = connection->own_tls.server_name;
        connection->facts.has_server_name = connection->own_tls.server_name != NULL;
    }
    connection->remote = options->remote;
    connection->first = options->also.count > 0 ? options->local : (struct net_address){0};
    connection->handshake_timeout_ms =
        options->handshake_timeout_ms ? options->handshake_timeout_ms : NET_HANDSHAKE_TIMEOUT_MS;
    return true;
}

static void begin_connect(struct net_connection *connection, const struct net_also *remote_also)
{
    loop_timer_start(connection->timer, connection->handshake_timeout_ms);
    connection->connect_errno =
        net_transport_connect(connection->ops, connection->fd, &connection->remote, remote_also);
    if (connection->connect_errno)
        net_connection_defer(connection, NET_DEFER_CONNECT);
    net_connection_read_local(connection);
}

static struct net_connection *give_up(struct net_connection *connection)
{
    int error_number = errno;
    net_connection_free(connection);
    errno = error_number;
    return NULL;
}

struct net_connection *net_connect_pair(struct net_connection *first, const struct net_pair_options *options,
                                        const struct net_connection_events *events, void *arg)
{
    int fd =
        first->ops == &net_pair_ops && first->fd >= 0 ? net_pair_open_beside(first->fd, options->stream) : -1;
    if (fd < 0) {
        errno = first->ops == &net_pair_ops && first->fd >= 0 ? errno : ENOTCONN;
        return NULL;
    }
    const struct net_connect_options own = {.transport = NET_TLS_SCTP,
                                            .remote = first->remote,
                                            .tls = options->tls,
                                            .handshake_timeout_ms = options->handshake_timeout_ms};
    struct net_connection *connection = net_connection_new(first->net, fd, NET_TLS_SCTP, &net_pair_ops);
    if (!connection)
        return NULL;
    connection->phase = NET_PHASE_CONNECTING;
    connection->stream = options->stream;
    if (!set_up(connection, &own))
        return give_up(connection);
    if (events)
        connection->events = *events;
    connection->arg = arg;
    net_connection_enter(connection);
    loop_timer_start(connection->timer, connection->handshake_timeout_ms);
    net_connection_read_local(connection);
    net_connection_defer(connection, NET_DEFER_CONNECT); /* the association may be up already */
    net_connection_leave(connection);
    return connection;
}

struct net_connection *net_connect(struct net *net, const struct net_connect_options *options,
                                   const struct net_connection_events *events, void *arg)
{
    const struct net_transport_ops *ops = net_transport_find_ops(net, options->transport);
    if (!ops)
        return NULL;
    if (options->remote.family != 4 && options->remote.family != 6) {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    int fd = open_bound(net, ops, options);
    if (fd < 0)
        return NULL;
    struct net_connection *connection = net_connection_new(net, fd, options->transport, ops);
    if (!connection)
        return NULL;
    if (!set_up(connection, options))
        return give_up(connection);
    connection->phase = NET_PHASE_CONNECTING;
    if (events)
        connection->events = *events;
    connection->arg = arg;
    net_connection_enter(connection);
    begin_connect(connection, &options->remote_also);
    net_connection_leave(connection);
    return connection;
}
