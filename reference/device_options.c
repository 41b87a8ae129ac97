/* The command line of `sipreuse device`. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/device_private.h"

enum {
    OPTION_CONFIG = 256,
    OPTION_DOMAIN,
    OPTION_LISTEN,
    OPTION_TRUST,
    OPTION_CRL,
    OPTION_DNS,
    OPTION_NEVER_REUSE,
    OPTION_NO_SNI,
    OPTION_CLAIMS_5924,
    OPTION_USER_AGENT,
    OPTION_STATELESS,
    OPTION_ACCOUNT,
    OPTION_REGISTER,
    OPTION_SCTP,
    OPTION_FAULT,
    OPTION_LIST_FAULTS,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option OPTIONS[] = {{"config", required_argument, NULL, OPTION_CONFIG},
                                        {"domain", required_argument, NULL, OPTION_DOMAIN},
                                        {"listen", required_argument, NULL, OPTION_LISTEN},
                                        {"trust", required_argument, NULL, OPTION_TRUST},
                                        {"crl", required_argument, NULL, OPTION_CRL},
                                        {"dns", required_argument, NULL, OPTION_DNS},
                                        {"never-reuse", no_argument, NULL, OPTION_NEVER_REUSE},
                                        {"no-sni", no_argument, NULL, OPTION_NO_SNI},
                                        {"claims-5924", no_argument, NULL, OPTION_CLAIMS_5924},
                                        {"user-agent", no_argument, NULL, OPTION_USER_AGENT},
                                        {"stateless", no_argument, NULL, OPTION_STATELESS},
                                        {"account", required_argument, NULL, OPTION_ACCOUNT},
                                        {"register", required_argument, NULL, OPTION_REGISTER},
                                        {"sctp", required_argument, NULL, OPTION_SCTP},
                                        {"fault", required_argument, NULL, OPTION_FAULT},
                                        {"list-faults", no_argument, NULL, OPTION_LIST_FAULTS},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

const char DEVICE_HELP[] =
    "usage: sipreuse device [--config FILE] [options]\n"
    "\n"
    "A proxy that reuses connections as RFC 5923 wants it. It answers OPTIONS for its domains and forwards "
    "everything else.\n"
    "\n"
    "  --config FILE            JSON: listen, domains, trust, crl, dns_server, never_reuse, no_sni,\n"
    "                           claims_5924, user_agent, stateless, account, register, sctp, faults\n"
    "  --domain NAME=CERT,KEY   a domain of its own with certificate chain and key (PEM files); NAME alone: "
    "none.\n"
    "                           Two or more make a virtual server\n"
    "  --listen TRANSPORT:IP:PORT   tcp, tls, sctp or tls-sctp; IPv6 in brackets; without PORT: 5060, "
    "5061\n"
    "  --trust FILE             trust anchors (PEM)\n"
    "  --crl FILE               revocation lists (PEM)\n"
    "  --dns IP[:PORT]          DNS server; default: the system's\n"
    "  --never-reuse            honours no alias and asks for none\n"
    "  --no-sni                 names no server in its ClientHello\n"
    "  --claims-5924            judges extended key usages by RFC 5924\n"
    "  --user-agent             forwards nothing; sends what a REFER asks for\n"
    "  --stateless              forwards without transactions\n"
    "  --account USER:PASSWORD  requests from this user of its domains have to prove it by Digest\n"
    "  --register URI           registers its domains with a registrar: sip:HOST;transport=tls\n"
    "  --sctp ENGINE            kernel, userland, or auto (the kernel where it has SCTP)\n"
    "  --fault NAME             misbehaves in one stated way\n"
    "  --list-faults [--json]   names them\n"
    "  --help                   this text\n"
    "\n"
    "--domain, --listen and --fault can be repeated. Each decision is a line on standard output. SIGUSR1 "
    "prints the alias\n"
    "tables; SIGUSR2 closes all connections, each when its transactions are over; SIGTERM and SIGINT end "
    "it.\n";

/* "IP", "IP:PORT", "[IP]", "[IP]:PORT": cuts text in two; port 0 when there is none. */
static bool split_address(char *text, uint16_t *port)
{
    char *colon = text[0] == '[' ? strstr(text, "]:") : strrchr(text, ':');
    *port = 0;
    if (colon == NULL || (text[0] != '[' && strchr(text, ':') != colon)) {
        return true; /* no port, or an IPv6 address without brackets */
    }
    colon += text[0] == '[' ? 1 : 0;
    char *end = NULL;
    unsigned long value = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end != '\0' || value > 65535) {
        return false;
    }
    *colon = '\0';
    *port = (uint16_t)value;
    return true;
}

static bool take_listen(struct device_command *command, const char *argument)
{
    char *text = strdup(argument);
    char *colon = text == NULL ? NULL : strchr(text, ':');
    uint16_t port;
    bool is_good = false;
    if (colon == NULL || !split_address(colon + 1, &port)) {
        snprintf(command->error, sizeof(command->error), "--listen %s: TRANSPORT:IP:PORT is wanted",
                 argument);
    } else {
        *colon = '\0';
        is_good = device_config_add_listen(&command->config, text, colon + 1, port, command->error);
    }
    free(text);
    return is_good;
}

static bool take_domain(struct device_command *command, const char *argument)
{
    char *text = strdup(argument);
    char *equals = text == NULL ? NULL : strchr(text, '=');
    char *comma = equals == NULL ? NULL : strchr(equals, ',');
    bool is_good = false;
    if (text == NULL || text[0] == '\0' || (equals != NULL && comma == NULL)) {
        snprintf(command->error, sizeof(command->error), "--domain %s: NAME=CERTIFICATE,KEY is wanted",
                 argument);
    } else {
        if (equals != NULL) {
            *equals++ = '\0';
            *comma++ = '\0';
        }
        is_good = device_config_add_domain(&command->config, text, equals, comma, command->error);
    }
    free(text);
    return is_good;
}

static bool take_dns(struct device_command *command, const char *argument)
{
    char *text = strdup(argument);
    uint16_t port = 0;
    bool is_good = text != NULL && split_address(text, &port) &&
                   device_config_set_dns(&command->config, text, port, command->error);
    if (!is_good && command->error[0] == '\0') {
        snprintf(command->error, sizeof(command->error), "--dns %s: IP[:PORT] is wanted", argument);
    }
    free(text);
    return is_good;
}

static bool take_account(struct device_command *command, const char *argument)
{
    const char *colon = strchr(argument, ':');
    char *user = colon == NULL ? NULL : strndup(argument, (size_t)(colon - argument));
    bool is_good =
        user != NULL && device_config_set_account(&command->config, user, colon + 1, command->error);
    if (colon == NULL) {
        snprintf(command->error, sizeof(command->error), "--account %s: USER:PASSWORD is wanted", argument);
    }
    free(user);
    return is_good;
}

static bool take_option(struct device_command *command, int option, const char *argument)
{
    struct device_config *config = &command->config;
    switch (option) {
    case OPTION_CONFIG:
        return device_config_load(config, argument, command->error);
    case OPTION_DOMAIN:
        return take_domain(command, argument);
    case OPTION_LISTEN:
        return take_listen(command, argument);
    case OPTION_TRUST:
        return device_config_read_file(argument, &config->trust_pem, command->error);
    case OPTION_CRL:
        return device_config_read_file(argument, &config->crl_pem, command->error);
    case OPTION_DNS:
        return take_dns(command, argument);
    case OPTION_NEVER_REUSE:
        config->is_never_reusing = true;
        return true;
    case OPTION_NO_SNI:
        config->is_without_sni = true;
        return true;
    case OPTION_CLAIMS_5924:
        config->claims_5924 = true;
        return true;
    case OPTION_USER_AGENT:
        config->is_user_agent = true;
        return true;
    case OPTION_STATELESS:
        config->is_stateless = true;
        return true;
    case OPTION_ACCOUNT:
        return take_account(command, argument);
    case OPTION_REGISTER:
        return device_config_set_registrar(config, argument, command->error);
    case OPTION_SCTP:
        if (net_sctp_parse(argument, &config->sctp)) {
            return true;
        }
        snprintf(command->error, sizeof(command->error), "--sctp %s: kernel, userland or auto is wanted",
                 argument);
        return false;
    case OPTION_FAULT:
        return device_config_add_fault(config, argument, command->error);
    case OPTION_LIST_FAULTS:
        command->lists_faults = true;
        return true;
    case OPTION_JSON:
        command->is_json = true;
        return true;
    case OPTION_HELP:
        command->wants_help = true;
        return true;
    default: /* not an enum: what getopt_long made of it */
        return false;
    }
}

bool device_command_read(struct device_command *command, int argc, char **argv)
{
    optind = 0; /* GNU: from the start, whoever used it before */
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, ":", OPTIONS, NULL);
        if (option == -1) {
            break;
        }
        if (option == '?' || option == ':') {
            snprintf(command->error, sizeof(command->error), "%s %s: --help lists the options",
                     option == ':' ? "an argument is missing for" : "unknown option", argv[optind - 1]);
            return false;
        }
        if (!take_option(command, option, optarg)) {
            return false;
        }
    }
    if (optind < argc) {
        snprintf(command->error, sizeof(command->error), "unexpected argument %s: --help lists the options",
                 argv[optind]);
        return false;
    }
    return true;
}
