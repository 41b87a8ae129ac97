#include "run/run_private.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool match_range(struct scenario_range range, size_t number)
{
    return number >= range.from && number <= range.to;
}

bool match_strings_have(const struct strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++)
        if (!strcmp(strings->items[i], text))
            return true;
    return false;
}

static bool fits_pattern(const char *pattern, const char *text)
{
    regex_t compiled;
    bool matches;

    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB))
        return false;
    matches = !regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return matches;
}

/* Over TLS over SCTP a device may spread its transactions over several TLS connections of one association
 * (RFC 4168 §5.1), and whether it does can depend on how soon our answers come. Such a connection is neither
 * a new one where that would be wrong, for the association is reused, nor the one beside it where that would
 * be: its peer has proved on it who it is. */
static bool is_spread(const struct observed *event)
{
    return event->kind == OBSERVED_REQUEST && event->is_new && event->is_further_pair && event->is_beside;
}

static bool new_fits(const char *listener, const struct observed *event, enum verdict verdict)
{
    return event->is_new && (!listener || (event->listener && !strcmp(event->listener, listener))) &&
           !(is_spread(event) && verdict == VERDICT_FAIL);
}

/* A selector that stands for itself: everything but "other". */
static bool selector_fits(const char *selector, const struct observed *event, enum verdict verdict)
{
    if (!strcmp(selector, "any"))
        return true;
    if (!strcmp(selector, "new"))
        return new_fits(NULL, event, verdict);
    if (!strncmp(selector, "new@", 4))
        return new_fits(selector + 4, event, verdict);
    if (!strncmp(selector, "beside@", 7))
        return event->is_beside && event->is_beside(event->wire, selector + 7);
    if (is_spread(event))
        return verdict != VERDICT_FAIL && event->is_beside(event->wire, selector);
    return event->connection && !strcmp(event->connection, selector);
}

/* Some other alternative names the connection; "any" and "other" name none. */
static bool is_named_elsewhere(const struct scenario_alternative *alternatives, size_t count, size_t index,
                               const struct observed *event)
{
    for (size_t i = 0; i < count; i++) {
        const struct strings *on = &alternatives[i].on;

        for (size_t j = 0; i != index && j < on->count; j++)
            if (strcmp(on->items[j], "any") != 0 && strcmp(on->items[j], "other") != 0 &&
                selector_fits(on->items[j], event, alternatives[i].verdict))
                return true;
    }
    return false;
}

static bool connection_fits(const struct scenario_alternative *alternatives, size_t count, size_t index,
                            const struct observed *event)
{
    const struct strings *on = &alternatives[index].on;

    for (size_t i = 0; i < on->count; i++) {
        if (!strcmp(on->items[i], "other")) {
            if (!is_named_elsewhere(alternatives, count, index, event))
                return true;
        } else if (selector_fits(on->items[i], event, alternatives[index].verdict)) {
            return true;
        }
    }
    return !on->count;
}

static bool origin_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    return !alternative->of.count || (event->of && match_strings_have(&alternative->of, event->of));
}

static bool method_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    if (alternative->methods.count)
        return event->method && match_strings_have(&alternative->methods, event->method);
    return !event->own_method || (event->method && !strcmp(event->method, event->own_method));
}

static bool where_fits(const struct scenario_where *where, const struct sip_message *message)
{
    char *value;
    bool matches;

    if (!message)
        return false;
    if (!strcasecmp(where->header, "Request-URI"))
        value = text_copy(message->request_uri);
    else
        value = sip_message_value(message, where->header, 0);
    matches = value && fits_pattern(where->pattern, value);
    free(value);
    return matches != where->is_negated;
}

static bool params_equal(const struct sip_params *a, const struct sip_params *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct sip_param *other = sip_params_find(b, a->items[i].name);
        const char *value = a->items[i].value;

        if (!other || !value != !other->value || (value && strcasecmp(value, other->value) != 0))
            return false;
    }
    return true;
}

/* RFC 3261 §9.1, §17.1.1.3: equal as header field values are, not byte by byte. */
static bool via_fits(const char *expected, const struct sip_message *message)
{
    struct sip_via a, b;
    bool is_equal;

    if (!message || sip_via_parse(expected, &a) != SIP_OK)
        return false;
    if (sip_message_top_via(message, &b) != SIP_OK) {
        sip_via_fini(&a);
        return false;
    }
    is_equal = !strcasecmp(a.transport, b.transport) && !strcasecmp(a.host, b.host) && a.port == b.port &&
               params_equal(&a.params, &b.params);
    sip_via_fini(&a);
    sip_via_fini(&b);
    return is_equal;
}

/* What is asked of a delivery over SCTP is not met where the message came over something else. */
static bool delivery_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    const struct net_message_facts *facts = event->delivery;

    if (!alternative->has_stream && !alternative->has_ppid && !alternative->has_ordered &&
        !alternative->has_clear)
        return true;
    return facts && (!alternative->has_clear || alternative->is_clear == facts->is_clear) &&
           (!alternative->has_stream || match_range(alternative->stream, facts->stream)) &&
           (!alternative->has_ppid || match_range(alternative->ppid, facts->payload_protocol)) &&
           (!alternative->has_ordered || alternative->is_ordered == !facts->is_unordered);
}

static bool request_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    if (event->kind != OBSERVED_REQUEST || !origin_fits(alternative, event) ||
        !method_fits(alternative, event))
        return false;
    if (alternative->via_of && !via_fits(alternative->via_of, event->message))
        return false;
    if (!delivery_fits(alternative, event))
        return false;
    for (size_t i = 0; i < alternative->where_count; i++)
        if (!where_fits(&alternative->where[i], event->message))
            return false;
    return true;
}

static bool response_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    if (event->kind != OBSERVED_RESPONSE || !origin_fits(alternative, event) ||
        !delivery_fits(alternative, event) || (event->is_echo && alternative->verdict != VERDICT_NONE))
        return false;
    if (alternative->is_again ? !event->is_again : event->is_repeated)
        return false;
    for (size_t i = 0; i < alternative->where_count; i++)
        if (!where_fits(&alternative->where[i], event->message))
            return false;
    return event->status >= alternative->status_from && event->status <= alternative->status_to;
}

/* Of SCTP, what does there what the sign does on TCP: files speak of both with one word. */
static enum net_sign sign_on_tcp(enum net_sign sign)
{
    return sign == NET_SIGN_SHUTDOWN ? NET_SIGN_FIN : sign == NET_SIGN_ABORT ? NET_SIGN_RST : sign;
}

static bool sign_fits(const struct scenario_alternative *alternative, const struct observed *event)
{
    if (alternative->alert && (!event->alert || !fits_pattern(alternative->alert, event->alert)))
        return false;
    for (size_t i = 0; i < alternative->sign_count; i++)
        if (alternative->signs[i] == event->sign || alternative->signs[i] == sign_on_tcp(event->sign))
            return true;
    return !alternative->sign_count;
}

bool match_fits(const struct scenario_alternative *alternatives, size_t count, size_t index,
                const struct observed *event)
{
    const struct scenario_alternative *alternative = &alternatives[index];

    switch (alternative->match) {
    case MATCH_REQUEST:
        return request_fits(alternative, event) && connection_fits(alternatives, count, index, event);
    case MATCH_RESPONSE:
        return response_fits(alternative, event) && connection_fits(alternatives, count, index, event);
    case MATCH_CONNECTION:
        return event->kind == OBSERVED_CONNECTION && event->is_new &&
               (!alternative->listener ||
                (event->listener && !strcmp(event->listener, alternative->listener)));
    case MATCH_CLOSED:
        return event->kind == OBSERVED_CLOSED && sign_fits(alternative, event) &&
               connection_fits(alternatives, count, index, event);
    case MATCH_SILENCE:
    case MATCH_CONNECTIONS:
    case MATCH_REQUESTS:
    case MATCH_TLS:
    case MATCH_ASSOCIATION:
    case MATCH_ACTOR:
    case MATCH_OTHERWISE:
        break;
    }
    return false;
}

int match_event(const struct scenario_alternative *alternatives, size_t count, const struct observed *event)
{
    for (size_t i = 0; i < count; i++)
        if (match_fits(alternatives, count, i, event))
            return (int)i;
    return -1;
}

/* The step speaks of this stimulus by name, and the method is one that it speaks of. */
static bool is_judged(const struct scenario_alternative *alternatives, size_t count,
                      const struct observed *event)
{
    for (size_t i = 0; event->of && i < count; i++) {
        const struct scenario_alternative *alternative = &alternatives[i];

        if (!alternative->of.count || !match_strings_have(&alternative->of, event->of) ||
            alternative->is_again) /* it speaks of second responses alone */
            continue;
        if (event->kind == OBSERVED_RESPONSE ||
            (event->own_method && event->method && !strcmp(event->method, event->own_method)) ||
            (event->method && match_strings_have(&alternative->methods, event->method)))
            return true;
    }
    return false;
}

bool match_is_surprise(const struct scenario_alternative *alternatives, size_t count,
                       const struct observed *event)
{
    bool is_request = event->kind == OBSERVED_REQUEST;

    if (!is_request && (event->kind != OBSERVED_RESPONSE || event->status < 300 || event->is_echo ||
                        event->is_repeated || event->is_expected_error))
        return false;
    if (!is_judged(alternatives, count, event) || match_event(alternatives, count, event) >= 0)
        return false;
    if (!is_request)
        return true;
    /* A connection that is named, with a request that differs in something else (where, method): not of this
     * step. */
    for (size_t i = 0; i < count; i++)
        if (alternatives[i].match == MATCH_REQUEST && origin_fits(&alternatives[i], event) &&
            connection_fits(alternatives, count, i, event))
            return false;
    return true;
}

bool match_tls(const struct scenario_alternative *alternative, const struct observed_tls *facts)
{
    if (alternative->certificate_requested >= 0 &&
        (alternative->certificate_requested == 1) != facts->was_certificate_requested)
        return false;
    if (alternative->peer_certificate >= 0 &&
        (alternative->peer_certificate == 1) != facts->has_peer_certificate)
        return false;
    if (alternative->resumed >= 0 && (alternative->resumed == 1) != facts->is_resumed)
        return false;
    if (alternative->renegotiation != NET_RENEGOTIATION_NONE &&
        alternative->renegotiation != facts->renegotiation)
        return false;
    if (alternative->early_data >= 0 && (alternative->early_data == 1) != facts->has_early_data)
        return false;
    if (alternative->unordered >= 0 && (alternative->unordered == 1) != facts->has_unordered_records)
        return false;
    if (alternative->peer_names &&
        (!facts->has_peer_certificate ||
         !fits_pattern(alternative->peer_names, facts->peer_names ? facts->peer_names : "")))
        return false;
    if (!alternative->server_name)
        return true;
    if (!*alternative->server_name)
        return !facts->has_server_name;
    return facts->has_server_name && facts->server_name &&
           fits_pattern(alternative->server_name, facts->server_name);
}

bool match_association(const struct scenario_alternative *alternative,
                       const struct net_association_facts *facts)
{
    return (!alternative->has_streams_in || match_range(alternative->streams_in, facts->streams_in)) &&
           (!alternative->has_streams_out || match_range(alternative->streams_out, facts->streams_out)) &&
           (!alternative->has_addresses || match_range(alternative->addresses, facts->remote_count));
}

bool match_actor(const struct scenario_alternative *alternative, const struct reference_counts *counts)
{
    return (!alternative->has_answered || match_range(alternative->answered, counts->answered)) &&
           (!alternative->has_received ||
            match_range(alternative->received_range, counts->requests_received)) &&
           (!alternative->has_connections || match_range(alternative->connections, counts->open_now)) &&
           (!alternative->has_opened || match_range(alternative->opened, counts->opened + counts->accepted));
}

bool match_connections(const struct scenario_alternative *alternative, size_t accepted, size_t live)
{
    return (!alternative->has_count || match_range(alternative->count, accepted)) &&
           (!alternative->has_live || match_range(alternative->live, live));
}
