#include "run/make.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

static void end_flooded(struct world *world, const char *what)
{
    if (world->is_over)
        return;
    world_end(world, VERDICT_INCONCLUSIVE, 0, "The device flooded the scenario: %s.", what);
    world->outcome.is_soft = false; /* once is enough */
}

/* Floods of many worlds come together in one memory: the one that has the most gives way to the others. */
static void relieve(struct run *run)
{
    struct world *largest = NULL;

    for (size_t i = 0; i < run->job_count; i++) {
        struct world *world = run->jobs[i].world;

        if (world && !world->is_over && (!largest || world->event_bytes > largest->event_bytes))
            largest = world;
    }
    if (largest)
        end_flooded(largest, "more than all scenarios together may take");
}

static void count_bytes(struct world *world, size_t size_bytes)
{
    world->event_bytes += size_bytes;
    world->run->event_bytes += size_bytes;
    if (world->event_bytes > RUN_EVENT_BYTES_MAX)
        end_flooded(world, "more than 32 MiB");
    else if (world->run->event_bytes > RUN_ALL_BYTES_MAX)
        relieve(world->run);
}

void inbox_count_session(struct world *world)
{
    if (++world->sessions > RUN_SESSIONS_MAX)
        end_flooded(world, "more than 1000 TLS sessions");
}

void inbox_count(struct world *world, size_t size_bytes)
{
    count_bytes(world, size_bytes);
    if (++world->happened > RUN_EVENTS_MAX)
        end_flooded(world, "more than 20000 events");
}

/* A message over SCTP is taken while net hands it up. */
static void note_delivery(struct event *event)
{
    bool is_message = event->kind == OBSERVED_REQUEST || event->kind == OBSERVED_RESPONSE;
    const struct net_message_facts *facts =
        is_message && event->wire->connection ? net_connection_message(event->wire->connection) : NULL;

    event->has_delivery = facts != NULL;
    if (facts)
        event->delivery = *facts;
}

struct event *inbox_add(struct world *world, enum observed_kind kind, struct wire *wire, uint64_t seq)
{
    struct event *event = run_allocate(1, sizeof *event);

    if (world->event_count == world->event_room) {
        size_t room = world->event_room ? world->event_room * 2 : 16;
        struct event **events = run_allocate(room, sizeof(struct event *));

        if (world->events)
            memcpy(events, world->events, world->event_count * sizeof(struct event *));
        free(world->events);
        world->events = events;
        world->event_room = room;
    }
    event->kind = kind;
    event->wire = wire;
    event->seq = seq;
    note_delivery(event);
    world->events[world->event_count++] = event;
    inbox_count(world, sizeof *event);
    world_wake(world);
    return event;
}

struct observed inbox_view(const struct event *event)
{
    const struct wire *wire = event->wire;
    const struct origin *origin = event->origin;
    const struct group *group = origin ? origin->group : NULL;
    struct observed view = {.kind = event->kind,
                            .connection = wire->name,
                            .listener = wire->post ? wire->post->name : NULL,
                            .is_new = wire->post && !wire->was_named,
                            .is_further_pair = event->wire->is_further_pair,
                            .is_beside = peer_is_beside_named,
                            .wire = wire,
                            .sign = event->sign,
                            .alert = event->alert,
                            .message = event->message,
                            .delivery = event->has_delivery ? &event->delivery : NULL};

    if (group && group->name) {
        view.of = group->name;
        view.own_method = group->method;
    }
    if (event->message) {
        view.method = event->message->method;
        view.status = event->message->status;
    }
    view.is_echo = event->is_echo;
    view.is_again = event->is_again;
    view.is_repeated = event->is_repeated;
    view.is_expected_error = origin && (origin->has_error_answer || origin->is_cancelled);
    return view;
}

struct event *inbox_named(const struct world *world, const char *name)
{
    for (size_t i = world->event_count; i--;) /* the latest bearer of the name */
        if (world->events[i]->name && !strcmp(world->events[i]->name, name))
            return world->events[i];
    return NULL;
}

/* RFC 3261 §17.2.3, but by connection: the same request on another connection is news. */
static bool is_retransmission(const struct wire *wire, const struct sip_message *message, const char *branch)
{
    const struct world *world = wire->world;

    for (size_t i = 0; branch && i < world->event_count; i++) {
        const struct event *event = world->events[i];

        if (event->wire == wire && event->kind == OBSERVED_REQUEST && event->branch &&
            !strcmp(event->branch, branch) && !strcmp(event->message->method, message->method))
            return true;
    }
    return false;
}

static void take_request(struct wire *wire, struct sip_message *message, struct origin *origin, uint64_t seq)
{
    struct world *world = wire->world;
    char *branch = message_branch(message);
    struct event *event;

    if (is_retransmission(wire, message, branch)) {
        free(branch);
        sip_message_free(message);
        return;
    }
    event = inbox_add(world, OBSERVED_REQUEST, wire, seq);
    event->message = message;
    event->branch = branch;
    event->origin = origin;
    if (origin) {
        origin->was_received = true;
        make_arrived(origin);
    }
    if (origin && origin->purpose == ORIGIN_BARRIER) {
        event->is_consumed = true;
        message_answer(event, strcmp(message->method, "INVITE") ? 200 : 486, wire, NULL);
    } else if ((origin && origin->purpose != ORIGIN_STEP) ||
               (!origin && !strcmp(message->method, "OPTIONS"))) {
        message_answer(event, 200, wire, NULL); /* nobody waits for it, but the device must not wait either */
    }
}

static void take_response(struct wire *wire, struct sip_message *message, struct origin *origin, uint64_t seq)
{
    struct event *event;
    bool is_again = origin && message->status >= 200 && origin->final_status;
    bool is_repeated = is_again && origin->final_status == message->status && origin->final_wire == wire;

    if (origin && message->status >= 200 && !is_again) {
        origin->final_status = message->status;
        origin->final_wire = wire;
    }
    if (origin)
        dialog_on_response(wire, origin, message);
    if (origin && origin->purpose != ORIGIN_STEP) {
        sip_message_free(message);
        return;
    }
    event = inbox_add(wire->world, OBSERVED_RESPONSE, wire, seq);
    event->message = message;
    event->origin = origin;
    event->is_again = is_again;
    event->is_repeated = is_repeated;
}

static void take_message(struct wire *wire, const uint8_t *bytes, size_t size_bytes)
{
    struct world *world = wire->world;
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse(bytes, size_bytes, &message);
    struct origin *origin;
    uint64_t seq;

    inbox_count(world, 0); /* the bytes were counted as they came */
    if (error != SIP_OK) {
        journal_world_raw(wire, bytes, size_bytes, sip_error_text(error));
        return;
    }
    origin = origin_find(world, message);
    seq = journal_world_message(wire, true, message, bytes, size_bytes,
                                origin && origin->group ? origin->group->name : NULL);
    if (message->is_request)
        take_request(wire, message, origin, seq);
    else
        take_response(wire, message, origin, seq);
    world_wake(world);
}

/* The stream cannot be followed any more; the connection stays, so that the steps see what the device does
 * with it. */
static void break_wire(struct wire *wire, const struct sip_frame *frame)
{
    wire->is_broken = true;
    journal_world_raw(wire, frame->bytes, frame->size_bytes, sip_error_text(frame->error));
    inbox_count(wire->world, 0);
}

/* True when there may be more. */
static bool take_frame(struct wire *wire)
{
    struct sip_frame frame = sip_framer_next(wire->framer);

    switch (frame.kind) {
    case SIP_FRAME_NONE:
        return false;
    case SIP_FRAME_MESSAGE:
        take_message(wire, frame.bytes, frame.size_bytes);
        return true;
    case SIP_FRAME_PING:
        inbox_count(wire->world, 0);
        if (!wire->is_ping_deaf)
            peer_write(wire, "\r\n", 2); /* RFC 5626 §4.4.1 */
        return true;
    case SIP_FRAME_PONG:
        inbox_count(wire->world, 0);
        return true;
    case SIP_FRAME_ERROR:
        break_wire(wire, &frame);
        return false;
    }
    return false;
}

/* RFC 3261 §18.3: a user message of plain SCTP is one SIP message; whatever is wrong with it ends there. */
static void take_datagram(struct wire *wire, const uint8_t *bytes, size_t size_bytes)
{
    struct sip_frame frame = sip_frame_datagram(bytes, size_bytes, SIP_MESSAGE_MAX_BYTES);

    if (frame.kind == SIP_FRAME_MESSAGE) {
        take_message(wire, frame.bytes, frame.size_bytes);
    } else {
        journal_world_raw(wire, bytes, size_bytes,
                          frame.kind == SIP_FRAME_ERROR ? sip_error_text(frame.error) : "a keep-alive");
        wire->world->broken_messages += frame.kind == SIP_FRAME_ERROR;
        inbox_count(wire->world, 0);
    }
}

/* What came past TLS is no part of the stream within it. */
static bool is_clear(const struct wire *wire)
{
    const struct net_message_facts *facts =
        wire->connection ? net_connection_message(wire->connection) : NULL;

    return facts && facts->is_clear;
}

void inbox_bytes(struct wire *wire, const uint8_t *bytes, size_t size_bytes)
{
    if (wire->is_broken || wire->world->is_over) {
        wire->world->run->dropped += size_bytes;
        return;
    }
    count_bytes(wire->world, size_bytes); /* an unfinished message takes memory too */
    if (wire->transport == NET_SCTP || is_clear(wire)) {
        take_datagram(wire, bytes, size_bytes);
        return;
    }
    if (!wire->framer) {
        wire->framer = sip_framer_new(SIP_MESSAGE_MAX_BYTES);
        if (wire->framer)
            sip_framer_forgive_no_length(wire->framer); /* 3261-18.3-length judges it */
    }
    if (!wire->framer || !sip_framer_push(wire->framer, bytes, size_bytes)) {
        world_end(wire->world, VERDICT_ERROR, 0, "Out of memory.");
        return;
    }
    while (!wire->world->is_over && take_frame(wire))
        continue;
}

void inbox_message(struct wire *wire, const uint8_t *bytes, size_t size_bytes)
{
    if (wire->world->is_over) {
        wire->world->run->dropped += size_bytes;
        return;
    }
    count_bytes(wire->world, size_bytes);
    take_message(wire, bytes, size_bytes);
}

/* What no step wanted is answered in the end, so that the device has no open transactions with a world that
 * is gone. */
void inbox_answer_leftovers(struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++) {
        struct event *event = world->events[i];

        if (event->kind == OBSERVED_REQUEST && event->last_answer < 200 &&
            !(event->is_consumed && !event->last_answer) &&
            !(event->wire->post && event->wire->post->is_stalled))
            message_answer(event, strcmp(event->message->method, "INVITE") ? 200 : 480, event->wire, NULL);
    }
}

void inbox_free(struct world *world)
{
    for (size_t i = 0; i < world->event_count; i++) {
        sip_message_free(world->events[i]->message);
        free(world->events[i]->branch);
        free(world->events[i]->name);
        free(world->events[i]);
    }
    free(world->events);
    world->events = NULL;
    world->event_count = 0;
    world->run->event_bytes -= world->event_bytes;
    world->event_bytes = 0;
}
