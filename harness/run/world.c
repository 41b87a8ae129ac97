#include "run/make.h"
#include "run/run_private.h"
#include "run/soak.h"

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

uint16_t host_port(const struct host *host, enum net_transport transport)
{
    return net_transport_is_secure(transport) ? host->secure_port : host->plain_port;
}

uint16_t world_port(const struct world *world)
{
    return net_transport_is_secure(world->variant->transport) ? world->secure_port : world->plain_port;
}

enum { HOST_UA, HOST_BARRIER, HOST_FIRST }; /* the order of plan_hosts() */

/* In a sandbox each host has an address for itself, and the default ports. Across a network the UA and the
 * barrier's host share the first address with everybody, told apart by their ports; the scenario's hosts
 * share too, or have addresses of their own where the default ports are what the scenario is about. */
static size_t place_host(const struct world *world, size_t i, struct host *host)
{
    const struct run_plan_entry *entry = world->job->entry;
    uint16_t first = sandbox_first_port(world->run->options->sandbox);
    bool is_extra = i < HOST_FIRST;

    host->plain_port = world->plain_port;
    host->secure_port = world->secure_port;
    if (!first)
        return entry->first_address + i;
    if (is_extra) {
        host->plain_port = (uint16_t)(first + entry->first_port + 2 * (i + 1));
        host->secure_port = (uint16_t)(host->plain_port + 1);
        return 0;
    }
    return entry->has_own_addresses ? entry->first_address + i - HOST_FIRST
                                    : (i - HOST_FIRST) % entry->shared_addresses;
}

/* Counted from the end of the scenario's own hosts; 0: it has the variant's IP version. */
static size_t place_of_other(const struct scenario_variant *variant, size_t i)
{
    size_t first = HOST_FIRST + variant->hosts.count - variant->other_hosts;

    return i >= first && i < HOST_FIRST + variant->hosts.count ? i - first + 1 : 0;
}

static void place_hosts(struct world *world)
{
    const struct run_plan_entry *entry = world->job->entry;
    const struct sandbox *sandbox = world->run->options->sandbox;
    const char *names[RUN_HOSTS_MAX];
    uint16_t first = sandbox_first_port(sandbox);
    bool has_default_ports = !first || entry->has_own_addresses;

    world->plain_port =
        has_default_ports ? net_transport_default_port(NET_TCP) : (uint16_t)(first + entry->first_port);
    world->secure_port =
        has_default_ports ? net_transport_default_port(NET_TLS) : (uint16_t)(world->plain_port + 1);
    world->host_count = plan_hosts(world->variant, names, RUN_HOSTS_MAX);
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = &world->hosts[i];
        size_t other = place_of_other(world->variant, i), place = place_host(world, i, host);

        host->name = names[i];
        if (!(other ? sandbox_harness_address(sandbox, world->variant->ip == 4 ? 6 : 4,
                                              entry->first_other_address + other - 1, &host->address)
                    : sandbox_harness_address(sandbox, world->variant->ip, place, &host->address)))
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
    struct world *world = fiber->world;
    char *service = text_format("{srv}.barrier SRV 1 1 %u host.barrier",
                                (unsigned)host_port(world->barrier_host, world->variant->transport));
    const char *const barrier[] = {service, "barrier {A} {barrier}", "host.barrier {A} {barrier}"};

    world->zone = dns_zone_new(world->run->dns, world->zone_name, world);
    if (!world->zone)
        world_end(world, VERDICT_ERROR, 0, "The zone %s cannot be made.", world->zone_name);
    for (size_t i = 0; i < sizeof barrier / sizeof *barrier && !world->is_over; i++)
        add_record(fiber, barrier[i]);
    free(service);
    for (size_t i = 0; i < world->variant->dns.count && !world->is_over; i++)
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

/* A second try has the addresses of the first one. */
static void regain_addresses(const struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        if (world->hosts[i].is_lost)
            sandbox_regain_address(world->run->options->sandbox, &world->hosts[i].address);
    }
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
    soak_free(world->soak);
    peer_free_all(world);
    regain_addresses(world);
    inbox_free(world);
    origin_free_all(world);
    credential_free_all(world);
    dns_zone_free(world->zone);
    loop_timer_free(world->wake);
    outcome_fini(&world->outcome);
    observations_free(world->observations);
    free(world);
}
