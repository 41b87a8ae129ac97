/* The project's own catalogue: no requirement without a scenario, no scenario without a requirement, no MUST
 * or SHOULD without a fault that proves it, no "must not reuse" without the twin in which reuse is right, and
 * no public report that cannot be found. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reference/reference.h"
#include "scenario/scenario.h"

enum { CLAUSE_MAX_CHARACTERS = 3 * 140 };

static struct catalogue *load(void)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load(SIPREUSE_SOURCE_DIR "/scenarios", &diagnostic);
    cr_assert(catalogue, "%s", diagnostic.text);
    return catalogue;
}

static bool has(const struct strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++)
        if (strcasecmp(strings->items[i], text) == 0)
            return true;
    return false;
}

/* Bit 0: a variant in which the device opened the connection is about it, bit 1: one in which it accepted. */
static unsigned parts_about(const struct catalogue *catalogue, const char *id)
{
    unsigned parts = 0;
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        for (size_t k = 0; k < catalogue->scenarios[i]->variant_count; k++) {
            const struct scenario_variant *variant = &catalogue->scenarios[i]->variants[k];
            if (has(&variant->requirements, id))
                parts |= variant->is_client ? 1 : 2;
        }
    return parts;
}

static void each_requirement_has_a_scenario_in_each_part_that_it_names(const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->requirement_count; i++) {
        const struct requirement *requirement = &catalogue->requirements[i];
        unsigned wanted = strcmp(requirement->part, "client") == 0   ? 1
                          : strcmp(requirement->part, "server") == 0 ? 2
                                                                     : 3;
        unsigned there = parts_about(catalogue, requirement->id);
        if (strncmp(requirement->id, "2conn-", 6) == 0)
            wanted = 0; /* two connections, one of each part: a file says one of them */
        cr_expect_neq(there, 0, "%s has no scenario", requirement->id);
        cr_expect_eq(there & wanted, wanted, "%s has no scenario with the device as %s", requirement->id,
                     (there & wanted) == 1 || wanted == 2 ? "server" : "client");
        cr_expect_leq(strlen(requirement->clause), CLAUSE_MAX_CHARACTERS, "%s: quote less of the clause",
                      requirement->id);
    }
}

static void each_scenario_has_a_requirement(const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        for (size_t k = 0; k < catalogue->scenarios[i]->variant_count; k++)
            cr_expect_neq(catalogue->scenarios[i]->variants[k].requirements.count, 0, "%s:%s",
                          catalogue->scenarios[i]->id, catalogue->scenarios[i]->variants[k].name);
}

static void each_must_and_should_has_a_fault_that_exists(const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->requirement_count; i++) {
        const struct requirement *requirement = &catalogue->requirements[i];
        bool is_strict = requirement->level == LEVEL_MUST || requirement->level == LEVEL_SHOULD;
        cr_expect(!is_strict || requirement->faults.count > 0, "%s has no fault", requirement->id);
        for (size_t k = 0; k < requirement->faults.count; k++)
            cr_expect(reference_fault_exists(requirement->faults.items[k]), "%s: no fault %s",
                      requirement->id, requirement->faults.items[k]);
    }
}

static void each_fault_is_named_by_a_requirement(const struct catalogue *catalogue)
{
    size_t count = 0;
    const struct reference_fault *faults = reference_faults(&count);
    for (size_t i = 0; i < count; i++) {
        bool is_named = false;
        for (size_t k = 0; k < catalogue->requirement_count; k++)
            is_named |= has(&catalogue->requirements[k].faults, faults[i].name);
        cr_expect(is_named, "%s", faults[i].name);
    }
}

/* ---- twins */

static bool names_a_connection(const struct strings *on)
{
    for (size_t i = 0; i < on->count; i++)
        if (strcmp(on->items[i], "any") != 0 && strcmp(on->items[i], "other") != 0 &&
            strncmp(on->items[i], "new", 3) != 0)
            return true;
    return false;
}

/* A request fails the device for the connection that it took, which is one that was there. */
static bool forbids_reuse(const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct scenario_step *step = &steps->items[i];
        if (step->verb == STEP_REPEAT && forbids_reuse(&step->repeat.steps))
            return true;
        for (size_t k = 0; step->verb == STEP_PARALLEL && k < step->parallel.count; k++)
            if (forbids_reuse(&step->parallel.branches[k]))
                return true;
        for (size_t k = 0; step->verb == STEP_EXPECT && k < step->expect.count; k++) {
            const struct scenario_alternative *alternative = &step->expect.alternatives[k];
            if (alternative->match == MATCH_REQUEST && alternative->verdict == VERDICT_FAIL &&
                alternative->where_count == 0 && !alternative->via_of && names_a_connection(&alternative->on))
                return true;
        }
    }
    return false;
}

/* Rules about using an alias: RFC 5923 §8 and §9, and the certificates of RFC 5922 behind it. */
static bool is_about_aliases(const struct scenario_variant *variant)
{
    static const char *const prefixes[] = {"5923-8", "5923-9", "5923-10", "5922-7.1", "5922-7.2"};
    for (size_t i = 0; i < variant->requirements.count; i++)
        for (size_t k = 0; k < sizeof prefixes / sizeof prefixes[0]; k++)
            if (strncmp(variant->requirements.items[i], prefixes[k], strlen(prefixes[k])) == 0)
                return true;
    return false;
}

static void each_must_not_reuse_has_a_twin_that_must(const struct catalogue *catalogue)
{
    size_t checked = 0;
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        for (size_t k = 0; k < catalogue->scenarios[i]->variant_count; k++) {
            const struct scenario_variant *variant = &catalogue->scenarios[i]->variants[k];
            if (!is_about_aliases(variant) || !forbids_reuse(&variant->steps))
                continue;
            checked++;
            cr_expect(variant->control_scenario, "%s:%s has no control", catalogue->scenarios[i]->id,
                      variant->name);
        }
    cr_expect_gt(checked, 0);
}

/* ---- public reports */

static void each_public_report_is_found(const struct catalogue *catalogue)
{
    FILE *file = fopen(SIPREUSE_SOURCE_DIR "/suites/unit/scenario/references.txt", "re");
    char line[128];
    cr_assert(file);
    while (fgets(line, sizeof line, file)) {
        bool is_found = false;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < catalogue->scenario_count && !is_found; i++)
            is_found = has(&catalogue->scenarios[i]->references, line);
        cr_expect(is_found || line[0] == '#', "%s", line);
    }
    fclose(file);
}

/* One test, for loading the catalogue is what takes the time. */
Test(coverage, of_the_catalogue)
{
    struct catalogue *catalogue = load();
    each_requirement_has_a_scenario_in_each_part_that_it_names(catalogue);
    each_scenario_has_a_requirement(catalogue);
    each_must_and_should_has_a_fault_that_exists(catalogue);
    each_fault_is_named_by_a_requirement(catalogue);
    each_must_not_reuse_has_a_twin_that_must(catalogue);
    each_public_report_is_found(catalogue);
    catalogue_free(catalogue);
}
