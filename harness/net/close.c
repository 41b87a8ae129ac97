#include "net/net_private.h"

/* Ends our direction after what is queued, and waits for the peer's end. */
static void begin_end(struct net_connection *connection)
{
    if (connection->phase == NET_PHASE_CONNECTING || connection->is_dead) {
        net_connection_drop(connection);
        return;
    }
    if (!connection->is_closing) {
        connection->is_closing = true;
        net_slot_release(connection);
        net_queue_clear(&connection->early);
        loop_timer_start(connection->timer, NET_LINGER_MS);
    }
    net_wire_flush(connection);
}

static void vanish(struct net_connection *connection)
{
    if (connection->is_silent)
        return;
    connection->ops->vanish(connection->fd);
    net_hangup_forget(connection);
    connection->is_silent = true;
    net_slot_release(connection);
    net_queue_clear(&connection->out);
    net_queue_clear(&connection->early);
    loop_timer_stop(connection->timer);
}

void net_connection_close(struct net_connection *connection, enum net_close_mode mode)
{
    if (connection->is_freed || connection->fd < 0)
        return;
    net_connection_enter(connection);
    bool is_quiet = connection->is_silent; /* a host that has vanished does not say goodbye */
    switch (mode) {
    case NET_CLOSE_GRACEFUL:
        if (!is_quiet)
            net_session_close_notify(connection);
        if (is_quiet)
            net_connection_drop(connection);
        else
            begin_end(connection);
        break;
    case NET_CLOSE_FIN:
        if (is_quiet)
            net_connection_drop(connection);
        else
            begin_end(connection);
        break;
    case NET_CLOSE_RST:
        if (!is_quiet)
            connection->ops->prepare_abort(connection->fd);
        net_connection_drop(connection);
        break;
    case NET_CLOSE_NOTIFY_ONLY:
        if (!is_quiet && !connection->is_closing)
            net_session_close_notify(connection);
        break;
    case NET_CLOSE_SILENT:
        vanish(connection);
        break;
    case NET_CLOSE_NOW:
        net_connection_drop(connection);
        break;
    }
    net_connection_leave(connection);
}

void net_connection_free(struct net_connection *connection)
{
    if (!connection || connection->is_freed)
        return;
    net_connection_enter(connection);
    connection->is_freed = true;
    if (connection->fd >= 0)
        net_connection_drop(connection);
    net_connection_leave(connection);
}
