/* dns: the authoritative server that serves the scenarios' zones (RFC 1035, 2308, 2782, 3403), over UDP and
 * TCP, on ldns.
 *
 * One server holds many zones; a zone belongs to one scenario's world. Answers can change at any time. Every
 * query is reported with what was answered. It answers authoritatively for its zones only: REFUSED elsewhere,
 * NXDOMAIN with SOA for unknown names in a zone, NOERROR with SOA where the name exists without that type.
 * CNAME within a zone is followed. TC over UDP above the size the client allows (512, or EDNS). */
#ifndef DNS_DNS_H
#define DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/net.h"

struct dns_server;
struct dns_zone;

struct dns_query {
    const char *name;   /* absolute, lower case, trailing dot; "" when the packet could not be read */
    const char *type;   /* "SRV"; "" likewise */
    const char *rcode;  /* of our answer: "NOERROR", "NXDOMAIN", "REFUSED", "FORMERR", "NOTIMP", "SERVFAIL",
                           "BADVERS" */
    const char *answer; /* the answer section as zone-file lines, '\n' between; "" when empty */
    bool is_truncated;  /* the answer was too large for the client's UDP: no records, TC set */
    bool is_tcp;
    struct net_address from;
    struct dns_zone *zone; /* NULL when the name is in no zone of ours */
};
/* Before the answer is sent. It may change zones, and must not free the server. The strings are valid within
 * it. */
typedef void (*dns_query_cb)(const struct dns_query *query, void *arg);

/* Listens on every address given, at most 64 (UDP and TCP; port 0: any, the same for both). NULL with errno
 * when one cannot be bound. At most 128 TCP connections at once, closed after 10 s without a query. */
struct dns_server *dns_server_new(struct net *net, const struct net_address *addresses, size_t address_count,
                                  dns_query_cb on_query, void *arg);
void dns_server_free(struct dns_server *server); /* its zones too */
/* Where it listens, in the order given; NULL beyond the last. */
const struct net_address *dns_server_address(const struct dns_server *server, size_t index);

/* A zone with a SOA and NS of its own (the name server "nameserver" has the server's addresses), and an
 * opaque pointer of its user's. origin is absolute or is made so. NULL: exists or malformed. */
struct dns_zone *dns_zone_new(struct dns_server *server, const char *origin, void *user);
void *dns_zone_user(const struct dns_zone *zone);
const char *dns_zone_origin(const struct dns_zone *zone);
void dns_zone_free(struct dns_zone *zone);
/* One zone-file line (NAME [TTL] [IN] TYPE DATA; A, AAAA, SRV, NAPTR, CNAME, TXT, PTR, MX; "*" names cover
 * others, RFC 4592), relative to the origin, default TTL 60 s. A record that is there already is not put
 * twice. false: it does not parse, is outside of the zone, or puts a CNAME beside another record; error gets
 * a sentence (size bytes). */
bool dns_zone_add(struct dns_zone *zone, const char *line, char *error, size_t error_size_bytes);
/* Removes every record of that name (relative or absolute) and type; type NULL: all types. Returns how many.
 */
size_t dns_zone_remove(struct dns_zone *zone, const char *name, const char *type);
/* Checks a line without a zone: for validation of files. */
bool dns_line_check(const char *line, char *error, size_t error_size_bytes);

#endif
