/* A job from its start to its end: its world is made, and goes when it is over. What came of it is kept, or
 * the job is queued once more. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

#include "remote/remote.h"

enum { KILLS_MAX = 2 };

void job_name_zone(struct run *run, struct job *job)
{
    char *label = text_zone_label(++run->worlds_made, job->variant->scenario->id);

    free(job->zone_name);
    job->zone_name = run->options->remote
                         ? text_format("%s.%s.%s", label, run->label, run->options->remote->event->zone)
                         : text_format("%s.%s.test", label, run->label);
    free(label);
}

void job_forget_revoked(struct job *job)
{
    for (size_t i = 0; i < job->revoked_count; i++)
        certs_minted_fini(&job->revoked[i]);
    free(job->revoked);
    job->revoked = NULL;
    job->revoked_count = 0;
}

void job_start(struct run *run, struct job *job)
{
    job->state = JOB_RUNNING;
    job->start_ns = loop_now_ns();
    run->running++;
    job->world = world_new(run, job);
    world_start(job->world);
}

static void drop_world(struct run *run, struct job *job)
{
    world_free(job->world);
    job->world = NULL;
    job_forget_revoked(job);
    run->running--;
}

/* Others ran beside it, and what they did to the device may have been the cause. */
static bool deserves_second_try(const struct run *run, const struct job *job)
{
    return job->outcome.is_soft &&
           (job->outcome.verdict == VERDICT_FAIL || job->outcome.verdict == VERDICT_INCONCLUSIVE) &&
           !job->is_second && !run->alone && !run->is_one_by_one && run->job_count > 1;
}

static void forget_outcome(struct job *job)
{
    outcome_fini(&job->outcome);
    observations_free(job->observations);
    job->observations = NULL;
}

/* On an instance of its own with others that are tried again, in a new world: one with the same names would
 * ask for what the device has answered already. */
static void queue_again(struct run *run, struct job *job)
{
    journal_run_retry(run, job);
    forget_outcome(job);
    job->is_second = true;
    job->is_suspect = false;
    job->state = JOB_QUEUED;
}

/* A soak goes on with the same instance of the device, in a new world: what the world keeps has an end, the
 * device's tables go on. */
static bool goes_on_soaking(const struct run *run, const struct job *job)
{
    return scenario_variant_is_soak(job->variant) && job->outcome.verdict == VERDICT_PASS &&
           !run->is_stopping_early && !run->is_interrupted &&
           loop_now_ns() - run->start_ns < run->options->soak_ms * 1000000;
}

static void soak_again(struct run *run, struct job *job)
{
    forget_outcome(job);
    job_name_zone(run, job);
    job->soaks++;
    job->state = JOB_QUEUED;
}

static void finish(struct run *run, struct job *job)
{
    struct world *world = job->world;

    overload_distrust(world);
    job->outcome = world->outcome;
    job->observations = world->observations;
    memset(&world->outcome, 0, sizeof world->outcome);
    world->observations = NULL;
    job->steps_verdict = job->outcome.verdict;
    job->end_ns = loop_now_ns();
    job->state = JOB_FINISHED;
    run->idle_crashes = 0;
    drop_world(run, job);
    if (deserves_second_try(run, job))
        queue_again(run, job);
    else if (goes_on_soaking(run, job))
        soak_again(run, job);
}

/* No fair try, and the second one alone: a crash is a failure of the device; from a hang, which is silence,
 * no failure is concluded. */
static void give_up(struct run *run, struct job *job, bool has_hung)
{
    job->outcome.verdict = job->steps_verdict = has_hung ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
    job->outcome.reason =
        text_format(has_hung ? "The device stopped answering while this scenario ran alone: %s"
                             : "The device crashed while this scenario ran alone, twice: %s",
                    run->device_text);
    job->end_ns = loop_now_ns();
    job->state = JOB_FINISHED;
}

/* The device is gone: this was no fair try. */
static void abort_one(struct run *run, struct job *job, bool has_hung)
{
    journal_world_note(job->world, "scenario-abort", NULL,
                       has_hung ? "The device stopped answering while the scenario ran."
                                : "The device crashed while the scenario ran.");
    drop_world(run, job);
    job->state = JOB_QUEUED;
    if (run->alone == job || run->is_one_by_one)
        job->kills++;
    job->is_alone |= job->is_suspect;
    job->is_suspect = true;
    if (job->kills >= (has_hung ? 1 : KILLS_MAX))
        give_up(run, job, has_hung);
}

/* A world that has ended may have been deceived by a device that was crashing: the news of that comes a
 * little later than its connections' ends. */
static bool is_settled(const struct run *run, const struct world *world)
{
    uint64_t now = loop_now_ms(run->loop);

    if (!hang_is_excluded(world))
        return false;
    /* the last sign may have come after the end */
    return !world->sign_ms || world->over_ms > world->sign_ms + RUN_CRASH_MS ||
           now - world->over_ms >= run_scaled_ms(run, RUN_CRASH_MS);
}

bool job_reap_all(struct run *run)
{
    bool is_any_waiting = false;

    for (size_t i = 0; i < run->job_count; i++) {
        struct job *job = &run->jobs[i];

        if (job->state != JOB_RUNNING || !job->world->is_over)
            continue;
        if (is_settled(run, job->world)) {
            finish(run, job);
            continue;
        }
        is_any_waiting = true;
        if (!hang_is_excluded(job->world))
            hang_ask(run);
    }
    return is_any_waiting;
}

size_t job_abort_all(struct run *run, bool has_hung)
{
    size_t aborted = 0;

    for (size_t i = 0; i < run->job_count; i++) {
        if (run->jobs[i].state != JOB_RUNNING)
            continue;
        abort_one(run, &run->jobs[i], has_hung);
        aborted++;
    }
    return aborted;
}

void job_fini(struct run *run, struct job *job)
{
    if (job->world)
        drop_world(run, job);
    job_forget_revoked(job);
    free(job->zone_name);
    forget_outcome(job);
}
