#include "run/make.h"
#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct host *world_host(const struct world *world, const char *name)
{
    for (size_t i = 0; i < world->host_count; i++)
        if (!strcmp(world->hosts[i].name, name))
            return &world->hosts[i];
    return NULL;
}

char *world_token(struct world *world)
{
    /* Zone names are unique in the run and tokens in the world: nobody's request can be taken for another's.
     */
    return text_format("%s.%lu.%lu", world->run->label, strtoul(world->zone_name, NULL, 10), ++world->tokens);
}

void world_end(struct world *world, enum verdict verdict, uint64_t on, const char *format, ...)
{
    va_list arguments;

    if (world->is_over)
        return;
    world->is_over = true;
    world->outcome.verdict = verdict;
    world->outcome.is_soft = verdict == VERDICT_INCONCLUSIVE; /* the engine's own: something did not come */
    world->outcome.on = on;
    if (format) {
        va_start(arguments, format);
        world->outcome.reason = text_format_list(format, arguments);
        va_end(arguments);
    }
    world->over_ms = loop_now_ms(world->run->loop);
    run_wake(world->run);
}

void world_observe(struct world *world, const char *name, const char *value, uint64_t on)
{
    struct observation *observation = run_allocate(1, sizeof *observation);
    struct observation **last = &world->observations;

    while (*last)
        last = &(*last)->next;
    *last = observation;
    observation->name = text_copy(name);
    observation->value = text_copy(value);
    observation->on = on;
    journal_world_begin(world, "observation");
    journal_string(world->run->journal, "name", name);
    journal_string(world->run->journal, "value", value);
    if (on)
        journal_integer(world->run->journal, "on", (int64_t)on);
    journal_end(world->run->journal);
}

static void on_wake(struct loop_timer *timer, void *arg)
{
    struct world *world = arg;

    (void)timer;
    call_poll_all(world);
    for (struct fiber *fiber = world->fibers; fiber && !world->is_over; fiber = fiber->next)
        fiber_poll(fiber);
    if (!world->is_over && world->fibers && world->fibers->is_done)
        world_end(world, VERDICT_PASS, 0, NULL);
}

void world_wake(struct world *world)
{
    if (!world->is_over && !loop_timer_is_active(world->wake))
        loop_timer_start(world->wake, 0);
}

static void place_hosts(struct world *world)
{
    const char *names[RUN_HOSTS_MAX];

    world->host_count = plan_hosts(world->variant, names, RUN_HOSTS_MAX);
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = &world->hosts[i];

        host->name = names[i];
        if (!sandbox_harness_address(world->run->options->sandbox, world->variant->ip,
                                     world->job->entry->first_address + i, &host->address))
            world_end(world, VERDICT_ERROR, 0, "The sandbox has no address for the host \"%s\".", names[i]);
    }
    world->ua_host = world_host(world, "ua");
    world->barrier_host = world_host(world, "barrier");
}

static void place_device(struct world *world)
{
    const struct sandbox *sandbox = world->run->options->sandbox;

    if (!sandbox_device_address(sandbox, world->variant->ip, &world->device_address))
        world_end(world, VERDICT_ERROR, 0, "The device has no IPv%d address.", world->variant->ip);
    world->device_address.port =
        sandbox_device_port(sandbox, net_transport_is_secure(world->variant->transport));
}

struct world *world_new(struct run *run, struct job *job)
{
    struct world *world = run_allocate(1, sizeof *world);

    world->run = run;
    world->job = job;
    world->variant = job->variant;
    world->zone_name = job->zone_name;
    world->wake = loop_timer_new(run->loop, on_wake, world);
    place_hosts(world);
    place_device(world);
    return world;
}

static void add_record(struct fiber *fiber, const char *template)
{
    struct world *world = fiber->world;
    char error[RUN_SENTENCE_MAX];
    char *line = world_expand(fiber, template);

    if (!world->is_over && !dns_zone_add(world->zone, line, error, sizeof error))
        world_end(world, VERDICT_ERROR, 0, "The DNS record \"%s\" is refused: %s.", line, error);
    free(line);
}

static void make_zone(struct fiber *fiber)
{
    static const char *const barrier[] = {"{srv}.barrier SRV 1 1 {port} host.barrier",
                                          "barrier {A} {barrier}", "host.barrier {A} {barrier}"};
    struct world *world = fiber->world;

    world->zone = dns_zone_new(world->run->dns, world->zone_name, world);
    if (!world->zone) {
        world_end(world, VERDICT_ERROR, 0, "The zone %s cannot be made.", world->zone_name);
        return;
    }
    for (size_t i = 0; i < sizeof barrier / sizeof *barrier; i++)
        add_record(fiber, barrier[i]);
    for (size_t i = 0; i < world->variant->dns.count; i++)
        add_record(fiber, world->variant->dns.items[i]);
}

void world_start(struct world *world)
{
    struct fiber *root = fiber_new(world, NULL, &world->variant->steps);

    journal_world_start(world);
    if (!world->is_over)
        make_zone(root);
    if (!world->is_over)
        actor_start_all(root);
    world_wake(world);
}

void world_free(struct world *world)
{
    if (!world)
        return;
    world->is_over = true;
    inbox_answer_leftovers(world);
    call_end_all(world);
    fiber_free_all(world);
    actor_free_all(world);
    peer_free_all(world);
    inbox_free(world);
    origin_free_all(world);
    credential_free_all(world);
    dns_zone_free(world->zone);
    loop_timer_free(world->wake);
    outcome_fini(&world->outcome);
    observations_free(world->observations);
    free(world);
}
