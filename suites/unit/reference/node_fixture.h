/* A small world on loopback for nodes: a DNS zone, a CA, nodes with domains, and scripted ends of
 * connections. Each test runs in a process of its own, on addresses of its own. */
#ifndef NODE_FIXTURE_H
#define NODE_FIXTURE_H

#include <criterion/criterion.h>

#include "certs/certs.h"
#include "dns/dns.h"
#include "reference/reference.h"
#include "sip/sip.h"

enum { WORLD_NODES_MAX = 8, SCRIPT_MESSAGES_MAX = 4096 };

struct world {
    struct loop *loop;
    struct net *net;
    struct loop_timer *watchdog;
    struct dns_server *dns;
    struct net_address dns_address;
    struct dns_zone *zone; /* "test." */
    size_t query_count;
    struct certs_authority *authority;
    uint8_t net_a, net_b; /* 127.a.b.n */
    struct reference_node *nodes[WORLD_NODES_MAX];
    size_t node_count;
    bool prints;
    const char *watched; /* NULL, or what lines of a node's log are counted for */
    size_t watched_count;
};
/* For nodes that speak SCTP, as a test's .init: in a namespace of its own it may open raw sockets. */
void world_enter_namespace(void);
void world_init(struct world *world);
void world_fini(struct world *world);
struct net_address world_address(const struct world *world, uint8_t host, uint16_t port);
const char *world_ip(const struct world *world, uint8_t host); /* static text, two at a time */
void world_dns(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "_sips._tcp.a SRV 1 1 5061 a", "_sip._tcp.a SRV 1 1 5060 a", "a A 127.x.y.host" for a domain a.test. */
void world_serve(struct world *world, const char *label, uint8_t host);
/* A certificate for URI:sip:<label>.test and DNS:<label>.test; several labels separated by blanks. */
void world_mint(struct world *world, const char *labels, struct certs_minted *out);

struct node_plan {
    uint8_t host;
    const char *labels; /* of its domains, separated by blanks: "one two" is one.test and two.test */
    const char *const *faults;
    bool is_never_reusing, is_proxy; /* is_proxy: answers no users */
    const char *account_user, *account_password;
    bool has_sctp;
    void (*on_message)(const struct reference_sight *sight, void *world);
};
struct reference_node *world_node(struct world *world, const struct node_plan *plan);
/* Sends OPTIONS and runs the loop until the answer is there. */
unsigned world_send(struct world *world, struct reference_node *node, const char *uri, size_t domain);
struct reference_counts world_counts(const struct reference_node *node);
/* Runs until the condition holds. */
void world_run_until(struct world *world, bool (*holds)(void *arg), void *arg);

/* One end of a connection that does what the test says. */
struct script {
    struct world *world;
    struct net_listener *listener; /* it waits for a connection; or */
    struct net_connection *connection;
    bool is_ready, is_closed;
    enum net_sign sign; /* the first one */
    struct sip_framer *framer;
    struct sip_message *messages[SCRIPT_MESSAGES_MAX];
    size_t message_count;
};
struct script *script_connect(struct world *world, uint8_t from, uint8_t to, enum net_transport transport,
                              const struct certs_minted *shown, const char *server_name);
struct script *script_listen(struct world *world, uint8_t host, enum net_transport transport,
                             const struct certs_minted *shown);
void script_send(struct script *script, const char *text);
void script_wait_ready(struct script *script);
struct sip_message *script_wait_message(struct script *script, size_t index);
/* A response to a message that came, sent back on this connection. */
void script_respond(struct script *script, const struct sip_message *request, unsigned status);
/* Closes, and waits until the other side has closed too. */
void script_close(struct script *script, enum net_close_mode mode);
void script_free(struct script *script);
/* A request as text: method, URI, alias or not; sent-by is 127.x.y.host:port. Static. */
const char *request_text(const struct world *world, const char *method, const char *uri, uint8_t host,
                         uint16_t port, const char *transport, const char *via_params,
                         const char *more_headers);

#endif
