/* core: what the files of reference/ share and nobody else sees.
 *
 * From the bottom up: faults, identities, path validation, server location, policy, connections,
 * transactions, exchanges, the proxy core. Each part is one file, named where it begins. Nothing here calls
 * upwards except through a callback. */
#ifndef REFERENCE_CORE_H
#define REFERENCE_CORE_H

#include <uthash.h>

#include "loop/loop.h"
#include "net/net.h"
#include "reference/reference.h"
#include "sip/sip.h"

enum {
    T1_64_MS = 32000,         /* 64*T1: timers B, F, H, L, M (RFC 3261 §17, RFC 6026) */
    TIMER_C_MS = 180000,      /* RFC 3261 §16.6, 11 */
    TRANSACTIONS_MAX = 50000, /* server transactions at once; beyond it: 503 */
    LONERS_MAX = 32,
    REASON_MAX = 200
};

/* ---- faults.c ---- */
enum fault {
#define FAULT(code, name, profile, expected_also, reason, summary) FAULT_##code,
#define UNCLAIMED_FAULT                                            FAULT
#include "reference/faults.def"
#undef FAULT
#undef UNCLAIMED_FAULT
    FAULT_COUNT
};
struct fault_set {
    bool is_set[FAULT_COUNT];
};
bool fault_set_add(struct fault_set *set, const char *name); /* false: there is no such fault */

/* ---- dice.c: pseudo-random numbers that a seed repeats ---- */
struct dice {
    uint64_t state;
};
void dice_init(struct dice *dice, uint64_t seed); /* 0: from the system */
uint64_t dice_roll(struct dice *dice);
uint64_t dice_below(struct dice *dice, uint64_t bound); /* 0 … bound - 1, bound > 0 */

/* ---- certificate.c: where names stand in a certificate, by DER alone ---- */
struct der {
    const uint8_t *at;
    size_t left;
};
bool der_next(struct der *in, unsigned *tag, struct der *content);
struct certificate_names {
    bool has_alternative_names;
    struct der alternative_names; /* content of the GeneralNames sequence */
    bool has_common_name;
    struct der common_name; /* the last CN of the subject */
};
bool certificate_find_names(const uint8_t *bytes, size_t size_bytes, struct certificate_names *out);

/* ---- identity.c ---- */
struct identity_question {
    const char *domain; /* of the URI that RFC 3263 was given */
    bool is_secure_uri;
    const struct net_address *address; /* the peer's; may be NULL */
};
bool identities_extract(const uint8_t *der, size_t size_bytes, const struct fault_set *faults,
                        struct identities *out);
bool identities_answer(const struct identities *identities, const struct identity_question *question,
                       const struct fault_set *faults);

/* ---- verify.c: path validation (RFC 5280) and extended key usage (RFC 5922 §7.1, RFC 5924) ---- */
struct verifier;
struct verifier *verifier_new(const char *trust_pem, const char *crl_pem, bool claims_5924,
                              const struct fault_set *faults, const char **error_text);
void verifier_free(struct verifier *verifier);
bool verifier_check(const struct verifier *verifier, const struct net_tls_facts *facts, bool is_server,
                    char *reason);

/* ---- hop.c: a next hop as RFC 3263 wants it, and the servers found for it ---- */
struct next_hop {
    char *host;         /* domain of the URI: the AUS of RFC 5922 §7.3 */
    char *request_host; /* the Request-URI's, for the fault match-request-uri */
    uint16_t port;      /* 0: none */
    bool is_numeric, is_secure, has_transport, is_unsupported;
    bool is_for_response; /* sent-by of a Via: a numeric one is no identity to compare */
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

/* ---- resolve.c: RFC 3263 §4 as a state machine ---- */
struct resolution;
/* Targets in the order of trying; none: why tells. The callee may empty the list to keep it. */
typedef void (*resolution_cb)(struct targets *targets, const char *why, void *arg);
struct resolution *resolution_new(struct lookup *lookup, struct dice *dice, const struct fault_set *faults,
                                  const struct next_hop *hop, bool has_sctp, resolution_cb cb, void *arg);
void resolution_start(struct resolution *resolution);  /* the callback, exactly once, may come before this
                                                          returns; then it is gone */
void resolution_cancel(struct resolution *resolution); /* no callback any more; NULL is fine */

/* ---- policy.c: may this connection be aliased, may it carry this request; pure ---- */
struct reuse_question;
struct policy {
    bool is_never_reusing;
    const struct fault_set *faults;
    bool (*is_alive)(uint64_t connection, void *arg);
    size_t (*own_load)(const struct net_address *address,
                       void *arg); /* requests under way on own plain connections; for cross-under-load */
    bool (*has_lost)(const struct net_address *address,
                     void *arg); /* an own connection there is gone; for fallback-to-peers */
    /* Transactions under way on a connection: over TLS over SCTP the least busy pair of streams is chosen
     * (RFC 4168 §5.1). NULL: the first one that may be. */
    size_t (*load)(uint64_t connection, void *arg);
    /* Somebody proved on a pair of streams beside it what is asked for; for identity-per-association. */
    bool (*is_proved_beside)(uint64_t connection, const struct reuse_question *question, void *arg);
    void *arg;
};
struct reuse_question {
    const struct next_hop *hop;
    const struct target *target;
};
/* The row to use, or NULL; why (REASON_MAX) gets the last refusal, "" when there was no row. */
const struct alias_row *policy_choose(const struct policy *policy, const struct alias_table *table,
                                      const struct reuse_question *question, char *why);
struct alias_claim {
    bool is_asked;    /* alias stands in the Via that counts */
    bool is_accepted; /* the connection was accepted, not opened */
    enum net_transport transport;
    const char *via_transport; /* as the Via writes it */
    bool has_certificate, is_valid;
    size_t identity_count;
};
const char *policy_refuse_alias(const struct policy *policy,
                                const struct alias_claim *claim); /* NULL: alias it */
bool policy_identity_matches(const struct fault_set *faults, const struct identities *identities,
                             const struct reuse_question *question);

/* ---- node.c ---- */
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
    struct remembered_target *remembered; /* for the fault prefer-existing */
    struct busy_server *busy_servers;     /* those that sent Retry-After */
    struct net_address
        loners[LONERS_MAX]; /* servers that abort an association for a further pair of streams */
    size_t loner_count;     /* ever; the latest stay */
    struct reference_counts counts;
};
static inline bool node_has(const struct reference_node *node, enum fault fault)
{
    return node->faults.is_set[fault];
}
void node_log(const struct reference_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void node_show(const struct connection *connection, const struct sip_message *message, bool is_incoming);
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
char *node_new_token(struct reference_node *node); /* 16 hex digits, heap */
void node_make_policy(struct reference_node *node, struct policy *out);

/* ---- connection.c, acquire.c, accept.c: the pool ---- */
struct waiter { /* embedded in whoever waits for a connection */
    struct waiter *prev, *next;
    struct connection *connection; /* NULL: not waiting */
    void (*on_ready)(struct connection *connection /* NULL: it could not be had */, const char *why,
                     void *arg);
    void *arg;
};
struct connection {
    struct reference_node *node;
    struct net_connection *net;
    uint64_t id;
    UT_hash_handle hh;
    struct connection *prev, *next; /* in connecting */
    struct sip_framer *framer;
    bool is_opened_by_us, is_ready, is_connecting, is_closing, has_peer_closed, is_draining, is_deaf;
    bool is_further_pair; /* of streams, beside the one that the association began with */
    bool is_alone;        /* TLS over SCTP: the peer wants no further pair on its association */
    enum net_transport transport;
    struct net_address remote;
    size_t domain;       /* of ours: acting for it, or asked for it by SNI */
    struct next_hop hop; /* opened: for which it was */
    struct target target;
    bool has_certificate, is_valid, is_authenticated; /* valid: the path; authenticated: the identity too */
    struct identities identities;                     /* the peer's */
    struct waiter *waiters;
    size_t outstanding;     /* transactions that it still carries */
    uint64_t heard_ms;      /* last bytes from the peer */
    uint64_t busy_since_ms; /* for faults: a second of requests, and how many they are */
    size_t busy_count;
    bool has_proved_account;  /* for a fault: a request on it was authenticated by Digest */
    struct loop_timer *timer; /* NULL: none was needed */
};
enum { CONNECTION_HANDSHAKE_MS = 10000 };
/* A connection for the target, ready now; or NULL with waiter->connection set: its callback comes; or NULL
 * and not: why says. */
struct connection *connection_acquire(struct reference_node *node, const struct next_hop *hop,
                                      const struct target *target, struct waiter *waiter, char *why);
void connection_wait_cancel(struct waiter *waiter);
struct connection *connection_find(const struct reference_node *node, uint64_t id);
bool connection_is_usable(const struct connection *connection); /* for a new request */
void connection_wait(struct connection *connection, struct waiter *waiter);
/* One more TLS connection on the association of one that we opened, for the same purpose, with its session
 * resumed where the peer does so (RFC 3436 §8.2). NULL: none is to be had. */
struct connection *connection_open_beside(const struct connection *first);
/* No certificate comes with a resumed session: the one of the session is judged once more. false: it does not
 * do. */
bool acquire_judge_resumed(struct connection *connection);
bool connection_can_write(
    const struct connection *connection); /* for what belongs to a transaction that it carries */
bool connection_send(struct connection *connection, const struct sip_message *message);
struct connection *connection_new(struct reference_node *node, enum net_transport transport);
void connection_attach(struct connection *connection,
                       struct net_connection *net); /* from here on it is found by its id */
void connection_free(struct connection *connection);
void connection_forget(struct connection *connection); /* out of every alias table: no new request on it */
void connection_on_ready(struct net_connection *net, void *arg);
void connection_on_data(struct net_connection *net, const uint8_t *bytes, size_t size_bytes, void *arg);
void connection_on_sign(struct net_connection *net, const struct net_end *end, void *arg);
void connection_on_closed(struct net_connection *net, void *arg);
/* No certificate comes with a resumed session: the one that was shown when it began counts, if it still does.
 * false: it does not. */
bool accept_judge_resumed(struct connection *connection);
bool accept_start(struct reference_node *node, const struct reference_listen *listen, char *error,
                  size_t error_size_bytes);

/* ---- delivery.c: how messages go over SCTP, and over streams ---- */
bool delivery_send(struct connection *connection, const struct sip_message *message);
bool delivery_is_datagram(const struct connection *connection); /* each on_data is a whole SIP message */
/* false: a fault drops what has come now */
bool delivery_is_taken(const struct connection *connection, size_t size_bytes);

/* ---- pairs.c: the TLS connections of an association of SCTP (RFC 3436 §5), and transactions spread over
 * them (RFC 4168 §5.1) ---- */
enum { PAIRS_MAX = 8 }; /* that this side opens on one association */
/* A further pair did not come about: the peer has aborted the association for it, and is not tried again. */
void pairs_note_abort(const struct connection *connection);
/* For a new transaction that may go on this connection: it, or another pair of its association that has less
 * to do, perhaps one that is not ready yet. */
struct connection *pairs_spread(struct connection *connection);
/* Where those go who waited for a pair that did not come about; NULL: nowhere. */
struct connection *pairs_fall_back(const struct connection *connection);
bool pairs_prove_beside(const struct connection *connection, const struct reuse_question *question);

/* ---- lost.c: what three faults remember of the past ---- */
void lost_remember(struct reference_node *node, const struct connection *connection);
bool lost_contains(const struct reference_node *node, const struct target *target, bool is_opened_by_us);
unsigned lost_uses(struct reference_node *node, const struct target *target,
                   bool is_opened_by_us); /* counts this one */
void lost_free(struct reference_node *node);
const struct target *remembered_find(const struct reference_node *node, const struct next_hop *hop,
                                     const struct sip_message *request);
void remembered_set(struct reference_node *node, const struct next_hop *hop, const struct target *target,
                    const struct sip_message *request, uint64_t connection);
void remembered_free(struct reference_node *node);

/* ---- retry_after.c: servers that asked to be left alone (RFC 3261 §21.5.4) ---- */
void retry_after_note(struct reference_node *node, const struct target *target,
                      const struct sip_message *response);
bool retry_after_is_set(const struct reference_node *node, const struct target *target);
void retry_after_free_all(struct reference_node *node);

/* ---- account.c: Digest ---- */
struct account *account_new(const char *user, const char *password); /* NULL: no memory, no random numbers */
void account_free(struct account *account);
/* Whether the request (a copy of the transaction's, on its way) need not prove who sent it, or has proved it;
 * credentials for this node are taken out. false: it was challenged, and the transaction answered. */
bool account_is_sender(const struct reference_node *node, const struct sip_message *request); /* he says so */
bool account_admits(struct server_transaction *transaction, struct sip_message *request, bool is_for_us);

/* ---- aliasing.c: rows for connections ---- */
void aliasing_add_opened(struct connection *connection);
/* RFC 5923 §8.2 for a request: makes the alias when policy has it. Returns 0, or the status a fault answers
 * instead of the usual. */
unsigned aliasing_consider(struct connection *connection, const struct sip_message *request);

/* ---- close.c ---- */
void close_connection(struct connection *connection, enum net_close_mode mode);
void close_when_done(struct connection *connection); /* RFC 5923 §8.3: waits for what is outstanding */
void close_note_message(struct connection *connection);
void close_transaction_began(struct connection *connection);
void close_transaction_ended(struct reference_node *node, uint64_t id, bool is_dialog_end);

/* ---- dispatch.c: messages off a connection, to whom they belong ---- */
/* The same request once more, and a transaction for it: forwarding it without one did not do. */
void dispatch_keep(struct connection *connection, const struct sip_message *request);
void dispatch_message(struct connection *connection, const uint8_t *bytes, size_t size_bytes);
/* What is left of a stream that cannot be followed any more: a request in front of it is answered. */
void dispatch_unframed(struct connection *connection, const uint8_t *bytes, size_t size_bytes,
                       enum sip_error error);

/* ---- ack_cancel.c: requests derived from an INVITE that was sent (RFC 3261 §9.1, §17.1.1.3) ---- */
struct sip_message *derive_cancel(const struct sip_message *invite);
struct sip_message *derive_ack(const struct sip_message *invite, const struct sip_message *response);

/* ---- courier.c: a message that expects no answer, over its connection or a new one to the same address ----
 */
/* first, last_resort: connections tried before and after the target; 0: none. */
void courier_send(struct reference_node *node, uint64_t first, uint64_t last_resort,
                  const struct next_hop *hop, const struct target *target, const struct sip_message *message);
/* The same to whatever the hop resolves to now: only a fault does that. */
void courier_send_anew(struct reference_node *node, const struct next_hop *hop,
                       const struct sip_message *message);
void courier_free_all(struct reference_node *node);

/* ---- what a request without a transaction leaves in its Via (stateless.c) ---- */
#define TRAIL_PARAMETER "i"
enum { BRANCH_MAX = 32 };
struct trail {     /* the same for all messages of a transaction, but for the connection */
    uint64_t seed; /* of the order of servers */
    char branch[BRANCH_MAX];
    uint64_t connection; /* it came on */
};

/* ---- client_transaction.c (RFC 3261 §17.1, RFC 6026), reliable transports only ---- */
enum client_event {
    CLIENT_RESPONSE,
    CLIENT_TIMEOUT,
    CLIENT_TRANSPORT_FAILED,
    CLIENT_SENT /* of an ACK: there is no more */
};
typedef void (*client_transaction_cb)(struct client_transaction *transaction, enum client_event event,
                                      const struct sip_message *response, const char *why, void *arg);
struct client_transaction *client_transaction_new(struct reference_node *node,
                                                  const struct sip_message *request,
                                                  const struct next_hop *hop, const struct target *target,
                                                  client_transaction_cb cb, void *arg);
/* It is sent once and then over, like an ACK: CLIENT_SENT. Before it starts. */
void client_transaction_leave_trail(struct client_transaction *transaction, const struct trail *trail);
void client_transaction_start(struct client_transaction *transaction); /* may call back before it returns */
void client_transaction_free(
    struct client_transaction *transaction); /* NULL is fine; allowed in its callback */
void client_transaction_cancel(
    struct client_transaction *transaction); /* sends CANCEL, once a provisional response is there */
bool client_transaction_was_reused(
    const struct client_transaction *transaction); /* it went on a connection that had been there */
/* The connection broke: requests on it that nobody has answered failed. */
void client_transaction_connection_broke(struct reference_node *node, uint64_t connection, const char *why);
/* Responses find their transaction by branch, method and the Via that it sent; false: none. */
bool client_transaction_receive(const struct connection *connection, const struct sip_message *response);

struct record_route { /* what a request gets when its server is known */
    bool is_wanted;
    size_t domain;         /* acting */
    enum net_transport in; /* how the request came */
    struct net_address local;
};

/* ---- exchange.c: a request and its failover over the servers of a next hop (RFC 3263 §4.3) ---- */
struct exchange;
/* status: of the response, or made here when it is NULL: 408, 503. After a final one free it, or wait for
 * more 2xx to an INVITE. */
typedef void (*exchange_cb)(struct exchange *exchange, unsigned status, const struct sip_message *response,
                            void *arg);
struct exchange *exchange_new(struct reference_node *node, struct sip_message *request /* taken */,
                              const struct next_hop *hop, const struct record_route *plan /* NULL: none */,
                              exchange_cb cb, void *arg);
/* Its request goes to the first server without a transaction; 200 when it is sent. Before it starts. */
void exchange_leave_trail(struct exchange *exchange, const struct trail *trail);
void exchange_start(struct exchange *exchange); /* may call back before it returns */
void exchange_cancel(struct exchange *exchange);
void exchange_free(struct exchange *exchange); /* NULL is fine; allowed in its callback */

/* ---- busy.c: load, as three faults see it ---- */
void busy_note_request(struct connection *connection);
bool busy_is(const struct connection *connection);
bool busy_loses(const struct connection *connection); /* the fault lose-under-load: the last one noted */
/* The fault twice-under-load: forwards it once more, on its own account. */
void busy_repeat(struct server_transaction *transaction, const struct sip_message *request,
                 const struct next_hop *hop, const struct record_route *plan);

/* ---- server_transaction.c (RFC 3261 §17.2) ---- */
struct server_transaction {
    struct reference_node *node;
    UT_hash_handle hh;
    char *key;
    struct sip_message *request; /* with received added */
    uint64_t connection;
    struct net_address source;
    struct net_address local;
    enum net_transport transport;
    size_t domain; /* of ours, acting */
    bool is_invite, has_final, is_put_down, was_busy;
    bool is_kept; /* on a stateless node: it is needed after all */
    unsigned final_status;
    struct exchange *exchange;
    struct exchange *twin; /* for the fault twice-under-load */
    struct loop_timer *timer;
};
char *server_transaction_key(const struct sip_message *request, const char *method);
struct server_transaction *server_transaction_find(const struct reference_node *node,
                                                   const struct sip_message *request, const char *method);
struct server_transaction *server_transaction_new(struct connection *connection,
                                                  const struct sip_message *request);
void server_transaction_free(struct server_transaction *transaction);
/* Sends a response; after a final one the transaction may be gone. */
void server_transaction_respond(struct server_transaction *transaction, const struct sip_message *response);
void server_transaction_answer(struct server_transaction *transaction, unsigned status, const char *reason);
void server_transaction_acknowledge(struct server_transaction *transaction);

/* ---- stateless.c (RFC 3261 §16.11, RFC 3263 §4.4) ---- */
/* original: as it came. request, which is taken: as it goes on, without our Via. */
void stateless_forward(struct connection *connection, const struct sip_message *original,
                       struct sip_message *request, const struct next_hop *hop,
                       const struct record_route *plan /* NULL: none */);
/* A response to what was forwarded so goes back; false: it is none. */
bool stateless_return(const struct connection *connection, const struct sip_message *response);
void stateless_order_addresses(struct targets *targets); /* of one server: whatever order the DNS gave */
void stateless_free_all(struct reference_node *node);

/* ---- response.c: RFC 3261 §18.2.2 ---- */
void response_send(struct reference_node *node, const struct server_transaction *transaction,
                   const struct sip_message *response);

/* ---- proxy.c (RFC 3261 §16), forward.c (its message, pure), answer.c (the user agent in it) ---- */
void proxy_handle_request(struct server_transaction *transaction);
void proxy_forward_ack(struct connection *connection, const struct sip_message *ack);
/* user_agent.c: the node forwards nothing. */
void user_agent_handle_request(struct server_transaction *transaction, bool is_for_us);
/* Route of RFC 3261 §16.4: drops Routes of ours, undoes strict routing. */
bool forward_preprocess(const struct reference_node *node, struct sip_message *request,
                        const struct net_address *local);
bool forward_next_hop(struct sip_message *request,
                      struct next_hop *out); /* §16.6 step 6 too: strict next hop */
bool forward_count_hop(
    struct sip_message *request); /* §16.6, 3: Max-Forwards; one was checked to be above 0 */
/* §16.6, 4, and RFC 5658 where the transports differ: URIs of the acting domain, for which there is a
 * certificate (RFC 5922 §7.5). */
bool forward_record_route(const struct reference_node *node, struct sip_message *request,
                          const struct record_route *plan, enum net_transport out);
size_t acting_domain(const struct reference_node *node, const struct sip_message *request,
                     size_t connection_domain);
void answer_request(struct server_transaction *transaction);
void answer_options(struct server_transaction *transaction); /* whoever it was for (RFC 3261 §11) */

/* ---- originate.c ---- */
void originate_ack(struct reference_node *node, struct sip_message *ack /* taken */,
                   const struct next_hop *hop);
void originate_free_all(struct reference_node *node);
/* REGISTER of a domain's own URI. */
bool originate_register(struct reference_node *node, const char *registrar, size_t domain,
                        const char *contact, unsigned expires_s, reference_answer_cb cb, void *arg);

/* ---- registration.c ---- */
void registration_free_all(struct reference_node *node); /* after what was originated */

#endif
