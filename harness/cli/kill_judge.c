#include "cli/kill_matrix.h"

#include <stdlib.h>
#include <string.h>

bool kill_findings_add(struct kill_findings *findings, const char *scenario, const char *variant,
                       const char *requirement)
{
    struct kill_finding *larger = realloc(findings->items, (findings->count + 1) * sizeof *larger);
    if (!larger)
        return false;
    findings->items = larger;
    findings->items[findings->count] = (struct kill_finding){
        .scenario = strdup(scenario), .variant = strdup(variant), .requirement = strdup(requirement)};
    findings->count++;
    return true;
}

static void findings_fini(struct kill_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].scenario);
        free(findings->items[i].variant);
        free(findings->items[i].requirement);
        free(findings->items[i].name);
        free(findings->items[i].with);
        free(findings->items[i].without);
    }
    free(findings->items);
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool kill_finding_is_like(const struct kill_finding *a, const struct kill_finding *b)
{
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->requirement, b->requirement) == 0 &&
           is_same_text(a->name, b->name) && is_same_text(a->with, b->with) &&
           is_same_text(a->without, b->without);
}

static bool names_fault(const struct requirement *requirement, const struct reference_fault *fault)
{
    for (size_t i = 0; fault && i < requirement->faults.count; i++)
        if (strcmp(requirement->faults.items[i], fault->name) == 0)
            return true;
    return false;
}

bool kill_result_init(struct kill_result *result, const struct catalogue *catalogue,
                      const struct reference_fault *fault, const char *profile)
{
    *result = (struct kill_result){.fault = fault, .profile = profile};
    result->requirements = calloc(catalogue->requirement_count + 1, sizeof *result->requirements);
    result->is_tried = calloc(catalogue->requirement_count + 1, sizeof *result->is_tried);
    result->telling = calloc(catalogue->requirement_count + 1, sizeof *result->telling);
    if (!result->requirements || !result->is_tried || !result->telling)
        return false;
    for (size_t i = 0; i < catalogue->requirement_count; i++) {
        const struct requirement *requirement = &catalogue->requirements[i];
        bool is_named = names_fault(requirement, fault);
        if (is_named)
            result->requirements[result->requirement_count++] = requirement->id;
        if (requirement_only_tells(requirement) && (fault ? is_named : requirement->faults.count > 0))
            result->telling[result->telling_count++] = requirement->id;
    }
    if (fault && result->requirement_count == 0)
        kill_result_trouble(result, "No requirement names this fault.");
    return true;
}

void kill_result_fini(struct kill_result *result)
{
    findings_fini(&result->killed_by);
    findings_fini(&result->unexpected);
    for (size_t i = 0; i < result->failing_count; i++)
        free(result->failing[i]);
    free(result->failing);
    kill_sights_fini(&result->sights);
    free(result->requirements);
    free(result->telling);
    free(result->is_tried);
    free(result->trouble);
    *result = (struct kill_result){0};
}

void kill_result_trouble(struct kill_result *result, const char *text)
{
    if (!result->trouble)
        result->trouble = strdup(text);
}

static bool result_expects(const struct kill_result *result, const char *requirement)
{
    for (size_t i = 0; i < result->requirement_count; i++)
        if (strcmp(result->requirements[i], requirement) == 0)
            return true;
    return false;
}

/* A word of a list that is separated by blanks; "*" is all. */
static bool result_tolerates(const struct kill_result *result, const char *requirement)
{
    size_t size = strlen(requirement);
    const char *also = result->fault->expected_also;
    for (const char *word = also ? also : ""; *word;) {
        size_t length = strcspn(word, " ");
        if ((length == size && strncmp(word, requirement, size) == 0) || (length == 1 && *word == '*'))
            return true;
        word += length;
        word += strspn(word, " ");
    }
    return false;
}

/* "tls-tls12-ip6-server-late" becomes "tls-server-late": which versions were tried is not the same for each
 * fault. */
static void drop_versions(char *variant)
{
    char *ip = strstr(variant, "-ip");
    size_t tls = ip && ip > variant && ip[-1] == '-' ? strlen("--") : strlen("-tls12");
    if (ip && (size_t)(ip - variant) > tls)
        memmove(ip - tls, ip + strlen("-ip4"), strlen(ip + strlen("-ip4")) + 1);
}

/* Kept sorted, so that it does not matter which of a fault's runs ended first. */
void kill_result_add_failing(struct kill_result *result, const char *scenario, const char *variant,
                             const char *detail)
{
    char *name = NULL;
    char **larger = realloc(result->failing, (result->failing_count + 1) * sizeof *larger);
    if (!larger)
        return;
    result->failing = larger;
    char *short_variant = strdup(variant);
    if (!short_variant)
        return;
    drop_versions(short_variant);
    int length =
        asprintf(&name, "%s:%s%s%s", scenario, short_variant, detail ? " " : "", detail ? detail : "");
    free(short_variant);
    if (length < 0)
        return;
    size_t at = result->failing_count;
    while (at > 0 && strcmp(larger[at - 1], name) > 0)
        at--;
    if (at > 0 && strcmp(larger[at - 1], name) == 0) {
        free(name);
        return;
    }
    memmove(larger + at + 1, larger + at, (result->failing_count++ - at) * sizeof *larger);
    larger[at] = name;
}

/* Requirements that a failure is about: the one that it names, else all of its scenario's. */
static void judge_failure(struct kill_result *result, const struct report_scenario *scenario)
{
    const char *const *about =
        scenario->failed_requirement ? &scenario->failed_requirement : scenario->requirements;
    size_t count = scenario->failed_requirement ? 1 : scenario->requirement_count;
    bool is_expected = false, is_tolerated = false;
    for (size_t i = 0; i < count; i++) {
        if (result_expects(result, about[i])) {
            is_expected = true;
            kill_findings_add(&result->killed_by, scenario->id, scenario->variant, about[i]);
        }
        is_tolerated |= result_tolerates(result, about[i]);
    }
    /* A scenario that is about several requirements cannot say which: one that is expected is enough. */
    if (!is_expected && !is_tolerated)
        kill_findings_add(&result->unexpected, scenario->id, scenario->variant, count ? about[0] : "");
}

static void judge_fault_free(struct kill_result *result, const struct report_scenario *scenario)
{
    bool is_green =
        strcmp(scenario->verdict, "pass") == 0 || strcmp(scenario->verdict, "not-applicable") == 0;
    const char *about = scenario->failed_requirement      ? scenario->failed_requirement
                        : scenario->requirement_count > 0 ? scenario->requirements[0]
                                                          : "";
    if (!is_green)
        kill_findings_add(&result->unexpected, scenario->id, scenario->variant, about);
}

void kill_result_judge(struct kill_result *result, const struct report *report, const char *profile)
{
    int status = report_exit_status(report);
    if (!report_is_complete(report))
        kill_result_trouble(result, "The run was not complete.");
    else if (!result->fault && status == 3)
        kill_result_trouble(result, "The run had errors of its own.");
    result->variant_count += report_scenario_count(report);
    for (size_t i = 0; i < report_requirement_count(report); i++)
        for (size_t k = 0; k < result->requirement_count; k++)
            if (strcmp(report_requirement_at(report, i).id, result->requirements[k]) == 0 &&
                strcmp(report_requirement_at(report, i).status, "not-applicable") != 0)
                result->is_tried[k] = true;
    for (size_t i = 0; i < report_scenario_count(report); i++) {
        struct report_scenario scenario = report_scenario_at(report, i);
        if (strcmp(scenario.verdict, "fail") == 0)
            kill_result_add_failing(result, scenario.id, scenario.variant, NULL);
        kill_result_note(result, report, i, profile);
        if (!result->fault)
            judge_fault_free(result, &scenario);
        else if (strcmp(scenario.verdict, "fail") == 0)
            judge_failure(result, &scenario);
    }
}

void kill_result_judge_again(struct kill_result *result, const struct report *report, const char *profile)
{
    size_t variant_count = result->variant_count;
    kill_result_judge(result, report, profile);
    result->variant_count = variant_count;
}

bool kill_result_has_killed(const struct kill_result *result, const char *requirement)
{
    for (size_t i = 0; i < result->killed_by.count; i++)
        if (strcmp(result->killed_by.items[i].requirement, requirement) == 0)
            return true;
    return false;
}

bool kill_result_has_missed(const struct kill_result *result, size_t requirement)
{
    return result->is_tried[requirement] &&
           !kill_result_has_killed(result, result->requirements[requirement]);
}

bool kill_result_is_good(const struct kill_result *result)
{
    bool is_proof = result->fault ? result->killed_by.count > 0 : result->variant_count > 0;
    for (size_t i = 0; i < result->requirement_count; i++)
        if (kill_result_has_missed(result, i))
            return false;
    return is_proof && result->unexpected.count == 0 && !result->trouble;
}

bool kill_result_is_same(const struct kill_result *a, const struct kill_result *b)
{
    if (!a->fault || !b->fault || !a->failing_count || a->failing_count != b->failing_count ||
        strcmp(a->profile, b->profile) != 0)
        return false;
    for (size_t i = 0; i < a->failing_count; i++)
        if (strcmp(a->failing[i], b->failing[i]) != 0)
            return false;
    return true;
}

size_t kill_matrix_group(const struct kill_matrix *matrix, size_t first, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < first; i++)
        if (kill_result_is_same(&matrix->results[i], &matrix->results[first]))
            return 0;
    for (size_t i = first; i < matrix->count; i++)
        if (kill_result_is_same(&matrix->results[first], &matrix->results[i]))
            names[count++] = matrix->results[i].fault->name;
    return count > 1 ? count : 0;
}
