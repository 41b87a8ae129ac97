/* The Via that a node puts on top of what it sends: sent-by, where it listens; the branch; alias, where it
 * wants the connection reused (RFC 5923 §8.1). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/transaction.h"

/* RFC 3261 §8.1.1.7, RFC 4168 §4. */
static const char *via_transport(const struct reference_node *node, enum net_transport transport)
{
    switch (transport) {
    case NET_TCP:
        return "TCP";
    case NET_TLS:
        return node_has(node, FAULT_VIA_WRONG_TRANSPORT) ? "TCP" : "TLS";
    case NET_SCTP:
        return node_has(node, FAULT_VIA_TCP_FOR_SCTP) ? "TCP" : "SCTP";
    case NET_TLS_SCTP:
        return node_has(node, FAULT_VIA_TLS_FOR_TLS_SCTP) ? "TLS" : "TLS-SCTP";
    }
    return "TCP";
}

char *via_format(const struct connection *connection, const char *branch, const struct trail *trail)
{
    const struct reference_node *node = connection->node;
    const struct net_address *local = net_connection_local(connection->net);
    struct net_address sent_by = *local;
    bool is_secure = net_transport_is_secure(connection->transport);
    bool listens = node_listens(node, connection->transport, local, &sent_by);
    if (node_has(node, FAULT_SENT_BY_EPHEMERAL)) {
        sent_by = *local;
    }
    /* RFC 5923 §7, §8.1: asked for on connections of ours, when requests would be accepted where sent-by
     * says, too. */
    bool asks = is_secure && listens && connection->is_opened_by_us && !node->is_never_reusing;
    const char *alias = !asks ? "" : node_has(node, FAULT_ALIAS_WITH_VALUE) ? ";alias=yes" : ";alias";
    char address[NET_ADDRESS_TEXT_MAX];
    char parameter[32] = "";
    char *via = NULL;
    net_address_format(&sent_by, address);
    if (trail != NULL) {
        snprintf(parameter, sizeof(parameter), ";" TRAIL_PARAMETER "=%" PRIx64, trail->connection);
    }
    int size = asprintf(&via, "SIP/2.0/%s %s;branch=%s%s%s", via_transport(node, connection->transport),
                        address, trail != NULL ? trail->branch : branch, parameter, alias);
    return size < 0 ? NULL : via;
}

void via_change(struct sip_message *message, const char *part, const char *other)
{
    char *via = message == NULL ? NULL : sip_message_value(message, "Via", 0);
    char *at = via == NULL ? NULL : strstr(via, part);
    char *changed = NULL;
    if (at != NULL && asprintf(&changed, "%.*s%s%s", (int)(at - via), via, other, at + strlen(part)) >= 0) {
        sip_message_replace_value(message, "Via", 0, changed);
        free(changed);
    }
    free(via);
}
