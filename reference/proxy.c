/* The proxy core (RFC 3261 §16): what is asked of a request before it is forwarded, and what comes back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/history.h"
#include "reference/proxy.h"

size_t acting_domain(const struct reference_node *node, const struct sip_message *request,
                     size_t connection_domain)
{
    const char *from = sip_message_header(request, "From");
    struct sip_address address;
    size_t domain = node->domain_count;
    if (from != NULL && sip_address_parse(from, &address) == SIP_OK) {
        domain = address.uri.host == NULL ? node->domain_count : node_find_domain(node, address.uri.host);
        sip_address_fini(&address);
    }
    return domain < node->domain_count ? domain : connection_domain;
}

static bool creates_dialog(const char *method)
{
    return strcmp(method, "INVITE") == 0 || strcmp(method, "SUBSCRIBE") == 0 || strcmp(method, "REFER") == 0;
}

/* ---- §16.7 ---- */

static void forward_response(struct server_transaction *transaction, const struct sip_message *response)
{
    struct sip_message *copy = sip_message_copy(response);
    if (copy == NULL) {
        return;
    }
    sip_message_remove_value(copy, "Via", 0);
    if (sip_message_value_count(copy, "Via") > 0) {
        server_transaction_respond(transaction, copy);
    }
    sip_message_free(copy);
}

static void on_exchange(struct exchange *exchange, unsigned status, const struct sip_message *response,
                        void *arg)
{
    struct server_transaction *transaction = arg;
    (void)exchange;
    if (response != NULL && status != 503) {
        forward_response(transaction, response);
    } else if (response != NULL) {
        server_transaction_answer(transaction, 500,
                                  "The Next Server Is Unavailable"); /* §16.7, 6: its 503 is not ours */
    } else if (status == 408 && !transaction->is_invite) {
        server_transaction_free(transaction); /* RFC 4320 §4.2: the client has given up by itself */
    } else {
        server_transaction_answer(transaction, status, NULL);
    }
}

/* ---- §16.3 ---- */

static void refuse_extensions(struct server_transaction *transaction, const char *field)
{
    struct sip_message *response = sip_response_to(transaction->request, 420, NULL, "proxy");
    const char *value = sip_message_header(transaction->request, field);
    if (response != NULL && value != NULL && sip_message_append(response, "Unsupported", value)) {
        server_transaction_respond(transaction, response);
    }
    sip_message_free(response);
}

static bool is_sip(const char *uri)
{
    return strncasecmp(uri, "sip:", 4) == 0 || strncasecmp(uri, "sips:", 5) == 0;
}

static bool has_scheme(const char *uri)
{
    const char *colon = strchr(uri, ':');
    return colon != NULL && colon != uri && strcspn(uri, "<>\" ") > (size_t)(colon - uri);
}

/* True when the request has been answered. */
static bool answer_unfit(struct server_transaction *transaction)
{
    const struct sip_message *request = transaction->request;
    struct sip_uri uri;
    if (!is_sip(request->request_uri)) {
        server_transaction_answer(transaction, has_scheme(request->request_uri) ? 416 : 400, NULL);
        return true;
    }
    if (sip_uri_parse(request->request_uri, &uri) != SIP_OK) {
        server_transaction_answer(transaction, 400, "Bad Request-URI");
        return true;
    }
    sip_uri_fini(&uri);
    const char *hops = sip_message_header(request, "Max-Forwards");
    if (hops != NULL && strtoul(hops, NULL, 10) == 0) {
        if (strcmp(request->method, "OPTIONS") == 0) {
            answer_options(transaction);
        } else {
            server_transaction_answer(transaction, 483, NULL);
        }
        return true;
    }
    return false;
}

static bool is_for_us(const struct reference_node *node, const struct sip_message *request,
                      const struct net_address *local)
{
    struct sip_uri uri;
    if (sip_message_value_count(request, "Route") > 0 ||
        sip_uri_parse(request->request_uri, &uri) != SIP_OK) {
        return false;
    }
    bool is_ours = node_owns_uri(node, &uri, local);
    sip_uri_fini(&uri);
    return is_ours;
}

/* ---- §16.6 ---- */

/* The fault sips-over-tcp: the URI is taken as if it said sip. */
static void forget_security(const struct sip_message *request, struct next_hop *hop)
{
    struct sip_uri uri;
    if (!hop->is_secure || sip_uri_parse(request->request_uri, &uri) != SIP_OK) {
        return;
    }
    const struct sip_param *transport = sip_params_find(&uri.params, "transport");
    hop->is_secure = false;
    if (transport != NULL && transport->value != NULL && strcasecmp(transport->value, "tcp") == 0) {
        hop->transport = NET_TCP;
    }
    sip_uri_fini(&uri);
}

static void forward(struct server_transaction *transaction, struct sip_message *request)
{
    struct reference_node *node = transaction->node;
    struct next_hop hop;
    if (!forward_count_hop(request) || !forward_next_hop(request, &hop)) {
        sip_message_free(request);
        server_transaction_answer(transaction, 400, "Bad Route Or Request-URI");
        return;
    }
    hop.domain = transaction->domain;
    if (node_has(node, FAULT_SIPS_OVER_TCP)) {
        forget_security(request, &hop);
    }
    const struct record_route plan = {.is_wanted = creates_dialog(request->method) && node->domain_count > 0,
                                      .domain = transaction->domain,
                                      .in = transaction->transport,
                                      .local = transaction->local};
    struct connection *connection = connection_find(node, transaction->connection);
    if (node->is_stateless && !transaction->is_kept && connection != NULL) {
        stateless_forward(connection, transaction->request, request, &hop, &plan);
        next_hop_fini(&hop);
        server_transaction_free(transaction);
        return;
    }
    if (transaction->is_invite) {
        server_transaction_answer(transaction, 100, NULL);
    }
    if (rarely_keeps(transaction)) {
        sip_message_free(request);
        next_hop_fini(&hop);
        return;
    }
    busy_repeat(transaction, request, &hop, &plan);
    transaction->exchange = exchange_new(node, request, &hop, &plan, on_exchange, transaction);
    next_hop_fini(&hop);
    if (transaction->exchange == NULL) {
        server_transaction_answer(transaction, 500, NULL);
        return;
    }
    exchange_start(transaction->exchange);
}

void proxy_handle_request(struct server_transaction *transaction)
{
    struct reference_node *node = transaction->node;
    if (answer_unfit(transaction)) {
        return;
    }
    struct sip_message *request = sip_message_copy(transaction->request);
    if (request == NULL || !forward_preprocess(node, request, &transaction->local)) {
        sip_message_free(request);
        server_transaction_answer(transaction, 400, "Bad Route");
        return;
    }
    bool is_ours = is_for_us(node, request, &transaction->local);
    if (!transaction->is_kept && !account_admits(transaction, request, is_ours)) {
        sip_message_free(request);
        return;
    }
    if (node->is_user_agent) {
        sip_message_free(request);
        user_agent_handle_request(transaction, is_ours);
        return;
    }
    if (is_ours) {
        sip_message_free(request);
        answer_request(transaction);
        return;
    }
    if (sip_message_header(request, "Proxy-Require") != NULL) {
        sip_message_free(request);
        refuse_extensions(transaction, "Proxy-Require");
        return;
    }
    forward(transaction, request);
}

/* An ACK to a 2xx is a request of its own, without an answer. */
void proxy_forward_ack(struct connection *connection, const struct sip_message *ack)
{
    struct reference_node *node = connection->node;
    const struct net_address *local = net_connection_local(connection->net);
    struct sip_message *copy = sip_message_copy(ack);
    struct next_hop hop;
    const char *hops = sip_message_header(ack, "Max-Forwards");
    bool is_spent = hops != NULL && strtoul(hops, NULL, 10) == 0;
    bool is_misled = node_has(node, FAULT_ACK_OVER_UDP); /* where nobody of ours listens */
    if (copy == NULL || is_spent || is_misled || !forward_preprocess(node, copy, local) ||
        is_for_us(node, copy, local) || !forward_count_hop(copy) || !forward_next_hop(copy, &hop)) {
        sip_message_free(copy);
        return;
    }
    hop.domain = acting_domain(node, ack, connection->domain);
    if (node->is_stateless) {
        stateless_forward(connection, ack, copy, &hop, NULL);
    } else {
        originate_ack(node, copy, &hop);
    }
    next_hop_fini(&hop);
}
