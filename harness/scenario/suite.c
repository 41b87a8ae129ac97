/* Suites: named selections with their gating policy. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

/* One bit for each level of the list. */
static unsigned take_levels(const struct document_value *list)
{
    unsigned levels = 0;
    for (size_t i = 0; i < document_count(list); i++)
        for (enum requirement_level level = LEVEL_MUST; level <= LEVEL_OBS; level++)
            if (value_is(document_at(list, i), requirement_level_name(level)))
                levels |= 1u << level;
    return levels;
}

static void suite_take(struct suite_store *store, const struct document *document)
{
    const struct document_value *root = document_root(document);
    struct suite *suite = &store->suite;
    suite->name = arena_text(&store->arena, document_string(document_member(root, "name")));
    suite->path = arena_text(&store->arena, document_path(document));
    suite->title = arena_text(&store->arena, document_string(document_member(root, "title")));
    suite->version = arena_text(&store->arena, document_string(document_member(root, "version")));
    suite->selectors = arena_strings(&store->arena, document_member(root, "select"));
    suite->excludes = arena_strings(&store->arena, document_member(root, "exclude"));
    suite->only_slow = value_is(document_member(root, "slow"), "only");
    suite->includes_slow = suite->only_slow || value_is(document_member(root, "slow"), "yes");
    suite->only_exclusive = value_is(document_member(root, "exclusive"), "only");
    suite->includes_exclusive = !value_is(document_member(root, "exclusive"), "no");
    suite->levels = take_levels(document_member(root, "levels"));
    suite->hosts_max = value_unsigned(document_member(root, "max_hosts"), SUITE_HOSTS_MAX);
    suite->require_exercised = value_boolean(document_member(root, "require_exercised"), false);
    suite->is_strict = value_boolean(document_member(root, "strict"), false);
}

static bool check_selectors(const struct document_value *list, const struct catalogue *catalogue,
                            struct diagnostic *diagnostic)
{
    for (size_t i = 0; i < document_count(list); i++) {
        const char *text = document_string(document_at(list, i)), *nearest = NULL;
        if (!selector_matches_any(catalogue, text, &nearest))
            return document_reject(diagnostic, document_at(list, i), NULL,
                                   strchr(text, '/') ? "a glob that matches a scenario"
                                                     : "a glob that matches a requirement",
                                   nearest);
    }
    return true;
}

struct suite_store *suite_read(struct document *document, const char *schema_path, const char *name,
                               const struct catalogue *catalogue, struct diagnostic *diagnostic)
{
    const struct document_value *root = document_root(document);
    struct document *schema = document_load(schema_path, diagnostic);
    bool is_fine = schema && document_check(schema, root, diagnostic);
    document_free(schema);
    if (is_fine && !value_is(document_member(root, "name"), name)) {
        char expected[160];
        snprintf(expected, sizeof expected, "'%.80s', for that is the file's name", name);
        is_fine = document_reject(diagnostic, document_member(root, "name"), NULL, expected, NULL);
    }
    if (!is_fine ||
        (catalogue && (!check_selectors(document_member(root, "select"), catalogue, diagnostic) ||
                       !check_selectors(document_member(root, "exclude"), catalogue, diagnostic))))
        return NULL;
    struct suite_store *store = calloc(1, sizeof *store);
    if (!store)
        abort();
    suite_take(store, document);
    return store;
}

static void reject_unknown(const char *suites_dir, const char *path, const char *name,
                           struct diagnostic *diagnostic)
{
    char **names = suite_names(suites_dir);
    size_t count = 0, length = 0;
    char expected[640] = "a suite that there is: ";
    for (length = strlen(expected); names && names[count]; count++)
        if (length < sizeof expected - 100)
            length += (size_t)snprintf(expected + length, sizeof expected - length, "%s'%.60s'",
                                       count ? ", " : "", names[count]);
    document_reject_file(diagnostic, path, "no such suite", expected,
                         document_nearest(name, (const char *const *)names, count));
    files_free(names);
}

struct suite *suite_load(const char *suites_dir, const char *name, const struct catalogue *catalogue,
                         struct diagnostic *diagnostic)
{
    char *file = path_join(suites_dir, name), *path = NULL;
    if (asprintf(&path, "%s.json", file) < 0)
        abort();
    free(file);
    char *schema_path = path_join(suites_dir, "schema/suite.schema.json");
    char **names = suite_names(suites_dir);
    struct suite_store *store = NULL;
    size_t i = 0;
    while (names && names[i] && strcmp(names[i], name) != 0)
        i++;
    struct document *document = NULL;
    if (!names || !names[i])
        reject_unknown(suites_dir, path, name, diagnostic);
    else
        document = document_load(path, diagnostic);
    if (document)
        store = suite_read(document, schema_path, name, catalogue, diagnostic);
    document_free(document);
    files_free(names);
    free(schema_path);
    free(path);
    return store ? &store->suite : NULL;
}

void suite_free(struct suite *suite)
{
    if (!suite)
        return;
    struct suite_store *store = (struct suite_store *)suite;
    arena_fini(&store->arena);
    free(store);
}
