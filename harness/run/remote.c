/* A device that is there already: nothing is started and nothing is stopped. Before the first scenario it is
 * asked whether a run makes sense. */
#include "run/registrar.h"
#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remote/remote.h"

enum { TEN_YEARS_S = 3650 * 86400 };

bool remote_prepare(struct run *run)
{
    const struct run_remote *remote = run->options->remote;
    const char *text = "";

    run->authority =
        certs_authority_load((int64_t)time(NULL), remote->event->trust_pem, remote->event->key_pem, &text);
    if (!run->authority) {
        run_fail(run, RUN_FAILED, "the trust anchor in %s cannot be used: %s", remote->event->folder, text);
        return false;
    }
    if (remote->trust_pem)
        run->trust_pem = text_format("%s\n%s", certs_authority_trust_pem(run->authority), remote->trust_pem);
    if (remote->client_chain_pem)
        run->client = net_credential_new(remote->client_chain_pem, remote->client_key_pem, &text);
    if (remote->client_chain_pem && !run->client)
        run_fail(run, RUN_FAILED, "the client certificate cannot be used: %s", text);
    return run->outcome == RUN_DONE;
}

/* Of a host that the device has never heard of, by the anchor that it has to trust. */
static struct net_credential *mint(struct run *run, const char *zone, bool is_wide)
{
    char *names[] = {text_format("URI:sip:%s", zone), text_format("DNS:%s", zone),
                     text_format("DNS:host.%s", zone)};
    struct certs_san sans[3];
    struct certs_recipe recipe = {.sans = sans};
    struct certs_minted minted = {0};
    struct net_credential *credential = NULL;
    char error[RUN_SENTENCE_MAX] = "";
    const char *text = error;

    if (is_wide) {
        recipe.not_before_s = -TEN_YEARS_S;
        recipe.not_after_s = TEN_YEARS_S;
    }
    while (recipe.san_count < 3 &&
           certs_san_parse(names[recipe.san_count], &sans[recipe.san_count], error, sizeof error))
        recipe.san_count++;
    if (recipe.san_count == 3 && certs_mint(run->authority, &recipe, &minted, error, sizeof error))
        credential = net_credential_new(minted.chain_pem, minted.key_pem, &text);
    if (!credential)
        run_fail(run, RUN_FAILED, "the certificate of the check cannot be made: %s", text);
    for (size_t i = 0; i < recipe.san_count; i++)
        certs_san_fini(&sans[i]);
    for (size_t i = 0; i < 3; i++)
        free(names[i]);
    certs_minted_fini(&minted);
    return credential;
}

static void on_checked(struct remote_check *check, const struct remote_diagnosis *diagnosis, void *arg)
{
    struct run *run = arg;

    (void)check;
    if (diagnosis->trouble == REMOTE_FINE) {
        journal_run_text(run, "device", "ready", diagnosis->text);
        if (run->registrar) {
            registrar_await(run);
            return;
        }
        run->is_ready = true;
        run_wake(run);
        return;
    }
    journal_run_text(run, "device", "never-ready", diagnosis->text);
    run_fail(run, RUN_DEVICE_FAILED, "%s: %s Try this: %s", remote_trouble_name(diagnosis->trouble),
             diagnosis->text, diagnosis->remedy);
}

/* What a resolver asks that follows the delegation step by step (RFC 9156): the event's zone is there, and so
 * is the run's name in it. The scenarios' zones lie below. */
static bool make_apex(struct run *run)
{
    struct dns_zone *zone = dns_zone_new(run->dns, run->options->remote->event->zone, NULL);
    char error[RUN_SENTENCE_MAX] = "it exists or is malformed";
    char *line = text_format("%s TXT \"sipreuse\"", run->label);
    bool is_made = zone && dns_zone_add(zone, line, error, sizeof error);

    if (!is_made)
        run_fail(run, RUN_FAILED, "the zone %s cannot be made: %s", run->options->remote->event->zone, error);
    free(line);
    return is_made;
}

/* Of the family that the run uses: IPv4 where it has both, as the device's stimuli do. */
static bool begin_check(struct run *run)
{
    const struct run_options *options = run->options;
    const struct device_profile *profile = options->profile;
    const struct sandbox *sandbox = options->sandbox;
    int family = run->has_ip4 ? 4 : 6;
    char *zone = text_format("check.%s.%s", run->label, options->remote->event->zone);
    struct net_credential *credential = mint(run, zone, false), *wide = mint(run, zone, true);
    struct remote_check_options check = {
        .net = run->net,
        .sip_port = sandbox_device_port(sandbox, false),
        .sips_port = sandbox_device_port(sandbox, true),
        .has_tcp = profile->has_transport[NET_TCP],
        .has_tls = profile->has_transport[NET_TLS],
        .is_forwarding =
            profile->stimulus_kind == DEVICE_FORWARD && profile->next_hop == DEVICE_BY_REQUEST_URI,
        .stimulus_transport = profile->stimulus_transport,
        .port = (uint16_t)(sandbox_first_port(sandbox) + options->remote->check_port),
        .domain = run->domains[0],
        .zone = zone,
        .anchor_path = options->remote->anchor_path,
        .credential = credential,
        .wide = wide,
        .client = run->client,
        .on_done = on_checked,
        .arg = run};

    if (sandbox_dns_address(sandbox, family, &check.dns_address))
        check.dns = run->dns;
    sandbox_device_address(sandbox, family, &check.device);
    sandbox_harness_address(sandbox, family, 0, &check.us);
    run->check = credential && wide ? remote_check_new(&check) : NULL;
    free(zone);
    net_credential_unref(credential);
    net_credential_unref(wide);
    if (!run->check)
        run_fail(run, RUN_FAILED, "the check of the device cannot be made");
    return run->check != NULL;
}

bool remote_start(struct run *run)
{
    run->is_ready = run->has_stopped = run->has_crashed = run->is_never_ready = false;
    run->instances++;
    if (!run->check)
        return make_apex(run) && begin_check(run);
    /* checked before, and still as it was */
    if (run->registrar)
        registrar_await(run);
    else
        run->is_ready = true;
    return true;
}

void remote_query(struct run *run, const struct dns_query *query)
{
    if (run->check)
        remote_check_query(run->check, query);
}

void remote_fini(struct run *run)
{
    remote_check_free(run->check);
    net_credential_unref(run->client);
    free(run->trust_pem);
}
