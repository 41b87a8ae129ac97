#include "run/pile.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- raw bytes */

static bool is_call_id(const char *line, size_t length)
{
    return (length > 8 && !strncasecmp(line, "Call-ID:", 8)) || (length > 2 && !strncasecmp(line, "i:", 2));
}

static void adopt_call_id(struct world *world, struct group *group, const char *line, size_t length,
                          struct wire *wire)
{
    struct origin *origin = origin_new(world, group, ORIGIN_STEP);
    const char *value = memchr(line, ':', length);
    size_t skip = (size_t)(value - line) + 1;

    while (skip < length && (line[skip] == ' ' || line[skip] == '\t'))
        skip++;
    while (length > skip && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    char *call_id = run_allocate(length - skip + 1, 1);
    memcpy(call_id, line + skip, length - skip);
    origin_set_call_id(origin, call_id);
    free(origin->method);
    origin->method = text_copy(group->method);
    origin->cseq = 0;
    origin->wire = wire;
}

/* Each Call-ID in the bytes is a request of this name, so that answers to them are known as such. */
static void adopt_call_ids(struct world *world, struct group *group, const char *bytes, size_t size,
                           struct wire *wire)
{
    while (size) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        size_t line = length && bytes[length - 1] == '\r' ? length - 1 : length;

        if (is_call_id(bytes, line))
            adopt_call_id(world, group, bytes, line, wire);
        length += end != NULL;
        bytes += length;
        size -= length;
    }
    if (!group->count)
        origin_new(world, group, ORIGIN_STEP)->wire = wire; /* nothing can answer it, but the name exists */
}

/* The method is what the bytes begin with; another word of them is as good where they are no request. */
static void adopt_method(struct group *group, const char *bytes, size_t size)
{
    size_t from = 0, to;

    while (from < size && (bytes[from] == '\r' || bytes[from] == '\n'))
        from++;
    for (to = from; to < size && to - from < 32 && bytes[to] >= 'A' && bytes[to] <= 'Z'; to++)
        continue;
    free(group->method);
    group->method = text_format("%.*s", (int)(to - from), bytes + from);
}

static void pile_raw(struct fiber *fiber, const struct step_send *step, struct group *group,
                     struct wire *wire, struct pile *pile)
{
    char *expanded = world_expand(fiber, step->raw);
    char *text = names_add_user(fiber->world->run, expanded);
    size_t size = 0;
    char *bytes = text_unescape(text, &size);

    if (!bytes)
        world_end(fiber->world, VERDICT_ERROR, 0, "A bad escape in the raw bytes of the step on line %u.",
                  fiber->step->line);
    if (bytes) {
        adopt_method(group, bytes, size);
        adopt_call_ids(fiber->world, group, bytes, size, wire);
    }
    for (unsigned i = 0; bytes && i < (step->times ? step->times : 1); i++) {
        if (wire->connection)
            journal_world_message(wire, false, NULL, (const uint8_t *)bytes, size, group->name);
        pile_add(pile, bytes, size);
    }
    free(bytes);
    free(text);
    free(expanded);
}

/* ---- requests */

static void pile_request(struct fiber *fiber, const struct step_send *step, struct group *group,
                         struct wire *wire, struct pile *pile)
{
    struct world *world = fiber->world;
    char *expanded = world_expand(fiber, step->message.uri);
    char *uri = names_add_user(world->run, expanded);
    struct request_draft draft = {.method = group->method,
                                  .uri = uri,
                                  .from_user = wire->host->name,
                                  .from_domain = world->zone_name,
                                  .message = &step->message,
                                  .fiber = fiber};

    for (unsigned i = 0; i < (step->times ? step->times : 1) && !world->is_over; i++) {
        struct origin *origin = origin_new(world, group, ORIGIN_STEP);
        size_t size = 0;
        uint8_t *bytes;

        if (step->after_challenge && !challenge_continue(world, origin, step->after_challenge))
            break;
        origin->request = message_request(wire, origin, &draft);
        if (step->after_challenge && origin->request)
            challenge_answer(world, origin, step->after_challenge);
        if (world->is_over)
            break;
        bytes = origin->request ? sip_message_serialize(origin->request, &size) : NULL;
        if (!bytes)
            world_end(world, VERDICT_ERROR, 0, "The request of the step on line %u cannot be built.",
                      fiber->step->line);
        else if (wire->connection)
            journal_world_message(wire, false, origin->request, bytes, size, group->name);
        if (bytes)
            pile_add(pile, bytes, size);
        free(bytes);
    }
    free(expanded);
    free(uri);
}

/* Where a transport keeps messages, each is one of its own unless the step wants otherwise. */
static void write_each(const struct fiber *fiber, const struct pile *pile)
{
    size_t from = 0;

    for (size_t i = 0; i < pile->count; i++) {
        peer_write(fiber->wire, pile->bytes + from, pile->ends[i] - from);
        from = pile->ends[i];
    }
}

static bool keeps_messages(const struct wire *wire)
{
    return wire && (wire->transport == NET_SCTP || wire->transport == NET_TLS_SCTP);
}

static enum step_result write_pile(struct fiber *fiber, const struct step_send *step, struct pile *pile)
{
    bool is_each = keeps_messages(fiber->wire) && !step->is_joined && !step->chunk_bytes;

    if (is_each)
        write_each(fiber, pile);
    pile_give(pile, fiber);
    fiber->offset = is_each ? fiber->size_bytes : 0;
    return pile_write_piece(fiber, step->chunk_bytes);
}

enum step_result step_send(struct fiber *fiber, const struct step_send *step)
{
    struct world *world = fiber->world;
    struct pile pile = {0};
    struct group *group;
    char *on, *name;

    if (fiber->bytes)
        return fiber->is_due ? pile_write_piece(fiber, step->chunk_bytes) : STEP_WAITS;
    on = world_expand(fiber, step->on);
    name = world_expand(fiber, step->name ? step->name : "");
    fiber->wire = peer_wire(world, on);
    if (!fiber->wire)
        world_end(world, VERDICT_ERROR, 0, "There is no connection called \"%s\" to send on.", on);
    free(on);
    if (fiber->wire && !world->is_over) {
        fiber->wire->how = step->how;
        group = origin_group(world, name, step->message.method ? step->message.method : "OPTIONS");
        if (step->raw)
            pile_raw(fiber, step, group, fiber->wire, &pile);
        else
            pile_request(fiber, step, group, fiber->wire, &pile);
    }
    free(name);
    if (!world->is_over)
        return write_pile(fiber, step, &pile);
    pile_fini(&pile);
    return STEP_WAITS;
}
