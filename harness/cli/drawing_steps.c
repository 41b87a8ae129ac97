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

static void draw_listen(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_listen *listen = &step->listen;
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

static void draw_connect(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_connect *connect = &step->connect;
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

static void draw_send(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_send *send = &step->send;
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

static void draw_stimulate(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_stimulate *stimulate = &step->stimulate;
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

static void draw_close(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_close *close = &step->close;
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

static void draw_respond(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_respond *respond = &step->respond;
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

static void draw_dns(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_change_dns *change = &step->change_dns;
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

static void draw_parallel(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_parallel *parallel = &step->parallel;
    for (size_t i = 0; i < parallel->count; i++) {
        drawing_say(drawing, drawing_nothing, "%s", i ? "and beside it:" : "side by side:");
        drawing->depth++;
        draw_steps(drawing, &parallel->branches[i]);
        drawing->depth--;
    }
}

static void draw_repeat(struct drawing *drawing, const struct scenario_step *step)
{
    const struct step_repeat *repeat = &step->repeat;
    drawing_say(drawing, drawing_nothing, "%u times:", repeat->times);
    drawing->depth++;
    draw_steps(drawing, &repeat->steps);
    drawing->depth--;
}

static void draw_expect(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_expect(drawing, &step->expect, step->verb == STEP_CHECK);
}

static void draw_wait(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, drawing_nothing, "wait %" PRIu64 ".%" PRIu64 " s: %s", step->wait.ms / 1000,
                step->wait.ms / 100 % 10, step->wait.why);
}

static void draw_close_port(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, drawing_nothing, "the port of \"%s\" is closed, its connections stay",
                step->close_port.at);
}

static void draw_tell(struct drawing *drawing, const struct scenario_step *step)
{
    (void)step;
    drawing_say(drawing, drawing_nothing, "the device is told to close its connections in good order");
}

static void draw_lose(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, drawing_nothing, "the host %s loses its address", step->lose.host);
}

static void draw_renegotiate(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, drawing_nothing, "%s: another handshake is asked for, with the certificate %s",
                step->renegotiate.on, step->renegotiate.certificate);
}

static void draw_observe(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, drawing_nothing, "observed: %s = %s", step->observe.name, step->observe.value);
}

static struct drawing_stroke actor_stroke(struct drawing *drawing, const char *actor, char line,
                                          const char *text)
{
    return (struct drawing_stroke){actor_column(drawing, actor), drawing->device, line, 0, text};
}

static void draw_actor_send(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, actor_stroke(drawing, step->actor_send.actor, '-', "OPTIONS"),
                "the actor sends %u to %s", step->actor_send.count, step->actor_send.uri);
}

static void draw_actor_close(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing,
                actor_stroke(drawing, step->actor_close.actor, '~', close_word(step->actor_close.mode)),
                "the actor closes its connections");
}

static void draw_soak(struct drawing *drawing, const struct scenario_step *step)
{
    drawing_say(drawing, actor_stroke(drawing, step->soak.actor, '=', "traffic"),
                "%u turns of random requests both ways, dialogs and closes", step->soak.turns);
}

static void (*const draws[])(struct drawing *drawing, const struct scenario_step *step) = {
    [STEP_LISTEN] = draw_listen,
    [STEP_CONNECT] = draw_connect,
    [STEP_SEND] = draw_send,
    [STEP_EXPECT] = draw_expect,
    [STEP_CHECK] = draw_expect,
    [STEP_STIMULATE] = draw_stimulate,
    [STEP_RESPOND] = draw_respond,
    [STEP_CLOSE] = draw_close,
    [STEP_CLOSE_PORT] = draw_close_port,
    [STEP_TELL] = draw_tell,
    [STEP_LOSE] = draw_lose,
    [STEP_RENEGOTIATE] = draw_renegotiate,
    [STEP_CHANGE_DNS] = draw_dns,
    [STEP_WAIT] = draw_wait,
    [STEP_REPEAT] = draw_repeat,
    [STEP_PARALLEL] = draw_parallel,
    [STEP_ACTOR_SEND] = draw_actor_send,
    [STEP_ACTOR_CLOSE] = draw_actor_close,
    [STEP_SOAK] = draw_soak,
    [STEP_OBSERVE] = draw_observe,
};

static void draw_steps(struct drawing *drawing, const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        draws[steps->items[i].verb](drawing, &steps->items[i]);
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
