/* What the files of document/ share: values as nodes beside jansson's, and the writing of diagnostics. */
#ifndef DOCUMENT_DOCUMENT_PRIVATE_H
#define DOCUMENT_DOCUMENT_PRIVATE_H

#include <jansson.h>
#include <regex.h>

#include "document/document.h"

struct document_value {
    enum document_kind kind;
    unsigned line, column, name_line,
        name_column; /* name: of the member that this value is; 0 when it is none */
    struct document *document;
    const struct document_value *parent; /* NULL: root */
    const struct document_value *origin; /* in a copy: what the author wrote; NULL: this */
    const char *name;                    /* member's name, jansson's; NULL in arrays */
    size_t name_size;                    /* its bytes */
    size_t index;                        /* in the parent */
    struct document_value *children;
    size_t count;
    json_t *json; /* scalars: borrowed from a document that lives at least as long */
};

struct document_pattern { /* a compiled "pattern" of a schema */
    const struct document_value *value;
    regex_t regex;
};

struct document {
    char *path;
    json_t *json; /* the text's own tree; of a copy: an array of the strings that were replaced */
    struct document_value root;
    bool is_sound; /* as a schema: checked once */
    struct document_pattern *patterns;
    size_t pattern_count, pattern_capacity;
};

/* Where in a text something stands. */
struct document_place {
    unsigned line, column; /* from 1, in characters */
    char *pointer;         /* heap; NULL when memory ran out */
    size_t start, end;     /* byte offsets of the token there */
    bool is_too_deep;      /* the place is where nesting went too deep, which is the earlier mistake */
};

/* document_place.c: the place of the last token that begins before the byte offset limit; for files that
 * jansson refused. */
bool document_place_find(const char *text, size_t size_bytes, size_t limit, struct document_place *out);
/* Adds "/NAME" escaped as RFC 6901 §3 says. */
bool document_pointer_append(char **pointer, const char *name, size_t size_bytes);

/* document_walk.c: gives every value of a text that jansson took its position. Fails on too deep a nesting
 * only (or memory). */
bool document_walk(struct document *document, const char *text, size_t size_bytes,
                   struct diagnostic *diagnostic);
void document_value_clear(struct document_value *value);

/* document_diagnostic.c: text that grows up to a limit, whole characters only. */
struct document_text {
    char *out;
    size_t size_bytes, length;
};
void document_text_add(struct document_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "'a', 'b', …" cut when it gets long. */
void document_text_list(struct document_text *text, const char *const *words, size_t count);
/* Describes a value as a reader would: a string in quotes, "an array of 3", … */
void document_describe(const struct document_value *value, char *out, size_t size_bytes);
void diagnostic_set(struct diagnostic *diagnostic, const char *path, unsigned line, unsigned column,
                    const char *pointer, const char *found, const char *expected, const char *nearest);

/* document_schema.c */
enum { SCHEMA_REF_MAX = 32, SCHEMA_WORDS_MAX = 256 };
bool document_schema_is_sound(const struct document *schema, struct diagnostic *diagnostic);
/* Follows $ref; NULL when it leads nowhere or in a circle (a sound schema has none). */
const struct document_value *document_schema_resolve(const struct document_value *schema);
/* The regex of a "pattern" value; NULL when it does not compile. */
const regex_t *document_schema_pattern(const struct document_value *pattern);

/* document_check.c */
struct document_check_state {
    struct diagnostic *diagnostic;
    unsigned depth; /* of the value that the diagnostic is about: branches of a choice are ranked by it */
    unsigned recursion;
};
bool document_check_value(struct document_check_state *state, const struct document_value *schema,
                          const struct document_value *value);
/* Sets the diagnostic and its depth; false always. */
bool document_check_fail(struct document_check_state *state, const struct document_value *value,
                         const char *found, const char *expected, const char *nearest);
bool document_check_fail_name(struct document_check_state *state, const struct document_value *value,
                              const char *found, const char *expected,
                              const char *nearest); /* at the member's name */
bool document_check_has_type(const struct document_value *type, const struct document_value *value);
void document_check_describe_type(struct document_text *text, const struct document_value *type);

/* document_choice.c: oneOf (exactly one) and anyOf. */
bool document_check_choice(struct document_check_state *state, const struct document_value *branches,
                           bool is_one, const struct document_value *value);

#endif
