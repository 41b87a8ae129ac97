/* `sipreuse probe`: one SIP element, without its operator. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "probe/probe.h"

enum { OPT_DOMAIN, OPT_TRANSPORT, OPT_IDLE, OPT_JSON };
enum { IDLE_DEFAULT_S = 15, IDLE_MAX_S = 30 };

static const struct cli_option options[] = {
    [OPT_DOMAIN] = {"domain", "NAME", "the SIP domain to ask for (default: HOST, when it is a name)", '\0'},
    [OPT_TRANSPORT] = {"transport", "tcp|tls", "ask over one of them only (default: both)", '\0'},
    [OPT_IDLE] = {"idle", "S", "how long an idle connection is watched (default: 15, at most 30)", '\0'},
    [OPT_JSON] = {"json", NULL, "for programs (schema sipreuse-probe/1)", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "probe",
    .arguments = "HOST[:PORT[,PORT]] [options]",
    .summary =
        "Looks at a SIP element from outside, in less than a minute: TLS versions, certificate and its SIP "
        "identities, server names, keep-alives, framing, closing. It sends OPTIONS over some ten "
        "connections, one "
        "after the other, and nothing else. PORT: of TLS and of TCP (default: 5061,5060).",
    .options = options,
    .more = "Exit status: 0 grade A or B; 1 a worse one; 2 usage; 3 it could not be done, or "
            "no SIP was seen of what asks for a certificate.",
};

struct probing {
    struct loop *loop;
    struct probe_findings findings;
    bool is_done;
};

static void on_done(struct probe_survey *survey, const struct probe_findings *findings, void *arg)
{
    struct probing *probing = arg;
    (void)survey;
    probing->findings = *findings;
    probing->is_done = true;
    loop_stop(probing->loop);
}

static int show(const struct probe_findings *findings, bool is_json)
{
    struct probe_grade grade;
    struct page page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()};
    probe_grade(findings, &grade);
    if (!is_json)
        probe_print(findings, &grade, &page);
    else if (!probe_print_json(findings, &grade, stdout))
        return cli_fail(CLI_IMPOSSIBLE, "the result cannot be written; free some memory or space");
    if (grade.letter == PROBE_NO_GRADE)
        return CLI_IMPOSSIBLE;
    return grade.letter <= 'B' ? CLI_GOOD : CLI_FINDING;
}

static int probe(const struct probe_options *wanted, bool is_json)
{
    struct probing probing = {.loop = loop_new()};
    struct probe_options all = *wanted;
    all.net = probing.loop ? net_new(probing.loop, NULL) : NULL;
    all.on_done = on_done;
    all.arg = &probing;
    struct probe_survey *survey = all.net ? probe_survey_new(&all) : NULL;
    if (survey)
        loop_run(probing.loop);
    probe_survey_free(survey);
    if (all.net)
        net_free(all.net);
    if (probing.loop)
        loop_free(probing.loop);
    return probing.is_done ? show(&probing.findings, is_json)
                           : cli_fail(CLI_IMPOSSIBLE, "the probe cannot begin; close something");
}

struct command {
    const char *host, *domain, *transport;
    uint64_t idle_s;
    bool is_json;
};

static int begin(const struct command *command)
{
    struct cli_remote remote = {0};
    if (!cli_remote_take(&remote, "remote", command->host) || !cli_remote_check(&remote)) {
        free(remote.addresses);
        return CLI_USAGE;
    }
    char ip[NET_ADDRESS_TEXT_MAX], literal[NET_ADDRESS_TEXT_MAX + 2];
    struct probe_options wanted = {.to = remote.device[remote.device[0].family ? 0 : 1],
                                   .sip_port = remote.sip_port,
                                   .sips_port = remote.sips_port,
                                   .idle_ms = command->idle_s * 1000};
    for (size_t i = 0; i < remote.address_count; i++)
        if (remote.addresses[i].family == wanted.to.family)
            wanted.from = remote.addresses[i];
    net_address_format_ip(&wanted.to, ip);
    snprintf(literal, sizeof literal, wanted.to.family == 6 ? "[%s]" : "%s", ip);
    wanted.has_domain = command->domain || remote.is_host_name;
    wanted.domain = command->domain ? command->domain : remote.is_host_name ? remote.host : literal;
    if (command->transport && strcmp(command->transport, "tcp") == 0)
        wanted.sips_port = 0;
    if (command->transport && strcmp(command->transport, "tls") == 0)
        wanted.sip_port = 0;
    int status = wanted.from.family
                     ? probe(&wanted, command->is_json)
                     : cli_fail(CLI_IMPOSSIBLE, "there is no route to %s; check the address", ip);
    free(remote.addresses);
    return status;
}

static bool take(int option, const char *value, void *arg)
{
    struct command *command = arg;
    switch (option) {
    case OPT_DOMAIN:
        command->domain = value;
        if (device_domain_is_valid(value))
            return true;
        cli_fail(CLI_USAGE, "--domain '%s' is no domain name in lower case", value);
        return false;
    case OPT_TRANSPORT:
        command->transport = value;
        if (strcmp(value, "tcp") == 0 || strcmp(value, "tls") == 0)
            return true;
        cli_fail(CLI_USAGE, "--transport '%s' is neither tcp nor tls", value);
        return false;
    case OPT_IDLE:
        return cli_parse_count("idle", value, 1, IDLE_MAX_S, &command->idle_s);
    case OPT_JSON:
        return command->is_json = true;
    case CLI_ARGUMENT:
        if (!command->host) {
            command->host = value;
            return true;
        }
        cli_fail(CLI_USAGE, "probe takes one host; leave out '%s'", value);
        return false;
    }
    return false;
}

int cli_probe(int argc, char **argv)
{
    struct command command = {.idle_s = IDLE_DEFAULT_S};
    int status = cli_take_all(&usage, argc, argv, take, &command);
    if (status != CLI_GOOD)
        return status == RUN_REQUEST_HELP ? CLI_GOOD : status;
    if (!command.host)
        return cli_fail(CLI_USAGE, "probe needs a host; write 'sipreuse probe HOST[:PORT]'");
    return begin(&command);
}
