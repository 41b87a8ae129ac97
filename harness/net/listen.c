#include <errno.h>
#include <stdlib.h>

#include "net/net_private.h"

static void on_acceptable(struct loop_poll *poll, int events, void *arg);

static int open_listening(struct net *net, const struct net_transport_ops *ops,
                          const struct net_address *address, const struct net_also *also)
{
    int fd = ops->open(net, address->family == 6 ? AF_INET6 : AF_INET);
    if (fd < 0)
        return -1;
    if (ops->keeps_messages)
        ops->tune(fd); /* what an association has from its beginning, it has from its listener */
    if (net_transport_bind(ops, fd, address, also, true) && ops->listen(fd) == 0)
        return fd;
    int error_number = errno;
    ops->close(fd);
    errno = error_number;
    return -1;
}

static bool set_up(struct net_listener *listener, const struct net_listen_options *options)
{
    listener->options = *options;
    listener->options.tls = (struct net_tls_options){0}; /* its pointers are the caller's */
    if (!listener->options.handshake_timeout_ms)
        listener->options.handshake_timeout_ms = NET_HANDSHAKE_TIMEOUT_MS;
    if (net_transport_is_secure(options->transport) &&
        !net_tls_config_init(&listener->tls, listener->net, &options->tls))
        return false;
    listener->fd = open_listening(listener->net, listener->ops, &options->local, &options->also);
    if (listener->fd < 0 || !listener->ops->local(listener->fd, &listener->address))
        return false;
    uint16_t port = listener->address.port;
    if (options->also.count > 0) /* the kernel names the last one that was bound */
        listener->address = options->local;
    listener->address.port = port;
    listener->poll = loop_poll_new(listener->net->loop, listener->fd, on_acceptable, listener);
    if (!listener->poll)
        errno = ENOMEM;
    return listener->poll != NULL;
}

struct net_listener *net_listen(struct net *net, const struct net_listen_options *options)
{
    const struct net_transport_ops *ops = net_transport_find_ops(net, options->transport);
    if (!ops)
        return NULL;
    if (options->local.family != 4 && options->local.family != 6) {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    struct net_listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return NULL;
    listener->net = net;
    listener->refs = 1;
    listener->fd = -1;
    listener->ops = ops;
    TAILQ_INIT(&listener->held);
    TAILQ_INSERT_TAIL(&net->listeners, listener, link);
    if (!set_up(listener, options)) {
        int error_number = errno;
        net_listener_free(listener);
        errno = error_number;
        return NULL;
    }
    net_listener_watch(listener);
    return listener;
}

const struct net_address *net_listener_address(const struct net_listener *listener)
{
    return &listener->address;
}

bool net_listener_is_paused(const struct net_listener *listener)
{
    switch (listener->net->accepting) {
    case NET_ACCEPT_ALL:
        return false;
    case NET_ACCEPT_FEW:
        return listener->accepted >= NET_FEW_CONNECTIONS;
    case NET_ACCEPT_NONE:
        break;
    }
    return true;
}

void net_listener_watch(struct net_listener *listener)
{
    if (listener->poll)
        loop_poll_set(listener->poll, net_listener_is_paused(listener) ? 0 : LOOP_READABLE);
}

void net_listener_free(struct net_listener *listener)
{
    if (!listener)
        return;
    loop_poll_free(listener->poll);
    listener->poll = NULL;
    if (listener->fd >= 0)
        listener->ops->close(listener->fd);
    listener->fd = -1;
    net_listener_unref(listener);
}

void net_listener_unref(struct net_listener *listener)
{
    if (--listener->refs > 0)
        return;
    TAILQ_REMOVE(&listener->net->listeners, listener, link);
    net_tls_config_fini(&listener->tls);
    free(listener);
}

void net_listener_adopt(struct net_listener *listener, int fd, const struct net_address *remote)
{
    struct net *net = listener->net;
    listener->ops->tune(fd);
    struct net_connection *connection =
        net_connection_new(net, fd, listener->options.transport, listener->ops);
    if (!connection)
        return;
    connection->listener = listener;
    if (listener->ops == &net_pair_ops)
        connection->stream = net_pair_stream(fd);
    listener->refs++;
    net->accepted++;
    listener->accepted++;
    connection->tls = net_transport_is_secure(connection->transport) ? &listener->tls : NULL;
    connection->facts.was_certificate_requested = connection->tls && connection->tls->request_certificate;
    connection->handshake_timeout_ms = listener->options.handshake_timeout_ms;
    connection->remote = *remote;
    connection->local = listener->address;
    if (listener->options.also.count > 0)
        connection->first = listener->address;
    net_connection_read_local(connection);
    net_connection_enter(connection);
    if (listener->options.on_accept)
        listener->options.on_accept(listener, connection, &connection->events, &connection->arg,
                                    listener->options.arg);
    if (net_connection_is_alive(connection) && !connection->is_closing)
        net_connection_start(connection);
    net_connection_leave(connection);
    net_accept_update(net);
    if (net->accepting == NET_ACCEPT_FEW)
        net_listener_watch(listener);
}

static bool is_out_of_resources(int error_number)
{
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
           error_number == ENOMEM;
}

/* Any other error belongs to the one connection that went away before it was accepted. */
static bool accept_one(struct net_listener *listener)
{
    struct net_address remote = {0};
    int fd = listener->ops->accept(listener->fd, &remote);
    if (fd < 0) {
        if (is_out_of_resources(errno))
            net_accept_back_off(listener->net);
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    net_listener_adopt(listener, fd, &remote);
    return true;
}

static void on_acceptable(struct loop_poll *poll, int events, void *arg)
{
    struct net_listener *listener = arg;
    (void)poll;
    (void)events;
    listener->refs++; /* on_accept may free it */
    if (listener->ops->is_signalled)
        listener->ops->take_sign(listener->fd);
    for (int i = 0; i < NET_ACCEPT_BUDGET && listener->fd >= 0 && !net_listener_is_paused(listener); i++) {
        if (!accept_one(listener))
            break;
    }
    net_listener_unref(listener);
}
