/* What a failure rests on, in words: the deciding message and the connection that carried it. It takes a
 * second reading of the journal, because which message decides is known only when the verdict stands. */
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EVIDENCE_NAMES_MAX = 200 };

struct evidence_reading {
    json_t *wanted;      /* seq as text → position of the entry */
    json_t *connections; /* id as text → line */
    json_t *handshakes;  /* likewise */
};

static void evidence_key(int64_t number, char key[24])
{
    snprintf(key, 24, "%" PRId64, number);
}

static bool evidence_begin(const struct report *report, struct evidence_reading *reading)
{
    reading->wanted = json_object();
    reading->connections = json_object();
    reading->handshakes = json_object();
    if (!reading->wanted || !reading->connections || !reading->handshakes)
        return false;
    for (size_t i = 0; i < report->entry_count; i++) {
        int64_t on = report_integer(report->entries[i].verdict, "on");
        char key[24];
        evidence_key(on, key);
        if (report->entries[i].word == REPORT_FAIL && on > 0)
            json_object_set_new(reading->wanted, key, json_integer((json_int_t)i));
    }
    return true;
}

static void evidence_put_shown(FILE *out, const json_t *handshake)
{
    const json_t *own = json_object_get(handshake, "own_certificate");
    const char *names = report_text(own, "names");
    if (!handshake)
        return;
    fprintf(out, ", TLS %s; the harness had shown ", report_text(handshake, "version"));
    if (!own)
        fputs("no certificate", out);
    else if (strlen(names) > EVIDENCE_NAMES_MAX)
        fprintf(out, "%.*s…", EVIDENCE_NAMES_MAX, names);
    else
        fputs(names[0] ? names : "a certificate without names", out);
}

/* "OPTIONS sip:… came on c1 (connection 18), which the harness had opened, A → B, TLS 1.3; …" */
static char *evidence_describe(const struct evidence_reading *reading, const json_t *line)
{
    char key[24], *text = NULL;
    size_t size_bytes = 0;
    evidence_key(report_integer(line, "connection"), key);
    const json_t *connection = json_object_get(reading->connections, key);
    const json_t *handshake = json_object_get(reading->handshakes, key);
    bool is_ours = strcmp(report_text(connection, "opened_by"), "harness") == 0;
    FILE *out = connection ? open_memstream(&text, &size_bytes) : NULL;
    if (!out)
        return NULL;
    if (strcmp(report_text(line, "event"), "message") == 0)
        fprintf(out, "%s came on ", report_text(line, "first_line"));
    else
        fprintf(out, "%s on ", report_text(line, "text"));
    if (report_text(line, "name")[0])
        fprintf(out, "%s (connection %s)", report_text(line, "name"), key);
    else
        fprintf(out, "connection %s", key);
    fprintf(out, ", which the %s had opened, %s → %s, %s", is_ours ? "harness" : "device",
            report_text(connection, is_ours ? "local" : "remote"),
            report_text(connection, is_ours ? "remote" : "local"), report_text(connection, "transport"));
    evidence_put_shown(out, handshake);
    fputc('.', out);
    fclose(out);
    return text;
}

static void evidence_take_line(struct report *report, struct evidence_reading *reading, const char *text,
                               size_t size_bytes)
{
    struct report_head head;
    char key[24];
    if (!report_head_read(text, size_bytes, &head))
        return;
    bool is_connection = report_head_is(&head, "connection"), is_handshake = report_head_is(&head, "tls");
    evidence_key(head.seq, key);
    const json_t *position = json_object_get(reading->wanted, key);
    if (!position && !is_connection && !is_handshake)
        return; /* most lines: not worth parsing again */
    json_t *line = json_loadb(text, size_bytes, 0, NULL);
    evidence_key(report_integer(line, "connection"), key);
    if (is_connection || is_handshake)
        json_object_set(is_connection ? reading->connections : reading->handshakes, key, line);
    if (position) {
        struct report_entry *entry = &report->entries[json_integer_value(position)];
        free(entry->evidence);
        entry->evidence = evidence_describe(reading, line);
    }
    json_decref(line);
}

void report_find_evidence(struct report *report, FILE *file)
{
    struct evidence_reading reading = {0};
    char *text = NULL;
    size_t capacity = 0;
    ssize_t size;
    if (evidence_begin(report, &reading) && json_object_size(reading.wanted) > 0 &&
        fseeko(file, 0, SEEK_SET) == 0) {
        while ((size = getline(&text, &capacity, file)) > 0)
            evidence_take_line(report, &reading, text, (size_t)size);
    }
    free(text);
    json_decref(reading.wanted);
    json_decref(reading.connections);
    json_decref(reading.handshakes);
}
