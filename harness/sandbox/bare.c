/* NONE: one host, its loopback, ports that are free just now. */
#include "sandbox/parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_TRIES = 64, FTW_FDS = 16, GROUPS_MAX = 64 };

static bool try_bind(int family, const struct net_address *address, int type, unsigned short *port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *in4 = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    socklen_t size = family == 4 ? sizeof *in4 : sizeof *in6;
    if (family == 4) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(*port);
        if (address)
            memcpy(&in4->sin_addr, address->ip, 4);
    } else {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(*port);
        if (address)
            memcpy(&in6->sin6_addr, address->ip, 16);
    }
    int one = 1, fd = socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    if (family == 6) /* the wildcard of IPv6 alone */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    bool is_free = bind(fd, (struct sockaddr *)&storage, size) == 0 &&
                   getsockname(fd, (struct sockaddr *)&storage, &size) == 0;
    if (is_free)
        *port = ntohs(family == 4 ? in4->sin_port : in6->sin6_port);
    close(fd);
    return is_free;
}

/* A port free for TCP and UDP at the role's address of every family wanted; for the device also at the
 * wildcard, which it may bind. */
static unsigned short find_port(const struct sandbox *sandbox, enum sandbox_role role, unsigned short avoid)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        unsigned short port = 0;
        bool is_free = true;
        for (int family = 4; family <= 6 && is_free; family += 2) {
            struct net_address address;
            if (!sandbox_address(sandbox, role, family, 0, &address))
                continue;
            const struct net_address *where = role == SANDBOX_DEVICE ? NULL : &address;
            is_free =
                try_bind(family, where, SOCK_STREAM, &port) && try_bind(family, where, SOCK_DGRAM, &port);
        }
        if (is_free && port && port != avoid)
            return port;
    }
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static void remove_scratch(const struct sandbox *sandbox)
{
    if (sandbox->scratch[0])
        nftw(sandbox->scratch, remove_entry, FTW_FDS, FTW_DEPTH | FTW_PHYS);
}

/* What the janitor reads: a process group to remember, or, negative, one to forget. Until we end. */
static size_t remember_groups(int fd, int64_t groups[GROUPS_MAX])
{
    size_t count = 0;
    int64_t said;
    ssize_t size;
    while ((size = read(fd, &said, sizeof said)) == sizeof said || (size < 0 && errno == EINTR)) {
        if (size < 0)
            continue;
        if (said > 0 && count < GROUPS_MAX)
            groups[count++] = said;
        for (size_t i = 0; said < 0 && i < count; i++) {
            if (groups[i] == -said)
                groups[i--] = groups[--count];
        }
    }
    return count;
}

/* No namespace takes devices and scratch along when this process is killed: a child waits for the end of a
 * socket whose other end only we hold, and tidies up. The signals of a terminal are for us, not for it.
 * Without it a killed run leaves something behind, which is no reason to refuse the run. */
static void start_janitor(struct sandbox *sandbox)
{
    int ends[2];
    int64_t groups[GROUPS_MAX];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return;
    sandbox->janitor = fork();
    if (sandbox->janitor == 0) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        close(ends[1]);
        for (size_t count = remember_groups(ends[0], groups); count > 0; count--)
            kill(-(pid_t)groups[count - 1], SIGKILL);
        remove_scratch(sandbox);
        _exit(0);
    }
    close(ends[0]);
    if (sandbox->janitor < 0) {
        sandbox->janitor = 0;
        close(ends[1]);
        return;
    }
    sandbox->janitor_fd = ends[1];
}

static void tell_janitor(const struct sandbox *sandbox, int64_t what)
{
    if (sandbox->janitor_fd < 0 || what == 0)
        return;
    while (send(sandbox->janitor_fd, &what, sizeof what, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

void sandbox_adopt(const struct sandbox *sandbox, pid_t group)
{
    tell_janitor(sandbox, group);
}

void sandbox_release(const struct sandbox *sandbox, pid_t group)
{
    tell_janitor(sandbox, -(int64_t)group);
}

bool sandbox_bare_make(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    const char *tmp = getenv("TMPDIR");
    uint8_t random = 0;
    if (getrandom(&random, 1, 0) != 1)
        random = (uint8_t)getpid();
    sandbox->loopback_net = (uint8_t)(64 + random % 187);
    snprintf(sandbox->scratch, sizeof sandbox->scratch, "%s/sipreuse-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(sandbox->scratch)) {
        snprintf(error, error_size_bytes, "no scratch folder %s: %s; set TMPDIR", sandbox->scratch,
                 strerror(errno));
        sandbox->scratch[0] = '\0';
        return false;
    }
    start_janitor(sandbox);
    sandbox->dns_port = find_port(sandbox, SANDBOX_DNS, 0);
    sandbox->sip_port = find_port(sandbox, SANDBOX_DEVICE, 0);
    sandbox->sips_port = find_port(sandbox, SANDBOX_DEVICE, sandbox->sip_port);
    if (sandbox->dns_port && sandbox->sip_port && sandbox->sips_port)
        return true;
    snprintf(error, error_size_bytes, "no free port on the loopback%s",
             sandbox->has_ip6 ? "; a machine without IPv6 needs --ip 4" : "");
    return false;
}

void sandbox_bare_end(struct sandbox *sandbox)
{
    remove_scratch(sandbox);
    if (sandbox->janitor_fd >= 0)
        close(sandbox->janitor_fd);
    sandbox->janitor_fd = -1;
    if (sandbox->janitor > 0)
        waitpid(sandbox->janitor, NULL, 0);
    sandbox->janitor = 0;
}
