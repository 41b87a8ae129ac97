/* The zones of a server, and a zone's beginning and end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns_private.h"

/* SOA and NS of the zone's own. Denials may be cached as long as records are (RFC 2308 §4). */
static bool zone_make_authority(struct dns_zone *zone)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "@ %d IN SOA nameserver hostmaster 1 3600 600 86400 %d",
                          DNS_DEFAULT_TTL_S, DNS_DEFAULT_TTL_S);
    if (length < 0 ||
        ldns_rr_new_frm_str(&zone->soa, text, DNS_DEFAULT_TTL_S, zone->origin, NULL) != LDNS_STATUS_OK)
        return false;
    snprintf(text, sizeof text, "@ %d IN NS nameserver", DNS_DEFAULT_TTL_S);
    return ldns_rr_new_frm_str(&zone->ns, text, DNS_DEFAULT_TTL_S, zone->origin, NULL) == LDNS_STATUS_OK;
}

static bool zone_add_nameserver(struct dns_zone *zone)
{
    for (size_t i = 0; i < zone->catalogue->address_count; i++) {
        static const uint8_t UNSPECIFIED[16] = {0};
        if (memcmp(zone->catalogue->addresses[i].ip, UNSPECIFIED, sizeof UNSPECIFIED) == 0)
            continue;
        char ip[NET_ADDRESS_TEXT_MAX], line[NET_ADDRESS_TEXT_MAX + 32];
        net_address_format_ip(&zone->catalogue->addresses[i], ip);
        snprintf(line, sizeof line, "nameserver %s %s",
                 zone->catalogue->addresses[i].family == 4 ? "A" : "AAAA", ip);
        if (!dns_zone_add(zone, line, NULL, 0))
            return false;
    }
    return true;
}

static bool zone_hash(struct dns_zone *zone)
{
    struct dns_zone *same = NULL;
    HASH_FIND(hh, zone->catalogue->zones, ldns_rdf_data(zone->origin), ldns_rdf_size(zone->origin), same);
    if (same)
        return false;
    HASH_ADD_KEYPTR(hh, zone->catalogue->zones, ldns_rdf_data(zone->origin), ldns_rdf_size(zone->origin),
                    zone);
    return zone->hh.tbl != NULL;
}

static void zone_release(struct dns_zone *zone)
{
    struct dns_node *node = zone->nodes, *next;
    /* The elements keep their links to each other when the table goes. */
    HASH_CLEAR(hh, zone->nodes);
    for (; node; node = next) {
        next = node->hh.next;
        for (size_t i = 0; i < node->record_count; i++)
            ldns_rr_free(node->records[i]);
        free(node->records);
        free(node->key);
        free(node);
    }
    ldns_rr_free(zone->soa);
    ldns_rr_free(zone->ns);
    ldns_rdf_deep_free(zone->origin);
    free(zone->origin_text);
    free(zone);
}

struct dns_zone *dns_catalogue_add(struct dns_catalogue *catalogue, const char *origin, void *user)
{
    struct dns_zone *zone = calloc(1, sizeof *zone);
    if (!zone)
        return NULL;
    zone->catalogue = catalogue;
    zone->user = user;
    zone->origin = ldns_dname_new_frm_str(origin);
    if (!zone->origin)
        goto fail;
    ldns_dname2canonical(zone->origin);
    zone->origin_text = ldns_rdf2str(zone->origin);
    if (!zone->origin_text || !zone_make_authority(zone) || !zone_add_nameserver(zone) || !zone_hash(zone))
        goto fail;
    return zone;
fail:
    zone_release(zone);
    return NULL;
}

void dns_zone_free(struct dns_zone *zone)
{
    if (!zone)
        return;
    HASH_DEL(zone->catalogue->zones, zone);
    zone_release(zone);
}

void *dns_zone_user(const struct dns_zone *zone)
{
    return zone->user;
}

const char *dns_zone_origin(const struct dns_zone *zone)
{
    return zone->origin_text;
}

void dns_catalogue_fini(struct dns_catalogue *catalogue)
{
    struct dns_zone *zone = catalogue->zones, *next;
    HASH_CLEAR(hh, catalogue->zones);
    for (; zone; zone = next) {
        next = zone->hh.next;
        zone_release(zone);
    }
}

struct dns_zone *dns_catalogue_find(const struct dns_catalogue *catalogue, const ldns_rdf *name)
{
    ldns_rdf *lower = ldns_rdf_clone(name);
    struct dns_zone *zone = NULL;
    if (!lower)
        return NULL;
    ldns_dname2canonical(lower);
    const uint8_t *p = ldns_rdf_data(lower);
    size_t size = ldns_rdf_size(lower);
    for (;;) {
        HASH_FIND(hh, catalogue->zones, p, size, zone);
        if (zone || size <= 1)
            break;
        size -= (size_t)p[0] + 1;
        p += p[0] + 1;
    }
    ldns_rdf_deep_free(lower);
    return zone;
}
