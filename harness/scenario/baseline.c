/* Baselines: failures that are known. A line that can never hold is a mistake of its author, so every id has
 * to be the catalogue's. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenario/scenario_private.h"

struct baseline_store { /* what a struct baseline is in */
    struct baseline baseline;
    struct arena arena;
};

static char *take_text(struct arena *arena, const struct document_value *entry, const char *name)
{
    return arena_text(arena, document_string(document_member(entry, name)));
}

static void baseline_take(struct baseline_store *store, const struct document *document)
{
    const struct document_value *list = document_member(document_root(document), "entries");
    struct baseline *baseline = &store->baseline;
    baseline->path = arena_text(&store->arena, document_path(document));
    baseline->count = document_count(list);
    baseline->entries = arena_take(&store->arena, baseline->count + 1, sizeof *baseline->entries);
    for (size_t i = 0; i < baseline->count; i++) {
        const struct document_value *entry = document_at(list, i);
        baseline->entries[i] = (struct baseline_entry){
            .device = take_text(&store->arena, entry, "device"),
            .requirement = take_text(&store->arena, entry, "requirement"),
            .scenario = take_text(&store->arena, entry, "scenario"),
            .variant = take_text(&store->arena, entry, "variant"),
            .verdict = take_text(&store->arena, entry, "verdict"),
            .reason = take_text(&store->arena, entry, "reason"),
            .until = take_text(&store->arena, entry, "until"),
            .line = document_line(entry),
        };
    }
}

static bool check_subject(const struct document_value *entry, struct diagnostic *diagnostic)
{
    const struct document_value *requirement = document_member(entry, "requirement"),
                                *scenario = document_member(entry, "scenario"),
                                *variant = document_member(entry, "variant");
    if (requirement && scenario)
        return document_reject_name(diagnostic, scenario, "'scenario' beside 'requirement'", "one of them",
                                    NULL);
    if (!requirement && !scenario)
        return document_reject(diagnostic, entry, "neither 'requirement' nor 'scenario'", "one of them",
                               NULL);
    if (variant && !scenario)
        return document_reject_name(diagnostic, variant, "'variant' beside 'requirement'",
                                    "'variant' beside 'scenario' only", NULL);
    return true;
}

static bool check_requirement(const struct document_value *value, const struct catalogue *catalogue,
                              struct diagnostic *diagnostic)
{
    const char *id = document_string(value);
    if (catalogue_requirement(catalogue, id))
        return true;
    const char **ids = calloc(catalogue->requirement_count + 1, sizeof *ids);
    if (!ids)
        abort();
    for (size_t i = 0; i < catalogue->requirement_count; i++)
        ids[i] = catalogue->requirements[i].id;
    document_reject(diagnostic, value, NULL, "the id of a requirement",
                    document_nearest(id, ids, catalogue->requirement_count));
    free(ids);
    return false;
}

static bool check_scenario(const struct document_value *value, const struct document_value *variant,
                           const struct catalogue *catalogue, struct diagnostic *diagnostic)
{
    const char *id = document_string(value);
    const struct scenario *scenario = catalogue_scenario(catalogue, id);
    size_t count = scenario ? scenario->variant_count : catalogue->scenario_count;
    const char **names = calloc(count + 1, sizeof *names);
    bool is_known = scenario && !variant;
    if (!names)
        abort();
    for (size_t i = 0; i < count; i++) {
        names[i] = scenario ? scenario->variants[i].name : catalogue->scenarios[i]->id;
        is_known |= scenario && variant && fnmatch(document_string(variant), names[i], 0) == 0;
    }
    if (!scenario)
        document_reject(diagnostic, value, NULL, "the id of a scenario", document_nearest(id, names, count));
    else if (!is_known)
        document_reject(diagnostic, variant, NULL, "a glob that matches a variant of the scenario",
                        document_nearest(document_string(variant), names, count));
    free(names);
    return is_known;
}

/* The pattern of the schema lets the 31st of February pass. */
static bool check_day(const struct document_value *value, struct diagnostic *diagnostic)
{
    int year, month, day;
    if (!value || sscanf(document_string(value), "%4d-%2d-%2d", &year, &month, &day) != 3)
        return !value;
    struct tm given = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
    struct tm real = given;
    if (timegm(&real) != (time_t)-1 && real.tm_mon == given.tm_mon && real.tm_mday == given.tm_mday)
        return true;
    return document_reject(diagnostic, value, NULL, "a day that there is", NULL);
}

static bool is_same_text(const struct document_value *a, const struct document_value *b, const char *name)
{
    const char *one = document_string(document_member(a, name)),
               *other = document_string(document_member(b, name));
    return one && other ? strcmp(one, other) == 0 : one == other;
}

/* Twice the same would make two reports of one failure, and one of them would stay when the line goes. */
static bool check_once(const struct document_value *list, size_t index, struct diagnostic *diagnostic)
{
    static const char *const members[] = {"device", "requirement", "scenario", "variant", "verdict"};
    const struct document_value *entry = document_at(list, index);
    for (size_t i = 0; i < index; i++) {
        bool is_same = true;
        for (size_t m = 0; m < sizeof members / sizeof members[0] && is_same; m++)
            is_same = is_same_text(document_at(list, i), entry, members[m]);
        if (!is_same)
            continue;
        char found[64];
        snprintf(found, sizeof found, "the entry of line %u again", document_line(document_at(list, i)));
        return document_reject(diagnostic, entry, found, "each entry once", NULL);
    }
    return true;
}

static bool check_entry(const struct document_value *list, size_t index, const struct catalogue *catalogue,
                        struct diagnostic *diagnostic)
{
    const struct document_value *entry = document_at(list, index),
                                *requirement = document_member(entry, "requirement"),
                                *scenario = document_member(entry, "scenario");
    return check_subject(entry, diagnostic) &&
           (!requirement || check_requirement(requirement, catalogue, diagnostic)) &&
           (!scenario ||
            check_scenario(scenario, document_member(entry, "variant"), catalogue, diagnostic)) &&
           check_day(document_member(entry, "until"), diagnostic) && check_once(list, index, diagnostic);
}

struct baseline *baseline_load(const char *path, const char *schema_path, const struct catalogue *catalogue,
                               struct diagnostic *diagnostic)
{
    struct document *document = document_load(path, diagnostic),
                    *schema = document ? document_load(schema_path, diagnostic) : NULL;
    bool is_fine = schema && document_check(schema, document_root(document), diagnostic);
    const struct document_value *list = is_fine ? document_member(document_root(document), "entries") : NULL;
    for (size_t i = 0; is_fine && i < document_count(list); i++)
        is_fine = check_entry(list, i, catalogue, diagnostic);
    struct baseline_store *store = is_fine ? calloc(1, sizeof *store) : NULL;
    if (is_fine && !store)
        abort();
    if (store)
        baseline_take(store, document);
    document_free(schema);
    document_free(document);
    return store ? &store->baseline : NULL;
}

void baseline_free(struct baseline *baseline)
{
    if (!baseline)
        return;
    struct baseline_store *store = (struct baseline_store *)baseline;
    arena_fini(&store->arena);
    free(store);
}
