/* A baseline out of a result: what keeps its gate shut, as entries that can be edited. */
#include "reports/reports_private.h"

#include <stdlib.h>
#include <string.h>

enum { REASON_BYTES_MAX = 1900 };

struct draft {
    const struct report_column *column;
    const char *reason, *until; /* NULL: not given */
    bool is_strict, require_exercised;
};

static bool draft_policy(const struct draft *draft, const json_t *scenario)
{
    const char *level = report_text(scenario, "level");
    return strcmp(level, "MUST") == 0 || (draft->is_strict && strcmp(level, "SHOULD") == 0);
}

/* What an entry has to say so that it covers the scenario; NULL: it needs none, or cannot be listed. Failures
 * are listed at every level, for they are findings; the rest only where the gate asks for it. */
static const char *draft_verdict(const struct draft *draft, const json_t *scenario)
{
    const char *verdict = report_text(scenario, "verdict");
    bool is_idle = strcmp(verdict, "pass") == 0 && !json_is_true(json_object_get(scenario, "exercised"));
    if (strcmp(verdict, "fail") == 0)
        return "fail";
    /* What the end of the run cut off was not seen at all. */
    bool was_decided = json_is_integer(json_object_get(scenario, "duration_ms"));
    if (strcmp(verdict, "inconclusive") == 0 && was_decided && draft_policy(draft, scenario))
        return "inconclusive";
    return is_idle && draft->require_exercised && draft_policy(draft, scenario) ? "not-exercised" : NULL;
}

/* What was accepted before keeps its reason and its day. */
static const char *draft_text(const json_t *scenario, const char *given, const char *name)
{
    const char *kept = json_string_value(json_object_get(json_object_get(scenario, "baseline"), name));
    return kept ? kept : given;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether one entry can speak for all variants of the scenario that were decided at all. */
static bool draft_is_whole(const struct draft *draft, const json_t *scenarios, const json_t *one)
{
    const char *verdict = draft_verdict(draft, one);
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *other = json_array_get(scenarios, i);
        if (strcmp(report_text(other, "id"), report_text(one, "id")) != 0 ||
            strcmp(report_text(other, "verdict"), "not-applicable") == 0)
            continue;
        if (!is_same(draft_verdict(draft, other), verdict) ||
            !is_same(draft_text(other, NULL, "reason"), draft_text(one, NULL, "reason")) ||
            !is_same(draft_text(other, NULL, "until"), draft_text(one, NULL, "until")))
            return false;
    }
    return true;
}

static bool is_first_of_scenario(const json_t *scenarios, size_t index)
{
    const char *id = report_text(json_array_get(scenarios, index), "id");
    for (size_t i = 0; i < index; i++) {
        const json_t *other = json_array_get(scenarios, i);
        if (strcmp(report_text(other, "id"), id) == 0 &&
            strcmp(report_text(other, "verdict"), "not-applicable") != 0)
            return false;
    }
    return true;
}

static json_t *draft_entry(const struct draft *draft, const json_t *scenario, bool is_whole)
{
    const char *reason = draft_text(scenario, draft->reason ? draft->reason : report_text(scenario, "reason"),
                                    "reason"),
               *until = draft_text(scenario, draft->until, "until"),
               *device = report_text(json_object_get(draft->column->result, "device"), "name");
    size_t size = strlen(reason);
    /* Cut between characters, not within one. */
    for (size = size < REASON_BYTES_MAX ? size : REASON_BYTES_MAX;
         size && ((unsigned char)reason[size] & 0xc0) == 0x80; size--)
        ;
    json_t *entry = json_pack("{s:s, s:s}", "device", device, "scenario", report_text(scenario, "id"));
    if (!is_whole)
        json_object_set_new(entry, "variant", json_string(report_text(scenario, "variant")));
    json_object_set_new(entry, "verdict", json_string(draft_verdict(draft, scenario)));
    json_object_set_new(entry, "reason", json_stringn(reason, size));
    if (until)
        json_object_set_new(entry, "until", json_string(until));
    return entry;
}

struct report_baseline_made report_put_baseline(const struct report_column *column, const char *reason,
                                                const char *until, FILE *out)
{
    const json_t *suite = json_object_get(column->result, "suite"),
                 *scenarios = json_object_get(column->result, "scenarios");
    const struct draft draft = {.column = column,
                                .reason = reason,
                                .until = until,
                                .is_strict = json_is_true(json_object_get(suite, "strict")),
                                .require_exercised =
                                    json_is_true(json_object_get(suite, "require_exercised"))};
    struct report_baseline_made made = {0};
    fputs("{\n  \"schema\": \"sipreuse-baseline/1\",\n  \"entries\": [", out);
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        made.errors += strcmp(report_text(scenario, "verdict"), "error") == 0;
        if (!draft_verdict(&draft, scenario))
            continue;
        bool is_whole = draft_is_whole(&draft, scenarios, scenario);
        if (is_whole && !is_first_of_scenario(scenarios, i))
            continue;
        json_t *entry = draft_entry(&draft, scenario, is_whole);
        fputs(made.entries++ ? ",\n    " : "\n    ", out);
        json_dumpf(entry, out, 0);
        json_decref(entry);
    }
    fputs(made.entries ? "\n  ]\n}\n" : "]\n}\n", out);
    return made;
}
