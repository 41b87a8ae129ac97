/* The small tree of scenarios that these tests load. */
#ifndef UNIT_SCENARIO_FIXTURE_H
#define UNIT_SCENARIO_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "scenario/scenario.h"

#define FIXTURE_DIR     SIPREUSE_SOURCE_DIR "/suites/unit/scenario"
#define TREE_DIR        FIXTURE_DIR "/tree/scenarios"
#define TREE_SUITES_DIR FIXTURE_DIR "/tree/suites"

static inline struct catalogue *fixture_load(void)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load(TREE_DIR, &diagnostic);
    cr_assert(catalogue, "%s", diagnostic.text);
    return catalogue;
}

static inline const struct scenario_variant *fixture_variant(const struct catalogue *catalogue,
                                                             const char *id, const char *name)
{
    const struct scenario *scenario = catalogue_scenario(catalogue, id);
    cr_assert(scenario, "%s", id);
    const struct scenario_variant *variant = scenario_variant_find(scenario, name);
    cr_assert(variant, "%s:%s", id, name);
    return variant;
}

#endif
