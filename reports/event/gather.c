/* Results by device: its runs in their order, and what the latest of them says. */
#include "reports/event/event_private.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const char *column_name(const struct report_column *column)
{
    const char *name = report_text(json_object_get(column->result, "device"), "name");
    return name[0] ? name : "(unknown)";
}

const json_t *event_result(const struct event_device *device)
{
    return device->shown->column->result;
}

static struct event_device *devices_find(struct event_devices *devices, const char *name)
{
    for (size_t i = 0; i < devices->count; i++)
        if (strcmp(devices->items[i].name, name) == 0)
            return &devices->items[i];
    struct event_device *device = &devices->items[devices->count++];
    device->name = name;
    return device;
}

static int run_compare(const void *left, const void *right)
{
    const struct event_run *a = left, *b = right;
    return strcmp(report_text(a->column->result, "start"), report_text(b->column->result, "start"));
}

static int device_compare(const void *left, const void *right)
{
    const struct event_device *a = left, *b = right;
    return strverscmp(a->name, b->name);
}

/* Worse ones first: a scenario is what the worst of its variants is. */
static int verdict_rank(const char *word)
{
    static const char *const order[] = {"fail", "error",         "inconclusive",
                                        "pass", "not-exercised", "not-applicable"};
    int rank = 0;
    while (rank < (int)(sizeof order / sizeof order[0]) && strcmp(order[rank], word) != 0)
        rank++;
    return rank;
}

static void device_take_verdicts(struct event_device *device)
{
    const json_t *list = json_object_get(event_result(device), "scenarios");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *id = report_text(entry, "id"), *word = report_text(entry, "verdict");
        if (strcmp(word, "pass") == 0 && !json_is_true(json_object_get(entry, "exercised")))
            word = "not-exercised";
        const char *old = json_string_value(json_object_get(device->verdicts, id));
        if (!old || verdict_rank(word) < verdict_rank(old))
            json_object_set_new(device->verdicts, id, json_string(word));
    }
}

static void device_take_statuses(struct event_device *device)
{
    const json_t *list = json_object_get(event_result(device), "requirements");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        json_object_set(device->statuses, report_text(row, "id"), json_object_get(row, "status"));
    }
}

/* The latest run that came to its end and covers what the others do: a scenario that was tried again by
 * itself is no result of the whole device. Of runs that never came to their end the latest. */
static const struct event_run *device_choose(const struct event_device *device)
{
    size_t most = 0;
    for (size_t i = 0; i < device->run_count; i++) {
        const json_t *result = device->runs[i].column->result;
        size_t count = json_array_size(json_object_get(result, "requirements"));
        if (json_is_true(json_object_get(result, "complete")) && count > most)
            most = count;
    }
    for (size_t i = device->run_count; i-- > 0;) {
        const json_t *result = device->runs[i].column->result;
        /* Nine tenths: another version of the suite, or a transport less. */
        if (json_is_true(json_object_get(result, "complete")) &&
            json_array_size(json_object_get(result, "requirements")) * 10 >= most * 9)
            return &device->runs[i];
    }
    return &device->runs[device->run_count - 1];
}

/* What the owner has said of publication, in the profile of the run that is shown. */
static bool device_settle(struct event_device *device, const struct event_options *options)
{
    qsort(device->runs, device->run_count, sizeof *device->runs, run_compare);
    device->shown = device_choose(device);
    const json_t *publication =
        json_object_get(json_object_get(event_result(device), "device"), "publication");
    device->is_named = !options->is_anonymous || json_is_true(json_object_get(publication, "named"));
    for (const char *const *name = options->named; name && *name && !device->is_named; name++)
        device->is_named = strcmp(*name, device->name) == 0;
    json_t *withheld = json_object_get(publication, "redact");
    device->withheld = json_is_array(withheld) ? json_incref(withheld) : json_array();
    device->statuses = json_object();
    device->verdicts = json_object();
    if (!device->withheld || !device->statuses || !device->verdicts)
        return false;
    device_take_statuses(device);
    device_take_verdicts(device);
    return true;
}

/* A multiplicative generator is enough: the order is to tell nothing, not to be secret. */
static size_t chance_below(unsigned long long *state, size_t limit)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)((*state >> 33) % limit);
}

static bool devices_label(struct event_devices *devices, const struct event_options *options)
{
    unsigned long long state = options->chance;
    unsigned number = 0;
    for (size_t i = devices->count; options->is_anonymous && i > 1; i--) {
        size_t other = chance_below(&state, i);
        struct event_device kept = devices->items[i - 1];
        devices->items[i - 1] = devices->items[other];
        devices->items[other] = kept;
    }
    for (size_t i = 0; i < devices->count; i++) {
        struct event_device *device = &devices->items[i];
        if (device->is_named)
            device->label = strdup(device->name);
        else if (asprintf(&device->label, "Device %u", ++number) < 0)
            device->label = NULL;
        if (!device->label)
            return false;
    }
    return true;
}

bool event_devices_gather(struct event_devices *devices, const struct event_source *sources, size_t count,
                          const struct event_options *options)
{
    *devices = (struct event_devices){.items = calloc(count + 1, sizeof *devices->items)};
    if (!devices->items)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct event_device *device = devices_find(devices, column_name(sources[i].column));
        struct event_run *more = realloc(device->runs, (device->run_count + 1) * sizeof *more);
        if (!more)
            return false;
        device->runs = more;
        device->runs[device->run_count++] =
            (struct event_run){.column = sources[i].column, .link = sources[i].link};
    }
    qsort(devices->items, devices->count, sizeof *devices->items, device_compare);
    for (size_t i = 0; i < devices->count; i++)
        if (!device_settle(&devices->items[i], options))
            return false;
    return devices_label(devices, options);
}

void event_devices_fini(struct event_devices *devices)
{
    for (size_t i = 0; devices->items && i < devices->count; i++) {
        struct event_device *device = &devices->items[i];
        free(device->label);
        free(device->runs);
        json_decref(device->statuses);
        json_decref(device->verdicts);
        json_decref(device->withheld);
    }
    free(devices->items);
    *devices = (struct event_devices){0};
}

const char *event_word(const struct event_device *device, const json_t *words, const char *id,
                       bool is_anonymous)
{
    const char *word = json_string_value(json_object_get(words, id));
    for (size_t i = 0; word && is_anonymous && i < json_array_size(device->withheld); i++) {
        const char *pattern = json_string_value(json_array_get(device->withheld, i));
        if (pattern && fnmatch(pattern, id, 0) == 0)
            return "withheld";
    }
    return word;
}
