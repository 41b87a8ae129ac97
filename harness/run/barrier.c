/* A request of the stimulus's kind through the device to a host of our own. When it has come through, the
 * device is alive, can reach us and had the time for what was asked of it before: silence then means
 * something. */
#include "run/make.h"
#include "run/next_hop.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 3 };
/* What it is: a request that the device forwards, or makes by itself as it does for the scenario; or, where
 * that would ask a person once more, an OPTIONS that it answers on a connection of the UA's. */
enum way { WAY_FORWARDED, WAY_MADE, WAY_ASKED };

struct barrier {
    enum way way;
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
        static const char *const names[] = {"URI:sip:barrier.", "DNS:barrier.", "DNS:host.barrier.",
                                            "URI:sip:"};
        char *sans[sizeof names / sizeof *names];
        char *ip = names_uri_ip(&world->barrier_host->address);

        /* the last one for a device that is given no names */
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            sans[i] = text_format("%s%s", names[i], i == 3 ? ip : world->zone_name);
        free(ip);
        credential =
            credential_mint_names(world, "barrier", (const char *const *)sans, sizeof names / sizeof *names);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            free(sans[i]);
        if (!credential)
            return;
    }
    peer_listen_barrier(world, world->variant->transport, credential);
}

static enum way choose_way(const struct world *world)
{
    switch (world->run->options->profile->stimulus_kind) {
    case DEVICE_FORWARD:
        return WAY_FORWARDED;
    case DEVICE_DIALOG:
    case DEVICE_REGISTRAR:
    case DEVICE_COMMAND:
    case DEVICE_HTTP:
        return WAY_MADE;
    case DEVICE_OPERATOR:
    case DEVICE_NO_STIMULUS:
        break;
    }
    return WAY_ASKED;
}

struct barrier *barrier_new(struct fiber *fiber, const char *method)
{
    /* Of the same kind: what belongs to a dialog or to another request cannot stand alone. */
    static const char *const alone[] = {"INVITE", "MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "INFO"};
    struct barrier *barrier = run_allocate(1, sizeof *barrier);

    barrier->fiber = fiber;
    barrier->way = choose_way(fiber->world);
    for (size_t i = 0; method && i < sizeof alone / sizeof *alone; i++)
        if (!strcmp(alone[i], method))
            barrier->method = text_copy(method);
    if (!barrier->method)
        barrier->method = text_copy("OPTIONS");
    if (barrier->way != WAY_ASKED)
        listen_once(fiber);
    if (!fiber->world->is_over && barrier->way != WAY_MADE)
        ua_open(fiber->world);
    return barrier;
}

/* Where server location is not the device's business, or there are no names for it, an address. */
static char *barrier_uri(const struct world *world)
{
    const struct run *run = world->run;
    enum net_transport transport = world->variant->transport;
    uint16_t port = host_port(world->barrier_host, transport);
    struct net_address unused;
    char *ip, *uri;

    if (!run->options->profile->locates_nothing &&
        sandbox_dns_address(run->options->sandbox, world->variant->ip, &unused))
        return text_format("sip:barrier@barrier.%s;transport=%s", world->zone_name,
                           net_transport_name(transport));
    ip = names_uri_ip(&world->barrier_host->address);
    uri = port == net_transport_default_port(transport)
              ? text_format("sip:barrier@%s;transport=%s", ip, net_transport_name(transport))
              : text_format("sip:barrier@%s:%u;transport=%s", ip, (unsigned)port,
                            net_transport_name(transport));
    free(ip);
    return uri;
}

static void make_it(struct barrier *barrier)
{
    struct world *world = barrier->fiber->world;
    char *uri = barrier_uri(world);

    barrier->origin = origin_new(world, NULL, ORIGIN_BARRIER);
    journal_world_note(world, "barrier", "sent", barrier->method);
    make_begin(barrier->fiber, barrier->origin, NULL, uri, 0);
    free(uri);
}

static void ask_it(struct barrier *barrier)
{
    barrier->origin = message_probe(barrier->fiber->world->ua, ORIGIN_BARRIER);
    journal_world_note(barrier->fiber->world, "barrier", "sent", "OPTIONS");
}

static void send_it(struct barrier *barrier)
{
    struct world *world = barrier->fiber->world;
    struct origin *origin = origin_new(world, NULL, ORIGIN_BARRIER);
    char *target = barrier_uri(world);
    char *uri = told_hop_request_uri(world, target);
    struct request_draft draft = {.method = barrier->method,
                                  .uri = uri,
                                  .from_user = "ua",
                                  .from_domain = world->run->domains[0],
                                  .fiber = barrier->fiber};

    barrier->origin = origin;
    if (!uri)
        goto out;
    origin->request = message_request(world->ua, origin, &draft);
    told_hop_add_route(world, origin->request, target);
    journal_world_note(world, "barrier", "sent", barrier->method);
    if (!message_send(world->ua, origin->request, NULL))
        origin->is_lost = true;
out:
    free(target);
    free(uri);
}

/* An attempt that failed says nothing, neither about the device nor about silence: it is made again, over a
 * new connection where the UA's is gone. */
static void try_again(struct barrier *barrier)
{
    barrier->origin = NULL;
    if (++barrier->attempts < ATTEMPTS_MAX)
        barrier->is_broken = barrier->way != WAY_MADE && !ua_open(barrier->fiber->world);
    else
        barrier->is_broken = true;
    world_wake(barrier->fiber->world);
}

static enum barrier_state poll_made(struct barrier *barrier)
{
    const struct origin *origin = barrier->origin;

    if (!origin)
        make_it(barrier);
    else if (origin->was_received)
        return BARRIER_ANSWERED;
    else if (make_has_failed(origin))
        try_again(barrier);
    return barrier->is_broken ? BARRIER_BROKEN : BARRIER_RUNNING;
}

enum barrier_state barrier_poll(struct barrier *barrier)
{
    struct world *world = barrier->fiber->world;
    const struct origin *origin = barrier->origin;

    if (barrier->way == WAY_MADE)
        return poll_made(barrier);
    /* An answer of the device itself proves nothing about the way to us. */
    if (origin && origin->final_status && (origin->was_received || barrier->way == WAY_ASKED))
        return BARRIER_ANSWERED;
    if (origin ? origin->final_status || origin->is_lost : !world->ua || world->ua->has_sign)
        try_again(barrier);
    else if (!origin && ua_is_ready(world))
        (barrier->way == WAY_ASKED ? ask_it : send_it)(barrier);
    return barrier->is_broken ? BARRIER_BROKEN : BARRIER_RUNNING;
}

void barrier_free(struct barrier *barrier)
{
    if (barrier)
        free(barrier->method);
    free(barrier);
}
