/* A request and its failover: one resolution (RFC 3263 §4), its servers tried in order, each with a branch of
 * its own (RFC 3261 §16.6, RFC 3263 §4.3), until one answers with something else than 503. */
#include <stdlib.h>
#include <string.h>

#include "reference/history.h"
#include "reference/proxy.h"

struct exchange {
    struct reference_node *node;
    struct sip_message *request; /* without our Via */
    struct next_hop hop;
    struct record_route plan;
    struct resolution *resolution;
    struct targets targets;
    size_t at; /* the next target */
    struct client_transaction *transaction;
    struct loop_timer *timer_c;
    char *branch; /* of the first attempt, for the fault same-branch-next-server */
    struct trail trail;
    struct dice dice; /* of the trail */
    bool is_invite, is_cancelled, has_final, has_retried, has_trail;
    unsigned failure; /* what the last server came to */
    exchange_cb cb;
    void *arg;
};

static void on_timer_c(struct loop_timer *timer, void *arg);
static void try_next(struct exchange *exchange);

struct exchange *exchange_new(struct reference_node *node, struct sip_message *request,
                              const struct next_hop *hop, const struct record_route *plan, exchange_cb cb,
                              void *arg)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL) {
        sip_message_free(request);
        return NULL;
    }
    exchange->node = node;
    exchange->request = request;
    exchange->cb = cb;
    exchange->arg = arg;
    exchange->failure = 503;
    exchange->is_invite = strcmp(request->method, "INVITE") == 0;
    if (plan != NULL) {
        exchange->plan = *plan;
    }
    exchange->timer_c = exchange->is_invite ? loop_timer_new(node->loop, on_timer_c, exchange) : NULL;
    if (!next_hop_copy(hop, &exchange->hop) || (exchange->is_invite && exchange->timer_c == NULL)) {
        exchange_free(exchange);
        return NULL;
    }
    return exchange;
}

void exchange_leave_trail(struct exchange *exchange, const struct trail *trail)
{
    exchange->has_trail = true;
    exchange->trail = *trail;
    dice_init(&exchange->dice, trail->seed);
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    resolution_cancel(exchange->resolution);
    client_transaction_free(exchange->transaction);
    loop_timer_free(exchange->timer_c);
    targets_fini(&exchange->targets);
    next_hop_fini(&exchange->hop);
    sip_message_free(exchange->request);
    free(exchange->branch);
    free(exchange);
}

/* The last thing that is done: the callee may free it. */
static void finish(struct exchange *exchange, unsigned status, const struct sip_message *response)
{
    exchange->has_final = true;
    if (exchange->timer_c != NULL) {
        loop_timer_stop(exchange->timer_c);
    }
    exchange->cb(exchange, status, response, exchange->arg);
}

static void on_response(struct exchange *exchange, const struct sip_message *response)
{
    if (response->status < 200) {
        if (exchange->is_invite) {
            loop_timer_start(exchange->timer_c, TIMER_C_MS);
        }
        if (response->status > 100) {
            exchange->cb(exchange, response->status, response, exchange->arg);
        }
        return;
    }
    if (response->status == 503) {
        retry_after_note(exchange->node, &exchange->targets.items[exchange->at - 1], response);
    }
    bool has_more = exchange->at < exchange->targets.count;
    if (response->status == 503 && has_more && !exchange->is_cancelled &&
        !node_has(exchange->node, FAULT_NO_FAILOVER_503)) { /* RFC 3263 §4.3 */
        node_log(exchange->node, "to %s: 503: next server", exchange->hop.host);
        try_next(exchange);
        return;
    }
    finish(exchange, response->status, response);
}

/* The faults swallow-failure and lose-in-dialog. */
static bool is_silent(const struct exchange *exchange)
{
    const struct next_hop *hop = &exchange->hop;
    return node_has(exchange->node, FAULT_SWALLOW_FAILURE) ||
           (node_has(exchange->node, FAULT_LOSE_IN_DIALOG) && hop->is_in_dialog && hop->is_numeric);
}

/* Some faults, and a stateless node. True: that is all for this server's failure. */
static bool gives_up(struct exchange *exchange)
{
    bool has_more = exchange->at < exchange->targets.count;
    if (!has_more && exchange->failure == 503) {
        lost_note_domain(exchange->node, &exchange->hop);
    }
    if (exchange->has_trail) { /* without state there is one server only */
        finish(exchange, exchange->failure, NULL);
        return true;
    }
    if (has_more && node_has(exchange->node, FAULT_NO_FAILOVER)) {
        finish(exchange, exchange->failure, NULL);
        return true;
    }
    return !has_more && is_silent(exchange);
}

static void on_event(struct client_transaction *transaction, enum client_event event,
                     const struct sip_message *response, const char *why, void *arg)
{
    struct exchange *exchange = arg;
    switch (event) {
    case CLIENT_RESPONSE:
        on_response(exchange, response);
        return;
    case CLIENT_SENT:
        finish(exchange, 200, NULL);
        return;
    case CLIENT_TRANSPORT_FAILED:
        exchange->failure = 503; /* RFC 3261 §16.9 */
        node_log(exchange->node, "to %s: %s", exchange->hop.host, why);
        if (client_transaction_was_reused(transaction) && !exchange->has_retried) {
            exchange->has_retried =
                true; /* the connection had been dying: this server has not been asked yet */
            exchange->at--;
        } else if (gives_up(exchange)) {
            return;
        }
        break;
    case CLIENT_TIMEOUT:
        exchange->failure = 408;
        node_log(exchange->node, "to %s: %s", exchange->hop.host, why);
        if (gives_up(exchange)) {
            return;
        }
        break;
    }
    try_next(exchange);
}

static void share_branch(struct exchange *exchange, struct client_transaction *transaction)
{
    if (exchange->branch == NULL) {
        exchange->branch = strdup(client_transaction_branch(transaction));
    } else {
        client_transaction_set_branch(transaction, exchange->branch);
    }
}

static struct client_transaction *prepare(struct exchange *exchange, const struct target *target)
{
    struct sip_message *request = sip_message_copy(exchange->request);
    struct client_transaction *transaction = NULL;
    if (request != NULL &&
        (!exchange->plan.is_wanted ||
         forward_record_route(exchange->node, request, &exchange->plan, target->transport))) {
        transaction =
            client_transaction_new(exchange->node, request, &exchange->hop, target, on_event, exchange);
    }
    if (transaction != NULL && exchange->has_trail) {
        client_transaction_leave_trail(transaction, &exchange->trail);
    }
    if (transaction != NULL && node_has(exchange->node, FAULT_SAME_BRANCH_NEXT_SERVER)) {
        share_branch(exchange, transaction);
    }
    sip_message_free(request);
    return transaction;
}

static void try_next(struct exchange *exchange)
{
    client_transaction_free(exchange->transaction);
    exchange->transaction = NULL;
    if (exchange->is_cancelled) {
        finish(exchange, 487, NULL);
        return;
    }
    while (exchange->at < exchange->targets.count &&
           retry_after_is_set(exchange->node, &exchange->targets.items[exchange->at])) {
        node_log(exchange->node, "to %s: the server asked to be left alone", exchange->hop.host);
        exchange->at++;
    }
    if (exchange->at == exchange->targets.count) {
        finish(exchange, exchange->failure, NULL);
        return;
    }
    exchange->transaction = prepare(exchange, &exchange->targets.items[exchange->at++]);
    if (exchange->transaction == NULL) {
        finish(exchange, 500, NULL);
        return;
    }
    client_transaction_start(exchange->transaction);
}

/* The fault sticky-connection: of the servers that may come first, one with a connection. */
static void stick(struct exchange *exchange)
{
    const struct alias_table *table = exchange->node->domains[exchange->hop.domain].table;
    struct targets *targets = &exchange->targets;
    for (size_t i = 0; i < targets->count && targets->items[i].priority == targets->items[0].priority; i++) {
        if (alias_table_find(table, targets->items[i].transport, &targets->items[i].address) != NULL) {
            struct target first = targets->items[i];
            memmove(targets->items + 1, targets->items, i * sizeof(first));
            targets->items[0] = first;
            return;
        }
    }
}

static void on_targets(struct targets *targets, const char *why, void *arg)
{
    struct exchange *exchange = arg;
    exchange->resolution = NULL;
    exchange->targets = *targets;
    *targets = (struct targets){0};
    if (exchange->targets.count == 0) {
        node_log(exchange->node, "to %s: no server: %s", exchange->hop.host, why);
    }
    if (node_has(exchange->node, FAULT_STICKY_CONNECTION)) {
        stick(exchange);
    }
    if (exchange->has_trail) {
        order_addresses(&exchange->targets);
    }
    try_next(exchange);
}

void exchange_start(struct exchange *exchange)
{
    struct reference_node *node = exchange->node;
    const struct target *remembered = remembered_find(node, &exchange->hop, exchange->request);
    if (lost_has_domain(node, &exchange->hop)) {
        finish(exchange, 503, NULL);
        return;
    }
    if (remembered != NULL && targets_add(&exchange->targets, remembered)) {
        try_next(exchange);
        return;
    }
    bool is_fixed = exchange->has_trail && !node_has(node, FAULT_STATELESS_RANDOM);
    exchange->resolution =
        resolution_new(node->lookup, is_fixed ? &exchange->dice : &node->dice, &node->faults, &exchange->hop,
                       node_has_sctp(node), on_targets, exchange);
    if (exchange->resolution == NULL) {
        finish(exchange, 500, NULL);
        return;
    }
    resolution_start(exchange->resolution);
}

void exchange_cancel(struct exchange *exchange)
{
    if (exchange->has_final || exchange->is_cancelled) {
        return;
    }
    exchange->is_cancelled = true;
    if (exchange->transaction != NULL) {
        client_transaction_cancel(exchange->transaction);
    }
}

static void on_timer_c(struct loop_timer *timer, void *arg)
{
    struct exchange *exchange = arg;
    (void)timer;
    node_log(exchange->node, "to %s: timer C", exchange->hop.host);
    exchange_cancel(exchange); /* §16.8; client_transaction.c bounds what follows */
}
