/* `sipreuse check-device`: a dry run before the suite. A dozen scenarios show whether the device starts,
 * answers and can be made to send, and whether it is what its profile claims. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/check_device.h"
#include "evidence/evidence.h"
#include "run/run.h"

enum { OPT_YES, OPT_OUT, OPT_SANDBOX, OPT_DEVICES, OPT_OPERATOR };
static const struct cli_option options[] = {
    [OPT_YES] = {"yes", NULL, "run the commands of a profile that did not come with sipreuse", 'y'},
    [OPT_OUT] = {"out", "DIR", "output folder, new or empty (default: ./sipreuse-out/<device>-<time>)", 'o'},
    [OPT_SANDBOX] = {"sandbox", "MODE", "auto, user, root, or none (default: auto)", '\0'},
    [OPT_DEVICES] = {"devices", "DIR", "profiles from another folder", '\0'},
    [OPT_OPERATOR] = {"operator", "FILE", "where the keys of a person come from: a named pipe, or -", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "check-device",
    .arguments = "NAME|PROFILE [options]",
    .summary = "Starts a device as its profile says, tries each stimulus and transport that it claims, and "
               "says what works, which claim the device refutes, and what to change: a dry run before the "
               "suite.",
    .options = options,
    .more =
        "Exit status: 0 all as claimed; 1 something is not; 2 usage or a bad file; 3 it could not be done.",
};

struct check {
    struct cli_paths paths;
    const char *device, *out, *devices, *operator_file;
    bool is_agreed;
    enum sandbox_mode mode;
    struct device_profile *profile; /* with everything claimed */
    struct device_profile claimed;  /* as it was written; shares its texts */
    struct catalogue *catalogue;
    struct selection selection;
    struct check_result *results;
    char *trouble; /* how the device ended or hung, the first time; heap, NULL: it did not */
};

static bool is_of(const struct check_probe *probe, const struct scenario_variant *variant)
{
    size_t length = strcspn(probe->selector, ":");
    const char *prefix = probe->selector[length] ? probe->selector + length + 1 : "*";
    return strlen(variant->scenario->id) == length &&
           strncmp(variant->scenario->id, probe->selector, length) == 0 &&
           strncmp(variant->name, prefix, strcspn(prefix, "*")) == 0;
}

static void on_verdict(const struct scenario_variant *variant, enum verdict verdict, bool is_exercised,
                       const char *reason, void *arg)
{
    struct check *check = arg;
    for (size_t i = 0; i < check_probe_count; i++)
        if (is_of(&check_probes[i], variant))
            check_take(&check_probes[i], &check->results[i], verdict, is_exercised, reason);
}

static void on_message(const char *line, void *arg)
{
    struct check *check = arg;
    if (!check->trouble)
        check->trouble = strdup(line);
}

/* What does not run has its reason in the plan. */
static void take_plan(struct check *check, const struct run_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        for (size_t k = 0; k < check_probe_count && !plan->entries[i].runs; k++)
            if (is_of(&check_probes[k], plan->entries[i].variant) && !check->results[k].reason)
                check->results[k].reason = strdup(plan->entries[i].reason);
}

static int report(struct check *check, enum run_outcome outcome, const char *error, const char *out_dir)
{
    printf("\n%s: %s\n", check->claimed.name, check->claimed.title);
    if (outcome == RUN_INTERRUPTED)
        return CLI_INTERRUPTED;
    if (outcome != RUN_DONE) {
        printf("  WRONG  starts and answers: %s\n         read %s/device.log from the top, with the rendered "
               "files in %s/device beside it\n",
               error, out_dir, out_dir);
        if (strstr(error, "(a TLS handshake at "))
            printf("         or take tls out of 'transports', when it has no such listener\n");
        return outcome == RUN_DEVICE_FAILED ? CLI_FINDING : CLI_IMPOSSIBLE;
    }
    printf(check->claimed.has_start ? "  ok     starts and answers\n"
                                    : "  note   nothing starts it here ('start'): it has to run already\n");
    size_t wrong = check_print(&check->claimed, check->results);
    if (check->trouble)
        printf(
            "  WRONG  stays up: %s\n         read %s/device.log; a run goes on after that, but what crashes "
            "fails its gate\n",
            check->trouble, out_dir);
    wrong += check->trouble != NULL;
    printf("\n%zu to change. The dry run is in %s.\n", wrong, out_dir);
    if (!wrong)
        printf("Next: sipreuse run --device %s --suite smoke\n", check->device);
    return wrong ? CLI_FINDING : CLI_GOOD;
}

static int execute(struct check *check, const struct run_plan *plan, const struct sandbox *sandbox,
                   const char *out_dir)
{
    static const char *const command_line[] = {"sipreuse", "check-device", NULL};
    char *path = cli_path_join(out_dir, "events.jsonl"), error[1024] = "";
    struct journal *journal = journal_new(path);
    uint64_t seed = 1;
    free(path);
    if (!journal)
        return cli_fail(CLI_IMPOSSIBLE, "no journal can be made in '%s': %s", out_dir, strerror(errno));
    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        seed &= 0x7fffffff;
    int console = cli_operator_open(check->operator_file);
    const struct run_options run = {
        .catalogue = check->catalogue,
        .plan = plan,
        .profile = check->profile,
        .sandbox = sandbox,
        .journal = journal,
        .out_dir = out_dir,
        .sctp = NET_SCTP_NONE,
        .device_sctp = NET_SCTP_NONE,
        .jobs = check->profile->stimulus_kind == DEVICE_OPERATOR ? 1 : check->profile->jobs,
        .repeat = 1,
        .timeout_scale = 1.0,
        .seed = seed,
        .command_line = command_line,
        .operator_in = console,
        .operator_out = STDERR_FILENO,
        .on_verdict = on_verdict,
        .on_message = on_message,
        .arg = check};
    enum run_outcome outcome = run_execute(&run, error, sizeof error);
    cli_operator_close(console);
    journal_free(journal);
    return report(check, outcome, error, out_dir);
}

static int run_in_sandbox(struct check *check)
{
    char error[2048] = "", lacks[512] = "";
    int status;
    if (!device_is_available(check->profile, lacks, sizeof lacks))
        return cli_fail(CLI_IMPOSSIBLE, "device '%s' is not available here; what is missing: %s",
                        check->profile->name, lacks);
    char *out_dir = cli_out_make(check->out, check->profile->name, &status);
    if (!out_dir)
        return status;
    struct run_plan *plan =
        run_plan_make(&check->selection, check->profile, check->mode, check->profile->has_ip4,
                      check->profile->has_ip6, "it is not looked at here", true);
    const struct sandbox_plan sandbox_plan = {.mode = check->mode,
                                              .harness_addresses = plan->harness_addresses,
                                              .is_device_multihomed = check->profile->is_multihomed,
                                              .needs_ip4 = check->profile->has_ip4,
                                              .needs_ip6 = check->profile->has_ip6};
    take_plan(check, plan);
    fflush(stdout);
    fflush(stderr);
    struct sandbox *sandbox = sandbox_enter(&sandbox_plan, error, sizeof error);
    status = sandbox ? execute(check, plan, sandbox, out_dir) : cli_fail(CLI_IMPOSSIBLE, "%s", error);
    sandbox_free(sandbox);
    run_plan_free(plan);
    free(out_dir);
    return status;
}

static int load(struct check *check)
{
    struct diagnostic diagnostic = {0};
    char error[1024] = "";
    const char *selectors[64];
    for (size_t i = 0; i < check_probe_count; i++)
        selectors[i] = check_probes[i].selector;
    check->profile = cli_profile_load(&check->paths, check->device);
    if (!check->profile)
        return CLI_USAGE;
    check->catalogue = catalogue_load(check->paths.scenarios, &diagnostic);
    if (!check->catalogue)
        return cli_fail_file(&diagnostic);
    check->claimed = *check->profile;
    check_claim_all(check->profile);
    const struct selection_options wanted = {.selectors = selectors,
                                             .selector_count = check_probe_count,
                                             .has_ip4 = check->profile->has_ip4,
                                             .has_ip6 = !check->profile->has_ip4,
                                             .without_tls = check->profile->without_tls};
    catalogue_fit_controls(check->catalogue, check->profile->without_tls);
    check->results = calloc(check_probe_count + 1, sizeof *check->results);
    if (!check->results || !selection_make(check->catalogue, &wanted, &check->selection, error, sizeof error))
        return cli_fail(CLI_USAGE, "%s", error);
    cli_commands_show(&check->claimed, stdout);
    return cli_consent(&check->claimed, check->is_agreed);
}

static int parse(struct check *check, int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *value;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        switch (option) {
        case CLI_HELP:
            return RUN_REQUEST_HELP;
        case OPT_YES:
            check->is_agreed = true;
            break;
        case OPT_OUT:
            check->out = value;
            break;
        case OPT_DEVICES:
            check->devices = value;
            break;
        case OPT_OPERATOR:
            if (!cli_operator_is_there(value))
                return CLI_USAGE;
            check->operator_file = value;
            break;
        case OPT_SANDBOX:
            if (!sandbox_mode_parse(value, &check->mode))
                return cli_fail(CLI_USAGE, "--sandbox '%s' is no mode; write auto, user, root, or none",
                                value);
            break;
        case CLI_ARGUMENT:
            if (check->device)
                return cli_fail(CLI_USAGE, "check-device takes one device; leave out '%s'", value);
            check->device = value;
            break;
        default: /* not an enum: what cli_next made of it */
            return CLI_USAGE;
        }
    }
    if (!check->device)
        return cli_fail(CLI_USAGE, "check-device needs a device: a name of 'sipreuse list devices', or a "
                                   "profile.json");
    return cli_paths_find(&check->paths, NULL, NULL, check->devices) ? CLI_GOOD : CLI_USAGE;
}

int cli_check_device(int argc, char **argv)
{
    struct check check = {.mode = SANDBOX_AUTO};
    int status = parse(&check, argc, argv);
    if (status == CLI_GOOD)
        status = load(&check);
    if (status == CLI_GOOD)
        status = run_in_sandbox(&check);
    for (size_t i = 0; check.results && i < check_probe_count; i++)
        free(check.results[i].reason);
    free(check.results);
    free(check.trouble);
    selection_fini(&check.selection);
    catalogue_free(check.catalogue);
    device_profile_free(check.profile);
    cli_paths_fini(&check.paths);
    return status == RUN_REQUEST_HELP ? CLI_GOOD : status;
}
