/* reference: connection reuse in SIP done right, as a library that others can link.
 *
 * Identities of certificates (RFC 5922 §7.1, §7.2; RFC 5924), the alias table (RFC 5923 §5), server location
 * (RFC 3263), the connection policy of client and server (RFC 5923 §8, §9), and a proxy core on them that
 * forwards transaction-statefully. Everything that judges whether a connection may carry a request is here
 * and nowhere else in the tree. One thread, on a struct net. Seeded faults (faults.def) make an instance
 * behave wrongly in one stated way each: they prove that the suite can fail. */
#ifndef REFERENCE_REFERENCE_H
#define REFERENCE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

/* ---- identities: which SIP domains a certificate speaks for (RFC 5922 §7.1), and comparing them (§7.2) ----
 */
struct identity {
    char *name; /* a domain as the certificate writes it; any bytes, a NUL among them; one more NUL at the end
                 */
    size_t size_bytes; /* without that last NUL */
    bool is_uri;       /* it stood in a URI, not in a DNS name or the CN */
};
struct identities {
    struct identity *items;
    size_t count;
};
enum { IDENTITIES_MAX = 256 }; /* names of one certificate; those beyond are not looked at */
/* The identities of a certificate (DER), valid or not: a path validation comes first (RFC 5922 §7.1). URIs of
 * scheme sip without user part; where there is none, DNS names; without subjectAltName the CN. None is not an
 * error: count 0. false: it does not parse, or no memory. */
bool identities_read(const uint8_t *der, size_t size_bytes, struct identities *out);
/* The domain is one of them: whole names, ASCII case aside, nothing else (RFC 5922 §7.2). */
bool identities_match(const struct identities *identities, const char *domain);
bool identities_copy(const struct identities *from, struct identities *out); /* false: no memory */
void identities_fini(struct identities *identities);

/* ---- alias table: the columns of RFC 5923 §5. It knows nothing of policy ---- */
struct alias_row {
    struct net_address address;   /* destination IP address and port */
    enum net_transport transport; /* destination transport */
    struct identities identities; /* destination identity; empty over plain transports */
    uint64_t connection;          /* alias descriptor: net_connection_id */
    bool is_opened_by_us;         /* the row of a client (§8.1), else of a server (§8.2) */
    bool is_any_identity;         /* set by seeded faults alone: whatever the URI says matches */
};
enum { ALIAS_ROWS_MAX = 65536, ALIAS_ROWS_PER_CONNECTION_MAX = 8 };
struct alias_table;
struct alias_table *alias_table_new(void);
void alias_table_free(struct alias_table *table); /* NULL is fine */
/* Adds a copy, the last one of its address. What is there already (same address, transport and connection)
 * gets the new identities instead. false: no memory, or the table or the connection has its maximum of rows.
 */
bool alias_table_add(struct alias_table *table, const struct alias_row *row);
/* Rows of a resolved address, oldest first: the first one, and the one after a row. NULL: no more. Valid
 * until the table changes. */
const struct alias_row *alias_table_find(const struct alias_table *table, enum net_transport transport,
                                         const struct net_address *address);
const struct alias_row *alias_table_next(const struct alias_table *table, const struct alias_row *row);
/* All rows in the order they were added; NULL begins and ends. */
const struct alias_row *alias_table_walk(const struct alias_table *table, const struct alias_row *row);
size_t alias_table_count(const struct alias_table *table);
size_t alias_table_remove_connection(struct alias_table *table, uint64_t connection); /* how many rows went */
/* One row as text: address, transport, identities, descriptor. Heap; caller frees. */
char *alias_row_describe(const struct alias_row *row);

/* ---- node: a proxy, with a user agent in it that answers for its domains ---- */
struct reference_node;

struct reference_domain {
    const char *name;      /* "one.dut.test" */
    const char *chain_pem; /* shown when acting for this domain, and to clients that ask for it by SNI */
    const char *key_pem;
};
enum { REFERENCE_DOMAINS_MAX = 32, REFERENCE_LISTEN_MAX = 16 };
struct reference_listen {
    enum net_transport transport;
    struct net_address address; /* default ports when port is 0 */
    struct net_also also;       /* SCTP: further addresses of this end, of connections that it opens too */
};
/* A message of the node's, as it came in or went out. */
struct sip_message;
struct reference_sight {
    uint64_t connection; /* net_connection_id */
    bool is_incoming, is_opened_by_us;
    const char *domain; /* of ours that the connection is about: acted for, or shown the certificate of */
    const struct net_address *remote;
    const struct sip_message *message;
};
struct reference_options {
    const struct reference_listen *listen;
    size_t listen_count;
    const struct reference_domain *domains; /* the first is the default one; two or more: a virtual server */
    size_t domain_count;
    const char *trust_pem;
    const char *crl_pem;           /* NULL: none */
    struct net_address dns_server; /* asked over UDP and TCP; family 0: the system's */
    bool is_never_reusing;         /* policy: no alias is honoured nor asked for */
    bool is_without_sni;           /* as a client it names no server in TLS (RFC 6066 §3) */
    bool claims_5924;              /* extended key usage judged by RFC 5924 */
    bool answers_users; /* any request to a user of its domains is answered 200 (an actor's user agent); else:
                           OPTIONS to a domain only, 404 to its users */
    bool is_user_agent; /* forwards nothing, answers for its users, and sends what a REFER asks for */
    bool is_stateless;  /* forwards without transactions (RFC 3261 §16.11) */
    /* Requests from this user of its domains have to prove it by Digest, each of them; NULL: nobody's. */
    const char *account_user, *account_password;
    const char *const *faults; /* names of faults.def; NULL-terminated or NULL */
    uint64_t
        seed; /* of the weighted choice among SRV records (RFC 2782) and the branches; 0: from the system */
    void (*on_log)(const char *line,
                   void *arg); /* one line without newline: decisions with their reasons; may be NULL */
    /* Every message, before anything is done about it; may be NULL. */
    void (*on_message)(const struct reference_sight *sight, void *arg);
    void *arg;
};
/* NULL: error holds one sentence. */
struct reference_node *reference_node_new(struct net *net, const struct reference_options *options,
                                          char *error, size_t error_size_bytes);
/* Closes everything at once. */
void reference_node_free(struct reference_node *node);

/* Originates a request on behalf of a domain (index): RFC 3263 on the URI, connection by policy. The callback
 * comes exactly once with the final status (408: nothing came in 32 s; 503: no server could be reached). */
typedef void (*reference_answer_cb)(struct reference_node *node, unsigned status, void *arg);
bool reference_node_send(struct reference_node *node, const char *method, const char *uri, size_t domain,
                         reference_answer_cb cb, void *arg);
/* Registers each domain with a registrar (RFC 3261 §10.2) from now on, and keeps it registered; it can be
 * called over the connection on which it did. false: no such URI, no listener of that transport, no memory.
 */
bool reference_node_register(struct reference_node *node, const char *registrar_uri);
/* Closes every connection as RFC 5923 §8.3 wants (GRACEFUL waits for outstanding transactions), or as told.
 */
void reference_node_close_connections(struct reference_node *node, enum net_close_mode mode);

struct reference_counts {
    size_t opened, accepted; /* connections ever, each way, that became ready */
    size_t open_now;
    size_t closing_now;                 /* closed by the node; the peer's own end has not come yet */
    size_t requests_received;           /* requests that came in and were not retransmissions, ACK excepted */
    size_t requests_sent, answered;     /* own ones; answered with a final status by a peer */
    size_t requests_received_on_opened; /* came backwards over connections that this node opened */
    size_t requests_sent_on_accepted;   /* went backwards over connections that were accepted */
};
/* It is there and nobody has begun to close it. */
bool reference_node_has_connection(const struct reference_node *node, uint64_t connection);
void reference_node_counts(const struct reference_node *node, struct reference_counts *out);
/* The alias tables as text, RFC 5923 §5's columns, one table per domain of a virtual server. Heap; caller
 * frees. */
char *reference_node_describe_aliases(const struct reference_node *node);

/* ---- faults ---- */
struct reference_fault {
    const char *name, *summary;
    const char *profile;       /* the device profile it runs on, such as "reference-single" */
    const char *expected_also; /* ids of requirements it may turn red too, separated by blanks; "*": any */
    const char *reason;        /* why; "" */
};
/* Those that a requirement of the tree names. A few more exist, for requirements to come. */
const struct reference_fault *reference_faults(size_t *count);
bool reference_fault_exists(const char *name);

#endif
