/* The Protocol Conformance Test Report: sections and their order as in the proforma of ISO/IEC 9646-5 (ITU-T
 * X.294, Annex B). HTML without scripts, for paper. */
#include "reports/pctr.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reports/pics_journal.h"

static const char style[] =
    "@page{size:A4;margin:22mm 18mm 20mm;@bottom-left{content:\"Protocol Conformance Test Report: RFC "
    "5923\";font:8pt sans-serif;color:#555}@bottom-right{content:\"Page \" counter(page) \" of \" "
    "counter(pages);font:8pt sans-serif;color:#555}}"
    "body{font:9.5pt/1.4 'DejaVu Sans','Liberation Sans',Arial,sans-serif;color:#111;margin:0}"
    "h1{font-size:19pt;margin:0 0 1mm;line-height:1.2}"
    "h2{font-size:13pt;margin:8mm 0 2mm;border-bottom:1pt solid #333;padding-bottom:1mm}"
    "h3{font-size:10.5pt;margin:4mm 0 1.5mm}"
    "h2,h3{break-after:avoid}"
    ".sub{font-size:11pt;color:#444;margin:0 0 6mm}"
    "p{margin:1.5mm 0}"
    "table{border-collapse:collapse;width:calc(100% - 1px);margin:1mm 0 3mm;font-size:8.5pt}"
    "td,th{border:.5pt solid #999;padding:1mm "
    "1.8mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#eceff3}"
    "thead{display:table-header-group}"
    "tr{break-inside:avoid}"
    ".facts td:first-child{width:32%;background:#f6f7f9;color:#333}"
    ".case td{background:#f6f7f9;border-top:1pt solid #555;break-after:avoid}"
    ".campaign td:nth-child(1){width:52%}"
    ".campaign tr.case td{width:auto}"
    "tr.case{break-after:avoid}"
    ".fail td:nth-child(4),.error td:nth-child(4),.not-conformant "
    "td:nth-child(5){color:#a30000;font-weight:bold}"
    ".inconclusive td:nth-child(4),.undecided td:nth-child(5),.not-exercised "
    "td:nth-child(5){color:#7a4b00;font-weight:bold}"
    ".remarks td:first-child{width:8mm;text-align:right}"
    ".requirements{table-layout:fixed}"
    ".requirements th:nth-child(1){width:24%}.requirements th:nth-child(2){width:9%}"
    ".requirements th:nth-child(3){width:13%}.requirements th:nth-child(5){width:15%}"
    ".requirements td:nth-child(2),.requirements td:nth-child(5){white-space:nowrap}"
    ".counts td:not(:first-child),.counts th:not(:first-child){text-align:right}"
    ".status{border:1.5pt solid #333;padding:3mm 4mm;margin:2mm 0 3mm;font-size:11pt}"
    ".status.bad{border-color:#a30000}"
    ".sign td{height:14mm}"
    "a{color:inherit;text-decoration:none}"
    "code{font-family:'DejaVu Sans Mono',monospace;font-size:8pt}"
    ".new{break-before:page}";

void pctr_put_row(FILE *out, const char *name, const char *value)
{
    fputs("<tr><td>", out);
    html_put_text(out, name);
    fputs("</td><td>", out);
    html_put_text(out, value);
    fputs("</td></tr>\n", out);
}

static char *sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *sentence(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return text;
}

static void put_row_free(FILE *out, const char *name, char *value)
{
    pctr_put_row(out, name, value ? value : "");
    free(value);
}

static char *command_text(const json_t *run)
{
    const json_t *command = json_object_get(run, "command");
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return NULL;
    for (size_t i = 0; i < json_array_size(command); i++) {
        const char *word = json_string_value(json_array_get(command, i));
        fprintf(out, "%s%s", i ? " " : "", word ? word : "");
    }
    return fclose(out) == 0 ? text : NULL;
}

/* 1.1 and 1.2 */
static void put_identification(const struct pctr *pctr)
{
    const json_t *run = pctr->report->run, *device = json_object_get(run, "device");
    FILE *out = pctr->out;
    fputs("<h2>1 Identification summary</h2>\n<h3>1.1 Protocol conformance test report</h3>\n<table "
          "class=\"facts\"><tbody>\n",
          out);
    put_row_free(out, "PCTR number",
                 sentence("%s-%s", report_device_name(pctr->report), report_text(run, "label")));
    pctr_put_row(out, "PCTR date", report_text(run, "time"));
    pctr_put_row(out, "Test laboratory", "");
    pctr_put_row(out, "Client", "");
    fputs("</tbody></table>\n<table class=\"sign\"><tbody><tr><td>Test laboratory manager, date, "
          "signature</td><td>Client, date, "
          "signature</td></tr></tbody></table>\n<h3>1.2 Implementation under test</h3>\n<table "
          "class=\"facts\"><tbody>\n",
          out);
    pctr_put_row(out, "Name", report_text(device, "name"));
    pctr_put_row(out, "Version", report_text(device, "version"));
    pctr_put_row(out, "Protocol specifications",
                 "RFC 5923; with it RFC 5922, RFC 3263, RFC 3261 (§18), RFC 4168");
    pctr_put_row(out, "PICS", "Annex A");
    pctr_put_row(out, "Profile", report_text(device, "profile"));
    fputs("</tbody></table>\n", out);
}

/* 1.3 */
static void put_environment(const struct pctr *pctr)
{
    const json_t *run = pctr->report->run, *environment = json_object_get(run, "environment");
    const json_t *suite = json_object_get(run, "suite"), *tool = json_object_get(run, "tool");
    json_t *libraries = json_object_get(tool, "libraries"), *version;
    const char *name;
    FILE *out = pctr->out;
    fputs("<h3>1.3 Testing environment</h3>\n<table class=\"facts\"><tbody>\n", out);
    put_row_free(out, "Abstract test suite",
                 sentence("suite %s, version %s, %zu test cases selected", report_text(suite, "name"),
                          report_text(suite, "version"), pctr->report->entry_count));
    pctr_put_row(out, "Abstract test method",
                 "Distributed: scripted peers and user agents on the far side of each connection, a DNS "
                 "server that serves each test "
                 "case's own zone, certificates made for each test case; the IUT is made to send through SIP "
                 "itself or through its profile's "
                 "stimulus");
    put_row_free(
        out, "Means of testing",
        sentence("sipreuse %s, seed %" PRId64, report_text(tool, "version"), report_integer(run, "seed")));
    put_row_free(out, "Executed by", command_text(run));
    put_row_free(out, "System",
                 sentence("Linux %s; sandbox: %s; SCTP: %s", report_text(environment, "kernel"),
                          report_text(environment, "sandbox"), report_text(environment, "sctp")));
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *list = open_memstream(&text, &size_bytes);
    if (list) {
        json_object_foreach(libraries, name, version)
            fprintf(list, "%s %s  ", name, json_is_string(version) ? json_string_value(version) : "");
        fclose(list);
    }
    put_row_free(out, "Libraries", text);
    pctr_put_row(out, "IXIT", "Annex B");
    put_row_free(out, "Period of testing",
                 sentence("from %s, %" PRIu64 ".%" PRIu64 " s", report_text(run, "time"),
                          pctr->report->last_ns / 1000000000U, pctr->report->last_ns / 100000000U % 10));
    pctr_put_row(out, "Conformance log", "events.jsonl of the output folder; packets in pcap/");
    fputs("</tbody></table>\n", out);
}

/* 1.4 and 1.5 */
static void put_limits(const struct pctr *pctr)
{
    const struct report *report = pctr->report;
    FILE *out = pctr->out;
    fputs("<h3>1.4 Limits and reservations</h3>\n<p>The results are about the one implementation identified "
          "above, as it was "
          "configured, in the environment described. Testing shows the presence of nonconformity, never its "
          "absence. This report is "
          "reproduced as a whole only.</p>\n",
          out);
    if (!report_is_complete(report))
        fputs("<p><b>The test campaign was not completed: what follows is what it came to until "
              "then.</b></p>\n",
              out);
    if (report->corrupt_lines || report->missing_lines)
        fprintf(out, "<p><b>The conformance log is damaged: %zu corrupt and %zu missing lines.</b></p>\n",
                report->corrupt_lines, report->missing_lines);
    if (json_object_get(json_object_get(report->run, "device"), "faults"))
        fputs("<p><b>Faults had been put into the IUT on purpose.</b></p>\n", out);
    fputs("<h3>1.5 Comments</h3>\n", out);
    if (json_array_size(report->crashes))
        fprintf(out, "<p>The IUT ended by itself %zu time(s) during the campaign.</p>\n",
                json_array_size(report->crashes));
    if (report->baseline)
        fprintf(out, "<p>A list of known deviations was given; it accounts for %zu test cases.</p>\n",
                report->known_variants);
    if (!json_array_size(report->crashes) && !report->baseline)
        fputs("<p>None.</p>\n", out);
}

static size_t count_refused(const struct pctr *pctr)
{
    size_t count = 0;
    for (size_t i = 0; i < PICS_TABLES; i++)
        for (size_t k = 0; k < pics_table_at(i)->count; k++)
            count += pics_is_refused(pctr->pics, &pics_table_at(i)->items[k]);
    return count;
}

/* A table of status by level. */
static void put_counts(const struct pctr *pctr)
{
    FILE *out = pctr->out;
    fputs("<table class=\"counts\"><thead><tr><th>Requirements</th>", out);
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        fprintf(out, "<th>%s</th>", report_level_word(level));
    fputs("</tr></thead><tbody>\n", out);
    for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
        fprintf(out, "<tr><td>%s</td>", report_status_word(status));
        for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
            fprintf(out, "<td>%zu</td>", pctr->report->by_status[level][status]);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table>\n", out);
}

/* 2 to 5 */
static void put_status(const struct pctr *pctr)
{
    const struct report *report = pctr->report;
    const size_t *must = report->by_status[REPORT_MUST];
    const size_t failed = must[REPORT_NOT_CONFORMANT], refused = count_refused(pctr);
    FILE *out = pctr->out;
    fprintf(out, "<h2>2 IUT conformance status</h2>\n<p class=\"status%s\">", failed ? " bad" : "");
    if (failed)
        fputs("This IUT <b>has been shown to be nonconforming</b> to the protocol specifications.", out);
    else if (report_is_complete(report))
        fputs("This IUT <b>has not been shown to be nonconforming</b> to the protocol specifications.", out);
    else
        fputs("<b>No status</b>: the test campaign was not completed, and found no nonconformity until then.",
              out);
    fputs("</p>\n", out);
    if (refused)
        fputs("<p>Its PICS is not consistent with the specifications (section 5).</p>\n", out);
    fprintf(out, "<p>Gate of the suite: %s.</p>\n", report->is_gate_met ? "met" : "not met");
    fprintf(out,
            "<h2>3 Static conformance summary</h2>\n<p>The PICS of this IUT is %s with the static "
            "conformance requirements of the "
            "specifications (section 5).</p>\n",
            refused ? "<b>not consistent</b>" : "consistent");
    fprintf(out,
            "<h2>4 Dynamic conformance summary</h2>\n<p>The test campaign <b>%s</b> errors in the IUT "
            "against mandatory requirements: "
            "%zu of them conformant, %zu not conformant, %zu undecided, %zu not exercised, %zu not "
            "applicable.</p>\n",
            failed ? "revealed" : "did not reveal", must[REPORT_CONFORMANT], failed, must[REPORT_UNDECIDED],
            must[REPORT_NOT_EXERCISED], must[REPORT_STATUS_NOT_APPLICABLE]);
    put_counts(pctr);
    fprintf(out,
            "<p>Test cases: %zu selected; %zu pass (%zu of them not exercised), %zu fail, %zu inconclusive, "
            "%zu not applicable, "
            "%zu test case errors.</p>\n",
            report->entry_count, report->by_verdict[REPORT_PASS], report->not_exercised,
            report->by_verdict[REPORT_FAIL], report->by_verdict[REPORT_INCONCLUSIVE],
            report->by_verdict[REPORT_NOT_APPLICABLE], report->by_verdict[REPORT_ERROR]);
}

static void put_static_review(const struct pctr *pctr)
{
    fputs("<h2>5 Static conformance review report</h2>\n", pctr->out);
    if (count_refused(pctr) == 0)
        fputs("<p>No entry of the PICS (Annex A) contradicts a mandatory capability.</p>\n", pctr->out);
    for (size_t i = 0; i < PICS_TABLES; i++)
        for (size_t k = 0; k < pics_table_at(i)->count; k++) {
            const struct pics_item *item = &pics_table_at(i)->items[k];
            if (!pics_is_refused(pctr->pics, item))
                continue;
            fprintf(pctr->out, "<p>%s, %s (%s): mandatory, and not supported.</p>\n", item->number,
                    item->text, item->reference);
        }
}

static void put_pics(const struct pctr *pctr)
{
    FILE *out = pctr->out;
    fputs("<h2 class=\"new\">Annex A: PICS</h2>\n<p>Status: m mandatory; o optional; o.1 at least one of its "
          "table; c.1 mandatory "
          "with A.2/2 and A.4/2, else optional.</p>\n",
          out);
    for (size_t i = 0; i < PICS_TABLES; i++) {
        const struct pics_table *table = pics_table_at(i);
        fprintf(out,
                "<h3>%s</h3>\n<table><thead><tr><th>Item</th><th>Capability</th><th>Reference</"
                "th><th>Status</th><th>Support</th>"
                "</tr></thead><tbody>\n",
                table->title);
        for (size_t k = 0; k < table->count; k++) {
            const struct pics_item *item = &table->items[k];
            const char *answer = pics_answer(pctr->pics, item->key);
            fprintf(out, "<tr><td>%s</td><td>", item->number);
            html_put_text(out, item->text);
            fprintf(out, "</td><td>%s</td><td>%s</td><td>", item->reference, pics_status_text(item->status));
            html_put_text(out, answer[0] ? answer : "not stated");
            fputs("</td></tr>\n", out);
        }
        fputs("</tbody></table>\n", out);
    }
    fputs("<h2>Annex B: IXIT</h2>\n<table class=\"facts\"><tbody>\n", out);
    for (size_t i = 0; i < IXIT_ITEMS; i++) {
        const char *answer = pics_answer(pctr->pics, ixit_item_at(i)->key);
        pctr_put_row(out, ixit_item_at(i)->text, answer[0] ? answer : "not stated");
    }
    fputs("</tbody></table>\n", out);
}

bool report_put_pctr(const struct report *report, const struct report_catalogue *catalogue, FILE *out)
{
    struct pics_journal journal;
    struct pctr pctr = {.report = report, .catalogue = catalogue, .out = out, .remarks = json_object()};
    if (!pctr.remarks)
        return false;
    pics_journal_init(&journal, report);
    pctr.pics = &journal.pics;
    fputs(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
        "http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>Protocol Conformance Test Report: ",
        out);
    html_put_text(out, report_device_name(report));
    fprintf(out,
            "</title><style>%s</style></head><body>\n<h1>Protocol Conformance Test Report</h1>\n<p "
            "class=\"sub\">Connection Reuse "
            "in the Session Initiation Protocol (RFC 5923): ",
            style);
    html_put_text(out, report_device_name(report));
    fputs("</p>\n", out);
    put_identification(&pctr);
    put_environment(&pctr);
    put_limits(&pctr);
    put_status(&pctr);
    put_static_review(&pctr);
    fputs("<h2 class=\"new\">6 Test campaign report</h2>\n", out);
    pctr_put_campaign(&pctr);
    fputs("<h2>7 Observations</h2>\n", out);
    pctr_put_remarks(&pctr);
    put_pics(&pctr);
    fputs("<h2 class=\"new\">Annex C: Requirements</h2>\n", out);
    pctr_put_requirements(&pctr);
    fputs("</body></html>\n", out);
    pics_journal_fini(&journal);
    json_decref(pctr.remarks);
    return !ferror(out);
}
