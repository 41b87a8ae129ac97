/* The PICS of a run: answers out of the journal's first line, whose strings it points into. */
#ifndef REPORTS_PICS_JOURNAL_H
#define REPORTS_PICS_JOURNAL_H

#include "reports/reports_private.h"

enum { PICS_ANSWERS_MAX = 64 };
struct pics_journal {
    struct report_pics pics; /* points into the next two: not to be copied */
    struct report_pics_answer answers[PICS_ANSWERS_MAX];
    char *domains;
};
void pics_journal_init(struct pics_journal *journal, const struct report *report);
void pics_journal_fini(struct pics_journal *journal);

#endif
