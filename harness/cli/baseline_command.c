/* `sipreuse baseline make`: the failures of a result as a file for `run --baseline`. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "reports/reports.h"

enum { OPT_REASON, OPT_UNTIL };
static const struct cli_option options[] = {
    [OPT_REASON] = {"reason", "TEXT", "why they are accepted (default: what each of them says itself)", '\0'},
    [OPT_UNTIL] = {"until", "DATE", "the last day on which they are accepted, such as 2027-03-31 (UTC)",
                   '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "baseline",
    .arguments = "make RESULT [options]",
    .summary =
        "Prints a baseline: every failure of a result, and whatever else keeps its gate shut, so that "
        "'run --baseline FILE' tells what is new from what is known. What an earlier baseline of that run "
        "listed keeps its reason and its day. A RESULT is an output folder, or the result.json in it. "
        "Errors of the suite and crashes of the device cannot be listed.",
    .options = options,
    .more = "Exit status: 0 printed; 2 usage or a bad file; 3 it could not be done.\n",
};

/* The journal is what counts; a result.json may have travelled without it. */
static struct report_column *open_folder(const char *folder, char *error, size_t error_size_bytes)
{
    char *journal = cli_path_join(folder, "events.jsonl"), *result = cli_path_join(folder, "result.json");
    struct report *report = NULL;
    struct report_column *column = NULL;
    if (access(journal, F_OK) == 0) {
        report = report_load(journal, error, error_size_bytes);
        column = report ? report_column_of(report, folder) : NULL;
    } else {
        column = report_column_load(result, error, error_size_bytes);
    }
    report_free(report);
    free(journal);
    free(result);
    return column;
}

struct report_column *cli_result_open(const char *word)
{
    char error[1024] = "out of memory";
    struct stat status;
    struct report_column *column = NULL;
    if (stat(word, &status) != 0)
        snprintf(error, sizeof error, "'%s': %s", word, strerror(errno));
    else if (S_ISDIR(status.st_mode))
        column = open_folder(word, error, sizeof error);
    else
        column = report_column_load(word, error, sizeof error);
    if (!column)
        cli_fail(CLI_USAGE, "%s; name an output folder or the result.json in it", error);
    return column;
}

/* strptime() lets the 31st of February pass. */
static bool is_day(const char *text)
{
    struct tm day = {.tm_hour = 12};
    const char *end = strptime(text, "%Y-%m-%d", &day);
    struct tm real = day;
    return end && !*end && strlen(text) == strlen("2027-03-31") && timegm(&real) != (time_t)-1 &&
           real.tm_mon == day.tm_mon && real.tm_mday == day.tm_mday;
}

static int baseline_make(const char *result, const char *reason, const char *until)
{
    struct report_column *column = cli_result_open(result);
    if (!column)
        return CLI_USAGE;
    struct report_baseline_made made = report_put_baseline(column, reason, until, stdout);
    report_column_free(column);
    if (fflush(stdout) != 0)
        return cli_fail(CLI_IMPOSSIBLE, "the baseline could not be written: %s; free some space",
                        strerror(errno));
    if (made.errors)
        fprintf(stderr,
                "sipreuse: %zu scenario variants ended with an error of the suite; no baseline lists those\n",
                made.errors);
    return CLI_GOOD;
}

int cli_baseline(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *words[2] = {NULL, NULL}, *reason = NULL, *until = NULL, *value;
    size_t count = 0;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_REASON)
            reason = value;
        else if (option == OPT_UNTIL)
            until = value;
        else if (count == 2)
            return cli_fail(CLI_USAGE, "'%s' is too much; baseline make takes one result", value);
        else
            words[count++] = value;
    }
    if (count == 0 || strcmp(words[0], "make") != 0)
        return cli_fail(CLI_USAGE,
                        "baseline does not know what to do; write 'sipreuse baseline make RESULT'");
    if (count == 1)
        return cli_fail(CLI_USAGE, "baseline make needs a result; name the output folder of a run");
    if (reason && !*reason)
        return cli_fail(CLI_USAGE, "--reason '' says nothing; write why the failures are accepted");
    if (until && !is_day(until))
        return cli_fail(CLI_USAGE, "--until '%s' is no day that there is; write it as 2027-03-31", until);
    return baseline_make(words[1], reason, until);
}
