/* Where the registrar is, what it shows over TLS, and what a profile is told of it. */
#include "run/registrar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/remote.h"
#include "run/run_private.h"

enum { CHECK_PORTS = 2 /* across a network the check's come first */ };

static bool mint(struct registrar *registrar, char *error, size_t error_size_bytes)
{
    const struct run *run = registrar->run;
    char ip[NET_ADDRESS_TEXT_MAX];
    struct certs_san sans[4];
    struct certs_recipe recipe = {.sans = sans};
    struct certs_minted minted = {0};
    const char *text = error;
    char *names[4];

    net_address_format_ip(&registrar->address, ip);
    names[0] = text_format("URI:sip:%s", registrar->domain);
    names[1] = text_format("DNS:%s", registrar->domain);
    names[2] = text_format("URI:sip:%s", ip); /* for who is given no names */
    names[3] = text_format("IP:%s", ip);
    while (recipe.san_count < 4 &&
           certs_san_parse(names[recipe.san_count], &sans[recipe.san_count], error, error_size_bytes))
        recipe.san_count++;
    if (recipe.san_count == 4 && certs_mint(run->authority, &recipe, &minted, error, error_size_bytes))
        registrar->credential = net_credential_new(minted.chain_pem, minted.key_pem, &text);
    for (size_t i = 0; i < recipe.san_count; i++)
        certs_san_fini(&sans[i]);
    for (size_t i = 0; i < 4; i++)
        free(names[i]);
    certs_minted_fini(&minted);
    if (!registrar->credential && text != error)
        snprintf(error, error_size_bytes, "%s", text);
    return registrar->credential != NULL;
}

static bool make_zone(struct registrar *registrar, char *error, size_t error_size_bytes)
{
    enum net_transport transport = registrar->run->options->profile->stimulus_transport;
    bool is_good;
    char ip[NET_ADDRESS_TEXT_MAX], *lines[2];

    net_address_format_ip(&registrar->address, ip);
    registrar->zone = dns_zone_new(registrar->run->dns, registrar->domain, NULL);
    lines[0] = text_format("@ %s %s", registrar->address.family == 6 ? "AAAA" : "A", ip);
    lines[1] = text_format("%s SRV 1 1 %u %s.", net_transport_service(transport),
                           (unsigned)registrar->address.port, registrar->domain);
    is_good = registrar->zone != NULL;
    for (size_t i = 0; i < 2; i++) {
        is_good = is_good && dns_zone_add(registrar->zone, lines[i], error, error_size_bytes);
        free(lines[i]);
    }
    return is_good;
}

static bool listen_for_devices(struct registrar *registrar, char *error, size_t error_size_bytes)
{
    const struct run *run = registrar->run;
    struct net_listen_options options = {
        .transport = run->options->profile->stimulus_transport,
        .local = registrar->address,
        .tls = {.credential = registrar->credential, .request_certificate = true, .has_no_resumption = true},
        .handshake_timeout_ms = run_scaled_ms(run, RUN_CONNECT_MS),
        .on_accept = registrar_flow_accept,
        .arg = registrar};
    char text[NET_ADDRESS_TEXT_MAX];

    registrar->listener = net_listen(run->net, &options);
    if (registrar->listener)
        return true;
    net_address_format(&registrar->address, text);
    snprintf(error, error_size_bytes, "the registrar cannot listen on %s: %s", text, strerror(errno));
    return false;
}

static void place(struct registrar *registrar)
{
    const struct run *run = registrar->run;
    const struct run_remote *remote = run->options->remote;
    enum net_transport transport = run->options->profile->stimulus_transport;
    unsigned short first = sandbox_first_port(run->options->sandbox);

    sandbox_harness_address(run->options->sandbox, run->has_ip4 ? 4 : 6, 0, &registrar->address);
    registrar->address.port =
        remote ? (uint16_t)(first + remote->check_port + CHECK_PORTS) : net_transport_default_port(transport);
    registrar->domain = remote ? text_format("registrar.%s", remote->event->zone)
                               : text_format("registrar.%s.test", run->label);
}

/* Whom it asks for credentials, by the profile's "digest". */
static bool take_account(struct registrar *registrar, char *error, size_t error_size_bytes)
{
    const struct device_profile *profile = registrar->run->options->profile;

    registrar->account = (struct proof_account){.realm = registrar->domain,
                                                .user = profile->account_user,
                                                .password = profile->account_password,
                                                .algorithms = (const char *const *)profile->digests,
                                                .algorithm_count = profile->digest_count};
    if (!profile->digest_count || profile->account_password)
        return true;
    snprintf(
        error, error_size_bytes,
        "the registrar asks for the account's password, and the environment variable that holds it is not "
        "set ('password_env' of the profile's account)");
    return false;
}

bool registrar_open(struct run *run, char *error, size_t error_size_bytes)
{
    struct registrar *registrar;

    if (run->options->profile->stimulus_kind != DEVICE_REGISTRAR)
        return true;
    registrar = run->registrar = run_allocate(1, sizeof *registrar);
    registrar->run = run;
    registrar->patience = loop_timer_new(run->loop, registrar_on_impatient, registrar);
    place(registrar);
    registrar_note(registrar, "nothing came to the registrar");
    snprintf(error, error_size_bytes, "the registrar cannot be made");
    return registrar->patience && take_account(registrar, error, error_size_bytes) &&
           make_zone(registrar, error, error_size_bytes) && mint(registrar, error, error_size_bytes) &&
           listen_for_devices(registrar, error, error_size_bytes);
}

void registrar_make_settings(struct run *run, void (*set)(struct run *run, const char *name, char *value))
{
    const struct registrar *registrar = run->registrar;
    const char *transport = net_transport_name(run->options->profile->stimulus_transport);
    struct net_address unused;
    char address[NET_ADDRESS_TEXT_MAX] = "", ip[NET_ADDRESS_TEXT_MAX] = "";
    bool has_names = !run->options->profile->locates_nothing && registrar &&
                     sandbox_dns_address(run->options->sandbox, registrar->address.family, &unused);

    if (registrar) {
        net_address_format(&registrar->address, address);
        net_address_format_ip(&registrar->address, ip);
    }
    set(run, "registrar_uri",
        registrar ? text_format("sip:%s;transport=%s", has_names ? registrar->domain : address, transport)
                  : text_copy(""));
    set(run, "registrar_domain", text_copy(registrar ? registrar->domain : ""));
    set(run, "registrar_ip", text_copy(ip));
    set(run, "registrar_port",
        registrar ? text_format("%u", (unsigned)registrar->address.port) : text_copy(""));
}
