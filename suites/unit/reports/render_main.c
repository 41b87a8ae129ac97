/* Renders a journal without running anything: render JOURNAL FOLDER writes the reports,
 * report.html, summary.txt and colour.txt there and exits with the status of the run. */
#include <stdio.h>
#include <stdlib.h>

#include "reports/reports.h"

static int render_summary(const struct report *report, const char *folder, const char *name, bool is_coloured)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return 1;
    report_print_summary(report, file, 80, is_coloured);
    return fclose(file);
}

int main(int argc, char **argv)
{
    char error[512] = "", *made = NULL;
    const struct report_folder_options options = {.has_no_packets = true};
    if (argc != 3)
        return 2;
    struct report *report = report_load(argv[1], error, sizeof error);
    if (!report) {
        fprintf(stderr, "%s\n", error);
        return 4;
    }
    int status = report_exit_status(report);
    if (!report_write_folder(report, argv[2], &options, &made) ||
        render_summary(report, argv[2], "summary.txt", false) ||
        render_summary(report, argv[2], "colour.txt", true)) {
        perror(argv[2]);
        status = 5;
    }
    free(made);
    report_free(report);
    return status;
}
