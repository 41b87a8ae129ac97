/* What runs across a network, and where its hosts are. */
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIST(...)                                                                                            \
    {                                                                                                        \
        .items = (char *[]){__VA_ARGS__}, .count = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
    }
#define TEXT(literal) ((char *)(uintptr_t)(literal))

static const struct device_profile profile = {
    .has_transport = {true, true, false, false}, .has_ip4 = true, .has_ip6 = true};
static const struct scenario ordinary = {.id = NULL}, exclusive = {.is_exclusive = true};
static struct scenario_step listens[] = {{.verb = STEP_LISTEN}};

static struct scenario_variant variant_of(struct strings hosts, struct strings dns)
{
    return (struct scenario_variant){.scenario = &ordinary,
                                     .transport = NET_TLS,
                                     .ip = 4,
                                     .hosts = hosts,
                                     .dns = dns,
                                     .steps = {.items = listens, .count = 1}};
}

static struct run_plan *plan_of(struct scenario_variant *variant, struct run_site site)
{
    const struct scenario_variant *variants[] = {variant};
    struct selection selection = {.variants = variants, .count = 1};
    return run_plan_make_remote(&selection, &profile, &site);
}

static void expect(struct scenario_variant variant, struct run_site site, const char *reason)
{
    struct run_plan *plan = plan_of(&variant, site);
    const struct run_plan_entry *entry = &plan->entries[0];
    cr_expect_eq(entry->runs, reason == NULL, "%s", entry->reason ? entry->reason : "it runs");
    if (reason && entry->reason) {
        cr_expect_not_null(strstr(entry->reason, reason), "%s", entry->reason);
        cr_expect_str_eq(entry->because, "environment");
    }
    run_plan_free(plan);
}

static struct run_site site_of(size_t addresses)
{
    return (struct run_site){.addresses = {addresses, 0}, .has_device = {true, true}, .has_dns = true};
}

Test(plan_remote, addresses_are_counted)
{
    struct strings one = LIST(TEXT("peer")), two = LIST(TEXT("peer"), TEXT("other")),
                   dns = LIST(TEXT("_sips._tcp.a SRV 1 1 {port} peer.a"), TEXT("peer.a {A} {peer}"));
    struct run_site none = site_of(1);
    none.has_dns = false;
    expect(variant_of(one, dns), site_of(1), NULL);
    expect(variant_of(two, dns), site_of(1), "needs 2 addresses");
    expect(variant_of(two, dns), site_of(2), NULL);
    expect(variant_of(one, dns), none, "--dns none");
    struct scenario_variant alone = variant_of(one, dns), six = variant_of(one, dns);
    alone.scenario = &exclusive;
    expect(alone, site_of(9), "an instance of the device to itself");
    six.ip = 6;
    expect(six, site_of(9), "no IPv6 address");
}

Test(plan_remote, default_ports_need_addresses_of_their_own)
{
    struct strings one = LIST(TEXT("peer")), bare = LIST(TEXT("a {A} {peer}")),
                   literal = LIST(TEXT("_sips._tcp.a SRV 1 1 5071 peer.a"), TEXT("peer.a {A} {peer}"));
    expect(variant_of(one, bare), site_of(1), "for itself");
    expect(variant_of(one, literal), site_of(1), "for itself");
    struct scenario_variant variant = variant_of(one, bare);
    struct run_plan *plan = plan_of(&variant, site_of(2));
    cr_assert(plan->entries[0].runs);
    cr_expect(plan->entries[0].has_own_addresses);
    cr_expect_eq(plan->entries[0].first_address, 1);
    cr_expect_eq(plan->ports, RUN_WORLD_PORTS);
    run_plan_free(plan);
}

static bool needs_default(const char *uri)
{
    struct scenario_step steps[] = {{.verb = STEP_LISTEN},
                                    {.verb = STEP_STIMULATE, .stimulate = {.message = {.uri = TEXT(uri)}}}};
    struct scenario_variant variant = {.steps = {.items = steps, .count = 2}};
    return plan_needs_default_ports(&variant);
}

Test(plan_ports, what_a_uri_says)
{
    cr_expect_not(needs_default("sip:bob@a.{zone};transport=tls"));
    cr_expect_not(needs_default("sip:bob@{peer.uri}:{port};transport=tls"));
    cr_expect_not(needs_default("sip:{dut.uri}"));
    cr_expect(needs_default("sip:bob@{peer.uri};transport=tls"));
    cr_expect(needs_default("sip:bob@a.{zone}:5081"));
    cr_expect(needs_default("{ua.uri}"));
}
