/* Where responses go (RFC 3261 §18.2.2): the connection that the request came on; when it is gone, a new one
 * to the source address and the port of sent-by; when that fails, what sent-by resolves to (RFC 3263 §5). */
#include <stdlib.h>
#include <string.h>

#include "reference/history.h"
#include "reference/transaction.h"

static bool read_way_back(const struct server_transaction *transaction, struct next_hop *hop,
                          struct target *target)
{
    struct sip_via via;
    struct net_address numeric;
    if (sip_message_top_via(transaction->request, &via) != SIP_OK) {
        return false;
    }
    *target = (struct target){.transport = transaction->transport, .address = transaction->source};
    target->address.port = via.port != 0 ? via.port : net_transport_default_port(transaction->transport);
    *hop = (struct next_hop){.port = via.port,
                             .is_secure = net_transport_is_secure(transaction->transport),
                             .has_transport = true,
                             .transport = transaction->transport,
                             .is_for_response = true,
                             .is_numeric = net_address_parse(via.host, 0, &numeric),
                             .domain = transaction->domain};
    hop->host = strdup(via.host);
    sip_via_fini(&via);
    return hop->host != NULL;
}

/* The fault response-on-other: the newest other connection of the same host; 0: there is none. */
static uint64_t find_other(const struct reference_node *node, const struct server_transaction *transaction)
{
    uint64_t newest = 0;
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        if (at->id != transaction->connection && at->id > newest && at->transport == transaction->transport &&
            connection_can_write(at) && net_address_equal_ip(&at->remote, &transaction->source)) {
            newest = at->id;
        }
    }
    return newest;
}

static bool has_alias(const struct sip_message *request)
{
    struct sip_via via;
    if (sip_message_top_via(request, &via) != SIP_OK) {
        return false;
    }
    bool has = sip_via_has_alias(&via);
    sip_via_fini(&via);
    return has;
}

/* The fault response-downgrade: plain TCP, whatever the Via says. */
static void downgrade(struct next_hop *hop, struct target *target)
{
    hop->is_secure = false;
    hop->transport = NET_TCP;
    target->transport = NET_TCP;
    target->address.port = hop->port != 0 ? hop->port : net_transport_default_port(NET_TCP);
}

void response_send(struct reference_node *node, const struct server_transaction *transaction,
                   const struct sip_message *response)
{
    bool strays = (node_has(node, FAULT_RESPONSE_ON_OTHER) && !has_alias(transaction->request)) ||
                  (node_has(node, FAULT_RESPONSE_CROSSES_UNDER_LOAD) && transaction->was_busy);
    struct connection *connection =
        connection_find(node, strays ? find_other(node, transaction) : transaction->connection);
    struct next_hop hop;
    struct target target;
    if (connection != NULL && connection_send(connection, response)) {
        if (busy_answers_twice(transaction, response)) {
            connection_send(connection, response);
        }
        return;
    }
    if (node_has(node, FAULT_DROP_RESPONSE_ON_CLOSED) || !read_way_back(transaction, &hop, &target)) {
        return;
    }
    if (node_has(node, FAULT_RESPONSE_DOWNGRADE)) {
        downgrade(&hop, &target);
    }
    if (!strays) {
        node_log(node, "the connection of a %s is gone: its response goes to the source address",
                 transaction->request->method);
    }
    courier_send(node, 0, strays ? transaction->connection : 0, &hop, &target, response);
    next_hop_fini(&hop);
}
