/* The runs of a kill matrix: which there are, and how they go on side by side. */
#include "cli/kill_matrix.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
    struct loop_process *process;
    char last_line[512];
    size_t last_line_size;
    bool is_started, is_done;
};
struct kill_run {
    struct loop *loop;
    const struct janitor *janitor;
    struct kill_matrix matrix;
    struct kill_job *jobs;
    size_t job_count, done;
    unsigned room; /* weight that may still be started */
    bool is_json, is_live, is_interrupted;
    uint64_t start_ms, shown_ms; /* shown_ms: of the last line of progress */
};
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
        running += run->jobs[i].process != NULL;
    fprintf(out, "%skill matrix: %zu of %zu runs done, %zu running, %llu s%s", run->is_live ? "\r\x1b[K" : "",
            run->done, run->job_count, running, (unsigned long long)elapsed_s, run->is_live ? "" : "\n");
    fflush(out);
}

static void on_tick(struct loop_timer *timer, void *arg)
{
    kill_show(arg);
    loop_timer_start(timer, LINE_MS);
}

static void job_on_output(struct loop_process *process, const char *bytes, size_t size_bytes, void *arg)
{
    struct kill_job *job = arg;
    (void)process;
    for (size_t i = 0; i < size_bytes; i++) {
        if (job->last_line_size && job->last_line[job->last_line_size - 1] == '\n')
            job->last_line_size = 0;
        if (job->last_line_size + 1 < sizeof job->last_line)
            job->last_line[job->last_line_size++] = bytes[i];
    }
}

static void job_judge(struct kill_job *job, int exit_status, int term_signal)
{
    char error[512] = "", text[1024];
    char *journal = cli_path_join(job->out_dir, "events.jsonl");
    struct report *report = access(journal, R_OK) == 0 ? report_load_own(journal, error, sizeof error) : NULL;
    if (job->last_line_size && job->last_line[job->last_line_size - 1] == '\n')
        job->last_line_size--;
    if (report) {
        kill_result_judge(job->result, report);
    } else {
        snprintf(text, sizeof text, "The run ended with status %d, signal %d: %.*s", exit_status, term_signal,
                 (int)job->last_line_size, job->last_line);
        kill_result_trouble(job->result, error[0] ? error : text);
    }
    report_free(report);
    free(journal);
}

static void kill_start_more(struct kill_run *run);

static void job_on_exit(struct loop_process *process, int exit_status, int term_signal, void *arg)
{
    struct kill_job *job = arg;
    struct kill_run *run = job->run;
    janitor_release(run->janitor, loop_process_pid(process));
    loop_process_free(process);
    job->process = NULL;
    job->is_done = true;
    run->done++;
    run->room += job->weight;
    if (!run->is_interrupted)
        job_judge(job, exit_status, term_signal);
    kill_show(run);
    kill_start_more(run);
}

static void job_start(struct kill_job *job)
{
    int error = 0;
    const struct loop_process_options process = {
        .argv = job->argv, .on_output = job_on_output, .on_exit = job_on_exit, .arg = job};
    job->is_started = true;
    job->process = loop_process_spawn(job->run->loop, &process, &error);
    if (job->process) {
        janitor_adopt(job->run->janitor, loop_process_pid(job->process));
        job->run->room -= job->weight;
        return;
    }
    kill_result_trouble(job->result, strerror(error));
    job->is_done = true;
    job->run->done++;
}

static void kill_start_more(struct kill_run *run)
{
    for (size_t i = 0; i < run->job_count && !run->is_interrupted; i++)
        if (!run->jobs[i].is_started && run->jobs[i].weight <= run->room)
            job_start(&run->jobs[i]);
    bool is_running = false, is_waiting = false;
    for (size_t i = 0; i < run->job_count; i++) {
        is_running |= run->jobs[i].process != NULL;
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
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].process)
            loop_process_kill(run->jobs[i].process, SIGTERM);
    kill_start_more(run);
}

/* ---- which runs there are ---- */

struct kill_place { /* what all runs have in common */
    const struct kill_wish *wish;
    const struct kill_scope *scope;
    const char *program, *folder;
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
    loop_process_free(job->process);
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
    const char *const pairs[][2] = {{place->program, "run"},
                                    {"--device", part->profile},
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

/* Slow runs go first: they are the longest, and cost the least. Selectors are the user's own choice of what
 * is run. */
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
    for (size_t i = 0; is_good && i < run->matrix.count; i++) {
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

int kill_matrix_run(const struct kill_wish *wish, const struct kill_scope *scope, const char *folder,
                    const struct janitor *janitor)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct kill_run run = {
        .janitor = janitor, .is_json = wish->is_json, .is_live = !wish->is_json && cli_is_live()};
    run.room = WEIGHT_WORKING * (wish->jobs       ? (unsigned)wish->jobs
                                 : processors > 0 ? RUNS_PER_PROCESSOR * (unsigned)processors
                                                  : RUNS_PER_PROCESSOR);
    int status = CLI_USAGE;
    char *program = cli_program_path();
    if (!kill_make_rows(&run.matrix, scope, wish))
        goto out;
    status = CLI_IMPOSSIBLE;
    run.loop = loop_new();
    if (!program || !run.loop ||
        !kill_make_jobs(&run, &(const struct kill_place){wish, scope, program, folder})) {
        cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
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
    kill_run_fini(&run);
    loop_free(run.loop);
    free(program);
    return status;
}
