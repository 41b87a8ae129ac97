#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
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

int net_socket_listen(int fd)
{
    return listen(fd, SOMAXCONN);
}

int net_socket_accept(int fd, struct net_address *remote)
{
    struct sockaddr_storage from = {0};
    socklen_t size_bytes = sizeof from;
    int accepted = accept4(fd, (struct sockaddr *)&from, &size_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0)
        net_address_from_sockaddr(&from, remote);
    return accepted;
}

int net_socket_connect(int fd, const struct net_address *remote)
{
    struct sockaddr_storage to;
    socklen_t size_bytes = net_address_to_sockaddr(remote, &to);
    return connect(fd, (const struct sockaddr *)&to, size_bytes) == 0 || errno == EINPROGRESS ? 0 : errno;
}

int net_socket_take_error(int fd)
{
    int error_number = 0;
    socklen_t size_bytes = sizeof error_number;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &size_bytes) != 0)
        return errno;
    return error_number;
}

void net_socket_prepare_abort(int fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int net_socket_vanish(int fd)
{
    /* "ret #0" drops every packet before the transport sees it, and needs no privilege. */
    struct sock_filter drop_all[] = {{.code = BPF_RET | BPF_K, .k = 0}};
    const struct sock_fprog program = {.len = 1, .filter = drop_all};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void net_socket_close(int fd)
{
    close(fd);
}
