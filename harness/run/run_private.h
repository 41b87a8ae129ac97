/* What the files of run/ share: a run, its jobs, and the worlds in which the jobs live.
 *
 * struct run   one execution: loop, network, DNS server, authority, device, jobs.
 * struct job   one variant to be executed once (once more after a crash of the device); keeps what came out.
 * struct world everything a job has while it runs: zone, addresses, credentials, listeners, wires
 * (connections), the inbox of events, origins (requests that we sent), actors and fibers (the threads of
 * steps). It goes when the job ends. Network callbacks only put events into the inbox; fibers look at it in
 * the world's wake timer, never inside a callback of net/. */
#ifndef RUN_RUN_PRIVATE_H
#define RUN_RUN_PRIVATE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs/certs.h"
#include "dns/dns.h"
#include "loop/loop.h"
#include "net/net.h"
#include "reference/reference.h"
#include "run/run.h"
#include "sip/sip.h"

enum {
    RUN_EVENTS_MAX = 20000,         /* of a world; more is a flood */
    RUN_EVENT_BYTES_MAX = 32 << 20, /* that came to a world, kept and journaled */
    RUN_ALL_BYTES_MAX = 48 << 20,   /* that came to all worlds that live: the one with the most has to go */
    RUN_OUTPUT_BYTES_MAX =
        16 << 20,              /* of the device's output in the journal, and four times that in device.log */
    RUN_SESSIONS_MAX = 1000,   /* TLS handshakes that the device completes with a world; some 40 KiB each */
    RUN_HOSTS_MAX = 256,       /* of a variant, ua and barrier included */
    RUN_NESTING_MAX = 8,       /* of repeat within repeat */
    RUN_FIBERS_MAX = 64,       /* of a world */
    RUN_ALTERNATIVES_MAX = 32, /* of an expect or check */
    RUN_WITHIN_MS = 4000,      /* default patience of an expect */
    RUN_BARRIER_MS = 4000,     /* patience for the barrier's answer */
    RUN_CONNECT_MS = 10000,    /* patience for a connection of ours */
    RUN_WARM_MS = 5000,        /* between two requests that keep a connection warm */
    RUN_CLOSE_SIGN_MS = 300, /* how long the device's own sign is waited for before a round trip has to prove
                                that it saw ours */
    RUN_CRASH_MS = 500,      /* a scenario that saw a connection end waits so long for the news of a crash */
    RUN_SETTLE_MS = 20,      /* after a barrier's answer: what the kernel has already got is read first */
    RUN_RAW_KEPT_BYTES = 4096, /* of bytes that are no SIP, in the journal */
    RUN_SENTENCE_MAX = 512
};

/* ---- text.c: strings that cannot fail. Out of memory ends the process: everything that the wire can make
 * grow has a limit of its own. */
void *run_allocate(size_t count, size_t size_bytes); /* zeroed */
char *text_copy(const char *text);                   /* NULL stays NULL */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_format_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
/* Escapes \\ \r \n \t \0 \xHH become bytes; NULL: a bad escape. Heap, one NUL behind the end. */
char *text_unescape(const char *text, size_t *size_bytes);
/* A DNS label of at most 63 bytes out of a number and a scenario's id. Heap. */
char *text_zone_label(unsigned long number, const char *id);
/* Six letters and digits that name a run, by its seed. */
void text_run_label(uint64_t seed, char out[8]);

/* ---- template.c */
typedef char *(*template_lookup_fn)(const char *name, void *arg); /* heap; NULL: no such placeholder */
/* Replaces every {placeholder}; "{{" is a brace. NULL: error gets one sentence. NULL text gives an empty
 * string. Heap. */
char *template_expand(const char *text, template_lookup_fn lookup, void *arg, char *error,
                      size_t error_size_bytes);

/* ---- match.c: what decides, without socket or clock */
enum observed_kind { OBSERVED_REQUEST, OBSERVED_RESPONSE, OBSERVED_CONNECTION, OBSERVED_CLOSED };
struct observed { /* an event as the alternatives of a step see it */
    enum observed_kind kind;
    const char
        *of; /* name of the stimulus or send that it belongs to; NULL: of none, or the name was given away */
    const char *method;     /* request's, or CSeq's of a response */
    const char *own_method; /* of that stimulus or send; NULL with of */
    unsigned status;
    const char *connection; /* its name; NULL: none */
    const char *listener;   /* where it was accepted; NULL: we opened it */
    bool is_new;            /* the device opened it and it has never had a name */
    bool is_expected_error; /* an error that an answer of ours, or a CANCEL, explains */
    enum net_sign sign;
    const struct sip_message *message;
};
/* Index of the first alternative that the event fits, or -1. Counts (received, times) are not looked at here.
 */
int match_event(const struct scenario_alternative *alternatives, size_t count, const struct observed *event);
bool match_fits(const struct scenario_alternative *alternatives, size_t count, size_t index,
                const struct observed *event);
/* The event is about something that the step judges, on a connection or with a status that it does not name:
 * the scenario ends inconclusive. */
bool match_is_surprise(const struct scenario_alternative *alternatives, size_t count,
                       const struct observed *event);
bool match_range(struct scenario_range range, size_t number);
struct observed_tls {
    bool was_certificate_requested, has_peer_certificate, has_server_name;
    const char *peer_names, *server_name;
};
bool match_tls(const struct scenario_alternative *alternative, const struct observed_tls *facts);
bool match_actor(const struct scenario_alternative *alternative, const struct reference_counts *counts);
bool match_connections(const struct scenario_alternative *alternative, size_t accepted, size_t live);
bool match_pattern(const char *pattern, const char *text);
bool match_strings_have(const struct strings *strings, const char *text);

struct fiber;
/* ---- alternative.c: the alternatives of a step with their placeholders replaced */
char *world_expand(struct fiber *fiber, const char *text);
struct scenario_alternative *alternatives_expand(struct fiber *fiber, const struct step_expect *expect);
void alternatives_free(struct scenario_alternative *alternatives, size_t count);

/* ---- verdict.c: from what a scenario's steps said to its verdict */
struct observation {
    struct observation *next;
    char *name, *value;
    uint64_t on;
};
struct outcome {
    enum verdict verdict;   /* NONE: none yet */
    bool only_with_control; /* a fail that counts where the control showed its observation */
    bool is_exercised;
    bool is_soft; /* rests on something that did not come, or on an error: the device\'s other business may be
                     the cause */
    char *reason, *because, *requirement;
    uint64_t on; /* journal event that decided */
};
void outcome_fini(struct outcome *outcome);
void observations_free(struct observation *observations);
enum control_state { CONTROL_NONE, CONTROL_SHOWN, CONTROL_NOT_SHOWN, CONTROL_UNDECIDED };
/* What the control's outcome says: outcome NULL: it never came to a verdict. */
enum control_state verdict_control_state(const struct outcome *control,
                                         const struct observation *observations, const char *shows);
/* Turns the outcome of the steps into the scenario's: see docs/writing-scenarios.md, with_control, and
 * interfaces, exercised. */
void verdict_resolve(struct outcome *outcome, enum control_state control, const char *control_id,
                     const char *shows);
bool verdict_observation_is_made(const struct observation *observations, const char *name);

/* ---- plan.c */
/* Names of the hosts of a variant: its own, those of actors, "ua", "barrier"; each once. Returns how many, at
 * most max. */
size_t plan_hosts(const struct scenario_variant *variant, const char **names, size_t max);

/* ---- the run */
struct world;
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_FINISHED /* control open */, JOB_RESOLVED };
struct job {
    const struct run_plan_entry *entry;
    const struct scenario_variant *variant;
    unsigned round; /* of --repeat, from 0 */
    enum job_state state;
    bool is_suspect; /* in flight when the device crashed */
    bool is_alone;   /* exclusive, or a suspect in flight when it crashed again */
    unsigned kills;  /* how often the device crashed while it ran alone */
    bool is_second;  /* a soft outcome beside others: tried again among few */
    char *zone_name; /* of the next execution; new for each */
    struct certs_minted
        *revoked; /* minted before the device starts, so that they are on its CRL; by certificate index */
    size_t revoked_count;
    struct world *world;
    struct outcome outcome;
    enum verdict steps_verdict; /* before its control changed it */
    struct observation *observations;
    uint64_t start_ns, end_ns;
};

enum run_stage { STAGE_IDLE, STAGE_STARTING, STAGE_RUNNING, STAGE_STOPPING, STAGE_OVER };
struct run {
    const struct run_options *options;
    struct loop *loop;
    struct net *net;
    struct dns_server *dns;
    struct certs_authority *authority;
    struct journal *journal;
    uint64_t start_ns;
    char label[8];
    unsigned long worlds_made;
    char *domains[DEVICE_DOMAINS_MAX]; /* of the device, {run} replaced */
    struct certs_minted domain_certificates[DEVICE_DOMAINS_MAX];
    size_t domain_count;
    bool has_ip4, has_ip6;
    int log_fd, keylog_fd;
    /* device */
    struct device *device;
    struct device_setting *settings;
    size_t setting_count;
    char *out_dir, *config_dir;          /* absolute */
    size_t output_bytes, output_dropped; /* of the device's output in the journal; lines left out */
    size_t event_bytes;                  /* of all worlds that live */
    size_t dropped; /* bytes that came where they could not be understood, and connections to
                       worlds that had ended */
    bool was_ready; /* once, whichever instance */
    unsigned instances, failed_starts, idle_crashes;
    bool has_crashed; /* to be handled in the next tick */
    bool has_stopped, is_ready, is_never_ready;
    char *device_text;
    /* jobs */
    struct job *jobs;
    size_t job_count;
    enum run_stage stage;
    unsigned round;
    struct job *alone;     /* the only job of this instance; NULL: all ordinary ones of the round */
    bool is_second_wave;   /* this instance is for jobs that are tried again */
    bool is_suspects_wave; /* this instance is for jobs that were in flight when one crashed, few at once */
    bool is_one_by_one;    /* this instance is for suspects of a second crash, each alone */
    size_t running, resolved, failed;
    bool is_stopping_early; /* fail-fast */
    bool is_interrupted;
    struct loop_timer *tick, *progress_timer;
    struct loop_signal *on_int, *on_term;
    enum run_outcome outcome;
    char *failure; /* one sentence, of RUN_DEVICE_FAILED and RUN_FAILED */
};
void run_wake(struct run *run); /* the scheduler looks at everything in the next iteration */
void run_fail(struct run *run, enum run_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* How much slower than thought this machine is: the larger of what the user said and what the loop measures.
 */
double run_scale(const struct run *run);
uint64_t run_scaled_ms(const struct run *run, uint64_t ms);

/* ---- dut.c: what the run makes for the device: names, certificates, settings */
bool dut_prepare(struct run *run, char *error, size_t error_size_bytes);
bool dut_write_crl(struct run *run, char *error, size_t error_size_bytes);
void dut_make_settings(struct run *run);
void dut_fini(struct run *run);

/* ---- instance.c: the device's life */
bool instance_start(struct run *run);
void instance_stop(struct run *run);
void instance_drop(struct run *run);
void instance_report_crash(struct run *run);

/* ---- schedule.c */
bool schedule_make(struct run *run);
void schedule_tick(struct run *run);
void schedule_fini(struct run *run);
void schedule_report_progress(struct run *run);
/* settle.c: controls */
void settle_jobs(struct run *run, bool is_last);

/* ---- journal_run.c, journal_world.c: what is written for each event */
void journal_run_head(struct run *run);
void journal_run_plan(struct run *run);
void journal_run_end(struct run *run, bool is_complete, const char *outcome);
/* "device", "device-output", "crash"; state may be NULL. */
void journal_run_text(struct run *run, const char *event, const char *state, const char *text);
void journal_run_verdict(struct run *run, const struct job *job);
void journal_run_retry(struct run *run, const struct job *job); /* with the outcome that is given up */
void versions_write(struct journal *journal);                   /* versions.c: member "libraries" */
/* Begins an event of a scenario: "scenario" and "variant" are there already. */
void journal_world_begin(const struct world *world, const char *event);
void journal_world_start(const struct world *world);
struct wire;
struct actor;
void journal_world_connection(const struct wire *wire, const char *opened_by);
uint64_t journal_world_ready(const struct wire *wire);
void journal_world_tls(const struct wire *wire);
uint64_t journal_world_sign(const struct wire *wire, const struct net_end *end);
uint64_t journal_world_message(const struct wire *wire, bool is_incoming, const struct sip_message *message,
                               const uint8_t *bytes, size_t size_bytes, const char *of);
void journal_world_raw(const struct wire *wire, const uint8_t *bytes, size_t size_bytes, const char *why);
uint64_t journal_world_note(const struct world *world, const char *event, const char *name, const char *text);
void journal_world_step(const struct fiber *fiber);
void journal_world_actor(const struct actor *actor);
void journal_world_query(const struct world *world, const struct dns_query *query);

/* ---- the world */
struct host {
    const char *name;
    struct net_address address;
};
enum wire_role { WIRE_PEER, WIRE_UA, WIRE_BARRIER };
struct post { /* a listener */
    struct post *next;
    struct world *world;
    char *name;
    const struct host *host;
    enum net_transport transport; /* as the scenario says; a stalled one listens below TLS */
    struct net_listener *listener;
    bool is_barrier, is_stalled;
    struct net_credential *credential;
    char **server_names;
    struct net_credential **server_credentials;
    size_t server_name_count;
    size_t accepted;
};
struct wire { /* a connection as its world knows it */
    struct wire *next;
    struct world *world;
    enum wire_role role;
    uint64_t id;
    struct net_connection *connection; /* NULL: closed and gone */
    struct post *post;                 /* where it was accepted; NULL: opened by us */
    const struct host *host;           /* our end */
    enum net_transport transport;
    struct sip_framer *framer; /* made with the first bytes */
    char *name;                /* NULL: none */
    bool was_named, is_ready, is_broken, is_closing, has_sign, is_dead;
    enum net_sign sign;
    struct net_address local, remote;
    char *peer_names, *server_name; /* from the handshake; NULL: none */
    char *end_text;                 /* how it ended, one sentence; NULL: it has not */
    bool was_certificate_requested, has_peer_certificate;
};
enum origin_purpose { ORIGIN_STEP, ORIGIN_PROBE /* round trip */, ORIGIN_WARM, ORIGIN_BARRIER };
struct origin { /* a request that we sent, or several of one name */
    struct origin *next;
    struct group *group; /* NULL unless ORIGIN_STEP */
    enum origin_purpose purpose;
    char *call_id, *method, *branch, *token;
    uint32_t cseq;      /* 0: not known */
    uint32_t next_cseq; /* of the dialog that it may make */
    struct wire *wire;  /* on which it went */
    struct sip_message *request;
    struct sip_message *established; /* the 2xx of an INVITE */
    unsigned final_status;           /* the first one; 0: none yet */
    const struct wire *final_wire;
    bool was_received, has_error_answer, is_cancelled, is_lost;
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
    char *branch;         /* of a request's topmost Via */
    char *name;           /* given by an alternative */
    unsigned last_answer; /* status that we sent; 0: none */
    bool is_consumed;
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

struct frame {
    const struct scenario_steps *steps;
    size_t next;
    unsigned times, turn; /* turn from 1; of a repeat */
};
struct expectation;
struct fiber {
    struct fiber *next;
    struct world *world;
    struct fiber *parent;
    struct frame frames[RUN_NESTING_MAX];
    size_t depth;
    const struct scenario_step *step; /* waiting in it; NULL: none */
    unsigned phase;                   /* of the step, its own numbering, 0 at the beginning */
    struct loop_timer *timer;
    bool is_due, is_done;
    size_t children; /* that are not done */
    uint64_t began_ms;
    struct wire *wire;
    struct origin *origin;
    struct expectation *expectation; /* expect.c */
    char *bytes;                     /* of a send in pieces */
    size_t size_bytes, offset;
};
struct warm {
    struct warm *next;
    struct fiber *fiber;
    struct wire *wire;
    struct loop_timer *timer;
};
struct barrier; /* barrier.c */

struct world {
    struct run *run;
    struct job *job;
    const struct scenario_variant *variant;
    const char *zone_name;
    struct dns_zone *zone;
    struct host hosts[RUN_HOSTS_MAX];
    size_t host_count;
    const struct host *ua_host, *barrier_host;
    struct net_address device_address; /* port of the variant's transport */
    struct credential_row *credentials;
    struct post *posts;
    struct wire *wires, *ua;
    struct origin *origins;
    struct group *groups;
    struct event **events;
    size_t event_count, event_room, event_bytes;
    size_t sessions; /* of TLS that the device opened */
    size_t happened; /* towards the limit: events, connections, messages, pings */
    struct actor *actors;
    struct fiber *fibers;
    size_t fiber_count;
    struct warm *warms;
    struct loop_timer *wake;
    unsigned long tokens;
    bool is_over;
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
char *world_token(struct world *world); /* heap: unique text */

/* names.c: placeholders */
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
                          enum net_transport transport, const struct net_address *remote,
                          const struct net_tls_options *tls, enum wire_role role);
struct wire *peer_wire(const struct world *world, const char *name);
struct post *peer_post(const struct world *world, const char *name);
void peer_name_wire(struct wire *wire, const char *name);
bool peer_write(struct wire *wire, const void *bytes, size_t size_bytes);
void peer_free_all(struct world *world);

/* inbox.c: what came in */
void inbox_bytes(struct wire *wire, const uint8_t *bytes, size_t size_bytes);
/* Towards the limits of a world: something happened; bytes came. */
void inbox_count(struct world *world, size_t size_bytes);
void inbox_count_bytes(struct world *world, size_t size_bytes);
void inbox_count_session(struct world *world);
struct event *inbox_add(struct world *world, enum observed_kind kind, struct wire *wire, uint64_t seq);
struct observed inbox_view(const struct event *event);
struct event *inbox_named(const struct world *world, const char *name);
void inbox_answer_leftovers(struct world *world);
void inbox_free(struct world *world);

/* origin.c: what we sent */
struct origin *origin_new(struct world *world, struct group *group, enum origin_purpose purpose);
struct group *origin_group(struct world *world, const char *name, const char *method);
struct origin *origin_find(const struct world *world, const struct sip_message *message);
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
bool message_send(struct wire *wire, const struct sip_message *message, const char *of);
/* contact: URI of the Contact; NULL: the host's own. */
void message_answer(struct event *event, unsigned status, struct wire *wire, const char *contact);
/* sent_by: stands in the topmost Via; NULL: what the request had. */
void message_answer_as(struct event *event, unsigned status, struct wire *wire, const char *contact,
                       const char *sent_by);
void message_apply_headers(struct fiber *fiber, struct sip_message *message,
                           const struct scenario_message *changes);
/* OPTIONS to the device's first domain; is_lost when it could not be sent. */
struct origin *message_probe(struct wire *wire, enum origin_purpose purpose);

/* dialog.c */
void dialog_on_response(struct wire *wire, struct origin *invite, const struct sip_message *response);
struct sip_message *dialog_request(struct fiber *fiber, struct wire *wire, struct origin *origin,
                                   struct origin *invite, const char *method,
                                   const struct scenario_message *wanted);
struct sip_message *dialog_cancel(struct origin *origin, struct origin *invite);

/* ua.c */
struct wire *ua_open(struct world *world); /* may still be connecting; NULL: the world has ended */
bool ua_is_ready(const struct world *world);

/* step.c */
enum step_result { STEP_GOES_ON, STEP_WAITS };
struct fiber *fiber_new(struct world *world, struct fiber *parent, const struct scenario_steps *steps);
void fiber_poll(struct fiber *fiber);
void fiber_set_deadline(struct fiber *fiber, uint64_t ms);
void fiber_free_all(struct world *world);
unsigned fiber_turn(const struct fiber *fiber); /* {i}; 0 outside of a repeat */

enum step_result step_send(struct fiber *fiber, const struct step_send *step);
enum step_result step_stimulate(struct fiber *fiber, const struct step_stimulate *step);
enum step_result step_expect(struct fiber *fiber, const struct step_expect *step);
enum step_result step_check(struct fiber *fiber, const struct step_expect *step);
enum step_result step_close(struct fiber *fiber, const struct step_close *step);
enum step_result step_connect(struct fiber *fiber, const struct step_connect *step);
enum step_result step_actor_send(struct fiber *fiber, const struct step_actor_send *step);
enum step_result step_actor_close(struct fiber *fiber, const struct step_actor_close *step);
/* Waits for two OPTIONS round trips of the UA, in phases from, from + 1, ... Returns STEP_GOES_ON when both
 * are done. */
enum step_result step_round_trip(struct fiber *fiber, unsigned from, const char *what);

/* expect.c, shared with check.c */
void expectation_free(struct expectation *expectation);
void expectation_rescan(struct world *world);
void expect_take(struct fiber *fiber, const struct scenario_alternative *alternative, struct event *event);
bool expect_holds_state(struct fiber *fiber, const struct scenario_alternative *alternative);

/* warm.c */
void warm_start(struct fiber *fiber, struct wire *wire);
void warm_stop(struct fiber *fiber);

/* barrier.c */
enum barrier_state { BARRIER_RUNNING, BARRIER_ANSWERED, BARRIER_BROKEN };
struct barrier *barrier_new(struct fiber *fiber, const char *method);
enum barrier_state barrier_poll(struct barrier *barrier);
void barrier_free(struct barrier *barrier);

/* actor.c */
void actor_start_all(struct fiber *fiber);
struct actor *actor_named(const struct world *world, const char *name);
void actor_free_all(struct world *world);

#endif
