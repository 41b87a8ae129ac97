/* Transactions, client and server, and what stands between them: a request that fails over from server to
 * server (an exchange), and messages that expect no answer (couriers). Reliable transports only. */
#ifndef REFERENCE_TRANSACTION_H
#define REFERENCE_TRANSACTION_H

#include <uthash.h>

#include "reference/pool.h"

enum {
    T1_64_MS = 32000,        /* 64*T1: timers B, F, H, L, M (RFC 3261 §17, RFC 6026) */
    TIMER_C_MS = 180000,     /* RFC 3261 §16.6, 11 */
    TRANSACTIONS_MAX = 50000 /* server transactions at once; beyond it: 503 */
};

/* ---- what a request without a transaction leaves in its Via (stateless.c) ---- */
#define TRAIL_PARAMETER "i"
enum { BRANCH_MAX = 32 };
struct trail {     /* the same for all messages of a transaction, but for the connection */
    uint64_t seed; /* of the order of servers */
    char branch[BRANCH_MAX];
    uint64_t connection; /* it came on */
};

/* ---- via.c ---- */
/* The topmost Via of a request that goes out on this connection. trail: the branch is the trail's,
 * and a parameter is added; NULL: there is a transaction. Heap; NULL: out of memory. */
char *via_format(const struct connection *connection, const char *branch, const struct trail *trail);
/* For faults: a part of the topmost Via becomes another one. message NULL is fine. */
void via_change(struct sip_message *message, const char *part, const char *other);

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
/* For the fault same-branch-next-server, before it starts. */
const char *client_transaction_branch(const struct client_transaction *transaction);
void client_transaction_set_branch(struct client_transaction *transaction, const char *branch);
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

/* ---- response.c: RFC 3261 §18.2.2 ---- */
void response_send(struct reference_node *node, const struct server_transaction *transaction,
                   const struct sip_message *response);

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

#endif
