#include "cli/drawing.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void draw(struct drawing *drawing, struct drawing_stroke stroke, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void draw(struct drawing *drawing, struct drawing_stroke stroke, const char *format, ...)
{
    char note[DRAWING_NOTE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
    drawing_row(drawing, &stroke, note);
}

static const struct drawing_stroke nothing = {.from = DRAWING_NOBODY, .to = DRAWING_NOBODY};

static const char *text_or(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* "a, b, c" */
static const char *joined(const struct strings *strings, const char *none, char *room, size_t room_size)
{
    size_t used = 0;
    snprintf(room, room_size, "%s", strings->count ? "" : none);
    for (size_t i = 0; i < strings->count && used + 1 < room_size; i++) {
        int size = snprintf(room + used, room_size - used, "%s%s", i ? ", " : "", strings->items[i]);
        used += size > 0 ? (size_t)size : 0;
    }
    return room;
}

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
    draw(drawing, (struct drawing_stroke){column, DRAWING_NOBODY, ' ', 'o', NULL},
         "%s listens, '%s': %s%s%s%s%s%s", listen->host, listen->name, net_transport_name(listen->transport),
         port, listen->certificate ? ", certificate " : "", text_or(listen->certificate, ""),
         listen->is_stalled ? ", never answers" : "",
         listen->certificate && !listen->request_certificate ? ", asks for no certificate" : "");
}

/* A pair of streams stands where the association does. */
static void draw_pair(struct drawing *drawing, const struct step_connect *connect)
{
    int column = drawing_named(drawing, connect->beside);
    if (column == DRAWING_NOBODY)
        column = drawing->device;
    drawing_name(drawing, connect->name, column);
    draw(drawing, (struct drawing_stroke){column, drawing->device, '=', 0, connect->name},
         "%s: TLS on streams %u of the association of %s%s%s%s%s%s", connect->name, connect->stream,
         connect->beside, connect->certificate ? ", shows certificate " : ", shows no certificate",
         text_or(connect->certificate, ""), connect->resume ? ", offers the session of " : "",
         text_or(connect->resume, ""), connect->may_fail ? " (may be refused)" : "");
}

static void draw_connect(struct drawing *drawing, const struct step_connect *connect)
{
    if (connect->beside) {
        draw_pair(drawing, connect);
        return;
    }
    int column = drawing_column(drawing, connect->host);
    drawing_name(drawing, connect->name, column);
    draw(drawing, (struct drawing_stroke){column, drawing->device, '=', 0, connect->name},
         "%s opens %s over %s%s%s%s%s%s", connect->host, connect->name,
         net_transport_name(connect->transport), connect->certificate ? ", shows certificate " : "",
         connect->certificate            ? connect->certificate
         : connect->transport == NET_TLS ? ", shows no certificate"
                                         : "",
         connect->has_server_name ? ", asks for " : "",
         connect->has_server_name ? text_or(connect->server_name, "no name") : "",
         connect->may_fail ? " (may be refused)" : "");
}

static void draw_send(struct drawing *drawing, const struct step_send *send)
{
    char times[32];
    int column = drawing_named(drawing, send->on);
    if (column == DRAWING_NOBODY)
        column = drawing->device;
    drawing_name(drawing, send->name, column);
    const char *method = send->raw ? "raw bytes" : text_or(send->message.method, "OPTIONS");
    draw(drawing, (struct drawing_stroke){column, drawing->device, '-', 0, method},
         "%s%s%s%s on %s%s%s%s%s%s%s", text_or(send->name, method), send->raw ? "" : ": ",
         send->raw ? "" : text_or(send->message.uri, ""), send->message.alias ? ", Via with alias" : "",
         send->on, send->message.sent_by ? ", sent-by " : "", text_or(send->message.sent_by, ""),
         send->chunk_bytes ? ", in pieces" : "",
         send->after_challenge ? ", with credentials for the challenge of " : "",
         text_or(send->after_challenge, ""), times_text(send->times, times, sizeof times));
}

static void draw_stimulate(struct drawing *drawing, const struct step_stimulate *stimulate)
{
    char times[32];
    int column = drawing_column(drawing, "ua");
    drawing_name(drawing, stimulate->name, column);
    const char *method = stimulate->cancel ? "CANCEL" : text_or(stimulate->message.method, "OPTIONS");
    draw(drawing, (struct drawing_stroke){column, drawing->device, '-', 0, method}, "%s: %s%s%s%s%s%s",
         stimulate->name, stimulate->cancel ? "cancels " : "for ",
         text_or(stimulate->cancel, text_or(stimulate->message.uri, "")),
         stimulate->dialog ? " within the dialog of " : "", text_or(stimulate->dialog, ""),
         stimulate->as ? " as a user of the other domain" : "",
         times_text(stimulate->times, times, sizeof times));
}

/* Where a selector's connection ends, as far as the file tells. */
static int selector_column(const struct drawing *drawing, const char *selector)
{
    if (strncmp(selector, "new@", 4) == 0)
        return drawing_named(drawing, selector + 4);
    if (strncmp(selector, "beside@", 7) == 0)
        return drawing_named(drawing, selector + 7);
    return drawing_named(drawing, selector);
}

static int peer_column(const struct drawing *drawing, const struct scenario_alternative *alternative)
{
    for (size_t i = 0; i < alternative->on.count; i++) {
        int column = selector_column(drawing, alternative->on.items[i]);
        if (column != DRAWING_NOBODY)
            return column;
    }
    for (int i = 0; i < drawing->column_count; i++)
        if (i != drawing->device && strcmp(drawing->columns[i], "ua") != 0)
            return i;
    return drawing->column_count - 1;
}

static const char *status_text(const struct scenario_alternative *alternative, char *room, size_t room_size)
{
    unsigned from = alternative->status_from, to = alternative->status_to;
    if (from == 200 && to == 699)
        snprintf(room, room_size, "final");
    else if (from == to)
        snprintf(room, room_size, "%u", from);
    else if (from / 100 == to / 100)
        snprintf(room, room_size, "%uxx", from / 100);
    else
        snprintf(room, room_size, "%uxx-%uxx", from / 100, to / 100);
    return room;
}

static const char *range_text(const struct scenario_range *range, char *room, size_t room_size)
{
    if (range->to == UINT_MAX)
        snprintf(room, room_size, "%u or more", range->from);
    else if (range->from == range->to)
        snprintf(room, room_size, "%u", range->from);
    else
        snprintf(room, room_size, "%u to %u", range->from, range->to);
    return room;
}

/* " → fail: reason", or what is remembered of it. */
static void outcome_text(const struct scenario_alternative *alternative, char *room, size_t room_size)
{
    size_t used = 0;
    room[0] = '\0';
    if (alternative->as)
        used += (size_t)snprintf(room, room_size, ", named %s", alternative->as);
    if (used < room_size && alternative->observe_name)
        used += (size_t)snprintf(room + used, room_size - used, ", observed: %s", alternative->observe_name);
    if (used < room_size && alternative->verdict != VERDICT_NONE)
        snprintf(room + used, room_size - used, " → %s%s%s%s", verdict_name(alternative->verdict),
                 alternative->only_with_control ? " (if the control reused)" : "",
                 alternative->reason ? ": " : "", text_or(alternative->reason, ""));
}

static void draw_request(struct drawing *drawing, const struct scenario_alternative *alternative,
                         const char *outcome)
{
    char of[128], on[128], methods[64];
    int column = peer_column(drawing, alternative);
    drawing_name(drawing, alternative->as, column);
    drawing_name(drawing, alternative->name, column);
    const char *label = alternative->methods.count
                            ? joined(&alternative->methods, "", methods, sizeof methods)
                            : joined(&alternative->of, "request", of, sizeof of);
    char name[128];
    snprintf(name, sizeof name, "%s", label);
    draw(drawing, (struct drawing_stroke){drawing->device, column, '-', 0, name}, "%s on %s%s",
         joined(&alternative->of, "a request", of, sizeof of),
         joined(&alternative->on, "any connection", on, sizeof on), outcome);
}

static void draw_response(struct drawing *drawing, const struct scenario_alternative *alternative,
                          const char *outcome)
{
    char of[128], status[32];
    int column = alternative->of.count ? drawing_named(drawing, alternative->of.items[0]) : DRAWING_NOBODY;
    if (column == DRAWING_NOBODY)
        column = peer_column(drawing, alternative);
    draw(drawing,
         (struct drawing_stroke){drawing->device, column, '-', 0,
                                 status_text(alternative, status, sizeof status)},
         "response %s to %s%s", status, joined(&alternative->of, "any", of, sizeof of), outcome);
}

static void draw_actor(struct drawing *drawing, const struct scenario_alternative *alternative,
                       const char *outcome)
{
    const struct {
        bool is_asked;
        const struct scenario_range *range;
        const char *what;
    } counts[] = {{alternative->has_answered, &alternative->answered, "answered"},
                  {alternative->has_received, &alternative->received_range, "received"},
                  {alternative->has_connections, &alternative->connections, "connections open"},
                  {alternative->has_opened, &alternative->opened, "connections made"}};
    char note[512] = "", range[48];
    size_t used = 0;
    for (size_t i = 0; i < 4; i++)
        if (counts[i].is_asked && used < sizeof note)
            used += (size_t)snprintf(note + used, sizeof note - used, ", %s %s", counts[i].what,
                                     range_text(counts[i].range, range, sizeof range));
    draw(drawing, nothing, "%s counts%s%s", text_or(alternative->actor, "the actor"), note, outcome);
}

static void draw_association(struct drawing *drawing, const struct scenario_alternative *alternative,
                             const char *outcome)
{
    char on[128], in[48], out[48], addresses[48];
    draw(drawing, nothing, "association of %s%s%s%s%s%s%s%s",
         joined(&alternative->on, "the connection", on, sizeof on),
         alternative->has_streams_in ? ", streams in " : "",
         alternative->has_streams_in ? range_text(&alternative->streams_in, in, sizeof in) : "",
         alternative->has_streams_out ? ", streams out " : "",
         alternative->has_streams_out ? range_text(&alternative->streams_out, out, sizeof out) : "",
         alternative->has_addresses ? ", addresses " : "",
         alternative->has_addresses ? range_text(&alternative->addresses, addresses, sizeof addresses) : "",
         outcome);
}

static void draw_alternative(struct drawing *drawing, const struct scenario_alternative *alternative)
{
    char outcome[768], range[48], live[48], on[128];
    outcome_text(alternative, outcome, sizeof outcome);
    int column;
    switch (alternative->match) {
    case MATCH_REQUEST:
        draw_request(drawing, alternative, outcome);
        break;
    case MATCH_RESPONSE:
        draw_response(drawing, alternative, outcome);
        break;
    case MATCH_CONNECTION:
        column = drawing_named(drawing, alternative->listener);
        if (column == DRAWING_NOBODY)
            column = peer_column(drawing, alternative);
        drawing_name(drawing, alternative->as, column);
        draw(drawing, (struct drawing_stroke){drawing->device, column, '=', 0, "connects"},
             "a connection to '%s'%s", text_or(alternative->listener, "any"), outcome);
        break;
    case MATCH_CLOSED:
        draw(drawing,
             (struct drawing_stroke){drawing->device, peer_column(drawing, alternative), '~', 0, "closes"},
             "%s is closed%s%s%s", joined(&alternative->on, "a connection", on, sizeof on),
             alternative->alert ? ", alert like " : "", text_or(alternative->alert, ""), outcome);
        break;
    case MATCH_SILENCE:
        draw(drawing, nothing, "nothing comes, and the device still works%s", outcome);
        break;
    case MATCH_CONNECTIONS:
        draw(drawing, nothing, "connections at '%s':%s%s%s%s%s", text_or(alternative->listener, "any"),
             alternative->has_count ? " made " : "",
             alternative->has_count ? range_text(&alternative->count, range, sizeof range) : "",
             alternative->has_live ? " open " : "",
             alternative->has_live ? range_text(&alternative->live, live, sizeof live) : "", outcome);
        break;
    case MATCH_REQUESTS:
        draw(drawing, nothing, "requests of %s received at '%s': %s%s",
             joined(&alternative->of, "any", on, sizeof on), text_or(alternative->listener, "any"),
             range_text(&alternative->count, range, sizeof range), outcome);
        break;
    case MATCH_TLS:
        draw(drawing, nothing, "TLS of %s%s%s%s%s%s%s%s%s%s",
             joined(&alternative->on, "the connection", on, sizeof on),
             alternative->certificate_requested == 1   ? ", certificate requested"
             : alternative->certificate_requested == 0 ? ", no certificate requested"
                                                       : "",
             alternative->peer_certificate == 1   ? ", certificate shown"
             : alternative->peer_certificate == 0 ? ", no certificate shown"
                                                  : "",
             alternative->resumed == 1   ? ", resumed"
             : alternative->resumed == 0 ? ", not resumed"
                                         : "",
             alternative->early_data == 1   ? ", early data accepted"
             : alternative->early_data == 0 ? ", no early data accepted"
                                            : "",
             alternative->unordered == 1   ? ", a record unordered"
             : alternative->unordered == 0 ? ", all records in order"
                                           : "",
             alternative->peer_names ? ", names like " : "", text_or(alternative->peer_names, ""),
             alternative->server_name ? ", server name tested" : "", outcome);
        break;
    case MATCH_ASSOCIATION:
        draw_association(drawing, alternative, outcome);
        break;
    case MATCH_ACTOR:
        draw_actor(drawing, alternative, outcome);
        break;
    case MATCH_OTHERWISE:
        draw(drawing, nothing, "otherwise%s", outcome);
        break;
    }
}

static void draw_expect(struct drawing *drawing, const struct step_expect *expect, bool is_check)
{
    bool is_choice = expect->count > 1;
    if (is_choice || is_check)
        draw(drawing, nothing, "%s", is_check ? "the first that holds:" : "whichever is seen first:");
    drawing->depth += is_choice;
    for (size_t i = 0; i < expect->count; i++)
        draw_alternative(drawing, &expect->alternatives[i]);
    drawing->depth -= is_choice;
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
    draw(drawing, (struct drawing_stroke){column, drawing->device, '~', 0, close_word(close->mode)},
         "%s ends by %s%s", close->on, close_word(close->mode),
         close->is_uncertain ? "" : ", and the device has seen it");
}

static void draw_respond(struct drawing *drawing, const struct step_respond *respond)
{
    char status[16];
    snprintf(status, sizeof status, "%u", respond->status);
    draw(drawing,
         (struct drawing_stroke){drawing_named(drawing, respond->on ? respond->on : respond->to),
                                 drawing->device, '-', 0, status},
         "%u to %s%s%s", respond->status, respond->to, respond->on ? " on " : "", text_or(respond->on, ""));
}

static void draw_dns(struct drawing *drawing, const struct step_change_dns *change)
{
    for (size_t i = 0; i < change->remove.count; i++)
        draw(drawing, nothing, "DNS: %s is gone", change->remove.items[i]);
    for (size_t i = 0; i < change->add.count; i++)
        draw(drawing, nothing, "DNS: %s", change->add.items[i]);
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
        draw(drawing, nothing, "%s", i ? "and beside it:" : "side by side:");
        drawing->depth++;
        draw_steps(drawing, &parallel->branches[i]);
        drawing->depth--;
    }
}

static void draw_repeat(struct drawing *drawing, const struct step_repeat *repeat)
{
    draw(drawing, nothing, "%u times:", repeat->times);
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
        draw_expect(drawing, &step->expect, step->verb == STEP_CHECK);
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
        draw(drawing, nothing, "wait %" PRIu64 ".%" PRIu64 " s: %s", step->wait.ms / 1000,
             step->wait.ms / 100 % 10, step->wait.why);
        break;
    case STEP_CLOSE_PORT:
        draw(drawing, nothing, "the port of \"%s\" is closed, its connections stay", step->close_port.at);
        break;
    case STEP_TELL:
        draw(drawing, nothing, "the device is told to close its connections in good order");
        break;
    case STEP_LOSE:
        draw(drawing, nothing, "the host %s loses its address", step->lose.host);
        break;
    case STEP_REPEAT:
        draw_repeat(drawing, &step->repeat);
        break;
    case STEP_PARALLEL:
        draw_parallel(drawing, &step->parallel);
        break;
    case STEP_ACTOR_SEND:
        draw(drawing,
             (struct drawing_stroke){actor_column(drawing, step->actor_send.actor), drawing->device, '-', 0,
                                     "OPTIONS"},
             "the actor sends %u to %s", step->actor_send.count, step->actor_send.uri);
        break;
    case STEP_ACTOR_CLOSE:
        draw(drawing,
             (struct drawing_stroke){actor_column(drawing, step->actor_close.actor), drawing->device, '~', 0,
                                     close_word(step->actor_close.mode)},
             "the actor closes its connections");
        break;
    case STEP_SOAK:
        draw(drawing,
             (struct drawing_stroke){actor_column(drawing, step->soak.actor), drawing->device, '=', 0,
                                     "traffic"},
             "%u turns of random requests both ways, dialogs and closes", step->soak.turns);
        break;
    case STEP_OBSERVE:
        draw(drawing, nothing, "observed: %s = %s", step->observe.name, step->observe.value);
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
    draw(&drawing, nothing, " ");
    draw_steps(&drawing, &variant->steps);
    draw(&drawing, nothing, "at the end, without a verdict: pass");
}
