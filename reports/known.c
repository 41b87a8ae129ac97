/* The baseline of a run: which failures were known, and what has become of them. It is in the journal, and
 * its days are compared with the day of the run, so that a report reads the same whenever it is made. */
#include "reports/reports_private.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const char *state_word(enum report_known_state state)
{
    static const char *const words[KNOWN_STATES] = {"held", "cured", "expired", "not-seen"};
    return state < KNOWN_STATES ? words[state] : "";
}

bool report_known_load(struct report *report)
{
    const json_t *list = json_object_get(report->baseline, "entries");
    const char *today = report_text(report->run, "time");
    report->known = calloc(json_array_size(list) + 1, sizeof *report->known);
    if (!report->known)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *until = json_string_value(json_object_get(entry, "until"));
        if (strcmp(report_text(entry, "device"), report_device_name(report)) != 0)
            continue;
        report->known[report->known_count++] = (struct report_known){
            .requirement = json_string_value(json_object_get(entry, "requirement")),
            .scenario = json_string_value(json_object_get(entry, "scenario")),
            .variant = json_string_value(json_object_get(entry, "variant")),
            .verdict = report_text(entry, "verdict"),
            .reason = report_text(entry, "reason"),
            .until = until,
            .line = report_integer(entry, "line"),
            /* Both are RFC 3339: the days compare as text. */
            .state = until && strncmp(today, until, 10) > 0 ? KNOWN_EXPIRED : KNOWN_NOT_SEEN,
        };
    }
    return true;
}

/* What stands in the way of the gate, in the words of a baseline; "": nothing, or an error of the suite. */
static const char *known_outcome(const struct report_entry *entry)
{
    switch (entry->word) {
    case REPORT_FAIL:
    case REPORT_INCONCLUSIVE:
        return report_verdict_word(entry->word);
    case REPORT_PASS:
        return entry->is_exercised ? "" : "not-exercised";
    case REPORT_NOT_APPLICABLE:
    case REPORT_ERROR:
    case REPORT_VERDICTS:
        break;
    }
    return "";
}

static bool known_is_outcome(const struct report_known *known, const struct report_entry *entry)
{
    const char *outcome = known_outcome(entry);
    return outcome[0] && strcmp(known->verdict, outcome) == 0;
}

static bool known_is_about_scenario(const struct report_known *known, const struct report_entry *entry)
{
    return known->scenario && strcmp(known->scenario, entry->id) == 0 &&
           (!known->variant || fnmatch(known->variant, entry->variant, 0) == 0);
}

/* A failure that names one requirement says nothing about the others. */
static bool known_says_something(const struct report_entry *entry, const char *requirement)
{
    return entry->word != REPORT_FAIL || !entry->failed_requirement ||
           strcmp(entry->failed_requirement, requirement) == 0;
}

static bool known_covers(const struct report_known *known, const struct report_entry *entry,
                         const char *requirement)
{
    if (known->state == KNOWN_EXPIRED || !known_is_outcome(known, entry) ||
        !known_says_something(entry, requirement))
        return false;
    return known->requirement ? strcmp(known->requirement, requirement) == 0
                              : known_is_about_scenario(known, entry);
}

const struct report_known *report_known_find(const struct report *report, const struct report_entry *entry,
                                             const char *requirement)
{
    for (size_t i = 0; i < report->known_count; i++)
        if (known_covers(&report->known[i], entry, requirement))
            return &report->known[i];
    return NULL;
}

/* The first entry that lists something of it, when nothing is left that none lists. */
static const struct report_known *known_of_entry(const struct report *report,
                                                 const struct report_entry *entry)
{
    const struct report_known *first = NULL;
    if (entry->failed_requirement)
        return report_known_find(report, entry, entry->failed_requirement);
    for (size_t i = 0; i < entry->requirement_count; i++) {
        const struct report_known *known = report_known_find(report, entry, entry->requirements[i]);
        if (!known)
            return NULL;
        first = first ? first : known;
    }
    return first;
}

static bool known_names(const struct report_known *known, const struct report_entry *entry)
{
    if (known->scenario)
        return known_is_about_scenario(known, entry);
    for (size_t i = 0; i < entry->requirement_count; i++)
        if (strcmp(entry->requirements[i], known->requirement) == 0)
            return known_says_something(entry, known->requirement);
    return entry->failed_requirement && strcmp(entry->failed_requirement, known->requirement) == 0;
}

/* Cured is said only when something speaks for it and nothing leaves it open: the line goes then. */
static void known_judge(const struct report *report, struct report_known *known)
{
    bool expects_fail = strcmp(known->verdict, "fail") == 0, is_open = false, is_good = false;
    if (known->state == KNOWN_EXPIRED || (!known->requirement && !known->scenario))
        return;
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (!known_names(known, entry) || entry->word == REPORT_NOT_APPLICABLE)
            continue;
        if (known_is_outcome(known, entry))
            known->held++;
        else if ((entry->word == REPORT_PASS && entry->is_exercised) ||
                 (entry->word == REPORT_FAIL && !expects_fail))
            is_good = true;
        else
            is_open = true;
    }
    known->state = known->held ? KNOWN_HELD : is_good && !is_open ? KNOWN_CURED : KNOWN_NOT_SEEN;
}

void report_known_judge(struct report *report)
{
    for (size_t i = 0; i < report->known_count; i++) {
        known_judge(report, &report->known[i]);
        report->known_by_state[report->known[i].state]++;
    }
    for (size_t i = 0; i < report->entry_count; i++) {
        report->entries[i].known = known_of_entry(report, &report->entries[i]);
        report->known_variants += report->entries[i].known != NULL;
    }
}

char *report_known_name(const struct report_known *known)
{
    char *name = NULL;
    if (asprintf(&name, "%s%s%s",
                 known->scenario      ? known->scenario
                 : known->requirement ? known->requirement
                                      : "?",
                 known->variant ? " " : "", known->variant ? known->variant : "") < 0)
        return NULL;
    return name;
}

json_t *report_known_entry_json(const struct report_known *known)
{
    if (!known)
        return json_null();
    return json_pack("{s:I, s:s, s:s?}", "line", (json_int_t)known->line, "reason", known->reason, "until",
                     known->until);
}

json_t *report_known_json(const struct report *report)
{
    if (!report->baseline)
        return json_null();
    json_t *entries = json_array();
    for (size_t i = 0; i < report->known_count; i++) {
        const struct report_known *known = &report->known[i];
        json_array_append_new(entries,
                              json_pack("{s:I, s:s?, s:s?, s:s?, s:s, s:s, s:s?, s:s, s:I}", "line",
                                        (json_int_t)known->line, "requirement", known->requirement,
                                        "scenario", known->scenario, "variant", known->variant, "verdict",
                                        known->verdict, "reason", known->reason, "until", known->until,
                                        "state", state_word(known->state), "held", (json_int_t)known->held));
    }
    return json_pack("{s:s, s:o}", "file", report_text(report->baseline, "file"), "entries", entries);
}
