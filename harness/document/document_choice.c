/* oneOf and anyOf. "Fits none of 15 schemas" helps nobody: the branch that was meant is found by the value's
 * type, then by the members that a branch requires, and its own mistake is what is reported; failing that,
 * the branch that got deepest into the value. */
#include <string.h>

#include "document/document_private.h"

enum { CHOICE_BRANCHES_MAX = 64, CHOICE_EXPECTED_MAX = 640 };

struct choice {
    const struct document_value *branches[CHOICE_BRANCHES_MAX];
    size_t count;
};

static void choice_filter_types(struct choice *choice, const struct document_value *value)
{
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++)
        if (document_check_has_type(document_member(choice->branches[i], "type"), value))
            choice->branches[kept++] = choice->branches[i];
    choice->count = kept;
}

static bool fail_types(struct document_check_state *state, const struct document_value *branches,
                       const struct document_value *value)
{
    char expected[CHOICE_EXPECTED_MAX] = "";
    struct document_text text = {.out = expected, .size_bytes = sizeof expected};
    for (size_t i = 0; i < branches->count; i++) {
        const struct document_value *branch = document_schema_resolve(&branches->children[i]);
        const char *title = document_string(document_member(branch, "title"));
        if (i)
            document_text_add(&text, " or ");
        if (title)
            document_text_add(&text, "%s", title);
        else if (document_member(branch, "type"))
            document_check_describe_type(&text, document_member(branch, "type"));
    }
    return document_check_fail(state, value, NULL, expected, NULL);
}

/* How many of a branch's required members are there; *is_whole: all of them. */
static size_t required_present(const struct document_value *branch, const struct document_value *value,
                               bool *is_whole)
{
    const struct document_value *required = document_member(branch, "required");
    size_t present = 0;
    for (size_t i = 0; i < document_count(required); i++)
        present += document_member(value, document_string(document_at(required, i))) != NULL;
    *is_whole = present == document_count(required);
    return present;
}

/* "found neither/both …; expected one of …", for branches told apart by what they require. */
static bool fail_required(struct document_check_state *state, const struct choice *choice,
                          const struct document_value *value, bool is_none)
{
    char found[CHOICE_EXPECTED_MAX] = "", expected[CHOICE_EXPECTED_MAX] = "one of ";
    struct document_text found_text = {.out = found, .size_bytes = sizeof found};
    struct document_text text = {.out = expected, .size_bytes = sizeof expected, .length = strlen(expected)};
    const struct document_value *last = NULL; /* of those that are there: the one too many */
    size_t shown = 0;
    for (size_t i = 0; i < choice->count; i++) {
        const struct document_value *required = document_member(choice->branches[i], "required");
        const char *name = document_string(document_at(required, 0));
        if (!name)
            continue;
        document_text_add(&text, "%s'%s'", i ? ", " : "", name);
        const struct document_value *member = document_member(value, name);
        if (member && (!last || member->index > last->index))
            last = member;
        if (member)
            document_text_add(&found_text, "%s'%s'", shown++ ? " beside " : "", name);
    }
    if (is_none || !last)
        return document_check_fail(state, value, "none of them", expected, NULL);
    return document_check_fail_name(state, last, found, expected, NULL);
}

/* Keeps the branches that the members of an object point to. false: none, or more than a oneOf may have; the
 * diagnostic is set. */
static bool choice_filter_required(struct document_check_state *state, struct choice *choice,
                                   const struct document_value *value)
{
    struct choice whole = {.count = 0};
    size_t best = 0, best_count = 0;
    const struct document_value *best_branch = NULL;
    bool is_told_apart = true;
    for (size_t i = 0; i < choice->count; i++) {
        bool is_whole;
        size_t present = required_present(choice->branches[i], value, &is_whole);
        if (document_count(document_member(choice->branches[i], "required")) == 0)
            is_told_apart = false;
        if (is_whole)
            whole.branches[whole.count++] = choice->branches[i];
        if (present > best) {
            best = present;
            best_count = 0;
            best_branch = choice->branches[i];
        }
        best_count += present == best;
    }
    if (!is_told_apart)
        return true;
    if (whole.count == 0) {
        if (best == 0 || best_count > 1)
            return fail_required(state, choice, value, true);
        whole.branches[whole.count++] = best_branch; /* the one that is nearly there says what is missing */
    }
    if (whole.count > 1)
        return fail_required(state, &whole, value, false);
    *choice = whole;
    return true;
}

static bool try_branches(struct document_check_state *state, const struct choice *choice, bool is_one,
                         const struct document_value *value)
{
    struct diagnostic deepest = {0};
    unsigned deepest_depth = 0;
    size_t fitting = 0;
    for (size_t i = 0; i < choice->count; i++) {
        struct diagnostic tried = {0};
        struct document_check_state branch = {.diagnostic = &tried, .recursion = state->recursion};
        if (document_check_value(&branch, choice->branches[i], value)) {
            fitting++;
            if (!is_one)
                return true;
        } else if (branch.depth > deepest_depth) {
            deepest_depth = branch.depth;
            deepest = tried;
        }
    }
    if (fitting == 1)
        return true;
    if (fitting > 1)
        return document_check_fail(state, value, NULL, "what fits one form only", NULL);
    state->depth = deepest_depth;
    if (!state->diagnostic->is_set)
        *state->diagnostic = deepest;
    return false;
}

bool document_check_choice(struct document_check_state *state, const struct document_value *branches,
                           bool is_one, const struct document_value *value)
{
    struct choice choice = {.count = 0};
    for (size_t i = 0; i < branches->count && choice.count < CHOICE_BRANCHES_MAX; i++)
        choice.branches[choice.count++] = document_schema_resolve(&branches->children[i]);
    /* The first branch of an anyOf is what is usually meant, the others are what is let through besides: its
     * mistake is reported unless another one got deeper. */
    if (!is_one)
        return try_branches(state, &choice, false, value);
    choice_filter_types(&choice, value);
    if (choice.count == 0)
        return fail_types(state, branches, value);
    if (value->kind == DOCUMENT_OBJECT && !choice_filter_required(state, &choice, value))
        return false;
    if (choice.count == 1)
        return document_check_value(state, choice.branches[0], value);
    return try_branches(state, &choice, true, value);
}
