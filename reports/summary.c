/* The summary on the console: what was tested, requirements by status, what failed and where that can be
 * seen, the gate. */
#include "reports/reports_private.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SUMMARY_WIDTH_DEFAULT = 100, SUMMARY_WIDTH_LEAST = 60, SUMMARY_WIDTH_MOST = 120 };

static void summary_put_head(struct page *page, const struct report *report)
{
    const json_t *run = report->run, *suite = json_object_get(run, "suite"),
                 *device = json_object_get(run, "device");
    fputs(page_style(page, PAGE_BOLD), page->out);
    page_put_text(page, report_device_name(report)[0] ? report_device_name(report) : "(unknown device)");
    fputs(page->is_coloured ? page_style(page, PAGE_PLAIN) : "", page->out);
    if (report_text(device, "version")[0]) {
        fputs(" · ", page->out);
        page_put_text(page, report_text(device, "version"));
    }
    if (report_text(suite, "name")[0]) {
        fputs(" · suite ", page->out);
        page_put_text(page, report_text(suite, "name"));
    }
    fputc('\n', page->out);
    const char *start = report_text(run, "time"),
               *version = report_text(json_object_get(run, "tool"), "version");
    page_put(page, PAGE_DIM, "%s%s%" PRIu64 ".%01" PRIu64 " s · seed %" PRId64 " · sipreuse %s\n", start,
             start[0] ? " · " : "", report->last_ns / 1000000000U, report->last_ns / 100000000U % 10,
             report_integer(run, "seed"), version[0] ? version : "(unknown version)");
}

static void summary_put_table(struct page *page, const struct report *report)
{
    fprintf(page->out, "\n  %-16s", "Requirements");
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        fprintf(page->out, "%8s", report_level_word(level));
    fputc('\n', page->out);
    for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
        size_t total = 0;
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
            total += report->by_status[level][status];
        enum page_style style = total ? report_status_style(status) : PAGE_DIM;
        page_put(page, style, "  %-16s", report_status_word(status));
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++) {
            size_t count = report->by_status[level][status];
            if (count)
                page_put(page, style, "%8zu", count);
            else
                page_put(page, PAGE_DIM, "%8s", "-");
        }
        fputc('\n', page->out);
    }
}

static void summary_put_verdicts(struct page *page, const struct report *report)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *line = open_memstream(&text, &size_bytes);
    if (!line)
        return;
    fprintf(line, "%zu scenario variants: %zu pass", report->entry_count, report->by_verdict[REPORT_PASS]);
    if (report->not_exercised)
        fprintf(line, " (%zu not exercised)", report->not_exercised);
    for (enum report_verdict word = REPORT_FAIL; word < REPORT_VERDICTS; word++)
        if (report->by_verdict[word])
            fprintf(line, ", %zu %s", report->by_verdict[word], report_verdict_word(word));
    if (report->known_variants)
        fprintf(line, "; %zu of them in the baseline", report->known_variants);
    fclose(line);
    fputc('\n', page->out);
    page_wrap(page, 2, text);
    free(text);
}

/* Reasons of variants of one scenario differ in names and addresses only: those are left out of the
 * comparison. */
static bool summary_is_same_reason(const char *a, const char *b)
{
    for (;;) {
        while (*a && (isxdigit((unsigned char)*a) || strchr(".:[]", *a)))
            a++;
        while (*b && (isxdigit((unsigned char)*b) || strchr(".:[]", *b)))
            b++;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

/* Decided, and not clearly: what never got that far is counted in one line instead. */
static bool summary_is_doubtful(const struct report_entry *entry)
{
    return entry->verdict && (entry->word == REPORT_INCONCLUSIVE || entry->word == REPORT_ERROR);
}

static bool summary_is_about(const struct report_entry *entry, const char *id, enum report_status status)
{
    if (status == REPORT_NOT_CONFORMANT && entry->failed_requirement)
        return entry->word == REPORT_FAIL && strcmp(entry->failed_requirement, id) == 0;
    if (status == REPORT_NOT_CONFORMANT ? entry->word != REPORT_FAIL : !summary_is_doubtful(entry))
        return false;
    for (size_t i = 0; i < entry->requirement_count; i++)
        if (strcmp(entry->requirements[i], id) == 0)
            return true;
    return false;
}

static void summary_put_variant(struct page *page, const struct report_entry *entry)
{
    fputs("              ", page->out);
    page_put_text(page, entry->variant);
    int64_t event = report_integer(entry->verdict, "on");
    if (event <= 0)
        event = report_integer(entry->verdict, "seq");
    if (event > 0)
        page_put(page, PAGE_DIM, "  events.jsonl:%" PRId64, event);
    if (entry->word == REPORT_ERROR)
        page_put(page, PAGE_BAD, "  error of the suite");
    if (entry->known)
        page_put(page, PAGE_DIM, "  baseline");
    fputc('\n', page->out);
}

/* Why, and what shows it: once for all variants that share the reason, from the last of them. */
static void summary_put_reason(struct page *page, const struct report_entry *entry)
{
    char *seen = NULL;
    page_wrap(page, 16, entry->reason);
    if (entry->evidence && asprintf(&seen, "Seen: %s", entry->evidence) >= 0)
        page_wrap(page, 16, seen);
    free(seen);
}

/* The scenarios behind a status: each variant with its place in the journal, a reason once for all variants
 * that share it. */
static void summary_put_entries(struct page *page, const struct report *report, const char *id,
                                enum report_status status, bool *is_shown)
{
    const struct report_entry *last = NULL;
    bool was_shown = false;
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (!summary_is_about(entry, id, status))
            continue;
        bool is_same_scenario = last && strcmp(last->id, entry->id) == 0;
        if (last && !was_shown && !(is_same_scenario && summary_is_same_reason(last->reason, entry->reason)))
            summary_put_reason(page, last);
        if (!is_same_scenario) {
            fputs("            ", page->out);
            page_put_text(page, entry->id);
            fputs(is_shown[i] ? "  (see above)\n" : "\n", page->out);
        }
        if (!is_shown[i])
            summary_put_variant(page, entry);
        was_shown = is_shown[i];
        is_shown[i] = true;
        last = entry;
    }
    if (last && !was_shown)
        summary_put_reason(page, last);
}

static void summary_put_requirement(struct page *page, const struct report_row *row)
{
    fprintf(page->out, "\n    %-6s  ", report_level_word(row->level));
    fputs(page_style(page, PAGE_BOLD), page->out);
    page_put_text(page, row->id);
    fputs(page->is_coloured ? page_style(page, PAGE_PLAIN) : "", page->out);
    const char *document = report_text(row->line, "document"), *section = report_text(row->line, "section");
    if (document[0]) {
        fputs("  ", page->out);
        page_put_text(page, document);
    }
    if (section[0]) {
        fputs(" §", page->out);
        page_put_text(page, section);
    }
    fputs(row->is_derived ? " (derived)\n" : "\n", page->out);
    if (report_text(row->line, "rule")[0])
        page_wrap(page, 12, report_text(row->line, "rule"));
}

static size_t summary_count(const struct report *report, enum report_status status)
{
    size_t count = 0;
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        count += report->by_status[level][status];
    return count;
}

/* False for a requirement that is undecided only because the run ended. */
static bool summary_has_entries(const struct report *report, const struct report_row *row,
                                enum report_status status)
{
    for (size_t i = 0; i < report->entry_count; i++)
        if (summary_is_about(&report->entries[i], row->id, status))
            return true;
    return false;
}

static void summary_put_findings(struct page *page, const struct report *report, enum report_status status,
                                 const char *title, bool *is_shown)
{
    size_t count = 0;
    for (size_t i = 0; i < report->row_count; i++)
        count += report->rows[i].status == status && summary_has_entries(report, &report->rows[i], status);
    if (count == 0)
        return;
    fputs("\n  ", page->out);
    page_put(page, report_status_style(status), "%s (%zu requirement%s)\n", title, count,
             count == 1 ? "" : "s");
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        for (size_t i = 0; i < report->row_count; i++) {
            const struct report_row *row = &report->rows[i];
            if (row->level != level || row->status != status || !summary_has_entries(report, row, status))
                continue;
            summary_put_requirement(page, row);
            summary_put_entries(page, report, row->id, status, is_shown);
        }
}

static void summary_put_unfinished(struct page *page, const struct report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->entry_count; i++)
        count += !report->entries[i].verdict && report->entries[i].word == REPORT_INCONCLUSIVE;
    if (count == 0)
        return;
    fputs("\n  ", page->out);
    page_put(page, PAGE_DOUBT, "%zu scenario%s without a verdict: the run ended before\n", count,
             count == 1 ? "" : "s");
}

static void summary_put_not_exercised(struct page *page, const struct report *report)
{
    char *ids = NULL;
    size_t size_bytes = 0;
    FILE *list = summary_count(report, REPORT_NOT_EXERCISED) ? open_memstream(&ids, &size_bytes) : NULL;
    if (!list)
        return;
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].status == REPORT_NOT_EXERCISED)
            fprintf(list, "%s ", report->rows[i].id);
    fclose(list);
    fputs("\n  ", page->out);
    page_put(page, PAGE_DOUBT, "Not exercised: passed only because the control showed no reuse\n");
    page_wrap(page, 4, ids);
    free(ids);
}

static void summary_put_lines(struct page *page, const json_t *lines, const char *what)
{
    size_t count = json_array_size(lines);
    if (count == 0)
        return;
    fputs("\n  ", page->out);
    page_put(page, PAGE_BAD, "The device %s %zu time%s\n", what, count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        const json_t *line = json_array_get(lines, i);
        char *text = NULL;
        if (asprintf(&text, "events.jsonl:%" PRId64 " %s", report_integer(line, "seq"),
                     report_text(line, "text")) >= 0)
            page_wrap(page, 4, text);
        free(text);
    }
}

/* What the reader has to do something about, one line each. */
static void summary_put_known_entries(struct page *page, const struct report *report,
                                      enum report_known_state state, const char *advice)
{
    for (size_t i = 0; i < report->known_count; i++) {
        const struct report_known *known = &report->known[i];
        char *name = report_known_name(known), *text = NULL;
        if (known->state == state && name &&
            asprintf(&text, "line %" PRId64 ": %s (%s%s%s): %s", known->line, name, known->verdict,
                     known->until ? ", until " : "", known->until ? known->until : "", advice) >= 0)
            page_wrap(page, 4, text);
        free(name);
        free(text);
    }
}

static void summary_put_baseline(struct page *page, const struct report *report)
{
    if (!report->baseline)
        return;
    const size_t *count = report->known_by_state;
    bool is_stale = count[KNOWN_CURED] || count[KNOWN_EXPIRED];
    fputs("\n  ", page->out);
    page_put(page, is_stale ? PAGE_DOUBT : PAGE_DIM, "Baseline ");
    page_put_text(page, report_text(report->baseline, "file"));
    if (report->known_count == 0)
        fputs(": no entry is about this device", page->out);
    else
        fprintf(page->out, ": %zu held, %zu cured, %zu expired, %zu not seen", count[KNOWN_HELD],
                count[KNOWN_CURED], count[KNOWN_EXPIRED], count[KNOWN_NOT_SEEN]);
    fputc('\n', page->out);
    summary_put_known_entries(page, report, KNOWN_CURED, "cured; remove the line");
    summary_put_known_entries(page, report, KNOWN_EXPIRED, "expired; it counts no more");
}

static void summary_put_gate(struct page *page, const struct report *report)
{
    fputc('\n', page->out);
    page_put(page, PAGE_DIM, "  Evidence: ");
    page_put_text(page, report->journal_path);
    fputc('\n', page->out);
    int64_t missing =
        report_integer(report->capture, "dropped") + report_integer(report->capture, "left_out");
    if (missing > 0)
        page_put(page, PAGE_DOUBT,
                 "  %" PRId64 " of %" PRId64 " packets are missing from pcap/; no verdict rests on them.\n",
                 missing,
                 report_integer(report->capture, "packets") + report_integer(report->capture, "dropped"));
    fputc('\n', page->out);
    for (size_t i = 0; i < json_array_size(report->gate_reasons); i++) {
        const char *reason = json_string_value(json_array_get(report->gate_reasons, i));
        char *brief = report_reason_short(reason), *text = NULL; /* the ids stand above already */
        if (brief && asprintf(&text, "- %s", brief) >= 0)
            page_wrap(page, 2, text);
        free(text);
        free(brief);
    }
    const size_t *must = report->by_status[REPORT_MUST];
    page_put(page, report->is_gate_met ? PAGE_GOOD : PAGE_BAD, "Gate %s",
             report->is_gate_met ? "met" : "NOT met");
    fprintf(page->out, ". MUST: %zu conformant, %zu not, %zu undecided, %zu not exercised.\n",
            must[REPORT_CONFORMANT], must[REPORT_NOT_CONFORMANT], must[REPORT_UNDECIDED],
            must[REPORT_NOT_EXERCISED]);
}

void report_print_summary(const struct report *report, FILE *out, unsigned width, bool is_coloured)
{
    if (width == 0)
        width = SUMMARY_WIDTH_DEFAULT;
    if (width < SUMMARY_WIDTH_LEAST)
        width = SUMMARY_WIDTH_LEAST;
    if (width > SUMMARY_WIDTH_MOST)
        width = SUMMARY_WIDTH_MOST;
    struct page page = {.out = out, .width = width, .is_coloured = is_coloured};
    bool *is_shown = calloc(report->entry_count + 1, sizeof *is_shown);
    summary_put_head(&page, report);
    summary_put_table(&page, report);
    summary_put_verdicts(&page, report);
    if (is_shown) {
        summary_put_findings(&page, report, REPORT_NOT_CONFORMANT, "Not conformant", is_shown);
        summary_put_findings(&page, report, REPORT_UNDECIDED, "Undecided", is_shown);
    }
    summary_put_unfinished(&page, report);
    summary_put_not_exercised(&page, report);
    summary_put_lines(&page, report->crashes, "crashed");
    summary_put_lines(&page, report->hangs, "hung and was restarted");
    summary_put_baseline(&page, report);
    summary_put_gate(&page, report);
    free(is_shown);
}
