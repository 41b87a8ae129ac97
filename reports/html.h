/* report.html: one file, rendered from the journal alone. Private to reports/.
 *
 * The page is a template, a style sheet and scripts (reports/html/, compiled in), and one block of JSON,
 * deflated where it is large, that the scripts render with textContent only: what a device sent is data
 * everywhere. A static summary stands in the page for who runs no scripts. How much of the call flows goes
 * along is chosen by a budget: failures first, and what is left out is counted. */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/reports_private.h"

enum {
    HTML_PAGE_BYTES_MAX = 2900000,   /* of the whole file; what does not fit is counted */
    HTML_PLAIN_BYTES_MAX = 16 << 20, /* of data that are deflated */
    FLOW_HEAD_MAX = 70,              /* events of a scenario that are kept: its first … */
    FLOW_EVENTS_MAX = 120,           /* … and its last ones, so many in all */
    FLOW_CONNECTIONS_MAX = 40,
    FLOW_MESSAGE_BYTES_MAX = 4096,
    FLOW_DECIDING_BYTES_MAX = 16384
};

/* ---- the files of reports/html/, compiled in ---- */
struct html_asset {
    const char *name;
    const unsigned char *bytes;
    size_t size_bytes;
};
extern const struct html_asset html_assets[]; /* ends with name NULL */

/* A page of these parts, '<' of the data escaped. scripts: names of assets, NULL at the end. put_static
 * writes the part for who runs no scripts; may be NULL. Also for pages about several runs. */
struct html_page {
    const char *title;
    const char *const *styles; /* beside style.css, likewise; may be NULL */
    const char *const *scripts;
    void (*put_static)(FILE *out, const void *arg);
    const void *arg;
    const json_t *data;
};
void html_page_put(const struct html_page *page, FILE *out);
/* Text from anywhere, safe as content and within double quotes; control and bidi characters as U+FFFD. */
void html_put_text(FILE *out, const char *text);
/* Bytes that the value takes within a page. */
size_t html_json_size(const json_t *value);

/* ---- strings that occur again and again: a message is a list of line numbers ---- */
struct html_strings {
    json_t *list, *index;
    size_t size_bytes;   /* in the page */
    size_t marked_bytes; /* at the last mark */
};
bool html_strings_init(struct html_strings *strings);
void html_strings_fini(struct html_strings *strings);
/* The number of a string; NULL: JSON null. */
json_t *html_string(struct html_strings *strings, const char *text);
/* What was added since the mark is given back. */
size_t html_strings_mark(struct html_strings *strings);
void html_strings_return(struct html_strings *strings, size_t mark);
/* Bytes off the wire, by line; one character per byte, U+0000 to U+00FF. n ≥ 0: line n and CRLF; n < 0: line
 * -1-n, with the line end that it has itself. */
json_t *html_bytes(struct html_strings *strings, const unsigned char *bytes, size_t size_bytes);
/* RFC 4648 §4. Heap; NULL: no base64 or out of memory. At most max_bytes are decoded. */
unsigned char *html_base64(const char *text, size_t max_bytes, size_t *size_bytes);

/* ---- call flows ---- */
/* What the journal has of one variant, of the try that counts. */
struct flow {
    json_t *world;       /* line; NULL: never begun */
    json_t *connections; /* id → {"line", "tls", "name"} */
    json_t *events;      /* lines, in order, at most FLOW_EVENTS_MAX */
    json_t *left_out;    /* event → how many */
    uint64_t start_ns;
    unsigned tries;
};
/* One for each entry of the report; NULL: out of memory. */
struct flow *flow_read(const struct report *report, FILE *journal);
void flow_free(struct flow *flows, size_t count);
/* Of the deciding event; 0: none. */
int64_t flow_decided_on(const struct report_entry *entry);
enum flow_detail {
    FLOW_DECIDING,  /* the event that decided, and its connection */
    FLOW_SENTENCES, /* all events that were kept, bytes of the deciding one only */
    FLOW_ALL,
    FLOW_DETAILS
};
json_t *flow_json(const struct flow *flow, const struct report_entry *entry, enum flow_detail detail,
                  struct html_strings *strings);
/* Flows of all entries, as much as room_bytes allows, by importance; an array, null where nothing fitted. */
json_t *flow_choose(const struct report *report, const struct flow *flows, size_t room_bytes,
                    struct html_strings *strings);

/* ---- data ---- */
/* The whole page; journal: from its beginning. false: out of memory. */
bool report_put_html(const struct report *report, FILE *journal, FILE *out);
/* As much of the flows as room_bytes allows. NULL: out of memory. */
json_t *html_report_data(const struct report *report, const struct flow *flows, size_t room_bytes);
/* The data as they are where all of them fit; else with many times as much in it as would, for the page's
 * scripts (report_data.js): {"deflated": base64 of zlib, "size_bytes"}. NULL: out of memory. */
json_t *html_page_data(const struct report *report, const struct flow *flows, size_t room_bytes);
/* What the page shows of the kill matrix; null without one. */
json_t *html_kill_json(const struct report *report);
/* The summary and the failures as plain HTML. arg: struct report. */
void html_static_put(FILE *out, const void *arg);
/* What runs this variant again, as a shell takes it. Heap; NULL: the journal does not tell. */
char *html_rerun_command(const struct report *report, const struct report_entry *entry);
/* What kind of reuse the device practises, from a result (result.json): an array of {"key", "value", "text",
 * "tone", "scenario"}. key and value are for surveys: they are stable. */
json_t *report_reuse_profile(const json_t *result);

#endif
