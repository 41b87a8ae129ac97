/* The README of an archive of evidence: what whoever opens it reads first, and all that he needs who has no
 * tool but his eyes. */
#ifndef REPORTS_PACK_README_H
#define REPORTS_PACK_README_H

#include "reports/reports_private.h"

struct pack_readme {
    const struct report *report;
    const struct report_entry *first;
    const bool *is_wanted;  /* by entry: judged here */
    const char *folder;     /* of the run */
    const json_t *deciding; /* seq → the line of the journal */
    const char *left_out;   /* lines of a list; "": nothing */
};
void pack_put_readme(const struct pack_readme *what, FILE *out);
/* Each line behind "> ". */
void pack_put_quoted(FILE *out, const char *text);

#endif
