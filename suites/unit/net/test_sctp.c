/* SCTP and TLS over SCTP, between two addresses of a network namespace of the test's own: over usrsctp where
 * the kernel has no SCTP, else over the kernel's. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <usrsctp.h>

#include "world.h"

TestSuite(sctp, .init = world_enter_namespace);

static void write_long(struct net_connection *connection, size_t size_bytes,
                       const struct net_message_options *how)
{
    char *bytes = malloc(size_bytes);
    memset(bytes, 'm', size_bytes);
    cr_assert_eq(net_connection_write_message(connection, bytes, size_bytes, how), 0);
    free(bytes);
}

/* ---- messages ---- */

struct message {
    size_t size_bytes;
    struct net_message_facts facts;
};
static struct message messages[64];
static size_t message_count;

static void note_message(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes,
                         void *arg)
{
    struct side *side = arg;
    (void)bytes;
    if (message_count < sizeof messages / sizeof messages[0])
        messages[message_count++] = (struct message){size_bytes, *net_connection_message(connection)};
    world_look(side->world);
}

static void accept_noting(struct net_listener *listener, struct net_connection *connection,
                          struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct world *world = arg;
    (void)listener;
    world->server.connection = connection;
    *events = side_events;
    events->on_data = note_message;
    *connection_arg = &world->server;
}

static bool has_messages(struct world *world, void *arg)
{
    (void)world;
    return message_count >= *(const size_t *)arg;
}

Test(sctp, a_message_stays_one_and_says_how_it_came)
{
    static const struct message sent[] = {{1, {0}},
                                          {18437, {.stream = 7, .payload_protocol = 46}}, /* RFC 3436 §3.2 */
                                          {300, {.stream = 63, .is_unordered = true, .payload_protocol = 1}},
                                          {200000, {.is_unordered = true}}};
    size_t count = sizeof sent / sizeof sent[0];
    struct world world;
    world_init(&world, NULL);
    world_open_with(&world, 4,
                    &(struct net_listen_options){.transport = NET_SCTP, .on_accept = accept_noting},
                    &(struct net_connect_options){.transport = NET_SCTP});
    for (size_t i = 0; i < count; i++) {
        const struct net_message_options how = {.stream = sent[i].facts.stream,
                                                .is_ordered = !sent[i].facts.is_unordered,
                                                .payload_protocol = sent[i].facts.payload_protocol};
        size_t expected = i + 1;
        write_long(world.client.connection, sent[i].size_bytes, &how);
        world_run_until(&world, has_messages, &expected);
        cr_expect_eq(messages[i].size_bytes, sent[i].size_bytes);
        cr_expect_eq(messages[i].facts.stream, sent[i].facts.stream);
        cr_expect_eq(messages[i].facts.is_unordered, sent[i].facts.is_unordered);
        cr_expect_eq(messages[i].facts.payload_protocol, sent[i].facts.payload_protocol);
        cr_expect_not(messages[i].facts.is_partial);
    }
    world_fini(&world);
}

ParameterizedTestParameters(sctp, association_facts)
{
    static const int families[] = {4, 6};
    return cr_make_param_array(const int, families, 2);
}

ParameterizedTest(const int *family, sctp, association_facts, .init = world_enter_namespace)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, *family, NET_SCTP, NET_TLS_NONE);
    const struct net_association_facts *ours = net_connection_association(world.client.connection),
                                       *theirs = net_connection_association(world.server.connection);
    cr_expect_eq(ours->streams_out, 64);
    cr_expect_eq(ours->streams_in, 64);
    cr_expect(ours->local_count >= 1 && theirs->remote_count >= 1);
    cr_expect(net_address_equal(net_connection_local(world.client.connection),
                                net_connection_remote(world.server.connection)));
    cr_expect(net_address_equal(&ours->remote[0], net_connection_remote(world.client.connection)));
    cr_expect(net_address_equal(&theirs->remote[0], net_connection_remote(world.server.connection)));
    world_fini(&world);
}

/* usrsctp carries packets for one pair of addresses (AF_CONN); the kernel's SCTP for many, shown in
 * scenarios. */
Test(sctp, further_addresses)
{
    struct world world;
    world_init(&world, NULL);
    struct net_listen_options options = {.transport = NET_SCTP, .also.count = 1};
    net_address_parse("127.0.0.1", 0, &options.local);
    net_address_parse("127.0.0.2", 0, &options.also.addresses[0]);
    errno = 0;
    world.listener = net_listen(world.net, &options);
    int error_number = errno;
    if (net_sctp_engine(world.net, NULL) == NET_SCTP_USERLAND) {
        cr_expect_null(world.listener);
        cr_expect_eq(error_number, EOPNOTSUPP);
    } else {
        cr_assert_not_null(world.listener);
        cr_expect(net_address_equal_ip(net_listener_address(world.listener), &options.local));
    }
    world_fini(&world);
}

/* A host that is there for nobody: a listener that sees nothing of what comes. */
static int listen_deaf(const char *ip, uint16_t port)
{
    struct sock_filter drop_all[] = {{.code = BPF_RET | BPF_K, .k = 0}};
    const struct sock_fprog program = {.len = 1, .filter = drop_all};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    cr_assert(fd >= 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 1), 0);
    return fd;
}

static void connect_to_first_and_second(struct world *world, const struct net_connect_options *options)
{
    side_init(&world->client, world);
    world->client.connection = net_connect(world->net, options, &side_events, &world->client);
    cr_assert_not_null(world->client.connection);
}

ParameterizedTestParameters(sctp, the_address_that_answers_is_taken)
{
    static const enum net_transport transports[] = {NET_SCTP, NET_TLS_SCTP};
    return cr_make_param_array(const enum net_transport, transports, 2);
}

ParameterizedTest(const enum net_transport *transport, sctp, the_address_that_answers_is_taken,
                  .init = world_enter_namespace)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4,
                 &(struct net_listen_options){.transport = *transport, .tls.credential = world.one});
    const struct net_address *second = net_listener_address(world.listener);
    struct net_connect_options options = {.transport = *transport,
                                          .remote_also = {.addresses = {*second}, .count = 1}};
    net_address_parse("127.0.0.1", 0, &options.local);
    net_address_parse("127.0.0.9", second->port, &options.remote);
    if (net_sctp_engine(world.net, NULL) == NET_SCTP_USERLAND) {
        connect_to_first_and_second(&world, &options);
        world_run_until_client(&world, "connect_failed");
        cr_expect_eq(world.client.end.error_number, EOPNOTSUPP);
    } else {
        int deaf = listen_deaf("127.0.0.9", second->port);
        connect_to_first_and_second(&world, &options);
        world_run_until_client(&world, "ready");
        cr_expect(net_address_equal(net_connection_remote(world.client.connection), second));
        cr_expect_eq(net_connection_association(world.client.connection)->remote_count, 1);
        close(deaf);
    }
    world_fini(&world);
}

/* ---- ends ---- */

Test(sctp, shutdown_sends_what_is_queued_first)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    for (int i = 0; i < 20; i++)
        write_long(world.client.connection, 50000, &(struct net_message_options){.is_ordered = true});
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "shutdown");
    cr_expect_eq(world.server.data_total, 20 * 50000);
    world_run_until_client(&world, "closed");
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "closed");
    world_fini(&world);
}

Test(sctp, abort_is_no_shutdown)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "abort");
    world_fini(&world);
}

static bool client_has_failed(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->client, "connect_failed") || side_has(&world->client, "timeout");
}

Test(sctp, nobody_listens)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    struct net_connect_options options = {.transport = NET_SCTP,
                                          .remote = *net_listener_address(world.listener)};
    net_listener_free(world.listener);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP}); /* the host has SCTP */
    options.handshake_timeout_ms = 3000;
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    /* On loopback another process may own an address: usrsctp answers for none that is not its own. */
    world_run_until(&world, client_has_failed, NULL);
    world_fini(&world);
}

static uint16_t sum_of(const uint8_t *bytes, size_t size_bytes)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < size_bytes; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

enum { ICMP_BYTES = 8, QUOTED_BYTES = 32 };

/* The first bytes of a packet of a connect: those that ICMP quotes, and whoever gets the quotation looks at.
 */
static void write_ports(uint8_t *packet, const struct net_connection *connection)
{
    uint16_t from = net_connection_local(connection)->port, to = net_connection_remote(connection)->port;
    packet[0] = (uint8_t)(from >> 8);
    packet[1] = (uint8_t)from;
    packet[2] = (uint8_t)(to >> 8);
    packet[3] = (uint8_t)to;
}

/* "Destination unreachable" about the first packet of a connect, as the host would send it that has no SCTP.
 */
static void send_unreachable(const struct net_connection *connection, uint8_t code)
{
    enum { IP_BYTES = 20 };
    const struct net_address *from = net_connection_local(connection);
    uint8_t message[ICMP_BYTES + IP_BYTES + QUOTED_BYTES] = {3, code};
    uint8_t *ip = message + ICMP_BYTES;
    ip[0] = 0x45;
    ip[3] = IP_BYTES + QUOTED_BYTES;
    ip[8] = 64;
    ip[9] = IPPROTO_SCTP;
    memcpy(ip + 12, from->ip, 4);
    memcpy(ip + 16, net_connection_remote(connection)->ip, 4);
    write_ports(ip + IP_BYTES, connection);
    uint16_t sum = sum_of(message, sizeof message);
    message[2] = (uint8_t)(sum >> 8);
    message[3] = (uint8_t)sum;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    struct sockaddr_in target = {.sin_family = AF_INET};
    memcpy(&target.sin_addr, from->ip, 4);
    cr_assert(sendto(fd, message, sizeof message, 0, (struct sockaddr *)&target, sizeof target) > 0);
    close(fd);
}

/* The same of IPv6; the kernel sums it up. */
static void send_unreachable_6(const struct net_connection *connection, uint8_t type, uint8_t code)
{
    enum { IP_BYTES = 40, NEXT_HEADER_AT = 6 };
    const struct net_address *from = net_connection_local(connection);
    uint8_t message[ICMP_BYTES + IP_BYTES + QUOTED_BYTES] = {type, code};
    uint8_t *ip = message + ICMP_BYTES;
    message[7] = type == ICMP6_PARAM_PROB ? NEXT_HEADER_AT : 0; /* a pointer to what was not understood */
    ip[0] = 0x60;
    ip[5] = QUOTED_BYTES;
    ip[NEXT_HEADER_AT] = IPPROTO_SCTP;
    ip[7] = 64;
    memcpy(ip + 8, from->ip, 16);
    memcpy(ip + 24, net_connection_remote(connection)->ip, 16);
    write_ports(ip + IP_BYTES, connection);
    int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    struct sockaddr_in6 target = {.sin6_family = AF_INET6};
    memcpy(&target.sin6_addr, from->ip, 16);
    cr_assert(sendto(fd, message, sizeof message, 0, (struct sockaddr *)&target, sizeof target) > 0);
    close(fd);
}

ParameterizedTestParameters(sctp, a_host_without_sctp_says_so_at_once)
{
    static const enum net_transport transports[] = {NET_SCTP, NET_TLS_SCTP};
    return cr_make_param_array(const enum net_transport, transports, 2);
}

ParameterizedTest(const enum net_transport *transport, sctp, a_host_without_sctp_says_so_at_once,
                  .init = world_enter_namespace)
{
    enum { UNREACHABLE_HOST = 1, UNREACHABLE_PROTOCOL = 2 };
    struct world world;
    world_init(&world, NULL);
    if (net_sctp_engine(world.net, NULL) != NET_SCTP_USERLAND) {
        world_fini(&world);
        return; /* the kernel's own affair */
    }
    /* Nobody answers for that address of loopback. The connect would take a minute to give up. */
    struct net_connect_options options = {.transport = *transport, .handshake_timeout_ms = 60000};
    net_address_parse("127.0.0.1", 0, &options.local);
    net_address_parse("127.0.0.7", 5060, &options.remote);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    send_unreachable(world.client.connection,
                     UNREACHABLE_HOST); /* which may be there again the next moment */
    send_unreachable(world.client.connection, UNREACHABLE_PROTOCOL);
    world_run_until_client(&world, "connect_failed");
    cr_expect_eq(world.client.end.error_number, ENOPROTOOPT);
    cr_expect_str_eq(world.client.end.text,
                     "connecting to 127.0.0.7:5060: the host has no SCTP (ICMP: protocol unreachable)");
    world_fini(&world);
}

struct refusal_6 {
    uint8_t type, code;
    int error_number;
    char text[96]; /* the tests are another process, and its addresses are others */
};

ParameterizedTestParameters(sctp, a_host_without_sctp_says_so_over_ip6)
{
    static const struct refusal_6 refusals[] = {
        {ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER, EPROTO,
         "connecting to [2001:db8::7]:5060: the host has no SCTP (ICMP: protocol unreachable)"},
        {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, ECONNREFUSED,
         "connecting to [2001:db8::7]:5060: Connection refused"}};
    return cr_make_param_array(const struct refusal_6, refusals, 2);
}

ParameterizedTest(const struct refusal_6 *refusal, sctp, a_host_without_sctp_says_so_over_ip6,
                  .init = world_enter_namespace)
{
    struct world world;
    world_init(&world, NULL);
    if (net_sctp_engine(world.net, NULL) != NET_SCTP_USERLAND) {
        world_fini(&world);
        return; /* the kernel's own affair */
    }
    /* No packet finds a way there. The connect would take a minute to give up. */
    struct net_connect_options options = {.transport = NET_SCTP, .handshake_timeout_ms = 60000};
    net_address_parse("::1", 0, &options.local);
    net_address_parse("2001:db8::7", 5060, &options.remote);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    send_unreachable_6(world.client.connection, ICMP6_DST_UNREACH,
                       ICMP6_DST_UNREACH_ADDR); /* which may be there again the next moment */
    send_unreachable_6(world.client.connection, ICMP6_PARAM_PROB,
                       ICMP6_PARAMPROB_OPTION); /* of another header than SCTP's */
    send_unreachable_6(world.client.connection, refusal->type, refusal->code);
    world_run_until_client(&world, "connect_failed");
    cr_expect_eq(world.client.end.error_number, refusal->error_number);
    cr_expect_str_eq(world.client.end.text, refusal->text);
    world_fini(&world);
}

Test(sctp, icmp_ends_no_association)
{
    enum { UNREACHABLE_PROTOCOL = 2, UNREACHABLE_PORT = 3 };
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    if (net_sctp_engine(world.net, NULL) == NET_SCTP_USERLAND) {
        send_unreachable(world.client.connection, UNREACHABLE_PROTOCOL);
        send_unreachable(world.client.connection, UNREACHABLE_PORT);
    }
    cr_assert_eq(net_connection_write(world.client.connection, "still here", 10), 0);
    world_run_until_server(&world, "data");
    cr_expect_str_eq(world.server.data, "still here");
    world_fini(&world);
}

Test(sctp, silence_says_nothing)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    cr_assert_eq(net_connection_write(world.server.connection, "anybody there", 13), 0);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_client(&world, "closed");
    if (net_sctp_engine(world.net, NULL) ==
        NET_SCTP_USERLAND) /* a kernel's socket is not closed in silence */
        cr_expect_not(side_has(&world.server, "abort"));
    cr_expect_not(side_has(&world.server, "shutdown"));
    world_fini(&world);
}

static void write_setting(const char *name, const char *value)
{
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/net/sctp/%s", name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s: %m", path);
    cr_assert(fputs(value, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

/* By default it takes minutes until SCTP gives a peer up (RFC 9260 §8.1). */
static void make_sctp_impatient(enum net_sctp engine)
{
    if (engine == NET_SCTP_KERNEL) {
        write_setting("association_max_retrans", "1");
        write_setting("rto_min", "100");
        write_setting("rto_initial", "100");
        write_setting("rto_max", "200");
    } else {
        usrsctp_sysctl_set_sctp_assoc_rtx_max_default(1);
        usrsctp_sysctl_set_sctp_rto_max_default(200);
    }
}

Test(sctp, a_peer_that_never_answers_is_told_from_one_that_aborts)
{
    struct world world;
    world_init(&world, NULL);
    /* Sockets keep the settings that they began with, and usrsctp takes its own when the first one is made.
     */
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    net_listener_free(world.listener);
    make_sctp_impatient(net_sctp_engine(world.net, NULL));
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    world_connect(&world, &(struct net_connect_options){.transport = NET_SCTP});
    world_run_until_server(&world, "ready");
    world_run_until_client(&world, "ready");
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    cr_assert_eq(net_connection_write(world.server.connection, "anybody there", 13), 0);
    world_run_until_server(&world, "silence");
    cr_expect_eq(world.server.end.error_number, ETIMEDOUT);
    world_fini(&world);
}

/* ---- what a peer may not do ---- */

/* Bytes to the listener's port, as somebody with a raw socket would send them; the listener lives. */
Test(sctp, nonsense_is_outlived)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_SCTP);
    cr_assert(fd >= 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint16_t port = net_listener_address(world.listener)->port,
             source = net_connection_local(world.client.connection)->port;
    uint32_t noise = 12345;
    for (int i = 0; i < 3000; i++) {
        uint8_t packet[120];
        for (size_t k = 0; k < sizeof packet; k++) {
            noise = noise * 1664525 + 1013904223;
            packet[k] = (uint8_t)(noise >> 24);
        }
        packet[0] = (uint8_t)(source >> 8);
        packet[1] = (uint8_t)source;
        packet[2] = (uint8_t)(port >> 8);
        packet[3] = (uint8_t)port;
        packet[12] = (uint8_t)(i % 20); /* every type of chunk */
        cr_assert(sendto(fd, packet, (size_t)(i % 118 + 1), 0, (struct sockaddr *)&to, sizeof to) > 0);
    }
    close(fd);
    cr_assert_eq(net_connection_write(world.client.connection, "still here", 10), 0);
    world_run_until_server(&world, "data");
    cr_expect_str_eq(world.server.data, "still here");
    world_fini(&world);
}

/* ---- TLS over SCTP ---- */

static void note_pairs(struct net_listener *listener, struct net_connection *connection,
                       struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct world *world = arg;
    (void)listener;
    struct side *side = world->accepted++ == 0 ? &world->server : &world->second;
    side->connection = connection;
    *events = side_events;
    *connection_arg = side;
}

ParameterizedTestParameters(sctp, two_pairs_of_one_association)
{
    static const enum net_tls_version versions[] = {NET_TLS_1_2, NET_TLS_1_3};
    return cr_make_param_array(const enum net_tls_version, versions, 2);
}

static bool second_has_data(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->second, "data");
}

static bool second_is_ending(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->second, "close_notify");
}

ParameterizedTest(const enum net_tls_version *version, sctp, two_pairs_of_one_association,
                  .init = world_enter_namespace)
{
    struct world world;
    struct side another;
    world_init(&world, NULL);
    side_init(&another, &world);
    struct net_tls_options server = {
        .min_version = *version, .max_version = *version, .credential = world.one};
    struct net_tls_options client = {.min_version = *version, .max_version = *version};
    world_open_with(
        &world, 4,
        &(struct net_listen_options){.transport = NET_TLS_SCTP, .tls = server, .on_accept = note_pairs},
        &(struct net_connect_options){.transport = NET_TLS_SCTP, .tls = client});
    cr_assert_eq(net_connection_write(world.server.connection, "ticket first", 12), 0);
    world_run_until_client(&world, "data");
    client.resumption = net_connection_resumption(world.client.connection);
    cr_assert_not_null(client.resumption);
    const struct net_pair_options options = {.stream = 5, .tls = client};
    another.connection = net_connect_pair(world.client.connection, &options, &side_events, &another);
    cr_assert_not_null(another.connection, "%m");
    cr_assert_eq(net_connection_write(another.connection, "second pair", 11), 0);
    world_run_until(&world, second_has_data, NULL);
    cr_expect_str_eq(world.second.data, "second pair");
    cr_expect_eq(net_connection_stream(world.second.connection), 5);
    cr_expect(net_connection_tls(another.connection)->is_resumed);
    cr_expect(net_connection_tls(world.second.connection)->is_resumed);
    cr_expect_eq(net_connection_association(another.connection)->id,
                 net_connection_association(world.client.connection)->id);
    errno = 0;
    cr_expect_null(net_connect_pair(world.client.connection, &options, &side_events, &another));
    cr_expect_eq(errno, EADDRINUSE);
    net_resumption_unref(client.resumption);
    /* close_notify ends a pair; SHUTDOWN comes with the last one. */
    net_connection_close(another.connection, NET_CLOSE_GRACEFUL);
    world_run_until(&world, second_is_ending, NULL);
    cr_expect_not(side_has(&world.server, "shutdown"));
    cr_assert_eq(net_connection_write(world.client.connection, "lives", 5), 0);
    world_run_until_server(&world, "data");
    net_connection_close(world.second.connection, NET_CLOSE_GRACEFUL);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "close_notify");
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    world_run_until_server(&world, "closed");
    world_fini(&world);
}

/* RFC 3436 §3.2: a stream that carries TLS takes user messages as long as any record may be, 18,437 bytes.
 * GnuTLS writes none so long, so one goes past it. */
Test(sctp, a_record_of_any_length_is_one_message)
{
    enum { RECORD_BYTES = 16384 + 2048 + 5 };
    struct world world;
    world_init(&world, NULL);
    world_open_with(&world, 4,
                    &(struct net_listen_options){.transport = NET_TLS_SCTP,
                                                 .tls = {.credential = world.one, .takes_clear = true},
                                                 .on_accept = accept_noting},
                    &(struct net_connect_options){.transport = NET_TLS_SCTP});
    for (size_t expected = 1; expected <= 2; expected++) {
        write_long(world.client.connection, RECORD_BYTES,
                   &(struct net_message_options){.is_clear = true, .is_ordered = true});
        world_run_until(&world, has_messages, &expected);
        cr_expect_eq(messages[expected - 1].size_bytes, RECORD_BYTES);
        cr_expect(messages[expected - 1].facts.is_clear);
    }
    world_fini(&world);
}

/* ---- many ---- */

enum { MANY = 1000 };
static struct net_connection *many[MANY];
static size_t ready_count;

static void on_many_ready(struct net_connection *connection, void *arg)
{
    struct world *world = arg;
    (void)connection;
    ready_count++;
    world_look(world);
}

static void accept_many(struct net_listener *listener, struct net_connection *connection,
                        struct net_connection_events *events, void **connection_arg, void *arg)
{
    (void)listener;
    (void)connection;
    *events = (struct net_connection_events){.on_ready = on_many_ready};
    *connection_arg = arg;
}

static bool are_all_ready(struct world *world, void *arg)
{
    (void)world;
    return ready_count == 2 * *(const size_t *)arg;
}

static void on_rest_over(struct loop_timer *timer, void *arg)
{
    struct world *world = arg;
    (void)timer;
    loop_stop(world->loop);
}

static double used_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

Test(sctp, a_thousand_associations_and_an_idle_processor, .timeout = 100)
{
    enum { BATCH = 250, SETTLE_MS = 2500, IDLE_MS = 3000, USED_MS_MAX = 300 };
    static const struct net_connection_events events = {.on_ready = on_many_ready};
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP, .on_accept = accept_many});
    for (size_t i = 0; i < MANY; i++) {
        struct net_connect_options options = {.transport = NET_SCTP,
                                              .remote = *net_listener_address(world.listener),
                                              .handshake_timeout_ms = 60000};
        many[i] = net_connect(world.net, &options, &events, &world);
        cr_assert_not_null(many[i], "%zu: %m", i);
        size_t opened = i + 1;
        if (opened % BATCH == 0)
            world_run_until(&world, are_all_ready, &opened);
    }
    struct loop_timer *rest = loop_timer_new(world.loop, on_rest_over, &world);
    loop_timer_start(rest, SETTLE_MS);
    loop_run(world.loop);
    double before_ms = used_ms();
    loop_timer_start(rest, IDLE_MS);
    loop_run(world.loop);
    double spent_ms = used_ms() - before_ms;
    cr_expect(spent_ms < USED_MS_MAX, "%.0f ms of %d", spent_ms, IDLE_MS);
    loop_timer_free(rest);
    world_fini(&world);
}
