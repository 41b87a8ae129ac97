/* run: executes selected scenario variants against one device, all at once on one loop, and writes the
 * journal.
 *
 * Worlds (zone, addresses, certificates), actors, steps, expectations, barriers, verdicts, controls, crash
 * handling, the scheduler. run_plan() says what would run and what not, and why; run_execute() does it.
 * Nothing here prints: progress comes through callbacks. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/device.h"
#include "evidence/evidence.h"
#include "sandbox/sandbox.h"
#include "scenario/scenario.h"

struct run_plan_entry {
    const struct scenario_variant *variant;
    bool runs;
    const char *because;        /* not-applicable: "profile", "environment"; NULL when it runs */
    char *reason;               /* one sentence; NULL when it runs */
    size_t first_address;       /* index of its first harness address */
    size_t first_other_address; /* likewise of those of the other IP version */
    /* Across a network, where addresses are few: */
    size_t first_port;       /* of its block of RUN_WORLD_PORTS, counted from the run's first port */
    bool has_own_addresses;  /* for itself, with the default ports; else it shares them by its ports */
    size_t shared_addresses; /* among which its hosts are distributed */
};
enum { RUN_WORLD_PORTS = 6 }; /* plain and secure: of the scenario's hosts, of the UA, of the barrier */
struct run_plan {
    struct run_plan_entry *entries;
    size_t count;
    size_t harness_addresses; /* wanted of the sandbox, per family */
    size_t ports;             /* wanted across a network */
};
/* no_sctp: why there is no SCTP here (one sentence without its point); NULL: there is. is_single_homed: its
 * associations have one address an end, as with usrsctp. */
struct run_plan *run_plan_make(const struct selection *selection, const struct device_profile *profile,
                               enum sandbox_mode mode, bool has_ip4, bool has_ip6, const char *no_sctp,
                               bool is_single_homed);
/* Across a network: what there is of ours, [0] of IPv4 and [1] of IPv6. */
struct run_site {
    size_t addresses[2];
    bool has_device[2]; /* the device has an address of the family */
    bool has_dns;       /* the device can be asked to resolve names of ours */
};
/* As run_plan_make(), for a device that is not started here. What needs more addresses or names than there
 * are, or an instance of its own, is not applicable because of the environment. */
struct run_plan *run_plan_make_remote(const struct selection *selection, const struct device_profile *profile,
                                      const struct run_site *site);
void run_plan_free(struct run_plan *plan);

struct run_progress {
    size_t total, done, failed, running;
    uint64_t elapsed_ms;
};
/* A device across a network: nothing of it is started. Pointers stay the caller's. */
struct remote_event;
struct run_remote {
    const struct remote_event *event; /* trust anchor, zone, label of the device's domains */
    const char *anchor_path;          /* the trust anchor's file, for remedies */
    const char *trust_pem;            /* further anchors, of the device's own certificates; NULL: none */
    const char *client_chain_pem, *client_key_pem; /* shown by the UA and by the check; NULL: none */
    size_t check_port;                             /* counted from the run's first port: two for the check */
};
struct run_options {
    const struct catalogue *catalogue;
    const struct run_plan *plan;
    const struct suite *suite;       /* NULL: selectors alone */
    const struct baseline *baseline; /* for the journal; NULL: none */
    const struct device_profile *profile;
    const struct sandbox *sandbox;
    const struct run_remote *remote; /* with a sandbox of mode REMOTE; NULL otherwise */
    struct journal *journal;
    const char *out_dir;
    enum net_sctp sctp;        /* the harness's engine: KERNEL, USERLAND, BESIDE, or NONE */
    enum net_sctp device_sctp; /* that of a device that is told: the same, or the other one */
    size_t jobs;               /* scenarios at once; 0: all */
    unsigned repeat;           /* ≥ 1 */
    bool is_fail_fast;
    bool has_capture; /* the sandbox's link is captured, into out_dir/pcap/run.pcap; the journal says how that
                         went */
    double timeout_scale; /* 1.0 */
    uint64_t seed;
    uint64_t soak_ms;                 /* soaks that pass are run again until then; 0: once */
    const char *const *device_faults; /* for reference profiles: NULL-terminated, or NULL */
    const char *const *command_line;  /* for the journal; NULL-terminated */
    int operator_in, operator_out;    /* where a person is asked; in -1: nobody is there */
    void (*on_progress)(const struct run_progress *progress, void *arg);
    void (*on_verdict)(const struct scenario_variant *variant, enum verdict verdict, bool is_exercised,
                       const char *reason, void *arg);
    /* The device crashed, is restarted, ...: a line for people. */
    void (*on_message)(const char *line, void *arg);
    void *arg;
};
enum run_outcome {
    RUN_DONE,
    RUN_INTERRUPTED,
    RUN_DEVICE_FAILED, /* never started or never got ready */
    RUN_FAILED,        /* error: ours */
};
/* Blocks until all is done, or SIGINT or SIGTERM came (the journal is then complete up to there). error gets
 * a sentence unless RUN_DONE. */
enum run_outcome run_execute(const struct run_options *options, char *error, size_t error_size_bytes);

#endif
