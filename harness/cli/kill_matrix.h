/* The kill matrix: every seeded fault of the reference device against every scenario. Judging is apart from
 * running. */
#ifndef CLI_KILL_MATRIX_H
#define CLI_KILL_MATRIX_H

#include "cli/cli.h"
#include "loop/loop.h"
#include "reference/reference.h"
#include "reports/reports.h"

struct kill_finding {
    char *scenario, *variant, *requirement;
    /* Of a row that only tells: what differs (an observation, "verdict" or "exercised"), with the fault and
     * without it; with and without NULL: was not observed. name NULL: a failure. */
    char *name, *with, *without;
};
struct kill_findings {
    struct kill_finding *items;
    size_t count;
};
/* false: out of memory. */
bool kill_findings_add(struct kill_findings *findings, const char *scenario, const char *variant,
                       const char *requirement);
/* The same scenario, requirement and difference: a line of the matrix for all its variants. */
bool kill_finding_is_like(const struct kill_finding *a, const struct kill_finding *b);

/* What one variant of a scenario about a row that only tells came to in one run. */
struct kill_fact {
    char *name, *value; /* an observation's last value; besides "verdict" and "exercised" */
};
struct kill_sight {
    const char *profile; /* that it ran on */
    char *scenario, *variant;
    const char **requirements; /* that only tell, and that its result names */
    size_t requirement_count;
    struct kill_fact *facts;
    size_t fact_count;
};
struct kill_sights {
    struct kill_sight *items;
    size_t count;
};
/* What one fault came to; fault NULL: the fault-free device of a profile, whose killed_by stays empty. */
struct kill_result {
    const struct reference_fault *fault;
    const char *profile;
    const char **requirements; /* that name the fault */
    size_t requirement_count;
    const char **telling; /* of them those of level MAY and obs; fault-free: all such that name any fault */
    size_t telling_count;
    struct kill_sights sights; /* of scenarios about those */
    bool *is_tried; /* by requirement: has to turn red, since nothing was left out or a scenario about it
                       applied */
    struct kill_findings killed_by;
    struct kill_findings unexpected; /* fault-free: everything that is not green */
    char **failing; /* "id:variant" of every failure, without its versions, and "id:variant name=value" of
                       what differs; sorted, each once */
    size_t failing_count, variant_count;
    char *trouble; /* one sentence: it could not be judged */
};
/* Looks up the requirements that name the fault. false: out of memory. */
bool kill_result_init(struct kill_result *result, const struct catalogue *catalogue,
                      const struct reference_fault *fault, const char *profile);
void kill_result_fini(struct kill_result *result);
/* Adds what a run on that profile says. A second run (the slow scenarios) adds to the first. */
void kill_result_judge(struct kill_result *result, const struct report *report, const char *profile);
/* The same for a run that repeats a fault-free one: its variants are not counted again. */
void kill_result_judge_again(struct kill_result *result, const struct report *report, const char *profile);
void kill_result_trouble(struct kill_result *result, const char *text); /* the first one stays */
bool kill_result_only_tells(const struct kill_result *result, const char *requirement);
/* Adds "id:variant", or "id:variant detail", to what fails. */
void kill_result_add_failing(struct kill_result *result, const char *scenario, const char *variant,
                             const char *detail);
bool kill_result_has_killed(const struct kill_result *result, const char *requirement);
/* A requirement names the fault, was tried, and neither turned red nor told a difference. */
bool kill_result_has_missed(const struct kill_result *result, size_t requirement);
/* Every requirement that was tried has seen the fault and no other one is unexpectedly red; fault-free:
 * green. */
bool kill_result_is_good(const struct kill_result *result);
bool kill_result_is_same(const struct kill_result *a,
                         const struct kill_result *b); /* two faults that cannot be told apart */

struct kill_matrix {
    struct kill_result *results; /* faults, then the profiles without any */
    size_t count;
    size_t run_count; /* of this program, and the time that they took together */
    uint64_t elapsed_ms;
};
/* Nothing turns red on rows that only tell: there a fault is killed when a variant of a scenario about the
 * row shows something else than the same variant without the fault, on the same profile. What is compared:
 * the last value of each observation, "verdict" and "exercised".
 *   - It counts only against what all fault-free runs of the variant agree on, KILL_AGREEING_MIN at least:
 *     what varies by itself (a number, a time) tells nothing. Hence KILL_REPEATS more fault-free runs.
 *   - pass and not-applicable alone are compared. A failure is judged as every failure is, by the requirement
 *     that it names; inconclusive and error show nothing.
 * Once all runs have been judged. */
enum { KILL_AGREEING_MIN = 2, KILL_REPEATS = 2 };
void kill_matrix_compare(struct kill_matrix *matrix);
void kill_sights_fini(struct kill_sights *sights);
/* Keeps what a scenario of a report shows, when it is about such a row and is to be compared. */
void kill_result_note(struct kill_result *result, const struct report *report, size_t scenario,
                      const char *profile);

/* The faults that cannot be told apart from that of a result, itself first: the same scenario variants fail
 * for all of them. 0 unless it is the first of at least two. names holds matrix->count. */
size_t kill_matrix_group(const struct kill_matrix *matrix, size_t first, const char **names);

/* The profiles that faults are at home on, and what applies to them. */
enum { KILL_PROFILES_MAX = 8 };
struct kill_scope {
    struct catalogue *catalogue;
    struct device_profile *profiles[KILL_PROFILES_MAX];
    const char *names[KILL_PROFILES_MAX];
    size_t count;
};
int kill_scope_init(struct kill_scope *scope, const struct cli_paths *paths,
                    struct catalogue *catalogue); /* exit status */
void kill_scope_fini(struct kill_scope *scope);
/* Some scenario about the requirement would run on that profile. */
bool kill_scope_applies(const struct kill_scope *scope, size_t profile, const char *requirement);
/* Requirements of a fault that apply to this profile, and not to the one it is at home on; out holds
 * requirement_count. */
size_t kill_scope_elsewhere(const struct kill_scope *scope, const struct kill_result *result, size_t profile,
                            const char **out);
/* Rows that only tell, name a fault of the matrix and apply to this profile for it: what has to be repeated
 * there without a fault. out holds the catalogue's requirement_count. */
size_t kill_scope_telling(const struct kill_scope *scope, const struct kill_matrix *matrix, const char *name,
                          const char **out);
/* Requirements whose slow scenarios a row of the matrix is tried on: those that its fault breaks, or, without
 * a fault, any fault of the profile. out holds the catalogue's requirement_count. */
size_t kill_scope_broken(const struct kill_scope *scope, const struct kill_matrix *matrix,
                         const struct kill_result *result, const char **out);
/* The scenario is about one of them; a soak is about everything, and is not meant. */
bool kill_scope_is_about(const struct scenario *scenario, const char *const *ids, size_t count);

/* What runs over TCP or TLS runs over SCTP or TLS over SCTP too, and a fault breaks both alike: a fault runs
 * without the latter, so that the matrix takes minutes, but for those of its requirements that are about SCTP
 * alone. out holds requirement_count. */
size_t kill_scope_over_sctp(const struct kill_scope *scope, const struct kill_result *result,
                            const char **out);

/* The process that starts the runs, so that each finds the catalogue loaded. Made while there is no loop yet;
 * what it is given has to stay as it is. */
struct kill_starting {
    struct catalogue *catalogue;
    const struct janitor *janitor; /* is told of each run */
    size_t count;                  /* of runs */
    const char *const *(*argv_of)(size_t run,
                                  void *arg);  /* of 'sipreuse run', from "run" on; NULL-terminated */
    char *(*output_of)(size_t run, void *arg); /* file for what it prints; heap, NULL: out of memory */
    void *arg;
};
struct kill_starter;
struct kill_starter *kill_starter_new(const struct kill_starting *wish); /* NULL: errno */
/* A run is over: error is an errno, it could not be started; else status is that of waitpid. KILL_ALL_RUNS:
 * the starter itself is gone, and with it all that went on. */
#define KILL_ALL_RUNS SIZE_MAX
typedef void (*kill_ended_cb)(size_t run, int error, int status, void *arg);
bool kill_starter_attach(struct kill_starter *starter, struct loop *loop, kill_ended_cb on_ended,
                         void *arg);                               /* false: out of resources */
bool kill_starter_start(struct kill_starter *starter, size_t run); /* false: it is gone */
void kill_starter_stop_all(struct kill_starter *starter); /* SIGTERM; each is reported when it has ended */
void kill_starter_free(struct kill_starter *starter);     /* kills what still runs; before its loop */

/* What was asked for on the command line. */
struct kill_wish {
    const char *fault, *sandbox, *timeout_scale, *out, *page; /* NULL: not given */
    const char **selectors;
    size_t selector_count;
    uint64_t jobs; /* 0: four for each processor */
    bool is_json, is_all_transports, is_all_variants;
};
/* A row for each fault that was wished for, then one for each profile without a fault. false: reported. */
bool kill_matrix_make_rows(struct kill_matrix *matrix, const struct kill_scope *scope,
                           const struct kill_wish *wish);

/* One run of this program. Slow scenarios only wait: four runs of them weigh as much as one that works. */
enum { KILL_WEIGHT_WAITING = 1, KILL_WEIGHT_WORKING = 4 };
struct kill_job {
    struct kill_result *result; /* what it adds to */
    const char *profile;        /* that it runs on */
    bool is_repeat;             /* of a fault-free run */
    const char **argv;          /* NULL-terminated; the words belong to others, out_dir excepted */
    char *out_dir;
    unsigned weight;
    bool is_started, is_running;
};
struct kill_jobs {
    struct kill_job *items;
    size_t count;
};
/* The runs of all rows, in the order in which they are to begin. false: out of memory. */
bool kill_jobs_make(struct kill_jobs *jobs, struct kill_matrix *matrix, const struct kill_wish *wish,
                    const struct kill_scope *scope, const char *folder);
void kill_jobs_fini(struct kill_jobs *jobs);

/* Runs all and prints the matrix; the runs write into folders below folder, and are killed by the janitor
 * when this process is. The exit status. */
int kill_matrix_run(const struct kill_wish *wish, const struct kill_scope *scope, const char *folder,
                    const struct janitor *janitor);
/* Prints; the exit status. */
int kill_matrix_put_json(const struct kill_matrix *matrix);
int kill_matrix_put_text(const struct kill_matrix *matrix);
/* Markdown that stands alone; is_partial: not all faults and scenarios were asked for. false: errno. */
bool kill_matrix_write_page(const struct kill_matrix *matrix, bool is_partial, const char *path);

#endif
