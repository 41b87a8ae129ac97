/* Names and records of a zone. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/dns_private.h"

enum { WIRE_NAME_MAX_BYTES = 255 };

/* The wire form of a name, lower case, which is the key of every table here. */
static size_t key_from_name(const ldns_rdf *name, uint8_t out[WIRE_NAME_MAX_BYTES])
{
    size_t size = ldns_rdf_size(name);
    if (size > WIRE_NAME_MAX_BYTES)
        return 0;
    memcpy(out, ldns_rdf_data(name), size);
    size_t at = 0;
    while (at < size && out[at] > 0) {
        size_t end = at + 1 + out[at];
        for (at++; at < end && at < size; at++)
            if (out[at] >= 'A' && out[at] <= 'Z')
                out[at] = (uint8_t)(out[at] - 'A' + 'a');
    }
    return size;
}

static struct dns_node *node_find(const struct dns_zone *zone, const uint8_t *key, size_t size)
{
    struct dns_node *node = NULL;
    HASH_FIND(hh, zone->nodes, key, size, node);
    return node;
}

static size_t origin_size(const struct dns_zone *zone)
{
    return ldns_rdf_size(zone->origin);
}

/* Not with ldns_dname_is_subdomain(), which heeds the case of letters. */
bool dns_zone_contains(const struct dns_zone *zone, const ldns_rdf *name)
{
    uint8_t key[WIRE_NAME_MAX_BYTES];
    const uint8_t *p = key;
    size_t size = key_from_name(name, key);
    while (size > origin_size(zone)) {
        size -= (size_t)p[0] + 1;
        p += p[0] + 1;
    }
    return size == origin_size(zone) && memcmp(p, ldns_rdf_data(zone->origin), size) == 0;
}

static void node_free(struct dns_zone *zone, struct dns_node *node)
{
    assert(zone->nodes); /* it holds this one at least */
    HASH_DEL(zone->nodes, node);
    for (size_t i = 0; i < node->record_count; i++)
        ldns_rr_free(node->records[i]);
    free(node->records);
    free(node->key);
    free(node);
}

/* Takes away nodes without records and children, from this one up to the origin and without it. */
static void node_prune(struct dns_zone *zone, struct dns_node *node)
{
    while (node && node->record_count == 0 && node->child_count == 0 &&
           node->key_size_bytes > origin_size(zone)) {
        size_t label = (size_t)node->key[0] + 1;
        struct dns_node *parent = node_find(zone, node->key + label, node->key_size_bytes - label);
        node_free(zone, node);
        if (parent)
            parent->child_count--;
        node = parent;
    }
}

static struct dns_node *node_new(struct dns_zone *zone, const uint8_t *key, size_t size)
{
    struct dns_node *node = calloc(1, sizeof *node);
    uint8_t *copy = malloc(size);
    if (!node || !copy)
        goto fail;
    memcpy(copy, key, size);
    node->key = copy;
    node->key_size_bytes = size;
    HASH_ADD_KEYPTR(hh, zone->nodes, node->key, size, node);
    if (node->hh.tbl)
        return node;
fail:
    free(copy);
    free(node);
    return NULL;
}

/* The node of that name, made with all those between it and the origin. */
static struct dns_node *node_ensure(struct dns_zone *zone, const uint8_t *key, size_t size)
{
    struct dns_node *wanted = NULL, *child = NULL;
    for (;;) {
        struct dns_node *node = node_find(zone, key, size);
        bool is_new = !node;
        if (is_new)
            node = node_new(zone, key, size);
        if (!node) {
            node_prune(zone, wanted);
            return NULL;
        }
        if (child)
            node->child_count++;
        if (!wanted)
            wanted = node;
        if (!is_new || size <= origin_size(zone))
            return wanted;
        child = node;
        size -= (size_t)key[0] + 1;
        key += key[0] + 1;
    }
}

const struct dns_node *dns_zone_find(const struct dns_zone *zone, const ldns_rdf *name, bool *is_wildcard)
{
    uint8_t key[WIRE_NAME_MAX_BYTES + 2];
    size_t size = key_from_name(name, key);
    const uint8_t *p = key;
    *is_wildcard = false;
    const struct dns_node *node = node_find(zone, p, size);
    if (node || size <= origin_size(zone))
        return node;
    /* The closest name above that exists, and "*" right below it (RFC 4592 §3.3.1). */
    do {
        size -= (size_t)p[0] + 1;
        p += p[0] + 1;
        node = node_find(zone, p, size);
    } while (!node && size > origin_size(zone));
    if (!node)
        return NULL;
    uint8_t wildcard[WIRE_NAME_MAX_BYTES + 2] = {1, '*'};
    memcpy(wildcard + 2, p, size);
    *is_wildcard = true;
    return node_find(zone, wildcard, size + 2);
}

static bool node_has_type(const struct dns_node *node, ldns_rr_type type)
{
    for (size_t i = 0; i < node->record_count; i++)
        if (ldns_rr_get_type(node->records[i]) == type)
            return true;
    return false;
}

/* Without ldns_rr_compare(), which writes both records out for each comparison. */
static bool record_equal(const ldns_rr *a, const ldns_rr *b)
{
    if (ldns_rr_get_type(a) != ldns_rr_get_type(b) || ldns_rr_rd_count(a) != ldns_rr_rd_count(b))
        return false;
    for (size_t i = 0; i < ldns_rr_rd_count(a); i++) {
        const ldns_rdf *x = ldns_rr_rdf(a, i), *y = ldns_rr_rdf(b, i);
        bool is_name = ldns_rdf_get_type(x) == LDNS_RDF_TYPE_DNAME;
        if ((is_name ? ldns_dname_compare(x, y) : ldns_rdf_compare(x, y)) != 0)
            return false;
    }
    return true;
}

static bool node_has_record(const struct dns_node *node, const ldns_rr *record)
{
    for (size_t i = 0; i < node->record_count; i++)
        if (record_equal(node->records[i], record))
            return true;
    return false;
}

/* Takes the record over on success. A record that is there already is not put twice (RFC 2181 §5). */
static bool zone_insert(struct dns_zone *zone, ldns_rr *record, const char *line, char *error,
                        size_t error_size_bytes)
{
    uint8_t key[WIRE_NAME_MAX_BYTES + 2];
    size_t size = key_from_name(ldns_rr_owner(record), key);
    struct dns_node *node = node_ensure(zone, key, size);
    if (!node)
        return dns_fail(error, error_size_bytes, "out of memory");
    if (node_has_record(node, record)) {
        ldns_rr_free(record);
        return true;
    }
    bool is_alias = ldns_rr_get_type(record) == LDNS_RR_TYPE_CNAME;
    bool has_others = node->record_count > 0 || size == origin_size(zone);
    ldns_rr **larger = NULL;
    if ((is_alias && has_others) || node_has_type(node, LDNS_RR_TYPE_CNAME))
        dns_fail(error, error_size_bytes,
                 "'%s': a name with a CNAME can have no other record (RFC 1034 section 3.6.2)", line);
    else if (zone->record_count >= DNS_ZONE_RECORDS_MAX)
        dns_fail(error, error_size_bytes, "a zone cannot have more than %d records", DNS_ZONE_RECORDS_MAX);
    else if (!(larger = realloc(node->records, (node->record_count + 1) * sizeof(ldns_rr *))))
        dns_fail(error, error_size_bytes, "out of memory");
    if (!larger) {
        node_prune(zone, node);
        return false;
    }
    node->records = larger;
    node->records[node->record_count++] = record;
    zone->record_count++;
    return true;
}

bool dns_zone_add(struct dns_zone *zone, const char *line, char *error, size_t error_size_bytes)
{
    ldns_rr *record = NULL;
    if (!dns_line_parse(line, zone->origin, &record, error, error_size_bytes))
        return false;
    if (!dns_zone_contains(zone, ldns_rr_owner(record))) {
        ldns_rr_free(record);
        return dns_fail(error, error_size_bytes, "'%s': the name is not in the zone %s", line,
                        zone->origin_text);
    }
    if (zone_insert(zone, record, line, error, error_size_bytes))
        return true;
    ldns_rr_free(record);
    return false;
}

/* A name as lines write it: relative to the origin unless it ends in a dot. NULL: malformed. */
static ldns_rdf *zone_name_parse(const struct dns_zone *zone, const char *text)
{
    if (strcmp(text, "@") == 0)
        return ldns_rdf_clone(zone->origin);
    ldns_rdf *name = ldns_dname_new_frm_str(text);
    if (!name || ldns_dname_str_absolute(text))
        return name;
    /* Parsed on its own, a relative name ends in the root's label: that is what the origin replaces. */
    ldns_rdf *whole = ldns_dname_cat_clone(name, zone->origin);
    ldns_rdf_deep_free(name);
    return whole;
}

size_t dns_zone_remove(struct dns_zone *zone, const char *name, const char *type)
{
    ldns_rr_type wanted = type ? ldns_get_rr_type_by_name(type) : LDNS_RR_TYPE_ANY;
    ldns_rdf *owner = zone_name_parse(zone, name);
    if (!owner)
        return 0;
    uint8_t key[WIRE_NAME_MAX_BYTES + 2];
    size_t size = key_from_name(owner, key);
    ldns_rdf_deep_free(owner);
    struct dns_node *node = node_find(zone, key, size);
    if (!node)
        return 0;
    size_t kept = 0, before = node->record_count;
    for (size_t i = 0; i < before; i++) {
        if (!type || ldns_rr_get_type(node->records[i]) == wanted)
            ldns_rr_free(node->records[i]);
        else
            node->records[kept++] = node->records[i];
    }
    node->record_count = kept;
    zone->record_count -= before - kept;
    node_prune(zone, node);
    return before - kept;
}
