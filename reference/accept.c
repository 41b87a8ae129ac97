/* Listening, and connections that come in: certificates by server name, clients asked for theirs (RFC 5923
 * §9.2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/pool.h"

static struct net_credential *on_server_name(struct net_listener *net, const char *server_name, void *arg)
{
    const struct listener *listener = arg;
    struct reference_node *node = listener->node;
    size_t domain = server_name == NULL ? node->domain_count : node_find_domain(node, server_name);
    bool is_other_case = domain < node->domain_count && strcmp(server_name, node->domains[domain].name) != 0;
    (void)net;
    if (node_has(node, FAULT_IGNORE_SERVER_NAME) ||
        (is_other_case && node_has(node, FAULT_SERVER_NAME_CASE_SENSITIVE))) {
        return NULL;
    }
    return domain < node->domain_count ? node->domains[domain].credential : NULL;
}

/* What the client's certificate says. Invalid ones are refused; none at all is the client's choice. */
static bool judge_client(struct connection *connection, const struct net_tls_facts *facts)
{
    struct reference_node *node = connection->node;
    char why[REASON_MAX] = "";
    connection->has_certificate = facts->peer_certificate_count > 0;
    if (!connection->has_certificate) {
        return true;
    }
    bool is_early = node_has(node, FAULT_ALIAS_BEFORE_CLIENT_FINISHED) && facts->version == NET_TLS_1_3;
    connection->is_valid = is_early || verifier_check(node->verifier, facts, false, why);
    if (!identities_extract(facts->peer_certificates[0], facts->peer_certificate_sizes[0], &node->faults,
                            &connection->identities)) {
        connection->is_valid = false;
        snprintf(why, sizeof(why), "it cannot be read");
    }
    connection->is_authenticated = connection->is_valid;
    if (connection->is_valid) {
        return true;
    }
    node_log(node, "connection %llu: the client's certificate is not valid: %s",
             (unsigned long long)connection->id, why);
    return node_has(node, FAULT_ALIAS_WITHOUT_VALIDATION) || node_has(node, FAULT_SERVER_SKIP_VERIFY);
}

static bool on_verify(struct net_connection *net, const struct net_tls_facts *facts, void *arg)
{
    struct connection *connection = arg;
    const struct reference_node *node = connection->node;
    (void)net;
    if (node_has(node, FAULT_CLOSE_ON_UNRECOGNIZED) && facts->server_name != NULL &&
        node_find_domain(node, facts->server_name) == node->domain_count) {
        close_connection(connection, NET_CLOSE_FIN);
        return false;
    }
    return judge_client(connection, facts);
}

/* The fault resumption-swaps-identity. */
static void swap_identity(struct connection *connection)
{
    const struct connection *last = NULL;
    for (const struct connection *at = connection->node->connections; at != NULL; at = at->hh.next) {
        const struct net_tls_facts *facts = net_connection_tls(at->net);
        if (facts != NULL && !facts->is_resumed && !at->is_opened_by_us && at->has_certificate &&
            net_address_equal_ip(&at->remote, &connection->remote) && (last == NULL || last->id < at->id)) {
            last = at;
        }
    }
    if (last != NULL) {
        identities_fini(&connection->identities);
        identities_copy(&last->identities, &connection->identities);
    }
}

bool accept_judge_resumed(struct connection *connection)
{
    bool is_good = judge_client(connection, net_connection_tls(connection->net));
    if (node_has(connection->node, FAULT_RESUMPTION_SWAPS_IDENTITY)) {
        swap_identity(connection);
    }
    return is_good;
}

/* Distance of two addresses of a family in their last 32 bits. */
static uint32_t distance(const struct net_address *a, const struct net_address *b)
{
    size_t at = a->family == 4 ? 0 : 12;
    uint32_t left = 0;
    uint32_t right = 0;
    for (size_t i = at; i < at + 4; i++) {
        left = left << 8 | a->ip[i];
        right = right << 8 | b->ip[i];
    }
    return left > right ? left - right : right - left;
}

/* Two faults that do not serve everybody once they have aliased a connection that they opened. */
static bool turns_down(const struct reference_node *node, const struct connection *incoming)
{
    enum { NEIGHBOURS = 1 };
    bool refuses_peer = node_has(node, FAULT_REFUSE_SECOND_CONNECTION);
    bool refuses_others = node_has(node, FAULT_CLOSE_LISTENER_AFTER_ALIAS);
    if ((!refuses_peer && !refuses_others) || !net_transport_is_secure(incoming->transport)) {
        return false;
    }
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        if (!at->is_opened_by_us || !at->is_ready || !net_transport_is_secure(at->transport) ||
            at->remote.family != incoming->remote.family) {
            continue;
        }
        bool is_peer = net_address_equal_ip(&at->remote, &incoming->remote);
        if ((is_peer && refuses_peer) ||
            (!is_peer && refuses_others && distance(&at->remote, &incoming->remote) <= NEIGHBOURS)) {
            return true;
        }
    }
    return false;
}

/* It has brought a request, or is our own. */
static bool is_served(const struct connection *connection)
{
    return connection->is_opened_by_us || connection->busy_count > 0;
}

static size_t count_silent(const struct reference_node *node, const struct net_address *host)
{
    size_t count = 0;
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        count += !is_served(at) && net_address_equal_ip(&at->remote, host) ? 1 : 0;
    }
    return count;
}

bool accept_starves(const struct connection *connection)
{
    enum { SILENT_MAX = 60 };
    const struct reference_node *node = connection->node;
    if (!node_has(node, FAULT_STARVE_BESIDE_SILENT) || connection->transport != NET_TLS ||
        is_served(connection)) {
        return false;
    }
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        bool is_other = !is_served(at) && !net_address_equal_ip(&at->remote, &connection->remote);
        if (is_other && count_silent(node, &at->remote) > SILENT_MAX) {
            return true;
        }
    }
    return false;
}

/* An actor serves one scenario, in the memory of all; a TLS session takes some 40 KiB. */
enum { ACTOR_CONNECTIONS_MAX = 1000 };

static void on_refused_closed(struct net_connection *net, void *arg)
{
    (void)arg;
    net_connection_free(net);
}

static void on_accept(struct net_listener *net_listener, struct net_connection *net,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    const struct listener *listener = arg;
    const struct reference_node *node = listener->node;
    bool is_full = node->answers_users && HASH_COUNT(node->connections) >= ACTOR_CONNECTIONS_MAX;
    struct connection *connection = is_full ? NULL : connection_new(listener->node, listener->transport);
    (void)net_listener;
    if (connection == NULL) {
        *events = (struct net_connection_events){.on_closed = on_refused_closed};
        net_connection_close(net, NET_CLOSE_RST);
        return;
    }
    connection_attach(connection, net);
    *events = (struct net_connection_events){.on_verify = on_verify,
                                             .on_ready = connection_on_ready,
                                             .on_data = connection_on_data,
                                             .on_sign = connection_on_sign,
                                             .on_closed = connection_on_closed};
    *connection_arg = connection;
    bool is_aborted = connection->transport == NET_SCTP && node_has(node, FAULT_ABORT_SCTP);
    if (is_aborted || turns_down(listener->node, connection) ||
        (connection->is_further_pair && node_has(node, FAULT_ONE_TLS_PER_ASSOCIATION))) {
        close_connection(connection, NET_CLOSE_RST);
    }
}

bool accept_start(struct reference_node *node, const struct reference_listen *listen, char *error,
                  size_t error_size_bytes)
{
    struct listener *listener = &node->listeners[node->listener_count];
    struct net_listen_options options = {.transport = listen->transport,
                                         .local = listen->address,
                                         .also = listen->also,
                                         .on_server_name = on_server_name,
                                         .on_accept = on_accept,
                                         .arg = listener};
    if (options.local.port == 0) {
        options.local.port = net_transport_default_port(listen->transport);
    }
    if (net_transport_is_secure(listen->transport)) {
        options.tls.credential = node->domain_count > 0 ? node->domains[0].credential : NULL;
        options.tls.request_certificate = !node_has(node, FAULT_NO_CERTIFICATE_REQUEST);
        options.tls.min_version = node_has(node, FAULT_ALLOW_TLS10) ? NET_TLS_1_0 : NET_TLS_1_2;
        options.tls.resumes_across_names = node_has(node, FAULT_RESUME_ACROSS_SNI);
        options.tls.accepts_early_data = node_has(node, FAULT_ACCEPT_EARLY_DATA);
        options.tls.sends_unordered = node_has(node, FAULT_UNORDERED_TLS);
    }
    *listener = (struct listener){.node = node, .transport = listen->transport, .also = listen->also};
    listener->net = net_listen(node->net, &options);
    if (listener->net == NULL) {
        char text[NET_ADDRESS_TEXT_MAX];
        net_address_format(&options.local, text);
        char why[NET_SCTP_WHY_MAX] = "";
        int error_number = errno;
        if (error_number == EPROTONOSUPPORT) {
            net_sctp_engine(node->net, why);
        }
        snprintf(error, error_size_bytes, "cannot listen on %s %s: %s", net_transport_name(listen->transport),
                 text, why[0] != '\0' ? why : strerror(error_number));
        return false;
    }
    listener->address = *net_listener_address(listener->net);
    node->listener_count++;
    return true;
}
