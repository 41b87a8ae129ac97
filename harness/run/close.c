#include "run/run_private.h"

#include <stdlib.h>

enum { CLOSE_BEGINS, CLOSE_SIGN_AWAITED, CLOSE_ROUND_TRIP };

static const char *mode_name(enum net_close_mode mode)
{
    switch (mode) {
    case NET_CLOSE_GRACEFUL:
        return "graceful";
    case NET_CLOSE_FIN:
        return "fin";
    case NET_CLOSE_RST:
        return "rst";
    case NET_CLOSE_NOTIFY_ONLY:
        return "close_notify";
    case NET_CLOSE_SILENT:
        return "silent";
    case NET_CLOSE_NOW:
        return "now";
    }
    return "";
}

static bool is_sctp(const struct wire *wire)
{
    return wire->transport == NET_SCTP || wire->transport == NET_TLS_SCTP;
}

/* What the device says of its own accord is the best proof. Over SCTP a packet with our close in it may have
 * been lost, and is sent again while a round trip on another association overtakes it. */
static uint64_t sign_patience_ms(const struct wire *wire)
{
    return is_sctp(wire) ? RUN_BARRIER_MS : RUN_CLOSE_SIGN_MS;
}

/* An association that we shut down is answered by the stack of the device: what runs above it, be it the
 * device's TLS or the device itself, may hear of it later. */
static bool is_proof(const struct wire *wire)
{
    return wire->has_sign && wire->sign != NET_SIGN_SHUTDOWN && wire->sign != NET_SIGN_ABORT;
}

static bool is_gone(const struct wire *wire)
{
    return !wire || !wire->connection || (wire->has_sign && wire->sign != NET_SIGN_CLOSE_NOTIFY);
}

static void carry_out(struct wire *wire, enum net_close_mode mode)
{
    struct world *world = wire->world;

    wire->is_closing = true;
    wire->closed_how = mode;
    wire->has_sign = false;
    journal_world_begin(world, "close");
    journal_integer(world->run->journal, "connection", (int64_t)wire->id);
    journal_string(world->run->journal, "how", mode_name(mode));
    journal_end(world->run->journal);
    net_connection_close(wire->connection, mode);
}

/* What a step has closed in that way already is not closed again: the wait is what is left of it, when that
 * step did not do it. */
static enum step_result begin(struct fiber *fiber, const struct step_close *step)
{
    struct world *world = fiber->world;
    char *name = world_expand(fiber, step->on);
    struct wire *wire = peer_wire(world, name);
    bool is_repeated = wire && wire->is_closing && wire->closed_how == step->mode;

    free(name);
    if (!is_repeated && is_gone(wire))
        return STEP_GOES_ON;
    fiber->wire = wire;
    if (!is_repeated)
        carry_out(wire, step->mode);
    if (step->is_uncertain || step->mode == NET_CLOSE_SILENT)
        return STEP_GOES_ON;
    fiber->phase = step->mode == NET_CLOSE_RST ? CLOSE_ROUND_TRIP : CLOSE_SIGN_AWAITED;
    fiber_set_deadline(fiber, run_scaled_ms(world->run, sign_patience_ms(wire)));
    return STEP_WAITS;
}

enum step_result step_close(struct fiber *fiber, const struct step_close *step)
{
    enum step_result result = STEP_WAITS;

    if (fiber->phase == CLOSE_BEGINS)
        result = begin(fiber, step);
    if (fiber->phase == CLOSE_SIGN_AWAITED) {
        if (is_proof(fiber->wire))
            return STEP_GOES_ON;
        if (!fiber->is_due && !fiber->wire->has_sign && !fiber->wire->is_dead)
            return STEP_WAITS;
        fiber->phase = CLOSE_ROUND_TRIP;
    }
    if (fiber->phase >= CLOSE_ROUND_TRIP)
        return step_round_trip(fiber, CLOSE_ROUND_TRIP, fiber->wire->transport, "the close");
    return result;
}
