/* Rows for connections: of those that were opened (RFC 5923 §8.1) and of those that were accepted and asked
 * for it (§8.2). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/history.h"

void aliasing_add_opened(struct connection *connection)
{
    struct reference_node *node = connection->node;
    struct alias_row row = {.address = connection->target.address,
                            .transport = connection->target.transport,
                            .identities = connection->identities,
                            .connection = connection->id,
                            .is_opened_by_us = true};
    if (node_has(node, FAULT_STALE_CLIENT_ROW) && lost_contains(node, &connection->target, true)) {
        return;
    }
    if (node_has(node, FAULT_CLIENT_FIRST_IDENTITY_ONLY) && row.identities.count > 1) {
        row.identities.count = 1;
    }
    for (size_t i = 0; i < node->domain_count; i++) {
        if ((i == connection->domain || node_has(node, FAULT_ONE_TABLE_FOR_ALL_DOMAINS)) &&
            !alias_table_add(node->domains[i].table, &row)) {
            node_log(node, "connection %llu: no room in the alias table", (unsigned long long)connection->id);
        }
    }
}

/* ---- §8.2 ---- */

static bool via_asks(const struct reference_node *node, const struct sip_via *via)
{
    if (!node_has(node, FAULT_ALIAS_CASE_SENSITIVE)) {
        return sip_via_has_alias(via);
    }
    for (size_t i = 0; i < via->params.count; i++) {
        if (strcmp(via->params.items[i].name, "alias") == 0 && via->params.items[i].value == NULL) {
            return true;
        }
    }
    return false;
}

static bool any_via_asks(const struct reference_node *node, const struct sip_message *request)
{
    size_t count = sip_message_value_count(request, "Via");
    bool is_asked = false;
    for (size_t i = 0; i < count && !is_asked; i++) {
        char *text = sip_message_value(request, "Via", i);
        struct sip_via via;
        if (text != NULL && sip_via_parse(text, &via) == SIP_OK) {
            is_asked = via_asks(node, &via);
            sip_via_fini(&via);
        }
        free(text);
    }
    return is_asked;
}

static void log_row(const struct reference_node *node, const struct alias_row *row)
{
    char *text = alias_row_describe(row);
    if (text != NULL) {
        node_log(node, "aliased %s", text);
    }
    free(text);
}

static bool shares(const struct alias_row *old, const struct alias_row *row)
{
    if (old->is_opened_by_us || old->connection == row->connection) {
        return false;
    }
    if (old->transport == row->transport && net_address_equal(&old->address, &row->address)) {
        return true;
    }
    for (size_t i = 0; i < row->identities.count; i++) {
        if (identities_match(&old->identities, row->identities.items[i].name)) {
            return true;
        }
    }
    return false;
}

/* The fault last-alias-wins: rows that share something are keyed too loosely, and the newest connection gets
 * them all. */
static void take_over(struct alias_table *table, const struct alias_row *row)
{
    const struct alias_row *old = NULL;
    while ((old = alias_table_walk(table, old)) != NULL) {
        if (shares(old, row)) {
            struct alias_row taken = *old;
            uint64_t loser = old->connection;
            taken.connection = row->connection;
            taken.is_any_identity = true;
            if (identities_copy(&old->identities, &taken.identities)) {
                alias_table_remove_connection(table, loser);
                alias_table_add(table, &taken);
                identities_fini(&taken.identities);
            }
            old = NULL; /* the table changed: begin again */
        }
    }
}

static void add_row(struct reference_node *node, const struct alias_row *row, size_t domain)
{
    for (size_t i = 0; i < node->domain_count; i++) {
        if (i != domain && !node_has(node, FAULT_ONE_ALIAS_TABLE)) {
            continue;
        }
        if (node_has(node, FAULT_LAST_ALIAS_WINS)) {
            take_over(node->domains[i].table, row);
        }
        if (!alias_table_add(node->domains[i].table, row)) {
            node_log(node, "connection %llu: no alias: no room in the table",
                     (unsigned long long)row->connection);
            return;
        }
    }
    log_row(node, row);
}

struct sent_by_lookup { /* the fault alias-ip-from-sent-by asks the DNS */
    struct reference_node *node;
    uint64_t connection;
    enum net_transport transport;
    uint16_t port;
};

static void on_sent_by(const struct net_address *addresses, size_t count, void *arg)
{
    struct sent_by_lookup *asked = arg;
    struct connection *connection = count == 0 ? NULL : connection_find(asked->node, asked->connection);
    for (size_t i = 0; connection != NULL && i < count; i++) {
        struct alias_row row = {.address = addresses[i],
                                .transport = asked->transport,
                                .identities = connection->identities,
                                .connection = connection->id};
        row.address.port = asked->port;
        add_row(asked->node, &row, connection->domain);
    }
    free(asked);
}

static void ask_sent_by(struct connection *connection, const struct alias_row *row, const char *host)
{
    struct sent_by_lookup *asked = calloc(1, sizeof(*asked));
    if (asked == NULL) {
        return;
    }
    *asked = (struct sent_by_lookup){connection->node, connection->id, row->transport, row->address.port};
    lookup_ask_addresses(connection->node->lookup, host, on_sent_by, asked);
}

/* The advertised address: IP address of the source, port of sent-by or the default one, transport of the
 * connection. */
static void read_advertised(const struct connection *connection, const struct sip_via *via,
                            struct alias_row *row)
{
    const struct reference_node *node = connection->node;
    row->transport = connection->transport;
    if (node_has(node, FAULT_ALIAS_TRUST_VIA_TRANSPORT) && strcasecmp(via->transport, "TLS") == 0) {
        row->transport = NET_TLS;
    }
    row->address = connection->remote;
    row->address.port = via->port != 0 ? via->port : net_transport_default_port(row->transport);
    if (node_has(node, FAULT_ALIAS_PORT_IGNORED)) {
        row->address.port = net_transport_default_port(row->transport);
    }
    if (node_has(node, FAULT_ALIAS_PORT_SOURCE) && via->port == 0) {
        row->address.port = connection->remote.port;
    }
    const struct sip_param *received = sip_params_find(&via->params, "received");
    if (node_has(node, FAULT_ALIAS_TRUST_RECEIVED) && received != NULL && received->value != NULL) {
        net_address_parse(received->value, row->address.port, &row->address);
    }
}

static bool accepts_any_identity(const struct connection *connection)
{
    return !net_transport_is_secure(connection->transport) ||
           node_has(connection->node, FAULT_ALIAS_WITHOUT_IDENTITY) || !connection->has_certificate ||
           (node_has(connection->node, FAULT_RESUMPTION_DROPS_IDENTITY) &&
            net_connection_tls(connection->net)->is_resumed);
}

/* An association is its peer at whichever of its addresses (RFC 9260 §1.4): what resolves to any of them
 * finds it, not only what resolves to the one that a chunk happened to come from. */
static void add_paths(struct connection *connection, const struct alias_row *first)
{
    const struct net_association_facts *association =
        node_has(connection->node, FAULT_ALIAS_BY_PATH) ? NULL : net_connection_association(connection->net);
    for (size_t i = 0; association != NULL && i < association->remote_count; i++) {
        struct alias_row row = *first;
        row.address = association->remote[i];
        row.address.port = first->address.port;
        if (!net_address_equal_ip(&row.address, &first->address)) {
            add_row(connection->node, &row, connection->domain);
        }
    }
}

static void make_alias(struct connection *connection, const struct sip_via *via)
{
    struct reference_node *node = connection->node;
    struct alias_row row = {.identities = connection->identities,
                            .connection = connection->id,
                            .is_any_identity = accepts_any_identity(connection)};
    read_advertised(connection, via, &row);
    if (node_has(node, FAULT_ALIAS_IP_FROM_SENT_BY)) {
        struct net_address claimed;
        if (!net_address_parse(via->host, row.address.port, &claimed)) {
            ask_sent_by(connection, &row, via->host);
            return;
        }
        row.address = claimed;
    }
    add_row(node, &row, connection->domain);
    add_paths(connection, &row);
}

/* Faults: a request is turned down for its alias. */
static unsigned reject(const struct connection *connection, bool is_asked)
{
    const struct reference_node *node = connection->node;
    bool is_secure = net_transport_is_secure(connection->transport);
    if (!is_asked || connection->is_opened_by_us) {
        return 0;
    }
    bool is_rejected =
        node_has(node, is_secure ? FAULT_REJECT_ALIAS : FAULT_REJECT_ALIAS_PLAIN) ||
        (node_has(node, FAULT_REJECT_ALIAS_WITHOUT_CERTIFICATE) && is_secure && !connection->has_certificate);
    return is_rejected ? 403 : 0;
}

unsigned aliasing_consider(struct connection *connection, const struct sip_message *request)
{
    struct reference_node *node = connection->node;
    struct policy policy;
    struct sip_via via;
    if (sip_message_top_via(request, &via) != SIP_OK) {
        return 0;
    }
    node_make_policy(node, &policy);
    const struct alias_claim claim = {
        .is_asked = node_has(node, FAULT_ALIAS_ANY_VIA) ? any_via_asks(node, request) : via_asks(node, &via),
        .is_accepted = !connection->is_opened_by_us,
        .transport = connection->transport,
        .via_transport = via.transport,
        .has_certificate = connection->has_certificate,
        .is_valid = connection->is_valid,
        .identity_count = connection->identities.count};
    const char *objection = policy_refuse_alias(&policy, &claim);
    if (objection == NULL) {
        make_alias(connection, &via);
    } else if (claim.is_asked) {
        node_log(node, "connection %llu: no alias: %s", (unsigned long long)connection->id, objection);
    }
    sip_via_fini(&via);
    return reject(connection, claim.is_asked);
}
