#include "run/run_private.h"
#include "run/soak.h"

#include <stdlib.h>
#include <string.h>

enum { ACTOR_CLOSE_BEGINS, ACTOR_CLOSE_AWAITED, ACTOR_CLOSE_ROUND_TRIP };
enum { ACTOR_CLOSE_MS = 4000, ACTOR_POLL_MS = 20 };

struct actor *actor_named(const struct world *world, const char *name)
{
    for (struct actor *actor = world->actors; actor; actor = actor->next)
        if (!strcmp(actor->recipe->name, name))
            return actor;
    return NULL;
}

static void on_log(const char *line, void *arg)
{
    struct actor *actor = arg;

    inbox_count(actor->world, 0);
    journal_world_note(actor->world, "actor-log", actor->recipe->name, line);
    world_wake(actor->world);
}

static void on_message(const struct reference_sight *sight, void *arg)
{
    const struct actor *actor = arg;

    if (actor->world->soak && !actor->world->is_over)
        soak_see(actor->world->soak, sight);
}

static bool make_domains(struct fiber *fiber, const struct scenario_actor *recipe,
                         struct reference_domain *domains, char **names)
{
    for (size_t i = 0; i < recipe->domains.count && i < REFERENCE_DOMAINS_MAX; i++) {
        names[i] = world_expand(fiber, recipe->domains.items[i]);
        domains[i].name = names[i];
        if (i < recipe->certificates.count) {
            const struct credential_row *row = credential_row(fiber, recipe->certificates.items[i]);

            if (!row)
                return false;
            domains[i].chain_pem = row->chain_pem;
            domains[i].key_pem = row->key_pem;
        }
    }
    return !fiber->world->is_over;
}

/* SCTP only where the scenario speaks it: elsewhere there may be none. */
static size_t list_listeners(const struct actor *actor, const struct host *host, struct reference_listen *out)
{
    enum net_transport transport = actor->world->variant->transport;
    bool has_tls = actor->recipe->certificates.count > 0;
    bool has_sctp = transport == NET_SCTP || transport == NET_TLS_SCTP;
    const struct {
        enum net_transport transport;
        bool is_wanted;
    } all[] = {
        {NET_TCP, true}, {NET_TLS, has_tls}, {NET_SCTP, has_sctp}, {NET_TLS_SCTP, has_sctp && has_tls}};
    size_t count = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].is_wanted)
            out[count++] = (struct reference_listen){.transport = all[i].transport, .address = host->address};
    return count;
}

static void start_node(struct fiber *fiber, struct actor *actor, const struct host *host)
{
    struct world *world = fiber->world;
    const struct scenario_actor *recipe = actor->recipe;
    struct reference_domain domains[REFERENCE_DOMAINS_MAX] = {0};
    char *names[REFERENCE_DOMAINS_MAX] = {0};
    struct reference_listen listen[4];
    struct reference_options options = {.listen = listen,
                                        .listen_count = list_listeners(actor, host, listen),
                                        .domains = domains,
                                        .domain_count = recipe->domains.count,
                                        .trust_pem = world->run->trust_pem
                                                         ? world->run->trust_pem
                                                         : certs_authority_trust_pem(world->run->authority),
                                        .is_never_reusing = !recipe->reuses,
                                        .answers_users = true,
                                        .on_log = on_log,
                                        .on_message = on_message,
                                        .seed = soak_seed(world, "actor"),
                                        .arg = actor};
    char error[RUN_SENTENCE_MAX] = "";

    listen[0].address.port = host->plain_port;
    listen[1].address.port = host->secure_port;
    sandbox_dns_address(world->run->options->sandbox, world->variant->ip, &options.dns_server);
    if (make_domains(fiber, recipe, domains, names)) {
        actor->node = reference_node_new(world->run->net, &options, error, sizeof error);
        if (!actor->node)
            world_end(world, VERDICT_ERROR, 0, "The actor \"%s\" cannot be started: %s.", recipe->name,
                      error);
    }
    for (size_t i = 0; i < REFERENCE_DOMAINS_MAX; i++)
        free(names[i]);
}

void actor_start_all(struct fiber *fiber)
{
    struct world *world = fiber->world;

    for (size_t i = 0; i < world->variant->actor_count && !world->is_over; i++) {
        const struct scenario_actor *recipe = &world->variant->actors[i];
        const struct host *host = world_host(world, recipe->host);
        struct actor *actor = run_allocate(1, sizeof *actor);

        actor->world = world;
        actor->recipe = recipe;
        actor->next = world->actors;
        world->actors = actor;
        if (recipe->domains.count > REFERENCE_DOMAINS_MAX || !host)
            world_end(world, VERDICT_ERROR, 0, "The actor \"%s\" has too many domains or no host.",
                      recipe->name);
        else
            start_node(fiber, actor, host);
    }
}

static void on_answer(struct reference_node *node, unsigned status, void *arg)
{
    struct actor *actor = arg;
    char *text = text_format("%u", status);

    (void)node;
    actor->unanswered--;
    if (!actor->world->is_over)
        journal_world_note(actor->world, "actor-answer", actor->recipe->name, text);
    free(text);
    world_wake(actor->world);
}

static struct actor *actor_of(struct fiber *fiber, const char *name)
{
    struct actor *actor = actor_named(fiber->world, name);

    if (!actor || !actor->node) {
        world_end(fiber->world, VERDICT_ERROR, 0, "There is no actor called \"%s\".", name);
        return NULL;
    }
    return actor;
}

enum step_result step_actor_send(struct fiber *fiber, const struct step_actor_send *step)
{
    struct actor *actor = actor_of(fiber, step->actor);
    char *uri = world_expand(fiber, step->uri);

    for (unsigned i = 0; actor && !fiber->world->is_over && i < step->count; i++) {
        actor->unanswered++;
        if (reference_node_send(actor->node, "OPTIONS", uri, step->as, on_answer, actor))
            continue;
        actor->unanswered--;
        world_end(fiber->world, VERDICT_ERROR, 0, "The actor \"%s\" cannot send to %s.", step->actor, uri);
    }
    free(uri);
    return fiber->world->is_over ? STEP_WAITS : STEP_GOES_ON;
}

static enum step_result begin_close(struct fiber *fiber, struct actor *actor,
                                    const struct step_actor_close *step)
{
    reference_node_close_connections(actor->node, step->mode);
    fiber->began_ms = loop_now_ms(fiber->world->run->loop);
    fiber->phase = ACTOR_CLOSE_AWAITED;
    fiber_set_deadline(fiber, ACTOR_POLL_MS);
    return STEP_WAITS;
}

/* The actor says what it holds but not when that changes: it is asked. The device has seen a close when its
 * own end has come; a round trip alone would not tell, for another process of the device may hold the
 * connection. */
static bool is_still_open(struct fiber *fiber, const struct actor *actor)
{
    struct run *run = fiber->world->run;
    struct reference_counts counts;

    reference_node_counts(actor->node, &counts);
    if ((!counts.open_now && !counts.closing_now) ||
        loop_now_ms(run->loop) - fiber->began_ms >= run_scaled_ms(run, ACTOR_CLOSE_MS))
        return false;
    fiber_set_deadline(fiber, ACTOR_POLL_MS);
    return true;
}

enum step_result step_actor_close(struct fiber *fiber, const struct step_actor_close *step)
{
    struct actor *actor = actor_of(fiber, step->actor);

    if (!actor)
        return STEP_WAITS;
    if (fiber->phase == ACTOR_CLOSE_BEGINS)
        return begin_close(fiber, actor, step);
    if (fiber->phase == ACTOR_CLOSE_AWAITED) {
        if (is_still_open(fiber, actor))
            return STEP_WAITS;
        fiber->phase = ACTOR_CLOSE_ROUND_TRIP;
    }
    return step_round_trip(fiber, ACTOR_CLOSE_ROUND_TRIP, fiber->world->variant->transport,
                           "the actor's close");
}

void actor_free_all(struct world *world)
{
    while (world->actors) {
        struct actor *actor = world->actors;

        world->actors = actor->next;
        if (actor->node)
            reference_node_free(actor->node);
        free(actor);
    }
}
