/* What a run of the reference device with a seeded fault proves. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/kill_matrix.h"
#include "evidence/evidence.h"

static char *fault_names[] = {(char[]){"fault-a"}}, *telling_names[] = {(char[]){"fault-t"}};
static struct requirement requirements[] = {
    {.id = (char[]){"req-a"}, .faults = {fault_names, 1}},
    {.id = (char[]){"req-b"}, .faults = {NULL, 0}},
    {.id = (char[]){"req-c"}, .faults = {fault_names, 1}},
    {.id = (char[]){"obs-a"}, .level = LEVEL_OBS, .faults = {telling_names, 1}},
    {.id = (char[]){"may-b"}, .level = LEVEL_MAY, .faults = {telling_names, 1}},
};
static const struct catalogue catalogue = {.requirements = requirements, .requirement_count = 5};
static const struct reference_fault fault = {.name = "fault-a",
                                             .summary = "",
                                             .profile = "reference",
                                             .expected_also = "req-x req-y",
                                             .reason = "because"};
static const struct reference_fault telling = {
    .name = "fault-t", .summary = "", .profile = "reference", .expected_also = "", .reason = ""};

struct given {
    const char *scenario, *requirement, *verdict,
        *about; /* scenario: "id", "id:variant", or with "=value" that it observes as "way" */
};

static void put_name(struct journal *journal, const char *name)
{
    size_t length = strcspn(name, ":="), end = strcspn(name, "=");
    char *id = strndup(name, length);
    char *variant = length < end ? strndup(name + length + 1, end - length - 1) : strdup("v");
    journal_string(journal, "scenario", id);
    journal_string(journal, "variant", variant);
    free(id);
    free(variant);
}

static struct report *report_of(const struct given *given, size_t count, bool is_complete)
{
    char path[] = "/tmp/sipreuse-kill-XXXXXX", error[256] = "";
    struct journal *journal = journal_new_fd(mkstemp(path));
    journal_begin(journal, "run");
    journal_string(journal, "schema", JOURNAL_SCHEMA);
    journal_end(journal);
    for (size_t i = 0; i < count; i++) {
        journal_begin(journal, "plan");
        put_name(journal, given[i].scenario);
        journal_string(journal, "level", "MUST");
        journal_boolean(journal, "runs", true);
        journal_open_array(journal, "requirements");
        journal_string(journal, NULL, given[i].requirement);
        journal_close(journal);
        journal_end(journal);
        const char *seen = strchr(given[i].scenario, '=');
        if (seen) {
            journal_begin(journal, "observation");
            put_name(journal, given[i].scenario);
            journal_string(journal, "name", "way");
            journal_string(journal, "value", seen + 1);
            journal_end(journal);
        }
        journal_begin(journal, "verdict");
        put_name(journal, given[i].scenario);
        journal_string(journal, "verdict", given[i].verdict);
        journal_boolean(journal, "exercised", true);
        journal_string(journal, "requirement", given[i].about);
        journal_end(journal);
    }
    journal_begin(journal, "end");
    journal_boolean(journal, "complete", is_complete);
    journal_string(journal, "outcome", "done");
    journal_end(journal);
    journal_free(journal);
    struct report *report = report_load(path, error, sizeof error);
    unlink(path);
    cr_assert_not_null(report, "%s", error);
    return report;
}

static struct kill_result judged(const struct reference_fault *of, const struct given *given, size_t count,
                                 bool is_complete)
{
    struct kill_result result;
    cr_assert(kill_result_init(&result, &catalogue, of, "reference"));
    struct report *report = report_of(given, count, is_complete);
    kill_result_judge(&result, report, "reference");
    report_free(report);
    return result;
}

Test(kill, by_its_own_requirement)
{
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}, {"s/b", "req-b", "pass", NULL}};
    struct kill_result result = judged(&fault, given, 2, true);
    cr_assert_eq(result.requirement_count, 2);
    cr_assert_eq(result.killed_by.count, 1);
    cr_assert_str_eq(result.killed_by.items[0].scenario, "s/a");
    cr_assert_str_eq(result.killed_by.items[0].requirement, "req-a");
    cr_assert(kill_result_has_killed(&result, "req-a"));
    cr_assert(!kill_result_has_killed(&result, "req-c"));
    cr_assert(kill_result_is_good(&result), "nothing about req-c was tried");
    kill_result_fini(&result);
}

Test(kill, a_requirement_that_stays_green_is_missed)
{
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}, {"s/c", "req-c", "pass", NULL}};
    struct kill_result result = judged(&fault, given, 2, true);
    cr_assert(!kill_result_has_missed(&result, 0));
    cr_assert(kill_result_has_missed(&result, 1));
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, a_requirement_that_did_not_apply_is_not_missed)
{
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}, {"s/c", "req-c", "not-applicable", NULL}};
    struct kill_result result = judged(&fault, given, 2, true);
    cr_assert(!kill_result_has_missed(&result, 1));
    cr_assert(kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, survives_when_all_pass)
{
    const struct given given[] = {{"s/a", "req-a", "pass", NULL}};
    struct kill_result result = judged(&fault, given, 1, true);
    cr_assert_eq(result.killed_by.count, 0);
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, inconclusive_does_not_kill)
{
    const struct given given[] = {{"s/a", "req-a", "inconclusive", NULL}, {"s/c", "req-c", "error", NULL}};
    struct kill_result result = judged(&fault, given, 2, true);
    cr_assert_eq(result.killed_by.count, 0);
    cr_assert_eq(result.unexpected.count, 0);
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, a_failure_for_another_requirement_is_unexpected)
{
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}, {"s/b", "req-b", "fail", NULL}};
    struct kill_result result = judged(&fault, given, 2, true);
    cr_assert_eq(result.unexpected.count, 1);
    cr_assert_str_eq(result.unexpected.items[0].requirement, "req-b");
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, unless_the_fault_says_so)
{
    const struct given given[] = {
        {"s/a", "req-a", "fail", NULL}, {"s/y", "req-y", "fail", NULL}, {"s/r", "req", "fail", NULL}};
    struct kill_result result = judged(&fault, given, 3, true);
    cr_assert_eq(result.unexpected.count, 1, "req-y is tolerated, its prefix is not");
    cr_assert_str_eq(result.unexpected.items[0].scenario, "s/r");
    kill_result_fini(&result);
}

/* Whose deviation is a matter of time, which a busy machine stretches. */
Test(kill, a_fault_may_turn_anything_red_when_it_says_why)
{
    struct reference_fault late = fault;
    late.expected_also = "*";
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}, {"s/b", "req-b", "fail", NULL}};
    struct kill_result result = judged(&late, given, 2, true);
    cr_assert_eq(result.unexpected.count, 0);
    cr_assert_eq(result.killed_by.count, 1);
    kill_result_fini(&result);
}

Test(kill, a_failure_that_names_another_requirement_does_not_count_for_its_scenarios)
{
    const struct given given[] = {{"s/a", "req-a", "fail", "req-b"}};
    struct kill_result result = judged(&fault, given, 1, true);
    cr_assert_eq(result.killed_by.count, 0);
    cr_assert_eq(result.unexpected.count, 1);
    kill_result_fini(&result);
}

Test(kill, a_run_that_is_not_complete_proves_nothing)
{
    const struct given given[] = {{"s/a", "req-a", "fail", NULL}};
    struct kill_result result = judged(&fault, given, 1, false);
    cr_assert_str_eq(result.trouble, "The run was not complete.");
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(kill, a_fault_that_no_requirement_names)
{
    const struct reference_fault stray = {
        .name = "stray", .profile = "reference", .expected_also = "", .reason = ""};
    struct kill_result result;
    cr_assert(kill_result_init(&result, &catalogue, &stray, "reference"));
    cr_assert_str_eq(result.trouble, "No requirement names this fault.");
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(fault_free, is_green_only_when_all_is_decided_well)
{
    const struct given green[] = {{"s/a", "req-a", "pass", NULL}, {"s/b", "req-b", "not-applicable", NULL}};
    const struct given red[] = {{"s/a", "req-a", "pass", NULL}, {"s/b", "req-b", "inconclusive", NULL}};
    struct kill_result good = judged(NULL, green, 2, true), bad = judged(NULL, red, 2, true),
                       empty = judged(NULL, NULL, 0, true);
    cr_assert(kill_result_is_good(&good));
    cr_assert(!kill_result_is_good(&bad));
    cr_assert_eq(bad.unexpected.count, 1);
    cr_assert(!kill_result_is_good(&empty), "nothing that ran proves nothing");
    kill_result_fini(&good);
    kill_result_fini(&bad);
    kill_result_fini(&empty);
}

Test(pairs, are_faults_with_the_same_failures_whatever_their_order)
{
    const struct given one[] = {{"s/a", "req-a", "fail", NULL}, {"s/c", "req-c", "fail", NULL}};
    const struct given two[] = {{"s/c", "req-c", "fail", NULL}, {"s/a", "req-a", "fail", NULL}};
    struct kill_result a = judged(&fault, one, 2, true), b = judged(&fault, two, 2, true),
                       c = judged(&fault, one, 1, true);
    struct kill_result none = judged(&fault, NULL, 0, true);
    cr_assert(kill_result_is_same(&a, &b));
    cr_assert(!kill_result_is_same(&a, &c));
    cr_assert(!kill_result_is_same(&none, &none), "two that nothing finds are not told apart by nothing");
    kill_result_fini(&a);
    kill_result_fini(&b);
    kill_result_fini(&c);
    kill_result_fini(&none);
}

/* A fault's own scenarios are run in more variants than those of others. */
Test(pairs, are_not_told_apart_by_versions)
{
    const struct given one[] = {{"s/a:tls-tls12-ip6-server-late", "req-a", "fail", NULL},
                                {"s/a:tls-tls13-ip4-server-late", "req-a", "fail", NULL},
                                {"s/a:tcp---ip4-server-late", "req-a", "fail", NULL}};
    const struct given other[] = {{"s/a:tls-sctp-tls13-ip4-server-late", "req-a", "fail", NULL},
                                  {"s/a:tcp---ip6-server-late", "req-a", "fail", NULL}};
    struct kill_result all = judged(&fault, one, 3, true), some = judged(&fault, one + 1, 2, true),
                       others = judged(&fault, other, 2, true);
    cr_assert(kill_result_is_same(&all, &some));
    cr_assert(!kill_result_is_same(&all, &others), "transports do");
    kill_result_fini(&all);
    kill_result_fini(&some);
    kill_result_fini(&others);
}

Test(pairs, are_listed_as_groups_each_fault_once)
{
    const struct given one[] = {{"s/a", "req-a", "fail", NULL}}, two[] = {{"s/b", "req-a", "fail", NULL}};
    struct kill_result results[] = {judged(&fault, one, 1, true), judged(&fault, two, 1, true),
                                    judged(&fault, one, 1, true), judged(NULL, one, 1, true),
                                    judged(&fault, one, 1, true)};
    const struct kill_matrix matrix = {.results = results, .count = 5};
    const char *names[5];
    cr_assert_eq(kill_matrix_group(&matrix, 0, names), 3, "the device without a fault is no member");
    cr_assert_str_eq(names[2], fault.name);
    cr_assert_eq(kill_matrix_group(&matrix, 1, names), 0, "one alone is no group");
    cr_assert_eq(kill_matrix_group(&matrix, 2, names), 0, "it is in the group of the first one");
    cr_assert_eq(kill_matrix_group(&matrix, 3, names), 0);
    for (size_t i = 0; i < 5; i++)
        kill_result_fini(&results[i]);
}

/* ---- rows that only tell */

/* A fault's run beside those of the device without it; NULL: there was none. */
static struct kill_result told(const struct given *with, const struct given *without[3])
{
    struct kill_result results[2] = {judged(&telling, with, 1, true), judged(NULL, without[0], 1, true)};
    struct kill_matrix matrix = {.results = results, .count = 2};
    for (size_t i = 1; i < 3; i++) {
        struct report *report = without[i] ? report_of(without[i], 1, true) : NULL;
        if (report)
            kill_result_judge_again(&results[1], report, "reference");
        report_free(report);
    }
    cr_assert_eq(results[1].variant_count, 1, "repeated variants are not counted again");
    kill_matrix_compare(&matrix);
    kill_result_fini(&results[1]);
    return results[0];
}

static const struct given one_way = {"s/t=one", "obs-a", "pass", NULL},
                          other_way = {"s/t=other", "obs-a", "pass", NULL},
                          no_way = {"s/t", "obs-a", "pass", NULL};

Test(telling, a_fault_that_changes_an_observation_is_killed)
{
    struct kill_result result = told(&other_way, (const struct given *[]){&one_way, &one_way, &one_way});
    cr_assert(kill_result_has_killed(&result, "obs-a"));
    cr_assert(!kill_result_has_killed(&result, "may-b"));
    cr_assert(kill_result_is_good(&result), "nothing about may-b was tried");
    cr_assert_str_eq(result.killed_by.items[0].name, "way");
    cr_assert_str_eq(result.killed_by.items[0].with, "other");
    cr_assert_str_eq(result.killed_by.items[0].without, "one");
    kill_result_fini(&result);
}

Test(telling, an_observation_that_is_gone_is_a_change)
{
    struct kill_result result = told(&no_way, (const struct given *[]){&one_way, &one_way, &one_way});
    cr_assert(kill_result_has_killed(&result, "obs-a"));
    cr_assert_null(result.killed_by.items[0].with);
    kill_result_fini(&result);
}

Test(telling, a_verdict_that_changes_is_a_change)
{
    const struct given left_out = {"s/t=one", "obs-a", "not-applicable", NULL};
    struct kill_result result = told(&left_out, (const struct given *[]){&one_way, &one_way, &one_way});
    cr_assert(kill_result_has_killed(&result, "obs-a"));
    cr_assert_str_eq(result.killed_by.items[0].name, "verdict");
    kill_result_fini(&result);
}

Test(telling, a_fault_that_changes_nothing_is_not_killed)
{
    struct kill_result result = told(&one_way, (const struct given *[]){&one_way, &one_way, &one_way});
    cr_assert_eq(result.killed_by.count, 0);
    cr_assert(kill_result_has_missed(&result, 0));
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
}

Test(telling, what_differs_without_a_fault_too_does_not_kill)
{
    const struct given third_way = {"s/t=third", "obs-a", "pass", NULL};
    struct kill_result result = told(&third_way, (const struct given *[]){&one_way, &one_way, &other_way});
    cr_assert_eq(result.killed_by.count, 0);
    cr_assert(!kill_result_is_good(&result));
    kill_result_fini(&result);
    result = told(&third_way, (const struct given *[]){&one_way, &no_way, &one_way});
    cr_assert_eq(result.killed_by.count, 0, "nor what is not always observed");
    kill_result_fini(&result);
}

Test(telling, one_run_without_a_fault_agrees_with_nobody)
{
    struct kill_result result = told(&other_way, (const struct given *[]){&one_way, NULL, NULL});
    cr_assert_eq(result.killed_by.count, 0);
    kill_result_fini(&result);
    result = told(&other_way, (const struct given *[]){&one_way, &one_way, NULL});
    cr_assert_eq(result.killed_by.count, 1);
    kill_result_fini(&result);
}

Test(telling, another_variant_or_profile_is_no_measure)
{
    const struct given elsewhere = {"s/t:w=other", "obs-a", "pass", NULL};
    struct kill_result result = told(&elsewhere, (const struct given *[]){&one_way, &one_way, &one_way});
    cr_assert_eq(result.killed_by.count, 0);
    kill_result_fini(&result);

    struct kill_result results[2] = {judged(NULL, &one_way, 1, true)};
    struct report *report = report_of(&one_way, 1, true), *with = report_of(&other_way, 1, true);
    kill_result_judge_again(&results[0], report, "reference");
    cr_assert(kill_result_init(&results[1], &catalogue, &telling, "reference"));
    kill_result_judge(&results[1], with, "reference-other");
    kill_matrix_compare(&(struct kill_matrix){.results = results, .count = 2});
    cr_assert_eq(results[1].killed_by.count, 0);
    report_free(report);
    report_free(with);
    kill_result_fini(&results[0]);
    kill_result_fini(&results[1]);
}

Test(telling, undecided_shows_nothing_and_a_failure_is_one)
{
    const struct given undecided = {"s/t=other", "obs-a", "inconclusive", NULL},
                       failed = {"s/t=other", "obs-a", "fail", NULL},
                       strange = {"s/t=other", "obs-a", "fail", "req-b"};
    const struct given *without[] = {&one_way, &one_way, &one_way};
    struct kill_result result = told(&undecided, without);
    cr_assert_eq(result.killed_by.count, 0);
    kill_result_fini(&result);
    result = told(&failed, without);
    cr_assert_eq(result.killed_by.count, 1);
    cr_assert_null(result.killed_by.items[0].name);
    kill_result_fini(&result);
    result = told(&strange, without);
    cr_assert_eq(result.killed_by.count, 0, "it is about another row");
    cr_assert_eq(result.unexpected.count, 1);
    kill_result_fini(&result);
}

Test(telling, an_observation_proves_no_row_that_can_fail)
{
    const struct given one = {"s/a=one", "req-a", "pass", NULL}, other = {"s/a=other", "req-a", "pass", NULL};
    struct kill_result results[2] = {judged(&fault, &other, 1, true), judged(NULL, &one, 1, true)};
    struct report *report = report_of(&one, 1, true);
    kill_result_judge_again(&results[1], report, "reference");
    report_free(report);
    kill_matrix_compare(&(struct kill_matrix){.results = results, .count = 2});
    cr_assert_eq(results[0].killed_by.count, 0);
    kill_result_fini(&results[0]);
    kill_result_fini(&results[1]);
}
