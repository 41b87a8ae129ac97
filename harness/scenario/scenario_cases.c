/* Cases: one copy of the document for each, in which "{case.MEMBER}" is replaced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { MEMBERS_MAX = 64, MEMBER_BYTES_MAX = 64 };

struct laying_out {
    const struct document_value *members; /* of the case; NULL: the file has none */
    struct diagnostic *diagnostic;
};

/* The member that "{case.NAME}" at text names; NULL with the diagnostic set: there is none. */
static const struct document_value *find_member(const struct laying_out *laying_out,
                                                const struct document_value *string, const char *text,
                                                size_t *length)
{
    const char *end = strchr(text, '}');
    char name[MEMBER_BYTES_MAX + 1], found[MEMBER_BYTES_MAX + 40];
    *length = end ? (size_t)(end + 1 - text) : strlen(text);
    snprintf(name, sizeof name, "%.*s", (int)(*length < 7 ? 0 : *length - 7), text + 6);
    const struct document_value *member = end ? document_member(laying_out->members, name) : NULL;
    if (member)
        return member;
    const char *names[MEMBERS_MAX];
    size_t count = 0;
    for (; count < document_count(laying_out->members) && count < MEMBERS_MAX; count++)
        names[count] = document_key(laying_out->members, count);
    snprintf(found, sizeof found, "the placeholder '{case.%s}'", name);
    document_reject(laying_out->diagnostic, string, found,
                    count ? "the name of a member that the case has" : "a file with 'cases'",
                    document_nearest(name, names, count));
    return NULL;
}

static bool append(char **text, const char *bytes, size_t count)
{
    size_t length = *text ? strlen(*text) : 0;
    char *longer = realloc(*text, length + count + 1);
    if (!longer)
        return false;
    memcpy(longer + length, bytes, count);
    longer[length + count] = '\0';
    *text = longer;
    return true;
}

/* A value as text within a longer text. */
static bool append_value(const struct laying_out *laying_out, const struct document_value *string,
                         const struct document_value *value, char **text)
{
    char number[32];
    switch (document_kind(value)) {
    case DOCUMENT_STRING:
        return append(text, document_string(value), strlen(document_string(value)));
    case DOCUMENT_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)document_integer(value));
        return append(text, number, strlen(number));
    case DOCUMENT_NULL:
    case DOCUMENT_BOOLEAN:
    case DOCUMENT_REAL:
    case DOCUMENT_ARRAY:
    case DOCUMENT_OBJECT:
        break;
    }
    return document_reject(laying_out->diagnostic, string, "a case's member that is no text within a text",
                           "a string or whole number there, or the placeholder alone", NULL);
}

static bool replace(const struct document_value *string, const struct document_value **value, char **text,
                    void *arg)
{
    const struct laying_out *laying_out = arg;
    const char *rest = document_string(string), *at = strstr(rest, "{case.");
    char *built = NULL;
    size_t length;
    if (!at)
        return true;
    if (at == rest) {
        const struct document_value *whole = find_member(laying_out, string, at, &length);
        if (!whole)
            return false;
        if (rest[length] == '\0') {
            *value = whole;
            return true;
        }
    }
    for (; at; at = strstr(rest, "{case.")) {
        const struct document_value *member = find_member(laying_out, string, at, &length);
        if (!member || !append(&built, rest, (size_t)(at - rest)) ||
            !append_value(laying_out, string, member, &built)) {
            free(built);
            return false;
        }
        rest = at + length;
    }
    if (!append(&built, rest, strlen(rest))) {
        free(built);
        return false;
    }
    *text = built;
    return true;
}

/* No case value leads to another one, and what tells the scenario apart is the same for all cases. */
static bool holds_placeholder(const struct document_value *value, const struct document_value **where)
{
    if (document_string(value) && strstr(document_string(value), "{case.")) {
        *where = value;
        return true;
    }
    for (size_t i = 0; i < document_count(value); i++)
        if (holds_placeholder(document_at(value, i), where))
            return true;
    return false;
}

static bool check_fixed_members(const struct document_value *root, struct diagnostic *diagnostic)
{
    static const char *const fixed[] = {"cases",      "id",     "title",    "purpose",
                                        "references", "timing", "exclusive"};
    const struct document_value *where;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        const struct document_value *value = document_member(root, fixed[i]);
        if (value && holds_placeholder(value, &where))
            return document_reject(
                diagnostic, where, NULL,
                "no '{case.…}' in 'id', 'title', 'purpose', 'references', 'timing', 'exclusive', 'cases'",
                NULL);
    }
    return true;
}

bool cases_lay_out(struct loaded_file *file, const struct document *schema, struct diagnostic *diagnostic)
{
    const struct document_value *root = document_root(file->document),
                                *cases = document_member(root, "cases");
    if (cases && !document_check_definition(schema, "cases", cases, diagnostic))
        return false;
    if (!check_fixed_members(root, diagnostic))
        return false;
    size_t count = cases ? document_count(cases) : 1;
    file->copies = calloc(count, sizeof *file->copies);
    if (!file->copies)
        return document_reject(diagnostic, root, "no memory left", "memory for the file", NULL);
    for (size_t i = 0; i < count; i++) {
        struct laying_out laying_out = {.members = cases ? document_at(cases, i) : NULL,
                                        .diagnostic = diagnostic};
        struct document *copy = document_substitute(file->document, replace, &laying_out);
        if (!copy)
            return document_reject(diagnostic, root, "no memory left", "memory for the file", NULL);
        file->copies[file->copy_count++] = copy;
        if (!document_check(schema, document_root(copy), diagnostic))
            return false;
    }
    return true;
}

const char *cases_name(const struct loaded_file *file, size_t index)
{
    return document_key(document_member(document_root(file->document), "cases"), index);
}
