/* Text for people: wrapped at a width, with colours where they are wanted. Private to reports/ and
 * harness/cli/. */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct page {
    FILE *out;
    unsigned width; /* columns */
    bool is_coloured;
};
enum page_style { PAGE_PLAIN, PAGE_BOLD, PAGE_DIM, PAGE_GOOD, PAGE_BAD, PAGE_DOUBT };
const char *page_style(const struct page *page, enum page_style style); /* escape code, "" without colours */
/* Trusted text in a style, without wrapping. */
void page_put(struct page *page, enum page_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Text from elsewhere, control characters replaced. */
void page_put_text(struct page *page, const char *text);
/* A paragraph, every line indented, with a newline at its end; control characters replaced. */
void page_wrap(struct page *page, unsigned indent, const char *text);
/* Columns that UTF-8 text takes, wide characters not considered. */
size_t page_columns(const char *text, size_t size_bytes);

#endif
