#include "run/soak.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum soak_phase {
    SOAK_BEGINS,
    SOAK_UA_AWAITED,
    SOAK_ANSWERS_AWAITED,
    SOAK_BARRIER_AWAITED,
    SOAK_CLOSE_AWAITED,
    SOAK_ROUND_TRIP /* and the phases of step_round_trip behind it */
};
enum {
    SOAK_PATIENCE_MS = 8000,
    SOAK_CLOSE_MS = 4000,
    SOAK_POLL_MS = 20,
    CLOSE_ONE_IN = 8,
    DIALOG_ONE_IN = 4
};

/* ---- chance */

uint64_t soak_seed(const struct world *world, const char *what)
{
    const char *const parts[] = {world->variant->scenario->id, world->variant->name, what};
    uint64_t hash = 0xcbf29ce484222325u ^ world->run->options->seed; /* FNV-1a */

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *c = parts[i]; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    hash = (hash ^ (world->job->soaks + 1)) * 0x100000001b3u;
    hash =
        (hash ^ strtoul(world->zone_name, NULL, 10)) * 0x100000001b3u; /* two actors never share a branch */
    return hash ? hash : 1;
}

/* splitmix64: any seed is a good one. The bias of the remainder is of no interest here. */
static unsigned roll(struct soak *soak, size_t below)
{
    uint64_t z = soak->dice += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ z >> 31) % below);
}

/* ---- life */

static struct soak *soak_new(struct fiber *fiber, struct actor *actor)
{
    struct world *world = fiber->world;
    struct soak *soak = run_allocate(1, sizeof *soak);

    soak->world = world;
    soak->actor = actor;
    soak->dice = soak_seed(world, "soak");
    soak->device_domains =
        world->run->domain_count < SOAK_DEVICE_DOMAINS ? world->run->domain_count : SOAK_DEVICE_DOMAINS;
    for (size_t i = 0; i < actor->recipe->domains.count && i < REFERENCE_DOMAINS_MAX; i++)
        soak->domains[soak->domain_count++] = world_expand(fiber, actor->recipe->domains.items[i]);
    return soak;
}

void soak_free(struct soak *soak)
{
    if (!soak)
        return;
    for (size_t i = 0; i < soak->domain_count; i++)
        free(soak->domains[i]);
    for (size_t i = 0; i < soak->exchange_count; i++)
        free(soak->exchanges[i].branch);
    barrier_free(soak->barrier);
    free(soak->requests);
    free(soak);
}

/* ---- a turn: requests both ways at once */

static struct soak_request *add_request(struct soak *soak)
{
    if (soak->request_count == soak->request_room) {
        size_t room = soak->request_room ? soak->request_room * 2 : 64;
        struct soak_request *requests = run_allocate(room, sizeof *requests);

        if (soak->requests)
            memcpy(requests, soak->requests, soak->request_count * sizeof *requests);
        free(soak->requests);
        soak->requests = requests;
        soak->request_room = room;
    }
    return &soak->requests[soak->request_count++];
}

static void send_request(struct soak_request *request, struct sip_message *message)
{
    struct origin *origin = request->origin;

    origin->request = message;
    if (!message || !message_send(origin->wire, message, "soak"))
        origin->is_lost = true;
}

static void forward_one(struct fiber *fiber, struct soak *soak, size_t domain, unsigned as, bool is_invite)
{
    struct world *world = fiber->world;
    struct soak_request *request = add_request(soak);
    char *uri = text_format("sip:s%zu@%s;transport=%s", soak->request_count, soak->domains[domain],
                            net_transport_name(world->variant->transport));
    const struct request_draft draft = {.method = is_invite ? "INVITE" : "OPTIONS",
                                        .uri = uri,
                                        .from_user = "ua",
                                        .from_domain = world->run->domains[as],
                                        .fiber = fiber};

    *request = (struct soak_request){.domain = domain, .as = as, .is_invite = is_invite};
    request->origin = origin_new(world, origin_group(world, "soak", "OPTIONS"), ORIGIN_STEP);
    soak->now[domain][as]++;
    send_request(request, message_request(world->ua, request->origin, &draft));
    free(uri);
}

/* The calls of earlier turns end, whatever closes were between. A device that keeps out of the dialog has no
 * part in its end. */
static void hang_up(struct fiber *fiber, struct soak *soak)
{
    static const struct scenario_message plain = {0};
    size_t before = soak->settled;

    for (; soak->hung_up < before; soak->hung_up++) {
        struct origin *invite = soak->requests[soak->hung_up].origin;
        const struct soak_request call = soak->requests[soak->hung_up];
        struct soak_request *bye;

        if (!invite->established || !sip_message_value_count(invite->established, "Record-Route"))
            continue;
        bye = add_request(soak); /* moves them all */
        soak->requests[soak->hung_up].bye = soak->request_count;
        *bye = (struct soak_request){.domain = call.domain, .as = call.as};
        bye->origin = origin_new(fiber->world, origin_group(fiber->world, "soak", "OPTIONS"), ORIGIN_STEP);
        soak->now[call.domain][call.as]++;
        send_request(bye, dialog_request(fiber, fiber->world->ua, bye->origin, invite, "BYE", &plain));
    }
}

static void on_own_answer(struct reference_node *node, unsigned status, void *arg)
{
    struct actor *actor = arg;
    struct soak *soak = actor->world->soak;

    (void)node;
    if (!soak)
        return;
    soak->own_answered++;
    soak->own_refused += status == 408 || status == 503;
    world_wake(actor->world);
}

static void originate_one(struct soak *soak, unsigned as, unsigned to)
{
    const struct world *world = soak->world;
    char *uri = text_format("sip:%s;transport=%s", world->run->domains[to],
                            net_transport_name(world->variant->transport));

    if (reference_node_send(soak->actor->node, "OPTIONS", uri, as, on_own_answer, soak->actor))
        soak->own_sent++;
    free(uri);
}

static void play_turn(struct fiber *fiber, struct soak *soak)
{
    const unsigned forwards = roll(soak, SOAK_BURST_MAX + 1), own = roll(soak, SOAK_BURST_MAX + 1);

    memset(soak->now, 0, sizeof soak->now);
    for (size_t i = 0; i < soak->exchange_count; i++)
        free(soak->exchanges[i].branch);
    soak->exchange_count = 0;
    soak->turn++;
    for (unsigned i = 0; i < own; i++) {
        unsigned as = roll(soak, soak->domain_count);

        originate_one(soak, as, roll(soak, soak->device_domains));
    }
    hang_up(fiber, soak);
    for (unsigned i = 0; i < forwards; i++) {
        unsigned domain = roll(soak, soak->domain_count), as = roll(soak, soak->device_domains);

        forward_one(fiber, soak, domain, as, roll(soak, DIALOG_ONE_IN) == 0);
    }
    fiber->began_ms = loop_now_ms(fiber->world->run->loop);
    fiber->phase = SOAK_ANSWERS_AWAITED;
}

/* ---- a close */

static void play_close(struct fiber *fiber, struct soak *soak)
{
    static const struct {
        enum net_close_mode mode;
        const char *name;
    } ways[] = {
        {NET_CLOSE_GRACEFUL, "in good order"}, {NET_CLOSE_FIN, "with FIN"}, {NET_CLOSE_RST, "with RST"}};
    unsigned way = roll(soak, sizeof ways / sizeof *ways);
    char *text = text_format("soak turn %u: closes every connection %s", soak->turn, ways[way].name);

    journal_world_note(soak->world, "actor-log", soak->actor->recipe->name, text);
    free(text);
    soak->closes++;
    reference_node_close_connections(soak->actor->node, ways[way].mode);
    fiber->began_ms = loop_now_ms(fiber->world->run->loop);
    fiber->phase = SOAK_CLOSE_AWAITED;
}

static bool is_close_seen(const struct fiber *fiber, const struct soak *soak)
{
    struct run *run = fiber->world->run;
    struct reference_counts counts;

    reference_node_counts(soak->actor->node, &counts);
    return (!counts.open_now && !counts.closing_now) ||
           loop_now_ms(run->loop) - fiber->began_ms >= run_scaled_ms(run, SOAK_CLOSE_MS);
}

static void start_after_close(struct soak *soak)
{
    struct reference_counts counts;

    reference_node_counts(soak->actor->node, &counts);
    soak->accepted_before = counts.accepted;
    memset(soak->most, 0, sizeof soak->most);
    soak->is_after_close = true;
}

/* ---- the step */

static enum step_result begin(struct fiber *fiber, const struct step_soak *step)
{
    struct world *world = fiber->world;
    struct actor *actor = actor_named(world, step->actor);

    if (!actor || !actor->node) {
        world_end(world, VERDICT_ERROR, 0, "There is no actor called \"%s\".", step->actor);
        return STEP_WAITS;
    }
    if (!ua_open(world))
        return STEP_WAITS;
    world->soak = soak_new(fiber, actor);
    fiber->phase = SOAK_UA_AWAITED;
    fiber->began_ms = loop_now_ms(world->run->loop);
    return STEP_WAITS;
}

static void await_ua(struct fiber *fiber)
{
    struct world *world = fiber->world;

    if (ua_is_ready(world))
        play_turn(fiber, world->soak);
    else if (!world->ua || world->ua->has_sign || !world->ua->connection ||
             loop_now_ms(world->run->loop) - fiber->began_ms >= run_scaled_ms(world->run, RUN_CONNECT_MS))
        world_end(world, VERDICT_INCONCLUSIVE, 0, "The UA has no connection to the device.");
}

static enum step_result finish(struct fiber *fiber, const struct soak *soak)
{
    struct reference_counts counts;
    char *text;

    reference_node_counts(soak->actor->node, &counts);
    text = text_format(
        "round %u: %zu requests to %zu domains and %zu from them, %u closes, %zu connections of the "
        "device and %zu of the peer, %u requests lost right after a close",
        soak->world->job->soaks + 1, soak->request_count, soak->domain_count, soak->own_sent, soak->closes,
        counts.accepted, counts.opened, soak->excused);
    world_observe(fiber->world, "soak", text, 0);
    free(text);
    return STEP_GOES_ON;
}

static enum step_result after_turn(struct fiber *fiber, const struct step_soak *step)
{
    struct soak *soak = fiber->world->soak;

    soak_judge_turn(soak);
    if (fiber->world->is_over)
        return STEP_WAITS;
    if (soak->turn >= step->turns)
        return finish(fiber, soak);
    soak->is_after_close = false;
    if (roll(soak, CLOSE_ONE_IN) == 0)
        play_close(fiber, soak);
    else
        fiber->phase = SOAK_UA_AWAITED;
    world_wake(fiber->world);
    return STEP_WAITS;
}

static void await_answers(struct fiber *fiber)
{
    struct run *run = fiber->world->run;
    struct soak *soak = fiber->world->soak;

    if (loop_now_ms(run->loop) - fiber->began_ms < run_scaled_ms(run, SOAK_PATIENCE_MS))
        return;
    soak->barrier = barrier_new(fiber, "OPTIONS");
    fiber->phase = SOAK_BARRIER_AWAITED;
    fiber->began_ms = loop_now_ms(run->loop);
}

/* True when the barrier has come through. */
static bool await_barrier(struct fiber *fiber)
{
    struct run *run = fiber->world->run;
    enum barrier_state state = barrier_poll(fiber->world->soak->barrier);
    bool is_over_time = loop_now_ms(run->loop) - fiber->began_ms >= run_scaled_ms(run, RUN_BARRIER_MS);

    if (state == BARRIER_BROKEN || (state == BARRIER_RUNNING && is_over_time))
        world_end(
            fiber->world, VERDICT_INCONCLUSIVE, 0,
            "Answers did not come, and the barrier (a request through the device to another host) did not "
            "come through either.");
    return state == BARRIER_ANSWERED;
}

static void await_close(struct fiber *fiber)
{
    if (is_close_seen(fiber, fiber->world->soak))
        fiber->phase = SOAK_ROUND_TRIP;
}

static enum step_result play(struct fiber *fiber, const struct step_soak *step)
{
    struct soak *soak = fiber->world->soak;

    if (fiber->phase == SOAK_UA_AWAITED)
        await_ua(fiber);
    if (fiber->phase == SOAK_ANSWERS_AWAITED) {
        if (soak_is_answered(soak))
            return after_turn(fiber, step);
        await_answers(fiber);
    } else if (fiber->phase == SOAK_BARRIER_AWAITED && await_barrier(fiber)) {
        barrier_free(soak->barrier);
        soak->barrier = NULL;
        return after_turn(fiber, step);
    } else if (fiber->phase == SOAK_CLOSE_AWAITED) {
        await_close(fiber);
    }
    return STEP_WAITS;
}

enum step_result step_soak(struct fiber *fiber, const struct step_soak *step)
{
    enum step_result result = STEP_WAITS;

    if (fiber->phase == SOAK_BEGINS)
        result = begin(fiber, step);
    else if (fiber->phase < SOAK_ROUND_TRIP)
        result = play(fiber, step);
    if (fiber->world->is_over || result == STEP_GOES_ON)
        return result;
    if (fiber->phase >= SOAK_ROUND_TRIP) { /* it sets deadlines of its own */
        if (step_round_trip(fiber, SOAK_ROUND_TRIP, fiber->world->variant->transport, "the actor's close") ==
            STEP_WAITS)
            return STEP_WAITS;
        start_after_close(fiber->world->soak);
        fiber->phase = SOAK_UA_AWAITED;
    }
    fiber_set_deadline(fiber, SOAK_POLL_MS);
    return STEP_WAITS;
}
