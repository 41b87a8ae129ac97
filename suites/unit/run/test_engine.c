/* The engine against a device that can misbehave: toy_proxy, on loopback. The scenarios are in scenarios/toy,
 * read as any others are. */
#include "engine_trial.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* ---- one scenario each */

struct row {
    char id[40];
    enum verdict verdict;
    char reason[80];
    bool is_exercised;
};

static struct row rows[] = {
    {"toy/right", VERDICT_PASS, "", true},
    {"toy/wrong", VERDICT_FAIL, "It came over c1", true},
    {"toy/exercised", VERDICT_PASS, "", true},
    {"toy/not-exercised", VERDICT_PASS, "did not show \"reused\"", false},
    {"toy/wrong-with-control", VERDICT_PASS, "It came over c1", false},
    {"toy/silence", VERDICT_FAIL, "Nothing came.", true},
    {"toy/silence-unnamed", VERDICT_INCONCLUSIVE, "though the device answers", true},
    {"toy/halfway", VERDICT_PASS, "", true},
    {"toy/refused", VERDICT_INCONCLUSIVE, "answered 503", true},
    {"toy/elsewhere", VERDICT_INCONCLUSIVE, "does not speak of (c1", true},
    {"toy/twice", VERDICT_FAIL, "some other connection", true},
    {"toy/garbage", VERDICT_PASS, "", true},
    {"toy/flood", VERDICT_INCONCLUSIVE, "flooded", true},
    {"toy/repeat", VERDICT_PASS, "", true},
    {"toy/many", VERDICT_PASS, "", true},
    {"toy/parallel", VERDICT_PASS, "", true},
    {"toy/invite", VERDICT_PASS, "", true},
    {"toy/cancel", VERDICT_PASS, "", true},
    {"toy/close-fin", VERDICT_PASS, "", true},
    {"toy/close-rst", VERDICT_PASS, "", true},
    {"toy/close-graceful", VERDICT_PASS, "", true},
    {"toy/dns", VERDICT_PASS, "", true},
    {"toy/respond", VERDICT_PASS, "", true},
    {"toy/respond-cut", VERDICT_PASS, "", true},
    {"toy/respond-pieces", VERDICT_PASS, "", true},
    {"toy/pieces", VERDICT_PASS, "", true},
    {"toy/unreachable", VERDICT_INCONCLUSIVE, "was not established", true},
    {"toy/may-fail", VERDICT_PASS, "", true},
    {"toy/may-fail-handshake", VERDICT_INCONCLUSIVE, "was not established", true},
    {"toy/exclusive", VERDICT_PASS, "", true},
    {"toy/exclusive-dying", VERDICT_FAIL, "signal 6", true},
    {"toy/check-fails", VERDICT_ERROR, "No alternative of the check", true},
    {"toy/loops", VERDICT_PASS, "", true},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void check_all(size_t jobs)
{
    const char *selectors[ROWS + 1];
    struct trial trial;

    for (size_t i = 0; i < ROWS; i++)
        selectors[i] = rows[i].id;
    selectors[ROWS] = NULL;
    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){.jobs = jobs});
    cr_assert_eq(trial.outcome, RUN_DONE, "%s", trial.error);
    cr_assert_eq(trial.verdicts.count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        trial_expect_rows(&trial, rows[i].id, rows[i].verdict, rows[i].reason);
        for (size_t j = 0; j < trial.verdicts.count; j++)
            if (!strcmp(trial.verdicts.rows[j].id, rows[i].id))
                cr_assert_eq(trial.verdicts.rows[j].is_exercised, rows[i].is_exercised, "%s", rows[i].id);
    }
    trial_check_schema(&trial);
    cr_assert_eq(trial_count_events(&trial, "end", "outcome", "done"), 1);
    cr_assert_eq(trial_count_events(&trial, "run", NULL, NULL), 1);
    cr_assert_eq(trial_count_events(&trial, "verdict", NULL, NULL), ROWS);
    cr_assert_eq(trial_count_events(&trial, "crash", NULL, NULL), 2);
    cr_assert_eq(trial_count_events(&trial, "observation", "name", "turn"), 4);
    cr_assert_gt(trial_count_events(&trial, "raw", NULL, NULL), 0);
    cr_assert_gt(trial_count_events(&trial, "dns-query", NULL, NULL), 0);
    trial_end(&trial);
}

Test(engine, verdicts_all_at_once, .timeout = 280)
{
    check_all(0);
}

Test(engine, verdicts_one_by_one, .timeout = 280)
{
    check_all(1);
}

/* ---- crashes */

Test(engine, who_kills_the_device_alone_twice_fails_and_nobody_else, .timeout = 100)
{
    const char *const selectors[] = {"toy/dying", "toy/beside-dying", "toy/right", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DONE, "%s", trial.error);
    trial_expect_rows(&trial, "toy/dying", VERDICT_FAIL,
                      "The device crashed while this scenario ran alone, twice");
    trial_expect_rows(&trial, "toy/beside-dying", VERDICT_PASS, "");
    trial_expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    trial_check_schema(&trial);
    cr_assert_eq(trial_count_events(&trial, "scenario-abort", "scenario", "toy/dying"), 4);
    cr_assert_eq(trial_count_events(&trial, "crash", NULL, NULL), 4,
                 "once beside all, once among few, twice alone");
    trial_end(&trial);
}

/* A second try in the first one's world would be a retransmission of it, and what DNS said there is in the
 * device's cache. */
static void expect_worlds_apart(const struct trial *trial)
{
    FILE *file = fopen(trial->journal_path, "r");
    char *line = NULL, zone[96];
    size_t room = 0;

    cr_assert_not_null(file);
    while (getline(&line, &room, file) > 0) {
        const char *member = strstr(line, "\"event\":\"world\"") ? strstr(line, "\"zone\":\"") : NULL;

        if (!member)
            continue;
        cr_assert_eq(sscanf(member, "\"zone\":\"%95[^\"]", zone), 1, "%s", line);
        cr_assert_eq(trial_count_events(trial, "world", "zone", zone), 1, "%s", zone);
    }
    free(line);
    fclose(file);
}

Test(engine, each_try_has_a_world_of_its_own, .timeout = 100)
{
    const char *const selectors[] = {"toy/dying-once", "toy/silence-unnamed", "toy/refused", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DONE, "%s", trial.error);
    trial_expect_rows(&trial, "toy/dying-once", VERDICT_INCONCLUSIVE, "though the device answers");
    trial_expect_rows(&trial, "toy/silence-unnamed", VERDICT_INCONCLUSIVE, "though the device answers");
    cr_assert_eq(trial_count_events(&trial, "crash", NULL, NULL), 1);
    cr_assert_eq(trial_count_events(&trial, "retry", "scenario", "toy/dying-once"), 1);
    cr_assert_eq(trial_count_events(&trial, "retry", "scenario", "toy/silence-unnamed"), 1);
    expect_worlds_apart(&trial);
    trial_end(&trial);
}

Test(engine, a_device_that_hangs_is_restarted_and_nobody_fails_for_it, .timeout = 100)
{
    const char *const selectors[] = {"toy/hanging", "toy/beside-dying", "toy/right", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DONE, "%s", trial.error);
    trial_expect_rows(&trial, "toy/hanging", VERDICT_INCONCLUSIVE,
                      "The device stopped answering while this scenario ran alone");
    trial_expect_rows(&trial, "toy/beside-dying", VERDICT_PASS, "");
    trial_expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    trial_check_schema(&trial);
    cr_assert_eq(trial_count_events(&trial, "scenario-abort", "scenario", "toy/hanging"), 3);
    cr_assert_eq(trial_count_events(&trial, "crash", NULL, NULL), 0);
    cr_assert_eq(trial_count_events(&trial, "hang", NULL, NULL), 3,
                 "once beside all, once among few, once alone");
    trial_end(&trial);
}

Test(engine, a_device_that_never_gets_ready, .timeout = 60)
{
    const char *const selectors[] = {"toy/right", NULL};
    struct trial trial;

    trial_begin(&trial, "mute", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DEVICE_FAILED);
    cr_assert(*trial.error);
    cr_assert_eq(trial.verdicts.count, 0);
    cr_assert_eq(trial_count_events(&trial, "device", "state", "never-ready"), 1);
    cr_assert_eq(trial_count_events(&trial, "end", "outcome", "device-failed"), 1);
    trial_end(&trial);
}

Test(engine, a_device_that_ends_at_once, .timeout = 60)
{
    const char *const selectors[] = {"toy/right", NULL};
    struct trial trial;

    trial_begin(&trial, "dead", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DEVICE_FAILED);
    cr_assert_eq(trial.verdicts.count, 0);
    trial_end(&trial);
}

/* ---- the run */

Test(engine, what_does_not_apply_is_planned_out, .timeout = 60)
{
    const char *const selectors[] = {"toy/needs", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_DONE);
    cr_assert_eq(trial.verdicts.count, 0);
    cr_assert_eq(trial_count_events(&trial, "plan", "because", "profile"), 1);
    cr_assert_eq(trial_count_events(&trial, "device", NULL, NULL), 0, "nothing to ask: not even started");
    trial_end(&trial);
}

Test(engine, repeat_runs_each_once_a_round, .timeout = 60)
{
    const char *const selectors[] = {"toy/right", "toy/not-exercised", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){.repeat = 3});
    cr_assert_eq(trial.outcome, RUN_DONE);
    cr_assert_eq(trial.verdicts.count, 6);
    trial_expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    cr_assert_eq(trial_count_events(&trial, "device", "state", "ready"), 3, "each round on a fresh instance");
    trial_end(&trial);
}

Test(engine, fail_fast_starts_nothing_more, .timeout = 60)
{
    const char *const selectors[] = {"toy/check-fails", "toy/right", "toy/wrong", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){.is_fail_fast = true, .jobs = 1});
    cr_assert_eq(trial.outcome, RUN_DONE);
    cr_assert_eq(trial.verdicts.count, 1);
    cr_assert_eq(trial_count_events(&trial, "end", "outcome", "fail-fast"), 1);
    trial_end(&trial);
}

Test(engine, a_signal_ends_it_with_a_whole_journal, .timeout = 60)
{
    const char *const selectors[] = {"toy/right", "toy/silence", NULL};
    struct trial trial;

    trial_begin(&trial, "toy", selectors);
    trial.verdicts.signal_after_first = SIGTERM;
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial.outcome, RUN_INTERRUPTED);
    cr_assert_eq(trial.verdicts.count, 1, "what was in flight has no verdict");
    cr_assert_eq(trial_count_events(&trial, "end", "outcome", "interrupted"), 1);
    trial_end(&trial);
}

Test(engine, the_seed_names_the_run_and_worlds_are_told_apart, .timeout = 60)
{
    const char *const selectors[] = {"toy/right", "toy/wrong", NULL};
    struct trial trial;
    char label[8];

    text_run_label(7, label);
    trial_begin(&trial, "toy", selectors);
    trial_run(&trial, (struct run_options){0});
    cr_assert_eq(trial_count_events(&trial, "run", "label", label), 1);
    cr_assert_eq(trial_count_events(&trial, "world", NULL, NULL), 2);
    cr_assert_eq(trial_count_events(&trial, "requirement", "id", "toy-must"), 1);
    cr_assert_eq(trial_count_events(&trial, "requirement", "id", "toy-may"), 0, "not touched by this run");
    trial_end(&trial);
}
