#include "run/registrar.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

char *message_branch(const struct sip_message *message)
{
    const struct sip_param *branch;
    struct sip_via via;
    char *copy;

    if (sip_message_top_via(message, &via) != SIP_OK)
        return NULL;
    branch = sip_params_find(&via.params, "branch");
    copy = branch ? text_copy(branch->value) : NULL;
    sip_via_fini(&via);
    return copy;
}

static char *expand_or(struct fiber *fiber, const char *template, char *fallback)
{
    if (!template)
        return fallback;
    free(fallback);
    return world_expand(fiber, template);
}

static char *default_sent_by(const struct wire *wire)
{
    char *ip = names_uri_ip(&wire->host->address);
    char *sent_by = text_format("%s:%u", ip, (unsigned)host_port(wire->host, wire->transport));

    free(ip);
    return sent_by;
}

/* sent-by is the advertised address: never the port that the connection really has (rule 2). */
static void add_via(struct sip_message *message, struct wire *wire, const struct origin *origin,
                    const struct request_draft *draft)
{
    const struct scenario_message *wanted = draft->message;
    char *transport = expand_or(draft->fiber, wanted ? wanted->via_transport : NULL,
                                text_upper(net_transport_name(wire->transport)));
    char *sent_by = expand_or(draft->fiber, wanted ? wanted->sent_by : NULL, default_sent_by(wire));
    char *params = expand_or(draft->fiber, wanted ? wanted->via_params : NULL, text_copy(""));
    char *via =
        text_format("SIP/2.0/%s %s;branch=%s%s%s%s", transport, sent_by, origin->branch,
                    *params && *params != ';' ? ";" : "", params, wanted && wanted->alias ? ";alias" : "");

    sip_message_append(message, "Via", via);
    free(transport);
    free(sent_by);
    free(params);
    free(via);
}

static void append_all(struct fiber *fiber, struct sip_message *message, const char *name,
                       const struct strings *values)
{
    for (size_t i = 0; i < values->count; i++) {
        char *value = world_expand(fiber, values->items[i]);

        sip_message_append(message, name, value);
        free(value);
    }
}

static char *contact_uri(const struct wire *wire, const char *user)
{
    char *ip = names_uri_ip(&wire->host->address);
    uint16_t port = wire->post && wire->post->listener ? net_listener_address(wire->post->listener)->port
                                                       : host_port(wire->host, wire->transport);
    char *uri = text_format("sip:%s@%s:%u;transport=%s", user, ip, (unsigned)port,
                            net_transport_name(wire->transport));

    free(ip);
    return uri;
}

static void append_format(struct sip_message *message, const char *name, char *value)
{
    sip_message_append(message, name, value);
    free(value);
}

static void add_identity(struct sip_message *message, struct wire *wire, const struct origin *origin,
                         const struct request_draft *draft)
{
    append_format(message, "From",
                  text_format("<sip:%s@%s>;tag=%s", draft->from_user, draft->from_domain, origin->token));
    append_format(message, "To", text_format("<%s>", draft->to ? draft->to : draft->uri));
    sip_message_append(message, "Call-ID", origin->call_id);
    append_format(message, "CSeq", text_format("%u %s", origin->cseq, draft->method));
    if (!strcmp(draft->method, "INVITE") || !strcmp(draft->method, "SUBSCRIBE")) {
        char *uri = contact_uri(wire, draft->from_user);

        append_format(message, "Contact", text_format("<%s>", uri));
        free(uri);
    }
}

static char *fill(size_t size)
{
    char *text = run_allocate(size + 1, 1);

    memset(text, 'x', size);
    return text;
}

static void set_body(struct fiber *fiber, struct sip_message *message, const struct scenario_message *wanted)
{
    char *body = NULL;

    if (wanted && wanted->body_bytes)
        body = fill(wanted->body_bytes);
    else if (wanted && wanted->body)
        body = world_expand(fiber, wanted->body);

    sip_message_set_body(message, body, body ? strlen(body) : 0, body ? "text/plain" : NULL);
    free(body);
}

void message_apply_headers(struct fiber *fiber, struct sip_message *message,
                           const struct scenario_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *value;

        if (!headers[i].value) {
            sip_message_remove(message, headers[i].name);
            continue;
        }
        value = world_expand(fiber, headers[i].value);
        sip_message_set(message, headers[i].name, value);
        free(value);
    }
}

struct sip_message *message_request(struct wire *wire, struct origin *origin,
                                    const struct request_draft *draft)
{
    struct sip_message *message = sip_request_new(draft->method, draft->uri);

    if (!message)
        return NULL;
    free(origin->method);
    origin->method = text_copy(draft->method);
    origin->wire = wire;
    add_via(message, wire, origin, draft);
    if (draft->message)
        append_all(draft->fiber, message, "Via", &draft->message->lower_vias);
    if (draft->message)
        append_all(draft->fiber, message, "Route", &draft->message->routes);
    sip_message_append(message, "Max-Forwards", "70");
    add_identity(message, wire, origin, draft);
    set_body(draft->fiber, message, draft->message);
    if (draft->message)
        message_apply_headers(draft->fiber, message, draft->message->headers, draft->message->header_count);
    return message;
}

bool message_send(struct wire *wire, const struct sip_message *message, const char *of)
{
    size_t size_bytes = 0;
    uint8_t *bytes = message ? sip_message_serialize(message, &size_bytes) : NULL;
    bool is_sent;

    if (!bytes)
        return false;
    is_sent = wire->connection && peer_write(wire, bytes, size_bytes);
    if (is_sent) /* what went nowhere is no message of this connection */
        journal_world_message(wire, false, message, bytes, size_bytes, of);
    free(bytes);
    return is_sent;
}

static void add_contact(struct sip_message *response, const struct event *event, struct wire *wire,
                        const char *contact)
{
    char *uri = contact ? text_copy(contact) : contact_uri(wire, event->wire->host->name);

    append_format(response, "Contact", text_format("<%s>", uri));
    free(uri);
}

/* RFC 3261 §18.1.2: whose response it claims to be. */
static void replace_sent_by(struct sip_message *response, const char *sent_by)
{
    char *via = sip_message_value(response, "Via", 0);
    size_t head = via ? strcspn(via, " \t") : 0;
    char *changed;

    if (!via)
        return;
    changed = text_format("%.*s %s%s", (int)head, via, sent_by, via + strcspn(via, ";"));
    sip_message_replace_value(response, "Via", 0, changed);
    free(changed);
    free(via);
}

void message_answer(struct event *event, unsigned status, struct wire *wire, const char *contact)
{
    message_answer_as(event, wire, &(struct answer_draft){.status = status, .contact = contact});
}

/* An INVITE that stands for any request is not to become a call. */
static unsigned answer_status(const struct event *event, unsigned status)
{
    bool is_call = event->origin && event->origin->is_substitute && !strcmp(event->message->method, "INVITE");

    return is_call && status >= 200 && status < 300 ? 486 : status;
}

/* Nobody passes on to us what the device was answered: our own answer is what the stimulus came to. */
static void add_echo(const struct event *event, struct wire *wire, const struct sip_message *response,
                     unsigned wanted_status)
{
    struct event *echo;

    if (!event->origin || !event->origin->is_made || event->origin->purpose != ORIGIN_STEP)
        return;
    echo = inbox_add(event->wire->world, OBSERVED_RESPONSE, wire, event->seq);
    echo->message = sip_message_copy(response);
    echo->origin = event->origin;
    echo->is_echo = true;
    if (echo->message)
        echo->message->status = wanted_status;
}

/* NULL: such a request is not answered. */
static struct sip_message *build_answer(const struct event *event, struct wire *wire,
                                        const struct answer_draft *draft)
{
    const struct sip_message *request = event->message;
    unsigned status = answer_status(event, draft->status);
    struct sip_message *response;

    if (!strcmp(request->method, "ACK") || (wire->post && wire->post->is_stalled))
        return NULL;
    response = sip_response_to(request, status, NULL, status > 100 ? event->wire->world->run->label : NULL);
    if (!response)
        return NULL;
    if (status > 100 && status < 300 && (draft->contact || !strcmp(request->method, "INVITE")))
        add_contact(response, event, wire, draft->contact);
    if (draft->sent_by)
        replace_sent_by(response, draft->sent_by);
    if (draft->body)
        sip_message_set_body(response, draft->body, strlen(draft->body), "text/plain");
    message_apply_headers(draft->fiber, response, draft->headers, draft->header_count);
    return response;
}

static void note_answer(struct event *event, struct wire *wire, const struct sip_message *response,
                        unsigned wanted_status)
{
    event->last_answer = wanted_status;
    if (event->origin && response->status >= 300)
        event->origin->has_error_answer = true;
    add_echo(event, wire, response, wanted_status);
}

static const char *group_name(const struct event *event)
{
    return event->origin && event->origin->group ? event->origin->group->name : NULL;
}

void message_answer_as(struct event *event, struct wire *wire, const struct answer_draft *draft)
{
    struct sip_message *response = build_answer(event, wire, draft);

    if (!response)
        return;
    message_send(wire, response, group_name(event));
    note_answer(event, wire, response, draft->status);
    sip_message_free(response);
}

/* The bytes behind so many empty lines; the bytes go. */
static uint8_t *put_behind(unsigned empty_lines, uint8_t *bytes, size_t *size_bytes)
{
    size_t before = empty_lines * strlen("\r\n");
    uint8_t *both = run_allocate(before + *size_bytes, 1);

    for (size_t i = 0; i < before; i++)
        both[i] = i % 2 ? (uint8_t)'\n' : (uint8_t)'\r';
    memcpy(both + before, bytes, *size_bytes);
    free(bytes);
    *size_bytes += before;
    return both;
}

uint8_t *message_answer_bytes(struct event *event, struct wire *wire, const struct answer_draft *draft,
                              unsigned empty_lines, size_t *size_bytes)
{
    struct sip_message *response = build_answer(event, wire, draft);
    uint8_t *bytes = response ? sip_message_serialize(response, size_bytes) : NULL;

    if (bytes) {
        bytes = put_behind(empty_lines, bytes, size_bytes);
        if (wire->connection)
            journal_world_message(wire, false, response, bytes, *size_bytes, group_name(event));
        note_answer(event, wire, response, draft->status);
    }
    sip_message_free(response);
    return bytes;
}

struct origin *message_probe(struct wire *wire, enum origin_purpose purpose)
{
    struct world *world = wire->world;
    struct origin *origin = origin_new(world, NULL, purpose);
    const char *contact = wire->is_shared ? registrar_contact(world->run, 0) : NULL;
    char *domain = text_format("sip:%s", world->run->domains[0]);
    char *uri = contact ? text_copy(contact) : names_add_user(world->run, domain);
    struct request_draft draft = {.method = "OPTIONS",
                                  .uri = uri,
                                  .from_user = wire->host->name,
                                  .from_domain = world->zone_name,
                                  .fiber = world->fibers};

    origin->request = message_request(wire, origin, &draft);
    if (!message_send(wire, origin->request, NULL))
        origin->is_lost = true;
    free(domain);
    free(uri);
    return origin;
}
