/* Steps that do something to connections, zones, actors and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/scenario_private.h"

enum { FAST_WAIT_MS_MAX = 10000 };

static bool is_over_sctp(enum net_transport transport)
{
    return transport == NET_SCTP || transport == NET_TLS_SCTP;
}

static void check_listener_is_alone(struct build *build, const struct document_value *value,
                                    const struct step_listen *listen)
{
    for (const struct scope_name *other = build->scope; other; other = other->next)
        if (other->kind == SCOPE_LISTENER && other->host && listen->host &&
            strcmp(other->host, listen->host) == 0 && other->port == listen->port &&
            is_over_sctp(other->transport) == is_over_sctp(listen->transport)) {
            char expected[128];
            snprintf(expected, sizeof expected, "a host and port that listener '%.40s' does not have",
                     other->name);
            document_reject(build->diagnostic, value, "a second listener on one address", expected, NULL);
            return;
        }
}

static char *take_host(struct build *build, const struct document_value *value)
{
    return scope_take(build, SCOPE_HOST, value);
}

/* Further addresses of our end of an association. */
static struct strings also_take(struct build *build, const struct document_value *value,
                                enum net_transport transport)
{
    struct strings taken = texts_take_each(build, value, take_host);
    if (value && !is_over_sctp(transport))
        document_reject(build->diagnostic, value, NULL, "SCTP, or TLS over it: others have one address",
                        NULL);
    else if (value && !variant_needs(build->variant, "multihoming"))
        document_reject(build->diagnostic, value, NULL, "'multihoming' among 'needs'", NULL);
    return taken;
}

void step_take_listen(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    struct step_listen *listen = &step->listen;
    const struct document_value *choices = document_member(value, "by_server_name");
    listen->host = scope_take(build, SCOPE_HOST, document_member(value, "host"));
    listen->transport = value_transport(document_member(value, "transport"), build->variant->transport);
    listen->also = also_take(build, document_member(value, "also"), listen->transport);
    bool is_secure = net_transport_is_secure(listen->transport);
    listen->port = (uint16_t)value_unsigned(document_member(value, "port"), is_secure ? 5061 : 5060);
    char *certificate = scope_take(build, SCOPE_CERTIFICATE, document_member(value, "certificate"));
    listen->certificate = is_secure ? certificate : NULL;
    listen->tls = value_tls_version(document_member(value, "tls"));
    listen->request_certificate = value_boolean(document_member(value, "request_certificate"), true);
    listen->is_stalled = value_boolean(document_member(value, "stalled"), false);
    listen->answers_close = value_boolean(document_member(value, "answers_close"), true);
    listen->answers_pings = value_boolean(document_member(value, "answers_pings"), true);
    listen->by_server_name_count = document_count(choices);
    listen->by_server_name =
        arena_take(build->arena, listen->by_server_name_count, sizeof *listen->by_server_name);
    for (size_t i = 0; i < listen->by_server_name_count; i++) {
        char *name = scope_take(build, SCOPE_CERTIFICATE, document_at(choices, i));
        listen->by_server_name[i].certificate = name;
        listen->by_server_name[i].server_name = arena_text(build->arena, document_key(choices, i));
    }
    if (is_secure && !listen->certificate && !listen->is_stalled)
        document_reject(build->diagnostic, value, "no member 'certificate'",
                        "the certificate of a TLS listener", NULL);
    check_listener_is_alone(build, value, listen);
    listen->has_port = document_member(value, "port") != NULL;
    struct scope_name *entry = scope_define(build, SCOPE_LISTENER, document_member(value, "name"), false);
    entry->host = listen->host;
    entry->port = listen->port;
    entry->transport = listen->transport;
    listen->name = arena_text(build->arena, entry->name);
}

/* "dut", "dut:tls", "dut:PORT" or "via:REQUEST". */
static char *take_target(struct build *build, const struct document_value *value)
{
    const char *text = document_string(value);
    if (!text)
        return arena_text(build->arena, "dut");
    if (strncmp(text, "dut:", 4) == 0 && strcmp(text, "dut:tls") != 0 &&
        (strtoul(text + 4, NULL, 10) == 0 || strtoul(text + 4, NULL, 10) > 65535))
        document_reject(build->diagnostic, value, NULL, "a port from 1 to 65535", NULL);
    if (strncmp(text, "via:", 4) == 0 && !scope_find(build, SCOPE_REQUEST, text + 4))
        document_reject(build->diagnostic, value, NULL,
                        "'via:' and the name of a request that an expectation named before", NULL);
    return arena_text(build->arena, text);
}

/* What is offered of an earlier connection of ours, and what goes with it. */
static void resumption_take(struct build *build, const struct document_value *value,
                            struct step_connect *connect)
{
    const struct document_value *resume = document_member(value, "resume"),
                                *early_data = document_member(value, "early_data");
    const struct scope_name *earlier = scope_use(build, SCOPE_CONNECTION, resume);
    connect->is_resumable = value_boolean(document_member(value, "resumable"), false);
    connect->resume = earlier ? arena_text(build->arena, earlier->name) : NULL;
    connect->early_data = text_take(build, early_data, TEXT_PLAIN);
    if (earlier && !earlier->is_resumable)
        document_reject(build->diagnostic, resume, NULL, "a connection of ours with \"resumable\": true",
                        NULL);
    if (early_data && !resume)
        document_reject_name(build->diagnostic, early_data, NULL, "'resume' beside it", NULL);
    if (early_data)
        escapes_check(build, early_data);
}

/* Of another pair of streams: the association says the rest. */
static void beside_take(struct build *build, const struct document_value *value, struct step_connect *connect)
{
    static const char *const said[] = {"host", "also", "to", "transport"};
    const struct document_value *beside = document_member(value, "beside");
    const struct scope_name *first = scope_use(build, SCOPE_CONNECTION, beside);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (document_member(value, said[i]))
            document_reject_name(build->diagnostic, document_member(value, said[i]), NULL,
                                 "no such member beside 'beside': the association has it", NULL);
    if (!document_member(value, "stream"))
        document_reject(build->diagnostic, value, "no member 'stream'", "the number of the pair of streams",
                        NULL);
    if (first && (!first->is_ours || first->transport != NET_TLS_SCTP))
        document_reject(build->diagnostic, beside, NULL, "a connection of ours over TLS over SCTP", NULL);
    connect->beside = first ? arena_text(build->arena, document_string(beside)) : NULL;
    connect->stream = (uint16_t)value_unsigned(document_member(value, "stream"), 1);
    connect->transport = NET_TLS_SCTP;
}

static void end_take(struct build *build, const struct document_value *value, struct step_connect *connect)
{
    if (document_member(value, "stream"))
        document_reject_name(build->diagnostic, document_member(value, "stream"), NULL, "'beside' beside it",
                             NULL);
    if (!document_member(value, "host"))
        document_reject(build->diagnostic, value, "no member 'host'",
                        "the host that it comes from, or 'beside' and 'stream'", NULL);
    connect->host = scope_take(build, SCOPE_HOST, document_member(value, "host"));
    connect->transport = value_transport(document_member(value, "transport"), build->variant->transport);
    connect->also = also_take(build, document_member(value, "also"), connect->transport);
    connect->to = take_target(build, document_member(value, "to"));
}

void step_take_connect(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    struct step_connect *connect = &step->connect;
    const struct document_value *server_name = document_member(value, "server_name");
    if (document_member(value, "beside"))
        beside_take(build, value, connect);
    else
        end_take(build, value, connect);
    char *certificate = scope_take(build, SCOPE_CERTIFICATE, document_member(value, "certificate"));
    connect->certificate = net_transport_is_secure(connect->transport) ? certificate : NULL;
    connect->has_server_name = server_name != NULL;
    connect->server_name = text_take(build, server_name, TEXT_PLAIN);
    connect->tls = value_tls_version(document_member(value, "tls"));
    connect->has_to_be_taken = value_is(document_member(value, "may_fail"), "handshake");
    connect->may_fail = connect->has_to_be_taken || value_boolean(document_member(value, "may_fail"), false);
    connect->answers_close = value_boolean(document_member(value, "answers_close"), true);
    connect->answers_pings = value_boolean(document_member(value, "answers_pings"), true);
    resumption_take(build, value, connect);
    struct scope_name *entry = scope_define(build, SCOPE_CONNECTION, document_member(value, "name"), false);
    entry->is_ours = true;
    entry->is_resumable = connect->is_resumable;
    entry->transport = connect->transport;
    connect->name = arena_text(build->arena, entry->name);
}

void step_take_close(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->close.on = scope_take(build, SCOPE_CONNECTION, document_member(value, "on"));
    step->close.mode = value_close_mode(document_member(value, "how"));
    step->close.is_uncertain = value_boolean(document_member(value, "uncertain"), false);
}

void step_take_lose(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->lose.host = scope_take(build, SCOPE_HOST, document_member(value, "host"));
    if (!variant_needs(build->variant, "multihoming"))
        document_reject(build->diagnostic, value, NULL,
                        "'multihoming' among 'needs', for whoever has one address is gone without it", NULL);
}

void step_take_close_port(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->close_port.at = scope_take(build, SCOPE_LISTENER, document_member(value, "at"));
}

void step_take_renegotiate(struct build *build, const struct document_value *value,
                           struct scenario_step *step)
{
    const struct document_value *on = document_member(value, "on");
    const struct scope_name *connection = scope_use(build, SCOPE_CONNECTION, on);
    step->renegotiate.on = connection ? arena_text(build->arena, connection->name) : NULL;
    step->renegotiate.certificate =
        scope_take(build, SCOPE_CERTIFICATE, document_member(value, "certificate"));
    if (connection && (!connection->is_ours || connection->transport != NET_TLS))
        document_reject(build->diagnostic, on, NULL, "a connection of ours over TLS", NULL);
    if (build->variant->tls != NET_TLS_1_2)
        document_reject(build->diagnostic, on, NULL,
                        "\"tls\": [\"1.2\"] in the file, for later versions have no renegotiation", NULL);
}

/* All connections of the device are meant, and those of other scenarios with them. */
void step_take_tell(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->tell.closes = value_is(document_member(value, "to"), "close");
    if (!variant_needs(build->variant, "told-to-close"))
        document_reject(build->diagnostic, value, NULL,
                        "'told-to-close' among 'needs', for a device may have no such control", NULL);
    else if (!build->variant->scenario->is_exclusive)
        document_reject(build->diagnostic, value, NULL,
                        "\"exclusive\": true in the file, for it closes the connections of every scenario",
                        NULL);
}

static char *take_request(struct build *build, const struct document_value *value)
{
    return scope_take(build, SCOPE_REQUEST, value);
}

static void statuses_take(const struct document_value *value, struct step_respond *respond)
{
    bool is_list = document_kind(value) == DOCUMENT_ARRAY;
    respond->status_count = is_list ? document_count(value) : 1;
    for (size_t i = 0; i < respond->status_count && i < SCENARIO_STATUSES_MAX; i++)
        respond->statuses[i] = value_unsigned(is_list ? document_at(value, i) : value, 200);
}

/* Where a stream may be cut, and what may stand in it; a user message of plain SCTP is one SIP message. */
static void framing_take(struct build *build, const struct document_value *value,
                         struct step_respond *respond)
{
    const struct document_value *chunk = document_member(value, "chunk_bytes"),
                                *lines = document_member(value, "empty_lines"),
                                *cut = document_member(value, "cut_in");
    const struct document_value *several = respond->to.count > 1       ? document_member(value, "to")
                                           : respond->status_count > 1 ? document_member(value, "status")
                                                                       : NULL;
    const struct document_value *framed = chunk ? chunk : lines ? lines : cut ? cut : several;
    respond->chunk_bytes = value_unsigned(chunk, 0);
    respond->empty_lines = value_unsigned(lines, 0);
    respond->cut = value_is(cut, "header") ? SCENARIO_CUT_HEADER
                   : value_is(cut, "body") ? SCENARIO_CUT_BODY
                                           : SCENARIO_CUT_NONE;
    if (framed && build->variant->transport == NET_SCTP)
        document_reject_name(
            build->diagnostic, framed, NULL,
            "no framing where 'sctp' is among 'transports': each message is one of its own there", NULL);
    if (respond->cut != SCENARIO_CUT_NONE && chunk)
        document_reject_name(build->diagnostic, chunk, "'chunk_bytes' beside 'cut_in'", "one of them", NULL);
    if (respond->cut == SCENARIO_CUT_BODY && !document_member(value, "body"))
        document_reject(build->diagnostic, cut, NULL, "the member 'body' beside it, for there is none to cut",
                        NULL);
    if (respond->to.count > 1 && !respond->on)
        document_reject_name(build->diagnostic, document_member(value, "to"), NULL,
                             "'on' beside several requests, for they go in one write", NULL);
}

void step_take_respond(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->respond.to = texts_take_each(build, document_member(value, "to"), take_request);
    step->respond.on = scope_take(build, SCOPE_CONNECTION, document_member(value, "on"));
    statuses_take(document_member(value, "status"), &step->respond);
    framing_take(build, value, &step->respond);
    step->respond.sent_by = text_take(build, document_member(value, "sent_by"), TEXT_PLAIN);
    step->respond.headers =
        headers_take(build, document_member(value, "headers"), &step->respond.header_count);
    step->respond.body = text_take(build, document_member(value, "body"), TEXT_PLAIN);
    step->respond.how = delivery_take(value);
}

void step_take_change_dns(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->change_dns.remove = texts_take(build, document_member(value, "remove"), TEXT_PLAIN);
    step->change_dns.add = dns_take(build, document_member(value, "add"), TEXT_PLAIN);
}

void step_take_wait(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    const struct document_value *time = document_member(value, "for");
    step->wait.ms = value_time_ms(time, 0);
    step->wait.why = text_take(build, document_member(value, "why"), TEXT_PLAIN);
    if (step->wait.ms > FAST_WAIT_MS_MAX && !build->is_slow)
        document_reject(build->diagnostic, time, NULL, "at most 10s, or \"timing\": \"slow\"", NULL);
}

void step_take_actor_send(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    const struct document_value *as = document_member(value, "as");
    const struct scope_name *actor = scope_use(build, SCOPE_ACTOR, document_member(value, "actor"));
    step->actor_send.actor = actor ? arena_text(build->arena, actor->name) : NULL;
    step->actor_send.uri = text_take(build, document_member(value, "uri"), TEXT_PLAIN);
    step->actor_send.count = value_unsigned(document_member(value, "count"), 1);
    step->actor_send.as = value_unsigned(as, 0);
    if (actor && step->actor_send.as >= actor->domains)
        document_reject(build->diagnostic, as, NULL, "the index of one of the actor's domains, from 0", NULL);
}

void step_take_actor_close(struct build *build, const struct document_value *value,
                           struct scenario_step *step)
{
    step->actor_close.actor = scope_take(build, SCOPE_ACTOR, document_member(value, "actor"));
    step->actor_close.mode = value_close_mode(document_member(value, "how"));
}

void step_take_soak(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->soak.actor = scope_take(build, SCOPE_ACTOR, document_member(value, "actor"));
    step->soak.turns = value_unsigned(document_member(value, "turns"), 1);
}

/* What a run takes for "not shown": such a value does not make an observation that a control shows. */
static bool is_denial(const char *text)
{
    static const char *const denials[] = {"", "no", "false", "0"};
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
        if (text && strcasecmp(text, denials[i]) == 0)
            return true;
    return false;
}

void observation_take(struct build *build, const struct document_value *value, char **name, char **text)
{
    if (!value)
        return;
    bool is_name = document_string(value) != NULL;
    const struct document_value *said = document_at(value, 0);
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)document_integer(said));
    *name = arena_text(build->arena, is_name ? document_string(value) : document_key(value, 0));
    if (is_name)
        *text = arena_text(build->arena, "yes");
    else if (document_string(said))
        *text = text_take(build, said, TEXT_PLAIN);
    else if (document_kind(said) == DOCUMENT_BOOLEAN)
        *text = arena_text(build->arena, document_boolean(said) ? "true" : "false");
    else
        *text = arena_text(build->arena, number);
    if (is_denial(*text))
        return;
    struct observed *observed = arena_take(build->arena, 1, sizeof *observed);
    observed->name = *name;
    observed->next = build->observed;
    build->observed = observed;
}

void step_take_observe(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    observation_take(build, value, &step->observe.name, &step->observe.value);
}
