/* sipreuse: finds the command and hands over. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "reference/device_main.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", cli_run, "test a device"},
    {"list", cli_list, "show scenarios, suites, devices, requirements"},
    {"explain", cli_explain, "what a scenario or requirement is about, its clause, its call flow"},
    {"report", cli_report, "show results again, several side by side"},
    {"baseline", cli_baseline, "list the failures of a result, so that they do not close the gate"},
    {"diff", cli_diff, "what got better and worse from one result to another"},
    {"evidence", cli_evidence, "pack what a verdict rests on, to be judged elsewhere"},
    {"pics", cli_pics, "what a device claims, as a PICS and IXIT proforma"},
    {"publish", cli_publish, "send what a run wrote to a web server or a bucket"},
    {"validate", cli_validate, "check scenario, suite, profile and recipe files"},
    {"check-device", cli_check_device,
     "try a profile before the suite: what works, and what it claims wrongly"},
    {"device-new", cli_device_new, "write a profile for a device of your own"},
    {"device", reference_device_main, "the reference device on its own, as a proxy"},
    {"probe", cli_probe, "look at a SIP element from outside, without its operator"},
    {"certs", cli_certs, "certificates for a device across a network"},
    {"kill-matrix", cli_kill_matrix, "prove that each seeded fault is found"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs(
        "usage: sipreuse COMMAND [options]\n\n"
        "Tells whether a SIP device reuses connections the way RFC 5923 says, with evidence.\n\nCommands:\n",
        out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-12s  %s\n", commands[i].name, commands[i].summary);
    fputs(
        "\n'sipreuse COMMAND --help' tells the options of each. 'sipreuse --version' tells the version.\n\n"
        "Exit status: 0 good; 1 a finding; 2 usage or a bad file; 3 it could not be done; 130 interrupted.\n",
        out);
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT + 2] = {"--version", "--help"};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i + 2] = commands[i].name;
    const char *nearest = document_nearest(word, names, COMMAND_COUNT + 2);
    if (nearest && word[0] == '-')
        return cli_fail(CLI_USAGE, "'%s' is no option; did you mean '%s'?", word, nearest);
    if (word[0] == '-')
        return cli_fail(CLI_USAGE, "'%s' comes before any command; see 'sipreuse --help'", word);
    if (nearest)
        return cli_fail(CLI_USAGE, "'%s' is no command; did you mean '%s'?", word, nearest);
    return cli_fail(CLI_USAGE, "'%s' is no command; see 'sipreuse --help'", word);
}

int main(int argc, char **argv)
{
    sandbox_device_main(argc, argv);
    if (argc < 2)
        return cli_fail(CLI_USAGE, "a command is missing; see 'sipreuse --help'");
    if (strcmp(argv[1], "--version") == 0) {
        printf("sipreuse %s\n", SIPREUSE_VERSION);
        return CLI_GOOD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return CLI_GOOD;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return unknown_command(argv[1]);
}
