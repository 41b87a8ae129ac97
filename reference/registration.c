/* A node that registers (RFC 3261 §10.2): each of its domains, so that it can be reached over the connection
 * on which it did. Again in good time before the binding expires, and a little later where it failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/proxy.h"

enum { EXPIRES_S = 60, REFRESH_MS = 25000, RETRY_MS = 1000 };

struct registration {
    struct registration *next;
    struct reference_node *node;
    struct loop_timer *timer;
    char *registrar, *contact;
    size_t domain;
};

static void on_answer(struct reference_node *node, unsigned status, void *arg)
{
    struct registration *registration = arg;
    bool is_registered = status >= 200 && status < 300;
    node_log(node, "registering %s with %s: answered %u", node->domains[registration->domain].name,
             registration->registrar, status);
    loop_timer_start(registration->timer, is_registered ? REFRESH_MS : RETRY_MS);
}

static void on_time(struct loop_timer *timer, void *arg)
{
    struct registration *registration = arg;
    if (!originate_register(registration->node, registration->registrar, registration->domain,
                            registration->contact, EXPIRES_S, on_answer, registration)) {
        loop_timer_start(timer, RETRY_MS);
    }
}

/* Where it listens for the transport that it registers over; heap, NULL: nowhere. */
static char *make_contact(const struct reference_node *node, const char *registrar)
{
    struct sip_uri uri;
    enum net_transport transport = NET_TCP;
    char *contact = NULL;
    if (sip_uri_parse(registrar, &uri) != SIP_OK) {
        return NULL;
    }
    const struct sip_param *param = sip_params_find(&uri.params, "transport");
    bool is_known = param == NULL || param->value == NULL || net_transport_parse(param->value, &transport);
    sip_uri_fini(&uri);
    for (size_t i = 0; is_known && contact == NULL && i < node->listener_count; i++) {
        char address[NET_ADDRESS_TEXT_MAX];
        net_address_format(&node->listeners[i].address, address);
        if (node->listeners[i].transport == transport &&
            asprintf(&contact, "sip:box@%s;transport=%s", address, net_transport_name(transport)) < 0) {
            return NULL;
        }
    }
    return contact;
}

static bool begin(struct reference_node *node, const char *registrar, size_t domain)
{
    struct registration *registration = calloc(1, sizeof(*registration));
    if (registration == NULL) {
        return false;
    }
    registration->node = node;
    registration->domain = domain;
    registration->next = node->registrations;
    node->registrations = registration;
    registration->registrar = strdup(registrar);
    registration->contact = make_contact(node, registrar);
    registration->timer = loop_timer_new(node->loop, on_time, registration);
    if (registration->registrar == NULL || registration->contact == NULL || registration->timer == NULL) {
        return false;
    }
    loop_timer_start(registration->timer, 0);
    return true;
}

bool reference_node_register(struct reference_node *node, const char *registrar)
{
    for (size_t i = 0; i < node->domain_count; i++) {
        if (!begin(node, registrar, i)) {
            return false;
        }
    }
    return true;
}

void registration_free_all(struct reference_node *node)
{
    while (node->registrations != NULL) {
        struct registration *registration = node->registrations;
        node->registrations = registration->next;
        loop_timer_free(registration->timer);
        free(registration->registrar);
        free(registration->contact);
        free(registration);
    }
}
