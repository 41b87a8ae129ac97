/* Any bytes as a journal: it loads or is refused, and whatever loaded can be rendered. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[512];
    char *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\n'; /* so that an empty input is a file too */
    FILE *in = fmemopen(copy, size + 1, "r"), *out = fopen("/dev/null", "w");
    if (in && out) {
        report_free(report_read(in, "fuzz", REPORT_WHAT_DECIDES, error, sizeof error));
        rewind(in);
        struct report *report = report_read(in, "fuzz", REPORT_EVERY_LINE, error, sizeof error);
        if (report) {
            json_t *result = report_result_json(report);
            json_dumpf(result, out, 0);
            json_decref(result);
            report_put_junit(report, out);
            report_put_tap(report, out);
            report_put_markdown(report, out);
            report_put_badge(report, out);
            report_print_summary(report, out, 80, true);
            report_exit_status(report);
            rewind(in);
            report_put_html(report, in, out);
            report_free(report);
        }
    }
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    free(copy);
    return 0;
}
