/* How the profile says that the device is made to send. */
#include "device/device_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    [DEVICE_FORWARD] = "forward", [DEVICE_DIALOG] = "dialog", [DEVICE_REGISTRAR] = "registrar",
    [DEVICE_COMMAND] = "command", [DEVICE_HTTP] = "http",     [DEVICE_OPERATOR] = "operator",
    [DEVICE_NO_STIMULUS] = "none"};
static const char *const next_hops[] = {
    [DEVICE_BY_REQUEST_URI] = "request-uri", [DEVICE_BY_ROUTE] = "route", [DEVICE_BY_NUMBER] = "number"};
static const char *const calls[] = {[DEVICE_AFTER_REFER] = "REFER",
                                    [DEVICE_AFTER_REFER_IN_CALL] = "REFER in a call",
                                    [DEVICE_AFTER_SUBSCRIBE] = "SUBSCRIBE",
                                    [DEVICE_AFTER_INVITE] = "INVITE"};

/* The position of a word; 0 when it is absent (the schema has refused what is none). */
static unsigned find_word(const struct document_value *value, const char *const *words, size_t count)
{
    const char *word = document_string(value);
    for (size_t i = 0; word && i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return (unsigned)i;
    }
    return 0;
}

static char *copy_member(const struct document_value *object, const char *name)
{
    const char *text = document_string(document_member(object, name));
    return text ? strdup(text) : NULL;
}

/* What is sent by itself, where the profile does not say so. */
static const char *usual_method(const struct device_profile *profile)
{
    if (profile->stimulus_kind != DEVICE_DIALOG && profile->stimulus_kind != DEVICE_REGISTRAR)
        return NULL;
    switch (profile->call) {
    case DEVICE_AFTER_REFER:
    case DEVICE_AFTER_REFER_IN_CALL:
        return "INVITE";
    case DEVICE_AFTER_SUBSCRIBE:
        return "NOTIFY";
    case DEVICE_AFTER_INVITE:
        return "BYE";
    }
    return NULL;
}

void device_stimulus_read(struct device_profile *profile, const struct document_value *stimulus)
{
    const struct document_value *sends = document_member(stimulus, "sends");
    enum net_transport transport;
    const char *usual;
    profile->stimulus = copy_member(stimulus, "kind");
    profile->stimulus_kind = (enum device_stimulus)find_word(document_member(stimulus, "kind"), kinds,
                                                             sizeof kinds / sizeof kinds[0]);
    profile->next_hop = (enum device_next_hop)find_word(document_member(stimulus, "next_hop"), next_hops,
                                                        sizeof next_hops / sizeof next_hops[0]);
    profile->call = (enum device_call)find_word(document_member(stimulus, "after"), calls,
                                                sizeof calls / sizeof calls[0]);
    profile->calls_contact = document_member(stimulus, "through") &&
                             strcmp(document_string(document_member(stimulus, "through")), "contact") == 0;
    for (size_t i = 0; i < document_count(document_member(stimulus, "digest")); i++)
        profile->digests[profile->digest_count++] =
            strdup(document_string(document_at(document_member(stimulus, "digest"), i)));
    profile->number_uri = copy_member(stimulus, "number_uri");
    profile->event = copy_member(stimulus, "event");
    profile->takes_no_sips_uri =
        document_member(stimulus, "sips") && !document_boolean(document_member(stimulus, "sips"));
    usual = usual_method(profile);
    if (!sends && usual)
        profile->sends[profile->sends_count++] = strdup(usual);
    else if (document_string(sends))
        profile->sends[profile->sends_count++] = strdup(document_string(sends));
    else
        for (size_t i = 0; i < document_count(sends); i++)
            profile->sends[profile->sends_count++] = strdup(document_string(document_at(sends, i)));
    if (net_transport_parse(document_string(document_member(stimulus, "transport")), &transport))
        profile->stimulus_transport = transport;
}

void device_stimulus_fini(struct device_profile *profile)
{
    free(profile->stimulus);
    free(profile->number_uri);
    free(profile->event);
    for (size_t i = 0; i < profile->sends_count; i++)
        free(profile->sends[i]);
    for (size_t i = 0; i < profile->digest_count; i++)
        free(profile->digests[i]);
}

/* Which members a kind has to have, and which it may have beside. */
enum { STIMULUS_ALLOWED_MAX = 6 };
struct shape {
    const char *required[2];
    const char *allowed[STIMULUS_ALLOWED_MAX];
};
static const struct shape shapes[] = {
    [DEVICE_FORWARD] = {{"transport"}, {"next_hop", "number_uri"}},
    [DEVICE_DIALOG] = {{"transport", "after"}, {"event", "sends", "sips"}},
    [DEVICE_REGISTRAR] = {{"transport", "after"},
                          {"through", "digest", "event", "sends", "sips", "timeout_s"}},
    [DEVICE_COMMAND] = {{"argv"}, {"environment", "sends", "sips", "timeout_s", "at_once"}},
    [DEVICE_HTTP] = {{"http"}, {"sends", "sips", "timeout_s", "at_once"}},
    [DEVICE_OPERATOR] = {{"instruction"}, {"sends", "sips", "timeout_s"}},
    [DEVICE_NO_STIMULUS] = {{NULL}, {NULL}},
};

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count && names[i]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool check_members(const struct device_profile *profile, const struct document_value *stimulus,
                          struct diagnostic *diagnostic)
{
    const struct shape *shape = &shapes[profile->stimulus_kind];
    char sentence[160];
    for (size_t i = 0; i < 2 && shape->required[i]; i++) {
        if (!document_member(stimulus, shape->required[i])) {
            snprintf(sentence, sizeof sentence, "the member '%s', which the kind '%s' needs",
                     shape->required[i], profile->stimulus);
            return document_reject(diagnostic, stimulus, NULL, sentence, NULL);
        }
    }
    for (size_t i = 0; i < document_count(stimulus); i++) {
        const char *name = document_key(stimulus, i);
        if (strcmp(name, "kind") == 0 || strcmp(name, "$comment") == 0 ||
            has_name(shape->required, 2, name) || has_name(shape->allowed, STIMULUS_ALLOWED_MAX, name))
            continue;
        snprintf(sentence, sizeof sentence, "members of the kind '%s'", profile->stimulus);
        return document_reject_name(diagnostic, document_at(stimulus, i), NULL, sentence, NULL);
    }
    return true;
}

static bool check_texts(const struct document_value *value, struct diagnostic *diagnostic)
{
    char sentence[512];
    if (!value)
        return true;
    enum document_kind kind = document_kind(value);
    if (kind == DOCUMENT_STRING) {
        char *text = device_word_render(document_string(value), NULL, sentence, sizeof sentence);
        free(text);
        return text ? true
                    : document_reject(diagnostic, value, sentence,
                                      "a placeholder of docs/adding-a-device.md, or {{ for a brace", NULL);
    }
    for (size_t i = 0; (kind == DOCUMENT_ARRAY || kind == DOCUMENT_OBJECT) && i < document_count(value);
         i++) {
        if (!check_texts(document_at(value, i), diagnostic))
            return false;
    }
    return true;
}

/* A secret comes from one place: netrc knows users too, and no tokens. */
static bool check_auth(const struct document_value *auth, struct diagnostic *diagnostic)
{
    const struct document_value *scheme = document_member(auth, "scheme"),
                                *netrc = document_member(auth, "netrc"),
                                *secret = document_member(auth, "password_env");
    if (!auth)
        return true;
    if ((netrc != NULL) == (secret != NULL))
        return document_reject(diagnostic, netrc ? netrc : auth, NULL, "one of 'password_env' and 'netrc'",
                               NULL);
    if (netrc && document_member(auth, "user"))
        return document_reject(diagnostic, document_member(auth, "user"), NULL,
                               "no 'user' beside 'netrc', which names one", NULL);
    if (netrc && strcmp(document_string(scheme), "bearer") == 0)
        return document_reject(diagnostic, netrc, NULL, "'password_env' for a bearer's token", NULL);
    return true;
}

static bool has_userinfo(const char *url)
{
    const char *authority = url ? strstr(url, "//") : NULL;
    return authority && authority[2 + strcspn(authority + 2, "/@?#")] == '@';
}

static bool check_http(const struct document_value *http, struct diagnostic *diagnostic)
{
    static const char *const bodies[] = {"body", "json", "json_rpc"};
    const struct document_value *first = NULL;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const struct document_value *body = document_member(http, bodies[i]);
        if (body && first)
            return document_reject_name(diagnostic, body, NULL, "one of 'body', 'json' and 'json_rpc'", NULL);
        first = first ? first : body;
    }
    if (has_userinfo(document_string(document_member(http, "url"))))
        return document_reject(diagnostic, document_member(http, "url"), "a URL with a user in it",
                               "one without: 'auth' says who asks, and where the secret is", NULL);
    return check_auth(document_member(http, "auth"), diagnostic) && check_texts(http, diagnostic);
}

bool device_stimulus_check(const struct device_profile *profile, const struct document_value *root,
                           struct diagnostic *diagnostic)
{
    const struct document_value *stimulus = document_member(root, "stimulus");
    const struct document_value *transport = document_member(stimulus, "transport");
    const struct document_value *number = document_member(stimulus, "number_uri");
    if (!check_members(profile, stimulus, diagnostic))
        return false;
    if (transport && !profile->has_transport[profile->stimulus_transport])
        return document_reject(diagnostic, transport, NULL, "one of the profile's transports", NULL);
    if ((profile->next_hop == DEVICE_BY_NUMBER) != (number != NULL))
        return document_reject(diagnostic, number ? number : stimulus, NULL,
                               "'number_uri' together with the next_hop 'number'", NULL);
    if (profile->stimulus_kind == DEVICE_REGISTRAR && !profile->is_user_agent)
        return document_reject(diagnostic, document_member(stimulus, "kind"), NULL,
                               "a kind other than 'registrar' for a proxy, which does not register", NULL);
    if (profile->stimulus_kind == DEVICE_REGISTRAR && profile->calls_contact && profile->accepts_nothing)
        return document_reject(diagnostic, document_member(stimulus, "through"), NULL,
                               "'connection' for a device that accepts no connections", NULL);
    if (profile->digest_count && !profile->account_user)
        return document_reject(
            diagnostic, document_member(stimulus, "digest"), NULL,
            "'digest' together with an 'account' of the profile, whose password is asked for", NULL);
    if (profile->stimulus_kind == DEVICE_FORWARD && profile->is_user_agent)
        return document_reject(diagnostic, document_member(stimulus, "kind"), NULL,
                               "a kind other than 'forward' for a user agent, which forwards nothing", NULL);
    if (!profile->has_start && profile->stimulus_kind == DEVICE_NO_STIMULUS)
        return document_reject(diagnostic, root, NULL, "'start', for there is no stimulus either", NULL);
    return check_texts(stimulus, diagnostic) && check_http(document_member(stimulus, "http"), diagnostic);
}
