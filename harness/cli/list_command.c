/* `sipreuse list`. */
#include "cli/cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_JSON, OPT_SCENARIOS, OPT_SUITES, OPT_DEVICES };
static const struct cli_option options[] = {
    [OPT_JSON] = {"json", NULL, "for programs: {\"scenarios\": [...]} and so on", '\0'},
    [OPT_SCENARIOS] = {"scenarios", "DIR", "scenarios from another folder", '\0'},
    [OPT_SUITES] = {"suites", "DIR", "suites from another folder", '\0'},
    [OPT_DEVICES] = {"devices", "DIR", "profiles from another folder", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "list",
    .arguments = "scenarios|suites|devices|requirements [--json]",
    .summary = "Shows what there is. The ids are those that run, explain and the reports use.",
    .options = options,
};

static json_t *list_strings(const struct strings *strings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < strings->count; i++)
        json_array_append_new(list, json_string(strings->items[i]));
    return list;
}

static bool scenario_is_about(const struct scenario *scenario, const char *requirement)
{
    for (size_t i = 0; i < scenario->variant_count; i++)
        for (size_t k = 0; k < scenario->variants[i].requirements.count; k++)
            if (strcmp(scenario->variants[i].requirements.items[k], requirement) == 0)
                return true;
    return false;
}

static json_t *list_scenario(const struct catalogue *catalogue, const struct scenario *scenario)
{
    json_t *variants = json_array(), *requirements = json_array();
    enum requirement_level level = LEVEL_OBS;
    bool is_derived = scenario->variant_count > 0;
    for (size_t i = 0; i < scenario->variant_count; i++) {
        json_array_append_new(variants, json_string(scenario->variants[i].name));
        if (scenario->variants[i].level < level)
            level = scenario->variants[i].level;
        is_derived &= scenario->variants[i].is_derived;
    }
    for (size_t i = 0; i < catalogue->requirement_count; i++)
        if (scenario_is_about(scenario, catalogue->requirements[i].id))
            json_array_append_new(requirements, json_string(catalogue->requirements[i].id));
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o, s:o}", "id", scenario->id, "title",
                     scenario->title, "purpose", scenario->purpose, "level", requirement_level_name(level),
                     "derived", (int)is_derived, "slow", (int)scenario->is_slow, "exclusive",
                     (int)scenario->is_exclusive, "requirements", requirements, "references",
                     list_strings(&scenario->references), "variants", variants);
}

static json_t *list_requirement(const struct catalogue *catalogue, const struct requirement *requirement)
{
    json_t *scenarios = json_array();
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        if (scenario_is_about(catalogue->scenarios[i], requirement->id))
            json_array_append_new(scenarios, json_string(catalogue->scenarios[i]->id));
    return json_pack("{s:s, s:s, s:b, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:o}", "id", requirement->id,
                     "level", requirement_level_name(requirement->level), "derived",
                     (int)requirement->is_derived, "document", requirement->document, "section",
                     requirement->section, "part", requirement->part, "class", requirement->class_name,
                     "rule", requirement->rule, "scenarios", scenarios, "faults",
                     list_strings(&requirement->faults));
}

static int list_catalogue(const struct cli_paths *paths, bool is_requirements, json_t **out)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load_beside(paths->scenarios, paths->own_scenarios, &diagnostic);
    if (!catalogue)
        return cli_fail_file(&diagnostic);
    *out = json_array();
    for (size_t i = 0; !is_requirements && i < catalogue->scenario_count; i++)
        json_array_append_new(*out, list_scenario(catalogue, catalogue->scenarios[i]));
    for (size_t i = 0; is_requirements && i < catalogue->requirement_count; i++)
        json_array_append_new(*out, list_requirement(catalogue, &catalogue->requirements[i]));
    catalogue_free(catalogue);
    return CLI_GOOD;
}

static int list_suites(const struct cli_paths *paths, json_t **out)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load_beside(paths->scenarios, paths->own_scenarios, &diagnostic);
    if (!catalogue)
        return cli_fail_file(&diagnostic);
    char **names = suite_names(paths->suites);
    *out = json_array();
    int status = CLI_GOOD;
    for (size_t i = 0; names && names[i] && status == CLI_GOOD; i++) {
        struct suite *suite = suite_load(paths->suites, names[i], catalogue, &diagnostic);
        if (!suite)
            status = cli_fail_file(&diagnostic);
        else
            json_array_append_new(*out, json_pack("{s:s, s:s?, s:s?, s:b, s:b}", "name", suite->name, "title",
                                                  suite->title, "version", suite->version, "strict",
                                                  (int)suite->is_strict, "require_exercised",
                                                  (int)suite->require_exercised));
        suite_free(suite);
    }
    cli_strings_free(names);
    catalogue_free(catalogue);
    return status;
}

static int list_devices(const struct cli_paths *paths, json_t **out)
{
    struct diagnostic diagnostic = {0};
    char **names = device_profile_names(paths->devices);
    *out = json_array();
    int status = CLI_GOOD;
    for (size_t i = 0; names && names[i] && status == CLI_GOOD; i++) {
        struct device_profile *profile =
            device_profile_load(paths->devices, names[i], paths->profile_schema, &diagnostic);
        char missing[256] = "";
        if (!profile) {
            status = cli_fail_file(&diagnostic);
        } else {
            bool is_available = device_is_available(profile, missing, sizeof missing);
            json_array_append_new(*out, json_pack("{s:s, s:s, s:s?, s:s?, s:b, s:s?}", "name", names[i],
                                                  "profile", profile->path, "kind", profile->kind, "title",
                                                  profile->title, "available", (int)is_available, "missing",
                                                  is_available ? NULL : missing));
        }
        device_profile_free(profile);
    }
    cli_strings_free(names);
    return status;
}

/* Scenarios as the first one and how many more (`explain` has them all), other lists as their length. */
static void list_brief(const json_t *list, bool is_scenarios, char *room, size_t room_size)
{
    size_t count = json_array_size(list);
    const char *first = json_string_value(json_array_get(list, 0));
    if (!is_scenarios || !first)
        snprintf(room, room_size, "%zu", count);
    else if (count == 1)
        snprintf(room, room_size, "%s", first);
    else
        snprintf(room, room_size, "%s +%zu", first, count - 1);
}

/* The last column's lists are word for word. */
static const char *list_cell(const json_t *item, const char *member, bool is_last, char *room,
                             size_t room_size)
{
    const json_t *value = json_object_get(item, member);
    size_t used = 0;
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_array(value) && is_last) {
        room[0] = '\0';
        for (size_t i = 0; i < json_array_size(value) && used < room_size; i++)
            used += (size_t)snprintf(room + used, room_size - used, "%s%s", i ? ", " : "",
                                     json_string_value(json_array_get(value, i)));
    } else if (json_is_array(value))
        list_brief(value, strcmp(member, "scenarios") == 0, room, room_size);
    else
        snprintf(room, room_size, "%s", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "");
    return room;
}

/* The members that a person wants, as columns. */
static void list_print(const json_t *items, const char *const *columns, size_t count)
{
    size_t widths[8] = {0};
    char room[1024];
    for (size_t c = 0; c < count; c++) {
        widths[c] = strlen(columns[c]);
        for (size_t i = 0; i < json_array_size(items); i++) {
            const char *cell =
                list_cell(json_array_get(items, i), columns[c], c + 1 == count, room, sizeof room);
            size_t size = page_columns(cell, strlen(cell));
            widths[c] = size > widths[c] ? size : widths[c];
        }
    }
    struct page page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()};
    for (size_t c = 0; c < count; c++)
        page_put(&page, PAGE_DIM, "%-*s%s", c + 1 < count ? (int)widths[c] : 0, columns[c],
                 c + 1 < count ? "  " : "\n");
    for (size_t i = 0; i < json_array_size(items); i++)
        for (size_t c = 0; c < count; c++) {
            const char *cell =
                list_cell(json_array_get(items, i), columns[c], c + 1 == count, room, sizeof room);
            page_put_text(&page, cell);
            int padding = c + 1 < count ? (int)(widths[c] - page_columns(cell, strlen(cell)) + 2) : 0;
            printf("%*s%s", padding, "", c + 1 < count ? "" : "\n");
        }
}

static int list_put(const char *what, json_t *items, bool is_json)
{
    static const char *const scenario_columns[] = {"id", "level", "variants", "title"};
    static const char *const requirement_columns[] = {"id", "level", "derived", "scenarios", "faults"};
    static const char *const suite_columns[] = {"name", "version", "title"};
    static const char *const device_columns[] = {"name", "kind", "available", "title"};
    if (is_json) {
        json_t *root = json_pack("{s:O}", what, items);
        json_dumpf(root, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(root);
    } else if (strcmp(what, "scenarios") == 0) {
        list_print(items, scenario_columns, 4);
    } else if (strcmp(what, "requirements") == 0) {
        list_print(items, requirement_columns, 5);
    } else if (strcmp(what, "suites") == 0) {
        list_print(items, suite_columns, 3);
    } else {
        list_print(items, device_columns, 4);
    }
    json_decref(items);
    return fflush(stdout) == 0 ? CLI_GOOD
                               : cli_fail(CLI_IMPOSSIBLE, "the list could not be written; free some space");
}

static int list_of(const char *what, const struct cli_paths *paths, json_t **items)
{
    if (strcmp(what, "scenarios") == 0 || strcmp(what, "requirements") == 0)
        return list_catalogue(paths, what[0] == 'r', items);
    return strcmp(what, "suites") == 0 ? list_suites(paths, items) : list_devices(paths, items);
}

int cli_list(int argc, char **argv)
{
    static const char *const kinds[] = {"scenarios", "suites", "devices", "requirements"};
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *value, *what = NULL, *folders[OPT_DEVICES + 1] = {NULL};
    bool is_json = false;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == CLI_ARGUMENT && what)
            return cli_fail(CLI_USAGE, "list shows one kind of thing; leave out '%s'", value);
        if (option == CLI_ARGUMENT)
            what = value;
        else if (option == OPT_JSON)
            is_json = true;
        else
            folders[option] = value;
    }
    if (!what)
        return cli_fail(CLI_USAGE, "list what? write scenarios, suites, devices, or requirements");
    bool is_known = false;
    for (size_t i = 0; i < 4; i++)
        is_known |= strcmp(what, kinds[i]) == 0;
    const char *nearest = document_nearest(what, kinds, 4);
    if (!is_known && nearest)
        return cli_fail(CLI_USAGE, "there are no '%s' to list; did you mean '%s'?", what, nearest);
    if (!is_known)
        return cli_fail(CLI_USAGE,
                        "there are no '%s' to list; write scenarios, suites, devices, or requirements", what);
    struct cli_paths paths;
    json_t *items = NULL;
    int status = CLI_USAGE;
    if (cli_paths_find(&paths, folders[OPT_SCENARIOS], folders[OPT_SUITES], folders[OPT_DEVICES]))
        status = list_of(what, &paths, &items);
    if (status == CLI_GOOD)
        status = list_put(what, items, is_json);
    else
        json_decref(items);
    cli_paths_fini(&paths);
    return status;
}
