#include "run/run_private.h"

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

/* The placeholder that begins at the brace: its characters taken, 0 on error. */
static size_t expand_one(struct growing *out, const char *at, template_lookup_fn lookup, void *arg,
                         char *error, size_t error_size_bytes)
{
    const char *end = strchr(at, '}');
    char name[PLACEHOLDER_MAX];
    char *value;
    size_t length;

    if (!end || end - at - 1 >= PLACEHOLDER_MAX || end == at + 1) {
        snprintf(error, error_size_bytes,
                 "a brace that opens no placeholder in \"%.100s\" (a literal one is \"{{\")", at);
        return 0;
    }
    length = (size_t)(end - at - 1);
    memcpy(name, at + 1, length);
    name[length] = '\0';
    value = lookup(name, arg);
    if (!value) {
        snprintf(error, error_size_bytes, "the placeholder {%s} stands for nothing here", name);
        return 0;
    }
    grow(out, value, strlen(value));
    free(value);
    return length + 2;
}

char *template_expand(const char *text, template_lookup_fn lookup, void *arg, char *error,
                      size_t error_size_bytes)
{
    struct growing out = {0};

    grow(&out, "", 0);
    while (text && *text) {
        size_t plain = strcspn(text, "{");
        size_t taken;

        grow(&out, text, plain);
        text += plain;
        if (!*text)
            break;
        if (text[1] == '{') {
            grow(&out, "{", 1);
            text += 2;
            continue;
        }
        taken = expand_one(&out, text, lookup, arg, error, error_size_bytes);
        if (!taken) {
            free(out.text);
            return NULL;
        }
        text += taken;
    }
    return out.text;
}
