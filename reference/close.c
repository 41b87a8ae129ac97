/* Ending connections (RFC 5923 §8.3): what is outstanding completes first. And the faults that end them too
 * early. */
#include "reference/transaction.h"

enum { CLOSE_AFTER_MS = 3000, IDLE_MS = 10000 };

/* The faults bare-fin and bare-fin-13, for closes of its own: not for answers to the peer's. */
static bool forgets_alert(const struct connection *connection)
{
    const struct net_tls_facts *facts = net_connection_tls(connection->net);
    if (facts == NULL || connection->has_peer_closed) {
        return false;
    }
    return node_has(connection->node, facts->version == NET_TLS_1_3 ? FAULT_BARE_FIN_13 : FAULT_BARE_FIN);
}

void close_connection(struct connection *connection, enum net_close_mode mode)
{
    if (mode == NET_CLOSE_GRACEFUL && forgets_alert(connection)) {
        mode = NET_CLOSE_FIN;
    }
    bool ends = mode != NET_CLOSE_NOTIFY_ONLY && mode != NET_CLOSE_SILENT;
    connection_forget(connection);
    connection->is_draining = true;
    connection->is_closing |= ends || mode == NET_CLOSE_NOTIFY_ONLY;
    net_connection_close(connection->net, mode);
}

static void on_close_timer(struct loop_timer *timer, void *arg)
{
    struct connection *connection = arg;
    (void)timer;
    if (!connection->is_closing) {
        node_log(connection->node, "connection %llu: closed", (unsigned long long)connection->id);
        close_connection(connection, NET_CLOSE_GRACEFUL);
    }
}

static void start_timer(struct connection *connection, uint64_t timeout_ms)
{
    if (connection->timer == NULL) {
        connection->timer = loop_timer_new(connection->node->loop, on_close_timer, connection);
    }
    if (connection->timer != NULL && !connection->is_closing) {
        loop_timer_start(connection->timer, timeout_ms);
    }
}

void close_when_done(struct connection *connection)
{
    connection_forget(connection);
    connection->is_draining = true;
    if (connection->outstanding == 0 || node_has(connection->node, FAULT_CLOSE_WITH_OUTSTANDING)) {
        close_connection(connection, NET_CLOSE_GRACEFUL);
    } else {
        start_timer(connection, T1_64_MS); /* by then every transaction has ended or was given up */
    }
}

void close_note_message(struct connection *connection)
{
    const struct reference_node *node = connection->node;
    if (node_has(node, connection->is_opened_by_us ? FAULT_IDLE_10S : FAULT_SERVER_IDLE_10S)) {
        start_timer(connection, IDLE_MS);
    }
}

void close_transaction_began(struct connection *connection)
{
    connection->outstanding++;
}

static bool closes_early(const struct connection *connection, bool is_dialog_end)
{
    const struct reference_node *node = connection->node;
    bool is_opened = connection->is_opened_by_us;
    return node_has(node, is_opened ? FAULT_CLOSE_AFTER_TRANSACTION : FAULT_SERVER_CLOSE_AFTER_TRANSACTION) ||
           (is_dialog_end &&
            node_has(node, is_opened ? FAULT_CLOSE_AFTER_DIALOG : FAULT_SERVER_CLOSE_AFTER_DIALOG));
}

void close_transaction_ended(struct reference_node *node, uint64_t id, bool is_dialog_end)
{
    struct connection *connection = connection_find(node, id);
    if (connection == NULL) {
        return;
    }
    connection->outstanding -= connection->outstanding > 0 ? 1 : 0;
    if (connection->is_draining && connection->outstanding == 0 && !connection->is_closing) {
        close_connection(connection, NET_CLOSE_GRACEFUL);
    } else if (closes_early(connection, is_dialog_end) &&
               (connection->timer == NULL || !loop_timer_is_active(connection->timer))) {
        start_timer(connection, CLOSE_AFTER_MS);
    }
}

void reference_node_close_connections(struct reference_node *node, enum net_close_mode mode)
{
    struct connection *connection;
    struct connection *next;
    HASH_ITER(hh, node->connections, connection, next)
    {
        if (connection->is_closing) {
            continue;
        }
        if (mode == NET_CLOSE_GRACEFUL) {
            close_when_done(connection);
        } else {
            close_connection(connection, mode);
        }
    }
}
