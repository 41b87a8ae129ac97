#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

static size_t add_name(const char **names, size_t count, size_t max, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], name))
            return count;
    if (count < max)
        names[count++] = name;
    return count;
}

size_t plan_hosts(const struct scenario_variant *variant, const char **names, size_t max)
{
    size_t count = add_name(names, 0, max, "ua");

    count = add_name(names, count, max, "barrier");
    for (size_t i = 0; i < variant->hosts.count; i++)
        count = add_name(names, count, max, variant->hosts.items[i]);
    for (size_t i = 0; i < variant->actor_count; i++)
        count = add_name(names, count, max, variant->actors[i].host);
    return count;
}

struct claim {
    const char *name, *missing;
    bool is_met;
};

/* Why the profile does not meet a need; NULL when it does. */
static char *need_reason(const struct device_profile *profile, const char *need)
{
    const struct claim claims[] = {
        {"proxy", "it is a user agent", !profile->is_user_agent},
        {"virtual-server", "it is responsible for one domain only", profile->is_virtual_server},
        {"single-domain", "it is responsible for several domains", !profile->is_virtual_server},
        {"stateful", "it is stateless", profile->is_stateful},
        {"stateless", "it is stateful", !profile->is_stateful && !profile->is_user_agent},
        {"sends-alias", "it does not ask for aliases", profile->sends_alias},
        {"reuses", "it does not reuse connections", profile->reuses},
        {"requests-certificate", "it does not ask clients for certificates", profile->requests_certificate},
        {"client-certificate", "it has no client certificate", profile->has_client_certificate},
        {"record-routes", "it does not record-route", profile->record_routes},
        {"takes-crls", "it takes no CRLs", profile->takes_crls},
        {"told-to-close", "it cannot be told to close its connections", profile->close_signal != 0},
        {"lasting", "a program is run anew for each of its requests, and nothing of it lasts",
         profile->has_start || profile->stimulus_kind != DEVICE_COMMAND},
        {"challenges", "it challenges nobody, or its account's password is not known",
         profile->challenges && profile->account_user && profile->account_password},
        {"claims-5924", "it does not claim RFC 5924", profile->claims_5924},
        {"multihoming", "its SCTP has one address", profile->is_multihomed},
    };

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        if (!strcmp(claims[i].name, need))
            return claims[i].is_met
                       ? NULL
                       : text_format("The profile does not meet \"%s\": %s.", need, claims[i].missing);
    return text_format("The profile makes no claim called \"%s\".", need);
}

char *plan_profile_reason(const struct device_profile *profile, const struct scenario_variant *variant)
{
    if (!profile->has_transport[variant->transport])
        return text_format("The profile has no %s.", net_transport_name(variant->transport));
    if (variant->tls != NET_TLS_NONE && (profile->without_tls & (1u << variant->tls)))
        return text_format("The profile has no TLS %s.", variant->tls == NET_TLS_1_3 ? "1.3" : "1.2");
    if (variant->ip == 4 ? !profile->has_ip4 : !profile->has_ip6)
        return text_format("The profile has no IPv%d.", variant->ip);
    if (variant->other_hosts && !(profile->has_ip4 && profile->has_ip6))
        return text_format("The profile has one IP version only.");
    for (size_t i = 0; i < variant->needs.count; i++) {
        char *reason = need_reason(profile, variant->needs.items[i]);

        if (reason)
            return reason;
    }
    return plan_stimulus_reason(profile, variant);
}

static bool wants_paths(const struct scenario_variant *variant)
{
    for (size_t i = 0; i < variant->needs.count; i++)
        if (!strcmp(variant->needs.items[i], "multihoming"))
            return true;
    return false;
}

static char *environment_reason(const struct device_profile *profile, const struct scenario_variant *variant,
                                enum sandbox_mode mode, bool has_ip4, bool has_ip6, const char *no_sctp,
                                bool is_single_homed, size_t addresses)
{
    if (no_sctp && (variant->transport == NET_SCTP || variant->transport == NET_TLS_SCTP))
        return text_format("There is no SCTP here: %s.", no_sctp);
    if (is_single_homed && wants_paths(variant))
        return text_format("An association has one address an end with this engine; use a kernel with SCTP "
                           "(--sctp kernel; docs/sctp.md has one for every machine).");
    if (variant->ip == 4 ? !has_ip4 : !has_ip6)
        return text_format("This run has no IPv%d.", variant->ip);
    if (addresses >= RUN_HOSTS_MAX)
        return text_format("It needs %d addresses or more.", RUN_HOSTS_MAX);
    if (variant->other_hosts && (!has_ip4 || !has_ip6 || mode == SANDBOX_NONE))
        return text_format("It needs addresses of both IP versions, which this run has not.");
    if (mode != SANDBOX_NONE)
        return NULL;
    if (wants_paths(variant))
        return text_format("Without a sandbox no address can be lost.");
    if (variant->ip == 6)
        return text_format("It needs %zu IPv6 addresses; without a sandbox there is one.", addresses);
    if (!profile->has_configurable_resolver && !profile->locates_nothing)
        return text_format("Without a sandbox the device has to be told its DNS server, and it cannot be.");
    return NULL;
}

struct run_plan *run_plan_make(const struct selection *selection, const struct device_profile *profile,
                               enum sandbox_mode mode, bool has_ip4, bool has_ip6, const char *no_sctp,
                               bool is_single_homed)
{
    struct run_plan *plan = run_allocate(1, sizeof *plan);
    size_t next[2] = {1, 1}; /* the first one of each family is the run's own: it probes the device */

    plan->entries = run_allocate(selection->count, sizeof *plan->entries);
    plan->count = selection->count;
    for (size_t i = 0; i < selection->count; i++) {
        struct run_plan_entry *entry = &plan->entries[i];
        const char *names[RUN_HOSTS_MAX];
        size_t addresses = plan_hosts(selection->variants[i], names, RUN_HOSTS_MAX);
        size_t *first = &next[selection->variants[i]->ip == 6];
        size_t *other = &next[selection->variants[i]->ip == 4];

        entry->variant = selection->variants[i];
        entry->reason = plan_profile_reason(profile, entry->variant);
        entry->because = entry->reason ? "profile" : "environment";
        if (!entry->reason)
            entry->reason = environment_reason(profile, entry->variant, mode, has_ip4, has_ip6, no_sctp,
                                               is_single_homed, addresses);
        if (entry->reason)
            continue;
        entry->runs = true;
        entry->because = NULL;
        entry->first_address = *first;
        *first += addresses;
        entry->first_other_address = *other;
        *other += entry->variant->other_hosts;
    }
    plan->harness_addresses = next[0] > next[1] ? next[0] : next[1];
    return plan;
}

void run_plan_free(struct run_plan *plan)
{
    for (size_t i = 0; plan && i < plan->count; i++)
        free(plan->entries[i].reason);
    if (plan)
        free(plan->entries);
    free(plan);
}
