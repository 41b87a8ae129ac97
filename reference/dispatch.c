/* Messages off a connection: checked, and given to the transaction or the core that they belong to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/history.h"
#include "reference/proxy.h"

static void remove_param(struct sip_via *via, const char *name)
{
    for (size_t i = 0; i < via->params.count; i++) {
        struct sip_param *param = &via->params.items[i];
        if (strcasecmp(param->name, name) == 0) {
            free(param->name);
            free(param->value);
            via->params.count--;
            memmove(param, param + 1, (via->params.count - i) * sizeof(*param));
            return;
        }
    }
}

/* The Via with the source in it; heap. port 0: none was asked for. */
static char *source_via(struct sip_via *via, const char *ip, uint16_t port)
{
    char *value = NULL;
    remove_param(via, "received");
    if (port != 0) {
        remove_param(via, "rport");
    }
    char *text = sip_via_format(via);
    int size = -1;
    if (text != NULL) {
        size = port != 0 ? asprintf(&value, "%s;received=%s;rport=%u", text, ip, port)
                         : asprintf(&value, "%s;received=%s", text, ip);
    }
    free(text);
    return size < 0 ? NULL : value;
}

/* RFC 3261 §18.2.1 and RFC 3581: where the request came from, in its top Via. */
static void note_source(struct connection *connection, struct sip_message *request)
{
    const struct net_address *source = net_connection_remote(connection->net);
    struct sip_via via;
    struct net_address sent_by;
    if (node_has(connection->node, FAULT_NO_RECEIVED) || sip_message_top_via(request, &via) != SIP_OK) {
        return;
    }
    bool is_truthful = net_address_parse(via.host, 0, &sent_by) && net_address_equal_ip(&sent_by, source);
    const struct sip_param *claimed = sip_params_find(&via.params, "received");
    const struct sip_param *rport = sip_params_find(&via.params, "rport");
    bool wants_port = rport != NULL ? rport->value == NULL : node_has(connection->node, FAULT_RPORT_UNASKED);
    if (is_truthful && claimed == NULL && !wants_port) {
        sip_via_fini(&via);
        return;
    }
    char ip[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(source, ip);
    char *value = source_via(&via, ip, wants_port ? source->port : 0);
    if (value != NULL) {
        sip_message_replace_value(request, "Via", 0, value);
    }
    free(value);
    sip_via_fini(&via);
}

static void handle_ack(struct connection *connection, const struct sip_message *ack)
{
    struct server_transaction *invite = server_transaction_find(connection->node, ack, "INVITE");
    if (invite != NULL && invite->final_status >= 300) {
        server_transaction_acknowledge(invite);
    } else {
        proxy_forward_ack(connection, ack);
    }
}

/* §16.10, §9.2 */
static void handle_cancel(struct server_transaction *cancel)
{
    struct server_transaction *invite = server_transaction_find(cancel->node, cancel->request, "INVITE");
    struct exchange *exchange = invite == NULL ? NULL : invite->exchange;
    bool is_late = invite != NULL && invite->has_final;
    if (invite != NULL && node_has(cancel->node, FAULT_RESPONSE_LATEST_CONNECTION)) {
        invite->connection = cancel->connection;
    }
    server_transaction_answer(cancel, invite == NULL ? 481 : 200, NULL);
    if (exchange != NULL && !is_late) {
        exchange_cancel(exchange);
    }
}

/* RFC 3261 §8.2, §16.3: answered where it came from, without a state: what identifies a transaction may be
 * what is wrong. */
static void refuse_malformed(struct connection *connection, const struct sip_message *request,
                             enum sip_error error, const char *detail)
{
    char reason[REASON_MAX];
    char *tag = strcmp(request->method, "ACK") == 0 ? NULL : node_new_token(connection->node);
    if (tag == NULL) {
        return;
    }
    snprintf(reason, sizeof(reason), "%s%s%s", sip_error_text(error), detail == NULL ? "" : ": ",
             detail == NULL ? "" : detail);
    struct sip_message *response =
        sip_response_to(request, error == SIP_ERROR_VERSION ? 505 : 400, reason, tag);
    if (response != NULL) {
        connection_send(connection, response);
    }
    sip_message_free(response);
    free(tag);
}

/* An actor serves one scenario, in the memory of all. */
enum { ACTOR_TRANSACTIONS_MAX = 2000 };

static struct server_transaction *begin_transaction(struct connection *connection,
                                                    const struct sip_message *request)
{
    struct reference_node *node = connection->node;
    size_t most = node->answers_users ? ACTOR_TRANSACTIONS_MAX : TRANSACTIONS_MAX;
    bool is_full = HASH_COUNT(node->server_transactions) >= most;
    struct server_transaction *transaction = is_full ? NULL : server_transaction_new(connection, request);
    if (transaction == NULL) {
        node_log(node, "connection %llu: no room for a transaction", (unsigned long long)connection->id);
        return NULL;
    }
    node->counts.requests_received++;
    node->counts.requests_received_on_opened += connection->is_opened_by_us ? 1 : 0;
    return transaction;
}

/* RFC 3261 §16.11: a stateless proxy passes a CANCEL on like any other request. */
static bool is_for_invite_here(const struct server_transaction *cancel)
{
    return !cancel->node->is_stateless ||
           server_transaction_find(cancel->node, cancel->request, "INVITE") != NULL;
}

void dispatch_keep(struct connection *connection, const struct sip_message *request)
{
    bool is_known = server_transaction_find(connection->node, request, request->method) != NULL;
    struct server_transaction *transaction = is_known ? NULL : begin_transaction(connection, request);
    if (transaction == NULL) {
        return;
    }
    transaction->is_kept = true;
    if (strcmp(request->method, "CANCEL") == 0) {
        handle_cancel(transaction);
    } else {
        proxy_handle_request(transaction);
    }
}

static void handle_request(struct connection *connection, struct sip_message *request)
{
    struct reference_node *node = connection->node;
    const char *detail = NULL;
    if (node_has(node, FAULT_IGNORE_REQUESTS_ON_ALIAS) && connection->is_opened_by_us) {
        return;
    }
    enum sip_error error = sip_message_check(request, &detail);
    if (error != SIP_OK) {
        refuse_malformed(connection, request, error, detail);
        return;
    }
    unsigned refused = aliasing_consider(connection, request);
    note_source(connection, request);
    if (strcmp(request->method, "ACK") == 0) {
        handle_ack(connection, request);
        return;
    }
    if (server_transaction_find(node, request, request->method) != NULL) {
        return; /* sent again: over reliable transports the response is on its way */
    }
    busy_note_request(connection);
    struct server_transaction *transaction =
        busy_loses(connection) ? NULL : begin_transaction(connection, request);
    if (transaction == NULL) {
        return;
    }
    if (refused != 0) {
        server_transaction_answer(transaction, refused, "Alias Refused");
    } else if (strcmp(request->method, "CANCEL") == 0 && is_for_invite_here(transaction)) {
        handle_cancel(transaction);
    } else {
        proxy_handle_request(transaction);
    }
}

void dispatch_message(struct connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    struct reference_node *node = connection->node;
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse(bytes, size_bytes, &message);
    if (error != SIP_OK || message == NULL) {
        node_log(node, "connection %llu: not a message: %s", (unsigned long long)connection->id,
                 sip_error_text(error));
        return;
    }
    node_show(connection, message, true);
    if (message->is_request) {
        handle_request(connection, message);
    } else if (!client_transaction_receive(connection, message) && !stateless_return(connection, message)) {
        node_log(node, "connection %llu: a %u that belongs to no request of ours",
                 (unsigned long long)connection->id, message->status);
    }
    sip_message_free(message);
}

void dispatch_unframed(struct connection *connection, const uint8_t *bytes, size_t size_bytes,
                       enum sip_error error)
{
    struct sip_message *message = NULL;
    if (sip_message_parse(bytes, size_bytes, &message) == SIP_OK && message->is_request) {
        refuse_malformed(connection, message, error, NULL);
    }
    sip_message_free(message);
}
