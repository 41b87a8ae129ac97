/* A connection for a server: one that may be used, one that is being opened for the same purpose, or a new
 * one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "reference/history.h"

/* RFC 5922 §7.3: the identity of the server is compared with the domain before DNS. */
static bool judge_server(struct connection *connection, const struct net_tls_facts *facts, char *why)
{
    struct reference_node *node = connection->node;
    const struct reuse_question question = {&connection->hop, &connection->target};
    connection->has_certificate = facts->peer_certificate_count > 0;
    if (!connection->has_certificate) {
        snprintf(why, REASON_MAX, "the server showed no certificate");
        return false;
    }
    connection->is_valid = verifier_check(node->verifier, facts, true, why);
    if (!identities_extract(facts->peer_certificates[0], facts->peer_certificate_sizes[0], &node->faults,
                            &connection->identities)) {
        snprintf(why, REASON_MAX, "the server's certificate cannot be read");
        return false;
    }
    if (!connection->is_valid) {
        return false;
    }
    if (connection->hop.is_for_response && connection->hop.is_numeric) {
        return true; /* no domain to compare: the Via names an address */
    }
    if (!policy_identity_matches(&node->faults, &connection->identities, &question)) {
        snprintf(why, REASON_MAX, "the server's certificate does not speak for %s", connection->hop.host);
        return false;
    }
    return true;
}

static bool judge(struct connection *connection, const struct net_tls_facts *facts)
{
    const struct reference_node *node = connection->node;
    char why[REASON_MAX] = "";
    connection->is_authenticated = judge_server(connection, facts, why);
    if (!connection->is_authenticated) {
        node_log(node, "connection %llu: not authenticated: %s", (unsigned long long)connection->id, why);
    }
    if (node_has(node, FAULT_CLIENT_SKIP_VERIFY)) {
        connection->is_authenticated = true;
    }
    return connection->is_authenticated || node_has(node, FAULT_SEND_BEFORE_VERIFY);
}

static bool on_verify(struct net_connection *net, const struct net_tls_facts *facts, void *arg)
{
    (void)net;
    return judge(arg, facts);
}

bool acquire_judge_resumed(struct connection *connection)
{
    return judge(connection, net_connection_tls(connection->net));
}

static const struct net_connection_events OPENED_EVENTS = {.on_verify = on_verify,
                                                           .on_ready = connection_on_ready,
                                                           .on_data = connection_on_data,
                                                           .on_sign = connection_on_sign,
                                                           .on_closed = connection_on_closed};

/* The IP address to open from: one that this node listens on, so that a source address is what a peer finds
 * in DNS. false: it listens on none of the family, and no peer could ever answer or call it there. */
static bool choose_source(const struct reference_node *node, int family, struct net_address *out)
{
    static const uint8_t ANY[16];
    bool has_any = false;
    *out = (struct net_address){.family = family};
    for (size_t i = 0; i < node->listener_count; i++) {
        const struct net_address *address = &node->listeners[i].address;
        if (address->family != family) {
            continue;
        }
        if (memcmp(address->ip, ANY, family == 4 ? 4 : 16) != 0) {
            *out = *address;
            out->port = 0;
            return true;
        }
        has_any = true;
    }
    return has_any;
}

/* The further addresses of that end, where it has any over this transport. */
static struct net_also choose_also(const struct reference_node *node, enum net_transport transport,
                                   const struct net_address *source)
{
    for (size_t i = 0; i < node->listener_count; i++) {
        const struct listener *listener = &node->listeners[i];
        if (listener->transport == transport && net_address_equal_ip(&listener->address, source)) {
            return listener->also;
        }
    }
    return (struct net_also){0};
}

enum { SERVER_NAME_MAX = 256 };

/* The domain that is asked for (RFC 5922 §7.8), where a server name may be that (RFC 6066 §3): no literal. A
 * trailing dot went with the URI. NULL: none is sent. */
static const char *server_name_of(const struct reference_node *node, const struct next_hop *hop,
                                  const struct target *target, char *text)
{
    bool has_name = !hop->is_numeric || node_has(node, FAULT_SNI_IP);
    const char *name = hop->host;
    if (node->is_without_sni || !has_name) {
        return NULL;
    }
    if (node_has(node, FAULT_SNI_SRV_TARGET) && target->server_name != NULL) {
        name = target->server_name;
    }
    if (node_has(node, FAULT_SNI_RESOLVED_IP) && !hop->is_numeric) {
        net_address_format_ip(&target->address, text);
        return text;
    }
    if (!node_has(node, FAULT_SNI_TRAILING_DOT)) {
        return name;
    }
    snprintf(text, SERVER_NAME_MAX, "%s.", name);
    return text;
}

static void fill_tls(const struct reference_node *node, const struct next_hop *hop,
                     const struct target *target, char *server_name, struct net_tls_options *out)
{
    size_t domain = node_has(node, FAULT_ONE_CERTIFICATE_FOR_ALL_DOMAINS) ? 0 : hop->domain;
    out->credential = node_has(node, FAULT_NO_CLIENT_CERTIFICATE) ? NULL : node->domains[domain].credential;
    out->server_name = server_name_of(node, hop, target, server_name);
    out->min_version = node_has(node, FAULT_ALLOW_TLS10) ? NET_TLS_1_0 : NET_TLS_1_2;
    /* An identity is proved on every connection anew, but for pairs of streams of one association. */
    out->has_no_resumption = target->transport != NET_TLS_SCTP;
    out->sends_unordered = node_has(node, FAULT_UNORDERED_TLS);
}

/* The connection as it is to be, without a socket yet. */
static struct connection *plan_connection(struct reference_node *node, const struct next_hop *hop,
                                          const struct target *target)
{
    struct connection *connection = connection_new(node, target->transport);
    if (connection == NULL) {
        return NULL;
    }
    connection->is_opened_by_us = true;
    connection->domain = hop->domain;
    if (!next_hop_copy(hop, &connection->hop) || !target_copy(target, &connection->target)) {
        connection_free(connection);
        return NULL;
    }
    return connection;
}

static void begin(struct connection *connection, struct net_connection *net)
{
    connection_attach(connection, net);
    connection->is_connecting = true;
    DL_APPEND(connection->node->connecting, connection);
}

static struct connection *open_connection(struct reference_node *node, const struct next_hop *hop,
                                          const struct target *target, char *why)
{
    struct net_connect_options options = {.transport = target->transport,
                                          .remote = target->address,
                                          .handshake_timeout_ms = CONNECTION_HANDSHAKE_MS};
    char server_name[SERVER_NAME_MAX];
    if (!choose_source(node, target->address.family, &options.local)) {
        snprintf(why, REASON_MAX, "this node has no IPv%d address", target->address.family);
        return NULL;
    }
    options.also = choose_also(node, target->transport, &options.local);
    if (net_transport_is_secure(target->transport)) {
        fill_tls(node, hop, target, server_name, &options.tls);
    }
    struct connection *connection = plan_connection(node, hop, target);
    if (connection == NULL) {
        snprintf(why, REASON_MAX, "out of memory");
        return NULL;
    }
    struct net_connection *net = net_connect(node->net, &options, &OPENED_EVENTS, connection);
    if (net == NULL) {
        snprintf(why, REASON_MAX, "no socket: %s", strerror(errno));
        connection_free(connection);
        return NULL;
    }
    begin(connection, net);
    return connection;
}

/* The lowest stream that is free. */
static struct net_connection *connect_pair(const struct connection *first, struct net_pair_options *options,
                                           struct connection *connection)
{
    struct net_connection *net = NULL;
    errno = EADDRINUSE;
    for (uint16_t stream = 1; net == NULL && errno == EADDRINUSE && stream < PAIRS_MAX; stream++) {
        options->stream = stream;
        net = net_connect_pair(first->net, options, &OPENED_EVENTS, connection);
    }
    return net;
}

struct connection *connection_open_beside(const struct connection *first)
{
    struct reference_node *node = first->node;
    struct net_pair_options options = {.handshake_timeout_ms = CONNECTION_HANDSHAKE_MS};
    char server_name[SERVER_NAME_MAX];
    struct connection *connection = plan_connection(node, &first->hop, &first->target);
    if (connection == NULL) {
        return NULL;
    }
    fill_tls(node, &first->hop, &first->target, server_name, &options.tls);
    options.tls.resumption = net_connection_resumption(first->net);
    struct net_connection *net = connect_pair(first, &options, connection);
    net_resumption_unref(options.tls.resumption);
    if (net == NULL) {
        connection_free(connection);
        return NULL;
    }
    begin(connection, net);
    node_log(node, "connection %llu: streams %u of the association of connection %llu",
             (unsigned long long)connection->id, options.stream, (unsigned long long)first->id);
    return connection;
}

/* One that is on its way for the same server, domain of ours and identity. */
static struct connection *find_connecting(const struct reference_node *node, const struct next_hop *hop,
                                          const struct target *target)
{
    struct connection *at;
    if (node_has(node, FAULT_NEW_CONNECTION_PER_REQUEST) ||
        (node_has(node, FAULT_OPEN_EACH_AT_ONCE) && net_transport_is_secure(target->transport))) {
        return NULL;
    }
    DL_FOREACH(node->connecting, at)
    {
        bool is_same_purpose =
            at->hop.domain == hop->domain || node_has(node, FAULT_ONE_TABLE_FOR_ALL_DOMAINS);
        bool is_same_identity =
            !net_transport_is_secure(target->transport) ||
            (strcasecmp(at->hop.host, hop->host) == 0 && at->hop.is_for_response == hop->is_for_response);
        if (is_same_purpose && is_same_identity && !at->is_closing &&
            at->target.transport == target->transport &&
            net_address_equal(&at->target.address, &target->address)) {
            return at;
        }
    }
    return NULL;
}

/* Faults that give up where a new connection is wanted. */
static bool gives_up(struct reference_node *node, const struct target *target, char *why)
{
    if (node_has(node, FAULT_CLIENT_NO_REOPEN) && lost_contains(node, target, true)) {
        snprintf(why, REASON_MAX, "the connection that was opened is gone");
        return true;
    }
    if (node_has(node, FAULT_SERVER_NO_REOPEN) && lost_contains(node, target, false)) {
        snprintf(why, REASON_MAX, "the aliased connection is gone");
        return true;
    }
    return false;
}

/* The fault stale-alias-row: the dead row was passed over once, and from then on it is found first. */
static bool finds_stale_row(struct reference_node *node, const struct target *target, char *why)
{
    if (!node_has(node, FAULT_STALE_ALIAS_ROW) || lost_uses(node, target, false) <= 1) {
        return false;
    }
    snprintf(why, REASON_MAX, "sent on an aliased connection that is gone");
    return true;
}

static struct connection *find_usable(struct reference_node *node, const struct next_hop *hop,
                                      const struct target *target, char *why)
{
    const struct reuse_question question = {hop, target};
    struct policy policy;
    char address[NET_ADDRESS_TEXT_MAX];
    node_make_policy(node, &policy);
    net_address_format(&target->address, address);
    const struct alias_row *row = policy_choose(&policy, node->domains[hop->domain].table, &question, why);
    struct connection *connection = row == NULL ? NULL : connection_find(node, row->connection);
    if (connection != NULL) {
        node_log(node, "to %s at %s %s: on connection %llu (%s)", hop->host, address,
                 net_transport_name(target->transport), (unsigned long long)connection->id,
                 connection->is_opened_by_us ? "opened" : "aliased");
    } else if (why[0] != '\0') {
        node_log(node, "to %s at %s %s: not on %s", hop->host, address, net_transport_name(target->transport),
                 why);
    }
    return connection;
}

struct connection *connection_acquire(struct reference_node *node, const struct next_hop *hop,
                                      const struct target *target, struct waiter *waiter, char *why)
{
    if (finds_stale_row(node, target, why)) {
        return NULL;
    }
    struct connection *connection = find_usable(node, hop, target, why);
    if (connection == NULL && gives_up(node, target, why)) {
        return NULL;
    }
    connection = connection != NULL ? pairs_spread(connection) : find_connecting(node, hop, target);
    if (connection == NULL) {
        connection = open_connection(node, hop, target, why);
        if (connection == NULL) {
            return NULL;
        }
        char address[NET_ADDRESS_TEXT_MAX];
        net_address_format(&target->address, address);
        node_log(node, "to %s at %s %s: opening connection %llu as %s", hop->host, address,
                 net_transport_name(target->transport), (unsigned long long)connection->id,
                 node->domains[hop->domain].name);
    }
    if (!connection->is_connecting) {
        return connection;
    }
    connection_wait(connection, waiter);
    return NULL;
}
