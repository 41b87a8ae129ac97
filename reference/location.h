/* Where a request goes (RFC 3263): a next hop, the questions to the DNS about it, and the servers in the
 * order of trying. */
#ifndef REFERENCE_LOCATION_H
#define REFERENCE_LOCATION_H

#include "loop/loop.h"
#include "net/net.h"
#include "reference/dice.h"
#include "reference/faults.h"
#include "sip/sip.h"

/* ---- hop.c: a next hop as RFC 3263 wants it, and the servers found for it ---- */
struct next_hop {
    char *host;         /* domain of the URI: the AUS of RFC 5922 §7.3 */
    char *request_host; /* the Request-URI's, for the fault match-request-uri */
    uint16_t port;      /* 0: none */
    bool is_numeric, is_secure, has_transport, is_unsupported;
    bool is_for_response; /* sent-by of a Via: a numeric one is no identity to compare */
    bool is_in_dialog;    /* for faults: the request has a tag in To */
    enum net_transport transport;
    size_t domain; /* the domain of ours that it is for */
};
struct target {
    enum net_transport transport;
    struct net_address address;
    char *server_name; /* SRV target; NULL: there was none */
    uint16_t priority; /* of its SRV record */
};
struct targets {
    struct target *items;
    size_t count;
};
enum { TARGETS_MAX = 64 };
enum net_transport transport_over_tls(enum net_transport transport); /* what sips makes of it */
bool next_hop_from_uri(const struct sip_uri *uri, struct next_hop *out);
bool next_hop_copy(const struct next_hop *from, struct next_hop *out);
void next_hop_fini(struct next_hop *hop);
bool target_copy(const struct target *from, struct target *out);
void target_fini(struct target *target);
bool targets_add(struct targets *targets, const struct target *target); /* a copy */
void targets_fini(struct targets *targets);

/* ---- lookup.c: questions to the DNS, on c-ares ---- */
struct lookup;
struct lookup_srv {
    uint16_t priority, weight, port;
    char *target;
};
struct lookup_naptr {
    uint16_t order, preference;
    char *flags, *service, *replacement;
};
typedef void (*lookup_srv_cb)(struct lookup_srv *records, size_t count, void *arg);
typedef void (*lookup_naptr_cb)(struct lookup_naptr *records, size_t count, void *arg);
typedef void (*lookup_address_cb)(const struct net_address *addresses, size_t count, void *arg);
struct lookup *lookup_new(struct loop *loop, const struct net_address *server, bool has_ip4, bool has_ip6,
                          const char **error_text);
void lookup_free(struct lookup *lookup); /* what is outstanding is answered with nothing */
/* The callback comes exactly once, perhaps before the function returns; records are the callee's only while
 * it runs. */
void lookup_ask_srv(struct lookup *lookup, const char *name, lookup_srv_cb cb, void *arg);
void lookup_ask_naptr(struct lookup *lookup, const char *name, lookup_naptr_cb cb, void *arg);
void lookup_ask_addresses(struct lookup *lookup, const char *name, lookup_address_cb cb, void *arg);

/* ---- order.c: RFC 2782's and RFC 3403's orders, pure ---- */
void order_srv(struct lookup_srv *records, size_t count, struct dice *dice);
/* Sorts, and drops what cannot be used: returns how many remain, first. */
size_t order_naptr(struct lookup_naptr *records, size_t count, bool is_secure, bool has_sctp);
bool naptr_transport(const struct lookup_naptr *record, enum net_transport *out);
void order_addresses(struct targets *targets); /* of one server: the same whatever order the DNS gave */

/* ---- resolve.c: RFC 3263 §4 as a state machine ---- */
struct resolution;
/* Targets in the order of trying; none: why tells. The callee may empty the list to keep it. */
typedef void (*resolution_cb)(struct targets *targets, const char *why, void *arg);
struct resolution *resolution_new(struct lookup *lookup, struct dice *dice, const struct fault_set *faults,
                                  const struct next_hop *hop, bool has_sctp, resolution_cb cb, void *arg);
void resolution_start(struct resolution *resolution);  /* the callback, exactly once, may come before this
                                                          returns; then it is gone */
void resolution_cancel(struct resolution *resolution); /* no callback any more; NULL is fine */

#endif
