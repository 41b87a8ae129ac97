/* The matrix, for people and for programs. */
#include "cli/kill_matrix.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int matrix_status(const struct kill_matrix *matrix)
{
    for (size_t i = 0; i < matrix->count; i++)
        if (!kill_result_is_good(&matrix->results[i]))
            return CLI_FINDING;
    return CLI_GOOD;
}

static json_t *finding_json(const struct kill_finding *finding)
{
    json_t *out = json_pack("{s:s, s:s, s:s}", "scenario", finding->scenario, "variant", finding->variant,
                            "requirement", finding->requirement);
    if (finding->name)
        json_object_set_new(out, "difference",
                            json_pack("{s:s, s:s?, s:s?}", "name", finding->name, "with", finding->with,
                                      "without", finding->without));
    return out;
}

static json_t *findings_json(const struct kill_findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++)
        json_array_append_new(list, finding_json(&findings->items[i]));
    return list;
}

static json_t *result_json(const struct kill_result *result)
{
    if (!result->fault)
        return json_pack("{s:s, s:b, s:I, s:o, s:s}", "profile", result->profile, "green",
                         (int)kill_result_is_good(result), "variants", (json_int_t)result->variant_count,
                         "unexpected", findings_json(&result->unexpected), "reason",
                         result->trouble ? result->trouble : "");
    json_t *requirements = json_array(), *missed = json_array(), *told = json_array();
    for (size_t i = 0; i < result->requirement_count; i++) {
        json_array_append_new(requirements, json_string(result->requirements[i]));
        if (kill_result_only_tells(result, result->requirements[i]))
            json_array_append_new(told, json_string(result->requirements[i]));
        if (kill_result_has_missed(result, i))
            json_array_append_new(missed, json_string(result->requirements[i]));
    }
    const char *reason = result->trouble         ? result->trouble
                         : result->fault->reason ? result->fault->reason
                                                 : "";
    return json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:s, s:o, s:o}", "name", result->fault->name, "profile",
                     result->profile, "requirements", requirements, "killed",
                     (int)(result->killed_by.count > 0), "killed_by", findings_json(&result->killed_by),
                     "unexpected", findings_json(&result->unexpected), "reason", reason, "missed", missed,
                     "told", told);
}

static json_t *groups_json(const struct kill_matrix *matrix)
{
    json_t *groups = json_array();
    const char **names = calloc(matrix->count + 1, sizeof *names);
    for (size_t i = 0; names && i < matrix->count; i++) {
        size_t count = kill_matrix_group(matrix, i, names);
        json_t *group = count ? json_array() : NULL;
        for (size_t k = 0; k < count; k++)
            json_array_append_new(group, json_string(names[k]));
        if (group)
            json_array_append_new(groups, group);
    }
    free(names);
    return groups;
}

static void put_groups(const struct kill_matrix *matrix)
{
    const char **names = calloc(matrix->count + 1, sizeof *names);
    for (size_t i = 0; names && i < matrix->count; i++) {
        size_t count = kill_matrix_group(matrix, i, names);
        for (size_t k = 0; k < count; k++)
            printf("%s%s%s", k ? ", " : "  not told apart: ", names[k], k + 1 == count ? "\n" : "");
    }
    free(names);
}

static void put_difference(const struct kill_finding *finding)
{
    struct page page = {.out = stdout};
    if (!finding->name)
        return;
    printf("  %s: ", finding->name);
    page_put_text(&page, finding->with ? finding->with : "nothing");
    fputs(", without the fault: ", stdout);
    page_put_text(&page, finding->without ? finding->without : "nothing");
}

/* Scenarios of findings, each once: variants follow each other. */
static void put_findings(const struct kill_findings *findings, const char *word)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct kill_finding *finding = &findings->items[i];
        bool is_new = true;
        size_t variants = 0;
        for (size_t k = 0; k < findings->count; k++) {
            bool is_like = kill_finding_is_like(&findings->items[k], finding);
            is_new &= !(is_like && k < i);
            variants += is_like;
        }
        if (!is_new)
            continue;
        printf("            %s%s  %s  (%zu variant%s)", word, finding->requirement, finding->scenario,
               variants, variants == 1 ? "" : "s");
        put_difference(finding);
        putchar('\n');
    }
}

static size_t missed_count(const struct kill_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->requirement_count; i++)
        count += kill_result_has_missed(result, i);
    return count;
}

static const char *result_word(const struct kill_result *result)
{
    if (!result->fault)
        return kill_result_is_good(result) ? "green" : "NOT GREEN";
    if (result->killed_by.count == 0)
        return "SURVIVED";
    if (missed_count(result))
        return "PARTLY";
    return kill_result_is_good(result) ? "killed" : "TOO WIDE";
}

static void put_result(struct page *page, const struct kill_result *result)
{
    page_put(page, kill_result_is_good(result) ? PAGE_GOOD : PAGE_BAD, "  %-10s", result_word(result));
    printf("%s", result->fault ? result->fault->name : "(no fault)");
    page_put(page, PAGE_DIM, "  %s\n", result->profile);
    if (result->trouble)
        page_wrap(page, 12, result->trouble);
    put_findings(&result->killed_by, "");
    put_findings(&result->unexpected, "unexpected: ");
    for (size_t i = 0; i < result->requirement_count; i++)
        if (kill_result_has_missed(result, i))
            printf("            %s: %s\n",
                   kill_result_only_tells(result, result->requirements[i]) ? "nothing differs" : "not red",
                   result->requirements[i]);
}

/* What all of it came to, in one line. */
static int put_end(const struct kill_matrix *matrix, FILE *out, bool is_coloured)
{
    struct page page = {.out = out, .width = cli_width(), .is_coloured = is_coloured};
    size_t faults = 0, killed = 0, unexpected = 0, missed = 0, profiles = 0, green = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        const struct kill_result *result = &matrix->results[i];
        profiles += !result->fault;
        green += !result->fault && kill_result_is_good(result);
        faults += result->fault != NULL;
        killed += result->fault && result->killed_by.count > 0;
        unexpected += result->fault && result->unexpected.count > 0;
        missed += missed_count(result);
    }
    int status = matrix_status(matrix);
    page_put(&page, status == CLI_GOOD ? PAGE_GOOD : PAGE_BAD, "Kill matrix: %zu of %zu faults killed",
             killed, faults);
    fprintf(
        out,
        ", %zu requirement%s not red, %zu fault%s with unexpected failures; fault-free: %zu of %zu green; "
        "%zu runs in %llu s.\n",
        missed, missed == 1 ? "" : "s", unexpected, unexpected == 1 ? "" : "s", green, profiles,
        matrix->run_count, (unsigned long long)(matrix->elapsed_ms / 1000));
    return status;
}

int kill_matrix_put_text(const struct kill_matrix *matrix)
{
    struct page page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()};
    for (size_t i = 0; i < matrix->count; i++)
        put_result(&page, &matrix->results[i]);
    put_groups(matrix);
    putchar('\n');
    int status = put_end(matrix, stdout, page.is_coloured);
    if (fflush(stdout) != 0)
        return cli_fail(CLI_IMPOSSIBLE, "the matrix could not be written; free some space");
    return status;
}

int kill_matrix_put_json(const struct kill_matrix *matrix)
{
    json_t *faults = json_array(), *fault_free = json_array();
    for (size_t i = 0; i < matrix->count; i++)
        json_array_append_new(matrix->results[i].fault ? faults : fault_free,
                              result_json(&matrix->results[i]));
    json_t *root = json_pack("{s:o, s:o, s:o}", "faults", faults, "fault_free", fault_free,
                             "indistinguishable", groups_json(matrix));
    int error = root ? json_dumpf(root, stdout, JSON_INDENT(1)) : -1;
    json_decref(root);
    putchar('\n');
    if (error || fflush(stdout) != 0)
        return cli_fail(CLI_IMPOSSIBLE, "the matrix could not be written; free some space");
    return put_end(matrix, stderr, false);
}
