/* A page out of its parts. */
#include <string.h>

#include "reports/html.h"

/* Characters that would turn the text around them: the embeddings, overrides and isolates of bidi. */
static bool is_bidi(const unsigned char *at)
{
    return at[0] == 0xe2 &&
           ((at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xaa && at[2] <= 0xae))) ||
            (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

void html_put_text(FILE *out, const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        bool is_c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        if (strchr("<>&\"'", *at))
            report_put_entity(out, (char)*at);
        else if (is_bidi(at) || is_c1 || (*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
            fputs(replacement, out);
        else
            fputc(*at, out);
        at += is_bidi(at) ? 2 : is_c1 ? 1 : 0;
    }
}

/* Within a script element only "</script" and "<!--" matter to a browser: no '<' at all is simpler to be sure
 * of. */
static int put_data(const char *buffer, size_t size_bytes, void *arg)
{
    FILE *out = arg;
    for (size_t i = 0; i < size_bytes; i++) {
        if (buffer[i] == '<')
            fputs("\\u003c", out);
        else
            fputc(buffer[i], out);
    }
    return 0;
}

static int count_data(const char *buffer, size_t size_bytes, void *arg)
{
    size_t *count = arg;
    for (size_t i = 0; i < size_bytes; i++)
        *count += buffer[i] == '<' ? 6 : 1;
    return 0;
}

size_t html_json_size(const json_t *value)
{
    size_t count = 0;
    json_dump_callback(value, count_data, &count, JSON_COMPACT | JSON_ENCODE_ANY);
    return count;
}

static void put_asset(FILE *out, const char *name)
{
    for (const struct html_asset *asset = html_assets; asset->name; asset++)
        if (strcmp(asset->name, name) == 0)
            fwrite(asset->bytes, 1, asset->size_bytes, out);
}

static void put_part(const struct html_page *page, const char *name, FILE *out)
{
    if (strcmp(name, "title") == 0) {
        html_put_text(out, page->title);
    } else if (strcmp(name, "style") == 0) {
        put_asset(out, "style.css");
        for (const char *const *style = page->styles; style && *style; style++)
            put_asset(out, *style);
    } else if (strcmp(name, "static") == 0) {
        if (page->put_static)
            page->put_static(out, page->arg);
    } else if (strcmp(name, "data") == 0) {
        json_dump_callback(page->data, put_data, out, JSON_COMPACT | JSON_ENCODE_ANY);
    } else if (strcmp(name, "scripts") == 0) {
        for (const char *const *script = page->scripts; *script; script++)
            put_asset(out, *script);
    }
}

/* The template has "{{name}}" where a part belongs. */
void html_page_put(const struct html_page *page, FILE *out)
{
    const struct html_asset *template = html_assets;
    while (template->name && strcmp(template->name, "page.html") != 0)
        template ++;
    const char *at = (const char *)template->bytes, *end = at + template->size_bytes;
    while (at < end) {
        const char *open = memmem(at, (size_t)(end - at), "{{", 2);
        const char *close = open ? memmem(open, (size_t)(end - open), "}}", 2) : NULL;
        fwrite(at, 1, (size_t)((close ? open : end) - at), out);
        if (!close)
            return;
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)(close - open - 2), open + 2);
        put_part(page, name, out);
        at = close + 2;
    }
}
