/* SCTP and TLS over SCTP, between two addresses of a network namespace of the test's own: over usrsctp where
 * the kernel has no SCTP, else over the kernel's. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

TestSuite(sctp, .init = world_enter_namespace);

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
        world_write_message(world.client.connection, sent[i].size_bytes, &how);
        world_run_until(&world, has_messages, &expected);
        cr_expect_eq(messages[i].size_bytes, sent[i].size_bytes);
        cr_expect_eq(messages[i].facts.stream, sent[i].facts.stream);
        cr_expect_eq(messages[i].facts.is_unordered, sent[i].facts.is_unordered);
        cr_expect_eq(messages[i].facts.payload_protocol, sent[i].facts.payload_protocol);
        cr_expect_not(messages[i].facts.is_partial);
    }
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
        world_write_message(world.client.connection, RECORD_BYTES,
                            &(struct net_message_options){.is_clear = true, .is_ordered = true});
        world_run_until(&world, has_messages, &expected);
        cr_expect_eq(messages[expected - 1].size_bytes, RECORD_BYTES);
        cr_expect(messages[expected - 1].facts.is_clear);
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
