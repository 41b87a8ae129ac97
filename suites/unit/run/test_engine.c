/* The engine against a device that can misbehave: toy_proxy, on loopback. The scenarios are in scenarios/toy,
 * read as any others are. */
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER SIPREUSE_SOURCE_DIR "/suites/unit/run"

enum { VERDICTS_MAX = 64 };
struct verdicts {
    struct {
        char id[64];
        enum verdict verdict;
        bool is_exercised;
        char reason[256];
    } rows[VERDICTS_MAX];
    size_t count;
    int signal_after_first; /* 0: none */
};

struct trial {
    struct catalogue *catalogue;
    struct device_profile *profile;
    struct sandbox *sandbox;
    struct journal *journal;
    struct selection selection;
    struct run_plan *plan;
    char folder[64], journal_path[80];
    struct verdicts verdicts;
    enum run_outcome outcome;
    char error[RUN_SENTENCE_MAX];
};

static void on_verdict(const struct scenario_variant *variant, enum verdict verdict, bool is_exercised,
                       const char *reason, void *arg)
{
    struct verdicts *verdicts = arg;

    cr_assert_lt(verdicts->count, VERDICTS_MAX);
    snprintf(verdicts->rows[verdicts->count].id, 64, "%s", variant->scenario->id);
    snprintf(verdicts->rows[verdicts->count].reason, 256, "%s", reason ? reason : "");
    verdicts->rows[verdicts->count].is_exercised = is_exercised;
    verdicts->rows[verdicts->count++].verdict = verdict;
    if (verdicts->signal_after_first && verdicts->count == 1)
        raise(verdicts->signal_after_first);
}

/* toy_proxy is beside this program. */
static void extend_path(void)
{
    char self[4096], path[8192];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    cr_assert_gt(length, 0);
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(path, sizeof path, "%s:%s", self, getenv("PATH"));
    setenv("PATH", path, 1);
}

static void trial_begin(struct trial *trial, const char *device, const char *const *selectors)
{
    struct diagnostic diagnostic = {0};
    struct sandbox_plan sandbox = {.mode = SANDBOX_NONE, .needs_ip4 = true};
    struct selection_options selection = {.selectors = selectors, .has_ip4 = true};

    memset(trial, 0, sizeof *trial);
    extend_path();
    while (selectors[selection.selector_count])
        selection.selector_count++;
    trial->catalogue = catalogue_load(FOLDER "/scenarios", &diagnostic);
    cr_assert_not_null(trial->catalogue, "%s", diagnostic.text);
    trial->profile = device_profile_load(
        FOLDER "/devices", device, SIPREUSE_SOURCE_DIR "/devices/schema/profile.schema.json", &diagnostic);
    cr_assert_not_null(trial->profile, "%s", diagnostic.text);
    cr_assert(
        selection_make(trial->catalogue, &selection, &trial->selection, trial->error, sizeof trial->error),
        "%s", trial->error);
    trial->plan = run_plan_make(&trial->selection, trial->profile, SANDBOX_NONE, true, false,
                                "it is not looked for", true);
    sandbox.harness_addresses = trial->plan->harness_addresses;
    trial->sandbox = sandbox_enter(&sandbox, trial->error, sizeof trial->error);
    cr_assert_not_null(trial->sandbox, "%s", trial->error);
    snprintf(trial->folder, sizeof trial->folder, "/tmp/sipreuse-engine-XXXXXX");
    cr_assert_not_null(mkdtemp(trial->folder));
    snprintf(trial->journal_path, sizeof trial->journal_path, "%s/events.jsonl", trial->folder);
    trial->journal = journal_new(trial->journal_path);
    cr_assert_not_null(trial->journal);
}

static void trial_run(struct trial *trial, struct run_options options)
{
    options.catalogue = trial->catalogue;
    options.plan = trial->plan;
    options.profile = trial->profile;
    options.sandbox = trial->sandbox;
    options.journal = trial->journal;
    options.out_dir = trial->folder;
    options.seed = 7;
    options.timeout_scale = options.timeout_scale > 0 ? options.timeout_scale : 1.0;
    options.on_verdict = on_verdict;
    options.arg = &trial->verdicts;
    trial->outcome = run_execute(&options, trial->error, sizeof trial->error);
}

static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    char name[8192];

    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name))
            remove_folder(name);
    }
    if (folder)
        closedir(folder);
    rmdir(path);
}

static void trial_end(struct trial *trial)
{
    journal_free(trial->journal);
    run_plan_free(trial->plan);
    selection_fini(&trial->selection);
    device_profile_free(trial->profile);
    catalogue_free(trial->catalogue);
    sandbox_free(trial->sandbox);
    remove_folder(trial->folder);
}

/* The schema is a choice among one definition for each event: the event says which it has to be, so that a
 * journal of tens of thousands of lines need not be tried against them all. */
static void check_line(const struct document *schema, const struct document_value *line)
{
    const char *event = document_string(document_member(line, "event"));
    const struct document_value *choices = document_member(document_root(schema), "oneOf");
    struct diagnostic diagnostic = {0};
    char wanted[128];
    bool is_known = false;

    cr_assert_not_null(event);
    snprintf(wanted, sizeof wanted, "#/$defs/%s", event);
    for (size_t i = 0; i < document_count(choices); i++)
        is_known |= !strcmp(document_string(document_member(document_at(choices, i), "$ref")), wanted);
    cr_assert(is_known, "the schema does not speak of the event '%s'", event);
    cr_assert(document_check_definition(schema, event, line, &diagnostic), "%s", diagnostic.text);
}

/* Every line of the journal is as its schema says. */
static void check_schema(const struct trial *trial)
{
    struct diagnostic diagnostic = {0};
    struct document *schema =
        document_load(SIPREUSE_SOURCE_DIR "/reports/schema/journal.schema.json", &diagnostic);
    FILE *file = fopen(trial->journal_path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;

    cr_assert_not_null(schema, "%s", diagnostic.text);
    cr_assert_not_null(file);
    while ((length = getline(&line, &room, file)) > 0) {
        struct document *document = document_parse("line", line, (size_t)length, &diagnostic);

        cr_assert_not_null(document, "%s", diagnostic.text);
        check_line(schema, document_root(document));
        document_free(document);
    }
    free(line);
    fclose(file);
    document_free(schema);
}

/* Numbered without a gap. Lines of other events are not parsed: a flood leaves tens of thousands. */
static size_t count_events(const struct trial *trial, const char *event, const char *member,
                           const char *value)
{
    FILE *file = fopen(trial->journal_path, "r");
    char *line = NULL, wanted[128];
    size_t room = 0, count = 0;
    unsigned long long last = 0, seq;

    cr_assert_not_null(file);
    snprintf(wanted, sizeof wanted, "\"event\":\"%s\"", event);
    while (getline(&line, &room, file) > 0) {
        cr_assert_eq(sscanf(line, "{\"seq\":%llu,", &seq), 1, "%s", line);
        cr_assert_eq(seq, last + 1);
        last++;
        if (!strstr(line, wanted))
            continue;
        json_t *object = json_loads(line, 0, NULL);
        const char *name = json_string_value(json_object_get(object, "event"));
        const char *text = member ? json_string_value(json_object_get(object, member)) : NULL;

        cr_assert(json_is_object(object), "%s", line);
        count += name && !strcmp(name, event) && (!member || (text && !strcmp(text, value)));
        json_decref(object);
    }
    free(line);
    fclose(file);
    return count;
}

static void expect_rows(const struct trial *trial, const char *id, enum verdict verdict, const char *reason)
{
    size_t found = 0;

    for (size_t i = 0; i < trial->verdicts.count; i++) {
        if (strcmp(trial->verdicts.rows[i].id, id))
            continue;
        found++;
        cr_assert_eq(trial->verdicts.rows[i].verdict, verdict, "%s: %s (%s)", id,
                     verdict_name(trial->verdicts.rows[i].verdict), trial->verdicts.rows[i].reason);
        cr_assert(strstr(trial->verdicts.rows[i].reason, reason), "%s: %s", id,
                  trial->verdicts.rows[i].reason);
    }
    cr_assert_gt(found, 0, "%s has no verdict", id);
}

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
        expect_rows(&trial, rows[i].id, rows[i].verdict, rows[i].reason);
        for (size_t j = 0; j < trial.verdicts.count; j++)
            if (!strcmp(trial.verdicts.rows[j].id, rows[i].id))
                cr_assert_eq(trial.verdicts.rows[j].is_exercised, rows[i].is_exercised, "%s", rows[i].id);
    }
    check_schema(&trial);
    cr_assert_eq(count_events(&trial, "end", "outcome", "done"), 1);
    cr_assert_eq(count_events(&trial, "run", NULL, NULL), 1);
    cr_assert_eq(count_events(&trial, "verdict", NULL, NULL), ROWS);
    cr_assert_eq(count_events(&trial, "crash", NULL, NULL), 2);
    cr_assert_eq(count_events(&trial, "observation", "name", "turn"), 4);
    cr_assert_gt(count_events(&trial, "raw", NULL, NULL), 0);
    cr_assert_gt(count_events(&trial, "dns-query", NULL, NULL), 0);
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
    expect_rows(&trial, "toy/dying", VERDICT_FAIL, "The device crashed while this scenario ran alone, twice");
    expect_rows(&trial, "toy/beside-dying", VERDICT_PASS, "");
    expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    check_schema(&trial);
    cr_assert_eq(count_events(&trial, "scenario-abort", "scenario", "toy/dying"), 4);
    cr_assert_eq(count_events(&trial, "crash", NULL, NULL), 4,
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
        cr_assert_eq(count_events(trial, "world", "zone", zone), 1, "%s", zone);
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
    expect_rows(&trial, "toy/dying-once", VERDICT_INCONCLUSIVE, "though the device answers");
    expect_rows(&trial, "toy/silence-unnamed", VERDICT_INCONCLUSIVE, "though the device answers");
    cr_assert_eq(count_events(&trial, "crash", NULL, NULL), 1);
    cr_assert_eq(count_events(&trial, "retry", "scenario", "toy/dying-once"), 1);
    cr_assert_eq(count_events(&trial, "retry", "scenario", "toy/silence-unnamed"), 1);
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
    expect_rows(&trial, "toy/hanging", VERDICT_INCONCLUSIVE,
                "The device stopped answering while this scenario ran alone");
    expect_rows(&trial, "toy/beside-dying", VERDICT_PASS, "");
    expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    check_schema(&trial);
    cr_assert_eq(count_events(&trial, "scenario-abort", "scenario", "toy/hanging"), 3);
    cr_assert_eq(count_events(&trial, "crash", NULL, NULL), 0);
    cr_assert_eq(count_events(&trial, "hang", NULL, NULL), 3, "once beside all, once among few, once alone");
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
    cr_assert_eq(count_events(&trial, "device", "state", "never-ready"), 1);
    cr_assert_eq(count_events(&trial, "end", "outcome", "device-failed"), 1);
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
    cr_assert_eq(count_events(&trial, "plan", "because", "profile"), 1);
    cr_assert_eq(count_events(&trial, "device", NULL, NULL), 0, "nothing to ask: not even started");
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
    expect_rows(&trial, "toy/right", VERDICT_PASS, "");
    cr_assert_eq(count_events(&trial, "device", "state", "ready"), 3, "each round on a fresh instance");
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
    cr_assert_eq(count_events(&trial, "end", "outcome", "fail-fast"), 1);
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
    cr_assert_eq(count_events(&trial, "end", "outcome", "interrupted"), 1);
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
    cr_assert_eq(count_events(&trial, "run", "label", label), 1);
    cr_assert_eq(count_events(&trial, "world", NULL, NULL), 2);
    cr_assert_eq(count_events(&trial, "requirement", "id", "toy-must"), 1);
    cr_assert_eq(count_events(&trial, "requirement", "id", "toy-may"), 0, "not touched by this run");
    trial_end(&trial);
}
