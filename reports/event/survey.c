/* The survey: so many of the implementations that were tested for it do this, so many do not. */
#include "reports/event/event_private.h"

#include <string.h>

enum survey_kind {
    ASK_TRANSPORT,  /* anything was decided over it */
    ASK_OBSERVED,   /* the scenario's observation was made (of that value) over that transport */
    ASK_CONFORMANT, /* the requirement is conformant; not-conformant: no */
    ASK_VIOLATED,   /* one of two requirements is not-conformant; the other way round */
    ASK_APPLIES,    /* the requirement applied; not-applicable: no */
    ASK_CRASHED
};
struct survey_question {
    const char *id, *text; /* "of N ..." */
    enum survey_kind kind;
    const char *subject;   /* scenario or requirement; transport for ASK_TRANSPORT */
    const char *second;    /* observation, or the other requirement */
    const char *value;     /* of the observation; NULL: any that says yes */
    const char *transport; /* NULL: any */
    const char *given;     /* only those that answered this one with yes; NULL: all */
};
static const struct survey_question questions[] = {
    {"over-tls", "were tested over TLS", ASK_TRANSPORT, "tls", NULL, NULL, NULL, NULL},
    {"over-tcp", "were tested over TCP", ASK_TRANSPORT, "tcp", NULL, NULL, NULL, NULL},
    {"over-sctp", "were tested over SCTP", ASK_TRANSPORT, "sctp", NULL, NULL, NULL, NULL},
    {"over-tls-sctp", "were tested over TLS over SCTP", ASK_TRANSPORT, "tls-sctp", NULL, NULL, NULL, NULL},
    {"sends-alias", "ask for reuse: they put alias into their Via", ASK_APPLIES, "5923-7-flag", NULL, NULL,
     NULL, NULL},
    {"reuses-own", "send later requests over the TLS connection that they opened before", ASK_OBSERVED,
     "client/reuse-forward", "reused", NULL, "tls", NULL},
    {"reuses-backwards",
     "reuse TLS connections backwards: their own requests go over a connection that the peer opened",
     ASK_OBSERVED, "aliasing/server-honour", "reused", NULL, "tls", NULL},
    {"only-authenticated", "only after the peer has shown a certificate", ASK_CONFORMANT,
     "5923-9.2-no-certificate-no-alias", NULL, NULL, NULL, "reuses-backwards"},
    {"only-its-domain", "only for domains that the peer's certificate names", ASK_CONFORMANT,
     "5923-8.2-identity-cache", NULL, NULL, NULL, "reuses-backwards"},
    {"hijacked", "and can be made to send a host's calls to another process on that host", ASK_VIOLATED,
     "5923-9-hijack-local", "5923-9-hijack-displace", NULL, NULL, "reuses-backwards"},
    {"reuses-backwards-sctp", "reuse TLS over SCTP backwards", ASK_OBSERVED, "aliasing/server-honour",
     "reused", NULL, "tls-sctp", NULL},
    {"plain-tcp", "send requests backwards over plain TCP", ASK_VIOLATED, "5923-9.3-tls-only-tcp",
     "2conn-tcp", NULL, NULL, NULL},
    {"plain-sctp", "send requests backwards over plain SCTP", ASK_VIOLATED, "5923-9.3-tls-only-sctp",
     "2conn-sctp", NULL, NULL, NULL},
    {"asks-certificate", "ask TLS clients for a certificate", ASK_CONFORMANT, "5923-9.2-request-certificate",
     NULL, NULL, NULL, NULL},
    {"shows-certificate", "show a certificate as TLS clients", ASK_CONFORMANT, "5923-9.2-client-presents",
     NULL, NULL, NULL, NULL},
    {"checks-server", "send nothing to a server whose certificate does not name the domain", ASK_CONFORMANT,
     "5922-7.3-close", NULL, NULL, NULL, NULL},
    {"wildcards", "take a wildcard certificate for a domain", ASK_VIOLATED, "5922-7.2-wildcard", NULL, NULL,
     NULL, NULL},
    {"server-name", "send the domain as server name (SNI)", ASK_CONFORMANT, "5922-7.8-sni", NULL, NULL, NULL,
     NULL},
    {"tls13", "negotiate TLS 1.3", ASK_OBSERVED, "authentication/tls-versions", "negotiated", "1.3", NULL,
     NULL},
    {"tls12", "negotiate TLS 1.2", ASK_OBSERVED, "authentication/tls-versions", "negotiated", "1.2", NULL,
     NULL},
    {"reopens", "open a new connection when their own is gone", ASK_CONFORMANT, "5923-8.1-reopen", NULL, NULL,
     NULL, NULL},
    {"reopens-alias", "open a new connection when the one that they reused backwards is gone", ASK_CONFORMANT,
     "5923-8.2-reopen", NULL, NULL, NULL, NULL},
    {"domains-apart", "keep the connections of their own domains apart", ASK_CONFORMANT,
     "5923-9.3-own-domains-apart", NULL, NULL, NULL, NULL},
    {"balances", "go on spreading requests by SRV weight while connections exist", ASK_CONFORMANT,
     "5923-10-balance", NULL, NULL, NULL, NULL},
    {"crashed", "crashed at least once", ASK_CRASHED, NULL, NULL, NULL, NULL, NULL},
};
enum { QUESTION_COUNT = sizeof questions / sizeof questions[0] };

enum answer { ANSWER_UNKNOWN, ANSWER_YES, ANSWER_NO };

/* "tls-sctp-tls12-ip4-server" is of tls-sctp, "tls-tls12-ip4-server" of tls. */
static bool variant_is_of(const char *variant, const char *transport)
{
    size_t length = strlen(transport);
    return strncmp(variant, transport, length) == 0 && variant[length] == '-' &&
           (strcmp(transport, "tls") != 0 || strncmp(variant, "tls-sctp-", 9) != 0);
}

static bool is_decided(const json_t *entry)
{
    const char *verdict = report_text(entry, "verdict");
    return strcmp(verdict, "pass") == 0 || strcmp(verdict, "fail") == 0;
}

static enum answer ask_transport(const json_t *scenarios, const char *transport)
{
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *entry = json_array_get(scenarios, i);
        if (variant_is_of(report_text(entry, "variant"), transport) && is_decided(entry))
            return ANSWER_YES;
    }
    return ANSWER_NO;
}

/* Observations are text, numbers or booleans; what counts as made is what the engine counts as made. */
static bool observation_says(const json_t *value, const char *wanted)
{
    static const char *const negative[] = {"", "no", "false", "0"};
    if (!json_is_string(value))
        return !wanted && (json_is_true(value) || json_integer_value(value) != 0);
    if (wanted)
        return strcmp(json_string_value(value), wanted) == 0;
    for (size_t i = 0; i < sizeof negative / sizeof negative[0]; i++)
        if (strcmp(json_string_value(value), negative[i]) == 0)
            return false;
    return true;
}

static enum answer ask_observed(const json_t *scenarios, const struct survey_question *question)
{
    enum answer answer = ANSWER_UNKNOWN;
    for (size_t i = 0; i < json_array_size(scenarios); i++) {
        const json_t *entry = json_array_get(scenarios, i), *list = json_object_get(entry, "observations");
        if (strcmp(report_text(entry, "id"), question->subject) != 0 || !is_decided(entry) ||
            (question->transport && !variant_is_of(report_text(entry, "variant"), question->transport)))
            continue;
        answer = ANSWER_NO;
        for (size_t k = 0; k < json_array_size(list); k++) {
            const json_t *observation = json_array_get(list, k);
            if (strcmp(report_text(observation, "name"), question->second) == 0 &&
                observation_says(json_object_get(observation, "value"), question->value))
                return ANSWER_YES;
        }
    }
    return answer;
}

static enum answer ask_status(const json_t *statuses, const char *id, const char *yes, const char *no)
{
    const char *status = id ? json_string_value(json_object_get(statuses, id)) : NULL;
    return !status                    ? ANSWER_UNKNOWN
           : strcmp(status, yes) == 0 ? ANSWER_YES
           : strcmp(status, no) == 0  ? ANSWER_NO
                                      : ANSWER_UNKNOWN;
}

static enum answer ask_violated(const json_t *statuses, const struct survey_question *question)
{
    enum answer first = ask_status(statuses, question->subject, "not-conformant", "conformant");
    enum answer second = ask_status(statuses, question->second, "not-conformant", "conformant");
    return first == ANSWER_YES || second == ANSWER_UNKNOWN ? first : second;
}

static enum answer ask_applies(const json_t *statuses, const char *id)
{
    const char *status = json_string_value(json_object_get(statuses, id));
    if (!status || strcmp(status, "undecided") == 0)
        return ANSWER_UNKNOWN;
    return strcmp(status, "not-applicable") == 0 ? ANSWER_NO : ANSWER_YES;
}

static enum answer survey_ask(const struct event_device *device, const struct survey_question *question)
{
    const json_t *result = event_result(device), *scenarios = json_object_get(result, "scenarios");
    switch (question->kind) {
    case ASK_TRANSPORT:
        return ask_transport(scenarios, question->subject);
    case ASK_OBSERVED:
        return ask_observed(scenarios, question);
    case ASK_CONFORMANT:
        return ask_status(device->statuses, question->subject, "conformant", "not-conformant");
    case ASK_VIOLATED:
        return ask_violated(device->statuses, question);
    case ASK_APPLIES:
        return ask_applies(device->statuses, question->subject);
    case ASK_CRASHED:
        return report_integer(json_object_get(result, "device"), "crashes") > 0 ? ANSWER_YES : ANSWER_NO;
    }
    return ANSWER_UNKNOWN;
}

static const struct survey_question *survey_find(const char *id)
{
    for (size_t i = 0; id && i < QUESTION_COUNT; i++)
        if (strcmp(questions[i].id, id) == 0)
            return &questions[i];
    return NULL;
}

json_t *event_survey(const struct event_devices *devices)
{
    json_t *survey = json_array();
    for (size_t i = 0; i < QUESTION_COUNT; i++) {
        const struct survey_question *question = &questions[i], *given = survey_find(question->given);
        int counts[3] = {0};
        for (size_t k = 0; k < devices->count; k++)
            if (!given || survey_ask(&devices->items[k], given) == ANSWER_YES)
                counts[survey_ask(&devices->items[k], question)]++;
        json_array_append_new(survey,
                              json_pack("{s:s, s:s, s:i, s:i, s:i, s:s?}", "id", question->id, "text",
                                        question->text, "yes", counts[ANSWER_YES], "no", counts[ANSWER_NO],
                                        "unknown", counts[ANSWER_UNKNOWN], "given", question->given));
    }
    return survey;
}
