/* What the PICS and IXIT proforma asks. Shared by the proforma alone and by the test report. */
#ifndef REPORTS_PICS_H
#define REPORTS_PICS_H

#include "reports/reports.h"

enum pics_status { PICS_MANDATORY, PICS_OPTIONAL, PICS_CHOICE, PICS_FOR_REUSE };
struct pics_item {
    const char *key, *number, *text, *reference;
    enum pics_status status;
};
struct pics_table {
    const char *title;
    const struct pics_item *items;
    size_t count;
};
enum { PICS_TABLES = 6, IXIT_ITEMS = 6 };
const struct pics_table *pics_table_at(size_t index); /* below PICS_TABLES */
const struct pics_item *ixit_item_at(size_t index);   /* below IXIT_ITEMS; no reference, no status */
const char *pics_status_text(enum pics_status status);
/* "" when it is not answered. */
const char *pics_answer(const struct report_pics *pics, const char *key);
/* The answer contradicts the status: what is mandatory is said not to be there. */
bool pics_is_refused(const struct report_pics *pics, const struct pics_item *item);

#endif
