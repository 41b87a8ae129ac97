#include "run/make.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum watch { WATCH_EVENTS, WATCH_BARRIER, WATCH_SETTLING, WATCH_HANDSHAKES };
enum {
    ACTOR_POLL_MS = 50,
    PATIENCE_POLL_MS = 250 /* patience grows and shrinks with the slowness of the machine */
};

struct expectation {
    struct scenario_alternative *alternatives; /* with placeholders replaced */
    size_t count;
    size_t next; /* event to look at */
    enum watch watch;
    uint64_t within_ms; /* not scaled */
    uint64_t since_ms;  /* of this watch */
    struct barrier *barrier;
    size_t ready_before; /* connections of the device that were up when the barrier was made */
    bool has_actor;
};

void expectation_free(struct expectation *expectation)
{
    if (!expectation)
        return;
    barrier_free(expectation->barrier);
    alternatives_free(expectation->alternatives, expectation->count);
    free(expectation);
}

/* A connection has got a name: what fitted nothing may fit now. */
void expectation_rescan(struct world *world)
{
    for (struct fiber *fiber = world->fibers; fiber; fiber = fiber->next)
        if (fiber->expectation)
            fiber->expectation->next = 0;
    world_wake(world);
}

/* ---- watching */

static void surprise(struct world *world, const struct event *event)
{
    struct observed view = inbox_view(event);
    char from[NET_ADDRESS_TEXT_MAX];

    net_address_format(&event->wire->remote, from);
    if (event->kind == OBSERVED_REQUEST)
        world_end(world, VERDICT_INCONCLUSIVE, event->seq,
                  "The %s of \"%s\" came on a connection that the scenario does not speak of (%s, %s).",
                  view.method, view.of,
                  view.connection ? view.connection
                  : view.is_new   ? "a new one"
                                  : "an unnamed one",
                  from);
    else
        world_end(world, VERDICT_INCONCLUSIVE, event->seq,
                  "\"%s\" was answered %u, which the scenario does not speak of.", view.of, view.status);
}

/* True when an alternative was taken or the world has ended. */
static bool scan(struct fiber *fiber, struct expectation *expectation)
{
    struct world *world = fiber->world;

    while (expectation->next < world->event_count) {
        struct event *event = world->events[expectation->next++];
        struct observed view;
        int index;

        if (event->is_consumed || event->counted_by)
            continue;
        view = inbox_view(event);
        index = match_event(expectation->alternatives, expectation->count, &view);
        if (index < 0 && match_is_surprise(expectation->alternatives, expectation->count, &view)) {
            surprise(world, event);
            return true;
        }
        if (index >= 0 && expect_count_in(fiber, &expectation->alternatives[index], event)) {
            expect_take(fiber, &expectation->alternatives[index], event);
            return true;
        }
    }
    return false;
}

static bool scan_states(struct fiber *fiber, const struct expectation *expectation)
{
    for (size_t i = 0; i < expectation->count; i++) {
        const struct scenario_alternative *alternative = &expectation->alternatives[i];

        if (alternative->match == MATCH_SILENCE || !expect_holds_state(fiber, alternative))
            continue;
        expect_take(fiber, alternative, NULL);
        return true;
    }
    return false;
}

static const struct origin *judged_origin(const struct world *world, const struct expectation *expectation)
{
    for (size_t i = 0; i < expectation->count; i++) {
        const struct strings *of = &expectation->alternatives[i].of;

        for (size_t j = 0; j < of->count; j++) {
            const struct origin *origin = origin_named(world, of->items[j]);

            if (origin)
                return origin;
        }
    }
    return NULL;
}

/* What came split over several user messages of SCTP, or cut off, may have been what the step waits for. */
static bool end_unread(struct fiber *fiber)
{
    struct world *world = fiber->world;

    if (world->broken_messages)
        world_end(
            world, VERDICT_INCONCLUSIVE, 0,
            "Nothing that the step on line %u speaks of came, but %zu SCTP user message%s of the device "
            "held no whole SIP message.",
            fiber->step->line, world->broken_messages, world->broken_messages == 1 ? "" : "s");
    return world->is_over;
}

static void take_silence(struct fiber *fiber, const struct expectation *expectation)
{
    struct world *world = fiber->world;
    const struct origin *origin = judged_origin(world, expectation);
    uint64_t seq;

    if (end_unread(fiber))
        return;

    if (origin && origin->is_lost && !origin->was_received && origin->wire && origin->wire->role == WIRE_UA) {
        world_end(world, VERDICT_INCONCLUSIVE, 0,
                  "The device closed the UA's connection on which \"%s\" was under way.",
                  origin->group && origin->group->name ? origin->group->name : "the request");
        return;
    }
    if (origin && origin->is_made && !origin->was_received && make_has_failed(origin)) {
        world_end(world, VERDICT_INCONCLUSIVE, 0, "Nothing came, for nothing was asked of the device. %s.",
                  make_text(origin));
        return;
    }
    seq = journal_world_note(world, "silence", NULL, NULL);
    for (size_t i = 0; i < expectation->count; i++) {
        if (expectation->alternatives[i].match != MATCH_SILENCE)
            continue;
        expect_take(fiber, &expectation->alternatives[i], NULL);
        if (world->is_over && !world->outcome.on)
            world->outcome.on = seq;
        return;
    }
    world_end(world, VERDICT_INCONCLUSIVE, seq,
              "Nothing that the step on line %u speaks of came within %.1f s, though the device answers.",
              fiber->step->line, (double)expectation->within_ms / 1000.0);
}

static void set_watch(struct fiber *fiber, struct expectation *expectation, enum watch watch)
{
    expectation->watch = watch;
    expectation->since_ms = loop_now_ms(fiber->world->run->loop);
}

/* How long the present watch lasts, with the slowness that is measured now. */
static uint64_t patience(const struct run *run, const struct expectation *expectation)
{
    switch (expectation->watch) {
    case WATCH_EVENTS:
        return run_scaled_ms(run, expectation->within_ms);
    case WATCH_BARRIER:
        return run_scaled_ms(run, RUN_BARRIER_MS);
    case WATCH_SETTLING:
        return run_scaled_ms(run, RUN_SETTLE_MS);
    case WATCH_HANDSHAKES:
        return run_scaled_ms(run, RUN_CONNECT_MS);
    }
    return 0;
}

/* ---- connections of the device that are on their way */

/* A device of several processes answers the barrier in one of them, while in another one the handshake of
 * the very connection that the request will take is still under way. */
static bool is_any_handshake_open(const struct world *world)
{
    for (const struct wire *wire = world->wires; wire; wire = wire->next)
        if (wire->role == WIRE_PEER && wire->post && !wire->post->is_stalled && !wire->is_ready &&
            !wire->has_sign && wire->connection)
            return true;
    return false;
}

static size_t count_ready(const struct world *world)
{
    size_t count = 0;

    for (const struct wire *wire = world->wires; wire; wire = wire->next)
        count += wire->role == WIRE_PEER && wire->post && wire->is_ready;
    return count;
}

static void make_barrier(struct fiber *fiber, struct expectation *expectation)
{
    const struct origin *origin = judged_origin(fiber->world, expectation);

    barrier_free(expectation->barrier);
    expectation->ready_before = count_ready(fiber->world);
    expectation->barrier = barrier_new(fiber, origin && origin->group ? origin->group->method : NULL);
    set_watch(fiber, expectation, WATCH_BARRIER);
    world_wake(fiber->world);
}

static void no_answer(struct fiber *fiber, const struct expectation *expectation)
{
    const struct origin *origin = judged_origin(fiber->world, expectation);
    const char *tried = make_text(origin);

    if (end_unread(fiber))
        return;
    world_end(fiber->world, VERDICT_INCONCLUSIVE, 0,
              "Nothing that the step on line %u speaks of came within %.1f s, and the barrier (a request "
              "%s to another host) %s.%s%s%s",
              fiber->step->line, (double)expectation->within_ms / 1000.0,
              tried ? "of the device" : "through the device",
              expectation->watch == WATCH_BARRIER ? "did not come through either" : "could not be sent",
              tried ? " What was tried: " : "", tried ? tried : "", tried ? "." : "");
}

static void set_timer(struct fiber *fiber, const struct expectation *expectation)
{
    uint64_t passed = loop_now_ms(fiber->world->run->loop) - expectation->since_ms;
    uint64_t whole = patience(fiber->world->run, expectation);
    uint64_t rest = whole > passed ? whole - passed : 0;

    uint64_t most = expectation->has_actor ? ACTOR_POLL_MS : PATIENCE_POLL_MS;

    fiber_set_deadline(fiber, rest < most ? rest : most);
}

/* True when the step is done. What a connection that came up meanwhile is for, another barrier tells. */
static bool watch_handshakes(struct fiber *fiber, struct expectation *expectation, bool is_over_time)
{
    if (is_any_handshake_open(fiber->world) && !is_over_time)
        return false;
    if (count_ready(fiber->world) > expectation->ready_before) {
        make_barrier(fiber, expectation);
        return fiber->world->is_over;
    }
    take_silence(fiber, expectation);
    return true;
}

/* True when the step is done. */
static bool watch_time(struct fiber *fiber, struct expectation *expectation)
{
    struct world *world = fiber->world;
    bool is_over_time =
        loop_now_ms(world->run->loop) - expectation->since_ms >= patience(world->run, expectation);

    switch (expectation->watch) {
    case WATCH_EVENTS:
        if (make_is_asking(world))
            set_watch(fiber, expectation, WATCH_EVENTS);
        else if (is_over_time)
            make_barrier(fiber, expectation);
        return world->is_over;
    case WATCH_BARRIER:
        switch (barrier_poll(expectation->barrier)) {
        case BARRIER_ANSWERED:
            set_watch(fiber, expectation, WATCH_SETTLING);
            return false;
        case BARRIER_BROKEN:
            no_answer(fiber, expectation);
            return true;
        case BARRIER_RUNNING:
            break;
        }
        if (is_over_time)
            no_answer(fiber, expectation);
        return world->is_over;
    case WATCH_SETTLING:
        if (!is_over_time)
            return false;
        set_watch(fiber, expectation, WATCH_HANDSHAKES);
        return watch_handshakes(fiber, expectation, false);
    case WATCH_HANDSHAKES:
        return watch_handshakes(fiber, expectation, is_over_time);
    }
    return false;
}

static struct expectation *begin(struct fiber *fiber, const struct step_expect *step)
{
    struct expectation *expectation = run_allocate(1, sizeof *expectation);

    expectation->alternatives = alternatives_expand(fiber, step);
    expectation->count = step->count;
    expectation->within_ms = step->within_ms ? step->within_ms : RUN_WITHIN_MS;
    for (size_t i = 0; i < step->count; i++)
        expectation->has_actor |= step->alternatives[i].match == MATCH_ACTOR;
    set_watch(fiber, expectation, WATCH_EVENTS);
    if (step->warm) {
        char *name = world_expand(fiber, step->warm);
        struct wire *wire = peer_wire(fiber->world, name);

        if (wire)
            warm_start(fiber, wire);
        free(name);
    }
    return expectation;
}

enum step_result step_expect(struct fiber *fiber, const struct step_expect *step)
{
    struct expectation *expectation = fiber->expectation;

    if (!expectation)
        expectation = fiber->expectation = begin(fiber, step);
    if (fiber->world->is_over)
        return STEP_WAITS;
    if (scan(fiber, expectation) || scan_states(fiber, expectation) || watch_time(fiber, expectation)) {
        warm_stop(fiber);
        expect_forget_counting(fiber->world, expectation->alternatives, expectation->count);
        return fiber->world->is_over ? STEP_WAITS : STEP_GOES_ON;
    }
    set_timer(fiber, expectation);
    return STEP_WAITS;
}
