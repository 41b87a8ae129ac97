#include "engine_trial.h"

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

void trial_begin(struct trial *trial, const char *device, const char *const *selectors)
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

void trial_run(struct trial *trial, struct run_options options)
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

void trial_end(struct trial *trial)
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
void trial_check_schema(const struct trial *trial)
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
size_t trial_count_events(const struct trial *trial, const char *event, const char *member, const char *value)
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

void trial_expect_rows(const struct trial *trial, const char *id, enum verdict verdict, const char *reason)
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
