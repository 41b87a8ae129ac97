/* junit.xml, as Jenkins' junit-10.xsd wants it: a testsuite for each folder of scenarios, a testcase for each
 * variant. */
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The text is UTF-8 (jansson checked it); what XML 1.0 has no place for becomes U+FFFD. */
static void junit_put_text(FILE *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool is_noncharacter = at[0] == 0xef && at[1] == 0xbf && (at[2] == 0xbe || at[2] == 0xbf);
        if (strchr("<>&\"", *at))
            report_put_entity(out, (char)*at);
        else if (*at == '\n' || *at == '\t' || *at == '\r')
            fprintf(out, "&#%d;", *at);
        else if (*at < 0x20 || is_noncharacter)
            fputs("\xef\xbf\xbd", out);
        else
            fputc(*at, out);
        if (is_noncharacter)
            at += 2;
    }
}

static void junit_put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    junit_put_text(out, value);
    fputc('"', out);
}

/* Seconds with three decimals: the only form that every reader of these files takes. */
static void junit_put_time(FILE *out, int64_t ms)
{
    uint64_t clean_ms = ms > 0 ? (uint64_t)ms : 0;
    fprintf(out, " time=\"%" PRIu64 ".%03" PRIu64 "\"", clean_ms / 1000, clean_ms % 1000);
}

/* prefix: words before a reason that a reader of the CI page needs to tell skipped ones apart. The message is
 * what Jenkins shows beside the name; GitLab shows the element's text and nothing else. */
static void junit_put_element(FILE *out, const char *element, const char *type, const char *prefix,
                              const struct report_entry *entry)
{
    const char *reason = entry->reason;
    char *message = NULL;
    fprintf(out, "      <%s", element);
    junit_put_attribute(out, "type", type);
    if (asprintf(&message, "%s%s%s", prefix, prefix[0] ? ": " : "", reason) >= 0) {
        junit_put_attribute(out, "message", message);
        fputc('>', out);
        junit_put_text(out, message);
        free(message);
    } else {
        fputc('>', out);
    }
    if (entry->evidence) {
        fputs("\nSeen: ", out);
        junit_put_text(out, entry->evidence);
    }
    fprintf(out, "</%s>\n", element);
}

/* A failure that the baseline lists: what was seen, and why it is accepted. */
static void junit_put_listed(FILE *out, const struct report_entry *entry)
{
    char *prefix = NULL;
    const char *word = entry->word == REPORT_PASS ? "not exercised" : report_verdict_word(entry->word);
    if (asprintf(&prefix, "baseline, line %" PRId64 " (%s%s%s): %s", entry->known->line, entry->known->reason,
                 entry->known->until ? "; until " : "", entry->known->until ? entry->known->until : "",
                 word) < 0)
        return;
    junit_put_element(out, "skipped", "baseline", prefix, entry);
    free(prefix);
}

static void junit_put_outcome(FILE *out, const struct report_entry *entry)
{
    const char *word = report_verdict_word(entry->word);
    if (entry->known) {
        junit_put_listed(out, entry);
        return;
    }
    switch (entry->word) {
    case REPORT_PASS:
        if (!entry->is_exercised)
            junit_put_element(out, "skipped", "not-exercised", "not exercised", entry);
        break;
    case REPORT_FAIL:
        junit_put_element(out, "failure", entry->failed_requirement ? entry->failed_requirement : word, "",
                          entry);
        break;
    case REPORT_ERROR:
        junit_put_element(out, "error", word, "", entry);
        break;
    case REPORT_INCONCLUSIVE:
    case REPORT_NOT_APPLICABLE:
        junit_put_element(out, "skipped", word, word, entry);
        break;
    case REPORT_VERDICTS:
        break;
    }
}

/* What was seen, and where in the journal: enough to find the evidence from a CI page. */
static void junit_put_output(FILE *out, const struct report_entry *entry)
{
    fputs("      <system-out>", out);
    fputs("requirements:", out);
    for (size_t i = 0; i < entry->requirement_count; i++) {
        fputc(' ', out);
        junit_put_text(out, entry->requirements[i]);
    }
    int64_t event = report_integer(entry->verdict, "on");
    if (event > 0)
        fprintf(out, "\nevidence: events.jsonl line %" PRId64, event);
    const json_t *lines = entry->verdict ? entry->observations : entry->latest_observations;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        fputs("\nobserved: ", out);
        junit_put_text(out, report_text(line, "name"));
        fputs(" = ", out);
        char *value = json_dumps(json_object_get(line, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
        junit_put_text(out, value ? value : "null");
        free(value);
    }
    fputs("</system-out>\n", out);
}

static void junit_put_case(FILE *out, const struct report_entry *entry)
{
    fputs("    <testcase", out);
    junit_put_attribute(out, "name", entry->variant);
    char *class_name = strdup(entry->id);
    for (char *slash = class_name; slash && (slash = strchr(slash, '/'));)
        *slash = '.';
    junit_put_attribute(out, "classname", class_name ? class_name : entry->id);
    free(class_name);
    junit_put_time(out, report_integer(entry->verdict, "duration_ms"));
    fputs(">\n", out);
    junit_put_outcome(out, entry);
    junit_put_output(out, entry);
    fputs("    </testcase>\n", out);
}

/* Length of the folder in a scenario's id. */
static size_t junit_area_length(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash ? (size_t)(slash - id) : strlen(id);
}

static bool junit_is_area(const struct report_entry *entry, const struct report_entry *of)
{
    size_t length = junit_area_length(of->id);
    return junit_area_length(entry->id) == length && strncmp(entry->id, of->id, length) == 0;
}

static void junit_put_suite(FILE *out, const struct report *report, size_t first, const char *timestamp)
{
    const struct report_entry *head = &report->entries[first];
    size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    for (size_t i = first; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (!junit_is_area(entry, head))
            continue;
        tests++;
        failures += entry->word == REPORT_FAIL && !entry->known;
        errors += entry->word == REPORT_ERROR;
        skipped += entry->known || entry->word == REPORT_INCONCLUSIVE ||
                   entry->word == REPORT_NOT_APPLICABLE ||
                   (entry->word == REPORT_PASS && !entry->is_exercised);
    }
    char area[256];
    snprintf(area, sizeof area, "%.*s", (int)junit_area_length(head->id), head->id);
    fputs("  <testsuite", out);
    junit_put_attribute(out, "name", area[0] ? area : "scenarios");
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tests, failures, errors,
            skipped);
    junit_put_attribute(out, "timestamp", timestamp);
    fputs(">\n", out);
    for (size_t i = first; i < report->entry_count; i++)
        if (junit_is_area(&report->entries[i], head))
            junit_put_case(out, &report->entries[i]);
    fputs("  </testsuite>\n", out);
}

/* What belongs to no scenario and closes the gate all the same must not be lost in a CI page. */
static size_t junit_run_failures(const struct report *report)
{
    return json_array_size(report->crashes) || report->failed_device ? 1 : 0;
}

static size_t junit_run_errors(const struct report *report)
{
    return report_is_complete(report) ? 0 : 1;
}

static void junit_put_run(FILE *out, const struct report *report, const char *timestamp)
{
    fputs("  <testsuite name=\"run\"", out);
    fprintf(out, " tests=\"2\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\"", junit_run_failures(report),
            junit_run_errors(report));
    junit_put_attribute(out, "timestamp", timestamp);
    fputs(">\n    <testcase name=\"device stays up\" classname=\"run\">\n", out);
    if (report->failed_device) {
        fputs("      <failure type=\"never-ready\"", out);
        junit_put_attribute(out, "message", report_text(report->failed_device, "text"));
        fputc('>', out);
        junit_put_text(out, report_text(report->failed_device, "text"));
        fputs("</failure>\n", out);
    } else if (junit_run_failures(report)) {
        fprintf(
            out,
            "      <failure type=\"crash\" message=\"The device crashed %zu time(s).\">The device crashed "
            "%zu time(s).</failure>\n",
            json_array_size(report->crashes), json_array_size(report->crashes));
    }
    fputs("    </testcase>\n    <testcase name=\"run is complete\" classname=\"run\">\n", out);
    if (junit_run_errors(report))
        fprintf(out,
                "      <error type=\"incomplete\" message=\"The run is not complete: %zu corrupt and %zu "
                "missing lines in the "
                "journal.\"/>\n",
                report->corrupt_lines, report->missing_lines);
    fputs("    </testcase>\n  </testsuite>\n", out);
}

bool report_put_junit(const struct report *report, FILE *out)
{
    const char *timestamp = report_text(report->run, "time");
    size_t failures = junit_run_failures(report);
    for (size_t i = 0; i < report->entry_count; i++)
        failures += report->entries[i].word == REPORT_FAIL && !report->entries[i].known;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
    junit_put_attribute(out, "name", report_device_name(report));
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", report->entry_count + 2, failures,
            report->by_verdict[REPORT_ERROR] + junit_run_errors(report));
    junit_put_time(out, (int64_t)(report->last_ns / 1000000U));
    fputs(">\n", out);
    junit_put_run(out, report, timestamp);
    for (size_t i = 0; i < report->entry_count; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = !junit_is_area(&report->entries[k], &report->entries[i]);
        if (is_first)
            junit_put_suite(out, report, i, timestamp);
    }
    fputs("</testsuites>\n", out);
    return !ferror(out);
}
