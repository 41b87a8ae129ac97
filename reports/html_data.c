/* The page's data: the result, and what a reader wants beside it. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

static json_t *copy_of(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value ? json_incref(value) : json_null();
}

/* Entries of one requirement, by number. */
static json_t *numbers_of(const struct report *report, const char *requirement)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        bool is_about = entry->failed_requirement && strcmp(entry->failed_requirement, requirement) == 0;
        for (size_t k = 0; k < entry->requirement_count && !is_about; k++)
            is_about = strcmp(entry->requirements[k], requirement) == 0;
        if (is_about)
            json_array_append_new(list, json_integer((json_int_t)i));
    }
    return list;
}

static json_t *requirement_json(const struct report *report, const struct report_row *row)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "id", row->id, "level",
                     report_level_word(row->level), "derived", (int)row->is_derived, "status",
                     report_status_word(row->status), "baselined", (int)(row->status != row->open_status),
                     "document", copy_of(row->line, "document"), "section", copy_of(row->line, "section"),
                     "rule", copy_of(row->line, "rule"), "clause", copy_of(row->line, "clause"), "class",
                     copy_of(row->line, "class"), "variants", numbers_of(report, row->id));
}

static json_t *expectations_json(const struct report_entry *entry, struct html_strings *strings)
{
    const json_t *all = json_object_get(entry->plan, "expects");
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        json_array_append_new(
            list, json_pack("[I, o, o]", (json_int_t)report_integer(one, "line"),
                            html_string(strings, json_string_value(json_object_get(one, "words"))),
                            copy_of(one, "verdict")));
    }
    return list;
}

static json_t *observations_json(const struct report_entry *entry)
{
    const json_t *lines = entry->verdict ? entry->observations : entry->latest_observations;
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        json_array_append_new(list, json_pack("[o, o]", copy_of(line, "name"), copy_of(line, "value")));
    }
    return list;
}

static json_t *entry_json(const struct report *report, const struct report_entry *entry,
                          const struct flow *flow, struct html_strings *strings)
{
    json_t *out = json_object(), *requirements = json_array();
    char *command = html_rerun_command(report, entry);
    for (size_t i = 0; i < entry->requirement_count; i++)
        json_array_append_new(requirements, json_string(entry->requirements[i]));
    json_object_set_new(out, "id", json_string(entry->id));
    json_object_set_new(out, "variant", json_string(entry->variant));
    json_object_set_new(out, "title", html_string(strings, report_text(entry->plan, "title")));
    json_object_set_new(out, "purpose", html_string(strings, report_text(entry->plan, "purpose")));
    json_object_set_new(out, "verdict", json_string(report_verdict_word(entry->word)));
    json_object_set_new(out, "exercised", json_boolean(entry->is_exercised));
    json_object_set_new(out, "because", entry->because ? json_string(entry->because) : json_null());
    json_object_set_new(out, "reason", entry->reason ? json_string(entry->reason) : json_null());
    json_object_set_new(out, "evidence", entry->evidence ? json_string(entry->evidence) : json_null());
    json_object_set_new(out, "requirement",
                        entry->failed_requirement ? json_string(entry->failed_requirement) : json_null());
    json_object_set_new(out, "level", json_string(report_level_word(entry->level)));
    json_object_set_new(out, "requirements", requirements);
    json_object_set_new(out, "start_ms", copy_of(entry->verdict, "start_ms"));
    json_object_set_new(out, "duration_ms", copy_of(entry->verdict, "duration_ms"));
    json_object_set_new(out, "on", copy_of(entry->verdict, "on"));
    json_object_set_new(out, "step", copy_of(entry->verdict, "step"));
    json_object_set_new(out, "fields", copy_of(entry->verdict, "fields"));
    json_object_set_new(out, "control", copy_of(entry->plan, "control"));
    json_object_set_new(out, "observations", observations_json(entry));
    json_object_set_new(out, "expects", expectations_json(entry, strings));
    json_object_set_new(out, "tries", json_integer(flow->tries));
    json_object_set_new(out, "known", entry->known ? json_string(entry->known->reason) : json_null());
    char *packets = report_packets_name(entry->id, entry->variant);
    json_object_set_new(out, "pcap", html_string(strings, packets));
    free(packets);
    json_object_set_new(out, "command", html_string(strings, command));
    free(command);
    return out;
}

static json_t *level_totals_json(const struct report *report)
{
    json_t *levels = json_object();
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++) {
        json_t *counts = json_object();
        for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++)
            json_object_set_new(counts, report_status_word(status),
                                json_integer((json_int_t)report->by_status[level][status]));
        json_object_set_new(levels, report_level_word(level), counts);
    }
    return levels;
}

static json_t *journal_json(const struct report *report)
{
    json_t *corrupt = json_array();
    for (size_t i = 0; i < report->corrupt_lines && i < REPORT_CORRUPT_NUMBERS_MAX; i++)
        json_array_append_new(corrupt, json_integer((json_int_t)report->corrupt_at[i]));
    return json_pack("{s:I, s:o, s:I, s:b}", "corrupt_lines", (json_int_t)report->corrupt_lines, "corrupt_at",
                     corrupt, "missing_lines", (json_int_t)report->missing_lines, "cut", (int)report->is_cut);
}

static json_t *crashes_json(const struct report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(report->crashes) && i < 20; i++)
        json_array_append_new(list, copy_of(json_array_get(report->crashes, i), "text"));
    return list;
}

/* Everything but scenarios and requirements. */
static json_t *head_json(const struct report *report, const json_t *result)
{
    json_t *head = json_object();
    static const char *const members[] = {"complete",    "exit_status", "gate",    "suite",
                                          "tool",        "environment", "device",  "start",
                                          "duration_ms", "seed",        "baseline"};
    json_object_set_new(head, "schema", json_string("sipreuse-report/1"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set_new(head, members[i], copy_of(result, members[i]));
    json_object_set_new(head, "outcome", copy_of(report->end, "outcome"));
    json_object_set_new(head, "command", copy_of(report->run, "command"));
    json_object_set_new(head, "claims", copy_of(json_object_get(report->run, "device"), "claims"));
    json_object_set_new(head, "faults", copy_of(json_object_get(report->run, "device"), "faults"));
    json_object_set_new(head, "totals", copy_of(json_object_get(result, "totals"), "scenarios"));
    json_object_set_new(head, "levels", level_totals_json(report));
    json_object_set_new(head, "journal", journal_json(report));
    json_object_set_new(head, "crashes", crashes_json(report));
    json_object_set_new(head, "kill_matrix", html_kill_json(report));
    json_object_set_new(head, "reuse", report_reuse_profile(result));
    return head;
}

json_t *html_report_data(const struct report *report, const struct flow *flows, size_t room_bytes)
{
    struct html_strings strings;
    json_t *result = report_result_json(report), *data = result ? head_json(report, result) : NULL;
    json_t *requirements = json_array(), *variants = json_array();
    bool is_good = html_strings_init(&strings) && data;
    for (size_t i = 0; is_good && i < report->row_count; i++)
        json_array_append_new(requirements, requirement_json(report, &report->rows[i]));
    for (size_t i = 0; is_good && i < report->entry_count; i++)
        json_array_append_new(variants, entry_json(report, &report->entries[i], &flows[i], &strings));
    /* What separates the parts, and a place for each flow. */
    size_t used = html_json_size(data) + html_json_size(requirements) + html_json_size(variants) +
                  strings.size_bytes + report->entry_count * 5 + 200;
    if (is_good)
        json_object_set_new(data, "flows",
                            flow_choose(report, flows, room_bytes > used ? room_bytes - used : 0, &strings));
    json_object_set_new(data, "requirements", requirements);
    json_object_set_new(data, "variants", variants);
    json_object_set(data, "strings", strings.list);
    html_strings_fini(&strings);
    json_decref(result);
    return data;
}
