/* Copies with strings replaced, for files in which a placeholder stands for a value of any type. */
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

struct substitution {
    struct document *copy;
    document_replace_cb replace;
    void *arg;
};

static bool copy_value(struct substitution *substitution, struct document_value *to,
                       const struct document_value *from, bool is_final);

/* Scalars borrow jansson's value of the original; a container's children are copied one by one. */
static bool copy_content(struct substitution *substitution, struct document_value *to,
                         const struct document_value *from, bool is_final)
{
    to->kind = from->kind;
    to->line = from->line;
    to->column = from->column;
    to->origin = from->origin ? from->origin : from;
    to->document = substitution->copy;
    to->json = from->json;
    if (from->count == 0)
        return true;
    to->children = calloc(from->count, sizeof *to->children);
    if (!to->children)
        return false;
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        const struct document_value *child = &from->children[i];
        struct document_value *copy = &to->children[i];
        copy->parent = to;
        copy->index = i;
        copy->name = child->name;
        copy->name_size = child->name_size;
        copy->name_line = child->name_line;
        copy->name_column = child->name_column;
        if (!copy_value(substitution, copy, child, is_final))
            return false;
    }
    return true;
}

static bool copy_value(struct substitution *substitution, struct document_value *to,
                       const struct document_value *from, bool is_final)
{
    if (is_final || from->kind != DOCUMENT_STRING)
        return copy_content(substitution, to, from, is_final);
    const struct document_value *value = NULL;
    char *text = NULL;
    if (!substitution->replace(from, &value, &text, substitution->arg))
        return false;
    /* What comes from elsewhere is not looked at again: a replacement cannot lead to itself. */
    if (!copy_content(substitution, to, value ? value : from, true)) {
        free(text);
        return false;
    }
    if (!text)
        return true;
    to->json = json_string(text);
    free(text);
    return json_array_append_new(substitution->copy->json, to->json) == 0;
}

struct document *document_substitute(const struct document *document, document_replace_cb replace, void *arg)
{
    struct document *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    copy->path = strdup(document->path);
    copy->json = json_array();
    struct substitution substitution = {.copy = copy, .replace = replace, .arg = arg};
    if (!copy->path || !copy->json || !copy_value(&substitution, &copy->root, &document->root, false)) {
        document_free(copy);
        return NULL;
    }
    return copy;
}
