/* `sipreuse report`: results that are there already, read again; more than one side by side. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/reports.h"

enum {
    OPT_EVENT,
    OPT_TITLE,
    OPT_ANONYMIZE,
    OPT_NAMED,
    OPT_PUBLISHED,
    OPT_FORMAT,
    OPT_KILL_MATRIX,
    OPT_PDF,
    OPT_OUT
};
static const struct cli_option options[] = {
    [OPT_EVENT] = {"event", "DIR", "pages about all of them: matrix, history, survey", '\0'},
    [OPT_TITLE] = {"title", "TEXT", "of these pages", '\0'},
    [OPT_ANONYMIZE] = {"anonymize", NULL, "no names, addresses and users on them", '\0'},
    [OPT_NAMED] = {"named", "DEVICE", "its owner has agreed to be named; may be repeated", '\0'},
    [OPT_PUBLISHED] = {"published", NULL, "only runs whose publication is complete", '\0'},
    [OPT_FORMAT] = {"format", "NAME", "one run to standard output as json, junit, tap, markdown, or badge",
                    'f'},
    [OPT_KILL_MATRIX] = {"kill-matrix", "FILE",
                         "why to believe it: what 'kill-matrix --json' wrote becomes a view of report.html",
                         '\0'},
    [OPT_PDF] = {"pdf", NULL, "one run as a conformance test report (ISO/IEC 9646-5), printed by Chromium",
                 '\0'},
    [OPT_OUT] = {"out", "FILE", "of --pdf (default: compliance.pdf in the output folder)", 'o'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "report",
    .arguments = "RESULT... [--event DIR]",
    .summary =
        "Shows what runs came to. A RESULT is an output folder, or the result.json in it. One: the "
        "summary that run prints. Several: a table of requirements and devices. Where a run was "
        "killed, or its reports were removed, they are made from its journal; report.html is made anew. With "
        "--event a RESULT may also be a folder of output folders, as publish makes it.",
    .options = options,
    .more =
        "Exit status: 0 shown, whatever the gates say; 2 usage or a bad file; 3 a run is not complete, or "
        "had errors of its own; 130 a run was interrupted.",
};

/* A result as it was found: its journal, or a result.json alone. */
struct found {
    struct report *report; /* NULL: only result.json is there */
    struct report_column *column;
    const char *kill_matrix; /* a file; NULL: none */
};

static void found_fini(struct found *found)
{
    report_free(found->report);
    report_column_free(found->column);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The output folder that a RESULT means: itself, or the one that its result.json is in. Heap; NULL: reported.
 */
static char *report_folder(const char *word)
{
    struct stat status;
    if (stat(word, &status) != 0) {
        cli_fail(CLI_USAGE, "'%s': %s; name an output folder or the result.json in it", word,
                 strerror(errno));
        return NULL;
    }
    if (S_ISDIR(status.st_mode))
        return strdup(word);
    const char *slash = strrchr(word, '/');
    return slash ? strndup(word, slash == word ? 1 : (size_t)(slash - word)) : strdup(".");
}

/* What a killed run could not write itself. What is there stays as it is, but for the page: it is made anew.
 */
static int report_complete_folder(const struct report *report, const char *folder)
{
    const struct report_folder_options keeping = {.keeps_files = true};
    char *made = NULL;
    bool is_good = report_write_folder(report, folder, &keeping, &made);
    int status = is_good ? CLI_GOOD
                         : cli_fail(CLI_IMPOSSIBLE, "the reports in '%s' could not be written: %s", folder,
                                    strerror(errno));
    if (is_good && made && made[0])
        printf("%s: made from the journal:\n  %s\n", folder, made);
    free(made);
    return status;
}

static int found_in_journal(struct found *found, const char *journal, const char *folder)
{
    char error[1024] = "";
    found->report = report_load(journal, error, sizeof error);
    if (!found->report)
        return cli_fail(CLI_USAGE, "%s; name the output folder of a run", error);
    if (found->kill_matrix && !report_add_kill_matrix(found->report, found->kill_matrix, error, sizeof error))
        return cli_fail(CLI_USAGE, "%s", error);
    int status = report_complete_folder(found->report, folder);
    found->column = report_column_of(found->report, folder);
    return found->column ? status : cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
}

/* The journal is what counts; a result.json that was copied away from it still has its place in a table. */
static int found_init(struct found *found, const char *word)
{
    char error[1024] = "", *folder = report_folder(word);
    if (!folder)
        return CLI_USAGE;
    char *journal = cli_path_join(folder, "events.jsonl"), *result = cli_path_join(folder, "result.json");
    bool is_folder = strcmp(folder, word) == 0;
    int status = CLI_GOOD;
    if (!is_folder)
        found->column = report_column_load(word, error, sizeof error);
    if (!is_folder && !found->column) {
        status = cli_fail(CLI_USAGE, "%s; name an output folder or the result.json in it", error);
    } else if (is_there(journal)) {
        report_column_free(found->column);
        found->column = NULL;
        status = found_in_journal(found, journal, folder);
    } else if (is_folder && !is_there(result)) {
        status =
            cli_fail(CLI_USAGE,
                     "'%s' has neither events.jsonl nor result.json; name the output folder of a run", word);
    } else if (is_folder) {
        found->column = report_column_load(result, error, sizeof error);
        if (!found->column)
            status = cli_fail(CLI_USAGE, "%s; name an output folder or the result.json in it", error);
    }
    free(folder);
    free(journal);
    free(result);
    return status;
}

static int report_show(const struct found *found, size_t count)
{
    int status = CLI_GOOD;
    if (count == 1 && found[0].report) {
        report_print_summary(found[0].report, stdout, cli_width(), cli_is_coloured());
    } else {
        struct report_column **columns = calloc(count + 1, sizeof *columns);
        if (!columns)
            return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
        for (size_t i = 0; i < count; i++)
            columns[i] = found[i].column;
        report_print_table(columns, count, stdout, cli_width(), cli_is_coloured());
        free(columns);
    }
    /* A gate that is not met is what the report is there to say; a run that did not come to its end is not.
     */
    for (size_t i = 0; i < count; i++) {
        int own = report_column_exit_status(found[i].column);
        if ((own == CLI_IMPOSSIBLE || own == CLI_INTERRUPTED) && own > status)
            status = own;
    }
    if (fflush(stdout) != 0)
        return cli_fail(CLI_IMPOSSIBLE, "the report could not be written; free some space");
    return status;
}

/* The journal of the one RESULT that a word names; NULL: reported, *status is what to exit with. */
static struct report *report_of(const char *const *words, size_t count, int *status)
{
    char error[1024] = "", *folder = NULL, *journal = NULL;
    struct report *report = NULL;
    *status = CLI_USAGE;
    if (count != 1)
        cli_fail(CLI_USAGE, "this is about one run; name one output folder");
    else if ((folder = report_folder(words[0]))) {
        journal = cli_path_join(folder, "events.jsonl");
        report = report_load(journal, error, sizeof error);
        if (!report)
            cli_fail(CLI_USAGE, "%s; name the output folder of a run", error);
    }
    free(journal);
    free(folder);
    return report;
}

static int report_print_one(const char *const *words, size_t count, const char *out)
{
    int status;
    struct report *report = report_of(words, count, &status);
    if (!report)
        return status;
    char *folder = report_folder(words[0]), *path = out      ? strdup(out)
                                                    : folder ? cli_path_join(folder, "compliance.pdf")
                                                             : NULL;
    status = path ? cli_print_pdf(report, path) : cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    report_free(report);
    free(folder);
    free(path);
    return status;
}

static int report_put_one(const char *const *words, size_t count, const char *name)
{
    const struct report_format *format = report_format_find(name);
    int status;
    if (!format)
        return cli_fail(CLI_USAGE, "--format '%s' is none; write json, junit, tap, markdown, or badge", name);
    struct report *report = report_of(words, count, &status);
    if (!report)
        return status;
    bool is_good = format->put(report, stdout) && fflush(stdout) == 0;
    report_free(report);
    return is_good ? CLI_GOOD : cli_fail(CLI_IMPOSSIBLE, "the report could not be written; free some space");
}

/* What the command line asks for. */
struct wish {
    struct cli_event event; /* folder NULL: no pages about many results */
    const char **words, **named, *kill_matrix, *format, *out;
    size_t word_count, named_count;
    bool is_pdf;
};

static void wish_fini(struct wish *wish)
{
    free(wish->words);
    free(wish->named);
}

/* argc: no list can be longer. */
static int wish_init(struct wish *wish, int argc)
{
    *wish = (struct wish){.words = calloc((size_t)argc + 1, sizeof *wish->words),
                          .named = calloc((size_t)argc + 1, sizeof *wish->named)};
    return wish->words && wish->named ? CLI_GOOD : cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
}

static void wish_take(struct wish *wish, int option, const char *value)
{
    switch (option) {
    case OPT_EVENT:
        wish->event.folder = value;
        break;
    case OPT_TITLE:
        wish->event.title = value;
        break;
    case OPT_ANONYMIZE:
        wish->event.is_anonymous = true;
        break;
    case OPT_NAMED:
        wish->named[wish->named_count++] = value;
        break;
    case OPT_PUBLISHED:
        wish->event.is_published = true;
        break;
    case OPT_FORMAT:
        wish->format = value;
        break;
    case OPT_PDF:
        wish->is_pdf = true;
        break;
    case OPT_OUT:
        wish->out = value;
        break;
    case OPT_KILL_MATRIX:
        wish->kill_matrix = value;
        break;
    default:
        wish->words[wish->word_count++] = value;
    }
}

static int wish_check(const struct wish *wish)
{
    const struct cli_event *event = &wish->event;
    if (wish->word_count == 0)
        return cli_fail(CLI_USAGE, "report needs a result; name the output folder of a run, or several");
    if (!event->folder && (event->title || event->is_anonymous || wish->named_count || event->is_published))
        return cli_fail(CLI_USAGE,
                        "--title, --anonymize, --named and --published are about the pages of --event DIR");
    if (!!event->folder + !!wish->format + wish->is_pdf > 1)
        return cli_fail(CLI_USAGE,
                        "--event, --format and --pdf make different things; leave out all but one");
    if (wish->out && !wish->is_pdf)
        return cli_fail(CLI_USAGE, "--out is about the file of --pdf");
    return CLI_GOOD;
}

/* The summary of one, the table of several. */
static int report_show_all(const struct wish *wish)
{
    struct found *found = calloc(wish->word_count + 1, sizeof *found);
    size_t opened = 0;
    int status = CLI_GOOD;
    if (!found)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    for (; status == CLI_GOOD && opened < wish->word_count; opened++) {
        found[opened].kill_matrix = wish->kill_matrix;
        status = found_init(&found[opened], wish->words[opened]);
    }
    if (status == CLI_GOOD)
        status = report_show(found, wish->word_count);
    for (size_t i = 0; i < opened; i++)
        found_fini(&found[i]);
    free(found);
    return status;
}

static int report_make(struct wish *wish)
{
    if (wish->event.folder) {
        wish->event.words = wish->words;
        wish->event.word_count = wish->word_count;
        wish->event.named = wish->named;
        return cli_event_make(&wish->event);
    }
    if (wish->is_pdf)
        return report_print_one(wish->words, wish->word_count, wish->out);
    if (wish->format)
        return report_put_one(wish->words, wish->word_count, wish->format);
    return report_show_all(wish);
}

int cli_report(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    struct wish wish;
    const char *value;
    int status = wish_init(&wish, argc), option = CLI_END;
    while (status == CLI_GOOD && (option = cli_next(&parser, &value)) != CLI_END && option != CLI_HELP)
        if (option == CLI_BAD)
            status = CLI_USAGE;
        else
            wish_take(&wish, option, value);
    if (status == CLI_GOOD && option != CLI_HELP)
        status = wish_check(&wish);
    if (status == CLI_GOOD && option != CLI_HELP)
        status = report_make(&wish);
    wish_fini(&wish);
    return status;
}
