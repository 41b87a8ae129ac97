/* Server transactions (RFC 3261 §17.2, RFC 6026) over reliable transports: no response is sent twice, timers
 * I and J are zero. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/history.h"
#include "reference/proxy.h"

/* §17.2.3: branch with the magic cookie, sent-by and method; else the fields that RFC 2543 compared. */
char *server_transaction_key(const struct sip_message *request, const char *method)
{
    struct sip_via via;
    char *key = NULL;
    int size;
    if (sip_message_top_via(request, &via) != SIP_OK) {
        return NULL;
    }
    const struct sip_param *branch = sip_params_find(&via.params, "branch");
    if (branch != NULL && branch->value != NULL && strncasecmp(branch->value, "z9hG4bK", 7) == 0) {
        size = asprintf(&key, "%s %s:%u %s", branch->value, via.host, via.port, method);
    } else {
        uint32_t number = 0;
        char *tag = sip_message_tag(request, "From");
        const char *call_id = sip_message_header(request, "Call-ID");
        sip_message_cseq(request, &number, NULL);
        size = asprintf(&key, "2543 %s %s %u %s %s:%u %s", call_id == NULL ? "" : call_id,
                        tag == NULL ? "" : tag, number, request->request_uri, via.host, via.port, method);
        free(tag);
    }
    sip_via_fini(&via);
    return size < 0 ? NULL : key;
}

struct server_transaction *server_transaction_find(const struct reference_node *node,
                                                   const struct sip_message *request, const char *method)
{
    struct server_transaction *transaction = NULL;
    char *key = server_transaction_key(request, method);
    if (key != NULL) {
        HASH_FIND(hh, node->server_transactions, key, strlen(key), transaction);
    }
    free(key);
    return transaction;
}

/* Timer H (no ACK came), or the end of the Accepted state (timer L). */
static void on_timer(struct loop_timer *timer, void *arg)
{
    (void)timer;
    server_transaction_free(arg);
}

struct server_transaction *server_transaction_new(struct connection *connection,
                                                  const struct sip_message *request)
{
    struct reference_node *node = connection->node;
    struct server_transaction *transaction = calloc(1, sizeof(*transaction));
    if (transaction == NULL) {
        return NULL;
    }
    transaction->key = server_transaction_key(request, request->method);
    transaction->request = sip_message_copy(request);
    transaction->is_invite = strcmp(request->method, "INVITE") == 0;
    if (transaction->is_invite) {
        transaction->timer = loop_timer_new(node->loop, on_timer, transaction);
    }
    if (transaction->key == NULL || transaction->request == NULL ||
        (transaction->is_invite && transaction->timer == NULL)) {
        loop_timer_free(transaction->timer);
        sip_message_free(transaction->request);
        free(transaction->key);
        free(transaction);
        return NULL;
    }
    transaction->node = node;
    transaction->connection = connection->id;
    transaction->source = *net_connection_remote(connection->net);
    transaction->local = *net_connection_local(connection->net);
    transaction->transport = connection->transport;
    transaction->was_busy = busy_is(connection);
    transaction->domain = acting_domain(node, request, connection->domain);
    HASH_ADD_KEYPTR(hh, node->server_transactions, transaction->key, strlen(transaction->key), transaction);
    close_transaction_began(connection);
    return transaction;
}

static void put_down(struct server_transaction *transaction)
{
    if (!transaction->is_put_down) {
        transaction->is_put_down = true;
        close_transaction_ended(transaction->node, transaction->connection,
                                strcmp(transaction->request->method, "BYE") == 0);
    }
}

void server_transaction_free(struct server_transaction *transaction)
{
    put_down(transaction);
    HASH_DELETE(hh, transaction->node->server_transactions, transaction);
    exchange_free(transaction->exchange);
    exchange_free(transaction->twin);
    loop_timer_free(transaction->timer);
    sip_message_free(transaction->request);
    free(transaction->key);
    free(transaction);
}

void server_transaction_respond(struct server_transaction *transaction, const struct sip_message *response)
{
    bool is_final = response->status >= 200;
    if (transaction->has_final &&
        !(transaction->final_status < 300 && response->status >= 200 && response->status < 300)) {
        return;
    }
    response_send(transaction->node, transaction, response);
    if (!is_final || transaction->has_final) {
        return;
    }
    transaction->has_final = true;
    transaction->final_status = response->status;
    if (!transaction->is_invite) {
        server_transaction_free(transaction);
        return;
    }
    put_down(transaction);
    loop_timer_start(transaction->timer, T1_64_MS);
}

void server_transaction_answer(struct server_transaction *transaction, unsigned status, const char *reason)
{
    char *tag = status == 100 ? NULL : node_new_token(transaction->node);
    struct sip_message *response = sip_response_to(transaction->request, status, reason, tag);
    free(tag);
    if (response != NULL) {
        server_transaction_respond(transaction, response);
    }
    sip_message_free(response);
}

void server_transaction_acknowledge(struct server_transaction *transaction)
{
    if (transaction->has_final && transaction->final_status >= 300) {
        server_transaction_free(transaction);
    }
}
