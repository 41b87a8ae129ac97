/* A node: what it was configured with, and everything that it holds while it runs. Whoever is on a list of
 * its is freed with it (reference_node_free). */
#ifndef REFERENCE_NODE_H
#define REFERENCE_NODE_H

#include "loop/loop.h"
#include "net/net.h"
#include "reference/policy.h"
#include "reference/reference.h"
#include "sip/sip.h"

enum { LONERS_MAX = 32 };

struct connection;
struct server_transaction;
struct client_transaction;
struct originated;
struct registration;
struct forwarding;
struct courier;
struct account;
struct listener {
    struct reference_node *node;
    struct net_listener *net;
    enum net_transport transport;
    struct net_address address;
    struct net_also also;
};
struct own_domain {
    char *name;
    struct net_credential *credential;
    struct alias_table *table;
};
struct reference_node {
    struct net *net;
    struct loop *loop;
    struct fault_set faults;
    struct verifier *verifier;
    struct lookup *lookup;
    struct account *account; /* NULL: none */
    struct dice dice;
    struct own_domain domains[REFERENCE_DOMAINS_MAX];
    size_t domain_count;
    struct listener listeners[REFERENCE_LISTEN_MAX];
    size_t listener_count;
    bool is_never_reusing, is_without_sni, answers_users, is_user_agent, is_stateless;
    void (*on_log)(const char *line, void *arg);
    void (*on_message)(const struct reference_sight *sight, void *arg);
    void *arg;
    struct connection *connections; /* by net_connection_id */
    struct connection *connecting;  /* those opened that are not ready yet */
    struct server_transaction *server_transactions;
    struct client_transaction *client_transactions;
    struct originated *originated;
    struct registration *registrations;
    struct forwarding *forwardings;
    struct courier *couriers;
    struct lost_address *lost;            /* where connections are gone, for faults */
    struct lost_domain *lost_domains;     /* whose servers could not be reached, for a fault */
    struct remembered_target *remembered; /* for the fault prefer-existing */
    struct busy_server *busy_servers;     /* those that sent Retry-After */
    struct net_address
        loners[LONERS_MAX]; /* servers that abort an association for a further pair of streams */
    size_t loner_count;     /* ever; the latest stay */
    size_t forwarded;       /* requests to be forwarded, for faults */
    struct reference_counts counts;
};
static inline bool node_has(const struct reference_node *node, enum fault fault)
{
    return node->faults.is_set[fault];
}

/* ---- node.c ---- */
void node_log(const struct reference_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void node_show(const struct connection *connection, const struct sip_message *message, bool is_incoming);
char *node_new_token(struct reference_node *node); /* 16 hex digits, heap */
void node_make_policy(struct reference_node *node, struct policy *out);

/* ---- node_own.c ---- */
/* Index of the domain of ours with that name; domain_count when it is none. */
size_t node_find_domain(const struct reference_node *node, const char *name);
/* The host and port are ours: a domain of ours, or an address that we listen on. port 0: any default. */
bool node_owns(const struct reference_node *node, const char *host, uint16_t port,
               const struct net_address *local);
bool node_owns_uri(const struct reference_node *node, const struct sip_uri *uri,
                   const struct net_address *local);
/* It speaks SCTP: it listens on it. */
bool node_has_sctp(const struct reference_node *node);
/* Where this node listens for the transport, as seen from a local address; false: nowhere. */
bool node_listens(const struct reference_node *node, enum net_transport transport,
                  const struct net_address *local, struct net_address *out);

#endif
