/* result.json: schema in reports/schema/result.schema.json. */
#include "reports/reports_private.h"

#include <errno.h>
#include <string.h>

/* The member of a line, or null; a new reference. */
static json_t *report_copy(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value ? json_incref(value) : json_null();
}

static json_t *report_observations_json(const struct report_entry *entry)
{
    const json_t *lines = entry->verdict ? entry->observations : entry->latest_observations;
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        json_t *event = json_object_get(line, json_object_get(line, "on") ? "on" : "seq");
        json_array_append_new(list, json_pack("{s:o, s:o, s:O}", "name", report_copy(line, "name"), "value",
                                              report_copy(line, "value"), "event", event));
    }
    return list;
}

static json_t *report_ids_json(const char *const *ids, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(ids[i]));
    return list;
}

static json_t *report_entry_json(const struct report_entry *entry)
{
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:b, s:s?, s:s, s:s?, s:s?, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
        entry->id, "variant", entry->variant, "title", report_copy(entry->plan, "title"), "verdict",
        report_verdict_word(entry->word), "exercised", (int)entry->is_exercised, "because", entry->because,
        "reason", entry->reason, "evidence", entry->evidence, "requirement", entry->failed_requirement,
        "level", report_level_word(entry->level), "derived", (int)entry->is_derived, "requirements",
        report_ids_json(entry->requirements, entry->requirement_count), "start_ms",
        report_copy(entry->verdict, "start_ms"), "duration_ms", report_copy(entry->verdict, "duration_ms"),
        "observations", report_observations_json(entry), "control", report_copy(entry->plan, "control"),
        "event", report_copy(entry->verdict, "on"), "baseline", report_known_entry_json(entry->known));
}

static bool report_entry_is_about(const struct report_entry *entry, const char *id)
{
    for (size_t i = 0; i < entry->requirement_count; i++)
        if (strcmp(entry->requirements[i], id) == 0)
            return true;
    return entry->failed_requirement && strcmp(entry->failed_requirement, id) == 0;
}

/* Ids of scenarios, each once: variants of one follow each other in a plan. */
static json_t *report_scenarios_of(const struct report *report, const char *id)
{
    json_t *list = json_array();
    const char *last = "";
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (!report_entry_is_about(entry, id) || strcmp(entry->id, last) == 0)
            continue;
        json_array_append_new(list, json_string(entry->id));
        last = entry->id;
    }
    return list;
}

static json_t *report_row_json(const struct report *report, const struct report_row *row)
{
    bool is_listed = row->status != row->open_status;
    const json_t *line = row->line;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:s, s:o, s:b}", "id", row->id, "document",
                     report_copy(line, "document"), "section", report_copy(line, "section"), "rule",
                     report_copy(line, "rule"), "class", report_copy(line, "class"), "level",
                     report_level_word(row->level), "derived", (int)row->is_derived, "status",
                     report_status_word(row->status), "scenarios", report_scenarios_of(report, row->id),
                     "baselined", (int)is_listed);
}

static json_t *report_totals_json(const struct report *report)
{
    json_t *scenarios = json_object(), *requirements = json_object();
    json_object_set_new(scenarios, "total", json_integer((json_int_t)report->entry_count));
    for (enum report_verdict word = REPORT_PASS; word < REPORT_VERDICTS; word++)
        json_object_set_new(scenarios, report_verdict_word(word),
                            json_integer((json_int_t)report->by_verdict[word]));
    json_object_set_new(scenarios, "baselined", json_integer((json_int_t)report->known_variants));
    json_object_set_new(scenarios, "not-exercised", json_integer((json_int_t)report->not_exercised));
    json_object_set_new(requirements, "total", json_integer((json_int_t)report->row_count));
    for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
        size_t count = 0;
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
            count += report->by_status[level][status];
        json_object_set_new(requirements, report_status_word(status), json_integer((json_int_t)count));
    }
    return json_pack("{s:o, s:o}", "scenarios", scenarios, "requirements", requirements);
}

static json_t *report_device_json(const struct report *report)
{
    const json_t *device = json_object_get(report->run, "device");
    return json_pack("{s:s, s:o, s:o, s:i, s:i, s:o}", "name", report_text(device, "name"), "version",
                     report_copy(device, "version"), "profile", report_copy(device, "profile"), "crashes",
                     (int)json_array_size(report->crashes), "hangs", (int)json_array_size(report->hangs),
                     "publication", report_copy(device, "publication"));
}

/* The named members of an object of the first line, null where they are not there. */
static json_t *report_pick(const struct report *report, const char *object, const char *first,
                           const char *second, const char *third)
{
    const json_t *source = json_object_get(report->run, object);
    json_t *picked = json_object();
    json_object_set_new(picked, first, report_copy(source, first));
    json_object_set_new(picked, second, report_copy(source, second));
    if (third)
        json_object_set_new(picked, third, report_copy(source, third));
    return picked;
}

/* The policy goes along: who makes a baseline of a result has to know what closed the gate. */
static json_t *report_suite_json(const struct report *report)
{
    const json_t *suite = json_object_get(report->run, "suite");
    json_t *picked = report_pick(report, "suite", "name", "version", NULL);
    json_object_set_new(picked, "strict", json_boolean(json_is_true(json_object_get(suite, "strict"))));
    json_object_set_new(picked, "require_exercised",
                        json_boolean(json_is_true(json_object_get(suite, "require_exercised"))));
    return picked;
}

/* null: no packets were captured, or the run was killed. */
static json_t *report_capture_json(const struct report *report)
{
    return report->capture
               ? json_pack("{s:I, s:I, s:I}", "packets", report_integer(report->capture, "packets"),
                           "dropped", report_integer(report->capture, "dropped"), "left_out",
                           report_integer(report->capture, "left_out"))
               : json_null();
}

json_t *report_result_json(const struct report *report)
{
    json_t *scenarios = json_array(), *requirements = json_array();
    for (size_t i = 0; i < report->entry_count; i++)
        json_array_append_new(scenarios, report_entry_json(&report->entries[i]));
    for (size_t i = 0; i < report->row_count; i++)
        json_array_append_new(requirements, report_row_json(report, &report->rows[i]));
    json_t *gate = json_pack("{s:b, s:O}", "met", (int)report->is_gate_met, "reasons", report->gate_reasons);
    json_t *journal = json_pack("{s:I, s:I}", "corrupt_lines", (json_int_t)report->corrupt_lines,
                                "missing_lines", (json_int_t)report->missing_lines);
    return json_pack(
        "{s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema",
        "sipreuse-result/1", "complete", (int)report_is_complete(report), "exit_status",
        report_exit_status(report), "gate", gate, "suite", report_suite_json(report), "tool",
        report_pick(report, "tool", "version", "libraries", NULL), "environment",
        report_pick(report, "environment", "kernel", "sandbox", "sctp"), "device", report_device_json(report),
        "start", report_copy(report->run, "time"), "duration_ms", (json_int_t)(report->last_ns / 1000000U),
        "seed", report_copy(report->run, "seed"), "scenarios", scenarios, "requirements", requirements,
        "totals", report_totals_json(report), "journal", journal, "capture", report_capture_json(report),
        "baseline", report_known_json(report));
}

bool report_put_result(const struct report *report, FILE *out)
{
    json_t *result = report_result_json(report);
    bool is_good = result && json_dumpf(result, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF;
    json_decref(result);
    return is_good;
}
