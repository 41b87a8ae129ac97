/* What kind of reuse a device practises, in words: from the scenarios that tell it, not from its claims. Keys
 * and values are what surveys count. */
#include <string.h>

#include "reports/html.h"

/* What the variants of a scenario came to, all together. */
struct reading {
    size_t pass, fail, idle, other; /* idle: passed without being exercised */
    size_t yes, no;                 /* of the observation asked for */
};

static bool is_negative(const char *value)
{
    return !*value || strcmp(value, "false") == 0 || strcmp(value, "no") == 0 || strcmp(value, "0") == 0;
}

static const char *observed(const json_t *scenario, const char *name)
{
    const json_t *list = json_object_get(scenario, "observations");
    const char *value = NULL;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(report_text(json_array_get(list, i), "name"), name) == 0)
            value = report_text(json_array_get(list, i), "value");
    return value;
}

static bool is_of_transport(const json_t *scenario, const char *transport)
{
    const char *variant = report_text(scenario, "variant");
    size_t length = strlen(transport);
    /* "tls-tls13-…" and "tls-sctp-…" both begin with "tls-". */
    return strncmp(variant, transport, length) == 0 && variant[length] == '-' &&
           (strcmp(transport, "tls") != 0 || strncmp(variant, "tls-sctp-", 9) != 0);
}

static struct reading read_scenario(const json_t *result, const char *id, const char *transport,
                                    const char *observation)
{
    const json_t *scenarios = json_object_get(result, "scenarios");
    struct reading reading = {0};
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        const char *verdict = report_text(scenario, "verdict");
        if (strcmp(report_text(scenario, "id"), id) != 0 || !is_of_transport(scenario, transport))
            continue;
        bool is_exercised = json_is_true(json_object_get(scenario, "exercised"));
        reading.pass += strcmp(verdict, "pass") == 0 && is_exercised;
        reading.idle += strcmp(verdict, "pass") == 0 && !is_exercised;
        reading.fail += strcmp(verdict, "fail") == 0;
        reading.other += strcmp(verdict, "pass") != 0 && strcmp(verdict, "fail") != 0;
        const char *value = observation ? observed(scenario, observation) : NULL;
        reading.yes += value && !is_negative(value);
        reading.no += value && is_negative(value);
    }
    return reading;
}

static void add(json_t *profile, const char *key, const char *value, const char *tone, const char *scenario,
                const char *text)
{
    json_array_append_new(profile, json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "key", key, "value", value,
                                             "text", text, "tone", tone, "scenarios", scenario));
}

struct sentence {
    const char *value, *tone, *text;
};

/* Chosen by what was observed: always, never, or both. Nothing observed: nothing is said. */
static void add_observed(json_t *profile, const json_t *result, const char *key, const char *scenario,
                         const char *transport, const char *observation, const struct sentence sentences[3])
{
    struct reading reading = read_scenario(result, scenario, transport, observation);
    if (reading.yes + reading.no == 0)
        return;
    const struct sentence *chosen = &sentences[!reading.no ? 0 : !reading.yes ? 1 : 2];
    add(profile, key, chosen->value, chosen->tone, scenario, chosen->text);
}

static void add_verdict(json_t *profile, const json_t *result, const char *key, const char *scenario,
                        const char *transport, const struct sentence *failed, const struct sentence *passed)
{
    struct reading reading = read_scenario(result, scenario, transport, NULL);
    const struct sentence *chosen = reading.fail ? failed : reading.pass ? passed : NULL;
    if (chosen && chosen->text)
        add(profile, key, chosen->value, chosen->tone, scenario, chosen->text);
}

static void add_backwards(json_t *profile, const json_t *result)
{
    static const struct sentence tls[] = {
        {"yes", "good",
         "Reuses TLS connections backwards: sends requests over a connection that the peer opened."},
        {"no", "plain",
         "Does not reuse TLS connections backwards: opens its own to a peer that has one open already."},
        {"sometimes", "doubt", "Reuses TLS connections backwards in some configurations only."}};
    static const struct sentence sctp[] = {
        {"yes", "good", "Reuses TLS over SCTP backwards."},
        {"no", "plain", "Does not reuse TLS over SCTP backwards."},
        {"sometimes", "doubt", "Reuses TLS over SCTP backwards in some configurations only."}};
    add_observed(profile, result, "tls-backwards", "aliasing/server-honour", "tls", "reused", tls);
    add_observed(profile, result, "tls-sctp-backwards", "aliasing/server-honour", "tls-sctp", "reused", sctp);
}

static void add_authentication(json_t *profile, const json_t *result)
{
    static const struct sentence
        anonymous = {"no", "bad",
                     "Reuses backwards even where the peer showed no certificate: anybody who connects takes "
                     "the calls."},
        proven = {"yes", "good",
                  "Reuses backwards only after the peer has proved its identity with a certificate."},
        other_domain = {"no", "bad",
                        "Sends requests for one domain over a connection whose peer proved to be another."},
        own_domain = {"yes", "good",
                      "Sends over a reused connection only what is for the domains that the peer proved."};
    add_verdict(profile, result, "only-after-authentication", "authentication/no-certificate-no-alias", "tls",
                &anonymous, &proven);
    add_verdict(profile, result, "only-proven-domains", "aliasing/server-wrong-identity", "tls",
                &other_domain, &own_domain);
}

/* The condition that a scenario found unmet is an answer, too: no connection without a certificate. */
static void add_client_certificate(json_t *profile, const json_t *result)
{
    static const char scenario[] = "authentication/no-certificate-serves";
    const json_t *scenarios = json_object_get(result, "scenarios");
    bool is_required = false;
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *one = json_array_get(scenarios, i);
        is_required |= strcmp(report_text(one, "id"), scenario) == 0 && is_of_transport(one, "tls") &&
                       strcmp(report_text(one, "because"), "observed-condition") == 0;
    }
    struct reading reading = read_scenario(result, scenario, "tls", NULL);
    if (is_required)
        add(profile, "requires-client-certificate", "yes", "plain", scenario,
            "Requires a client certificate: without one no TLS connection is served.");
    else if (reading.pass + reading.fail)
        add(profile, "requires-client-certificate", "no", "plain", scenario,
            "Does not require a client certificate.");
}

static void add_plain(json_t *profile, const json_t *result)
{
    static const struct sentence
        reused =
            {"yes", "bad",
             "Reuses plain TCP backwards, although it proves nothing and the device serves several domains."},
        apart = {"no", "good", "Does not reuse plain TCP backwards."};
    add_verdict(profile, result, "tcp-backwards", "virtual/tcp-not-reused", "tcp", &reused, &apart);
}

static void add_forwards(json_t *profile, const json_t *result)
{
    static const struct sentence
        own[] = {{"yes", "good", "Sends its requests to one peer over one connection of its own."},
                 {"no", "plain", "Opens a new connection for each request."},
                 {"sometimes", "doubt", "Keeps to one connection of its own in some configurations only."}},
        again[] = {{"yes", "plain", "Asks for an alias again when it has to reopen a connection."},
                   {"no", "plain", "Asks for no alias on a connection that it reopens."},
                   {"sometimes", "plain", "Asks for an alias on some of the connections that it reopens."}};
    add_observed(profile, result, "tls-forwards", "client/reuse-forward", "tls", "reused", own);
    add_observed(profile, result, "asks-for-alias", "client/reopen-alias", "tls", "aliased_again", again);
}

static void add_both_ways(json_t *profile, const json_t *result)
{
    const json_t *scenarios = json_object_get(result, "scenarios");
    char text[256];
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *scenario = json_array_get(scenarios, i);
        const char *value = strcmp(report_text(scenario, "id"), "interop/both-ways") == 0
                                ? observed(scenario, "connections")
                                : NULL;
        if (!value)
            continue;
        snprintf(text, sizeof text, "With a peer that reuses, connections between the two: %.120s.", value);
        add(profile, "both-ways", value, "plain", "interop/both-ways", text);
        return;
    }
}

json_t *report_reuse_profile(const json_t *result)
{
    json_t *profile = json_array();
    if (!profile)
        return NULL;
    add_backwards(profile, result);
    add_authentication(profile, result);
    add_client_certificate(profile, result);
    add_plain(profile, result);
    add_forwards(profile, result);
    add_both_ways(profile, result);
    return profile;
}
