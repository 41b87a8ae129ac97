/* Reading and parsing. jansson says whether a text is JSON; everything about places is ours. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/document_private.h"

enum { TOKEN_BYTES_MAX = 40 }; /* of a wrong token that are shown */

/* Offset of the first byte that is no UTF-8 (RFC 3629) or a NUL; size_bytes when all is well. */
static size_t text_find_foreign_byte(const unsigned char *text, size_t size_bytes)
{
    size_t at = 0;
    while (at < size_bytes) {
        unsigned char first = text[at];
        size_t more = first < 0x80 ? 0 : first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) == 0xe0 ? 2 : 3;
        if (first == 0 || (first >= 0x80 && first < 0xc2) || first > 0xf4 || more >= size_bytes - at)
            return at;
        for (size_t i = 1; i <= more; i++)
            if ((text[at + i] & 0xc0) != 0x80)
                return at;
        unsigned char second = more ? text[at + 1] : 0;
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return at;
        at += more + 1;
    }
    return size_bytes;
}

static void reject_foreign_byte(const char *name, const char *text, size_t at, struct diagnostic *diagnostic)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    char found[32];
    snprintf(found, sizeof found, "the byte 0x%02x", (unsigned char)text[at]);
    diagnostic_set(diagnostic, name, line, column, "", found, text[at] ? "UTF-8" : "text without NUL", NULL);
}

/* What would have been right, from jansson's "EXPECTED expected near 'TOKEN'" or its complaint. */
static void syntax_expected(const json_error_t *error, const struct document_place *place, char *out,
                            size_t size_bytes)
{
    char complaint[JSON_ERROR_TEXT_LENGTH];
    enum json_error_code code = json_error_code(error);
    snprintf(complaint, sizeof complaint, "%s", error->text);
    char *near = strstr(complaint, " near ");
    if (near)
        *near = '\0';
    char *tail = strstr(complaint, " expected");
    bool is_plain = tail && tail[strlen(" expected")] == '\0';
    if (is_plain)
        *tail = '\0';
    if (place->is_too_deep)
        snprintf(out, size_bytes, "nesting no deeper than %d", DOCUMENT_MAX_DEPTH);
    else if (code == json_error_duplicate_key)
        snprintf(out, size_bytes, "each member once");
    else if (code == json_error_null_character)
        snprintf(out, size_bytes, "a string without \\u0000");
    else if (strcmp(complaint, "unexpected token") == 0 || strcmp(complaint, "invalid token") == 0)
        snprintf(out, size_bytes, "a JSON value");
    else
        snprintf(out, size_bytes, is_plain ? "%s" : "JSON (%s)", complaint);
}

static void reject_syntax(const char *name, const char *text, size_t size_bytes, const json_error_t *error,
                          struct diagnostic *diagnostic)
{
    enum json_error_code code = json_error_code(error);
    size_t limit =
        error->position > 0 && (size_t)error->position <= size_bytes ? (size_t)error->position : size_bytes;
    struct document_place place;
    if (!document_place_find(text, size_bytes, code == json_error_premature_end_of_input ? SIZE_MAX : limit,
                             &place))
        return;
    size_t shown = place.end - place.start;
    if (shown > TOKEN_BYTES_MAX)
        for (shown = TOKEN_BYTES_MAX; shown > 0 && ((unsigned char)text[place.start + shown] & 0xc0) == 0x80;)
            shown--;
    char found[TOKEN_BYTES_MAX + 64], expected[JSON_ERROR_TEXT_LENGTH + 16];
    if (shown == 0)
        snprintf(found, sizeof found, "the end of the file");
    else
        snprintf(found, sizeof found,
                 code == json_error_duplicate_key && !place.is_too_deep ? "the member %.*s a second time"
                                                                        : "%.*s",
                 (int)shown, text + place.start);
    syntax_expected(error, &place, expected, sizeof expected);
    diagnostic_set(diagnostic, name, place.line, place.column, place.pointer, found, expected, NULL);
    free(place.pointer);
}

struct document *document_parse(const char *name, const char *text, size_t size_bytes,
                                struct diagnostic *diagnostic)
{
    if (size_bytes > DOCUMENT_MAX_BYTES) {
        char found[64], expected[64];
        snprintf(found, sizeof found, "%zu bytes", size_bytes);
        snprintf(expected, sizeof expected, "at most %d bytes", DOCUMENT_MAX_BYTES);
        document_reject_file(diagnostic, name, found, expected, NULL);
        return NULL;
    }
    size_t foreign = text_find_foreign_byte((const unsigned char *)text, size_bytes);
    if (foreign < size_bytes) {
        reject_foreign_byte(name, text, foreign, diagnostic);
        return NULL;
    }
    json_error_t error;
    json_t *json = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json) {
        reject_syntax(name, text, size_bytes, &error, diagnostic);
        return NULL;
    }
    struct document *document = calloc(1, sizeof *document);
    char *path = strdup(name);
    if (!document || !path) {
        json_decref(json);
        free(document);
        free(path);
        document_reject_file(diagnostic, name, "no memory left", "memory for the file", NULL);
        return NULL;
    }
    document->path = path;
    document->json = json;
    if (!document_walk(document, text, size_bytes, diagnostic)) {
        document_free(document);
        return NULL;
    }
    return document;
}

struct document *document_load(const char *path, struct diagnostic *diagnostic)
{
    struct document *document = NULL;
    char *text = NULL;
    FILE *file = fopen(path, "rbe");
    if (!file)
        goto out;
    text = malloc(DOCUMENT_MAX_BYTES + 1);
    if (!text)
        goto out;
    /* One byte more than is allowed tells a file that is too large from one that just fits; pipes and devices
     * end here as well. */
    size_t size_bytes = fread(text, 1, DOCUMENT_MAX_BYTES + 1, file);
    if (ferror(file))
        goto out;
    if (size_bytes > DOCUMENT_MAX_BYTES) {
        char expected[64];
        snprintf(expected, sizeof expected, "at most %d bytes", DOCUMENT_MAX_BYTES);
        document_reject_file(diagnostic, path, "a larger file", expected, NULL);
    } else {
        document = document_parse(path, text, size_bytes, diagnostic);
    }
    errno = 0;
out:
    if (!document) {
        char found[160];
        snprintf(found, sizeof found, "that it cannot be read (%s)", strerror(errno));
        document_reject_file(diagnostic, path, found, "a JSON file", NULL);
    }
    free(text);
    if (file)
        fclose(file);
    return document;
}

void document_free(struct document *document)
{
    if (!document)
        return;
    for (size_t i = 0; i < document->pattern_count; i++)
        regfree(&document->patterns[i].regex);
    free(document->patterns);
    document_value_clear(&document->root);
    json_decref(document->json);
    free(document->path);
    free(document);
}

const char *document_path(const struct document *document)
{
    return document->path;
}

const struct document_value *document_root(const struct document *document)
{
    return &document->root;
}
