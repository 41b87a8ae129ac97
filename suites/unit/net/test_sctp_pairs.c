/* TLS over SCTP: pairs of streams of one association (RFC 3436). */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>

#include "world.h"

TestSuite(sctp_pairs, .init = world_enter_namespace);

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

ParameterizedTestParameters(sctp_pairs, two_pairs_of_one_association)
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

ParameterizedTest(const enum net_tls_version *version, sctp_pairs, two_pairs_of_one_association,
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
