/* Client transactions (RFC 3261 §17.1, the Accepted state of RFC 6026) over reliable transports: nothing is
 * sent twice, timers B and F bound the wait, D and K are zero. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/history.h"
#include "reference/transaction.h"

enum client_state {
    CLIENT_WAITING /* for a connection */,
    CLIENT_TRYING,
    CLIENT_PROCEEDING,
    CLIENT_ACCEPTED,
    CLIENT_ENDED
};

struct client_transaction {
    struct reference_node *node;
    UT_hash_handle hh;
    char *key; /* branch and method; in the table while is_listed */
    char *branch;
    struct sip_message *request; /* with our Via once it is sent */
    struct next_hop hop;
    struct target target;
    struct sip_via via;
    struct trail trail;
    bool has_via, is_listed, is_carried, is_invite, was_reused, wants_cancel, has_cancelled, has_trail;
    enum client_state state;
    uint64_t connection, sent_ms;
    struct waiter waiter;
    struct loop_timer *timer;
    client_transaction_cb cb;
    void *arg;
};

static void on_timer(struct loop_timer *timer, void *arg);
static void on_connection(struct connection *connection, const char *why, void *arg);

static char *make_key(const char *branch, const char *method)
{
    char *key = NULL;
    return asprintf(&key, "%s %s", branch, method) < 0 ? NULL : key;
}

struct client_transaction *client_transaction_new(struct reference_node *node,
                                                  const struct sip_message *request,
                                                  const struct next_hop *hop, const struct target *target,
                                                  client_transaction_cb cb, void *arg)
{
    struct client_transaction *transaction = calloc(1, sizeof(*transaction));
    if (transaction == NULL) {
        return NULL;
    }
    transaction->node = node;
    transaction->waiter = (struct waiter){.on_ready = on_connection, .arg = transaction};
    transaction->cb = cb;
    transaction->arg = arg;
    transaction->is_invite = strcmp(request->method, "INVITE") == 0;
    char *token = node_new_token(node);
    bool is_made = token != NULL && asprintf(&transaction->branch, "z9hG4bK%s", token) > 0;
    free(token);
    if (!is_made) {
        transaction->branch = NULL;
    }
    transaction->key = is_made ? make_key(transaction->branch, request->method) : NULL;
    transaction->request = sip_message_copy(request);
    transaction->timer = loop_timer_new(node->loop, on_timer, transaction);
    if (transaction->key == NULL || transaction->request == NULL || transaction->timer == NULL ||
        !next_hop_copy(hop, &transaction->hop) || !target_copy(target, &transaction->target)) {
        client_transaction_free(transaction);
        return NULL;
    }
    return transaction;
}

void client_transaction_leave_trail(struct client_transaction *transaction, const struct trail *trail)
{
    transaction->trail = *trail;
    transaction->has_trail = true;
}

const char *client_transaction_branch(const struct client_transaction *transaction)
{
    return transaction->branch;
}

void client_transaction_set_branch(struct client_transaction *transaction, const char *branch)
{
    char *key = make_key(branch, transaction->request->method);
    char *copy = strdup(branch);
    if (key == NULL || copy == NULL) {
        free(key);
        free(copy);
        return;
    }
    free(transaction->branch);
    free(transaction->key);
    transaction->branch = copy;
    transaction->key = key;
}

/* The connection carries it no longer. */
static void put_down(struct client_transaction *transaction)
{
    if (transaction->is_carried) {
        transaction->is_carried = false;
        close_transaction_ended(transaction->node, transaction->connection,
                                strcmp(transaction->request->method, "BYE") == 0);
    }
}

static void unlist(struct client_transaction *transaction)
{
    if (transaction->is_listed) {
        HASH_DELETE(hh, transaction->node->client_transactions, transaction);
        transaction->is_listed = false;
    }
}

void client_transaction_free(struct client_transaction *transaction)
{
    if (transaction == NULL) {
        return;
    }
    unlist(transaction);
    put_down(transaction);
    connection_wait_cancel(&transaction->waiter);
    loop_timer_free(transaction->timer);
    if (transaction->has_via) {
        sip_via_fini(&transaction->via);
    }
    next_hop_fini(&transaction->hop);
    target_fini(&transaction->target);
    sip_message_free(transaction->request);
    free(transaction->branch);
    free(transaction->key);
    free(transaction);
}

bool client_transaction_was_reused(const struct client_transaction *transaction)
{
    return transaction->was_reused;
}

/* The last thing that is done: the callee may free it. */
static void end(struct client_transaction *transaction, enum client_event event,
                const struct sip_message *response, const char *why)
{
    transaction->state = CLIENT_ENDED;
    loop_timer_stop(transaction->timer);
    unlist(transaction);
    put_down(transaction);
    transaction->cb(transaction, event, response, why, transaction->arg);
}

/* A server that did not answer within 64*T1, and from which nothing at all came, may be gone without a word:
 * nothing new goes there. */
static void doubt_connection(const struct client_transaction *transaction)
{
    struct connection *connection = connection_find(transaction->node, transaction->connection);
    if (connection != NULL && connection->heard_ms < transaction->sent_ms &&
        !node_has(transaction->node, FAULT_TRUST_HALF_OPEN)) {
        node_log(transaction->node, "connection %llu: silent: not used for new requests",
                 (unsigned long long)connection->id);
        connection_forget(connection);
    }
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct client_transaction *transaction = arg;
    (void)timer;
    switch (transaction->state) {
    case CLIENT_WAITING:
        end(transaction, CLIENT_TRANSPORT_FAILED, NULL, "no connection in time");
        return;
    case CLIENT_TRYING:
    case CLIENT_PROCEEDING:
        doubt_connection(transaction);
        end(transaction, CLIENT_TIMEOUT, NULL, "no answer in time");
        return;
    case CLIENT_ACCEPTED: /* timer M: no more 2xx are expected */
        unlist(transaction);
        return;
    case CLIENT_ENDED:
        return;
    }
}

/* ---- sending ---- */

static bool add_via(struct client_transaction *transaction, const struct connection *connection)
{
    char *via =
        via_format(connection, transaction->branch, transaction->has_trail ? &transaction->trail : NULL);
    bool is_added = via != NULL && sip_message_prepend(transaction->request, "Via", via) &&
                    sip_via_parse(via, &transaction->via) == SIP_OK;
    transaction->has_via = is_added;
    free(via);
    return is_added;
}

static void send_on(struct client_transaction *transaction, struct connection *connection)
{
    struct reference_node *node = transaction->node;
    bool is_ack = strcmp(transaction->request->method, "ACK") == 0;
    if (!add_via(transaction, connection) || !connection_send(connection, transaction->request)) {
        end(transaction, CLIENT_TRANSPORT_FAILED, NULL, "it cannot be written");
        return;
    }
    node->counts.requests_sent_on_accepted += connection->is_opened_by_us ? 0 : 1;
    transaction->connection = connection->id;
    transaction->sent_ms = loop_now_ms(node->loop);
    if (is_ack || transaction->has_trail) {
        end(transaction, CLIENT_SENT, NULL, "");
        return;
    }
    transaction->state = CLIENT_TRYING;
    transaction->is_carried = true;
    close_transaction_began(connection);
    if (connection->is_opened_by_us) {
        remembered_set(node, &transaction->hop, &transaction->target, transaction->request, connection->id);
    }
    HASH_ADD_KEYPTR(hh, node->client_transactions, transaction->key, strlen(transaction->key), transaction);
    transaction->is_listed = true;
}

static void on_connection(struct connection *connection, const char *why, void *arg)
{
    struct client_transaction *transaction = arg;
    if (connection == NULL) {
        end(transaction, CLIENT_TRANSPORT_FAILED, NULL, why);
        return;
    }
    send_on(transaction, connection);
}

void client_transaction_start(struct client_transaction *transaction)
{
    char why[REASON_MAX] = "";
    loop_timer_start(transaction->timer, T1_64_MS);
    struct connection *connection = connection_acquire(transaction->node, &transaction->hop,
                                                       &transaction->target, &transaction->waiter, why);
    transaction->was_reused = connection != NULL;
    if (connection != NULL || transaction->waiter.connection == NULL) {
        on_connection(connection, why, transaction);
    }
}

/* ---- CANCEL and ACK ---- */

static bool is_dropped(const struct client_transaction *transaction, enum fault fault)
{
    const struct connection *connection = connection_find(transaction->node, transaction->connection);
    return node_has(transaction->node, fault) && (connection == NULL || !connection_can_write(connection));
}

/* RFC 3263 §4: to the server that the INVITE went to, whatever the DNS says by now. */
static void send_derived(const struct client_transaction *transaction, const struct sip_message *message,
                         enum fault astray)
{
    if (node_has(transaction->node, astray)) {
        courier_send_anew(transaction->node, &transaction->hop, message);
        return;
    }
    /* With the INVITE under way on its streams, others are found for whatever is not said to go there. */
    bool is_parted = strcmp(message->method, "ACK") == 0 && transaction->target.transport == NET_TLS_SCTP &&
                     node_has(transaction->node, FAULT_ACK_ON_OTHER_STREAMS);
    courier_send(transaction->node, is_parted ? 0 : transaction->connection, 0, &transaction->hop,
                 &transaction->target, message);
}

static void send_cancel(struct client_transaction *transaction)
{
    transaction->has_cancelled = true;
    if (is_dropped(transaction, FAULT_DROP_CANCEL_ON_CLOSED)) {
        return;
    }
    struct sip_message *cancel = derive_cancel(transaction->request);
    if (node_has(transaction->node, FAULT_CANCEL_NEW_VIA)) {
        via_change(cancel, transaction->branch, "z9hG4bKother");
    }
    if (cancel != NULL) {
        send_derived(transaction, cancel, FAULT_RESOLVE_PER_MESSAGE);
    }
    sip_message_free(cancel);
    loop_timer_start(transaction->timer, T1_64_MS); /* §9.1: then the INVITE is over, answered or not */
}

void client_transaction_cancel(struct client_transaction *transaction)
{
    transaction->wants_cancel = true;
    if (transaction->is_invite && transaction->state == CLIENT_PROCEEDING && !transaction->has_cancelled) {
        send_cancel(transaction);
    }
}

static void send_ack(struct client_transaction *transaction, const struct sip_message *response)
{
    if (is_dropped(transaction, FAULT_DROP_ACK_ON_CLOSED) ||
        (response->status == 503 && node_has(transaction->node, FAULT_NO_ACK_TO_503))) {
        return;
    }
    struct sip_message *ack = derive_ack(transaction->request, response);
    if (node_has(transaction->node, FAULT_ACK_WITHOUT_ALIAS)) {
        via_change(ack, ";alias", "");
    }
    if (ack != NULL) {
        send_derived(transaction, ack, FAULT_RE_RESOLVE_ACK);
    }
    sip_message_free(ack);
}

/* ---- responses ---- */

static void on_provisional(struct client_transaction *transaction, const struct sip_message *response)
{
    transaction->state = CLIENT_PROCEEDING;
    if (transaction->is_invite && !transaction->has_cancelled) {
        loop_timer_stop(transaction->timer); /* timer C takes over */
        if (transaction->wants_cancel) {
            send_cancel(transaction);
        }
    }
    transaction->cb(transaction, CLIENT_RESPONSE, response, "", transaction->arg);
}

static void on_final(struct client_transaction *transaction, const struct sip_message *response)
{
    if (transaction->is_invite && response->status < 300) {
        transaction->state = CLIENT_ACCEPTED;
        put_down(transaction);
        loop_timer_start(transaction->timer, T1_64_MS);
        transaction->cb(transaction, CLIENT_RESPONSE, response, "", transaction->arg);
        return;
    }
    if (transaction->is_invite) {
        send_ack(transaction, response);
    }
    end(transaction, CLIENT_RESPONSE, response, "");
}

static void step(struct client_transaction *transaction, const struct sip_message *response)
{
    switch (transaction->state) {
    case CLIENT_TRYING:
    case CLIENT_PROCEEDING:
        if (response->status < 200) {
            on_provisional(transaction, response);
        } else {
            on_final(transaction, response);
        }
        return;
    case CLIENT_ACCEPTED:
        if (response->status >= 200 && response->status < 300) {
            transaction->cb(transaction, CLIENT_RESPONSE, response, "", transaction->arg);
        }
        return;
    case CLIENT_WAITING:
    case CLIENT_ENDED:
        return;
    }
}

static bool is_own_via(const struct sip_via *own, const struct sip_via *top)
{
    return strcasecmp(own->host, top->host) == 0 && own->port == top->port; /* RFC 3261 §18.1.2 */
}

bool client_transaction_receive(const struct connection *connection, const struct sip_message *response)
{
    struct reference_node *node = connection->node;
    struct sip_via via;
    if (response->method == NULL || sip_message_top_via(response, &via) != SIP_OK) {
        return false;
    }
    const struct sip_param *branch = sip_params_find(&via.params, "branch");
    char *key = branch == NULL || branch->value == NULL ? NULL : make_key(branch->value, response->method);
    struct client_transaction *transaction = NULL;
    if (key != NULL) {
        HASH_FIND(hh, node->client_transactions, key, strlen(key), transaction);
    }
    bool is_ours = transaction != NULL &&
                   (is_own_via(&transaction->via, &via) || node_has(node, FAULT_ACCEPT_FOREIGN_VIA));
    if (is_ours && node_has(node, FAULT_NO_LISTENER_FOR_RESPONSES)) {
        is_ours = transaction->connection == connection->id;
    }
    free(key);
    sip_via_fini(&via);
    if (is_ours) {
        step(transaction, response);
    }
    return is_ours;
}

void client_transaction_connection_broke(struct reference_node *node, uint64_t connection, const char *why)
{
    struct client_transaction *at = node->client_transactions;
    while (at != NULL) {
        if (at->connection == connection && at->state == CLIENT_TRYING) {
            end(at, CLIENT_TRANSPORT_FAILED, NULL, why);
            at = node->client_transactions; /* the callback may have changed the table */
        } else {
            at = at->hh.next;
        }
    }
}
