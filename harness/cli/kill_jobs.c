/* The runs of a kill matrix, side by side, and what is made of each when it ends. */
#include "cli/kill_matrix.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/loop.h"

enum { RUNS_PER_PROCESSOR = 4, LINE_MS = 1000 }; /* runs mostly wait, so several share a processor */

struct kill_run {
    struct loop *loop;
    struct kill_starter *starter;
    struct kill_matrix matrix;
    struct kill_jobs jobs;
    size_t done;
    unsigned room; /* weight that may still be started */
    bool is_json, is_live, is_interrupted;
    uint64_t start_ms, shown_ms; /* shown_ms: of the last line of progress */
};

static const char *const *job_argv(size_t index, void *arg)
{
    const struct kill_run *run = arg;
    return run->jobs.items[index].argv;
}

static char *job_output_path(const struct kill_job *job)
{
    char *path = NULL;
    return asprintf(&path, "%s.txt", job->out_dir) < 0 ? NULL : path;
}

static char *job_output(size_t index, void *arg)
{
    const struct kill_run *run = arg;
    return job_output_path(&run->jobs.items[index]);
}

/* On a terminal one line, drawn again; elsewhere a line a second at most. The last one is always shown. */
static void kill_show(struct kill_run *run)
{
    FILE *out = run->is_json ? stderr : stdout;
    uint64_t now_ms = loop_now_ms(run->loop), elapsed_s = (now_ms - run->start_ms) / 1000;
    bool is_last = run->done == run->jobs.count;
    if (!run->is_live && !is_last && run->shown_ms && now_ms < run->shown_ms + LINE_MS)
        return;
    run->shown_ms = now_ms;
    size_t running = 0;
    for (size_t i = 0; i < run->jobs.count; i++)
        running += run->jobs.items[i].is_running;
    fprintf(out, "%skill matrix: %zu of %zu runs done, %zu running, %llu s%s", run->is_live ? "\r\x1b[K" : "",
            run->done, run->jobs.count, running, (unsigned long long)elapsed_s, run->is_live ? "" : "\n");
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
        (job->is_repeat ? kill_result_judge_again : kill_result_judge)(job->result, report, job->profile);
    } else {
        job_last_line(job, said, sizeof said);
        snprintf(text, sizeof text, "The run ended with status %d, signal %d: %s", exit_status, term_signal,
                 said);
        kill_result_trouble(job->result, error[0] ? error : text);
    }
    report_free(report);
    free(journal);
}

static void job_end(struct kill_run *run, struct kill_job *job)
{
    job->is_running = false;
    run->done++;
    run->room += job->weight;
}

static void kill_start_more(struct kill_run *run);

/* Nothing will start or end any more. */
static void kill_give_up(struct kill_run *run)
{
    for (size_t i = 0; i < run->jobs.count; i++) {
        struct kill_job *job = &run->jobs.items[i];
        if (job->is_started && !job->is_running)
            continue;
        kill_result_trouble(job->result, "The process that starts the runs has ended.");
        if (job->is_running)
            job_end(run, job);
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
        struct kill_job *job = &run->jobs.items[index];
        job_end(run, job);
        if (error)
            kill_result_trouble(job->result, strerror(error));
        else if (!run->is_interrupted)
            job_judge(job, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    kill_show(run);
    kill_start_more(run);
}

static void job_start(struct kill_run *run, struct kill_job *job)
{
    job->is_started = job->is_running = true;
    run->room -= job->weight;
    kill_starter_start(run->starter, (size_t)(job - run->jobs.items)); /* if it is gone, that is on its way */
}

static void kill_start_more(struct kill_run *run)
{
    for (size_t i = 0; i < run->jobs.count && !run->is_interrupted; i++)
        if (!run->jobs.items[i].is_started && run->jobs.items[i].weight <= run->room)
            job_start(run, &run->jobs.items[i]);
    bool is_running = false, is_waiting = false;
    for (size_t i = 0; i < run->jobs.count; i++) {
        is_running |= run->jobs.items[i].is_running;
        is_waiting |= !run->jobs.items[i].is_started;
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

static void kill_run_fini(struct kill_run *run)
{
    kill_jobs_fini(&run->jobs);
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
    if (run->done < run->jobs.count)
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
                                           .count = run->jobs.count,
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
    run.room = KILL_WEIGHT_WORKING * (wish->jobs       ? (unsigned)wish->jobs
                                      : processors > 0 ? RUNS_PER_PROCESSOR * (unsigned)processors
                                                       : RUNS_PER_PROCESSOR);
    int status = CLI_USAGE;
    if (!kill_matrix_make_rows(&run.matrix, scope, wish))
        goto out;
    status = CLI_IMPOSSIBLE;
    if (!kill_jobs_make(&run.jobs, &run.matrix, wish, scope, folder) ||
        !kill_run_open(&run, scope, janitor)) {
        cli_fail(CLI_IMPOSSIBLE, "out of memory or processes; close something");
        goto out;
    }
    kill_run_loop(&run);
    kill_matrix_compare(&run.matrix);
    run.matrix.run_count = run.jobs.count;
    run.matrix.elapsed_ms = loop_now_ms(run.loop) - run.start_ms;
    if (run.is_interrupted)
        status = cli_fail(CLI_INTERRUPTED, "interrupted: %zu of %zu runs were done; nothing is judged",
                          run.done, run.jobs.count);
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
