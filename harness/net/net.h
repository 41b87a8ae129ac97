/* net: one connection interface over TCP, TLS, SCTP and TLS over SCTP.
 *
 * It observes and obeys: it never connects, reconnects, answers or judges by itself. A connection knows its
 * 5-tuple, who opened it, what TLS showed, and how it ended. Certificates are handed up as DER; whether an
 * identity is acceptable is the business of whoever uses this folder. One thread, on one struct loop.
 * Non-blocking sockets of our own watched by the loop, GnuTLS above them, so that FIN, RST, close_notify,
 * alerts and silence are told apart and can be made one by one. */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/* ---- addresses ---- */
struct net_address {
    int family;     /* 4 or 6; 0: unset */
    uint8_t ip[16]; /* network order; 4 bytes used for IPv4 */
    uint16_t port;  /* host order */
};
enum { NET_ADDRESS_TEXT_MAX = 64 };
bool net_address_parse(const char *ip_literal, uint16_t port,
                       struct net_address *out); /* brackets tolerated */
/* "192.0.2.1:5061", "[2001:db8::1]:5061"; out holds NET_ADDRESS_TEXT_MAX. */
void net_address_format(const struct net_address *address, char *out);
/* The IP alone, IPv6 without brackets. */
void net_address_format_ip(const struct net_address *address, char *out);
bool net_address_equal(const struct net_address *a, const struct net_address *b);
bool net_address_equal_ip(const struct net_address *a, const struct net_address *b);

enum net_transport { NET_TCP, NET_TLS, NET_SCTP, NET_TLS_SCTP };
const char *net_transport_name(enum net_transport transport); /* "tcp", "tls", "sctp", "tls-sctp" */
bool net_transport_parse(const char *text, enum net_transport *out);
bool net_transport_is_secure(enum net_transport transport);
uint16_t net_transport_default_port(enum net_transport transport); /* 5060, 5061 */
/* Under which labels of a domain its SRV records are: "_sips._tcp" (RFC 3263 §4.2, RFC 4168 §6). */
const char *net_transport_service(enum net_transport transport);

enum net_tls_version { NET_TLS_NONE, NET_TLS_1_0, NET_TLS_1_1, NET_TLS_1_2, NET_TLS_1_3 };
/* What a peer makes of net_connection_renegotiate(). */
enum net_renegotiation {
    NET_RENEGOTIATION_NONE,       /* not asked for, or no answer yet */
    NET_RENEGOTIATION_UNANSWERED, /* it went on sending data: to GnuTLS too the handshake is off then */
    NET_RENEGOTIATION_REFUSED,    /* the warning no_renegotiation; the connection goes on as it was */
    NET_RENEGOTIATION_DONE
};

/* ---- engines of SCTP ---- */
enum net_sctp {
    NET_SCTP_AUTO,     /* the kernel where it has SCTP, else usrsctp where a raw socket may be opened */
    NET_SCTP_KERNEL,   /* lksctp-tools */
    NET_SCTP_USERLAND, /* usrsctp over raw IP sockets of ours (CAP_NET_RAW), without threads */
    /* USERLAND beside a kernel whose SCTP is loaded: of this host's packets only those leave that carry the
     * engine's mark (see struct sandbox_plan), and checksums are the kernel's business. */
    NET_SCTP_BESIDE,
    NET_SCTP_NONE
};
enum { NET_SCTP_MARK = 0x5c79 };                 /* SO_MARK of BESIDE */
const char *net_sctp_name(enum net_sctp engine); /* "auto", "kernel", "userland", "beside", "none" */
bool net_sctp_parse(const char *text, enum net_sctp *out);
/* What wanted comes to on this host and for this process: KERNEL, USERLAND, BESIDE, or NONE and why (one
 * sentence that says what to do). has_raw_sockets: this process, or the one that it is going to be, may open
 * them. */
enum { NET_SCTP_WHY_MAX = 256 };
enum net_sctp net_sctp_choose(enum net_sctp wanted, bool has_raw_sockets, char why[NET_SCTP_WHY_MAX]);
bool net_sctp_may_open_raw(void); /* this process, now */

/* ---- the context: limits and the key log shared by all connections of a process ---- */
struct net;
struct net_connection;
struct net_options {
    enum net_sctp sctp; /* of all SCTP here; one process has one usrsctp */
    /* At once; further accepted TLS sockets wait without a TLS session, first come first served within a
     * listener, and their handshake time begins when their turn comes. A socket that has sent no byte needs
     * no turn. The last eighth is for listeners that have few, so that floods at some addresses leave
     * the others theirs. 0: 1,000 */
    size_t max_handshakes;
    size_t max_connections; /* accepted and held, all listeners together; beyond it accept() pauses; the last
                               eighth is for listeners that have few. 0: 12,000 */
    /* One line of NSS key log format, without newline, for the TLS session of that connection; may be NULL.
     */
    void (*on_keylog)(const struct net_connection *connection, const char *line, void *arg);
    void *arg;
};
/* Raises the process's soft limit of open files to the hard one. NULL when out of resources. */
struct net *net_new(struct loop *loop, const struct net_options *options /* may be NULL */);
/* Closes and frees what is left (connections, listeners, datagram sockets), without callbacks; not from
 * inside a callback of theirs. */
void net_free(struct net *net);
struct loop *net_loop(struct net *net);
/* The engine that SCTP here comes to; NONE: why (may be NULL) says what is missing. */
enum net_sctp net_sctp_engine(const struct net *net, char *why);

/* ---- what a side shows in TLS ---- */
struct net_credential; /* certificate chain and key, shared by reference count */
/* PEM texts; chain leaf first. NULL when they do not parse or do not fit; error_text gets a static text. */
struct net_credential *net_credential_new(const char *chain_pem, const char *key_pem,
                                          const char **error_text);
struct net_credential *net_credential_ref(struct net_credential *credential);
void net_credential_unref(struct net_credential *credential);

struct net_listener;

/* ---- sessions, to be resumed ---- */
struct net_resumption; /* what a client keeps of a session, shared by reference count */
/* Of a connection that we opened, without has_no_resumption; NULL: not ready, or the server gave no ticket
 * (TLS 1.3: not yet). The caller unrefs. */
struct net_resumption *net_connection_resumption(struct net_connection *connection);
struct net_resumption *net_resumption_ref(struct net_resumption *resumption);
void net_resumption_unref(struct net_resumption *resumption); /* NULL is fine */

/* TLS of one side. A copy is taken, credentials referenced, strings duplicated. Zeroed: TLS 1.2 and 1.3, no
 * certificate. */
struct net_tls_options {
    enum net_tls_version min_version, max_version; /* NET_TLS_NONE: 1.2 and 1.3 */
    struct net_credential
        *credential; /* shown always (server), or when asked (client: whatever CA list came) */
    /* Client: SNI; NULL or empty: none is sent. Sent as it is, literals too: visible ASCII and blanks, 255 at
     * most; anything else is EINVAL. */
    const char *server_name;
    bool request_certificate;          /* server: send CertificateRequest; the client may still show none */
    bool has_no_resumption;            /* true: no tickets, no session is offered */
    struct net_resumption *resumption; /* client: the session that is offered; NULL: none */
    /* Client: offered as early data (RFC 8446 §2.3) with the session; facts tell whether it was accepted.
     * NULL: none. */
    const void *early_data;
    size_t early_data_size;    /* bytes */
    bool resumes_across_names; /* server: a session of one server name under another one (RFC 6066 §3 forbids)
                                */
    bool accepts_early_data;   /* server: on_data gets it after on_ready */
    /* TLS over SCTP, against RFC 3436 §6.2: records of data go unordered, for who has to be wrong. */
    bool sends_unordered;
    /* TLS over SCTP: a user message that is no TLS record comes up in on_data as it is (is_clear), for who
     * has to see it. False: it ends the TLS connection. */
    bool takes_clear;
    const char *ca_names_pem; /* server: CAs named in CertificateRequest; NULL: empty list */
};

/* Facts of TLS, valid from on_ready (or on_end after a failed handshake: what was known) until the connection
 * is freed. */
struct net_tls_facts {
    enum net_tls_version version;
    const char *cipher_suite;
    /* Read from the ClientHello's own bytes (also "_" and IP literals; what is not visible ASCII, and "\\",
     * as \xHH), or what we sent; NULL: none. */
    const char *server_name;
    bool has_server_name;
    bool was_certificate_requested; /* a CertificateRequest was seen (client) or sent (server) */
    bool is_resumed;
    bool has_early_data;                     /* the server accepted early data */
    bool has_unordered_records;              /* TLS over SCTP: one at least came so, up to now */
    enum net_renegotiation renegotiation;    /* DONE: own_certificate is that of the later handshake */
    const uint8_t *own_certificate;          /* DER of the leaf that we showed; NULL: none */
    size_t own_certificate_size;             /* bytes */
    size_t peer_certificate_count;           /* 0: none was shown. Leaf first */
    const uint8_t *const *peer_certificates; /* DER */
    const size_t *peer_certificate_sizes;    /* bytes */
};

/* ---- messages and associations of SCTP ---- */
/* How a user message is to be sent. Zeroed: what RFC 4168 §5 wants, stream 0, unordered, identifier 0. TLS is
 * always ordered (RFC 3436 §6.2). */
struct net_message_options {
    uint16_t stream;
    bool is_ordered;
    bool is_clear; /* TLS over SCTP: past TLS, on the stream of its pair, for who has to be wrong */
    uint32_t payload_protocol;
};
/* How one came. */
struct net_message_facts {
    uint16_t stream;
    bool is_unordered;
    bool is_partial; /* more of the same message follows: it is longer than 1 MiB */
    bool is_clear;   /* over TLS over SCTP: it came past TLS */
    uint32_t payload_protocol;
};
enum { NET_ASSOCIATION_ADDRESSES_MAX = 8, NET_ALSO_MAX = NET_ASSOCIATION_ADDRESSES_MAX - 1 };
/* Further addresses of one end of an association (RFC 9260 §6.4), of the family of the first one; their ports
 * are not looked at. Kernel engine only: elsewhere EOPNOTSUPP. */
struct net_also {
    struct net_address addresses[NET_ALSO_MAX];
    size_t count;
};
struct net_association_facts {
    uint64_t id; /* the same for all TLS connections of one association; else the connection's own */
    uint16_t streams_in, streams_out; /* negotiated */
    struct net_address local[NET_ASSOCIATION_ADDRESSES_MAX], remote[NET_ASSOCIATION_ADDRESSES_MAX];
    size_t local_count, remote_count; /* RFC 9260 §6.4; the first one is the connection's own */
};

/* How a connection ended, or what closing sign came from the peer. */
enum net_sign {
    NET_SIGN_NONE,
    NET_SIGN_FIN, /* end of stream without TLS closure (on TLS: no close_notify before it) */
    NET_SIGN_RST,
    NET_SIGN_CLOSE_NOTIFY,
    NET_SIGN_ALERT,            /* fatal TLS alert of the peer; alert holds its number */
    NET_SIGN_CONNECT_FAILED,   /* we connect()ed: refused, unreachable, timed out; error_number tells */
    NET_SIGN_HANDSHAKE_FAILED, /* TLS failed here, in the handshake or later: alert is the one that we sent,
                                  -1 when none */
    NET_SIGN_TIMEOUT,          /* handshake_timeout_ms passed */
    NET_SIGN_ERROR,            /* any other socket error; error_number tells */
    NET_SIGN_SHUTDOWN,         /* SCTP: the association was shut down; nothing can be sent any more */
    NET_SIGN_ABORT,            /* SCTP: ABORT of the peer */
    NET_SIGN_SILENCE           /* SCTP: the peer no longer answers on any of its addresses */
};
const char *net_sign_name(enum net_sign sign); /* "fin", "rst", "close_notify", "alert", ... */
struct net_end {
    enum net_sign sign;
    int alert;              /* -1 when none */
    const char *alert_name; /* "bad_certificate", ...; NULL when none; static */
    int error_number;       /* errno; 0 when none */
    char text[160];         /* one sentence for a report */
};

enum net_close_mode {
    NET_CLOSE_GRACEFUL,    /* TLS: close_notify, then FIN; TCP: FIN; SCTP: SHUTDOWN. Reading goes on until the
                              peer's end or 2 s, then closed */
    NET_CLOSE_FIN,         /* FIN alone, on TLS without close_notify; reading goes on as for GRACEFUL */
    NET_CLOSE_RST,         /* abortive, SO_LINGER 0; SCTP: ABORT */
    NET_CLOSE_NOTIFY_ONLY, /* TLS close_notify; the TCP connection stays open both ways (on_data goes on).
                              Nothing on plain TCP */
    NET_CLOSE_SILENT, /* SO_ATTACH_FILTER "ret #0": the host has vanished: no ACK, no RST. The socket is kept
                       * until freed, or closed in any other way, which then says nothing to the peer either
                       * (where CAP_NET_ADMIN is ours) */
    NET_CLOSE_NOW     /* drop it: whatever the kernel sends; no further callback but on_closed */
};

/* Callbacks of a connection, in this order: on_connected (TCP is up), on_verify, on_ready (TCP: at once; TLS:
 * handshake done), on_data and on_sign any number of times, on_closed exactly once and last. Any may be NULL.
 * A callback may close or write. */
struct net_connection_events {
    void (*on_connected)(struct net_connection *connection, void *arg);
    /* The peer's certificates are known, the handshake is not complete. Return true to go on, false to refuse
     * with a fatal bad_certificate alert. NULL: everything is accepted and merely recorded. A server is
     * called too when the client that it asked showed none (peer_certificate_count 0), but not when it did
     * not ask, nor on resumption. Nothing about the certificates has been checked, key usage neither. */
    bool (*on_verify)(struct net_connection *connection, const struct net_tls_facts *facts, void *arg);
    void (*on_ready)(struct net_connection *connection, void *arg);
    /* On SCTP: one user message, whose facts net_connection_message() has meanwhile. */
    void (*on_data)(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg);
    /* The peer showed a closing sign, or the connection failed. After CLOSE_NOTIFY more signs may follow
     * (FIN, RST). Nothing is closed by net itself then; the user decides (for RST, CONNECT_FAILED, ... only
     * on_closed can still follow, after net_connection_close). */
    void (*on_sign)(struct net_connection *connection, const struct net_end *end, void *arg);
    void (*on_closed)(struct net_connection *connection, void *arg);
    /* What net_connection_renegotiate() came to, unless the connection came to an end: a failure is a sign.
     */
    void (*on_renegotiated)(struct net_connection *connection, enum net_renegotiation outcome, void *arg);
};

struct net_connect_options {
    enum net_transport transport;
    struct net_address local; /* source IP; port 0: ephemeral */
    struct net_also also;     /* SCTP */
    struct net_address remote;
    /* SCTP: further addresses of the same peer, at the same port. Whichever answers first (the kernel tries
     * one after the other); those that it does not claim are let go, and net_connection_remote() is one of
     * its own. */
    struct net_also remote_also;
    struct net_tls_options tls;
    uint64_t handshake_timeout_ms; /* TCP connect and TLS together; 0: 10,000 */
};
/* Begins connecting; returns NULL with errno only when no socket could be made or bound. Failures later come
 * as on_sign. */
struct net_connection *net_connect(struct net *net, const struct net_connect_options *options,
                                   const struct net_connection_events *events, void *arg);

/* Shakes hands once more on a connection that we opened and that is ready, over TLS 1.2, with another
 * credential (RFC 5746). on_renegotiated follows, perhaps before this returns, or never when the peer says
 * nothing. false: it is no such connection, or one is under way; on_renegotiated does not follow. */
bool net_connection_renegotiate(struct net_connection *connection, struct net_credential *credential);

struct net_pair_options {
    uint16_t stream;               /* of both directions */
    struct net_tls_options tls;    /* with a resumption: an abbreviated handshake (RFC 3436 §8.2) */
    uint64_t handshake_timeout_ms; /* 0: 10,000 */
};
/* One more TLS connection on the association of one of TLS over SCTP (RFC 3436 §5), as client. NULL, errno:
 * ENOTCONN (there is no association), EADDRINUSE (that stream has one), EADDRNOTAVAIL (both ways together
 * have no such stream; while the association is being made, that is a sign later), EINVAL. */
struct net_connection *net_connect_pair(struct net_connection *first, const struct net_pair_options *options,
                                        const struct net_connection_events *events, void *arg);

struct net_listen_options {
    enum net_transport transport;
    struct net_address local; /* port 0: any, read it back */
    struct net_also also;     /* SCTP */
    struct net_tls_options tls;
    uint64_t handshake_timeout_ms; /* 0: 10,000 */
    /* Chooses the credential by what the ClientHello says; server_name NULL: none. Return NULL to keep
     * tls.credential. The returned one is referenced by net. May be NULL. */
    struct net_credential *(*on_server_name)(struct net_listener *listener, const char *server_name,
                                             void *arg);
    /* A TCP connection was accepted; fill *events and *connection_arg. */
    void (*on_accept)(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg);
    void *arg;
};
struct net_listener *net_listen(struct net *net, const struct net_listen_options *options); /* NULL, errno */
const struct net_address *net_listener_address(const struct net_listener *listener);
/* Stops listening; accepted connections live on. */
void net_listener_free(struct net_listener *listener);

/* Queues bytes; before on_ready they wait for it. 0, or -1 when the connection can't take them (closing,
 * failed, or 4 MiB are queued, or 48 MiB by all connections together and some by this one). */
int net_connection_write(struct net_connection *connection, const void *bytes, size_t size_bytes);
/* Likewise, as one user message of SCTP; how is ignored elsewhere; NULL: zeroed. */
int net_connection_write_message(struct net_connection *connection, const void *bytes, size_t size_bytes,
                                 const struct net_message_options *how);
/* Asynchronous; may be called again with a harsher mode. on_closed comes in a later iteration. NOTIFY_ONLY
 * and SILENT do not lead to on_closed by themselves. */
void net_connection_close(struct net_connection *connection, enum net_close_mode mode);
/* After on_closed, or from inside it. Earlier: the connection is dropped at once and no callback follows.
 * NULL is fine. */
void net_connection_free(struct net_connection *connection);

uint64_t net_connection_id(const struct net_connection *connection); /* unique in the process, from 1 */
enum net_transport net_connection_transport(const struct net_connection *connection);
bool net_connection_is_opened_by_us(const struct net_connection *connection);
const struct net_address *net_connection_local(const struct net_connection *connection);
const struct net_address *net_connection_remote(const struct net_connection *connection);
/* Handshake done, no fatal sign yet, not closing: our direction can be written. FIN and CLOSE_NOTIFY of the
 * peer are not fatal: they end its direction only. */
bool net_connection_is_ready(const struct net_connection *connection);
const struct net_tls_facts *net_connection_tls(const struct net_connection *connection); /* NULL on TCP */
/* TLS over SCTP: the number of its pair of streams; else 0. */
uint16_t net_connection_stream(const struct net_connection *connection);
/* SCTP, within on_data: how the message came that is handed up. NULL elsewhere. */
const struct net_message_facts *net_connection_message(const struct net_connection *connection);
/* Valid from on_connected on; NULL elsewhere than on SCTP. */
const struct net_association_facts *net_connection_association(const struct net_connection *connection);
const struct net_end *net_connection_last_sign(const struct net_connection *connection);
/* Bytes of the user, without those of TLS. */
size_t net_connection_bytes_in(const struct net_connection *connection);
size_t net_connection_bytes_out(const struct net_connection *connection);

/* ---- datagrams (DNS) ---- */
struct net_datagram;
typedef void (*net_datagram_cb)(struct net_datagram *socket, const struct net_address *from,
                                const uint8_t *bytes, size_t size_bytes, void *arg);
struct net_datagram *net_datagram_open(struct net *net, const struct net_address *local, net_datagram_cb cb,
                                       void *arg); /* NULL, errno */
/* 0, or -1 with errno. */
int net_datagram_send(struct net_datagram *socket, const struct net_address *to, const void *bytes,
                      size_t size_bytes);
const struct net_address *net_datagram_address(const struct net_datagram *socket);
void net_datagram_free(struct net_datagram *socket);

#endif
