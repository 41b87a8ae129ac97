/* A request of the stimulus's kind through the device to a host of our own. When it has come through, the
 * device is alive, can reach us and had the time for what was asked of it before: silence then means
 * something. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 3 };

struct barrier {
    struct fiber *fiber;
    struct origin *origin; /* NULL: not sent yet */
    char *method;
    unsigned attempts;
    bool is_broken;
};

static void listen_once(struct fiber *fiber)
{
    struct world *world = fiber->world;
    struct net_credential *credential = NULL;

    for (struct post *post = world->posts; post; post = post->next)
        if (post->is_barrier)
            return;
    if (net_transport_is_secure(world->variant->transport)) {
        static const char *const names[] = {"URI:sip:barrier.", "DNS:barrier.", "DNS:host.barrier."};
        char *sans[sizeof names / sizeof *names];

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            sans[i] = text_format("%s%s", names[i], world->zone_name);
        credential =
            credential_mint_names(world, "barrier", (const char *const *)sans, sizeof names / sizeof *names);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            free(sans[i]);
        if (!credential)
            return;
    }
    peer_listen_barrier(world, world->variant->transport, credential);
}

struct barrier *barrier_new(struct fiber *fiber, const char *method)
{
    /* Of the same kind: what belongs to a dialog or to another request cannot stand alone. */
    static const char *const alone[] = {"INVITE", "MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "INFO"};
    struct barrier *barrier = run_allocate(1, sizeof *barrier);

    barrier->fiber = fiber;
    for (size_t i = 0; method && i < sizeof alone / sizeof *alone; i++)
        if (!strcmp(alone[i], method))
            barrier->method = text_copy(method);
    if (!barrier->method)
        barrier->method = text_copy("OPTIONS");
    listen_once(fiber);
    if (!fiber->world->is_over)
        ua_open(fiber->world);
    return barrier;
}

static void send_it(struct barrier *barrier)
{
    struct world *world = barrier->fiber->world;
    struct origin *origin = origin_new(world, NULL, ORIGIN_BARRIER);
    char *uri = text_format("sip:barrier@barrier.%s;transport=%s", world->zone_name,
                            net_transport_name(world->variant->transport));
    struct request_draft draft = {.method = barrier->method,
                                  .uri = uri,
                                  .from_user = "ua",
                                  .from_domain = world->run->domains[0],
                                  .fiber = barrier->fiber};

    barrier->origin = origin;
    origin->request = message_request(world->ua, origin, &draft);
    journal_world_note(world, "barrier", "sent", barrier->method);
    if (!message_send(world->ua, origin->request, NULL))
        origin->is_lost = true;
    free(uri);
}

/* An attempt that failed says nothing, neither about the device nor about silence: it is made again, over a
 * new connection where the UA's is gone. */
static void try_again(struct barrier *barrier)
{
    barrier->origin = NULL;
    if (++barrier->attempts < ATTEMPTS_MAX)
        barrier->is_broken = !ua_open(barrier->fiber->world);
    else
        barrier->is_broken = true;
    world_wake(barrier->fiber->world);
}

enum barrier_state barrier_poll(struct barrier *barrier)
{
    struct world *world = barrier->fiber->world;
    const struct origin *origin = barrier->origin;

    /* An answer of the device itself proves nothing about the way to us. */
    if (origin && origin->final_status && origin->was_received)
        return BARRIER_ANSWERED;
    if (origin ? origin->final_status || origin->is_lost : !world->ua || world->ua->has_sign)
        try_again(barrier);
    else if (!origin && ua_is_ready(world))
        send_it(barrier);
    return barrier->is_broken ? BARRIER_BROKEN : BARRIER_RUNNING;
}

void barrier_free(struct barrier *barrier)
{
    if (barrier)
        free(barrier->method);
    free(barrier);
}
