/* The options of `sipreuse run`. */
#include "cli/cli.h"

#include <limits.h>
#include <string.h>

enum {
    OPT_DEVICE,
    OPT_SUITE,
    OPT_JOBS,
    OPT_TRANSPORT,
    OPT_IP,
    OPT_SANDBOX,
    OPT_SCTP,
    OPT_DEVICE_SCTP,
    OPT_STRICT,
    OPT_TIMEOUT_SCALE,
    OPT_OUT,
    OPT_BASELINE,
    OPT_PLAN,
    OPT_RERUN,
    OPT_REPEAT,
    OPT_FAIL_FAST,
    OPT_SEED,
    OPT_SOAK,
    OPT_ALL_VARIANTS,
    OPT_WHOLE,
    OPT_THIN,
    OPT_NO_PCAP,
    OPT_NO_REPORTS,
    OPT_VERBOSE,
    OPT_SCENARIOS,
    OPT_SUITES,
    OPT_DEVICES,
    OPT_YES,
    OPT_OPERATOR,
    OPT_DEVICE_FAULT,
    OPT_REMOTE,
    OPT_ADDRESS,
    OPT_PORTS,
    OPT_DNS,
    OPT_EVENT,
    OPT_ZONE,
    OPT_TRUST,
    OPT_TRUST_PASSWORD,
    OPT_CLIENT_CERT,
    OPT_CLIENT_PASSWORD
};

static const struct cli_option options[] = {
    [OPT_DEVICE] = {"device", "NAME|FILE",
                    "the device under test: a name of 'sipreuse list devices', or a profile.json", 'd'},
    [OPT_SUITE] = {"suite", "NAME", "the suite to run (default: conformance)", 's'},
    [OPT_JOBS] = {"jobs", "N", "scenarios at once (default: all; the verdicts are the same)", 'j'},
    [OPT_TRANSPORT] = {"transport", "LIST", "of tcp,tls,sctp,tls-sctp (default: all)", '\0'},
    [OPT_IP] = {"ip", "4|6|4,6", "IP versions (default: 4,6)", '\0'},
    [OPT_SANDBOX] = {"sandbox", "MODE", "auto, user, root, or none (default: auto)", '\0'},
    [OPT_DEVICE_SCTP] = {"device-sctp", "ENGINE",
                         "kernel, or userland for a device with a stack of its own (default: the harness's)",
                         '\0'},
    [OPT_SCTP] = {"sctp", "ENGINE",
                  "kernel, userland, auto (the kernel where it has SCTP), or none (default: auto)", '\0'},
    [OPT_STRICT] = {"strict", NULL, "the gate counts SHOULD requirements too", '\0'},
    [OPT_TIMEOUT_SCALE] = {"timeout-scale", "X", "waiting times times X, for slow devices (0.1 to 100)",
                           '\0'},
    [OPT_OUT] = {"out", "DIR", "output folder, new or empty (default: ./sipreuse-out/<device>-<time>)", 'o'},
    [OPT_BASELINE] =
        {"baseline", "FILE",
         "failures that are known and do not close the gate ('sipreuse baseline make' makes one)", 'b'},
    [OPT_PLAN] = {"plan", NULL, "show what would run, what not, and why; run nothing", '\0'},
    [OPT_RERUN] = {"rerun-failed", "RESULT",
                   "run what failed or stayed undecided in an earlier run (its output folder)", '\0'},
    [OPT_REPEAT] = {"repeat", "N", "run each scenario N times; the worst verdict counts", '\0'},
    [OPT_FAIL_FAST] = {"fail-fast", NULL, "stop after the first failure", '\0'},
    [OPT_SOAK] = {"soak", "TIME",
                  "random traffic with the suite 'soak' for so long (30s, 5m, 1h); the seed repeats it",
                  '\0'},
    [OPT_SEED] = {"seed", "N", "for everything random in the run (default: by chance; reports name it)",
                  '\0'},
    [OPT_ALL_VARIANTS] = {"all-variants", NULL, "every TLS version with every IP version, not a sample",
                          '\0'},
    [OPT_WHOLE] = {"whole", "REQUIREMENT",
                   "the usual sample of what is about this one (a glob; may be repeated), and of everything "
                   "else one variant of each part, transport and case",
                   '\0'},
    [OPT_THIN] = {"thin", NULL, "of everything one variant of each part, transport and case", '\0'},
    [OPT_NO_REPORTS] = {"no-reports", NULL, "leave it at the journal; 'report' makes the rest of it", '\0'},
    [OPT_NO_PCAP] = {"no-pcap", NULL, "capture no packets and write no pcapng files", '\0'},
    [OPT_VERBOSE] = {"verbose", NULL, "every verdict as it is reached", 'v'},
    [OPT_YES] = {"yes", NULL, "run the commands of a profile that did not come with sipreuse", 'y'},
    [OPT_OPERATOR] = {"operator", "FILE",
                      "where the keys of a person come from, for devices that have to be told by hand: a "
                      "named pipe, or - (default: the terminal)",
                      '\0'},
    [OPT_SCENARIOS] = {"scenarios", "DIR",
                       "scenarios of another folder, beside the shipped ones (instead of them when it has a "
                       "requirements.json)",
                       '\0'},
    [OPT_SUITES] = {"suites", "DIR", "suites from another folder", '\0'},
    [OPT_DEVICES] = {"devices", "DIR", "profiles of another folder, before the shipped ones", '\0'},
    [OPT_DEVICE_FAULT] = {"device-fault", "NAME", NULL, '\0'},
    [OPT_REMOTE] =
        {"remote", "HOST[:PORT[,PORT]]",
         "the device is another machine, and nothing of it is started; ports of TLS and TCP (default: "
         "5061,5060). Once per IP version. See docs/remote.md",
         '\0'},
    [OPT_ADDRESS] = {"address", "IP",
                     "of this machine, for --remote; several: more scenarios (default: the one "
                     "that the routes choose)",
                     '\0'},
    [OPT_PORTS] = {"ports", "FROM-TO", "ports of ours, for --remote (default: 20000-32000)", '\0'},
    [OPT_DNS] = {"dns", "PORT|none",
                 "where names of ours are served, for --remote (default: 53); none: numeric addresses alone",
                 '\0'},
    [OPT_EVENT] =
        {"event", "DIR",
         "trust anchor and zone that stay from run to run, for --remote (default: ./sipreuse-event)", '\0'},
    [OPT_ZONE] = {"zone", "NAME",
                  "the zone that is delegated to us, for --remote; kept in the event's folder", '\0'},
    [OPT_TRUST] = {"trust", "FILE", "the CA of the device's own certificates (PEM or PKCS#12), for --remote",
                   '\0'},
    [OPT_TRUST_PASSWORD] = {"trust-password-file", "FILE", "its first line opens --trust", '\0'},
    [OPT_CLIENT_CERT] =
        {"client-cert", "FILE",
         "certificate and key (PEM or PKCS#12) that the user agent shows to the device, for --remote", '\0'},
    [OPT_CLIENT_PASSWORD] = {"client-password-file", "FILE", "its first line opens --client-cert", '\0'},
    {NULL, NULL, NULL, '\0'},
};

static const struct cli_usage usage = {
    .command = "run",
    .arguments = "--device NAME|FILE [SELECTOR...] [options]",
    .summary = "Runs scenarios against a device, and writes the journal and the reports. A SELECTOR with '/' "
               "names scenarios "
               "('aliasing/*', 'aliasing/server-honour:tls-*'), any other one requirements ('5923-8.2-*'); "
               "the controls of "
               "what was chosen run too. Without --suite, a SELECTOR that means slow scenarios alone chooses "
               "them all the "
               "same.",
    .options = options,
    .more = "Exit status: 0 gate met; 1 not met; 2 usage or a bad file; 3 it could not be done; 130 "
            "interrupted.",
};

static bool take_transports(struct cli_request *request, const char *value)
{
    for (const char *word = value;;) {
        size_t length = strcspn(word, ",");
        char name[16];
        enum net_transport transport;
        snprintf(name, sizeof name, "%.*s", (int)(length < 15 ? length : 15), word);
        if (!net_transport_parse(name, &transport)) {
            cli_fail(CLI_USAGE, "--transport '%s' is none; write a list of tcp,tls,sctp,tls-sctp", name);
            return false;
        }
        request->transports |= 1U << transport;
        if (!word[length])
            return true;
        word += length + 1;
    }
}

static bool take_ip(struct cli_request *request, const char *value)
{
    request->has_ip4 = strcmp(value, "6") != 0;
    request->has_ip6 = strcmp(value, "4") != 0;
    if (strcmp(value, "4") == 0 || strcmp(value, "6") == 0 || strcmp(value, "4,6") == 0 ||
        strcmp(value, "6,4") == 0)
        return true;
    cli_fail(CLI_USAGE, "--ip '%s' is no IP version; write 4, 6, or 4,6", value);
    return false;
}

static bool take_sctp(struct cli_request *request, const char *value)
{
    if (net_sctp_parse(value, &request->sctp) && request->sctp != NET_SCTP_BESIDE)
        return true;
    cli_fail(CLI_USAGE, "--sctp '%s' is no engine; write kernel, userland, auto, or none", value);
    return false;
}

static bool take_device_sctp(struct cli_request *request, const char *value)
{
    if (net_sctp_parse(value, &request->device_sctp) &&
        (request->device_sctp == NET_SCTP_KERNEL || request->device_sctp == NET_SCTP_USERLAND))
        return true;
    cli_fail(CLI_USAGE, "--device-sctp '%s' is no engine; write kernel or userland", value);
    return false;
}

static bool take_sandbox(struct cli_request *request, const char *value)
{
    if (sandbox_mode_parse(value, &request->mode))
        return true;
    cli_fail(CLI_USAGE, "--sandbox '%s' is no mode; write auto, user, root, or none", value);
    return false;
}

struct reading {
    struct cli_request *request;
    struct cli_folders *folders;
};

/* Where the value of an option goes that is taken as it is; NULL: it is another kind. */
static const char **word_of(const struct reading *reading, int option)
{
    struct cli_request *request = reading->request;
    const char **const words[] = {
        [OPT_DEVICE] = &request->device,
        [OPT_SUITE] = &request->suite_name,
        [OPT_OUT] = &request->out,
        [OPT_BASELINE] = &request->baseline,
        [OPT_RERUN] = &request->rerun,
        [OPT_SCENARIOS] = &reading->folders->scenarios,
        [OPT_SUITES] = &reading->folders->suites,
        [OPT_DEVICES] = &reading->folders->devices,
        [OPT_OPERATOR] = &request->operator_file,
        [OPT_EVENT] = &request->remote.event_folder,
        [OPT_ZONE] = &request->remote.zone,
        [OPT_TRUST] = &request->remote.trust,
        [OPT_TRUST_PASSWORD] = &request->remote.trust_password,
        [OPT_CLIENT_CERT] = &request->remote.client,
        [OPT_CLIENT_PASSWORD] = &request->remote.client_password,
    };
    return option >= 0 && (size_t)option < sizeof words / sizeof words[0] ? words[option] : NULL;
}

/* What an option without a value sets; NULL: it is another kind. */
static bool *flag_of(struct cli_request *request, int option)
{
    bool *const flags[] = {
        [OPT_STRICT] = &request->is_strict,
        [OPT_PLAN] = &request->is_plan_only,
        [OPT_FAIL_FAST] = &request->is_fail_fast,
        [OPT_ALL_VARIANTS] = &request->is_all_variants,
        [OPT_THIN] = &request->is_thin,
        [OPT_NO_PCAP] = &request->has_no_pcap,
        [OPT_NO_REPORTS] = &request->has_no_reports,
        [OPT_VERBOSE] = &request->is_verbose,
        [OPT_YES] = &request->is_agreed,
    };
    return option >= 0 && (size_t)option < sizeof flags / sizeof flags[0] ? flags[option] : NULL;
}

/* What has to be understood first. */
static bool take_value(struct cli_request *request, int option, const char *value)
{
    switch (option) {
    case OPT_JOBS:
        return cli_parse_count("jobs", value, 1, 100000, &request->jobs);
    case OPT_TRANSPORT:
        return take_transports(request, value);
    case OPT_IP:
        return take_ip(request, value);
    case OPT_SANDBOX:
        return take_sandbox(request, value);
    case OPT_SCTP:
        return take_sctp(request, value);
    case OPT_DEVICE_SCTP:
        return take_device_sctp(request, value);
    case OPT_TIMEOUT_SCALE:
        return cli_parse_scale("timeout-scale", value, &request->timeout_scale);
    case OPT_REPEAT:
        return cli_parse_count("repeat", value, 1, 10000, &request->repeat);
    case OPT_SOAK:
        return cli_parse_duration("soak", value, &request->soak_ms);
    case OPT_SEED:
        return cli_parse_count("seed", value, 0, INT64_MAX, &request->seed);
    case OPT_REMOTE:
    case OPT_ADDRESS:
    case OPT_PORTS:
    case OPT_DNS:
        return cli_remote_take(&request->remote, options[option].name, value);
    }
    return false;
}

static bool take_option(int option, const char *value, void *arg)
{
    struct reading *reading = arg;
    struct cli_request *request = reading->request;
    const char **word = word_of(reading, option);
    bool *flag = flag_of(request, option);

    if (word) {
        *word = value;
        return option != OPT_OPERATOR || cli_operator_is_there(value);
    }
    if (flag)
        return *flag = true;
    if (option == OPT_WHOLE)
        request->whole[request->whole_count++] = value;
    else if (option == OPT_DEVICE_FAULT)
        request->faults[request->fault_count++] = value;
    else if (option == CLI_ARGUMENT)
        request->selectors[request->selector_count++] = value;
    else
        return take_value(request, option, value);
    return true;
}

int run_options_take(struct cli_request *request, struct cli_folders *folders, int argc, char **argv)
{
    struct reading reading = {.request = request, .folders = folders};
    return cli_take_all(&usage, argc, argv, take_option, &reading);
}
