/* Names: what is defined, where it may be used, and what to say when it is not there. */
#include <stdio.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { SCOPE_LISTED_MAX = 64, SCOPE_TEXT_MAX = 640 };

static const char *kind_word(unsigned kinds)
{
    switch (kinds) {
    case SCOPE_HOST:
        return "a host";
    case SCOPE_CERTIFICATE:
        return "a certificate";
    case SCOPE_ACTOR:
        return "an actor";
    case SCOPE_LISTENER:
        return "a listener";
    case SCOPE_CONNECTION:
        return "a connection";
    case SCOPE_SEND:
        return "a send";
    case SCOPE_STIMULUS:
        return "a stimulus";
    case SCOPE_REQUEST:
        return "a request that an expectation names";
    case SCOPE_SEND | SCOPE_STIMULUS:
        return "a send or stimulus";
    default: /* a mask, not an enum */
        return "a name";
    }
}

static bool is_reserved(enum scope_kind kind, const char *name)
{
    static const char *const selectors[] = {"new", "any", "other"};
    static const char *const placeholders[] = {"zone", "dut", "transport", "TRANSPORT", "port",
                                               "srv",  "A",   "i",         "case"};
    if (kind == SCOPE_CONNECTION)
        for (size_t i = 0; i < sizeof selectors / sizeof selectors[0]; i++)
            if (strcmp(name, selectors[i]) == 0)
                return true;
    if (kind == SCOPE_HOST)
        for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++)
            if (strcmp(name, placeholders[i]) == 0)
                return true;
    return false;
}

/* A response belongs to a send or a stimulus by one name, so the two share their names. */
static unsigned sharing(enum scope_kind kind)
{
    return kind == SCOPE_SEND || kind == SCOPE_STIMULUS ? SCOPE_SEND | SCOPE_STIMULUS : (unsigned)kind;
}

/* "later-{i}" outside its repeat is meant by "later-3". */
static bool is_meant(const struct scope_name *entry, const char *name)
{
    const char *count = strstr(entry->name, "{i}");
    if (strcmp(entry->name, name) == 0)
        return true;
    size_t before = count ? (size_t)(count - entry->name) : 0, length = strlen(name);
    if (!count || length <= before || strncmp(entry->name, name, before) != 0)
        return false;
    size_t digits = strspn(name + before, "0123456789");
    return digits > 0 && digits < 6 && strcmp(name + before + digits, count + 3) == 0;
}

struct scope_name *scope_define(struct build *build, enum scope_kind kind, const struct document_value *value,
                                bool may_repeat)
{
    const char *name = document_string(value);
    struct scope_name *entry = arena_take(build->arena, 1, sizeof *entry);
    entry->kind = kind;
    entry->name = arena_text(build->arena, name ? name : "");
    entry->next = build->scope;
    if (strstr(entry->name, "{i}") && !build->repeats)
        document_reject(build->diagnostic, value, NULL, "'{i}' within a 'repeat' only", NULL);
    if (is_reserved(kind, entry->name))
        document_reject(build->diagnostic, value, NULL, "a name that means nothing else here", NULL);
    for (const struct scope_name *other = build->scope; other && !may_repeat; other = other->next)
        if ((other->kind & sharing(kind)) && strcmp(other->name, entry->name) == 0) {
            char found[96];
            snprintf(found, sizeof found, "'%.60s' a second time", entry->name);
            document_reject(build->diagnostic, value, found, "a name of its own", NULL);
        }
    build->scope = entry;
    return entry;
}

const struct scope_name *scope_find(const struct build *build, unsigned kinds, const char *name)
{
    for (const struct scope_name *entry = build->scope; entry; entry = entry->next)
        if ((entry->kind & kinds) && !entry->is_hidden && is_meant(entry, name))
            return entry;
    return NULL;
}

static void reject_name(struct build *build, unsigned kinds, const struct document_value *value,
                        const char *name)
{
    const char *listed[SCOPE_LISTED_MAX];
    size_t count = 0, length;
    char expected[SCOPE_TEXT_MAX];
    for (const struct scope_name *entry = build->scope; entry && count < SCOPE_LISTED_MAX;
         entry = entry->next)
        if ((entry->kind & kinds) && !entry->is_hidden)
            listed[count++] = entry->name;
    length = (size_t)snprintf(expected, sizeof expected, "%s defined before%s", kind_word(kinds),
                              count ? ": " : ", and there is none");
    /* The scope is a stack: from its bottom up is the order of the file. */
    for (size_t i = count; i > 0 && length < sizeof expected - 80; i--)
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s'%.40s'",
                                   i < count ? ", " : "", listed[i - 1]);
    document_reject(build->diagnostic, value, NULL, expected, document_nearest(name, listed, count));
}

const struct scope_name *scope_use(struct build *build, unsigned kinds, const struct document_value *value)
{
    const char *name = document_string(value);
    if (!name)
        return NULL;
    const struct scope_name *entry = scope_find(build, kinds, name);
    if (!entry)
        reject_name(build, kinds, value, name);
    return entry;
}

char *scope_take(struct build *build, unsigned kinds, const struct document_value *value)
{
    const struct scope_name *entry = scope_use(build, kinds, value);
    return entry ? arena_text(build->arena, document_string(value)) : NULL;
}

char *scope_take_selector(struct build *build, const struct document_value *value)
{
    const char *text = document_string(value);
    if (!text)
        return NULL;
    if (strcmp(text, "new") == 0 || strcmp(text, "any") == 0 || strcmp(text, "other") == 0)
        return arena_text(build->arena, text);
    const char *at = strchr(text, '@');
    if (!at)
        return scope_take(build, SCOPE_CONNECTION, value);
    bool is_new = strncmp(text, "new@", 4) == 0;
    unsigned kind = is_new ? SCOPE_LISTENER : SCOPE_CONNECTION;
    if (!is_new && strncmp(text, "beside@", 7) != 0)
        document_reject(build->diagnostic, value, NULL, "'new@LISTENER' or 'beside@CONNECTION'", NULL);
    else if (!scope_find(build, kind, at + 1))
        reject_name(build, kind, value, at + 1);
    return arena_text(build->arena, text);
}
