/* TLS over SCTP: a TLS connection is a pair of streams with one number, and an association may have many (RFC
 * 3436 §5). The association is a connection of plain SCTP that nobody sees; each pair stands on it as if it
 * were a transport, its descriptor an eventfd that says "look". Messages are sorted by stream; a stream that
 * is new makes a pair, which the listener accepts; when the last pair has ended its direction the association
 * is shut down. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/pair.h"

enum { PAIR_INBOX_BYTES_MAX = 1024 * 1024, PAIR_OUTBOX_BYTES_MAX = 1024 * 1024 };

/* By descriptor, of the whole process: to the rest of net descriptors are numbers. */
static struct pair *pairs;

struct pair *net_pair_find(int fd)
{
    struct pair *pair;
    HASH_FIND_INT(pairs, &fd, pair);
    return pair;
}

void net_pair_sign(const struct pair *pair)
{
    const uint64_t one = 1;
    if (write(pair->fd, &one, sizeof one) < 0)
        errno = 0; /* it is signed already */
}

struct pair *net_pair_new(struct net *net)
{
    struct pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return NULL;
    pair->net = net;
    pair->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pair->fd < 0) {
        free(pair);
        return NULL;
    }
    HASH_ADD_INT(pairs, fd, pair);
    return pair;
}

void net_pair_join(struct pair *pair, struct association *association, uint16_t stream)
{
    pair->association = association;
    pair->stream = stream;
    pair->next = association->pairs;
    association->pairs = pair;
}

static void leave_association(struct pair *pair)
{
    struct association *association = pair->association;
    struct pair **at = &association->pairs;
    while (*at != pair)
        at = &(*at)->next;
    *at = pair->next;
    pair->association = NULL;
    net_association_settle(association);
}

bool net_pair_has_company(int fd)
{
    const struct pair *pair = net_pair_find(fd);
    for (const struct pair *at = pair->association ? pair->association->pairs : NULL; at; at = at->next) {
        if (at != pair && !at->has_ended_writing)
            return true;
    }
    return false;
}

int net_pair_open_beside(int fd, uint16_t stream)
{
    const struct pair *first = net_pair_find(fd);
    struct association *association = first->association;
    if (!association || !association->carrier || association->is_ending || first->is_ended) {
        errno = ENOTCONN;
        return -1;
    }
    if (association->is_up && stream >= net_association_pairs(association)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    for (const struct pair *at = association->pairs; at; at = at->next) {
        if (at->stream == stream) {
            errno = EADDRINUSE;
            return -1;
        }
    }
    struct pair *pair = net_pair_new(first->net);
    if (!pair)
        return -1;
    net_pair_join(pair, association, stream);
    return pair->fd;
}

static int pair_open(struct net *net, int domain)
{
    (void)domain;
    const struct pair *pair = net_pair_new(net);
    return pair ? pair->fd : -1;
}

static void pair_take_sign(int fd)
{
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0)
        errno = 0;
}

static void pair_tune(int fd)
{
    (void)fd; /* the association is tuned already */
}

/* Tried when the association is made: who has the address is known there. */
static bool pair_bind(int fd, const struct net_address *address, bool is_to_listen)
{
    (void)is_to_listen;
    net_pair_find(fd)->local = *address;
    return true;
}

static bool pair_bind_also(int fd, const struct net_also *also)
{
    net_pair_find(fd)->also = *also;
    return true;
}

static bool pair_local(int fd, struct net_address *out)
{
    const struct pair *pair = net_pair_find(fd);
    const struct net_connection *carrier = pair->association ? pair->association->carrier : NULL;
    *out = pair->listener    ? *net_listener_address(pair->listener)
           : carrier != NULL ? *net_connection_local(carrier)
                             : pair->local;
    return true;
}

static int pair_connect_also(int fd, const struct net_address *remote, const struct net_also *also)
{
    return net_association_connect(net_pair_find(fd), remote, also);
}

static int pair_connect(int fd, const struct net_address *remote)
{
    return pair_connect_also(fd, remote, &(struct net_also){.count = 0});
}

static int pair_take_error(int fd)
{
    const struct pair *pair = net_pair_find(fd);
    if (pair->error_number)
        return pair->error_number;
    if (!pair->association)
        return ECONNABORTED;
    return pair->association->is_up || pair->is_ended ? 0 : EINPROGRESS;
}

static int pair_listen(int fd)
{
    return net_association_listen(net_pair_find(fd));
}

static int pair_accept(int fd, struct net_address *remote)
{
    struct pair *listener = net_pair_find(fd);
    struct pair *pair = listener->waiting;
    if (!pair) {
        errno = EAGAIN;
        return -1;
    }
    listener->waiting = pair->next_waiting;
    pair->is_waiting = false;
    if (pair->association && pair->association->carrier)
        *remote = *net_connection_remote(pair->association->carrier);
    if (listener->waiting)
        net_pair_sign(listener);
    net_pair_sign(pair); /* what came before had nobody to call */
    return pair->fd;
}

static ssize_t pair_receive(int fd, void *bytes, size_t size_bytes, struct net_message_facts *facts)
{
    struct pair *pair = net_pair_find(fd);
    struct net_message_head head;
    const uint8_t *message;
    if (net_queue_first_message(&pair->inbox, &head, &message)) {
        size_t taken = head.size_bytes < size_bytes ? head.size_bytes : size_bytes;
        memcpy(bytes, message, taken);
        *facts = (struct net_message_facts){.stream = head.options.stream,
                                            .is_unordered = !head.options.is_ordered,
                                            .payload_protocol = head.options.payload_protocol};
        net_queue_consume_message(&pair->inbox);
        return (ssize_t)taken;
    }
    if (pair->is_ended && !pair->error_number)
        return 0;
    errno = pair->error_number ? pair->error_number : EAGAIN;
    return -1;
}

static ssize_t pair_send(int fd, const void *bytes, size_t size_bytes, const struct net_message_options *how)
{
    struct pair *pair = net_pair_find(fd);
    struct net_connection *carrier = pair->association ? pair->association->carrier : NULL;
    if (pair->error_number || !carrier || pair->is_ended) {
        errno = pair->error_number ? pair->error_number : EPIPE;
        return -1;
    }
    if (carrier->out.size_bytes > PAIR_OUTBOX_BYTES_MAX) {
        pair->is_stopped = true; /* until the association has sent what it has */
        errno = EAGAIN;
        return -1;
    }
    struct net_message_options own = *how;
    own.stream = pair->stream;
    if (net_connection_write_message(carrier, bytes, size_bytes, &own) != 0) {
        errno = EPIPE;
        return -1;
    }
    return (ssize_t)size_bytes;
}

static void pair_end_writing(int fd)
{
    struct pair *pair = net_pair_find(fd);
    pair->has_ended_writing = true;
    if (pair->association)
        net_association_settle(pair->association);
}

static void pair_prepare_abort(int fd)
{
    const struct pair *pair = net_pair_find(fd);
    if (pair->association && pair->association->carrier)
        net_connection_close(pair->association->carrier, NET_CLOSE_RST);
}

static int pair_vanish(int fd)
{
    const struct pair *pair = net_pair_find(fd);
    if (pair->association && pair->association->carrier)
        net_connection_close(pair->association->carrier, NET_CLOSE_SILENT);
    return 0;
}

static void pair_prepare_silent_close(int fd)
{
    (void)fd; /* the association is silent already */
}

static void pair_close(int fd)
{
    struct pair *pair = net_pair_find(fd);
    if (pair->listener)
        net_association_unlisten(pair);
    if (pair->association)
        leave_association(pair);
    net_queue_clear(&pair->inbox);
    HASH_DEL(pairs, pair);
    close(pair->fd);
    free(pair);
}

uint16_t net_pair_stream(int fd)
{
    return net_pair_find(fd)->stream;
}

static bool pair_describe(int fd, struct net_association_facts *out)
{
    const struct pair *pair = net_pair_find(fd);
    if (!pair->association || !pair->association->carrier)
        return false;
    *out = pair->association->carrier->association;
    return true;
}

bool net_pair_take(struct pair *pair, const uint8_t *bytes, size_t size_bytes,
                   const struct net_message_facts *facts)
{
    const struct net_message_options head = {.stream = facts->stream,
                                             .is_ordered = !facts->is_unordered,
                                             .payload_protocol = facts->payload_protocol};
    if (!net_queue_append_message(&pair->inbox, bytes, size_bytes, &head, PAIR_INBOX_BYTES_MAX))
        return false;
    net_pair_sign(pair);
    return true;
}

const struct net_transport_ops net_pair_ops = {
    .keeps_messages = true,
    .is_signalled = true,
    .take_sign = pair_take_sign,
    .open = pair_open,
    .tune = pair_tune,
    .bind = pair_bind,
    .bind_also = pair_bind_also,
    .local = pair_local,
    .listen = pair_listen,
    .accept = pair_accept,
    .connect = pair_connect,
    .connect_also = pair_connect_also,
    .take_error = pair_take_error,
    .receive = pair_receive,
    .send = pair_send,
    .end_writing = pair_end_writing,
    .prepare_abort = pair_prepare_abort,
    .vanish = pair_vanish,
    .prepare_silent_close = pair_prepare_silent_close,
    .close = pair_close,
    .describe = pair_describe,
};
