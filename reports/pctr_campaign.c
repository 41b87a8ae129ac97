/* Section 6, test campaign: every test case with what became of it; section 7, observations; and the list of
 * requirements. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/pctr.h"

/* Verdicts in the words of ISO/IEC 9646. */
static const char *verdict_text(enum report_verdict word)
{
    static const char *const words[REPORT_VERDICTS] = {"pass", "fail", "inconclusive", "–",
                                                       "test case error"};
    return words[word];
}

size_t pctr_remark(struct pctr *pctr, const char *sentence)
{
    json_t *number = json_object_get(pctr->remarks, sentence);
    if (!number) {
        json_object_set_new(pctr->remarks, sentence,
                            json_integer((json_int_t)json_object_size(pctr->remarks) + 1));
        number = json_object_get(pctr->remarks, sentence);
    }
    return (size_t)json_integer_value(number);
}

/* What is to be said about a verdict; NULL: nothing. Heap. */
static char *observation_of(const struct report_entry *entry)
{
    char *text = NULL;
    int64_t on = report_integer(entry->verdict, "on");
    if (entry->word == REPORT_PASS && entry->is_exercised)
        return NULL;
    if (entry->word == REPORT_FAIL) {
        if (asprintf(&text, "%s (%s): %s%s%s%s%s Line %" PRId64 " of the conformance log.", entry->id,
                     entry->variant, entry->reason, entry->evidence ? " Seen: " : "",
                     entry->evidence ? entry->evidence : "",
                     entry->known ? " Accepted by the baseline: " : "",
                     entry->known ? entry->known->reason : "", on) < 0)
            text = NULL;
    } else if (asprintf(&text, "%s%s",
                        entry->word == REPORT_PASS                               ? "Not exercised: "
                        : entry->word == REPORT_NOT_APPLICABLE && entry->because ? "Not applicable: "
                                                                                 : "",
                        entry->reason) < 0) {
        text = NULL;
    }
    return text;
}

static void put_variant(struct pctr *pctr, const struct report_entry *entry)
{
    FILE *out = pctr->out;
    const bool was_run = entry->verdict && entry->word != REPORT_NOT_APPLICABLE;
    char *observation = observation_of(entry);
    fprintf(out, "<tr class=\"%s\"><td>", report_verdict_word(entry->word));
    html_put_text(out, entry->variant);
    fprintf(out, "</td><td>yes</td><td>%s</td><td>%s</td><td>", was_run ? "yes" : "no",
            verdict_text(entry->word));
    if (observation)
        fprintf(out, "<a href=\"#o%zu\">%zu</a>", pctr_remark(pctr, observation),
                pctr_remark(pctr, observation));
    fputs("</td></tr>\n", out);
    free(observation);
}

static void put_scenario_head(FILE *out, const char *id, const char *title)
{
    fputs("<tr class=\"case\"><td colspan=\"5\"><b>", out);
    html_put_text(out, id);
    fputs("</b> ", out);
    html_put_text(out, title);
    fputs("</td></tr>\n", out);
}

static bool is_planned(const struct report *report, const char *id)
{
    for (size_t i = 0; i < report->entry_count; i++)
        if (strcmp(report->entries[i].id, id) == 0)
            return true;
    return false;
}

void pctr_put_campaign(struct pctr *pctr)
{
    FILE *out = pctr->out;
    const char *last = "";
    fputs("<table class=\"campaign\"><thead><tr><th>Test "
          "case</th><th>Selected?</th><th>Run?</th><th>Verdict</th><th>Observation"
          "</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < pctr->report->entry_count; i++) {
        const struct report_entry *entry = &pctr->report->entries[i];
        if (strcmp(entry->id, last) != 0)
            put_scenario_head(out, entry->id, report_text(entry->plan, "title"));
        last = entry->id;
        put_variant(pctr, entry);
    }
    for (size_t i = 0; i < pctr->catalogue->scenario_count; i++) {
        const struct report_catalogue_scenario *scenario = &pctr->catalogue->scenarios[i];
        if (is_planned(pctr->report, scenario->id))
            continue;
        put_scenario_head(out, scenario->id, scenario->title);
        fputs("<tr class=\"not-applicable\"><td>all "
              "variants</td><td>no</td><td>no</td><td>–</td><td></td></tr>\n",
              out);
    }
    fputs("</tbody></table>\n", out);
}

void pctr_put_remarks(const struct pctr *pctr)
{
    const char *sentence;
    json_t *number;
    if (json_object_size(pctr->remarks) == 0)
        fputs("<p>None.</p>\n", pctr->out);
    fputs("<table class=\"remarks\"><tbody>\n", pctr->out);
    json_object_foreach(pctr->remarks, sentence, number)
    {
        fprintf(pctr->out, "<tr id=\"o%" JSON_INTEGER_FORMAT "\"><td>%" JSON_INTEGER_FORMAT "</td><td>",
                json_integer_value(number), json_integer_value(number));
        html_put_text(pctr->out, sentence);
        fputs("</td></tr>\n", pctr->out);
    }
    fputs("</tbody></table>\n", pctr->out);
}

/* ---- requirements ---- */

static void put_requirement(FILE *out, const char *const cells[5], const char *style)
{
    fprintf(out, "<tr class=\"%s\">", style);
    for (size_t i = 0; i < 5; i++) {
        fputs("<td>", out);
        html_put_text(out, cells[i]);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static const struct report_row *row_find(const struct report *report, const char *id)
{
    for (size_t i = 0; i < report->row_count; i++)
        if (strcmp(report->rows[i].id, id) == 0)
            return &report->rows[i];
    return NULL;
}

static bool is_in_catalogue(const struct pctr *pctr, const char *id)
{
    for (size_t i = 0; i < pctr->catalogue->requirement_count; i++)
        if (strcmp(pctr->catalogue->requirements[i].id, id) == 0)
            return true;
    return false;
}

void pctr_put_requirements(const struct pctr *pctr)
{
    fputs("<table "
          "class=\"requirements\"><thead><tr><th>Requirement</th><th>Level</th><th>Reference</th><th>Rule</"
          "th><th>Outcome"
          "</th></tr></thead><tbody>\n",
          pctr->out);
    for (size_t i = 0; i < pctr->catalogue->requirement_count; i++) {
        const struct report_catalogue_requirement *known = &pctr->catalogue->requirements[i];
        const struct report_row *row = row_find(pctr->report, known->id);
        const char *status = row ? report_status_word(row->status) : "not selected";
        put_requirement(pctr->out,
                        (const char *const[]){known->id, known->level, known->reference, known->rule, status},
                        row ? status : "not-selected");
    }
    /* Of another version of the suite than the one at hand. */
    for (size_t i = 0; i < pctr->report->row_count; i++) {
        const struct report_row *row = &pctr->report->rows[i];
        const char *status = report_status_word(row->status);
        if (!is_in_catalogue(pctr, row->id))
            put_requirement(pctr->out,
                            (const char *const[]){row->id, report_level_word(row->level),
                                                  report_text(row->line, "document"),
                                                  report_text(row->line, "rule"), status},
                            status);
    }
    fputs("</tbody></table>\n", pctr->out);
}
