/* A program that starts a device with device.h and says what became of it; test_device.c reads what it says.
 *
 *   device_trial MODE DEVICES_DIR NAME      starts the device, exchanges messages with it, stops it
 *   device_trial fake KIND IP PORT          a device: KIND is good, crash-later, stubborn or chatty
 *   device_trial device …                   the reference device, as `sipreuse device`
 *   device_trial version                    what a version command of its own says */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "certs/certs.h"
#include "device/device.h"
#include "loop/loop.h"
#include "net/net.h"
#include "reference/device_main.h"
#include "sandbox/sandbox.h"

enum { SETTINGS_MAX = 24, PATH_TEXT_MAX = 512, EXCHANGES_MAX = 8, EXCHANGE_MS = 10000 };

/* ---- the fake device ---- */
static int fake_listen(const char *ip, const char *port)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (inet_pton(AF_INET, ip, &where.sin_addr) != 1 ||
        bind(fd, (struct sockaddr *)&where, sizeof where) != 0 || listen(fd, 16) != 0) {
        perror("fake device");
        exit(1);
    }
    return fd;
}

static int fake_main(const char *kind, const char *ip, const char *port)
{
    static const char answer[] =
        "SIP/2.0 501 Not Implemented\r\nVia: SIP/2.0/TCP x\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    int fd = fake_listen(ip, port);
    if (strcmp(kind, "stubborn") == 0)
        signal(SIGTERM, SIG_IGN);
    if (strcmp(kind, "chatty") == 0)
        fprintf(stderr, "one\r\ntwo\nthree without an end");
    for (unsigned asked = 0;; asked++) {
        char request[4096];
        int peer = accept(fd, NULL, NULL);
        if (peer < 0 || read(peer, request, sizeof request) <= 0)
            return 1;
        if (asked > 0 && strcmp(kind, "crash-later") == 0) {
            fprintf(stderr, "assertion failed: nobody would ask twice\n");
            abort();
        }
        if (write(peer, answer, sizeof answer - 1) < 0)
            return 1;
        close(peer);
    }
}

/* ---- the trial ---- */
struct trial {
    struct loop *loop;
    struct net *net;
    struct sandbox *sandbox;
    struct device *device;
    struct device_profile *profile;
    struct loop_timer *timer;
    struct net_connection *connections[EXCHANGES_MAX];
    size_t begun, answered;
    bool is_failed;
    char folder[PATH_TEXT_MAX];
    char texts[SETTINGS_MAX][PATH_TEXT_MAX];
    struct device_setting settings[SETTINGS_MAX];
    size_t setting_count;
};

static const char *trial_setting(struct trial *trial, const char *name, const char *value)
{
    char *text = trial->texts[trial->setting_count];
    snprintf(text, PATH_TEXT_MAX, "%s", value);
    trial->settings[trial->setting_count++] = (struct device_setting){.name = name, .value = text};
    return text;
}

static void write_setting(struct trial *trial, const char *name, const char *text)
{
    char path[PATH_TEXT_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", trial->folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    trial_setting(trial, name, path);
}

static void mint(struct trial *trial, struct certs_authority *authority, const char *domain,
                 const char *certificate, const char *key)
{
    char error[256], uri[PATH_TEXT_MAX + 8];
    snprintf(uri, sizeof uri, "sip:%s", domain);
    const struct certs_san sans[] = {
        {.kind = CERTS_SAN_URI, .bytes = (const uint8_t *)uri, .size_bytes = strlen(uri)},
        {.kind = CERTS_SAN_DNS, .bytes = (const uint8_t *)domain, .size_bytes = strlen(domain)},
    };
    const struct certs_recipe recipe = {.sans = sans, .san_count = 2};
    struct certs_minted minted;
    if (!certs_mint(authority, &recipe, &minted, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    write_setting(trial, certificate, minted.chain_pem);
    write_setting(trial, key, minted.key_pem);
    certs_minted_fini(&minted);
}

static void fill_certificates(struct trial *trial)
{
    static const char *const names[2][3] = {{"domain_one", "cert_one", "key_one"},
                                            {"domain_two", "cert_two", "key_two"}};
    const char *error = NULL;
    struct certs_authority *authority = certs_authority_new(time(NULL), &error);
    if (!authority) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    trial_setting(trial, "enum_zone", "e164.trial.test");
    write_setting(trial, "trust_pem", certs_authority_trust_pem(authority));
    for (size_t i = 0; i < trial->profile->domain_count && i < 2; i++) {
        char domain[PATH_TEXT_MAX];
        const char *given = trial->profile->domains[i], *run = strstr(given, "{run}");
        snprintf(domain, sizeof domain, "%.*s%s%s", run ? (int)(run - given) : (int)strlen(given), given,
                 run ? "trial" : "", run ? run + 5 : "");
        trial_setting(trial, names[i][0], domain);
        mint(trial, authority, domain, names[i][1], names[i][2]);
    }
    certs_authority_free(authority);
}

static void fill_settings(struct trial *trial)
{
    struct net_address address;
    char text[NET_ADDRESS_TEXT_MAX];
    for (int family = 4; family <= 6; family += 2) {
        text[0] = '\0';
        if (sandbox_device_address(trial->sandbox, family, &address))
            net_address_format_ip(&address, text);
        trial_setting(trial, family == 4 ? "dut_ip4" : "dut_ip6", text);
    }
    snprintf(text, sizeof text, "%u", sandbox_device_port(trial->sandbox, false));
    trial_setting(trial, "sip_port", text);
    snprintf(text, sizeof text, "%u", sandbox_device_port(trial->sandbox, true));
    trial_setting(trial, "sips_port", text);
    fill_certificates(trial);
}

/* ---- exchanges over every transport and IP version the device claims ---- */
static void exchange_next(struct trial *trial);

static void exchange_ready(struct net_connection *connection, void *arg)
{
    struct trial *trial = arg;
    char text[1024], ip[NET_ADDRESS_TEXT_MAX];
    net_address_format(net_connection_local(connection), ip);
    int length =
        snprintf(text, sizeof text,
                 "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%zu\r\nMax-Forwards: 70\r\n"
                 "From: <sip:t@x.test>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: t%zu\r\nCSeq: 1 OPTIONS\r\n"
                 "Content-Length: 0\r\n\r\n",
                 "one.dut.trial.test", net_connection_transport(connection) == NET_TLS ? "TLS" : "TCP", ip,
                 trial->begun, "one.dut.trial.test", trial->begun);
    net_connection_write(connection, text, (size_t)length);
}

static void exchange_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes,
                          void *arg)
{
    struct trial *trial = arg;
    const struct net_address *local = net_connection_local(connection);
    const char *end = memchr(bytes, '\r', size_bytes);
    if (++trial->answered < trial->begun) /* the rest of one that was counted */
        trial->answered = trial->begun;
    printf("answer %s ip%d: %.*s\n", net_transport_name(net_connection_transport(connection)), local->family,
           end ? (int)(end - (const char *)bytes) : 0, (const char *)bytes);
    loop_timer_start(trial->timer, 0);
}

static void exchange_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct trial *trial = arg;
    (void)connection;
    if (trial->answered < trial->begun) {
        printf("no answer: %s\n", end->text);
        trial->is_failed = true;
    }
}

static bool exchange_begin(struct trial *trial, enum net_transport transport, int family)
{
    static const struct net_connection_events events = {
        .on_ready = exchange_ready, .on_data = exchange_data, .on_sign = exchange_sign};
    struct net_connect_options options = {.transport = transport,
                                          .tls = {.server_name = "one.dut.trial.test"}};
    if (!sandbox_harness_address(trial->sandbox, family, 0, &options.local) ||
        !sandbox_device_address(trial->sandbox, family, &options.remote))
        return false;
    options.remote.port = sandbox_device_port(trial->sandbox, transport == NET_TLS);
    trial->connections[trial->begun++] = net_connect(trial->net, &options, &events, trial);
    loop_timer_start(trial->timer, EXCHANGE_MS);
    return true;
}

static void exchange_next(struct trial *trial)
{
    static const struct {
        enum net_transport transport;
        int family;
    } plan[] = {{NET_TCP, 4}, {NET_TCP, 6}, {NET_TLS, 4}, {NET_TLS, 6}};
    for (size_t i = trial->begun; i < sizeof plan / sizeof plan[0]; i++) {
        const struct device_profile *profile = trial->profile;
        if (profile->has_transport[plan[i].transport] &&
            (plan[i].family == 4 ? profile->has_ip4 : profile->has_ip6) &&
            exchange_begin(trial, plan[i].transport, plan[i].family))
            return;
    }
    device_stop(trial->device);
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct trial *trial = arg;
    (void)timer;
    if (trial->answered < trial->begun)
        printf("no answer within the time\n");
    exchange_next(trial);
}

static void on_state(struct device *device, enum device_state state, const char *text, void *arg)
{
    static const char *const names[] = {[DEVICE_STARTING] = "STARTING",
                                        [DEVICE_READY] = "READY",
                                        [DEVICE_STOPPED] = "STOPPED",
                                        [DEVICE_CRASHED] = "CRASHED",
                                        [DEVICE_NEVER_READY] = "NEVER_READY"};
    struct trial *trial = arg;
    printf("state %s: %s\n", names[state], text);
    loop_timer_stop(trial->timer);
    if (state == DEVICE_READY)
        exchange_next(trial);
    else if (state == DEVICE_STOPPED)
        loop_stop(trial->loop);
    else
        device_stop(device);
}

static void on_output(struct device *device, const char *line, void *arg)
{
    (void)device;
    (void)arg;
    printf("output %s\n", line);
}

static void trial_free(struct trial *trial)
{
    device_free(trial->device);
    for (size_t i = 0; i < trial->begun; i++)
        net_connection_free(trial->connections[i]);
    loop_timer_free(trial->timer);
    net_free(trial->net);
    loop_free(trial->loop);
    device_profile_free(trial->profile);
    sandbox_free(trial->sandbox);
}

static int run(struct trial *trial, enum sandbox_mode mode)
{
    char error[512], config[PATH_TEXT_MAX + 16], log[PATH_TEXT_MAX + 16];
    /* A trial of one IP version in NONE: the fake device knows IPv4 only. */
    const struct sandbox_plan plan = {.mode = mode,
                                      .harness_addresses = 4,
                                      .needs_ip4 = trial->profile->has_ip4,
                                      .needs_ip6 = trial->profile->has_ip6};
    trial->sandbox = sandbox_enter(&plan, error, sizeof error);
    if (!trial->sandbox) {
        fprintf(stderr, "%s\n", error);
        return 3;
    }
    /* A checkout's path may hold a blank, and so may what a device's configuration names. */
    snprintf(trial->folder, sizeof trial->folder, "%.400s/a folder", sandbox_scratch(trial->sandbox));
    if (mkdir(trial->folder, 0755) != 0) {
        perror(trial->folder);
        return 3;
    }
    fill_settings(trial);
    snprintf(config, sizeof config, "%s/config", trial->folder);
    snprintf(log, sizeof log, "%s/device.log", trial->folder);
    trial->loop = loop_new();
    trial->net = net_new(trial->loop, NULL);
    trial->timer = loop_timer_new(trial->loop, on_timer, trial);
    struct device_options options = {
        .loop = trial->loop,
        .net = trial->net,
        .sandbox = trial->sandbox,
        .profile = trial->profile,
        .config_dir = config,
        .settings = trial->settings,
        .setting_count = trial->setting_count,
        .log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
        .on_state = on_state,
        .on_output = on_output,
        .arg = trial,
    };
    sandbox_harness_address(trial->sandbox, 4, 0, &options.probe_from);
    trial->device = device_start(&options, error, sizeof error);
    if (!trial->device) {
        printf("error %s\n", error);
        return 1;
    }
    loop_run(trial->loop);
    printf("log %s\n", lseek(options.log_fd, 0, SEEK_CUR) > 0 ? "written" : "empty");
    close(options.log_fd);
    return trial->is_failed;
}

int main(int argc, char **argv)
{
    struct trial trial = {0};
    struct diagnostic diagnostic = {0};
    enum sandbox_mode mode;
    sandbox_device_main(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 5 && strcmp(argv[1], "fake") == 0)
        return fake_main(argv[2], argv[3], argv[4]);
    if (argc > 1 && strcmp(argv[1], "device") == 0)
        return reference_device_main(argc - 1, argv + 1);
    if (argc == 2 && (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0))
        return puts("trial 1.2.3\nbuilt yesterday") < 0;
    if (argc != 4 || !sandbox_mode_parse(argv[1], &mode))
        return 2;
    trial.profile = device_profile_load(
        argv[2], argv[3], SIPREUSE_SOURCE_DIR "/devices/schema/profile.schema.json", &diagnostic);
    if (!trial.profile) {
        fprintf(stderr, "%s\n", diagnostic.text);
        return 2;
    }
    char missing[256];
    if (!device_is_available(trial.profile, missing, sizeof missing)) {
        fprintf(stderr, "missing: %s\n", missing);
        device_profile_free(trial.profile);
        return 4;
    }
    char *version = device_version(trial.profile);
    printf("version %s\n", version ? version : "unknown");
    free(version);
    int status = run(&trial, mode);
    trial_free(&trial);
    return status;
}
