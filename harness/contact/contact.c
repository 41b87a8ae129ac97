/* The connection and its acts, one after the other. Every callback of the network leaves a note and wakes the
 * timer; only the timer's callback moves on, closes, and reports. */
#include "contact/contact_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_DEFAULT_MS = 5000,
    ANSWER_DEFAULT_MS = 4000,
    PING_DEFAULT_MS = 2000,
    IDLE_DEFAULT_MS = 10000,
    RESPONSE_MAX_BYTES = 64 << 10,
    LATE_ALERT_MS = 300 /* in TLS 1.3 a server refuses a client's certificate after the handshake */
};

static uint64_t or_default(uint64_t wanted_ms, uint64_t default_ms)
{
    return wanted_ms ? wanted_ms : default_ms;
}

static void wake(struct contact *contact)
{
    loop_timer_start(contact->timer, 0);
}

static struct contact_act_result *current(struct contact *contact)
{
    return contact->is_acting ? &contact->facts.acts[contact->act] : NULL;
}

/* ---- what the network tells ---- */
static void keep_tls(struct contact *contact)
{
    const struct net_tls_facts *tls = net_connection_tls(contact->connection);
    struct contact_facts *facts = &contact->facts;
    if (!tls)
        return;
    facts->version = tls->version;
    snprintf(facts->cipher_suite, sizeof facts->cipher_suite, "%s",
             tls->cipher_suite ? tls->cipher_suite : "");
    facts->was_certificate_requested |= tls->was_certificate_requested;
    facts->certificate_count = tls->peer_certificate_count;
    if (!tls->peer_certificate_count || tls->peer_certificate_sizes[0] > sizeof facts->certificate)
        return;
    facts->certificate_bytes = tls->peer_certificate_sizes[0];
    memcpy(facts->certificate, tls->peer_certificates[0], facts->certificate_bytes);
}

static void on_connected(struct net_connection *connection, void *arg)
{
    struct contact *contact = arg;
    (void)connection;
    contact->facts.is_connected = true;
}

static void on_ready(struct net_connection *connection, void *arg)
{
    struct contact *contact = arg;
    (void)connection;
    contact->facts.is_connected = contact->facts.is_ready = true;
    contact->facts.ready_ms = loop_now_ms(net_loop(contact->net)) - contact->began_ms;
    keep_tls(contact);
    wake(contact);
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct contact *contact = arg;
    struct contact_act_result *act = current(contact);
    (void)connection;
    if (!act || !sip_framer_push(contact->framer, bytes, size_bytes))
        return;
    for (;;) {
        struct sip_frame frame = sip_framer_next(contact->framer);
        if (frame.kind == SIP_FRAME_ERROR && frame.error == SIP_ERROR_START_LINE)
            contact_keep_foreign(contact, bytes, size_bytes);
        if (frame.kind == SIP_FRAME_NONE || frame.kind == SIP_FRAME_ERROR)
            break;
        if (frame.kind == SIP_FRAME_MESSAGE)
            contact_take_message(contact, act, &frame);
        else if (contact->acts[contact->act] == CONTACT_PING)
            act->is_answered = true;
    }
    if (act->is_answered)
        wake(contact);
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct contact *contact = arg;
    struct contact_facts *facts = &contact->facts;
    (void)connection;
    keep_tls(contact);
    if (!facts->has_end)
        facts->end = *end;
    facts->has_end = true;
    facts->has_close_notify |= end->sign == NET_SIGN_CLOSE_NOTIFY;
    facts->has_fin |= end->sign == NET_SIGN_FIN;
    facts->has_rst |= end->sign == NET_SIGN_RST;
    /* After close_notify the FIN, or its absence, is worth waiting for when we are the one who closed. */
    if (end->sign == NET_SIGN_CLOSE_NOTIFY && contact->is_acting &&
        contact->acts[contact->act] == CONTACT_CLOSE)
        return;
    if (contact->is_acting && contact->acts[contact->act] == CONTACT_CLOSE)
        current(contact)->is_answered = true;
    wake(contact);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct contact *contact = arg;
    (void)connection;
    contact->is_closed = true;
    wake(contact);
}

/* ---- acts ---- */
static bool begin_act(struct contact *contact)
{
    struct contact_act_result *act = current(contact);
    uint64_t patience = contact->answer_ms;
    act->is_begun = true;
    contact->act_began_ms = loop_now_ms(net_loop(contact->net));
    switch (contact->acts[contact->act]) {
    case CONTACT_OPTIONS:
    case CONTACT_OPTIONS_ALIAS:
    case CONTACT_PIECES:
    case CONTACT_TWO:
        if (!contact_send_requests(contact, contact->acts[contact->act]))
            return false;
        break;
    case CONTACT_PING:
        patience = contact->ping_ms;
        if (net_connection_write(contact->connection, "\r\n\r\n", 4) != 0)
            return false;
        break;
    case CONTACT_IDLE:
        patience = contact->idle_ms;
        break;
    case CONTACT_CLOSE:
        net_connection_close(contact->connection, NET_CLOSE_GRACEFUL);
        break;
    }
    loop_timer_start(contact->timer, patience);
    return true;
}

static void end_act(struct contact *contact)
{
    struct contact_act_result *act = current(contact);
    act->took_ms = loop_now_ms(net_loop(contact->net)) - contact->act_began_ms;
    if (contact->acts[contact->act] == CONTACT_IDLE)
        act->is_answered = !contact->facts.has_end; /* it stayed */
    contact->is_acting = false;
    contact->act++;
}

static void report(struct contact *contact)
{
    contact->on_done(contact, &contact->facts, contact->arg); /* may free it */
}

/* The end of the contact: politely, where there still is a connection, and reported when that is over. */
static void finish(struct contact *contact)
{
    if (contact->is_closed || !contact->facts.is_ready) {
        report(contact);
        return;
    }
    contact->is_finishing = true;
    net_connection_close(contact->connection, contact->facts.has_end ? NET_CLOSE_NOW : NET_CLOSE_GRACEFUL);
}

/* The one place that moves on. Also when a time is over: then the act has had its chance. */
static void on_timer(struct loop_timer *timer, void *arg)
{
    struct contact *contact = arg;
    struct contact_facts *facts = &contact->facts;
    (void)timer;
    if (contact->is_finishing) {
        if (contact->is_closed)
            report(contact);
        return;
    }
    if (contact->is_acting)
        end_act(contact);
    bool is_over = facts->has_end || contact->is_closed || !facts->is_ready;
    if (!is_over && contact->act < contact->act_count) {
        contact->is_acting = true;
        if (begin_act(contact))
            return;
        contact->is_acting = false;
    }
    if (!is_over && !contact->act_count && !contact->is_lingering && contact->transport == NET_TLS) {
        contact->is_lingering = true;
        loop_timer_start(contact->timer, LATE_ALERT_MS);
        return;
    }
    finish(contact);
}

/* ---- life ---- */
static bool open_it(struct contact *contact, const struct contact_options *options)
{
    static const struct net_connection_events events = {.on_connected = on_connected,
                                                        .on_ready = on_ready,
                                                        .on_data = on_data,
                                                        .on_sign = on_sign,
                                                        .on_closed = on_closed};
    struct net_connect_options connect = {.transport = options->transport,
                                          .local = options->from,
                                          .remote = options->to,
                                          .tls = options->tls,
                                          .handshake_timeout_ms =
                                              or_default(options->connect_ms, CONNECT_DEFAULT_MS)};
    connect.local.port = 0;
    contact->connection = net_connect(options->net, &connect, &events, contact);
    return contact->connection != NULL;
}

struct contact *contact_new(const struct contact_options *options)
{
    struct contact *contact = calloc(1, sizeof *contact);
    if (!contact)
        return NULL;
    contact->net = options->net;
    contact->transport = options->transport;
    contact->sent_by_port = options->sent_by_port;
    contact->from = options->from;
    contact->act_count = options->act_count < CONTACT_ACTS_MAX ? options->act_count : CONTACT_ACTS_MAX;
    for (size_t i = 0; i < contact->act_count; i++)
        contact->acts[i] = options->acts[i];
    contact->facts.act_count = contact->act_count;
    contact->answer_ms = or_default(options->answer_ms, ANSWER_DEFAULT_MS);
    contact->ping_ms = or_default(options->ping_ms, PING_DEFAULT_MS);
    contact->idle_ms = or_default(options->idle_ms, IDLE_DEFAULT_MS);
    contact->on_done = options->on_done;
    contact->arg = options->arg;
    contact->began_ms = loop_now_ms(net_loop(options->net));
    contact->timer = loop_timer_new(net_loop(options->net), on_timer, contact);
    contact->framer = sip_framer_new(RESPONSE_MAX_BYTES);
    if (options->uri)
        contact->uri = strdup(options->uri);
    else if (asprintf(&contact->uri, "sip:%s", options->domain) < 0)
        contact->uri = NULL;
    if (contact->timer && contact->framer && contact->uri && contact_make_token(contact) &&
        open_it(contact, options))
        return contact;
    int error_number = errno;
    contact_free(contact);
    errno = error_number;
    return NULL;
}

void contact_free(struct contact *contact)
{
    if (!contact)
        return;
    net_connection_free(contact->connection);
    sip_framer_free(contact->framer);
    loop_timer_free(contact->timer);
    free(contact->uri);
    free(contact);
}
