/* What the UA keeps of a dialog that its INVITE made (RFC 3261 §12.1.2), and the requests that belong to an
 * INVITE: ACK, CANCEL. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

static void append_owned(struct sip_message *message, const char *name, char *value)
{
    if (value)
        sip_message_append(message, name, value);
    free(value);
}

static void copy_first(struct sip_message *to, const struct sip_message *from, const char *name)
{
    const char *value = sip_message_header(from, name);

    if (value)
        sip_message_append(to, name, value);
}

static void copy_values(struct sip_message *to, const struct sip_message *from, const char *name)
{
    for (size_t i = 0; i < sip_message_value_count(from, name); i++)
        append_owned(to, name, sip_message_value(from, name, i));
}

/* The route set: Record-Route of the response in reverse order (§12.1.2). */
static void add_route_set(struct sip_message *message, const struct sip_message *response)
{
    for (size_t i = sip_message_value_count(response, "Record-Route"); i--;)
        append_owned(message, "Route", sip_message_value(response, "Record-Route", i));
}

/* URI of the response's Contact; the INVITE's own target when there is none. Heap. */
static char *remote_target(const struct origin *invite, const struct sip_message *response)
{
    char *value = sip_message_value(response, "Contact", 0);
    struct sip_address address;
    char *uri = NULL;

    if (value && sip_address_parse(value, &address) == SIP_OK) {
        uri = sip_uri_format(&address.uri);
        sip_address_fini(&address);
    }
    free(value);
    return uri ? uri : text_copy(invite->request->request_uri);
}

/* What every ACK has, behind its Via and route set. */
static void send_ack(struct wire *wire, struct sip_message *ack, const struct origin *invite,
                     const struct sip_message *response)
{
    sip_message_append(ack, "Max-Forwards", "70");
    copy_first(ack, invite->request, "From");
    copy_first(ack, response, "To");
    copy_first(ack, invite->request, "Call-ID");
    append_owned(ack, "CSeq", text_format("%u ACK", invite->cseq));
    sip_message_set_body(ack, NULL, 0, NULL);
    message_send(wire, ack, invite->group ? invite->group->name : NULL);
}

/* §17.1.1.3: the same Via, and nothing but what the INVITE had. */
static void acknowledge_failure(struct wire *wire, const struct origin *invite,
                                const struct sip_message *response)
{
    struct sip_message *ack = sip_request_new("ACK", invite->request->request_uri);

    if (!ack)
        return;
    append_owned(ack, "Via", sip_message_value(invite->request, "Via", 0));
    copy_values(ack, invite->request, "Route");
    send_ack(wire, ack, invite, response);
    sip_message_free(ack);
}

static char *top_via_with_branch(const struct origin *invite, const char *branch)
{
    char *value = sip_message_value(invite->request, "Via", 0);
    char *end = value ? strchr(value, ';') : NULL;
    char *via;

    if (end)
        *end = '\0';
    via = text_format("%s;branch=%s", value ? value : "", branch);
    free(value);
    return via;
}

/* §13.2.2.4: a transaction of its own, along the route set. */
static void acknowledge_success(struct wire *wire, struct origin *invite, const struct sip_message *response)
{
    char *target = remote_target(invite, response);
    struct sip_message *ack = sip_request_new("ACK", target);
    char *branch = text_format("%s.ack", invite->branch);

    free(target);
    if (ack) {
        append_owned(ack, "Via", top_via_with_branch(invite, branch));
        add_route_set(ack, response);
        send_ack(wire, ack, invite, response);
    }
    free(branch);
    sip_message_free(ack);
}

void dialog_on_response(struct wire *wire, struct origin *invite, const struct sip_message *response)
{
    struct wire *back = invite->wire;

    if (response->status < 200 || !invite->request || !invite->method ||
        strcmp(invite->method, "INVITE") != 0 || !back || !back->connection)
        return;
    (void)wire; /* requests go where the INVITE went, wherever its response came from */
    if (response->status >= 300) {
        acknowledge_failure(back, invite, response);
        return;
    }
    if (!invite->established)
        invite->established = sip_message_copy(response);
    /* A proxy that did not record-route is not on the way of this ACK, which would go to the peer directly.
     */
    if (back->role != WIRE_UA || invite->purpose == ORIGIN_CALL ||
        sip_message_value_count(response, "Record-Route"))
        acknowledge_success(back, invite, response);
}

struct sip_message *dialog_request(struct fiber *fiber, struct wire *wire, struct origin *origin,
                                   struct origin *invite, const char *method,
                                   const struct scenario_message *wanted)
{
    char *target = wanted->uri && *wanted->uri ? world_expand(fiber, wanted->uri)
                                               : remote_target(invite, invite->established);
    struct request_draft draft = {.method = method,
                                  .uri = target,
                                  .from_user = "ua",
                                  .from_domain = "invalid",
                                  .message = wanted,
                                  .fiber = fiber};
    struct sip_message *message;

    origin_set_call_id(origin, text_copy(invite->call_id));
    origin->cseq = ++invite->next_cseq;
    message = message_request(wire, origin, &draft);
    free(target);
    if (!message)
        return NULL;
    if (!wanted->routes.count)
        add_route_set(message, invite->established);
    sip_message_set(message, "From", sip_message_header(invite->request, "From"));
    sip_message_set(message, "To", sip_message_header(invite->established, "To"));
    message_apply_headers(fiber, message, wanted->headers, wanted->header_count);
    return message;
}

struct sip_message *dialog_cancel(struct origin *origin, struct origin *invite)
{
    struct sip_message *cancel = sip_request_new("CANCEL", invite->request->request_uri);

    if (!cancel)
        return NULL;
    free(origin->method);
    free(origin->branch);
    origin_set_call_id(origin, text_copy(invite->call_id));
    origin->method = text_copy("CANCEL");
    origin->branch = text_copy(invite->branch);
    origin->cseq = invite->cseq;
    origin->wire = invite->wire;
    invite->is_cancelled = true;
    append_owned(cancel, "Via", sip_message_value(invite->request, "Via", 0));
    copy_values(cancel, invite->request, "Route");
    sip_message_append(cancel, "Max-Forwards", "70");
    copy_first(cancel, invite->request, "From");
    copy_first(cancel, invite->request, "To");
    copy_first(cancel, invite->request, "Call-ID");
    append_owned(cancel, "CSeq", text_format("%u CANCEL", invite->cseq));
    sip_message_set_body(cancel, NULL, 0, NULL);
    return cancel;
}
