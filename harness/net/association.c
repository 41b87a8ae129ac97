/* The connection of plain SCTP under the pairs of TLS over SCTP: made, accepted, sorted by stream, ended. */
#include <errno.h>
#include <stdlib.h>

#include "net/pair.h"

static void sign_all(struct association *association)
{
    for (const struct pair *pair = association->pairs; pair; pair = pair->next)
        net_pair_sign(pair);
}

static void forget_listener(struct association *association)
{
    struct pair *listener = association->listener;
    if (!listener)
        return;
    struct association **at = &listener->associations;
    while (*at != association)
        at = &(*at)->next;
    *at = association->next;
    association->listener = NULL;
}

static void association_free(struct association *association)
{
    forget_listener(association);
    free(association);
}

void net_association_settle(struct association *association)
{
    bool is_over = true;
    for (const struct pair *pair = association->pairs; pair; pair = pair->next)
        is_over = is_over && pair->has_ended_writing;
    if (is_over && !association->is_ending && association->carrier) {
        association->is_ending = true;
        net_connection_close(association->carrier, NET_CLOSE_GRACEFUL);
    }
    if (!association->pairs && !association->carrier)
        association_free(association);
}

uint16_t net_association_pairs(const struct association *association)
{
    const struct net_association_facts *facts = &association->carrier->association;
    uint16_t both = facts->streams_in < facts->streams_out ? facts->streams_in : facts->streams_out;
    return both ? both : 1; /* 0: the engine could not tell */
}

static struct pair *find_pair(const struct association *association, uint16_t stream)
{
    struct pair *pair = association->pairs;
    while (pair && pair->stream != stream)
        pair = pair->next;
    return pair;
}

/* A stream that is used for the first time; only who has accepted the association lets the peer begin one. */
static struct pair *begin_pair(struct association *association, uint16_t stream)
{
    struct pair *listener = association->listener;
    struct pair *pair = listener ? net_pair_new(listener->net) : NULL;
    if (!pair)
        return NULL;
    net_pair_join(pair, association, stream);
    pair->is_waiting = true;
    struct pair **last = &listener->waiting;
    while (*last)
        last = &(*last)->next_waiting;
    *last = pair;
    net_pair_sign(listener);
    return pair;
}

/* ---- what the connection below tells */

static void on_ready(struct net_connection *carrier, void *arg)
{
    struct association *association = arg;
    (void)carrier;
    association->is_up = true;
    for (struct pair *pair = association->pairs; pair; pair = pair->next) {
        if (pair->stream >= net_association_pairs(association))
            pair->error_number = EADDRNOTAVAIL; /* the peer gave fewer than were hoped for */
    }
    if (association->is_accepted)
        begin_pair(association, 0); /* the first handshake is on it, and an association is seen at once */
    sign_all(association);
}

static void on_data(struct net_connection *carrier, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct association *association = arg;
    const struct net_message_facts *facts = net_connection_message(carrier);
    struct pair *pair = find_pair(association, facts->stream);
    /* Without a way back it is no bidirectional stream (RFC 3436 §7). */
    if (!pair && facts->stream < net_connection_association(carrier)->streams_out)
        pair = begin_pair(association, facts->stream);
    if (pair && !net_pair_take(pair, bytes, size_bytes, facts)) {
        pair->error_number = ENOBUFS;
        net_pair_sign(pair);
    }
}

static int errno_of(const struct net_end *end)
{
    switch (end->sign) {
    case NET_SIGN_NONE:
    case NET_SIGN_FIN:
    case NET_SIGN_CLOSE_NOTIFY:
    case NET_SIGN_SHUTDOWN:
        return 0;
    case NET_SIGN_RST:
    case NET_SIGN_ABORT:
        return ECONNRESET;
    case NET_SIGN_SILENCE:
    case NET_SIGN_TIMEOUT:
        return ETIMEDOUT;
    case NET_SIGN_ALERT:
    case NET_SIGN_CONNECT_FAILED:
    case NET_SIGN_HANDSHAKE_FAILED:
    case NET_SIGN_ERROR:
        break;
    }
    return end->error_number ? end->error_number : ECONNABORTED;
}

static void on_sign(struct net_connection *carrier, const struct net_end *end, void *arg)
{
    const struct association *association = arg;
    for (struct pair *pair = association->pairs; pair; pair = pair->next) {
        pair->is_ended = true;
        pair->error_number = errno_of(end);
        net_pair_sign(pair);
    }
    net_connection_close(carrier, NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *carrier, void *arg)
{
    (void)arg;
    net_connection_free(carrier);
}

/* However it goes: closed, or taken down with its net. */
static void on_destroyed(struct net_connection *carrier)
{
    struct association *association = carrier->arg;
    association->carrier = NULL;
    for (struct pair *pair = association->pairs; pair; pair = pair->next) {
        pair->is_ended = true;
        net_pair_sign(pair);
    }
    net_association_settle(association);
}

static void on_flushed(struct net_connection *carrier)
{
    const struct association *association = carrier->arg;
    for (struct pair *pair = association->pairs; pair; pair = pair->next) {
        if (pair->is_stopped)
            net_pair_sign(pair);
        pair->is_stopped = false;
    }
}

static const struct net_connection_events carrier_events = {
    .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};

/* ---- making them */

int net_association_connect(struct pair *pair, const struct net_address *remote,
                            const struct net_also *remote_also)
{
    const struct net_connect_options options = {.transport = NET_SCTP,
                                                .local = pair->local,
                                                .also = pair->also,
                                                .remote = *remote,
                                                .remote_also = *remote_also,
                                                .handshake_timeout_ms = UINT32_MAX};
    struct association *association = calloc(1, sizeof *association);
    if (!association)
        return ENOMEM;
    association->carrier = net_connect(pair->net, &options, &carrier_events, association);
    if (!association->carrier) {
        int error_number = errno;
        free(association);
        return error_number;
    }
    association->carrier->on_flushed = on_flushed;
    association->carrier->on_destroyed = on_destroyed;
    net_pair_join(pair, association, 0);
    return 0;
}

static void on_accept(struct net_listener *below, struct net_connection *carrier,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct pair *listener = arg;
    struct association *association = calloc(1, sizeof *association);
    (void)below;
    if (!association) {
        *events = (struct net_connection_events){.on_closed = on_closed};
        net_connection_close(carrier, NET_CLOSE_RST);
        return;
    }
    association->carrier = carrier;
    association->is_accepted = true;
    association->listener = listener;
    association->next = listener->associations;
    listener->associations = association;
    carrier->on_flushed = on_flushed;
    carrier->on_destroyed = on_destroyed;
    *events = carrier_events;
    *connection_arg = association;
}

int net_association_listen(struct pair *listener)
{
    const struct net_listen_options options = {.transport = NET_SCTP,
                                               .local = listener->local,
                                               .also = listener->also,
                                               .on_accept = on_accept,
                                               .arg = listener};
    listener->listener = net_listen(listener->net, &options);
    if (!listener->listener)
        return -1;
    listener->listener->is_below = true;
    return 0;
}

void net_association_unlisten(struct pair *listener)
{
    net_listener_free(listener->listener);
    listener->listener = NULL;
    while (listener->waiting) { /* nobody will ever accept them */
        struct pair *pair = listener->waiting;
        listener->waiting = pair->next_waiting;
        net_pair_ops.close(pair->fd);
    }
    while (listener->associations)
        forget_listener(listener->associations);
}
