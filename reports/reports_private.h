/* The journal as it was read, and what it comes to. */
#ifndef REPORTS_PRIVATE_H
#define REPORTS_PRIVATE_H

#include <jansson.h>

#include "reports/page.h"
#include "reports/reports.h"

/* Words in the order in which reports show them. */
enum report_verdict {
    REPORT_PASS,
    REPORT_FAIL,
    REPORT_INCONCLUSIVE,
    REPORT_NOT_APPLICABLE,
    REPORT_ERROR,
    REPORT_VERDICTS
};
enum report_status {
    REPORT_CONFORMANT,
    REPORT_NOT_CONFORMANT,
    REPORT_UNDECIDED,
    REPORT_NOT_EXERCISED,
    REPORT_STATUS_NOT_APPLICABLE,
    REPORT_STATUSES
};
enum report_level { REPORT_MUST, REPORT_SHOULD, REPORT_MAY, REPORT_SEED, REPORT_OBS, REPORT_LEVELS };
const char *report_verdict_word(enum report_verdict verdict);
const char *report_status_word(enum report_status status);
const char *report_level_word(enum report_level level);
bool report_verdict_parse(const char *word, enum report_verdict *out); /* false: NULL or no such word */
bool report_level_parse(const char *word, enum report_level *out);
bool report_status_parse(const char *word, enum report_status *out);
enum page_style report_status_style(enum report_status status);
/* One of the five characters that are markup in XML and HTML, as a reference. */
void report_put_entity(FILE *out, char character);
/* A reason of the gate without the ids at its end, which stand elsewhere on the page. New; NULL: out of
 * memory. */
char *report_reason_short(const char *reason);

/* One variant of a scenario. */
struct report_entry {
    char *id, *variant;
    json_t *plan;                /* its line; NULL: lost */
    json_t *verdict;             /* the line that counts; NULL: undecided when the journal ended */
    json_t *observations;        /* of the attempt that counts: array of lines */
    json_t *latest_observations; /* of the attempt that was begun last */
    bool has_error;              /* in any repetition */
    char *evidence;              /* of a failure: what came on which connection; NULL: nothing to tell */
    /* rolled up */
    enum report_verdict word;
    enum report_level level;
    bool is_exercised, is_derived;
    const char *reason, *because, *failed_requirement;
    const char **requirements;
    size_t requirement_count;
    const struct report_known *known; /* the baseline lists all that is not good of it; NULL: not so */
};

/* One entry of the baseline that is about this device. */
enum report_known_state {
    KNOWN_HELD,     /* what it lists was seen */
    KNOWN_CURED,    /* what it is about was decided, and is good */
    KNOWN_EXPIRED,  /* its last day was over when the run began */
    KNOWN_NOT_SEEN, /* nothing that it is about was decided */
    KNOWN_STATES
};
struct report_known {
    const char *requirement, *scenario, *variant; /* NULL: none */
    const char *verdict, *reason, *until;         /* until may be NULL */
    int64_t line;                                 /* of the baseline's file */
    enum report_known_state state;
    size_t held; /* variants of scenarios */
};

struct report_row { /* one requirement */
    const char *id;
    json_t *line; /* NULL: only named by scenarios */
    enum report_level level;
    bool is_derived;
    enum report_status status;
    enum report_status open_status; /* what is left of it without what the baseline lists: for the gate */
};

enum { REPORT_CRASHES_MAX = 1000, REPORT_CORRUPT_NUMBERS_MAX = 20 };
struct report {
    char *journal_path;
    json_t *run, *end; /* lines; NULL: lost */
    struct report_entry *entries;
    size_t entry_count, entry_capacity;
    json_t *entry_index;       /* "id:variant" → position */
    json_t *requirement_lines; /* id → line */
    struct report_row *rows;
    size_t row_count;
    json_t *crashes;       /* lines */
    json_t *hangs;         /* likewise */
    json_t *failed_device; /* last line that says that the device never got ready; NULL: none */
    json_t *capture;       /* line that says how the capture ended; NULL: none */
    json_t *baseline;      /* line; NULL: none was given */
    struct report_known *known;
    size_t known_count;
    size_t corrupt_lines, missing_lines;
    size_t corrupt_at[REPORT_CORRUPT_NUMBERS_MAX]; /* line numbers of the first ones, from 1 */
    bool is_cut;                                   /* the last line has no end */
    bool is_repeated;                              /* --repeat: the worst verdict counts, else the last */
    uint64_t last_ns;
    /* rolled up */
    size_t by_verdict[REPORT_VERDICTS], not_exercised;
    size_t by_status[REPORT_LEVELS][REPORT_STATUSES];
    size_t known_by_state[KNOWN_STATES], known_variants;
    bool is_gate_met;
    json_t *gate_reasons; /* array of sentences */
    json_t *kill_matrix;  /* what kill-matrix --json wrote; NULL: none was given */
};

/* head.c: what every line of a journal begins with. */
struct report_head {
    int64_t seq, ns;
    const char *event; /* within the line, not terminated */
    size_t event_size;
};
/* false: it begins otherwise, and only a parser can tell what it is. */
bool report_head_read(const char *text, size_t size_bytes, struct report_head *out);
bool report_head_is(const struct report_head *head, const char *event);

/* How much of a journal is parsed. */
enum report_depth {
    REPORT_EVERY_LINE,   /* so that none is damaged unnoticed */
    REPORT_WHAT_DECIDES, /* the lines alone that verdicts, requirements and the gate rest on */
};
/* Reads a journal from an open file. NULL: error. */
struct report *report_read(FILE *file, const char *journal_path, enum report_depth depth, char *error,
                           size_t error_size_bytes);
/* The entry that a line of the journal names; NULL: it names none that is known. */
struct report_entry *report_entry_find(const struct report *report, const json_t *line);
/* " (lines 17, 23 and 5 more)": where the corrupt lines are; "" without any. */
void report_corrupt_places(const struct report *report, char *room, size_t room_bytes);
/* evidence.c: reads the journal again for what the failures rest on. */
void report_find_evidence(struct report *report, FILE *file);
/* Verdicts of entries, status of requirements, totals and the gate. false: out of memory. */
bool report_roll_up(struct report *report);
void report_judge_gate(struct report *report);

/* known.c: the baseline of a run. */
/* Takes the entries that are about this device out of the journal's line. false: out of memory. */
bool report_known_load(struct report *report);
/* The entry that lists what the scenario says about the requirement; NULL: none does. */
const struct report_known *report_known_find(const struct report *report, const struct report_entry *entry,
                                             const char *requirement);
/* What each entry came to, and which variants are listed. */
void report_known_judge(struct report *report);
/* "aliasing/honour tcp-*", "5923-8.2-not-asked": heap; NULL: out of memory. */
char *report_known_name(const struct report_known *known);
/* For result.json; new references, null without a baseline. */
json_t *report_known_json(const struct report *report);
json_t *report_known_entry_json(const struct report_known *known);

/* A result as the table sees it. */
struct report_column {
    json_t *result; /* what result.json says */
    char *where;    /* path, for people */
};

/* Members, NULL-tolerant: "" stands for what is not there. */
const char *report_text(const json_t *object, const char *name);
int64_t report_integer(const json_t *object, const char *name);

json_t *report_diff_json(const struct report_diff *diff); /* new reference; NULL: out of memory */
json_t *report_result_json(const struct report *report);  /* new reference; NULL: out of memory */
bool report_put_result(const struct report *report, FILE *out);
bool report_put_junit(const struct report *report, FILE *out);
bool report_put_tap(const struct report *report, FILE *out);
bool report_put_markdown(const struct report *report, FILE *out);
bool report_put_badge(const struct report *report, FILE *out);
/* Through a temporary file. false: errno. */
bool report_write_format(const struct report *report, const struct report_format *format, const char *path);
/* Opens a temporary file beside path; _end renames it, or removes it when anything could not be written. */
struct report_output {
    FILE *file;
    char *path, *temporary;
};
bool report_output_begin(struct report_output *output, const char *path);
bool report_output_end(struct report_output *output, bool is_good);

#endif
