/* The runs of a kill matrix: which there are, and how they go on side by side. */
#include "cli/kill_matrix.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop.h"

/* A slow run mostly waits: four of them weigh as much as one that works. */
enum { WEIGHT_WORKING = 4, WEIGHT_WAITING = 1, JOB_WORDS_MAX = 24 };

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
    struct kill_matrix matrix;
    struct kill_job *jobs;
    size_t job_count, done;
    unsigned room; /* weight that may still be started */
    bool is_json, is_live, is_interrupted;
    uint64_t start_ms;
};
static void kill_show(struct kill_run *run, const struct kill_job *job)
{
    FILE *out = run->is_json ? stderr : stdout;
    uint64_t elapsed_s = (loop_now_ms(run->loop) - run->start_ms) / 1000;
    size_t running = 0;
    for (size_t i = 0; i < run->job_count; i++)
        running += run->jobs[i].process != NULL;
    if (run->is_live)
        fprintf(out, "\r\x1b[Kkill matrix: %zu of %zu runs done, %zu running, %llu s", run->done,
                run->job_count, running, (unsigned long long)elapsed_s);
    else if (job)
        fprintf(out, "%zu of %zu runs done, %llu s: %s\n", run->done, run->job_count,
                (unsigned long long)elapsed_s,
                job->result->fault ? job->result->fault->name : job->result->profile);
    fflush(out);
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
    struct report *report = access(journal, R_OK) == 0 ? report_load(journal, error, sizeof error) : NULL;
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
    loop_process_free(process);
    job->process = NULL;
    job->is_done = true;
    run->done++;
    run->room += job->weight;
    if (!run->is_interrupted)
        job_judge(job, exit_status, term_signal);
    kill_show(run, job);
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

static bool scenario_names_any(const struct scenario *scenario, const struct kill_result *result)
{
    for (size_t i = 0; i < scenario->variant_count; i++)
        for (size_t k = 0; k < scenario->variants[i].requirements.count; k++)
            for (size_t r = 0; r < result->requirement_count; r++)
                if (strcmp(scenario->variants[i].requirements.items[k], result->requirements[r]) == 0)
                    return true;
    return false;
}

/* A slow scenario is run for a fault that breaks one of its requirements, and fault-free where any fault of
 * the profile is. */
static bool is_slow_wanted(const struct kill_matrix *matrix, const struct kill_result *result,
                           const struct scenario *scenario)
{
    if (!scenario->is_slow)
        return false;
    if (result->fault)
        return scenario_names_any(scenario, result);
    for (size_t i = 0; i < matrix->count; i++)
        if (matrix->results[i].fault && strcmp(matrix->results[i].profile, result->profile) == 0 &&
            scenario_names_any(scenario, &matrix->results[i]))
            return true;
    return false;
}

static bool job_init(struct kill_run *run, struct kill_job *job, struct kill_result *result,
                     const char *program, const char *folder, const struct kill_wish *wish,
                     const struct catalogue *catalogue, bool is_slow)
{
    size_t count = 0, slow = 0,
           room = JOB_WORDS_MAX + wish->selector_count + (is_slow ? catalogue->scenario_count : 0);
    *job =
        (struct kill_job){.run = run, .result = result, .weight = is_slow ? WEIGHT_WAITING : WEIGHT_WORKING};
    job->argv = calloc(room, sizeof *job->argv);
    if (!job->argv ||
        asprintf(&job->out_dir, "%s/%s%s%s%s", folder, result->profile, result->fault ? "." : "",
                 result->fault ? result->fault->name : "", is_slow ? ".slow" : "") < 0)
        return false;
    const char *const head[] = {program, "run", "--device", result->profile, "--out", job->out_dir};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        job->argv[count++] = head[i];
    const char *const pairs[][2] = {{"--device-fault", result->fault ? result->fault->name : NULL},
                                    {"--sandbox", wish->sandbox},
                                    {"--timeout-scale", wish->timeout_scale},
                                    {"--suite", wish->selector_count ? NULL
                                                : is_slow            ? "conformance-slow"
                                                                     : "conformance"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (size_t k = 0; pairs[i][1] && k < 2; k++)
            job->argv[count++] = pairs[i][k];
    for (size_t i = 0; i < wish->selector_count; i++)
        job->argv[count++] = wish->selectors[i];
    for (size_t i = 0; is_slow && i < catalogue->scenario_count; i++)
        if (is_slow_wanted(&run->matrix, result, catalogue->scenarios[i])) {
            job->argv[count++] = catalogue->scenarios[i]->id;
            slow++;
        }
    return !is_slow || slow > 0;
}

static void job_fini(struct kill_job *job)
{
    loop_process_free(job->process);
    free(job->argv);
    free(job->out_dir);
    *job = (struct kill_job){0};
}

/* Slow runs go first: they are the longest, and cost the least. */
static bool kill_make_jobs(struct kill_run *run, const struct catalogue *catalogue,
                           const struct kill_wish *wish, const char *program, const char *folder)
{
    run->jobs = calloc(run->matrix.count * 2 + 1, sizeof *run->jobs);
    if (!run->jobs)
        return false;
    for (int is_slow = wish->selector_count ? 0 : 1; is_slow >= 0; is_slow--)
        for (size_t i = 0; i < run->matrix.count; i++) {
            struct kill_job *job = &run->jobs[run->job_count];
            if (job_init(run, job, &run->matrix.results[i], program, folder, wish, catalogue, is_slow))
                run->job_count++;
            else
                job_fini(job);
        }
    return run->job_count > 0;
}

static bool matrix_has_profile(const struct kill_matrix *matrix, const char *profile)
{
    for (size_t i = 0; i < matrix->count; i++)
        if (strcmp(matrix->results[i].profile, profile) == 0)
            return true;
    return false;
}

/* A row for each profile without a fault, then one for each fault that was wished for. false: reported. */
static bool kill_make_rows(struct kill_matrix *matrix, const struct catalogue *catalogue, const char *glob)
{
    size_t fault_count = 0;
    const struct reference_fault *faults = reference_faults(&fault_count);
    matrix->results = calloc(2 * fault_count + 1, sizeof *matrix->results);
    for (int is_faulty = 0; matrix->results && is_faulty < 2; is_faulty++)
        for (size_t i = 0; i < fault_count; i++) {
            if (glob && fnmatch(glob, faults[i].name, 0) != 0)
                continue;
            if (!is_faulty && matrix_has_profile(matrix, faults[i].profile))
                continue;
            if (!kill_result_init(&matrix->results[matrix->count], catalogue, is_faulty ? &faults[i] : NULL,
                                  faults[i].profile))
                return false;
            matrix->count++;
        }
    if (matrix->count)
        return true;
    cli_fail(CLI_USAGE, "no fault has a name like '%s'; see 'sipreuse device --list-faults'",
             glob ? glob : "*");
    return false;
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
    run->start_ms = loop_now_ms(run->loop);
    kill_start_more(run);
    kill_show(run, NULL);
    if (run->done < run->job_count)
        loop_run(run->loop);
    if (run->is_live)
        fputs("\r\x1b[K", stdout);
    loop_signal_free(interrupt);
    loop_signal_free(terminate);
}

int kill_matrix_run(const struct kill_wish *wish, const struct catalogue *catalogue, const char *folder)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct kill_run run = {.is_json = wish->is_json, .is_live = !wish->is_json && cli_is_live()};
    run.room = WEIGHT_WORKING * (wish->jobs       ? (unsigned)wish->jobs
                                 : processors > 0 ? (unsigned)processors
                                                  : 1);
    int status = CLI_USAGE;
    char *program = cli_program_path();
    if (!kill_make_rows(&run.matrix, catalogue, wish->fault))
        goto out;
    status = CLI_IMPOSSIBLE;
    run.loop = loop_new();
    if (!program || !run.loop || !kill_make_jobs(&run, catalogue, wish, program, folder)) {
        cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
        goto out;
    }
    kill_run_loop(&run);
    if (run.is_interrupted)
        status = CLI_INTERRUPTED;
    else
        status = wish->is_json ? kill_matrix_put_json(&run.matrix) : kill_matrix_put_text(&run.matrix);
out:
    kill_run_fini(&run);
    loop_free(run.loop);
    free(program);
    return status;
}
