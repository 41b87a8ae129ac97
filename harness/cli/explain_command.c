/* `sipreuse explain`: what a scenario or a requirement is about. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

enum { OPT_SCENARIOS };
static const struct cli_option options[] = {
    [OPT_SCENARIOS] = {"scenarios", "DIR", "scenarios from another folder", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "explain",
    .arguments = "ID...",
    .summary =
        "Says what a scenario ('aliasing/server-honour'), a requirement ('5923-8.2-honour') or the scenarios "
        "of a public report "
        "('OpenSIPS#1651') are about: purpose, clause, level, control, and the call flow drawn in text.",
    .options = options,
};

static void explain_member(struct page *page, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    page_put(page, PAGE_DIM, "%s\n", name);
    page_wrap(page, 2, text);
}

static void explain_strings(struct page *page, const char *name, const struct strings *strings)
{
    if (strings->count == 0)
        return;
    page_put(page, PAGE_DIM, "%s\n", name);
    for (size_t i = 0; i < strings->count; i++)
        printf("  %s\n", strings->items[i]);
}

static void explain_clause(const struct requirement *requirement)
{
    printf("  %s  %s%s  %s%s%s\n", requirement->id, requirement_level_name(requirement->level),
           requirement->is_derived ? " (derived)" : "", requirement->document ? requirement->document : "",
           requirement->section ? " §" : "", requirement->section ? requirement->section : "");
}

/* Variants that share their steps differ in coordinates only: one of each part and case is drawn. */
static bool is_drawn_already(const struct scenario *scenario, size_t index)
{
    const struct scenario_variant *variant = &scenario->variants[index];
    for (size_t i = 0; i < index; i++)
        if (scenario->variants[i].is_client == variant->is_client)
            return true;
    return false;
}

static void explain_flow(struct page *page, const struct scenario *scenario, size_t index)
{
    const struct scenario_variant *variant = &scenario->variants[index];
    putchar('\n');
    page_put(page, PAGE_DIM, "Call flow");
    printf("  %s: the device %s the connection concerned\n", variant->name,
           variant->is_client ? "opens" : "accepts");
    if (variant->control_scenario)
        printf("  control: %s %s, which must show '%s'\n", variant->control_scenario,
               variant->control_variant ? variant->control_variant : "",
               variant->control_shows ? variant->control_shows : "reused");
    for (size_t i = 0; i < variant->dns.count; i++)
        printf("  DNS: %s\n", variant->dns.items[i]);
    putchar('\n');
    drawing_print(page, variant);
}

static void explain_scenario(struct page *page, const struct catalogue *catalogue,
                             const struct scenario *scenario)
{
    page_put(page, PAGE_BOLD, "%s", scenario->id);
    printf("%s%s\n", scenario->is_slow ? "  slow" : "",
           scenario->is_exclusive ? "  alone, on an instance of its own" : "");
    page_wrap(page, 2, scenario->title);
    explain_member(page, "Purpose", scenario->purpose);
    page_put(page, PAGE_DIM, "Requirements\n");
    for (size_t i = 0; i < catalogue->requirement_count; i++) {
        const struct requirement *requirement = &catalogue->requirements[i];
        bool is_about = false;
        for (size_t k = 0; k < scenario->variant_count && !is_about; k++)
            for (size_t r = 0; r < scenario->variants[k].requirements.count; r++)
                is_about |= strcmp(scenario->variants[k].requirements.items[r], requirement->id) == 0;
        if (!is_about)
            continue;
        explain_clause(requirement);
        page_wrap(page, 4, requirement->rule);
    }
    explain_strings(page, "Public reports", &scenario->references);
    if (scenario->variant_count)
        explain_strings(page, "Needs of the device", &scenario->variants[0].needs);
    page_put(page, PAGE_DIM, "Variants\n");
    for (size_t i = 0; i < scenario->variant_count; i++)
        printf("  %s\n", scenario->variants[i].name);
    for (size_t i = 0; i < scenario->variant_count; i++)
        if (!is_drawn_already(scenario, i))
            explain_flow(page, scenario, i);
}

static void explain_requirement(struct page *page, const struct catalogue *catalogue,
                                const struct requirement *requirement)
{
    page_put(page, PAGE_BOLD, "%s", requirement->id);
    printf("  %s%s  %s%s%s\n", requirement_level_name(requirement->level),
           requirement->is_derived ? " (derived)" : "", requirement->document ? requirement->document : "",
           requirement->section ? " §" : "", requirement->section ? requirement->section : "");
    explain_member(page, "Rule", requirement->rule);
    explain_member(page, "Clause", requirement->clause);
    explain_member(page, "When", requirement->when);
    explain_member(page, "The device's part", requirement->part);
    explain_member(page, "Seen by", requirement->seen_by);
    explain_member(page, "Class", requirement->class_name);
    explain_strings(page,
                    requirement_only_tells(requirement) ? "Seeded faults, told by what is observed"
                                                        : "Seeded faults",
                    &requirement->faults);
    explain_strings(page, "Controls", &requirement->controls);
    page_put(page, PAGE_DIM, "Scenarios\n");
    size_t count = 0;
    for (size_t i = 0; i < catalogue->scenario_count; i++) {
        const struct scenario *scenario = catalogue->scenarios[i];
        bool is_about = false;
        for (size_t k = 0; k < scenario->variant_count; k++)
            for (size_t r = 0; r < scenario->variants[k].requirements.count; r++)
                is_about |= strcmp(scenario->variants[k].requirements.items[r], requirement->id) == 0;
        if (is_about)
            printf("  %s  %s\n", scenario->id, scenario->title);
        count += is_about;
    }
    if (count == 0)
        puts("  none yet");
}

static size_t explain_reference(struct page *page, const struct catalogue *catalogue, const char *reference)
{
    size_t count = 0;
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        for (size_t k = 0; k < catalogue->scenarios[i]->references.count; k++)
            if (strcasecmp(catalogue->scenarios[i]->references.items[k], reference) == 0) {
                if (count++)
                    putchar('\n');
                explain_scenario(page, catalogue, catalogue->scenarios[i]);
                break;
            }
    return count;
}

static int explain_unknown(const struct catalogue *catalogue, const char *id)
{
    size_t count = 0;
    const char **names = calloc(catalogue->scenario_count + catalogue->requirement_count + 1, sizeof *names);
    if (!names)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        names[count++] = catalogue->scenarios[i]->id;
    for (size_t i = 0; i < catalogue->requirement_count; i++)
        names[count++] = catalogue->requirements[i].id;
    const char *nearest = document_nearest(id, names, count);
    int status =
        nearest ? cli_fail(CLI_USAGE, "'%s' is no scenario, requirement or public report; did you mean '%s'?",
                           id, nearest)
                : cli_fail(CLI_USAGE,
                           "'%s' is no scenario, requirement or public report; see 'sipreuse list scenarios'",
                           id);
    free(names);
    return status;
}

static int explain(const struct catalogue *catalogue, const char *id)
{
    struct page page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()};
    const struct requirement *requirement = catalogue_requirement(catalogue, id);
    char *name = strdup(id);
    char *colon = name ? strchr(name, ':') : NULL;
    if (colon)
        *colon = '\0'; /* a variant's scenario */
    const struct scenario *scenario = name ? catalogue_scenario(catalogue, name) : NULL;
    free(name);
    if (requirement)
        explain_requirement(&page, catalogue, requirement);
    else if (scenario)
        explain_scenario(&page, catalogue, scenario);
    else if (!explain_reference(&page, catalogue, id))
        return explain_unknown(catalogue, id);
    return CLI_GOOD;
}

/* One after the other, an empty line between them. The first id that is none ends it. */
static int explain_all(const struct catalogue *catalogue, const char *const *ids, size_t count)
{
    int status = CLI_GOOD;
    for (size_t i = 0; i < count && status == CLI_GOOD; i++) {
        if (i)
            putchar('\n');
        status = explain(catalogue, ids[i]);
    }
    return status;
}

static int explain_with_catalogue(const char *scenarios, const char *const *ids, size_t count)
{
    struct cli_paths paths;
    struct diagnostic diagnostic = {0};
    int status = CLI_USAGE;
    if (cli_paths_find(&paths, scenarios, NULL, NULL)) {
        struct catalogue *catalogue =
            catalogue_load_beside(paths.scenarios, paths.own_scenarios, &diagnostic);
        status = catalogue ? explain_all(catalogue, ids, count) : cli_fail_file(&diagnostic);
        catalogue_free(catalogue);
    }
    cli_paths_fini(&paths);
    return status;
}

int cli_explain(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *value, *scenarios = NULL;
    const char **ids = calloc((size_t)argc + 1, sizeof *ids);
    size_t count = 0;
    int status = CLI_GOOD, option = CLI_END;
    if (!ids)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    while ((option = cli_next(&parser, &value)) >= 0 || option == CLI_ARGUMENT) {
        if (option == OPT_SCENARIOS)
            scenarios = value;
        else
            ids[count++] = value;
    }
    if (option == CLI_BAD)
        status = CLI_USAGE;
    else if (option == CLI_END && count == 0)
        status =
            cli_fail(CLI_USAGE,
                     "explain what? name a scenario or a requirement ('sipreuse list scenarios' shows them)");
    else if (option == CLI_END)
        status = explain_with_catalogue(scenarios, ids, count);
    free(ids);
    return status;
}
