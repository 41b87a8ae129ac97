#include "run/run_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACEHOLDER_MAX = 128 };

struct growing {
    char *text;
    size_t length, room;
};

static void grow(struct growing *out, const char *bytes, size_t length)
{
    if (out->length + length + 1 > out->room) {
        size_t room = (out->length + length + 1) * 2;
        char *text = run_allocate(room, 1);

        if (out->text)
            memcpy(text, out->text, out->length);
        free(out->text);
        out->text = text;
        out->room = room;
    }
    if (length)
        memcpy(out->text + out->length, bytes, length);
    out->length += length;
    out->text[out->length] = '\0';
}

/* Length of "{NAME}" with both braces; 0: the brace opens none and is itself, as in the pattern "a{2}". */
static size_t placeholder_length(const char *text)
{
    size_t at = 1;

    if (!isalpha((unsigned char)text[1]))
        return 0;
    while (isalnum((unsigned char)text[at]) || (text[at] && strchr("._-", text[at])))
        at++;
    return text[at] == '}' && at - 1 < PLACEHOLDER_MAX ? at + 1 : 0;
}

/* false: it stands for nothing. */
static bool expand_one(struct growing *out, const char *at, size_t length, template_lookup_fn lookup,
                       void *arg, char *error, size_t error_size_bytes)
{
    char name[PLACEHOLDER_MAX];
    char *value;

    memcpy(name, at + 1, length - 2);
    name[length - 2] = '\0';
    value = lookup(name, arg);
    if (!value) {
        snprintf(error, error_size_bytes, "the placeholder {%s} stands for nothing here", name);
        return false;
    }
    grow(out, value, strlen(value));
    free(value);
    return true;
}

char *template_expand(const char *text, template_lookup_fn lookup, void *arg, char *error,
                      size_t error_size_bytes)
{
    struct growing out = {0};

    grow(&out, "", 0);
    while (text && *text) {
        size_t plain = strcspn(text, "{"), length;

        grow(&out, text, plain);
        text += plain;
        if (!*text)
            break;
        length = placeholder_length(text);
        if (!length) { /* "{{" is one brace, any other is itself */
            grow(&out, "{", 1);
            text += text[1] == '{' ? 2 : 1;
            continue;
        }
        if (!expand_one(&out, text, length, lookup, arg, error, error_size_bytes)) {
            free(out.text);
            return NULL;
        }
        text += length;
    }
    return out.text;
}
