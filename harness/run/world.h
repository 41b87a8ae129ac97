/* A world: everything that a job has while it runs, and what happens in it. */
#ifndef RUN_WORLD_H
#define RUN_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/limits.h"
#include "run/match.h"
#include "run/schedule.h"
#include "run/verdict.h"

struct fiber;
struct warm;

/* ---- the world */
struct host {
    const char *name;
    struct net_address address;       /* without a port */
    uint16_t plain_port, secure_port; /* where it listens unless the scenario says otherwise, and what it
                                         calls its own in Via and Contact */
    bool is_lost;                     /* its address, until the world ends */
};
enum wire_role { WIRE_PEER, WIRE_UA, WIRE_BARRIER };
struct post { /* a listener */
    struct post *next;
    struct world *world;
    char *name;
    const struct host *host;
    enum net_transport transport;  /* as the scenario says; a stalled one listens below TLS */
    struct net_listener *listener; /* NULL: its port is closed */
    bool is_barrier, is_stalled, keeps_open, is_ping_deaf; /* as wires of it */
    struct net_credential *credential;
    char **server_names;
    struct net_credential **server_credentials;
    size_t server_name_count;
    size_t accepted;
    size_t further_pairs; /* of streams, of these: TLS over SCTP beside the association's first one */
};
struct wire { /* a connection as its world knows it */
    struct wire *next;
    struct world *world;
    enum wire_role role;
    uint64_t id, began_ms, ready_ms;
    struct net_connection *connection; /* NULL: closed and gone */
    struct post *post;                 /* where it was accepted; NULL: opened by us */
    const struct host *host;           /* our end */
    enum net_transport transport;
    struct sip_framer *framer; /* made with the first bytes */
    char *name;                /* NULL: none */
    bool was_named, is_ready, is_broken, is_closing, has_sign, is_dead;
    enum net_close_mode closed_how; /* by a step; when is_closing */
    bool is_further_pair;           /* of streams, of an association that the device opened */
    bool has_unordered_records;     /* when it was gone */
    bool keeps_open;                /* the device's close is not answered with our own */
    bool is_ping_deaf;              /* nor its keep-alives */
    bool is_shared; /* upon a connection of the registrar's (registrar.h), which other worlds use too */
    enum net_sign sign;
    struct net_address local, remote;
    char *peer_names, *server_name; /* from the handshake; NULL: none */
    char *end_text;                 /* how it ended, one sentence; NULL: it has not */
    bool was_certificate_requested, has_peer_certificate, is_resumed, has_early_data;
    bool is_renegotiating; /* asked, and no answer yet */
    enum net_renegotiation renegotiation;
    struct net_association_facts association; /* SCTP, once it was up */
    bool has_association;
    struct net_message_options how; /* of the messages that are sent now, on plain SCTP */
};
enum origin_purpose {
    ORIGIN_STEP,
    ORIGIN_PROBE, /* round trip */
    ORIGIN_WARM,
    ORIGIN_BARRIER,
    ORIGIN_CALL /* what makes the device send by itself */
};
struct origin { /* a request that we sent, or several of one name */
    struct origin *next;
    struct origin *next_alike; /* of those whose Call-IDs share a bucket */
    uint64_t number;           /* counted in its world */
    struct world *world;
    struct group *group; /* NULL unless ORIGIN_STEP */
    enum origin_purpose purpose;
    char *call_id; /* origin_set_call_id() */
    char *method, *branch, *token;
    uint32_t cseq;      /* 0: not known */
    uint32_t next_cseq; /* of the dialog that it may make */
    struct wire *wire;  /* on which it went */
    struct sip_message *request;
    struct sip_message *established; /* the 2xx of an INVITE */
    unsigned final_status;           /* the first one; 0: none yet */
    const struct wire *final_wire;
    bool was_received, has_error_answer, is_cancelled, is_lost;
    /* Of requests that the device makes by itself (make.h): */
    bool is_made;
    bool is_substitute;        /* an INVITE where any request would have done: it is not to make a call */
    char *uri;                 /* where the device is to send it */
    struct call *call;         /* one of them is set */
    struct stimulus *stimulus; /* likewise */
};
struct group {
    struct group *next;
    char *name; /* NULL: another one has taken the name */
    char *method;
    size_t count;
};
struct event {
    enum observed_kind kind;
    uint64_t seq;
    struct wire *wire;
    struct origin *origin;
    struct sip_message *message;
    enum net_sign sign;
    struct net_message_facts delivery; /* of a message over SCTP */
    bool has_delivery;
    const char *alert;    /* static; NULL: none */
    char *branch;         /* of a request's topmost Via */
    char *name;           /* given by an alternative */
    unsigned last_answer; /* status that we sent; 0: none */
    bool is_consumed;
    bool is_echo;           /* a response that is our own answer (make.h) */
    bool is_again;          /* a final response to a request that has had one */
    bool is_repeated;       /* likewise, the same on the same connection: for whom asks for that alone */
    const void *counted_by; /* the alternative that counts it, not complete yet */
};
struct actor {
    struct actor *next;
    struct world *world;
    const struct scenario_actor *recipe;
    struct reference_node *node;
    size_t unanswered;
};
struct credential_row {
    struct credential_row *next;
    char *name;
    struct net_credential *credential;
    char *chain_pem, *key_pem;
};

enum { WORLD_CALL_ID_BUCKETS = 256 }; /* of thousands of requests under load each message finds its own */
struct world {
    struct run *run;
    struct job *job;
    const struct scenario_variant *variant;
    const char *zone_name;
    struct dns_zone *zone;
    struct host hosts[RUN_HOSTS_MAX];
    size_t host_count;
    const struct host *ua_host, *barrier_host;
    uint16_t plain_port, secure_port;  /* of the scenario's hosts */
    struct net_address device_address; /* port of the variant's transport */
    struct credential_row *credentials;
    struct post *posts;
    struct wire *wires, *ua;
    struct wire *witness; /* the UA's association, of round trips over SCTP; NULL: none yet */
    bool is_witness_refused;
    struct origin *origins;
    struct origin *origins_by_call_id[WORLD_CALL_ID_BUCKETS];
    uint64_t origin_count;
    struct call *calls;
    struct group *groups;
    struct event **events;
    size_t event_count, event_room, event_bytes;
    size_t sessions;        /* of TLS that the device opened */
    size_t broken_messages; /* user messages of SCTP that were no whole SIP message */
    size_t happened;        /* towards the limit: events, connections, messages, pings */
    struct actor *actors;
    struct fiber *fibers;
    size_t fiber_count;
    struct warm *warms;
    struct loop_timer *wake;
    struct soak *soak; /* NULL: none is under way */
    unsigned long tokens;
    bool is_over;
    bool is_device_alive; /* it answered after the end */
    uint64_t starved_ms;  /* how long a handshake took that was then given up without an alert; 0: none was */
    uint64_t over_ms, sign_ms; /* when it ended; when the device last showed a closing sign (0: never) */
    struct outcome outcome;
    struct observation *observations;
};

/* world.c */
struct world *world_new(struct run *run, struct job *job);
void world_start(struct world *world);
void world_free(struct world *world);
void world_wake(struct world *world);
void world_end(struct world *world, enum verdict verdict, uint64_t on, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void world_observe(struct world *world, const char *name, const char *value, uint64_t on);
const struct host *world_host(const struct world *world, const char *name);
uint16_t host_port(const struct host *host, enum net_transport transport);
/* {port}: that of the scenario's hosts for the variant's transport. */
uint16_t world_port(const struct world *world);
char *world_token(struct world *world); /* heap: unique text */

/* overload.c: a connection has ended; the world's verdict is given up where too little time has made it */
void overload_note_end(struct wire *wire, const struct net_end *end);
void overload_distrust(struct world *world);

/* hang.c: the world that is over owes its verdict to no device that stands still, as far as is known */
bool hang_is_excluded(const struct world *world);

/* names.c: placeholders */
/* A text in which "sip:DOMAIN" of the device's has got the user that it answers for, if it wants one. Heap.
 */
char *names_add_user(const struct run *run, const char *text);
char *names_lookup(const char *name, void *arg);
char *names_uri_ip(const struct net_address *address); /* IP, IPv6 in brackets; heap */

/* credential.c */
/* The credential of a certificate of the variant; minted at first use. NULL: the world has ended with an
 * error. Borrowed. */
struct net_credential *credential_get(struct fiber *fiber, const char *name);
const struct credential_row *credential_row(struct fiber *fiber, const char *name);
/* One with these names, beside those of the variant. NULL: the world has ended. Borrowed. */
struct net_credential *credential_mint_names(struct world *world, const char *name, const char *const *sans,
                                             size_t san_count);
void credential_free_all(struct world *world);
/* Mints what the CRL has to list, before the device starts. */
bool credential_mint_revoked(struct run *run, struct job *job, char *error, size_t error_size_bytes);

/* peer.c: listeners and connections */
struct post *peer_listen(struct fiber *fiber, const struct step_listen *listen);
struct post *peer_listen_barrier(struct world *world, enum net_transport transport,
                                 struct net_credential *credential);
struct wire *peer_connect(struct world *world, const char *name, const struct host *host,
                          const struct strings *also /* NULL: none */, enum net_transport transport,
                          const struct net_address *remote, const struct net_tls_options *tls,
                          enum wire_role role);
/* One more pair of streams of that wire's association. NULL: there is none to be had, errno as of
 * net_connect_pair. */
struct wire *peer_connect_beside(struct wire *first, const char *name, uint16_t stream,
                                 const struct net_tls_options *tls);
/* Two pairs of streams of one association. */
bool peer_is_beside(const struct wire *wire, const struct wire *other);
bool peer_is_beside_named(const struct wire *wire, const char *name);
struct wire *peer_wire(const struct world *world, const char *name);
struct post *peer_post(const struct world *world, const char *name);
/* A wire upon a connection of the registrar's, which is ready and not ours to close; and its end. */
struct wire *peer_adopt(struct world *world, const char *name, const struct host *host,
                        struct net_connection *connection);
void peer_lose(struct wire *wire, const struct net_end *end);
void peer_name_wire(struct wire *wire, const char *name);
bool peer_write(struct wire *wire, const void *bytes, size_t size_bytes);
void peer_free_all(struct world *world);

/* inbox.c: what came in */
void inbox_bytes(struct wire *wire, const uint8_t *bytes, size_t size_bytes);
void inbox_message(struct wire *wire, const uint8_t *bytes, size_t size_bytes); /* one, framed already */
/* Towards the limits of a world: something happened; bytes came. */
void inbox_count(struct world *world, size_t size_bytes);
void inbox_count_session(struct world *world);
struct event *inbox_add(struct world *world, enum observed_kind kind, struct wire *wire, uint64_t seq);
struct observed inbox_view(const struct event *event);
struct event *inbox_named(const struct world *world, const char *name);
void inbox_answer_leftovers(struct world *world);
void inbox_free(struct world *world);

/* origin.c: what we sent */
struct origin *origin_new(struct world *world, struct group *group, enum origin_purpose purpose);
void origin_set_call_id(struct origin *origin, char *call_id); /* heap, taken over */
struct group *origin_group(struct world *world, const char *name, const char *method);
struct origin *origin_find(struct world *world, const struct sip_message *message);
struct origin *origin_named(const struct world *world, const char *name);
void origin_free_all(struct world *world);

/* message.c: requests and responses of ours */
struct request_draft {
    const char *method, *uri, *from_domain, *from_user, *to;
    const struct scenario_message *message; /* Via, headers, body; NULL: defaults */
    struct fiber *fiber;                    /* for placeholders in message */
};
struct sip_message *message_request(struct wire *wire, struct origin *origin,
                                    const struct request_draft *draft);
char *message_branch(const struct sip_message *message); /* of the topmost Via; heap; NULL: none */
bool message_send(struct wire *wire, const struct sip_message *message, const char *of);
/* contact: URI of the Contact; NULL: the host's own. */
void message_answer(struct event *event, unsigned status, struct wire *wire, const char *contact);
struct answer_draft {
    unsigned status;
    const char *contact; /* URI of the Contact; NULL: the host's own */
    const char *sent_by; /* stands in the topmost Via; NULL: what the request had */
    const char *body;    /* NULL: none */
    struct fiber *fiber; /* for whom the headers are expanded; may be NULL without any */
    const struct scenario_header *headers;
    size_t header_count;
};
void message_answer_as(struct event *event, struct wire *wire, const struct answer_draft *draft);
/* Likewise, but for the writing, and so many CRLFs before it: heap; NULL: there is no answer to it. */
uint8_t *message_answer_bytes(struct event *event, struct wire *wire, const struct answer_draft *draft,
                              unsigned empty_lines, size_t *size_bytes);
void message_apply_headers(struct fiber *fiber, struct sip_message *message,
                           const struct scenario_header *headers, size_t count);
/* OPTIONS to the device's first domain; is_lost when it could not be sent. */
struct origin *message_probe(struct wire *wire, enum origin_purpose purpose);

/* challenge.c: the request of that name once more, with credentials. Both end the world where there is no
 * challenge, or none that can be answered. */
bool challenge_continue(struct world *world, struct origin *origin, const char *of); /* Call-ID and CSeq */
void challenge_answer(struct world *world, struct origin *origin, const char *of);

/* dialog.c */
void dialog_on_response(struct wire *wire, struct origin *invite, const struct sip_message *response);
struct sip_message *dialog_request(struct fiber *fiber, struct wire *wire, struct origin *origin,
                                   struct origin *invite, const char *method,
                                   const struct scenario_message *wanted);
struct sip_message *dialog_cancel(struct origin *origin, struct origin *invite);

/* ua.c */
struct wire *ua_open(struct world *world); /* may still be connecting; NULL: the world has ended */
struct wire *ua_open_witness(struct world *world, enum net_transport transport); /* likewise */
bool ua_is_ready(const struct world *world);

/* actor.c */
void actor_start_all(struct fiber *fiber);
struct actor *actor_named(const struct world *world, const char *name);
void actor_free_all(struct world *world);

/* journal_world.c: what is written for each event */
/* Begins an event of a scenario: "scenario" and "variant" are there already. */
void journal_world_begin(const struct world *world, const char *event);
void journal_world_start(const struct world *world);
void journal_world_connection(const struct wire *wire, const char *opened_by);
void journal_world_association(const struct wire *wire); /* nothing elsewhere than on SCTP */
uint64_t journal_world_ready(const struct wire *wire);
void journal_world_tls(const struct wire *wire);
void journal_world_renegotiation(const struct wire *wire);
uint64_t journal_world_sign(const struct wire *wire, const struct net_end *end);
uint64_t journal_world_message(const struct wire *wire, bool is_incoming, const struct sip_message *message,
                               const uint8_t *bytes, size_t size_bytes, const char *of);
void journal_world_raw(const struct wire *wire, const uint8_t *bytes, size_t size_bytes, const char *why);
uint64_t journal_world_note(const struct world *world, const char *event, const char *name, const char *text);
void journal_world_step(const struct fiber *fiber);
void journal_world_actor(const struct actor *actor);
void journal_world_query(const struct world *world, const struct dns_query *query);

#endif
