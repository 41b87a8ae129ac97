/* Which runs a kill matrix is made of: its rows, and for each row the runs that fill it. */
#include "cli/kill_matrix.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_WORDS_MAX = 24 };

struct kill_plan { /* the jobs that there are so far, and what they have in common */
    struct kill_jobs *jobs;
    struct kill_matrix *matrix;
    const struct kill_wish *wish;
    const struct kill_scope *scope;
    const char *folder;
};

/* One run: of a fault's own scenarios the usual sample of variants, of the others one of each kind, as of
 * those that want the device to themselves; the scenarios of a suite, or those that words name. */
struct kill_part {
    const char *profile, *suffix; /* suffix: of its folder's name */
    const char *suite;            /* NULL: words alone say */
    const char *const *words;
    size_t word_count;
    unsigned weight;
    bool is_repeat, is_alone;
};

static size_t put_sample(const char **argv, size_t count, const struct kill_result *result,
                         const struct kill_part *part)
{
    if (part->is_alone)
        argv[count++] = "--thin";
    for (size_t i = 0; !part->is_alone && result->fault && i < result->requirement_count; i++) {
        argv[count++] = "--whole";
        argv[count++] = result->requirements[i];
    }
    return count;
}

static bool kill_add_job(const struct kill_plan *plan, struct kill_result *result,
                         const struct kill_part *part)
{
    size_t count = 0;
    struct kill_job *larger = realloc(plan->jobs->items, (plan->jobs->count + 1) * sizeof *larger);
    if (!larger)
        return false;
    plan->jobs->items = larger;
    struct kill_job *job = &larger[plan->jobs->count++];
    *job = (struct kill_job){
        .result = result, .profile = part->profile, .weight = part->weight, .is_repeat = part->is_repeat};
    job->argv = calloc(JOB_WORDS_MAX + part->word_count + 2 * result->requirement_count, sizeof *job->argv);
    if (!job->argv ||
        asprintf(&job->out_dir, "%s/%s%s%s%s", plan->folder, part->profile, result->fault ? "." : "",
                 result->fault ? result->fault->name : "", part->suffix) < 0)
        return false;
    job->argv[count++] = "run";
    const char *const pairs[][2] = {{"--device", part->profile},
                                    {"--out", job->out_dir},
                                    {"--device-fault", result->fault ? result->fault->name : NULL},
                                    {"--sandbox", plan->wish->sandbox},
                                    {"--timeout-scale", plan->wish->timeout_scale},
                                    {"--suite", part->suite}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (size_t k = 0; pairs[i][1] && k < 2; k++)
            job->argv[count++] = pairs[i][k];
    job->argv[count++] = "--no-pcap";
    job->argv[count++] = "--no-reports";
    if (!plan->wish->is_all_variants)
        count = put_sample(job->argv, count, result, part);
    for (size_t i = 0; i < part->word_count; i++)
        job->argv[count++] = part->words[i];
    return true;
}

/* A scenario that wants the device to itself, in a run of its own: beside each other they take as long as the
 * longest. */
static bool kill_add_alone(const struct kill_plan *plan, struct kill_result *result,
                           const struct scenario *scenario, const char *again)
{
    const char *const ids[] = {scenario->id};
    char *suffix = NULL;
    if (asprintf(&suffix, ".%s%s", scenario->id, again) < 0)
        return false;
    for (char *slash = suffix; (slash = strchr(slash, '/'));)
        *slash = '-';
    const struct kill_part part = {.profile = result->profile,
                                   .suffix = suffix,
                                   .suite = "conformance-alone",
                                   .words = ids,
                                   .word_count = 1,
                                   .weight = KILL_WEIGHT_WAITING,
                                   .is_repeat = again[0] != '\0',
                                   .is_alone = true};
    bool is_good = kill_add_job(plan, result, &part);
    free(suffix);
    return is_good;
}

/* Slow scenarios about some requirements: those that only wait do it all at once. again: suffix of a run that
 * repeats another, or empty. */
static bool kill_add_slow(const struct kill_plan *plan, struct kill_result *result, const char *const *about,
                          size_t about_count, const char *again)
{
    const struct catalogue *catalogue = plan->scope->catalogue;
    const char **ids = calloc(catalogue->scenario_count + 1, sizeof *ids);
    char *suffix = NULL;
    size_t count = 0;
    bool is_good = ids && asprintf(&suffix, ".slow%s", again) >= 0;
    for (size_t i = 0; is_good && i < catalogue->scenario_count; i++) {
        const struct scenario *scenario = catalogue->scenarios[i];
        if (!scenario->is_slow || !kill_scope_is_about(scenario, about, about_count))
            continue;
        if (scenario->is_exclusive)
            is_good = kill_add_alone(plan, result, scenario, again);
        else
            ids[count++] = scenario->id;
    }
    const struct kill_part part = {.profile = result->profile,
                                   .suffix = suffix,
                                   .suite = "conformance-slow",
                                   .words = ids,
                                   .word_count = count,
                                   .weight = KILL_WEIGHT_WAITING,
                                   .is_repeat = again[0] != '\0'};
    is_good = is_good && (count == 0 || kill_add_job(plan, result, &part));
    free(suffix);
    free(ids);
    return is_good;
}

static bool kill_add_elsewhere(const struct kill_plan *plan, struct kill_result *result)
{
    const char **ids = calloc(result->requirement_count + 1, sizeof *ids);
    bool is_good = ids != NULL;
    for (size_t i = 0; is_good && i < plan->scope->count; i++) {
        size_t count = kill_scope_elsewhere(plan->scope, result, i, ids);
        const struct kill_part part = {.profile = plan->scope->names[i],
                                       .suffix = ".elsewhere",
                                       .words = ids,
                                       .word_count = count,
                                       .weight = KILL_WEIGHT_WORKING};
        is_good = count == 0 || kill_add_job(plan, result, &part);
    }
    free(ids);
    return is_good;
}

static bool kill_add_sctp(const struct kill_plan *plan, struct kill_result *result)
{
    const char **words = calloc(result->requirement_count + 3, sizeof *words);
    size_t count = words ? kill_scope_over_sctp(plan->scope, result, words + 2) : 0;
    bool is_good = words != NULL;
    if (count > 0) {
        words[0] = "--transport";
        words[1] = "sctp,tls-sctp";
        const struct kill_part part = {.profile = result->profile,
                                       .suffix = ".sctp",
                                       .words = words,
                                       .word_count = count + 2,
                                       .weight = KILL_WEIGHT_WORKING};
        is_good = kill_add_job(plan, result, &part);
    }
    free(words);
    return is_good;
}

/* The other scenarios about some requirements. */
static bool kill_add_quick(const struct kill_plan *plan, struct kill_result *result, const char *const *about,
                           size_t about_count, const char *again)
{
    const struct catalogue *catalogue = plan->scope->catalogue;
    const char **ids = calloc(catalogue->scenario_count + 1, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; ids && i < catalogue->scenario_count; i++)
        if (!catalogue->scenarios[i]->is_slow &&
            kill_scope_is_about(catalogue->scenarios[i], about, about_count))
            ids[count++] = catalogue->scenarios[i]->id;
    const struct kill_part part = {.profile = result->profile,
                                   .suffix = again,
                                   .suite = "conformance",
                                   .words = ids,
                                   .word_count = count,
                                   .weight = KILL_WEIGHT_WORKING,
                                   .is_repeat = true};
    bool is_good = ids && (count == 0 || kill_add_job(plan, result, &part));
    free(ids);
    return is_good;
}

/* A fault-free device runs what only tells some more times: see kill_matrix_compare(). */
static bool kill_add_repeats(const struct kill_plan *plan, struct kill_result *result)
{
    static const char *const suffixes[KILL_REPEATS] = {".again-1", ".again-2"};
    const struct kill_wish *wish = plan->wish;
    const char **ids = calloc(plan->scope->catalogue->requirement_count + 1, sizeof *ids);
    size_t count =
        ids && !result->fault ? kill_scope_telling(plan->scope, plan->matrix, result->profile, ids) : 0;
    bool is_good = ids != NULL;
    for (size_t i = 0; is_good && count > 0 && i < KILL_REPEATS; i++) {
        const struct kill_part chosen = {.profile = result->profile,
                                         .suffix = suffixes[i],
                                         .words = wish->selectors,
                                         .word_count = wish->selector_count,
                                         .weight = KILL_WEIGHT_WORKING,
                                         .is_repeat = true};
        is_good = wish->selector_count > 0 ? kill_add_job(plan, result, &chosen)
                                           : kill_add_quick(plan, result, ids, count, suffixes[i]) &&
                                                 kill_add_slow(plan, result, ids, count, suffixes[i]);
    }
    free(ids);
    return is_good;
}

/* The slow scenarios that a row needs. */
static bool kill_add_waiting(const struct kill_plan *plan, struct kill_result *result)
{
    const char **ids = calloc(plan->scope->catalogue->requirement_count + 1, sizeof *ids);
    bool is_good = ids && kill_add_slow(plan, result, ids,
                                        kill_scope_broken(plan->scope, plan->matrix, result, ids), "");
    free(ids);
    return is_good;
}

/* Slow runs go first: they are the longest, and cost the least. Then, from the last row on, those without a
 * fault, which are twice as long as others: at the end no processor waits for another. Selectors are the
 * user's own choice of what is run. */
static bool plan_jobs(const struct kill_plan *plan)
{
    /* The device without a fault has to be green over plain SCTP too. */
    static const char *const without_sctp[] = {"--transport", "tcp,tls"};
    static const char *const without_tls_sctp[] = {"--transport", "tcp,tls,sctp"};
    const struct kill_wish *wish = plan->wish;
    bool is_good = true, is_whole = wish->selector_count == 0;
    for (size_t i = 0; is_whole && is_good && i < plan->matrix->count; i++)
        is_good = kill_add_waiting(plan, &plan->matrix->results[i]);
    for (size_t i = 0; is_good && i < plan->matrix->count; i++)
        is_good = kill_add_repeats(plan, &plan->matrix->results[i]);
    for (size_t i = plan->matrix->count; is_good && i-- > 0;) {
        struct kill_result *result = &plan->matrix->results[i];
        struct kill_part part = {.profile = result->profile,
                                 .suffix = "",
                                 .suite = is_whole ? "conformance" : NULL,
                                 .words = wish->selectors,
                                 .word_count = wish->selector_count,
                                 .weight = KILL_WEIGHT_WORKING};
        if (is_whole && !wish->is_all_transports) {
            part.words = result->fault ? without_sctp : without_tls_sctp;
            part.word_count = sizeof without_sctp / sizeof without_sctp[0];
        }
        is_good = kill_add_job(plan, result, &part) &&
                  (!is_whole || (kill_add_elsewhere(plan, result) &&
                                 (wish->is_all_transports || kill_add_sctp(plan, result))));
    }
    return is_good;
}

static bool kill_add_row(struct kill_matrix *matrix, const struct catalogue *catalogue,
                         const struct reference_fault *fault, const char *profile)
{
    return kill_result_init(&matrix->results[matrix->count++], catalogue, fault, profile);
}

/* A profile is run without a fault when a fault that was wished for is at home on it, or has a requirement
 * that applies only there. */
static bool is_profile_used(const struct kill_matrix *faults, const struct kill_scope *scope, size_t profile)
{
    bool is_used = false;
    for (size_t i = 0; i < faults->count && !is_used; i++) {
        const struct kill_result *result = &faults->results[i];
        const char **ids = calloc(result->requirement_count + 1, sizeof *ids);
        is_used = result->fault && (strcmp(result->profile, scope->names[profile]) == 0 ||
                                    (ids && kill_scope_elsewhere(scope, result, profile, ids) > 0));
        free(ids);
    }
    return is_used;
}

bool kill_matrix_make_rows(struct kill_matrix *matrix, const struct kill_scope *scope,
                           const struct kill_wish *wish)
{
    size_t fault_count = 0;
    const struct reference_fault *faults = reference_faults(&fault_count);
    matrix->results = calloc(fault_count + KILL_PROFILES_MAX, sizeof *matrix->results);
    bool is_good = matrix->results != NULL;
    for (size_t i = 0; is_good && i < fault_count; i++)
        if (!wish->fault || fnmatch(wish->fault, faults[i].name, 0) == 0)
            is_good = kill_add_row(matrix, scope->catalogue, &faults[i], faults[i].profile);
    /* In a whole matrix nothing may be left out; with selectors, what was not chosen says nothing. */
    for (size_t i = 0; is_good && wish->selector_count == 0 && i < matrix->count; i++)
        for (size_t k = 0; k < matrix->results[i].requirement_count; k++)
            matrix->results[i].is_tried[k] = true;
    if (is_good && matrix->count == 0) {
        cli_fail(CLI_USAGE, "no fault has a name like '%s'; see 'sipreuse device --list-faults'",
                 wish->fault ? wish->fault : "*");
        return false;
    }
    for (size_t i = 0; is_good && i < scope->count; i++)
        if (is_profile_used(matrix, scope, i))
            is_good = kill_add_row(matrix, scope->catalogue, NULL, scope->names[i]);
    if (!is_good)
        cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    return is_good;
}

bool kill_jobs_make(struct kill_jobs *jobs, struct kill_matrix *matrix, const struct kill_wish *wish,
                    const struct kill_scope *scope, const char *folder)
{
    return plan_jobs(&(const struct kill_plan){jobs, matrix, wish, scope, folder});
}

void kill_jobs_fini(struct kill_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        free(jobs->items[i].argv);
        free(jobs->items[i].out_dir);
    }
    free(jobs->items);
    *jobs = (struct kill_jobs){0};
}
