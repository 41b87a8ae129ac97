#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "net/net_private.h"

socklen_t net_address_to_sockaddr(const struct net_address *address, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address->family == 6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        memcpy(&in6.sin6_addr, address->ip, 16);
        memcpy(out, &in6, sizeof in6);
        return sizeof in6;
    }
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&in4.sin_addr, address->ip, 4);
    memcpy(out, &in4, sizeof in4);
    return sizeof in4;
}

bool net_address_from_sockaddr(const struct sockaddr_storage *storage, struct net_address *out)
{
    *out = (struct net_address){0};
    if (storage->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, storage, sizeof in6);
        out->family = 6;
        memcpy(out->ip, &in6.sin6_addr, 16);
        out->port = ntohs(in6.sin6_port);
    } else if (storage->ss_family == AF_INET) {
        struct sockaddr_in in4;
        memcpy(&in4, storage, sizeof in4);
        out->family = 4;
        memcpy(out->ip, &in4.sin_addr, 4);
        out->port = ntohs(in4.sin_port);
    }
    return out->family != 0;
}

bool net_socket_local(int fd, struct net_address *out)
{
    struct sockaddr_storage storage = {0};
    socklen_t size_bytes = sizeof storage;
    return getsockname(fd, (struct sockaddr *)&storage, &size_bytes) == 0 &&
           net_address_from_sockaddr(&storage, out);
}

bool net_socket_bind(int fd, const struct net_address *address)
{
    struct sockaddr_storage storage;
    socklen_t size_bytes = net_address_to_sockaddr(address, &storage);
    const int on = 1;
    if (address->family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return bind(fd, (const struct sockaddr *)&storage, size_bytes) == 0;
}

static int tcp_open(int domain)
{
    return socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

static void tcp_tune(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static ssize_t tcp_receive(int fd, void *bytes, size_t size_bytes)
{
    return recv(fd, bytes, size_bytes, MSG_DONTWAIT);
}

static ssize_t tcp_send(int fd, const void *bytes, size_t size_bytes)
{
    return send(fd, bytes, size_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void tcp_end_writing(int fd)
{
    shutdown(fd, SHUT_WR);
}

static void tcp_prepare_abort(int fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int tcp_vanish(int fd)
{
    /* "ret #0" drops every segment before TCP sees it, and needs no privilege. */
    struct sock_filter drop_all[] = {{.code = BPF_RET | BPF_K, .k = 0}};
    const struct sock_fprog program = {.len = 1, .filter = drop_all};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static void tcp_prepare_silent_close(int fd)
{
    /* A socket under repair is closed without a segment; it takes CAP_NET_ADMIN, which a sandbox has. */
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0)
        errno = 0;
}

static const struct net_transport_ops tcp_ops = {
    .open = tcp_open,
    .tune = tcp_tune,
    .receive = tcp_receive,
    .send = tcp_send,
    .end_writing = tcp_end_writing,
    .prepare_abort = tcp_prepare_abort,
    .vanish = tcp_vanish,
    .prepare_silent_close = tcp_prepare_silent_close,
};

const struct net_transport_ops *net_transport_find_ops(enum net_transport transport)
{
    return transport == NET_TCP || transport == NET_TLS ? &tcp_ops : NULL;
}
