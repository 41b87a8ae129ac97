/* The one document from which page, text and JSON are written. */
#include "reports/event/event_private.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_SCHEMA "sipreuse-event/1"

struct making {
    const struct event_options *options;
    struct event_devices devices;
    struct event_hide hide;
};

/* An anonymous event tells the day, not the minute, of an unnamed device. */
static json_t *start_json(const struct making *making, const struct event_device *device,
                          const json_t *result)
{
    const char *start = report_text(result, "start");
    bool is_hidden = making->options->is_anonymous && !device->is_named;
    return json_stringn(start, is_hidden && strlen(start) > 10 ? 10 : strlen(start));
}

/* What changed from the run before: ids by kind of change. */
static json_t *changes_json(const struct making *making, const struct event_device *device,
                            const struct event_run *old, const struct event_run *latest)
{
    struct report_diff *diff = report_diff_new(old->column, latest->column);
    json_t *full = diff ? report_diff_json(diff) : NULL, *changes = json_object();
    const json_t *list = json_object_get(full, "requirements");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *change = report_text(item, "change"), *id = report_text(item, "id");
        const char *word = event_word(device, device->statuses, id, making->options->is_anonymous);
        if (word && strcmp(word, "withheld") == 0)
            continue;
        if (!json_object_get(changes, change))
            json_object_set_new(changes, change, json_array());
        json_array_append_new(json_object_get(changes, change),
                              json_pack("{s:s, s:O?, s:O?}", "id", id, "old", json_object_get(item, "old"),
                                        "new", json_object_get(item, "new")));
    }
    json_decref(full);
    report_diff_free(diff);
    return changes;
}

static json_t *run_json(const struct making *making, const struct event_device *device, size_t index)
{
    const struct event_run *run = &device->runs[index];
    const json_t *result = run->column->result;
    bool is_hidden = making->options->is_anonymous && !device->is_named;
    json_t *object = json_pack(
        "{s:o, s:O?, s:O?, s:s, s:b, s:s?, s:b}", "start", start_json(making, device, result), "version",
        is_hidden ? NULL : json_object_get(json_object_get(result, "device"), "version"), "totals",
        json_object_get(result, "totals"), "suite", report_text(json_object_get(result, "suite"), "name"),
        "gate_met", (int)json_is_true(json_object_get(json_object_get(result, "gate"), "met")), "link",
        is_hidden ? NULL : run->link, "complete", (int)json_is_true(json_object_get(result, "complete")));
    if (index > 0)
        json_object_set_new(object, "changes", changes_json(making, device, &device->runs[index - 1], run));
    return object;
}

static json_t *device_json(const struct making *making, const struct event_device *device)
{
    json_t *runs = json_array();
    for (size_t i = 0; i < device->run_count; i++)
        json_array_append_new(runs, run_json(making, device, i));
    return json_pack("{s:s, s:b, s:i, s:I, s:o}", "label", device->label, "named", (int)device->is_named,
                     "shown", (int)(device->shown - device->runs), "crashes",
                     (json_int_t)report_integer(json_object_get(event_result(device), "device"), "crashes"),
                     "runs", runs);
}

static json_t *cells_json(const struct making *making, const char *id, bool is_scenario)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < making->devices.count; i++) {
        const struct event_device *device = &making->devices.items[i];
        const char *word = event_word(device, is_scenario ? device->verdicts : device->statuses, id,
                                      making->options->is_anonymous);
        json_array_append_new(cells, word ? json_string(word) : json_null());
    }
    return cells;
}

/* ---- requirements: each once, in the order of the catalogue as the results have it */

static void requirement_add(json_t *rows, const json_t *row)
{
    static const char *const members[] = {"id", "level", "derived", "document", "section", "rule", "class"};
    const char *id = report_text(row, "id");
    json_t *known = json_object_get(rows, id);
    if (!known) {
        known = json_pack("{s:{}, s:{}}", "scenarios", "reasons");
        json_object_set_new(rows, id, known);
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (!json_object_get(known, members[i]) && json_object_get(row, members[i]))
            json_object_set(known, members[i], json_object_get(row, members[i]));
    const json_t *scenarios = json_object_get(row, "scenarios");
    for (size_t i = 0; i < json_array_size(scenarios); i++)
        json_object_set_new(json_object_get(known, "scenarios"),
                            json_string_value(json_array_get(scenarios, i)), json_true());
}

/* Whether the failure is about the requirement. */
static bool entry_is_about(const json_t *entry, const char *id)
{
    const char *one = json_string_value(json_object_get(entry, "requirement"));
    const json_t *list = json_object_get(entry, "requirements");
    if (one)
        return strcmp(one, id) == 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(id, json_string_value(json_array_get(list, i)) ? json_string_value(json_array_get(list, i))
                                                                  : "") == 0)
            return true;
    return false;
}

/* One sentence for each requirement that the device fails. */
static void device_add_reasons(struct making *making, json_t *rows, size_t index)
{
    const struct event_device *device = &making->devices.items[index];
    const json_t *entries = json_object_get(event_result(device), "scenarios");
    char key[24];
    snprintf(key, sizeof key, "%zu", index);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i), *list = json_object_get(entry, "requirements");
        if (strcmp(report_text(entry, "verdict"), "fail") != 0)
            continue;
        for (size_t k = 0; k < json_array_size(list); k++) {
            const char *id = json_string_value(json_array_get(list, k));
            json_t *row = id ? json_object_get(rows, id) : NULL, *reasons = json_object_get(row, "reasons");
            const char *word =
                id ? event_word(device, device->statuses, id, making->options->is_anonymous) : NULL;
            if (reasons && !json_object_get(reasons, key) && word && strcmp(word, "not-conformant") == 0 &&
                entry_is_about(entry, id))
                json_object_set_new(reasons, key,
                                    event_hide_text(&making->hide, device, report_text(entry, "reason")));
        }
    }
}

static json_t *requirements_json(struct making *making)
{
    json_t *rows = json_object(), *list = json_array(), *row, *value;
    const char *id, *scenario;
    for (size_t i = 0; i < making->devices.count; i++) {
        const json_t *of_device = json_object_get(event_result(&making->devices.items[i]), "requirements");
        for (size_t k = 0; k < json_array_size(of_device); k++)
            requirement_add(rows, json_array_get(of_device, k));
    }
    for (size_t i = 0; i < making->devices.count; i++)
        device_add_reasons(making, rows, i);
    json_object_foreach(rows, id, row)
    {
        json_t *names = json_array();
        json_object_foreach(json_object_get(row, "scenarios"), scenario, value)
            json_array_append_new(names, json_string(scenario));
        json_object_set_new(row, "scenarios", names);
        json_object_set_new(row, "cells", cells_json(making, id, false));
        json_array_append(list, row);
    }
    json_decref(rows);
    return list;
}

static json_t *scenarios_json(const struct making *making, const json_t *requirements)
{
    json_t *scenarios = json_object();
    for (size_t i = 0; i < json_array_size(requirements); i++) {
        const json_t *names = json_object_get(json_array_get(requirements, i), "scenarios");
        for (size_t k = 0; k < json_array_size(names); k++) {
            const char *id = json_string_value(json_array_get(names, k));
            if (!json_object_get(scenarios, id))
                json_object_set_new(scenarios, id, cells_json(making, id, true));
        }
    }
    return scenarios;
}

static json_t *document_make(struct making *making)
{
    json_t *devices = json_array(), *requirements = requirements_json(making);
    for (size_t i = 0; i < making->devices.count; i++)
        json_array_append_new(devices, device_json(making, &making->devices.items[i]));
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "schema", EVENT_SCHEMA, "title",
                     making->options->title ? making->options->title : "Connection reuse in SIP: results",
                     "anonymous", (int)making->options->is_anonymous, "survey",
                     event_survey(&making->devices), "devices", devices, "requirements", requirements,
                     "scenarios", scenarios_json(making, requirements));
}

struct event *event_make(const struct event_source *sources, size_t count,
                         const struct event_options *options)
{
    struct making making = {.options = options, .hide = {.is_anonymous = options->is_anonymous}};
    struct event *event = calloc(1, sizeof *event);
    making.hide.devices = &making.devices;
    making.hide.stand_ins = json_object();
    if (event && making.hide.stand_ins && event_devices_gather(&making.devices, sources, count, options))
        event->document = document_make(&making);
    event_devices_fini(&making.devices);
    json_decref(making.hide.stand_ins);
    if (event && event->document)
        return event;
    event_free(event);
    return NULL;
}

void event_free(struct event *event)
{
    if (!event)
        return;
    json_decref(event->document);
    free(event);
}

size_t event_device_count(const struct event *event)
{
    return json_array_size(json_object_get(event->document, "devices"));
}

bool event_put_json(const struct event *event, FILE *out)
{
    return json_dumpf(event->document, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF;
}
