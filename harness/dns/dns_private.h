/* dns, private: the catalogue of zones and the answer to one packet (no socket, no clock), and the TCP side
 * of the server. */
#ifndef DNS_DNS_PRIVATE_H
#define DNS_DNS_PRIVATE_H

#include <ldns/ldns.h>
/* A failed allocation in uthash leaves the table as it was, and hh.tbl NULL, instead of ending the process.
 */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "dns/dns.h"

enum {
    DNS_HEADER_BYTES = 12,
    DNS_UDP_PLAIN_MAX_BYTES = 512, /* without EDNS, RFC 1035 §4.2.1 */
    DNS_UDP_EDNS_MAX_BYTES = 4096, /* what we offer and use at most */
    DNS_MESSAGE_MAX_BYTES = 65535,
    DNS_CNAME_HOPS_MAX = 16,
    DNS_LINE_MAX_BYTES = 4096,
    DNS_ZONE_RECORDS_MAX = 65536,
    DNS_DEFAULT_TTL_S = 60,
    DNS_ADDRESSES_MAX = 64,
    DNS_TCP_CONNECTIONS_MAX = 128,
    DNS_TCP_IDLE_MS = 10000
};

/* Writes one sentence and returns false. error may be NULL. */
bool dns_fail(char *error, size_t error_size_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- a line ---- */
/* The record of one line; the caller frees it with ldns_rr_free(). */
bool dns_line_parse(const char *line, const ldns_rdf *origin, ldns_rr **out, char *error,
                    size_t error_size_bytes);

/* ---- zones ---- */
/* A name that has records, or has names with records below it (then it exists: RFC 8020). */
struct dns_node {
    uint8_t *key; /* name in wire form, lower case */
    size_t key_size_bytes;
    ldns_rr **records;
    size_t record_count;
    size_t child_count; /* nodes one label longer */
    UT_hash_handle hh;
};
struct dns_catalogue {
    struct dns_zone *zones;
    struct net_address addresses[DNS_ADDRESSES_MAX]; /* of the zones' name server */
    size_t address_count;
};
struct dns_zone {
    struct dns_catalogue *catalogue;
    void *user;
    ldns_rdf *origin; /* lower case */
    char *origin_text;
    struct dns_node *nodes;
    size_t record_count;
    ldns_rr *soa, *ns; /* the zone's own; no line changes them */
    UT_hash_handle hh;
};
struct dns_zone *dns_catalogue_add(struct dns_catalogue *catalogue, const char *origin, void *user);
void dns_catalogue_fini(struct dns_catalogue *catalogue);
/* The zone that the name is in, the most specific one; NULL: none. */
struct dns_zone *dns_catalogue_find(const struct dns_catalogue *catalogue, const ldns_rdf *name);

/* NULL: the name does not exist. is_wildcard: the node is that of a "*" record which covers the name (RFC
 * 4592). */
const struct dns_node *dns_zone_find(const struct dns_zone *zone, const ldns_rdf *name, bool *is_wildcard);
bool dns_zone_contains(const struct dns_zone *zone, const ldns_rdf *name);

/* ---- the answer to a packet ---- */
struct dns_reply {
    uint8_t *bytes; /* heap */
    size_t size_bytes;
    char *name, *type, *rcode, *answer; /* as in struct dns_query; heap */
    bool is_truncated;
    struct dns_zone *zone;
};
/* false: no answer is due (a response, less than a header, or no memory). The bytes may be any. */
bool dns_reply_make(const struct dns_catalogue *catalogue, const uint8_t *query, size_t query_size_bytes,
                    bool is_tcp, struct dns_reply *out);
void dns_reply_fini(struct dns_reply *reply);

/* ---- the server ---- */
struct dns_socket { /* one address, both transports */
    struct dns_server *server;
    struct net_datagram *datagram;
    struct net_listener *listener;
};
struct dns_tcp; /* one accepted connection */
struct dns_server {
    struct net *net;
    struct dns_catalogue catalogue;
    struct dns_socket *sockets;
    size_t socket_count;
    struct dns_tcp *connections;
    size_t connection_count;
    uint64_t tcp_idle_ms;
    dns_query_cb on_query;
    void *arg;
};
/* Makes the answer and reports the query; true: *reply is to be sent and freed. */
bool dns_server_answer(struct dns_server *server, const uint8_t *bytes, size_t size_bytes, bool is_tcp,
                       const struct net_address *from, struct dns_reply *reply);
bool dns_tcp_listen(struct dns_socket *socket, const struct net_address *address); /* false: errno */
void dns_tcp_drop_all(struct dns_server *server);

#endif
