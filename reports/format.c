/* The formats, by name. */
#include "reports/reports_private.h"

#include <string.h>

static const struct report_format formats[] = {{"json", "result.json", report_put_result},
                                               {"junit", "junit.xml", report_put_junit},
                                               {"tap", "results.tap", report_put_tap},
                                               {"markdown", "summary.md", report_put_markdown},
                                               {"badge", "badge.json", report_put_badge}};

const struct report_format *report_format_at(size_t index)
{
    return index < sizeof formats / sizeof *formats ? &formats[index] : NULL;
}

const struct report_format *report_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

bool report_write_format(const struct report *report, const struct report_format *format, const char *path)
{
    struct report_output output;
    if (!report_output_begin(&output, path))
        return false;
    return report_output_end(&output, format->put(report, output.file));
}

bool report_write_result(const struct report *report, const char *path)
{
    return report_write_format(report, report_format_find("json"), path);
}

bool report_write_junit(const struct report *report, const char *path)
{
    return report_write_format(report, report_format_find("junit"), path);
}
