/* The catalogue: requirements and every scenario below a folder. */
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

static int compare(const void *a, const void *b)
{
    const struct scenario *const *one = a, *const *other = b;
    return strcmp((*one)->id, (*other)->id);
}

/* Scenarios leave the loading and belong to the catalogue from here on. */
static struct catalogue *hand_over(struct loading *loading)
{
    struct catalogue_store *store = loading->catalogue;
    struct catalogue *catalogue = &store->catalogue;
    catalogue->scenarios = arena_take(&store->arena, loading->file_count, sizeof *catalogue->scenarios);
    for (size_t i = 0; i < loading->file_count; i++) {
        catalogue->scenarios[catalogue->scenario_count++] = &loading->files[i].store->scenario;
        loading->files[i].store = NULL;
    }
    if (catalogue->scenario_count)
        qsort(catalogue->scenarios, catalogue->scenario_count, sizeof *catalogue->scenarios, compare);
    loading->catalogue = NULL;
    return catalogue;
}

static bool add_folder(struct loading *loading, const char *dir)
{
    char **files = files_below(dir);
    bool is_fine = files != NULL;
    for (size_t i = 0; is_fine && files[i]; i++) {
        char *path = path_join(dir, files[i]);
        files[i][strlen(files[i]) - strlen(".json")] = '\0';
        if (loading_find(loading, files[i]))
            is_fine = document_reject_file(loading->diagnostic, path, files[i],
                                           "an id that no scenario of the other folder has", NULL);
        is_fine = is_fine && loading_add_file(loading, path, files[i]);
        free(path);
    }
    files_free(files);
    return is_fine;
}

struct catalogue *catalogue_load_beside(const char *scenarios_dir, const char *own_dir,
                                        struct diagnostic *diagnostic)
{
    struct loading loading;
    struct diagnostic own = {0};
    struct catalogue *catalogue = NULL;
    if (!loading_init(&loading, scenarios_dir, diagnostic ? diagnostic : &own))
        return NULL;
    if (add_folder(&loading, scenarios_dir) && (!own_dir || add_folder(&loading, own_dir)) &&
        controls_resolve(&loading))
        catalogue = hand_over(&loading);
    loading_fini(&loading);
    return catalogue;
}

struct catalogue *catalogue_load(const char *scenarios_dir, struct diagnostic *diagnostic)
{
    return catalogue_load_beside(scenarios_dir, NULL, diagnostic);
}

void catalogue_free(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    struct catalogue_store *store = (struct catalogue_store *)catalogue;
    for (size_t i = 0; i < catalogue->scenario_count; i++) {
        struct scenario_store *scenario = (struct scenario_store *)catalogue->scenarios[i];
        arena_fini(&scenario->arena);
        free(scenario);
    }
    arena_fini(&store->arena);
    free(store);
}

const struct requirement *catalogue_requirement(const struct catalogue *catalogue, const char *id)
{
    for (size_t i = 0; i < catalogue->requirement_count; i++)
        if (strcmp(catalogue->requirements[i].id, id) == 0)
            return &catalogue->requirements[i];
    return NULL;
}

const struct scenario *catalogue_scenario(const struct catalogue *catalogue, const char *id)
{
    size_t low = 0, high = catalogue->scenario_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(id, catalogue->scenarios[middle]->id);
        if (order == 0)
            return catalogue->scenarios[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
