/* What the files of event/ share. */
#ifndef EVENT_PRIVATE_H
#define EVENT_PRIVATE_H

#include <jansson.h>

#include "reports/event/event.h"
#include "reports/reports_private.h"

/* ---- gather.c: results by device */
struct event_run {
    const struct report_column *column;
    const char *link;
};
struct event_device {
    const char *name; /* as the results have it */
    char *label;      /* as the page shows it: the name, or "Device 7" */
    bool is_named;
    struct event_run *runs; /* oldest first */
    size_t run_count;
    const struct event_run *shown; /* see gather.c */
    json_t *statuses;              /* requirement → status, of the run that is shown */
    json_t *verdicts;              /* scenario → worst verdict of its variants, likewise */
    json_t *withheld; /* patterns of requirements and scenarios that the owner keeps for himself */
};
struct event_devices {
    struct event_device *items; /* as the page shows them */
    size_t count;
};
bool event_devices_gather(struct event_devices *devices, const struct event_source *sources, size_t count,
                          const struct event_options *options); /* false: out of memory */
void event_devices_fini(struct event_devices *devices);
const json_t *event_result(const struct event_device *device); /* of the run that is shown */
/* What the page says of a requirement or scenario: a word, or NULL: not in that run. */
const char *event_word(const struct event_device *device, const json_t *words, const char *id,
                       bool is_anonymous);

/* ---- hide.c: texts without names, addresses and users */
struct event_hide {
    const struct event_devices *devices;
    bool is_anonymous;
    json_t *stand_ins; /* what was found → what stands for it, the same everywhere */
};
/* A copy, changed where the event is anonymous. New reference; NULL: out of memory. */
json_t *event_hide_text(struct event_hide *hide, const struct event_device *device, const char *text);

/* ---- survey.c */
json_t *event_survey(
    const struct event_devices *devices); /* array of questions with their counts; NULL: out of memory */

/* ---- document.c */
struct event {
    json_t *document;
};

#endif
