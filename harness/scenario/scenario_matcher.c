/* What an alternative looks at. */
#include <string.h>

#include "scenario/scenario_private.h"

static const struct {
    const char *word;
    enum scenario_match match;
} matchers[] = {
    {"request", MATCH_REQUEST},
    {"response", MATCH_RESPONSE},
    {"connection", MATCH_CONNECTION},
    {"closed", MATCH_CLOSED},
    {"silence", MATCH_SILENCE},
    {"connections", MATCH_CONNECTIONS},
    {"tls", MATCH_TLS},
    {"actor", MATCH_ACTOR},
    {"otherwise", MATCH_OTHERWISE},
    {"requests", MATCH_REQUESTS},
    {"association", MATCH_ASSOCIATION},
};

enum scenario_match alternative_match(const struct document_value *alternative,
                                      const struct document_value **matcher)
{
    for (size_t i = 0; i < sizeof matchers / sizeof matchers[0]; i++) {
        *matcher = document_member(alternative, matchers[i].word);
        if (*matcher)
            return matchers[i].match;
    }
    return MATCH_OTHERWISE; /* the schema lets none through */
}

static char *take_send_or_stimulus(struct build *build, const struct document_value *value)
{
    return scope_take(build, SCOPE_SEND | SCOPE_STIMULUS, value);
}

static char *take_method(struct build *build, const struct document_value *value)
{
    return text_take(build, value, TEXT_PLAIN);
}

static void where_take(struct build *build, const struct document_value *where,
                       struct scenario_alternative *out)
{
    out->where_count = document_count(where);
    out->where = arena_take(build->arena, out->where_count, sizeof *out->where);
    for (size_t i = 0; i < out->where_count; i++) {
        const char *header = document_key(where, i);
        out->where[i].is_negated = header[0] == '!';
        out->where[i].header = arena_text(build->arena, header + (header[0] == '!'));
        out->where[i].pattern = text_take(build, document_at(where, i), TEXT_PATTERN);
    }
}

/* Of a request or a response: how many of them it takes. */
static void received_take(struct build *build, const struct document_value *matcher,
                          struct scenario_alternative *out)
{
    const struct document_value *received = document_member(matcher, "received");
    out->received = value_unsigned(received, 0);
    if (!received || build_failed(build))
        return;
    unsigned possible = 0;
    for (size_t i = 0; i < out->of.count; i++)
        possible += scope_find(build, SCOPE_SEND | SCOPE_STIMULUS, out->of.items[i])->times;
    /* In a repeat each round stimulates again under the same name: no bound is known then. */
    if (out->received > possible && (out->of.count == 0 || build->repeats == 0))
        document_reject(build->diagnostic, received, NULL,
                        "no more than the stimuli named in 'of' make ('times')", NULL);
}

static void range_take(struct build *build, const struct document_value *matcher, const char *name, bool *has,
                       struct scenario_range *out)
{
    const struct document_value *value = document_member(matcher, name);
    *has = value != NULL;
    *out = value_range(build, value);
}

/* Of a request or a response: how it came over SCTP. */
static void delivery_facts_take(struct build *build, const struct document_value *matcher,
                                struct scenario_alternative *out)
{
    const struct document_value *ordered = document_member(matcher, "ordered"),
                                *clear = document_member(matcher, "clear");
    range_take(build, matcher, "stream", &out->has_stream, &out->stream);
    range_take(build, matcher, "ppid", &out->has_ppid, &out->ppid);
    out->has_ordered = ordered != NULL;
    out->is_ordered = value_boolean(ordered, false);
    out->has_clear = clear != NULL;
    out->is_clear = value_boolean(clear, false);
}

static void request_take(struct build *build, const struct document_value *matcher,
                         struct scenario_alternative *out)
{
    out->of = texts_take_each(build, document_member(matcher, "of"), take_send_or_stimulus);
    out->on = texts_take_each(build, document_member(matcher, "on"), scope_take_selector);
    out->methods = texts_take_each(build, document_member(matcher, "method"), take_method);
    where_take(build, document_member(matcher, "where"), out);
    out->via_of = scope_take(build, SCOPE_REQUEST, document_member(matcher, "via_of"));
    delivery_facts_take(build, matcher, out);
    received_take(build, matcher, out);
}

/* A 2xx to an INVITE is sent until the ACK comes, over every transport (RFC 3261 §13.3.1.4), and what is sent
 * again is answered again. */
static void again_take(struct build *build, const struct document_value *matcher,
                       struct scenario_alternative *out)
{
    const struct document_value *again = document_member(matcher, "again");
    out->is_again = value_boolean(again, false);
    for (size_t i = 0; out->is_again && i < out->of.count && !build_failed(build); i++) {
        const struct scope_name *of = scope_find(build, SCOPE_SEND | SCOPE_STIMULUS, out->of.items[i]);
        if (of && (of->is_invite || of->is_raw))
            document_reject_name(
                build->diagnostic, again, NULL,
                "requests other than INVITE in 'of', and none of raw bytes: what is sent again is "
                "answered again",
                NULL);
    }
}

static void response_take(struct build *build, const struct document_value *matcher,
                          struct scenario_alternative *out)
{
    out->of = texts_take_each(build, document_member(matcher, "of"), take_send_or_stimulus);
    out->on = texts_take_each(build, document_member(matcher, "on"), scope_take_selector);
    value_status(build, document_member(matcher, "status"), &out->status_from, &out->status_to);
    delivery_facts_take(build, matcher, out);
    where_take(build, document_member(matcher, "where"), out);
    received_take(build, matcher, out);
    again_take(build, matcher, out);
}

static void closed_take(struct build *build, const struct document_value *matcher,
                        struct scenario_alternative *out)
{
    static const struct {
        const char *word;
        enum net_sign sign;
    } signs[] = {{"fin", NET_SIGN_FIN},
                 {"rst", NET_SIGN_RST},
                 {"close_notify", NET_SIGN_CLOSE_NOTIFY},
                 {"alert", NET_SIGN_ALERT},
                 {"shutdown", NET_SIGN_SHUTDOWN},
                 {"abort", NET_SIGN_ABORT},
                 {"silence", NET_SIGN_SILENCE}};
    const struct document_value *how = document_member(matcher, "how");
    out->on = texts_take_each(build, document_member(matcher, "on"), scope_take_selector);
    for (size_t i = 0; i < document_count(how) && out->sign_count < SCENARIO_SIGNS_MAX; i++)
        for (size_t s = 0; s < sizeof signs / sizeof signs[0]; s++)
            if (value_is(document_at(how, i), signs[s].word))
                out->signs[out->sign_count++] = signs[s].sign;
    out->alert = text_take(build, document_member(matcher, "alert"), TEXT_PATTERN);
}

static void connections_take(struct build *build, const struct document_value *matcher,
                             struct scenario_alternative *out)
{
    out->listener = scope_take(build, SCOPE_LISTENER, document_member(matcher, "at"));
    range_take(build, matcher, "count", &out->has_count, &out->count);
    range_take(build, matcher, "live", &out->has_live, &out->live);
    if (!out->has_count && !out->has_live)
        document_reject(build->diagnostic, matcher, "neither 'count' nor 'live'", "one of them", NULL);
}

static void requests_take(struct build *build, const struct document_value *matcher,
                          struct scenario_alternative *out)
{
    out->listener = scope_take(build, SCOPE_LISTENER, document_member(matcher, "at"));
    out->of = texts_take_each(build, document_member(matcher, "of"), take_send_or_stimulus);
    range_take(build, matcher, "count", &out->has_count, &out->count);
}

static void tls_take(struct build *build, const struct document_value *matcher,
                     struct scenario_alternative *out)
{
    const struct document_value *requested = document_member(matcher, "certificate_requested");
    const struct document_value *certificate = document_member(matcher, "peer_certificate");
    const struct document_value *server_name = document_member(matcher, "server_name");
    out->on = texts_take_each(build, document_member(matcher, "on"), scope_take_selector);
    if (requested)
        out->certificate_requested = document_boolean(requested);
    if (certificate)
        out->peer_certificate = value_is(certificate, "present");
    const struct document_value *resumed = document_member(matcher, "resumed");
    const struct document_value *early_data = document_member(matcher, "early_data");
    const struct document_value *unordered = document_member(matcher, "unordered");
    if (resumed)
        out->resumed = document_boolean(resumed);
    if (early_data)
        out->early_data = document_boolean(early_data);
    if (unordered)
        out->unordered = document_boolean(unordered);
    const struct document_value *renegotiation = document_member(matcher, "renegotiation");
    if (renegotiation)
        out->renegotiation = value_is(renegotiation, "done")      ? NET_RENEGOTIATION_DONE
                             : value_is(renegotiation, "refused") ? NET_RENEGOTIATION_REFUSED
                                                                  : NET_RENEGOTIATION_UNANSWERED;
    out->peer_names = text_take(build, document_member(matcher, "peer_names"), TEXT_PATTERN);
    if (server_name)
        out->server_name = document_string(server_name) ? text_take(build, server_name, TEXT_PATTERN)
                                                        : arena_text(build->arena, "");
    if (document_count(matcher) == 1)
        document_reject(build->diagnostic, matcher, "no fact to look at", "a member beside 'on'", NULL);
}

static void association_take(struct build *build, const struct document_value *matcher,
                             struct scenario_alternative *out)
{
    out->on = texts_take_each(build, document_member(matcher, "on"), scope_take_selector);
    range_take(build, matcher, "streams_in", &out->has_streams_in, &out->streams_in);
    range_take(build, matcher, "streams_out", &out->has_streams_out, &out->streams_out);
    range_take(build, matcher, "addresses", &out->has_addresses, &out->addresses);
    if (document_count(matcher) == 1)
        document_reject(build->diagnostic, matcher, "no fact to look at", "a member beside 'on'", NULL);
}

static void actor_take(struct build *build, const struct document_value *matcher,
                       struct scenario_alternative *out)
{
    out->actor = scope_take(build, SCOPE_ACTOR, document_member(matcher, "name"));
    range_take(build, matcher, "answered", &out->has_answered, &out->answered);
    range_take(build, matcher, "received", &out->has_received, &out->received_range);
    range_take(build, matcher, "connections", &out->has_connections, &out->connections);
    range_take(build, matcher, "opened", &out->has_opened, &out->opened);
    if (document_count(matcher) == 1)
        document_reject(build->diagnostic, matcher, "nothing that is counted", "a member beside 'name'",
                        NULL);
}

void matcher_take(struct build *build, const struct document_value *matcher, struct scenario_alternative *out)
{
    out->certificate_requested = out->peer_certificate = out->resumed = out->early_data = out->unordered = -1;
    switch (out->match) {
    case MATCH_REQUEST:
        request_take(build, matcher, out);
        return;
    case MATCH_RESPONSE:
        response_take(build, matcher, out);
        return;
    case MATCH_CONNECTION:
        out->listener = scope_take(build, SCOPE_LISTENER, document_member(matcher, "at"));
        return;
    case MATCH_CLOSED:
        closed_take(build, matcher, out);
        return;
    case MATCH_CONNECTIONS:
        connections_take(build, matcher, out);
        return;
    case MATCH_REQUESTS:
        requests_take(build, matcher, out);
        return;
    case MATCH_TLS:
        tls_take(build, matcher, out);
        return;
    case MATCH_ASSOCIATION:
        association_take(build, matcher, out);
        return;
    case MATCH_ACTOR:
        actor_take(build, matcher, out);
        return;
    case MATCH_SILENCE:
    case MATCH_OTHERWISE:
        return;
    }
}
