/* RFC 3263 §4: from a URI to servers, one question after the other.
 *
 *   numeric or port      → addresses            (§4.2)
 *   transport known      → SRV → addresses
 *   nothing known        → NAPTR → SRV → addresses (§4.1)
 * No SRV record anywhere: the addresses of the host itself with the default port. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/location.h"
#include "reference/trust.h"

enum { SERVICES_MAX = 8 };

struct service { /* where SRV records of a transport are */
    enum net_transport transport;
    char *name;
};
struct slot { /* one server whose addresses are asked for; its place in the list is its place in the order */
    struct resolution *resolution;
    enum net_transport transport;
    uint16_t port, priority;
    char *name;
    bool is_srv_target;
    struct targets found;
};
struct resolution {
    struct lookup *lookup;
    struct dice *dice;
    const struct fault_set *faults;
    struct next_hop hop;
    bool has_sctp;
    resolution_cb cb; /* NULL: cancelled */
    void *arg;
    size_t outstanding; /* questions that will call back, and one while resolution_start() runs */
    struct service services[SERVICES_MAX];
    size_t service_count, service;
    struct slot *slots;
    size_t slot_count;
    char why[REASON_MAX];
};

static bool has(const struct resolution *resolution, enum fault fault)
{
    return resolution->faults->is_set[fault];
}

struct resolution *resolution_new(struct lookup *lookup, struct dice *dice, const struct fault_set *faults,
                                  const struct next_hop *hop, bool has_sctp, resolution_cb cb, void *arg)
{
    struct resolution *resolution = calloc(1, sizeof(*resolution));
    if (resolution == NULL || !next_hop_copy(hop, &resolution->hop)) {
        free(resolution);
        return NULL;
    }
    resolution->lookup = lookup;
    resolution->dice = dice;
    resolution->faults = faults;
    resolution->has_sctp = has_sctp;
    resolution->cb = cb;
    resolution->arg = arg;
    return resolution;
}

static void resolution_free(struct resolution *resolution)
{
    for (size_t i = 0; i < resolution->service_count; i++) {
        free(resolution->services[i].name);
    }
    for (size_t i = 0; i < resolution->slot_count; i++) {
        free(resolution->slots[i].name);
        targets_fini(&resolution->slots[i].found);
    }
    free(resolution->slots);
    next_hop_fini(&resolution->hop);
    free(resolution);
}

void resolution_cancel(struct resolution *resolution)
{
    if (resolution == NULL) {
        return;
    }
    resolution->cb = NULL;
    if (resolution->outstanding == 0) {
        resolution_free(resolution);
    }
}

static void finish(struct resolution *resolution)
{
    struct targets targets = {0};
    for (size_t i = 0; i < resolution->slot_count; i++) {
        const struct targets *found = &resolution->slots[i].found;
        for (size_t j = 0; j < found->count; j++) {
            if (!targets_add(&targets, &found->items[j])) {
                break;
            }
        }
    }
    if (targets.count == 0 && resolution->why[0] == '\0') {
        snprintf(resolution->why, sizeof(resolution->why), "%s has no address", resolution->hop.host);
    }
    if (resolution->cb != NULL) {
        resolution->cb(&targets, resolution->why, resolution->arg);
    }
    targets_fini(&targets);
}

/* Each question that came back, and resolution_start() itself, lets go once. */
static void let_go(struct resolution *resolution)
{
    if (--resolution->outstanding > 0) {
        return;
    }
    if (resolution->cb != NULL) {
        finish(resolution);
    }
    resolution_free(resolution);
}

static void on_addresses(const struct net_address *addresses, size_t count, void *arg)
{
    struct slot *slot = arg;
    if (count > 1 && has(slot->resolution, FAULT_ONE_ADDRESS_ONLY)) {
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct target target = {.transport = slot->transport,
                                .address = addresses[i],
                                .server_name = slot->is_srv_target ? slot->name : NULL,
                                .priority = slot->priority};
        target.address.port = slot->port;
        if (!targets_add(&slot->found, &target)) {
            break;
        }
    }
    let_go(slot->resolution);
}

static bool make_slots(struct resolution *resolution, size_t count)
{
    resolution->slots = calloc(count, sizeof(*resolution->slots));
    return resolution->slots != NULL;
}

static void add_slot(struct resolution *resolution, const char *name, enum net_transport transport,
                     uint16_t port, const struct lookup_srv *record /* NULL: none */)
{
    struct slot *slot = &resolution->slots[resolution->slot_count];
    *slot = (struct slot){.resolution = resolution,
                          .transport = transport,
                          .port = port,
                          .priority = record == NULL ? 0 : record->priority,
                          .is_srv_target = record != NULL};
    slot->name = strdup(name);
    resolution->slot_count += slot->name != NULL ? 1 : 0;
}

static void ask_addresses(struct resolution *resolution)
{
    for (size_t i = 0; i < resolution->slot_count; i++) {
        resolution->outstanding++;
        lookup_ask_addresses(resolution->lookup, resolution->slots[i].name, on_addresses,
                             &resolution->slots[i]);
    }
}

/* §4.2: the host's own addresses. */
static void ask_host(struct resolution *resolution, enum net_transport transport)
{
    uint16_t port = resolution->hop.port != 0 ? resolution->hop.port : net_transport_default_port(transport);
    if (make_slots(resolution, 1)) {
        add_slot(resolution, resolution->hop.host, transport, port, NULL);
        ask_addresses(resolution);
    }
}

static enum net_transport default_transport(const struct next_hop *hop)
{
    if (hop->has_transport) {
        return hop->transport;
    }
    /* §4.1 says UDP for sip; this node speaks connections only. */
    return hop->is_secure ? NET_TLS : NET_TCP;
}

static void ask_srv(struct resolution *resolution);

static bool is_not_available(const struct lookup_srv *records, size_t count)
{
    return count == 1 && (records[0].target[0] == '\0' || strcmp(records[0].target, ".") == 0);
}

/* The faults ignore-priority and ignore-weight. */
static void make_equal(const struct resolution *resolution, struct lookup_srv *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        records[i].priority = has(resolution, FAULT_IGNORE_PRIORITY) ? 0 : records[i].priority;
        records[i].weight = has(resolution, FAULT_IGNORE_WEIGHT) ? 0 : records[i].weight;
    }
}

/* The fault additional-only: what can be among the additional records of an answer, and nothing else. */
static bool is_left_unasked(const struct resolution *resolution, const char *target)
{
    size_t domain = strlen(resolution->hop.host), size = strlen(target);
    return has(resolution, FAULT_ADDITIONAL_ONLY) &&
           (size < domain || strcasecmp(target + size - domain, resolution->hop.host) != 0);
}

/* The fault weight-zero-never. */
static bool is_never_asked(const struct resolution *resolution, const struct lookup_srv *records,
                           size_t count, size_t index)
{
    bool is_outweighed = false;
    for (size_t i = 0; i < count; i++) {
        is_outweighed |= records[i].priority == records[index].priority && records[i].weight > 0;
    }
    return has(resolution, FAULT_WEIGHT_ZERO_NEVER) && records[index].weight == 0 && is_outweighed;
}

static void on_srv(struct lookup_srv *records, size_t count, void *arg)
{
    struct resolution *resolution = arg;
    enum net_transport transport = resolution->services[resolution->service].transport;
    size_t used = count < TARGETS_MAX ? count : TARGETS_MAX;
    if (resolution->cb == NULL) {
        let_go(resolution);
        return;
    }
    make_equal(resolution, records, count);
    if (is_not_available(records, count) && has(resolution, FAULT_CONNECT_TO_DOT)) {
        count = 0;
    }
    if (is_not_available(records, count)) {
        /* RFC 2782: the service is decidedly not available at this domain */
        snprintf(resolution->why, sizeof(resolution->why), "%s says that the service is not available",
                 resolution->services[resolution->service].name);
    } else if (count > 0 && make_slots(resolution, used + 1)) {
        order_srv(records, count, resolution->dice);
        if (has(resolution, FAULT_ADDRESS_BEFORE_SRV)) { /* where the domain has one of its own */
            add_slot(resolution, resolution->hop.host, transport, net_transport_default_port(transport),
                     NULL);
        }
        for (size_t i = 0; i < used; i++) {
            if (is_left_unasked(resolution, records[i].target) ||
                is_never_asked(resolution, records, count, i)) {
                continue;
            }
            add_slot(resolution, records[i].target, transport, records[i].port, &records[i]);
        }
        ask_addresses(resolution);
    } else if (count == 0) {
        resolution->service++;
        ask_srv(resolution);
    }
    let_go(resolution);
}

static void ask_srv(struct resolution *resolution)
{
    if (resolution->service == resolution->service_count) {
        bool is_stuck = has(resolution, FAULT_NO_A_FALLBACK) ||
                        (resolution->hop.is_numeric && has(resolution, FAULT_RESOLVE_LITERAL));
        if (is_stuck && resolution->hop.port == 0) {
            return;
        }
        ask_host(resolution, resolution->service_count > 0 ? resolution->services[0].transport
                                                           : default_transport(&resolution->hop));
        return;
    }
    resolution->outstanding++;
    lookup_ask_srv(resolution->lookup, resolution->services[resolution->service].name, on_srv, resolution);
}

static void add_service(struct resolution *resolution, enum net_transport transport, char *name /* taken */)
{
    if (name == NULL || resolution->service_count == SERVICES_MAX) {
        free(name);
        return;
    }
    resolution->services[resolution->service_count++] = (struct service){transport, name};
}

static void add_default_service(struct resolution *resolution, enum net_transport transport)
{
    char *name = NULL;
    if (asprintf(&name, "%s.%s", net_transport_service(transport), resolution->hop.host) > 0) {
        add_service(resolution, transport, name);
    }
}

/* The faults ignore-naptr-order, ignore-naptr-preference, use-unknown-naptr and discard-sips. */
static void misread(const struct resolution *resolution, struct lookup_naptr *records, size_t count)
{
    static char tcp[] = "SIP+D2T", none[] = "";
    for (size_t i = 0; i < count; i++) {
        records[i].order = has(resolution, FAULT_IGNORE_NAPTR_ORDER) ? 0 : records[i].order;
        records[i].preference = has(resolution, FAULT_IGNORE_NAPTR_PREFERENCE) ? 0 : records[i].preference;
        enum net_transport transport;
        if (has(resolution, FAULT_USE_UNKNOWN_NAPTR) && !naptr_transport(&records[i], &transport)) {
            records[i].service = tcp;
        }
        if (has(resolution, FAULT_DISCARD_SIPS) && !resolution->hop.is_secure &&
            strncasecmp(records[i].service, "SIPS", 4) == 0) {
            records[i].service = none;
        }
    }
}

static void on_naptr(struct lookup_naptr *records, size_t count, void *arg)
{
    struct resolution *resolution = arg;
    misread(resolution, records, count);
    bool knows_sctp = resolution->has_sctp && !has(resolution, FAULT_IGNORE_D2S);
    size_t usable = order_naptr(records, count, resolution->hop.is_secure, knows_sctp);
    for (size_t i = 0; i < usable; i++) {
        enum net_transport transport;
        if (naptr_transport(&records[i], &transport)) {
            add_service(resolution, transport, strdup(records[i].replacement));
        }
    }
    if (usable == 0) {
        add_default_service(resolution, default_transport(&resolution->hop));
    }
    if (resolution->cb != NULL) {
        ask_srv(resolution);
    }
    let_go(resolution);
}

static void take_literal(struct resolution *resolution)
{
    enum net_transport transport = default_transport(&resolution->hop);
    uint16_t port = resolution->hop.port != 0 ? resolution->hop.port : net_transport_default_port(transport);
    struct target target = {.transport = transport};
    if (net_address_parse(resolution->hop.host, port, &target.address) && make_slots(resolution, 1)) {
        add_slot(resolution, resolution->hop.host, transport, port, NULL);
        if (resolution->slot_count == 1) {
            targets_add(&resolution->slots[0].found, &target);
        }
    }
}

/* Nothing is left for NAPTR to decide. */
static bool is_transport_known(const struct resolution *resolution)
{
    const struct next_hop *hop = &resolution->hop;
    if (hop->port != 0 || has(resolution, FAULT_NO_NAPTR)) {
        return true;
    }
    return hop->has_transport && !has(resolution, FAULT_IGNORE_TRANSPORT_PARAM);
}

/* Straight to SRV records: the transport is known, and neither a literal nor a port says where to go. */
static bool starts_with_srv(const struct resolution *resolution)
{
    const struct next_hop *hop = &resolution->hop;
    if (hop->is_numeric) {
        return hop->port == 0 && has(resolution, FAULT_RESOLVE_LITERAL);
    }
    if (hop->port != 0 && !has(resolution, FAULT_SRV_WITH_PORT)) {
        return false;
    }
    return is_transport_known(resolution);
}

void resolution_start(struct resolution *resolution)
{
    const struct next_hop *hop = &resolution->hop;
    resolution->outstanding = 1;
    bool is_sctp = hop->has_transport && (hop->transport == NET_SCTP || hop->transport == NET_TLS_SCTP);
    if (hop->is_unsupported || (is_sctp && !resolution->has_sctp)) {
        snprintf(resolution->why, sizeof(resolution->why), "its transport is not spoken here");
    } else if (starts_with_srv(resolution)) {
        add_default_service(resolution, default_transport(hop));
        ask_srv(resolution);
    } else if (hop->is_numeric) {
        take_literal(resolution);
    } else if (hop->port != 0 && !has(resolution, FAULT_SRV_WITH_PORT)) {
        ask_host(resolution, default_transport(hop));
    } else {
        resolution->outstanding++;
        lookup_ask_naptr(resolution->lookup, hop->host, on_naptr, resolution);
    }
    let_go(resolution);
}
