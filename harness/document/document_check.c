/* Checking a value against a schema (a subset of JSON Schema 2020-12). The order within an object is chosen
 * for its diagnostics: a member that nobody knows comes first, because a misspelt one is also a missing one.
 */
#include <stdio.h>
#include <string.h>

#include "document/document_private.h"

enum { EXPECTED_BYTES_MAX = 640, CHECK_RECURSION_MAX = 512 };

bool document_check_fail(struct document_check_state *state, const struct document_value *value,
                         const char *found, const char *expected, const char *nearest)
{
    state->depth = 0;
    for (const struct document_value *above = value; above; above = above->parent)
        state->depth++;
    return document_reject(state->diagnostic, value, found, expected, nearest);
}

bool document_check_fail_name(struct document_check_state *state, const struct document_value *value,
                              const char *found, const char *expected, const char *nearest)
{
    state->depth = 0;
    for (const struct document_value *above = value; above; above = above->parent)
        state->depth++;
    return document_reject_name(state->diagnostic, value, found, expected, nearest);
}

static bool type_fits(const char *type, const struct document_value *value)
{
    switch (value->kind) {
    case DOCUMENT_NULL:
        return strcmp(type, "null") == 0;
    case DOCUMENT_BOOLEAN:
        return strcmp(type, "boolean") == 0;
    case DOCUMENT_INTEGER:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case DOCUMENT_REAL: {
        /* 2020-12: an integer is a number without fraction, so 2.0 is one. */
        double real = document_real(value);
        bool is_whole = real >= -0x1p53 && real <= 0x1p53 && (double)(int64_t)real == real;
        return strcmp(type, "number") == 0 || (is_whole && strcmp(type, "integer") == 0);
    }
    case DOCUMENT_STRING:
        return strcmp(type, "string") == 0;
    case DOCUMENT_ARRAY:
        return strcmp(type, "array") == 0;
    case DOCUMENT_OBJECT:
        return strcmp(type, "object") == 0;
    }
    return false;
}

bool document_check_has_type(const struct document_value *type, const struct document_value *value)
{
    if (!type)
        return true;
    if (type->kind == DOCUMENT_STRING)
        return type_fits(document_string(type), value);
    for (size_t i = 0; i < type->count; i++)
        if (document_string(&type->children[i]) && type_fits(document_string(&type->children[i]), value))
            return true;
    return false;
}

static const char *type_words(const char *type)
{
    static const char *const words[][2] = {
        {"null", "null"},       {"boolean", "true or false"}, {"integer", "a whole number"},
        {"number", "a number"}, {"string", "a string"},       {"array", "an array"},
        {"object", "an object"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

void document_check_describe_type(struct document_text *text, const struct document_value *type)
{
    size_t count = type->kind == DOCUMENT_STRING ? 1 : type->count;
    for (size_t i = 0; i < count; i++) {
        const char *name = document_string(type->kind == DOCUMENT_STRING ? type : &type->children[i]);
        document_text_add(text, "%s%s", i ? " or " : "", name ? type_words(name) : "?");
    }
}

/* The schema's title says in words what it wants; the plain rule follows where there is none. */
static const char *expected_words(const struct document_value *schema, const char *otherwise)
{
    const char *title = document_string(document_member(schema, "title"));
    return title ? title : otherwise;
}

static bool values_equal(const struct document_value *a, const struct document_value *b)
{
    return json_equal(a->json, b->json) == 1;
}

static bool check_enum(struct document_check_state *state, const struct document_value *allowed,
                       const struct document_value *value)
{
    const char *words[SCHEMA_WORDS_MAX];
    char expected[EXPECTED_BYTES_MAX] = "", shown[120];
    struct document_text text = {.out = expected, .size_bytes = sizeof expected};
    bool is_list = allowed->kind == DOCUMENT_ARRAY;
    const struct document_value *ones = is_list ? allowed->children : allowed;
    size_t one_count = is_list ? allowed->count : 1, count = 0;
    for (size_t i = 0; i < one_count; i++)
        if (values_equal(&ones[i], value))
            return true;
    if (one_count > 1)
        document_text_add(&text, "one of ");
    for (size_t i = 0; i < one_count; i++) {
        const struct document_value *one = &ones[i];
        document_describe(one, shown, sizeof shown);
        document_text_add(&text, "%s%s", i ? ", " : "", shown);
        if (document_string(one) && count < SCHEMA_WORDS_MAX)
            words[count++] = document_string(one);
    }
    const char *word = document_string(value);
    return document_check_fail(state, value, NULL, expected,
                               word ? document_nearest(word, words, count) : NULL);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* One of the pairs minimum/maximum of a size. expected: what to say instead of the bound; may be NULL. */
static bool check_size(struct document_check_state *state, const struct document_value *schema,
                       const struct document_value *value, size_t size, const char *least_key,
                       const char *most_key, const char *unit, const char *expected)
{
    const struct document_value *least = document_member(schema, least_key),
                                *most = document_member(schema, most_key);
    bool is_less = least && (int64_t)size < document_integer(least),
         is_more = most && (int64_t)size > document_integer(most);
    char found[64], bound[96];
    if (!is_less && !is_more)
        return true;
    snprintf(found, sizeof found, "%zu %s%s", size, unit, size == 1 ? "" : "s");
    snprintf(bound, sizeof bound, "at %s %lld", is_less ? "least" : "most",
             (long long)document_integer(is_less ? least : most));
    return document_check_fail(state, value, found, expected ? expected : bound, NULL);
}

static bool check_string(struct document_check_state *state, const struct document_value *schema,
                         const struct document_value *value)
{
    const char *text = document_string(value);
    if (!check_size(state, schema, value, characters(text), "minLength", "maxLength", "character", NULL))
        return false;
    const struct document_value *pattern = document_member(schema, "pattern");
    if (!pattern)
        return true;
    const regex_t *regex = document_schema_pattern(pattern);
    if (regex && regexec(regex, text, 0, NULL, 0) == 0)
        return true;
    char expected[EXPECTED_BYTES_MAX];
    snprintf(expected, sizeof expected, "text that matches %s", document_string(pattern));
    return document_check_fail(state, value, NULL, expected_words(schema, expected), NULL);
}

static bool check_number(struct document_check_state *state, const struct document_value *schema,
                         const struct document_value *value)
{
    const struct document_value *least = document_member(schema, "minimum"),
                                *most = document_member(schema, "maximum");
    char expected[96];
    if (least && document_real(value) < document_real(least))
        snprintf(expected, sizeof expected, "at least %.15g", document_real(least));
    else if (most && document_real(value) > document_real(most))
        snprintf(expected, sizeof expected, "at most %.15g", document_real(most));
    else
        return true;
    return document_check_fail(state, value, NULL, expected, NULL);
}

static bool check_array(struct document_check_state *state, const struct document_value *schema,
                        const struct document_value *value)
{
    if (!check_size(state, schema, value, value->count, "minItems", "maxItems", "element", NULL))
        return false;
    const struct document_value *items = document_member(schema, "items");
    for (size_t i = 0; items && i < value->count; i++)
        if (!document_check_value(state, items, &value->children[i]))
            return false;
    return true;
}

/* The schema of a member: by name, by pattern, or the one for all others; NULL: the name is not allowed. */
static const struct document_value *member_schema(const struct document_value *schema,
                                                  const struct document_value *member, bool *is_free)
{
    const struct document_value *known = document_member(document_member(schema, "properties"), member->name);
    const struct document_value *patterns = document_member(schema, "patternProperties");
    const struct document_value *others = document_member(schema, "additionalProperties");
    *is_free = false;
    for (size_t i = 0; !known && i < document_count(patterns); i++) {
        const regex_t *regex = document_schema_pattern(document_at(patterns, i));
        if (regex && regexec(regex, member->name, 0, NULL, 0) == 0)
            known = document_at(patterns, i);
    }
    if (known)
        return known;
    *is_free = !others || (others->kind == DOCUMENT_BOOLEAN && document_boolean(others));
    return others && others->kind == DOCUMENT_OBJECT ? others : NULL;
}

static bool fail_unknown_member(struct document_check_state *state, const struct document_value *schema,
                                const struct document_value *object, const struct document_value *member)
{
    const struct document_value *properties = document_member(schema, "properties");
    const char *words[SCHEMA_WORDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < document_count(properties) && count < SCHEMA_WORDS_MAX; i++)
        words[count++] = document_key(properties, i);
    char found[160], expected[EXPECTED_BYTES_MAX] = "";
    struct document_text text = {.out = expected, .size_bytes = sizeof expected};
    snprintf(found, sizeof found, "the member '%.100s'", member->name);
    /* What stands here already is no answer to "which other name was meant". */
    const char *absent[SCHEMA_WORDS_MAX];
    size_t absent_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!document_member(object, words[i]))
            absent[absent_count++] = words[i];
    document_text_add(&text, "%s", count == 0 ? "no members" : count > 1 ? "one of " : "");
    document_text_list(&text, words, count);
    return document_check_fail_name(state, member, found, expected,
                                    document_nearest(member->name, absent, absent_count));
}

static bool check_names(struct document_check_state *state, const struct document_value *schema,
                        const struct document_value *value)
{
    const struct document_value *names = document_schema_resolve(document_member(schema, "propertyNames"));
    const struct document_value *pattern = document_member(names, "pattern");
    const regex_t *regex = pattern ? document_schema_pattern(pattern) : NULL;
    for (size_t i = 0; i < value->count; i++) {
        const struct document_value *member = &value->children[i];
        bool is_free;
        if (regex && regexec(regex, member->name, 0, NULL, 0) != 0) {
            char found[160], expected[EXPECTED_BYTES_MAX];
            snprintf(found, sizeof found, "the name '%.100s'", member->name);
            snprintf(expected, sizeof expected, "a name that matches %s", document_string(pattern));
            return document_check_fail_name(state, member, found, expected_words(names, expected), NULL);
        }
        if (!member_schema(schema, member, &is_free) && !is_free)
            return fail_unknown_member(state, schema, value, member);
    }
    return true;
}

static bool check_object(struct document_check_state *state, const struct document_value *schema,
                         const struct document_value *value)
{
    if (!check_names(state, schema, value))
        return false;
    const struct document_value *required = document_member(schema, "required");
    for (size_t i = 0; i < document_count(required); i++) {
        const char *name = document_string(document_at(required, i));
        if (!name || document_member(value, name))
            continue;
        char found[160], expected[160];
        snprintf(found, sizeof found, "no member '%.100s'", name);
        snprintf(expected, sizeof expected, "the member '%.100s'", name);
        return document_check_fail(state, value, found, expected, NULL);
    }
    if (!check_size(state, schema, value, value->count, "minProperties", "maxProperties", "member",
                    expected_words(schema, NULL)))
        return false;
    for (size_t i = 0; i < value->count; i++) {
        bool is_free;
        const struct document_value *inner = member_schema(schema, &value->children[i], &is_free);
        if (inner && !document_check_value(state, inner, &value->children[i]))
            return false;
    }
    return true;
}

static bool check_kind(struct document_check_state *state, const struct document_value *schema,
                       const struct document_value *value)
{
    switch (value->kind) {
    case DOCUMENT_NULL:
    case DOCUMENT_BOOLEAN:
        return true;
    case DOCUMENT_INTEGER:
    case DOCUMENT_REAL:
        return check_number(state, schema, value);
    case DOCUMENT_STRING:
        return check_string(state, schema, value);
    case DOCUMENT_ARRAY:
        return check_array(state, schema, value);
    case DOCUMENT_OBJECT:
        return check_object(state, schema, value);
    }
    return false;
}

static bool check_resolved(struct document_check_state *state, const struct document_value *schema,
                           const struct document_value *value)
{
    if (schema->kind == DOCUMENT_BOOLEAN)
        return document_boolean(schema) || document_check_fail(state, value, NULL, "nothing", NULL);
    const struct document_value *type = document_member(schema, "type"),
                                *allowed = document_member(schema, "enum");
    const struct document_value *constant = document_member(schema, "const");
    const struct document_value *one = document_member(schema, "oneOf"),
                                *any = document_member(schema, "anyOf");
    if (!document_check_has_type(type, value)) {
        char expected[EXPECTED_BYTES_MAX] = "";
        struct document_text text = {.out = expected, .size_bytes = sizeof expected};
        document_check_describe_type(&text, type);
        return document_check_fail(state, value, NULL, expected_words(schema, expected), NULL);
    }
    return (!allowed || check_enum(state, allowed, value)) &&
           (!constant || check_enum(state, constant, value)) && check_kind(state, schema, value) &&
           (!one || document_check_choice(state, one, true, value)) &&
           (!any || document_check_choice(state, any, false, value));
}

bool document_check_value(struct document_check_state *state, const struct document_value *schema,
                          const struct document_value *value)
{
    /* Values nest 64 deep at most, but oneOf may lead round within one value; that is a mistake of the
     * schema. */
    if (state->recursion > CHECK_RECURSION_MAX)
        return document_check_fail(state, schema, NULL, "a schema that comes to an end", NULL);
    state->recursion++;
    const struct document_value *resolved = document_schema_resolve(schema);
    bool is_fine = resolved && check_resolved(state, resolved, value);
    state->recursion--;
    return is_fine;
}

bool document_check(const struct document *schema, const struct document_value *value,
                    struct diagnostic *diagnostic)
{
    struct diagnostic own = {0};
    struct document_check_state state = {.diagnostic = diagnostic ? diagnostic : &own};
    return document_schema_is_sound(schema, state.diagnostic) &&
           document_check_value(&state, &schema->root, value);
}

bool document_check_definition(const struct document *schema, const char *definition,
                               const struct document_value *value, struct diagnostic *diagnostic)
{
    struct diagnostic own = {0};
    struct document_check_state state = {.diagnostic = diagnostic ? diagnostic : &own};
    const struct document_value *start = document_member(document_member(&schema->root, "$defs"), definition);
    if (!start)
        return document_reject(state.diagnostic, &schema->root, "no such definition", definition, NULL);
    return document_schema_is_sound(schema, state.diagnostic) && document_check_value(&state, start, value);
}
