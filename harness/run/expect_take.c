/* What follows when an alternative holds: answers, names, observations, the verdict. Before that, how many
 * events it takes where one does not do. */
#include "run/run_private.h"

#include <stdlib.h>

/* What was seen where it must not be is certain. What did not come, or came as an error or an end, can have
 * had another cause. */
static bool is_soft(enum scenario_match match)
{
    switch (match) {
    case MATCH_REQUEST:
    case MATCH_TLS:
    case MATCH_ASSOCIATION:
        return false;
    case MATCH_RESPONSE:
    case MATCH_CONNECTION:
    case MATCH_CLOSED:
    case MATCH_SILENCE:
    case MATCH_CONNECTIONS:
    case MATCH_REQUESTS:
    case MATCH_ACTOR:
    case MATCH_OTHERWISE:
        break;
    }
    return true;
}

/* For reports: where a reader's eye has to go in the message that decided. */
static void note_fields(struct outcome *outcome, const struct scenario_alternative *alternative)
{
    size_t count = alternative->where_count + (alternative->via_of != NULL);

    if (count == 0)
        return;
    outcome->fields = run_allocate(count, sizeof *outcome->fields);
    for (size_t i = 0; i < alternative->where_count; i++)
        outcome->fields[outcome->field_count++] = text_copy(alternative->where[i].header);
    if (alternative->via_of)
        outcome->fields[outcome->field_count++] = text_copy("Via");
}

static void conclude(struct fiber *fiber, const struct scenario_alternative *alternative, uint64_t on)
{
    struct world *world = fiber->world;
    char *reason = alternative->reason ? world_expand(fiber, alternative->reason) : NULL;

    if (!world->is_over) {
        world->outcome.only_with_control = alternative->only_with_control;
        world->outcome.requirement = text_copy(alternative->requirement);
        world->outcome.because = text_copy(alternative->because);
        world->outcome.step = fiber->step->line;
        note_fields(&world->outcome, alternative);
        world_end(world, alternative->verdict, on, reason ? "%s" : NULL, reason);
        world->outcome.is_soft = is_soft(alternative->match);
    }
    free(reason);
}

static void answer(struct fiber *fiber, const struct scenario_alternative *alternative, struct event *event)
{
    char *contact = alternative->contact ? world_expand(fiber, alternative->contact) : NULL;

    for (size_t i = 0; i < alternative->answer_count; i++)
        message_answer(event, (unsigned)alternative->answers[i], event->wire, contact);
    free(contact);
}

void expect_take(struct fiber *fiber, const struct scenario_alternative *alternative, struct event *event)
{
    struct world *world = fiber->world;
    uint64_t on = event ? event->seq : 0;

    if (event) {
        bool was_counted = event->counted_by == alternative;

        event->is_consumed = true;
        if (alternative->name) {
            free(event->name);
            event->name = text_copy(alternative->name);
        }
        if (alternative->as) {
            peer_name_wire(event->wire, alternative->as);
            expectation_rescan(world);
        }
        if (event->kind == OBSERVED_REQUEST && !event->last_answer && !was_counted)
            answer(fiber, alternative, event);
    }
    if (alternative->observe_name) {
        char *value = world_expand(fiber, alternative->observe_value);

        world_observe(world, alternative->observe_name, value, on);
        free(value);
    }
    if (alternative->verdict != VERDICT_NONE)
        conclude(fiber, alternative, on);
}

/* ---- counting: an alternative that wants several events */

/* How many events it takes for the alternative to hold. */
static size_t events_wanted(const struct scenario_alternative *alternative, const struct event *event)
{
    if (alternative->received)
        return alternative->received;
    /* Good answers have to be complete; the first bad one decides. */
    if (alternative->match == MATCH_RESPONSE && alternative->status_from < 300 && !alternative->is_again &&
        event->origin && event->origin->group)
        return event->origin->group->count;
    return 1;
}

static bool is_counted_already(const struct world *world, const struct scenario_alternative *alternative,
                               const struct event *event)
{
    for (size_t i = 0; event->origin && i < world->event_count; i++)
        if (world->events[i] != event && world->events[i]->counted_by == alternative &&
            world->events[i]->origin == event->origin)
            return true;
    return false;
}

static size_t count_events(const struct world *world, const struct scenario_alternative *alternative)
{
    size_t count = 0;

    for (size_t i = 0; i < world->event_count; i++)
        count += world->events[i]->counted_by == alternative;
    return count;
}

bool expect_count_in(struct fiber *fiber, const struct scenario_alternative *alternative, struct event *event)
{
    struct world *world = fiber->world;
    size_t wanted = events_wanted(alternative, event);

    if (wanted <= 1)
        return true;
    if (is_counted_already(world, alternative, event)) {
        event->is_consumed = true; /* the same request once more, or a later answer to it */
        return false;
    }
    if (event->kind == OBSERVED_REQUEST && !event->last_answer)
        answer(fiber, alternative, event); /* the device may want it before it sends the next one */
    event->counted_by = alternative;
    if (count_events(world, alternative) < wanted)
        return false;
    for (size_t i = 0; i < world->event_count; i++)
        if (world->events[i]->counted_by == alternative)
            world->events[i]->is_consumed = true;
    return true;
}

void expect_forget_counting(const struct world *world, const struct scenario_alternative *alternatives,
                            size_t count)
{
    static const char EARLIER_STEP;

    for (size_t i = 0; i < world->event_count; i++)
        for (size_t j = 0; j < count; j++)
            if (world->events[i]->counted_by == &alternatives[j])
                world->events[i]->counted_by = &EARLIER_STEP;
}
