/* What a few faults remember of connections that are gone, or of servers once found. A fault-free node keeps
 * nothing here. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "reference/history.h"

struct lost_address {
    struct target target;
    bool is_opened_by_us;
    unsigned uses;
    struct lost_address *next;
};
struct lost_domain {
    char *name;
    struct lost_domain *next;
};
struct remembered_target {
    char *key;
    size_t domain;
    struct target target;
    uint64_t connection;
    struct remembered_target *next;
};

static bool is_remembering(const struct reference_node *node)
{
    return node_has(node, FAULT_CLIENT_NO_REOPEN) || node_has(node, FAULT_STALE_CLIENT_ROW) ||
           node_has(node, FAULT_SERVER_NO_REOPEN) || node_has(node, FAULT_STALE_ALIAS_ROW) ||
           node_has(node, FAULT_FALLBACK_TO_PEERS) || node_has(node, FAULT_DIALOG_DIALS_AFTER_LOSS);
}

static struct lost_address *find(const struct reference_node *node, const struct target *target,
                                 bool is_opened_by_us)
{
    struct lost_address *at;
    LL_FOREACH(node->lost, at)
    {
        if (at->is_opened_by_us == is_opened_by_us && at->target.transport == target->transport &&
            net_address_equal(&at->target.address, &target->address)) {
            return at;
        }
    }
    return NULL;
}

static void add(struct reference_node *node, const struct target *target, bool is_opened_by_us)
{
    struct lost_address *lost = find(node, target, is_opened_by_us) == NULL ? calloc(1, sizeof(*lost)) : NULL;
    if (lost == NULL) {
        return;
    }
    lost->target = *target;
    lost->target.server_name = NULL;
    lost->is_opened_by_us = is_opened_by_us;
    LL_PREPEND(node->lost, lost);
}

void lost_remember(struct reference_node *node, const struct connection *connection)
{
    if (!is_remembering(node) || !connection->is_ready) {
        return;
    }
    if (connection->is_opened_by_us) {
        add(node, &connection->target, true);
        return;
    }
    for (size_t i = 0; i < node->domain_count; i++) {
        const struct alias_row *row = NULL;
        while ((row = alias_table_walk(node->domains[i].table, row)) != NULL) {
            if (row->connection == connection->id) {
                const struct target target = {.transport = row->transport, .address = row->address};
                add(node, &target, false);
            }
        }
    }
}

bool lost_contains(const struct reference_node *node, const struct target *target, bool is_opened_by_us)
{
    return find(node, target, is_opened_by_us) != NULL;
}

unsigned lost_uses(struct reference_node *node, const struct target *target, bool is_opened_by_us)
{
    struct lost_address *lost = find(node, target, is_opened_by_us);
    return lost == NULL ? 0 : ++lost->uses;
}

void lost_note_domain(struct reference_node *node, const struct next_hop *hop)
{
    bool is_by_naptr = !hop->is_numeric && !hop->has_transport && hop->port == 0;
    if (!node_has(node, FAULT_FAILURE_STICKS) || !is_by_naptr || lost_has_domain(node, hop)) {
        return;
    }
    struct lost_domain *domain = calloc(1, sizeof(*domain));
    if (domain == NULL || (domain->name = strdup(hop->host)) == NULL) {
        free(domain);
        return;
    }
    LL_PREPEND(node->lost_domains, domain);
}

bool lost_has_domain(const struct reference_node *node, const struct next_hop *hop)
{
    const struct lost_domain *at;
    LL_FOREACH(node->lost_domains, at)
    {
        if (strcasecmp(at->name, hop->host) == 0) {
            return true;
        }
    }
    return false;
}

static void free_domains(struct reference_node *node)
{
    struct lost_domain *at;
    struct lost_domain *next;
    LL_FOREACH_SAFE(node->lost_domains, at, next)
    {
        free(at->name);
        free(at);
    }
    node->lost_domains = NULL;
}

void lost_free(struct reference_node *node)
{
    free_domains(node);
    struct lost_address *at;
    struct lost_address *next;
    LL_FOREACH_SAFE(node->lost, at, next)
    {
        free(at);
    }
    node->lost = NULL;
}

/* By what a target is remembered: its domain, or for dialog-sticks the dialog. */
static const char *key_of(const struct reference_node *node, const struct next_hop *hop,
                          const struct sip_message *request)
{
    const char *call_id = sip_message_header(request, "Call-ID");
    return node_has(node, FAULT_DIALOG_STICKS) && call_id != NULL ? call_id : hop->host;
}

static struct remembered_target *find_remembered(const struct reference_node *node,
                                                 const struct next_hop *hop,
                                                 const struct sip_message *request)
{
    const char *key = key_of(node, hop, request);
    struct remembered_target *at;
    LL_FOREACH(node->remembered, at)
    {
        if (at->domain == hop->domain && strcasecmp(at->key, key) == 0) {
            return at;
        }
    }
    return NULL;
}

const struct target *remembered_find(const struct reference_node *node, const struct next_hop *hop,
                                     const struct sip_message *request)
{
    const struct remembered_target *found = find_remembered(node, hop, request);
    const struct connection *connection = found == NULL ? NULL : connection_find(node, found->connection);
    return connection != NULL && connection_is_usable(connection) ? &found->target : NULL;
}

void remembered_set(struct reference_node *node, const struct next_hop *hop, const struct target *target,
                    const struct sip_message *request, uint64_t connection)
{
    if (!node_has(node, FAULT_PREFER_EXISTING) && !node_has(node, FAULT_DIALOG_STICKS)) {
        return;
    }
    struct remembered_target *found = find_remembered(node, hop, request);
    if (found == NULL) {
        found = calloc(1, sizeof(*found));
        if (found == NULL || (found->key = strdup(key_of(node, hop, request))) == NULL) {
            free(found);
            return;
        }
        found->domain = hop->domain;
        LL_PREPEND(node->remembered, found);
    }
    found->target = *target;
    found->target.server_name = NULL;
    found->connection = connection;
}

void remembered_free(struct reference_node *node)
{
    struct remembered_target *at;
    struct remembered_target *next;
    LL_FOREACH_SAFE(node->remembered, at, next)
    {
        free(at->key);
        free(at);
    }
    node->remembered = NULL;
}
