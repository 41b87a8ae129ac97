/* report.html. */
#include "reports/html.h"

#include <errno.h>
#include <stdlib.h>

/* What the page takes without its data: measured, not guessed. */
static size_t empty_size(const struct html_page *page)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return 0;
    html_page_put(page, out);
    fclose(out);
    free(text);
    return size_bytes;
}

bool report_put_html(const struct report *report, FILE *journal, FILE *out)
{
    static const char *const scripts[] = {"page.js",
                                          "bytes.js",
                                          "diagram.js",
                                          "report_data.js",
                                          "report_summary.js",
                                          "report_lists.js",
                                          "report_scenario.js",
                                          "report.js",
                                          NULL};
    char title[256];
    snprintf(title, sizeof title, "%.100s · sipreuse", report_device_name(report));
    json_t *nothing = json_null();
    struct html_page page = {
        .title = title, .scripts = scripts, .put_static = html_static_put, .arg = report, .data = nothing};
    struct flow *flows = flow_read(report, journal);
    size_t fixed = empty_size(&page);
    json_t *data =
        flows ? html_page_data(report, flows, fixed < HTML_PAGE_BYTES_MAX ? HTML_PAGE_BYTES_MAX - fixed : 0)
              : NULL;
    page.data = data;
    if (data)
        html_page_put(&page, out);
    flow_free(flows, report->entry_count);
    json_decref(data);
    return data != NULL;
}

bool report_write_html(const struct report *report, const char *path)
{
    struct report_output output;
    FILE *journal = fopen(report->journal_path, "rbe");
    if (!journal)
        return false;
    bool is_begun = report_output_begin(&output, path);
    int error = errno;
    bool is_good = is_begun && report_put_html(report, journal, output.file);
    fclose(journal);
    errno = error;
    return is_begun && report_output_end(&output, is_good);
}
