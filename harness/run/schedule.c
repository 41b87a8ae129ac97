/* Which job runs when, and on which instance of the device. In each round of --repeat the ordinary jobs share
 * one instance, all at once (or as many as --jobs allows). Then come, few at once and on a fresh one, those
 * whose fail or inconclusive rests on something that did not come or on an error: devices let their
 * connections disturb each other (an error queue that a failed handshake leaves behind, a full table), and a
 * verdict must be about the scenario alone. The second one counts. Then those that were in flight when the
 * device crashed: few at once first, for most of hundreds had nothing to do with it; those in flight when it
 * crashes again each alone, one after another on a fresh instance until one of them kills it. Last those that
 * need an instance of their own: the exclusive scenarios, and whoever has killed one alone. Everything
 * happens in the tick, one timer callback, so that no state changes under another's feet. */
#include "run/run_private.h"

#include <stdlib.h>

enum {
    STARTS_PER_TICK = 8,   /* worlds made in one turn of the loop, so that it stays responsive */
    FAILED_STARTS_MAX = 3, /* of one batch in a row, after the device has been ready once */
    IDLE_CRASHES_MAX = 3,  /* crashes in a row that no scenario can be blamed for */
    SECOND_AT_ONCE = 4,
    CRASH_POLL_MS = 50
};

bool schedule_make(struct run *run)
{
    const struct run_plan *plan = run->options->plan;
    unsigned rounds = run->options->repeat ? run->options->repeat : 1;

    run->jobs = run_allocate(plan->count * rounds, sizeof *run->jobs);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < plan->count; i++) {
            struct job *job = &run->jobs[run->job_count];

            if (!plan->entries[i].runs)
                continue;
            job->entry = &plan->entries[i];
            job->variant = plan->entries[i].variant;
            job->round = round;
            job->is_alone = job->variant->scenario->is_exclusive;
            run->job_count++;
        }
    }
    return run->job_count > 0;
}

void schedule_report_progress(struct run *run)
{
    struct run_progress progress = {.total = run->job_count,
                                    .done = run->resolved,
                                    .failed = run->failed,
                                    .running = run->running,
                                    .elapsed_ms = (loop_now_ns() - run->start_ns) / 1000000};

    if (run->options->on_progress)
        run->options->on_progress(&progress, run->options->arg);
}

static void handle_crash(struct run *run)
{
    run->has_crashed = false;
    instance_report_crash(run);
    run->idle_crashes = job_abort_all(run, false) ? 0 : run->idle_crashes + 1;
    instance_drop(run);
    run->stage = STAGE_IDLE;
    if (run->idle_crashes >= IDLE_CRASHES_MAX)
        run_fail(run, RUN_DEVICE_FAILED,
                 "the device crashes again and again without being asked anything: %s", run->device_text);
}

static void handle_hang(struct run *run)
{
    instance_report_hang(run);
    job_abort_all(run, true);
    instance_drop(run);
    run->stage = STAGE_IDLE;
}

/* Of this instance, and waiting. */
static bool is_next(const struct run *run, const struct job *job)
{
    if (job->state != JOB_QUEUED || job->round != run->round)
        return false;
    if (run->alone)
        return job == run->alone;
    if (run->is_one_by_one)
        return job->is_alone && !job->kills && !job->variant->scenario->is_exclusive;
    if (job->is_alone || job->is_suspect != run->is_suspects_wave)
        return false;
    return run->is_suspects_wave || job->is_second == run->is_second_wave;
}

static size_t most_at_once(const struct run *run)
{
    size_t most = run->options->jobs ? run->options->jobs : SIZE_MAX;

    if (run->is_one_by_one)
        return 1;
    return (run->is_second_wave || run->is_suspects_wave) && most > SECOND_AT_ONCE ? SECOND_AT_ONCE : most;
}

/* True when there is more to start. */
static bool start_jobs(struct run *run)
{
    size_t started = 0;

    for (size_t i = 0; i < run->job_count; i++) {
        if (!is_next(run, &run->jobs[i]))
            continue;
        if (run->running >= most_at_once(run))
            return false; /* the end of one wakes us */
        if (started++ == STARTS_PER_TICK)
            return true;
        job_start(run, &run->jobs[i]);
    }
    return false;
}

static bool has_next(const struct run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (is_next(run, &run->jobs[i]))
            return true;
    return false;
}

/* ---- the next instance */

/* Chooses the batch: run->round and run->alone. false: nothing is left. */
static bool choose_batch(struct run *run)
{
    for (size_t i = 0; i < run->job_count; i++) { /* in order of rounds */
        struct job *job = &run->jobs[i];

        if (job->state != JOB_QUEUED)
            continue;
        run->round = job->round;
        run->alone = NULL;
        for (unsigned kind = 0; kind < 4; kind++) {
            run->is_second_wave = kind == 1;
            run->is_suspects_wave = kind == 2;
            run->is_one_by_one = kind == 3;
            if (has_next(run))
                return true;
        }
        run->is_one_by_one = false;
        run->alone = job; /* none but those that want an instance of their own are left in this round */
        return true;
    }
    return false;
}

static bool mint_ahead(struct run *run)
{
    char error[RUN_SENTENCE_MAX] = "";

    for (size_t i = 0; i < run->job_count; i++) {
        if (!is_next(run, &run->jobs[i]))
            continue;
        job_name_zone(run, &run->jobs[i]);
        job_forget_revoked(&run->jobs[i]);
        if (!credential_mint_revoked(run, &run->jobs[i], error, sizeof error)) {
            run_fail(run, RUN_FAILED, "a revoked certificate of %s cannot be minted: %s",
                     run->jobs[i].variant->scenario->id, error);
            return false;
        }
    }
    if (dut_write_crl(run, error, sizeof error))
        return true;
    run_fail(run, RUN_FAILED, "%s", error);
    return false;
}

static void start_instance(struct run *run)
{
    if (run->is_stopping_early || !choose_batch(run)) {
        run->stage = STAGE_OVER;
        return;
    }
    if (mint_ahead(run) && instance_start(run))
        run->stage = STAGE_STARTING;
}

static void handle_failed_start(struct run *run)
{
    bool is_crash = run->has_crashed;

    run->has_crashed = run->is_never_ready = false;
    instance_drop(run);
    run->stage = STAGE_IDLE;
    if (is_crash)
        journal_run_text(run, "crash", NULL, run->device_text);
    if (!run->was_ready || ++run->failed_starts >= FAILED_STARTS_MAX)
        run_fail(run, RUN_DEVICE_FAILED,
                 is_crash ? "the device ended before it was ready: %s" : "the device never got ready: %s",
                 run->device_text);
}

static void go_on(struct run *run, bool is_any_settling)
{
    if (run->is_stopping_early ? false : start_jobs(run))
        loop_timer_start(run->tick, 0);
    else if (is_any_settling)
        loop_timer_start(run->tick, CRASH_POLL_MS);
    else if (!run->running && (run->is_stopping_early || !has_next(run))) {
        instance_stop(run);
        run->stage = STAGE_STOPPING;
    }
}

static void advance(struct run *run)
{
    bool is_any_settling;

    switch (run->stage) {
    case STAGE_IDLE:
        start_instance(run);
        break;
    case STAGE_STARTING:
        if (run->has_crashed || run->is_never_ready) {
            handle_failed_start(run);
        } else if (run->is_ready) {
            run->was_ready = true;
            run->failed_starts = 0;
            run->stage = STAGE_RUNNING;
        }
        break;
    case STAGE_RUNNING:
        if (run->has_crashed) {
            handle_crash(run);
            break;
        }
        if (run->has_hung) {
            handle_hang(run);
            break;
        }
        is_any_settling = job_reap_all(run);
        settle_jobs(run, false); /* before any is started: a verdict may be the one that ends it all */
        go_on(run, is_any_settling);
        break;
    case STAGE_STOPPING:
        if (run->has_crashed) { /* on the way down: it counts, but nothing was in flight */
            run->has_crashed = false;
            instance_report_crash(run);
            run->has_stopped = true;
        }
        if (run->has_stopped) {
            instance_drop(run);
            run->stage = STAGE_IDLE;
        }
        break;
    case STAGE_OVER:
        break;
    }
}

void schedule_tick(struct run *run)
{
    enum run_stage before;

    do {
        before = run->stage;
        if (run->is_interrupted || run->outcome != RUN_DONE || journal_error(run->journal))
            run->stage = STAGE_OVER;
        advance(run);
        settle_jobs(run, false);
        if (run->is_stopping_early) /* what is running is let go: it could take as long as all of it */
            run->stage = STAGE_OVER;
    } while (run->stage != before && run->stage != STAGE_OVER);
    schedule_report_progress(run);
    if (run->stage == STAGE_OVER)
        loop_stop(run->loop);
}

void schedule_fini(struct run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        job_fini(run, &run->jobs[i]);
    free(run->jobs);
    run->jobs = NULL;
    run->job_count = 0;
}
