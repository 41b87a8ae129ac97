#include "run/registrar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_private.h"

enum { READY_DEFAULT_MS = 30000 };

void registrar_note(struct registrar *registrar, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(registrar->text, sizeof registrar->text, format, arguments);
    va_end(arguments);
    for (char *c = registrar->text; *c; c++) /* what a device wrote is in it */
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

static const struct device_profile *profile_of(const struct run *run)
{
    return run->options->profile;
}

/* ---- who is registered */

static bool is_in_force(const struct registrar *registrar, const struct registrar_entry *entry)
{
    bool needs_flow = !profile_of(registrar->run)->calls_contact;

    return loop_now_ms(registrar->run->loop) < entry->until_ms && (entry->flow || !needs_flow);
}

static bool is_of_domain(const struct registrar_entry *entry, const char *domain)
{
    struct sip_uri uri;
    bool is_it;

    if (sip_uri_parse(entry->binding.aor, &uri) != SIP_OK)
        return false;
    is_it = !strcmp(uri.host, domain);
    sip_uri_fini(&uri);
    return is_it;
}

/* The domain's own, or for the first domain any: a phone's account may be of the registrar's domain. */
static const struct registrar_entry *find(const struct run *run, unsigned domain)
{
    const struct registrar_entry *any = NULL, *entry = run->registrar ? run->registrar->entries : NULL;

    for (; entry; entry = entry->next) {
        if (!is_in_force(run->registrar, entry))
            continue;
        if (domain < run->domain_count && is_of_domain(entry, run->domains[domain]))
            return entry;
        any = entry;
    }
    return domain == 0 ? any : NULL;
}

void registrar_remove(struct registrar *registrar, const char *aor)
{
    struct registrar_entry **at = &registrar->entries;

    while (*at && strcmp((*at)->binding.aor, aor) != 0)
        at = &(*at)->next;
    if (*at) {
        struct registrar_entry *entry = *at;

        *at = entry->next;
        binding_fini(&entry->binding);
        free(entry);
    }
}

const struct binding *registrar_bound(const struct registrar *registrar, const char *aor)
{
    for (const struct registrar_entry *entry = registrar->entries; entry; entry = entry->next)
        if (!strcmp(entry->binding.aor, aor))
            return &entry->binding;
    return NULL;
}

void registrar_enter(struct flow *flow, struct binding *binding)
{
    struct registrar *registrar = flow->registrar;
    struct registrar_entry *entry = run_allocate(1, sizeof *entry);
    char remote[NET_ADDRESS_TEXT_MAX];

    registrar_remove(registrar, binding->aor);
    entry->binding = *binding;
    *binding = (struct binding){0};
    entry->flow = flow;
    entry->remote = *net_connection_remote(flow->connection);
    entry->until_ms = loop_now_ms(registrar->run->loop) + entry->binding.expires_s * UINT64_C(1000);
    entry->next = registrar->entries;
    registrar->entries = entry;
    net_address_format(&entry->remote, remote);
    registrar_note(registrar, "%.128s has registered %.128s over %s from %s (connection %llu)",
                   entry->binding.aor, entry->binding.contact,
                   net_transport_name(net_connection_transport(flow->connection)), remote,
                   (unsigned long long)net_connection_id(flow->connection));
    journal_run_text(registrar->run, "device", "registered", registrar->text);
}

const char *registrar_contact(const struct run *run, unsigned domain)
{
    const struct registrar_entry *entry = find(run, domain);

    return entry ? entry->binding.contact : NULL;
}

const char *registrar_text(const struct run *run)
{
    return run->registrar ? run->registrar->text : "";
}

/* ---- is it ready? */

void registrar_check_ready(struct registrar *registrar)
{
    struct run *run = registrar->run;

    for (unsigned i = 0; registrar->is_awaited && i < run->domain_count; i++)
        if (!find(run, i))
            return;
    if (!registrar->is_awaited)
        return;
    registrar->is_awaited = false;
    loop_timer_stop(registrar->patience);
    journal_run_text(run, "device", "ready", registrar->text);
    run->is_ready = true;
    run_wake(run);
}

void registrar_on_impatient(struct loop_timer *timer, void *arg)
{
    struct registrar *registrar = arg;
    struct run *run = registrar->run;
    char address[NET_ADDRESS_TEXT_MAX];

    (void)timer;
    registrar->is_awaited = false;
    net_address_format(&registrar->address, address);
    free(run->device_text);
    run->device_text = text_format(
        "it did not register with sip:%s (%s, %s) for each of its %zu domains: %s", registrar->domain,
        address, net_transport_name(profile_of(run)->stimulus_transport), run->domain_count, registrar->text);
    journal_run_text(run, "device", "never-ready", run->device_text);
    run->is_never_ready = true;
    run_wake(run);
}

void registrar_await(struct run *run)
{
    const struct document_value *stimulus =
        document_member(document_root(profile_of(run)->document), "stimulus");
    const struct document_value *time = document_member(stimulus, "timeout_s");

    run->registrar->is_awaited = true;
    journal_run_text(run, "device", "registering", run->registrar->text);
    loop_timer_start(run->registrar->patience,
                     run_scaled_ms(run, time ? (uint64_t)(document_real(time) * 1000) : READY_DEFAULT_MS));
    registrar_check_ready(run->registrar);
}

/* ---- the UA's way */

static struct wire *wire_upon(const struct world *world, const struct net_connection *connection)
{
    for (struct wire *wire = world->wires; wire; wire = wire->next)
        if (wire->is_shared && wire->connection == connection)
            return wire;
    return NULL;
}

/* Only the device itself is called: a contact elsewhere is not connected to. */
static struct wire *to_contact(struct world *world, const struct registrar_entry *entry)
{
    struct net_tls_options tls = {
        .server_name = world->run->domains[0], .credential = world->run->client, .has_no_resumption = true};
    enum net_transport transport = profile_of(world->run)->stimulus_transport;
    struct net_address address = {0};
    struct sip_uri uri;
    bool is_device;

    if (world->ua && world->ua->connection && !world->ua->has_sign)
        return world->ua;
    if (sip_uri_parse(entry->binding.contact, &uri) != SIP_OK)
        return NULL;
    is_device =
        net_address_parse(uri.host, uri.port ? uri.port : net_transport_default_port(transport), &address) &&
        net_address_equal_ip(&address, &entry->remote);
    sip_uri_fini(&uri);
    return is_device ? peer_connect(world, "ua", world->ua_host, NULL, transport, &address, &tls, WIRE_UA)
                     : NULL;
}

struct wire *registrar_ua(struct world *world, unsigned domain)
{
    const struct registrar_entry *entry = find(world->run, domain);
    struct wire *wire;

    if (!entry)
        return NULL;
    if (profile_of(world->run)->calls_contact) {
        wire = to_contact(world, entry);
    } else {
        wire = wire_upon(world, entry->flow->connection);
        if (!wire)
            wire = peer_adopt(world, "ua", world->ua_host, entry->flow->connection);
    }
    if (wire && (!world->ua || domain == 0))
        world->ua = wire;
    return wire;
}

/* ---- the end of it, or of an instance of the device */

void registrar_forget(struct run *run)
{
    struct registrar *registrar = run->registrar;

    if (!registrar)
        return;
    registrar->is_awaited = false;
    loop_timer_stop(registrar->patience);
    while (registrar->entries)
        registrar_remove(registrar, registrar->entries->binding.aor);
    while (registrar->flows)
        registrar_flow_free(registrar->flows);
    registrar_note(registrar, "nothing came to the registrar");
}

void registrar_fini(struct run *run)
{
    struct registrar *registrar = run->registrar;

    if (!registrar)
        return;
    if (registrar->patience)
        registrar_forget(run);
    net_listener_free(registrar->listener);
    loop_timer_free(registrar->patience);
    net_credential_unref(registrar->credential);
    dns_zone_free(registrar->zone);
    free(registrar->domain);
    free(registrar);
    run->registrar = NULL;
}
