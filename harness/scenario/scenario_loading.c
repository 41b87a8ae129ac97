/* Loading scenario files one by one into a catalogue whose controls are resolved at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

static void file_fini(struct loaded_file *file)
{
    for (size_t i = 0; i < file->copy_count; i++)
        document_free(file->copies[i]);
    free(file->copies);
    document_free(file->document);
    if (file->store) {
        arena_fini(&file->store->arena);
        free(file->store);
    }
}

bool loading_init(struct loading *loading, const char *scenarios_dir, struct diagnostic *diagnostic)
{
    *loading = (struct loading){.scenarios_dir = scenarios_dir, .diagnostic = diagnostic};
    char *path = path_join(scenarios_dir, "schema/scenario.schema.json");
    loading->schema = document_load(path, diagnostic);
    free(path);
    loading->catalogue = calloc(1, sizeof *loading->catalogue);
    if (!loading->catalogue)
        abort();
    if (loading->schema && requirements_load(loading->catalogue, scenarios_dir, diagnostic))
        return true;
    loading_fini(loading);
    return false;
}

void loading_clear(struct loading *loading)
{
    for (size_t i = 0; i < loading->file_count; i++)
        file_fini(&loading->files[i]);
    loading->file_count = 0;
}

void loading_fini(struct loading *loading)
{
    loading_clear(loading);
    free(loading->files);
    document_free(loading->schema);
    if (loading->catalogue)
        catalogue_free(&loading->catalogue->catalogue);
    *loading = (struct loading){0};
}

/* The path says the id. A file elsewhere than in the catalogue at least has the id's last part for its name.
 */
static bool check_id(const struct document_value *value, const char *wanted, struct diagnostic *diagnostic)
{
    const char *id = document_string(value);
    const char *compared = strchr(wanted, '/') ? id : strrchr(id, '/') + 1;
    char expected[200];
    if (strcmp(compared, wanted) == 0)
        return true;
    snprintf(expected, sizeof expected, "'%s%.120s', for that is the file's name", compared == id ? "" : "…/",
             wanted);
    return document_reject(diagnostic, value, NULL, expected, NULL);
}

static struct loaded_file *append_file(struct loading *loading)
{
    if (loading->file_count == loading->file_capacity) {
        loading->file_capacity = loading->file_capacity ? loading->file_capacity * 2 : 64;
        loading->files = realloc(loading->files, loading->file_capacity * sizeof *loading->files);
        if (!loading->files)
            abort();
    }
    struct loaded_file *file = &loading->files[loading->file_count++];
    *file = (struct loaded_file){.store = calloc(1, sizeof *file->store)};
    if (!file->store)
        abort();
    return file;
}

static void take_head(struct loaded_file *file, const struct document_value *root)
{
    struct scenario *scenario = &file->store->scenario;
    struct arena *arena = &file->store->arena;
    scenario->id = arena_text(arena, document_string(document_member(root, "id")));
    scenario->path = arena_text(arena, document_path(file->document));
    scenario->title = arena_text(arena, document_string(document_member(root, "title")));
    scenario->purpose = arena_text(arena, document_string(document_member(root, "purpose")));
    scenario->is_slow = value_is(document_member(root, "timing"), "slow");
    scenario->is_exclusive = value_boolean(document_member(root, "exclusive"), false);
    scenario->references = arena_strings(arena, document_member(root, "references"));
}

bool loading_add_document(struct loading *loading, struct document *document, const char *id)
{
    struct loaded_file *file = append_file(loading);
    file->document = document;
    if (!cases_lay_out(file, loading->schema, loading->diagnostic))
        return false;
    const struct document_value *root = document_root(file->copies[0]);
    if (id && !check_id(document_member(root, "id"), id, loading->diagnostic))
        return false;
    take_head(file, root);
    return scenario_expand(loading, file);
}

bool loading_add_file(struct loading *loading, const char *path, const char *id)
{
    struct document *document = document_load(path, loading->diagnostic);
    return document && loading_add_document(loading, document, id);
}

struct loaded_file *loading_find(const struct loading *loading, const char *id)
{
    for (size_t i = 0; i < loading->file_count; i++)
        if (loading->files[i].store->scenario.id && strcmp(loading->files[i].store->scenario.id, id) == 0)
            return &loading->files[i];
    return NULL;
}
