/* Looking at values. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

enum document_kind document_kind(const struct document_value *value)
{
    return value->kind;
}

const char *document_string(const struct document_value *value)
{
    return value && value->kind == DOCUMENT_STRING ? json_string_value(value->json) : NULL;
}

bool document_boolean(const struct document_value *value)
{
    return value && value->kind == DOCUMENT_BOOLEAN && json_is_true(value->json);
}

int64_t document_integer(const struct document_value *value)
{
    if (value && value->kind == DOCUMENT_INTEGER)
        return json_integer_value(value->json);
    if (!value || value->kind != DOCUMENT_REAL)
        return 0;
    double real = json_real_value(value->json);
    /* 2^63 is the first double beyond; NaN cannot come out of JSON. */
    return real >= 0x1p63 ? INT64_MAX : real < -0x1p63 ? INT64_MIN : (int64_t)real;
}

double document_real(const struct document_value *value)
{
    return value ? json_number_value(value->json) : 0;
}

size_t document_count(const struct document_value *value)
{
    return value ? value->count : 0;
}

const struct document_value *document_at(const struct document_value *value, size_t index)
{
    return value && index < value->count ? &value->children[index] : NULL;
}

const char *document_key(const struct document_value *object, size_t index)
{
    return object && index < object->count ? object->children[index].name : NULL;
}

const struct document_value *document_member(const struct document_value *object, const char *name)
{
    if (!object || object->kind != DOCUMENT_OBJECT)
        return NULL;
    /* Loading scenarios is mostly this, asked of schemas: most names differ in length already. */
    size_t size = strlen(name);
    for (size_t i = 0; i < object->count; i++)
        if (object->children[i].name_size == size && memcmp(object->children[i].name, name, size) == 0)
            return &object->children[i];
    return NULL;
}

unsigned document_line(const struct document_value *value)
{
    return value->line;
}

unsigned document_column(const struct document_value *value)
{
    return value->column;
}

char *document_pointer(const struct document_value *value)
{
    const struct document_value *path[DOCUMENT_MAX_DEPTH + 2];
    size_t depth = 0;
    if (value->origin)
        value = value->origin;
    for (; value->parent && depth < sizeof path / sizeof path[0]; value = value->parent)
        path[depth++] = value;
    char *pointer = calloc(1, 1);
    while (pointer && depth > 0) {
        const struct document_value *step = path[--depth];
        char index[24];
        const char *name = step->name ? step->name : index;
        if (!step->name)
            snprintf(index, sizeof index, "%zu", step->index);
        if (!document_pointer_append(&pointer, name, strlen(name))) {
            free(pointer);
            return NULL;
        }
    }
    return pointer;
}
