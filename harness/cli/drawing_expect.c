/* What a step waits for, as strokes. */
#include "cli/drawing.h"

#include <limits.h>
#include <string.h>

/* "a, b, c" */
static const char *joined(const struct strings *strings, const char *none, char *room, size_t room_size)
{
    size_t used = 0;
    snprintf(room, room_size, "%s", strings->count ? "" : none);
    for (size_t i = 0; i < strings->count && used + 1 < room_size; i++) {
        int size = snprintf(room + used, room_size - used, "%s%s", i ? ", " : "", strings->items[i]);
        used += size > 0 ? (size_t)size : 0;
    }
    return room;
}

/* Where a selector's connection ends, as far as the file tells. */
static int selector_column(const struct drawing *drawing, const char *selector)
{
    if (strncmp(selector, "new@", 4) == 0)
        return drawing_named(drawing, selector + 4);
    if (strncmp(selector, "beside@", 7) == 0)
        return drawing_named(drawing, selector + 7);
    return drawing_named(drawing, selector);
}

static int peer_column(const struct drawing *drawing, const struct scenario_alternative *alternative)
{
    for (size_t i = 0; i < alternative->on.count; i++) {
        int column = selector_column(drawing, alternative->on.items[i]);
        if (column != DRAWING_NOBODY)
            return column;
    }
    for (int i = 0; i < drawing->column_count; i++)
        if (i != drawing->device && strcmp(drawing->columns[i], "ua") != 0)
            return i;
    return drawing->column_count - 1;
}

static const char *status_text(const struct scenario_alternative *alternative, char *room, size_t room_size)
{
    unsigned from = alternative->status_from, to = alternative->status_to;
    if (from == 200 && to == 699)
        snprintf(room, room_size, "final");
    else if (from == to)
        snprintf(room, room_size, "%u", from);
    else if (from / 100 == to / 100)
        snprintf(room, room_size, "%uxx", from / 100);
    else
        snprintf(room, room_size, "%uxx-%uxx", from / 100, to / 100);
    return room;
}

static const char *range_text(const struct scenario_range *range, char *room, size_t room_size)
{
    if (range->to == UINT_MAX)
        snprintf(room, room_size, "%u or more", range->from);
    else if (range->from == range->to)
        snprintf(room, room_size, "%u", range->from);
    else
        snprintf(room, room_size, "%u to %u", range->from, range->to);
    return room;
}

/* " → fail: reason", or what is remembered of it. */
static void outcome_text(const struct scenario_alternative *alternative, char *room, size_t room_size)
{
    size_t used = 0;
    room[0] = '\0';
    if (alternative->as)
        used += (size_t)snprintf(room, room_size, ", named %s", alternative->as);
    if (used < room_size && alternative->observe_name)
        used += (size_t)snprintf(room + used, room_size - used, ", observed: %s", alternative->observe_name);
    if (used < room_size && alternative->verdict != VERDICT_NONE)
        snprintf(room + used, room_size - used, " → %s%s%s%s", verdict_name(alternative->verdict),
                 alternative->only_with_control ? " (if the control reused)" : "",
                 alternative->reason ? ": " : "", drawing_or(alternative->reason, ""));
}

static void draw_request(struct drawing *drawing, const struct scenario_alternative *alternative,
                         const char *outcome)
{
    char of[128], on[128], methods[64];
    int column = peer_column(drawing, alternative);
    drawing_name(drawing, alternative->as, column);
    drawing_name(drawing, alternative->name, column);
    const char *label = alternative->methods.count
                            ? joined(&alternative->methods, "", methods, sizeof methods)
                            : joined(&alternative->of, "request", of, sizeof of);
    char name[128];
    snprintf(name, sizeof name, "%s", label);
    drawing_say(drawing, (struct drawing_stroke){drawing->device, column, '-', 0, name}, "%s on %s%s",
                joined(&alternative->of, "a request", of, sizeof of),
                joined(&alternative->on, "any connection", on, sizeof on), outcome);
}

static void draw_response(struct drawing *drawing, const struct scenario_alternative *alternative,
                          const char *outcome)
{
    char of[128], status[32];
    int column = alternative->of.count ? drawing_named(drawing, alternative->of.items[0]) : DRAWING_NOBODY;
    if (column == DRAWING_NOBODY)
        column = peer_column(drawing, alternative);
    drawing_say(drawing,
                (struct drawing_stroke){drawing->device, column, '-', 0,
                                        status_text(alternative, status, sizeof status)},
                "response %s to %s%s", status, joined(&alternative->of, "any", of, sizeof of), outcome);
}

static void draw_actor(struct drawing *drawing, const struct scenario_alternative *alternative,
                       const char *outcome)
{
    const struct {
        bool is_asked;
        const struct scenario_range *range;
        const char *what;
    } counts[] = {{alternative->has_answered, &alternative->answered, "answered"},
                  {alternative->has_received, &alternative->received_range, "received"},
                  {alternative->has_connections, &alternative->connections, "connections open"},
                  {alternative->has_opened, &alternative->opened, "connections made"}};
    char note[512] = "", range[48];
    size_t used = 0;
    for (size_t i = 0; i < 4; i++)
        if (counts[i].is_asked && used < sizeof note)
            used += (size_t)snprintf(note + used, sizeof note - used, ", %s %s", counts[i].what,
                                     range_text(counts[i].range, range, sizeof range));
    drawing_say(drawing, drawing_nothing, "%s counts%s%s", drawing_or(alternative->actor, "the actor"), note,
                outcome);
}

static void draw_association(struct drawing *drawing, const struct scenario_alternative *alternative,
                             const char *outcome)
{
    char on[128], in[48], out[48], addresses[48];
    drawing_say(drawing, drawing_nothing, "association of %s%s%s%s%s%s%s%s",
                joined(&alternative->on, "the connection", on, sizeof on),
                alternative->has_streams_in ? ", streams in " : "",
                alternative->has_streams_in ? range_text(&alternative->streams_in, in, sizeof in) : "",
                alternative->has_streams_out ? ", streams out " : "",
                alternative->has_streams_out ? range_text(&alternative->streams_out, out, sizeof out) : "",
                alternative->has_addresses ? ", addresses " : "",
                alternative->has_addresses ? range_text(&alternative->addresses, addresses, sizeof addresses)
                                           : "",
                outcome);
}

static void draw_connection(struct drawing *drawing, const struct scenario_alternative *alternative,
                            const char *outcome)
{
    int column = drawing_named(drawing, alternative->listener);
    if (column == DRAWING_NOBODY)
        column = peer_column(drawing, alternative);
    drawing_name(drawing, alternative->as, column);
    drawing_say(drawing, (struct drawing_stroke){drawing->device, column, '=', 0, "connects"},
                "a connection to '%s'%s", drawing_or(alternative->listener, "any"), outcome);
}

/* What is asked for either way, or (below 0) not at all. */
static const char *either(int asked, const char *yes, const char *no)
{
    return asked == 1 ? yes : asked == 0 ? no : "";
}

static void draw_tls(struct drawing *drawing, const struct scenario_alternative *alternative,
                     const char *outcome)
{
    char on[128];
    drawing_say(
        drawing, drawing_nothing, "TLS of %s%s%s%s%s%s%s%s%s%s",
        joined(&alternative->on, "the connection", on, sizeof on),
        either(alternative->certificate_requested, ", certificate requested", ", no certificate requested"),
        either(alternative->peer_certificate, ", certificate shown", ", no certificate shown"),
        either(alternative->resumed, ", resumed", ", not resumed"),
        either(alternative->early_data, ", early data accepted", ", no early data accepted"),
        either(alternative->unordered, ", a record unordered", ", all records in order"),
        alternative->peer_names ? ", names like " : "", drawing_or(alternative->peer_names, ""),
        alternative->server_name ? ", server name tested" : "", outcome);
}

static void draw_alternative(struct drawing *drawing, const struct scenario_alternative *alternative)
{
    char outcome[768], range[48], live[48], on[128];
    outcome_text(alternative, outcome, sizeof outcome);
    switch (alternative->match) {
    case MATCH_REQUEST:
        draw_request(drawing, alternative, outcome);
        break;
    case MATCH_RESPONSE:
        draw_response(drawing, alternative, outcome);
        break;
    case MATCH_CONNECTION:
        draw_connection(drawing, alternative, outcome);
        break;
    case MATCH_CLOSED:
        drawing_say(
            drawing,
            (struct drawing_stroke){drawing->device, peer_column(drawing, alternative), '~', 0, "closes"},
            "%s is closed%s%s%s", joined(&alternative->on, "a connection", on, sizeof on),
            alternative->alert ? ", alert like " : "", drawing_or(alternative->alert, ""), outcome);
        break;
    case MATCH_SILENCE:
        drawing_say(drawing, drawing_nothing, "nothing comes, and the device still works%s", outcome);
        break;
    case MATCH_CONNECTIONS:
        drawing_say(drawing, drawing_nothing, "connections at '%s':%s%s%s%s%s",
                    drawing_or(alternative->listener, "any"), alternative->has_count ? " made " : "",
                    alternative->has_count ? range_text(&alternative->count, range, sizeof range) : "",
                    alternative->has_live ? " open " : "",
                    alternative->has_live ? range_text(&alternative->live, live, sizeof live) : "", outcome);
        break;
    case MATCH_REQUESTS:
        drawing_say(drawing, drawing_nothing, "requests of %s received at '%s': %s%s",
                    joined(&alternative->of, "any", on, sizeof on), drawing_or(alternative->listener, "any"),
                    range_text(&alternative->count, range, sizeof range), outcome);
        break;
    case MATCH_TLS:
        draw_tls(drawing, alternative, outcome);
        break;
    case MATCH_ASSOCIATION:
        draw_association(drawing, alternative, outcome);
        break;
    case MATCH_ACTOR:
        draw_actor(drawing, alternative, outcome);
        break;
    case MATCH_OTHERWISE:
        drawing_say(drawing, drawing_nothing, "otherwise%s", outcome);
        break;
    }
}

void drawing_expect(struct drawing *drawing, const struct step_expect *expect, bool is_check)
{
    bool is_choice = expect->count > 1;
    if (is_choice || is_check)
        drawing_say(drawing, drawing_nothing, "%s",
                    is_check ? "the first that holds:" : "whichever is seen first:");
    drawing->depth += is_choice;
    for (size_t i = 0; i < expect->count; i++)
        draw_alternative(drawing, &expect->alternatives[i]);
    drawing->depth -= is_choice;
}
