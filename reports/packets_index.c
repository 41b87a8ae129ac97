/* What of the journal, the capture and the key log belongs to which variant. */
#include "reports/packets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool add_item(struct packets *packets, const struct packets_item *item)
{
    if (packets->item_count == PACKETS_ITEMS_MAX) {
        packets->left_out++;
        return true;
    }
    if (packets->item_count == packets->item_capacity) {
        size_t capacity = packets->item_capacity ? packets->item_capacity * 2 : 4096;
        struct packets_item *larger = realloc(packets->items, capacity * sizeof *larger);
        if (!larger)
            return false;
        packets->items = larger;
        packets->item_capacity = capacity;
    }
    packets->items[packets->item_count++] = *item;
    return true;
}

/* ---- the journal ---- */

/* RFC 3339 in UTC, as the first line has it. */
static int64_t time_parse(const char *text)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (!rest)
        return 0;
    double fraction = *rest == '.' ? strtod(rest, NULL) : 0;
    return (int64_t)timegm(&utc) * 1000000000 + (int64_t)(fraction * 1e9);
}

static const json_t *entry_of(const struct packets *packets, const json_t *line)
{
    char *key = NULL;
    if (asprintf(&key, "%s:%s", report_text(line, "scenario"), report_text(line, "variant")) < 0)
        return NULL;
    const json_t *entry = json_object_get(packets->report->entry_index, key);
    free(key);
    return entry;
}

static bool take_capture(struct packets *packets, const json_t *line)
{
    packets->base_ns = report_integer(line, "wall_ns") - report_integer(line, "ns");
    packets->received = (uint64_t)report_integer(line, "packets");
    packets->missing = (uint64_t)report_integer(line, "dropped") + (uint64_t)report_integer(line, "left_out");
    return true;
}

static bool take_world(struct packets *packets, json_t *line)
{
    json_t *entry = json_integer(json_integer_value(entry_of(packets, line))), *ip;
    const char *name;
    json_object_foreach(json_object_get(line, "hosts"), name, ip) if (json_is_string(ip))
        json_object_set(packets->hosts, json_string_value(ip), entry);
    json_object_set(packets->zones, report_text(line, "zone"), entry);
    json_decref(entry);
    return true;
}

static void connection_key(const json_t *line, char key[24])
{
    snprintf(key, 24, "%" PRId64, report_integer(line, "connection"));
}

static bool take_connection(struct packets *packets, const json_t *line)
{
    char key[24];
    if (packets->connection_count == packets->connection_capacity) {
        size_t capacity = packets->connection_capacity ? packets->connection_capacity * 2 : 256;
        struct packets_connection *larger = realloc(packets->connections, capacity * sizeof *larger);
        if (!larger)
            return false;
        packets->connections = larger;
        packets->connection_capacity = capacity;
    }
    struct packets_connection *connection = &packets->connections[packets->connection_count];
    *connection =
        (struct packets_connection){.is_sctp = strstr(report_text(line, "transport"), "sctp") != NULL};
    if (!packets_address_parse(report_text(line, "local"), &connection->local) ||
        !packets_address_parse(report_text(line, "remote"), &connection->remote))
        return true;
    connection_key(line, key);
    json_object_set_new(packets->connection_ids, key, json_integer((json_int_t)packets->connection_count));
    packets->connection_count++;
    return true;
}

static bool take_message(struct packets *packets, const json_t *line, uint64_t offset, size_t size_bytes)
{
    char key[24];
    connection_key(line, key);
    const json_t *entry = entry_of(packets, line), *position = json_object_get(packets->connection_ids, key);
    if (!entry || !position)
        return true;
    const struct packets_item item = {.time_ns = (uint64_t)(packets->base_ns + report_integer(line, "ns")),
                                      .offset = offset,
                                      .size_bytes = (uint32_t)size_bytes,
                                      .original_bytes = (uint32_t)json_integer_value(position),
                                      .entry = (uint32_t)json_integer_value(entry),
                                      .kind = PACKETS_MESSAGE};
    return add_item(packets, &item);
}

static bool take_line(struct packets *packets, const char *text, size_t size_bytes, uint64_t offset)
{
    static const char *const wanted[] = {"\"event\":\"message\"", "\"event\":\"connection\"",
                                         "\"event\":\"world\"", "\"event\":\"capture\""};
    size_t kind = 0, kinds = sizeof wanted / sizeof *wanted;
    while (kind < kinds && !strstr(text, wanted[kind]))
        kind++;
    if (kind == kinds)
        return true; /* not worth parsing again */
    json_t *line = json_loadb(text, size_bytes, 0, NULL);
    const char *event = report_text(line, "event");
    bool is_good = true;
    if (strcmp(event, "message") == 0)
        is_good = take_message(packets, line, offset, size_bytes);
    else if (strcmp(event, "connection") == 0)
        is_good = take_connection(packets, line);
    else if (strcmp(event, "world") == 0)
        is_good = !entry_of(packets, line) || take_world(packets, line);
    else if (strcmp(event, "capture") == 0)
        is_good = take_capture(packets, line);
    json_decref(line);
    return is_good;
}

static bool index_journal(struct packets *packets)
{
    char *text = NULL;
    size_t capacity = 0;
    uint64_t offset = 0;
    bool is_good = true;
    packets->base_ns =
        time_parse(report_text(packets->report->run, "time")) - report_integer(packets->report->run, "ns");
    for (ssize_t size; is_good && (size = getline(&text, &capacity, packets->journal)) > 0;
         offset += (uint64_t)size)
        is_good = take_line(packets, text, (size_t)size, offset);
    free(text);
    return is_good;
}

/* ---- the capture ---- */

static const json_t *host_entry(const struct packets *packets, const struct packets_address *address)
{
    char ip[PACKETS_IP_TEXT_MAX];
    packets_ip_format(address, ip);
    return json_object_get(packets->hosts, ip);
}

static const json_t *frame_entry(const struct packets *packets, const struct packets_frame *frame)
{
    const json_t *entry = NULL;
    if (!frame->source.family)
        return NULL;
    entry = host_entry(packets, &frame->source);
    if (!entry)
        entry = host_entry(packets, &frame->destination);
    for (const char *name = frame->query; !entry && *name;) {
        entry = json_object_get(packets->zones, name);
        name += strcspn(name, ".");
        name += *name == '.';
    }
    return entry;
}

static bool index_capture(struct packets *packets)
{
    struct packets_record record;
    struct packets_frame frame;
    bool is_good = true;
    while (is_good && packets_capture_next(packets->capture, &record)) {
        packets_frame_read(record.head, record.head_bytes, &frame);
        const json_t *entry = frame_entry(packets, &frame);
        if (!entry)
            continue;
        const struct packets_item item = {.time_ns = record.time_ns,
                                          .offset = record.offset,
                                          .size_bytes = record.size_bytes,
                                          .original_bytes = record.original_bytes,
                                          .entry = (uint32_t)json_integer_value(entry),
                                          .kind = PACKETS_FRAME};
        is_good = add_item(packets, &item);
    }
    return is_good;
}

/* ---- the key log: lines behind a comment that names the connection's two ends ---- */

static const json_t *keys_entry(const struct packets *packets, const char *comment)
{
    char local[80], remote[80];
    struct packets_address address;
    const json_t *entry = NULL;
    if (sscanf(comment, "# %79s %79s", local, remote) != 2)
        return NULL;
    if (packets_address_parse(local, &address))
        entry = host_entry(packets, &address);
    if (!entry && packets_address_parse(remote, &address))
        entry = host_entry(packets, &address);
    return entry;
}

static bool index_keys(struct packets *packets)
{
    char *text = NULL;
    size_t capacity = 0;
    uint64_t offset = 0;
    const json_t *entry = NULL;
    bool is_good = true;
    for (ssize_t size; is_good && (size = getline(&text, &capacity, packets->keys)) > 0;
         offset += (uint64_t)size) {
        if (text[0] == '#')
            entry = keys_entry(packets, text);
        if (text[0] == '#' || !entry || size > PACKETS_KEY_LINE_MAX || text[size - 1] != '\n')
            continue;
        const struct packets_item item = {.offset = offset,
                                          .size_bytes = (uint32_t)size,
                                          .entry = (uint32_t)json_integer_value(entry),
                                          .kind = PACKETS_KEYS};
        is_good = add_item(packets, &item);
    }
    free(text);
    return is_good;
}

/* By variant; keys first, then by time. */
static int compare(const void *a, const void *b)
{
    const struct packets_item *one = a, *two = b;
    if (one->entry != two->entry)
        return one->entry < two->entry ? -1 : 1;
    if (one->time_ns != two->time_ns)
        return one->time_ns < two->time_ns ? -1 : 1;
    if (one->kind != two->kind)
        return one->kind < two->kind ? -1 : 1;
    return one->offset < two->offset ? -1 : one->offset > two->offset;
}

bool packets_index(struct packets *packets)
{
    packets->hosts = json_object();
    packets->zones = json_object();
    packets->connection_ids = json_object();
    if (!packets->hosts || !packets->zones || !packets->connection_ids || !index_journal(packets))
        return false;
    if (packets->capture && !packets_capture_begin(packets->capture)) {
        fclose(packets->capture);
        packets->capture = NULL;
    }
    if ((packets->capture && !index_capture(packets)) || (packets->keys && !index_keys(packets)))
        return false;
    if (packets->item_count)
        qsort(packets->items, packets->item_count, sizeof *packets->items, compare);
    return true;
}
