/* results.tap: TAP 14, https://testanything.org/tap-version-14-specification.html. A test point for each
 * variant, and one each for the device that stays up and the run that is complete. What was not decided, does
 * not apply, or was not exercised is a SKIP; a failure that the baseline lists is a TODO. */
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A description or a directive's reason: one line, "#" and "\" escaped, controls replaced. */
static void tap_put_text(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '#' || *at == '\\')
            fputc('\\', out);
        fputc(*at < 0x20 || *at == 0x7f ? ' ' : *at, out);
    }
}

/* A value of the YAML block, as a JSON string, which YAML 1.2 reads. */
static void tap_put_member(FILE *out, const char *name, const char *value)
{
    json_t *string = json_string(value);
    char *text = string ? json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    fprintf(out, "  %s: %s\n", name, text ? text : "null");
    free(text);
    json_decref(string);
}

static bool tap_is_idle(const struct report_entry *entry)
{
    return entry->word == REPORT_PASS && !entry->is_exercised;
}

static bool tap_is_ok(const struct report_entry *entry)
{
    return entry->word != REPORT_FAIL && entry->word != REPORT_ERROR;
}

static void tap_put_directive(FILE *out, const struct report_entry *entry)
{
    const char *word = tap_is_idle(entry) ? "not exercised" : report_verdict_word(entry->word);
    if (entry->known && entry->word == REPORT_FAIL) {
        fputs(" # TODO ", out);
        tap_put_text(out, entry->known->reason);
    } else if (tap_is_idle(entry) || entry->word == REPORT_INCONCLUSIVE ||
               entry->word == REPORT_NOT_APPLICABLE) {
        fprintf(out, " # SKIP %s: ", word);
        tap_put_text(out, entry->reason);
    }
}

static void tap_put_details(FILE *out, const struct report_entry *entry)
{
    const int64_t on = report_integer(entry->verdict, "on");
    fputs("  ---\n", out);
    tap_put_member(out, "message", entry->reason);
    tap_put_member(out, "severity", entry->word == REPORT_ERROR ? "error" : "fail");
    tap_put_member(out, "level", report_level_word(entry->level));
    if (entry->failed_requirement)
        tap_put_member(out, "requirement", entry->failed_requirement);
    if (entry->evidence)
        tap_put_member(out, "evidence", entry->evidence);
    if (on > 0)
        fprintf(out, "  journal_line: %" PRId64 "\n", on);
    fputs("  ...\n", out);
}

static void tap_put_run(FILE *out, const struct report *report, size_t number)
{
    const size_t crashes = json_array_size(report->crashes);
    fprintf(out, "%sok %zu - run: the device stays up\n", crashes || report->failed_device ? "not " : "",
            number);
    fprintf(out, "%sok %zu - run: the run is complete\n", report_is_complete(report) ? "" : "not ",
            number + 1);
}

bool report_put_tap(const struct report *report, FILE *out)
{
    fprintf(out, "TAP version 14\n1..%zu\n", report->entry_count + 2);
    fputs("# ", out);
    tap_put_text(out, report_device_name(report));
    fprintf(out, ", gate %s\n", report->is_gate_met ? "met" : "not met");
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        fprintf(out, "%sok %zu - ", tap_is_ok(entry) ? "" : "not ", i + 1);
        tap_put_text(out, entry->id);
        fputc(' ', out);
        tap_put_text(out, entry->variant);
        tap_put_directive(out, entry);
        fputc('\n', out);
        if (!tap_is_ok(entry))
            tap_put_details(out, entry);
    }
    tap_put_run(out, report, report->entry_count + 1);
    return !ferror(out);
}
