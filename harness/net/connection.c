#include <stdlib.h>

#include "net/net_private.h"

static uint64_t next_id(void)
{
    static uint64_t last_id;
    return ++last_id;
}

static void on_ready_fd(struct loop_poll *poll, int events, void *arg)
{
    struct net_connection *connection = arg;
    (void)poll;
    net_connection_enter(connection);
    /* Both at once may mean an error of the socket, after which the loop watches no more until it is told
     * again. */
    if (events == (LOOP_READABLE | LOOP_WRITABLE))
        connection->interest = -1;
    if (connection->ops->is_signalled) {
        connection->ops->take_sign(connection->fd);
        events = LOOP_READABLE | LOOP_WRITABLE;
    }
    if (connection->phase == NET_PHASE_CONNECTING) {
        net_connection_finish_connect(connection);
    } else {
        if (events & LOOP_WRITABLE)
            net_wire_flush(connection);
        if (events & LOOP_READABLE)
            net_connection_read(connection);
    }
    net_connection_leave(connection);
}

static void on_time(struct loop_timer *timer, void *arg)
{
    struct net_connection *connection = arg;
    (void)timer;
    net_connection_enter(connection);
    if (connection->is_closing) {
        net_connection_drop(connection);
    } else if (connection->phase == NET_PHASE_CONNECTING) {
        connection->is_dead = true;
        net_connection_fail(connection, NET_SIGN_TIMEOUT, -1, 0, "no answer to our connect in time");
    } else if (connection->phase == NET_PHASE_WAITING || connection->phase == NET_PHASE_HANDSHAKE) {
        net_facts_update(connection);
        net_connection_fail(connection, NET_SIGN_TIMEOUT, -1, 0, "the TLS handshake was not done in time");
    }
    net_connection_leave(connection);
}

struct net_connection *net_connection_new(struct net *net, int fd, enum net_transport transport,
                                          const struct net_transport_ops *ops)
{
    struct net_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        ops->close(fd);
        return NULL;
    }
    connection->net = net;
    connection->fd = fd;
    connection->ops = ops;
    connection->transport = transport;
    connection->id = next_id();
    connection->phase = NET_PHASE_WAITING;
    connection->last_sign.alert = -1;
    connection->poll = loop_poll_new(net->loop, fd, on_ready_fd, connection);
    connection->timer = loop_timer_new(net->loop, on_time, connection);
    TAILQ_INSERT_TAIL(&net->connections, connection, link);
    if (!connection->poll || !connection->timer) {
        net_connection_free(connection);
        return NULL;
    }
    return connection;
}

bool net_connection_is_alive(const struct net_connection *connection)
{
    return !connection->is_freed && connection->fd >= 0;
}

void net_connection_enter(struct net_connection *connection)
{
    connection->depth++;
}

static int wanted_events(const struct net_connection *connection)
{
    if (connection->is_silent)
        return 0;
    if (connection->ops->is_signalled)
        return connection->connect_errno || connection->is_dead ? 0 : LOOP_READABLE;
    if (connection->phase == NET_PHASE_CONNECTING)
        return connection->connect_errno ? 0 : LOOP_WRITABLE;
    if (connection->is_dead)
        return 0;
    bool does_read = connection->is_closing || connection->phase == NET_PHASE_WAITING ||
                     connection->phase == NET_PHASE_HANDSHAKE || connection->phase == NET_PHASE_OPEN;
    int events = connection->out.size_bytes > 0 ? LOOP_WRITABLE : 0;
    if (does_read && !connection->has_fin)
        events |= LOOP_READABLE;
    return events;
}

/* A pair of streams has no end but close_notify while others of its association go on. */
static bool is_pair_ended(const struct net_connection *connection)
{
    return connection->ops == &net_pair_ops && connection->has_sent_close_notify &&
           connection->has_close_notify && net_pair_has_company(connection->fd);
}

static bool is_end_complete(const struct net_connection *connection)
{
    return connection->is_closing && connection->fd >= 0 &&
           (connection->is_dead ||
            (connection->has_ended_writing && (connection->has_fin || is_pair_ended(connection))));
}

/* The socket showed its end to a call that could not tell the user about it. */
static bool has_unsettled_end(const struct net_connection *connection)
{
    return net_connection_is_alive(connection) && !connection->is_silent &&
           connection->phase != NET_PHASE_FAILED &&
           (connection->read_errno || (connection->has_fin && !connection->has_signed_fin));
}

static void count_queues(struct net_connection *connection)
{
    size_t bytes = connection->out.capacity_bytes + connection->early.capacity_bytes +
                   connection->in.capacity_bytes + connection->clear.capacity_bytes;
    connection->net->queued_bytes += bytes - connection->counted_bytes; /* modulo: may go down */
    connection->counted_bytes = bytes;
}

void net_connection_leave(struct net_connection *connection)
{
    count_queues(connection);
    if (--connection->depth > 0)
        return;
    if (is_end_complete(connection))
        net_connection_drop(connection);
    if (connection->is_freed) {
        net_connection_destroy(connection);
        return;
    }
    if (has_unsettled_end(connection))
        net_connection_defer(connection, NET_DEFER_READ);
    int events = connection->fd >= 0 ? wanted_events(connection) : 0;
    if (connection->poll && events != connection->interest) {
        connection->interest = events;
        loop_poll_set(connection->poll, events);
    }
}

void net_connection_defer(struct net_connection *connection, unsigned what)
{
    struct net *net = connection->net;
    if (!connection->deferred) {
        if (TAILQ_EMPTY(&net->deferred))
            loop_timer_start(net->deferred_timer, 0);
        TAILQ_INSERT_TAIL(&net->deferred, connection, deferred_link);
    }
    connection->deferred |= what;
}

void net_connection_run_deferred(struct net_connection *connection)
{
    unsigned what = connection->deferred;
    TAILQ_REMOVE(&connection->net->deferred, connection, deferred_link);
    connection->deferred = 0;
    net_connection_enter(connection);
    if (what & NET_DEFER_CLOSED) {
        if (!connection->is_freed && connection->events.on_closed)
            connection->events.on_closed(connection, connection->arg);
    } else if (what & NET_DEFER_CONNECT) {
        net_connection_finish_connect(connection);
    } else if (what & NET_DEFER_HANDSHAKE) {
        net_handshake_begin(connection);
        net_connection_read(connection);
    } else {
        net_connection_read(connection);
    }
    net_connection_leave(connection);
}

void net_connection_drop(struct net_connection *connection)
{
    struct net *net = connection->net;
    if (connection->fd < 0)
        return;
    net_slot_release(connection);
    net_hangup_forget(connection);
    loop_poll_free(connection->poll);
    connection->poll = NULL;
    if (connection->timer)
        loop_timer_stop(connection->timer);
    if (connection->is_silent)
        connection->ops->prepare_silent_close(connection->fd);
    connection->ops->close(connection->fd);
    connection->fd = -1;
    connection->phase = NET_PHASE_CLOSED;
    net_queue_clear(&connection->out);
    net_queue_clear(&connection->early);
    net_queue_clear(&connection->in);
    net_queue_clear(&connection->clear);
    count_queues(connection);
    if (connection->listener) {
        net->accepted--;
        connection->listener->accepted--;
        net_accept_update(net);
        if (net->accepting == NET_ACCEPT_FEW)
            net_listener_watch(connection->listener);
    }
    if (!connection->is_freed)
        net_connection_defer(connection, NET_DEFER_CLOSED);
}

void net_connection_destroy(struct net_connection *connection)
{
    struct net *net = connection->net;
    if (connection->deferred)
        TAILQ_REMOVE(&net->deferred, connection, deferred_link);
    TAILQ_REMOVE(&net->connections, connection, link);
    if (connection->on_destroyed)
        connection->on_destroyed(connection);
    if (connection->session)
        gnutls_deinit(connection->session);
    net_credential_unref(connection->chosen);
    net_facts_fini(connection);
    net_tls_config_fini(&connection->own_tls);
    loop_timer_free(connection->timer);
    if (connection->listener)
        net_listener_unref(connection->listener);
    free(connection);
}
