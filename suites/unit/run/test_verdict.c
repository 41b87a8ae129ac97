#include "run/run_private.h"

#include <criterion/criterion.h>
#include <string.h>

static struct observation observed(const char *name, const char *value, struct observation *next)
{
    return (struct observation){
        .next = next, .name = (char *)(uintptr_t)name, .value = (char *)(uintptr_t)value};
}

static struct outcome resolved(enum verdict verdict, bool only_with_control, enum control_state control)
{
    struct outcome outcome = {.verdict = verdict,
                              .only_with_control = only_with_control,
                              .reason = verdict == VERDICT_FAIL ? text_copy("It went wrong.") : NULL,
                              .requirement = verdict == VERDICT_FAIL ? text_copy("5923-8.2-honour") : NULL};

    verdict_resolve(&outcome, control, "aliasing/server-honour", "reused");
    return outcome;
}

static void expect(enum verdict verdict, bool only_with_control, enum control_state control,
                   enum verdict wanted, bool is_exercised)
{
    struct outcome outcome = resolved(verdict, only_with_control, control);

    cr_assert_eq(outcome.verdict, wanted, "%s with control %d: %s", verdict_name(verdict), (int)control,
                 verdict_name(outcome.verdict));
    cr_assert_eq(outcome.is_exercised, is_exercised);
    if (!is_exercised || wanted == VERDICT_INCONCLUSIVE)
        cr_assert_not_null(outcome.reason);
    if (wanted != VERDICT_FAIL)
        cr_assert_null(outcome.requirement, "only a fail is about a requirement");
    outcome_fini(&outcome);
}

Test(verdict, a_pass_is_exercised_where_the_control_showed_it)
{
    expect(VERDICT_PASS, false, CONTROL_NONE, VERDICT_PASS, true);
    expect(VERDICT_PASS, false, CONTROL_SHOWN, VERDICT_PASS, true);
    expect(VERDICT_PASS, false, CONTROL_NOT_SHOWN, VERDICT_PASS, false);
    expect(VERDICT_PASS, false, CONTROL_UNDECIDED, VERDICT_PASS, false);
}

Test(verdict, a_fail_needs_no_control)
{
    expect(VERDICT_FAIL, false, CONTROL_NONE, VERDICT_FAIL, true);
    expect(VERDICT_FAIL, false, CONTROL_SHOWN, VERDICT_FAIL, true);
    expect(VERDICT_FAIL, false, CONTROL_NOT_SHOWN, VERDICT_FAIL, true);
    expect(VERDICT_FAIL, false, CONTROL_UNDECIDED, VERDICT_FAIL, true);
}

Test(verdict, a_fail_with_control_does)
{
    expect(VERDICT_FAIL, true, CONTROL_SHOWN, VERDICT_FAIL, true);
    expect(VERDICT_FAIL, true, CONTROL_NOT_SHOWN, VERDICT_PASS, false);
    expect(VERDICT_FAIL, true, CONTROL_UNDECIDED, VERDICT_INCONCLUSIVE, true);
    expect(VERDICT_FAIL, true, CONTROL_NONE, VERDICT_FAIL, true);
}

Test(verdict, others_stay_as_they_are)
{
    static const enum verdict verdicts[] = {VERDICT_INCONCLUSIVE, VERDICT_NOT_APPLICABLE, VERDICT_ERROR};

    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        struct outcome outcome = resolved(verdicts[i], true, CONTROL_NOT_SHOWN);

        cr_assert_eq(outcome.verdict, verdicts[i]);
        cr_assert(outcome.is_exercised);
        outcome_fini(&outcome);
    }
}

Test(verdict, what_a_control_shows)
{
    struct observation yes = observed("reused", "true", NULL), no = observed("reused", "false", NULL);
    struct observation no_then_yes = observed("reused", "false", &yes),
                       other = observed("arrived", "true", NULL);
    struct outcome pass = {.verdict = VERDICT_PASS}, fail = {.verdict = VERDICT_FAIL},
                   open = {.verdict = VERDICT_INCONCLUSIVE}, broken = {.verdict = VERDICT_ERROR},
                   none = {.verdict = VERDICT_NONE}, not_here = {.verdict = VERDICT_NOT_APPLICABLE};

    cr_assert_eq(verdict_control_state(&pass, &yes, "reused"), CONTROL_SHOWN);
    cr_assert_eq(verdict_control_state(&fail, &yes, "reused"), CONTROL_SHOWN);
    cr_assert_eq(verdict_control_state(&pass, &no, "reused"), CONTROL_NOT_SHOWN);
    cr_assert_eq(verdict_control_state(&pass, &no_then_yes, "reused"), CONTROL_SHOWN, "the last word counts");
    cr_assert_eq(verdict_control_state(&pass, &other, "reused"), CONTROL_NOT_SHOWN);
    cr_assert_eq(verdict_control_state(&not_here, NULL, "reused"), CONTROL_NOT_SHOWN);
    cr_assert_eq(verdict_control_state(&open, NULL, "reused"), CONTROL_UNDECIDED);
    cr_assert_eq(verdict_control_state(&broken, NULL, "reused"), CONTROL_UNDECIDED);
    cr_assert_eq(verdict_control_state(&none, &yes, "reused"), CONTROL_UNDECIDED);
    cr_assert_eq(verdict_control_state(NULL, NULL, "reused"), CONTROL_UNDECIDED);
}
