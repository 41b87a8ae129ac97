#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "net/net_private.h"

bool net_address_parse(const char *ip_literal, uint16_t port, struct net_address *out)
{
    char bare[INET6_ADDRSTRLEN];
    size_t size_bytes = ip_literal ? strlen(ip_literal) : 0;
    bool has_brackets = size_bytes >= 2 && ip_literal[0] == '[' && ip_literal[size_bytes - 1] == ']';
    if (has_brackets) {
        ip_literal++;
        size_bytes -= 2;
    }
    if (size_bytes == 0 || size_bytes >= sizeof bare)
        return false;
    memcpy(bare, ip_literal, size_bytes);
    bare[size_bytes] = '\0';
    struct net_address address = {.port = port};
    if (!has_brackets && inet_pton(AF_INET, bare, address.ip) == 1)
        address.family = 4;
    else if (inet_pton(AF_INET6, bare, address.ip) == 1)
        address.family = 6;
    else
        return false;
    *out = address;
    return true;
}

void net_address_format_ip(const struct net_address *address, char *out)
{
    if (address->family == 0 ||
        !inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->ip, out, NET_ADDRESS_TEXT_MAX))
        snprintf(out, NET_ADDRESS_TEXT_MAX, "-");
}

void net_address_format(const struct net_address *address, char *out)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(address, ip);
    if (address->family == 6)
        snprintf(out, NET_ADDRESS_TEXT_MAX, "[%.48s]:%u", ip, address->port);
    else
        snprintf(out, NET_ADDRESS_TEXT_MAX, "%.48s:%u", ip, address->port);
}

bool net_address_equal_ip(const struct net_address *a, const struct net_address *b)
{
    return a->family == b->family && (a->family == 0 || memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0);
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return net_address_equal_ip(a, b) && a->port == b->port;
}

static const struct {
    const char *name;
    bool is_secure;
    uint16_t default_port;
    const char *service;
} transports[] = {
    [NET_TCP] = {"tcp", false, 5060, "_sip._tcp"},
    [NET_TLS] = {"tls", true, 5061, "_sips._tcp"},
    [NET_SCTP] = {"sctp", false, 5060, "_sip._sctp"},
    [NET_TLS_SCTP] = {"tls-sctp", true, 5061, "_sips._sctp"},
};

const char *net_transport_name(enum net_transport transport)
{
    return transports[transport].name;
}

bool net_transport_parse(const char *text, enum net_transport *out)
{
    static const enum net_transport all[] = {NET_TCP, NET_TLS, NET_SCTP, NET_TLS_SCTP};
    for (size_t i = 0; text && i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(text, transports[all[i]].name) == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

bool net_transport_is_secure(enum net_transport transport)
{
    return transports[transport].is_secure;
}

uint16_t net_transport_default_port(enum net_transport transport)
{
    return transports[transport].default_port;
}

const char *net_transport_service(enum net_transport transport)
{
    return transports[transport].service;
}
