/* The survey for people, as summaries of interop events put it. */
#include "reports/event/event_private.h"

#include <stdlib.h>

static void survey_put(struct page *page, const json_t *question)
{
    int yes = (int)report_integer(question, "yes"), no = (int)report_integer(question, "no"),
        unknown = (int)report_integer(question, "unknown");
    bool is_given = json_is_string(json_object_get(question, "given"));
    if (yes + no == 0)
        return;
    fputs(is_given ? "        " : "    ", page->out);
    page_put(page, PAGE_BOLD, "%3d", yes);
    fprintf(page->out, " of %d ", yes + no);
    page_put_text(page, report_text(question, "text"));
    if (unknown)
        page_put(page, PAGE_DIM, " (%d not known)", unknown);
    fputc('\n', page->out);
}

void event_print_survey(const struct event *event, FILE *out, unsigned width, bool is_coloured)
{
    struct page page = {.out = out, .width = width, .is_coloured = is_coloured};
    const json_t *survey = json_object_get(event->document, "survey");
    page_put(&page, PAGE_BOLD, "%s", "Survey");
    fprintf(out, " of %zu implementation%s\n", event_device_count(event),
            event_device_count(event) == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(survey); i++)
        survey_put(&page, json_array_get(survey, i));
}
