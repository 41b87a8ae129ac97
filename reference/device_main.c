/* The command `sipreuse device`: what it prints, and the node that runs until a signal ends it. */
#include "reference/device_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "reference/device_private.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, EXIT_FAILED = 3 };
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

static int execute(struct device_command *command, int argc, char **argv)
{
    if (!device_command_read(command, argc, argv)) {
        return EXIT_USAGE;
    }
    if (command->wants_help) {
        fputs(DEVICE_HELP, stdout);
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
    struct device_command *command = calloc(1, sizeof(*command));
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
