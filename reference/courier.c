/* Takes one message that expects no answer of its own (ACK to a non-2xx, CANCEL, a response) to where it
 * belongs: over the connection of its transaction while that lives, else over another one to the address it
 * has to go to (RFC 5923 §8.1, RFC 3261 §18.2.2). */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "reference/transaction.h"

struct courier {
    struct reference_node *node;
    struct sip_message *message;
    struct next_hop hop;
    struct waiter waiter;
    struct resolution *resolution;
    bool has_resolved;
    uint64_t last_resort; /* a connection that does when nothing else did; 0: none */
    struct targets targets;
    size_t at;
    struct courier *prev, *next;
};

static void courier_free(struct courier *courier)
{
    connection_wait_cancel(&courier->waiter);
    resolution_cancel(courier->resolution);
    targets_fini(&courier->targets);
    next_hop_fini(&courier->hop);
    sip_message_free(courier->message);
    free(courier);
}

static void finish(struct courier *courier)
{
    DL_DELETE(courier->node->couriers, courier);
    courier_free(courier);
}

static bool deliver(struct reference_node *node, struct connection *connection,
                    const struct sip_message *message)
{
    if (!connection_send(connection, message)) {
        return false;
    }
    if (message->is_request && !connection->is_opened_by_us) {
        node->counts.requests_sent_on_accepted++;
    }
    return true;
}

static void try_next(struct courier *courier, const char *why);

static void on_targets(struct targets *targets, const char *why, void *arg)
{
    struct courier *courier = arg;
    courier->resolution = NULL;
    targets_fini(&courier->targets);
    courier->targets = *targets;
    *targets = (struct targets){0};
    courier->at = 0;
    try_next(courier, why);
}

/* The address that the transaction knew did not do. For a response there is one more way (RFC 3263 §5): what
 * its sent-by resolves to. */
static void give_up(struct courier *courier, const char *why)
{
    if (!courier->message->is_request && !courier->has_resolved && !courier->hop.is_numeric &&
        !node_has(courier->node, FAULT_RESPONSE_SOURCE_ONLY)) {
        courier->has_resolved = true;
        courier->resolution =
            resolution_new(courier->node->lookup, &courier->node->dice, &courier->node->faults, &courier->hop,
                           node_has_sctp(courier->node), on_targets, courier);
        if (courier->resolution != NULL) {
            resolution_start(courier->resolution);
            return;
        }
    }
    struct connection *kept = connection_find(courier->node, courier->last_resort);
    if (kept != NULL && deliver(courier->node, kept, courier->message)) {
        finish(courier);
        return;
    }
    node_log(courier->node, "%s lost: %s",
             courier->message->is_request ? courier->message->method : "a response", why);
    finish(courier);
}

static void on_ready(struct connection *connection, const char *why, void *arg)
{
    struct courier *courier = arg;
    if (connection != NULL && deliver(courier->node, connection, courier->message)) {
        finish(courier);
    } else {
        try_next(courier, connection != NULL ? "it cannot be written" : why);
    }
}

static void try_next(struct courier *courier, const char *why)
{
    if (courier->at == courier->targets.count) {
        give_up(courier, why);
        return;
    }
    char refusal[REASON_MAX] = "";
    const struct target *target = &courier->targets.items[courier->at++];
    struct connection *connection =
        connection_acquire(courier->node, &courier->hop, target, &courier->waiter, refusal);
    if (connection != NULL || courier->waiter.connection == NULL) {
        on_ready(connection, refusal, courier);
    }
}

/* On its way, with nowhere to go yet; NULL: out of memory. */
static struct courier *courier_new(struct reference_node *node, const struct next_hop *hop,
                                   const struct sip_message *message)
{
    struct courier *courier = calloc(1, sizeof(*courier));
    if (courier == NULL) {
        return NULL;
    }
    courier->node = node;
    courier->message = sip_message_copy(message);
    courier->waiter = (struct waiter){.on_ready = on_ready, .arg = courier};
    if (courier->message == NULL || !next_hop_copy(hop, &courier->hop)) {
        courier_free(courier);
        return NULL;
    }
    DL_APPEND(node->couriers, courier);
    return courier;
}

void courier_send(struct reference_node *node, uint64_t first, uint64_t last_resort,
                  const struct next_hop *hop, const struct target *target, const struct sip_message *message)
{
    struct connection *connection = connection_find(node, first);
    if (connection != NULL && deliver(node, connection, message)) {
        return;
    }
    struct courier *courier = courier_new(node, hop, message);
    if (courier == NULL) {
        return;
    }
    courier->last_resort = last_resort;
    targets_add(&courier->targets, target);
    try_next(courier, "");
}

void courier_send_anew(struct reference_node *node, const struct next_hop *hop,
                       const struct sip_message *message)
{
    struct courier *courier = courier_new(node, hop, message);
    if (courier == NULL) {
        return;
    }
    courier->has_resolved = true;
    courier->resolution = resolution_new(node->lookup, &node->dice, &node->faults, hop, node_has_sctp(node),
                                         on_targets, courier);
    if (courier->resolution == NULL) {
        finish(courier);
        return;
    }
    resolution_start(courier->resolution);
}

void courier_free_all(struct reference_node *node)
{
    struct courier *at;
    struct courier *next;
    DL_FOREACH_SAFE(node->couriers, at, next)
    {
        finish(at);
    }
}
