#include "run/run_private.h"

#include <stdlib.h>

enum { CLOSE_BEGINS, CLOSE_SIGN_AWAITED, CLOSE_ROUND_TRIP };
enum { TRIP_BEGINS, TRIP_UA_AWAITED, TRIP_FIRST, TRIP_SECOND };

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

static enum step_result trip_failed(struct fiber *fiber, const char *what)
{
    world_end(fiber->world, VERDICT_INCONCLUSIVE, 0,
              "The device did not answer an OPTIONS of the UA that had to prove that it had seen %s.", what);
    return STEP_WAITS;
}

static enum step_result trip_send(struct fiber *fiber, unsigned phase)
{
    fiber->origin = message_probe(fiber->world->ua, ORIGIN_PROBE);
    fiber->phase = phase;
    fiber_set_deadline(fiber, run_scaled_ms(fiber->world->run, RUN_BARRIER_MS));
    return STEP_WAITS;
}

/* Two and not one: the first may have been read in the same turn of the device's loop as the close, and
 * answered before it. */
enum step_result step_round_trip(struct fiber *fiber, unsigned from, const char *what)
{
    struct world *world = fiber->world;

    switch (fiber->phase - from) {
    case TRIP_BEGINS:
        if (!ua_open(world))
            return STEP_WAITS;
        fiber->phase = from + TRIP_UA_AWAITED;
        fiber_set_deadline(fiber, run_scaled_ms(world->run, RUN_CONNECT_MS));
        return ua_is_ready(world) ? trip_send(fiber, from + TRIP_FIRST) : STEP_WAITS;
    case TRIP_UA_AWAITED:
        if (ua_is_ready(world))
            return trip_send(fiber, from + TRIP_FIRST);
        return fiber->is_due || !world->ua || world->ua->has_sign ? trip_failed(fiber, what) : STEP_WAITS;
    case TRIP_FIRST:
        if (fiber->origin->final_status)
            return trip_send(fiber, from + TRIP_SECOND);
        return fiber->is_due || fiber->origin->is_lost ? trip_failed(fiber, what) : STEP_WAITS;
    case TRIP_SECOND:
        if (fiber->origin->final_status)
            return STEP_GOES_ON;
        return fiber->is_due || fiber->origin->is_lost ? trip_failed(fiber, what) : STEP_WAITS;
    }
    return STEP_WAITS;
}

/* A round trip over TCP proves little about another stack of the device: SCTP may be read by a thread of its
 * own, so its sign is worth waiting for. */
static uint64_t sign_patience_ms(const struct wire *wire)
{
    bool is_sctp = wire->transport == NET_SCTP || wire->transport == NET_TLS_SCTP;

    return is_sctp ? RUN_BARRIER_MS : RUN_CLOSE_SIGN_MS;
}

static enum step_result begin(struct fiber *fiber, const struct step_close *step)
{
    struct world *world = fiber->world;
    char *name = world_expand(fiber, step->on);
    struct wire *wire = peer_wire(world, name);

    free(name);
    if (!wire || !wire->connection || (wire->has_sign && wire->sign != NET_SIGN_CLOSE_NOTIFY))
        return STEP_GOES_ON; /* gone already */
    wire->is_closing = true;
    wire->has_sign = false;
    fiber->wire = wire;
    journal_world_begin(world, "close");
    journal_integer(world->run->journal, "connection", (int64_t)wire->id);
    journal_string(world->run->journal, "how", mode_name(step->mode));
    journal_end(world->run->journal);
    net_connection_close(wire->connection, step->mode);
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
        if (fiber->wire->has_sign)
            return STEP_GOES_ON;
        if (!fiber->is_due && !fiber->wire->is_dead)
            return STEP_WAITS;
        fiber->phase = CLOSE_ROUND_TRIP;
    }
    if (fiber->phase >= CLOSE_ROUND_TRIP)
        return step_round_trip(fiber, CLOSE_ROUND_TRIP, "the close");
    return result;
}
