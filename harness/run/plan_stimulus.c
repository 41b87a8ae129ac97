/* What a device can be made to do, and what a scenario asks of it: decided before anything runs, so that a
 * message that does not come is never taken for a device that cannot. */
#include <stdlib.h>
#include <string.h>

#include "run/make.h"
#include "run/run_private.h"

/* A program is run, or a call is made, for each: more than these is a load that proxies are given. */
enum { MADE_AT_ONCE_MAX = 20 };

static const char FORWARDS_NONE[] = "A request is to be forwarded, and a user agent forwards none.";

struct look {
    const struct device_profile *profile;
    const struct scenario_variant *variant;
    struct strings stimuli, sends; /* their names so far; borrowed */
    char *reason;                  /* the first one; heap */
};

static void refuse(struct look *look, char *reason)
{
    if (look->reason)
        free(reason);
    else
        look->reason = reason;
}

/* "sip:bob@{peer.uri}:5060" names an address, "sip:bob@a.{zone}" something to be resolved. */
static bool is_address(const char *uri)
{
    const char *host = strchr(uri, '@');

    host = host ? host + 1 : strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
    if (*host != '{' || !strncmp(host, "{zone}", 6))
        return *host == '[' || (*host >= '0' && *host <= '9');
    host += strcspn(host, "}");
    return *host && (!host[1] || strchr(":;>?", host[1]));
}

static void remember(struct strings *names, char *name)
{
    char **items = name ? realloc(names->items, (names->count + 1) * sizeof *items) : NULL;

    if (!items)
        return;
    names->items = items;
    items[names->count++] = name;
}

static bool is_special(const struct scenario_message *message)
{
    return message->header_count || message->body || message->body_bytes || message->lower_vias.count ||
           message->sent_by || message->via_params;
}

static void look_at_made(struct look *look, const struct step_stimulate *step)
{
    const struct device_profile *profile = look->profile;
    const char *method = step->message.method;

    if (step->cancel || step->dialog)
        refuse(look,
               text_format("The device is not made to send a %s within a dialog of its own: its profile's "
                           "stimulus (%s) has no way to ask for one.",
                           step->cancel ? "CANCEL"
                           : method     ? method
                                        : "request",
                           profile->stimulus));
    else if (method && strcmp(method, "OPTIONS") != 0 && strcmp(make_method(profile, method), method) != 0)
        refuse(look, text_format("The device cannot be made to send %s: by its profile it sends %s.", method,
                                 profile->sends[0]));
    else if (step->message.routes.count)
        refuse(look, text_format("The device cannot be given a Route by its profile's stimulus (%s).",
                                 profile->stimulus));
    else if (is_special(&step->message))
        refuse(look,
               text_format("The device writes its own requests, and this one has to have a special form."));
    else if (profile->takes_no_sips_uri && step->message.uri && !strncmp(step->message.uri, "sips:", 5))
        refuse(look, text_format("The device cannot be given a sips URI by its profile's stimulus (%s).",
                                 profile->stimulus));
    else if (step->times > MADE_AT_ONCE_MAX)
        refuse(look, text_format("%u requests at once are wanted, and its profile's stimulus (%s) is for %d.",
                                 step->times, profile->stimulus, MADE_AT_ONCE_MAX));
    else if (look->variant->actor_count)
        refuse(look,
               text_format("Its requests would go to the reference implementation, whose answers nobody "
                           "passes back to us: that takes a proxy."));
}

/* A transport that the URI itself asks for, and the device has not; "sips:" is TLS, whatever it says. */
static bool asks_for_another_transport(const struct device_profile *profile, const char *uri)
{
    static const char parameter[] = ";transport=";
    const char *word = uri && !strncmp(uri, "sip:", 4) ? strstr(uri, parameter) : NULL;
    enum net_transport transport;
    char name[16];
    size_t length;

    if (!word)
        return false;
    word += strlen(parameter);
    length = strcspn(word, ";?>");
    if (length >= sizeof name)
        return false;
    memcpy(name, word, length);
    name[length] = '\0';
    return net_transport_parse(name, &transport) && !profile->has_transport[transport];
}

static void look_at_stimulate(struct look *look, const struct step_stimulate *step)
{
    const struct device_profile *profile = look->profile;

    remember(&look->stimuli, step->name);
    if (profile->stimulus_kind == DEVICE_NO_STIMULUS)
        refuse(look, text_format("The device cannot be made to send: its profile's stimulus is \"none\"."));
    else if (profile->locates_nothing && step->message.uri && !is_address(step->message.uri))
        refuse(look,
               text_format("The profile says that the device locates no servers (RFC 3263), and the next "
                           "hop here is a name."));
    else if (asks_for_another_transport(profile, step->message.uri))
        refuse(look, text_format("The profile has not the transport that %s asks for.", step->message.uri));
    else if (make_is_needed(profile))
        look_at_made(look, step);
}

/* What a proxy is given to forward, a user agent has no business with. */
static void look_at_send(struct look *look, const struct step_send *step)
{
    const char *uri = step->message.uri;

    remember(&look->sends, step->name);
    if (look->profile->is_user_agent && uri && !strstr(uri, "{dut"))
        refuse(look, text_format("%s", FORWARDS_NONE));
}

static bool is_about(const struct strings *names, const struct scenario_alternative *alternative)
{
    for (size_t i = 0; i < alternative->of.count; i++)
        if (match_strings_have(names, alternative->of.items[i]))
            return true;
    return false;
}

/* An error may come instead of the request; anything else is waited for. */
static bool wants_response(const struct scenario_alternative *alternative)
{
    return alternative->status_from < 300 || alternative->status_to < 699;
}

/* A step in which the stimulus's response decides, or its absence: a device that makes its requests by itself
 * passes none back. */
static void look_at_expect(struct look *look, const struct step_expect *step)
{
    bool judges_response = false, judges_else = false, wants = false, judges_silence = false;

    for (size_t i = 0; i < step->count; i++) {
        const struct scenario_alternative *alternative = &step->alternatives[i];

        if (alternative->match == MATCH_REQUEST && look->profile->is_user_agent &&
            is_about(&look->sends, alternative))
            refuse(look, text_format("%s", FORWARDS_NONE));
        if (alternative->match == MATCH_SILENCE)
            judges_silence |= alternative->verdict != VERDICT_NONE;
        if (alternative->match == MATCH_RESPONSE && is_about(&look->stimuli, alternative)) {
            judges_response |= alternative->verdict != VERDICT_NONE;
            wants |= wants_response(alternative);
        } else
            judges_else |= alternative->match != MATCH_SILENCE;
    }
    if (!make_is_needed(look->profile))
        return;
    if ((judges_response && (wants || !judges_else)) || (wants && judges_silence))
        refuse(look,
               text_format("It judges the response that a proxy passes back to the caller, and this device "
                           "makes its requests by itself."));
}

static void look_at_connect(struct look *look, const struct step_connect *step)
{
    if (look->profile->accepts_nothing)
        refuse(look, text_format("The profile says that the device accepts no connections."));
    else if (step->transport != look->variant->transport && !look->profile->has_transport[step->transport])
        refuse(look, text_format("The profile has no %s, over which a connection is made here.",
                                 net_transport_name(step->transport)));
}

static void look_at_close(struct look *look, const struct step_close *step)
{
    if (look->profile->accepts_nothing && step->mode == NET_CLOSE_RST && !step->is_uncertain)
        refuse(look, text_format("Only by answering our OPTIONS could the device show that it has seen a "
                                 "reset, and the profile says that it accepts no connections."));
}

static void look_at_soak(struct look *look)
{
    if (look->profile->stimulus_kind == DEVICE_NO_STIMULUS || make_is_needed(look->profile))
        refuse(look, text_format(
                         "The soak gives the device requests to forward, and by its profile it takes none."));
}

static void look_at_respond(struct look *look, const struct step_respond *step)
{
    if (look->profile->accepts_nothing && step->cut != SCENARIO_CUT_NONE)
        refuse(look, text_format("Only by answering our OPTIONS could the device show that it has read the "
                                 "first part of a response, and the profile says that it accepts no "
                                 "connections."));
}

static void look_at_steps(struct look *look, const struct scenario_steps *steps);

static void look_at_step(struct look *look, const struct scenario_step *step)
{
    switch (step->verb) {
    case STEP_STIMULATE:
        look_at_stimulate(look, &step->stimulate);
        break;
    case STEP_SEND:
        look_at_send(look, &step->send);
        break;
    case STEP_EXPECT:
        look_at_expect(look, &step->expect);
        break;
    case STEP_CONNECT:
        look_at_connect(look, &step->connect);
        break;
    case STEP_CLOSE:
        look_at_close(look, &step->close);
        break;
    case STEP_REPEAT:
        look_at_steps(look, &step->repeat.steps);
        break;
    case STEP_PARALLEL:
        for (size_t i = 0; i < step->parallel.count; i++)
            look_at_steps(look, &step->parallel.branches[i]);
        break;
    case STEP_SOAK:
        look_at_soak(look);
        break;
    case STEP_RESPOND:
        look_at_respond(look, &step->respond);
        break;
    case STEP_LISTEN:
    case STEP_CHECK:
    case STEP_CLOSE_PORT:
    case STEP_TELL:
    case STEP_LOSE:
    case STEP_RENEGOTIATE:
    case STEP_CHANGE_DNS:
    case STEP_WAIT:
    case STEP_ACTOR_SEND:
    case STEP_ACTOR_CLOSE:
    case STEP_OBSERVE:
        break;
    }
}

static void look_at_steps(struct look *look, const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count && !look->reason; i++)
        look_at_step(look, &steps->items[i]);
}

char *plan_stimulus_reason(const struct device_profile *profile, const struct scenario_variant *variant)
{
    struct look look = {.profile = profile, .variant = variant};

    if (profile->accepts_nothing && !variant->is_client)
        return text_format("The profile says that the device accepts no connections.");
    look_at_steps(&look, &variant->steps);
    free(look.stimuli.items);
    free(look.sends.items);
    return look.reason;
}
