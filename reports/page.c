/* Text for people: wrapped at a width, with colours where they are wanted. */
#include "reports/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

size_t page_columns(const char *text, size_t size_bytes)
{
    size_t columns = 0;
    for (size_t i = 0; i < size_bytes; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

const char *page_style(const struct page *page, enum page_style style)
{
    static const char *const codes[] = {
        [PAGE_PLAIN] = "\x1b[0m", [PAGE_BOLD] = "\x1b[1m",   [PAGE_DIM] = "\x1b[2m",
        [PAGE_GOOD] = "\x1b[32m", [PAGE_BAD] = "\x1b[1;31m", [PAGE_DOUBT] = "\x1b[33m",
    };
    return page->is_coloured ? codes[style] : "";
}

void page_put(struct page *page, enum page_style style, const char *format, ...)
{
    va_list arguments;
    fputs(style == PAGE_PLAIN ? "" : page_style(page, style), page->out);
    va_start(arguments, format);
    vfprintf(page->out, format, arguments);
    va_end(arguments);
    fputs(style == PAGE_PLAIN ? "" : page_style(page, PAGE_PLAIN), page->out);
}

/* A device can make its way into a reason: control characters must not reach a terminal. */
static void page_put_clean(struct page *page, const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool is_c1 = byte == 0xc2 && i + 1 < size_bytes && (unsigned char)text[i + 1] < 0xa0;
        if (byte < 0x20 || byte == 0x7f || is_c1)
            fputs("\xef\xbf\xbd", page->out);
        else
            fputc(byte, page->out);
        i += is_c1;
    }
}

void page_put_text(struct page *page, const char *text)
{
    page_put_clean(page, text, strlen(text));
}

void page_wrap(struct page *page, unsigned indent, const char *text)
{
    size_t at_column = 0, room = page->width > indent + 20 ? page->width - indent : 20;
    for (const char *word = text + strspn(text, " \t\r\n"); *word;) {
        size_t size = strcspn(word, " \t\r\n"), columns = page_columns(word, size);
        if (at_column && at_column + 1 + columns > room) {
            fputc('\n', page->out);
            at_column = 0;
        }
        if (at_column == 0)
            fprintf(page->out, "%*s", (int)indent, "");
        else
            fputc(' ', page->out);
        page_put_clean(page, word, size);
        at_column += columns + (at_column ? 1 : 0);
        word += size;
        word += strspn(word, " \t\r\n");
    }
    fputc('\n', page->out);
}
