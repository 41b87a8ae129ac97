/* index.html of an event: the document as data, a static part for who runs no scripts. */
#include "reports/event/event_private.h"
#include "reports/html.h"

#include <string.h>

static void put_static_survey(const json_t *document, FILE *out)
{
    const json_t *survey = json_object_get(document, "survey");
    fputs("<h2>Survey</h2><ul>", out);
    for (size_t i = 0; i < json_array_size(survey); i++) {
        const json_t *question = json_array_get(survey, i);
        int yes = (int)report_integer(question, "yes"), no = (int)report_integer(question, "no");
        if (yes + no == 0)
            continue;
        fprintf(out, "<li>%d of %d ", yes, yes + no);
        html_put_text(out, report_text(question, "text"));
        fputs("</li>", out);
    }
    fputs("</ul>", out);
}

/* Requirements that some device does not meet, and which. */
static void put_static_failures(const json_t *document, FILE *out)
{
    const json_t *rows = json_object_get(document, "requirements"),
                 *devices = json_object_get(document, "devices");
    fputs("<h2>Not conformant</h2><ul>", out);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *cells = json_object_get(row, "cells");
        size_t told = 0;
        for (size_t k = 0; k < json_array_size(cells); k++) {
            const char *word = json_string_value(json_array_get(cells, k));
            if (!word || strcmp(word, "not-conformant") != 0)
                continue;
            if (told++ == 0) {
                fputs("<li>", out);
                html_put_text(out, report_text(row, "id"));
                fputs(": ", out);
            } else {
                fputs(", ", out);
            }
            html_put_text(out, report_text(json_array_get(devices, k), "label"));
        }
        fputs(told ? "</li>" : "", out);
    }
    fputs("</ul>", out);
}

static void put_static(FILE *out, const void *arg)
{
    const json_t *document = arg;
    fputs("<h1>", out);
    html_put_text(out, report_text(document, "title"));
    fputs("</h1>", out);
    put_static_survey(document, out);
    put_static_failures(document, out);
}

bool event_put_page(const struct event *event, FILE *out)
{
    static const char *const styles[] = {"event.css", NULL};
    static const char *const scripts[] = {"page.js", "event.js", NULL};
    const struct html_page page = {.title = report_text(event->document, "title"),
                                   .styles = styles,
                                   .scripts = scripts,
                                   .put_static = put_static,
                                   .arg = event->document,
                                   .data = event->document};
    html_page_put(&page, out);
    return !ferror(out);
}
