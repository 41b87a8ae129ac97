/* Schemas: which keywords we understand, whether a schema uses no others, and where its references lead. A
 * keyword that the check would pass over in silence would let the schema that an editor uses drift apart from
 * what the program enforces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

/* What a keyword's value holds. */
enum keyword_kind {
    KEYWORD_NOTE,    /* no constraint */
    KEYWORD_VALUE,   /* any value, number, list of values: no subschema */
    KEYWORD_SCHEMA,  /* a subschema (additionalProperties: or a boolean) */
    KEYWORD_SCHEMAS, /* an object of subschemas */
    KEYWORD_SCHEMA_LIST,
    KEYWORD_REF,
    KEYWORD_PATTERN
};
static const struct keyword {
    const char *name;
    enum keyword_kind kind;
} keywords[] = {
    {"$ref", KEYWORD_REF},
    {"$defs", KEYWORD_SCHEMAS},
    {"type", KEYWORD_VALUE},
    {"enum", KEYWORD_VALUE},
    {"const", KEYWORD_VALUE},
    {"properties", KEYWORD_SCHEMAS},
    {"required", KEYWORD_VALUE},
    {"items", KEYWORD_SCHEMA},
    {"additionalProperties", KEYWORD_SCHEMA},
    {"minItems", KEYWORD_VALUE},
    {"maxItems", KEYWORD_VALUE},
    {"patternProperties", KEYWORD_SCHEMAS},
    {"minProperties", KEYWORD_VALUE},
    {"maxProperties", KEYWORD_VALUE},
    {"propertyNames", KEYWORD_SCHEMA},
    {"minLength", KEYWORD_VALUE},
    {"maxLength", KEYWORD_VALUE},
    {"pattern", KEYWORD_PATTERN},
    {"minimum", KEYWORD_VALUE},
    {"maximum", KEYWORD_VALUE},
    {"oneOf", KEYWORD_SCHEMA_LIST},
    {"anyOf", KEYWORD_SCHEMA_LIST},
    {"description", KEYWORD_NOTE},
    {"title", KEYWORD_NOTE},
    {"$schema", KEYWORD_NOTE},
    {"$id", KEYWORD_NOTE},
    {"$comment", KEYWORD_NOTE},
    {"default", KEYWORD_NOTE},
    {"examples", KEYWORD_NOTE},
};
enum { KEYWORD_COUNT = sizeof keywords / sizeof keywords[0] };

static bool schema_is_sound(const struct document_value *schema, struct diagnostic *diagnostic);

static bool children_are_sound(const struct document_value *parent, struct diagnostic *diagnostic)
{
    for (size_t i = 0; i < parent->count; i++)
        if (!schema_is_sound(&parent->children[i], diagnostic))
            return false;
    return true;
}

static bool keyword_is_sound(enum keyword_kind kind, const struct document_value *value,
                             struct diagnostic *diagnostic)
{
    switch (kind) {
    case KEYWORD_NOTE:
    case KEYWORD_VALUE:
        return true;
    case KEYWORD_SCHEMA:
        return schema_is_sound(value, diagnostic);
    case KEYWORD_SCHEMAS:
        if (value->kind != DOCUMENT_OBJECT)
            return document_reject(diagnostic, value, NULL, "an object of schemas", NULL);
        if (value->name && strcmp(value->name, "patternProperties") == 0)
            for (size_t i = 0; i < value->count; i++)
                if (!document_schema_pattern(&value->children[i]))
                    return document_reject_name(diagnostic, &value->children[i], NULL,
                                                "a POSIX extended regular expression", NULL);
        return children_are_sound(value, diagnostic);
    case KEYWORD_SCHEMA_LIST:
        if (value->kind != DOCUMENT_ARRAY || value->count == 0)
            return document_reject(diagnostic, value, NULL, "an array of schemas", NULL);
        return children_are_sound(value, diagnostic);
    case KEYWORD_REF:
        if (!document_schema_resolve(value->parent))
            return document_reject(diagnostic, value, NULL,
                                   "a reference within the file that leads somewhere", NULL);
        return true;
    case KEYWORD_PATTERN:
        if (!document_schema_pattern(value))
            return document_reject(diagnostic, value, NULL, "a POSIX extended regular expression", NULL);
        return true;
    }
    return false;
}

static bool schema_is_sound(const struct document_value *schema, struct diagnostic *diagnostic)
{
    if (schema->kind == DOCUMENT_BOOLEAN)
        return true;
    if (schema->kind != DOCUMENT_OBJECT)
        return document_reject(diagnostic, schema, NULL, "a schema", NULL);
    for (size_t i = 0; i < schema->count; i++) {
        const struct document_value *member = &schema->children[i];
        size_t k = 0;
        while (k < KEYWORD_COUNT && strcmp(keywords[k].name, member->name) != 0)
            k++;
        if (k == KEYWORD_COUNT) {
            const char *names[KEYWORD_COUNT];
            char found[160];
            for (size_t n = 0; n < KEYWORD_COUNT; n++)
                names[n] = keywords[n].name;
            snprintf(found, sizeof found, "the keyword '%.100s'", member->name);
            return document_reject_name(diagnostic, member, found,
                                        "a keyword of our subset of JSON Schema 2020-12",
                                        document_nearest(member->name, names, KEYWORD_COUNT));
        }
        if (!keyword_is_sound(keywords[k].kind, member, diagnostic))
            return false;
    }
    return true;
}

bool document_schema_is_sound(const struct document *schema, struct diagnostic *diagnostic)
{
    if (schema->is_sound)
        return true;
    if (!schema_is_sound(&schema->root, diagnostic))
        return false;
    /* Written through the node's own pointer: the document is const for the caller, this is a note of ours
     * about it. */
    schema->root.document->is_sound = true;
    return true;
}

static const struct document_value *reference_follow(const struct document_value *ref)
{
    const char *text = document_string(ref);
    if (!text || strncmp(text, "#/$defs/", 8) != 0)
        return NULL;
    return document_member(document_member(&ref->document->root, "$defs"), text + 8);
}

const struct document_value *document_schema_resolve(const struct document_value *schema)
{
    for (int i = 0; schema && i < SCHEMA_REF_MAX; i++) {
        const struct document_value *ref = document_member(schema, "$ref");
        if (!ref)
            return schema;
        schema = reference_follow(ref);
    }
    return NULL;
}

const regex_t *document_schema_pattern(const struct document_value *pattern)
{
    struct document *schema = pattern->document;
    /* A member of patternProperties has its pattern as its name, "pattern" has it as its value. */
    const char *text = pattern->kind == DOCUMENT_STRING ? document_string(pattern) : pattern->name;
    for (size_t i = 0; i < schema->pattern_count; i++)
        if (schema->patterns[i].value == pattern)
            return &schema->patterns[i].regex;
    if (schema->pattern_count == schema->pattern_capacity) {
        size_t capacity = schema->pattern_capacity ? schema->pattern_capacity * 2 : 16;
        struct document_pattern *larger = realloc(schema->patterns, capacity * sizeof *larger);
        if (!larger)
            return NULL;
        schema->patterns = larger;
        schema->pattern_capacity = capacity;
    }
    struct document_pattern *next = &schema->patterns[schema->pattern_count];
    next->value = pattern;
    if (regcomp(&next->regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        return NULL;
    schema->pattern_count++;
    return &next->regex;
}
