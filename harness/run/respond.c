/* Responses, one or several, and how they lie in the stream. */
#include "run/pile.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum { RESPOND_BEGINS, RESPOND_TRIP /* and the phases of step_round_trip behind it */ };

static bool is_framed(const struct step_respond *step)
{
    return step->to.count > 1 || step->status_count > 1 || step->chunk_bytes || step->empty_lines ||
           step->cut != SCENARIO_CUT_NONE;
}

/* As every answer goes. */
static void answer_plainly(struct event *event, struct wire *wire, const struct step_respond *step,
                           const struct answer_draft *draft)
{
    wire->how = step->how;
    message_answer_as(event, wire, draft);
    wire->how = (struct net_message_options){0}; /* what answers later goes as usual */
}

static void pile_answer(struct event *event, struct wire *wire, const struct step_respond *step,
                        const struct answer_draft *draft, struct pile *pile)
{
    size_t size = 0;
    uint8_t *bytes = message_answer_bytes(event, wire, draft, step->empty_lines, &size);

    if (bytes)
        pile_add(pile, bytes, size);
    free(bytes);
}

/* Where the last message is cut: in the middle of its header or of its body. */
static size_t cut_at(const struct pile *pile, const struct step_respond *step)
{
    size_t from = (pile->count > 1 ? pile->ends[pile->count - 2] : 0) + step->empty_lines * strlen("\r\n");
    const char *blank = memmem(pile->bytes + from, pile->size - from, "\r\n\r\n", 4);
    size_t body = blank ? (size_t)(blank - pile->bytes) + 4 : pile->size;

    return step->cut == SCENARIO_CUT_BODY ? body + (pile->size - body) / 2 : from + (body - from) / 2;
}

static enum step_result write_rest(struct fiber *fiber, const struct step_respond *step)
{
    enum step_result result;

    if (fiber->phase == RESPOND_BEGINS) /* in pieces */
        return fiber->is_due ? pile_write_piece(fiber, step->chunk_bytes) : STEP_WAITS;
    result = step_round_trip(fiber, RESPOND_TRIP, fiber->wire->transport, "the first part of a response");
    return result == STEP_WAITS ? STEP_WAITS : pile_write_piece(fiber, 0);
}

static enum step_result write_first(struct fiber *fiber, const struct step_respond *step, struct pile *pile)
{
    size_t cut = pile->size && step->cut != SCENARIO_CUT_NONE ? cut_at(pile, step) : 0;

    pile_give(pile, fiber);
    if (!cut)
        return pile_write_piece(fiber, step->chunk_bytes);
    if (!peer_write(fiber->wire, fiber->bytes, cut)) /* it has ended: its sign is an event */
        return STEP_GOES_ON;
    fiber->offset = cut;
    fiber->phase = RESPOND_TRIP;
    world_wake(fiber->world);
    return STEP_WAITS;
}

static struct event *find_request(struct fiber *fiber, const char *template)
{
    char *name = world_expand(fiber, template);
    struct event *event = inbox_named(fiber->world, name);
    bool is_request = event && event->message && event->kind == OBSERVED_REQUEST;

    if (!is_request)
        world_end(fiber->world, VERDICT_ERROR, 0, "There is no request called \"%s\" to respond to.", name);
    free(name);
    return is_request ? event : NULL;
}

static void answer_each(struct fiber *fiber, const struct step_respond *step, struct answer_draft *draft,
                        struct wire *on, struct pile *pile)
{
    for (size_t i = 0; i < step->to.count && !fiber->world->is_over; i++) {
        struct event *event = find_request(fiber, step->to.items[i]);

        if (!event)
            return;
        if (step->on && !on) /* there is no such connection any more */
            continue;
        fiber->wire = on ? on : event->wire;
        for (size_t k = 0; k < step->status_count; k++) {
            draft->status = step->statuses[k];
            if (is_framed(step))
                pile_answer(event, fiber->wire, step, draft, pile);
            else
                answer_plainly(event, fiber->wire, step, draft);
        }
    }
}

enum step_result step_respond(struct fiber *fiber, const struct step_respond *step)
{
    struct world *world = fiber->world;
    struct pile pile = {0};
    char *on, *sent_by, *body;
    struct wire *wire;

    if (fiber->bytes)
        return write_rest(fiber, step);
    on = step->on ? world_expand(fiber, step->on) : NULL;
    sent_by = step->sent_by ? world_expand(fiber, step->sent_by) : NULL;
    body = step->body ? world_expand(fiber, step->body) : NULL;
    wire = on ? peer_wire(world, on) : NULL;
    answer_each(fiber, step,
                &(struct answer_draft){.sent_by = sent_by,
                                       .body = body,
                                       .fiber = fiber,
                                       .headers = step->headers,
                                       .header_count = step->header_count},
                wire, &pile);
    free(sent_by);
    free(body);
    free(on);
    if (!world->is_over && pile.size)
        return write_first(fiber, step, &pile);
    pile_fini(&pile);
    return world->is_over ? STEP_WAITS : STEP_GOES_ON;
}
