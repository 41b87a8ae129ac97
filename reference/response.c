/* Where responses go (RFC 3261 §18.2.2): the connection that the request came on; when it is gone, a new one
 * to the source address and the port of sent-by; when that fails, what sent-by resolves to (RFC 3263 §5). */
#include <stdlib.h>
#include <string.h>

#include "reference/core.h"

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

/* The fault response-on-other: the newest other connection of the same host. */
static uint64_t choose_connection(const struct reference_node *node,
                                  const struct server_transaction *transaction)
{
    uint64_t chosen = transaction->connection;
    if (!node_has(node, FAULT_RESPONSE_ON_OTHER)) {
        return chosen;
    }
    uint64_t newest = 0;
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        if (at->id != chosen && at->id > newest && at->transport == transaction->transport &&
            connection_can_write(at) && net_address_equal_ip(&at->remote, &transaction->source)) {
            newest = at->id;
        }
    }
    return newest != 0 ? newest : chosen;
}

void response_send(struct reference_node *node, const struct server_transaction *transaction,
                   const struct sip_message *response)
{
    struct connection *connection = connection_find(node, choose_connection(node, transaction));
    struct next_hop hop;
    struct target target;
    if (connection != NULL && connection_send(connection, response)) {
        return;
    }
    if (!read_way_back(transaction, &hop, &target)) {
        return;
    }
    node_log(
        node,
        "the connection of a %s is gone: its response goes to the source address and the port of sent-by",
        transaction->request->method);
    courier_send(node, 0, &hop, &target, response);
    next_hop_fini(&hop);
}
