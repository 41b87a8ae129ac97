/* `sipreuse kill-matrix`: one run of this program for each fault, side by side, each in a sandbox of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/kill_matrix.h"

enum {
    OPT_JSON,
    OPT_JOBS,
    OPT_FAULT,
    OPT_SANDBOX,
    OPT_TIMEOUT_SCALE,
    OPT_OUT,
    OPT_REPORT,
    OPT_ALL_TRANSPORTS,
    OPT_ALL_VARIANTS
};
static const struct cli_option options[] = {
    [OPT_JSON] = {"json", NULL, "the matrix for programs", '\0'},
    [OPT_JOBS] = {"jobs", "N", "runs at once (default: four for each processor)", 'j'},
    [OPT_FAULT] = {"fault", "GLOB", "only faults whose names match", '\0'},
    [OPT_SANDBOX] = {"sandbox", "MODE", "as for run", '\0'},
    [OPT_TIMEOUT_SCALE] = {"timeout-scale", "X", "as for run", '\0'},
    [OPT_OUT] =
        {"out", "DIR",
         "keep what the runs wrote, a folder for each and beside it what it printed (default: thrown away)",
         'o'},
    [OPT_REPORT] = {"report", "FILE", "the matrix as a page of Markdown, with why it is to be believed",
                    '\0'},
    [OPT_ALL_TRANSPORTS] = {"all-transports", NULL, "over SCTP too what runs over TCP or TLS anyway", '\0'},
    [OPT_ALL_VARIANTS] = {"all-variants", NULL,
                          "of every scenario the variants that 'run' takes; otherwise so for those that have "
                          "to find the fault, and of the others, as of those that want the device to "
                          "themselves, one of each part, transport and case",
                          '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "kill-matrix",
    .arguments = "[SELECTOR...] [options]",
    .summary = "Runs the suite against the reference device with each of its seeded faults, and without any. "
               "Each fault has to make a scenario fail for each requirement that it breaks, and none about "
               "another; of a requirement that is a MAY or an observation it has to change what is observed. "
               "The device without a fault has to be green. Slow scenarios are run for the faults "
               "that only they can find.",
    .options = options,
    .more = "Exit status: 0 every fault turns its own requirements red and nothing else; 1 not so; 2 usage "
            "or a bad file; 3 "
            "it could not be done; 130 interrupted.",
};

/* Found out here, and not by each of the runs. */
static int kill_check_selectors(const struct kill_wish *wish, const struct catalogue *catalogue)
{
    const struct selection_options choice = {.selectors = wish->selectors,
                                             .selector_count = wish->selector_count,
                                             .has_ip4 = true,
                                             .has_ip6 = true};
    struct selection selection = {0};
    char error[1024] = "";
    if (wish->selector_count == 0 || selection_make(catalogue, &choice, &selection, error, sizeof error)) {
        selection_fini(&selection);
        return CLI_GOOD;
    }
    return cli_fail(CLI_USAGE, "%s", error);
}

/* The janitor sees to it that a matrix that is killed leaves no run behind; what nobody asked to keep goes in
 * every case. */
static int kill_with_janitor(const struct kill_wish *wish, const struct kill_scope *scope, const char *folder,
                             bool is_kept)
{
    struct janitor *janitor = janitor_new(is_kept ? NULL : folder);
    if (!janitor)
        return cli_fail(CLI_IMPOSSIBLE, "no process to tidy up with: %s; end something", strerror(errno));
    int status = kill_matrix_run(wish, scope, folder, janitor);
    janitor_free(janitor);
    return status;
}

static int kill_with_folder(const struct kill_wish *wish, const struct kill_scope *scope)
{
    if (wish->out) {
        int status;
        char *kept = cli_out_make(wish->out, "kill-matrix", &status);
        if (kept)
            status = kill_with_janitor(wish, scope, kept, true);
        free(kept);
        return status;
    }
    const char *base = getenv("TMPDIR");
    char *folder = cli_path_join(base && *base ? base : "/tmp", "sipreuse-kill-matrix-XXXXXX");
    int status = mkdtemp(folder) ? kill_with_janitor(wish, scope, folder, false)
                                 : cli_fail(CLI_IMPOSSIBLE, "no folder can be made in '%s'; set TMPDIR",
                                            base ? base : "/tmp");
    free(folder);
    return status;
}

static bool take_option(struct kill_wish *wish, int option, const char *value)
{
    enum sandbox_mode mode;
    double scale;
    switch (option) {
    case OPT_JSON:
        wish->is_json = true;
        return true;
    case OPT_JOBS:
        return cli_parse_count("jobs", value, 1, 1000, &wish->jobs);
    case OPT_FAULT:
        wish->fault = value;
        return true;
    case OPT_SANDBOX:
        wish->sandbox = value;
        if (sandbox_mode_parse(value, &mode))
            return true;
        cli_fail(CLI_USAGE, "--sandbox '%s' is no mode; write auto, user, root, or none", value);
        return false;
    case OPT_TIMEOUT_SCALE:
        wish->timeout_scale = value;
        return cli_parse_scale("timeout-scale", value, &scale);
    case OPT_OUT:
        wish->out = value;
        return true;
    case OPT_REPORT:
        wish->page = value;
        return true;
    case OPT_ALL_TRANSPORTS:
        wish->is_all_transports = true;
        return true;
    case OPT_ALL_VARIANTS:
        wish->is_all_variants = true;
        return true;
    case CLI_ARGUMENT:
        wish->selectors[wish->selector_count++] = value;
        return true;
    }
    return false;
}

int cli_kill_matrix(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *selectors[256], *value;
    struct kill_wish wish = {.selectors = selectors};
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_ARGUMENT && wish.selector_count == sizeof selectors / sizeof selectors[0])
            return cli_fail(CLI_USAGE, "more than 256 selectors; use globs");
        if (option == CLI_BAD || !take_option(&wish, option, value))
            return CLI_USAGE;
    }
    struct cli_paths paths;
    struct diagnostic diagnostic = {0};
    int status = CLI_USAGE;
    if (cli_paths_find(&paths, NULL, NULL, NULL)) {
        struct catalogue *catalogue =
            catalogue_load_beside(paths.scenarios, paths.own_scenarios, &diagnostic);
        struct kill_scope scope = {0};
        status = catalogue ? kill_check_selectors(&wish, catalogue) : cli_fail_file(&diagnostic);
        if (status == CLI_GOOD)
            status = kill_scope_init(&scope, &paths, catalogue);
        if (status == CLI_GOOD)
            status = kill_with_folder(&wish, &scope);
        kill_scope_fini(&scope);
        catalogue_free(catalogue);
    }
    cli_paths_fini(&paths);
    return status;
}
