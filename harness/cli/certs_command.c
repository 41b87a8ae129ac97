/* `sipreuse certs export`: what the operator of a device across a network installs. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "certs/certs.h"
#include "remote/remote.h"

#define EVENT_DEFAULT "sipreuse-event"
enum { OPT_DEVICE, OPT_DOMAIN, OPT_EVENT, OPT_ZONE, OPT_OUT, OPT_DEVICES };

static const struct cli_option options[] = {
    [OPT_DEVICE] = {"device", "NAME|FILE", "for the domains of this profile", 'd'},
    [OPT_DOMAIN] = {"domain", "NAME", "for this domain; several", '\0'},
    [OPT_EVENT] = {"event", "DIR", "where trust anchor and zone are kept (default: ./sipreuse-event)", '\0'},
    [OPT_ZONE] = {"zone", "NAME", "the zone that will be delegated to us (default: LABEL.sipreuse.test)",
                  '\0'},
    [OPT_OUT] = {"out", "DIR", "where the files go (default: DIR/device in the event's folder)", 'o'},
    [OPT_DEVICES] = {"devices", "DIR", "profiles from another folder", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "certs",
    .arguments = "export (--device NAME|FILE | --domain NAME...) [options]",
    .summary = "Writes the event's trust anchor, and a certificate with its key for each domain of a device "
               "across a "
               "network. The anchor is made when there is none; every later run of the event uses it.",
    .options = options,
    .more = "Key files are readable for their owner alone. Exit status: 0 written; 2 usage or a bad file; 3 "
            "it could "
            "not be done.",
};

struct export
{
    const char *device, *event_folder, *zone, *out, *devices;
    const char *domains[DEVICE_DOMAINS_MAX];
    size_t domain_count;
    bool is_export;
};

static bool take(int option, const char *value, void *arg)
{
    struct export *export = arg;
    const char **const places[] = {[OPT_DEVICE] = &export->device,
                                   [OPT_EVENT] = &export->event_folder,
                                   [OPT_ZONE] = &export->zone,
                                   [OPT_OUT] = &export->out,
                                   [OPT_DEVICES] = &export->devices};
    if (option == CLI_ARGUMENT) {
        if (!export->is_export && strcmp(value, "export") == 0)
            return export->is_export = true;
        cli_fail(CLI_USAGE, "'%s' is nothing that certs does; write 'sipreuse certs export'", value);
        return false;
    }
    if (option != OPT_DOMAIN) {
        *places[option] = value;
        return true;
    }
    if (!device_domain_is_valid(value)) {
        cli_fail(CLI_USAGE, "--domain '%s' is no domain name; write it in lower case, as one.example", value);
        return false;
    }
    if (export->domain_count == DEVICE_DOMAINS_MAX) {
        cli_fail(CLI_USAGE, "--domain '%s' is one too many; at most %d at once", value, DEVICE_DOMAINS_MAX);
        return false;
    }
    export->domains[export->domain_count++] = value;
    return true;
}

static bool write_domain(struct certs_authority *authority, const char *domain, const char *folder)
{
    char names[2][600], error[512] = "", file[300];
    struct certs_san sans[2];
    struct certs_recipe recipe = {.sans = sans};
    struct certs_minted minted = {0};
    snprintf(names[0], sizeof names[0], "URI:sip:%s", domain);
    snprintf(names[1], sizeof names[1], "DNS:%s", domain);
    while (recipe.san_count < 2 &&
           certs_san_parse(names[recipe.san_count], &sans[recipe.san_count], error, sizeof error))
        recipe.san_count++;
    bool is_good = recipe.san_count == 2 && certs_mint(authority, &recipe, &minted, error, sizeof error);
    snprintf(file, sizeof file, "%s.key", domain);
    is_good = is_good && remote_write_file(folder, file, minted.key_pem, true, error, sizeof error);
    snprintf(file, sizeof file, "%s.crt", domain);
    is_good = is_good && remote_write_file(folder, file, minted.chain_pem, false, error, sizeof error);
    if (is_good)
        printf("%s/%s  and .key  SHA-256 %s\n", folder, file, minted.fingerprint);
    else
        cli_fail(CLI_IMPOSSIBLE, "no certificate for %s: %s", domain, error);
    for (size_t i = 0; i < recipe.san_count; i++)
        certs_san_fini(&sans[i]);
    certs_minted_fini(&minted);
    return is_good;
}

static int write_all(const struct export *export, const struct remote_event *event, const char *folder)
{
    const char *why = "";
    char error[512] = "";
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return cli_fail(CLI_IMPOSSIBLE, "'%s' cannot be made: %s; give --out another folder", folder,
                        strerror(errno));
    if (!remote_write_file(folder, "trust-anchor.pem", event->trust_pem, false, error, sizeof error))
        return cli_fail(CLI_IMPOSSIBLE, "%s", error);
    printf("%s/trust-anchor.pem  SHA-256 %s\n", folder, event->fingerprint);
    struct certs_authority *authority =
        certs_authority_load((int64_t)time(NULL), event->trust_pem, event->key_pem, &why);
    if (!authority)
        return cli_fail(CLI_IMPOSSIBLE, "the trust anchor cannot be used: %s", why);
    bool is_good = true;
    for (size_t i = 0; i < export->domain_count && is_good; i++) {
        char *domain = device_domain_in(export->domains[i], event->label);
        is_good = write_domain(authority, domain, folder);
        free(domain);
    }
    certs_authority_free(authority);
    if (is_good)
        printf("zone  %s\n", event->zone);
    return is_good ? CLI_GOOD : CLI_IMPOSSIBLE;
}

/* The profile's domains, after those named one by one. */
static int add_profile(struct export *export, struct device_profile **profile)
{
    struct cli_paths paths;
    if (!export->device)
        return CLI_GOOD;
    if (!cli_paths_find(&paths, NULL, NULL, export->devices)) {
        cli_paths_fini(&paths);
        return CLI_USAGE;
    }
    *profile = cli_profile_load(&paths, export->device);
    cli_paths_fini(&paths);
    if (!*profile)
        return CLI_USAGE;
    for (size_t i = 0; i < (*profile)->domain_count && export->domain_count < DEVICE_DOMAINS_MAX; i++)
        export->domains[export->domain_count++] = (*profile)->domains[i];
    return CLI_GOOD;
}

static int export_all(struct export *export)
{
    struct device_profile *profile = NULL;
    struct remote_event event = {0};
    char error[1024] = "", *folder = NULL;
    int status = add_profile(export, &profile);
    if (status == CLI_GOOD && !export->domain_count)
        status = cli_fail(CLI_USAGE,
                          "certs export needs a device or a domain; add --device NAME or --domain NAME");
    if (status == CLI_GOOD && !remote_event_open(export->event_folder ? export->event_folder : EVENT_DEFAULT,
                                                 export->zone, &event, error, sizeof error))
        status = cli_fail(CLI_USAGE, "the event cannot be used: %s", error);
    if (status == CLI_GOOD) {
        folder = export->out ? strdup(export->out) : cli_path_join(event.folder, "device");
        status = folder ? write_all(export, &event, folder) : CLI_IMPOSSIBLE;
    }
    free(folder);
    remote_event_fini(&event);
    device_profile_free(profile);
    return status;
}

int cli_certs(int argc, char **argv)
{
    struct export export = {0};
    int status = cli_take_all(&usage, argc, argv, take, &export);
    if (status != CLI_GOOD)
        return status == RUN_REQUEST_HELP ? CLI_GOOD : status;
    if (!export.is_export)
        return cli_fail(CLI_USAGE, "certs does one thing; write 'sipreuse certs export'");
    return export_all(&export);
}
