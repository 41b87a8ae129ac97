/* The connections of a node: opened or accepted, aliased, shared among those who wait for one, closed. A
 * connection is found by its id as long as it is attached, and freed when net/ says that it is closed: keep
 * the id, not the pointer. */
#ifndef REFERENCE_POOL_H
#define REFERENCE_POOL_H

#include <uthash.h>

#include "net/net.h"
#include "reference/node.h"
#include "sip/sip.h"

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
    size_t unframed_bytes, earlier_bytes; /* for a fault: of no whole frame yet; those before this read */
    bool has_proved_account;              /* for a fault: a request on it was authenticated by Digest */
    struct loop_timer *timer;             /* NULL: none was needed */
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
/* The fault starve-beside-silent: nobody is there to serve a new client. */
bool accept_starves(const struct connection *connection);
bool accept_start(struct reference_node *node, const struct reference_listen *listen, char *error,
                  size_t error_size_bytes);

/* ---- delivery.c: how messages go over SCTP, and over streams ---- */
bool delivery_send(struct connection *connection, const struct sip_message *message);
bool delivery_is_datagram(const struct connection *connection); /* each on_data is a whole SIP message */
/* false: a fault drops what has come now */
bool delivery_is_taken(const struct connection *connection, size_t size_bytes);

/* ---- misframe.c: the faults of RFC 3261 §18.3 and §7.5, which see a stream as a row of reads ---- */
/* How many bytes of a read are dealt with before anything is framed: 0 without such a fault. */
size_t misframe_read(struct connection *connection, const uint8_t *bytes, size_t size_bytes);
/* So many bytes of a read are about to be framed. */
void misframe_note(struct connection *connection, size_t size_bytes);
bool misframe_loses(struct connection *connection, const struct sip_frame *frame); /* asked for each, once */
/* What has come behind the message is forgotten. */
bool misframe_forgets_rest(const struct connection *connection, const struct sip_frame *message);

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

#endif
