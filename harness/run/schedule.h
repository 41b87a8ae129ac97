/* A run and its jobs: which variant is executed when, on which instance of the device, and what is written
 * about the run. */
#ifndef RUN_SCHEDULE_H
#define RUN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "certs/certs.h"
#include "dns/dns.h"
#include "loop/loop.h"
#include "net/net.h"
#include "run/run.h"
#include "run/verdict.h"

/* ---- plan.c */
/* Names of the hosts of a variant: its own, those of actors, "ua", "barrier"; each once. Returns how many, at
 * most max. */
size_t plan_hosts(const struct scenario_variant *variant, const char **names, size_t max);
/* Why the profile rules the variant out: heap, one sentence; NULL: it does not. */
char *plan_profile_reason(const struct device_profile *profile, const struct scenario_variant *variant);
/* ---- plan_ports.c: the variant speaks of ports as such (the default ones, or literal ones), so that hosts
 * of its own on ports that the run chooses cannot carry it. */
bool plan_needs_default_ports(const struct scenario_variant *variant);

/* ---- the run */
struct world;
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_FINISHED /* control open */, JOB_RESOLVED };
struct job {
    const struct run_plan_entry *entry;
    const struct scenario_variant *variant;
    unsigned round; /* of --repeat, from 0 */
    unsigned soaks; /* rounds of a soak that it has passed */
    enum job_state state;
    bool is_suspect; /* in flight when the device crashed or hung */
    bool is_alone;   /* exclusive, or a suspect in flight when it crashed again */
    unsigned kills;  /* how often the device crashed or hung while it ran alone */
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

/* ---- facts.c: what certificates say that came over connections */
enum { FACTS_ROWS = 64, FACTS_KEPT_BYTES = 8192 };
struct facts_row {
    uint8_t *der; /* NULL: the row is empty */
    size_t size_bytes;
    struct certs_facts facts;
};
struct run;
/* Good until the next call; NULL: these bytes are no certificate. */
const struct certs_facts *facts_of(struct run *run, const uint8_t *der, size_t size_bytes);
void facts_fini(struct run *run);

enum run_stage { STAGE_IDLE, STAGE_STARTING, STAGE_RUNNING, STAGE_STOPPING, STAGE_OVER };
struct run {
    const struct run_options *options;
    struct loop *loop;
    struct net *net;
    struct dns_server *dns;
    struct certs_authority *authority;
    struct facts_row facts[FACTS_ROWS];
    struct journal *journal;
    uint64_t start_ns;
    char label[8];
    unsigned long worlds_made;
    char *domains[DEVICE_DOMAINS_MAX]; /* of the device, {run} replaced */
    struct certs_minted domain_certificates[DEVICE_DOMAINS_MAX];
    size_t domain_count;
    bool has_ip4, has_ip6;
    int log_fd, keylog_fd;
    struct capture *capture; /* NULL: none, or over */
    struct loop_poll *capture_poll;
    /* device */
    struct dns_zone *number_zone; /* NULL: no number was asked for */
    unsigned numbers;
    struct device *device;
    struct stimulator *stimulator; /* NULL: its kind of stimulus needs none */
    struct registrar *registrar;   /* likewise */
    struct remote_check *check;    /* across a network: before the first instance */
    struct net_credential *client; /* shown by the UA over TLS; NULL: none */
    char *trust_pem;               /* what peers of ours trust in the device; NULL: the authority's root */
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
    bool has_hung;    /* likewise */
    bool is_asking;   /* whether it answers still */
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
    struct loop_timer *tick, *progress_timer, *hang_timer;
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
/* A line that the device, or a program that makes it send, has written. */
void instance_take_output(struct run *run, const char *line);
void instance_report_hang(struct run *run);

/* hang.c: does it answer anybody? */
void hang_ask(struct run *run);
void hang_forget(struct run *run); /* with the instance */
void hang_fini(struct run *run);

/* ---- remote.c: a device that is there already */
bool remote_prepare(struct run *run); /* authority and what the user brought; its failure is the run's */
bool remote_start(struct run *run);   /* the first time with the check; is_ready, or the run fails */
void remote_query(struct run *run, const struct dns_query *query);
void remote_fini(struct run *run);

/* ---- schedule.c */
bool schedule_make(struct run *run);
void schedule_tick(struct run *run);
void schedule_fini(struct run *run);
void schedule_report_progress(struct run *run);
/* ---- job.c */
void job_name_zone(struct run *run, struct job *job); /* before each execution */
void job_start(struct run *run, struct job *job);
/* Finishes the jobs whose worlds are over. True: some are over, but the news of a crash or a hang may still
 * come. */
bool job_reap_all(struct run *run);
/* The device is gone: what was in flight had no fair try. Returns how many jobs that were. */
size_t job_abort_all(struct run *run, bool has_hung);
void job_forget_revoked(struct job *job);
void job_fini(struct run *run, struct job *job);
/* settle.c: controls */
void settle_jobs(struct run *run, bool is_last);

/* ---- capture_run.c: pcap/run.pcap */
void capture_run_begin(struct run *run);
void capture_run_end(struct run *run); /* nothing when none was begun */

/* ---- journal_run.c: what is written about the run */
void journal_run_head(struct run *run);
void journal_run_plan(struct run *run);
void journal_run_end(struct run *run, bool is_complete, const char *outcome);
/* "device", "device-output", "crash", "hang"; state may be NULL. */
void journal_run_text(struct run *run, const char *event, const char *state, const char *text);
void journal_run_verdict(struct run *run, const struct job *job);
void journal_run_retry(struct run *run, const struct job *job); /* with the outcome that is given up */
/* plan_stimulus.c: why the device cannot be made to do what the variant asks of it; heap, NULL: it can be. */
char *plan_stimulus_reason(const struct device_profile *profile, const struct scenario_variant *variant);
void versions_write(struct journal *journal); /* versions.c: member "libraries" */

#endif
