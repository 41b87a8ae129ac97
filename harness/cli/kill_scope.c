/* Which runs a fault needs: a requirement may apply to another profile than the one that the fault is at home
 * on. */
#include "cli/kill_matrix.h"

#include <stdlib.h>
#include <string.h>

#include "run/run.h"

static size_t scope_find(const struct kill_scope *scope, const char *profile)
{
    size_t i = 0;
    while (i < scope->count && strcmp(scope->names[i], profile) != 0)
        i++;
    return i;
}

int kill_scope_init(struct kill_scope *scope, const struct cli_paths *paths, struct catalogue *catalogue)
{
    size_t fault_count = 0;
    const struct reference_fault *faults = reference_faults(&fault_count);
    *scope = (struct kill_scope){.catalogue = catalogue};
    for (size_t i = 0; i < fault_count; i++) {
        struct diagnostic diagnostic = {0};
        if (scope_find(scope, faults[i].profile) < scope->count || scope->count == KILL_PROFILES_MAX)
            continue;
        scope->profiles[scope->count] = device_profile_load(
            cli_devices_of(paths, faults[i].profile), faults[i].profile, paths->profile_schema, &diagnostic);
        if (!scope->profiles[scope->count])
            return cli_fail_file(&diagnostic);
        scope->names[scope->count++] = faults[i].profile;
    }
    return CLI_GOOD;
}

void kill_scope_fini(struct kill_scope *scope)
{
    for (size_t i = 0; i < scope->count; i++)
        device_profile_free(scope->profiles[i]);
    *scope = (struct kill_scope){0};
}

static bool plan_tries(const struct run_plan *plan, const char *requirement)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct strings *about = &plan->entries[i].variant->requirements;
        for (size_t k = 0; plan->entries[i].runs && k < about->count; k++)
            if (strcmp(about->items[k], requirement) == 0)
                return true;
    }
    return false;
}

bool kill_scope_applies(const struct kill_scope *scope, size_t profile, const char *requirement)
{
    const char *selectors[] = {requirement};
    const struct selection_options options = {
        .selectors = selectors, .selector_count = 1, .has_ip4 = true, .has_ip6 = true};
    struct selection selection = {0};
    char error[256];
    if (!selection_make(scope->catalogue, &options, &selection, error, sizeof error))
        return false; /* no scenario is about it */
    struct run_plan *plan =
        run_plan_make(&selection, scope->profiles[profile], SANDBOX_AUTO, true, true, NULL, true);
    bool is_tried = plan && plan_tries(plan, requirement);
    run_plan_free(plan);
    selection_fini(&selection);
    return is_tried;
}

size_t kill_scope_elsewhere(const struct kill_scope *scope, const struct kill_result *result, size_t profile,
                            const char **out)
{
    size_t home = scope_find(scope, result->profile), count = 0;
    if (!result->fault || home == scope->count || profile == home)
        return 0;
    for (size_t i = 0; i < result->requirement_count; i++)
        if (!kill_scope_applies(scope, home, result->requirements[i]) &&
            kill_scope_applies(scope, profile, result->requirements[i]))
            out[count++] = result->requirements[i];
    return count;
}

/* A row of the fault's that only tells, and is looked at on that profile. */
static bool tells_there(const struct kill_scope *scope, const struct kill_result *result, size_t profile,
                        const char *requirement)
{
    size_t home = scope_find(scope, result->profile);
    return result->fault && kill_result_only_tells(result, requirement) &&
           (home == profile || home == scope->count || !kill_scope_applies(scope, home, requirement)) &&
           kill_scope_applies(scope, profile, requirement);
}

size_t kill_scope_telling(const struct kill_scope *scope, const struct kill_matrix *matrix, const char *name,
                          const char **out)
{
    size_t profile = scope_find(scope, name);
    const struct catalogue *catalogue = scope->catalogue;
    size_t count = 0;
    for (size_t i = 0; profile < scope->count && i < catalogue->requirement_count; i++) {
        bool is_wanted = false;
        for (size_t k = 0; k < matrix->count && !is_wanted; k++)
            is_wanted = tells_there(scope, &matrix->results[k], profile, catalogue->requirements[i].id);
        if (is_wanted)
            out[count++] = catalogue->requirements[i].id;
    }
    return count;
}

bool kill_scope_is_about(const struct scenario *scenario, const char *const *ids, size_t count)
{
    /* A soak is found by every fault and proves none of them: it has a suite of its own. */
    for (size_t i = 0; i < scenario->variant_count; i++)
        for (size_t k = 0; k < scenario->variants[i].requirements.count; k++)
            for (size_t r = 0; r < count; r++)
                if (strcmp(scenario->variants[i].requirements.items[k], ids[r]) == 0)
                    return !scenario_variant_is_soak(&scenario->variants[i]);
    return false;
}

static bool result_names(const struct kill_result *result, const char *requirement)
{
    for (size_t i = 0; i < result->requirement_count; i++)
        if (strcmp(result->requirements[i], requirement) == 0)
            return true;
    return false;
}

size_t kill_scope_broken(const struct kill_scope *scope, const struct kill_matrix *matrix,
                         const struct kill_result *result, const char **out)
{
    size_t count = 0;
    for (size_t i = 0; i < scope->catalogue->requirement_count; i++) {
        const char *id = scope->catalogue->requirements[i].id;
        bool is_broken = result->fault && result_names(result, id);
        for (size_t k = 0; !result->fault && !is_broken && k < matrix->count; k++)
            is_broken = matrix->results[k].fault &&
                        strcmp(matrix->results[k].profile, result->profile) == 0 &&
                        result_names(&matrix->results[k], id);
        if (is_broken)
            out[count++] = id;
    }
    return count;
}

/* Which transports the variants of scenarios about a requirement have; a bit each. */
static unsigned transports_of(const struct catalogue *catalogue, const char *requirement)
{
    unsigned transports = 0;
    for (size_t i = 0; i < catalogue->scenario_count; i++) {
        const struct scenario *scenario = catalogue->scenarios[i];
        for (size_t v = 0; !scenario->is_slow && v < scenario->variant_count; v++) {
            const struct scenario_variant *variant = &scenario->variants[v];
            for (size_t k = 0; k < variant->requirements.count; k++)
                if (strcmp(variant->requirements.items[k], requirement) == 0)
                    transports |= 1U << variant->transport;
        }
    }
    return transports;
}

size_t kill_scope_over_sctp(const struct kill_scope *scope, const struct kill_result *result,
                            const char **out)
{
    size_t count = 0;
    for (size_t i = 0; result->fault && i < result->requirement_count; i++) {
        unsigned transports = transports_of(scope->catalogue, result->requirements[i]);
        if ((transports & (1U << NET_SCTP | 1U << NET_TLS_SCTP)) &&
            !(transports & (1U << NET_TCP | 1U << NET_TLS)))
            out[count++] = result->requirements[i];
    }
    return count;
}
