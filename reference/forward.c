/* What a proxy does to a request that it forwards (RFC 3261 §16.4 to §16.6), apart from Via, which its client
 * transaction adds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/proxy.h"

static bool read_route(const struct sip_message *request, size_t index, struct sip_address *out)
{
    char *text = sip_message_value(request, "Route", index);
    bool is_read = text != NULL && sip_address_parse(text, out) == SIP_OK;
    free(text);
    return is_read;
}

/* §16.4: the previous element was a strict router: our own Record-Route stands in the Request-URI, and the
 * target in the last Route. */
static bool undo_strict_routing(const struct reference_node *node, struct sip_message *request,
                                const struct net_address *local)
{
    struct sip_uri uri;
    size_t count = sip_message_value_count(request, "Route");
    if (count == 0 || sip_uri_parse(request->request_uri, &uri) != SIP_OK) {
        return true;
    }
    bool is_own_route =
        uri.user == NULL && sip_params_find(&uri.params, "lr") != NULL && node_owns_uri(node, &uri, local);
    struct sip_address last;
    sip_uri_fini(&uri);
    if (!is_own_route || !read_route(request, count - 1, &last)) {
        return true;
    }
    char *target = sip_uri_format(&last.uri);
    bool is_set = target != NULL && sip_message_set_request_uri(request, target);
    sip_message_remove_value(request, "Route", count - 1);
    sip_address_fini(&last);
    free(target);
    return is_set;
}

bool forward_preprocess(const struct reference_node *node, struct sip_message *request,
                        const struct net_address *local)
{
    if (!undo_strict_routing(node, request, local)) {
        return false;
    }
    struct sip_address route;
    while (sip_message_value_count(request, "Route") > 0) {
        if (!read_route(request, 0, &route)) {
            return false;
        }
        bool is_ours = node_owns_uri(node, &route.uri, local);
        sip_address_fini(&route);
        if (!is_ours) {
            return true;
        }
        sip_message_remove_value(request, "Route", 0);
    }
    return true;
}

/* §16.6, 6: the next hop is a strict router. */
static bool route_strictly(struct sip_message *request, const struct sip_uri *next)
{
    char *last = NULL;
    char *uri = sip_uri_format(next);
    bool is_good = uri != NULL && asprintf(&last, "<%s>", request->request_uri) > 0;
    if (is_good) {
        sip_message_remove_value(request, "Route", 0);
        is_good = sip_message_append(request, "Route", last) && sip_message_set_request_uri(request, uri);
    }
    free(last);
    free(uri);
    return is_good;
}

static bool is_in_dialog(const struct sip_message *request)
{
    char *tag = sip_message_tag(request, "To");
    bool has_tag = tag != NULL;
    free(tag);
    return has_tag;
}

bool forward_next_hop(struct sip_message *request, struct next_hop *out)
{
    struct sip_uri target;
    struct sip_address route;
    if (sip_uri_parse(request->request_uri, &target) != SIP_OK) {
        return false;
    }
    bool is_secure = sip_uri_is_secure(&target);
    char *request_host = target.host == NULL ? NULL : strdup(target.host);
    bool is_good;
    if (sip_message_value_count(request, "Route") == 0) {
        is_good = next_hop_from_uri(&target, out);
    } else {
        is_good = read_route(request, 0, &route);
        if (is_good) {
            bool is_loose = sip_params_find(&route.uri.params, "lr") != NULL;
            is_good = (is_loose || route_strictly(request, &route.uri)) && next_hop_from_uri(&route.uri, out);
            sip_address_fini(&route);
        }
    }
    sip_uri_fini(&target);
    if (!is_good) {
        free(request_host);
        return false;
    }
    out->request_host = request_host;
    out->is_in_dialog = is_in_dialog(request);
    if (is_secure) { /* §26.2.2: sips is TLS on every hop, whatever a Route says */
        out->is_secure = true;
        out->transport = out->has_transport ? transport_over_tls(out->transport) : out->transport;
    }
    return true;
}

bool forward_count_hop(struct sip_message *request)
{
    const char *field = sip_message_header(request, "Max-Forwards");
    unsigned long left = field == NULL ? 71 : strtoul(field, NULL, 10);
    char text[32];
    snprintf(text, sizeof(text), "%lu", left > 0 ? left - 1 : 0);
    return sip_message_set(request, "Max-Forwards", text);
}

/* The port that a Record-Route of the transport names; false: this node does not listen for it. 0: the
 * default, which DNS finds. */
static bool own_port(const struct reference_node *node, enum net_transport transport,
                     const struct net_address *local, uint16_t *port)
{
    struct net_address address;
    if (!node_listens(node, transport, local, &address)) {
        return false;
    }
    *port = address.port == net_transport_default_port(transport) ? 0 : address.port;
    return true;
}

/* As a URI's host. */
static void format_literal(const struct net_address *address, char *out)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(address, ip);
    snprintf(out, NET_ADDRESS_TEXT_MAX, address->family == 6 ? "[%.60s]" : "%.60s", ip);
}

static bool add_record_route(const struct reference_node *node, struct sip_message *request,
                             const struct record_route *plan, enum net_transport transport)
{
    uint16_t port;
    char port_text[16] = "";
    char *value = NULL;
    if (!own_port(node, transport, &plan->local, &port)) {
        return true;
    }
    if (port != 0) {
        snprintf(port_text, sizeof(port_text), ":%u", port);
    }
    bool is_sips = strncasecmp(request->request_uri, "sips:", 5) == 0;
    const char *name = node->domains[plan->domain].name;
    const char *astray = node_has(node, FAULT_RECORD_ROUTE_WRONG) ? "nowhere." : "";
    if (node_has(node, FAULT_CONTACT_EPHEMERAL)) {
        snprintf(port_text, sizeof(port_text), ":%u", 49152U);
    }
    char literal[NET_ADDRESS_TEXT_MAX];
    if (node_has(node, FAULT_RECORD_ROUTE_IP) && net_transport_is_secure(transport)) {
        format_literal(&plan->local, literal);
        name = literal;
    }
    int size = is_sips ? asprintf(&value, "<sips:%s%s%s;lr>", astray, name, port_text)
                       : asprintf(&value, "<sip:%s%s%s;transport=%s;lr>", astray, name, port_text,
                                  net_transport_name(transport));
    bool is_added = size > 0 && sip_message_prepend(request, "Record-Route", value);
    if (size > 0) {
        free(value);
    }
    return is_added;
}

bool forward_record_route(const struct reference_node *node, struct sip_message *request,
                          const struct record_route *plan, enum net_transport out)
{
    if (plan->in != out &&
        !add_record_route(node, request, plan, plan->in)) { /* RFC 5658: one for each side */
        return false;
    }
    return add_record_route(node, request, plan, out);
}
