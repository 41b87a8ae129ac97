/* The kill matrix beside a report: why its verdicts are to be believed. */
#include <string.h>

#include "reports/html.h"

bool report_add_kill_matrix(struct report *report, const char *path, char *error, size_t error_size_bytes)
{
    json_error_t problem;
    json_t *matrix = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_array(json_object_get(matrix, "faults"))) {
        snprintf(error, error_size_bytes,
                 "'%s' is no kill matrix%s%s; write one with 'sipreuse kill-matrix --json'", path,
                 matrix ? "" : ": ", matrix ? "" : problem.text);
        json_decref(matrix);
        return false;
    }
    json_decref(report->kill_matrix);
    report->kill_matrix = matrix;
    return true;
}

/* "half_open: nothing, without the fault: a new connection" of a row that only tells; true of a failure. */
static json_t *seen_json(const json_t *finding)
{
    const json_t *difference = json_object_get(finding, "difference");
    const char *with = json_string_value(json_object_get(difference, "with")),
               *without = json_string_value(json_object_get(difference, "without"));
    if (!json_is_object(difference))
        return json_true();
    return json_sprintf("%s: %s, without the fault: %s", report_text(difference, "name"),
                        with ? with : "nothing", without ? without : "nothing");
}

/* Requirement → scenarios, each once: a page has no room for every variant. */
static json_t *scenarios_json(const json_t *findings)
{
    json_t *by_requirement = json_object();
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        const char *requirement = report_text(finding, "requirement");
        json_t *scenarios = json_object_get(by_requirement, requirement);
        if (!scenarios) {
            scenarios = json_object();
            json_object_set_new(by_requirement, requirement, scenarios);
        }
        if (!json_object_get(scenarios, report_text(finding, "scenario")))
            json_object_set_new(scenarios, report_text(finding, "scenario"), seen_json(finding));
    }
    return by_requirement;
}

static json_t *fault_json(const json_t *fault)
{
    json_t *out = json_object();
    static const char *const members[] = {"name",   "profile", "requirements", "killed", "reason",
                                          "missed", "green",   "variants",     "told"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(out, members[i], json_object_get(fault, members[i]));
    json_object_set_new(out, "killed_by", scenarios_json(json_object_get(fault, "killed_by")));
    json_object_set_new(out, "unexpected", scenarios_json(json_object_get(fault, "unexpected")));
    return out;
}

json_t *html_kill_json(const struct report *report)
{
    if (!report->kill_matrix)
        return json_null();
    json_t *faults = json_array(), *fault_free = json_array();
    const json_t *all = json_object_get(report->kill_matrix, "faults"),
                 *without = json_object_get(report->kill_matrix, "fault_free");
    for (size_t i = 0; i < json_array_size(all); i++)
        json_array_append_new(faults, fault_json(json_array_get(all, i)));
    for (size_t i = 0; i < json_array_size(without); i++)
        json_array_append_new(fault_free, fault_json(json_array_get(without, i)));
    return json_pack("{s:o, s:o}", "faults", faults, "fault_free", fault_free);
}
