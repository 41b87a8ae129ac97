/* A program that enters a sandbox and says what it finds there; test_hosts.c and test_guard.c start it and
 * read what it says.
 *
 *   sandbox_probe MODE COMMAND      MODE: auto, user, root, none; in the harness host
 *   sandbox_probe device COMMAND    in the device host (started by the above)
 *
 * Commands: show (addresses, resolver, routes of both), talk (bytes from the harness host to the device and
 * back), hold (until a signal, with a device), crash, place (files put where others are), lose (an address,
 * and the kernel's SCTP). */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdio.h>

#include "sandbox/parts.h"

enum { PORT = 5061, ADDRESSES = 300, PREFIX_MAX = 8 };

static volatile sig_atomic_t signal_count, last_signal;

static void on_signal(int signum)
{
    signal_count++;
    last_signal = signum;
}

static socklen_t fill(struct sockaddr_storage *out, const struct net_address *address, unsigned short port)
{
    memset(out, 0, sizeof *out);
    if (address->family == 4) {
        struct sockaddr_in *in4 = (struct sockaddr_in *)out;
        in4->sin_family = AF_INET;
        in4->sin_port = htons(port);
        memcpy(&in4->sin_addr, address->ip, 4);
        return sizeof *in4;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    memcpy(&in6->sin6_addr, address->ip, 16);
    return sizeof *in6;
}

static int bind_to(const struct net_address *address, unsigned short port)
{
    struct sockaddr_storage where;
    socklen_t size = fill(&where, address, port);
    int one = 1, fd = socket(address->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (address->family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, size) != 0) {
        perror("bind");
        exit(1);
    }
    return fd;
}

static int listen_anywhere(int family)
{
    struct net_address any = {.family = family};
    int fd = bind_to(&any, PORT);
    if (listen(fd, 8) != 0) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void say_file(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s absent\n", path);
        return;
    }
    while (fgets(line, sizeof line, file))
        printf("%s: %s%s", path, line, strchr(line, '\n') ? "" : "\n");
    fclose(file);
}

static void say_addresses(void)
{
    struct ifaddrs *all = NULL;
    char host[NI_MAXHOST];
    if (getifaddrs(&all) != 0)
        exit(1);
    for (struct ifaddrs *one = all; one; one = one->ifa_next) {
        if (!one->ifa_addr || (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6))
            continue;
        socklen_t size =
            one->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
        if (getnameinfo(one->ifa_addr, size, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0)
            printf("address %s %s %s\n", one->ifa_name, host, one->ifa_flags & IFF_UP ? "up" : "down");
    }
    freeifaddrs(all);
}

/* ---- in the device host ---- */
static int device_serve(void)
{
    int four = listen_anywhere(4), six = listen_anywhere(6);
    printf("serving\n");
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        char byte = 0;
        int fd = accept(i == 0 ? four : six, NULL, NULL);
        if (fd < 0 || read(fd, &byte, 1) != 1 || write(fd, &byte, 1) != 1)
            return 1;
        close(fd);
    }
    close(four);
    close(six);
    return 0;
}

static int device_main(const char *command)
{
    if (strcmp(command, "serve") == 0)
        return device_serve();
    if (strcmp(command, "show") == 0) {
        say_addresses();
        say_file("/etc/resolv.conf");
        say_file("/etc/hosts");
        say_file("/etc/nsswitch.conf");
        say_file("/proc/net/route");
        say_file("/proc/net/ipv6_route");
        return 0;
    }
    if (strcmp(command, "hold") == 0) {
        printf("device holding\n");
        fflush(stdout);
        for (;;)
            pause();
    }
    return 2;
}

/* ---- in the harness host ---- */
static pid_t start_device(const struct sandbox *sandbox, const char *self, const char *command, int out)
{
    const char *argv[PREFIX_MAX] = {0};
    const char *const *prefix = sandbox_device_prefix(sandbox);
    size_t count = 0;
    for (; prefix[count]; count++)
        argv[count] = prefix[count];
    argv[count++] = self;
    argv[count++] = "device";
    argv[count] = command;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0); /* as loop/ starts a device */
        if (out >= 0)
            dup2(out, STDOUT_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static int exchange(const struct sandbox *sandbox, int family)
{
    struct net_address ours, theirs;
    struct sockaddr_storage where;
    char byte = (char)family;
    if (!sandbox_harness_address(sandbox, family, ADDRESSES - 1, &ours) ||
        !sandbox_device_address(sandbox, family, &theirs))
        return 1;
    int fd = bind_to(&ours, 0);
    socklen_t size = fill(&where, &theirs, PORT);
    if (connect(fd, (struct sockaddr *)&where, size) != 0 || write(fd, &byte, 1) != 1 ||
        read(fd, &byte, 1) != 1) {
        perror("exchange");
        return 1;
    }
    close(fd);
    printf("exchanged %d\n", family);
    return 0;
}

static int talk(const struct sandbox *sandbox, const char *self)
{
    int pipe_fds[2], status = 0;
    char byte;
    /* The harness host has the same port for itself at the same time. */
    int four = listen_anywhere(4), six = listen_anywhere(6);
    if (pipe(pipe_fds) != 0)
        return 1;
    pid_t pid = start_device(sandbox, self, "serve", pipe_fds[1]);
    close(pipe_fds[1]);
    if (read(pipe_fds[0], &byte, 1) != 1) /* it listens */
        return 1;
    int result = exchange(sandbox, 4) | exchange(sandbox, 6);
    waitpid(pid, &status, 0);
    close(pipe_fds[0]);
    close(four);
    close(six);
    return result | status;
}

static int hold(const struct sandbox *sandbox, const char *self)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked, old;
    char line[32];
    int pipe_fds[2];
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    if (pipe(pipe_fds) != 0)
        return 1;
    pid_t pid = start_device(sandbox, self, "hold", pipe_fds[1]);
    sandbox_adopt(sandbox, pid);
    if (read(pipe_fds[0], line, sizeof line) <= 0) /* it runs */
        return 1;
    struct net_address first;
    char ip[NET_ADDRESS_TEXT_MAX] = "none";
    if (sandbox_harness_address(sandbox, 4, 0, &first))
        net_address_format_ip(&first, ip);
    printf("address %s ports %d %d\n", ip, sandbox_device_port(sandbox, false),
           sandbox_device_port(sandbox, true));
    printf("scratch %s\nholding\n", sandbox_scratch(sandbox));
    fflush(stdout);
    sigsuspend(&old);
    /* A second one, sent to the group at the same time, would be here by now or within the init's moment. */
    struct timespec moment = {.tv_nsec = 200000000};
    int more = sigtimedwait(&blocked, NULL, &moment);
    printf("signal %d count %d\n", (int)last_signal, (int)signal_count + (more > 0));
    return 42;
}

static bool holds(const char *path, const char *text)
{
    char line[64] = "";
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *read = fgets(line, sizeof line, file);
    fclose(file);
    return read && strcmp(line, text) == 0;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static bool place_and_say(const char *what, const char *path)
{
    static unsigned count;
    char work[64], error[512];
    snprintf(work, sizeof work, "work-%u", count++);
    if (mkdir(work, 0755) != 0)
        return false;
    bool is_good = sandbox_place_file(path, "ours", work, error, sizeof error);
    printf("place %s: %s\n", what, !is_good ? error : holds(path, "ours\n") ? "ours" : "not ours");
    return is_good;
}

/* Every shape that /etc/resolv.conf comes in, in a folder of the scratch. */
static int place(const struct sandbox *sandbox)
{
    char path[5000];
    if (chdir(sandbox_scratch(sandbox)) != 0 || mkdir("etc", 0755) != 0 || mkdir("run", 0755) != 0)
        return 1;
    snprintf(path, sizeof path, "%s/run/absolute/deep.conf", sandbox_scratch(sandbox));
    write_text("ours", "ours\n");
    write_text("etc/file", "theirs\n");
    write_text("etc/neighbour", "theirs\n");
    if (symlink("file", "etc/link") != 0 || symlink("../run/nowhere/stub.conf", "etc/dangling") != 0 ||
        symlink(path, "etc/dangling-absolute") != 0 || symlink("circle", "etc/circle") != 0)
        return 1;
    place_and_say("dangling", "etc/dangling");
    place_and_say("dangling-absolute", "etc/dangling-absolute");
    place_and_say("absent", "etc/absent");
    place_and_say("link", "etc/link");
    place_and_say("circle", "etc/circle");
    printf("neighbour: %s\n", holds("etc/neighbour", "theirs\n") ? "theirs" : "lost");
    return 0;
}

/* NONE: what one host gives. */
static int bare(const struct sandbox *sandbox)
{
    struct net_address address;
    printf("mode %s\n", sandbox_mode_name(sandbox_mode(sandbox)));
    if (sandbox_harness_address(sandbox, 4, ADDRESSES - 1, &address)) {
        close(bind_to(&address, 0));
        printf("harness 4 bound\n");
    }
    if (sandbox_dns_address(sandbox, 4, &address)) {
        close(bind_to(&address, address.port));
        printf("dns 4 bound\n");
    }
    if (sandbox_device_address(sandbox, 4, &address)) {
        close(bind_to(&address, sandbox_device_port(sandbox, false)));
        close(bind_to(&address, sandbox_device_port(sandbox, true)));
    }
    printf("second ::1 %s\n", sandbox_harness_address(sandbox, 6, 1, &address) ? "there" : "absent");
    printf("scratch %s\n", sandbox_scratch(sandbox));
    return sandbox_has_private_resolver(sandbox);
}

/* How a connect from that address of ours to the device host ends, where nobody listens. */
static const char *try_from(const struct sandbox *sandbox, int family, size_t index)
{
    struct net_address from, device;
    struct sockaddr_storage own, to;
    if (!sandbox_harness_address(sandbox, family, index, &from) ||
        !sandbox_device_address(sandbox, family, &device))
        return "no address";
    int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t own_bytes = fill(&own, &from, 0), to_bytes = fill(&to, &device, PORT);
    bool is_gone = fd < 0 || bind(fd, (struct sockaddr *)&own, own_bytes) != 0;
    int error_number = is_gone || connect(fd, (struct sockaddr *)&to, to_bytes) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return is_gone ? "gone" : error_number == ECONNREFUSED ? "refused" : "unreachable";
}

/* Whether a packet of SCTP leaves, with a mark or without. */
static const char *try_sctp(const struct sandbox *sandbox, int family, int mark)
{
    static const uint8_t packet[12];
    struct net_address device;
    struct sockaddr_storage to;
    int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_SCTP);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 ||
        !sandbox_device_address(sandbox, family, &device))
        return "no socket";
    ssize_t sent = sendto(fd, packet, sizeof packet, 0, (struct sockaddr *)&to, fill(&to, &device, 0));
    close(fd);
    return sent < 0 ? "kept" : "sent";
}

static int lose(const struct sandbox *sandbox)
{
    for (int family = 4; family <= 6; family += 2) {
        struct net_address address;
        char error[512] = "";
        printf("sctp %d without mark %s\n", family, try_sctp(sandbox, family, 0));
        printf("sctp %d with mark %s\n", family, try_sctp(sandbox, family, NET_SCTP_MARK));
        printf("before %d %s\n", family, try_from(sandbox, family, 1));
        if (!sandbox_harness_address(sandbox, family, 1, &address) ||
            !sandbox_lose_address(sandbox, &address, error, sizeof error)) {
            fprintf(stderr, "%s\n", error);
            return 1;
        }
        printf("lost %d %s\n", family, try_from(sandbox, family, 1));
        printf("another %d %s\n", family, try_from(sandbox, family, 2));
        sandbox_regain_address(sandbox, &address);
        printf("regained %d %s\n", family, try_from(sandbox, family, 1));
    }
    return 0;
}

static int show(const struct sandbox *sandbox, const char *self)
{
    struct stat status;
    int wait_status;
    char path[4200];
    snprintf(path, sizeof path, "%s/file", sandbox_scratch(sandbox));
    FILE *file = fopen(path, "w");
    printf("mode %s\nscratch %s\n", sandbox_mode_name(sandbox_mode(sandbox)), file ? "writable" : "refused");
    if (file)
        fclose(file);
    printf("resolv.conf of the harness is %s\n", stat("/etc/resolv.conf", &status) == 0 ? "there" : "absent");
    say_addresses();
    for (int family = 4; family <= 6; family += 2) {
        struct net_address address;
        size_t index = 0;
        for (; sandbox_harness_address(sandbox, family, index, &address); index++)
            close(bind_to(&address, PORT));
        printf("%zu addresses of IPv%d bound\n", index, family);
    }
    printf("-- device\n");
    pid_t pid = start_device(sandbox, self, "show", -1);
    waitpid(pid, &wait_status, 0);
    return wait_status != 0;
}

int main(int argc, char **argv)
{
    char error[512];
    struct sandbox_plan plan = {.harness_addresses = ADDRESSES,
                                .needs_ip4 = true,
                                .needs_ip6 = true,
                                .quiets_harness_sctp = argc == 3 && strcmp(argv[2], "lose") == 0};
    int result = 2;
    sandbox_device_main(argc, argv);
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "device") == 0)
        return device_main(argv[2]);
    if (!sandbox_mode_parse(argv[1], &plan.mode))
        return 2;
    struct sandbox *sandbox = sandbox_enter(&plan, error, sizeof error);
    if (!sandbox) {
        fprintf(stderr, "%s\n", error);
        return 3;
    }
    if (strcmp(argv[2], "show") == 0)
        result = show(sandbox, argv[0]);
    else if (strcmp(argv[2], "talk") == 0)
        result = talk(sandbox, argv[0]);
    else if (strcmp(argv[2], "hold") == 0)
        result = hold(sandbox, argv[0]);
    else if (strcmp(argv[2], "bare") == 0)
        result = bare(sandbox);
    else if (strcmp(argv[2], "lose") == 0)
        result = lose(sandbox);
    else if (strcmp(argv[2], "place") == 0)
        result = place(sandbox);
    else if (strcmp(argv[2], "crash") == 0)
        raise(SIGKILL);
    sandbox_free(sandbox);
    return result;
}
