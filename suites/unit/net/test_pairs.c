/* Pairs of streams of one association, each with a TLS connection of its own: their ends, their limits, and
 * what is wrong on them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

TestSuite(pairs, .init = world_enter_namespace);

enum { STREAMS = 64, LAST = STREAMS - 1 };

/* The first accepted one is world->server, the latest of the others world->second. */
static void accept_pairs(struct net_listener *listener, struct net_connection *connection,
                         struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct world *world = arg;
    (void)listener;
    struct side *side = world->accepted++ == 0 ? &world->server : &world->second;
    side_init(side, world);
    side->connection = connection;
    *events = side_events;
    *connection_arg = side;
}

static void open_first(struct world *world, struct net_tls_options server, struct net_tls_options client)
{
    world_init(world, NULL);
    server.credential = world->one;
    world_open_with(
        world, 4,
        &(struct net_listen_options){.transport = NET_TLS_SCTP, .tls = server, .on_accept = accept_pairs},
        &(struct net_connect_options){.transport = NET_TLS_SCTP, .tls = client});
}

static struct net_connection *open_pair(struct side *side, uint16_t stream)
{
    const struct net_pair_options options = {.stream = stream};
    struct world *world = side->world;
    errno = 0;
    side->connection = net_connect_pair(world->client.connection, &options, &side_events, side);
    return side->connection;
}

static bool second_has(struct world *world, void *arg)
{
    return side_has(&world->second, arg);
}

static void wait_second(struct world *world, const char *word)
{
    world_run_until(world, second_has, (void *)(uintptr_t)word);
}

static bool is_closed(struct world *world, void *arg)
{
    (void)world;
    return side_has(arg, "closed");
}

Test(pairs, no_stream_beyond_those_negotiated)
{
    struct world world;
    struct side pair;
    open_first(&world, (struct net_tls_options){0}, (struct net_tls_options){0});
    side_init(&pair, &world);
    cr_expect_null(open_pair(&pair, STREAMS));
    cr_expect_eq(errno, EADDRNOTAVAIL);
    cr_assert_not_null(open_pair(&pair, LAST), "%m");
    wait_second(&world, "ready");
    cr_expect_eq(net_connection_stream(world.second.connection), LAST);
    world_fini(&world);
}

/* The streams are free at once for another TLS connection: nobody waits for an end that cannot come. */
Test(pairs, streams_are_used_again_after_both_close_notifies)
{
    struct world world;
    struct side pair;
    open_first(&world, (struct net_tls_options){0}, (struct net_tls_options){0});
    for (int i = 0; i < 3; i++) {
        side_init(&pair, &world);
        side_init(&world.second, &world);
        cr_assert_not_null(open_pair(&pair, 1), "%d: %m", i);
        cr_assert_eq(net_connection_write(pair.connection, "again", 5), 0);
        wait_second(&world, "data");
        cr_expect_str_eq(world.second.data, "again");
        net_connection_close(pair.connection, NET_CLOSE_GRACEFUL);
        wait_second(&world, "close_notify");
        net_connection_close(world.second.connection, NET_CLOSE_GRACEFUL);
        world_run_until(&world, is_closed, &pair);
        world_run_until(&world, is_closed, &world.second);
    }
    cr_assert_eq(net_connection_write(world.client.connection, "first lives", 11), 0);
    world_run_until_server(&world, "data");
    world_fini(&world);
}

Test(pairs, unordered_records_are_noticed)
{
    struct world world;
    open_first(&world, (struct net_tls_options){0}, (struct net_tls_options){.sends_unordered = true});
    cr_expect_not(net_connection_tls(world.server.connection)->has_unordered_records);
    cr_assert_eq(net_connection_write(world.client.connection, "late", 4), 0);
    world_run_until_server(&world, "data");
    cr_expect(net_connection_tls(world.server.connection)->has_unordered_records);
    cr_assert_eq(net_connection_write(world.server.connection, "in time", 7), 0);
    world_run_until_client(&world, "data");
    cr_expect_not(net_connection_tls(world.client.connection)->has_unordered_records);
    world_fini(&world);
}

static bool server_has_read(struct world *world, void *arg)
{
    return strcmp(world->server.data, arg) == 0;
}

static struct net_message_facts last_facts;

static void note_facts(struct side *side, const char *word)
{
    if (strcmp(word, "data") == 0)
        last_facts = *net_connection_message(side->connection);
}

Test(pairs, what_comes_past_tls_is_seen_where_it_is_wanted)
{
    const struct net_message_options clear = {.is_clear = true, .is_ordered = true};
    struct world world;
    open_first(&world, (struct net_tls_options){.takes_clear = true}, (struct net_tls_options){0});
    world.server.react = note_facts;
    cr_assert_eq(net_connection_write_message(world.client.connection, "OPTIONS", 7, &clear), 0);
    world_run_until(&world, server_has_read, (void *)(uintptr_t) "OPTIONS");
    cr_expect(last_facts.is_clear);
    cr_assert_eq(net_connection_write(world.client.connection, ", secret", 8), 0);
    world_run_until(&world, server_has_read, (void *)(uintptr_t) "OPTIONS, secret");
    cr_expect_not(last_facts.is_clear);
    world_fini(&world);
}

Test(pairs, what_comes_past_tls_ends_it_elsewhere)
{
    const struct net_message_options clear = {.is_clear = true, .is_ordered = true};
    struct world world;
    open_first(&world, (struct net_tls_options){0}, (struct net_tls_options){0});
    cr_assert_eq(net_connection_write_message(world.client.connection, "OPTIONS", 7, &clear), 0);
    world_run_until_client(&world, "alert:unexpected_message");
    cr_expect_not(side_has(&world.server, "data"));
    world_fini(&world);
}
