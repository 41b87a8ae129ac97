/* One result as a column of the table: made from the journal, or read from a result.json alone. */
#include "reports/reports_private.h"

#include <stdlib.h>
#include <string.h>

#define RESULT_SCHEMA_READ "sipreuse-result/1"

static struct report_column *column_new(json_t *result, const char *where)
{
    struct report_column *column = calloc(1, sizeof *column);
    if (column)
        *column = (struct report_column){.result = json_incref(result), .where = strdup(where)};
    json_decref(result);
    if (column && column->result && column->where)
        return column;
    report_column_free(column);
    return NULL;
}

struct report_column *report_column_of(const struct report *report, const char *where)
{
    return column_new(report_result_json(report), where);
}

struct report_column *report_column_load(const char *result_path, char *error, size_t error_size_bytes)
{
    json_error_t json_error = {0};
    json_t *result = json_load_file(result_path, JSON_REJECT_DUPLICATES, &json_error);
    if (!result) {
        snprintf(error, error_size_bytes, "'%s' cannot be read as a result: %s", result_path,
                 json_error.text);
        return NULL;
    }
    if (strcmp(report_text(result, "schema"), RESULT_SCHEMA_READ) != 0) {
        snprintf(error, error_size_bytes, "'%s' is no result of a run", result_path);
        json_decref(result);
        return NULL;
    }
    struct report_column *column = column_new(result, result_path);
    if (!column)
        snprintf(error, error_size_bytes, "'%s': out of memory", result_path);
    return column;
}

void report_column_free(struct report_column *column)
{
    if (!column)
        return;
    json_decref(column->result);
    free(column->where);
    free(column);
}

int report_column_exit_status(const struct report_column *column)
{
    return (int)report_integer(column->result, "exit_status");
}
