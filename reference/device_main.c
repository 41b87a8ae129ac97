/* The command `sipreuse device`. */
#include "reference/device_main.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "reference/device_private.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, EXIT_FAILED = 3 };
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

static const char HELP[] =
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
    "\n"
    "--domain, --listen and --fault can be repeated. Each decision is a line on standard output. SIGUSR1 "
    "prints the alias\n"
    "tables; SIGUSR2 closes all connections, each when its transactions are over; SIGTERM and SIGINT end "
    "it.\n";

struct command {
    struct device_config config;
    bool lists_faults, is_json, wants_help;
    char error[DEVICE_ERROR_MAX];
};

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

static bool take_listen(struct command *command, const char *argument)
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

static bool take_domain(struct command *command, const char *argument)
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

static bool take_dns(struct command *command, const char *argument)
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

static bool take_account(struct command *command, const char *argument)
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

static bool take_option(struct command *command, int option, const char *argument)
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

static bool read_arguments(struct command *command, int argc, char **argv)
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

static void print_faults(bool is_json)
{
    size_t count;
    const struct reference_fault *faults = reference_faults(&count);
    /* The texts of faults.def hold neither quotes nor backslashes. */
    printf("%s", is_json ? "{\"faults\":[" : "");
    for (size_t i = 0; i < count; i++) {
        const struct reference_fault *fault = &faults[i];
        if (is_json) {
            printf("%s{\"name\":\"%s\",\"summary\":\"%s\",\"profile\":\"%s\",\"expected_also\":\"%s\","
                   "\"reason\":\"%s\"}",
                   i > 0 ? "," : "", fault->name, fault->summary, fault->profile, fault->expected_also,
                   fault->reason);
        } else {
            printf("%-34s %s\n", fault->name, fault->summary);
        }
    }
    printf("%s", is_json ? "]}\n" : "");
}

/* ---- running ---- */

struct running {
    struct loop *loop;
    struct reference_node *node;
};

static void on_log(const char *line, void *arg)
{
    (void)arg;
    puts(line);
    fflush(stdout);
}

static void on_end(struct loop_signal *signal, int signum, void *arg)
{
    struct running *running = arg;
    (void)signal;
    (void)signum;
    loop_stop(running->loop);
}

static void on_dump(struct loop_signal *signal, int signum, void *arg)
{
    const struct running *running = arg;
    (void)signal;
    (void)signum;
    char *text = reference_node_describe_aliases(running->node);
    if (text != NULL) {
        fputs(text, stdout);
        fflush(stdout);
    }
    free(text);
}

static void on_close_all(struct loop_signal *signal, int signum, void *arg)
{
    const struct running *running = arg;
    (void)signal;
    (void)signum;
    reference_node_close_connections(running->node, NET_CLOSE_GRACEFUL);
}

static void announce(const struct device_config *config)
{
    for (size_t i = 0; i < config->listen_count; i++) {
        struct net_address address = config->listen[i].address;
        char text[NET_ADDRESS_TEXT_MAX];
        if (address.port == 0) {
            address.port = net_transport_default_port(config->listen[i].transport);
        }
        net_address_format(&address, text);
        printf("listening on %s %s\n", net_transport_name(config->listen[i].transport), text);
    }
    fflush(stdout);
}

static bool run_loop(struct running *running, struct net *net, const struct device_config *config,
                     char *error)
{
    const struct reference_options options = {.listen = config->listen,
                                              .listen_count = config->listen_count,
                                              .domains = config->domains,
                                              .domain_count = config->domain_count,
                                              .trust_pem = config->trust_pem,
                                              .crl_pem = config->crl_pem,
                                              .dns_server = config->dns_server,
                                              .is_never_reusing = config->is_never_reusing,
                                              .is_without_sni = config->is_without_sni,
                                              .claims_5924 = config->claims_5924,
                                              .is_user_agent = config->is_user_agent,
                                              .is_stateless = config->is_stateless,
                                              .account_user = config->account_user,
                                              .account_password = config->account_password,
                                              .faults = (const char *const *)config->faults,
                                              .on_log = on_log};
    running->node = reference_node_new(net, &options, error, DEVICE_ERROR_MAX);
    if (running->node == NULL) {
        return false;
    }
    struct loop_signal *term = loop_signal_new(running->loop, SIGTERM, on_end, running);
    struct loop_signal *interrupt = loop_signal_new(running->loop, SIGINT, on_end, running);
    struct loop_signal *dump = loop_signal_new(running->loop, SIGUSR1, on_dump, running);
    struct loop_signal *close = loop_signal_new(running->loop, SIGUSR2, on_close_all, running);
    bool is_good = term != NULL && interrupt != NULL && dump != NULL && close != NULL;
    if (!is_good) {
        snprintf(error, DEVICE_ERROR_MAX, "signals cannot be watched");
    } else if (config->registrar != NULL && !reference_node_register(running->node, config->registrar)) {
        snprintf(error, DEVICE_ERROR_MAX,
                 "registering with %s: it listens nowhere over that transport, where it could be called",
                 config->registrar);
        is_good = false;
    } else {
        announce(config);
        loop_run(running->loop);
    }
    loop_signal_free(term);
    loop_signal_free(interrupt);
    loop_signal_free(dump);
    loop_signal_free(close);
    reference_node_free(running->node);
    return is_good;
}

static int run(const struct device_config *config, char *error)
{
    struct running running = {.loop = loop_new()};
    const struct net_options options = {.sctp = config->sctp};
    struct net *net = running.loop == NULL ? NULL : net_new(running.loop, &options);
    bool is_good = false;
    signal(SIGPIPE, SIG_IGN); /* a reader of our log that went away is no reason to die */
    if (net == NULL) {
        snprintf(error, DEVICE_ERROR_MAX, "no event loop: out of resources");
    } else {
        is_good = run_loop(&running, net, config, error);
    }
    net_free(net);
    loop_free(running.loop);
    return is_good ? EXIT_GOOD : EXIT_FAILED;
}

static int execute(struct command *command, int argc, char **argv)
{
    if (!read_arguments(command, argc, argv)) {
        return EXIT_USAGE;
    }
    if (command->wants_help) {
        fputs(HELP, stdout);
        return EXIT_GOOD;
    }
    if (command->lists_faults) {
        print_faults(command->is_json);
        return EXIT_GOOD;
    }
    if (command->config.domain_count == 0 || command->config.listen_count == 0) {
        snprintf(command->error, sizeof(command->error),
                 "a domain and an address to listen on are wanted: --domain, --listen or --config");
        return EXIT_USAGE;
    }
    return run(&command->config, command->error);
}

int reference_device_main(int argc, char **argv)
{
    struct command *command = calloc(1, sizeof(*command));
    if (command == NULL) {
        fputs("sipreuse device: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    int status = execute(command, argc, argv);
    if (status != EXIT_GOOD) {
        fprintf(stderr, "sipreuse device: %s\n", command->error);
    }
    device_config_fini(&command->config);
    free(command);
    return status;
}
