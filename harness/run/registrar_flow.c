/* The connections of devices to the registrar, and what comes on them. */
#include "run/registrar.h"

#include <stdlib.h>
#include <string.h>

#include "run/binding.h"
#include "run/run_private.h"

enum { FLOWS_MAX = 64 }; /* at once */

/* ---- messages of a flow */

static void reply(struct flow *flow, struct sip_message *response)
{
    size_t size_bytes = 0;
    uint8_t *bytes = response ? sip_message_serialize(response, &size_bytes) : NULL;

    if (bytes && flow->connection)
        net_connection_write(flow->connection, bytes, size_bytes);
    free(bytes);
    sip_message_free(response);
}

/* Whether it need not prove anything, or has; else it is asked (RFC 3261 §22.1, §10.3 step 3). */
static bool is_admitted(struct flow *flow, const struct sip_message *request)
{
    struct registrar *registrar = flow->registrar;
    enum proof proof = flow->nonce ? proof_read(request, &registrar->account, flow->nonce) : PROOF_GOOD;

    if (proof == PROOF_GOOD)
        return true;
    registrar_note(registrar, "its REGISTER was answered 401: %s", proof_text(proof));
    journal_run_text(registrar->run, "device", "registering", registrar->text);
    reply(flow,
          proof_ask(request, &registrar->account, flow->nonce, proof == PROOF_STALE, registrar->run->label));
    return false;
}

static void take_register(struct flow *flow, const struct sip_message *request)
{
    struct registrar *registrar = flow->registrar;
    struct binding binding = {0};
    const struct binding *in_force = NULL;
    unsigned status;

    if (!is_admitted(flow, request))
        return;
    status = binding_read(request, &binding);
    if (status != 200) {
        registrar_note(registrar, "its REGISTER could not be read (To, Contact) and was answered %u", status);
        journal_run_text(registrar->run, "device", "registering", registrar->text);
    } else if (binding.is_removal) {
        registrar_remove(registrar, binding.aor);
    } else if (binding.contact) {
        registrar_enter(flow, &binding);
        in_force = &registrar->entries->binding;
    } else {
        in_force = registrar_bound(registrar, binding.aor);
    }
    reply(flow, binding_answer(request, status, in_force, registrar->run->label));
    binding_fini(&binding);
    registrar_check_ready(registrar);
}

/* The world that the message is about, by what it has sent there. */
static struct wire *addressee(const struct flow *flow, const struct sip_message *message)
{
    const struct run *run = flow->registrar->run;

    for (size_t i = 0; i < run->job_count; i++) {
        struct world *world = run->jobs[i].world;
        struct wire *wire = world ? world->wires : NULL;

        while (wire && !(wire->is_shared && wire->connection == flow->connection))
            wire = wire->next;
        if (wire && !world->is_over && origin_find(world, message))
            return wire;
    }
    return NULL;
}

/* Nobody's: but the device must not wait. */
static void answer_stray(struct flow *flow, const struct sip_message *request)
{
    bool is_options = !strcmp(request->method, "OPTIONS");

    if (request->is_request && strcmp(request->method, "ACK") != 0)
        reply(flow, sip_response_to(request, is_options ? 200 : 481, NULL, flow->registrar->run->label));
}

static void take_message(struct flow *flow, const struct sip_frame *frame)
{
    struct sip_message *message = NULL;
    struct wire *wire;

    if (sip_message_parse(frame->bytes, frame->size_bytes, &message) != SIP_OK)
        return;
    if (message->is_request && !strcmp(message->method, "REGISTER"))
        take_register(flow, message);
    else if ((wire = addressee(flow, message)) != NULL)
        inbox_message(wire, frame->bytes, frame->size_bytes);
    else if (message->is_request)
        answer_stray(flow, message);
    else
        flow->registrar->run->dropped += frame->size_bytes; /* of a world that has ended */
    sip_message_free(message);
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct flow *flow = arg;

    if (!sip_framer_push(flow->framer, bytes, size_bytes))
        return;
    for (;;) {
        struct sip_frame frame = sip_framer_next(flow->framer);

        if (frame.kind == SIP_FRAME_MESSAGE) {
            take_message(flow, &frame);
        } else if (frame.kind == SIP_FRAME_PING) {
            net_connection_write(connection, "\r\n", 2); /* RFC 5626 §4.4.1 */
        } else if (frame.kind != SIP_FRAME_PONG) {
            if (frame.kind == SIP_FRAME_ERROR && flow->registrar->is_awaited)
                registrar_note(flow->registrar, "it sent what is no SIP: %s", sip_error_text(frame.error));
            return;
        }
    }
}

/* ---- connections of devices */

/* It carries nothing any more: neither calls to the device, nor the wires of worlds upon it. */
static void forget(struct flow *flow, const struct net_end *end)
{
    struct registrar *registrar = flow->registrar;

    for (struct registrar_entry *entry = registrar->entries; entry; entry = entry->next)
        if (entry->flow == flow)
            entry->flow = NULL;
    for (size_t i = 0; i < registrar->run->job_count; i++) {
        struct world *world = registrar->run->jobs[i].world;

        for (struct wire *wire = world ? world->wires : NULL; wire; wire = wire->next)
            if (wire->is_shared && wire->connection == flow->connection)
                peer_lose(wire, end);
    }
}

void registrar_flow_free(struct flow *flow)
{
    static const struct net_end dropped = {.sign = NET_SIGN_NONE, .text = "the registrar has let it go"};
    struct flow **at = &flow->registrar->flows;

    forget(flow, &dropped);
    while (*at != flow)
        at = &(*at)->next;
    *at = flow->next;
    flow->registrar->flow_count--;
    net_connection_free(flow->connection);
    sip_framer_free(flow->framer);
    free(flow->nonce);
    free(flow);
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct flow *flow = arg;

    if (!net_connection_is_ready(connection))
        registrar_note(flow->registrar, "its connection to the registrar was not established: %s", end->text);
    forget(flow, end);
    net_connection_close(connection, end->sign == NET_SIGN_FIN || end->sign == NET_SIGN_CLOSE_NOTIFY
                                         ? NET_CLOSE_GRACEFUL
                                         : NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    (void)connection;
    registrar_flow_free(arg);
}

static void on_ready(struct net_connection *connection, void *arg)
{
    struct flow *flow = arg;

    (void)connection;
    if (flow->registrar->is_awaited && !flow->registrar->entries)
        registrar_note(flow->registrar, "it connected to the registrar and sent no REGISTER");
}

static void on_refused_closed(struct net_connection *connection, void *arg)
{
    (void)arg;
    net_connection_free(connection);
}

void registrar_flow_accept(struct net_listener *listener, struct net_connection *connection,
                           struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct registrar *registrar = arg;
    struct flow *flow;

    (void)listener;
    if (registrar->flow_count >= FLOWS_MAX) {
        *events = (struct net_connection_events){.on_closed = on_refused_closed};
        net_connection_close(connection, NET_CLOSE_NOW);
        return;
    }
    flow = run_allocate(1, sizeof *flow);
    flow->registrar = registrar;
    flow->connection = connection;
    flow->framer = sip_framer_new(SIP_MESSAGE_MAX_BYTES);
    if (flow->framer)
        sip_framer_forgive_no_length(flow->framer);
    if (registrar->account.algorithm_count)
        flow->nonce =
            text_format("%s-%llu", registrar->run->label, (unsigned long long)net_connection_id(connection));
    flow->next = registrar->flows;
    registrar->flows = flow;
    registrar->flow_count++;
    *connection_arg = flow;
    *events = (struct net_connection_events){
        .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};
}
