/* What four faults take for load: many requests on one connection within a second. */
#include <stdlib.h>

#include "reference/history.h"
#include "reference/transaction.h"

enum { WINDOW_MS = 1000, BUSY = 64 };

void busy_note_request(struct connection *connection)
{
    uint64_t now_ms = loop_now_ms(connection->node->loop);
    if (now_ms - connection->busy_since_ms > WINDOW_MS) {
        connection->busy_since_ms = now_ms;
        connection->busy_count = 0;
    }
    connection->busy_count++;
}

bool busy_is(const struct connection *connection)
{
    return connection->busy_count > BUSY;
}

bool busy_loses(const struct connection *connection)
{
    return node_has(connection->node, FAULT_LOSE_UNDER_LOAD) && busy_is(connection) &&
           connection->busy_count % BUSY == 0;
}

bool busy_answers_twice(const struct server_transaction *transaction, const struct sip_message *response)
{
    return node_has(transaction->node, FAULT_RESPONSE_TWICE_UNDER_LOAD) && transaction->was_busy &&
           !transaction->is_invite && response->status >= 200;
}

static void on_twin(struct exchange *exchange, unsigned status, const struct sip_message *response, void *arg)
{
    struct server_transaction *transaction = arg;
    (void)exchange;
    (void)response;
    if (status >= 200) {
        exchange_free(transaction->twin);
        transaction->twin = NULL;
    }
}

void busy_repeat(struct server_transaction *transaction, const struct sip_message *request,
                 const struct next_hop *hop, const struct record_route *plan)
{
    struct sip_message *copy = NULL;
    if ((node_has(transaction->node, FAULT_TWICE_UNDER_LOAD) && transaction->was_busy) ||
        rarely_doubles(transaction->node)) {
        copy = sip_message_copy(request);
    }
    if (copy == NULL) {
        return;
    }
    transaction->twin = exchange_new(transaction->node, copy, hop, plan, on_twin, transaction);
    if (transaction->twin != NULL) {
        exchange_start(transaction->twin);
    }
}
