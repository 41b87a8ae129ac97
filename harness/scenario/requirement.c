/* The requirement catalogue. */
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

static const char requirements_schema[] = "schema/requirements.schema.json";

bool requirement_only_tells(const struct requirement *requirement)
{
    return requirement->level == LEVEL_MAY || requirement->level == LEVEL_OBS;
}

static enum requirement_level take_level(const struct document_value *value)
{
    static const enum requirement_level levels[] = {LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY, LEVEL_SEED,
                                                    LEVEL_OBS};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (value_is(value, requirement_level_name(levels[i])))
            return levels[i];
    return LEVEL_OBS;
}

static void requirement_take(struct arena *arena, const struct document_value *value, struct requirement *out)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {{"id", &out->id},           {"document", &out->document}, {"section", &out->section},
                 {"rule", &out->rule},       {"clause", &out->clause},     {"when", &out->when},
                 {"seen_by", &out->seen_by}, {"class", &out->class_name},  {"part", &out->part}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i].text = arena_text(arena, document_string(document_member(value, texts[i].name)));
    out->level = take_level(document_member(value, "level"));
    out->is_derived = value_boolean(document_member(value, "derived"), false);
    out->faults = arena_strings(arena, document_member(value, "faults"));
    out->controls = arena_strings(arena, document_member(value, "controls"));
}

static bool check_shape(const char *scenarios_dir, const struct document *document,
                        struct diagnostic *diagnostic)
{
    char *path = path_join(scenarios_dir, requirements_schema);
    struct document *schema = document_load(path, diagnostic);
    free(path);
    bool is_fine = schema && document_check(schema, document_root(document), diagnostic);
    document_free(schema);
    const struct document_value *list = document_member(document_root(document), "requirements");
    for (size_t i = 0; is_fine && i < document_count(list); i++)
        for (size_t j = 0; is_fine && j < i; j++) {
            const struct document_value *id = document_member(document_at(list, i), "id");
            if (value_is(document_member(document_at(list, j), "id"), document_string(id)))
                is_fine = document_reject(diagnostic, id, NULL, "an id that no other requirement has", NULL);
        }
    return is_fine;
}

bool requirements_load(struct catalogue_store *store, const char *scenarios_dir,
                       struct diagnostic *diagnostic)
{
    char *path = path_join(scenarios_dir, "requirements.json");
    struct document *document = document_load(path, diagnostic);
    free(path);
    bool is_fine = document && check_shape(scenarios_dir, document, diagnostic);
    if (is_fine) {
        const struct document_value *list = document_member(document_root(document), "requirements");
        store->catalogue.requirement_count = document_count(list);
        store->catalogue.requirements =
            arena_take(&store->arena, document_count(list), sizeof *store->catalogue.requirements);
        for (size_t i = 0; i < document_count(list); i++)
            requirement_take(&store->arena, document_at(list, i), &store->catalogue.requirements[i]);
    }
    document_free(document);
    return is_fine;
}

/* Only `validate` asks whether the controls exist: the catalogue may be loaded while a scenario is still
 * being written. */
bool requirements_check(const char *scenarios_dir, struct document *document, struct diagnostic *diagnostic)
{
    if (!check_shape(scenarios_dir, document, diagnostic))
        return false;
    char **files = files_below(scenarios_dir);
    const struct document_value *list = document_member(document_root(document), "requirements");
    size_t count = 0;
    for (; files && files[count]; count++)
        files[count][strlen(files[count]) - strlen(".json")] = '\0';
    for (size_t i = 0; i < document_count(list); i++) {
        const struct document_value *controls = document_member(document_at(list, i), "controls");
        for (size_t c = 0; c < document_count(controls); c++) {
            const struct document_value *control = document_at(controls, c);
            size_t f = 0;
            while (f < count && !value_is(control, files[f]))
                f++;
            if (f == count)
                document_reject(
                    diagnostic, control, NULL, "the id of a scenario",
                    document_nearest(document_string(control), (const char *const *)files, count));
        }
    }
    files_free(files);
    return !diagnostic->is_set;
}
