/* From entries to what they come to: one verdict a variant, one status a requirement. The words are those of
 * docs/reading-a-report.md. */
#include "reports/reports_private.h"

#include <stdlib.h>
#include <string.h>

static bool report_list_requirements(struct report_entry *entry)
{
    const json_t *list = json_object_get(entry->plan, "requirements");
    size_t count = json_array_size(list);
    entry->requirements = calloc(count ? count : 1, sizeof *entry->requirements);
    if (!entry->requirements)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (id)
            entry->requirements[entry->requirement_count++] = id;
    }
    return true;
}

/* No verdict: not applicable by the plan, or the journal ended before one was reached. */
static void report_decide_without_verdict(struct report_entry *entry)
{
    if (json_is_false(json_object_get(entry->plan, "runs"))) {
        entry->word = REPORT_NOT_APPLICABLE;
        entry->because = json_string_value(json_object_get(entry->plan, "because"));
        entry->reason = report_text(entry->plan, "reason");
    } else {
        entry->word = REPORT_INCONCLUSIVE;
        entry->reason = "The run ended before this scenario was decided.";
    }
}

static void report_decide_entry(struct report_entry *entry)
{
    const json_t *verdict = entry->verdict;
    entry->level = REPORT_MUST; /* a plan that was lost must not make a failure harmless */
    report_level_parse(json_string_value(json_object_get(entry->plan, "level")), &entry->level);
    entry->is_derived = json_is_true(json_object_get(entry->plan, "derived"));
    if (!verdict) {
        report_decide_without_verdict(entry);
    } else {
        report_verdict_parse(json_string_value(json_object_get(verdict, "verdict")), &entry->word);
        entry->is_exercised = json_is_true(json_object_get(verdict, "exercised"));
        entry->reason = report_text(verdict, "reason");
        entry->because = json_string_value(json_object_get(verdict, "because"));
        if (entry->word == REPORT_FAIL)
            entry->failed_requirement = json_string_value(json_object_get(verdict, "requirement"));
    }
    if (entry->reason[0])
        return;
    if (entry->word != REPORT_PASS)
        entry->reason = "The journal gives no reason.";
    else if (!entry->is_exercised)
        entry->reason = "Its control showed no reuse, so there was nothing to go wrong.";
}

/* What one entry says about one of its requirements. A failure that is about another one says nothing. */
struct report_tally {
    size_t fails, undecided, passes, exercised, others, not_applicable;
};

/* is_listed: the baseline accepts it, so that it stands in nobody's way. */
static void report_tally_add(struct report_tally *tally, const struct report_entry *entry, const char *id,
                             bool is_listed)
{
    if (is_listed) {
        tally->passes++;
        tally->exercised++;
        return;
    }
    switch (entry->word) {
    case REPORT_PASS:
        tally->passes++;
        tally->exercised += entry->is_exercised;
        break;
    case REPORT_FAIL:
        if (!entry->failed_requirement || strcmp(entry->failed_requirement, id) == 0)
            tally->fails++;
        else
            tally->others++;
        break;
    case REPORT_INCONCLUSIVE:
    case REPORT_ERROR:
        tally->undecided++;
        break;
    case REPORT_NOT_APPLICABLE:
        tally->not_applicable++;
        break;
    case REPORT_VERDICTS:
        break;
    }
}

static enum report_status report_tally_status(const struct report_tally *tally)
{
    if (tally->fails)
        return REPORT_NOT_CONFORMANT;
    if (tally->undecided)
        return REPORT_UNDECIDED;
    if (tally->exercised)
        return REPORT_CONFORMANT;
    return tally->passes || tally->others ? REPORT_NOT_EXERCISED : REPORT_STATUS_NOT_APPLICABLE;
}

static size_t report_row_find(const struct report *report, const char *id)
{
    size_t i = 0;
    while (i < report->row_count && strcmp(report->rows[i].id, id) != 0)
        i++;
    return i;
}

static struct report_row report_row_new(const struct report *report, const struct report_entry *entry,
                                        const char *id)
{
    struct report_row row = {
        .id = id, .line = json_object_get(report->requirement_lines, id), .level = entry->level};
    row.is_derived = row.line ? json_is_true(json_object_get(row.line, "derived")) : entry->is_derived;
    report_level_parse(json_string_value(json_object_get(row.line, "level")), &row.level);
    return row;
}

/* What a row is made of: all that was seen, and that without what the baseline lists. */
struct report_tallies {
    struct report_tally all, open;
};

static void report_collect(struct report *report, struct report_tallies *tallies,
                           const struct report_entry *entry, const char *id)
{
    size_t at = report_row_find(report, id);
    if (at == report->row_count)
        report->rows[report->row_count++] = report_row_new(report, entry, id);
    report_tally_add(&tallies[at].all, entry, id, false);
    report_tally_add(&tallies[at].open, entry, id, report_known_find(report, entry, id) != NULL);
}

static bool report_entry_names(const struct report_entry *entry, const char *id)
{
    for (size_t i = 0; i < entry->requirement_count; i++)
        if (strcmp(entry->requirements[i], id) == 0)
            return true;
    return false;
}

/* A row for each requirement that a scenario names, in the order of the plan; a failure may be about one that
 * the plan does not name. */
static bool report_collect_rows(struct report *report)
{
    size_t most = 1;
    for (size_t i = 0; i < report->entry_count; i++)
        most += report->entries[i].requirement_count + 1;
    report->rows = calloc(most, sizeof *report->rows);
    report->row_count = 0;
    struct report_tallies *tallies = calloc(most, sizeof *tallies);
    if (!report->rows || !tallies) {
        free(tallies);
        return false;
    }
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        for (size_t k = 0; k < entry->requirement_count; k++)
            report_collect(report, tallies, entry, entry->requirements[k]);
        if (entry->failed_requirement && !report_entry_names(entry, entry->failed_requirement))
            report_collect(report, tallies, entry, entry->failed_requirement);
    }
    for (size_t i = 0; i < report->row_count; i++) {
        report->rows[i].status = report_tally_status(&tallies[i].all);
        report->rows[i].open_status = report_tally_status(&tallies[i].open);
        report->by_status[report->rows[i].level][report->rows[i].status]++;
    }
    free(tallies);
    return true;
}

bool report_roll_up(struct report *report)
{
    for (size_t i = 0; i < report->entry_count; i++) {
        struct report_entry *entry = &report->entries[i];
        if (!report_list_requirements(entry))
            return false;
        report_decide_entry(entry);
        report->by_verdict[entry->word]++;
        report->not_exercised += entry->word == REPORT_PASS && !entry->is_exercised;
    }
    if (!report_known_load(report) || !report_collect_rows(report))
        return false;
    report_known_judge(report);
    report_judge_gate(report);
    return true;
}
