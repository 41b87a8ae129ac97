/* Is it ready? Asked over the network, as its users will: an OPTIONS over TCP that gets any answer, a TLS
 * handshake.
 *
 * A refused or broken attempt is made again after a moment, for as long as the owner waits. Connections are
 * given up in the timer's callback only, never in their own. */
#include "device/device_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/sip.h"

enum { RETRY_MS = 50, ANSWER_MS = 2000, GOODBYE_MS = 500, RESPONSE_MAX_BYTES = 64 << 10 };

struct device_probe {
    struct device_probe_options options;
    char *domain;
    struct loop_timer *timer;
    struct net_connection *connection; /* the attempt under way */
    struct sip_framer *framer;
    enum net_transport transport; /* asked just now */
    bool is_answered;             /* the transport under way is proven */
    bool is_closing;              /* and its connection is being closed */
    unsigned attempt;
    char trouble[160]; /* of the latest attempt that failed; "" */
};

static void decide_soon(struct device_probe *probe, uint64_t delay_ms)
{
    loop_timer_start(probe->timer, delay_ms);
}

/* With rport: some devices look for the response's connection by the port that Via names. Whether that is
 * right is for the scenarios to say; here they only have to be heard. */
static bool send_options(struct device_probe *probe)
{
    char from[NET_ADDRESS_TEXT_MAX], text[1024];
    struct net_address address = *net_connection_local(probe->connection);
    address.port = 0;
    net_address_format_ip(&address, from);
    const char *open = address.family == 6 ? "[" : "", *close = address.family == 6 ? "]" : "";
    int length = snprintf(text, sizeof text,
                          "OPTIONS sip:%s SIP/2.0\r\n"
                          "Via: SIP/2.0/TCP %s%s%s:5060;branch=z9hG4bK-ready-%u;rport\r\n"
                          "Max-Forwards: 70\r\n"
                          "From: <sip:ready@%s%s%s>;tag=ready-%u\r\n"
                          "To: <sip:%s>\r\n"
                          "Call-ID: ready-%u@%s\r\n"
                          "CSeq: 1 OPTIONS\r\n"
                          "Content-Length: 0\r\n\r\n",
                          probe->domain, open, from, close, probe->attempt, open, from, close, probe->attempt,
                          probe->domain, probe->attempt, from);
    return length > 0 && (size_t)length < sizeof text &&
           net_connection_write(probe->connection, text, (size_t)length) == 0;
}

static void on_ready(struct net_connection *connection, void *arg)
{
    struct device_probe *probe = arg;
    (void)connection;
    if (probe->transport == NET_TLS) {
        probe->is_answered = true;
        decide_soon(probe, 0);
    } else if (!send_options(probe)) {
        decide_soon(probe, RETRY_MS);
    }
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct device_probe *probe = arg;
    struct sip_message *message = NULL;
    (void)connection;
    if (probe->options.takes_anything && !probe->is_answered) {
        probe->is_answered = true;
        decide_soon(probe, 0);
    }
    if (probe->is_answered || !sip_framer_push(probe->framer, bytes, size_bytes))
        return;
    struct sip_frame frame = sip_framer_next(probe->framer);
    if (frame.kind == SIP_FRAME_MESSAGE &&
        sip_message_parse(frame.bytes, frame.size_bytes, &message) == SIP_OK && !message->is_request) {
        probe->is_answered = true;
        decide_soon(probe, 0);
    }
    sip_message_free(message);
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct device_probe *probe = arg;
    (void)connection;
    if (probe->is_closing)
        return;
    snprintf(probe->trouble, sizeof probe->trouble, "%s", end->text);
    /* A device that speaks TLS and refuses our handshake (it may demand a certificate) listens. */
    if (probe->transport == NET_TLS && end->sign == NET_SIGN_ALERT)
        probe->is_answered = true;
    decide_soon(probe, probe->is_answered ? 0 : RETRY_MS);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct device_probe *probe = arg;
    (void)connection;
    if (probe->is_closing)
        decide_soon(probe, 0);
}

static void forget_attempt(struct device_probe *probe)
{
    net_connection_free(probe->connection);
    sip_framer_free(probe->framer);
    probe->connection = NULL;
    probe->framer = NULL;
}

static void begin_attempt(struct device_probe *probe)
{
    static const struct net_connection_events events = {
        .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};
    struct net_connect_options connect = {
        .transport = probe->transport,
        .local = probe->options.from,
        .remote = probe->transport == NET_TLS ? probe->options.tls : probe->options.tcp,
        .tls = {.server_name = probe->domain, .has_no_resumption = true},
        .handshake_timeout_ms = ANSWER_MS,
    };
    connect.local.port = 0;
    probe->attempt++;
    probe->framer = sip_framer_new(RESPONSE_MAX_BYTES);
    if (probe->framer)
        sip_framer_forgive_no_length(probe->framer);
    probe->connection = probe->framer ? net_connect(probe->options.net, &connect, &events, probe) : NULL;
    decide_soon(probe, probe->connection ? ANSWER_MS : RETRY_MS);
}

/* Politely: a reset connection, which dropping one with unread bytes makes, would be an error in the device's
 * log. */
static void say_goodbye(struct device_probe *probe)
{
    probe->is_closing = true;
    net_connection_close(probe->connection, NET_CLOSE_GRACEFUL);
    decide_soon(probe, GOODBYE_MS);
}

/* The one place that moves on: an answer came, its connection is closed, an attempt failed, or its time is
 * over. */
static void on_timer(struct loop_timer *timer, void *arg)
{
    struct device_probe *probe = arg;
    (void)timer;
    bool is_answered = probe->is_answered;
    if (is_answered && !probe->is_closing) {
        say_goodbye(probe);
        return;
    }
    probe->is_answered = probe->is_closing = false;
    forget_attempt(probe);
    if (is_answered && probe->transport == NET_TCP && probe->options.tls.family) {
        probe->transport = NET_TLS;
        probe->trouble[0] = '\0';
    } else if (is_answered) {
        probe->options.on_ready(probe->options.arg); /* may free the probe */
        return;
    }
    begin_attempt(probe);
}

struct device_probe *device_probe_new(const struct device_probe_options *options)
{
    struct device_probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return NULL;
    probe->options = *options;
    probe->transport = options->tcp.family ? NET_TCP : NET_TLS;
    probe->domain = strdup(options->domain);
    probe->timer = loop_timer_new(net_loop(options->net), on_timer, probe);
    if (!probe->domain || !probe->timer) {
        device_probe_free(probe);
        return NULL;
    }
    decide_soon(probe, 0);
    return probe;
}

void device_probe_describe(const struct device_probe *probe, char *out, size_t out_size_bytes)
{
    bool is_tls = probe->transport == NET_TLS;
    char address[NET_ADDRESS_TEXT_MAX];
    net_address_format(is_tls ? &probe->options.tls : &probe->options.tcp, address);
    snprintf(out, out_size_bytes, "%s at %s%s%s", is_tls ? "a TLS handshake" : "OPTIONS over TCP", address,
             probe->trouble[0] ? ": " : "", probe->trouble);
}

void device_probe_free(struct device_probe *probe)
{
    if (!probe)
        return;
    forget_attempt(probe);
    loop_timer_free(probe->timer);
    free(probe->domain);
    free(probe);
}
