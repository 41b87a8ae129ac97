/* event: many results as one page: requirements × devices, the history of each device, the survey.
 *
 * Everything comes from result.json files (struct report_column). event_make() turns them into one document,
 * format sipreuse-event/1, from which the page, the text and the JSON are written; nothing that an anonymous
 * document leaves out can come back in one of them. */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "reports/reports.h"

struct event_source {
    const struct report_column *column;
    const char *link; /* of that run's report.html, relative to the page; NULL: none */
};
struct event_options {
    const char *title; /* NULL: a default one */
    /* Devices are numbered in an order of chance, but for those whose profile says that they may be named;
     * addresses, users and host names in texts are replaced, and so is what profiles ask to be redacted. */
    bool is_anonymous;
    const char *const
        *named; /* devices that may be named although their results don't say so; NULL-terminated, or NULL */
    unsigned long long chance; /* decides the order */
};
struct event;
struct event *event_make(const struct event_source *sources, size_t count,
                         const struct event_options *options); /* NULL: out of
                                                 memory */
void event_free(struct event *event);
size_t event_device_count(const struct event *event);

/* false: errno. */
bool event_put_json(const struct event *event, FILE *out);
bool event_put_page(const struct event *event, FILE *out);
/* The survey as interop events publish it. width in columns, 0: a default. */
void event_print_survey(const struct event *event, FILE *out, unsigned width, bool is_coloured);

#endif
