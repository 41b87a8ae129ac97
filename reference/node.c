/* A node: made of its options, taken apart again, and what others ask about it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/history.h"
#include "reference/proxy.h"

void node_log(const struct reference_node *node, const char *format, ...)
{
    if (node->on_log == NULL) {
        return;
    }
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    for (char *at = line; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7F) {
            *at = '?'; /* names off the wire: one line stays one line */
        }
    }
    node->on_log(line, node->arg);
}

void node_show(const struct connection *connection, const struct sip_message *message, bool is_incoming)
{
    const struct reference_node *node = connection->node;
    if (node->on_message == NULL) {
        return;
    }
    const struct reference_sight sight = {.connection = connection->id,
                                          .is_incoming = is_incoming,
                                          .is_opened_by_us = connection->is_opened_by_us,
                                          .domain = node->domains[connection->domain].name,
                                          .remote = net_connection_remote(connection->net),
                                          .message = message};
    node->on_message(&sight, node->arg);
}

char *node_new_token(struct reference_node *node)
{
    char *token = NULL;
    return asprintf(&token, "%016llx", (unsigned long long)dice_roll(&node->dice)) < 0 ? NULL : token;
}

/* ---- what policy asks ---- */

static bool is_alive(uint64_t id, void *arg)
{
    const struct connection *connection = connection_find(arg, id);
    return connection != NULL && connection_is_usable(connection);
}

static size_t own_load(const struct net_address *address, void *arg)
{
    const struct reference_node *node = arg;
    size_t load = 0;
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        if (!at->is_opened_by_us || net_transport_is_secure(at->transport) ||
            !net_address_equal(&at->remote, address)) {
            continue;
        }
        load += at->outstanding;
        for (const struct waiter *waiter = at->waiters; waiter != NULL; waiter = waiter->next) {
            load++;
        }
    }
    return load;
}

static bool has_lost(const struct target *target, void *arg)
{
    return lost_contains(arg, target, true);
}

static size_t load(uint64_t id, void *arg)
{
    const struct connection *connection = connection_find(arg, id);
    return connection == NULL ? 0 : connection->outstanding;
}

static bool is_proved_beside(uint64_t id, const struct reuse_question *question, void *arg)
{
    const struct connection *connection = connection_find(arg, id);
    return connection != NULL && pairs_prove_beside(connection, question);
}

void node_make_policy(struct reference_node *node, struct policy *out)
{
    *out = (struct policy){.is_never_reusing = node->is_never_reusing,
                           .faults = &node->faults,
                           .is_alive = is_alive,
                           .own_load = own_load,
                           .has_lost = has_lost,
                           .load = load,
                           .is_proved_beside = is_proved_beside,
                           .arg = node};
}

/* ---- life ---- */

static bool add_domain(struct reference_node *node, const struct reference_domain *domain, char *error,
                       size_t error_size_bytes)
{
    struct own_domain *own = &node->domains[node->domain_count];
    const char *text = "out of memory";
    own->name = strdup(domain->name);
    own->table = alias_table_new();
    node->domain_count++;
    if (domain->chain_pem != NULL && domain->key_pem != NULL) {
        own->credential = net_credential_new(domain->chain_pem, domain->key_pem, &text);
    }
    bool is_complete =
        own->name != NULL && own->table != NULL && (domain->chain_pem == NULL || own->credential != NULL);
    if (!is_complete) {
        snprintf(error, error_size_bytes, "certificate and key of %s: %s", domain->name, text);
    }
    return is_complete;
}

static bool add_faults(struct reference_node *node, const char *const *faults, char *error,
                       size_t error_size_bytes)
{
    for (; faults != NULL && *faults != NULL; faults++) {
        if (!fault_set_add(&node->faults, *faults)) {
            snprintf(error, error_size_bytes, "there is no fault '%s': --list-faults names them", *faults);
            return false;
        }
    }
    return true;
}

static bool add_dns(struct reference_node *node, const struct reference_options *options, char *error,
                    size_t error_size_bytes)
{
    bool has_ip4 = false;
    bool has_ip6 = false;
    const char *text = NULL;
    for (size_t i = 0; i < options->listen_count; i++) {
        has_ip4 |= options->listen[i].address.family == 4;
        has_ip6 |= options->listen[i].address.family == 6;
    }
    struct net_address server = options->dns_server;
    if (server.family != 0 && server.port == 0) {
        server.port = 53;
    }
    node->lookup = lookup_new(node->loop, &server, has_ip4, has_ip6, &text);
    if (node->lookup == NULL) {
        snprintf(error, error_size_bytes, "the resolver: %s", text);
    }
    return node->lookup != NULL;
}

static bool check_options(const struct reference_options *options, char *error, size_t error_size_bytes)
{
    if (options->domain_count == 0 || options->domain_count > REFERENCE_DOMAINS_MAX) {
        snprintf(error, error_size_bytes, "%zu domains: 1 to %d are wanted", options->domain_count,
                 REFERENCE_DOMAINS_MAX);
        return false;
    }
    if (options->listen_count == 0 || options->listen_count > REFERENCE_LISTEN_MAX) {
        snprintf(error, error_size_bytes, "%zu addresses to listen on: 1 to %d are wanted",
                 options->listen_count, REFERENCE_LISTEN_MAX);
        return false;
    }
    for (size_t i = 0; i < options->listen_count; i++) {
        bool is_secure = net_transport_is_secure(options->listen[i].transport);
        if (is_secure && (options->domains[0].chain_pem == NULL || options->domains[0].key_pem == NULL)) {
            snprintf(error, error_size_bytes, "listening for TLS needs a certificate and a key for %s",
                     options->domains[0].name);
            return false;
        }
    }
    return true;
}

static bool build(struct reference_node *node, const struct reference_options *options, char *error,
                  size_t error_size_bytes)
{
    const char *text = NULL;
    if (!add_faults(node, options->faults, error, error_size_bytes)) {
        return false;
    }
    for (size_t i = 0; i < options->domain_count; i++) {
        if (!add_domain(node, &options->domains[i], error, error_size_bytes)) {
            return false;
        }
    }
    if (options->account_user != NULL &&
        (node->account = account_new(options->account_user, options->account_password)) == NULL) {
        snprintf(error, error_size_bytes, "the account: no memory, or no random numbers");
        return false;
    }
    node->verifier =
        verifier_new(options->trust_pem, options->crl_pem, options->claims_5924, &node->faults, &text);
    if (node->verifier == NULL) {
        snprintf(error, error_size_bytes, "trust anchors: %s", text);
        return false;
    }
    if (!add_dns(node, options, error, error_size_bytes)) {
        return false;
    }
    for (size_t i = 0; i < options->listen_count; i++) {
        if (!accept_start(node, &options->listen[i], error, error_size_bytes)) {
            return false;
        }
    }
    return true;
}

struct reference_node *reference_node_new(struct net *net, const struct reference_options *options,
                                          char *error, size_t error_size_bytes)
{
    if (!check_options(options, error, error_size_bytes)) {
        return NULL;
    }
    struct reference_node *node = calloc(1, sizeof(*node));
    if (node == NULL) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    node->net = net;
    node->loop = net_loop(net);
    node->is_never_reusing = options->is_never_reusing;
    node->is_without_sni = options->is_without_sni;
    node->answers_users = options->answers_users;
    node->is_user_agent = options->is_user_agent;
    node->is_stateless = options->is_stateless;
    node->on_log = options->on_log;
    node->on_message = options->on_message;
    node->arg = options->arg;
    dice_init(&node->dice, options->seed);
    if (!build(node, options, error, error_size_bytes)) {
        reference_node_free(node);
        return NULL;
    }
    return node;
}

void reference_node_free(struct reference_node *node)
{
    if (node == NULL) {
        return;
    }
    originate_free_all(node);
    registration_free_all(node);
    stateless_free_all(node);
    while (node->server_transactions != NULL) {
        server_transaction_free(node->server_transactions);
    }
    courier_free_all(node);
    while (node->connections != NULL) {
        connection_free(node->connections);
    }
    for (size_t i = 0; i < node->listener_count; i++) {
        net_listener_free(node->listeners[i].net);
    }
    lookup_free(node->lookup);
    verifier_free(node->verifier);
    account_free(node->account);
    lost_free(node);
    remembered_free(node);
    retry_after_free_all(node);
    for (size_t i = 0; i < node->domain_count; i++) {
        net_credential_unref(node->domains[i].credential);
        alias_table_free(node->domains[i].table);
        free(node->domains[i].name);
    }
    free(node);
}

bool reference_node_has_connection(const struct reference_node *node, uint64_t connection)
{
    const struct connection *found = connection_find(node, connection);
    return found != NULL && !found->is_closing && !found->has_peer_closed;
}

void reference_node_counts(const struct reference_node *node, struct reference_counts *out)
{
    *out = node->counts;
    out->open_now = out->closing_now = 0;
    for (const struct connection *at = node->connections; at != NULL; at = at->hh.next) {
        out->closing_now += at->is_closing ? 1 : 0;
        out->open_now +=
            !at->is_further_pair && at->is_ready && !at->is_closing && !at->has_peer_closed ? 1 : 0;
    }
}

char *reference_node_describe_aliases(const struct reference_node *node)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < node->domain_count; i++) {
        const struct alias_row *row = NULL;
        fprintf(out, "alias table of %s: %zu rows\n", node->domains[i].name,
                alias_table_count(node->domains[i].table));
        while ((row = alias_table_walk(node->domains[i].table, row)) != NULL) {
            char *line = alias_row_describe(row);
            fprintf(out, "  %s\n", line == NULL ? "?" : line);
            free(line);
        }
    }
    return fclose(out) == 0 ? text : NULL;
}
