/* Which variants a run is about. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "fixture.h"

static void expect_selected(const struct catalogue *catalogue, const struct selection_options *options,
                            const char *const *wanted)
{
    struct selection selection;
    char error[256] = "", name[256];
    size_t count = 0;
    cr_assert(selection_make(catalogue, options, &selection, error, sizeof error), "%s", error);
    for (; wanted[count]; count++) {
        cr_assert_lt(count, selection.count, "missing from %s on", wanted[count]);
        snprintf(name, sizeof name, "%s:%s", selection.variants[count]->scenario->id,
                 selection.variants[count]->name);
        cr_expect_str_eq(name, wanted[count]);
    }
    cr_expect_eq(selection.count, count);
    selection_fini(&selection);
}

static void expect_error(const struct catalogue *catalogue, const struct selection_options *options,
                         const char *wanted)
{
    struct selection selection;
    char error[256] = "";
    cr_expect_not(selection_make(catalogue, options, &selection, error, sizeof error));
    cr_expect_str_eq(error, wanted);
}

Test(selection, nothing_said_samples_what_is_fast)
{
    struct catalogue *catalogue = fixture_load();
    const struct selection_options options = {0};
    expect_selected(
        catalogue, &options,
        (const char *const[]){
            "aliasing/honour:tls-tls12-ip6-server", "aliasing/honour:tls-tls13-ip4-server",
            "aliasing/honour:tcp---ip4-server", "aliasing/honour:tcp---ip6-server",
            "aliasing/identity:tls-tls12-ip6-server-other", "aliasing/identity:tls-tls13-ip4-server-other",
            "aliasing/identity:tls-tls12-ip6-server-none", "aliasing/identity:tls-tls13-ip4-server-none",
            "client/actors:tls-tls12-ip6-client", "client/actors:tls-tls13-ip6-client", NULL});
    catalogue_free(catalogue);
}

Test(selection, one_tls_version_alone_comes_with_both_ips)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"client/keep"};
    const struct selection_options options = {.selectors = selectors, .selector_count = 1};
    expect_selected(
        catalogue, &options,
        (const char *const[]){"aliasing/honour:tls-tls12-ip4-server", "aliasing/honour:tls-tls12-ip6-server",
                              "client/keep:tls-tls12-ip4-client", "client/keep:tls-tls12-ip6-client",
                              "client/keep:tls-tls12-ip4-server", "client/keep:tls-tls12-ip6-server", NULL});
    catalogue_free(catalogue);
}

Test(selection, a_tls_version_that_the_device_lacks_gives_way)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/honour"};
    const struct selection_options options = {.selectors = selectors,
                                              .selector_count = 1,
                                              .transports = 1u << NET_TLS,
                                              .has_ip4 = true,
                                              .without_tls = 1u << NET_TLS_1_3};
    expect_selected(catalogue, &options, (const char *const[]){"aliasing/honour:tls-tls12-ip4-server", NULL});
    catalogue_free(catalogue);
}

/* Every TLS version over what it has. */
Test(selection, an_ip_version_that_the_device_lacks_gives_way)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/honour"};
    struct selection_options options = {
        .selectors = selectors, .selector_count = 1, .transports = 1u << NET_TLS, .without_ip = 1u << 6};
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip4-server",
                                          "aliasing/honour:tls-tls13-ip4-server", NULL});
    options.without_tls = 1u << NET_TLS_1_2;
    expect_selected(catalogue, &options, (const char *const[]){"aliasing/honour:tls-tls13-ip4-server", NULL});
    options.has_ip6 = true; /* asked for all the same: the plan says why not */
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip6-server",
                                          "aliasing/honour:tls-tls13-ip6-server", NULL});
    catalogue_free(catalogue);
}

/* Every TLS version where it can run, and one variant of what cannot, so that a report says so. */
Test(selection, an_ip_version_that_the_hosts_lack_hides_no_tls_version)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/honour"};
    struct selection_options options = {
        .selectors = selectors, .selector_count = 1, .transports = 1u << NET_TLS, .unreachable_ip = 1u << 6};
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip4-server",
                                          "aliasing/honour:tls-tls12-ip6-server",
                                          "aliasing/honour:tls-tls13-ip4-server", NULL});
    options.unreachable_ip |= 1u << 4;
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip6-server",
                                          "aliasing/honour:tls-tls13-ip4-server", NULL});
    catalogue_free(catalogue);
}

/* Of the shipped scenarios: those over TCP have their control over TLS, in a version that was chosen for
 * devices that speak both. */
Test(selection, a_control_is_over_a_tls_version_that_the_device_speaks)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load(SIPREUSE_SOURCE_DIR "/scenarios", &diagnostic);
    cr_assert(catalogue, "%s", diagnostic.text);
    const struct scenario_variant *over_tcp =
        fixture_variant(catalogue, "two-connections/tcp", "tcp---ip4-server");
    cr_expect_str_eq(over_tcp->control_variant, "tls-tls13-ip4-server");
    catalogue_fit_controls(catalogue, 1u << NET_TLS_1_3);
    cr_expect_str_eq(over_tcp->control_variant, "tls-tls12-ip4-server");
    for (size_t s = 0; s < catalogue->scenario_count; s++) {
        for (size_t v = 0; v < catalogue->scenarios[s]->variant_count; v++) {
            const struct scenario_variant *variant = &catalogue->scenarios[s]->variants[v];
            if (!variant->control_scenario || variant->tls == NET_TLS_1_3)
                continue;
            const struct scenario_variant *control =
                fixture_variant(catalogue, variant->control_scenario, variant->control_variant);
            cr_expect_neq(control->tls, NET_TLS_1_3, "%s:%s", variant->scenario->id, variant->name);
        }
    }
    catalogue_free(catalogue);
}

Test(selection, controls_come_along_once)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"x-identity"};
    const struct selection_options options = {.selectors = selectors, .selector_count = 1, .has_ip4 = true};
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip4-server",
                                          "aliasing/honour:tls-tls13-ip4-server",
                                          "aliasing/identity:tls-tls12-ip4-server-other",
                                          "aliasing/identity:tls-tls13-ip4-server-other", NULL});
    catalogue_free(catalogue);
}

Test(selection, a_named_variant_is_not_sampled)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/honour:tls-tls12-ip4-*"};
    const struct selection_options options = {.selectors = selectors, .selector_count = 1};
    expect_selected(catalogue, &options, (const char *const[]){"aliasing/honour:tls-tls12-ip4-server", NULL});
    catalogue_free(catalogue);
}

Test(selection, all_variants_is_the_product)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/*"};
    struct selection selection;
    char error[256];
    const struct selection_options options = {
        .selectors = selectors, .selector_count = 1, .is_all_variants = true};
    cr_assert(selection_make(catalogue, &options, &selection, error, sizeof error));
    cr_expect_eq(selection.count, 6 + 8);
    selection_fini(&selection);
    catalogue_free(catalogue);
}

/* What a kill matrix runs: the controls of what is thin are as thin. */
Test(selection, what_is_not_wanted_whole_comes_in_one_variant_of_a_kind)
{
    struct catalogue *catalogue = fixture_load();
    const char *const selectors[] = {"aliasing/*"}, *const whole[] = {"x-identity"},
                      *const none[] = {"x-none"};
    const struct selection_options options = {
        .selectors = selectors, .selector_count = 1, .whole = whole, .whole_count = 1};
    expect_selected(catalogue, &options,
                    (const char *const[]){
                        "aliasing/honour:tls-tls12-ip6-server", "aliasing/honour:tls-tls13-ip4-server",
                        "aliasing/honour:tcp---ip4-server", "aliasing/identity:tls-tls12-ip6-server-other",
                        "aliasing/identity:tls-tls13-ip4-server-other",
                        "aliasing/identity:tls-tls13-ip4-server-none", NULL});
    const struct selection_options thin = {.selectors = selectors, .selector_count = 1, .whole = none};
    expect_selected(catalogue, &thin,
                    (const char *const[]){"aliasing/honour:tls-tls13-ip4-server",
                                          "aliasing/honour:tcp---ip4-server",
                                          "aliasing/identity:tls-tls13-ip4-server-other",
                                          "aliasing/identity:tls-tls13-ip4-server-none", NULL});
    const struct selection_options unknown = {.whole = none, .whole_count = 1};
    expect_error(catalogue, &unknown,
                 "'x-none' matches no requirement; 'sipreuse list requirements' shows them");
    catalogue_free(catalogue);
}

Test(selection, transports_narrow)
{
    struct catalogue *catalogue = fixture_load();
    const struct selection_options options = {.transports = 1u << NET_TCP};
    expect_selected(
        catalogue, &options,
        (const char *const[]){"aliasing/honour:tcp---ip4-server", "aliasing/honour:tcp---ip6-server", NULL});
    catalogue_free(catalogue);
}

Test(selection, suites_and_selectors_together)
{
    struct catalogue *catalogue = fixture_load();
    struct diagnostic diagnostic = {0};
    struct suite *slow = suite_load(TREE_SUITES_DIR, "slow", catalogue, &diagnostic);
    struct suite *rules = suite_load(TREE_SUITES_DIR, "rules", catalogue, &diagnostic);
    cr_assert(slow && rules, "%s", diagnostic.text);
    const char *const selectors[] = {"*/*:*-client"}, *const fast[] = {"aliasing/*"};
    const struct selection_options clients = {.suite = slow, .selectors = selectors, .selector_count = 1};
    expect_selected(
        catalogue, &clients,
        (const char *const[]){"client/keep:tls-tls12-ip4-client", "client/keep:tls-tls12-ip6-client", NULL});
    const struct selection_options by_rule = {.suite = rules, .has_ip6 = true};
    expect_selected(catalogue, &by_rule,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip6-server",
                                          "aliasing/honour:tls-tls13-ip6-server",
                                          "aliasing/identity:tls-tls12-ip6-server-other",
                                          "aliasing/identity:tls-tls13-ip6-server-other",
                                          "client/keep:tls-tls12-ip6-client", NULL});
    const struct selection_options none = {.suite = slow, .selectors = fast, .selector_count = 1};
    expect_error(
        catalogue, &none,
        "the suite, selectors, transports and IP versions together leave no scenario; leave one of them out");
    suite_free(slow);
    suite_free(rules);
    catalogue_free(catalogue);
}

/* Each selector by itself: a slow scenario beside a fast one is not dropped without a word. */
Test(selection, a_suite_that_was_not_asked_for_gives_way)
{
    struct catalogue *catalogue = fixture_load();
    struct diagnostic diagnostic;
    struct suite *fast = suite_load(TREE_SUITES_DIR, "fast", catalogue, &diagnostic);
    cr_assert(fast, "%s", diagnostic.text);
    const char *const selectors[] = {"aliasing/honour:tcp-*", "client/keep:*-ip4-client"};
    struct selection_options options = {.suite = fast, .selectors = selectors, .selector_count = 2};
    expect_selected(
        catalogue, &options,
        (const char *const[]){"aliasing/honour:tcp---ip4-server", "aliasing/honour:tcp---ip6-server", NULL});
    options.suite_yields = true;
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tcp---ip4-server",
                                          "aliasing/honour:tcp---ip6-server",
                                          "client/keep:tls-tls12-ip4-client", NULL});
    /* Of which something is within the suite: no more than that. */
    const char *const all[] = {"*/*:tls-tls12-ip4-*"};
    options.selectors = all;
    options.selector_count = 1;
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip4-server",
                                          "aliasing/identity:tls-tls12-ip4-server-other",
                                          "aliasing/identity:tls-tls12-ip4-server-none", NULL});
    suite_free(fast);
    catalogue_free(catalogue);
}

/* What a suite may say beside its selectors. Controls come along whatever it says. */
Test(selection, suites_narrow_by_level_and_hosts)
{
    struct catalogue *catalogue = fixture_load();
    char every[] = "*/*", *selectors[] = {every};
    struct suite suite = {.selectors = {.items = selectors, .count = 1},
                          .hosts_max = 1,
                          .includes_slow = true,
                          .includes_exclusive = true,
                          .levels = 1u << LEVEL_SHOULD | 1u << LEVEL_OBS};
    const struct selection_options options = {.suite = &suite, .has_ip6 = true};
    /* The client's part is about an obs, and has two hosts. */
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip6-server",
                                          "client/keep:tls-tls12-ip6-server", NULL});
    suite.hosts_max = 2;
    expect_selected(catalogue, &options,
                    (const char *const[]){"aliasing/honour:tls-tls12-ip6-server",
                                          "client/keep:tls-tls12-ip6-client",
                                          "client/keep:tls-tls12-ip6-server", NULL});
    suite.includes_exclusive = false;
    expect_error(
        catalogue, &options,
        "the suite, selectors, transports and IP versions together leave no scenario; leave one of them out");
    suite.levels = 1u << LEVEL_SEED;
    expect_selected(catalogue, &options,
                    (const char *const[]){"client/actors:tls-tls12-ip6-client",
                                          "client/actors:tls-tls13-ip6-client", NULL});
    catalogue_free(catalogue);
}

Test(selection, a_selector_that_matches_nothing)
{
    struct catalogue *catalogue = fixture_load();
    const char *const scenario[] = {"aliasing/*", "client/kep"}, *const requirement[] = {"x-identty"},
                      *const far[] = {"a/b:c"};
    const struct selection_options by_scenario = {.selectors = scenario, .selector_count = 2};
    expect_error(
        catalogue, &by_scenario,
        "'client/kep' matches no scenario; nearest 'client/keep'; 'sipreuse list scenarios' shows them");
    const struct selection_options by_requirement = {.selectors = requirement, .selector_count = 1};
    expect_error(
        catalogue, &by_requirement,
        "'x-identty' matches no requirement; nearest 'x-identity'; 'sipreuse list requirements' shows them");
    const struct selection_options by_far = {.selectors = far, .selector_count = 1};
    expect_error(catalogue, &by_far, "'a/b:c' matches no scenario; 'sipreuse list scenarios' shows them");
    const char *const variant[] = {"client/keep:udp-*"};
    const struct selection_options by_variant = {.selectors = variant, .selector_count = 1};
    expect_error(catalogue, &by_variant,
                 "'client/keep:udp-*' matches no variant; 'sipreuse explain client/keep' lists them");
    catalogue_free(catalogue);
}
