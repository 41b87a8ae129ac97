/* The registrar of a run (stimulus "registrar"): a device registers with it, and is called over the
 * connection on which its REGISTER came, or at its contact (RFC 3261 §10, §26.3.2.1; RFC 5626 §5).
 *
 * There is one for the run, at the harness's first address. The connections of devices (registrar_flow.c)
 * belong to it; a world that calls a device has a wire upon one of them (is_shared), and gets what is about
 * its own requests. */
#ifndef RUN_REGISTRAR_H
#define RUN_REGISTRAR_H

#include "run/binding.h"
#include "run/proof.h"
#include "run/world.h"

/* ---- for the run */

/* Opens it where the profile's stimulus wants one; true also where none does. false: error is set. */
bool registrar_open(struct run *run, char *error, size_t error_size_bytes);
/* Nobody is registered: a new instance of the device comes. */
void registrar_forget(struct run *run);
/* The device is there: is_ready follows when all its domains have registered, is_never_ready when time is
 * over, with what came instead. */
void registrar_await(struct run *run);
/* Adds what a profile may need of it to the run's settings; without a value where there is none. */
void registrar_make_settings(struct run *run, void (*set)(struct run *run, const char *name, char *value));
/* Before the network goes, after the worlds. */
void registrar_fini(struct run *run);

/* ---- for worlds */

/* How the UA of a world reaches one of the device's domains: a wire upon the connection of its registration,
 * or one to its contact. NULL: it is not registered now, or the world has ended. */
struct wire *registrar_ua(struct world *world, unsigned domain);
/* The URI of the contact that it has registered; borrowed, until something comes. NULL: none. */
const char *registrar_contact(const struct run *run, unsigned domain);
/* What is known of the registration, one clause; borrowed. */
const char *registrar_text(const struct run *run);

/* ---- between registrar.c, registrar_open.c and registrar_flow.c */
struct flow { /* a connection on which a device may register */
    struct flow *next;
    struct registrar *registrar;
    struct net_connection *connection;
    struct sip_framer *framer;
    char *nonce; /* of its challenges; NULL: nobody is asked */
};
struct registrar_entry { /* what is in force for an address-of-record */
    struct registrar_entry *next;
    struct binding binding;
    struct flow *flow;         /* NULL: its connection is gone */
    struct net_address remote; /* of that connection */
    uint64_t until_ms;
};
struct registrar {
    struct run *run;
    struct net_address address;
    char *domain; /* its name, in the DNS of the run */
    struct dns_zone *zone;
    struct net_credential *credential; /* over TLS */
    struct net_listener *listener;
    struct flow *flows;
    size_t flow_count;
    struct registrar_entry *entries; /* the latest first */
    struct loop_timer *patience;
    bool is_awaited;
    struct proof_account account; /* algorithm_count 0: nobody is asked for credentials; borrowed */
    char text[RUN_SENTENCE_MAX];
};
void registrar_note(struct registrar *registrar, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void registrar_enter(struct flow *flow, struct binding *binding /* taken */);
void registrar_remove(struct registrar *registrar, const char *aor);
const struct binding *registrar_bound(const struct registrar *registrar, const char *aor); /* NULL: none */
void registrar_check_ready(struct registrar *registrar);
void registrar_on_impatient(struct loop_timer *timer, void *arg);
void registrar_flow_accept(struct net_listener *listener, struct net_connection *connection,
                           struct net_connection_events *events, void **connection_arg, void *arg);
void registrar_flow_free(struct flow *flow);

#endif
