/* What the files of net share and nobody else sees. GnuTLS shows up to here and no further. */
#ifndef NET_NET_PRIVATE_H
#define NET_NET_PRIVATE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "net/net.h"

enum {
    NET_QUEUE_LIMIT_BYTES = 4 * 1024 * 1024,
    /* What TLS itself adds (records, alerts, handshake) still fits when the user's limit is reached. */
    NET_QUEUE_HARD_LIMIT_BYTES = NET_QUEUE_LIMIT_BYTES + 1024 * 1024,
    /* Of all connections together: a flood of requests whose sender reads no answers must not fill the
     * memory. Beyond it a connection may have no more queued than its fair share. */
    NET_QUEUES_LIMIT_BYTES = 48 * 1024 * 1024,
    NET_QUEUE_FAIR_BYTES = 4 * 1024,
    NET_READ_BUFFER_BYTES = 64 * 1024,  /* holds a datagram, and any TLS record whole */
    NET_READ_BUDGET_BYTES = 128 * 1024, /* of one connection in one turn of the loop */
    NET_READ_TURNS_MAX = 32,            /* records in one turn, so that a flood of empty ones ends too */
    NET_ACCEPT_BUDGET = 64,
    NET_LINGER_MS = 2000,
    NET_MESSAGE_MAX_BYTES = 1024 * 1024, /* put together of parts */
    NET_SCTP_STREAMS = 64,               /* asked for, each way */
    NET_SCTP_BUFFER_BYTES = 1024 * 1024,
    NET_HANDSHAKE_TIMEOUT_MS = 10000,
    NET_ACCEPT_RETRY_MS = 100,
    /* The last eighth of all handshakes and connections is for listeners that have few. */
    NET_FEW_HANDSHAKES = 4,
    NET_FEW_CONNECTIONS = 16,
    NET_CHAIN_MAX = 16,
    NET_SERVER_NAME_MAX = 255
};

/* ---- a queue of bytes ---- */
struct net_queue {
    uint8_t *bytes;
    size_t start, size_bytes, capacity_bytes;
};
/* False when out of memory or when the queue would hold more than limit_bytes; nothing was added then. */
bool net_queue_append(struct net_queue *queue, const void *bytes, size_t size_bytes, size_t limit_bytes);
const uint8_t *net_queue_head(const struct net_queue *queue);
/* An empty queue holds no memory: thousands of idle connections have one. */
void net_queue_consume(struct net_queue *queue, size_t size_bytes);
void net_queue_clear(struct net_queue *queue);
/* Messages in a queue keep their boundaries: each is preceded by its head. */
struct net_message_head {
    size_t size_bytes;
    struct net_message_options options;
};
bool net_queue_append_message(struct net_queue *queue, const void *bytes, size_t size_bytes,
                              const struct net_message_options *options, size_t limit_bytes);
/* The first message; false: there is none. */
bool net_queue_first_message(const struct net_queue *queue, struct net_message_head *head,
                             const uint8_t **bytes);
void net_queue_consume_message(struct net_queue *queue);

/* ---- transports: what differs below TLS. A row each for TCP, SCTP of the kernel, SCTP of usrsctp. ---- */
struct net_transport_ops {
    /* receive hands up one user message a call, send takes one; after the end of the association nothing more
     * can come or be sent. */
    bool keeps_messages;
    /* The descriptor is no socket but a sign: it becomes readable once when anything has changed, and is
     * looked at by taking the sign (take_sign) and trying. */
    bool is_signalled;
    void (*take_sign)(int fd); /* NULL unless is_signalled */
    /* A non-blocking, close-on-exec descriptor of this transport; -1, errno. */
    int (*open)(struct net *net, int domain);
    /* Options that every connection wants, ours and accepted ones; failures are harmless. */
    void (*tune)(int fd);
    bool (*bind)(int fd, const struct net_address *address, bool is_to_listen); /* errno */
    /* After bind: further addresses, and a path that fails is given up quickly. NULL: one is all there can
     * be. */
    bool (*bind_also)(int fd, const struct net_also *also); /* errno */
    bool (*local)(int fd, struct net_address *out);
    int (*listen)(int fd);                                    /* 0, or -1 with errno */
    int (*accept)(int fd, struct net_address *remote);        /* a descriptor like that of open; -1, errno */
    int (*connect)(int fd, const struct net_address *remote); /* 0: begun; or an errno */
    /* Likewise, to whichever address of one peer answers first. NULL: one is all there can be. */
    int (*connect_also)(int fd, const struct net_address *remote, const struct net_also *also);
    /* 0, or the errno that the socket had, taken from it; of a connect under way: EINPROGRESS. */
    int (*take_error)(int fd);
    /* As recv(2) and send(2) without blocking: bytes moved, 0 at the end of the stream (receive only), or -1
     * with errno. No SIGPIPE. facts and how: of a message, where messages are kept. */
    ssize_t (*receive)(int fd, void *bytes, size_t size_bytes, struct net_message_facts *facts);
    ssize_t (*send)(int fd, const void *bytes, size_t size_bytes, const struct net_message_options *how);
    /* Ends our direction in an orderly way (FIN, SHUTDOWN). The descriptor stays open. */
    void (*end_writing)(int fd);
    /* Makes the close that follows an abort (RST, ABORT). */
    void (*prepare_abort)(int fd);
    /* From now on nothing that arrives is seen or answered. 0, or -1 with errno. */
    int (*vanish)(int fd);
    /* Makes the close that follows say nothing, where the kernel lets us; after vanish only. */
    void (*prepare_silent_close)(int fd);
    void (*close)(int fd);
    /* SCTP: what is known of the association now; false: nothing. NULL elsewhere. */
    bool (*describe)(int fd, struct net_association_facts *out);
};
extern const struct net_transport_ops net_tcp_ops, net_kernel_sctp_ops, net_userland_sctp_ops, net_pair_ops;
/* Both kinds of binding; errno. */
bool net_transport_bind(const struct net_transport_ops *ops, int fd, const struct net_address *address,
                        const struct net_also *also, bool is_to_listen);
/* Both kinds of connecting; 0: begun, or an errno. */
int net_transport_connect(const struct net_transport_ops *ops, int fd, const struct net_address *remote,
                          const struct net_also *also);
/* NULL: this transport is not to be had; errno. */
const struct net_transport_ops *net_transport_find_ops(struct net *net, enum net_transport transport);

/* A descriptor for one more pair of streams of the association that fd is of. -1, errno. */
int net_pair_open_beside(int fd, uint16_t stream);
uint16_t net_pair_stream(int fd);
/* There is another one of its association that has not ended its direction. */
bool net_pair_has_company(int fd);

/* ---- sockets ---- */
socklen_t net_address_to_sockaddr(const struct net_address *address, struct sockaddr_storage *out);
bool net_address_from_sockaddr(const struct sockaddr_storage *storage, struct net_address *out);
bool net_socket_local(int fd, struct net_address *out);
bool net_socket_bind(int fd, const struct net_address *address); /* errno */
int net_socket_listen(int fd);
int net_socket_accept(int fd, struct net_address *remote);
int net_socket_connect(int fd, const struct net_address *remote);
int net_socket_take_error(int fd);
void net_socket_prepare_abort(int fd);
int net_socket_vanish(int fd);
void net_socket_close(int fd);

/* ---- usrsctp: stack.c, carrier.c, ... of sctp_userland_*.c ---- */
struct net_userland;
void net_userland_free(struct net_userland *userland); /* NULL is fine */

/* ---- ClientHello ---- */
enum net_client_hello_result { NET_CLIENT_HELLO_NO_NAME, NET_CLIENT_HELLO_NAME, NET_CLIENT_HELLO_BROKEN };
/* Finds the first host_name of the server_name extension in the body of a ClientHello (RFC 8446 §4.1.2, RFC
 * 6066 §3), without handshake header: its place and size. What is not a ClientHello is BROKEN. */
enum net_client_hello_result net_client_hello_find_server_name(const uint8_t *body, size_t size_bytes,
                                                               size_t *place, size_t *name_size_bytes);
/* The bytes as text: what is not a visible ASCII character, and the backslash, as \xHH. Heap; NULL when out
 * of memory. */
char *net_server_name_to_text(const uint8_t *name, size_t size_bytes);
/* Whether GnuTLS takes the byte in a server name: letters, digits, "-" and ".". */
bool net_server_name_is_plain(uint8_t byte);

/* ---- credentials ---- */
struct net_credential {
    unsigned refs;
    gnutls_pcert_st chain[NET_CHAIN_MAX];
    unsigned chain_size;
    gnutls_privkey_t key;
};

/* ---- TLS of one side ---- */
struct net_tls_config {
    gnutls_priority_t priority;                        /* net's */
    gnutls_certificate_credentials_t certificates;     /* net's, or own_certificates */
    gnutls_certificate_credentials_t own_certificates; /* NULL unless CAs are named */
    struct net_credential *credential;
    char *server_name;
    bool request_certificate, has_no_resumption, resumes_across_names, accepts_early_data, sends_unordered,
        takes_clear;
    struct net_resumption *resumption;
    uint8_t *early_data; /* NULL: none */
    size_t early_data_size;
};
/* False with errno: ENOMEM, or EINVAL (versions, server name or CA names make no sense). */
bool net_tls_config_init(struct net_tls_config *config, struct net *net,
                         const struct net_tls_options *options);
void net_tls_config_fini(struct net_tls_config *config);

/* ---- the context ---- */
enum { NET_TLS_VERSIONS = NET_TLS_1_3 + 1 };
enum net_accepting { NET_ACCEPT_ALL, NET_ACCEPT_FEW, NET_ACCEPT_NONE };

struct net {
    struct loop *loop;
    struct net_options options;
    TAILQ_HEAD(net_connections, net_connection) connections;
    TAILQ_HEAD(net_listeners, net_listener) listeners; /* in the order of their turn for handshake slots */
    TAILQ_HEAD(net_datagrams, net_datagram) datagrams;
    TAILQ_HEAD(net_deferred, net_connection)
    deferred; /* those that have something to do in the next iteration */
    struct loop_timer *deferred_timer;
    struct loop_timer *accept_timer;
    /* Connections whose peer has sent FIN cannot be watched for reading any more (they are readable for
     * ever), and still a RST has to be seen: this epoll, edge-triggered, watches them for errors only. */
    int hangup_fd;
    struct loop_poll
        *hangup_poll; /* only while there is something in it: it must not keep an idle loop alive */
    size_t hangup_watched;
    size_t handshakes, held, accepted;
    size_t queued_bytes; /* memory of all queues */
    enum net_accepting accepting;
    gnutls_priority_t priorities[NET_TLS_VERSIONS]
                                [NET_TLS_VERSIONS]; /* by lowest and highest version; made when needed */
    gnutls_certificate_credentials_t certificates;
    gnutls_datum_t ticket_key;
    gnutls_anti_replay_t anti_replay; /* NULL: nobody has accepted early data yet */
    uint8_t *read_buffer;             /* one thread, one reader at a time */
    uint8_t *message_buffer;          /* likewise, for what GnuTLS reads in pieces */
    enum net_sctp sctp;               /* AUTO: not decided yet */
    struct net_userland *userland;    /* NULL until it is needed */
};

struct net_listener {
    TAILQ_ENTRY(net_listener) link;
    struct net *net;
    unsigned refs; /* the user's one, and one for each connection accepted */
    int fd;        /* -1 once freed by the user */
    struct loop_poll *poll;
    const struct net_transport_ops *ops;
    struct net_listen_options options; /* tls of it is in tls */
    struct net_tls_config tls;
    struct net_address address;
    TAILQ_HEAD(net_held, net_connection) held; /* wait for a handshake slot */
    size_t handshakes, accepted;
    bool is_below; /* of TLS over SCTP: freed by the listener above it */
};
void net_listener_unref(struct net_listener *listener);
bool net_listener_is_paused(const struct net_listener *listener); /* the limits keep it from accepting now */
void net_listener_watch(struct net_listener *listener);           /* as the limits say */

/* ---- connections ---- */
enum net_phase {
    NET_PHASE_CONNECTING, /* our connect() is under way */
    NET_PHASE_WAITING,    /* accepted, TLS: no byte has come, so no session is worth its memory */
    NET_PHASE_HELD,       /* accepted, TLS: bytes have come, all handshake slots are taken */
    NET_PHASE_HANDSHAKE,
    NET_PHASE_OPEN,
    NET_PHASE_FAILED, /* a fatal sign was shown */
    NET_PHASE_CLOSED  /* the descriptor is gone */
};
/* What a connection does in the next iteration, out of everybody's call stack. */
enum { NET_DEFER_READ = 1, NET_DEFER_HANDSHAKE = 2, NET_DEFER_CLOSED = 4, NET_DEFER_CONNECT = 8 };

struct net_connection {
    TAILQ_ENTRY(net_connection) link, deferred_link, held_link;
    struct net *net;
    struct net_listener *listener; /* NULL: we opened it */
    const struct net_transport_ops *ops;
    struct net_connection_events events;
    void *arg;
    uint64_t id;
    uint64_t handshake_timeout_ms;
    enum net_transport transport;
    struct net_address local, remote;
    struct net_address first; /* of several that were bound; family 0: there is one */

    int fd;
    struct loop_poll *poll;
    int interest;
    struct loop_timer *timer; /* until ready: the handshake's time; when closing: the linger */
    enum net_phase phase;
    unsigned deferred;
    unsigned depth;            /* of our functions on the stack: memory is not freed under them */
    bool is_freed;             /* by the user, waits for depth 0 */
    bool is_counted_handshake; /* has a slot */
    bool is_held;              /* is in its listener's queue for one */

    bool has_fin; /* the peer's, read */
    bool has_signed_fin;
    bool has_close_notify;       /* the peer's */
    bool is_drained;             /* the last read found nothing more */
    bool is_dead;                /* the socket can carry nothing any more, either way */
    int read_errno, write_errno; /* of the socket, not shown as a sign yet */
    int connect_errno;
    bool is_watched_for_hangup;

    bool is_closing; /* GRACEFUL or FIN was asked for */
    bool has_sent_close_notify;
    bool has_ended_writing; /* our FIN is out */
    bool is_silent;

    struct net_queue out;   /* bytes for the socket */
    struct net_queue early; /* the user's bytes, before the connection is ready */
    struct net_queue in;    /* SCTP: parts of a message that is not whole yet; TLS over SCTP: what of it
                               GnuTLS has not read */
    struct net_queue clear; /* TLS over SCTP: messages that came past TLS, to be handed up */
    uint16_t stream;        /* TLS over SCTP: of the pair */
    void (*on_flushed)(struct net_connection *connection); /* nothing is queued any more; NULL: nobody asks */
    void (*on_destroyed)(struct net_connection *connection); /* likewise: its memory goes */
    struct net_message_facts incoming;                       /* of the message that is handed up now */
    struct net_association_facts association;
    size_t counted_bytes; /* of both, as the context has counted them */
    size_t bytes_in, bytes_out;
    struct net_end last_sign;

    gnutls_session_t session;
    struct net_tls_config own_tls;    /* of a connection that we opened */
    const struct net_tls_config *tls; /* NULL on TCP */
    struct net_credential *chosen;    /* by server name */
    bool has_chosen, has_verified, has_refused, has_ticket_key, is_renegotiating;
    struct net_tls_facts facts;
    char *server_name;
    gnutls_datum_t certificates[NET_CHAIN_MAX];
    uint8_t *own_certificate; /* what facts point to; NULL: none */
    const uint8_t *certificate_bytes[NET_CHAIN_MAX];
    size_t certificate_sizes[NET_CHAIN_MAX];
};

/* connection.c: life. Takes fd over, also on failure (NULL). */
struct net_connection *net_connection_new(struct net *net, int fd, enum net_transport transport,
                                          const struct net_transport_ops *ops);
void net_connection_enter(struct net_connection *connection);
/* Back from our own functions: settles what to watch, finishes a close that is due, frees what was freed
 * meanwhile. */
void net_connection_leave(struct net_connection *connection);
void net_connection_defer(struct net_connection *connection, unsigned what);
void net_connection_run_deferred(struct net_connection *connection);
/* Closes the descriptor as it is and lets on_closed follow. */
void net_connection_drop(struct net_connection *connection);
/* Whether callbacks may still be made and the socket used. */
bool net_connection_is_alive(const struct net_connection *connection);
void net_connection_destroy(struct net_connection *connection);

/* sign.c */
const char *net_alert_name(int alert); /* as RFC 8446 §6 and the registry write it; "alert" for the unknown */
/* Records a sign and tells the user. */
void net_connection_sign(struct net_connection *connection, enum net_sign sign, int alert, int error_number,
                         const char *text);
/* Likewise, and nothing but closing comes after. */
void net_connection_fail(struct net_connection *connection, enum net_sign sign, int alert, int error_number,
                         const char *text);
/* By what the errno of a socket is called among signs. */
void net_connection_fail_errno(struct net_connection *connection, int error_number, const char *doing);

/* wire.c: the socket's side. Neither makes a callback. */
/* Bytes read, or 0: none now, and has_fin or read_errno is set when none will come. */
size_t net_wire_receive(struct net_connection *connection, void *bytes, size_t size_bytes);
/* Likewise as a stream, for TLS: a message of SCTP may be read in pieces. */
size_t net_wire_pull(struct net_connection *connection, void *bytes, size_t size_bytes);
bool net_wire_queue(struct net_connection *connection, const void *bytes, size_t size_bytes,
                    const struct net_message_options *how);
void net_wire_flush(struct net_connection *connection);

/* read.c */
void net_connection_read(struct net_connection *connection);

/* What an error of GnuTLS means for an open connection. */
void net_read_take_tls_error(struct net_connection *connection, int error);

/* renegotiate.c: goes on with the handshake. True: it is over, and records can be read. */
bool net_renegotiation_step(struct net_connection *connection);

/* hangup.c */
void net_hangup_watch(struct net_connection *connection);
void net_hangup_forget(struct net_connection *connection);
/* What SO_ERROR held, and holds no more: 0 or an errno. */
int net_hangup_take_error(struct net_connection *connection);
void net_hangup_run(struct net *net); /* the epoll is readable */

/* connect.c */
void net_connection_finish_connect(struct net_connection *connection);
/* TCP is up: on_connected, then ready or the TLS handshake. Shared with listen.c. */
void net_connection_start(struct net_connection *connection);
/* What the socket says of our own address, into local. */
void net_connection_read_local(struct net_connection *connection);
/* Everything is up: sends what was written early, on_ready. */
void net_connection_become_ready(struct net_connection *connection);

/* listen.c */
/* Takes fd over, as if the listener had just accepted it. */
void net_listener_adopt(struct net_listener *listener, int fd, const struct net_address *remote);

/* slots.c */
/* A slot for this accepted connection's handshake: true at once, or it is held until one frees. */
bool net_slot_take(struct net_connection *connection);
/* Gives back a slot, or the place in the queue for one. */
void net_slot_release(struct net_connection *connection);

/* handshake.c. The step reads what there is; it settles nothing that the socket shows. */
void net_handshake_begin(struct net_connection *connection); /* session, clock, first step */
void net_handshake_step(struct net_connection *connection);

/* tls_session.c */
bool net_session_new(struct net_connection *connection); /* false: connection->session is NULL */
/* Around each call that may read a ClientHello. */
int net_session_handshake(struct net_connection *connection);
/* Sends the alert that belongs to a GnuTLS error; its number, or -1. */
int net_session_send_alert(struct net_connection *connection, int gnutls_error);
void net_session_close_notify(struct net_connection *connection);
/* tls_hooks.c */
void net_session_set_hooks(struct net_connection *connection);
gnutls_certificate_retrieve_function3 net_session_retrieve;
void net_hooks_install(void); /* process-wide, any number of times */
void net_hooks_forget_hello(void);
/* tls_facts.c */
void net_facts_update(struct net_connection *connection);
void net_facts_fini(struct net_connection *connection);

/* context.c */
void net_accept_update(struct net *net);   /* pauses or resumes all listeners as the limits say */
void net_accept_back_off(struct net *net); /* out of descriptors: pause, try again soon */

/* resumption.c */
void net_resumption_offer(struct net_connection *connection); /* client, before the handshake */
/* Server, when the ClientHello's name is known and nothing else of it was looked at; false: out of memory. */
bool net_resumption_serve(struct net_connection *connection);
void net_resumption_allow_early_data(struct net_connection *connection); /* server, before the handshake */
void net_resumption_take_early_data(struct net_connection *connection);  /* server, once ready */

#endif
