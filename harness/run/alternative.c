#include "run/run_private.h"

#include <stdlib.h>

static struct strings expand_strings(struct fiber *fiber, const struct strings *from)
{
    struct strings out = {.items = run_allocate(from->count, sizeof *out.items), .count = from->count};

    for (size_t i = 0; i < from->count; i++)
        out.items[i] = world_expand(fiber, from->items[i]);
    return out;
}

static char *expand_optional(struct fiber *fiber, const char *text)
{
    return text ? world_expand(fiber, text) : NULL;
}

/* The topmost Via of a request that an expectation named. */
static char *via_of(struct fiber *fiber, const char *name)
{
    char *expanded = name ? world_expand(fiber, name) : NULL;
    const struct event *event = expanded ? inbox_named(fiber->world, expanded) : NULL;
    char *via = event && event->message ? sip_message_value(event->message, "Via", 0) : NULL;

    if (expanded && !via)
        world_end(fiber->world, VERDICT_ERROR, 0,
                  "There is no request called \"%s\" whose Via could be compared.", expanded);
    free(expanded);
    return via;
}

/* The reason and the observed value stay as they are: they may speak of what the alternative itself brings,
 * and are expanded then. */
static void expand_one(struct fiber *fiber, struct scenario_alternative *out,
                       const struct scenario_alternative *from)
{
    *out = *from;
    out->of = expand_strings(fiber, &from->of);
    out->on = expand_strings(fiber, &from->on);
    out->methods = expand_strings(fiber, &from->methods);
    out->where = run_allocate(from->where_count, sizeof *out->where);
    for (size_t i = 0; i < from->where_count; i++) {
        out->where[i] = from->where[i];
        out->where[i].pattern = world_expand(fiber, from->where[i].pattern);
    }
    out->via_of = via_of(fiber, from->via_of);
    out->as = expand_optional(fiber, from->as);
    out->name = expand_optional(fiber, from->name);
    out->listener = expand_optional(fiber, from->listener);
    out->peer_names = expand_optional(fiber, from->peer_names);
    out->server_name = expand_optional(fiber, from->server_name);
    out->actor = expand_optional(fiber, from->actor);
}

struct scenario_alternative *alternatives_expand(struct fiber *fiber, const struct step_expect *expect)
{
    struct scenario_alternative *out = run_allocate(expect->count, sizeof *out);

    for (size_t i = 0; i < expect->count; i++)
        expand_one(fiber, &out[i], &expect->alternatives[i]);
    return out;
}

static void free_strings(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
}

static void free_one(struct scenario_alternative *alternative)
{
    free_strings(&alternative->of);
    free_strings(&alternative->on);
    free_strings(&alternative->methods);
    for (size_t i = 0; i < alternative->where_count; i++)
        free(alternative->where[i].pattern);
    free(alternative->where);
    free(alternative->via_of);
    free(alternative->as);
    free(alternative->name);
    free(alternative->listener);
    free(alternative->peer_names);
    free(alternative->server_name);
    free(alternative->actor);
}

void alternatives_free(struct scenario_alternative *alternatives, size_t count)
{
    for (size_t i = 0; alternatives && i < count; i++)
        free_one(&alternatives[i]);
    free(alternatives);
}
