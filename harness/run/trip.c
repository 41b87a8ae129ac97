/* Round trips that prove what the device has read: it answers in the order in which things came to it. Over
 * SCTP that order holds within SCTP alone, for its packets wait in a queue of their own, and the device may
 * have a thread for it: there the round trip takes an association too. */
#include "run/run_private.h"

enum { TRIP_BEGINS, TRIP_CONNECTION_AWAITED, TRIP_FIRST, TRIP_SECOND };

static bool is_witnessed(const struct world *world, enum net_transport of)
{
    return (of == NET_SCTP || of == NET_TLS_SCTP) && !world->is_witness_refused;
}

static struct wire *wire_of(const struct world *world, enum net_transport of)
{
    return is_witnessed(world, of) ? world->witness : world->ua;
}

static enum step_result trip_failed(struct fiber *fiber, const char *what)
{
    world_end(fiber->world, VERDICT_INCONCLUSIVE, 0,
              "The device did not answer an OPTIONS of the UA that had to prove that it had seen %s.", what);
    return STEP_WAITS;
}

static enum step_result send_probe(struct fiber *fiber, struct wire *wire, unsigned phase)
{
    fiber->origin = message_probe(wire, ORIGIN_PROBE);
    fiber->phase = phase;
    fiber_set_deadline(fiber, run_scaled_ms(fiber->world->run, RUN_BARRIER_MS));
    return STEP_WAITS;
}

static enum step_result open_connection(struct fiber *fiber, unsigned from, enum net_transport of)
{
    struct world *world = fiber->world;

    if (!(is_witnessed(world, of) ? ua_open_witness(world, of) : ua_open(world)))
        return STEP_WAITS;
    fiber->phase = from + TRIP_CONNECTION_AWAITED;
    fiber_set_deadline(fiber, run_scaled_ms(world->run, RUN_CONNECT_MS));
    return STEP_GOES_ON;
}

/* A device that takes no association from a UA, which shows no certificate, is asked as any other is. Where
 * there was too little time it is not. */
static enum step_result await_connection(struct fiber *fiber, unsigned from, enum net_transport of,
                                         const char *what)
{
    struct world *world = fiber->world;
    struct wire *wire = wire_of(world, of);

    if (wire && wire->connection && wire->is_ready && !wire->has_sign)
        return send_probe(fiber, wire, from + TRIP_FIRST);
    if (!fiber->is_due && wire && !wire->has_sign && wire->connection)
        return STEP_WAITS;
    if (!is_witnessed(world, of) || fiber->is_due || !wire || wire->sign == NET_SIGN_TIMEOUT)
        return trip_failed(fiber, what);
    world->is_witness_refused = true;
    fiber->phase = from + TRIP_BEGINS;
    world_wake(world);
    return STEP_WAITS;
}

/* Two and not one: the first may have been read in the same turn of the device's loop as the close, and
 * answered before it. */
enum step_result step_round_trip(struct fiber *fiber, unsigned from, enum net_transport of, const char *what)
{
    switch (fiber->phase - from) {
    case TRIP_BEGINS:
        if (open_connection(fiber, from, of) == STEP_WAITS)
            return STEP_WAITS;
        return await_connection(fiber, from, of, what);
    case TRIP_CONNECTION_AWAITED:
        return await_connection(fiber, from, of, what);
    case TRIP_FIRST:
        if (fiber->origin->final_status)
            return send_probe(fiber, fiber->origin->wire, from + TRIP_SECOND);
        return fiber->is_due || fiber->origin->is_lost ? trip_failed(fiber, what) : STEP_WAITS;
    case TRIP_SECOND:
        if (fiber->origin->final_status)
            return STEP_GOES_ON;
        return fiber->is_due || fiber->origin->is_lost ? trip_failed(fiber, what) : STEP_WAITS;
    }
    return STEP_WAITS;
}
