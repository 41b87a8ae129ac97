/* A call flow as text: hosts as columns, time downwards, notes beside. */
#ifndef CLI_DRAWING_H
#define CLI_DRAWING_H

#include "cli/cli.h"

enum { DRAWING_COLUMNS_MAX = 12, DRAWING_NAMES_MAX = 256, DRAWING_NOTE_MAX = 1024 };
enum { DRAWING_NOBODY = -1 };
struct drawing {
    struct page *page;
    const char *columns[DRAWING_COLUMNS_MAX]; /* names of hosts; the device's is "device" */
    int column_count, device;
    unsigned gap; /* between lifelines */
    struct {
        const char *name; /* of a connection, listener, request or stimulus */
        int column;       /* where its other end is */
    } names[DRAWING_NAMES_MAX];
    int name_count;
    unsigned depth; /* of repeat and parallel: notes are indented */
};
int drawing_column(struct drawing *drawing,
                   const char *host);         /* found or added; the last one when there are too many */
void drawing_layout(struct drawing *drawing); /* once all columns are known */
void drawing_heads(struct drawing *drawing);
void drawing_name(struct drawing *drawing, const char *name, int column);
int drawing_named(const struct drawing *drawing, const char *name); /* column, or DRAWING_NOBODY */
/* An arrow of such strokes; to == DRAWING_NOBODY: only lifelines, with mark at from (unless that is NOBODY
 * too). */
struct drawing_stroke {
    int from, to;
    char line, mark; /* '-' message, '=' connection, '~' sign of an end */
    const char *label;
};
void drawing_say(struct drawing *drawing, struct drawing_stroke stroke, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* with a note */
/* Only lifelines, beside which a note stands. */
static const struct drawing_stroke drawing_nothing = {.from = DRAWING_NOBODY, .to = DRAWING_NOBODY};
static inline const char *drawing_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}
struct step_expect;
void drawing_expect(struct drawing *drawing, const struct step_expect *expect, bool is_check);

#endif
