/* A device to test the engine with: a plain TCP proxy, as small as can be, that behaves well or badly as the
 * user part of the Request-URI says. It is no example of anything.
 *
 *   toy_proxy IP PORT DNS-IP DNS-PORT
 *
 * well     sent to where the host's A record says, over one connection for each address
 * wrong    sent backwards over the first connection from that address that asked for an alias
 * deaf     swallowed, and never answered
 * refused  answered 503
 * twice    sent over such a connection, and then over a new one
 * dying    the process kills itself
 * once     likewise, but its second instance answers nothing
 * hanging  the process stands still for ever
 * halfway  a TCP connection to where it should go, without the TLS that is awaited there; given up after 700
 * ms garbage  bytes that are no SIP are sent to where the request should have gone flood    as many requests
 * as will go */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop.h"
#include "net/net.h"
#include "sip/sip.h"

enum { LINKS_MAX = 4096, WAITING_MAX = 4096, FLOOD = 30000, HALFWAY_MS = 700 };

struct link {
    struct net_connection *connection;
    struct sip_framer *framer;
    bool has_asked;
};

struct waiting { /* a request whose next hop is being looked up, or whose connection is not up */
    struct waiting *next;
    unsigned short id; /* of the DNS query */
    char *host, *user;
    unsigned short port;
    struct sip_message *request;
    struct link *link; /* NULL: not resolved yet */
};

static struct loop *loop;
static struct net *net;
static struct net_datagram *resolver;
static struct net_address own, dns_server;
static struct link links[LINKS_MAX];
static size_t link_count;
static struct waiting *waitings;
static unsigned short next_id;

static void send_message(const struct link *link, const struct sip_message *message)
{
    size_t size;
    uint8_t *bytes = sip_message_serialize(message, &size);

    if (bytes && link->connection)
        net_connection_write(link->connection, bytes, size);
    free(bytes);
}

static void answer(const struct link *link, const struct sip_message *request, unsigned status)
{
    struct sip_message *response = sip_response_to(request, status, NULL, "toy");

    send_message(link, response);
    sip_message_free(response);
}

/* The folder in which it was started outlives it. */
static void die_once(void)
{
    FILE *mark = fopen("died", "wx");

    if (mark)
        abort();
}

static void flood(const struct link *link, const struct sip_message *request)
{
    for (unsigned i = 0; i < FLOOD; i++) {
        struct sip_message *copy = sip_message_copy(request);
        char via[64];

        snprintf(via, sizeof via, "SIP/2.0/TCP toy;branch=z9hG4bKflood.%u", i);
        sip_message_prepend(copy, "Via", via);
        send_message(link, copy);
        sip_message_free(copy);
    }
}

static void forward(const struct link *link, const struct waiting *waiting)
{
    static const char garbage[] = "\x16\x03\x01 nonsense\r\n\r\nContent-Length: 99999999999999999999\r\n\r\n";

    if (!strcmp(waiting->user, "garbage"))
        net_connection_write(link->connection, garbage, sizeof garbage - 1);
    else if (!strcmp(waiting->user, "flood"))
        flood(link, waiting->request);
    else
        send_message(link, waiting->request);
}

static void take_waiting(struct waiting *gone)
{
    struct waiting **at = &waitings;

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    sip_message_free(gone->request);
    free(gone->host);
    free(gone->user);
    free(gone);
}

/* ---- connections */

static void handle(struct link *link, struct sip_message *message);

static void on_ready(struct net_connection *connection, void *arg)
{
    struct link *link = arg;

    (void)connection;
    for (struct waiting *w = waitings, *next; w; w = next) {
        next = w->next;
        if (w->link != link)
            continue;
        forward(link, w);
        take_waiting(w);
    }
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct link *link = arg;

    (void)connection;
    sip_framer_push(link->framer, bytes, size_bytes);
    for (struct sip_frame frame = sip_framer_next(link->framer);
         frame.kind != SIP_FRAME_NONE && frame.kind != SIP_FRAME_ERROR;
         frame = sip_framer_next(link->framer)) {
        struct sip_message *message = NULL;

        if (frame.kind == SIP_FRAME_MESSAGE &&
            sip_message_parse(frame.bytes, frame.size_bytes, &message) == SIP_OK)
            handle(link, message);
        sip_message_free(message);
    }
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    const struct link *link = arg;

    for (struct waiting *w = waitings, *next; w; w = next) {
        next = w->next;
        if (w->link == link)
            take_waiting(w);
    }
    net_connection_close(connection, end->sign == NET_SIGN_FIN ? NET_CLOSE_GRACEFUL : NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct link *link = arg;

    net_connection_free(connection);
    sip_framer_free(link->framer);
    memset(link, 0, sizeof *link);
}

static const struct net_connection_events link_events = {
    .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};

static struct link *link_new(void)
{
    struct link *link;

    if (link_count == LINKS_MAX)
        exit(9);
    link = &links[link_count++];
    link->framer = sip_framer_new(SIP_MESSAGE_MAX_BYTES);
    return link;
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct link *link = link_new();

    (void)listener;
    (void)arg;
    link->connection = connection;
    *events = link_events;
    *connection_arg = link;
}

static struct link *link_to(const struct net_address *address, bool must_be_new)
{
    struct net_connect_options options = {.transport = NET_TCP, .local = own, .remote = *address};
    struct link *link;

    options.local.port = 0;
    for (size_t i = 0; i < link_count && !must_be_new; i++)
        if (links[i].connection && net_connection_is_opened_by_us(links[i].connection) &&
            net_address_equal(net_connection_remote(links[i].connection), address))
            return &links[i];
    link = link_new();
    link->connection = net_connect(net, &options, &link_events, link);
    return link;
}

static const struct link *first_asked(const struct net_address *address)
{
    for (size_t i = 0; i < link_count; i++)
        if (links[i].connection && links[i].has_asked &&
            net_address_equal_ip(net_connection_remote(links[i].connection), address))
            return &links[i];
    return NULL;
}

/* ---- DNS: one A query, and as little of its answer as is needed */

static void ask(struct waiting *waiting)
{
    uint8_t packet[300] = {0};
    size_t at = 12;

    waiting->id = ++next_id;
    packet[0] = (uint8_t)(waiting->id >> 8);
    packet[1] = (uint8_t)waiting->id;
    packet[2] = 1;
    packet[5] = 1;
    for (const char *label = waiting->host; *label && at < 250;) {
        size_t length = strcspn(label, ".");

        packet[at++] = (uint8_t)length;
        memcpy(packet + at, label, length);
        at += length;
        label += length + (label[length] == '.');
    }
    at++;
    packet[at + 1] = 1;
    packet[at + 3] = 1;
    net_datagram_send(resolver, &dns_server, packet, at + 4);
}

static void on_given_up(struct loop_timer *timer, void *arg)
{
    const struct link *link = arg;

    net_connection_close(link->connection, NET_CLOSE_FIN);
    loop_timer_free(timer);
}

static void go(struct waiting *waiting, const struct net_address *address)
{
    bool is_halfway = !strcmp(waiting->user, "halfway");
    bool is_wrong = !strcmp(waiting->user, "wrong");
    const struct link *asked = is_wrong || !strcmp(waiting->user, "twice") ? first_asked(address) : NULL;

    if (asked)
        send_message(asked, waiting->request);
    if (is_wrong) {
        take_waiting(waiting);
        return;
    }
    if (is_halfway) {
        loop_timer_start(loop_timer_new(loop, on_given_up, link_to(address, true)), HALFWAY_MS);
        take_waiting(waiting);
        return;
    }
    waiting->link = link_to(address, !strcmp(waiting->user, "twice"));
    if (net_connection_is_ready(waiting->link->connection))
        on_ready(NULL, waiting->link);
}

/* The A record is the last thing in the answers that the engine's server gives to such a query. */
static void on_answer(struct net_datagram *socket, const struct net_address *from, const uint8_t *bytes,
                      size_t size_bytes, void *arg)
{
    (void)socket;
    (void)from;
    (void)arg;
    for (struct waiting *w = waitings; w; w = w->next) {
        struct net_address address = {.family = 4, .port = w->port};

        if (w->link || size_bytes < 16 || (bytes[0] << 8 | bytes[1]) != w->id)
            continue;
        if (!bytes[7]) { /* no such name */
            take_waiting(w);
            return;
        }
        memcpy(address.ip, bytes + size_bytes - 4, 4);
        go(w, &address);
        return;
    }
}

/* ---- messages */

/* Our Via says where a response has to go back. */
static void pass_back(const struct sip_message *response)
{
    char *via = sip_message_value(response, "Via", 0);
    const char *at = via ? strstr(via, "z9hG4bKtoy.") : NULL;
    size_t index = at ? strtoul(at + strlen("z9hG4bKtoy."), NULL, 10) : LINKS_MAX;
    struct sip_message *copy = sip_message_copy(response);

    sip_message_remove_value(copy, "Via", 0);
    if (index < link_count && links[index].connection)
        send_message(&links[index], copy);
    sip_message_free(copy);
    free(via);
}

static void route(const struct link *link, const struct sip_message *request, const struct sip_uri *uri)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    static unsigned count;
    struct net_address address;
    char via[128];

    if (!waiting)
        exit(9);
    snprintf(via, sizeof via, "SIP/2.0/TCP toy:5060;branch=z9hG4bKtoy.%zu.%u", (size_t)(link - links),
             ++count);
    waiting->request = sip_message_copy(request);
    sip_message_prepend(waiting->request, "Via", via);
    waiting->host = strdup(uri->host);
    waiting->user = strdup(uri->user ? uri->user : "");
    waiting->port = uri->port ? uri->port : 5060;
    waiting->next = waitings;
    waitings = waiting;
    if (net_address_parse(uri->host, waiting->port, &address))
        go(waiting, &address);
    else
        ask(waiting);
}

static void stand_still(void)
{
    for (;;)
        pause();
}

static void handle(struct link *link, struct sip_message *message)
{
    struct sip_via via;
    struct sip_uri uri;

    if (!message->is_request) {
        pass_back(message);
        return;
    }
    if (sip_message_top_via(message, &via) == SIP_OK) {
        link->has_asked |= sip_via_has_alias(&via);
        sip_via_fini(&via);
    }
    if (sip_uri_parse(message->request_uri, &uri) != SIP_OK)
        return;
    if (!uri.user)
        answer(link, message, 200);
    else if (!strcmp(uri.user, "refused"))
        answer(link, message, 503);
    else if (!strcmp(uri.user, "dying"))
        abort();
    else if (!strcmp(uri.user, "once"))
        die_once();
    else if (!strcmp(uri.user, "hanging"))
        stand_still();
    else if (strcmp(uri.user, "deaf"))
        route(link, message, &uri);
    sip_uri_fini(&uri);
}

static void on_term(struct loop_signal *signal, int signum, void *arg)
{
    (void)signal;
    (void)signum;
    loop_stop(arg);
}

int main(int argc, char **argv)
{
    loop = loop_new();
    struct net_listen_options options = {.transport = NET_TCP, .on_accept = on_accept};
    struct net_listener *listener;
    struct loop_signal *term;

    if (argc != 5 || !loop || !net_address_parse(argv[1], (uint16_t)atoi(argv[2]), &own) ||
        !net_address_parse(argv[3], (uint16_t)atoi(argv[4]), &dns_server))
        return 2;
    net = net_new(loop, NULL);
    options.local = own;
    listener = net_listen(net, &options);
    own.port = 0;
    resolver = net_datagram_open(net, &own, on_answer, NULL);
    term = loop_signal_new(loop, 15, on_term, loop);
    if (!listener || !resolver || !term)
        return 3;
    puts("toy proxy");
    loop_run(loop);
    while (waitings)
        take_waiting(waitings);
    loop_signal_free(term);
    net_datagram_free(resolver);
    net_listener_free(listener);
    for (size_t i = 0; i < link_count; i++) {
        net_connection_free(links[i].connection);
        sip_framer_free(links[i].framer);
    }
    net_free(net);
    loop_free(loop);
    return 0;
}
