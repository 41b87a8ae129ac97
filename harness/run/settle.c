/* From outcomes to verdicts: a job whose control has not finished waits for it. */
#include "run/run_private.h"

#include <string.h>

static const struct job *find_control(const struct run *run, const struct job *job)
{
    for (size_t i = 0; i < run->job_count; i++) {
        const struct job *other = &run->jobs[i];

        if (other->round == job->round &&
            !strcmp(other->variant->scenario->id, job->variant->control_scenario) &&
            (!job->variant->control_variant || !strcmp(other->variant->name, job->variant->control_variant)))
            return other;
    }
    return NULL;
}

static bool is_open(const struct job *control)
{
    return control && (control->state == JOB_QUEUED || control->state == JOB_RUNNING);
}

/* The control does not run here: what it would have shown is known to be absent, unless it was never planned.
 */
static bool is_planned_out(const struct run *run, const struct job *job)
{
    for (size_t i = 0; i < run->options->plan->count; i++) {
        const struct run_plan_entry *entry = &run->options->plan->entries[i];

        if (!entry->runs && !strcmp(entry->variant->scenario->id, job->variant->control_scenario) &&
            (!job->variant->control_variant || !strcmp(entry->variant->name, job->variant->control_variant)))
            return true;
    }
    return false;
}

static enum control_state control_state(const struct run *run, const struct job *job,
                                        const struct job *control)
{
    const char *shows = job->variant->control_shows ? job->variant->control_shows : "reused";

    if (!job->variant->control_scenario)
        return CONTROL_NONE;
    if (!control)
        return is_planned_out(run, job) ? CONTROL_NOT_SHOWN : CONTROL_UNDECIDED;
    if (is_open(control))
        return CONTROL_UNDECIDED;
    /* What the steps of the control said, whatever its own control made of it. */
    return verdict_control_state(&(struct outcome){.verdict = control->steps_verdict}, control->observations,
                                 shows);
}

static void resolve(struct run *run, struct job *job, const struct job *control)
{
    const char *shows = job->variant->control_shows ? job->variant->control_shows : "reused";

    verdict_resolve(&job->outcome, control_state(run, job, control), job->variant->control_scenario, shows);
    job->state = JOB_RESOLVED;
    run->resolved++;
    if (job->outcome.verdict == VERDICT_FAIL)
        run->failed++;
    journal_run_verdict(run, job);
    if (run->options->on_verdict)
        run->options->on_verdict(job->variant, job->outcome.verdict, job->outcome.is_exercised,
                                 job->outcome.reason, run->options->arg);
    if (run->options->is_fail_fast &&
        (job->outcome.verdict == VERDICT_FAIL || job->outcome.verdict == VERDICT_ERROR))
        run->is_stopping_early = true;
}

void settle_jobs(struct run *run, bool is_last)
{
    for (size_t i = 0; i < run->job_count; i++) {
        struct job *job = &run->jobs[i];
        const struct job *control;

        if (job->state != JOB_FINISHED)
            continue;
        control = job->variant->control_scenario ? find_control(run, job) : NULL;
        if (is_last || !is_open(control))
            resolve(run, job, control);
    }
}
