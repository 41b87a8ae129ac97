/* What the command line says of a device across a network. */
#include "cli/cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PORT = 20000, LAST_PORT = 32000, DNS_PORT = 53 };

static bool parse_port(const char *text, char end, uint16_t *out, const char **rest)
{
    char *after = NULL;
    unsigned long port = strtoul(text, &after, 10);
    if (*text < '0' || *text > '9' || (*after && *after != end) || port < 1 || port > 65535)
        return false;
    *out = (uint16_t)port;
    *rest = *after ? after + 1 : after;
    return true;
}

/* "HOST", "HOST:PORT", "[IPv6]:PORT", "HOST:PORT,PORT"; an IPv6 address alone needs no brackets. */
static bool split(const char *value, char host[256], const char **ports)
{
    const char *end = value[0] == '[' ? strchr(value, ']') : NULL;
    const char *colon = strchr(end ? end : value, ':');
    if (!end && colon && strchr(colon + 1, ':'))
        colon = NULL;
    const char *from = end ? value + 1 : value, *to = end ? end : colon ? colon : value + strlen(value);
    if (to == from || to - from >= 256 || (value[0] == '[' && !end) || (end && end[1] && end + 1 != colon))
        return false;
    memcpy(host, from, (size_t)(to - from));
    host[to - from] = '\0';
    *ports = colon ? colon + 1 : "";
    return true;
}

/* The user named it, so its name is looked up as any program does. One address of each family is taken. */
static bool look_up(const char *host, struct net_address device[2])
{
    struct net_address literal;
    if (net_address_parse(host, 0, &literal)) {
        device[literal.family == 6] = literal;
        return true;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int code = getaddrinfo(host, NULL, &hints, &found);
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        struct net_address *out = &device[at->ai_family == AF_INET6];
        if (out->family)
            continue;
        out->family = at->ai_family == AF_INET6 ? 6 : 4;
        if (out->family == 4)
            memcpy(out->ip, &((const struct sockaddr_in *)(const void *)at->ai_addr)->sin_addr, 4);
        else
            memcpy(out->ip, &((const struct sockaddr_in6 *)(const void *)at->ai_addr)->sin6_addr, 16);
    }
    if (found)
        freeaddrinfo(found);
    if (code)
        cli_fail(CLI_USAGE, "the host '%s' is not found: %s; name its address", host, gai_strerror(code));
    return code == 0;
}

static bool take_device(struct cli_remote *remote, const char *value)
{
    struct net_address literal;
    char *host = remote->host;
    const char *ports;
    remote->is_wanted = true;
    if (split(value, host, &ports)) {
        remote->is_host_name = !net_address_parse(host, 0, &literal);
        bool is_good = !*ports || parse_port(ports, ',', &remote->sips_port, &ports);
        is_good = is_good && (!*ports || parse_port(ports, '\0', &remote->sip_port, &ports));
        if (is_good)
            return look_up(host, remote->device);
    }
    cli_fail(CLI_USAGE,
             "'%s' is no HOST[:PORT[,PORT]]; write 192.0.2.9, [2001:db8::9]:5061 or "
             "proxy.example:5061,5060 (TLS, TCP)",
             value);
    return false;
}

static bool take_address(struct cli_remote *remote, const char *value)
{
    struct net_address address;
    if (!net_address_parse(value, 0, &address)) {
        cli_fail(CLI_USAGE, "--address '%s' is no IP address; write one of this machine", value);
        return false;
    }
    for (size_t i = 0; i < remote->address_count; i++)
        if (net_address_equal_ip(&remote->addresses[i], &address)) {
            cli_fail(CLI_USAGE, "--address %s is there twice; leave one out", value);
            return false;
        }
    if (remote->address_count == SANDBOX_REMOTE_ADDRESSES_MAX) {
        cli_fail(CLI_USAGE, "there are more than %d addresses; leave some out", SANDBOX_REMOTE_ADDRESSES_MAX);
        return false;
    }
    struct net_address *longer =
        realloc(remote->addresses, (remote->address_count + 1) * sizeof *remote->addresses);
    if (!longer) {
        cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
        return false;
    }
    remote->addresses = longer;
    remote->addresses[remote->address_count++] = address;
    return true;
}

static bool take_ports(struct cli_remote *remote, const char *value)
{
    const char *rest;
    if (parse_port(value, '-', &remote->first_port, &rest) && *rest &&
        parse_port(rest, '\0', &remote->last_port, &rest) && remote->first_port < remote->last_port)
        return true;
    cli_fail(CLI_USAGE, "--ports '%s' is no range; write 20000-32000", value);
    return false;
}

static bool take_dns(struct cli_remote *remote, const char *value)
{
    const char *rest;
    remote->has_no_dns = strcmp(value, "none") == 0;
    if (remote->has_no_dns || parse_port(value, '\0', &remote->dns_port, &rest))
        return true;
    cli_fail(CLI_USAGE, "--dns '%s' is neither a port nor none", value);
    return false;
}

bool cli_remote_take(struct cli_remote *remote, const char *option, const char *value)
{
    if (strcmp(option, "remote") == 0)
        return take_device(remote, value);
    remote->has_other_option = true;
    if (strcmp(option, "address") == 0)
        return take_address(remote, value);
    return strcmp(option, "ports") == 0 ? take_ports(remote, value) : take_dns(remote, value);
}

static bool add_routed_addresses(struct cli_remote *remote)
{
    for (size_t family = 0; family < 2; family++) {
        struct net_address address;
        char text[NET_ADDRESS_TEXT_MAX];
        if (!remote->device[family].family || !sandbox_route_address(&remote->device[family], &address))
            continue;
        net_address_format_ip(&address, text);
        if (!take_address(remote, text))
            return false;
    }
    if (remote->address_count)
        return true;
    cli_fail(CLI_IMPOSSIBLE, "there is no route to the device; check the address, and 'ip route'");
    return false;
}

bool cli_remote_check(struct cli_remote *remote)
{
    bool has_other = remote->has_other_option || remote->event_folder || remote->zone || remote->trust ||
                     remote->trust_password || remote->client || remote->client_password;
    if (!remote->is_wanted && has_other) {
        cli_fail(CLI_USAGE, "--address, --ports, --dns, --event, --zone, --trust and --client-cert belong to "
                            "--remote; add it, or leave them out");
        return false;
    }
    if (!remote->is_wanted)
        return true;
    remote->sips_port = remote->sips_port ? remote->sips_port : net_transport_default_port(NET_TLS);
    remote->sip_port = remote->sip_port ? remote->sip_port : net_transport_default_port(NET_TCP);
    if (!remote->first_port) {
        remote->first_port = FIRST_PORT;
        remote->last_port = LAST_PORT;
    }
    remote->dns_port = remote->has_no_dns ? 0 : remote->dns_port ? remote->dns_port : DNS_PORT;
    return remote->address_count > 0 || add_routed_addresses(remote);
}
