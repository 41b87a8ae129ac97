#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/net_private.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static int tcp_open(struct net *net, int domain)
{
    (void)net;
    return socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

static void tcp_tune(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static bool tcp_bind(int fd, const struct net_address *address, bool is_to_listen)
{
    const int on = 1;
    if (is_to_listen || address->port != 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    else
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return net_socket_bind(fd, address);
}

static ssize_t tcp_receive(int fd, void *bytes, size_t size_bytes, struct net_message_facts *facts)
{
    (void)facts;
    return recv(fd, bytes, size_bytes, MSG_DONTWAIT);
}

static ssize_t tcp_send(int fd, const void *bytes, size_t size_bytes, const struct net_message_options *how)
{
    (void)how;
    return send(fd, bytes, size_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tcp_end_writing(int fd)
{
    shutdown(fd, SHUT_WR);
}

static void tcp_prepare_silent_close(int fd)
{
    /* A socket under repair is closed without a segment; it takes CAP_NET_ADMIN, which a sandbox has. */
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0)
        errno = 0;
}

const struct net_transport_ops net_tcp_ops = {
    .open = tcp_open,
    .tune = tcp_tune,
    .bind = tcp_bind,
    .local = net_socket_local,
    .listen = net_socket_listen,
    .accept = net_socket_accept,
    .connect = net_socket_connect,
    .take_error = net_socket_take_error,
    .receive = tcp_receive,
    .send = tcp_send,
    .end_writing = tcp_end_writing,
    .prepare_abort = net_socket_prepare_abort,
    .vanish = net_socket_vanish,
    .prepare_silent_close = tcp_prepare_silent_close,
    .close = net_socket_close,
};
