/* The matrix as a page of Markdown that stands alone: what was broken on purpose, and what saw it. */
#include "cli/kill_matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void put_intro(FILE *out)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M UTC", &utc);
    fprintf(
        out,
        "# Kill matrix\n\n"
        "Made by `sipreuse kill-matrix --report` on %s.\n\n"
        "## Why a verdict can be believed\n\n"
        "A test that cannot fail proves nothing. The reference device is therefore broken on purpose, one "
        "small deviation at a time, each at the point where the right decision is made, and the whole suite "
        "is run against every one of these devices:\n\n"
        "- each fault has to turn red every requirement that it breaks (*killed*); otherwise the suite "
        "would miss that mistake in a real device;\n"
        "- where nothing can turn red, on rows of level MAY and observations, it has to change what a "
        "scenario observes: against a value that all fault-free runs of the same variant agree on, three of "
        "them as a rule;\n"
        "- it may turn red no other one, unless the reason stands with the fault; otherwise a failure would "
        "not mean what it says;\n"
        "- the same device without a fault has to be green, each pass exercised and none inconclusive; "
        "otherwise the suite fails who does right.\n\n",
        stamp);
}

static size_t count_missed(const struct kill_result *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->requirement_count; i++)
        count += kill_result_has_missed(result, i);
    return count;
}

static void put_totals(const struct kill_matrix *matrix, FILE *out)
{
    size_t faults = 0, killed = 0, unexpected = 0, missed = 0, profiles = 0, green = 0;
    for (size_t i = 0; i < matrix->count; i++) {
        const struct kill_result *result = &matrix->results[i];
        faults += result->fault != NULL;
        killed += result->fault && result->killed_by.count > 0;
        unexpected += result->fault && result->unexpected.count > 0;
        missed += count_missed(result);
        profiles += !result->fault;
        green += !result->fault && kill_result_is_good(result);
    }
    fprintf(out,
            "## What it came to\n\n"
            "| | |\n|---|---|\n"
            "| faults killed | %zu of %zu |\n"
            "| requirements that stayed green under a fault of theirs | %zu |\n"
            "| faults that turned red what they should not | %zu |\n"
            "| devices without a fault that are green | %zu of %zu |\n"
            "| runs | %zu in %llu s |\n\n",
            killed, faults, missed, unexpected, green, profiles, matrix->run_count,
            (unsigned long long)(matrix->elapsed_ms / 1000));
}

/* A cell: no pipe and no line break may leave it. */
static void put_cell(FILE *out, const char *text)
{
    for (; *text; text++)
        fputs(*text == '|' ? "\\|" : *text == '\n' ? " " : (const char[]){*text, '\0'}, out);
}

/* Scenarios behind a requirement, each once. */
static void put_scenarios(FILE *out, const struct kill_findings *findings, const char *requirement)
{
    const char *separator = "";
    for (size_t i = 0; i < findings->count; i++) {
        const struct kill_finding *finding = &findings->items[i];
        bool is_new = strcmp(finding->requirement, requirement) == 0;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !kill_finding_is_like(&findings->items[k], finding);
        if (!is_new)
            continue;
        fprintf(out, "%s`%s`", separator, finding->scenario);
        if (finding->name) {
            fprintf(out, " (%s: ", finding->name);
            put_cell(out, finding->with ? finding->with : "nothing");
            fputs(", without the fault: ", out);
            put_cell(out, finding->without ? finding->without : "nothing");
            fputc(')', out);
        }
        separator = ", ";
    }
}

static void put_unexpected(FILE *out, const struct kill_result *result)
{
    for (size_t i = 0; i < result->unexpected.count; i++) {
        const char *requirement = result->unexpected.items[i].requirement;
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = strcmp(result->unexpected.items[k].requirement, requirement) != 0;
        if (!is_new)
            continue;
        fprintf(out, "<br>**unexpected** %s: ", requirement);
        put_scenarios(out, &result->unexpected, requirement);
    }
}

static void put_fault(FILE *out, const struct kill_result *result)
{
    bool is_good = kill_result_is_good(result);
    fprintf(out, "| `%s`<br>", result->fault->name);
    put_cell(out, result->fault->summary);
    fprintf(out, " | %s | %s | ", result->profile,
            is_good                       ? "killed"
            : result->killed_by.count > 0 ? "**not as wanted**"
                                          : "**SURVIVED**");
    const char *separator = "";
    for (size_t i = 0; i < result->requirement_count; i++) {
        const char *requirement = result->requirements[i];
        fprintf(out, "%s%s: ", separator, requirement);
        if (kill_result_has_killed(result, requirement))
            put_scenarios(out, &result->killed_by, requirement);
        else
            fputs(!result->is_tried[i]                          ? "not tried"
                  : kill_result_only_tells(result, requirement) ? "**nothing differs**"
                                                                : "**not red**",
                  out);
        separator = "<br>";
    }
    put_unexpected(out, result);
    if (result->fault->reason && result->fault->reason[0]) {
        fprintf(out, "<br>May also turn red %s: ", result->fault->expected_also);
        put_cell(out, result->fault->reason);
    }
    if (result->trouble) {
        fputs("<br>**could not be judged**: ", out);
        put_cell(out, result->trouble);
    }
    fputs(" |\n", out);
}

static void put_fault_free(const struct kill_matrix *matrix, FILE *out)
{
    fputs("## Without a fault\n\n| device | | scenario variants |\n|---|---|---|\n", out);
    for (size_t i = 0; i < matrix->count; i++) {
        const struct kill_result *result = &matrix->results[i];
        if (result->fault)
            continue;
        fprintf(out, "| %s | %s", result->profile, kill_result_is_good(result) ? "green" : "**NOT GREEN**");
        put_unexpected(out, result);
        if (result->trouble) {
            fputs("<br>", out);
            put_cell(out, result->trouble);
        }
        fprintf(out, " | %zu |\n", result->variant_count);
    }
}

static void put_groups(const struct kill_matrix *matrix, FILE *out)
{
    bool has_any = false;
    const char **names = calloc(matrix->count + 1, sizeof *names);
    fputs("\n## Faults that cannot be told apart\n\nThe same scenario variants fail for all of a line: a "
          "failure there names the rule, not the mistake behind it.\n\n",
          out);
    for (size_t i = 0; names && i < matrix->count; i++) {
        size_t count = kill_matrix_group(matrix, i, names);
        for (size_t k = 0; k < count; k++)
            fprintf(out, "%s`%s`%s", k ? ", " : "- ", names[k], k + 1 == count ? "\n" : "");
        has_any |= count > 0;
    }
    if (!has_any)
        fputs("None.\n", out);
    free(names);
}

bool kill_matrix_write_page(const struct kill_matrix *matrix, bool is_partial, const char *path)
{
    FILE *out = fopen(path, "we");
    if (!out)
        return false;
    put_intro(out);
    if (is_partial)
        fputs("**This is a part of the matrix**: only chosen faults or scenarios were run, so it proves no "
              "more "
              "than those.\n\n",
              out);
    put_totals(matrix, out);
    put_fault_free(matrix, out);
    fputs("\n## Fault by fault\n\n| fault | device | | requirement: scenarios that failed "
          "|\n|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < matrix->count; i++)
        if (matrix->results[i].fault)
            put_fault(out, &matrix->results[i]);
    put_groups(matrix, out);
    bool is_good = !ferror(out);
    return fclose(out) == 0 && is_good;
}
