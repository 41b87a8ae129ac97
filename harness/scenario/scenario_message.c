/* Steps that make messages: send (ours) and stimulate (the device's). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

struct scenario_header *headers_take(struct build *build, const struct document_value *headers, size_t *count)
{
    *count = document_count(headers);
    struct scenario_header *taken = arena_take(build->arena, *count, sizeof *taken);
    for (size_t i = 0; i < *count; i++) {
        taken[i].name = arena_text(build->arena, document_key(headers, i));
        taken[i].value = text_take(build, document_at(headers, i), TEXT_PLAIN);
    }
    return taken;
}

static char *take_or(struct build *build, const struct document_value *object, const char *name,
                     const char *otherwise)
{
    const struct document_value *value = document_member(object, name);
    return value ? text_take(build, value, TEXT_PLAIN) : arena_text(build->arena, otherwise);
}

static void message_take(struct build *build, const struct document_value *value,
                         struct scenario_message *message)
{
    message->method = take_or(build, value, "method", "OPTIONS");
    message->uri = take_or(build, value, "uri", NULL);
    message->alias = value_boolean(document_member(value, "alias"), false);
    message->sent_by = take_or(build, value, "sent_by", NULL);
    message->via_transport = take_or(build, value, "via_transport", NULL);
    message->via_params = take_or(build, value, "via_params", NULL);
    message->lower_vias = texts_take(build, document_member(value, "lower_vias"), TEXT_PLAIN);
    message->routes = texts_take(build, document_member(value, "routes"), TEXT_PLAIN);
    message->body = take_or(build, value, "body", NULL);
    message->body_bytes = value_unsigned(document_member(value, "body_bytes"), 0);
    message->headers = headers_take(build, document_member(value, "headers"), &message->header_count);
}

struct net_message_options delivery_take(const struct document_value *value)
{
    return (struct net_message_options){
        .stream = (uint16_t)value_unsigned(document_member(value, "stream"), 0),
        .is_ordered = value_boolean(document_member(value, "ordered"), false),
        .payload_protocol = value_unsigned(document_member(value, "ppid"), 0)};
}

static bool is_hex(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

void escapes_check(struct build *build, const struct document_value *value)
{
    for (const char *text = document_string(value); *text; text++) {
        if (*text != '\\')
            continue;
        text++;
        bool is_byte = text[0] == 'x' && is_hex(text[1]) && is_hex(text[2]);
        if (!is_byte && (*text == '\0' || !strchr("rn0\\", *text))) {
            char found[16];
            snprintf(found, sizeof found, "'\\%.1s'", *text > ' ' && *text < 0x7f ? text : "");
            document_reject(build->diagnostic, value, found,
                            "the escapes \\r, \\n, \\0, \\xHH, \\\\ (in JSON each backslash twice)", NULL);
            return;
        }
    }
}

/* Raw bytes are all there is: what would describe a message beside them would be passed over in silence. */
static void raw_take(struct build *build, const struct document_value *value, struct step_send *send)
{
    static const char *const excluded[] = {"method",        "uri",        "alias",          "sent_by",
                                           "via_transport", "via_params", "lower_vias",     "headers",
                                           "body",          "body_bytes", "after_challenge"};
    const struct document_value *raw = document_member(value, "raw");
    send->raw = text_take(build, raw, TEXT_PLAIN);
    if (raw)
        escapes_check(build, raw);
    for (size_t i = 0; raw && i < sizeof excluded / sizeof excluded[0]; i++)
        if (document_member(value, excluded[i]))
            document_reject_name(build->diagnostic, document_member(value, excluded[i]), NULL,
                                 "nothing of a message beside 'raw'", NULL);
}

static void take_challenge(struct build *build, const struct document_value *value, struct step_send *send)
{
    if (!value)
        return;
    scope_use(build, SCOPE_SEND, value);
    send->after_challenge = arena_text(build->arena, document_string(value));
    if (!variant_needs(build->variant, "challenges"))
        document_reject_name(build->diagnostic, value, NULL,
                             "'challenges' among 'needs', for only such a device has an account", NULL);
    if (send->times > 1)
        document_reject_name(build->diagnostic, value, "'after_challenge' beside 'times'", "one of them",
                             NULL);
}

void step_take_send(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    struct step_send *send = &step->send;
    const struct document_value *name = document_member(value, "name");
    send->on = scope_take(build, SCOPE_CONNECTION, document_member(value, "on"));
    message_take(build, value, &send->message);
    if (!send->message.uri && !build_failed(build))
        send->message.uri = arena_text(build->arena, "sip:{dut.one}");
    raw_take(build, value, send);
    send->chunk_bytes = value_unsigned(document_member(value, "chunk_bytes"), 0);
    send->times = value_unsigned(document_member(value, "times"), 1);
    send->how = delivery_take(value);
    take_challenge(build, document_member(value, "after_challenge"), send);
    send->is_joined = value_boolean(document_member(value, "joined"), false);
    if (name) {
        struct scope_name *entry = scope_define(build, SCOPE_SEND, name, false);
        entry->times = send->times;
        entry->is_invite = value_is(document_member(value, "method"), "INVITE");
        entry->is_raw = send->raw != NULL;
        send->name = arena_text(build->arena, entry->name);
    }
}

/* The INVITE that a request within its dialog, or a CANCEL, is about. */
static char *take_invite(struct build *build, const struct document_value *value)
{
    const struct scope_name *invite = scope_use(build, SCOPE_STIMULUS, value);
    if (invite && !invite->is_invite)
        document_reject(build->diagnostic, value, NULL, "a stimulus with the method 'INVITE'", NULL);
    return invite ? arena_text(build->arena, document_string(value)) : NULL;
}

static void take_as(struct build *build, const struct document_value *as, struct step_stimulate *stimulate)
{
    stimulate->as = value_is(as, "two") ? 1 : 0;
    if (stimulate->as == 1 && !variant_needs(build->variant, "virtual-server"))
        document_reject(build->diagnostic, as, NULL,
                        "'virtual-server' among 'needs', for a single-domain device has no second domain",
                        NULL);
}

void step_take_stimulate(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    struct step_stimulate *stimulate = &step->stimulate;
    const struct document_value *dialog = document_member(value, "dialog"),
                                *cancel = document_member(value, "cancel");
    const struct document_value *method = document_member(value, "method");
    message_take(build, value, &stimulate->message);
    take_as(build, document_member(value, "as"), stimulate);
    stimulate->dialog = take_invite(build, dialog);
    stimulate->cancel = take_invite(build, cancel);
    stimulate->times = value_unsigned(document_member(value, "times"), 1);
    if (dialog && cancel)
        document_reject_name(build->diagnostic, cancel, "'dialog' beside 'cancel'", "one of them", NULL);
    if (cancel && method && !value_is(method, "CANCEL"))
        document_reject(build->diagnostic, method, NULL, "no method beside 'cancel'", NULL);
    if (cancel)
        stimulate->message.method = arena_text(build->arena, "CANCEL");
    if (!stimulate->message.uri && !dialog && !cancel)
        document_reject(build->diagnostic, value, "no member 'uri'",
                        "the member 'uri', where the device has to send the request", NULL);
    struct scope_name *entry = scope_define(build, SCOPE_STIMULUS, document_member(value, "name"), false);
    entry->times = stimulate->times;
    entry->is_invite = !dialog && !cancel && value_is(method, "INVITE");
    stimulate->name = arena_text(build->arena, entry->name);
}
