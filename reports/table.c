/* Several results side by side: requirements downwards, results across, in blocks where the page is too
 * narrow for all of them. */
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLE_WIDTH_DEFAULT = 100,
    TABLE_WIDTH_LEAST = 60,
    TABLE_WIDTH_MOST = 120,
    TABLE_LEVEL_WIDTH = 8,
    TABLE_CELL_LEAST = 9, /* "undecided" */
    TABLE_CELL_MOST = 20,
    TABLE_LABEL_SIZE = 64
};

struct table_row {
    const char *id;
    enum report_level level;
    bool is_derived;
};

struct table {
    struct page page;
    struct report_column *const *columns;
    size_t count;
    char (*labels)[TABLE_LABEL_SIZE];
    int *widths;
    struct table_row *rows;
    size_t row_count;
    int id_width;
    size_t end; /* of the columns that the block in hand has */
};

/* Words that fit a column; REPORT_STATUSES: not in that run. */
static const char *table_word(enum report_status status)
{
    static const char *const words[REPORT_STATUSES + 1] = {"ok",       "NOT OK", "undecided",
                                                           "not exer", "n/a",    "-"};
    return words[status];
}

static const json_t *column_requirements(const struct report_column *column)
{
    return json_object_get(column->result, "requirements");
}

static enum report_status column_status(const struct report_column *column, const char *id)
{
    const json_t *list = column_requirements(column);
    enum report_status status = REPORT_STATUSES;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(report_text(json_array_get(list, i), "id"), id) == 0)
            report_status_parse(report_text(json_array_get(list, i), "status"), &status);
    return status;
}

static const json_t *column_gate(const struct report_column *column)
{
    return json_object_get(column->result, "gate");
}

static const char *column_device(const struct report_column *column)
{
    const char *name = report_text(json_object_get(column->result, "device"), "name");
    return name[0] ? name : "(unknown)";
}

/* ---- what is in it ---- */

static int row_compare(const void *left, const void *right)
{
    const struct table_row *a = left, *b = right;
    return a->level != b->level ? (a->level < b->level ? -1 : 1) : strverscmp(a->id, b->id);
}

static bool table_has_row(const struct table *table, const char *id)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (strcmp(table->rows[i].id, id) == 0)
            return true;
    return false;
}

static void table_collect(struct table *table, const struct report_column *column)
{
    const json_t *list = column_requirements(column);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *line = json_array_get(list, i);
        struct table_row row = {.id = report_text(line, "id"), .level = REPORT_MUST};
        if (!row.id[0] || table_has_row(table, row.id))
            continue;
        report_level_parse(report_text(line, "level"), &row.level);
        row.is_derived = json_is_true(json_object_get(line, "derived"));
        table->rows[table->row_count++] = row;
        int columns = (int)page_columns(row.id, strlen(row.id));
        table->id_width = columns > table->id_width ? columns : table->id_width;
    }
}

/* The device's name; numbered when several results are of the same device. */
static void table_label(struct table *table, size_t index)
{
    const char *name = column_device(table->columns[index]);
    size_t same = 0, before = 0;
    for (size_t i = 0; i < table->count; i++) {
        bool is_same = strcmp(column_device(table->columns[i]), name) == 0;
        same += is_same;
        before += is_same && i < index;
    }
    char number[24] = "";
    if (same > 1)
        snprintf(number, sizeof number, " #%zu", before + 1);
    int room = TABLE_CELL_MOST - (int)strlen(number);
    bool is_long = page_columns(name, strlen(name)) > (size_t)room;
    snprintf(table->labels[index], TABLE_LABEL_SIZE, "%.*s%s%s", is_long ? room - 2 : TABLE_LABEL_SIZE, name,
             is_long ? ".." : "", number);
    int columns = (int)page_columns(table->labels[index], strlen(table->labels[index]));
    table->widths[index] = columns > TABLE_CELL_LEAST ? columns : TABLE_CELL_LEAST;
}

static void table_fini(struct table *table)
{
    free(table->labels);
    free(table->widths);
    free(table->rows);
}

static bool table_init(struct table *table, struct report_column *const *columns, size_t count)
{
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        most += json_array_size(column_requirements(columns[i]));
    table->columns = columns;
    table->count = count;
    table->labels = calloc(count + 1, sizeof *table->labels);
    table->widths = calloc(count + 1, sizeof *table->widths);
    table->rows = calloc(most, sizeof *table->rows);
    if (!table->labels || !table->widths || !table->rows)
        return false;
    table->id_width = (int)strlen("Requirement");
    for (size_t i = 0; i < count; i++) {
        table_collect(table, columns[i]);
        table_label(table, i);
    }
    qsort(table->rows, table->row_count, sizeof *table->rows, row_compare);
    return true;
}

/* ---- printing ---- */

static void table_put_cell(struct table *table, size_t column, enum page_style style, const char *text)
{
    struct page *page = &table->page;
    int padding = table->widths[column] - (int)page_columns(text, strlen(text));
    fputs("  ", page->out);
    fputs(style == PAGE_PLAIN ? "" : page_style(page, style), page->out);
    page_put_text(page, text);
    fputs(style == PAGE_PLAIN ? "" : page_style(page, PAGE_PLAIN), page->out);
    if (column + 1 < table->end && padding > 0)
        fprintf(page->out, "%*s", padding, "");
}

/* The first two cells of a line. */
static void table_put_left(struct table *table, enum page_style style, const char *id, const char *level)
{
    struct page *page = &table->page;
    int padding = table->id_width - (int)page_columns(id, strlen(id));
    fputs("  ", page->out);
    fputs(style == PAGE_PLAIN ? "" : page_style(page, style), page->out);
    page_put_text(page, id);
    fprintf(page->out, "%*s  %s", padding > 0 ? padding : 0, "", level);
    fprintf(page->out, "%*s", TABLE_LEVEL_WIDTH - (int)page_columns(level, strlen(level)), "");
    fputs(style == PAGE_PLAIN ? "" : page_style(page, PAGE_PLAIN), page->out);
}

static void table_put_requirement(struct table *table, const struct table_row *row, size_t first)
{
    char level[16];
    snprintf(level, sizeof level, "%s%s", report_level_word(row->level), row->is_derived ? "°" : "");
    table_put_left(table, PAGE_PLAIN, row->id, level);
    for (size_t i = first; i < table->end; i++) {
        enum report_status status = column_status(table->columns[i], row->id);
        table_put_cell(table, i, report_status_style(status), table_word(status));
    }
    fputc('\n', table->page.out);
}

static size_t table_count(const struct table *table, size_t column, enum report_level level,
                          enum report_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < table->row_count; i++)
        count += table->rows[i].level == level &&
                 column_status(table->columns[column], table->rows[i].id) == status;
    return count;
}

/* How many requirements of a level have a status, one line for each pair that occurs in any result. */
static void table_put_totals(struct table *table, size_t first)
{
    for (enum report_level level = REPORT_MUST; level < REPORT_LEVELS; level++)
        for (enum report_status status = REPORT_CONFORMANT; status < REPORT_STATUSES; status++) {
            size_t total = 0;
            for (size_t i = 0; i < table->count; i++)
                total += table_count(table, i, level, status);
            if (total == 0)
                continue;
            table_put_left(table, PAGE_PLAIN, report_status_word(status), report_level_word(level));
            for (size_t i = first; i < table->end; i++) {
                size_t count = table_count(table, i, level, status);
                char number[24] = "-";
                if (count)
                    snprintf(number, sizeof number, "%zu", count);
                table_put_cell(table, i, count ? report_status_style(status) : PAGE_DIM, number);
            }
            fputc('\n', table->page.out);
        }
}

static void table_put_gates(struct table *table, size_t first)
{
    table_put_left(table, PAGE_BOLD, "Gate", "");
    for (size_t i = first; i < table->end; i++) {
        bool is_met = json_is_true(json_object_get(column_gate(table->columns[i]), "met"));
        table_put_cell(table, i, is_met ? PAGE_GOOD : PAGE_BAD, is_met ? "met" : "NOT met");
    }
    fputc('\n', table->page.out);
}

/* Only where there is something to tell: a run that is not complete decided less than it might have. */
static void table_put_ends(struct table *table, size_t first)
{
    bool is_told = false;
    for (size_t i = 0; i < table->count; i++)
        is_told |= !json_is_true(json_object_get(table->columns[i]->result, "complete"));
    if (!is_told)
        return;
    table_put_left(table, PAGE_PLAIN, "Run", "");
    for (size_t i = first; i < table->end; i++) {
        const struct report_column *column = table->columns[i];
        bool is_complete = json_is_true(json_object_get(column->result, "complete"));
        bool is_stopped = report_column_exit_status(column) != 3; /* by a signal, or at its first failure */
        table_put_cell(table, i, is_complete ? PAGE_PLAIN : PAGE_BAD,
                       is_complete  ? "complete"
                       : is_stopped ? "stopped"
                                    : "cut off");
    }
    fputc('\n', table->page.out);
}

static void table_put_block(struct table *table, size_t first)
{
    FILE *out = table->page.out;
    fputc('\n', out);
    table_put_left(table, PAGE_DIM, "Requirement", "Level");
    for (size_t i = first; i < table->end; i++)
        table_put_cell(table, i, PAGE_BOLD, table->labels[i]);
    fputc('\n', out);
    for (size_t i = 0; i < table->row_count; i++) {
        if (i > 0 && table->rows[i].level != table->rows[i - 1].level)
            fputc('\n', out);
        table_put_requirement(table, &table->rows[i], first);
    }
    fputc('\n', out);
    table_put_totals(table, first);
    table_put_gates(table, first);
    table_put_ends(table, first);
}

/* Which result a column stands for. */
static void table_put_heads(struct table *table)
{
    struct page *page = &table->page;
    for (size_t i = 0; i < table->count; i++) {
        const json_t *result = table->columns[i]->result, *suite = json_object_get(result, "suite");
        const char *version = report_text(json_object_get(result, "device"), "version");
        int64_t duration_ms = report_integer(result, "duration_ms");
        fputs(page_style(page, PAGE_BOLD), page->out);
        page_put_text(page, table->labels[i]);
        fputs(page->is_coloured ? page_style(page, PAGE_PLAIN) : "", page->out);
        fputs(version[0] ? " · " : "", page->out);
        page_put_text(page, version);
        fputs(report_text(suite, "name")[0] ? " · suite " : "", page->out);
        page_put_text(page, report_text(suite, "name"));
        fputs("\n  ", page->out);
        page_put_text(page, report_text(result, "start"));
        fprintf(page->out, "%s%" PRId64 ".%" PRId64 " s · ", report_text(result, "start")[0] ? " · " : "",
                duration_ms / 1000, duration_ms / 100 % 10);
        page_put_text(page, table->columns[i]->where);
        fputc('\n', page->out);
    }
}

static void table_put_reasons(struct table *table)
{
    bool is_first = true;
    for (size_t i = 0; i < table->count; i++) {
        const json_t *reasons = json_object_get(column_gate(table->columns[i]), "reasons");
        for (size_t k = 0; k < json_array_size(reasons); k++) {
            const char *reason = json_string_value(json_array_get(reasons, k));
            char *brief = reason ? report_reason_short(reason) : NULL, *text = NULL;
            if (!brief || asprintf(&text, "%s: %s", table->labels[i], brief) < 0)
                text = NULL;
            if (is_first)
                fputc('\n', table->page.out);
            is_first = false;
            if (text)
                page_wrap(&table->page, 2, text);
            free(text);
            free(brief);
        }
    }
}

void report_print_table(struct report_column *const *columns, size_t count, FILE *out, unsigned width,
                        bool is_coloured)
{
    struct table table = {.page = {.out = out, .is_coloured = is_coloured}};
    table.page.width = width == 0                  ? TABLE_WIDTH_DEFAULT
                       : width < TABLE_WIDTH_LEAST ? TABLE_WIDTH_LEAST
                       : width > TABLE_WIDTH_MOST  ? TABLE_WIDTH_MOST
                                                   : width;
    if (!table_init(&table, columns, count)) {
        table_fini(&table);
        return;
    }
    table_put_heads(&table);
    int left = 2 + table.id_width + 2 + TABLE_LEVEL_WIDTH;
    for (size_t first = 0; first < count; first = table.end) {
        int at = left;
        table.end = first;
        do {
            at += 2 + table.widths[table.end++];
        } while (table.end < count && at + 2 + table.widths[table.end] <= (int)table.page.width);
        table_put_block(&table, first);
    }
    table_put_reasons(&table);
    fputc('\n', out);
    page_put(&table.page, PAGE_DIM,
             "  ok conformant · NOT OK not-conformant · not exer: its control showed no reuse\n"
             "  n/a not applicable · - none, or not in that run · ° derived\n");
    table_fini(&table);
}
