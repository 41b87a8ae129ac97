/* `sipreuse diff`: from one result to another. */
#include "cli/cli.h"

#include "reports/reports.h"

enum { OPT_JSON };
static const struct cli_option options[] = {
    [OPT_JSON] = {"json", NULL, "the differences for programs", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "diff",
    .arguments = "OLD NEW [--json]",
    .summary =
        "Tells what got better, worse, is new or gone from one result to another, by requirement and by "
        "scenario variant. A RESULT is an output folder, or the result.json in it. Passing without "
        "having been exercised is worse than passing: reuse was lost. What ends in 'could not be "
        "decided' is no better than a failure.",
    .options = options,
    .more =
        "Exit status: 0 nothing got worse; 1 something did; 2 usage or a bad file; 3 it could not be done.\n",
};

static int diff_show(const struct report_column *old, const struct report_column *latest, bool is_json)
{
    struct report_diff *diff = report_diff_new(old, latest);
    if (!diff)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    bool is_good = true;
    if (is_json)
        is_good = report_put_diff_json(diff, stdout);
    else
        report_print_diff(diff, stdout, cli_width(), cli_is_coloured());
    int status = report_diff_is_worse(diff) ? CLI_FINDING : CLI_GOOD;
    report_diff_free(diff);
    if (!is_good || fflush(stdout) != 0)
        return cli_fail(CLI_IMPOSSIBLE, "the differences could not be written; free some space");
    return status;
}

int cli_diff(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *results[2] = {NULL, NULL}, *value;
    size_t count = 0;
    bool is_json = false;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_JSON)
            is_json = true;
        else if (count == 2)
            return cli_fail(CLI_USAGE, "'%s' is one result too many; diff compares two", value);
        else
            results[count++] = value;
    }
    if (count < 2)
        return cli_fail(CLI_USAGE,
                        "diff needs two results; name the older output folder, then the newer one");
    struct report_column *old = cli_result_open(results[0]);
    struct report_column *latest = old ? cli_result_open(results[1]) : NULL;
    int status = latest ? diff_show(old, latest, is_json) : CLI_USAGE;
    report_column_free(old);
    report_column_free(latest);
    return status;
}
