/* Strings that cannot fail, and templates with placeholders. */
#ifndef RUN_TEXT_H
#define RUN_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- text.c: strings that cannot fail. Out of memory ends the process: everything that the wire can make
 * grow has a limit of its own. */
void *run_allocate(size_t count, size_t size_bytes); /* zeroed */
char *text_copy(const char *text);                   /* NULL stays NULL */
char *text_upper(const char *text);                  /* likewise, with ASCII letters in upper case; heap */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_format_list(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
/* Escapes \\ \r \n \t \0 \xHH become bytes; NULL: a bad escape. Heap, one NUL behind the end. */
char *text_unescape(const char *text, size_t *size_bytes);
/* A DNS label of at most 63 bytes out of a number and a scenario's id. Heap. */
char *text_zone_label(unsigned long number, const char *id);
/* Six letters and digits that name a run, by its seed. */
void text_run_label(uint64_t seed, char out[8]);

/* ---- template.c */
typedef char *(*template_lookup_fn)(const char *name, void *arg); /* heap; NULL: no such placeholder */
/* Replaces every {placeholder}; "{{" is a brace. NULL: error gets one sentence. NULL text gives an empty
 * string. Heap. */
char *template_expand(const char *text, template_lookup_fn lookup, void *arg, char *error,
                      size_t error_size_bytes);

#endif
