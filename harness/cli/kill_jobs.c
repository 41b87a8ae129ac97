/* The runs of a kill matrix: which there are, and how they go on side by side. */
#include "cli/kill_matrix.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/loop.h"

/* Runs mostly wait, so several share a processor; slow ones do nothing else: four of them weigh as much as
 * one that works. */
enum { RUNS_PER_PROCESSOR = 4, WEIGHT_WORKING = 4, WEIGHT_WAITING = 1, JOB_WORDS_MAX = 24, LINE_MS = 1000 };

struct kill_run;
struct kill_job {
    struct kill_run *run;
    struct kill_result *result;
    const char **argv; /* NULL-terminated; the words belong to others, out_dir excepted */
    char *out_dir;
    unsigned weight;
    bool is_started, is_running;
};
struct kill_run {
    struct loop *loop;
    struct kill_starter *starter;
    struct kill_matrix matrix;
    struct kill_job *jobs;
    size_t job_count, done;
    unsigned room; /* weight that may still be started */
    bool is_json, is_live, is_interrupted;
    uint64_t start_ms, shown_ms; /* shown_ms: of the last line of progress */
};

static const char *const *job_argv(size_t index, void *arg)
{
    const struct kill_run *run = arg;
    return run->jobs[index].argv;
}

static char *job_output_path(const struct kill_job *job)
{
    char *path = NULL;
    return asprintf(&path, "%s.txt", job->out_dir) < 0 ? NULL : path;
}

static char *job_output(size_t index, void *arg)
{
    const struct kill_run *run = arg;
    return job_output_path(&run->jobs[index]);
}

/* On a terminal one line, drawn again; elsewhere a line a second at most. The last one is always shown. */
static void kill_show(struct kill_run *run)
{
    FILE *out = run->is_json ? stderr : stdout;
    uint64_t now_ms = loop_now_ms(run->loop), elapsed_s = (now_ms - run->start_ms) / 1000;
    bool is_last = run->done == run->job_count;
    if (!run->is_live && !is_last && run->shown_ms && now_ms < run->shown_ms + LINE_MS)
        return;
    run->shown_ms = now_ms;
    size_t running = 0;
    for (size_t i = 0; i < run->job_count; i++)
        running += run->jobs[i].is_running;
    fprintf(out, "%skill matrix: %zu of %zu runs done, %zu running, %llu s%s", run->is_live ? "\r\x1b[K" : "",
            run->done, run->job_count, running, (unsigned long long)elapsed_s, run->is_live ? "" : "\n");
    fflush(out);
}

static void on_tick(struct loop_timer *timer, void *arg)
{
    kill_show(arg);
    loop_timer_start(timer, LINE_MS);
}

/* What a run said last, for one that left no journal. */
static void job_last_line(const struct kill_job *job, char *out, size_t size_bytes)
{
    char *path = job_output_path(job), *line = NULL;
    FILE *file = path ? fopen(path, "re") : NULL;
    size_t capacity = 0;
    ssize_t length;
    out[0] = '\0';
    while (file && (length = getline(&line, &capacity, file)) > 0)
        snprintf(out, size_bytes, "%.*s", (int)(line[length - 1] == '\n' ? length - 1 : length), line);
    if (file)
        fclose(file);
    free(line);
    free(path);
}

static void job_judge(struct kill_job *job, int exit_status, int term_signal)
{
    char error[512] = "", said[512], text[1024];
    char *journal = cli_path_join(job->out_dir, "events.jsonl");
    struct report *report = access(journal, R_OK) == 0 ? report_load_own(journal, error, sizeof error) : NULL;
    if (report) {
        kill_result_judge(job->result, report);
    } else {
        job_last_line(job, said, sizeof said);
        snprintf(text, sizeof text, "The run ended with status %d, signal %d: %s", exit_status, term_signal,
                 said);
        kill_result_trouble(job->result, error[0] ? error : text);
    }
    report_free(report);
    free(journal);
}

static void job_end(struct kill_job *job)
{
    job->is_running = false;
    job->run->done++;
    job->run->room += job->weight;
}

static void kill_start_more(struct kill_run *run);

/* Nothing will start or end any more. */
static void kill_give_up(struct kill_run *run)
{
    for (size_t i = 0; i < run->job_count; i++) {
        struct kill_job *job = &run->jobs[i];
        if (job->is_started && !job->is_running)
            continue;
        kill_result_trouble(job->result, "The process that starts the runs has ended.");
        if (job->is_running)
            job_end(job);
        else
            run->done++;
        job->is_started = true;
    }
}

static void on_ended(size_t index, int error, int status, void *arg)
{
    struct kill_run *run = arg;
    if (index == KILL_ALL_RUNS) {
        kill_give_up(run);
    } else {
        struct kill_job *job = &run->jobs[index];
        job_end(job);
        if (error)
            kill_result_trouble(job->result, strerror(error));
        else if (!run->is_interrupted)
            job_judge(job, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    kill_show(run);
    kill_start_more(run);
}

static void job_start(struct kill_job *job)
{
    struct kill_run *run = job->run;
    job->is_started = job->is_running = true;
    run->room -= job->weight;
    kill_starter_start(run->starter, (size_t)(job - run->jobs)); /* if it is gone, that is on its way */
}

static void kill_start_more(struct kill_run *run)
{
    for (size_t i = 0; i < run->job_count && !run->is_interrupted; i++)
        if (!run->jobs[i].is_started && run->jobs[i].weight <= run->room)
            job_start(&run->jobs[i]);
    bool is_running = false, is_waiting = false;
    for (size_t i = 0; i < run->job_count; i++) {
        is_running |= run->jobs[i].is_running;
        is_waiting |= !run->jobs[i].is_started;
    }
    if (!is_running && (!is_waiting || run->is_interrupted))
        loop_stop(run->loop);
}

static void on_signal(struct loop_signal *signal, int signum, void *arg)
{
    struct kill_run *run = arg;
    (void)signal;
    (void)signum;
    run->is_interrupted = true;
    kill_starter_stop_all(run->starter);
    kill_start_more(run);
}

/* ---- which runs there are ---- */

struct kill_place { /* what all runs have in common */
    const struct kill_wish *wish;
    const struct kill_scope *scope;
    const char *folder;
};

/* One run: of a fault's own scenarios the usual sample of variants, of the others one of each kind; the
 * scenarios of a suite, or those that words name. */
struct kill_part {
    const char *profile, *suffix; /* suffix: of its folder's name */
    const char *suite;            /* NULL: words alone say */
    const char *const *words;
    size_t word_count;
    unsigned weight;
};

static void job_fini(struct kill_job *job)
{
    free(job->argv);
    free(job->out_dir);
    *job = (struct kill_job){0};
}

static bool kill_add_job(struct kill_run *run, struct kill_result *result, const struct kill_place *place,
                         const struct kill_part *part)
{
    struct kill_job *job = &run->jobs[run->job_count++];
    size_t count = 0;
    *job = (struct kill_job){.run = run, .result = result, .weight = part->weight};
    job->argv = calloc(JOB_WORDS_MAX + part->word_count + 2 * result->requirement_count, sizeof *job->argv);
    if (!job->argv ||
        asprintf(&job->out_dir, "%s/%s%s%s%s", place->folder, part->profile, result->fault ? "." : "",
                 result->fault ? result->fault->name : "", part->suffix) < 0)
        return false;
    job->argv[count++] = "run";
    const char *const pairs[][2] = {{"--device", part->profile},
                                    {"--out", job->out_dir},
                                    {"--device-fault", result->fault ? result->fault->name : NULL},
                                    {"--sandbox", place->wish->sandbox},
                                    {"--timeout-scale", place->wish->timeout_scale},
                                    {"--suite", part->suite}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (size_t k = 0; pairs[i][1] && k < 2; k++)
            job->argv[count++] = pairs[i][k];
    job->argv[count++] = "--no-pcap";
    job->argv[count++] = "--no-reports";
    for (size_t i = 0; result->fault && !place->wish->is_all_variants && i < result->requirement_count; i++) {
        job->argv[count++] = "--whole";
        job->argv[count++] = result->requirements[i];
    }
    for (size_t i = 0; i < part->word_count; i++)
        job->argv[count++] = part->words[i];
    return true;
}

/* Those that wait all at once; those that want the device to themselves one after another, in a run of their
 * own. */
static bool kill_add_slow(struct kill_run *run, struct kill_result *result, const struct kill_place *place,
                          bool is_exclusive)
{
    const struct catalogue *catalogue = place->scope->catalogue;
    const char **ids = calloc(catalogue->scenario_count + 1, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; ids && i < catalogue->scenario_count; i++)
        if (catalogue->scenarios[i]->is_exclusive == is_exclusive &&
            kill_scope_wants_slow(&run->matrix, result, catalogue->scenarios[i]))
            ids[count++] = catalogue->scenarios[i]->id;
    const struct kill_part part = {result->profile,
                                   is_exclusive ? ".alone" : ".slow",
                                   is_exclusive ? "conformance-alone" : "conformance-slow",
                                   ids,
                                   count,
                                   WEIGHT_WAITING};
    bool is_good = ids && (count == 0 || kill_add_job(run, result, place, &part));
    free(ids);
    return is_good;
}

static bool kill_add_elsewhere(struct kill_run *run, struct kill_result *result,
                               const struct kill_place *place)
{
    const char **ids = calloc(result->requirement_count + 1, sizeof *ids);
    bool is_good = ids != NULL;
    for (size_t i = 0; is_good && i < place->scope->count; i++) {
        size_t count = kill_scope_elsewhere(place->scope, result, i, ids);
        const struct kill_part part = {place->scope->names[i], ".elsewhere", NULL, ids, count,
                                       WEIGHT_WORKING};
        is_good = count == 0 || kill_add_job(run, result, place, &part);
    }
    free(ids);
    return is_good;
}

static bool kill_add_tls_sctp(struct kill_run *run, struct kill_result *result,
                              const struct kill_place *place)
{
    const char **words = calloc(result->requirement_count + 3, sizeof *words);
    size_t count = words ? kill_scope_over_tls_sctp(place->scope, result, words + 2) : 0;
    bool is_good = words != NULL;
    if (count > 0) {
        words[0] = "--transport";
        words[1] = "tls-sctp";
        const struct kill_part part = {result->profile, ".tls-sctp", NULL, words, count + 2, WEIGHT_WORKING};
        is_good = kill_add_job(run, result, place, &part);
    }
    free(words);
    return is_good;
}

/* Slow runs go first: they are the longest, and cost the least. Then, from the last row on, those without a
 * fault, which are twice as long as others: at the end no processor waits for another. Selectors are the
 * user's own choice of what is run. */
static bool kill_make_jobs(struct kill_run *run, const struct kill_place *place)
{
    static const char *const without_tls_sctp[] = {"--transport", "tcp,tls,sctp"};
    const struct kill_wish *wish = place->wish;
    bool is_good = true, is_whole = wish->selector_count == 0;
    run->jobs = calloc(run->matrix.count * (4 + KILL_PROFILES_MAX) + 1, sizeof *run->jobs);
    if (!run->jobs)
        return false;
    for (size_t i = 0; is_whole && is_good && i < run->matrix.count; i++)
        is_good = kill_add_slow(run, &run->matrix.results[i], place, false) &&
                  kill_add_slow(run, &run->matrix.results[i], place, true);
    for (size_t i = run->matrix.count; is_good && i-- > 0;) {
        struct kill_result *result = &run->matrix.results[i];
        struct kill_part part = {
            result->profile, "", is_whole ? "conformance" : NULL, wish->selectors, wish->selector_count,
            WEIGHT_WORKING};
        if (is_whole && !wish->is_all_transports) {
            part.words = without_tls_sctp;
            part.word_count = sizeof without_tls_sctp / sizeof without_tls_sctp[0];
        }
        is_good = kill_add_job(run, result, place, &part) &&
                  (!is_whole || (kill_add_elsewhere(run, result, place) &&
                                 (wish->is_all_transports || kill_add_tls_sctp(run, result, place))));
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
        is_used = strcmp(result->profile, scope->names[profile]) == 0 ||
                  (ids && kill_scope_elsewhere(scope, result, profile, ids) > 0);
        free(ids);
    }
    return is_used;
}

/* A row for each fault that was wished for, then one for each profile without a fault. false: reported. */
static bool kill_make_rows(struct kill_matrix *matrix, const struct kill_scope *scope,
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

static void kill_run_fini(struct kill_run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        job_fini(&run->jobs[i]);
    free(run->jobs);
    for (size_t i = 0; i < run->matrix.count; i++)
        kill_result_fini(&run->matrix.results[i]);
    free(run->matrix.results);
}

static void kill_run_loop(struct kill_run *run)
{
    struct loop_signal *interrupt = loop_signal_new(run->loop, SIGINT, on_signal, run);
    struct loop_signal *terminate = loop_signal_new(run->loop, SIGTERM, on_signal, run);
    struct loop_timer *tick = run->is_live ? loop_timer_new(run->loop, on_tick, run) : NULL;
    run->start_ms = loop_now_ms(run->loop);
    kill_start_more(run);
    kill_show(run);
    if (tick)
        loop_timer_start(tick, LINE_MS);
    if (run->done < run->job_count)
        loop_run(run->loop);
    if (run->is_live)
        fputs("\r\x1b[K", stdout);
    loop_timer_free(tick);
    loop_signal_free(interrupt);
    loop_signal_free(terminate);
}

/* The loop comes after the starter: see there. */
static bool kill_run_open(struct kill_run *run, const struct kill_scope *scope, const struct janitor *janitor)
{
    const struct kill_starting starting = {.catalogue = scope->catalogue,
                                           .janitor = janitor,
                                           .count = run->job_count,
                                           .argv_of = job_argv,
                                           .output_of = job_output,
                                           .arg = run};
    run->starter = kill_starter_new(&starting);
    run->loop = run->starter ? loop_new() : NULL;
    return run->loop && kill_starter_attach(run->starter, run->loop, on_ended, run);
}

int kill_matrix_run(const struct kill_wish *wish, const struct kill_scope *scope, const char *folder,
                    const struct janitor *janitor)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct kill_run run = {.is_json = wish->is_json, .is_live = !wish->is_json && cli_is_live()};
    run.room = WEIGHT_WORKING * (wish->jobs       ? (unsigned)wish->jobs
                                 : processors > 0 ? RUNS_PER_PROCESSOR * (unsigned)processors
                                                  : RUNS_PER_PROCESSOR);
    int status = CLI_USAGE;
    if (!kill_make_rows(&run.matrix, scope, wish))
        goto out;
    status = CLI_IMPOSSIBLE;
    if (!kill_make_jobs(&run, &(const struct kill_place){wish, scope, folder}) ||
        !kill_run_open(&run, scope, janitor)) {
        cli_fail(CLI_IMPOSSIBLE, "out of memory or processes; close something");
        goto out;
    }
    kill_run_loop(&run);
    run.matrix.run_count = run.job_count;
    run.matrix.elapsed_ms = loop_now_ms(run.loop) - run.start_ms;
    if (run.is_interrupted)
        status = cli_fail(CLI_INTERRUPTED, "interrupted: %zu of %zu runs were done; nothing is judged",
                          run.done, run.job_count);
    else
        status = wish->is_json ? kill_matrix_put_json(&run.matrix) : kill_matrix_put_text(&run.matrix);
    if (!run.is_interrupted && wish->page &&
        !kill_matrix_write_page(&run.matrix, wish->fault || wish->selector_count, wish->page))
        status =
            cli_fail(CLI_IMPOSSIBLE, "the report '%s' could not be written: %s", wish->page, strerror(errno));
out:
    kill_starter_free(run.starter);
    loop_free(run.loop);
    kill_run_fini(&run);
    return status;
}
