/* badge.json: the endpoint badge of shields.io, schema version 1. */
#include "reports/reports_private.h"

#include <stdlib.h>
#include <string.h>

/* Of the MUST requirements that the device could show anything about, how many are conformant. */
static char *badge_message(const struct report *report)
{
    const size_t *must = report->by_status[REPORT_MUST];
    const size_t all = must[REPORT_CONFORMANT] + must[REPORT_NOT_CONFORMANT] + must[REPORT_UNDECIDED] +
                       must[REPORT_NOT_EXERCISED];
    char *text = NULL;
    if (!report_is_complete(report))
        return strdup("run not complete");
    if (json_array_size(report->crashes))
        return strdup("device crashed");
    return asprintf(&text, "%zu of %zu MUST", must[REPORT_CONFORMANT], all) < 0 ? NULL : text;
}

static const char *badge_colour(const struct report *report)
{
    if (!report_is_complete(report))
        return "lightgrey";
    if (!report->is_gate_met)
        return "red";
    return report->known_variants ? "yellow" : "brightgreen";
}

bool report_put_badge(const struct report *report, FILE *out)
{
    char *message = badge_message(report);
    json_t *badge = json_pack("{s:i, s:s, s:s, s:s, s:b}", "schemaVersion", 1, "label", "RFC 5923", "message",
                              message ? message : "unknown", "color", badge_colour(report), "isError",
                              (int)!report_is_complete(report));
    bool is_good = badge && json_dumpf(badge, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF;
    json_decref(badge);
    free(message);
    return is_good;
}
