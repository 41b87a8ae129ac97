/* The address plan.
 *
 * IPv4 lies in 198.18.0.0/15 (RFC 2544's range for tests of networks), IPv6 in 2001:2::/48 (RFC 5180): no
 * address of a real network can be meant, should a device leak one. 250 harness addresses per /24, so that
 * none ends in 0 or 255, which some devices refuse. */
#include "sandbox/parts.h"

#include <arpa/inet.h>
#include <string.h>

#define SANDBOX_HARNESS_IP4 "198.19.0.0/16"
#define SANDBOX_HARNESS_IP6 "2001:2:0:2::/64"
#define SANDBOX_HARNESS_MAC "02:00:00:00:00:53"
#define SANDBOX_DEVICE_MAC  "02:00:00:00:00:09"

enum { PER_BLOCK = 250 };

static bool address_bare(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                         struct net_address *out)
{
    if (family == 6) {
        if (role == SANDBOX_HARNESS && index > 0)
            return false;
        out->ip[15] = 1; /* ::1 is the only one */
        return true;
    }
    out->ip[0] = 127;
    out->ip[1] = sandbox->loopback_net;
    out->ip[2] = role == SANDBOX_HARNESS ? (uint8_t)(1 + index / PER_BLOCK) : 0;
    out->ip[3] = role == SANDBOX_HARNESS ? (uint8_t)(1 + index % PER_BLOCK) : role == SANDBOX_DNS ? 53 : 9;
    return true;
}

static void address_ip4(enum sandbox_role role, size_t index, struct net_address *out)
{
    out->ip[0] = 198;
    out->ip[1] = role == SANDBOX_HARNESS ? 19 : 18;
    out->ip[2] = role == SANDBOX_HARNESS ? (uint8_t)(index / PER_BLOCK) : 0;
    out->ip[3] = role == SANDBOX_HARNESS ? (uint8_t)(1 + index % PER_BLOCK)
                 : role == SANDBOX_DNS   ? 53
                                         : (uint8_t)(9 + index);
}

static void address_ip6(enum sandbox_role role, size_t index, struct net_address *out)
{
    size_t low = role == SANDBOX_HARNESS ? index + 1 : role == SANDBOX_DNS ? 0x53 : 0x9 + index;
    out->ip[0] = 0x20;
    out->ip[1] = 0x01;
    out->ip[3] = 0x02;
    out->ip[7] = role == SANDBOX_HARNESS ? 2 : 1;
    out->ip[14] = (uint8_t)(low >> 8);
    out->ip[15] = (uint8_t)(low & 0xff);
}

bool sandbox_address(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                     struct net_address *out)
{
    struct net_address address = {.family = family};
    if (family != 4 && family != 6)
        return false;
    if (family == 4 ? !sandbox->has_ip4 : !sandbox->has_ip6)
        return false;
    if (sandbox->mode == SANDBOX_REMOTE)
        return sandbox_remote_address(sandbox, role, family, index, out);
    if (role == SANDBOX_HARNESS && index >= sandbox->harness_addresses)
        return false;
    if (sandbox->mode == SANDBOX_NONE) {
        if (!address_bare(sandbox, role, family, index, &address))
            return false;
    } else if (family == 4) {
        address_ip4(role, index, &address);
    } else {
        address_ip6(role, index, &address);
    }
    *out = address;
    return true;
}

static void write_address(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                          unsigned prefix_bits, FILE *out)
{
    struct net_address address;
    char text[INET6_ADDRSTRLEN];
    if (!sandbox_address(sandbox, role, family, index, &address))
        return;
    inet_ntop(family == 4 ? AF_INET : AF_INET6, address.ip, text, sizeof text);
    fprintf(out, "addr add %s/%u dev " SANDBOX_LINK "%s\n", text, prefix_bits, family == 4 ? "" : " nodad");
}

/* The two hosts know each other's link address from the start: no packet waits for, and no capture shows, a
 * neighbour being looked for. And the harness could not look: a solicitation needs a link-local address when
 * its packet's source is not an entry on the interface. */
static void write_neighbour(const struct sandbox *sandbox, enum sandbox_role role, size_t index,
                            const char *mac, FILE *out)
{
    for (int family = 4; family <= 6; family += 2) {
        struct net_address address;
        char text[INET6_ADDRSTRLEN];
        if (!sandbox_address(sandbox, role, family, index, &address))
            continue;
        inet_ntop(family == 4 ? AF_INET : AF_INET6, address.ip, text, sizeof text);
        fprintf(out, "neigh add %s lladdr %s dev " SANDBOX_LINK " nud permanent\n", text, mac);
    }
}

static void write_link_up(FILE *out)
{
    /* No link-local IPv6 address: captures hold the run's packets only, without router solicitations and
     * multicast reports. */
    fprintf(out,
            "link set lo up\nlink set " SANDBOX_LINK " addrgenmode none\nlink set " SANDBOX_LINK " up\n");
}

/* The harness's addresses are a route that says "all of this is here" instead of thousands of entries: adding
 * 2,000 IPv6 addresses to an interface takes the kernel 3 s, 10,000 a minute. */
void sandbox_write_harness_batch(const struct sandbox *sandbox, pid_t device_host, FILE *out)
{
    fprintf(out,
            "link add " SANDBOX_LINK " address " SANDBOX_HARNESS_MAC " type veth peer name " SANDBOX_LINK
            " address " SANDBOX_DEVICE_MAC " netns %ld\n",
            (long)device_host);
    write_link_up(out);
    write_address(sandbox, SANDBOX_DNS, 4, 0, 15, out);
    write_address(sandbox, SANDBOX_DNS, 6, 0, 48, out);
    write_neighbour(sandbox, SANDBOX_DEVICE, 0, SANDBOX_DEVICE_MAC, out);
    if (sandbox->is_device_multihomed)
        write_neighbour(sandbox, SANDBOX_DEVICE, 1, SANDBOX_DEVICE_MAC, out);
    if (sandbox->has_ip4)
        fprintf(out, "route add local " SANDBOX_HARNESS_IP4 " dev lo\n");
    if (sandbox->has_ip6 && !sandbox->needs_each_ip6)
        fprintf(out, "route add local " SANDBOX_HARNESS_IP6 " dev lo\n");
    for (size_t i = 0; sandbox->needs_each_ip6 && i < sandbox->harness_addresses; i++)
        write_address(sandbox, SANDBOX_HARNESS, 6, i, 128, out);
}

void sandbox_write_device_batch(const struct sandbox *sandbox, FILE *out)
{
    write_link_up(out);
    write_address(sandbox, SANDBOX_DEVICE, 4, 0, 15, out);
    write_address(sandbox, SANDBOX_DEVICE, 6, 0, 48, out);
    for (int family = 4; sandbox->is_device_multihomed && family <= 6; family += 2)
        write_address(sandbox, SANDBOX_DEVICE, family, 1, family == 4 ? 15 : 48, out);
    write_neighbour(sandbox, SANDBOX_DNS, 0, SANDBOX_HARNESS_MAC, out);
    /* One neighbour for all harness addresses. The kernel's neighbour table holds 1,024 entries for every
     * namespace together; with an entry for each address a large run, or several side by side, would overflow
     * it and lose packets. */
    if (sandbox->has_ip4)
        fprintf(out, "route add " SANDBOX_HARNESS_IP4 " via 198.18.0.53 dev " SANDBOX_LINK "\n");
    if (sandbox->has_ip6)
        fprintf(out, "route add " SANDBOX_HARNESS_IP6 " via 2001:2:0:1::53 dev " SANDBOX_LINK "\n");
}
