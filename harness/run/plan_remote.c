/* What can run against a device across a network, and where its hosts are: on addresses of their own, or on
 * shared ones, told apart by ports. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum { EXTRA_HOSTS = 2 /* ua, barrier: they share */ };

static bool needs_claim(const struct scenario_variant *variant, const char *claim)
{
    for (size_t i = 0; i < variant->needs.count; i++)
        if (!strcmp(variant->needs.items[i], claim))
            return true;
    return false;
}

static size_t own_hosts(const struct scenario_variant *variant)
{
    const char *names[RUN_HOSTS_MAX];

    return plan_hosts(variant, names, RUN_HOSTS_MAX) - EXTRA_HOSTS;
}

static char *environment_reason(const struct run_site *site, const struct scenario_variant *variant)
{
    size_t family = variant->ip == 6, hosts = own_hosts(variant);

    if (!site->has_device[family])
        return text_format("No IPv%d address of the device is named.", variant->ip);
    if (!site->addresses[family])
        return text_format("This machine has no IPv%d address for it.", variant->ip);
    if (variant->transport == NET_SCTP || variant->transport == NET_TLS_SCTP)
        return text_format("SCTP is run in a sandbox only.");
    if (variant->other_hosts)
        return text_format("It needs addresses of both IP versions for itself.");
    if (variant->scenario->is_exclusive)
        return text_format(
            "It may leave the device unusable, and needs an instance of the device to itself.");
    if (needs_claim(variant, "takes-crls"))
        return text_format("It needs the run's revocation list on the device.");
    if (!site->has_dns && variant->dns.count)
        return text_format("It needs names that the device can resolve; this run has none (--dns none).");
    if (hosts > site->addresses[family])
        return text_format("It needs %zu addresses; this run has %zu (add --address).", hosts,
                           site->addresses[family]);
    return NULL;
}

/* The most addresses that a variant wants which can share them. */
static size_t shared_addresses(const struct run_plan *plan, int ip)
{
    size_t most = 1;

    for (size_t i = 0; i < plan->count; i++) {
        const struct run_plan_entry *entry = &plan->entries[i];
        size_t hosts = own_hosts(entry->variant);

        if (!entry->reason && entry->variant->ip == ip && !plan_needs_default_ports(entry->variant) &&
            hosts > most)
            most = hosts;
    }
    return most;
}

/* Addresses for those that need the default ports come after the shared ones, as long as there are any. */
static void place_entry(struct run_plan *plan, struct run_plan_entry *entry, const struct run_site *site,
                        size_t shared, size_t *next)
{
    size_t hosts = own_hosts(entry->variant), has = site->addresses[entry->variant->ip == 6];

    if (plan_needs_default_ports(entry->variant)) {
        if (*next + hosts > has) {
            entry->because = "environment";
            entry->reason =
                text_format("It needs %zu address%s for itself, with the default ports; this run has %zu, "
                            "which others share (add --address).",
                            hosts, hosts == 1 ? "" : "es", has);
            return;
        }
        entry->has_own_addresses = true;
        entry->first_address = *next;
        *next += hosts;
    }
    entry->runs = true;
    entry->because = NULL;
    entry->shared_addresses = shared;
    entry->first_port = plan->ports;
    plan->ports += RUN_WORLD_PORTS;
}

struct run_plan *run_plan_make_remote(const struct selection *selection, const struct device_profile *profile,
                                      const struct run_site *site)
{
    struct run_plan *plan = run_allocate(1, sizeof *plan);
    size_t shared[2], next[2];

    plan->entries = run_allocate(selection->count, sizeof *plan->entries);
    plan->count = selection->count;
    for (size_t i = 0; i < plan->count; i++) {
        struct run_plan_entry *entry = &plan->entries[i];

        entry->variant = selection->variants[i];
        entry->reason = plan_profile_reason(profile, entry->variant);
        entry->because = entry->reason ? "profile" : "environment";
        if (!entry->reason)
            entry->reason = environment_reason(site, entry->variant);
        if (!entry->reason && profile->stimulus_kind == DEVICE_REGISTRAR && !site->has_dns)
            entry->reason = text_format("A device that registers finds the run's registrar, whose port is "
                                        "another one in each run, by its name, and --dns none serves none.");
    }
    for (size_t family = 0; family < 2; family++)
        next[family] = shared[family] = shared_addresses(plan, family ? 6 : 4);
    for (size_t i = 0; i < plan->count; i++) {
        size_t family = plan->entries[i].variant->ip == 6;

        if (!plan->entries[i].reason)
            place_entry(plan, &plan->entries[i], site, shared[family], &next[family]);
    }
    return plan;
}
