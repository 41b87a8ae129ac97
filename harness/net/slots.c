#include "net/net_private.h"

/* A handshake costs tens of KiB and a signature, so their number is limited. One listener never gets all
 * slots: a device that floods one scenario's address must not keep another scenario from its verdict. */
static size_t share_of_listener(const struct net *net)
{
    return net->options.max_handshakes - net->options.max_handshakes / 8;
}

static bool has_free_slot(const struct net_listener *listener)
{
    const struct net *net = listener->net;
    return net->handshakes < net->options.max_handshakes && listener->handshakes < share_of_listener(net);
}

static void count(struct net_connection *connection)
{
    connection->is_counted_handshake = true;
    connection->net->handshakes++;
    connection->listener->handshakes++;
}

bool net_slot_take(struct net_connection *connection)
{
    struct net_listener *listener = connection->listener;
    if (TAILQ_EMPTY(&listener->held) && has_free_slot(listener)) {
        count(connection);
        return true;
    }
    TAILQ_INSERT_TAIL(&listener->held, connection, held_link);
    connection->is_held = true;
    connection->phase = NET_PHASE_HELD;
    connection->net->held++;
    /* The wait is ours, not the peer's: its time stands still. */
    loop_timer_stop(connection->timer);
    return false;
}

static void leave_queue(struct net_connection *connection)
{
    TAILQ_REMOVE(&connection->listener->held, connection, held_link);
    connection->is_held = false;
    connection->net->held--;
}

/* First come, first served within a listener; listeners take turns. */
static struct net_connection *find_next(struct net *net)
{
    struct net_listener *listener;
    TAILQ_FOREACH(listener, &net->listeners, link)
    {
        if (TAILQ_EMPTY(&listener->held) || !has_free_slot(listener))
            continue;
        TAILQ_REMOVE(&net->listeners, listener, link);
        TAILQ_INSERT_TAIL(&net->listeners, listener, link);
        return TAILQ_FIRST(&listener->held);
    }
    return NULL;
}

void net_slot_release(struct net_connection *connection)
{
    struct net *net = connection->net;
    if (connection->is_held)
        leave_queue(connection);
    if (!connection->is_counted_handshake)
        return;
    connection->is_counted_handshake = false;
    net->handshakes--;
    connection->listener->handshakes--;
    while (net->held > 0) {
        struct net_connection *next = find_next(net);
        if (!next)
            break;
        leave_queue(next);
        count(next);
        net_connection_defer(next, NET_DEFER_HANDSHAKE);
    }
}
