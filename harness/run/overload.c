/* Verdicts that an overloaded machine or device would have made. A handshake that took seconds and was then
 * given up without an alert says that somebody had no time, nothing about a certificate: what the world came
 * to, good or bad, may be the device's way around it. The same is true of a 408 while a connection of the
 * device is up, or coming up, on which nothing has come: it had begun what it then gave up. Such a world has
 * no verdict; it is tried again among few, where there is time. */
#include "run/run_private.h"

#include <stdlib.h>

enum { STARVED_MS = 4000, LATE_MS = 500, REQUEST_TIMEOUT = 408 };

static bool has_carried(const struct world *world, const struct wire *wire, enum observed_kind kind)
{
    for (size_t i = 0; i < world->event_count; i++)
        if (world->events[i]->wire == wire && world->events[i]->kind == kind)
            return true;
    return false;
}

/* Its end says nothing else: no alert, no closing in good order, and nothing had come on it. On our side the
 * handshake may have been complete: the device's time was up before it heard of that. */
static bool is_given_up(const struct wire *wire, const struct net_end *end)
{
    return net_transport_is_secure(wire->transport) && !wire->is_closing &&
           !(wire->post && wire->post->is_stalled) && end->sign != NET_SIGN_ALERT &&
           end->sign != NET_SIGN_CLOSE_NOTIFY && !has_carried(wire->world, wire, OBSERVED_REQUEST) &&
           !has_carried(wire->world, wire, OBSERVED_RESPONSE);
}

void overload_note_end(struct wire *wire, const struct net_end *end)
{
    struct world *world = wire->world;
    uint64_t now_ms = loop_now_ms(world->run->loop);
    uint64_t took_ms = (wire->is_ready ? wire->ready_ms : now_ms) - wire->began_ms;
    bool was_late = !wire->is_ready && loop_lag_ms(world->run->loop) >= LATE_MS;

    if (is_given_up(wire, end) && (took_ms >= STARVED_MS || was_late))
        world->starved_ms = took_ms ? took_ms : 1;
}

static bool rests_on_timeout(const struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++)
        if (world->outcome.on && world->events[i]->seq == world->outcome.on)
            return world->events[i]->kind == OBSERVED_RESPONSE && !world->events[i]->is_echo &&
                   world->events[i]->message->status == REQUEST_TIMEOUT;
    return false;
}

static bool has_unused_connection(const struct world *world)
{
    for (const struct wire *wire = world->wires; wire; wire = wire->next)
        if (wire->role == WIRE_PEER && wire->post && !wire->post->is_stalled && wire->connection &&
            !wire->has_sign && !has_carried(world, wire, OBSERVED_REQUEST))
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
