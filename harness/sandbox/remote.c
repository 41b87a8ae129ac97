/* REMOTE: this machine as it is, on the addresses that the user named.
 *
 * Two harnesses on one machine must not take the same ports. A run claims as many ports as it needs in a row:
 * of each LANE of them it holds the UDP port of the first, which nobody else listens on. Only what begins at
 * a lane's border is claimed, so that two claims meet in at least one held port whenever they overlap. */
#include "sandbox/parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LANE_PORTS = 64 };

static socklen_t to_socket(const struct net_address *address, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address->family == 4) {
        struct sockaddr_in *in4 = (struct sockaddr_in *)out;
        in4->sin_family = AF_INET;
        in4->sin_port = htons(address->port);
        memcpy(&in4->sin_addr, address->ip, 4);
        return sizeof *in4;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(address->port);
    memcpy(&in6->sin6_addr, address->ip, 16);
    return sizeof *in6;
}

/* -1 with errno. */
static int bound_socket(const struct net_address *address, int type)
{
    struct sockaddr_storage storage;
    socklen_t size = to_socket(address, &storage);
    int one = 1, fd = socket(storage.ss_family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM) /* connections of an earlier run that linger do not keep a port */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&storage, size) == 0)
        return fd;
    int error_number = errno;
    close(fd);
    errno = error_number;
    return -1;
}

bool sandbox_route_address(const struct net_address *device, struct net_address *out)
{
    struct sockaddr_storage storage;
    struct net_address address = {.family = device->family}, to = *device;
    to.port = to.port ? to.port : 5060;
    socklen_t size = to_socket(&to, &storage);
    int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* connect() of a datagram socket asks the routes and sends nothing. */
    bool is_found = fd >= 0 && connect(fd, (struct sockaddr *)&storage, size) == 0 &&
                    getsockname(fd, (struct sockaddr *)&storage, &size) == 0;
    if (is_found && address.family == 4)
        memcpy(address.ip, &((struct sockaddr_in *)&storage)->sin_addr, 4);
    if (is_found && address.family == 6)
        memcpy(address.ip, &((struct sockaddr_in6 *)&storage)->sin6_addr, 16);
    if (fd >= 0)
        close(fd);
    if (is_found)
        *out = address;
    return is_found;
}

static bool are_ours(const struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    for (size_t i = 0; i < sandbox->remote.address_count; i++) {
        struct net_address address = sandbox->addresses[i];
        char text[NET_ADDRESS_TEXT_MAX];
        int fd = bound_socket(&address, SOCK_DGRAM);
        if (fd >= 0) {
            close(fd);
            continue;
        }
        net_address_format_ip(&address, text);
        snprintf(error, error_size_bytes,
                 "--address %s is no address of this machine (%s); 'ip address' shows those that are", text,
                 strerror(errno));
        return false;
    }
    return true;
}

static void drop_claims(struct sandbox *sandbox)
{
    while (sandbox->claim_count)
        close(sandbox->claims[--sandbox->claim_count]);
}

static bool is_free(const struct sandbox *sandbox, unsigned short port)
{
    for (size_t i = 0; i < sandbox->remote.address_count; i++) {
        struct net_address address = sandbox->addresses[i];
        address.port = port;
        int fd = bound_socket(&address, SOCK_STREAM);
        if (fd < 0)
            return false;
        close(fd);
    }
    return true;
}

/* From first on, a lane's border. */
static bool claim(struct sandbox *sandbox, unsigned first)
{
    for (unsigned port = first; port < first + sandbox->remote.ports; port++) {
        /* The wildcard's: whichever addresses another harness was given. */
        const struct net_address address = {.family = 4, .port = (unsigned short)port};
        if (port % LANE_PORTS == 0) {
            int fd = bound_socket(&address, SOCK_DGRAM);
            if (fd < 0)
                break;
            sandbox->claims[sandbox->claim_count++] = fd;
        }
        if (!is_free(sandbox, (unsigned short)port))
            break;
        if (port + 1 == first + sandbox->remote.ports)
            return true;
    }
    drop_claims(sandbox);
    return false;
}

static bool claim_ports(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    const struct sandbox_remote *remote = &sandbox->remote;
    unsigned first = (remote->first_port + LANE_PORTS - 1U) / LANE_PORTS * LANE_PORTS, lanes = 0, random = 0;
    if (remote->ports == 0)
        return true;
    sandbox->claims = calloc(remote->ports / LANE_PORTS + 1, sizeof *sandbox->claims);
    while (first + lanes * LANE_PORTS + remote->ports <= remote->last_port + 1U)
        lanes++;
    /* By chance where to begin: harnesses that start at once seldom meet. */
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (unsigned)getpid();
    for (unsigned i = 0; i < lanes && sandbox->claims; i++) {
        unsigned port = first + (random + i) % lanes * LANE_PORTS;
        if (claim(sandbox, port)) {
            sandbox->first_port = (unsigned short)port;
            return true;
        }
    }
    snprintf(
        error, error_size_bytes,
        "%zu free ports in a row are needed between %u and %u and are not there; widen --ports, or select "
        "fewer scenarios",
        remote->ports, remote->first_port, remote->last_port);
    return false;
}

bool sandbox_remote_make(struct sandbox *sandbox, const struct sandbox_remote *remote, char *error,
                         size_t error_size_bytes)
{
    sandbox->remote = *remote;
    sandbox->addresses = calloc(remote->address_count + 1, sizeof *sandbox->addresses);
    if (!sandbox->addresses) {
        snprintf(error, error_size_bytes, "out of memory");
        return false;
    }
    memcpy(sandbox->addresses, remote->addresses, remote->address_count * sizeof *sandbox->addresses);
    sandbox->remote.addresses = sandbox->addresses;
    sandbox->dns_port = remote->dns_port;
    sandbox->sip_port = remote->sip_port;
    sandbox->sips_port = remote->sips_port;
    return are_ours(sandbox, error, error_size_bytes) && claim_ports(sandbox, error, error_size_bytes);
}

void sandbox_remote_end(struct sandbox *sandbox)
{
    drop_claims(sandbox);
    free(sandbox->claims);
    free(sandbox->addresses);
}

bool sandbox_remote_address(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                            struct net_address *out)
{
    if (role == SANDBOX_DEVICE) {
        const struct net_address *device = &sandbox->remote.device[family == 6];
        if (device->family)
            *out = *device;
        return device->family != 0;
    }
    /* DNS is served at the first address of the family. */
    for (size_t i = 0; i < sandbox->remote.address_count; i++) {
        if (sandbox->addresses[i].family == family && index-- == 0) {
            *out = sandbox->addresses[i];
            return true;
        }
    }
    return false;
}
