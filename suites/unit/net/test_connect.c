/* Connecting, failing to connect, and what is refused before that. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

/* A port of loopback where nobody listens, held so that nobody else gets it. */
static int hold_port(struct net_address *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in4;
    cr_assert_eq(bind(fd, (struct sockaddr *)&in4, sizeof in4), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&in4, &size), 0);
    cr_assert(net_address_parse("127.0.0.1", ntohs(in4.sin_port), address));
    return fd;
}

Test(connect, refused)
{
    struct world world;
    world_init(&world, NULL);
    struct net_connect_options options = {.transport = NET_TLS};
    int held = hold_port(&options.remote);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    cr_assert_str_empty(world.client.log);
    world_run_until_client(&world, "connect_failed");
    cr_assert_eq(world.client.end.error_number, ECONNREFUSED);
    cr_assert_not_null(strstr(world.client.end.text, "127.0.0.1:"));
    cr_assert_eq(net_connection_last_sign(world.client.connection)->sign, NET_SIGN_CONNECT_FAILED);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    cr_assert_str_eq(world.client.log, "connect_failed closed");
    close(held);
    world_fini(&world);
}

/* An error that connect() tells at once comes as a sign nonetheless, and not from inside the call. */
Test(connect, impossible)
{
    struct world world;
    world_init(&world, NULL);
    struct net_connect_options options = {.transport = NET_TCP};
    cr_assert(net_address_parse("255.255.255.255", 5060, &options.remote));
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    cr_assert_str_empty(world.client.log);
    world_run_until_client(&world, "connect_failed");
    cr_assert_neq(world.client.end.error_number, 0);
    world_fini(&world);
}

Test(connect, from_an_address_and_port_of_choice)
{
    struct world world;
    world_init(&world, NULL);
    struct net_connect_options options = {.transport = NET_TCP};
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_TCP});
    int held = hold_port(&options.local);
    close(held);
    cr_assert(net_address_parse("127.0.0.9", options.local.port, &options.local));
    world_connect(&world, &options);
    world_run_until_client(&world, "ready");
    world_run_until_server(&world, "ready");
    cr_assert(net_address_equal(net_connection_local(world.client.connection), &options.local));
    cr_assert(net_address_equal(net_connection_remote(world.server.connection), &options.local));
    cr_assert_null(net_connection_tls(world.client.connection));
    world_fini(&world);
}

Test(connect, an_address_that_is_not_ours)
{
    struct world world;
    world_init(&world, NULL);
    struct net_connect_options options = {.transport = NET_TCP};
    cr_assert(net_address_parse("127.0.0.1", 9, &options.remote));
    cr_assert(net_address_parse("192.0.2.1", 0, &options.local));
    errno = 0;
    cr_assert_null(net_connect(world.net, &options, &side_events, &world.client));
    cr_assert_eq(errno, EADDRNOTAVAIL);
    cr_assert(net_address_parse("::1", 0, &options.local));
    cr_assert_null(net_connect(world.net, &options, &side_events, &world.client));
    cr_assert_eq(errno, EAFNOSUPPORT);
    world_fini(&world);
}

Test(connect, a_transport_that_is_not_to_be_had)
{
    struct world world;
    char why[NET_SCTP_WHY_MAX];
    world_init(&world, &(struct net_options){.sctp = NET_SCTP_NONE});
    cr_assert_eq(net_sctp_engine(world.net, why), NET_SCTP_NONE);
    cr_assert_str_eq(why, "SCTP was switched off with --sctp none");
    struct net_connect_options options = {.transport = NET_SCTP};
    cr_assert(net_address_parse("127.0.0.1", 9, &options.remote));
    cr_assert_null(net_connect(world.net, &options, &side_events, &world.client));
    cr_assert_eq(errno, EPROTONOSUPPORT);
    struct net_listen_options listen = {.transport = NET_TLS_SCTP, .local = options.remote};
    cr_assert_null(net_listen(world.net, &listen));
    cr_assert_eq(errno, EPROTONOSUPPORT);
    world_fini(&world);
}

Test(connect, a_port_in_use)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_TCP});
    struct net_listen_options again = {.transport = NET_TCP, .local = *net_listener_address(world.listener)};
    cr_assert_null(net_listen(world.net, &again));
    cr_assert_eq(errno, EADDRINUSE);
    world_fini(&world);
}

/* A connect to our own port, with nobody listening, never becomes a connection to ourselves. */
Test(connect, not_to_itself)
{
    struct world world;
    world_init(&world, NULL);
    struct net_connect_options options = {.transport = NET_TCP};
    int held = hold_port(&options.remote);
    close(held);
    options.local = options.remote;
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    world_run_until_client(&world, "connect_failed");
    cr_assert_eq(world.client.end.error_number, ECONNREFUSED);
    cr_assert_not(side_has(&world.client, "connected"));
    world_fini(&world);
}

Test(connect, closed_and_freed_before_it_is_up)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_TCP});
    world_connect(&world, &(struct net_connect_options){.transport = NET_TCP});
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    cr_assert_str_eq(world.client.log, "closed");
    world_connect(&world, &(struct net_connect_options){.transport = NET_TLS});
    net_connection_free(world.client.connection);
    net_connection_free(NULL);
    world_fini(&world);
}

/* Accepted connections outlive their listener. */
Test(connect, the_listener_goes_and_the_connection_stays)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_TLS, NET_TLS_1_3);
    net_listener_free(world.listener);
    net_connection_write(world.client.connection, "x", 1);
    world_run_until_server(&world, "data");
    world_fini(&world);
}

struct echo {
    struct world *world;
    struct net_datagram *server, *client;
    char heard[64];
    size_t heard_size;
    bool frees;
};

static void answer(struct net_datagram *socket, const struct net_address *from, const uint8_t *bytes,
                   size_t size_bytes, void *arg)
{
    (void)arg;
    cr_assert_eq(net_datagram_send(socket, from, bytes, size_bytes), 0);
}

static void hear(struct net_datagram *socket, const struct net_address *from, const uint8_t *bytes,
                 size_t size_bytes, void *arg)
{
    struct echo *echo = arg;
    cr_assert(net_address_equal(from, net_datagram_address(echo->server)));
    if (echo->heard_size == 0)
        memcpy(echo->heard, bytes, size_bytes < sizeof echo->heard ? size_bytes : sizeof echo->heard);
    echo->heard_size += size_bytes;
    if (echo->frees)
        net_datagram_free(socket);
    world_look(echo->world);
}

static bool has_heard(struct world *world, void *arg)
{
    struct echo *echo = arg;
    (void)world;
    return echo->heard_size > 0;
}

static void exchange(const char *ip, bool frees)
{
    struct world world;
    world_init(&world, NULL);
    struct echo echo = {.world = &world, .frees = frees};
    struct net_address local;
    cr_assert(net_address_parse(ip, 0, &local));
    echo.server = net_datagram_open(world.net, &local, answer, &echo);
    echo.client = net_datagram_open(world.net, &local, hear, &echo);
    cr_assert(echo.server && echo.client);
    cr_assert_eq(net_datagram_send(echo.client, net_datagram_address(echo.server), "query", 5), 0);
    cr_assert_eq(net_datagram_send(echo.client, net_datagram_address(echo.server), "again", 5), 0);
    world_run_until(&world, has_heard, &echo);
    cr_assert_arr_eq(echo.heard, "query", 5);
    net_datagram_free(echo.server);
    net_datagram_free(NULL);
    world_fini(&world);
}

Test(datagram, there_and_back)
{
    exchange("127.0.0.1", false);
    exchange("::1", false);
}

Test(datagram, freed_inside_its_callback)
{
    exchange("127.0.0.1", true);
}

Test(datagram, failures)
{
    struct world world;
    world_init(&world, NULL);
    struct net_address local;
    cr_assert(net_address_parse("192.0.2.1", 53, &local));
    cr_assert_null(net_datagram_open(world.net, &local, NULL, NULL));
    cr_assert_eq(errno, EADDRNOTAVAIL);
    local.family = 0;
    cr_assert_null(net_datagram_open(world.net, &local, NULL, NULL));
    cr_assert_eq(errno, EAFNOSUPPORT);
    cr_assert(net_address_parse("127.0.0.1", 0, &local));
    struct net_datagram *socket = net_datagram_open(world.net, &local, NULL, NULL);
    static char huge[70000];
    cr_assert_eq(net_datagram_send(socket, net_datagram_address(socket), huge, sizeof huge), -1);
    world_fini(&world); /* frees it */
}
