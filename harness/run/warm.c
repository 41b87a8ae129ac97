#include "run/run_private.h"

#include <stdlib.h>

static void on_time(struct loop_timer *timer, void *arg)
{
    struct warm *warm = arg;
    struct world *world = warm->fiber->world;

    if (world->is_over || !warm->wire->connection || warm->wire->has_sign)
        return;
    message_probe(warm->wire, ORIGIN_WARM);
    loop_timer_start(timer, RUN_WARM_MS);
}

void warm_start(struct fiber *fiber, struct wire *wire)
{
    struct warm *warm = run_allocate(1, sizeof *warm);

    warm->fiber = fiber;
    warm->wire = wire;
    warm->timer = loop_timer_new(fiber->world->run->loop, on_time, warm);
    warm->next = fiber->world->warms;
    fiber->world->warms = warm;
    loop_timer_start(warm->timer, RUN_WARM_MS);
}

void warm_stop(struct fiber *fiber)
{
    struct warm **at = &fiber->world->warms;

    while (*at) {
        struct warm *warm = *at;

        if (warm->fiber != fiber) {
            at = &warm->next;
            continue;
        }
        *at = warm->next;
        loop_timer_free(warm->timer);
        free(warm);
    }
}
