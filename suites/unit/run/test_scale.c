/* Waiting times grow with the slowness that the event loop measures. */
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <math.h>

enum { BEFORE_MS = 150, AFTER_MS = 150, STANDSTILL_MS = 400, MOST = 20 };

struct slow {
    struct loop *loop;
    struct loop_timer *timer;
    uint64_t standstill_ms;
    bool has_stood;
};

/* Time that other processes have: the loop stands still. */
static void stand_still(uint64_t ms)
{
    const uint64_t until_ns = loop_now_ns() + ms * 1000000;

    while (loop_now_ns() < until_ns)
        continue;
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct slow *slow = arg;

    if (slow->has_stood) {
        loop_stop(slow->loop);
        return;
    }
    slow->has_stood = true;
    stand_still(slow->standstill_ms);
    loop_timer_start(timer, AFTER_MS);
}

static void run_slowly(struct slow *slow, uint64_t standstill_ms)
{
    slow->standstill_ms = standstill_ms;
    slow->has_stood = false;
    loop_timer_start(slow->timer, BEFORE_MS);
    loop_run(slow->loop);
}

Test(scale, waiting_times_grow_with_what_was_measured)
{
    struct slow slow = {.loop = loop_new()};
    struct run_options options = {.timeout_scale = 1.0};
    struct run run = {.options = &options, .loop = slow.loop};
    const double least =
        1.0 + (STANDSTILL_MS - 150) / 50.0; /* a tick of 100 ms was under way, and some grace */

    slow.timer = loop_timer_new(slow.loop, on_timer, &slow);
    cr_assert_not_null(slow.timer);
    cr_assert(fabs(run_scale(&run) - 1.0) < 0.001, "nothing was measured yet");
    cr_assert_eq(run_scaled_ms(&run, 4000), 4000);
    run_slowly(&slow, STANDSTILL_MS);
    cr_assert_geq(loop_lag_ms(slow.loop), STANDSTILL_MS - 150);
    cr_assert(run_scale(&run) >= least, "%f", run_scale(&run));
    cr_assert_geq(run_scaled_ms(&run, 4000), (uint64_t)(4000 * least));
    loop_timer_free(slow.timer);
    loop_free(slow.loop);
}

Test(scale, has_an_end_and_the_users_own_is_a_least)
{
    struct slow slow = {.loop = loop_new()};
    struct run_options options = {.timeout_scale = 1.0};
    struct run run = {.options = &options, .loop = slow.loop};

    slow.timer = loop_timer_new(slow.loop, on_timer, &slow);
    cr_assert_not_null(slow.timer);
    run_slowly(&slow, 1200);
    cr_assert(fabs(run_scale(&run) - MOST) < 0.001, "%f", run_scale(&run));
    options.timeout_scale = 50;
    cr_assert(fabs(run_scale(&run) - 50.0) < 0.001);
    options.timeout_scale = 0; /* not given */
    cr_assert(fabs(run_scale(&run) - MOST) < 0.001);
    loop_timer_free(slow.timer);
    loop_free(slow.loop);
}
