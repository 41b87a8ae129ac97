/* `sipreuse validate`: any file of ours, told apart by its "$schema" or by its members. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "scenario/scenario_private.h"

enum file_kind {
    FILE_UNKNOWN,
    FILE_SCENARIO,
    FILE_SUITE,
    FILE_PROFILE,
    FILE_REQUIREMENTS,
    FILE_RECIPE,
    FILE_BASELINE
};

static enum file_kind kind_of(const struct document_value *root)
{
    static const struct {
        const char *ending;
        enum file_kind kind;
    } schemas[] = {{"scenario.schema.json", FILE_SCENARIO},
                   {"scenario.schema.json#/$defs/recipe", FILE_RECIPE},
                   {"suite.schema.json", FILE_SUITE},
                   {"profile.schema.json", FILE_PROFILE},
                   {"requirements.schema.json", FILE_REQUIREMENTS},
                   {"baseline.schema.json", FILE_BASELINE}};
    static const struct {
        const char *member;
        enum file_kind kind;
    } members[] = {{"steps", FILE_SCENARIO},   {"parts", FILE_SCENARIO}, {"purpose", FILE_SCENARIO},
                   {"select", FILE_SUITE},     {"claims", FILE_PROFILE}, {"start", FILE_PROFILE},
                   {"stimulus", FILE_PROFILE}, {"id", FILE_SCENARIO},    {"requirements", FILE_REQUIREMENTS},
                   {"san", FILE_RECIPE},       {"issuer", FILE_RECIPE},  {"eku", FILE_RECIPE},
                   {"cn", FILE_RECIPE},        {"key", FILE_RECIPE},     {"entries", FILE_BASELINE}};
    const char *schema = document_string(document_member(root, "$schema"));
    for (size_t i = 0; schema && i < sizeof schemas / sizeof schemas[0]; i++) {
        size_t length = strlen(schema), ending = strlen(schemas[i].ending);
        if (length >= ending && strcmp(schema + length - ending, schemas[i].ending) == 0)
            return schemas[i].kind;
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (document_member(root, members[i].member))
            return members[i].kind;
    return FILE_UNKNOWN;
}

/* The id that a path stands for: whole below the catalogue's folder, its last part elsewhere. Heap. */
static char *id_of_path(const char *scenarios_dir, const char *path)
{
    char *base = realpath(scenarios_dir, NULL), *whole = realpath(path, NULL);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = base ? strlen(base) : 0;
    if (base && whole && strncmp(base, whole, length) == 0 && whole[length] == '/')
        name = whole + length + 1;
    size_t end = strlen(name);
    if (end > 5 && strcmp(name + end - 5, ".json") == 0)
        end -= 5;
    char *id = strndup(name, end);
    if (!id)
        abort();
    free(base);
    free(whole);
    return id;
}

/* The controls of what is loaded, and theirs in turn. A control that is not there is left for
 * controls_resolve() to report. */
static bool add_controls(struct loading *loading)
{
    for (size_t f = 0; f < loading->file_count; f++)
        for (size_t v = 0; v < loading->files[f].store->scenario.variant_count; v++) {
            const char *id = loading->files[f].store->scenario.variants[v].control_scenario;
            if (!id || loading_find(loading, id))
                continue;
            char *relative = NULL;
            if (asprintf(&relative, "%s.json", id) < 0)
                abort();
            char *path = path_join(loading->scenarios_dir, relative), *there = realpath(path, NULL);
            bool is_fine = !there || loading_add_file(loading, path, id);
            free(there);
            free(path);
            free(relative);
            if (!is_fine)
                return false;
        }
    return true;
}

static bool validate_scenario(const char *scenarios_dir, const char *path, struct document *document,
                              struct diagnostic *diagnostic)
{
    struct loading loading;
    if (!loading_init(&loading, scenarios_dir, diagnostic)) {
        document_free(document);
        return false;
    }
    char *id = id_of_path(scenarios_dir, path);
    bool is_fine =
        loading_add_document(&loading, document, id) && add_controls(&loading) && controls_resolve(&loading);
    free(id);
    loading_fini(&loading);
    return is_fine;
}

static bool validate_suite(const char *scenarios_dir, const char *path, struct document *document,
                           struct diagnostic *diagnostic)
{
    struct catalogue *catalogue = catalogue_load(scenarios_dir, diagnostic);
    char *schema = path_join(scenarios_dir, "../suites/schema/suite.schema.json");
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    char *stem = strndup(name, strlen(name) > 5 ? strlen(name) - 5 : 0);
    if (!stem)
        abort();
    struct suite_store *store = catalogue ? suite_read(document, schema, stem, catalogue, diagnostic) : NULL;
    bool is_fine = store != NULL;
    suite_free(store ? &store->suite : NULL);
    free(stem);
    free(schema);
    catalogue_free(catalogue);
    return is_fine;
}

static bool validate_profile(const char *scenarios_dir, const char *path, struct diagnostic *diagnostic)
{
    char *devices = path_join(scenarios_dir, "../devices"),
         *schema = path_join(scenarios_dir, "../devices/schema/profile.schema.json");
    struct device_profile *profile = device_profile_load(devices, path, schema, diagnostic);
    bool is_fine = profile != NULL;
    device_profile_free(profile);
    free(devices);
    free(schema);
    return is_fine;
}

static bool validate_recipe(const char *scenarios_dir, struct document *document,
                            struct diagnostic *diagnostic)
{
    char *path = path_join(scenarios_dir, "schema/scenario.schema.json");
    struct document *schema = document_load(path, diagnostic);
    bool is_fine = schema &&
                   document_check_definition(schema, "recipe", document_root(document), diagnostic) &&
                   certificate_check(document_root(document), diagnostic);
    document_free(schema);
    free(path);
    return is_fine;
}

static bool validate_baseline(const char *scenarios_dir, const char *path, struct diagnostic *diagnostic)
{
    struct catalogue *catalogue = catalogue_load(scenarios_dir, diagnostic);
    char *schema = path_join(scenarios_dir, "../reports/schema/baseline.schema.json");
    struct baseline *baseline = catalogue ? baseline_load(path, schema, catalogue, diagnostic) : NULL;
    bool is_fine = baseline != NULL;
    baseline_free(baseline);
    free(schema);
    catalogue_free(catalogue);
    return is_fine;
}

bool scenario_validate_file(const char *scenarios_dir, const char *path, struct diagnostic *diagnostic)
{
    struct diagnostic own = {0};
    struct diagnostic *told = diagnostic ? diagnostic : &own;
    struct document *document = document_load(path, told);
    if (!document)
        return false;
    bool is_fine = false;
    switch (kind_of(document_root(document))) {
    case FILE_SCENARIO:
        return validate_scenario(scenarios_dir, path, document, told); /* takes the document over */
    case FILE_SUITE:
        is_fine = validate_suite(scenarios_dir, path, document, told);
        break;
    case FILE_PROFILE:
        is_fine = validate_profile(scenarios_dir, path, told);
        break;
    case FILE_REQUIREMENTS:
        is_fine = requirements_check(scenarios_dir, document, told);
        break;
    case FILE_RECIPE:
        is_fine = validate_recipe(scenarios_dir, document, told);
        break;
    case FILE_BASELINE:
        is_fine = validate_baseline(scenarios_dir, path, told);
        break;
    case FILE_UNKNOWN:
        document_reject(
            told, document_root(document), "a file of no known kind",
            "a scenario, suite, profile, requirements, recipe or baseline, by its \"$schema\" or its members",
            NULL);
        break;
    }
    document_free(document);
    return is_fine;
}
