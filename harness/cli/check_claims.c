/* What is asked of a device before the suite, and how its answers compare with the profile. */
#include <stdlib.h>
#include <string.h>

#include "cli/check_device.h"

const struct check_probe check_probes[] = {
    {"wire/pipelined:tcp-*", "answers OPTIONS over TCP", NET_TCP, false, NULL,
     "look at device.log: does it listen on sip_port, and answer OPTIONS for its domains ('user' when it "
     "answers for a user only)?"},
    {"wire/pipelined:tls-*", "answers OPTIONS over TLS", NET_TLS, false, NULL,
     "take tls out of 'transports', or look at device.log: does it listen on sips_port with cert_one, and "
     "trust trust_pem?"},
    {"wire/via-transport:tcp-*", "is made to send over TCP", NET_TCP, false, NULL,
     "the stimulus led to nothing: see what was tried, in events.jsonl (\"stimulus\"), and device.log"},
    {"wire/via-transport:tls-*", "is made to send over TLS", NET_TLS, false, NULL,
     "the stimulus led to nothing: see what was tried, in events.jsonl (\"stimulus\"), and device.log"},
    {"location/explicit-port:tcp-*", "takes the port of a URI", NET_TCP, false, NULL,
     "its next hop has to be what the URI says: no outbound proxy, no policy of its own"},
    {"wire/existing", "uses connections that are there", NET_TCP, false, "reuses",
     "set claims.reuses to what it does"},
    {"aliasing/server-honour", "uses an alias backwards", NET_TLS, false, "reuses",
     "set claims.reuses to false, or switch alias support on"},
    {"client/alias-flag", "asks for an alias", NET_TLS, false, "sends_alias",
     "set claims.sends_alias to what it does, or switch it on in its configuration"},
    {"authentication/request-certificate", "asks TLS clients for a certificate", NET_TLS, false,
     "requests_certificate", "set claims.requests_certificate to what it does, or switch mutual TLS on"},
    {"authentication/client-presents", "shows a certificate as a TLS client", NET_TLS, false,
     "client_certificate", "set claims.client_certificate to what it does, or configure cert_one for it"},
    {"wire/record-route", "record-routes dialogs", NET_TCP, true, "record_routes",
     "set claims.record_routes to what it does, or switch it on"},
};
const size_t check_probe_count = sizeof check_probes / sizeof check_probes[0];

static bool *claim_of(struct device_profile *profile, const char *claim)
{
    const struct {
        const char *name;
        bool *value;
    } claims[] = {{"reuses", &profile->reuses},
                  {"sends_alias", &profile->sends_alias},
                  {"requests_certificate", &profile->requests_certificate},
                  {"client_certificate", &profile->has_client_certificate},
                  {"record_routes", &profile->record_routes}};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        if (strcmp(claims[i].name, claim) == 0)
            return claims[i].value;
    return NULL;
}

static bool is_claimed(const struct device_profile *profile, const char *claim)
{
    struct device_profile copy = *profile;
    const bool *value = claim_of(&copy, claim);
    return value && *value;
}

void check_claim_all(struct device_profile *profile)
{
    for (size_t i = 0; i < check_probe_count; i++) {
        bool *value = check_probes[i].claim ? claim_of(profile, check_probes[i].claim) : NULL;
        if (value)
            *value = true;
    }
}

static enum check_answer answer_of(const struct check_probe *probe, enum verdict verdict, bool is_exercised)
{
    /* Without reuse in it this scenario passes too. */
    if (strcmp(probe->selector, "aliasing/server-honour") == 0 && verdict == VERDICT_PASS)
        return is_exercised ? CHECK_YES : CHECK_NO;
    switch (verdict) {
    case VERDICT_PASS:
        return CHECK_YES;
    case VERDICT_FAIL:
        /* A Record-Route that is wrong is one. */
        return strcmp(probe->selector, "wire/record-route") == 0 ? CHECK_YES : CHECK_NO;
    case VERDICT_INCONCLUSIVE:
        return strcmp(probe->selector, "wire/record-route") == 0 ? CHECK_NO : CHECK_UNKNOWN;
    case VERDICT_NOT_APPLICABLE:
        return strcmp(probe->selector, "client/alias-flag") == 0 ? CHECK_NO : CHECK_UNKNOWN;
    case VERDICT_ERROR:
    case VERDICT_NONE:
        break;
    }
    return CHECK_UNKNOWN;
}

void check_take(const struct check_probe *probe, struct check_result *result, enum verdict verdict,
                bool is_exercised, const char *reason)
{
    enum check_answer answer = answer_of(probe, verdict, is_exercised);
    if (result->answer == CHECK_YES || (result->answer == CHECK_NO && answer == CHECK_UNKNOWN))
        return;
    result->answer = answer;
    free(result->reason);
    result->reason = reason && answer != CHECK_YES ? strdup(reason) : NULL;
}

static void print_line(const char *mark, const char *what, const char *more)
{
    printf("  %-6s %s%s%s\n", mark, what, more && *more ? ": " : "", more ? more : "");
}

/* Refuted: 1. */
static size_t print_claim(const struct check_probe *probe, const struct check_result *result, bool is_claimed)
{
    char line[160];
    if (result->answer == CHECK_UNKNOWN) {
        snprintf(line, sizeof line, "%s (claims.%s is %s): not seen either way", probe->what, probe->claim,
                 is_claimed ? "true" : "false");
        print_line("?", line, result->reason);
        return 0;
    }
    bool is_seen = result->answer == CHECK_YES;
    if (is_seen == is_claimed) {
        snprintf(line, sizeof line, "%s%s", is_seen ? "" : "as claimed, not: ", probe->what);
        print_line("ok", line, NULL);
        return 0;
    }
    snprintf(line, sizeof line, "claims.%s is %s, and the device %s (%s)", probe->claim,
             is_claimed ? "true" : "false", is_seen ? "does it" : "does not", probe->what);
    print_line(is_claimed ? "WRONG" : "note", line, result->reason);
    printf("         %s\n", probe->advice);
    return is_claimed;
}

static size_t print_plain(const struct check_probe *probe, const struct check_result *result)
{
    if (result->answer == CHECK_YES) {
        print_line("ok", probe->what, NULL);
        return 0;
    }
    print_line("WRONG", probe->what, result->reason ? result->reason : "it was not tried");
    printf("         %s\n", probe->advice);
    return 1;
}

static bool is_asked(const struct check_probe *probe, const struct device_profile *profile)
{
    bool is_server = strncmp(probe->selector, "wire/pipelined", 14) == 0;
    bool is_stimulated = !is_server && strcmp(probe->selector, "authentication/request-certificate") != 0;
    return profile->has_transport[probe->transport] && !(probe->is_for_proxies && profile->is_user_agent) &&
           !(profile->accepts_nothing && is_server) &&
           !(is_stimulated && profile->stimulus_kind == DEVICE_NO_STIMULUS);
}

size_t check_print(const struct device_profile *claimed, const struct check_result *results)
{
    size_t wrong = 0;
    for (size_t i = 0; i < check_probe_count; i++) {
        const struct check_probe *probe = &check_probes[i];
        struct check_result result = results[i];
        if (!is_asked(probe, claimed))
            continue;
        /* Either way of reusing is enough for the claim. */
        if (probe->claim && strcmp(probe->claim, "reuses") == 0 && i + 1 < check_probe_count &&
            check_probes[i + 1].claim && strcmp(check_probes[i + 1].claim, "reuses") == 0) {
            if (results[i + 1].answer == CHECK_YES)
                result.answer = CHECK_YES;
            wrong += print_claim(probe, &result, is_claimed(claimed, probe->claim));
        } else if (probe->claim && strcmp(probe->claim, "reuses") == 0) {
            print_line(result.answer == CHECK_YES ? "ok" : "note", probe->what,
                       result.answer == CHECK_YES ? NULL
                                                  : "not seen: rules about aliases will be not exercised");
        } else if (probe->claim) {
            wrong += print_claim(probe, &result, is_claimed(claimed, probe->claim));
        } else {
            wrong += print_plain(probe, &result);
        }
    }
    return wrong;
}
