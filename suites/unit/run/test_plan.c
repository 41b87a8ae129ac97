#include "run/run_private.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIST(...)                                                                                            \
    {                                                                                                        \
        .items = (char *[]){__VA_ARGS__}, .count = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
    }
#define TEXT(literal) ((char *)(uintptr_t)(literal))

static struct device_profile capable(void)
{
    return (struct device_profile){.is_virtual_server = true,
                                   .is_stateful = true,
                                   .has_transport = {true, true, false, false},
                                   .has_ip4 = true,
                                   .has_ip6 = true,
                                   .has_configurable_resolver = true};
}

static struct run_plan *plan_one(struct scenario_variant *variant, const struct device_profile *profile,
                                 enum sandbox_mode mode)
{
    const struct scenario_variant *variants[] = {variant};
    struct selection selection = {.variants = variants, .count = 1};

    return run_plan_make(&selection, profile, mode, true, true, NULL, true);
}

static void expect_because(struct scenario_variant variant, const struct device_profile *profile,
                           enum sandbox_mode mode, const char *because)
{
    struct run_plan *plan = plan_one(&variant, profile, mode);

    cr_assert_eq(plan->count, 1);
    cr_assert_eq(plan->entries[0].runs, because == NULL);
    if (because) {
        cr_assert_str_eq(plan->entries[0].because, because);
        cr_assert_not_null(plan->entries[0].reason);
    } else {
        cr_assert_null(plan->entries[0].because);
        cr_assert_null(plan->entries[0].reason);
    }
    run_plan_free(plan);
}

Test(plan, a_profile_that_claims_it_all)
{
    struct device_profile profile = capable();

    expect_because((struct scenario_variant){.transport = NET_TLS, .ip = 4}, &profile, SANDBOX_USER, NULL);
    expect_because((struct scenario_variant){.transport = NET_TCP, .ip = 6}, &profile, SANDBOX_ROOT, NULL);
}

Test(plan, transports_and_ip_versions)
{
    struct device_profile profile = capable();

    expect_because((struct scenario_variant){.transport = NET_SCTP, .ip = 4}, &profile, SANDBOX_USER,
                   "profile");
    profile.has_ip6 = false;
    expect_because((struct scenario_variant){.transport = NET_TLS, .ip = 6}, &profile, SANDBOX_USER,
                   "profile");
    profile.without_tls = 1u << NET_TLS_1_3;
    expect_because((struct scenario_variant){.transport = NET_TLS, .tls = NET_TLS_1_3, .ip = 4}, &profile,
                   SANDBOX_USER, "profile");
    expect_because((struct scenario_variant){.transport = NET_TLS, .tls = NET_TLS_1_2, .ip = 4}, &profile,
                   SANDBOX_USER, NULL);
    expect_because((struct scenario_variant){.transport = NET_TLS, .ip = 4}, &profile, SANDBOX_USER, NULL);
}

Test(plan, needs)
{
    static const struct {
        const char *need;
        bool is_met;
    } rows[] = {{"virtual-server", true}, {"single-domain", false}, {"stateful", true},
                {"stateless", false},     {"sends-alias", false},   {"client-certificate", false},
                {"record-routes", false}, {"takes-crls", false},    {"claims-5924", false},
                {"lasting", true},        {"challenges", false},    {"something-unheard-of", false}};
    struct device_profile profile = capable();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_because(
            (struct scenario_variant){.transport = NET_TLS, .ip = 4, .needs = LIST(TEXT(rows[i].need))},
            &profile, SANDBOX_USER, rows[i].is_met ? NULL : "profile");
}

Test(plan, without_a_sandbox)
{
    struct device_profile profile = capable();

    expect_because((struct scenario_variant){.transport = NET_TCP, .ip = 4}, &profile, SANDBOX_NONE, NULL);
    expect_because((struct scenario_variant){.transport = NET_TCP, .ip = 6}, &profile, SANDBOX_NONE,
                   "environment");
    profile.has_configurable_resolver = false;
    expect_because((struct scenario_variant){.transport = NET_TCP, .ip = 4}, &profile, SANDBOX_NONE,
                   "environment");
    expect_because((struct scenario_variant){.transport = NET_TCP, .ip = 4}, &profile, SANDBOX_USER, NULL);
}

Test(plan, hosts_of_the_other_ip_version)
{
    struct device_profile profile = capable();
    struct scenario_variant four = {.transport = NET_TLS,
                                    .ip = 4,
                                    .hosts = LIST(TEXT("here"), TEXT("there")),
                                    .other_hosts = 1},
                            six = four;
    const struct scenario_variant *variants[] = {&four, &six};
    struct selection selection = {.variants = variants, .count = 2};
    struct run_plan *plan;

    six.ip = 6;
    plan = run_plan_make(&selection, &profile, SANDBOX_USER, true, true, NULL, false);
    cr_assert(plan->entries[0].runs && plan->entries[1].runs);
    cr_expect_eq(plan->entries[0].first_address, 1, "the first one of each version is the run's own");
    cr_expect_eq(plan->entries[0].first_other_address, 1);
    cr_expect_eq(plan->entries[1].first_address, 2, "IPv6: behind the other host of the one before");
    cr_expect_eq(plan->entries[1].first_other_address, 5, "IPv4: behind its hosts");
    cr_expect_eq(plan->harness_addresses, 6);
    run_plan_free(plan);
    plan = run_plan_make(&selection, &profile, SANDBOX_USER, true, false, NULL, false);
    cr_expect_str_eq(plan->entries[0].because, "environment");
    run_plan_free(plan);
    profile.has_ip6 = false;
    expect_because(four, &profile, SANDBOX_USER, "profile");
}

Test(plan, the_run_has_no_ip6)
{
    struct device_profile profile = capable();
    struct scenario_variant variant = {.transport = NET_TLS, .ip = 6};
    const struct scenario_variant *variants[] = {&variant};
    struct selection selection = {.variants = variants, .count = 1};
    struct run_plan *plan = run_plan_make(&selection, &profile, SANDBOX_USER, true, false, NULL, true);

    cr_assert_str_eq(plan->entries[0].because, "environment");
    run_plan_free(plan);
}

Test(plan, hosts_are_counted_once)
{
    struct scenario_actor actors[] = {{.name = TEXT("ref"), .host = TEXT("actor")},
                                      {.name = TEXT("two"), .host = TEXT("peer")}};
    struct scenario_variant variant = {
        .hosts = LIST(TEXT("peer"), TEXT("ua"), TEXT("other")), .actors = actors, .actor_count = 2};
    const char *names[RUN_HOSTS_MAX];

    cr_assert_eq(plan_hosts(&variant, names, RUN_HOSTS_MAX), 5); /* ua, barrier, peer, other, actor */
}

Test(plan, no_two_worlds_share_an_address)
{
    struct device_profile profile = capable();
    struct scenario_variant a = {.transport = NET_TLS, .ip = 4, .hosts = LIST(TEXT("peer"))},
                            b = {.transport = NET_TLS, .ip = 4, .hosts = LIST(TEXT("peer"), TEXT("other"))},
                            c = {.transport = NET_TLS, .ip = 6, .hosts = LIST(TEXT("peer"))}, d = b;
    const struct scenario_variant *variants[] = {&a, &b, &c, &d};
    struct selection selection = {.variants = variants, .count = 4};
    struct run_plan *plan = run_plan_make(&selection, &profile, SANDBOX_USER, true, true, NULL, true);

    cr_assert_eq(plan->entries[0].first_address, 1, "the first one is the run's own");
    cr_assert_eq(plan->entries[1].first_address, 4);
    cr_assert_eq(plan->entries[2].first_address, 1, "IPv6 has addresses of its own");
    cr_assert_eq(plan->entries[3].first_address, 8);
    cr_assert_eq(plan->harness_addresses, 12);
    run_plan_free(plan);
}
