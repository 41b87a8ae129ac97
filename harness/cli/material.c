/* What a run needs from files: catalogue, suite, profile, selection. */
#include "cli/cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUITE_DEFAULT "conformance"

void cli_strings_free(char **strings)
{
    for (char **string = strings; string && *string; string++)
        free(*string);
    free(strings);
}

/* Reported with the nearest one. what: "device"; names NULL: none. */
static bool name_is_known(const char *what, const char *word, char *const *names)
{
    size_t count = 0;
    bool is_known = false;
    for (; names && names[count]; count++)
        is_known |= strcmp(names[count], word) == 0;
    if (is_known)
        return true;
    const char *nearest = document_nearest(word, (const char *const *)names, count);
    if (nearest)
        cli_fail(CLI_USAGE, "'%s' is no %s; did you mean '%s'? ('sipreuse list %ss' shows them)", word, what,
                 nearest, what);
    else
        cli_fail(CLI_USAGE, "'%s' is no %s; 'sipreuse list %ss' shows them", word, what, what);
    return false;
}

/* A file is somebody's own; its diagnostics say where in it the mistake is. */
static bool is_file_word(const char *word)
{
    size_t length = strlen(word);
    return strchr(word, '/') || (length > 5 && strcmp(word + length - 5, ".json") == 0);
}

static bool device_is_known(const struct cli_paths *paths, const char *device)
{
    char **names = device_profile_names(cli_devices_of(paths, device));
    bool is_good = is_file_word(device) || name_is_known("device", device, names);
    cli_strings_free(names);
    return is_good;
}

static bool names_are_known(const struct cli_request *request)
{
    char **suites = suite_names(request->paths.suites);
    const char *suite = request->suite_name ? request->suite_name : SUITE_DEFAULT;
    bool is_good = name_is_known("suite", suite, suites) && device_is_known(&request->paths, request->device);
    cli_strings_free(suites);
    return is_good;
}

struct device_profile *cli_profile_load(const struct cli_paths *paths, const char *device)
{
    struct diagnostic diagnostic = {0};
    if (!device_is_known(paths, device))
        return NULL;
    struct device_profile *profile =
        device_profile_load(cli_devices_of(paths, device), device, paths->profile_schema, &diagnostic);
    if (!profile)
        cli_fail_file(&diagnostic);
    return profile;
}

static json_t *result_load(const char *result)
{
    struct stat status;
    char *path = stat(result, &status) == 0 && S_ISDIR(status.st_mode) ? cli_path_join(result, "result.json")
                                                                       : strdup(result);
    json_error_t error = {0};
    json_t *root = path ? json_load_file(path, JSON_REJECT_DUPLICATES, &error) : NULL;
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (root && schema && strcmp(schema, "sipreuse-result/1") == 0) {
        free(path);
        return root;
    }
    char *journal = cli_path_join(result, "events.jsonl");
    bool has_journal = !root && path && stat(path, &status) != 0 && stat(journal, &status) == 0;
    free(journal);
    if (has_journal)
        cli_fail(
            CLI_USAGE,
            "the run in '%s' was cut off before its result; 'sipreuse report %s' makes it from the journal",
            result, result);
    else if (root)
        cli_fail(CLI_USAGE, "'%s' is no result of a run; name an output folder or the result.json in it",
                 path);
    else
        cli_fail(CLI_USAGE,
                 "'%s' cannot be read as a result: %s; name an output folder or the result.json in it", path,
                 error.text);
    json_decref(root);
    free(path);
    return NULL;
}

static bool is_to_be_rerun(const json_t *scenario)
{
    const char *verdict = json_string_value(json_object_get(scenario, "verdict"));
    return verdict && (strcmp(verdict, "fail") == 0 || strcmp(verdict, "inconclusive") == 0 ||
                       strcmp(verdict, "error") == 0);
}

char **cli_rerun_selectors(const char *result)
{
    json_t *root = result_load(result);
    if (!root)
        return NULL;
    const json_t *scenarios = json_object_get(root, "scenarios");
    char **selectors = calloc(json_array_size(scenarios) + 1, sizeof *selectors);
    size_t count = 0;
    for (size_t i = 0; selectors && i < json_array_size(scenarios); i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        const char *id = json_string_value(json_object_get(scenario, "id"));
        const char *variant = json_string_value(json_object_get(scenario, "variant"));
        if (id && variant && is_to_be_rerun(scenario) &&
            asprintf(&selectors[count], "%s:%s", id, variant) >= 0)
            count++;
    }
    json_decref(root);
    if (count > 0)
        return selectors;
    cli_fail(CLI_USAGE, "nothing in '%s' failed or stayed undecided; there is nothing to run again", result);
    free(selectors);
    return NULL;
}

static unsigned ip_bits(bool has_ip4, bool has_ip6)
{
    return has_ip4 * (1u << 4) | has_ip6 * (1u << 6);
}

/* As far as it is known before anything is set up. */
static unsigned unreachable_ip(const struct cli_request *request)
{
    if (request->remote.is_wanted)
        return ip_bits(!request->remote.device[0].family, !request->remote.device[1].family);
    return ip_bits(false, request->mode == SANDBOX_NONE); /* of IPv6 there is one address */
}

/* A suite named is a limit. The default one gives way to a selector that names something outside of it alone.
 * It has no soak. */
static bool selection_choose(struct cli_material *material, const struct cli_request *request, char *error,
                             size_t error_size_bytes)
{
    bool is_limited = !request->rerun && (request->suite_name || !request->soak_ms);
    const struct selection_options options = {
        .suite = is_limited ? material->suite : NULL,
        .suite_yields = !request->suite_name,
        .selectors = request->selectors,
        .selector_count = request->selector_count,
        .transports = request->transports,
        .has_ip4 = request->has_ip4,
        .has_ip6 = request->has_ip6,
        .without_tls = material->profile->without_tls,
        .without_ip = ip_bits(!material->profile->has_ip4, !material->profile->has_ip6),
        .unreachable_ip = unreachable_ip(request),
        .is_all_variants = request->is_all_variants,
        .whole = request->whole_count || request->is_thin ? request->whole : NULL,
        .whole_count = request->whole_count};
    return selection_make(material->catalogue, &options, &material->selection, error, error_size_bytes);
}

/* Who asks for an hour of random traffic is not to wait that long for something else. */
static bool soak_is_there(const struct cli_material *material, const struct cli_request *request)
{
    if (!request->soak_ms)
        return true;
    for (size_t i = 0; i < material->selection.count; i++)
        if (scenario_variant_is_soak(material->selection.variants[i]))
            return true;
    cli_fail(CLI_USAGE, "--soak: nothing that was chosen is a soak; leave out %s, or use --repeat N",
             request->rerun        ? "--rerun-failed"
             : request->suite_name ? "--suite"
                                   : "the selectors");
    return false;
}

int cli_material_load(struct cli_material *material, struct cli_request *request, struct catalogue *catalogue)
{
    struct diagnostic diagnostic = {0};
    char error[1024] = "";
    *material = (struct cli_material){.catalogue = catalogue, .is_borrowed = catalogue != NULL};
    if (!names_are_known(request))
        return CLI_USAGE;
    if (!catalogue)
        material->catalogue =
            catalogue_load_beside(request->paths.scenarios, request->paths.own_scenarios, &diagnostic);
    if (!material->catalogue)
        return cli_fail_file(&diagnostic);
    const char *suite = request->suite_name ? request->suite_name : SUITE_DEFAULT;
    material->suite = suite_load(request->paths.suites, suite, material->catalogue, &diagnostic);
    if (!material->suite)
        return cli_fail_file(&diagnostic);
    material->suite->is_strict |= request->is_strict;
    if (request->baseline) {
        material->baseline = baseline_load(request->baseline, request->paths.baseline_schema,
                                           material->catalogue, &diagnostic);
        if (!material->baseline)
            return cli_fail_file(&diagnostic);
    }
    material->profile = cli_profile_load(&request->paths, request->device);
    if (!material->profile)
        return CLI_USAGE;
    catalogue_fit_controls(material->catalogue, material->profile->without_tls);
    if (!selection_choose(material, request, error, sizeof error))
        return cli_fail(CLI_USAGE, "%s", error);
    return soak_is_there(material, request) ? CLI_GOOD : CLI_USAGE;
}

void cli_material_fini(struct cli_material *material)
{
    selection_fini(&material->selection);
    device_profile_free(material->profile);
    suite_free(material->suite);
    baseline_free(material->baseline);
    if (!material->is_borrowed)
        catalogue_free(material->catalogue);
    *material = (struct cli_material){0};
}
