/* A variant's steps as strokes. */
#include "cli/drawing.h"

#include <inttypes.h>
#include <string.h>

static const char *times_text(unsigned times, char *room, size_t room_size)
{
    room[0] = '\0';
    if (times > 1)
        snprintf(room, room_size, ", %u times", times);
    return room;
}

static void draw_listen(struct drawing *drawing, const struct step_listen *listen)
{
    int column = drawing_column(drawing, listen->host);
    char port[16] = "";
    if (listen->port)
        snprintf(port, sizeof port, " port %u", listen->port);
    drawing_name(drawing, listen->name, column);
    drawing_say(drawing, (struct drawing_stroke){column, DRAWING_NOBODY, ' ', 'o', NULL},
                "%s listens, '%s': %s%s%s%s%s%s", listen->host, listen->name,
                net_transport_name(listen->transport), port, listen->certificate ? ", certificate " : "",
                drawing_or(listen->certificate, ""), listen->is_stalled ? ", never answers" : "",
                listen->certificate && !listen->request_certificate ? ", asks for no certificate" : "");
}

static const char *may_fail_words(const struct step_connect *connect)
{
    if (connect->has_to_be_taken)
        return " (its handshake may be refused)";
    return connect->may_fail ? " (may be refused)" : "";
}

/* A pair of streams stands where the association does. */
static void draw_pair(struct drawing *drawing, const struct step_connect *connect)
{
    int column = drawing_named(drawing, connect->beside);
    if (column == DRAWING_NOBODY)
        column = drawing->device;
    drawing_name(drawing, connect->name, column);
    drawing_say(drawing, (struct drawing_stroke){column, drawing->device, '=', 0, connect->name},
                "%s: TLS on streams %u of the association of %s%s%s%s%s%s", connect->name, connect->stream,
                connect->beside, connect->certificate ? ", shows certificate " : ", shows no certificate",
                drawing_or(connect->certificate, ""), connect->resume ? ", offers the session of " : "",
                drawing_or(connect->resume, ""), may_fail_words(connect));
}

static void draw_connect(struct drawing *drawing, const struct step_connect *connect)
{
    if (connect->beside) {
        draw_pair(drawing, connect);
        return;
    }
    int column = drawing_column(drawing, connect->host);
    drawing_name(drawing, connect->name, column);
    drawing_say(drawing, (struct drawing_stroke){column, drawing->device, '=', 0, connect->name},
                "%s opens %s over %s%s%s%s%s%s", connect->host, connect->name,
                net_transport_name(connect->transport), connect->certificate ? ", shows certificate " : "",
                connect->certificate            ? connect->certificate
                : connect->transport == NET_TLS ? ", shows no certificate"
                                                : "",
                connect->has_server_name ? ", asks for " : "",
                connect->has_server_name ? drawing_or(connect->server_name, "no name") : "",
                may_fail_words(connect));
}

static void draw_send(struct drawing *drawing, const struct step_send *send)
{
    char times[32];
    int column = drawing_named(drawing, send->on);
    if (column == DRAWING_NOBODY)
        column = drawing->device;
    drawing_name(drawing, send->name, column);
    const char *method = send->raw ? "raw bytes" : drawing_or(send->message.method, "OPTIONS");
    drawing_say(drawing, (struct drawing_stroke){column, drawing->device, '-', 0, method},
                "%s%s%s%s on %s%s%s%s%s%s%s", drawing_or(send->name, method), send->raw ? "" : ": ",
                send->raw ? "" : drawing_or(send->message.uri, ""),
                send->message.alias ? ", Via with alias" : "", send->on,
                send->message.sent_by ? ", sent-by " : "", drawing_or(send->message.sent_by, ""),
                send->chunk_bytes ? ", in pieces" : "",
                send->after_challenge ? ", with credentials for the challenge of " : "",
                drawing_or(send->after_challenge, ""), times_text(send->times, times, sizeof times));
}

static void draw_stimulate(struct drawing *drawing, const struct step_stimulate *stimulate)
{
    char times[32];
    int column = drawing_column(drawing, "ua");
    drawing_name(drawing, stimulate->name, column);
    const char *method = stimulate->cancel ? "CANCEL" : drawing_or(stimulate->message.method, "OPTIONS");
    drawing_say(drawing, (struct drawing_stroke){column, drawing->device, '-', 0, method}, "%s: %s%s%s%s%s%s",
                stimulate->name, stimulate->cancel ? "cancels " : "for ",
                drawing_or(stimulate->cancel, drawing_or(stimulate->message.uri, "")),
                stimulate->dialog ? " within the dialog of " : "", drawing_or(stimulate->dialog, ""),
                stimulate->as ? " as a user of the other domain" : "",
                times_text(stimulate->times, times, sizeof times));
}

static const char *close_word(enum net_close_mode mode)
{
    switch (mode) {
    case NET_CLOSE_GRACEFUL:
        return "close";
    case NET_CLOSE_FIN:
        return "FIN";
    case NET_CLOSE_RST:
        return "RST";
    case NET_CLOSE_NOTIFY_ONLY:
        return "close_notify";
    case NET_CLOSE_SILENT:
        return "(silence)";
    case NET_CLOSE_NOW:
        return "drop";
    }
    return "close";
}

static void draw_close(struct drawing *drawing, const struct step_close *close)
{
    int column = drawing_named(drawing, close->on);
    drawing_say(drawing, (struct drawing_stroke){column, drawing->device, '~', 0, close_word(close->mode)},
                "%s ends by %s%s", close->on, close_word(close->mode),
                close->is_uncertain ? "" : ", and the device has seen it");
}

/* " to one, two on c1, each behind 2 empty lines, cut in the last one's body" */
static void respond_text(const struct step_respond *respond, char *room, size_t room_size)
{
    size_t used = 0;
    for (size_t i = 0; i < respond->to.count && used < room_size; i++)
        used +=
            (size_t)snprintf(room + used, room_size - used, "%s%s", i ? ", " : " to ", respond->to.items[i]);
    if (used < room_size)
        used += (size_t)snprintf(room + used, room_size - used, "%s%s", respond->on ? " on " : "",
                                 drawing_or(respond->on, ""));
    if (used < room_size && respond->empty_lines)
        used +=
            (size_t)snprintf(room + used, room_size - used, ", behind %u empty lines", respond->empty_lines);
    if (used < room_size)
        snprintf(room + used, room_size - used, "%s%s", respond->chunk_bytes ? ", in pieces" : "",
                 respond->cut == SCENARIO_CUT_HEADER ? ", cut in the header"
                 : respond->cut == SCENARIO_CUT_BODY ? ", cut in the body"
                                                     : "");
}

static void draw_respond(struct drawing *drawing, const struct step_respond *respond)
{
    char statuses[16 * SCENARIO_STATUSES_MAX] = "", text[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < respond->status_count; i++)
        used += (size_t)snprintf(statuses + used, sizeof statuses - used, "%s%u", i ? ", " : "",
                                 respond->statuses[i]);
    respond_text(respond, text, sizeof text);
    const char *where = respond->on ? respond->on : respond->to.count ? respond->to.items[0] : "";
    drawing_say(drawing,
                (struct drawing_stroke){drawing_named(drawing, where), drawing->device, '-', 0, statuses},
                "%s%s", statuses, text);
}

static void draw_dns(struct drawing *drawing, const struct step_change_dns *change)
{
    for (size_t i = 0; i < change->remove.count; i++)
        drawing_say(drawing, drawing_nothing, "DNS: %s is gone", change->remove.items[i]);
    for (size_t i = 0; i < change->add.count; i++)
        drawing_say(drawing, drawing_nothing, "DNS: %s", change->add.items[i]);
}

static int actor_column(struct drawing *drawing, const char *actor)
{
    int column = drawing_named(drawing, actor);
    return column == DRAWING_NOBODY ? drawing_column(drawing, actor) : column;
}

static void draw_steps(struct drawing *drawing, const struct scenario_steps *steps);

static void draw_parallel(struct drawing *drawing, const struct step_parallel *parallel)
{
    for (size_t i = 0; i < parallel->count; i++) {
        drawing_say(drawing, drawing_nothing, "%s", i ? "and beside it:" : "side by side:");
        drawing->depth++;
        draw_steps(drawing, &parallel->branches[i]);
        drawing->depth--;
    }
}

static void draw_repeat(struct drawing *drawing, const struct step_repeat *repeat)
{
    drawing_say(drawing, drawing_nothing, "%u times:", repeat->times);
    drawing->depth++;
    draw_steps(drawing, &repeat->steps);
    drawing->depth--;
}

static void draw_step(struct drawing *drawing, const struct scenario_step *step)
{
    switch (step->verb) {
    case STEP_LISTEN:
        draw_listen(drawing, &step->listen);
        break;
    case STEP_CONNECT:
        draw_connect(drawing, &step->connect);
        break;
    case STEP_SEND:
        draw_send(drawing, &step->send);
        break;
    case STEP_EXPECT:
    case STEP_CHECK:
        drawing_expect(drawing, &step->expect, step->verb == STEP_CHECK);
        break;
    case STEP_STIMULATE:
        draw_stimulate(drawing, &step->stimulate);
        break;
    case STEP_RESPOND:
        draw_respond(drawing, &step->respond);
        break;
    case STEP_CLOSE:
        draw_close(drawing, &step->close);
        break;
    case STEP_CHANGE_DNS:
        draw_dns(drawing, &step->change_dns);
        break;
    case STEP_WAIT:
        drawing_say(drawing, drawing_nothing, "wait %" PRIu64 ".%" PRIu64 " s: %s", step->wait.ms / 1000,
                    step->wait.ms / 100 % 10, step->wait.why);
        break;
    case STEP_CLOSE_PORT:
        drawing_say(drawing, drawing_nothing, "the port of \"%s\" is closed, its connections stay",
                    step->close_port.at);
        break;
    case STEP_TELL:
        drawing_say(drawing, drawing_nothing, "the device is told to close its connections in good order");
        break;
    case STEP_LOSE:
        drawing_say(drawing, drawing_nothing, "the host %s loses its address", step->lose.host);
        break;
    case STEP_RENEGOTIATE:
        drawing_say(drawing, drawing_nothing, "%s: another handshake is asked for, with the certificate %s",
                    step->renegotiate.on, step->renegotiate.certificate);
        break;
    case STEP_REPEAT:
        draw_repeat(drawing, &step->repeat);
        break;
    case STEP_PARALLEL:
        draw_parallel(drawing, &step->parallel);
        break;
    case STEP_ACTOR_SEND:
        drawing_say(drawing,
                    (struct drawing_stroke){actor_column(drawing, step->actor_send.actor), drawing->device,
                                            '-', 0, "OPTIONS"},
                    "the actor sends %u to %s", step->actor_send.count, step->actor_send.uri);
        break;
    case STEP_ACTOR_CLOSE:
        drawing_say(drawing,
                    (struct drawing_stroke){actor_column(drawing, step->actor_close.actor), drawing->device,
                                            '~', 0, close_word(step->actor_close.mode)},
                    "the actor closes its connections");
        break;
    case STEP_SOAK:
        drawing_say(drawing,
                    (struct drawing_stroke){actor_column(drawing, step->soak.actor), drawing->device, '=', 0,
                                            "traffic"},
                    "%u turns of random requests both ways, dialogs and closes", step->soak.turns);
        break;
    case STEP_OBSERVE:
        drawing_say(drawing, drawing_nothing, "observed: %s = %s", step->observe.name, step->observe.value);
        break;
    }
}

static void draw_steps(struct drawing *drawing, const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        draw_step(drawing, &steps->items[i]);
}

static bool has_stimulus(const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct scenario_step *step = &steps->items[i];
        if (step->verb == STEP_STIMULATE || (step->verb == STEP_REPEAT && has_stimulus(&step->repeat.steps)))
            return true;
        for (size_t k = 0; step->verb == STEP_PARALLEL && k < step->parallel.count; k++)
            if (has_stimulus(&step->parallel.branches[k]))
                return true;
    }
    return false;
}

/* The device stands between who makes it send and whom it sends to. */
void drawing_print(struct page *page, const struct scenario_variant *variant)
{
    struct drawing drawing = {.page = page};
    if (has_stimulus(&variant->steps))
        drawing_column(&drawing, "ua");
    drawing.device = drawing_column(&drawing, "device");
    for (size_t i = 0; i < variant->hosts.count; i++)
        drawing_column(&drawing, variant->hosts.items[i]);
    for (size_t i = 0; i < variant->actor_count; i++)
        drawing_name(&drawing, variant->actors[i].name, drawing_column(&drawing, variant->actors[i].host));
    drawing_layout(&drawing);
    drawing_heads(&drawing);
    drawing_say(&drawing, drawing_nothing, " ");
    draw_steps(&drawing, &variant->steps);
    drawing_say(&drawing, drawing_nothing, "at the end, without a verdict: pass");
}
