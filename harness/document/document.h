/* document: JSON files with positions, and diagnostics for their authors.
 *
 * jansson decides what is JSON; line and column come from our own pass over the text, because jansson keeps
 * none. A document owns its text and values; values live as long as their document. Shape is checked against
 * a JSON Schema file of the tree (a stated subset of 2020-12), so that the schema an editor uses and the
 * check of the program cannot drift apart. One diagnostic per check: the first wrong thing wins. */
#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { DOCUMENT_MAX_BYTES = 4 << 20, DOCUMENT_MAX_DEPTH = 64, DIAGNOSTIC_TEXT_MAX = 1024 };

/* "FILE:LINE:COL: /json/pointer: found …; expected …; nearest '…'". One line; the whole file is written "/",
 * "; nearest" is left out where nothing is near, control characters are shown as \xHH. */
struct diagnostic {
    bool is_set;
    char text[DIAGNOSTIC_TEXT_MAX];
};

struct document;
struct document_value;

enum document_kind {
    DOCUMENT_NULL,
    DOCUMENT_BOOLEAN,
    DOCUMENT_INTEGER,
    DOCUMENT_REAL,
    DOCUMENT_STRING,
    DOCUMENT_ARRAY,
    DOCUMENT_OBJECT
};

/* Reads and parses; NULL with the diagnostic set: cannot be read, too large, not UTF-8, not JSON, a member
 * twice, too deep, a NUL escape where none is allowed. */
struct document *document_load(const char *path, struct diagnostic *diagnostic);
/* Likewise from memory; name stands where the path would. */
struct document *document_parse(const char *name, const char *text, size_t size_bytes,
                                struct diagnostic *diagnostic);
void document_free(struct document *document);
const char *document_path(const struct document *document);
const struct document_value *document_root(const struct document *document);

enum document_kind document_kind(const struct document_value *value);
/* NULL when it is no string; may hold no NUL. */
const char *document_string(const struct document_value *value);
bool document_boolean(const struct document_value *value);    /* false when no boolean */
int64_t document_integer(const struct document_value *value); /* 0 when no number */
double document_real(const struct document_value *value);
size_t document_count(const struct document_value *value); /* of array or object */
/* Array element, or member by position. */
const struct document_value *document_at(const struct document_value *value, size_t index);
const char *document_key(const struct document_value *object, size_t index); /* member's name */
/* NULL: absent, or no object. */
const struct document_value *document_member(const struct document_value *object, const char *name);
unsigned document_line(const struct document_value *value);   /* from 1 */
unsigned document_column(const struct document_value *value); /* from 1, in characters */
char *document_pointer(const struct document_value *value); /* JSON pointer (RFC 6901); heap, caller frees */

/* Sets the diagnostic, unless one is set already. nearest may be NULL. found NULL: the value itself is
 * described. Returns false always. */
bool document_reject(struct diagnostic *diagnostic, const struct document_value *value, const char *found,
                     const char *expected, const char *nearest);
/* Likewise, pointing at the name of the member that value is (at value itself when it is no member). */
bool document_reject_name(struct diagnostic *diagnostic, const struct document_value *value,
                          const char *found, const char *expected, const char *nearest);
/* Likewise for what is wrong with a file as a whole: line 1, column 1. */
bool document_reject_file(struct diagnostic *diagnostic, const char *path, const char *found,
                          const char *expected, const char *nearest);
/* The candidate closest to word by edit distance, NULL when none is near. */
const char *document_nearest(const char *word, const char *const *candidates, size_t count);

/* Checks value against a schema document. Understood: $ref (within the file), $defs, type, enum, const,
 * properties, required, additionalProperties, patternProperties, propertyNames/pattern, items, minItems,
 * maxItems, minProperties, maxProperties, minLength, maxLength, pattern (POSIX extended), minimum, maximum,
 * oneOf/anyOf, description, title, $schema, $id, default, examples. Any other keyword in the schema is an
 * error of the schema. false: the diagnostic names the deepest most specific mistake. */
bool document_check(const struct document *schema, const struct document_value *value,
                    struct diagnostic *diagnostic);
/* Likewise against "#/$defs/DEFINITION" of the schema. */
bool document_check_definition(const struct document *schema, const char *definition,
                               const struct document_value *value, struct diagnostic *diagnostic);

/* length bytes as a JSON string with its quotes; what is no UTF-8 stays so. */
void document_write_string(FILE *out, const char *text, size_t length);

/* Decides what stands instead of a string value: *value (copied as it is, from a document that outlives the
 * copy), or *text (heap, taken over). Neither set: the string stays. false: give up; the callback has set its
 * own diagnostic. */
typedef bool (*document_replace_cb)(const struct document_value *string, const struct document_value **value,
                                    char **text, void *arg);
/* A copy with strings replaced, member names left alone. Every value of the copy keeps the line, column and
 * pointer of what the author wrote, so diagnostics about the copy point into the file. The original has to
 * outlive it. NULL: the callback gave up, or no memory. */
struct document *document_substitute(const struct document *document, document_replace_cb replace, void *arg);

#endif
