/* Sockets of usrsctp as descriptors: the functions of a transport. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/userland.h"

enum { PORT_FIRST = 49152, PORT_COUNT = 16384, PORT_TRIES = 4096 };

/* Descriptors are numbers to the rest of net. */
static struct slot *slot_of(int fd)
{
    struct slot *slot;
    HASH_FIND_INT(userland_current->slots, &fd, slot);
    return slot;
}

void slot_sign(const struct slot *slot)
{
    const uint64_t one = 1;
    if (write(slot->fd, &one, sizeof one) < 0)
        errno = 0; /* it is signed already */
}

static void on_upcall(struct socket *so, void *arg, int flags)
{
    struct slot *slot = arg;
    (void)so;
    (void)flags;
    slot->is_told_by_timer = slot->userland->is_ticking;
    slot_sign(slot);
}

/* usrsctp aborts an association itself when its peer breaks the protocol, and when it answers no more; the
 * errno is one. The latter is found out by a timer. */
static int errno_of(const struct slot *slot, int error_number)
{
    return error_number == ECONNABORTED && slot->is_told_by_timer ? ETIMEDOUT : error_number;
}

struct socket *userland_socket_new(void)
{
    const int on = 1;
    struct socket *so = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    if (!so)
        return NULL;
    usrsctp_set_non_blocking(so, 1);
    usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
    usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
    return so;
}

void userland_socket_abort(struct socket *so)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    usrsctp_setsockopt(so, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    usrsctp_set_upcall(so, NULL, NULL);
    usrsctp_close(so);
}

static struct slot *slot_new(struct net_userland *userland)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (!slot)
        return NULL;
    slot->userland = userland;
    slot->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (slot->fd < 0) {
        free(slot);
        return NULL;
    }
    HASH_ADD_INT(userland->slots, fd, slot);
    return slot;
}

static int userland_open(struct net *net, int domain)
{
    struct net_userland *userland = userland_of(net);
    if (!userland || !carrier_open(userland, domain == AF_INET6 ? 6 : 4))
        return -1;
    struct slot *slot = slot_new(userland);
    return slot ? slot->fd : -1;
}

static void userland_take_sign(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0)
        errno = 0;
}

/* The stack's own defaults say it all. */
static void userland_tune(int fd)
{
    (void)fd;
}

/* An address is this host's when an ordinary socket can have it. */
static bool is_ours(const struct net_address *address)
{
    struct net_address probe = *address;
    probe.port = 0;
    int fd = socket(address->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_bound = fd >= 0 && net_socket_bind(fd, &probe);
    int error_number = errno;
    if (fd >= 0)
        close(fd);
    errno = error_number;
    return is_bound;
}

static bool userland_bind(int fd, const struct net_address *address, bool is_to_listen)
{
    struct slot *slot = slot_of(fd);
    (void)is_to_listen;
    if (!is_ours(address))
        return false;
    slot->local = *address;
    return true;
}

static bool userland_local(int fd, struct net_address *out)
{
    const struct slot *slot = slot_of(fd);
    *out = slot->local;
    return slot->local.family != 0;
}

static uint16_t next_port(struct net_userland *userland)
{
    return (uint16_t)(PORT_FIRST + userland->next_port++ % PORT_COUNT);
}

static int userland_listen(int fd)
{
    struct slot *slot = slot_of(fd);
    bool is_chosen = slot->local.port == 0;
    for (int i = 0; i < PORT_TRIES; i++) {
        if (is_chosen)
            slot->local.port = next_port(slot->userland);
        if (port_listen(slot))
            return 0;
        if (!is_chosen || errno != EADDRINUSE)
            return -1;
    }
    return -1;
}

static int userland_accept(int fd, struct net_address *remote)
{
    struct slot *listener = slot_of(fd);
    struct waiting *waiting = listener->waiting;
    if (!waiting) {
        errno = EAGAIN;
        return -1;
    }
    struct slot *slot = slot_new(listener->userland);
    if (slot) {
        listener->waiting = waiting->next;
        listener->waiting_count--;
        slot->so = waiting->so;
        slot->path = waiting->path;
        slot->local = waiting->path->local;
        slot->local.port = listener->local.port;
        slot->remote_port = waiting->remote_port;
        *remote = waiting->path->remote;
        remote->port = waiting->remote_port;
        free(waiting);
        usrsctp_set_non_blocking(slot->so, 1);
        usrsctp_set_upcall(slot->so, on_upcall, slot);
        slot_sign(slot); /* what came before had nobody to call */
    }
    if (listener->waiting)
        slot_sign(listener);
    return slot ? slot->fd : -1;
}

/* The source address that the kernel would take. */
static bool find_source(const struct net_address *remote, struct net_address *out)
{
    struct net_address probe = *remote;
    int fd = socket(remote->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    probe.port = 9;
    bool is_found = fd >= 0 && net_socket_connect(fd, &probe) == 0 && net_socket_local(fd, out);
    if (fd >= 0)
        close(fd);
    out->port = 0;
    return is_found;
}

static bool bind_port(struct slot *slot)
{
    bool is_chosen = slot->local.port == 0;
    for (int i = 0; i < PORT_TRIES; i++) {
        if (is_chosen)
            slot->local.port = next_port(slot->userland);
        struct sockaddr_conn own = path_sockaddr(NULL, slot->local.port);
        if (usrsctp_bind(slot->so, (struct sockaddr *)&own, sizeof own) == 0)
            return true;
        if (!is_chosen || errno != EADDRINUSE)
            return false;
    }
    return false;
}

static int userland_connect(int fd, const struct net_address *remote)
{
    struct slot *slot = slot_of(fd);
    if (slot->local.family == 0 && !find_source(remote, &slot->local))
        return ENETUNREACH;
    slot->path = path_get(slot->userland, &slot->local, remote);
    slot->so = slot->path ? userland_socket_new() : NULL;
    if (!slot->so || !bind_port(slot))
        return errno;
    slot->remote_port = remote->port;
    slot->is_connecting = true;
    usrsctp_set_upcall(slot->so, on_upcall, slot);
    userland_note_work(slot->userland);
    struct sockaddr_conn to = path_sockaddr(slot->path, remote->port);
    return usrsctp_connect(slot->so, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS ? 0
                                                                                                     : errno;
}

static bool get_status(const struct slot *slot, struct sctp_status *out)
{
    socklen_t size_bytes = sizeof *out;
    memset(out, 0, sizeof *out);
    return slot->so && usrsctp_getsockopt(slot->so, IPPROTO_SCTP, SCTP_STATUS, out, &size_bytes) == 0;
}

static int userland_take_error(int fd)
{
    struct slot *slot = slot_of(fd);
    int error_number = 0;
    socklen_t size_bytes = sizeof error_number;
    struct sctp_status status;
    if (slot->is_connecting && slot->refused_errno)
        return slot->refused_errno;
    if (!slot->so || usrsctp_getsockopt(slot->so, SOL_SOCKET, SO_ERROR, &error_number, &size_bytes) != 0)
        return slot->so ? errno : ENOTCONN;
    if (error_number || !slot->is_connecting)
        return errno_of(slot, error_number);
    if (!get_status(slot, &status))
        return ECONNREFUSED;
    slot->is_connecting = status.sstat_state == SCTP_CLOSED || status.sstat_state == SCTP_COOKIE_WAIT ||
                          status.sstat_state == SCTP_COOKIE_ECHOED;
    return slot->is_connecting ? EINPROGRESS : 0;
}

static ssize_t userland_receive(int fd, void *bytes, size_t size_bytes, struct net_message_facts *facts)
{
    const struct slot *slot = slot_of(fd);
    struct sockaddr_conn from = {0};
    struct sctp_rcvinfo info = {0};
    socklen_t from_bytes = sizeof from, info_bytes = sizeof info;
    unsigned type = 0;
    int flags = 0;
    ssize_t got = usrsctp_recvv(slot->so, bytes, size_bytes, (struct sockaddr *)&from, &from_bytes, &info,
                                &info_bytes, &type, &flags);
    if (got < 0) {
        errno = errno_of(slot, errno);
        return errno == ENOTCONN ? 0 : -1;
    }
    *facts = (struct net_message_facts){.stream = info.rcv_sid,
                                        .is_unordered = (info.rcv_flags & SCTP_UNORDERED) != 0,
                                        .is_partial = (flags & MSG_EOR) == 0,
                                        .payload_protocol = ntohl(info.rcv_ppid)};
    return got;
}

static ssize_t userland_send(int fd, const void *bytes, size_t size_bytes,
                             const struct net_message_options *how)
{
    const struct slot *slot = slot_of(fd);
    struct sctp_sndinfo info = {.snd_sid = how->stream,
                                .snd_flags = (uint16_t)(SCTP_EOR | (how->is_ordered ? 0 : SCTP_UNORDERED)),
                                .snd_ppid = htonl(how->payload_protocol)};
    userland_note_work(slot->userland);
    return usrsctp_sendv(slot->so, bytes, size_bytes, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0);
}

static void userland_end_writing(int fd)
{
    const struct slot *slot = slot_of(fd);
    userland_note_work(slot->userland);
    usrsctp_shutdown(slot->so, SHUT_WR);
}

static void userland_prepare_abort(int fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    const struct slot *slot = slot_of(fd);
    if (slot->so)
        usrsctp_setsockopt(slot->so, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int userland_vanish(int fd)
{
    struct slot *slot = slot_of(fd);
    return slot->path && path_mute(slot->path, slot->local.port, slot->remote_port) ? 0 : -1;
}

static void userland_close(int fd)
{
    struct slot *slot = slot_of(fd);
    struct net_userland *userland = slot->userland;
    if (slot->port)
        port_leave(slot);
    if (slot->so) {
        userland_note_work(userland);
        usrsctp_set_upcall(slot->so, NULL, NULL);
        usrsctp_close(slot->so);
    }
    HASH_DELETE(hh, userland->slots, slot);
    close(slot->fd);
    free(slot);
}

static bool userland_describe(int fd, struct net_association_facts *out)
{
    const struct slot *slot = slot_of(fd);
    struct sctp_status status;
    if (!slot->path || !get_status(slot, &status))
        return false;
    *out = (struct net_association_facts){.streams_in = status.sstat_instrms,
                                          .streams_out = status.sstat_outstrms,
                                          .local_count = 1,
                                          .remote_count = 1};
    out->local[0] = slot->local;
    out->remote[0] = slot->path->remote;
    out->remote[0].port = slot->remote_port;
    return true;
}

const struct net_transport_ops net_userland_sctp_ops = {
    .keeps_messages = true,
    .is_signalled = true,
    .take_sign = userland_take_sign,
    .open = userland_open,
    .tune = userland_tune,
    .bind = userland_bind,
    .local = userland_local,
    .listen = userland_listen,
    .accept = userland_accept,
    .connect = userland_connect,
    .take_error = userland_take_error,
    .receive = userland_receive,
    .send = userland_send,
    .end_writing = userland_end_writing,
    .prepare_abort = userland_prepare_abort,
    .vanish = userland_vanish,
    .prepare_silent_close = userland_prepare_abort,
    .close = userland_close,
    .describe = userland_describe,
};
