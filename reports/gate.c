/* The gate and the exit status, and read access to what was rolled up. */
#include "reports/reports_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void report_refuse(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void report_refuse(struct report *report, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    report->is_gate_met = false;
    if (size < 0)
        return;
    json_array_append_new(report->gate_reasons, json_string(text));
    free(text);
}

/* One reason for all requirements of a level with a status that closes the gate and that the baseline does
 * not account for. */
static void report_refuse_status(struct report *report, enum report_level level, enum report_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += report->rows[i].level == level && report->rows[i].open_status == status;
    if (count == 0)
        return;
    char *ids = NULL;
    size_t size_bytes = 0;
    FILE *list = open_memstream(&ids, &size_bytes);
    if (!list) {
        report_refuse(report, "%zu %s requirements are %s.", count, report_level_word(level),
                      report_status_word(status));
        return;
    }
    const char *separator = "";
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].level == level && report->rows[i].open_status == status) {
            fprintf(list, "%s%s", separator, report->rows[i].id);
            separator = ", ";
        }
    fclose(list);
    report_refuse(report, "%zu %s requirement%s %s: %s.", count, report_level_word(level),
                  count == 1 ? " is" : "s are", report_status_word(status), ids);
    free(ids);
}

static bool report_suite_says(const struct report *report, const char *name)
{
    return json_is_true(json_object_get(json_object_get(report->run, "suite"), name));
}

static bool report_is_interrupted(const struct report *report)
{
    return strcmp(report_text(report->end, "outcome"), "interrupted") == 0;
}

static bool report_is_whole(const struct report *report)
{
    return report->run && report->end && !report->is_cut && !report->corrupt_lines && !report->missing_lines;
}

/* --fail-fast: it found what it was to stop at. That is a finding, not a run that could not be done. */
static bool report_is_stopped_early(const struct report *report)
{
    return report_is_whole(report) && strcmp(report_text(report->end, "outcome"), "fail-fast") == 0;
}

void report_corrupt_places(const struct report *report, char *room, size_t room_bytes)
{
    size_t shown = report->corrupt_lines < REPORT_CORRUPT_NUMBERS_MAX ? report->corrupt_lines
                                                                      : REPORT_CORRUPT_NUMBERS_MAX;
    size_t used = 0;
    room[0] = '\0';
    for (size_t i = 0; i < shown && used < room_bytes; i++)
        used += (size_t)snprintf(room + used, room_bytes - used, "%s%zu",
                                 i            ? ", "
                                 : shown == 1 ? " (line "
                                              : " (lines ",
                                 report->corrupt_at[i]);
    if (shown < report->corrupt_lines && used < room_bytes)
        used +=
            (size_t)snprintf(room + used, room_bytes - used, ", and %zu more", report->corrupt_lines - shown);
    if (shown && used < room_bytes)
        snprintf(room + used, room_bytes - used, ")");
}

bool report_is_complete(const struct report *report)
{
    return report_is_whole(report) && !report_is_interrupted(report) &&
           json_is_true(json_object_get(report->end, "complete"));
}

void report_judge_gate(struct report *report)
{
    report->is_gate_met = true;
    bool is_exercise_required = report_suite_says(report, "require_exercised");
    enum report_level last = report_suite_says(report, "strict") ? REPORT_SHOULD : REPORT_MUST;
    for (enum report_level level = REPORT_MUST; level <= last; level++) {
        report_refuse_status(report, level, REPORT_NOT_CONFORMANT);
        report_refuse_status(report, level, REPORT_UNDECIDED);
        if (is_exercise_required)
            report_refuse_status(report, level, REPORT_NOT_EXERCISED);
    }
    size_t crashes = json_array_size(report->crashes);
    if (crashes)
        report_refuse(report, "The device crashed (%zu time%s).", crashes, crashes == 1 ? "" : "s");
    if (report->failed_device)
        report_refuse(report, "The device did not get ready: %s", report_text(report->failed_device, "text"));
    if (report->corrupt_lines || report->missing_lines) {
        char places[256];
        report_corrupt_places(report, places, sizeof places);
        report_refuse(report, "The journal is damaged: %zu corrupt%s and %zu missing lines.",
                      report->corrupt_lines, places, report->missing_lines);
    }
    if (report_is_stopped_early(report))
        report_refuse(report, "The run was stopped at its first failure.");
    else if (!report_is_complete(report))
        report_refuse(report, "The run is not complete.");
}

int report_exit_status(const struct report *report)
{
    if (report_is_interrupted(report))
        return 130;
    if (!report_is_complete(report) && !report_is_stopped_early(report))
        return 3;
    if (report->by_verdict[REPORT_ERROR])
        return 3;
    for (size_t i = 0; i < report->entry_count; i++)
        if (report->entries[i].has_error)
            return 3;
    return report->is_gate_met ? 0 : 1;
}

size_t report_scenario_count(const struct report *report)
{
    return report->entry_count;
}

struct report_scenario report_scenario_at(const struct report *report, size_t index)
{
    const struct report_entry *entry = &report->entries[index];
    return (struct report_scenario){.id = entry->id,
                                    .variant = entry->variant,
                                    .verdict = report_verdict_word(entry->word),
                                    .reason = entry->reason,
                                    .because = entry->because,
                                    .level = report_level_word(entry->level),
                                    .is_exercised = entry->is_exercised,
                                    .requirements = entry->requirements,
                                    .requirement_count = entry->requirement_count,
                                    .failed_requirement = entry->failed_requirement,
                                    .observation_count = json_array_size(entry->observations)};
}

struct report_observation report_observation_at(const struct report *report, size_t scenario, size_t index)
{
    const json_t *line = json_array_get(report->entries[scenario].observations, index);
    return (struct report_observation){.name = report_text(line, "name"),
                                       .value = report_text(line, "value")};
}

size_t report_requirement_count(const struct report *report)
{
    return report->row_count;
}

struct report_requirement report_requirement_at(const struct report *report, size_t index)
{
    const struct report_row *row = &report->rows[index];
    return (struct report_requirement){.id = row->id,
                                       .level = report_level_word(row->level),
                                       .status = report_status_word(row->status),
                                       .is_derived = row->is_derived};
}

const char *report_device_name(const struct report *report)
{
    return report_text(json_object_get(report->run, "device"), "name");
}
