/* A user agent that is called, and sends by itself then: what a REFER asks for, the NOTIFY of a subscription,
 * the BYE of a call. Where its request goes, our Contact or Refer-To says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/make.h"
#include "run/registrar.h"
#include "run/run_private.h"

enum phase {
    CALL_CONNECTING, /* the UA's connection */
    CALL_ASKED,      /* the first request is out */
    CALL_REFERRED,   /* the REFER within the call is out */
    CALL_DONE,
    CALL_FAILED
};
/* No device counts so far: its own requests in the dialog are told from answers to ours. */
enum { FIRST_CSEQ = 20011 };

struct call {
    struct call *next;
    struct fiber *fiber;
    struct origin *made;    /* the request that is to come */
    struct origin *request; /* ours that is under way */
    struct origin *invite;  /* NULL: no call was made */
    struct wire *way;       /* to the device: the UA's, or that of its registration */
    unsigned as;            /* the device's domain that is asked */
    enum phase phase;
    char text[RUN_SENTENCE_MAX];
};

static const struct scenario_message nothing_special = {0};

static void fail(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct call *call, const char *format, ...)
{
    va_list arguments;

    call->phase = CALL_FAILED;
    va_start(arguments, format);
    vsnprintf(call->text, sizeof call->text, format, arguments);
    va_end(arguments);
    journal_world_note(call->fiber->world, "stimulus",
                       call->made->group ? call->made->group->name : "barrier", call->text);
    world_wake(call->fiber->world);
}

static void finish(struct call *call)
{
    call->phase = CALL_DONE;
    snprintf(call->text, sizeof call->text, "The device was sent %s and answered %u", call->request->method,
             call->request->final_status);
    journal_world_note(call->fiber->world, "stimulus",
                       call->made->group ? call->made->group->name : "barrier", call->text);
    world_wake(call->fiber->world);
}

/* ---- our requests */

static const char *first_method(const struct device_profile *profile)
{
    switch (profile->call) {
    case DEVICE_AFTER_REFER:
        return "REFER";
    case DEVICE_AFTER_SUBSCRIBE:
        return "SUBSCRIBE";
    case DEVICE_AFTER_REFER_IN_CALL:
    case DEVICE_AFTER_INVITE:
        break;
    }
    return "INVITE";
}

static char *target_of(const struct call *call)
{
    const struct world *world = call->fiber->world;
    const char *contact = registrar_contact(world->run, call->as);

    if (contact)
        return text_copy(contact);
    char *uri = text_format("sip:%s", world->run->domains[call->as]);
    char *named = names_add_user(world->run, uri);

    free(uri);
    return named;
}

/* An offer that any device can take: nothing is sent. */
static void add_offer(struct sip_message *message, const struct wire *wire)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    char *body;

    net_address_format_ip(&wire->local, ip);
    body = text_format("v=0\r\no=- 1 1 IN IP%d %s\r\ns=-\r\nc=IN IP%d %s\r\nt=0 0\r\n"
                       "m=audio 9 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
                       "a=inactive\r\n",
                       wire->local.family, ip, wire->local.family, ip);
    sip_message_set_body(message, body, strlen(body), "application/sdp");
    free(body);
}

/* Refer-To may name the method (RFC 3515 §2.1): INVITE is what it means without. */
static void add_refer_to(const struct call *call, struct sip_message *message)
{
    const char *method = call->made->method;
    char *value = strcmp(method, "INVITE") == 0 ? text_format("<%s>", call->made->uri)
                                                : text_format("<%s;method=%s>", call->made->uri, method);

    sip_message_set(message, "Refer-To", value);
    free(value);
}

static void add_kind(const struct call *call, struct sip_message *message, const struct wire *wire)
{
    const struct device_profile *profile = call->fiber->world->run->options->profile;
    char *contact = text_format("<%s>", call->made->uri);

    switch (profile->call) {
    case DEVICE_AFTER_REFER:
        add_refer_to(call, message);
        sip_message_set(message, "Refer-Sub", "false"); /* RFC 4488: nobody needs its NOTIFY */
        break;
    case DEVICE_AFTER_SUBSCRIBE:
        sip_message_set(message, "Contact", contact);
        sip_message_set(message, "Event", profile->event ? profile->event : "presence");
        sip_message_set(message, "Expires", "600");
        break;
    case DEVICE_AFTER_INVITE:
        sip_message_set(message, "Contact", contact);
        add_offer(message, wire);
        break;
    case DEVICE_AFTER_REFER_IN_CALL:
        add_offer(message, wire);
        break;
    }
    free(contact);
}

static struct origin *new_request(const struct call *call)
{
    struct origin *origin = origin_new(call->fiber->world, NULL, ORIGIN_CALL);

    origin->cseq = origin->next_cseq = FIRST_CSEQ;
    return origin;
}

static void send_first(struct call *call)
{
    struct world *world = call->fiber->world;
    const struct device_profile *profile = world->run->options->profile;
    struct origin *origin = call->request = new_request(call);
    char *uri = target_of(call);
    struct request_draft draft = {.method = first_method(profile),
                                  .uri = uri,
                                  .from_user = "ua",
                                  .from_domain = world->zone_name,
                                  .fiber = call->fiber};

    origin->request = message_request(call->way, origin, &draft);
    free(uri);
    if (origin->request) {
        add_kind(call, origin->request, call->way);
        if (profile->call == DEVICE_AFTER_SUBSCRIBE || profile->call == DEVICE_AFTER_INVITE)
            origin_set_call_id(call->made, text_copy(origin->call_id)); /* what comes is of this dialog */
    }
    if (strcmp(draft.method, "INVITE") == 0)
        call->invite = origin;
    call->phase = CALL_ASKED;
    if (!origin->request || !message_send(call->way, origin->request, NULL))
        fail(call, "The %s to the device could not be sent", draft.method);
}

static void send_refer(struct call *call)
{
    struct world *world = call->fiber->world;
    struct origin *origin = call->request = origin_new(world, NULL, ORIGIN_CALL);

    origin->request =
        dialog_request(call->fiber, call->invite->wire, origin, call->invite, "REFER", &nothing_special);
    call->phase = CALL_REFERRED;
    if (origin->request)
        add_refer_to(call, origin->request);
    if (!origin->request || !message_send(call->invite->wire, origin->request, NULL))
        fail(call, "The REFER to the device could not be sent");
}

/* ---- going on */

static void poll_connecting(struct call *call)
{
    const struct wire *way = call->way;

    if (way->has_sign || !way->connection)
        fail(call, "The UA has no connection to the device: %s",
             way->end_text ? way->end_text : "it was not established");
    else if (way->is_ready)
        send_first(call);
}

static void poll_asked(struct call *call)
{
    const struct origin *request = call->request;
    const struct device_profile *profile = call->fiber->world->run->options->profile;

    if (request->final_status >= 300)
        fail(call, "The device was sent %s and answered %u", request->method, request->final_status);
    else if (!request->final_status && (request->is_lost || !request->wire || !request->wire->connection))
        fail(call, "The device closed the UA's connection before it answered %s", request->method);
    else if (request->final_status && call->phase == CALL_ASKED &&
             profile->call == DEVICE_AFTER_REFER_IN_CALL)
        send_refer(call);
    else if (request->final_status)
        finish(call);
}

void call_poll_all(struct world *world)
{
    for (struct call *call = world->calls; call; call = call->next) {
        switch (call->phase) {
        case CALL_CONNECTING:
            poll_connecting(call);
            break;
        case CALL_ASKED:
        case CALL_REFERRED:
            poll_asked(call);
            break;
        case CALL_DONE:
        case CALL_FAILED:
            break;
        }
    }
}

void call_begin(struct fiber *fiber, struct origin *origin, unsigned as)
{
    struct world *world = fiber->world;
    struct call *call = run_allocate(1, sizeof *call);

    call->fiber = world->fibers; /* the root: it lives as long as the world */
    call->made = origin;
    call->as = as;
    call->next = world->calls;
    world->calls = call;
    origin->call = call;
    snprintf(call->text, sizeof call->text, "The device was called, and has not answered yet");
    call->way = world->run->registrar ? registrar_ua(world, as) : ua_open(world);
    if (!call->way && world->run->registrar)
        fail(call, "The device was not called, for it is not registered: %s", registrar_text(world->run));
    else if (!call->way)
        fail(call, "The UA has no connection to the device");
    world_wake(world);
}

bool call_has_begun(const struct call *call)
{
    return call->phase >= CALL_DONE;
}

bool call_has_failed(const struct call *call)
{
    return call->phase == CALL_FAILED;
}

const char *call_text(const struct call *call)
{
    return call->text;
}

/* ---- the end */

static bool has_ended(const struct world *world, const struct origin *invite)
{
    for (size_t i = 0; i < world->event_count; i++) {
        const struct event *event = world->events[i];
        const char *call_id = event->message ? sip_message_header(event->message, "Call-ID") : NULL;

        if (event->kind == OBSERVED_REQUEST && call_id && !strcmp(event->message->method, "BYE") &&
            !strcmp(call_id, invite->call_id))
            return true;
    }
    return false;
}

static void hang_up(struct call *call)
{
    struct world *world = call->fiber->world;
    struct origin *origin = origin_new(world, NULL, ORIGIN_CALL);

    origin->request =
        dialog_request(call->fiber, call->invite->wire, origin, call->invite, "BYE", &nothing_special);
    if (origin->request)
        message_send(call->invite->wire, origin->request, NULL);
}

void call_end_all(struct world *world)
{
    while (world->calls) {
        struct call *call = world->calls;

        if (call->invite && call->invite->established && call->invite->wire->connection && world->fibers &&
            !has_ended(world, call->invite))
            hang_up(call);
        world->calls = call->next;
        call->made->call = NULL;
        free(call);
    }
}
