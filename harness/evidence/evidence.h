/* evidence: the journal (events.jsonl), append only, one JSON object a line, each line standing alone.
 *
 * Everything that a report shows is rendered from the journal. Every line has "seq" (from 1), "ns"
 * (monotonic, since the run began) and "event" (the type); the first line has "schema":"sipreuse-journal/1"
 * and the wall time (run/ writes these two as members of its first event, nothing is added here). Written
 * with one write(2) a line, so a killed run loses nothing that had been observed. After a write that failed
 * nothing more is written: what is in the file stays a clean beginning of the run. Schema:
 * reports/schema/journal.schema.json. */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_SCHEMA "sipreuse-journal/1"
enum { JOURNAL_MAX_DEPTH = 16, JOURNAL_MAX_LINE_BYTES = 64 << 20 };

struct journal;
/* Creates the file, which must not exist. NULL with errno. */
struct journal *journal_new(const char *path);
/* Likewise on an open descriptor; it belongs to the journal from here on, also on failure. */
struct journal *journal_new_fd(int fd);
void journal_free(struct journal *journal);
/* errno of the first write that failed (disk full, ...), or ENOMEM, or EMSGSIZE (a line over the maximum); 0
 * while all is well. The run must end with exit 3 then. */
int journal_error(const struct journal *journal);

/* An event is begun, filled member by member, and ended; one at a time. Strings that are not UTF-8 are
 * written with U+FFFD for each bad byte: give bytes off the wire as journal_bytes (base64). NULL strings are
 * written as null. */
void journal_begin(struct journal *journal, const char *event);
void journal_string(struct journal *journal, const char *name, const char *value);
void journal_integer(struct journal *journal, const char *name, int64_t value);
void journal_boolean(struct journal *journal, const char *name, bool value);
void journal_bytes(struct journal *journal, const char *name, const void *bytes, size_t size_bytes);
/* Nesting; name is ignored (may be NULL) inside an array. */
void journal_open_object(struct journal *journal, const char *name);
void journal_open_array(struct journal *journal, const char *name);
void journal_close(struct journal *journal);
/* Writes the line; returns its seq. */
uint64_t journal_end(struct journal *journal);

#endif
