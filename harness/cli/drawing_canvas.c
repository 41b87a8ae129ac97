#include "cli/drawing.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LEFT = 6, GAP_WIDE = 22, GAP_NARROW = 14, NOTE_ROOM_LEAST = 36, LINE_MAX_COLUMNS = 320 };

int drawing_column(struct drawing *drawing, const char *host)
{
    for (int i = 0; i < drawing->column_count; i++)
        if (strcmp(drawing->columns[i], host) == 0)
            return i;
    if (drawing->column_count == DRAWING_COLUMNS_MAX)
        return DRAWING_COLUMNS_MAX - 1;
    drawing->columns[drawing->column_count] = host;
    return drawing->column_count++;
}

static unsigned lifeline(const struct drawing *drawing, int column)
{
    return LEFT + (unsigned)column * drawing->gap;
}

static unsigned notes_at(const struct drawing *drawing)
{
    return lifeline(drawing, drawing->column_count - 1) + 3;
}

void drawing_layout(struct drawing *drawing)
{
    drawing->gap = GAP_WIDE;
    while (drawing->gap > GAP_NARROW && notes_at(drawing) + NOTE_ROOM_LEAST > drawing->page->width)
        drawing->gap--;
}

void drawing_name(struct drawing *drawing, const char *name, int column)
{
    if (!name || drawing->name_count == DRAWING_NAMES_MAX)
        return;
    drawing->names[drawing->name_count].name = name;
    drawing->names[drawing->name_count++].column = column;
}

int drawing_named(const struct drawing *drawing, const char *name)
{
    for (int i = drawing->name_count - 1; name && i >= 0; i--)
        if (strcmp(drawing->names[i].name, name) == 0)
            return drawing->names[i].column;
    return DRAWING_NOBODY;
}

static void draw_lifelines(const struct drawing *drawing, char *line)
{
    unsigned end = lifeline(drawing, drawing->column_count - 1) + 1;
    memset(line, ' ', end);
    line[end] = '\0';
    for (int i = 0; i < drawing->column_count; i++)
        line[lifeline(drawing, i)] = '|';
}

/* Text centred between two places, clipped to what is there. */
static void draw_label(char *line, unsigned from, unsigned to, const char *label)
{
    size_t room = to - from, size = strnlen(label, room);
    memcpy(line + from + (room - size) / 2, label, size);
}

static void draw_stroke(const struct drawing *drawing, char *line, const struct drawing_stroke *stroke)
{
    if (stroke->from == DRAWING_NOBODY)
        return;
    unsigned from = lifeline(drawing, stroke->from);
    if (stroke->to == DRAWING_NOBODY || stroke->to == stroke->from) {
        line[from] = stroke->mark ? stroke->mark : '|';
        return;
    }
    unsigned to = lifeline(drawing, stroke->to), left = from < to ? from : to, right = from < to ? to : from;
    memset(line + left + 1, stroke->line, right - left - 1);
    line[from < to ? right - 1 : left + 1] = from < to ? '>' : '<';
    char label[64];
    snprintf(label, sizeof label, " %.60s ", stroke->label ? stroke->label : "");
    if (stroke->label && right - left > 6)
        draw_label(line, left + 3, right - 3, label);
}

void drawing_heads(struct drawing *drawing)
{
    char line[LINE_MAX_COLUMNS];
    unsigned end = lifeline(drawing, drawing->column_count - 1) + drawing->gap;
    memset(line, ' ', end);
    line[end] = '\0';
    for (int i = 0; i < drawing->column_count; i++) {
        size_t size = strlen(drawing->columns[i]), most = drawing->gap - 2;
        if (size > most)
            size = most;
        unsigned at = lifeline(drawing, i);
        memcpy(line + (at >= size / 2 ? at - size / 2 : 0), drawing->columns[i], size);
    }
    while (end > 0 && line[end - 1] == ' ')
        line[--end] = '\0';
    page_put(drawing->page, PAGE_BOLD, "%s\n", line);
}

static void draw_row(struct drawing *drawing, const struct drawing_stroke *stroke, const char *note)
{
    char line[LINE_MAX_COLUMNS], *wrapped = NULL;
    size_t size_bytes = 0;
    draw_lifelines(drawing, line);
    draw_stroke(drawing, line, stroke);
    FILE *memory = open_memstream(&wrapped, &size_bytes);
    if (!memory)
        return;
    struct page notes = {.out = memory, .width = drawing->page->width};
    unsigned indent = notes_at(drawing);
    page_wrap(&notes, indent + 2 * drawing->depth, note ? note : "");
    fclose(memory);
    for (char *row = wrapped, *next; *row; row = next) {
        size_t length = strcspn(row, "\n");
        next = row + length + (row[length] ? 1 : 0);
        fputs(line, drawing->page->out);
        size_t skip = strlen(line);
        if (length > skip)
            fprintf(drawing->page->out, "%.*s", (int)(length - skip), row + skip);
        fputc('\n', drawing->page->out);
        draw_lifelines(drawing, line);
    }
    free(wrapped);
}

/* A stroke with a note beside it. */
void drawing_say(struct drawing *drawing, struct drawing_stroke stroke, const char *format, ...)
{
    char note[DRAWING_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
    draw_row(drawing, &stroke, note);
}
