/* Is the device there, does it trust us, does it find us? One contact after the other; the first trouble ends
 * the check. Callbacks leave notes, the timer moves on. */
#include "remote/remote.h"

#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "sip/sip.h"

enum {
    CONNECT_MS = 5000,
    ANSWER_MS = 10000, /* a device that resolves names which nobody serves takes its time */
    WITNESS_PORT = 9,  /* discard: closed on most hosts, so that a host that lives says so */
    RECEIVED_MAX_BYTES = 64 << 10,
    SETTLE_MS = 1500 /* after the device's answer: what is on its way back may still come */
};

enum stage {
    STAGE_TCP,
    STAGE_TLS,
    STAGE_TLS_WIDE,
    STAGE_TLS_BARE, /* without a client certificate */
    STAGE_WITNESS,
    STAGE_WAY_BACK,
    STAGE_SETTLE,
    STAGE_DONE
};

struct remote_check {
    struct remote_check_options options;
    char *own_zone;
    struct loop_timer *timer;
    struct contact *contact;
    enum stage stage;
    enum net_transport transport; /* of the contact that is judged */
    struct contact_facts facts, other;
    bool has_facts, has_other;
    /* the way back */
    struct dns_zone *zone;
    struct net_listener *listener;
    struct net_connection *visitor;
    struct sip_framer *framer;
    struct remote_way_back way;
    struct remote_diagnosis diagnosis;
};

static void go_on(struct remote_check *check, enum stage stage, uint64_t after_ms)
{
    check->stage = stage;
    loop_timer_start(check->timer, after_ms);
}

static struct net_address device_at(const struct remote_check *check, enum net_transport transport)
{
    struct net_address address = check->options.device;
    address.port = transport == NET_TLS ? check->options.sips_port : check->options.sip_port;
    return address;
}

/* ---- contacts ---- */
static void on_contact(struct contact *contact, const struct contact_facts *facts, void *arg)
{
    struct remote_check *check = arg;
    (void)contact;
    if (check->stage == STAGE_WITNESS || check->stage == STAGE_TLS_WIDE) {
        check->other = *facts;
        check->has_other = true;
    } else {
        check->facts = *facts;
        check->has_facts = true;
    }
    loop_timer_start(check->timer, 0);
}

static void call(struct remote_check *check, enum net_transport transport, struct net_credential *credential,
                 const char *uri, uint16_t port)
{
    static const enum contact_act acts[] = {CONTACT_OPTIONS};
    struct contact_options options = {
        .net = check->options.net,
        .transport = transport,
        .from = check->options.us,
        .to = device_at(check, transport),
        .tls = {.credential = credential, .server_name = check->options.domain, .has_no_resumption = true},
        .domain = check->options.domain,
        .uri = uri,
        .sent_by_port = check->options.port,
        .acts = acts,
        .act_count = 1,
        .connect_ms = CONNECT_MS,
        .answer_ms = ANSWER_MS,
        .on_done = on_contact,
        .arg = check};
    if (port)
        options.to.port = port;
    contact_free(check->contact);
    check->contact = contact_new(&options);
    if (!check->contact) { /* no socket: as if there were no way */
        check->facts = (struct contact_facts){.has_end = true, .end = {.sign = NET_SIGN_CONNECT_FAILED}};
        loop_timer_start(check->timer, 0);
    }
}

static struct net_credential *own_credential(const struct remote_check *check)
{
    return check->options.client ? check->options.client : check->options.credential;
}

/* ---- the way back: a host of ours that the device has to find ---- */
static void on_visitor_ready(struct net_connection *connection, void *arg)
{
    struct remote_check *check = arg;
    (void)connection;
    check->way.came = true;
}

static void on_visitor_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes,
                            void *arg)
{
    struct remote_check *check = arg;
    struct sip_message *request = NULL;
    if (!check->framer || !sip_framer_push(check->framer, bytes, size_bytes))
        return;
    struct sip_frame frame = sip_framer_next(check->framer);
    if (frame.kind != SIP_FRAME_MESSAGE ||
        sip_message_parse(frame.bytes, frame.size_bytes, &request) != SIP_OK)
        return;
    if (request->is_request) {
        struct sip_message *response = sip_response_to(request, 200, NULL, "check");
        size_t length = 0;
        uint8_t *text = response ? sip_message_serialize(response, &length) : NULL;
        if (text)
            net_connection_write(connection, text, length);
        free(text);
        sip_message_free(response);
        check->way.was_received = true;
    }
    sip_message_free(request);
}

static void on_visitor_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct remote_check *check = arg;
    if (end->sign == NET_SIGN_ALERT || !net_connection_is_ready(connection))
        check->way.was_refused |= !check->way.was_received && check->options.stimulus_transport == NET_TLS;
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct remote_check *check = arg;
    (void)listener;
    *events = (struct net_connection_events){
        .on_ready = on_visitor_ready, .on_data = on_visitor_data, .on_sign = on_visitor_sign};
    *connection_arg = check;
    net_connection_free(check->visitor);
    sip_framer_free(check->framer);
    check->visitor = connection;
    check->framer = sip_framer_new(RECEIVED_MAX_BYTES);
}

static bool make_zone(struct remote_check *check, const char *service)
{
    char line[256], error[256], ip[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(&check->options.us, ip);
    check->zone = dns_zone_new(check->options.dns, check->options.zone, NULL);
    snprintf(line, sizeof line, "%s SRV 1 1 %u host", service, (unsigned)check->options.port);
    bool is_good = check->zone && dns_zone_add(check->zone, line, error, sizeof error);
    for (size_t i = 0; i < 2 && is_good; i++) {
        snprintf(line, sizeof line, "%s %s %s", i ? "@" : "host",
                 check->options.us.family == 6 ? "AAAA" : "A", ip);
        is_good = dns_zone_add(check->zone, line, error, sizeof error);
    }
    return is_good;
}

/* Over the transport of the device's stimulus, so that nothing is asked of it that it does not claim. */
static bool invite(struct remote_check *check)
{
    const struct remote_check_options *options = &check->options;
    enum net_transport transport = options->stimulus_transport;
    struct net_listen_options listen = {.transport = transport,
                                        .local = options->us,
                                        .tls = {.credential = options->credential, .has_no_resumption = true},
                                        .on_accept = on_accept,
                                        .arg = check};
    char uri[400], address[NET_ADDRESS_TEXT_MAX];
    listen.local.port = options->port;
    check->way = (struct remote_way_back){.zone = options->zone,
                                          .dns = options->dns_address,
                                          .us = listen.local,
                                          .has_dns = options->dns != NULL,
                                          .anchor_path = options->anchor_path};
    check->listener = net_listen(options->net, &listen);
    if (!check->listener || (options->dns && !make_zone(check, net_transport_service(transport))))
        return false;
    net_address_format(&listen.local, address);
    snprintf(uri, sizeof uri, "sip:check@%s;transport=%s", options->dns ? options->zone : address,
             net_transport_name(transport));
    check->stage = STAGE_WAY_BACK;
    call(check, transport, own_credential(check), uri, 0);
    return true;
}

void remote_check_query(struct remote_check *check, const struct dns_query *query)
{
    if (check->zone && query->zone == check->zone)
        check->way.was_asked = true;
}

/* ---- the order of things ---- */
static void begin_tls(struct remote_check *check)
{
    check->transport = NET_TLS;
    check->stage = STAGE_TLS;
    call(check, NET_TLS, own_credential(check), NULL, 0);
}

/* The scenarios' user agent shows no certificate, unless the user brought one. */
static bool begin_bare(struct remote_check *check)
{
    if (check->transport != NET_TLS || check->options.client ||
        check->options.stimulus_transport != NET_TLS || !check->facts.was_certificate_requested)
        return false;
    check->stage = STAGE_TLS_BARE;
    call(check, NET_TLS, NULL, NULL, 0);
    return true;
}

static void begin_way_back(struct remote_check *check)
{
    if (!check->options.is_forwarding || !invite(check))
        go_on(check, STAGE_DONE, 0);
}

static void judge(struct remote_check *check)
{
    struct net_address to = device_at(check, check->transport);
    remote_diagnose_contact(check->transport, &to, &check->facts,
                            check->has_other && check->stage == STAGE_WITNESS ? &check->other : NULL,
                            check->has_other && check->stage == STAGE_TLS_WIDE ? &check->other : NULL,
                            check->options.anchor_path, &check->diagnosis);
}

/* Trouble may need a second look; true: it is being taken. */
static bool look_again(struct remote_check *check)
{
    bool is_second = check->stage == STAGE_WITNESS || check->stage == STAGE_TLS_WIDE;
    if (is_second)
        return false;
    if (check->diagnosis.trouble == REMOTE_UNREACHABLE) {
        uint16_t port =
            check->transport == NET_TLS && !check->options.has_tcp ? check->options.sip_port : WITNESS_PORT;
        check->stage = STAGE_WITNESS;
        call(check, NET_TCP, NULL, NULL, port);
        return true;
    }
    if (check->diagnosis.trouble == REMOTE_TRUST && check->options.wide && !check->options.client) {
        check->stage = STAGE_TLS_WIDE;
        call(check, NET_TLS, check->options.wide, NULL, 0);
        return true;
    }
    return false;
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct remote_check *check = arg;
    struct net_address to;
    (void)timer;
    contact_free(check->contact);
    check->contact = NULL;
    switch (check->stage) {
    case STAGE_TCP:
    case STAGE_TLS:
    case STAGE_TLS_WIDE:
    case STAGE_WITNESS:
        judge(check);
        if (check->diagnosis.trouble != REMOTE_FINE) {
            if (!look_again(check))
                go_on(check, STAGE_DONE, 0);
        } else if (check->transport == NET_TCP && check->options.has_tls) {
            begin_tls(check);
        } else if (!begin_bare(check)) {
            begin_way_back(check);
        }
        return;
    case STAGE_TLS_BARE:
        to = device_at(check, NET_TLS);
        remote_diagnose_bare(&to, &check->facts, &check->diagnosis);
        if (check->diagnosis.trouble == REMOTE_FINE)
            begin_way_back(check);
        else
            go_on(check, STAGE_DONE, 0);
        return;
    case STAGE_WAY_BACK:
        check->way.status = check->facts.acts[0].status;
        go_on(check, STAGE_SETTLE, check->way.was_received ? 0 : SETTLE_MS);
        return;
    case STAGE_SETTLE:
        remote_diagnose_way_back(&check->way, &check->diagnosis);
        go_on(check, STAGE_DONE, 0);
        return;
    case STAGE_DONE:
        check->options.on_done(check, &check->diagnosis, check->options.arg); /* may free it */
        return;
    }
}

struct remote_check *remote_check_new(const struct remote_check_options *options)
{
    struct remote_check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    check->options = *options;
    check->options.zone = check->own_zone = strdup(options->zone);
    check->options.credential = net_credential_ref(options->credential);
    check->options.wide = options->wide ? net_credential_ref(options->wide) : NULL;
    check->timer = loop_timer_new(net_loop(options->net), on_timer, check);
    if (!check->timer || !check->own_zone) {
        remote_check_free(check);
        return NULL;
    }
    check->transport = NET_TCP;
    check->stage = STAGE_TCP;
    if (options->has_tcp)
        call(check, NET_TCP, NULL, NULL, 0);
    else
        begin_tls(check);
    return check;
}

void remote_check_free(struct remote_check *check)
{
    if (!check)
        return;
    contact_free(check->contact);
    net_listener_free(check->listener);
    net_connection_free(check->visitor);
    sip_framer_free(check->framer);
    dns_zone_free(check->zone);
    net_credential_unref(check->options.credential);
    net_credential_unref(check->options.wide);
    loop_timer_free(check->timer);
    free(check->own_zone);
    free(check);
}
