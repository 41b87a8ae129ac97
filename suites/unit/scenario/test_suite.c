#include <criterion/criterion.h>
#include <stdlib.h>

#include "fixture.h"

Test(suite, members_and_defaults)
{
    struct diagnostic diagnostic = {0};
    struct suite *fast = suite_load(TREE_SUITES_DIR, "fast", NULL, &diagnostic);
    struct suite *slow = suite_load(TREE_SUITES_DIR, "slow", NULL, &diagnostic);
    struct suite *rules = suite_load(TREE_SUITES_DIR, "rules", NULL, &diagnostic);
    struct suite *gate = suite_load(TREE_SUITES_DIR, "gate", NULL, &diagnostic);
    cr_assert(fast && slow && rules && gate, "%s", diagnostic.text);
    cr_expect_str_eq(fast->name, "fast");
    cr_expect_str_eq(fast->title, "Fast");
    cr_expect_str_eq(fast->excludes.items[0], "client/actors");
    cr_expect(!fast->includes_slow && !fast->only_slow && !fast->require_exercised && !fast->is_strict);
    cr_expect(slow->includes_slow && slow->only_slow && slow->require_exercised && slow->is_strict);
    cr_expect_str_eq(slow->version, "1.2");
    cr_expect(rules->includes_slow && !rules->only_slow);
    cr_expect_eq(rules->selectors.count, 2);
    cr_expect(rules->levels == 0 && rules->includes_exclusive);
    cr_expect_eq(rules->hosts_max, SUITE_HOSTS_MAX);
    cr_expect_eq(gate->levels, 1u << LEVEL_SHOULD | 1u << LEVEL_OBS);
    cr_expect_eq(gate->hosts_max, 1);
    cr_expect(!gate->includes_exclusive);
    suite_free(gate);
    suite_free(fast);
    suite_free(slow);
    suite_free(rules);
    suite_free(NULL);
}

/* What README and docs/ say of the shipped ones. */
Test(suite, policies_of_those_that_are_shipped)
{
    struct diagnostic diagnostic = {0};
    struct suite *gate = suite_load(SIPREUSE_SOURCE_DIR "/suites", "ci-gate", NULL, &diagnostic);
    struct suite *event = suite_load(SIPREUSE_SOURCE_DIR "/suites", "event", NULL, &diagnostic);
    cr_assert(gate && event, "%s", diagnostic.text);
    cr_expect_eq(gate->levels, 1u << LEVEL_MUST);
    cr_expect(gate->require_exercised && !gate->is_strict && !gate->includes_slow);
    cr_expect(gate->includes_exclusive && gate->hosts_max == SUITE_HOSTS_MAX);
    cr_expect(!event->includes_slow && !event->includes_exclusive && event->hosts_max == 1);
    cr_expect(event->levels == 0 && !event->require_exercised && !event->is_strict);
    suite_free(gate);
    suite_free(event);
}

/* Each scenario is in one of the three, so that they are the whole together; only the soak has a suite of its
 * own. */
Test(suite, the_three_of_conformance_part_the_scenarios)
{
    struct diagnostic diagnostic = {0};
    static const char *const names[] = {"conformance", "conformance-slow", "conformance-alone"};
    struct catalogue *catalogue = catalogue_load(SIPREUSE_SOURCE_DIR "/scenarios", &diagnostic);
    cr_assert_not_null(catalogue, "%s", diagnostic.text);
    unsigned *seen = calloc(catalogue->scenario_count, sizeof *seen);
    for (size_t i = 0; i < 3; i++) {
        struct suite *suite = suite_load(SIPREUSE_SOURCE_DIR "/suites", names[i], catalogue, &diagnostic);
        cr_assert_not_null(suite, "%s", diagnostic.text);
        for (size_t s = 0; s < catalogue->scenario_count; s++) {
            const struct scenario *scenario = catalogue->scenarios[s];
            seen[s] += (suite->only_slow ? scenario->is_slow : suite->includes_slow || !scenario->is_slow) &&
                       (suite->only_exclusive ? scenario->is_exclusive
                                              : suite->includes_exclusive || !scenario->is_exclusive);
        }
        suite_free(suite);
    }
    for (size_t s = 0; s < catalogue->scenario_count; s++)
        cr_expect_eq(seen[s], 1, "%s is in %u of them", catalogue->scenarios[s]->id, seen[s]);
    free(seen);
    catalogue_free(catalogue);
}

Test(suite, names_are_sorted)
{
    static const char *const wanted[] = {"fast", "gate", "rules", "slow"};
    char **names = suite_names(TREE_SUITES_DIR);
    size_t count = 0;
    for (; names[count]; count++) {
        cr_assert_lt(count, 4);
        cr_expect_str_eq(names[count], wanted[count]);
        free(names[count]);
    }
    cr_expect_eq(count, 4);
    free(names);
    names = suite_names("/nonexistent");
    cr_expect_null(names[0]);
    free(names);
}

Test(suite, an_unknown_one)
{
    struct diagnostic diagnostic = {0};
    cr_expect_null(suite_load(TREE_SUITES_DIR, "rule", NULL, &diagnostic));
    cr_expect_str_eq(diagnostic.text, TREE_SUITES_DIR
                     "/rule.json:1:1: /: found no such suite; expected a suite that there is: 'fast', "
                     "'gate', 'rules', 'slow'; nearest 'rules'");
    struct diagnostic outside = {0};
    cr_expect_null(suite_load(TREE_SUITES_DIR, "../suites/fast", NULL, &outside));
    cr_expect(outside.is_set);
}
