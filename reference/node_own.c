/* What is a node's own: domains, and addresses that it listens on. */
#include <string.h>
#include <strings.h>

#include "reference/node.h"

size_t node_find_domain(const struct reference_node *node, const char *name)
{
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '.') {
        length--;
    }
    for (size_t i = 0; i < node->domain_count; i++) {
        if (strlen(node->domains[i].name) == length &&
            strncasecmp(node->domains[i].name, name, length) == 0) {
            return i;
        }
    }
    return node->domain_count;
}

static bool is_any_ip(const struct net_address *address)
{
    static const uint8_t ANY[16];
    return memcmp(address->ip, ANY, address->family == 4 ? 4 : 16) == 0;
}

static bool listens_on_port(const struct reference_node *node, uint16_t port)
{
    for (size_t i = 0; i < node->listener_count; i++) {
        if (node->listeners[i].address.port == port) {
            return true;
        }
    }
    return false;
}

/* A literal: of a listener, or, when that takes any, the one that the connection came to. */
static bool owns_literal(const struct reference_node *node, const struct net_address *literal,
                         const struct net_address *local)
{
    for (size_t i = 0; i < node->listener_count; i++) {
        const struct listener *listener = &node->listeners[i];
        uint16_t port = literal->port != 0 ? literal->port : net_transport_default_port(listener->transport);
        bool is_its_ip = is_any_ip(&listener->address) ? local != NULL && net_address_equal_ip(local, literal)
                                                       : net_address_equal_ip(&listener->address, literal);
        if (is_its_ip && listener->address.port == port) {
            return true;
        }
    }
    return false;
}

bool node_owns(const struct reference_node *node, const char *host, uint16_t port,
               const struct net_address *local)
{
    struct net_address literal;
    if (net_address_parse(host, port, &literal)) {
        return owns_literal(node, &literal, local);
    }
    return node_find_domain(node, host) < node->domain_count && (port == 0 || listens_on_port(node, port));
}

bool node_owns_uri(const struct reference_node *node, const struct sip_uri *uri,
                   const struct net_address *local)
{
    return uri->host != NULL && node_owns(node, uri->host, uri->port, local);
}

bool node_has_sctp(const struct reference_node *node)
{
    for (size_t i = 0; i < node->listener_count; i++) {
        enum net_transport transport = node->listeners[i].transport;
        if (transport == NET_SCTP || transport == NET_TLS_SCTP) {
            return true;
        }
    }
    return false;
}

bool node_listens(const struct reference_node *node, enum net_transport transport,
                  const struct net_address *local, struct net_address *out)
{
    const struct listener *found = NULL;
    for (size_t i = 0; i < node->listener_count; i++) {
        const struct listener *listener = &node->listeners[i];
        if (listener->transport != transport || listener->address.family != local->family) {
            continue;
        }
        if (net_address_equal_ip(&listener->address, local)) {
            *out = listener->address;
            return true;
        }
        if (is_any_ip(&listener->address)) {
            found = listener;
        }
    }
    if (found == NULL) {
        return false;
    }
    *out = *local;
    out->port = found->address.port;
    return true;
}
