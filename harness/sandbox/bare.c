/* NONE: one host, its loopback, ports that are free just now. What a run takes it claims, so that two of them
 * never listen on one another's addresses. */
#include "sandbox/parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TRIES = 64 };

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
 * wildcard, which it may bind: it will, but only later, so until then the port is claimed. */
static unsigned short find_port(const struct sandbox *sandbox, enum sandbox_role role, int *claim)
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
        if (!is_free || !port)
            continue;
        if (!claim)
            return port;
        *claim = sandbox_claim("port", port);
        if (*claim >= 0)
            return port;
        *claim = 0;
    }
    return 0;
}

/* By chance where to begin: runs that start at once seldom meet. */
static bool claim_network(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    unsigned char random = 0;
    if (getrandom(&random, 1, 0) != 1)
        random = (unsigned char)getpid();
    for (unsigned i = 0; i < SANDBOX_NETWORKS; i++) {
        unsigned network = SANDBOX_NETWORK_FIRST + (random + i) % SANDBOX_NETWORKS;
        int claim = sandbox_claim("loopback", network);
        if (claim < 0)
            continue;
        sandbox->bare_claims[0] = claim;
        sandbox->loopback_net = (uint8_t)network;
        return true;
    }
    snprintf(
        error, error_size_bytes,
        "each of the %d networks of the loopback that runs without a sandbox share is taken: wait for some "
        "of them to end",
        SANDBOX_NETWORKS);
    return false;
}

void sandbox_adopt(const struct sandbox *sandbox, pid_t group)
{
    janitor_adopt(sandbox->janitor, group);
}

void sandbox_release(const struct sandbox *sandbox, pid_t group)
{
    janitor_release(sandbox->janitor, group);
}

bool sandbox_bare_make(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    const char *tmp = getenv("TMPDIR");
    if (!claim_network(sandbox, error, error_size_bytes))
        return false;
    snprintf(sandbox->scratch, sizeof sandbox->scratch, "%s/sipreuse-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(sandbox->scratch)) {
        snprintf(error, error_size_bytes, "no scratch folder %s: %s; set TMPDIR", sandbox->scratch,
                 strerror(errno));
        sandbox->scratch[0] = '\0';
        return false;
    }
    /* No namespace takes devices and scratch along when this process is killed. The janitor has the claim on
     * the network too: it ends when the devices have. */
    sandbox->janitor = janitor_new(sandbox->scratch);
    if (!sandbox->janitor) {
        snprintf(error, error_size_bytes, "no process to tidy up with: %s", strerror(errno));
        rmdir(sandbox->scratch);
        return false;
    }
    sandbox->dns_port = find_port(sandbox, SANDBOX_DNS, NULL);
    sandbox->sip_port = find_port(sandbox, SANDBOX_DEVICE, &sandbox->bare_claims[1]);
    sandbox->sips_port = find_port(sandbox, SANDBOX_DEVICE, &sandbox->bare_claims[2]);
    if (sandbox->dns_port && sandbox->sip_port && sandbox->sips_port)
        return true;
    snprintf(error, error_size_bytes, "no free port on the loopback%s",
             sandbox->has_ip6 ? "; a machine without IPv6 needs --ip 4" : "");
    return false;
}

void sandbox_bare_end(struct sandbox *sandbox)
{
    janitor_free(sandbox->janitor);
    sandbox->janitor = NULL;
    for (size_t i = 0; i < SANDBOX_BARE_CLAIMS; i++) {
        if (sandbox->bare_claims[i])
            close(sandbox->bare_claims[i]);
        sandbox->bare_claims[i] = 0;
    }
}
