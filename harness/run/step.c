/* Fibers: each goes through a list of steps, into repeats and out of them, and waits where a step has to
 * wait. A step is a function that is called again, with fiber->phase telling where it was, whenever something
 * has happened in the world. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

unsigned fiber_turn(const struct fiber *fiber)
{
    for (; fiber; fiber = fiber->parent)
        for (size_t i = fiber->depth; i--;)
            if (fiber->frames[i].times)
                return fiber->frames[i].turn;
    return 0;
}

static void on_time(struct loop_timer *timer, void *arg)
{
    struct fiber *fiber = arg;

    (void)timer;
    fiber->is_due = true;
    world_wake(fiber->world);
}

void fiber_set_deadline(struct fiber *fiber, uint64_t ms)
{
    fiber->is_due = false;
    loop_timer_start(fiber->timer, ms);
}

struct fiber *fiber_new(struct world *world, struct fiber *parent, const struct scenario_steps *steps)
{
    struct fiber *fiber = run_allocate(1, sizeof *fiber);
    struct fiber **last = &world->fibers;

    while (*last)
        last = &(*last)->next;
    *last = fiber;
    fiber->world = world;
    fiber->parent = parent;
    fiber->timer = loop_timer_new(world->run->loop, on_time, fiber);
    fiber->frames[0].steps = steps;
    fiber->depth = 1;
    world->fiber_count++;
    return fiber;
}

static void leave_step(struct fiber *fiber)
{
    loop_timer_stop(fiber->timer);
    expectation_free(fiber->expectation);
    free(fiber->bytes);
    fiber->expectation = NULL;
    fiber->bytes = NULL;
    fiber->size_bytes = fiber->offset = 0;
    fiber->wire = NULL;
    fiber->origin = NULL;
    fiber->step = NULL;
    fiber->phase = 0;
    fiber->is_due = false;
}

/* ---- steps that have no file of their own */

static enum step_result step_listen(struct fiber *fiber, const struct step_listen *step)
{
    return peer_listen(fiber, step) ? STEP_GOES_ON : STEP_WAITS;
}

static void remove_records(struct fiber *fiber, const char *template)
{
    char *name = world_expand(fiber, template);
    char *type = strchr(name, ' ');

    if (type) {
        *type++ = '\0';
        type += strspn(type, " ");
    }
    journal_world_note(fiber->world, "dns-change", "remove", template);
    dns_zone_remove(fiber->world->zone, name, type);
    free(name);
}

static enum step_result step_change_dns(struct fiber *fiber, const struct step_change_dns *step)
{
    struct world *world = fiber->world;

    for (size_t i = 0; i < step->remove.count; i++)
        remove_records(fiber, step->remove.items[i]);
    for (size_t i = 0; i < step->add.count && !world->is_over; i++) {
        char error[RUN_SENTENCE_MAX] = "";
        char *line = world_expand(fiber, step->add.items[i]);

        journal_world_note(world, "dns-change", "add", line);
        if (!world->is_over && !dns_zone_add(world->zone, line, error, sizeof error))
            world_end(world, VERDICT_ERROR, 0, "The DNS record \"%s\" is refused: %s.", line, error);
        free(line);
    }
    return world->is_over ? STEP_WAITS : STEP_GOES_ON;
}

static enum step_result step_close_port(struct fiber *fiber, const struct step_close_port *step)
{
    char *name = world_expand(fiber, step->at);
    struct post *post = peer_post(fiber->world, name);

    if (post) {
        journal_world_note(fiber->world, "close-port", "at", name);
        net_listener_free(post->listener);
        post->listener = NULL;
    } else {
        world_end(fiber->world, VERDICT_ERROR, 0, "There is no listener called \"%s\".", name);
    }
    free(name);
    return fiber->world->is_over ? STEP_WAITS : STEP_GOES_ON;
}

/* The scenario has the device for itself: nobody else's connections go. */
static enum step_result step_tell(struct fiber *fiber, const struct step_tell *step)
{
    struct run *run = fiber->world->run;

    journal_world_note(fiber->world, "tell", "to", step->closes ? "close" : "");
    if (!run->device || !device_tell_to_close(run->device))
        world_end(fiber->world, VERDICT_ERROR, 0, "The device could not be told to close its connections.");
    return fiber->world->is_over ? STEP_WAITS : STEP_GOES_ON;
}

static enum step_result step_lose(struct fiber *fiber, const struct step_lose *step)
{
    struct world *world = fiber->world;
    const struct host *host = world_host(world, step->host);
    char error[RUN_SENTENCE_MAX] = "", ip[NET_ADDRESS_TEXT_MAX];

    if (host) {
        net_address_format_ip(&host->address, ip);
        journal_world_note(world, "lose", step->host, ip);
    }
    if (!host)
        world_end(world, VERDICT_ERROR, 0, "There is no host called \"%s\".", step->host);
    else if (!sandbox_lose_address(world->run->options->sandbox, &host->address, error, sizeof error))
        world_end(world, VERDICT_ERROR, 0, "The host \"%s\" cannot lose its address: %s.", step->host, error);
    else
        world->hosts[host - world->hosts].is_lost = true;
    return world->is_over ? STEP_WAITS : STEP_GOES_ON;
}

static enum step_result step_wait(struct fiber *fiber, const struct step_wait *step)
{
    if (!fiber->phase++)
        fiber_set_deadline(fiber, step->ms);
    return fiber->is_due ? STEP_GOES_ON : STEP_WAITS;
}

static enum step_result step_observe(struct fiber *fiber, const struct step_observe *step)
{
    char *value = world_expand(fiber, step->value);

    if (!fiber->world->is_over)
        world_observe(fiber->world, step->name, value, 0);
    free(value);
    return STEP_GOES_ON;
}

static enum step_result step_repeat(struct fiber *fiber, const struct step_repeat *step)
{
    struct frame *frame = &fiber->frames[fiber->depth];

    if (fiber->depth == RUN_NESTING_MAX) {
        world_end(fiber->world, VERDICT_ERROR, 0, "Repeats are nested deeper than %d.", RUN_NESTING_MAX);
        return STEP_WAITS;
    }
    if (step->times) {
        *frame = (struct frame){.steps = &step->steps, .times = step->times, .turn = 1};
        fiber->depth++;
    }
    return STEP_GOES_ON;
}

static enum step_result step_parallel(struct fiber *fiber, const struct step_parallel *step)
{
    struct world *world = fiber->world;

    if (!fiber->phase++) {
        if (world->fiber_count + step->count > RUN_FIBERS_MAX) {
            world_end(world, VERDICT_ERROR, 0, "More than %d parallel lists of steps.", RUN_FIBERS_MAX);
            return STEP_WAITS;
        }
        fiber->children = step->count;
        for (size_t i = 0; i < step->count; i++)
            fiber_new(world, fiber, &step->branches[i]);
        world_wake(world);
    }
    return fiber->children ? STEP_WAITS : STEP_GOES_ON;
}

static enum step_result run_step(struct fiber *fiber, const struct scenario_step *step)
{
    switch (step->verb) {
    case STEP_LISTEN:
        return step_listen(fiber, &step->listen);
    case STEP_CONNECT:
        return step_connect(fiber, &step->connect);
    case STEP_SEND:
        return step_send(fiber, &step->send);
    case STEP_EXPECT:
        return step_expect(fiber, &step->expect);
    case STEP_CHECK:
        return step_check(fiber, &step->expect);
    case STEP_STIMULATE:
        return step_stimulate(fiber, &step->stimulate);
    case STEP_RESPOND:
        return step_respond(fiber, &step->respond);
    case STEP_CLOSE:
        return step_close(fiber, &step->close);
    case STEP_CLOSE_PORT:
        return step_close_port(fiber, &step->close_port);
    case STEP_TELL:
        return step_tell(fiber, &step->tell);
    case STEP_LOSE:
        return step_lose(fiber, &step->lose);
    case STEP_RENEGOTIATE:
        return step_renegotiate(fiber, &step->renegotiate);
    case STEP_CHANGE_DNS:
        return step_change_dns(fiber, &step->change_dns);
    case STEP_WAIT:
        return step_wait(fiber, &step->wait);
    case STEP_REPEAT:
        return step_repeat(fiber, &step->repeat);
    case STEP_PARALLEL:
        return step_parallel(fiber, &step->parallel);
    case STEP_ACTOR_SEND:
        return step_actor_send(fiber, &step->actor_send);
    case STEP_ACTOR_CLOSE:
        return step_actor_close(fiber, &step->actor_close);
    case STEP_SOAK:
        return step_soak(fiber, &step->soak);
    case STEP_OBSERVE:
        return step_observe(fiber, &step->observe);
    }
    return STEP_GOES_ON;
}

/* ---- going through the lists */

/* The next step, through ends of repeats; NULL: the fiber is done. */
static const struct scenario_step *next_step(struct fiber *fiber)
{
    while (fiber->depth) {
        struct frame *frame = &fiber->frames[fiber->depth - 1];

        if (frame->next < frame->steps->count)
            return &frame->steps->items[frame->next++];
        if (frame->turn < frame->times) {
            frame->turn++;
            frame->next = 0;
            if (frame->steps->count)
                continue;
        }
        fiber->depth--;
    }
    return NULL;
}

static void finish(struct fiber *fiber)
{
    fiber->is_done = true;
    if (fiber->parent)
        fiber->parent->children--;
    fiber->world->fiber_count--;
    world_wake(fiber->world);
}

void fiber_poll(struct fiber *fiber)
{
    struct world *world = fiber->world;

    while (!world->is_over && !fiber->is_done) {
        if (!fiber->step) {
            fiber->step = next_step(fiber);
            if (!fiber->step) {
                finish(fiber);
                return;
            }
            journal_world_step(fiber);
        }
        if (run_step(fiber, fiber->step) == STEP_WAITS)
            return;
        leave_step(fiber);
    }
}

void fiber_free_all(struct world *world)
{
    while (world->fibers) {
        struct fiber *fiber = world->fibers;

        warm_stop(fiber);
        leave_step(fiber);
        world->fibers = fiber->next;
        loop_timer_free(fiber->timer);
        free(fiber);
    }
}
