/* summary.md: what a pull request or $GITHUB_STEP_SUMMARY shows. Texts of devices are made harmless: no
 * markup, no links, no mentions. */
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FINDINGS_MAX = 40, TEXT_MAX_BYTES = 400 };

/* Everything that could begin markup is written as a character reference; "@" and "#" would mention people
 * and issues,
 * "://" and "www." make links by themselves. */
static void markdown_put_text(FILE *out, const char *text)
{
    size_t length = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (++length > TEXT_MAX_BYTES && (*at & 0xc0) != 0x80) {
            fputs("…", out);
            return;
        }
        if (*at < 0x20 || *at == 0x7f)
            fputc(' ', out);
        else if (strchr("<>&|\\`*_[]()#@~!:", *at) ||
                 (*at == '.' && length > 3 && strncasecmp((const char *)at - 3, "www", 3) == 0))
            fprintf(out, "&#%u;", *at);
        else
            fputc(*at, out);
    }
}

static const char *markdown_mark(enum report_status status)
{
    static const char *const marks[REPORT_STATUSES] = {"✅", "❌", "❔", "➖", "▫️"};
    return marks[status];
}

static void markdown_put_table(FILE *out, const struct report *report)
{
    fputs("| Requirements |", out);
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        fprintf(out, " %s |", report_level_word(level));
    fputs("\n|---|", out);
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        fputs("--:|", out);
    fputc('\n', out);
    for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
        fprintf(out, "| %s %s |", markdown_mark(status), report_status_word(status));
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
            if (report->by_status[level][status])
                fprintf(out, " %zu |", report->by_status[level][status]);
            else
                fputs(" |", out);
        fputc('\n', out);
    }
}

static bool markdown_is_about(const struct report_entry *entry, const char *id)
{
    if (entry->failed_requirement)
        return strcmp(entry->failed_requirement, id) == 0;
    for (size_t i = 0; i < entry->requirement_count; i++)
        if (strcmp(entry->requirements[i], id) == 0)
            return true;
    return false;
}

/* The first failure of a requirement speaks for the others. */
static void markdown_put_finding(FILE *out, const struct report *report, const struct report_row *row)
{
    const struct report_entry *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (entry->word != REPORT_FAIL || !markdown_is_about(entry, row->id))
            continue;
        count++;
        first = first ? first : entry;
    }
    fprintf(out, "- **%s** <code>", report_level_word(row->level));
    markdown_put_text(out, row->id);
    fputs("</code>", out);
    if (row->line) {
        fputs(" ", out);
        markdown_put_text(out, report_text(row->line, "document"));
        fputs(" §", out);
        markdown_put_text(out, report_text(row->line, "section"));
        fputs(": ", out);
        markdown_put_text(out, report_text(row->line, "rule"));
    }
    if (row->status != row->open_status)
        fputs(" *(in the baseline)*", out);
    fputc('\n', out);
    if (!first)
        return;
    fputs("  - ", out);
    markdown_put_text(out, first->id);
    fputc(' ', out);
    markdown_put_text(out, first->variant);
    fprintf(out, ", line %" PRId64 " of the journal: ", report_integer(first->verdict, "on"));
    markdown_put_text(out, first->reason);
    if (count > 1)
        fprintf(out, " (and %zu more)", count - 1);
    fputc('\n', out);
}

static void markdown_put_findings(FILE *out, const struct report *report)
{
    size_t shown = 0, hidden = 0;
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        for (size_t i = 0; i < report->row_count; i++) {
            const struct report_row *row = &report->rows[i];
            if (row->level != level || row->status != REPORT_NOT_CONFORMANT)
                continue;
            if (shown == FINDINGS_MAX) {
                hidden++;
                continue;
            }
            if (shown++ == 0)
                fputs("\n### Not conformant\n\n", out);
            markdown_put_finding(out, report, row);
        }
    if (hidden)
        fprintf(out, "- and %zu more\n", hidden);
}

static void markdown_put_verdicts(FILE *out, const struct report *report)
{
    fprintf(out, "\n%zu scenario variants: %zu pass", report->entry_count, report->by_verdict[REPORT_PASS]);
    if (report->not_exercised)
        fprintf(out, " (%zu not exercised)", report->not_exercised);
    for (enum report_verdict word = REPORT_FAIL; word < REPORT_VERDICTS; word++)
        if (report->by_verdict[word])
            fprintf(out, ", %zu %s", report->by_verdict[word], report_verdict_word(word));
    if (report->known_variants)
        fprintf(out, "; %zu of them in the baseline", report->known_variants);
    fputs(".\n", out);
}

/* A device that was broken on purpose is not to be taken for itself. */
static void markdown_put_faults(FILE *out, const json_t *faults)
{
    for (size_t i = 0; i < json_array_size(faults); i++) {
        fputs(i ? ", " : " · **seeded faults**: ", out);
        markdown_put_text(out, json_string_value(json_array_get(faults, i)));
    }
}

bool report_put_markdown(const struct report *report, FILE *out)
{
    const json_t *device = json_object_get(report->run, "device"),
                 *suite = json_object_get(report->run, "suite");
    fputs("## Connection reuse in SIP: ", out);
    markdown_put_text(out, report_device_name(report)[0] ? report_device_name(report) : "unknown device");
    fprintf(out, "\n\n**Gate %s**", report->is_gate_met ? "met ✅" : "not met ❌");
    const char *const facts[] = {report_text(device, "version"), report_text(suite, "name"),
                                 report_text(report->run, "time")};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i][0]) {
            fputs(i == 1 ? " · suite " : " · ", out);
            markdown_put_text(out, facts[i]);
        }
    markdown_put_faults(out, json_object_get(device, "faults"));
    fputs("\n\n", out);
    for (size_t i = 0; i < json_array_size(report->gate_reasons); i++) {
        char *brief = report_reason_short(json_string_value(json_array_get(report->gate_reasons, i)));
        fputs("- ", out);
        markdown_put_text(out, brief ? brief : "");
        fputc('\n', out);
        free(brief);
    }
    if (json_array_size(report->gate_reasons))
        fputc('\n', out);
    markdown_put_table(out, report);
    markdown_put_verdicts(out, report);
    markdown_put_findings(out, report);
    fprintf(out, "\n<sub>sipreuse ");
    markdown_put_text(out, report_text(json_object_get(report->run, "tool"), "version"));
    fprintf(out, " · seed %" PRId64 "</sub>\n", report_integer(report->run, "seed"));
    return !ferror(out);
}
