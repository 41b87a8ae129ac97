#include "run/make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_private.h"

bool make_is_needed(const struct device_profile *profile)
{
    return profile->stimulus_kind != DEVICE_FORWARD;
}

static bool is_call(const struct device_profile *profile)
{
    return profile->stimulus_kind == DEVICE_DIALOG || profile->stimulus_kind == DEVICE_REGISTRAR;
}

/* OPTIONS is what a scenario says that does not care. */
static bool is_any(const char *method)
{
    return !method || strcmp(method, "OPTIONS") == 0;
}

const char *make_method(const struct device_profile *profile, const char *method)
{
    if (!profile->sends_count)
        return method ? method : "OPTIONS";
    for (size_t i = 0; method && i < profile->sends_count; i++)
        if (!strcmp(profile->sends[i], method))
            return profile->sends[i];
    return profile->sends[0];
}

/* ---- the URI that the device is told: with the token, by which its request is known again */

static char *uri_with_token(const char *text, const char *token)
{
    struct sip_uri uri;
    char *user, *out;

    if (sip_uri_parse(text, &uri) != SIP_OK)
        return text_copy(text);
    user = uri.user ? text_format("%s.%s", uri.user, token) : text_copy(token);
    free(uri.user);
    uri.user = user;
    out = sip_uri_format(&uri);
    sip_uri_fini(&uri);
    return out ? out : text_copy(text);
}

/* ---- by stimulus/ */

static void on_change(struct stimulus *stimulus, void *arg)
{
    struct origin *origin = arg;
    struct world *world = origin->world;

    journal_world_note(world, "stimulus", origin->group ? origin->group->name : "barrier",
                       stimulus_text(stimulus));
    switch (stimulus_state(stimulus)) {
    case STIMULUS_SKIPPED:
        world_end(world, VERDICT_INCONCLUSIVE, 0, "%s.", stimulus_text(stimulus));
        world->outcome.is_soft = false; /* who skips it is not asked again */
        break;
    case STIMULUS_CANNOT:
        if (!world->is_over)
            world->outcome.because = text_copy("operator");
        world_end(world, VERDICT_NOT_APPLICABLE, 0, "%s.", stimulus_text(stimulus));
        break;
    case STIMULUS_WAITING:
    case STIMULUS_UNDER_WAY:
    case STIMULUS_DONE:
    case STIMULUS_FAILED:
        break;
    }
    world_wake(world);
}

struct parts { /* of the URI, for programs that take them apart */
    char *user, *host, *port, *transport, *ip, *dut_ip;
};

static struct parts take_apart(const struct origin *origin)
{
    struct parts parts = {0};
    const struct world *world = origin->world;
    struct sip_uri uri;
    const struct sip_param *transport;

    if (sip_uri_parse(origin->uri, &uri) != SIP_OK)
        return parts;
    transport = sip_params_find(&uri.params, "transport");
    parts.user = text_copy(uri.user ? uri.user : "");
    parts.host = uri.is_host_ipv6_reference ? text_format("[%s]", uri.host) : text_copy(uri.host);
    parts.port =
        text_format("%u", uri.port ? (unsigned)uri.port
                                   : (unsigned)net_transport_default_port(world->variant->transport));
    parts.transport = text_copy(
        transport && transport->value ? transport->value : net_transport_name(world->variant->transport));
    parts.ip = text_format("%d", world->variant->ip);
    parts.dut_ip = names_uri_ip(&world->device_address);
    sip_uri_fini(&uri);
    return parts;
}

static void stimulus_begin(struct origin *origin, const char *method, unsigned as)
{
    struct run *run = origin->world->run;
    struct parts parts = take_apart(origin);
    const struct device_setting settings[] = {{"uri", origin->uri},
                                              {"uri_user", parts.user},
                                              {"uri_host", parts.host},
                                              {"uri_port", parts.port},
                                              {"uri_transport", parts.transport},
                                              {"ip", parts.ip},
                                              {"dut_ip", parts.dut_ip},
                                              {"method", method},
                                              {"from", run->domains[as]},
                                              {"token", origin->token}};
    char *awaited = text_format("%s at %s", method, origin->uri);

    origin->stimulus = stimulus_new(run->stimulator, settings, sizeof settings / sizeof *settings, awaited,
                                    on_change, origin);
    if (!origin->stimulus)
        world_end(origin->world, VERDICT_ERROR, 0, "Out of memory.");
    free(awaited);
    free(parts.user);
    free(parts.host);
    free(parts.port);
    free(parts.transport);
    free(parts.ip);
    free(parts.dut_ip);
}

void make_begin(struct fiber *fiber, struct origin *origin, const char *method, const char *uri, unsigned as)
{
    const struct run *run = fiber->world->run;
    const struct device_profile *profile = run->options->profile;
    const char *comes = make_method(profile, method);

    origin->is_made = true;
    origin->is_substitute = is_any(method) && strcmp(comes, "INVITE") == 0;
    origin->uri = uri_with_token(uri, origin->token);
    origin->cseq = 0;
    free(origin->method);
    origin->method = text_copy(comes);
    if (as >= run->domain_count)
        world_end(fiber->world, VERDICT_ERROR, 0, "The device has no second domain to act for.");
    else if (is_call(profile))
        call_begin(fiber, origin, as);
    else
        stimulus_begin(origin, comes, as);
}

/* ---- looking at it */

bool make_has_begun(const struct origin *origin)
{
    if (origin->call)
        return call_has_begun(origin->call);
    return !origin->stimulus || stimulus_state(origin->stimulus) != STIMULUS_WAITING;
}

bool make_has_failed(const struct origin *origin)
{
    if (origin->call)
        return call_has_failed(origin->call);
    return origin->stimulus && stimulus_state(origin->stimulus) == STIMULUS_FAILED;
}

bool make_is_asking(const struct world *world)
{
    if (world->run->options->profile->stimulus_kind != DEVICE_OPERATOR)
        return false;
    for (const struct origin *origin = world->origins; origin; origin = origin->next)
        if (origin->stimulus && stimulus_state(origin->stimulus) <= STIMULUS_UNDER_WAY)
            return true;
    return false;
}

const char *make_text(const struct origin *origin)
{
    if (!origin || !origin->is_made)
        return NULL;
    if (origin->call)
        return call_text(origin->call);
    return origin->stimulus ? stimulus_text(origin->stimulus) : NULL;
}

void make_arrived(struct origin *origin)
{
    if (origin->stimulus)
        stimulus_arrived(origin->stimulus);
}

void make_free(struct origin *origin)
{
    stimulus_free(origin->stimulus);
    origin->stimulus = NULL;
    free(origin->uri);
}

static void on_line(const char *line, void *arg)
{
    instance_take_output(arg, line);
}

bool make_open(struct run *run, char *error, size_t error_size_bytes)
{
    const struct device_profile *profile = run->options->profile;
    struct stimulator_options options = {.loop = run->loop,
                                         .sandbox = run->options->sandbox,
                                         .profile = profile,
                                         .settings = run->settings,
                                         .setting_count = run->setting_count,
                                         .config_dir = run->config_dir,
                                         .console = {run->options->operator_in, run->options->operator_out},
                                         .on_output = on_line,
                                         .arg = run};

    if (profile->stimulus_kind != DEVICE_COMMAND && profile->stimulus_kind != DEVICE_HTTP &&
        profile->stimulus_kind != DEVICE_OPERATOR)
        return true;
    run->stimulator = stimulator_new(&options, error, error_size_bytes);
    return run->stimulator != NULL;
}
