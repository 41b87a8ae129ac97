/* reports: everything that is rendered from a journal: result.json, junit.xml, report.html, the summary and
 * the table on the console.
 *
 * report_load() reads a journal, whole or cut, into a struct report: scenarios with verdicts, requirements
 * with their status, the gate, in the words of docs/reading-a-report.md. The writers only write. */
#ifndef REPORTS_REPORTS_H
#define REPORTS_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct report;
/* NULL: error holds one sentence. Corrupt lines are skipped and counted; the report says so. */
struct report *report_load(const char *journal_path, char *error, size_t error_size_bytes);
/* The same of a journal that this run, or a run started by this program, has just written: lines that decide
 * nothing are passed over, which are most, so that damage to them would go unnoticed. Ten times as quick. */
struct report *report_load_own(const char *journal_path, char *error, size_t error_size_bytes);
void report_free(struct report *report);
/* 0 gate met; 1 not met; 3 an error in it; 130 interrupted: the exit status of the run. */
int report_exit_status(const struct report *report);

/* Written to a temporary name and renamed. false: errno. */
bool report_write_result(const struct report *report, const char *path);
bool report_write_junit(const struct report *report, const char *path);
/* report.html: one file that needs nothing else. Reads the journal once more, which therefore has to be there
 * still. */
bool report_write_html(const struct report *report, const char *path);
/* The page gets a view of the kill matrix, from what 'kill-matrix --json' wrote. false: error. */
bool report_add_kill_matrix(struct report *report, const char *path, char *error, size_t error_size_bytes);
/* pcap/<scenario>.<variant>.pcapng below folder: keys, packets (of pcap/run.pcap, when it is there) and SIP
 * messages of each variant that has any. false: errno. */
bool report_write_packets(const struct report *report, const char *folder);
/* The name of such a file, "aliasing-server-honour.tls-tls13-ip4-server.pcapng"; heap, NULL: out of memory.
 */
char *report_packets_name(const char *scenario, const char *variant);
/* The formats that a report has for other programs and for people: "json", "junit", "tap", "markdown",
 * "badge". */
struct report_format {
    const char *name, *file;                             /* file: its name in an output folder */
    bool (*put)(const struct report *report, FILE *out); /* false: it could not be written whole */
};
/* By index from 0; NULL: no more. */
const struct report_format *report_format_at(size_t index);
const struct report_format *report_format_find(const char *name); /* NULL: there is no such format */

/* ---- for the compliance report ---- */
/* What a profile claims, as answers to the PICS and IXIT proforma; keys as in pics.c ("transport.tls",
 * "reuses"), values "yes", "no" or a text. No answers: the proforma is empty. */
struct report_pics_answer {
    const char *key, *value;
};
struct report_pics {
    const char *device, *version;
    const struct report_pics_answer *answers;
    size_t count;
};
/* As Markdown. false: it could not be written. */
bool report_put_pics(const struct report_pics *pics, FILE *out);
/* All test cases and requirements that there are, so that the report names those too that were not selected.
 */
struct report_catalogue_scenario {
    const char *id, *title;
};
struct report_catalogue_requirement {
    const char *id, *level, *reference, *rule;
};
struct report_catalogue {
    struct report_catalogue_scenario *scenarios;
    size_t scenario_count;
    struct report_catalogue_requirement *requirements;
    size_t requirement_count;
};
/* The Protocol Conformance Test Report (ISO/IEC 9646-5, ITU-T X.294 Annex B) as HTML for paper, without
 * scripts. */
bool report_put_pctr(const struct report *report, const struct report_catalogue *catalogue, FILE *out);

/* ---- one scenario's evidence, to be handed on ---- */
struct report_pack_options {
    const char *folder;        /* of the run */
    const char *scenario;      /* id */
    const char *variant;       /* NULL: all of them */
    const char *scenario_path; /* the scenario's file; NULL: it is left out */
    const char *path;          /* the archive (.tar.gz), which must not exist */
    const char *name;          /* of the folder in it */
};
/* Verdicts, clauses, the journal's lines, packets with their keys, the device's configuration and log, a
 * README; no private key. false: error. */
bool report_pack(const struct report *report, const struct report_pack_options *options, char *error,
                 size_t error_size_bytes);

struct report_folder_options {
    bool keeps_files; /* what is there already stays as it is */
    bool has_no_packets;
};
/* All of them. made gets the names of what was written, "result.json, junit.xml"; "" when nothing was; heap,
 * NULL: out of memory. false: errno; what could be written was. */
bool report_write_folder(const struct report *report, const char *folder,
                         const struct report_folder_options *options, char **made);
/* Table of requirements by status and what failed, for people. width in columns; is_coloured: ANSI colours.
 */
void report_print_summary(const struct report *report, FILE *out, unsigned width, bool is_coloured);

/* Read access, for the kill matrix and the quickstart table. */
struct report_scenario {
    const char *id, *variant, *verdict, *reason, *because, *level;
    bool is_exercised;
    const char *const *requirements; /* all of them */
    size_t requirement_count;
    const char *failed_requirement; /* the one that its failure is about; NULL: all */
    size_t observation_count;       /* of the attempt that counts */
};
size_t report_scenario_count(const struct report *report);
struct report_scenario report_scenario_at(const struct report *report, size_t index);
struct report_observation {
    const char *name, *value;
};
/* In the order in which they were made; a later one of the same name replaces what an earlier one said. */
struct report_observation report_observation_at(const struct report *report, size_t scenario, size_t index);
struct report_requirement {
    const char *id, *level,
        *status; /* "not-conformant", "undecided", "not-exercised", "conformant", "not-applicable" */
    bool is_derived;
};
size_t report_requirement_count(const struct report *report);
struct report_requirement report_requirement_at(const struct report *report, size_t index);
const char *report_device_name(const struct report *report);
bool report_is_complete(const struct report *report);

/* ---- several results side by side ---- */
/* What the table shows of one result: from the journal, or from a result.json that travelled without it. */
struct report_column;
struct report_column *report_column_of(const struct report *report,
                                       const char *where); /* NULL: out of memory */
struct report_column *report_column_load(const char *result_path, char *error,
                                         size_t error_size_bytes); /* NULL: error */
void report_column_free(struct report_column *column);
/* What that run exited with. */
int report_column_exit_status(const struct report_column *column);
/* Requirements × results, in as many blocks as the width asks for; totals by level, gates. */
void report_print_table(struct report_column *const *columns, size_t count, FILE *out, unsigned width,
                        bool is_coloured);

/* ---- what is known, and what has changed ---- */
struct report_baseline_made {
    size_t entries, errors; /* errors: scenarios that no baseline can list */
};
/* A baseline file that lists what keeps the gate of the result shut, and every failure. reason NULL: what the
 * scenario says itself; until NULL: no end. */
struct report_baseline_made report_put_baseline(const struct report_column *column, const char *reason,
                                                const char *until, FILE *out);
struct report_diff;
struct report_diff *report_diff_new(const struct report_column *old,
                                    const struct report_column *latest); /* NULL: out of memory */
void report_diff_free(struct report_diff *diff);
bool report_diff_is_worse(const struct report_diff *diff);
void report_print_diff(const struct report_diff *diff, FILE *out, unsigned width, bool is_coloured);
bool report_put_diff_json(const struct report_diff *diff, FILE *out);

#endif
