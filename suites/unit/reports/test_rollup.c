/* Every rule of verdict, status, gate and exit status, one row each. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/evidence.h"
#include "reports/reports_private.h"

enum { SCENARIOS_MAX = 4 };

struct given_scenario {
    char requirement[8]; /* "" ends the list; "r1,r2": both */
    char level[8];       /* of its first requirement */
    char verdict[16];    /* "": none was reached; "plan": not applicable by the plan */
    bool is_idle;        /* passed without being exercised */
    char about[8];       /* the requirement that a failure is about */
    char again[16];      /* a second verdict; with "--repeat" when is_repeated */
};
struct rollup_row {
    char name[64];
    struct given_scenario scenarios[SCENARIOS_MAX];
    bool is_strict, require_exercised, is_repeated, has_crash;
    char outcome[16];   /* "" : "done"; "none": no end line */
    char status[24];    /* expected of r1 */
    char status_r2[24]; /* expected of r2; "": not looked at */
    bool is_met;
    int exit_status;
};

#define MUST_(verdict_)                                                                                      \
    {                                                                                                        \
        .requirement = "r1", .level = "MUST", .verdict = verdict_                                            \
    }
#define SHOULD_(verdict_)                                                                                    \
    {                                                                                                        \
        .requirement = "r1", .level = "SHOULD", .verdict = verdict_                                          \
    }
#define IDLE_                                                                                                \
    {                                                                                                        \
        .requirement = "r1", .level = "MUST", .verdict = "pass", .is_idle = true                             \
    }

ParameterizedTestParameters(rollup, table)
{
    static struct rollup_row rows[] = {
        {.name = "a pass", .scenarios = {MUST_("pass")}, .status = "conformant", .is_met = true},
        {.name = "a fail", .scenarios = {MUST_("fail")}, .status = "not-conformant", .exit_status = 1},
        {.name = "one fail among passes",
         .scenarios = {MUST_("pass"), MUST_("fail"), MUST_("pass")},
         .status = "not-conformant",
         .exit_status = 1},
        {.name = "a fail beats inconclusive",
         .scenarios = {MUST_("inconclusive"), MUST_("fail")},
         .status = "not-conformant",
         .exit_status = 1},
        {.name = "a fail beats an error, exit 3",
         .scenarios = {MUST_("error"), MUST_("fail")},
         .status = "not-conformant",
         .exit_status = 3},
        {.name = "inconclusive",
         .scenarios = {MUST_("pass"), MUST_("inconclusive")},
         .status = "undecided",
         .exit_status = 1},
        {.name = "error",
         .scenarios = {MUST_("pass"), MUST_("error")},
         .status = "undecided",
         .exit_status = 3},
        {.name = "error on MAY: gate met, exit 3",
         .scenarios = {{.requirement = "r1", .level = "MAY", .verdict = "error"}},
         .status = "undecided",
         .is_met = true,
         .exit_status = 3},
        {.name = "no verdict is undecided",
         .scenarios = {MUST_("pass"), MUST_("")},
         .status = "undecided",
         .exit_status = 1},
        {.name = "not exercised", .scenarios = {IDLE_}, .status = "not-exercised", .is_met = true},
        {.name = "not exercised, required",
         .scenarios = {IDLE_},
         .require_exercised = true,
         .status = "not-exercised",
         .exit_status = 1},
        {.name = "one exercised pass is enough",
         .scenarios = {IDLE_, MUST_("pass")},
         .require_exercised = true,
         .status = "conformant",
         .is_met = true},
        {.name = "inconclusive beats not exercised",
         .scenarios = {IDLE_, MUST_("inconclusive")},
         .status = "undecided",
         .exit_status = 1},
        {.name = "not applicable by verdict",
         .scenarios = {MUST_("not-applicable")},
         .status = "not-applicable",
         .is_met = true},
        {.name = "not applicable by plan",
         .scenarios = {MUST_("plan")},
         .require_exercised = true,
         .status = "not-applicable",
         .is_met = true},
        {.name = "a pass beside not applicable",
         .scenarios = {MUST_("plan"), MUST_("pass")},
         .status = "conformant",
         .is_met = true},
        {.name = "idle pass beside not applicable",
         .scenarios = {MUST_("plan"), IDLE_},
         .status = "not-exercised",
         .is_met = true},
        {.name = "SHOULD does not fail the gate",
         .scenarios = {SHOULD_("fail")},
         .status = "not-conformant",
         .is_met = true},
        {.name = "SHOULD undecided does not either",
         .scenarios = {SHOULD_("inconclusive")},
         .status = "undecided",
         .is_met = true},
        {.name = "SHOULD fails it when strict",
         .scenarios = {SHOULD_("fail")},
         .is_strict = true,
         .status = "not-conformant",
         .exit_status = 1},
        {.name = "SHOULD undecided when strict",
         .scenarios = {SHOULD_("inconclusive")},
         .is_strict = true,
         .status = "undecided",
         .exit_status = 1},
        {.name = "SHOULD not exercised, strict",
         .scenarios = {{.requirement = "r1", .level = "SHOULD", .verdict = "pass", .is_idle = true}},
         .is_strict = true,
         .status = "not-exercised",
         .is_met = true},
        {.name = "seed never fails it",
         .scenarios = {{.requirement = "r1", .level = "seed", .verdict = "fail"}},
         .is_strict = true,
         .require_exercised = true,
         .status = "not-conformant",
         .is_met = true},
        {.name = "MAY never fails it",
         .scenarios = {{.requirement = "r1", .level = "MAY", .verdict = "fail"}},
         .is_strict = true,
         .status = "not-conformant",
         .is_met = true},
        {.name = "obs never fails it",
         .scenarios = {{.requirement = "r1", .level = "obs", .verdict = "inconclusive"}},
         .is_strict = true,
         .status = "undecided",
         .is_met = true},
        {.name = "a crash fails it",
         .scenarios = {MUST_("pass")},
         .has_crash = true,
         .status = "conformant",
         .exit_status = 1},
        {.name = "interrupted",
         .scenarios = {MUST_("pass"), MUST_("")},
         .outcome = "interrupted",
         .status = "undecided",
         .exit_status = 130},
        {.name = "no end",
         .scenarios = {MUST_("pass")},
         .outcome = "none",
         .status = "conformant",
         .exit_status = 3},
        {.name = "the run failed",
         .scenarios = {MUST_("pass")},
         .outcome = "failed",
         .status = "conformant",
         .exit_status = 3},
        {.name = "a failure about one of two",
         .scenarios = {{.requirement = "r1,r2", .level = "MUST", .verdict = "fail", .about = "r1"}},
         .status = "not-conformant",
         .status_r2 = "not-exercised",
         .exit_status = 1},
        {.name = "a failure about both",
         .scenarios = {{.requirement = "r1,r2", .level = "MUST", .verdict = "fail"}},
         .status = "not-conformant",
         .status_r2 = "not-conformant",
         .exit_status = 1},
        {.name = "the other one passed elsewhere",
         .scenarios = {{.requirement = "r1,r2", .level = "MUST", .verdict = "fail", .about = "r1"},
                       {.requirement = "r2", .level = "MUST", .verdict = "pass"}},
         .status = "not-conformant",
         .status_r2 = "conformant",
         .exit_status = 1},
        {.name = "a failure about a third",
         .scenarios = {{.requirement = "r2", .level = "MUST", .verdict = "fail", .about = "r1"}},
         .status = "not-conformant",
         .status_r2 = "not-exercised",
         .exit_status = 1},
        {.name = "run again after a crash: the last",
         .scenarios = {{.requirement = "r1", .level = "MUST", .verdict = "fail", .again = "pass"}},
         .status = "conformant",
         .is_met = true},
        {.name = "repeated: the worst, first",
         .scenarios = {{.requirement = "r1", .level = "MUST", .verdict = "fail", .again = "pass"}},
         .is_repeated = true,
         .status = "not-conformant",
         .exit_status = 1},
        {.name = "repeated: the worst, last",
         .scenarios = {{.requirement = "r1", .level = "MUST", .verdict = "pass", .again = "inconclusive"}},
         .is_repeated = true,
         .status = "undecided",
         .exit_status = 1},
        {.name = "repeated: an error stays",
         .scenarios = {{.requirement = "r1", .level = "MUST", .verdict = "error", .again = "fail"}},
         .is_repeated = true,
         .status = "not-conformant",
         .exit_status = 3},
        {.name = "repeated: idle is worse than a pass",
         .scenarios =
             {{.requirement = "r1", .level = "MUST", .verdict = "pass", .is_idle = true, .again = "pass"}},
         .is_repeated = true,
         .status = "not-exercised",
         .is_met = true},
        {.name = "nothing ran", .scenarios = {MUST_("plan")}, .status = "not-applicable", .is_met = true},
    };
    return cr_make_param_array(struct rollup_row, rows, sizeof rows / sizeof rows[0]);
}

static void put_run(struct journal *journal, const struct rollup_row *row)
{
    journal_begin(journal, "run");
    journal_string(journal, "schema", JOURNAL_SCHEMA);
    journal_open_object(journal, "suite");
    journal_boolean(journal, "strict", row->is_strict);
    journal_boolean(journal, "require_exercised", row->require_exercised);
    journal_close(journal);
    journal_open_array(journal, "command");
    journal_string(journal, NULL, row->is_repeated ? "--repeat" : "run");
    journal_close(journal);
    journal_end(journal);
}

static void put_names(struct journal *journal, const char *variant)
{
    journal_string(journal, "scenario", "area/name");
    journal_string(journal, "variant", variant);
}

static void put_plan(struct journal *journal, const struct given_scenario *given, const char *variant)
{
    bool runs = strcmp(given->verdict, "plan") != 0;
    journal_begin(journal, "plan");
    put_names(journal, variant);
    journal_open_array(journal, "requirements");
    if (strcmp(given->requirement, "r1,r2") == 0) {
        journal_string(journal, NULL, "r1");
        journal_string(journal, NULL, "r2");
    } else {
        journal_string(journal, NULL, given->requirement);
    }
    journal_close(journal);
    journal_string(journal, "level", given->level);
    journal_boolean(journal, "runs", runs);
    journal_string(journal, "because", runs ? NULL : "profile");
    journal_string(journal, "reason", runs ? NULL : "Not claimed.");
    journal_end(journal);
}

static void put_verdict(struct journal *journal, const struct given_scenario *given, const char *verdict,
                        bool is_idle, const char *variant)
{
    journal_begin(journal, "scenario-start");
    put_names(journal, variant);
    journal_end(journal);
    journal_begin(journal, "verdict");
    put_names(journal, variant);
    journal_string(journal, "verdict", verdict);
    journal_boolean(journal, "exercised", !is_idle);
    journal_string(journal, "requirement", given->about[0] ? given->about : NULL);
    journal_end(journal);
}

static struct report *report_of(const struct rollup_row *row)
{
    char path[] = "/tmp/sipreuse-rollup-XXXXXX", error[256] = "";
    struct journal *journal = journal_new_fd(mkstemp(path));
    put_run(journal, row);
    for (size_t i = 0; i < SCENARIOS_MAX && row->scenarios[i].requirement[0]; i++) {
        const struct given_scenario *given = &row->scenarios[i];
        char variant[8];
        snprintf(variant, sizeof variant, "v%zu", i);
        put_plan(journal, given, variant);
        if (given->verdict[0] && strcmp(given->verdict, "plan") != 0)
            put_verdict(journal, given, given->verdict, given->is_idle, variant);
        if (given->again[0])
            put_verdict(journal, given, given->again, false, variant);
    }
    if (row->has_crash) {
        journal_begin(journal, "crash");
        journal_end(journal);
    }
    if (strcmp(row->outcome, "none") != 0) {
        journal_begin(journal, "end");
        journal_boolean(journal, "complete", !row->outcome[0]);
        journal_string(journal, "outcome", row->outcome[0] ? row->outcome : "done");
        journal_end(journal);
    }
    journal_free(journal);
    struct report *report = report_load(path, error, sizeof error);
    unlink(path);
    cr_assert_not_null(report, "%s: %s", row->name, error);
    return report;
}

static const char *status_of(const struct report *report, const char *id)
{
    for (size_t i = 0; i < report_requirement_count(report); i++)
        if (strcmp(report_requirement_at(report, i).id, id) == 0)
            return report_requirement_at(report, i).status;
    return "absent";
}

ParameterizedTest(struct rollup_row *row, rollup, table)
{
    struct report *report = report_of(row);
    cr_expect_str_eq(status_of(report, "r1"), row->status, "%s: r1 is %s", row->name,
                     status_of(report, "r1"));
    if (row->status_r2[0])
        cr_expect_str_eq(status_of(report, "r2"), row->status_r2, "%s: r2 is %s", row->name,
                         status_of(report, "r2"));
    bool is_met = row->is_met && row->outcome[0] == '\0';
    cr_expect_eq(report->is_gate_met, is_met, "%s: the gate", row->name);
    cr_expect_eq(json_array_size(report->gate_reasons) == 0, is_met, "%s: a gate that is not met says why",
                 row->name);
    cr_expect_eq(report_exit_status(report), row->exit_status, "%s: exit %d", row->name,
                 report_exit_status(report));
    for (size_t i = 0; i < report_scenario_count(report); i++) {
        struct report_scenario scenario = report_scenario_at(report, i);
        cr_expect(strcmp(scenario.verdict, "pass") == 0 ? scenario.is_exercised == !scenario.reason[0]
                                                        : scenario.reason[0] != '\0',
                  "%s: a reason is never empty unless pass", row->name);
    }
    report_free(report);
}
