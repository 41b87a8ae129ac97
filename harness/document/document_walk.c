/* Positions: walks the text and jansson's tree side by side. The text is known to be JSON without duplicates,
 * so every member and element comes in jansson's order and a token needs no more than to be skipped. */
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

struct cursor {
    const char *at, *end;
    unsigned line, column;
};

static void cursor_step(struct cursor *cursor)
{
    unsigned char byte = (unsigned char)*cursor->at++;
    if (byte == '\n') {
        cursor->line++;
        cursor->column = 1;
    } else if ((byte & 0xc0) != 0x80) {
        cursor->column++;
    }
    /* The continuation bytes belong to the character just counted. */
}

static void cursor_skip_any(struct cursor *cursor, const char *bytes)
{
    while (cursor->at < cursor->end && strchr(bytes, *cursor->at))
        cursor_step(cursor);
}

static void cursor_skip_scalar(struct cursor *cursor)
{
    if (*cursor->at != '"') {
        while (cursor->at < cursor->end && !strchr(" \t\r\n,]}", *cursor->at))
            cursor_step(cursor);
        return;
    }
    cursor_step(cursor);
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if (*cursor->at == '\\')
            cursor_step(cursor);
        cursor_step(cursor);
    }
    cursor_step(cursor);
}

static enum document_kind kind_of(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return DOCUMENT_OBJECT;
    case JSON_ARRAY:
        return DOCUMENT_ARRAY;
    case JSON_STRING:
        return DOCUMENT_STRING;
    case JSON_INTEGER:
        return DOCUMENT_INTEGER;
    case JSON_REAL:
        return DOCUMENT_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return DOCUMENT_BOOLEAN;
    case JSON_NULL:
        break;
    }
    return DOCUMENT_NULL;
}

static bool reject_depth(const struct document_value *value, struct diagnostic *diagnostic)
{
    unsigned depth = 0;
    for (const struct document_value *above = value; above; above = above->parent)
        depth++;
    if (depth <= DOCUMENT_MAX_DEPTH)
        return true;
    return document_reject(diagnostic, value, "a value at depth 65", "nesting no deeper than 64", NULL);
}

static bool walk_value(struct cursor *cursor, struct document_value *value, struct diagnostic *diagnostic);

static bool walk_container(struct cursor *cursor, struct document_value *value, struct diagnostic *diagnostic)
{
    bool is_object = value->kind == DOCUMENT_OBJECT;
    size_t count = is_object ? json_object_size(value->json) : json_array_size(value->json);
    value->children = count ? calloc(count, sizeof *value->children) : NULL;
    if (count && !value->children)
        return document_reject(diagnostic, value, "no memory left", "memory for the file", NULL);
    value->count = count;
    void *member = is_object ? json_object_iter(value->json) : NULL;
    cursor_step(cursor);
    for (size_t i = 0; i < count; i++) {
        struct document_value *child = &value->children[i];
        child->document = value->document;
        child->parent = value;
        child->index = i;
        if (is_object) {
            child->name = json_object_iter_key(member);
            child->name_size = json_object_iter_key_len(member);
            child->json = json_object_iter_value(member);
            member = json_object_iter_next(value->json, member);
            cursor_skip_any(cursor, " \t\r\n,");
            child->name_line = cursor->line;
            child->name_column = cursor->column;
            cursor_skip_scalar(cursor);
        } else {
            child->json = json_array_get(value->json, i);
        }
        if (!walk_value(cursor, child, diagnostic))
            return false;
    }
    cursor_skip_any(cursor, " \t\r\n");
    cursor_step(cursor);
    return true;
}

static bool walk_value(struct cursor *cursor, struct document_value *value, struct diagnostic *diagnostic)
{
    cursor_skip_any(cursor, " \t\r\n,:");
    value->kind = kind_of(value->json);
    value->line = cursor->line;
    value->column = cursor->column;
    if (!reject_depth(value, diagnostic))
        return false;
    if (value->kind == DOCUMENT_OBJECT || value->kind == DOCUMENT_ARRAY)
        return walk_container(cursor, value, diagnostic);
    cursor_skip_scalar(cursor);
    return true;
}

bool document_walk(struct document *document, const char *text, size_t size_bytes,
                   struct diagnostic *diagnostic)
{
    struct cursor cursor = {.at = text, .end = text + size_bytes, .line = 1, .column = 1};
    document->root.document = document;
    document->root.json = document->json;
    return walk_value(&cursor, &document->root, diagnostic);
}

void document_value_clear(struct document_value *value)
{
    for (size_t i = 0; i < value->count; i++)
        document_value_clear(&value->children[i]);
    free(value->children);
    value->children = NULL;
    value->count = 0;
}
