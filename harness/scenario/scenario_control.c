/* Controls: which variant of which scenario shows that the same flow with nothing wrong is seen to work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { CONTROL_NAMES_MAX = 64, CONTROL_CHAIN_MAX = 100 };

static bool reject_scenario(const struct loading *loading, const struct document_value *value)
{
    char **files = files_below(loading->scenarios_dir);
    size_t count = 0;
    for (; files && files[count]; count++)
        files[count][strlen(files[count]) - strlen(".json")] = '\0';
    document_reject(loading->diagnostic, value, NULL, "the id of a scenario",
                    document_nearest(document_string(value), (const char *const *)files, count));
    files_free(files);
    return false;
}

/* The first coordinate in which nothing of the control is like what is wanted. */
static bool reject_coordinate(const struct loading *loading, const struct document_value *control,
                              const char *member, const char *wanted)
{
    const struct document_value *value = document_member(control, member);
    char found[96], expected[200];
    snprintf(found, sizeof found, "the %s '%.40s', which the control does not have", member, wanted);
    snprintf(expected, sizeof expected, "a %s of '%.80s'%s", member,
             document_string(document_member(control, "scenario")),
             value ? "" : " to be named in the control");
    return document_reject(loading->diagnostic, value ? value : control, found, expected, NULL);
}

/* What is wanted of a control's variant. case_name NULL: one without a case. */
struct wanted {
    bool is_client;
    enum net_transport transport;
    const char *case_name;
};

static bool has_case(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->variant_count; i++) {
        const char *other = scenario->variants[i].case_name;
        if (name ? other && strcmp(other, name) == 0 : !other)
            return true;
    }
    return false;
}

static bool fits(const struct scenario_variant *variant, const struct wanted *wanted)
{
    bool is_case = wanted->case_name
                       ? variant->case_name && strcmp(variant->case_name, wanted->case_name) == 0
                       : !variant->case_name;
    return variant->is_client == wanted->is_client && variant->transport == wanted->transport && is_case;
}

/* Same IP version, then same TLS version, then the versions that a sample pairs: what the control does not
 * have counts least. */
static unsigned likeness(const struct scenario_variant *control, const struct scenario_variant *variant)
{
    enum net_tls_version usual = control->ip == 6 ? NET_TLS_1_2 : NET_TLS_1_3;
    return (control->ip == variant->ip) * 4u + (control->tls == variant->tls) * 2u + (control->tls == usual);
}

static const struct scenario_variant *
choose(const struct scenario *scenario, const struct scenario_variant *variant, const struct wanted *wanted)
{
    const struct scenario_variant *best = NULL;
    for (size_t i = 0; i < scenario->variant_count; i++) {
        const struct scenario_variant *candidate = &scenario->variants[i];
        if (fits(candidate, wanted) && (!best || likeness(candidate, variant) > likeness(best, variant)))
            best = candidate;
    }
    return best;
}

/* Says which coordinate keeps every variant of the control from fitting. */
static bool reject_misfit(const struct loading *loading, const struct document_value *control,
                          const struct scenario *scenario, const struct wanted *wanted)
{
    bool has_part = false, has_transport = false;
    for (size_t i = 0; i < scenario->variant_count; i++) {
        has_part = has_part || scenario->variants[i].is_client == wanted->is_client;
        has_transport = has_transport || scenario->variants[i].transport == wanted->transport;
    }
    if (!has_part)
        return reject_coordinate(loading, control, "part", wanted->is_client ? "client" : "server");
    if (!has_transport)
        return reject_coordinate(loading, control, "transport", net_transport_name(wanted->transport));
    return reject_coordinate(loading, control, "case", wanted->case_name ? wanted->case_name : "none");
}

static bool check_shows(const struct loading *loading, const struct document_value *control,
                        const struct loaded_variant *loaded, const char *shows)
{
    const char *names[CONTROL_NAMES_MAX];
    size_t count = 0;
    for (const struct observed *observed = loaded->observed; observed; observed = observed->next) {
        if (strcmp(observed->name, shows) == 0)
            return true;
        if (count < CONTROL_NAMES_MAX)
            names[count++] = observed->name;
    }
    const struct document_value *value = document_member(control, "shows");
    char found[128];
    snprintf(found, sizeof found, "the observation '%.60s', which the control never makes", shows);
    return document_reject(loading->diagnostic, value ? value : control, found,
                           "an observation that the control makes", document_nearest(shows, names, count));
}

static bool resolve_one(const struct loading *loading, const struct document_value *control,
                        struct scenario_variant *variant, struct arena *arena)
{
    const struct document_value *part = document_member(control, "part"),
                                *name = document_member(control, "case");
    const struct loaded_file *file = loading_find(loading, variant->control_scenario);
    if (!file)
        return reject_scenario(loading, document_member(control, "scenario"));
    const struct scenario *scenario = &file->store->scenario;
    struct wanted wanted = {.is_client = part ? value_is(part, "client") : variant->is_client,
                            .transport =
                                value_transport(document_member(control, "transport"), variant->transport),
                            .case_name = name ? document_string(name) : variant->case_name};
    if (!name && wanted.case_name && !has_case(scenario, wanted.case_name))
        wanted.case_name = NULL; /* a case of ours only: the control without cases stands for all of them */
    const struct scenario_variant *chosen = choose(scenario, variant, &wanted);
    if (!chosen)
        return reject_misfit(loading, control, scenario, &wanted);
    variant->control_variant = arena_text(arena, chosen->name);
    return check_shows(loading, control, &file->variants[chosen - scenario->variants],
                       variant->control_shows);
}

static const struct scenario_variant *control_of(const struct loading *loading,
                                                 const struct scenario_variant *variant)
{
    const struct loaded_file *file =
        variant->control_scenario ? loading_find(loading, variant->control_scenario) : NULL;
    return file ? scenario_variant_find(&file->store->scenario, variant->control_variant) : NULL;
}

/* A control that has a control in turn is fine, and so is a scenario that is its own; one that comes back to
 * where it began by way of another proves nothing. A circle that the start is not part of is reported where
 * it is: hence the bound. */
static bool check_circle(const struct loading *loading, const struct document_value *control,
                         const struct scenario_variant *start)
{
    const struct scenario_variant *before = start, *variant = control_of(loading, start);
    for (int steps = 0; variant && variant != before && steps < CONTROL_CHAIN_MAX; steps++) {
        if (variant == start)
            return document_reject(
                loading->diagnostic, document_member(control, "scenario"), NULL,
                "a control that does not have this scenario as its own control in turn (a circle)", NULL);
        before = variant;
        variant = control_of(loading, variant);
    }
    return true;
}

bool controls_resolve(struct loading *loading)
{
    for (size_t f = 0; f < loading->file_count; f++) {
        struct loaded_file *file = &loading->files[f];
        for (size_t i = 0; i < file->store->scenario.variant_count; i++)
            if (file->variants[i].control &&
                !resolve_one(loading, file->variants[i].control, &file->store->scenario.variants[i],
                             &file->store->arena))
                return false;
    }
    for (size_t f = 0; f < loading->file_count; f++) {
        struct loaded_file *file = &loading->files[f];
        for (size_t i = 0; i < file->store->scenario.variant_count; i++)
            if (file->variants[i].control &&
                !check_circle(loading, file->variants[i].control, &file->store->scenario.variants[i]))
                return false;
    }
    return true;
}

static const struct scenario_variant *
spoken_twin(const struct scenario *scenario, const struct scenario_variant *variant, unsigned without_tls)
{
    for (size_t i = 0; i < scenario->variant_count; i++) {
        const struct scenario_variant *other = &scenario->variants[i];
        const struct wanted wanted = {.is_client = variant->is_client,
                                      .transport = variant->transport,
                                      .case_name = variant->case_name};
        if (other->ip == variant->ip && !(without_tls & (1u << other->tls)) && fits(other, &wanted))
            return other;
    }
    return NULL;
}

void catalogue_fit_controls(struct catalogue *catalogue, unsigned without_tls)
{
    for (size_t s = 0; s < catalogue->scenario_count; s++) {
        for (size_t i = 0; i < catalogue->scenarios[s]->variant_count; i++) {
            struct scenario_variant *variant = &catalogue->scenarios[s]->variants[i];
            const struct scenario *scenario =
                variant->control_scenario ? catalogue_scenario(catalogue, variant->control_scenario) : NULL;
            const struct scenario_variant *control =
                scenario ? scenario_variant_find(scenario, variant->control_variant) : NULL;
            bool is_lacking = control && control->tls != NET_TLS_NONE && (without_tls & (1u << control->tls));
            const struct scenario_variant *twin =
                is_lacking ? spoken_twin(scenario, control, without_tls) : NULL;
            if (twin)
                variant->control_variant = twin->name;
        }
    }
}
