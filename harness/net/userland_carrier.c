/* Packets of usrsctp over raw IP sockets, one for each family and all addresses of this host. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "net/userland.h"

enum {
    PACKETS_AT_ONCE = 64,
    COMMON_HEADER_BYTES = 12, /* RFC 9260 §3.1 */
    CHECKSUM_AT = 8,
    SEND_TRIES = 2,
    BUFFER_BYTES = 8 * 1024 * 1024
};

/* ---- out */

static struct iovec place_of(void *bytes, size_t size_bytes)
{
    return (struct iovec){bytes, size_bytes};
}

static void set_source(struct msghdr *message, void *control, const struct net_address *source)
{
    struct cmsghdr *head = control;
    message->msg_control = control;
    if (source->family == 4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, source->ip, 4);
        message->msg_controllen = CMSG_SPACE(sizeof info);
        *head = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
        memcpy(CMSG_DATA(head), &info, sizeof info);
        return;
    }
    struct in6_pktinfo info = {0};
    memcpy(&info.ipi6_addr, source->ip, 16);
    message->msg_controllen = CMSG_SPACE(sizeof info);
    *head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof info), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
    memcpy(CMSG_DATA(head), &info, sizeof info);
}

void carrier_send_from(const struct net_userland *userland, const struct net_address *from,
                       const struct net_address *remote, void *packet, size_t size_bytes)
{
    const struct carrier *carrier = &userland->carriers[from->family == 6];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    } control = {0};
    struct sockaddr_storage to;
    struct iovec place = place_of(packet, size_bytes);
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = net_address_to_sockaddr(remote, &to),
                             .msg_iov = &place,
                             .msg_iovlen = 1};
    set_source(&message, &control, from);
    /* What cannot be sent is a packet lost on the way: SCTP sends it again. An error may be that of an
     * earlier packet, which ICMP has reported: it is told once. */
    for (int i = 0; i < SEND_TRIES && carrier->fd >= 0; i++) {
        if (sendmsg(carrier->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            break;
        errno = 0;
    }
}

/* What usrsctp was told that the hardware does. */
static void sum_up(uint8_t *packet, size_t size_bytes)
{
    memset(packet + CHECKSUM_AT, 0, sizeof(uint32_t));
    uint32_t checksum = usrsctp_crc32c(packet, size_bytes);
    memcpy(packet + CHECKSUM_AT, &checksum, sizeof checksum);
}

int carrier_send(void *pointer, void *packet, size_t size_bytes, uint8_t tos, uint8_t set_df)
{
    const struct path *path = pointer;
    const uint8_t *bytes = packet;
    (void)tos;
    (void)set_df;
    if (size_bytes < COMMON_HEADER_BYTES ||
        path_is_muted(path, userland_port_at(bytes), userland_port_at(bytes + 2)))
        return 0;
    if (path->userland->net->sctp == NET_SCTP_BESIDE)
        sum_up(packet, size_bytes);
    carrier_send_from(path->userland, &path->local, &path->remote, packet, size_bytes);
    return 0;
}

/* ---- in */

static bool read_ip6(struct msghdr *message, const struct sockaddr_storage *from, uint8_t *bytes,
                     size_t size_bytes, struct userland_packet *out)
{
    *out = (struct userland_packet){.bytes = bytes, .size_bytes = size_bytes};
    if (!net_address_from_sockaddr(from, &out->source))
        return false;
    out->source.port = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level != IPPROTO_IPV6 || at->cmsg_type != IPV6_PKTINFO)
            continue;
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(at), sizeof info);
        out->destination.family = 6;
        memcpy(out->destination.ip, &info.ipi6_addr, 16);
    }
    return out->destination.family == 6;
}

static bool receive_one(struct carrier *carrier)
{
    uint8_t *bytes = carrier->userland->net->message_buffer;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) * 2];
    } control;
    struct sockaddr_storage from = {0};
    struct iovec place = place_of(bytes, NET_READ_BUFFER_BYTES);
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &place,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct userland_packet packet;
    ssize_t got = recvmsg(carrier->fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK;
    if (carrier->family == 4 ? userland_read_ip4(bytes, (size_t)got, &packet)
                             : read_ip6(&message, &from, bytes, (size_t)got, &packet))
        userland_take(carrier->userland, &packet);
    return true;
}

static void on_readable(struct loop_poll *poll, int events, void *arg)
{
    struct carrier *carrier = arg;
    if (events == (LOOP_READABLE | LOOP_WRITABLE)) /* an error, after which the loop watches no more */
        loop_poll_set(poll, LOOP_READABLE);
    for (int i = 0; i < PACKETS_AT_ONCE && userland_take_error_of(carrier); i++)
        continue;
    for (int i = 0; i < PACKETS_AT_ONCE && receive_one(carrier); i++)
        continue;
}

static void tune(const struct carrier *carrier)
{
    const int on = 1, buffer_bytes = BUFFER_BYTES, mark = NET_SCTP_MARK;
    if (setsockopt(carrier->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
        setsockopt(carrier->fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    if (carrier->userland->net->sctp == NET_SCTP_BESIDE)
        setsockopt(carrier->fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
    if (carrier->family == 6) {
        setsockopt(carrier->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
        setsockopt(carrier->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    } else {
        setsockopt(carrier->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    }
}

bool carrier_open(struct net_userland *userland, int family)
{
    struct carrier *carrier = &userland->carriers[family == 6];
    if (carrier->fd >= 0)
        return true;
    carrier->fd =
        socket(family == 6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
    if (carrier->fd < 0)
        return false;
    tune(carrier);
    carrier->poll = loop_poll_new(userland->net->loop, carrier->fd, on_readable, carrier);
    if (!carrier->poll) {
        carrier_close(carrier);
        errno = ENOMEM;
        return false;
    }
    loop_poll_set(carrier->poll, LOOP_READABLE);
    return true;
}

void carrier_close(struct carrier *carrier)
{
    loop_poll_free(carrier->poll);
    carrier->poll = NULL;
    if (carrier->fd >= 0)
        close(carrier->fd);
    carrier->fd = -1;
}
