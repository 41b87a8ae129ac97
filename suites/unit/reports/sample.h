/* The sample journals as text. */
#ifndef SUITES_UNIT_REPORTS_SAMPLE_H
#define SUITES_UNIT_REPORTS_SAMPLE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define JOURNALS SIPREUSE_SOURCE_DIR "/suites/unit/reports/journals/"

/* Up to 64 KiB; heap. */
static inline char *text_of(const char *name, size_t *size_bytes)
{
    enum { TEXT_BYTES_MAX = 1 << 16 };
    char path[1024];
    snprintf(path, sizeof path, JOURNALS "%s.jsonl", name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    char *text = calloc(1, TEXT_BYTES_MAX);
    *size_bytes = fread(text, 1, TEXT_BYTES_MAX - 1, file);
    fclose(file);
    return text;
}

#endif
