/* What a run makes for its device: the names of its domains in DNS, certificates for them, the trust anchor
 * and the CRL as files, and the settings that templates of its configuration are filled with. */
#include "run/registrar.h"
#include "run/run_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remote/remote.h"

static char *keys_path(const struct run *run, const char *name)
{
    return text_format("%s/keys/%s", run->out_dir, name);
}

/* Readable for the user alone, and there whole or not at all. */
static bool write_secret(const char *path, const char *text, char *error, size_t error_size_bytes)
{
    char *temporary = text_format("%s.new", path);
    size_t length = strlen(text);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, text, length) == (ssize_t)length;

    if (fd >= 0 && close(fd))
        is_written = false;
    is_written = is_written && !rename(temporary, path);
    if (!is_written)
        snprintf(error, error_size_bytes, "%s cannot be written: %s", path, strerror(errno));
    free(temporary);
    return is_written;
}

static bool write_key_file(const struct run *run, const char *name, const char *text, char *error,
                           size_t error_size_bytes)
{
    char *path = keys_path(run, name);
    bool is_written = write_secret(path, text, error, error_size_bytes);

    free(path);
    return is_written;
}

bool dut_write_crl(struct run *run, char *error, size_t error_size_bytes)
{
    char *pem = certs_authority_crl_pem(run->authority);
    bool is_written = pem && write_key_file(run, "crl.pem", pem, error, error_size_bytes);

    if (!pem)
        snprintf(error, error_size_bytes, "the certificate revocation list cannot be made");
    free(pem);
    return is_written;
}

/* ---- domains */

static bool mint_domain(struct run *run, size_t index, char *error, size_t error_size_bytes)
{
    const char *domain = run->domains[index];
    char *texts[2] = {text_format("URI:sip:%s", domain), text_format("DNS:%s", domain)};
    char *name = text_format("dut-%zu.crt", index + 1), *key_name = text_format("dut-%zu.key", index + 1);
    struct certs_minted *minted = &run->domain_certificates[index];
    struct certs_san sans[2];
    struct certs_recipe recipe = {.sans = sans};
    bool is_good = true;

    while (is_good && recipe.san_count < 2) {
        is_good = certs_san_parse(texts[recipe.san_count], &sans[recipe.san_count], error, error_size_bytes);
        recipe.san_count += is_good;
    }
    is_good = is_good && certs_mint(run->authority, &recipe, minted, error, error_size_bytes) &&
              write_key_file(run, name, minted->chain_pem, error, error_size_bytes) &&
              write_key_file(run, key_name, minted->key_pem, error, error_size_bytes);
    for (size_t i = 0; i < recipe.san_count; i++)
        certs_san_fini(&sans[i]);
    free(texts[0]);
    free(texts[1]);
    free(name);
    free(key_name);
    return is_good;
}

static bool add_line(struct dns_zone *zone, char *line, char *error, size_t error_size_bytes)
{
    bool is_added = dns_zone_add(zone, line, error, error_size_bytes);

    free(line);
    return is_added;
}

/* In the order that the device is to be tried in: RFC 3263 §4.1, RFC 4168 §6. */
static const struct {
    enum net_transport transport;
    unsigned order;
    const char *naptr;
} offers[] = {{NET_TLS, 10, "SIPS+D2T"},
              {NET_TCP, 20, "SIP+D2T"},
              {NET_TLS_SCTP, 30, "SIPS+D2S"},
              {NET_SCTP, 40, "SIP+D2S"}};

static bool add_services(const struct run *run, struct dns_zone *zone, char *error, size_t error_size_bytes)
{
    const struct sandbox *sandbox = run->options->sandbox;
    const bool *has = run->options->profile->has_transport;
    const char *origin = dns_zone_origin(zone);
    unsigned plain = sandbox_device_port(sandbox, false), secure = sandbox_device_port(sandbox, true);
    bool is_good = true;

    for (size_t i = 0; i < sizeof offers / sizeof offers[0] && is_good; i++) {
        const char *service = net_transport_service(offers[i].transport);
        bool is_secure = net_transport_is_secure(offers[i].transport);

        if (!has[offers[i].transport])
            continue;
        is_good = add_line(zone, text_format("%s SRV 1 1 %u %s", service, is_secure ? secure : plain, origin),
                           error, error_size_bytes) &&
                  add_line(zone,
                           text_format("@ NAPTR %u 10 \"s\" \"%s\" \"\" %s.%s", offers[i].order,
                                       offers[i].naptr, service, origin),
                           error, error_size_bytes);
    }
    return is_good;
}

static bool make_zone(const struct run *run, const char *domain, char *error, size_t error_size_bytes)
{
    static const int families[] = {4, 6};
    struct dns_zone *zone = dns_zone_new(run->dns, domain, NULL);

    if (!zone) {
        snprintf(error, error_size_bytes, "the device's domain \"%s\" makes no zone", domain);
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        struct net_address address;
        char ip[NET_ADDRESS_TEXT_MAX];

        if (!(families[i] == 4 ? run->has_ip4 : run->has_ip6) ||
            !sandbox_device_address(run->options->sandbox, families[i], &address))
            continue;
        net_address_format_ip(&address, ip);
        if (!add_line(zone, text_format("@ %s %s", families[i] == 4 ? "A" : "AAAA", ip), error,
                      error_size_bytes))
            return false;
    }
    return add_services(run, zone, error, error_size_bytes);
}

bool dut_prepare(struct run *run, char *error, size_t error_size_bytes)
{
    const struct device_profile *profile = run->options->profile;
    const struct run_remote *remote = run->options->remote;
    char *folder = keys_path(run, "");
    bool is_good = !mkdir(folder, 0700) || errno == EEXIST;

    if (!is_good)
        snprintf(error, error_size_bytes, "%s cannot be made: %s", folder, strerror(errno));
    free(folder);
    is_good = is_good && write_key_file(run, "trust.pem", certs_authority_trust_pem(run->authority), error,
                                        error_size_bytes);
    for (size_t i = 0; is_good && i < profile->domain_count; i++) {
        run->domains[i] = device_domain_in(profile->domains[i], remote ? remote->event->label : run->label);
        run->domain_count = i + 1;
        /* A device across a network has its certificates already. */
        is_good = (remote || mint_domain(run, i, error, error_size_bytes)) &&
                  make_zone(run, run->domains[i], error, error_size_bytes);
    }
    if (is_good && !run->domain_count) {
        snprintf(error, error_size_bytes, "the profile names no domain");
        is_good = false;
    }
    return is_good;
}

/* ---- settings */

static void set(struct run *run, const char *name, char *value)
{
    run->settings[run->setting_count].name = name;
    run->settings[run->setting_count++].value = value;
}

static char *ip_text(const struct run *run, int family,
                     bool (*find)(const struct sandbox *sandbox, int family, struct net_address *out))
{
    struct net_address address;
    char ip[NET_ADDRESS_TEXT_MAX];

    if (!(family == 4 ? run->has_ip4 : run->has_ip6) || !find(run->options->sandbox, family, &address))
        return text_copy("");
    net_address_format_ip(&address, ip);
    return text_copy(ip);
}

/* What an association cannot have is nothing to listen on. */
static char *second_ip_text(const struct run *run, int family)
{
    return run->options->device_sctp == NET_SCTP_KERNEL ? ip_text(run, family, sandbox_device_second_address)
                                                        : text_copy("");
}

static void set_dns(struct run *run)
{
    struct net_address address;
    char ip[NET_ADDRESS_TEXT_MAX] = "";
    bool has = sandbox_dns_address(run->options->sandbox, run->has_ip4 ? 4 : 6, &address);

    if (has)
        net_address_format_ip(&address, ip);
    set(run, "dns_ip", text_copy(ip));
    set(run, "dns_port", text_format("%u", has ? (unsigned)address.port : 53));
}

static void set_account(struct run *run)
{
    const struct device_profile *profile = run->options->profile;
    bool has = profile->account_user && profile->account_password;

    set(run, "account_user", text_copy(has ? profile->account_user : ""));
    set(run, "account_password", text_copy(has ? profile->account_password : ""));
}

static void set_domains(struct run *run)
{
    static const char *const names[2][3] = {{"domain_one", "cert_one", "key_one"},
                                            {"domain_two", "cert_two", "key_two"}};

    for (size_t i = 0; i < 2; i++) {
        bool has = i < run->domain_count;
        char *certificate = text_format("dut-%zu.crt", i + 1), *key = text_format("dut-%zu.key", i + 1);

        set(run, names[i][0], text_copy(has ? run->domains[i] : ""));
        set(run, names[i][1], has ? keys_path(run, certificate) : text_copy(""));
        set(run, names[i][2], has ? keys_path(run, key) : text_copy(""));
        free(certificate);
        free(key);
    }
}

static char *fault_list(const char *const *faults)
{
    char *list = text_copy("");

    for (; faults && *faults; faults++) {
        char *longer = text_format("%s%s%s", list, *list ? "," : "", *faults);

        free(list);
        list = longer;
    }
    return list;
}

void dut_make_settings(struct run *run)
{
    const struct sandbox *sandbox = run->options->sandbox;

    run->settings = run_allocate(32, sizeof *run->settings);
    set(run, "dut_ip4", ip_text(run, 4, sandbox_device_address));
    set(run, "dut_ip6", ip_text(run, 6, sandbox_device_address));
    set(run, "dut_ip4_second", second_ip_text(run, 4));
    set(run, "dut_ip6_second", second_ip_text(run, 6));
    set(run, "sip_port", text_format("%u", (unsigned)sandbox_device_port(sandbox, false)));
    set(run, "sips_port", text_format("%u", (unsigned)sandbox_device_port(sandbox, true)));
    set_dns(run);
    set_domains(run);
    set_account(run);
    set(run, "trust_pem", keys_path(run, "trust.pem"));
    set(run, "crl_pem", keys_path(run, "crl.pem"));
    set(run, "faults", fault_list(run->options->device_faults));
    set(run, "sctp",
        text_copy(run->options->sctp == NET_SCTP_NONE ? "" : net_sctp_name(run->options->device_sctp)));
    set(run, "run", text_copy(run->label));
    registrar_make_settings(run, set);
    set(run, "enum_zone", text_format("e164.%s.test", run->label));
}

void dut_fini(struct run *run)
{
    for (size_t i = 0; i < run->setting_count; i++)
        free((void *)(uintptr_t)run->settings[i].value); /* const for the device, ours to free */
    free(run->settings);
    for (size_t i = 0; i < run->domain_count; i++) {
        free(run->domains[i]);
        certs_minted_fini(&run->domain_certificates[i]);
    }
}
