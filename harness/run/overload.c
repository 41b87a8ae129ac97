/* Verdicts that an overloaded machine or device would have made. A handshake that took seconds and was then
 * given up without an alert says that somebody had no time, nothing about a certificate: what the world came
 * to, good or bad, may be the device's way around it. The same is true of a 408 while a connection of the
 * device is up, or coming up, on which nothing has come: it had begun what it then gave up. Such a world has
 * no verdict; it is tried again among few, where there is time. */
#include "run/run_private.h"

#include <stdlib.h>

enum { STARVED_MS = 4000, LATE_MS = 500, REQUEST_TIMEOUT = 408 };

static bool is_shaking_hands(const struct wire *wire)
{
    return net_transport_is_secure(wire->transport) && !wire->is_ready && !wire->is_closing &&
           !(wire->post && wire->post->is_stalled);
}

void overload_note_end(struct wire *wire, const struct net_end *end)
{
    struct world *world = wire->world;
    uint64_t lasted_ms = loop_now_ms(world->run->loop) - wire->began_ms;

    if (is_shaking_hands(wire) && end->sign != NET_SIGN_ALERT &&
        (lasted_ms >= STARVED_MS || loop_lag_ms(world->run->loop) >= LATE_MS))
        world->starved_ms = lasted_ms ? lasted_ms : 1;
}

static bool rests_on_timeout(const struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++)
        if (world->outcome.on && world->events[i]->seq == world->outcome.on)
            return world->events[i]->kind == OBSERVED_RESPONSE && !world->events[i]->is_echo &&
                   world->events[i]->message->status == REQUEST_TIMEOUT;
    return false;
}

static bool has_carried_request(const struct world *world, const struct wire *wire)
{
    for (size_t i = 0; i < world->event_count; i++)
        if (world->events[i]->wire == wire && world->events[i]->kind == OBSERVED_REQUEST)
            return true;
    return false;
}

static bool has_unused_connection(const struct world *world)
{
    for (const struct wire *wire = world->wires; wire; wire = wire->next)
        if (wire->role == WIRE_PEER && wire->post && !wire->post->is_stalled && wire->connection &&
            !wire->has_sign && !has_carried_request(world, wire))
            return true;
    return false;
}

static void forget_verdict(struct world *world, char *reason)
{
    uint64_t on = world->outcome.on;

    outcome_fini(&world->outcome);
    world->outcome =
        (struct outcome){.verdict = VERDICT_INCONCLUSIVE, .is_soft = true, .reason = reason, .on = on};
}

void overload_distrust(struct world *world)
{
    enum verdict verdict = world->outcome.verdict;

    if (verdict != VERDICT_PASS && verdict != VERDICT_FAIL && verdict != VERDICT_NOT_APPLICABLE)
        return;
    if (world->starved_ms)
        forget_verdict(
            world, text_format("A TLS handshake of the device was given up after %.1f s without an alert: "
                               "somebody had too little time, so that nothing follows from what came.",
                               (double)world->starved_ms / 1000.0));
    else if (rests_on_timeout(world) && has_unused_connection(world))
        forget_verdict(world,
                       text_format("The device gave up with 408 while its connection was up: it had too "
                                   "little time, so that nothing follows from it."));
}
