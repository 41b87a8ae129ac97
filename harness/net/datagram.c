#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/net_private.h"

enum { DATAGRAM_BUDGET = 64 };

struct net_datagram {
    TAILQ_ENTRY(net_datagram) link;
    struct net *net;
    int fd; /* -1: freed by the user inside its callback */
    bool is_reading;
    struct loop_poll *poll;
    struct net_address address;
    net_datagram_cb cb;
    void *arg;
};

static void destroy(struct net_datagram *datagram)
{
    loop_poll_free(datagram->poll);
    if (datagram->fd >= 0)
        close(datagram->fd);
    free(datagram);
}

static bool read_one(struct net_datagram *datagram)
{
    struct sockaddr_storage storage = {0};
    socklen_t size_bytes = sizeof storage;
    uint8_t *bytes = datagram->net->read_buffer;
    ssize_t got = recvfrom(datagram->fd, bytes, NET_READ_BUFFER_BYTES, MSG_DONTWAIT,
                           (struct sockaddr *)&storage, &size_bytes);
    if (got < 0) /* an ICMP error of an earlier answer is not the end of the socket */
        return errno != EAGAIN && errno != EWOULDBLOCK;
    struct net_address from;
    if (datagram->cb && net_address_from_sockaddr(&storage, &from))
        datagram->cb(datagram, &from, bytes, (size_t)got, datagram->arg);
    return true;
}

static void on_readable(struct loop_poll *poll, int events, void *arg)
{
    struct net_datagram *datagram = arg;
    if (events == (LOOP_READABLE | LOOP_WRITABLE)) /* an error, after which the loop watches no more */
        loop_poll_set(poll, LOOP_READABLE);
    datagram->is_reading = true;
    for (int i = 0; i < DATAGRAM_BUDGET && datagram->fd >= 0; i++) {
        if (!read_one(datagram))
            break;
    }
    datagram->is_reading = false;
    if (datagram->fd < 0)
        destroy(datagram);
}

static bool set_up(struct net_datagram *datagram, const struct net_address *local)
{
    datagram->fd =
        socket(local->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (datagram->fd < 0 || !net_socket_bind(datagram->fd, local) ||
        !net_socket_local(datagram->fd, &datagram->address))
        return false;
    datagram->poll = loop_poll_new(datagram->net->loop, datagram->fd, on_readable, datagram);
    if (!datagram->poll)
        errno = ENOMEM;
    return datagram->poll != NULL;
}

struct net_datagram *net_datagram_open(struct net *net, const struct net_address *local, net_datagram_cb cb,
                                       void *arg)
{
    if (local->family != 4 && local->family != 6) {
        errno = EAFNOSUPPORT;
        return NULL;
    }
    struct net_datagram *datagram = calloc(1, sizeof *datagram);
    if (!datagram)
        return NULL;
    datagram->net = net;
    datagram->cb = cb;
    datagram->arg = arg;
    if (!set_up(datagram, local)) {
        int error_number = errno;
        destroy(datagram);
        errno = error_number;
        return NULL;
    }
    TAILQ_INSERT_TAIL(&net->datagrams, datagram, link);
    loop_poll_set(datagram->poll, LOOP_READABLE);
    return datagram;
}

int net_datagram_send(struct net_datagram *socket, const struct net_address *to, const void *bytes,
                      size_t size_bytes)
{
    struct sockaddr_storage storage;
    socklen_t storage_bytes = net_address_to_sockaddr(to, &storage);
    ssize_t sent = sendto(socket->fd, bytes, size_bytes, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&storage, storage_bytes);
    return sent == (ssize_t)size_bytes ? 0 : -1;
}

const struct net_address *net_datagram_address(const struct net_datagram *socket)
{
    return &socket->address;
}

void net_datagram_free(struct net_datagram *socket)
{
    if (!socket || socket->fd < 0)
        return;
    TAILQ_REMOVE(&socket->net->datagrams, socket, link);
    if (!socket->is_reading) {
        destroy(socket);
        return;
    }
    loop_poll_free(socket->poll);
    socket->poll = NULL;
    close(socket->fd);
    socket->fd = -1;
}
