/* Two sides on one loop, each writing down what it was told, for the tests of net. */
#ifndef NET_TEST_WORLD_H
#define NET_TEST_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/net.h"

/* What one connection was told, in order, as words: "connected verify ready data fin closed". Signs stand by
 * their name, alerts and failures as name:alert_name ("alert:bad_certificate"). */
struct side {
    struct world *world;
    struct net_connection *connection;
    char log[1024];
    char data[4096]; /* the last bytes that fit */
    size_t data_size;
    size_t data_total;
    struct net_end end; /* the last sign */
    bool refuses;       /* on_verify says no */
    bool has_verified;
    size_t verified_certificates;
    /* Called on each event with its word, before the condition is looked at. */
    void (*react)(struct side *side, const char *word);
};

struct world {
    struct loop *loop;
    struct net *net;
    struct loop_timer *guard;
    struct net_listener *listener;
    struct side client, server, second; /* second: of tests that accept two */
    size_t accepted;
    char keylog[4096];
    struct net_credential *one, *two; /* of two different keys */
    struct net_credential *(*choose)(struct world *world, const char *server_name);
    char chosen_by[300];
    bool (*condition)(struct world *world, void *arg);
    void *condition_arg;
    bool is_met;
};

/* In a namespace of its own a test may open raw sockets, and meets nobody's packets. Of a test's .init. */
void world_enter_namespace(void);

void world_init(struct world *world, const struct net_options *options);
void world_fini(struct world *world); /* frees what is left, connections too */
/* One message of that many bytes. */
void world_write_message(struct net_connection *connection, size_t size_bytes,
                         const struct net_message_options *how);

/* A self-signed ECDSA certificate and its key in PEM; heap. */
void world_make_certificate(const char *common_name, unsigned key_usage, char **certificate_pem,
                            char **key_pem);

/* Listens on loopback (family 4 or 6); the next accepted connection becomes world->server. */
void world_listen(struct world *world, int family, const struct net_listen_options *options);
void world_connect(struct world *world, const struct net_connect_options *options);
/* Both in one, until both are ready. */
void world_open(struct world *world, int family, enum net_transport transport, enum net_tls_version version);
void world_open_with(struct world *world, int family, const struct net_listen_options *listen,
                     const struct net_connect_options *connect);

/* Runs the loop until the condition holds; fails the test when it does not within 20 s. Looked at after each
 * event. */
void world_run_until(struct world *world, bool (*condition)(struct world *world, void *arg), void *arg);
/* Until a side's log ends with, or holds, the word. */
void world_run_until_client(struct world *world, const char *word);
void world_run_until_server(struct world *world, const char *word);
void world_look(struct world *world); /* look at the condition now: for events of the test's own */
bool side_has(const struct side *side, const char *word);
void side_init(struct side *side, struct world *world);
extern const struct net_connection_events side_events;

#endif
