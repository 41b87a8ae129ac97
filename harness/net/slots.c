#include "net/net_private.h"

/* A handshake costs tens of KiB and a signature, so their number is limited. The last eighth of the slots is
 * for listeners that have few: a device that floods the addresses of some scenarios must not keep another
 * scenario from its verdict. */
static bool has_free_slot(const struct net_listener *listener)
{
    const struct net *net = listener->net;
    size_t max = net->options.max_handshakes;
    return net->handshakes < max - max / 8 ||
           (net->handshakes < max && listener->handshakes < NET_FEW_HANDSHAKES);
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
