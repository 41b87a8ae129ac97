#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

static bool is_live_at(const struct wire *wire, const struct post *post)
{
    return wire->post == post && wire->connection && !wire->has_sign && !wire->is_closing;
}

/* A pair of streams beside one that has been counted. */
static bool is_counted_already(const struct wire *wire)
{
    if (!wire->is_further_pair)
        return false;
    for (const struct wire *other = wire->next; other; other = other->next)
        if (is_live_at(other, wire->post) && peer_is_beside(wire, other))
            return true;
    return false;
}

static bool holds_connections(const struct world *world, const struct scenario_alternative *alternative)
{
    const struct post *post = alternative->listener ? peer_post(world, alternative->listener) : NULL;
    size_t live = 0;

    for (const struct wire *wire = world->wires; wire; wire = wire->next)
        live += post && is_live_at(wire, post) && !is_counted_already(wire);
    return post && match_connections(alternative, post->accepted - post->further_pairs, live);
}

static bool is_at(const struct event *event, const struct scenario_alternative *alternative)
{
    const struct post *post = event->wire->post;
    const struct group *group = event->origin ? event->origin->group : NULL;

    return event->kind == OBSERVED_REQUEST && post && post->name &&
           !strcmp(post->name, alternative->listener) && group && group->name &&
           match_strings_have(&alternative->of, group->name);
}

/* One request of ours counts once at a listener, however often and on however many connections it came
 * there. */
static bool holds_requests(const struct world *world, const struct scenario_alternative *alternative)
{
    const struct origin **seen = run_allocate(world->event_count, sizeof(const struct origin *));
    size_t count = 0;

    for (size_t i = 0; i < world->event_count; i++) {
        const struct event *event = world->events[i];
        size_t known = 0;

        if (!is_at(event, alternative))
            continue;
        while (known < count && seen[known] != event->origin)
            known++;
        if (known == count)
            seen[count++] = event->origin;
    }
    free(seen);
    return match_range(alternative->count, count);
}

/* Of the records up to now: it is no fact of the handshake alone. */
static bool has_unordered_records(const struct wire *wire)
{
    const struct net_tls_facts *facts = wire->connection ? net_connection_tls(wire->connection) : NULL;

    return wire->has_unordered_records || (facts && facts->has_unordered_records);
}

static bool fits_tls(const struct wire *wire, const struct scenario_alternative *alternative)
{
    struct observed_tls facts = {.was_certificate_requested = wire->was_certificate_requested,
                                 .has_peer_certificate = wire->has_peer_certificate,
                                 .has_server_name = wire->server_name != NULL,
                                 .is_resumed = wire->is_resumed,
                                 .has_early_data = wire->has_early_data,
                                 .has_unordered_records = has_unordered_records(wire),
                                 .renegotiation = wire->renegotiation,
                                 .peer_names = wire->peer_names,
                                 .server_name = wire->server_name};

    return match_tls(alternative, &facts);
}

static bool fits_association(const struct wire *wire, const struct scenario_alternative *alternative)
{
    return wire->has_association && match_association(alternative, &wire->association);
}

/* Any of the connections that the selectors name; a name is the usual case, "new" and "new@LISTENER" work as
 * in expect. */
static bool holds_of_any(const struct world *world, const struct scenario_alternative *alternative,
                         bool (*fits)(const struct wire *wire,
                                      const struct scenario_alternative *alternative))
{
    for (const struct wire *wire = world->wires; wire; wire = wire->next) {
        bool is_new = wire->post && !wire->was_named;

        for (size_t i = 0; i < alternative->on.count; i++) {
            const char *selector = alternative->on.items[i];
            bool is_meant = !strcmp(selector, "any") || (is_new && !strcmp(selector, "new")) ||
                            (is_new && wire->post->name && !strncmp(selector, "new@", 4) &&
                             !strcmp(selector + 4, wire->post->name)) ||
                            (!strncmp(selector, "beside@", 7) && peer_is_beside_named(wire, selector + 7)) ||
                            (wire->name && !strcmp(selector, wire->name));

            if (is_meant && fits(wire, alternative))
                return true;
        }
    }
    return false;
}

static bool holds_actor(const struct world *world, const struct scenario_alternative *alternative)
{
    const struct actor *actor = alternative->actor ? actor_named(world, alternative->actor) : NULL;
    struct reference_counts counts;

    if (!actor)
        return false;
    reference_node_counts(actor->node, &counts);
    return match_actor(alternative, &counts);
}

bool expect_holds_state(struct fiber *fiber, const struct scenario_alternative *alternative)
{
    switch (alternative->match) {
    case MATCH_CONNECTIONS:
        return holds_connections(fiber->world, alternative);
    case MATCH_REQUESTS:
        return holds_requests(fiber->world, alternative);
    case MATCH_TLS:
        return holds_of_any(fiber->world, alternative, fits_tls);
    case MATCH_ASSOCIATION:
        return holds_of_any(fiber->world, alternative, fits_association);
    case MATCH_ACTOR:
        return holds_actor(fiber->world, alternative);
    case MATCH_OTHERWISE:
    case MATCH_SILENCE: /* in check: nothing of the alternatives above it */
        return true;
    case MATCH_REQUEST:
    case MATCH_RESPONSE:
    case MATCH_CONNECTION:
    case MATCH_CLOSED:
        break;
    }
    return false;
}

/* An event that is in already and fits. */
static struct event *find_event(const struct world *world, const struct scenario_alternative *alternatives,
                                size_t count, size_t index)
{
    for (size_t i = 0; i < world->event_count; i++) {
        struct observed view;

        if (world->events[i]->is_consumed)
            continue;
        view = inbox_view(world->events[i]);
        if (match_fits(alternatives, count, index, &view))
            return world->events[i];
    }
    return NULL;
}

static void journal_facts(struct fiber *fiber, const struct scenario_alternative *alternative)
{
    struct world *world = fiber->world;
    const struct actor *actor = alternative->match == MATCH_ACTOR && alternative->actor
                                    ? actor_named(world, alternative->actor)
                                    : NULL;

    if (actor)
        journal_world_actor(actor);
}

enum step_result step_check(struct fiber *fiber, const struct step_expect *step)
{
    struct world *world = fiber->world;
    struct scenario_alternative *alternatives = alternatives_expand(fiber, step);
    bool is_decided = false;

    for (size_t i = 0; !world->is_over && !is_decided && i < step->count; i++) {
        struct event *event = find_event(world, alternatives, step->count, i);

        if (!event && !expect_holds_state(fiber, &alternatives[i]))
            continue;
        journal_facts(fiber, &alternatives[i]);
        expect_take(fiber, &alternatives[i], event);
        is_decided = true;
    }
    if (!is_decided)
        world_end(world, VERDICT_ERROR, 0, "No alternative of the check on line %u holds.",
                  fiber->step->line);
    alternatives_free(alternatives, step->count);
    return world->is_over ? STEP_WAITS : STEP_GOES_ON;
}
