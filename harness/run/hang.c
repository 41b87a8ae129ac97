/* A device that runs and answers nobody. A scenario without a verdict is the sign: its barrier did not come
 * through, or something of its own did not. Whether it is the device that stands still is then asked over new
 * connections, as at its start. An answer clears every scenario that was waiting for one; none: the device
 * has hung, and is restarted as after a crash. Nothing is concluded from a clock but that: what ran is run
 * again. */
#include "run/run_private.h"

#include <stdlib.h>

static void clear_worlds(struct run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].world && run->jobs[i].world->is_over)
            run->jobs[i].world->is_device_alive = true;
}

static void on_answer(void *arg)
{
    struct run *run = arg;

    hang_forget(run);
    clear_worlds(run);
    run_wake(run);
}

static void on_time(struct loop_timer *timer, void *arg)
{
    struct run *run = arg;

    (void)timer;
    run->is_asking = false;
    run->has_hung = true;
    run_wake(run);
}

bool hang_is_excluded(const struct world *world)
{
    return world->outcome.verdict != VERDICT_INCONCLUSIVE || world->is_device_alive;
}

static bool is_quiet(const struct run *run)
{
    return run->alone || run->is_one_by_one || run->is_suspects_wave || run->is_second_wave;
}

void hang_ask(struct run *run)
{
    /* Across a network nothing is started, whatever the profile says of that. */
    bool is_started = run->options->profile->has_start && !run->options->remote;

    if (run->is_asking || run->has_hung)
        return;
    /* What accepts no connection, or was not started, cannot be asked: it shows by what it sends. */
    if (run->options->profile->accepts_nothing || !is_started) {
        clear_worlds(run);
        return;
    }
    if (!run->device)
        return; /* the next instance is to come */
    if (!run->hang_timer)
        run->hang_timer = loop_timer_new(run->loop, on_time, run);
    if (!run->hang_timer || !device_ask(run->device, on_answer, run)) {
        clear_worlds(run); /* no memory to find out */
        return;
    }
    run->is_asking = true;
    loop_timer_start(run->hang_timer, run_scaled_ms(run, is_quiet(run) ? RUN_HANG_FEW_MS : RUN_HANG_MS));
}

void hang_forget(struct run *run)
{
    run->is_asking = run->has_hung = false;
    if (run->hang_timer)
        loop_timer_stop(run->hang_timer);
}

void hang_fini(struct run *run)
{
    loop_timer_free(run->hang_timer);
    run->hang_timer = NULL;
}
