/* The call flows of all variants, from a second reading of the journal: which try counts and which event
 * decided is known only when the verdicts stand. What is kept of a variant is bounded, the rest is counted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

int64_t flow_decided_on(const struct report_entry *entry)
{
    return report_integer(entry->verdict, "on");
}

static bool flow_is_shown(const char *event)
{
    static const char *const shown[] = {
        "message", "raw",       "connection",   "tls",         "sign",       "association",  "stimulus",
        "tell",    "lose",      "close",        "barrier",     "silence",    "dns-query",    "dns-change",
        "actor",   "actor-log", "actor-answer", "observation", "close-port", "renegotiation"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(event, shown[i]) == 0)
            return true;
    return false;
}

static void flow_count_out(struct flow *flow, const char *event, int64_t count)
{
    json_int_t before = json_integer_value(json_object_get(flow->left_out, event));
    json_object_set_new(flow->left_out, event, json_integer(before + count));
}

/* The bytes of a message are what makes a journal big. */
static void flow_trim(json_t *line, bool is_deciding)
{
    const char *bytes = json_string_value(json_object_get(line, "bytes"));
    size_t most = (size_t)(is_deciding ? FLOW_DECIDING_BYTES_MAX : FLOW_MESSAGE_BYTES_MAX);
    size_t length = bytes ? strlen(bytes) : 0, padding = 0;
    if (!bytes)
        return;
    while (padding < 2 && padding < length && bytes[length - 1 - padding] == '=')
        padding++;
    if (strcmp(report_text(line, "event"), "message") == 0)
        json_object_set_new(line, "size_bytes", json_integer((json_int_t)(length / 4 * 3 - padding)));
    if (length / 4 * 3 > most)
        json_object_set_new(line, "bytes", json_stringn(bytes, (most + 2) / 3 * 4));
}

/* The same query once more is counted where it was asked first. */
static bool flow_is_repeated_query(const struct flow *flow, const json_t *line)
{
    json_t *last = json_array_get(flow->events, json_array_size(flow->events) - 1);
    if (!last || strcmp(report_text(last, "event"), "dns-query") != 0 ||
        strcmp(report_text(line, "event"), "dns-query") != 0)
        return false;
    if (strcmp(report_text(last, "name"), report_text(line, "name")) != 0 ||
        strcmp(report_text(last, "type"), report_text(line, "type")) != 0 ||
        strcmp(report_text(last, "answer"), report_text(line, "answer")) != 0)
        return false;
    json_object_set_new(last, "times", json_integer(report_integer(last, "times") + 1));
    return true;
}

static void flow_add(struct flow *flow, json_t *line, int64_t on)
{
    if (flow_is_repeated_query(flow, line))
        return;
    flow_trim(line, on && report_integer(line, "seq") == on);
    json_array_append(flow->events, line);
    if (json_array_size(flow->events) <= FLOW_EVENTS_MAX)
        return;
    size_t victim = FLOW_HEAD_MAX;
    if (on && report_integer(json_array_get(flow->events, victim), "seq") == on)
        victim++;
    flow_count_out(flow, report_text(json_array_get(flow->events, victim), "event"), 1);
    json_array_remove(flow->events, victim);
}

static json_t *flow_connection(struct flow *flow, const json_t *line)
{
    char key[24];
    snprintf(key, sizeof key, "%" PRId64, report_integer(line, "connection"));
    json_t *connection = json_object_get(flow->connections, key);
    if (!connection && json_object_size(flow->connections) < FLOW_CONNECTIONS_MAX * 8) {
        connection = json_object();
        json_object_set_new(flow->connections, key, connection);
    }
    return connection;
}

static void flow_begin(struct flow *flow, const json_t *line)
{
    json_decref(flow->world);
    json_decref(flow->connections);
    json_decref(flow->events);
    json_decref(flow->left_out);
    *flow = (struct flow){.connections = json_object(),
                          .events = json_array(),
                          .left_out = json_object(),
                          .tries = flow->tries + 1,
                          .start_ns = (uint64_t)report_integer(line, "ns")};
}

static void flow_take(struct flow *flow, json_t *line, int64_t on)
{
    const char *event = report_text(line, "event");
    if (strcmp(event, "scenario-start") == 0)
        flow_begin(flow, line);
    if (!flow->events)
        return;
    if (strcmp(event, "world") == 0 && !flow->world)
        flow->world = json_incref(line);
    bool is_connection = strcmp(event, "connection") == 0, is_tls = strcmp(event, "tls") == 0,
         is_name = strcmp(event, "name") == 0, is_association = strcmp(event, "association") == 0;
    json_t *connection =
        is_connection || is_tls || is_name || is_association ? flow_connection(flow, line) : NULL;
    if (connection)
        json_object_set(connection,
                        is_connection    ? "line"
                        : is_tls         ? "tls"
                        : is_association ? "association"
                                         : "name",
                        is_name ? json_object_get(line, "name") : line);
    /* Of the steps a reader cannot see the effect of only the waits explain anything. */
    bool is_step = strcmp(event, "step") == 0;
    if (is_step ? strcmp(report_text(line, "verb"), "wait") == 0 : flow_is_shown(event))
        flow_add(flow, line, on);
}

struct flow *flow_read(const struct report *report, FILE *journal)
{
    struct flow *flows = calloc(report->entry_count + 1, sizeof *flows);
    char *text = NULL;
    size_t capacity = 0;
    ssize_t size;
    if (!flows)
        return NULL;
    while ((size = getline(&text, &capacity, journal)) > 0) {
        if (!strstr(text, "\"scenario\""))
            continue; /* the device's output, mostly */
        json_t *line = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
        const struct report_entry *entry = report_entry_find(report, line);
        int64_t end = entry ? report_integer(entry->verdict, "seq") : 0;
        if (entry && (!end || report_integer(line, "seq") < end))
            flow_take(&flows[entry - report->entries], line, flow_decided_on(entry));
        json_decref(line);
    }
    free(text);
    return flows;
}

void flow_free(struct flow *flows, size_t count)
{
    for (size_t i = 0; flows && i < count; i++) {
        json_decref(flows[i].world);
        json_decref(flows[i].connections);
        json_decref(flows[i].events);
        json_decref(flows[i].left_out);
    }
    free(flows);
}
