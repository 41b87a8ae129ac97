/* SCTP of the kernel: one-to-one sockets, a descriptor for each association, like TCP's. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <signal.h>
#include <string.h>

#include "net/net_private.h"

static int kernel_open(struct net *net, int domain)
{
    (void)net;
    /* A message to an association that is shut down raises SIGPIPE whatever flag sctp_sendv() was given:
     * seen. */
    signal(SIGPIPE, SIG_IGN);
    return socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
}

static void kernel_tune(int fd)
{
    const int on = 1, buffer_bytes = NET_SCTP_BUFFER_BYTES;
    const struct sctp_initmsg streams = {.sinit_num_ostreams = NET_SCTP_STREAMS,
                                         .sinit_max_instreams = NET_SCTP_STREAMS};
    setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
    setsockopt(fd, IPPROTO_SCTP, SCTP_INITMSG, &streams, sizeof streams);
    /* A message must fit whole; the kernel gives as much as net.core.wmem_max lets it. */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
}

static bool kernel_bind(int fd, const struct net_address *address, bool is_to_listen)
{
    const int on = 1;
    if (is_to_listen)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return net_socket_bind(fd, address);
}

/* Who has several paths wants to notice that one is gone: one message unanswered is enough, and the answer to
 * it is waited for as long as no network lies between. */
static void tune_paths(int fd)
{
    enum {
        RTO_INITIAL_MS = 1000,
        RTO_MIN_MS = 300 /* an acknowledgement may be 200 ms late */,
        RTO_MAX_MS = 2000,
        HEARTBEAT_MS = 1000
    };
    const struct sctp_rtoinfo times = {
        .srto_initial = RTO_INITIAL_MS, .srto_max = RTO_MAX_MS, .srto_min = RTO_MIN_MS};
    const struct sctp_paddrparams paths = {
        .spp_hbinterval = HEARTBEAT_MS, .spp_pathmaxrxt = 1, .spp_flags = SPP_HB_ENABLE};
    setsockopt(fd, IPPROTO_SCTP, SCTP_RTOINFO, &times, sizeof times);
    setsockopt(fd, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &paths, sizeof paths);
}

/* Addresses one behind the other, as sctp_bindx(3) and sctp_connectx(3) want them. */
struct packed {
    uint8_t bytes[NET_ASSOCIATION_ADDRESSES_MAX * sizeof(struct sockaddr_in6)];
    size_t size_bytes;
    int count;
};

static void pack(struct packed *packed, const struct net_address *address, uint16_t port)
{
    struct net_address own = *address;
    struct sockaddr_storage storage;
    own.port = port;
    socklen_t one_bytes = net_address_to_sockaddr(&own, &storage);
    memcpy(packed->bytes + packed->size_bytes, &storage, one_bytes);
    packed->size_bytes += one_bytes;
    packed->count++;
}

static bool kernel_bind_also(int fd, const struct net_also *also)
{
    struct packed packed = {.count = 0};
    struct net_address first;
    if (!net_socket_local(fd, &first))
        return false;
    for (size_t i = 0; i < also->count; i++)
        pack(&packed, &also->addresses[i], first.port);
    tune_paths(fd);
    return sctp_bindx(fd, (struct sockaddr *)(void *)packed.bytes, packed.count, SCTP_BINDX_ADD_ADDR) == 0;
}

static int kernel_connect_also(int fd, const struct net_address *remote, const struct net_also *also)
{
    struct packed packed = {.count = 0};
    pack(&packed, remote, remote->port);
    for (size_t i = 0; i < also->count; i++)
        pack(&packed, &also->addresses[i], remote->port);
    tune_paths(fd);
    return sctp_connectx(fd, (struct sockaddr *)(void *)packed.bytes, packed.count, NULL) == 0 ||
                   errno == EINPROGRESS
               ? 0
               : errno;
}

static ssize_t kernel_receive(int fd, void *bytes, size_t size_bytes, struct net_message_facts *facts)
{
    struct iovec place = {bytes, size_bytes};
    struct sctp_rcvinfo info = {0};
    socklen_t info_bytes = sizeof info;
    unsigned type = 0;
    int flags = MSG_DONTWAIT;
    ssize_t got = sctp_recvv(fd, &place, 1, NULL, NULL, &info, &info_bytes, &type, &flags);
    if (got > 0)
        *facts = (struct net_message_facts){.stream = info.rcv_sid,
                                            .is_unordered = (info.rcv_flags & SCTP_UNORDERED) != 0,
                                            .is_partial = (flags & MSG_EOR) == 0,
                                            .payload_protocol = ntohl(info.rcv_ppid)};
    return got;
}

static ssize_t kernel_send(int fd, const void *bytes, size_t size_bytes,
                           const struct net_message_options *how)
{
    const struct iovec place = {(void *)(uintptr_t)bytes, size_bytes}; /* it is not written to */
    struct sctp_sndinfo info = {.snd_sid = how->stream,
                                .snd_flags = how->is_ordered ? 0 : SCTP_UNORDERED,
                                .snd_ppid = htonl(how->payload_protocol)};
    return sctp_sendv(fd, &place, 1, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO,
                      MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void kernel_end_writing(int fd)
{
    shutdown(fd, SHUT_WR);
}

/* No socket option lets an association go without ABORT or SHUTDOWN. */
static void kernel_prepare_silent_close(int fd)
{
    net_socket_prepare_abort(fd);
}

static size_t copy_addresses(const struct sockaddr *packed, int count, struct net_address *out)
{
    const uint8_t *at = (const uint8_t *)packed;
    size_t copied = 0;
    for (int i = 0; i < count && copied < NET_ASSOCIATION_ADDRESSES_MAX; i++) {
        struct sockaddr_storage storage = {0};
        sa_family_t family;
        memcpy(&family, at, sizeof family);
        size_t size_bytes = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        memcpy(&storage, at, size_bytes);
        at += size_bytes;
        if (net_address_from_sockaddr(&storage, &out[copied]))
            copied++;
    }
    return copied;
}

static bool kernel_describe(int fd, struct net_association_facts *out)
{
    struct sctp_status status = {0};
    socklen_t size_bytes = sizeof status;
    struct sockaddr *addresses = NULL;
    if (getsockopt(fd, IPPROTO_SCTP, SCTP_STATUS, &status, &size_bytes) != 0)
        return false;
    *out = (struct net_association_facts){.streams_in = status.sstat_instrms,
                                          .streams_out = status.sstat_outstrms};
    int count = sctp_getladdrs(fd, 0, &addresses);
    if (count > 0) {
        out->local_count = copy_addresses(addresses, count, out->local);
        sctp_freeladdrs(addresses);
    }
    count = sctp_getpaddrs(fd, 0, &addresses);
    if (count > 0) {
        out->remote_count = copy_addresses(addresses, count, out->remote);
        sctp_freepaddrs(addresses);
    }
    return true;
}

const struct net_transport_ops net_kernel_sctp_ops = {
    .keeps_messages = true,
    .open = kernel_open,
    .tune = kernel_tune,
    .bind = kernel_bind,
    .bind_also = kernel_bind_also,
    .local = net_socket_local,
    .listen = net_socket_listen,
    .accept = net_socket_accept,
    .connect = net_socket_connect,
    .connect_also = kernel_connect_also,
    .take_error = net_socket_take_error,
    .receive = kernel_receive,
    .send = kernel_send,
    .end_writing = kernel_end_writing,
    .prepare_abort = net_socket_prepare_abort,
    .vanish = net_socket_vanish,
    .prepare_silent_close = kernel_prepare_silent_close,
    .close = net_socket_close,
    .describe = kernel_describe,
};
