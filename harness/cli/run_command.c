/* `sipreuse run`: files → plan → sandbox → journal → reports. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/evidence.h"
#include "reports/reports.h"
#include "run/run.h"

static void on_progress(const struct run_progress *state, void *arg)
{
    cli_progress_show(arg, state);
}

static void on_verdict(const struct scenario_variant *variant, enum verdict verdict, bool is_exercised,
                       const char *reason, void *arg)
{
    cli_progress_verdict(arg, variant, verdict, is_exercised, reason);
}

static void on_message(const char *line, void *arg)
{
    cli_progress_message(arg, line);
}

/* The reports and the summary, from the journal alone. CLI_GOOD: written; the run's own status is in *status
 * then. */
static int run_report(const char *out_dir, const struct cli_request *request, int *status)
{
    char error[512] = "", *made = NULL;
    char *journal = cli_path_join(out_dir, "events.jsonl");
    const struct report_folder_options options = {.has_no_packets = request->has_no_pcap};
    struct report *report = report_load_own(journal, error, sizeof error);
    int outcome = CLI_GOOD;
    if (!report) {
        outcome = cli_fail(CLI_IMPOSSIBLE, "%s; the reports could not be made", error);
    } else {
        *status = report_exit_status(report);
        putchar('\n');
        report_print_summary(report, stdout, cli_width(), cli_is_coloured());
        fflush(stdout);
        if (!request->has_no_reports && !report_write_folder(report, out_dir, &options, &made))
            outcome =
                cli_fail(CLI_IMPOSSIBLE, "the reports in '%s' could not be written: %s; free some space",
                         out_dir, strerror(errno));
    }
    report_free(report);
    free(journal);
    free(made);
    return outcome;
}

/* The run's own status, unless something of ours went wrong on the way. */
static int run_status(enum run_outcome outcome, int status, int journal_errno, const char *error,
                      const char *out_dir)
{
    if (journal_errno)
        return cli_fail(CLI_IMPOSSIBLE,
                        "the journal in '%s' could not be written: %s; free some space and run again",
                        out_dir, strerror(journal_errno));
    switch (outcome) {
    case RUN_DONE:
        return status;
    case RUN_INTERRUPTED:
        return CLI_INTERRUPTED;
    case RUN_DEVICE_FAILED:
        return cli_fail(CLI_IMPOSSIBLE, "the device could not be tested: %s; see device.log in '%s'", error,
                        out_dir);
    case RUN_FAILED:
        break;
    }
    return cli_fail(CLI_IMPOSSIBLE, "the run failed: %s", error);
}

static int run_journal(const struct cli_request *request, const struct cli_material *material,
                       const struct run_plan *plan, const struct cli_across *across,
                       const struct sandbox *sandbox, const char *out_dir, const char *const *command_line)
{
    char *path = cli_path_join(out_dir, "events.jsonl"), error[1024] = "";
    struct journal *journal = journal_new(path);
    free(path);
    if (!journal)
        return cli_fail(CLI_IMPOSSIBLE,
                        "no journal can be made in '%s': %s; give --out a folder that can be written",
                        out_dir, strerror(errno));
    struct cli_progress progress;
    cli_progress_init(&progress, material->profile->name, request->is_verbose);
    int console = cli_operator_open(request->operator_file);
    bool is_by_hand = material->profile->stimulus_kind == DEVICE_OPERATOR;
    const struct run_options options = {.catalogue = material->catalogue,
                                        .plan = plan,
                                        .suite = material->suite,
                                        .baseline = material->baseline,
                                        .profile = material->profile,
                                        .sandbox = sandbox,
                                        .remote = across ? across->run : NULL,
                                        .journal = journal,
                                        .out_dir = out_dir,
                                        .sctp = request->sctp,
                                        .device_sctp = request->device_sctp,
                                        .operator_in = console,
                                        .operator_out = STDERR_FILENO,
                                        /* A person does one thing at a time, and what waits for him ages. */
                                        .jobs = is_by_hand      ? 1
                                                : request->jobs ? (size_t)request->jobs
                                                                : material->profile->jobs,
                                        .repeat = (unsigned)request->repeat,
                                        .is_fail_fast = request->is_fail_fast,
                                        /* this machine's links are nobody's business but its owner's */
                                        .has_capture = !request->has_no_pcap && !across,
                                        .timeout_scale = request->timeout_scale,
                                        .seed = request->seed,
                                        .soak_ms = request->soak_ms,
                                        .device_faults = request->fault_count ? request->faults : NULL,
                                        .command_line = command_line,
                                        .on_progress = on_progress,
                                        .on_verdict = on_verdict,
                                        .on_message = on_message,
                                        .arg = &progress};
    enum run_outcome outcome = run_execute(&options, error, sizeof error);
    cli_progress_erase(&progress);
    cli_operator_close(console);
    int journal_errno = journal_error(journal), status = CLI_IMPOSSIBLE;
    journal_free(journal);
    int reported = run_report(out_dir, request, &status);
    int final = run_status(outcome, status, journal_errno, error, out_dir);
    return reported != CLI_GOOD ? reported : final;
}

/* The page for the operator, first on the terminal and then as a file beside the results. */
static bool hand_over(const struct cli_across *across, const struct device_profile *profile,
                      const char *out_dir)
{
    char *path = cli_path_join(out_dir, "operator.md");
    FILE *file = fopen(path, "we");
    cli_across_page(across, profile, stdout);
    putchar('\n');
    if (file)
        cli_across_page(across, profile, file);
    bool is_written = file && fclose(file) == 0;
    if (!is_written)
        cli_fail(CLI_IMPOSSIBLE, "'%s' could not be written: %s; free some space", path, strerror(errno));
    free(path);
    return is_written;
}

/* The sandbox is entered before anything of the run exists: from there on this is another process, and the
 * one that was called waits for it. */
static int run_in_sandbox(const struct cli_request *request, const struct cli_material *material,
                          const struct run_plan *plan, const struct cli_across *across,
                          const char *const *command_line)
{
    char error[2048] = "", lacks[512] = "";
    if (!across && !device_is_available(material->profile, lacks, sizeof lacks))
        return cli_fail(CLI_IMPOSSIBLE, "device '%s' is not available here; what is missing: %s",
                        material->profile->name, lacks);
    int status;
    char *out_dir = cli_out_make(request->out, material->profile->name, &status);
    if (!out_dir)
        return status;
    const struct sandbox_plan sandbox_plan = {.mode = across ? SANDBOX_REMOTE : request->mode,
                                              .harness_addresses = plan->harness_addresses,
                                              .is_device_multihomed = material->profile->is_multihomed,
                                              .quiets_harness_sctp = request->sctp == NET_SCTP_BESIDE,
                                              .quiets_device_sctp = request->device_sctp == NET_SCTP_BESIDE,
                                              .needs_ip4 = request->has_ip4 || across,
                                              .needs_ip6 = request->has_ip6 || across,
                                              .remote = across ? &across->site : NULL};
    if (across && !hand_over(across, material->profile, out_dir)) {
        free(out_dir);
        return CLI_IMPOSSIBLE;
    }
    fflush(stdout);
    fflush(stderr);
    struct sandbox *sandbox = sandbox_enter(&sandbox_plan, error, sizeof error);
    if (sandbox) {
        status = run_journal(request, material, plan, across, sandbox, out_dir, command_line);
    } else {
        if (!across)
            rmdir(out_dir); /* nothing is in it */
        status = cli_fail(CLI_IMPOSSIBLE, "%s", error);
    }
    sandbox_free(sandbox);
    free(out_dir);
    return status;
}

static void plan_print_reasons(struct page *page, const struct run_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct run_plan_entry *entry = &plan->entries[i];
        bool is_first = !entry->runs;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = plan->entries[k].runs || strcmp(plan->entries[k].reason, entry->reason) != 0;
        if (!is_first)
            continue;
        putchar('\n');
        char *text = NULL;
        if (asprintf(&text, "%s (%s)", entry->reason, entry->because) >= 0)
            page_wrap(page, 2, text);
        free(text);
        for (size_t k = i; k < plan->count; k++)
            if (!plan->entries[k].runs && strcmp(plan->entries[k].reason, entry->reason) == 0)
                printf("    %s  %s\n", plan->entries[k].variant->scenario->id,
                       plan->entries[k].variant->name);
    }
}

static int plan_print(const struct run_plan *plan, const char *device)
{
    struct page page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()};
    size_t running = 0;
    for (size_t i = 0; i < plan->count; i++)
        running += plan->entries[i].runs;
    page_put(&page, PAGE_BOLD, "%s: %zu of %zu scenario variants would run\n", device, running, plan->count);
    const struct scenario *last = NULL;
    for (size_t i = 0; i < plan->count; i++) {
        const struct scenario_variant *variant = plan->entries[i].variant;
        if (!plan->entries[i].runs)
            continue;
        if (variant->scenario != last)
            printf("\n  %s%s%s\n", variant->scenario->id, variant->scenario->is_slow ? "  (slow)" : "",
                   variant->scenario->is_exclusive ? "  (alone, on an instance of its own)" : "");
        last = variant->scenario;
        printf("    %s\n", variant->name);
    }
    if (running == plan->count)
        return CLI_GOOD;
    putchar('\n');
    page_put(&page, PAGE_BOLD, "Not applicable: %zu\n", plan->count - running);
    plan_print_reasons(&page, plan);
    return CLI_GOOD;
}

/* Across a network the page for the operator comes first here too: it is what has to be done before the run.
 */
static int plan_show(const struct run_plan *plan, const struct cli_across *across,
                     const struct device_profile *profile)
{
    if (across) {
        cli_across_page(across, profile, stdout);
        putchar('\n');
    }
    return plan_print(plan, profile->name);
}

static bool is_cross(const struct cli_request *request)
{
    return request->device_sctp != NET_SCTP_AUTO && request->device_sctp != request->sctp;
}

/* Each side its own engine, so that neither is tested against itself alone. Both live in one kernel: the host
 * of usrsctp is one in which the kernel's SCTP says nothing. */
static void choose_both_sctp(struct cli_request *request, bool has_raw_sockets, char *why)
{
    enum net_sctp *own = request->sctp == NET_SCTP_USERLAND ? &request->sctp : &request->device_sctp;
    bool has_kernel = net_sctp_choose(NET_SCTP_KERNEL, has_raw_sockets, why) == NET_SCTP_KERNEL;
    *own = NET_SCTP_BESIDE;
    if (has_kernel && net_sctp_choose(NET_SCTP_BESIDE, has_raw_sockets, why) == NET_SCTP_BESIDE)
        return;
    request->sctp = request->device_sctp = NET_SCTP_NONE;
}

/* The engine is chosen once, for plan, harness and device. In a user namespace of its own every process may
 * open raw sockets. */
static void choose_sctp(struct cli_request *request, const struct device_profile *profile, char *why)
{
    bool is_root = geteuid() == 0 && request->mode != SANDBOX_USER;
    bool has_raw_sockets = (request->mode != SANDBOX_NONE && !is_root) || net_sctp_may_open_raw();
    if (is_cross(request)) {
        choose_both_sctp(request, has_raw_sockets, why);
        return;
    }
    request->sctp = net_sctp_choose(request->sctp, has_raw_sockets, why);
    if (request->sctp == NET_SCTP_USERLAND && !profile->has_own_sctp) {
        request->sctp = NET_SCTP_NONE;
        snprintf(why, NET_SCTP_WHY_MAX, "this device needs a kernel with SCTP; modprobe sctp");
    }
    request->device_sctp = request->sctp;
}

/* What --device-sctp asks for and what cannot be. */
static int check_cross(const struct cli_request *request, const struct device_profile *profile)
{
    if (!is_cross(request))
        return CLI_GOOD;
    if (request->sctp != NET_SCTP_KERNEL && request->sctp != NET_SCTP_USERLAND)
        return cli_fail(CLI_USAGE,
                        "--device-sctp wants the harness's engine named: --sctp kernel or userland");
    if (!profile->has_own_sctp && request->device_sctp != NET_SCTP_KERNEL)
        return cli_fail(CLI_USAGE,
                        "--device-sctp: device '%s' brings no stack of its own (\"sctp\": \"own\")",
                        profile->name);
    if (request->mode == SANDBOX_NONE || request->remote.is_wanted)
        return cli_fail(CLI_USAGE,
                        "--device-sctp %s: two engines side by side want a sandbox; use --sandbox "
                        "user or root",
                        net_sctp_name(request->device_sctp));
    return CLI_GOOD;
}

int cli_run(int argc, char **argv)
{
    return cli_run_with(NULL, argc, argv);
}

int cli_run_with(struct catalogue *catalogue, int argc, char **argv)
{
    struct cli_request request;
    char no_sctp[NET_SCTP_WHY_MAX] = "";
    struct cli_material material = {0};
    struct cli_across across = {0};
    struct run_plan *plan = NULL;
    int status = run_request_parse(&request, argc, argv);
    const char **command_line = calloc((size_t)argc + 2, sizeof *command_line);
    for (int i = 0; command_line && i < argc; i++)
        command_line[i + 1] = argv[i];
    if (command_line)
        command_line[0] = "sipreuse";
    if (status == CLI_GOOD)
        status = cli_material_load(&material, &request, catalogue);
    if (status == CLI_GOOD)
        status = check_cross(&request, material.profile);
    if (status == CLI_GOOD && request.remote.is_wanted)
        status = cli_across_open(&across, &request.remote);
    if (status != CLI_GOOD)
        goto out;
    choose_sctp(&request, material.profile, no_sctp);
    if (request.remote.is_wanted)
        request.sctp = request.device_sctp = NET_SCTP_NONE; /* in a sandbox only */
    if (command_line)
        plan = request.remote.is_wanted
                   ? cli_across_plan(&across, &request, &material)
                   : run_plan_make(&material.selection, material.profile, request.mode, request.has_ip4,
                                   request.has_ip6, request.sctp == NET_SCTP_NONE ? no_sctp : NULL,
                                   request.sctp != NET_SCTP_KERNEL || request.device_sctp != NET_SCTP_KERNEL);
    if (!plan)
        status = cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    else if (request.is_plan_only)
        status = plan_show(plan, request.remote.is_wanted ? &across : NULL, material.profile);
    else if (request.remote.is_wanted ||
             (status = cli_consent(material.profile, request.is_agreed)) == CLI_GOOD)
        status = run_in_sandbox(&request, &material, plan, request.remote.is_wanted ? &across : NULL,
                                command_line);
out:
    cli_across_fini(&across);
    run_plan_free(plan);
    free(command_line);
    cli_material_fini(&material);
    run_request_fini(&request);
    return status == RUN_REQUEST_HELP ? CLI_GOOD : status;
}
