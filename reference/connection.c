/* The pool: connections found by policy, opened where none may be used, and kept until somebody or something
 * ends them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "reference/history.h"
#include "reference/proxy.h"

enum {
    MESSAGE_MAX_BYTES = 1 << 18,
    SMALL_BUFFER_BYTES = 1 << 14, /* of the fault small-buffer */
    HELD_BYTES_MAX = 16 << 20,    /* of unfinished messages, all connections of a node together */
    HELD_FAIR_BYTES = 16 << 10    /* of one: it is never closed for what the others hold */
};

/* In place of the one that it has, with whatever that holds. Without memory that one stays. */
static void connection_new_framer(struct connection *connection)
{
    bool is_small = node_has(connection->node, FAULT_SMALL_BUFFER);
    struct sip_framer *framer = sip_framer_new(is_small ? SMALL_BUFFER_BYTES : MESSAGE_MAX_BYTES);
    if (framer != NULL) {
        sip_framer_free(connection->framer);
        connection->framer = framer;
        connection->unframed_bytes = 0;
    }
}

struct connection *connection_new(struct reference_node *node, enum net_transport transport)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        return NULL;
    }
    connection->node = node;
    connection_new_framer(connection);
    if (connection->framer == NULL) {
        free(connection);
        return NULL;
    }
    connection->transport = transport;
    connection->heard_ms = loop_now_ms(node->loop);
    return connection;
}

void connection_attach(struct connection *connection, struct net_connection *net)
{
    connection->net = net;
    connection->id = net_connection_id(net);
    connection->remote = *net_connection_remote(net);
    connection->is_further_pair = net_connection_stream(net) != 0;
    HASH_ADD(hh, connection->node->connections, id, sizeof(connection->id), connection);
}

struct connection *connection_find(const struct reference_node *node, uint64_t id)
{
    struct connection *connection;
    HASH_FIND(hh, node->connections, &id, sizeof(id), connection);
    return connection;
}

bool connection_can_write(const struct connection *connection)
{
    return connection->is_ready && !connection->is_closing && !connection->has_peer_closed &&
           net_connection_is_ready(connection->net);
}

bool connection_is_usable(const struct connection *connection)
{
    return connection_can_write(connection) && !connection->is_draining;
}

bool connection_send(struct connection *connection, const struct sip_message *message)
{
    bool is_sent = connection_can_write(connection) && delivery_send(connection, message);
    if (is_sent) {
        node_show(connection, message, false);
        close_note_message(connection);
    }
    return is_sent;
}

static void stop_connecting(struct connection *connection)
{
    if (connection->is_connecting) {
        DL_DELETE(connection->node->connecting, connection);
        connection->is_connecting = false;
    }
}

void connection_wait(struct connection *connection, struct waiter *waiter)
{
    waiter->connection = connection;
    DL_APPEND(connection->waiters, waiter);
}

/* Everybody who waits is told once; whoever is told may begin to wait elsewhere, or go. */
static void tell_waiters(struct connection *connection, const char *why)
{
    while (connection->waiters != NULL) {
        struct waiter *waiter = connection->waiters;
        DL_DELETE(connection->waiters, waiter);
        waiter->connection = NULL;
        struct connection *on =
            connection_can_write(connection) ? pairs_spread(connection) : pairs_fall_back(connection);
        if (on != NULL && on->is_connecting) {
            connection_wait(on, waiter);
        } else {
            waiter->on_ready(on, why, waiter->arg);
        }
    }
}

void connection_wait_cancel(struct waiter *waiter)
{
    if (waiter->connection != NULL) {
        DL_DELETE(waiter->connection->waiters, waiter);
        waiter->connection = NULL;
    }
}

void connection_forget(struct connection *connection)
{
    struct reference_node *node = connection->node;
    lost_remember(node, connection);
    for (size_t i = 0; i < node->domain_count; i++) {
        alias_table_remove_connection(node->domains[i].table, connection->id);
    }
}

void connection_free(struct connection *connection)
{
    struct reference_node *node = connection->node;
    stop_connecting(connection);
    if (connection->net != NULL) {
        connection_forget(connection);
        HASH_DELETE(hh, node->connections, connection);
        net_connection_free(connection->net);
    }
    sip_framer_free(connection->framer);
    loop_timer_free(connection->timer);
    identities_fini(&connection->identities);
    next_hop_fini(&connection->hop);
    target_fini(&connection->target);
    free(connection);
}

/* ---- what net/ reports ---- */

void connection_on_ready(struct net_connection *net, void *arg)
{
    struct connection *connection = arg;
    struct reference_node *node = connection->node;
    (void)net;
    stop_connecting(connection);
    connection->is_ready = true;
    const struct net_tls_facts *facts = net_connection_tls(net);
    if (connection->is_opened_by_us) {
        node->counts.opened += connection->is_further_pair ? 0 : 1;
        if (facts != NULL && facts->is_resumed && !acquire_judge_resumed(connection)) {
            close_connection(connection, NET_CLOSE_GRACEFUL);
        } else if (connection->is_authenticated || !net_transport_is_secure(connection->transport)) {
            aliasing_add_opened(connection);
        }
    } else {
        size_t domain = facts == NULL || facts->server_name == NULL
                            ? node->domain_count
                            : node_find_domain(node, facts->server_name);
        connection->domain = domain < node->domain_count ? domain : 0;
        node->counts.accepted += connection->is_further_pair ? 0 : 1;
        if (facts != NULL && facts->is_resumed && !accept_judge_resumed(connection)) {
            close_connection(connection, NET_CLOSE_GRACEFUL);
        }
    }
    if (connection->is_further_pair) {
        node_log(node, "connection %llu: %s on streams of its own", (unsigned long long)connection->id,
                 facts != NULL && facts->is_resumed ? "a session resumed" : "a full handshake");
    }
    close_note_message(connection);
    tell_waiters(connection, "");
    if (connection->is_opened_by_us && net_transport_is_secure(connection->transport) &&
        !connection->is_authenticated) {
        close_connection(connection, NET_CLOSE_GRACEFUL); /* send-before-verify looks now */
    }
}

/* RFC 5626 §4.4.1, all that came at once together: a flood of pings must not cost a system call each. */
static void send_pongs(struct connection *connection, size_t count)
{
    uint8_t bytes[1024];
    while (count > 0 && !connection->is_closing) {
        size_t now = count < sizeof(bytes) / 2 ? count : sizeof(bytes) / 2;
        for (size_t i = 0; i < now * 2; i++) {
            bytes[i] = i % 2 == 0 ? '\r' : '\n';
        }
        if (net_connection_write(connection->net, bytes, now * 2) != 0) {
            return; /* the peer reads none of them */
        }
        count -= now;
    }
}

/* RFC 5923 §8.3: what comes after our closure alert is discarded. */
static bool is_discarding(const struct connection *connection)
{
    return connection->is_closing && !node_has(connection->node, FAULT_ANSWER_AFTER_CLOSE_NOTIFY);
}

static void receive_frames(struct connection *connection)
{
    size_t pings = 0;
    while (!is_discarding(connection)) {
        struct sip_frame frame = sip_framer_next(connection->framer);
        if (misframe_loses(connection, &frame)) {
            continue;
        }
        switch (frame.kind) {
        case SIP_FRAME_NONE:
            send_pongs(connection, pings);
            return;
        case SIP_FRAME_MESSAGE:
            dispatch_message(connection, frame.bytes, frame.size_bytes);
            if (misframe_forgets_rest(connection, &frame)) {
                connection_new_framer(connection);
                return;
            }
            break;
        case SIP_FRAME_PING:
            pings++;
            break;
        case SIP_FRAME_PONG:
            break;
        case SIP_FRAME_ERROR:
            node_log(connection->node, "connection %llu: %s: closed", (unsigned long long)connection->id,
                     sip_error_text(frame.error));
            dispatch_unframed(connection, frame.bytes, frame.size_bytes, frame.error);
            send_pongs(connection, pings);
            connection->is_deaf = true; /* what follows cannot be told apart; what came before is answered */
            close_when_done(connection);
            return;
        }
    }
}

/* A user message of plain SCTP is one SIP message (RFC 4168 §5, RFC 3261 §18.3), and whatever is wrong with
 * it says nothing about the next one. */
static void receive_datagram(struct connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    struct sip_frame frame = sip_frame_datagram(bytes, size_bytes, MESSAGE_MAX_BYTES);
    switch (frame.kind) {
    case SIP_FRAME_MESSAGE:
        dispatch_message(connection, frame.bytes, frame.size_bytes);
        return;
    case SIP_FRAME_ERROR:
        node_log(connection->node, "connection %llu: %s", (unsigned long long)connection->id,
                 sip_error_text(frame.error));
        dispatch_unframed(connection, frame.bytes, frame.size_bytes, frame.error);
        return;
    case SIP_FRAME_NONE:
    case SIP_FRAME_PING:
    case SIP_FRAME_PONG:
        return;
    }
}

/* Thousands of connections with a message each that never ends: who has begun a long one then goes. */
static bool holds_too_much(const struct connection *connection)
{
    size_t bytes = 0;
    if (sip_framer_held_bytes(connection->framer) <= HELD_FAIR_BYTES) {
        return false;
    }
    for (const struct connection *each = connection->node->connections; each != NULL; each = each->hh.next) {
        bytes += sip_framer_held_bytes(each->framer);
    }
    return bytes > HELD_BYTES_MAX;
}

void connection_on_data(struct net_connection *net, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct connection *connection = arg;
    (void)net;
    if (is_discarding(connection) || connection->is_deaf || accept_starves(connection)) {
        return;
    }
    connection->heard_ms = loop_now_ms(connection->node->loop);
    close_note_message(connection);
    if (!delivery_is_taken(connection, size_bytes)) {
        return;
    }
    if (delivery_is_datagram(connection)) {
        receive_datagram(connection, bytes, size_bytes);
        return;
    }
    size_t taken_bytes = misframe_read(connection, bytes, size_bytes);
    if (taken_bytes == size_bytes) {
        return;
    }
    bytes += taken_bytes;
    size_bytes -= taken_bytes;
    if (!sip_framer_push(connection->framer, bytes, size_bytes)) {
        close_connection(connection, NET_CLOSE_GRACEFUL);
        return;
    }
    misframe_note(connection, size_bytes);
    receive_frames(connection);
    if (!connection->is_closing && !connection->is_deaf && holds_too_much(connection)) {
        node_log(connection->node, "connection %llu: no room for so long a message: closed",
                 (unsigned long long)connection->id);
        close_connection(connection, NET_CLOSE_NOW);
    }
}

/* FIN and close_notify end a connection in order: whoever waits for a response may still get it over another
 * one (RFC 3261 §18.2.2). After anything else a request that was not answered may be lost. */
static bool is_orderly(enum net_sign sign)
{
    switch (sign) {
    case NET_SIGN_NONE:
    case NET_SIGN_FIN:
    case NET_SIGN_CLOSE_NOTIFY:
    case NET_SIGN_SHUTDOWN:
        return true;
    case NET_SIGN_RST:
    case NET_SIGN_ALERT:
    case NET_SIGN_CONNECT_FAILED:
    case NET_SIGN_HANDSHAKE_FAILED:
    case NET_SIGN_TIMEOUT:
    case NET_SIGN_ERROR:
    case NET_SIGN_ABORT:
    case NET_SIGN_SILENCE:
        return false;
    }
    return false;
}

void connection_on_sign(struct net_connection *net, const struct net_end *end, void *arg)
{
    struct connection *connection = arg;
    bool is_good = is_orderly(end->sign);
    (void)net;
    if (connection->has_peer_closed && is_good) {
        return;
    }
    if (end->sign == NET_SIGN_CLOSE_NOTIFY && node_has(connection->node, FAULT_REQUEST_AFTER_CLOSE_NOTIFY)) {
        return;
    }
    node_log(connection->node, "connection %llu: %s%s%s", (unsigned long long)connection->id,
             net_sign_name(end->sign), end->text[0] != '\0' ? ": " : "", end->text);
    connection->has_peer_closed = true;
    if (end->sign == NET_SIGN_ABORT) {
        pairs_note_abort(connection);
    }
    stop_connecting(connection);
    connection_forget(connection);
    tell_waiters(connection, end->text[0] != '\0' ? end->text : net_sign_name(end->sign));
    bool is_curt =
        end->sign == NET_SIGN_CLOSE_NOTIFY && node_has(connection->node, FAULT_NO_CLOSE_NOTIFY_REPLY);
    close_connection(connection, !is_good ? NET_CLOSE_NOW : is_curt ? NET_CLOSE_FIN : NET_CLOSE_GRACEFUL);
    if (!is_good) {
        client_transaction_connection_broke(connection->node, connection->id, net_sign_name(end->sign));
    }
}

void connection_on_closed(struct net_connection *net, void *arg)
{
    struct connection *connection = arg;
    (void)net;
    stop_connecting(connection);
    connection_forget(connection);
    tell_waiters(connection, "it was closed");
    connection_free(connection);
}
