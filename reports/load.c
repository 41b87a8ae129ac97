/* From lines of a journal to entries. What is lost is counted, never guessed. */
#include "reports/reports_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define JOURNAL_SCHEMA_READ "sipreuse-journal/1"

static struct report_entry *report_entry_add(struct report *report, const char *key, const char *id,
                                             const char *variant)
{
    if (!report->entries || report->entry_count == report->entry_capacity) {
        size_t capacity = report->entry_capacity ? report->entry_capacity * 2 : 64;
        struct report_entry *larger = realloc(report->entries, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        report->entries = larger;
        report->entry_capacity = capacity;
    }
    struct report_entry *entry = &report->entries[report->entry_count];
    *entry = (struct report_entry){
        .id = strdup(id), .variant = strdup(variant), .latest_observations = json_array()};
    report->entry_count++;
    if (!entry->id || !entry->variant || !entry->latest_observations ||
        json_object_set_new(report->entry_index, key, json_integer((json_int_t)report->entry_count - 1)) != 0)
        return NULL;
    return entry;
}

/* "id:variant" of a line. Heap; NULL: the line names none, or out of memory. */
static char *report_entry_key(const json_t *line)
{
    const char *id = json_string_value(json_object_get(line, "scenario"));
    const char *variant = json_string_value(json_object_get(line, "variant"));
    char *key = NULL;
    return id && variant && asprintf(&key, "%s:%s", id, variant) >= 0 ? key : NULL;
}

struct report_entry *report_entry_find(const struct report *report, const json_t *line)
{
    char *key = report_entry_key(line);
    const json_t *position = key ? json_object_get(report->entry_index, key) : NULL;
    free(key);
    return position ? &report->entries[json_integer_value(position)] : NULL;
}

/* The entry that a line is about, made when it is new; NULL: the line names none, or out of memory. */
static struct report_entry *report_entry_of(struct report *report, const json_t *line)
{
    struct report_entry *entry = report_entry_find(report, line);
    char *key = entry ? NULL : report_entry_key(line);
    if (key)
        entry = report_entry_add(report, key, report_text(line, "scenario"), report_text(line, "variant"));
    free(key);
    return entry;
}

/* The first line's own facts. false: not a line that a journal may begin with. */
static bool report_take_run(struct report *report, json_t *line)
{
    if (report->run)
        return false;
    report->run = json_incref(line);
    const json_t *command = json_object_get(line, "command");
    report->is_repeated = report_integer(line, "repeat") > 1;
    for (size_t i = 0; i < json_array_size(command); i++) {
        const char *word = json_string_value(json_array_get(command, i));
        report->is_repeated |= word && strncmp(word, "--repeat", 8) == 0;
    }
    return true;
}

/* How bad a verdict is when the worst of several repetitions counts: a violation seen once was seen. */
static unsigned report_badness(const json_t *verdict)
{
    static const unsigned badness[REPORT_VERDICTS] = {[REPORT_NOT_APPLICABLE] = 0,
                                                      [REPORT_PASS] = 1,
                                                      [REPORT_INCONCLUSIVE] = 3,
                                                      [REPORT_ERROR] = 4,
                                                      [REPORT_FAIL] = 5};
    enum report_verdict word = REPORT_ERROR;
    report_verdict_parse(json_string_value(json_object_get(verdict, "verdict")), &word);
    bool is_idle = word == REPORT_PASS && !json_is_true(json_object_get(verdict, "exercised"));
    return badness[word] + (is_idle ? 1 : 0);
}

static bool report_take_verdict(struct report *report, json_t *line)
{
    enum report_verdict word;
    if (!report_verdict_parse(json_string_value(json_object_get(line, "verdict")), &word))
        return false;
    struct report_entry *entry = report_entry_of(report, line);
    if (!entry)
        return false;
    entry->has_error |= word == REPORT_ERROR && report->is_repeated;
    if (entry->verdict && report->is_repeated && report_badness(line) <= report_badness(entry->verdict))
        return true;
    json_decref(entry->verdict);
    json_decref(entry->observations);
    entry->verdict = json_incref(line);
    entry->observations = json_incref(entry->latest_observations);
    return true;
}

static bool report_take_start(struct report *report, json_t *line)
{
    struct report_entry *entry = report_entry_of(report, line);
    json_t *observations = entry ? json_array() : NULL;
    if (!observations)
        return false;
    json_decref(entry->latest_observations);
    entry->latest_observations = observations;
    return true;
}

static bool report_take_plan(struct report *report, json_t *line)
{
    struct report_entry *entry = report_entry_of(report, line);
    if (!entry || entry->plan)
        return false;
    entry->plan = json_incref(line);
    return true;
}

static bool report_take_observation(struct report *report, json_t *line)
{
    struct report_entry *entry = report_entry_of(report, line);
    return entry && json_is_string(json_object_get(line, "name")) &&
           json_array_append(entry->latest_observations, line) == 0;
}

static bool report_take_requirement(struct report *report, json_t *line)
{
    const char *id = json_string_value(json_object_get(line, "id"));
    return id && json_object_set(report->requirement_lines, id, line) == 0;
}

static bool report_take_crash(struct report *report, json_t *line)
{
    if (json_array_size(report->crashes) < REPORT_CRASHES_MAX)
        json_array_append(report->crashes, line);
    return true;
}

static bool report_take_hang(struct report *report, json_t *line)
{
    if (json_array_size(report->hangs) < REPORT_CRASHES_MAX)
        json_array_append(report->hangs, line);
    return true;
}

static bool report_take_device(struct report *report, json_t *line)
{
    if (strcmp(report_text(line, "state"), "never-ready") == 0) {
        json_decref(report->failed_device);
        report->failed_device = json_incref(line);
    }
    return true;
}

static bool report_take_baseline(struct report *report, json_t *line)
{
    if (report->baseline || !json_is_array(json_object_get(line, "entries")))
        return false;
    report->baseline = json_incref(line);
    return true;
}

/* How it went is told when it is over; a run that was killed does not get that far. */
static bool report_take_capture(struct report *report, json_t *line)
{
    if (strcmp(report_text(line, "state"), "ended") == 0) {
        json_decref(report->capture);
        report->capture = json_incref(line);
    }
    return true;
}

static bool report_take_end(struct report *report, json_t *line)
{
    json_decref(report->end);
    report->end = json_incref(line);
    return true;
}

static const struct {
    const char *event;
    bool (*take)(struct report *report, json_t *line);
} takers[] = {
    {"run", report_take_run},         {"requirement", report_take_requirement},
    {"plan", report_take_plan},       {"crash", report_take_crash},
    {"device", report_take_device},   {"scenario-start", report_take_start},
    {"verdict", report_take_verdict}, {"observation", report_take_observation},
    {"hang", report_take_hang},       {"capture", report_take_capture},
    {"end", report_take_end},         {"baseline", report_take_baseline},
};

static bool report_take_line(struct report *report, json_t *line)
{
    const char *event = json_string_value(json_object_get(line, "event"));
    if (!event)
        return false;
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
        if (strcmp(event, takers[i].event) == 0)
            return takers[i].take(report, line);
    return true;
}

static bool is_taken(const struct report_head *head)
{
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
        if (report_head_is(head, takers[i].event))
            return true;
    return false;
}

struct report_reading {
    enum report_depth depth;
    int64_t last_seq;
    size_t corrupt_since; /* corrupt lines after it: each accounts for one number that is skipped */
};

/* Sequence numbers grow by one; a gap that corrupt lines do not explain is lines that are gone. */
static bool report_check_sequence(struct report *report, struct report_reading *reading, int64_t seq,
                                  int64_t ns)
{
    if (seq <= reading->last_seq)
        return false;
    uint64_t gap = (uint64_t)(seq - reading->last_seq - 1);
    if (gap > reading->corrupt_since)
        report->missing_lines += (size_t)(gap - reading->corrupt_since);
    reading->last_seq = seq;
    reading->corrupt_since = 0;
    if (ns > 0 && (uint64_t)ns > report->last_ns)
        report->last_ns = (uint64_t)ns;
    return true;
}

/* false: it is damaged, or out of order. */
static bool report_read_line(struct report *report, struct report_reading *reading, const char *text,
                             size_t size_bytes)
{
    struct report_head head;
    bool is_whole = size_bytes >= 2 && memcmp(text + size_bytes - 2, "}\n", 2) == 0;
    if (reading->depth == REPORT_WHAT_DECIDES && is_whole && report_head_read(text, size_bytes, &head) &&
        !is_taken(&head))
        return report_check_sequence(report, reading, head.seq, head.ns);
    json_t *line = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, NULL);
    bool is_good =
        json_is_object(line) &&
        report_check_sequence(report, reading, report_integer(line, "seq"), report_integer(line, "ns")) &&
        report_take_line(report, line);
    json_decref(line);
    return is_good;
}

static void report_read_lines(struct report *report, FILE *file, enum report_depth depth)
{
    struct report_reading reading = {.depth = depth};
    char *text = NULL;
    size_t capacity = 0, number = 0;
    ssize_t size;
    report->is_cut = true;
    while ((size = getline(&text, &capacity, file)) > 0) {
        report->is_cut = text[size - 1] != '\n';
        bool is_good = report_read_line(report, &reading, text, (size_t)size);
        /* A line that the end of the file cuts is what a killed run leaves: expected, and not corrupt. */
        number++;
        if (!is_good && !report->is_cut) {
            if (report->corrupt_lines < REPORT_CORRUPT_NUMBERS_MAX)
                report->corrupt_at[report->corrupt_lines] = number;
            report->corrupt_lines++;
            reading.corrupt_since++;
        }
    }
    free(text);
}

/* Whether there is anything of a journal in it. An empty file, and a first line that was cut, are those of a
 * run killed at once. */
static bool report_is_journal(const struct report *report, char *error, size_t error_size_bytes)
{
    const char *schema = report_text(report->run, "schema");
    if (report->run && strcmp(schema, JOURNAL_SCHEMA_READ) != 0) {
        snprintf(error, error_size_bytes, "%s: the journal has the format '%.40s', this program reads '%s'",
                 report->journal_path, schema, JOURNAL_SCHEMA_READ);
        return false;
    }
    if (!report->run && !report->entry_count && report->corrupt_lines) {
        snprintf(error, error_size_bytes, "%s: is no journal of a run", report->journal_path);
        return false;
    }
    return true;
}

struct report *report_read(FILE *file, const char *journal_path, enum report_depth depth, char *error,
                           size_t error_size_bytes)
{
    struct report *report = calloc(1, sizeof *report);
    if (!report)
        goto memory;
    report->journal_path = strdup(journal_path);
    report->entry_index = json_object();
    report->requirement_lines = json_object();
    report->crashes = json_array();
    report->hangs = json_array();
    report->gate_reasons = json_array();
    if (!report->journal_path || !report->entry_index || !report->requirement_lines || !report->crashes ||
        !report->hangs || !report->gate_reasons)
        goto memory;
    report_read_lines(report, file, depth);
    if (ferror(file)) {
        snprintf(error, error_size_bytes, "%s: cannot be read: %s", journal_path, strerror(errno));
        goto failed;
    }
    if (!report_is_journal(report, error, error_size_bytes))
        goto failed;
    if (report_roll_up(report))
        return report;
memory:
    snprintf(error, error_size_bytes, "%s: out of memory", journal_path);
failed:
    report_free(report);
    return NULL;
}

static struct report *load(const char *journal_path, enum report_depth depth, char *error,
                           size_t error_size_bytes)
{
    FILE *file = fopen(journal_path, "rbe");
    if (!file) {
        snprintf(error, error_size_bytes, "%s: cannot be opened: %s", journal_path, strerror(errno));
        return NULL;
    }
    struct report *report = report_read(file, journal_path, depth, error, error_size_bytes);
    if (report)
        report_find_evidence(report, file);
    fclose(file);
    return report;
}

struct report *report_load(const char *journal_path, char *error, size_t error_size_bytes)
{
    return load(journal_path, REPORT_EVERY_LINE, error, error_size_bytes);
}

struct report *report_load_own(const char *journal_path, char *error, size_t error_size_bytes)
{
    return load(journal_path, REPORT_WHAT_DECIDES, error, error_size_bytes);
}

static void report_entry_fini(struct report_entry *entry)
{
    free(entry->id);
    free(entry->variant);
    free(entry->requirements);
    free(entry->evidence);
    json_decref(entry->plan);
    json_decref(entry->verdict);
    json_decref(entry->observations);
    json_decref(entry->latest_observations);
}

void report_free(struct report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->entry_count; i++)
        report_entry_fini(&report->entries[i]);
    free(report->entries);
    free(report->rows);
    free(report->known);
    free(report->journal_path);
    json_decref(report->run);
    json_decref(report->baseline);
    json_decref(report->end);
    json_decref(report->entry_index);
    json_decref(report->requirement_lines);
    json_decref(report->crashes);
    json_decref(report->hangs);
    json_decref(report->failed_device);
    json_decref(report->capture);
    json_decref(report->gate_reasons);
    json_decref(report->kill_matrix);
    free(report);
}
