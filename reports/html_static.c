/* The page for who runs no scripts: what it came to and what failed. Everything is escaped. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

static void put_row(FILE *out, const char *name, const char *value)
{
    fputs("<tr><th scope=\"row\">", out);
    html_put_text(out, name);
    fputs("</th><td>", out);
    html_put_text(out, value);
    fputs("</td></tr>\n", out);
}

static void put_head(FILE *out, const struct report *report)
{
    const json_t *device = json_object_get(report->run, "device"),
                 *suite = json_object_get(report->run, "suite");
    fputs("<h1>", out);
    html_put_text(out, report_text(device, "name"));
    fprintf(out, "</h1>\n<p class=\"gate\">%s%s</p>\n", report->is_gate_met ? "Gate met" : "Gate not met",
            report_is_complete(report) ? "" : " · the run is not complete");
    fputs("<table class=\"facts\">\n", out);
    put_row(out, "Version", report_text(device, "version"));
    put_row(out, "Suite", report_text(suite, "name"));
    put_row(out, "Begun", report_text(report->run, "time"));
    put_row(out, "Kernel", report_text(json_object_get(report->run, "environment"), "kernel"));
    fputs("</table>\n<ul>\n", out);
    for (size_t i = 0; i < json_array_size(report->gate_reasons); i++) {
        char *reason = report_reason_short(json_string_value(json_array_get(report->gate_reasons, i)));
        fputs("<li>", out);
        html_put_text(out, reason ? reason : "");
        fputs("</li>\n", out);
        free(reason);
    }
    fputs("</ul>\n", out);
}

static void put_totals(FILE *out, const struct report *report)
{
    fputs("<h2>Requirements</h2>\n<table>\n<thead><tr><th scope=\"col\">Status</th>", out);
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        fprintf(out, "<th scope=\"col\">%s</th>", report_level_word(level));
    fputs("</tr></thead>\n<tbody>\n", out);
    for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
        fprintf(out, "<tr><th scope=\"row\">%s</th>", report_status_word(status));
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
            fprintf(out, "<td>%zu</td>", report->by_status[level][status]);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n", out);
}

static void put_failure(FILE *out, const struct report_entry *entry)
{
    fputs("<li><strong>", out);
    html_put_text(out, entry->id);
    fputs("</strong> ", out);
    html_put_text(out, entry->variant);
    fprintf(out, " · %s<br>", report_verdict_word(entry->word));
    html_put_text(out, entry->reason ? entry->reason : "");
    if (entry->evidence) {
        fputs("<br><span class=\"seen\">Seen: ", out);
        html_put_text(out, entry->evidence);
        fputs("</span>", out);
    }
    fputs("</li>\n", out);
}

enum { STATIC_FAILURES_MAX = 150 };

void html_static_put(FILE *out, const void *arg)
{
    const struct report *report = arg;
    size_t count = 0;
    put_head(out, report);
    put_totals(out, report);
    fputs("<h2>Failures and errors</h2>\n<ul>\n", out);
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (entry->word != REPORT_FAIL && entry->word != REPORT_ERROR)
            continue;
        if (count++ < STATIC_FAILURES_MAX)
            put_failure(out, entry);
    }
    fputs(count ? "</ul>\n" : "<li>None.</li>\n</ul>\n", out);
    if (count > STATIC_FAILURES_MAX)
        fprintf(out, "<p>… and %zu more; result.json has them all.</p>\n", count - STATIC_FAILURES_MAX);
    fputs("<p>Call flows, requirements and filters need JavaScript. Nothing is loaded from anywhere.</p>\n",
          out);
}
