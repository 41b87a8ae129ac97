/* `sipreuse validate`: any file of ours. */
#include "cli/cli.h"

enum { OPT_SCENARIOS };
static const struct cli_option options[] = {
    [OPT_SCENARIOS] = {"scenarios", "DIR", "the catalogue that the file's names are looked up in", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "validate",
    .arguments = "FILE...",
    .summary = "Checks scenarios, suites, profiles, requirements and certificate recipes, and says where the "
               "first mistake of each file "
               "is: FILE:LINE:COL: /json/pointer: found ...; expected ...; nearest '...'. Exit status 1 when "
               "a file is not valid.",
    .options = options,
};

int cli_validate(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *value, *scenarios = NULL, *files[1024];
    size_t count = 0;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_SCENARIOS)
            scenarios = value;
        else if (count < sizeof files / sizeof files[0])
            files[count++] = value;
        else
            return cli_fail(CLI_USAGE, "more than 1024 files at once; validate them in parts");
    }
    if (count == 0)
        return cli_fail(CLI_USAGE, "validate needs a file; name one or more");
    struct cli_paths paths;
    int status = CLI_GOOD;
    if (!cli_paths_find(&paths, scenarios, NULL, NULL))
        status = CLI_USAGE;
    for (size_t i = 0; i < count && status != CLI_USAGE; i++) {
        struct diagnostic diagnostic = {0};
        if (scenario_validate_file(paths.scenarios, files[i], &diagnostic)) {
            printf("%s: valid\n", files[i]);
        } else {
            cli_fail_file(&diagnostic);
            status = CLI_FINDING;
        }
    }
    cli_paths_fini(&paths);
    return status;
}
