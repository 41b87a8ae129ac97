/* The place of a token in a text that may break off or go wrong there: for syntax errors, where no tree
 * exists yet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

enum { PLACE_DEPTH_MAX = DOCUMENT_MAX_DEPTH + 1 };

struct place_level {
    bool is_object, awaits_name;
    size_t index;
    size_t name_start, name_end; /* of the member's name without quotes; equal: none yet */
};

bool document_pointer_append(char **pointer, const char *name, size_t size_bytes)
{
    size_t length = strlen(*pointer);
    char *longer = realloc(*pointer, length + 2 * size_bytes + 2);
    if (!longer)
        return false;
    *pointer = longer;
    char *at = longer + length;
    *at++ = '/';
    for (size_t i = 0; i < size_bytes; i++) {
        if (name[i] == '~' || name[i] == '/') {
            *at++ = '~';
            *at++ = name[i] == '~' ? '0' : '1';
        } else {
            *at++ = name[i];
        }
    }
    *at = '\0';
    return true;
}

static char *place_pointer(const char *text, const struct place_level *levels, size_t depth)
{
    char *pointer = calloc(1, 1);
    for (size_t i = 0; pointer && i < depth && i < PLACE_DEPTH_MAX; i++) {
        const struct place_level *level = &levels[i];
        char index[24];
        bool is_added = true;
        if (level->is_object && level->name_end >= level->name_start && level->name_start)
            is_added = document_pointer_append(&pointer, text + level->name_start,
                                               level->name_end - level->name_start);
        else if (!level->is_object)
            is_added = document_pointer_append(&pointer, index,
                                               (size_t)snprintf(index, sizeof index, "%zu", level->index));
        if (!is_added) {
            free(pointer);
            pointer = NULL;
        }
    }
    return pointer;
}

static size_t token_end(const char *text, size_t size_bytes, size_t at)
{
    if (strchr("[]{},:", text[at]))
        return at + 1;
    if (text[at] != '"') {
        while (at < size_bytes && !strchr(" \t\r\n[]{},:\"", text[at]))
            at++;
        return at;
    }
    for (at++; at < size_bytes && text[at] != '"' && text[at] != '\n'; at++)
        if (text[at] == '\\' && at + 1 < size_bytes)
            at++;
    return at < size_bytes && text[at] == '"' ? at + 1 : at;
}

/* Keeps count of where we are, token by token, without asking whether the order makes sense. */
static size_t place_follow(struct place_level *levels, size_t depth, const char *text, size_t start,
                           size_t end)
{
    char first = text[start];
    struct place_level *top = depth > 0 && depth <= PLACE_DEPTH_MAX ? &levels[depth - 1] : NULL;
    if (first == '{' || first == '[') {
        if (depth < PLACE_DEPTH_MAX)
            levels[depth] = (struct place_level){.is_object = first == '{', .awaits_name = first == '{'};
        return depth + 1;
    }
    if (first == '}' || first == ']')
        return depth ? depth - 1 : 0;
    if (first == ',' && top) {
        top->index++;
        top->awaits_name = top->is_object;
        top->name_start = top->name_end = 0;
    } else if (first == '"' && top && top->awaits_name) {
        top->name_start = start + 1;
        top->name_end = end > start + 1 && text[end - 1] == '"' ? end - 1 : end;
        top->awaits_name = false;
    }
    return depth;
}

bool document_place_find(const char *text, size_t size_bytes, size_t limit, struct document_place *out)
{
    struct place_level levels[PLACE_DEPTH_MAX] = {0};
    size_t depth = 0, at = 0, start = 0, end = 0;
    bool is_too_deep = false, is_end = limit == SIZE_MAX; /* the end of the file itself is meant */
    for (;;) {
        while (at < size_bytes && strchr(" \t\r\n", text[at]))
            at++;
        if (at >= size_bytes || at >= limit)
            break;
        start = at;
        end = at = token_end(text, size_bytes, at);
        bool is_closing = text[start] == '}' || text[start] == ']';
        bool is_last = !is_end && (at >= limit || at >= size_bytes);
        /* A bracket that is itself the mistake is named by the container that it stands in. */
        if (!(is_last && (is_closing || text[start] == '{' || text[start] == '[')))
            depth = place_follow(levels, depth, text, start, end);
        if (depth > DOCUMENT_MAX_DEPTH) {
            depth--; /* the place is where that value stands, not what is in it */
            is_too_deep = true;
            break;
        }
    }
    if (is_end && !is_too_deep)
        start = end = size_bytes;
    *out = (struct document_place){
        .line = 1, .column = 1, .start = start, .end = end, .is_too_deep = is_too_deep};
    for (size_t i = 0; i < start; i++) {
        if (text[i] == '\n') {
            out->line++;
            out->column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            out->column++;
        }
    }
    out->pointer = place_pointer(text, levels, depth);
    return out->pointer != NULL;
}
