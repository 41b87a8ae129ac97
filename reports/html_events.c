/* A call flow as the page's scripts draw it. Names of members are short: there are tens of thousands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

struct writer {
    const struct flow *flow;
    const struct report_entry *entry;
    enum flow_detail detail;
    struct html_strings *strings;
    int64_t on;            /* seq of the deciding event; 0: none */
    int64_t on_connection; /* 0: none */
    json_t *connections;   /* array, in order of appearance */
    json_t *numbers;       /* id → place in it */
};

static json_t *interned(struct writer *writer, const json_t *object, const char *name)
{
    return html_string(writer->strings, json_string_value(json_object_get(object, name)));
}

static void set_text(json_t *to, const char *as, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (json_is_string(value))
        json_object_set(to, as, value);
}

static json_t *certificate_json(struct writer *writer, const json_t *certificate)
{
    if (!json_is_object(certificate))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "names", interned(writer, certificate, "names"), "subject",
                     interned(writer, certificate, "subject"), "issuer",
                     interned(writer, certificate, "issuer"), "fingerprint",
                     interned(writer, certificate, "fingerprint"));
}

static json_t *handshake_json(struct writer *writer, const json_t *tls)
{
    if (!tls)
        return json_null();
    const json_t *peers = json_object_get(tls, "peer_certificates");
    json_t *out = json_object();
    json_object_set_new(out, "complete", json_boolean(json_is_true(json_object_get(tls, "complete"))));
    set_text(out, "version", tls, "version");
    set_text(out, "cipher", tls, "cipher_suite");
    set_text(out, "sni", tls, "server_name");
    json_object_set_new(out, "asked",
                        json_boolean(json_is_true(json_object_get(tls, "certificate_requested"))));
    json_object_set_new(out, "resumed", json_boolean(json_is_true(json_object_get(tls, "resumed"))));
    json_object_set_new(out, "own", certificate_json(writer, json_object_get(tls, "own_certificate")));
    json_object_set_new(out, "peer", certificate_json(writer, json_array_get(peers, 0)));
    json_object_set_new(out, "chain", json_integer((json_int_t)json_array_size(peers)));
    return out;
}

/* Of TLS over SCTP: which pair of streams of which association. */
static void put_pair(json_t *out, const json_t *association)
{
    static const char *const members[] = {"association", "stream"};
    if (!json_is_integer(json_object_get(association, "stream")))
        return;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(out, members[i], json_object_get(association, members[i]));
}

static json_t *connection_json(struct writer *writer, const char *id)
{
    const json_t *known = json_object_get(writer->flow->connections, id);
    const json_t *line = json_object_get(known, "line");
    json_t *out = json_object();
    json_object_set_new(out, "id", json_integer(strtoll(id, NULL, 10)));
    set_text(out, "name", known, "name");
    set_text(out, "by", line, "opened_by");
    set_text(out, "transport", line, "transport");
    set_text(out, "host", line, "host");
    set_text(out, "listener", line, "listener");
    set_text(out, "local", line, "local");
    set_text(out, "remote", line, "remote");
    json_object_set_new(out, "tls", handshake_json(writer, json_object_get(known, "tls")));
    put_pair(out, json_object_get(known, "association"));
    return out;
}

/* The number of the event's connection among those of the flow; -1: none, or one too many. */
static json_int_t connection_number(struct writer *writer, const json_t *line)
{
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, report_integer(line, "connection"));
    const json_t *known = json_object_get(writer->numbers, id);
    if (known)
        return json_integer_value(known);
    json_int_t number = (json_int_t)json_array_size(writer->connections);
    if (report_integer(line, "connection") <= 0 ||
        (number >= FLOW_CONNECTIONS_MAX && report_integer(line, "connection") != writer->on_connection))
        return -1;
    json_array_append_new(writer->connections, connection_json(writer, id));
    json_object_set_new(writer->numbers, id, json_integer(number));
    return number;
}

static void put_bytes(struct writer *writer, json_t *out, const json_t *line, bool is_deciding)
{
    const char *text = json_string_value(json_object_get(line, "bytes"));
    size_t size_bytes = 0;
    if (!text || (!is_deciding && writer->detail != FLOW_ALL))
        return;
    unsigned char *bytes = html_base64(
        text, (size_t)(is_deciding ? FLOW_DECIDING_BYTES_MAX : FLOW_MESSAGE_BYTES_MAX), &size_bytes);
    if (!bytes)
        return;
    json_object_set_new(out, "m", html_bytes(writer->strings, bytes, size_bytes));
    json_object_set_new(out, "shown", json_integer((json_int_t)size_bytes));
    free(bytes);
}

/* Members of each kind; what is common stands in event_json(). */
static void put_members(struct writer *writer, json_t *out, const json_t *line, const char *event,
                        bool is_deciding)
{
    if (strcmp(event, "message") == 0 || strcmp(event, "raw") == 0) {
        set_text(out, "d", line, "direction");
        set_text(out, "of", line, "of");
        set_text(out, "text", line, "text");
        if (json_object_get(line, "sctp"))
            json_object_set(out, "sctp", json_object_get(line, "sctp"));
        json_object_set_new(out, "n", json_integer(report_integer(line, "size_bytes")));
        put_bytes(writer, out, line, is_deciding);
        if (!json_object_get(out, "m"))
            json_object_set_new(out, "f", interned(writer, line, "first_line"));
    } else if (strcmp(event, "dns-query") == 0) {
        json_object_set_new(out, "name", interned(writer, line, "name"));
        json_object_set_new(out, "answer", interned(writer, line, "answer"));
        set_text(out, "type", line, "type");
        set_text(out, "rcode", line, "rcode");
        if (report_integer(line, "times"))
            json_object_set_new(out, "times", json_integer(report_integer(line, "times") + 1));
    } else if (strcmp(event, "step") == 0) {
        set_text(out, "verb", line, "verb");
        json_object_set_new(out, "line", json_integer(report_integer(line, "line")));
    } else if (strcmp(event, "actor") == 0 || strcmp(event, "association") == 0 ||
               strcmp(event, "stimulus") == 0 || strcmp(event, "tell") == 0 || strcmp(event, "lose") == 0) {
        json_t *counts = json_deep_copy(line);
        static const char *const known[] = {"seq",     "ns",   "event",     "scenario",
                                            "variant", "name", "connection"};
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            json_object_del(counts, known[i]);
        json_object_set_new(out, "counts", counts);
        set_text(out, "name", line, "name");
    } else {
        static const char *const members[] = {"name", "text",  "sign",   "alert_name",
                                              "how",  "value", "outcome"};
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            set_text(out, members[i], line, members[i]);
    }
}

static json_t *event_json(struct writer *writer, const json_t *line)
{
    const char *event = report_text(line, "event");
    uint64_t ns = (uint64_t)report_integer(line, "ns");
    int64_t seq = report_integer(line, "seq");
    bool is_deciding = writer->on && seq == writer->on;
    json_int_t connection = json_object_get(line, "connection") ? connection_number(writer, line) : -1;
    json_t *out = json_object();
    json_object_set_new(
        out, "t",
        json_integer((json_int_t)(ns > writer->flow->start_ns ? (ns - writer->flow->start_ns) / 1000 : 0)));
    json_object_set_new(out, "k", json_string(event));
    json_object_set_new(out, "s", json_integer(seq));
    if (connection >= 0)
        json_object_set_new(out, "c", json_integer(connection));
    put_members(writer, out, line, event, is_deciding);
    return out;
}

static bool is_wanted(const struct writer *writer, const json_t *line)
{
    const char *event = report_text(line, "event");
    if (writer->on && report_integer(line, "seq") == writer->on)
        return true;
    if (writer->detail != FLOW_DECIDING)
        return true;
    return writer->on_connection && report_integer(line, "connection") == writer->on_connection &&
           (strcmp(event, "connection") == 0 || strcmp(event, "tls") == 0);
}

/* The connection of the deciding event is known before its handshake is written. */
static void find_deciding(struct writer *writer)
{
    writer->on = flow_decided_on(writer->entry);
    for (size_t i = 0; i < json_array_size(writer->flow->events) && writer->on; i++) {
        const json_t *line = json_array_get(writer->flow->events, i);
        if (report_integer(line, "seq") == writer->on)
            writer->on_connection = report_integer(line, "connection");
    }
}

json_t *flow_json(const struct flow *flow, const struct report_entry *entry, enum flow_detail detail,
                  struct html_strings *strings)
{
    struct writer writer = {.flow = flow,
                            .entry = entry,
                            .detail = detail,
                            .strings = strings,
                            .connections = json_array(),
                            .numbers = json_object()};
    json_t *events = json_array(), *left_out = json_deep_copy(flow->left_out),
           *hosts = json_object_get(flow->world, "hosts");
    find_deciding(&writer);
    for (size_t i = 0; i < json_array_size(flow->events); i++) {
        const json_t *line = json_array_get(flow->events, i);
        const char *event = report_text(line, "event");
        if (is_wanted(&writer, line))
            json_array_append_new(events, event_json(&writer, line));
        else
            json_object_set_new(left_out, event, json_integer(report_integer(left_out, event) + 1));
    }
    json_t *out = json_object();
    set_text(out, "zone", flow->world, "zone");
    set_text(out, "device", flow->world, "device");
    json_object_set_new(out, "hosts", hosts ? json_incref(hosts) : json_object());
    json_object_set_new(out, "connections", writer.connections);
    json_object_set_new(out, "events", events);
    json_object_set_new(out, "left_out", left_out);
    if (json_object_size(flow->left_out) && detail != FLOW_DECIDING)
        json_object_set_new(out, "cut", json_integer(FLOW_HEAD_MAX)); /* before this event of the list */
    json_decref(writer.numbers);
    return out;
}

/* Failures are read first, passes last. */
enum { IMPORTANCE_PASS = 3, IMPORTANCES = 6 };
static unsigned importance(const struct report_entry *entry)
{
    switch (entry->word) {
    case REPORT_FAIL:
        return 0;
    case REPORT_ERROR:
        return 1;
    case REPORT_INCONCLUSIVE:
        return 2;
    case REPORT_PASS:
        return entry->is_exercised ? 3 : 4;
    case REPORT_NOT_APPLICABLE:
    case REPORT_VERDICTS:
        break;
    }
    return 5;
}

/* Takes the flow into the page instead of what is there already, when it fits. */
static void flow_upgrade(json_t *chosen, size_t at, json_t *flow, struct html_strings *strings, size_t mark,
                         size_t *used_bytes, size_t room_bytes)
{
    size_t before = strings->marked_bytes, old = html_json_size(json_array_get(chosen, at));
    size_t now = *used_bytes + (strings->size_bytes - before) + html_json_size(flow) - old;
    if (now > room_bytes) {
        html_strings_return(strings, mark);
        json_decref(flow);
        return;
    }
    *used_bytes = now;
    json_array_set_new(chosen, at, flow);
}

json_t *flow_choose(const struct report *report, const struct flow *flows, size_t room_bytes,
                    struct html_strings *strings)
{
    /* What decided first, of all; then the failures whole; of the others what happened, then its bytes. */
    static const struct {
        enum flow_detail detail;
        unsigned from, to;
    } passes[] = {{FLOW_DECIDING, 0, IMPORTANCES},
                  {FLOW_SENTENCES, 0, IMPORTANCE_PASS},
                  {FLOW_ALL, 0, IMPORTANCE_PASS},
                  {FLOW_SENTENCES, IMPORTANCE_PASS, IMPORTANCES},
                  {FLOW_ALL, IMPORTANCE_PASS, IMPORTANCES}};
    json_t *chosen = json_array();
    size_t used_bytes = 0;
    for (size_t i = 0; i < report->entry_count; i++)
        json_array_append_new(chosen, json_null());
    for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++)
        for (unsigned rank = passes[pass].from; rank < passes[pass].to; rank++)
            for (size_t i = 0; i < report->entry_count; i++) {
                if (importance(&report->entries[i]) != rank || !flows[i].events)
                    continue;
                size_t mark = html_strings_mark(strings);
                json_t *flow = flow_json(&flows[i], &report->entries[i], passes[pass].detail, strings);
                flow_upgrade(chosen, i, flow, strings, mark, &used_bytes, room_bytes);
            }
    return chosen;
}
