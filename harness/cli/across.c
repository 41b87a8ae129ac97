/* A run across a network: the event, what the user brought, the plan, the page for the operator. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs.h"
#include "remote/remote.h"
#include "run/run.h"

#define EVENT_DEFAULT "sipreuse-event"
enum { BUNDLE_MAX_BYTES = 1 << 20, PASSWORD_MAX_BYTES = 4096, CHECK_PORTS = 2, REGISTRAR_PORTS = 1 };

uint8_t *cli_file_read(const char *path, size_t max_bytes, size_t *size_bytes)
{
    FILE *in = fopen(path, "re");
    uint8_t *bytes = in ? malloc(max_bytes + 2) : NULL;
    *size_bytes = bytes ? fread(bytes, 1, max_bytes + 1, in) : 0;
    bool is_good = bytes && !ferror(in) && *size_bytes <= max_bytes;
    if (!is_good)
        cli_fail(CLI_USAGE, "'%s' cannot be read: %s", path,
                 *size_bytes > max_bytes ? "it is too large" : strerror(errno));
    if (in)
        fclose(in);
    if (is_good) {
        bytes[*size_bytes] = '\0';
        return bytes;
    }
    free(bytes);
    return NULL;
}

/* The first line of a file; heap, NULL: reported. */
static char *read_password(const char *path)
{
    size_t size_bytes;
    char *password = (char *)cli_file_read(path, PASSWORD_MAX_BYTES, &size_bytes);
    if (password)
        password[strcspn(password, "\r\n")] = '\0';
    return password;
}

/* What one of the two options names, "trust" or "client-cert"; password_file NULL: it has none. */
struct bundle {
    const char *option, *path, *password_option, *password_file;
    bool wants_key;
};

static bool read_bundle(const struct bundle *bundle, char **chain_pem, char **key_pem)
{
    char error[256] = "";
    size_t size_bytes;
    char *password = bundle->password_file ? read_password(bundle->password_file) : NULL;
    if (bundle->password_file && !password)
        return false;
    uint8_t *bytes = cli_file_read(bundle->path, BUNDLE_MAX_BYTES, &size_bytes);
    bool is_good = bytes && certs_bundle_read(bytes, size_bytes, password, bundle->wants_key, chain_pem,
                                              key_pem, error, sizeof error);
    if (bytes && !is_good)
        cli_fail(CLI_USAGE, "--%s '%s': %s (--%s FILE: its first line is the password)", bundle->option,
                 bundle->path, error, bundle->password_option);
    free(bytes);
    free(password);
    return is_good;
}

static bool read_bundles(struct cli_across *across, const struct cli_remote *remote)
{
    const struct bundle trust = {"trust", remote->trust, "trust-password-file", remote->trust_password,
                                 false};
    const struct bundle client = {"client-cert", remote->client, "client-password-file",
                                  remote->client_password, true};
    char *no_key = NULL;
    return (!remote->trust || read_bundle(&trust, &across->trust_pem, &no_key)) &&
           (!remote->client || read_bundle(&client, &across->client_chain_pem, &across->client_key_pem));
}

int cli_across_open(struct cli_across *across, const struct cli_remote *remote)
{
    char error[1024] = "";
    across->event = calloc(1, sizeof *across->event);
    across->run = calloc(1, sizeof *across->run);
    if (!across->event || !across->run)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    if (!remote_event_open(remote->event_folder ? remote->event_folder : EVENT_DEFAULT, remote->zone,
                           across->event, error, sizeof error))
        return cli_fail(CLI_USAGE, "the event cannot be used: %s", error);
    across->anchor_path = cli_path_join(across->event->folder, "anchor.pem");
    if (!read_bundles(across, remote))
        return CLI_USAGE;
    across->site = (struct sandbox_remote){.device = {remote->device[0], remote->device[1]},
                                           .sip_port = remote->sip_port,
                                           .sips_port = remote->sips_port,
                                           .addresses = remote->addresses,
                                           .address_count = remote->address_count,
                                           .dns_port = remote->dns_port,
                                           .first_port = remote->first_port,
                                           .last_port = remote->last_port};
    *across->run = (struct run_remote){.event = across->event,
                                       .anchor_path = across->anchor_path,
                                       .trust_pem = across->trust_pem,
                                       .client_chain_pem = across->client_chain_pem,
                                       .client_key_pem = across->client_key_pem};
    return CLI_GOOD;
}

struct run_plan *cli_across_plan(struct cli_across *across, const struct cli_request *request,
                                 const struct cli_material *material)
{
    struct run_site site = {.has_device = {request->has_ip4 && across->site.device[0].family,
                                           request->has_ip6 && across->site.device[1].family},
                            .has_dns = across->site.dns_port != 0};
    for (size_t i = 0; i < across->site.address_count; i++)
        site.addresses[across->site.addresses[i].family == 6]++;
    struct run_plan *plan = run_plan_make_remote(&material->selection, material->profile, &site);
    across->run->check_port = plan->ports;
    across->site.ports = plan->ports + CHECK_PORTS + REGISTRAR_PORTS;
    return plan;
}

void cli_across_page(const struct cli_across *across, const struct device_profile *profile, FILE *out)
{
    char *domains[DEVICE_DOMAINS_MAX];
    struct remote_page page = {.event = across->event,
                               .anchor_path = across->anchor_path,
                               .device = {across->site.device[0], across->site.device[1]},
                               .sip_port = across->site.sip_port,
                               .sips_port = across->site.sips_port,
                               .has_tcp = profile->has_transport[NET_TCP],
                               .has_tls = profile->has_transport[NET_TLS],
                               .has_dns = across->site.dns_port != 0,
                               .requests_certificate = profile->requests_certificate,
                               .addresses = across->site.addresses,
                               .address_count = across->site.address_count,
                               .dns_port = across->site.dns_port,
                               .first_port = across->site.first_port,
                               .last_port = across->site.last_port,
                               .domains = (const char *const *)domains,
                               .domain_count = profile->domain_count,
                               .has_own_ca = across->trust_pem != NULL,
                               .registers_over = profile->stimulus_kind == DEVICE_REGISTRAR
                                                     ? net_transport_name(profile->stimulus_transport)
                                                     : NULL,
                               .registers_as = profile->digest_count ? profile->account_user : NULL};
    for (size_t i = 0; i < profile->domain_count; i++)
        domains[i] = device_domain_in(profile->domains[i], across->event->label);
    remote_page_print(&page, out);
    for (size_t i = 0; i < profile->domain_count; i++)
        free(domains[i]);
}

void cli_across_fini(struct cli_across *across)
{
    if (across->event)
        remote_event_fini(across->event);
    free(across->event);
    free(across->run);
    free(across->anchor_path);
    free(across->trust_pem);
    free(across->client_chain_pem);
    free(across->client_key_pem);
    *across = (struct cli_across){0};
}
