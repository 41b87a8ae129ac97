/* The parts of the Protocol Conformance Test Report. */
#ifndef REPORTS_PCTR_H
#define REPORTS_PCTR_H

#include "reports/html.h"
#include "reports/pics.h"
#include "reports/reports_private.h"

struct pctr {
    const struct report *report;
    const struct report_catalogue *catalogue;
    const struct report_pics *pics;
    FILE *out;
    json_t *remarks; /* sentence → number, in the order in which they came up */
};
void pctr_put_row(FILE *out, const char *name, const char *value); /* of a table of facts */
size_t pctr_remark(struct pctr *pctr, const char *sentence);       /* its number, from 1 */

/* pctr_campaign.c */
void pctr_put_campaign(struct pctr *pctr);
void pctr_put_remarks(const struct pctr *pctr);
void pctr_put_requirements(const struct pctr *pctr);

#endif
