#include "run/run_private.h"

#include <stdlib.h>

enum { RENEGOTIATE_BEGINS, RENEGOTIATE_ANSWER_AWAITED, RENEGOTIATE_ROUND_TRIP };

static bool is_answered(const struct wire *wire)
{
    return !wire->is_renegotiating || wire->has_sign || wire->is_dead;
}

static enum step_result ask(struct fiber *fiber, struct wire *wire, struct net_credential *credential)
{
    struct world *world = fiber->world;

    fiber->wire = wire;
    wire->is_renegotiating = true;
    wire->renegotiation = NET_RENEGOTIATION_NONE;
    journal_world_renegotiation(wire);
    if (!net_connection_renegotiate(wire->connection, credential)) {
        world_end(world, VERDICT_ERROR, 0,
                  "The connection of the step on line %u cannot be renegotiated: it is not one of ours over "
                  "TLS 1.2, or the device has not answered the last time that it was asked.",
                  fiber->step->line);
        return STEP_WAITS;
    }
    fiber->phase = RENEGOTIATE_ANSWER_AWAITED;
    fiber_set_deadline(fiber, run_scaled_ms(world->run, RUN_CLOSE_SIGN_MS));
    return STEP_WAITS;
}

static enum step_result begin(struct fiber *fiber, const struct step_renegotiate *step)
{
    struct world *world = fiber->world;
    char *name = world_expand(fiber, step->on);
    struct wire *wire = peer_wire(world, name);
    struct net_credential *credential = credential_get(fiber, step->certificate);

    free(name);
    if (world->is_over)
        return STEP_WAITS;
    bool is_gone = !wire || !wire->connection || wire->has_sign;
    return is_gone ? STEP_GOES_ON : ask(fiber, wire, credential);
}

/* A device may say nothing at all. That it will not is known after its time and round trips behind it. */
enum step_result step_renegotiate(struct fiber *fiber, const struct step_renegotiate *step)
{
    enum step_result result = STEP_WAITS;

    if (fiber->phase == RENEGOTIATE_BEGINS)
        result = begin(fiber, step);
    if (fiber->world->is_over || fiber->phase == RENEGOTIATE_BEGINS)
        return result;
    struct wire *wire = fiber->wire;
    if (is_answered(wire))
        return STEP_GOES_ON;
    if (fiber->phase == RENEGOTIATE_ANSWER_AWAITED) {
        if (!fiber->is_due)
            return STEP_WAITS;
        fiber->phase = RENEGOTIATE_ROUND_TRIP;
    }
    if (step_round_trip(fiber, RENEGOTIATE_ROUND_TRIP, wire->transport, "the wish to renegotiate") ==
        STEP_WAITS)
        return STEP_WAITS;
    wire->renegotiation = NET_RENEGOTIATION_UNANSWERED;
    journal_world_renegotiation(wire);
    return STEP_GOES_ON;
}
