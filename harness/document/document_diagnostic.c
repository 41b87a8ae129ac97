/* Diagnostics: one line that names the place, what was found, what was expected and the nearest word. The
 * first one wins. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "document/document_private.h"

enum { LIST_BYTES_MAX = 420, SHOWN_BYTES_MAX = 80, WORD_BYTES_MAX = 64 };

/* Drops what a cut has left of a character. */
static void text_trim_partial(struct document_text *text)
{
    size_t start = text->length;
    while (start > 0 && ((unsigned char)text->out[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char first = (unsigned char)text->out[start - 1];
    size_t wants = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
    if (wants > text->length - (start - 1))
        text->length = start - 1;
    text->out[text->length] = '\0';
}

void document_text_add(struct document_text *text, const char *format, ...)
{
    if (text->length + 1 >= text->size_bytes)
        return;
    va_list arguments;
    va_start(arguments, format);
    size_t room = text->size_bytes - text->length;
    int wanted = vsnprintf(text->out + text->length, room, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return;
    if ((size_t)wanted >= room) {
        text->length = text->size_bytes - 1;
        text_trim_partial(text);
        return;
    }
    text->length += (size_t)wanted;
}

/* A diagnostic is one line, whatever stands in a file. */
static void text_add_plain(struct document_text *text, const char *words)
{
    for (; *words; words++) {
        unsigned char byte = (unsigned char)*words;
        if (byte < 0x20 || byte == 0x7f)
            document_text_add(text, "\\x%02x", byte);
        else
            document_text_add(text, "%c", *words);
    }
}

void document_text_list(struct document_text *text, const char *const *words, size_t count)
{
    size_t start = text->length;
    for (size_t i = 0; i < count; i++) {
        if (text->length - start > LIST_BYTES_MAX) {
            document_text_add(text, ", …");
            return;
        }
        document_text_add(text, "%s'%s'", i ? ", " : "", words[i]);
    }
}

void document_describe(const struct document_value *value, char *out, size_t size_bytes)
{
    struct document_text text = {.out = out, .size_bytes = size_bytes};
    char part[SHOWN_BYTES_MAX + 1];
    struct document_text cut = {.out = part, .size_bytes = sizeof part};
    out[0] = '\0';
    switch (value->kind) {
    case DOCUMENT_NULL:
        document_text_add(&text, "null");
        return;
    case DOCUMENT_BOOLEAN:
        document_text_add(&text, "%s", document_boolean(value) ? "true" : "false");
        return;
    case DOCUMENT_INTEGER:
        document_text_add(&text, "%lld", (long long)document_integer(value));
        return;
    case DOCUMENT_REAL:
        document_text_add(&text, "%g", document_real(value));
        return;
    case DOCUMENT_STRING:
        document_text_add(&cut, "%s", document_string(value));
        document_text_add(&text, "'%s%s'", part, strlen(document_string(value)) > cut.length ? "…" : "");
        return;
    case DOCUMENT_ARRAY:
        document_text_add(&text, value->count ? "an array of %zu" : "an empty array", value->count);
        return;
    case DOCUMENT_OBJECT:
        document_text_add(&text, value->count ? "an object" : "an empty object");
        return;
    }
}

void diagnostic_set(struct diagnostic *diagnostic, const char *path, unsigned line, unsigned column,
                    const char *pointer, const char *found, const char *expected, const char *nearest)
{
    if (!diagnostic || diagnostic->is_set)
        return;
    struct document_text text = {.out = diagnostic->text, .size_bytes = sizeof diagnostic->text};
    diagnostic->is_set = true;
    diagnostic->text[0] = '\0';
    text_add_plain(&text, path);
    document_text_add(&text, ":%u:%u: ", line, column);
    text_add_plain(&text, *pointer ? pointer : "/");
    document_text_add(&text, ": found ");
    text_add_plain(&text, found);
    document_text_add(&text, "; expected ");
    text_add_plain(&text, expected);
    if (nearest) {
        document_text_add(&text, "; nearest '");
        text_add_plain(&text, nearest);
        document_text_add(&text, "'");
    }
    if (text.length + 1 >= text.size_bytes)
        text_trim_partial(&text);
}

static bool reject_at(struct diagnostic *diagnostic, const struct document_value *value, unsigned line,
                      unsigned column, const char *found, const char *expected, const char *nearest)
{
    if (!diagnostic || diagnostic->is_set)
        return false;
    char described[SHOWN_BYTES_MAX + 16];
    document_describe(value, described, sizeof described);
    char *pointer = document_pointer(value);
    diagnostic_set(diagnostic, value->document->path, line, column, pointer ? pointer : "",
                   found ? found : described, expected, nearest);
    free(pointer);
    return false;
}

bool document_reject(struct diagnostic *diagnostic, const struct document_value *value, const char *found,
                     const char *expected, const char *nearest)
{
    return reject_at(diagnostic, value, value->line, value->column, found, expected, nearest);
}

bool document_reject_name(struct diagnostic *diagnostic, const struct document_value *value,
                          const char *found, const char *expected, const char *nearest)
{
    if (!value->name_line)
        return document_reject(diagnostic, value, found, expected, nearest);
    return reject_at(diagnostic, value, value->name_line, value->name_column, found, expected, nearest);
}

bool document_reject_file(struct diagnostic *diagnostic, const char *path, const char *found,
                          const char *expected, const char *nearest)
{
    diagnostic_set(diagnostic, path, 1, 1, "", found, expected, nearest);
    return false;
}

static unsigned char lower(char byte)
{
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
}

/* Edit distance in which two letters that changed places count once. Case does not count at all. */
static size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]) &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_length];
}

const char *document_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word), best = SIZE_MAX;
    const char *nearest = NULL;
    if (length > WORD_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > WORD_BYTES_MAX)
            continue;
        /* A third of the longer word may differ: more is a different word, not a slip. */
        size_t longer = length > candidate_length ? length : candidate_length;
        size_t distance = word_distance(word, length, candidates[i], candidate_length);
        if (distance < best && distance <= (longer + 2) / 3 && distance < longer) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
