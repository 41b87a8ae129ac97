/* Next hops and the servers found for them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reference/location.h"

enum net_transport transport_over_tls(enum net_transport transport)
{
    switch (transport) {
    case NET_TCP:
    case NET_TLS:
        return NET_TLS;
    case NET_SCTP:
    case NET_TLS_SCTP:
        return NET_TLS_SCTP;
    }
    return NET_TLS;
}

/* RFC 3263 §4.1 with what this node speaks: a sips URI is TLS whatever its transport parameter says (RFC 3261
 * §26.2.2). */
static void read_transport(const struct sip_uri *uri, struct next_hop *hop)
{
    const struct sip_param *param = sip_params_find(&uri->params, "transport");
    if (param == NULL || param->value == NULL) {
        return;
    }
    char name[16] = ""; /* parameter values are compared without case (RFC 3261 §7.3.1) */
    for (size_t i = 0; i < sizeof(name) - 1 && param->value[i] != '\0'; i++) {
        name[i] = (char)tolower((unsigned char)param->value[i]);
    }
    hop->has_transport = true;
    if (!net_transport_parse(name, &hop->transport)) {
        hop->is_unsupported = true;
        return;
    }
    if (hop->is_secure) {
        hop->transport = transport_over_tls(hop->transport);
    }
}

static char *strip_dot(const char *host)
{
    char *copy = strdup(host);
    size_t length = copy == NULL ? 0 : strlen(copy);
    if (length > 1 && copy[length - 1] == '.') {
        copy[length - 1] = '\0'; /* an absolute name is the same domain */
    }
    return copy;
}

bool next_hop_from_uri(const struct sip_uri *uri, struct next_hop *out)
{
    if (uri->host == NULL || uri->host[0] == '\0') {
        return false;
    }
    /* RFC 3261 §16.6, 7 and RFC 3263 §4: TARGET is maddr where there is one. */
    const struct sip_param *maddr = sip_params_find(&uri->params, "maddr");
    const char *host = maddr != NULL && maddr->value != NULL ? maddr->value : uri->host;
    struct net_address numeric;
    struct next_hop hop = {.host = strip_dot(host), .port = uri->port, .is_secure = sip_uri_is_secure(uri)};
    if (hop.host == NULL) {
        return false;
    }
    hop.is_numeric = net_address_parse(host, 0, &numeric);
    read_transport(uri, &hop);
    *out = hop;
    return true;
}

bool next_hop_copy(const struct next_hop *from, struct next_hop *out)
{
    struct next_hop copy = *from;
    copy.host = strdup(from->host);
    copy.request_host = from->request_host == NULL ? NULL : strdup(from->request_host);
    if (copy.host == NULL || (from->request_host != NULL && copy.request_host == NULL)) {
        next_hop_fini(&copy);
        return false;
    }
    *out = copy;
    return true;
}

void next_hop_fini(struct next_hop *hop)
{
    free(hop->host);
    free(hop->request_host);
    hop->host = NULL;
    hop->request_host = NULL;
}

bool target_copy(const struct target *from, struct target *out)
{
    struct target copy = *from;
    if (from->server_name != NULL && (copy.server_name = strdup(from->server_name)) == NULL) {
        return false;
    }
    *out = copy;
    return true;
}

void target_fini(struct target *target)
{
    free(target->server_name);
    target->server_name = NULL;
}

bool targets_add(struct targets *targets, const struct target *target)
{
    if (targets->count == TARGETS_MAX) {
        return true;
    }
    struct target *items = realloc(targets->items, (targets->count + 1) * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    targets->items = items;
    if (!target_copy(target, &items[targets->count])) {
        return false;
    }
    targets->count++;
    return true;
}

void targets_fini(struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        target_fini(&targets->items[i]);
    }
    free(targets->items);
    *targets = (struct targets){0};
}
