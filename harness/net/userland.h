/* userland: SCTP where the kernel has none, on usrsctp, without threads.
 *
 * usrsctp runs on AF_CONN: it gives us packets to send and takes those that we have got, and an "address" is
 * a pointer of ours, a struct path, which stands for a pair of IP addresses. We carry the packets over raw IP
 * sockets (carrier), call its timers (stack), give one listening port of usrsctp to the many addresses that
 * listen on it (port), and hand its sockets out as descriptors (socket): an eventfd each, which says "look".
 * So all of usrsctp runs in our one thread, and nothing of ours is called inside it but the upcall, which
 * writes the eventfd. usrsctp has one state per process: one struct net of a process can use it. */
#ifndef NET_USERLAND_H
#define NET_USERLAND_H

#include <usrsctp.h>
#include <uthash.h>

#include "net/net_private.h"

enum {
    USERLAND_PATHS_MAX = 65536,
    USERLAND_MUTED_MAX = 65536,
    USERLAND_QUEUE_MAX = 1024 /* associations that wait to be accepted, of a listener */
};

struct path_key {
    uint8_t family, local[16], remote[16];
};
struct path { /* lives as long as the stack: usrsctp keeps pointers to it */
    struct path_key key;
    struct net_userland *userland;
    struct net_address local, remote; /* port 0 */
    UT_hash_handle hh;
};
struct muted_key { /* hashed as bytes: no padding */
    const struct path *path;
    uint32_t local_port, remote_port;
};
struct muted { /* a host that has vanished: packets of this association are dropped, both ways */
    struct muted_key key;
    UT_hash_handle hh;
};
struct waiting {
    struct waiting *next;
    struct socket *so;
    struct path *path;
    uint16_t remote_port;
};
struct slot { /* what a descriptor stands for */
    int fd;
    struct net_userland *userland;
    struct net_address local;
    struct path *path;
    struct socket *so; /* NULL: listens, or is not connected yet */
    struct port *port; /* NULL: does not listen */
    struct slot *next; /* of the port */
    struct waiting *waiting;
    size_t waiting_count;
    uint16_t remote_port;
    bool is_connecting;
    int refused_errno;     /* of a connect: ICMP says that nobody is there for SCTP; 0: it does not */
    bool is_told_by_timer; /* the last upcall came from a timer of usrsctp, not from a packet */
    UT_hash_handle hh;
};
struct port {
    uint16_t number;
    struct net_userland *userland;
    struct socket *so;
    struct slot *slots;
    bool is_ready;
    UT_hash_handle hh;
};
struct carrier {
    struct net_userland *userland;
    int family, fd; /* -1: not open */
    struct loop_poll *poll;
};
struct net_userland {
    struct net *net;
    struct carrier carriers[2]; /* IPv4, IPv6 */
    struct loop_timer *tick, *work;
    uint64_t ticked_ns, busy_until_ms;
    bool is_ticking;
    struct path *paths;
    struct muted *muted;
    struct slot *slots; /* by descriptor */
    struct port *ports;
    uint16_t next_port;
};

struct userland_packet {
    struct net_address source, destination; /* port 0 */
    const uint8_t *bytes;                   /* from the common header on */
    size_t size_bytes;
};

/* userland_stack.c */
extern struct net_userland *userland_current;           /* the one of this process; NULL: none is in use */
struct net_userland *userland_of(struct net *net);      /* made when needed; NULL, errno */
void userland_note_work(struct net_userland *userland); /* timers run finely for a while */

/* userland_carrier.c */
bool carrier_open(struct net_userland *userland, int family); /* true when it is open already; errno */
void carrier_close(struct carrier *carrier);
int carrier_send(void *pointer, void *packet, size_t size_bytes, uint8_t tos, uint8_t set_df);
void carrier_send_from(const struct net_userland *userland, const struct net_address *from,
                       const struct net_address *remote, void *packet, size_t size_bytes);

/* userland_input.c */
uint16_t userland_port_at(const uint8_t *bytes);
/* A raw IPv4 socket shows the IP header; false: what there is is none. out points into bytes. */
bool userland_read_ip4(const uint8_t *bytes, size_t size_bytes, struct userland_packet *out);
void userland_take(struct net_userland *userland, const struct userland_packet *packet);

/* userland_unreachable.c */
/* One ICMP error that a socket was told of: ends a connect that it is about. False: there is no more. */
bool userland_take_error_of(struct carrier *carrier);

/* userland_path.c */
struct path *path_get(struct net_userland *userland, const struct net_address *local,
                      const struct net_address *remote); /* made when needed; NULL, errno */
struct path *path_find(const struct net_userland *userland, const struct net_address *local,
                       const struct net_address *remote);
bool path_mute(struct path *path, uint16_t local_port, uint16_t remote_port);
bool path_is_muted(const struct path *path, uint16_t local_port, uint16_t remote_port);
void path_free_all(struct net_userland *userland);
struct sockaddr_conn path_sockaddr(struct path *path /* NULL: any */, uint16_t port);

/* userland_port.c */
bool port_listen(struct slot *slot); /* errno */
void port_leave(struct slot *slot);
bool port_has_listener(const struct net_userland *userland, const struct net_address *local, uint16_t number);
void port_accept_all(struct net_userland *userland);

/* userland_socket.c */
struct socket *userland_socket_new(void); /* non-blocking, tuned; NULL, errno */
void userland_socket_abort(struct socket *so);
void slot_sign(const struct slot *slot);

#endif
