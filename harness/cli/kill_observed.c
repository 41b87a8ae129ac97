/* Rows on which nothing can turn red: what their scenarios show with a fault, beside what they show without.
 */
#include "cli/kill_matrix.h"

#include <stdlib.h>
#include <string.h>

static void sight_fini(struct kill_sight *sight)
{
    for (size_t i = 0; i < sight->fact_count; i++) {
        free(sight->facts[i].name);
        free(sight->facts[i].value);
    }
    free(sight->facts);
    free(sight->requirements);
    free(sight->scenario);
    free(sight->variant);
}

void kill_sights_fini(struct kill_sights *sights)
{
    for (size_t i = 0; i < sights->count; i++)
        sight_fini(&sights->items[i]);
    free(sights->items);
    *sights = (struct kill_sights){0};
}

static const char *sight_value(const struct kill_sight *sight, const char *name)
{
    for (size_t i = 0; i < sight->fact_count; i++)
        if (strcmp(sight->facts[i].name, name) == 0)
            return sight->facts[i].value;
    return NULL;
}

/* A later value of the same name replaces the earlier one. facts has room. */
static void sight_put(struct kill_sight *sight, const char *name, const char *value)
{
    for (size_t i = 0; i < sight->fact_count; i++)
        if (strcmp(sight->facts[i].name, name) == 0) {
            free(sight->facts[i].value);
            sight->facts[i].value = strdup(value);
            return;
        }
    sight->facts[sight->fact_count++] = (struct kill_fact){strdup(name), strdup(value)};
}

bool kill_result_only_tells(const struct kill_result *result, const char *requirement)
{
    for (size_t i = 0; i < result->telling_count; i++)
        if (strcmp(result->telling[i], requirement) == 0)
            return true;
    return false;
}

static bool sight_take(struct kill_sight *sight, const struct kill_result *result,
                       const struct report *report, size_t index)
{
    struct report_scenario scenario = report_scenario_at(report, index);
    sight->scenario = strdup(scenario.id);
    sight->variant = strdup(scenario.variant);
    sight->requirements = calloc(scenario.requirement_count + 1, sizeof *sight->requirements);
    sight->facts = calloc(scenario.observation_count + 2, sizeof *sight->facts);
    if (!sight->scenario || !sight->variant || !sight->requirements || !sight->facts)
        return false;
    for (size_t i = 0; i < result->telling_count; i++)
        for (size_t k = 0; k < scenario.requirement_count; k++)
            if (strcmp(result->telling[i], scenario.requirements[k]) == 0)
                sight->requirements[sight->requirement_count++] = result->telling[i];
    for (size_t i = 0; i < scenario.observation_count; i++) {
        struct report_observation observation = report_observation_at(report, index, i);
        sight_put(sight, observation.name, observation.value);
    }
    sight_put(sight, "verdict", scenario.verdict);
    sight_put(sight, "exercised", scenario.is_exercised ? "yes" : "no");
    return true;
}

void kill_result_note(struct kill_result *result, const struct report *report, size_t scenario,
                      const char *profile)
{
    const char *verdict = report_scenario_at(report, scenario).verdict;
    if (result->telling_count == 0 ||
        (strcmp(verdict, "pass") != 0 && strcmp(verdict, "not-applicable") != 0))
        return;
    struct kill_sight sight = {.profile = profile};
    struct kill_sight *larger = NULL;
    if (sight_take(&sight, result, report, scenario) && sight.requirement_count > 0)
        larger = realloc(result->sights.items, (result->sights.count + 1) * sizeof *larger);
    if (!larger) {
        sight_fini(&sight);
        return;
    }
    result->sights.items = larger;
    larger[result->sights.count++] = sight;
}

static bool is_same_variant(const struct kill_sight *a, const struct kill_sight *b)
{
    return strcmp(a->profile, b->profile) == 0 && strcmp(a->scenario, b->scenario) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

static bool is_same_value(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Of all fault-free runs the n-th sight of that variant; NULL: there are not so many. */
static const struct kill_sight *without_fault(const struct kill_matrix *matrix,
                                              const struct kill_sight *sight, size_t n)
{
    for (size_t i = 0; i < matrix->count; i++)
        for (size_t k = 0; !matrix->results[i].fault && k < matrix->results[i].sights.count; k++)
            if (is_same_variant(sight, &matrix->results[i].sights.items[k]) && n-- == 0)
                return &matrix->results[i].sights.items[k];
    return NULL;
}

/* What differs from something that all fault-free runs agree on. */
static bool fact_differs(const struct kill_matrix *matrix, const struct kill_sight *sight, const char *name)
{
    const struct kill_sight *first = without_fault(matrix, sight, 0), *other;
    size_t count = 0;
    for (; (other = without_fault(matrix, sight, count)); count++)
        if (!is_same_value(sight_value(first, name), sight_value(other, name)))
            return false;
    return count >= KILL_AGREEING_MIN && !is_same_value(sight_value(first, name), sight_value(sight, name));
}

/* Observations come before verdict and exercised. NULL: nothing differs. */
static const char *sight_difference(const struct kill_matrix *matrix, const struct kill_sight *sight)
{
    const struct kill_sight *first = without_fault(matrix, sight, 0);
    for (size_t i = 0; first && i < first->fact_count; i++)
        if (fact_differs(matrix, sight, first->facts[i].name))
            return first->facts[i].name;
    for (size_t i = 0; first && i < sight->fact_count; i++)
        if (fact_differs(matrix, sight, sight->facts[i].name))
            return sight->facts[i].name;
    return NULL;
}

static void add_difference(struct kill_result *result, const struct kill_matrix *matrix,
                           const struct kill_sight *sight, const char *name)
{
    const char *with = sight_value(sight, name),
               *without = sight_value(without_fault(matrix, sight, 0), name);
    char *detail = NULL;
    for (size_t i = 0; i < sight->requirement_count; i++) {
        if (!kill_findings_add(&result->killed_by, sight->scenario, sight->variant, sight->requirements[i]))
            return;
        struct kill_finding *finding = &result->killed_by.items[result->killed_by.count - 1];
        finding->name = strdup(name);
        finding->with = with ? strdup(with) : NULL;
        finding->without = without ? strdup(without) : NULL;
    }
    if (asprintf(&detail, "%s=%s", name, with ? with : "") >= 0) {
        kill_result_add_failing(result, sight->scenario, sight->variant, detail);
        free(detail);
    }
}

void kill_matrix_compare(struct kill_matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++) {
        struct kill_result *result = &matrix->results[i];
        for (size_t k = 0; result->fault && k < result->sights.count; k++) {
            const char *name = sight_difference(matrix, &result->sights.items[k]);
            if (name)
                add_difference(result, matrix, &result->sights.items[k], name);
        }
    }
}
