/* steps: what a scenario does, step by step, as structs: the verbs with their members, and the alternatives
 * of expect and check. Part of scenario.h, which has the rest of the language; texts belong to the catalogue.
 */
#ifndef SCENARIO_STEPS_H
#define SCENARIO_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

struct strings { /* a list of strings */
    char **items;
    size_t count;
};

/* ---- verdicts ---- */
enum verdict {
    VERDICT_NONE,
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_INCONCLUSIVE,
    VERDICT_NOT_APPLICABLE,
    VERDICT_ERROR
};
/* "pass", "fail", "inconclusive", "not-applicable", "error" */
const char *verdict_name(enum verdict verdict);

/* ---- steps ---- */
enum scenario_verb {
    STEP_LISTEN,
    STEP_CONNECT,
    STEP_SEND,
    STEP_EXPECT,
    STEP_CHECK,
    STEP_STIMULATE,
    STEP_RESPOND,
    STEP_CLOSE,
    STEP_CLOSE_PORT,
    STEP_TELL,
    STEP_LOSE,
    STEP_RENEGOTIATE,
    STEP_CHANGE_DNS,
    STEP_WAIT,
    STEP_REPEAT,
    STEP_PARALLEL,
    STEP_ACTOR_SEND,
    STEP_ACTOR_CLOSE,
    STEP_SOAK,
    STEP_OBSERVE
};
const char *scenario_verb_name(enum scenario_verb verb); /* "listen", …, "change-dns", "actor-send", … */

struct scenario_sni_choice { /* listen: certificate by server_name */
    char *server_name, *certificate;
};
struct step_listen {
    char *name, *host;
    struct strings also; /* SCTP: hosts whose addresses are this end's too */
    enum net_transport transport;
    uint16_t port;     /* default: that of the transport */
    bool has_port;     /* the scenario names it: no other one will do */
    char *certificate; /* NULL: none (TCP) */
    struct scenario_sni_choice *by_server_name;
    size_t by_server_name_count;
    enum net_tls_version tls;          /* NET_TLS_NONE: the variant's */
    bool request_certificate;          /* default true */
    bool is_stalled;                   /* accept TCP, never answer (nor shake hands) */
    bool answers_close, answers_pings; /* default true: with a close and a pong of our own */
};
struct step_connect {
    char *name, *host;   /* host: NULL with beside */
    char *beside;        /* TLS over SCTP: connection of ours whose association gets one more pair of streams;
                            NULL: an association, or a connection, of its own */
    uint16_t stream;     /* of that pair */
    struct strings also; /* SCTP: hosts whose addresses are this end's too */
    enum net_transport transport;
    char *to;             /* "dut" (default), "dut:tls" (its TLS port, whatever our transport), "dut:PORT", or
                             "via:REQUEST": source IP and sent-by port of a request that             was expected */
    char *certificate;    /* NULL: none is shown */
    char *server_name;    /* SNI; NULL: none */
    bool has_server_name; /* false: default, the device's first domain */
    enum net_tls_version tls;          /* NET_TLS_NONE: the variant's */
    bool answers_close, answers_pings; /* default true: with a close and a pong of our own */
    bool is_resumable;                 /* the device's tickets are taken, for a later connection */
    char *resume;                      /* connection of ours whose session is offered; NULL: none */
    char *early_data; /* TLS 1.3: offered with the session as early data; escapes as in raw */
    bool may_fail; /* a refused or closed connection is not an error: the next expect or check looks at it */
    bool has_to_be_taken; /* with may_fail: the handshake may fail, TCP or the association may not */
};
struct scenario_header {
    char *name, *value; /* value NULL: the default message's field is left out */
};
struct scenario_message { /* of send and stimulate */
    char *method, *uri;   /* uri: with {placeholders} */
    bool alias;           /* ";alias" in the top Via */
    char *sent_by;        /* "host[:port]"; NULL: the host's address and the default port of the transport,
                             "{peer.uri}:{port}" */
    char *via_transport;  /* "TLS", NULL: the connection's */
    char *via_params;     /* further Via parameters as text after the branch (";received=…"); NULL: none */
    struct strings lower_vias; /* below the top one, whole values */
    struct strings routes;
    struct scenario_header *headers; /* added, or replacing those of the default message */
    size_t header_count;
    char *body;
    unsigned body_bytes; /* a body of so many bytes; 0: body decides */
};
struct step_send {
    char *name, *on;
    struct scenario_message message;
    char *after_challenge; /* the request once more whose challenge it answers, by name; NULL: none */
    char *raw; /* exact bytes instead of message: text with \r \n \0 \xHH escapes and {placeholders}; NULL:
                  none */
    unsigned chunk_bytes; /* written in pieces of this many bytes, one write each; 0: at once */
    unsigned times; /* pipelined, each with own Call-ID and branch; ≥ 1. "NAME" then means all of them */
    struct net_message_options how; /* on plain SCTP */
    bool is_joined;                 /* on SCTP: all of times in one user message */
};
struct step_stimulate {
    char *name;
    /* Method default "OPTIONS"; its uri names where the device has to send it. */
    struct scenario_message message;
    unsigned as;  /* index of the device's domain on whose behalf: From and To of the UA; 0, 1 */
    char *dialog; /* in-dialog request of the dialog that this stimulus (INVITE) made; NULL: none */
    char *cancel; /* CANCEL of this stimulus; NULL: none */
    unsigned times;
};

/* A range as text in files: "1", "2-", "-3", "2-4". */
struct scenario_range {
    unsigned from, to; /* to: UINT_MAX when open */
};

enum scenario_match {
    MATCH_REQUEST,
    MATCH_RESPONSE,
    MATCH_CONNECTION,
    MATCH_CLOSED,
    MATCH_SILENCE, /* events, in expect */
    MATCH_CONNECTIONS,
    MATCH_REQUESTS,
    MATCH_TLS,
    MATCH_ASSOCIATION,
    MATCH_ACTOR,
    MATCH_OTHERWISE /* states, in check; CONNECTIONS and ACTOR in expect too */
};
enum { SCENARIO_SIGNS_MAX = 8 };
struct scenario_where { /* a test on a header field's first value, POSIX extended, case-insensitive */
    char *header, *pattern;
    bool is_negated;
};
struct scenario_alternative {
    enum scenario_match match;
    struct strings of; /* request, response: names of stimuli or sends; empty: any */
    struct strings on; /* connection selectors: NAME, "new", "new@LISTENER", "beside@NAME" (another pair of
                          streams of its association), "any", "other" (not named by another alternative here)
                        */
    struct strings methods;          /* request: empty: that of the stimulus, any otherwise */
    unsigned status_from, status_to; /* response */
    struct scenario_where *where;
    size_t where_count;
    char *as;            /* names the connection from here on */
    char *name;          /* names the request, for respond and "via:" */
    int answers[4];      /* request: statuses sent in turn on its connection; answer_count 0: none */
    size_t answer_count; /* default one: 200 */
    /* request: URI of the Contact in our answer; NULL: the host's address, port and transport */
    char *contact;
    char *listener;                          /* CONNECTION, CONNECTIONS, REQUESTS */
    enum net_sign signs[SCENARIO_SIGNS_MAX]; /* CLOSED: any of; none: any sign */
    size_t sign_count;
    char *alert; /* CLOSED: pattern on the name of its fatal TLS alert; NULL: not asked */
    struct scenario_range count, live; /* CONNECTIONS: accepted in all, open now; REQUESTS: count */
    char *via_of; /* REQUEST: one that was named; the topmost Via is equal to its one. Once expanded: that Via
                   */
    unsigned received; /* REQUEST, RESPONSE with times: how many have to be in before it holds; 0: 1, good
                          responses all */
    /* REQUEST, RESPONSE: how it came over SCTP */
    struct scenario_range stream, ppid;
    bool has_stream, has_ppid, has_ordered, is_ordered;
    /* ASSOCIATION */
    struct scenario_range streams_in, streams_out, addresses;
    bool has_streams_in, has_streams_out, has_addresses;
    /* TLS */
    int certificate_requested;            /* -1: not asked */
    int peer_certificate;                 /* -1; 0 absent; 1 present */
    int resumed;                          /* -1: not asked */
    int early_data;                       /* -1: not asked; whether the device accepted ours */
    int unordered;                        /* -1: not asked; TLS over SCTP: whether a record came unordered */
    enum net_renegotiation renegotiation; /* NONE: not asked */
    char *peer_names;  /* pattern on "URI:…, DNS:…" of the peer's certificate; NULL: not asked */
    char *server_name; /* pattern on the SNI; "" : none was sent; NULL: not asked */
    /* ACTOR */
    char *actor;
    struct scenario_range answered, received_range, connections, opened;
    bool has_answered, has_received, has_connections, has_opened, has_count, has_live;
    bool has_clear, is_clear; /* REQUEST, RESPONSE: it came past the TLS of its streams */
    bool is_again; /* RESPONSE: a final one to a request that has had one, on whatever connection */
    /* what follows */
    enum verdict verdict;   /* VERDICT_NONE: go on with the next step */
    bool only_with_control; /* this fail counts when the control showed its observation; otherwise a pass that
                               is not exercised */
    char *requirement;      /* the one that this fail is about; NULL: all of the scenario's */
    char *because;          /* of not-applicable */
    char *reason;           /* one sentence with {placeholders}; required with any verdict but pass */
    char *observe_name, *observe_value; /* recorded when this alternative holds; NULL: nothing */
};
/* What it waits for, as a person would say it ("the request of "reverse" on connection c1"), its verdict not
 * included. Heap; NULL: out of memory. */
char *scenario_alternative_words(const struct scenario_alternative *alternative);
struct step_expect { /* expect and check */
    struct scenario_alternative *alternatives;
    size_t count;
    uint64_t within_ms; /* expect: 0: the default, 4,000. Then the barrier, then the silence alternative
                           (default: inconclusive) */
    char *warm;         /* connection kept warm by an OPTIONS every 5 s meanwhile; NULL: none */
};
enum scenario_cut { /* where a write ends within its last message, whose rest comes with another one */
                    SCENARIO_CUT_NONE,
                    SCENARIO_CUT_HEADER,
                    SCENARIO_CUT_BODY
};
enum { SCENARIO_STATUSES_MAX = 4 };
struct step_respond {
    struct strings to;                        /* names of requests: their responses go in one write */
    char *on;                                 /* connection; NULL: the request's */
    unsigned statuses[SCENARIO_STATUSES_MAX]; /* responses to each request, in this order, in one write */
    size_t status_count;
    unsigned chunk_bytes;  /* written in pieces of this many bytes, one write each; 0: at once */
    unsigned empty_lines;  /* CRLFs before each response */
    enum scenario_cut cut; /* the device has read what stands before it when the rest is written */
    char *sent_by;         /* in the topmost Via, instead of what the device wrote; NULL: as it was */
    struct scenario_header *headers; /* added, or replacing those of the response; value NULL: left out */
    size_t header_count;
    char *body;                     /* NULL: none */
    struct net_message_options how; /* on plain SCTP */
};
struct step_close {
    char *on;
    enum net_close_mode mode; /* "graceful", "fin", "rst", "close_notify" (TLS close alone), "silent" */
    bool is_uncertain; /* default false: the step ends when the device has certainly seen it (rule 5) */
};
struct step_lose { /* the address of a host of ours, and with it each path that leads there */
    char *host;
};
struct step_close_port { /* nobody listens there any more; its connections live on */
    char *at;            /* a listener */
};
struct step_tell { /* the device, through what its profile names */
    bool closes;   /* to close its connections in good order */
};
struct step_renegotiate { /* a connection of ours over TLS 1.2, with another certificate */
    char *on, *certificate;
};
struct step_change_dns {
    struct strings remove; /* "NAME" or "NAME TYPE" */
    struct strings add;    /* zone-file lines */
};
struct step_wait {
    uint64_t ms;
    char *why;
};
struct scenario_step;
struct scenario_steps {
    struct scenario_step *items;
    size_t count;
};
struct step_repeat {
    unsigned times; /* "{i}" counts from 1 */
    struct scenario_steps steps;
};
struct step_parallel {
    struct scenario_steps *branches;
    size_t count;
};
struct step_actor_send {
    char *actor, *uri;
    unsigned count, as; /* as: index of the actor's domain */
};
struct step_actor_close {
    char *actor;
    enum net_close_mode mode;
};
struct step_soak {
    char *actor;
    unsigned turns; /* of random traffic both ways */
};
struct step_observe {
    char *name, *value;
};
struct scenario_step {
    enum scenario_verb verb;
    unsigned line; /* in the scenario's file */
    union {
        struct step_listen listen;
        struct step_connect connect;
        struct step_send send;
        struct step_expect expect; /* STEP_EXPECT, STEP_CHECK */
        struct step_stimulate stimulate;
        struct step_respond respond;
        struct step_close close;
        struct step_close_port close_port;
        struct step_tell tell;
        struct step_lose lose;
        struct step_renegotiate renegotiate;
        struct step_change_dns change_dns;
        struct step_wait wait;
        struct step_repeat repeat;
        struct step_parallel parallel;
        struct step_actor_send actor_send;
        struct step_actor_close actor_close;
        struct step_soak soak;
        struct step_observe observe;
    };
};

#endif
