/* What peers without mercy cannot do: keep handshakes for ever, take all slots, all descriptors, or the whole
 * loop. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/net_private.h"
#include "world.h"

/* Connections by the number, and how often each word was told. */
struct crowd {
    struct net_connection **connections;
    size_t count;
    size_t connected, ready, fin, timeout, failed, closed;
    bool closes; /* on a sign */
    struct world *world;
};

static void crowd_connected(struct net_connection *connection, void *arg)
{
    struct crowd *crowd = arg;
    (void)connection;
    crowd->connected++;
    world_look(crowd->world);
}

static void crowd_ready(struct net_connection *connection, void *arg)
{
    struct crowd *crowd = arg;
    (void)connection;
    crowd->ready++;
    world_look(crowd->world);
}

static void crowd_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct crowd *crowd = arg;
    if (crowd->closes)
        net_connection_close(connection, NET_CLOSE_GRACEFUL);
    if (end->sign == NET_SIGN_FIN)
        crowd->fin++;
    else if (end->sign == NET_SIGN_TIMEOUT)
        crowd->timeout++;
    else
        crowd->failed++;
    world_look(crowd->world);
}

static void crowd_closed(struct net_connection *connection, void *arg)
{
    struct crowd *crowd = arg;
    net_connection_free(connection);
    crowd->closed++;
    world_look(crowd->world);
}

static const struct net_connection_events crowd_events = {.on_connected = crowd_connected,
                                                          .on_ready = crowd_ready,
                                                          .on_sign = crowd_sign,
                                                          .on_closed = crowd_closed};

static void crowd_connect(struct crowd *crowd, struct world *world, struct net_listener *listener,
                          enum net_transport transport, size_t count)
{
    struct net_connect_options options = {.transport = transport, .remote = *net_listener_address(listener)};
    crowd->world = world;
    crowd->count = count;
    crowd->connections = calloc(count, sizeof crowd->connections[0]);
    for (size_t i = 0; i < count; i++) {
        crowd->connections[i] = net_connect(world->net, &options, &crowd_events, crowd);
        cr_assert_not_null(crowd->connections[i], "%zu: %m", i);
    }
}

struct hall {
    struct world world;
    struct crowd clients, servers;
};

static void crowd_accept(struct net_listener *listener, struct net_connection *connection,
                         struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct hall *hall = arg;
    (void)listener;
    (void)connection;
    hall->world.accepted++;
    hall->servers.world = &hall->world;
    *events = crowd_events;
    *connection_arg = &hall->servers;
    world_look(&hall->world);
}

static struct net_listener *hall_listen(struct hall *hall, enum net_transport transport, uint64_t timeout_ms)
{
    struct net_listen_options options = {.transport = transport,
                                         .tls = {.credential = hall->world.one},
                                         .handshake_timeout_ms = timeout_ms,
                                         .on_accept = crowd_accept,
                                         .arg = hall};
    cr_assert(net_address_parse("127.0.0.1", 0, &options.local));
    struct net_listener *listener = net_listen(hall->world.net, &options);
    cr_assert_not_null(listener, "%m");
    return listener;
}

static bool has_client_connected(struct world *world, void *arg)
{
    struct crowd *crowd = arg;
    (void)world;
    return crowd->connected >= crowd->count;
}

static bool has_size(struct world *world, void *arg)
{
    (void)world;
    return *(size_t *)((void **)arg)[0] >= *(size_t *)((void **)arg)[1];
}

static void run_until_count(struct world *world, size_t *counter, size_t wanted)
{
    void *pair[] = {counter, &wanted};
    world_run_until(world, has_size, pair);
}

Test(limits, a_stalled_peer_times_out)
{
    struct world world;
    world_init(&world, NULL);
    struct net_listen_options listen = {
        .transport = NET_TLS, .tls = {.credential = world.one}, .handshake_timeout_ms = 150};
    world_listen(&world, 4, &listen);
    world_connect(&world, &(struct net_connect_options){.transport = NET_TCP});
    world_run_until_server(&world, "timeout");
    cr_assert_str_eq(world.server.log, "connected timeout");
    cr_assert_not(net_connection_is_ready(world.server.connection));
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "fin");
    world_fini(&world);
}

static void say_hello(struct side *side, const char *word)
{
    static const char half_a_record[] = "\x16\x03\x01\x02\x00\x01";
    if (strcmp(word, "ready") == 0)
        net_connection_write(side->connection, half_a_record, 6);
}

Test(limits, a_peer_that_stalls_inside_the_handshake_times_out)
{
    struct world world;
    world_init(&world, NULL);
    struct net_listen_options listen = {
        .transport = NET_TLS, .tls = {.credential = world.one}, .handshake_timeout_ms = 150};
    world_listen(&world, 4, &listen);
    world.client.react = say_hello;
    world_connect(&world, &(struct net_connect_options){.transport = NET_TCP});
    world_run_until_server(&world, "timeout");
    world_fini(&world);
}

Test(limits, a_server_that_stalls_times_out)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 6, &(struct net_listen_options){.transport = NET_TCP});
    world_connect(&world, &(struct net_connect_options){.transport = NET_TLS, .handshake_timeout_ms = 150});
    world_run_until_client(&world, "timeout");
    cr_assert_str_eq(world.client.log, "connected timeout");
    world_fini(&world);
}

Test(limits, a_silent_client_is_a_timeout_of_the_server)
{
    struct world world;
    world_init(&world, NULL);
    struct net_listen_options listen = {
        .transport = NET_TLS, .tls = {.credential = world.one}, .handshake_timeout_ms = 150};
    world_listen(&world, 4, &listen);
    world_connect(&world, &(struct net_connect_options){.transport = NET_TLS});
    world_run_until_client(&world, "connected");
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    world_run_until_server(&world, "timeout");
    cr_assert_not(side_has(&world.client, "ready"));
    world_fini(&world);
}

static const char half_a_record[] = "\x16\x03\x01\x02\x00\x01";

static void write_half_hellos(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++)
        cr_assert_eq(net_connection_write(crowd->connections[i], half_a_record, 6), 0);
}

/* 1,500 handshakes that never end, a few of them served at once: an honest client of another listener gets
 * through nonetheless, although no slot ever frees. */
Test(limits, half_done_handshakes_keep_no_other_listener_waiting)
{
    static struct hall hall;
    const struct net_options options = {.max_handshakes = 100};
    enum { STALLED = 1500, HONEST = 20 };
    world_init(&hall.world, &options);
    struct net_listener *flooded = hall_listen(&hall, NET_TLS, 60000);
    struct net_listener *other = hall_listen(&hall, NET_TLS, 60000);
    crowd_connect(&hall.clients, &hall.world, flooded, NET_TCP, STALLED);
    write_half_hellos(&hall.clients);
    world_run_until(&hall.world, has_client_connected, &hall.clients);
    run_until_count(&hall.world, &hall.world.accepted, STALLED);
    struct crowd honest = {0};
    crowd_connect(&honest, &hall.world, other, NET_TLS, HONEST);
    run_until_count(&hall.world, &honest.ready, HONEST);
    cr_assert_eq(hall.servers.timeout, 0);
    cr_assert_gt(hall.world.net->held, STALLED - 100);
    cr_assert_leq(hall.world.net->handshakes, 100);
    free(hall.clients.connections);
    free(honest.connections);
    world_fini(&hall.world);
}

/* Several floods together leave the last slots to whoever has few. */
Test(limits, two_flooded_listeners_leave_a_third_its_slots)
{
    static struct hall hall;
    const struct net_options options = {.max_handshakes = 80};
    enum { STALLED = 200, HONEST = 10 };
    world_init(&hall.world, &options);
    struct net_listener *first = hall_listen(&hall, NET_TLS, 60000);
    struct net_listener *second = hall_listen(&hall, NET_TLS, 60000);
    struct net_listener *third = hall_listen(&hall, NET_TLS, 60000);
    struct crowd others = {0}, honest = {0};
    crowd_connect(&hall.clients, &hall.world, first, NET_TCP, STALLED);
    crowd_connect(&others, &hall.world, second, NET_TCP, STALLED);
    write_half_hellos(&hall.clients);
    write_half_hellos(&others);
    run_until_count(&hall.world, &hall.world.accepted, 2 * STALLED);
    crowd_connect(&honest, &hall.world, third, NET_TLS, HONEST);
    run_until_count(&hall.world, &honest.ready, HONEST);
    cr_assert_eq(hall.servers.timeout, 0);
    cr_assert_leq(hall.world.net->handshakes, 80);
    free(hall.clients.connections);
    free(others.connections);
    free(honest.connections);
    world_fini(&hall.world);
}

/* Likewise the last connections. */
Test(limits, a_flooded_listener_leaves_another_its_connections)
{
    static struct hall hall;
    const struct net_options options = {.max_connections = 160};
    enum { FLOOD = 300, SHARE = 140, HONEST = 5 };
    world_init(&hall.world, &options);
    struct net_listener *flooded = hall_listen(&hall, NET_TCP, 0);
    struct net_listener *other = hall_listen(&hall, NET_TCP, 0);
    struct crowd honest = {0};
    crowd_connect(&hall.clients, &hall.world, flooded, NET_TCP, FLOOD);
    run_until_count(&hall.world, &hall.world.accepted, SHARE);
    crowd_connect(&honest, &hall.world, other, NET_TCP, HONEST);
    run_until_count(&hall.world, &hall.world.accepted, SHARE + HONEST);
    cr_assert_eq(hall.world.net->accepted, SHARE + HONEST);
    free(hall.clients.connections);
    free(honest.connections);
    world_fini(&hall.world);
}

/* Of the same listener it waits until the time of the others is up. */
Test(limits, half_done_handshakes_make_room_in_the_end)
{
    static struct hall hall;
    const struct net_options options = {.max_handshakes = 100};
    enum { STALLED = 300 };
    world_init(&hall.world, &options);
    struct net_listener *flooded = hall_listen(&hall, NET_TLS, 150);
    crowd_connect(&hall.clients, &hall.world, flooded, NET_TCP, STALLED);
    write_half_hellos(&hall.clients);
    run_until_count(&hall.world, &hall.world.accepted, STALLED);
    struct crowd late = {0};
    crowd_connect(&late, &hall.world, flooded, NET_TLS, 1);
    run_until_count(&hall.world, &late.ready, 1);
    run_until_count(&hall.world, &hall.servers.timeout, STALLED);
    free(hall.clients.connections);
    free(late.connections);
    world_fini(&hall.world);
}

/* All handshakes end well although few may run at once. */
Test(limits, a_queue_for_slots_is_served)
{
    static struct hall hall;
    const struct net_options options = {.max_handshakes = 2};
    enum { CLIENTS = 60 };
    world_init(&hall.world, &options);
    struct net_listener *listener = hall_listen(&hall, NET_TLS, 10000);
    crowd_connect(&hall.clients, &hall.world, listener, NET_TLS, CLIENTS);
    run_until_count(&hall.world, &hall.clients.ready, CLIENTS);
    run_until_count(&hall.world, &hall.servers.ready, CLIENTS);
    cr_assert_eq(hall.servers.failed + hall.servers.timeout, 0);
    free(hall.clients.connections);
    world_fini(&hall.world);
}

/* Those that wait for a slot may be freed, closed, or lose their listener. */
Test(limits, the_queue_survives_those_who_leave)
{
    static struct hall hall;
    const struct net_options options = {.max_handshakes = 1};
    enum { CLIENTS = 30 };
    world_init(&hall.world, &options);
    struct net_listener *listener = hall_listen(&hall, NET_TLS, 300);
    crowd_connect(&hall.clients, &hall.world, listener, NET_TCP, CLIENTS);
    write_half_hellos(&hall.clients);
    run_until_count(&hall.world, &hall.world.accepted, CLIENTS);
    net_listener_free(listener);
    for (size_t i = 0; i < CLIENTS; i++)
        net_connection_close(hall.clients.connections[i], i % 2 ? NET_CLOSE_RST : NET_CLOSE_FIN);
    run_until_count(&hall.world, &hall.servers.fin, 1);
    free(hall.clients.connections);
    world_fini(&hall.world);
}

Test(limits, accepting_pauses_at_the_limit_and_goes_on)
{
    static struct hall hall;
    const struct net_options options = {.max_connections = 5};
    world_init(&hall.world, &options);
    struct net_listener *listener = hall_listen(&hall, NET_TCP, 0);
    crowd_connect(&hall.clients, &hall.world, listener, NET_TCP, 20);
    /* The kernel completes all of them; the sixth is not accepted. */
    world_run_until(&hall.world, has_client_connected, &hall.clients);
    run_until_count(&hall.world, &hall.world.accepted, 5);
    cr_assert_eq(hall.world.accepted, 5);
    hall.servers.closes = true;
    for (size_t i = 0; i < 20; i++)
        net_connection_close(hall.clients.connections[i], NET_CLOSE_RST);
    run_until_count(&hall.world, &hall.servers.closed, 20);
    cr_assert_eq(hall.world.accepted, 20);
    free(hall.clients.connections);
    world_fini(&hall.world);
}

static void mark(struct loop_timer *timer, void *arg)
{
    struct hall *hall = arg;
    (void)timer;
    hall->servers.closed = 1;
    world_look(&hall->world);
}

Test(limits, accepting_goes_on_when_descriptors_are_there_again)
{
    static struct hall hall;
    world_init(&hall.world, NULL);
    struct net_listener *listener = hall_listen(&hall, NET_TCP, 0);
    crowd_connect(&hall.clients, &hall.world, listener, NET_TCP, 5);
    struct rlimit limit, narrow;
    getrlimit(RLIMIT_NOFILE, &limit);
    int next = fcntl(0, F_DUPFD, 3);
    close(next);
    narrow = limit;
    narrow.rlim_cur = (rlim_t)next;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &narrow), 0);
    struct loop_timer *timer = loop_timer_new(hall.world.loop, mark, &hall);
    loop_timer_start(timer, 250); /* two tries to accept are made, and fail */
    run_until_count(&hall.world, &hall.servers.closed, 1);
    cr_assert_eq(hall.world.accepted, 0);
    setrlimit(RLIMIT_NOFILE, &limit);
    run_until_count(&hall.world, &hall.world.accepted, 5);
    loop_timer_free(timer);
    free(hall.clients.connections);
    world_fini(&hall.world);
}

/* A connection that has megabytes to read does not keep another one waiting for all of them. */
Test(limits, a_flood_leaves_the_others_their_turn)
{
    enum { FLOOD_BYTES = 4 * 1024 * 1024 };
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_TCP, NET_TLS_NONE);
    char *flood = calloc(1, FLOOD_BYTES);
    cr_assert_eq(net_connection_write(world.client.connection, flood, FLOOD_BYTES), 0);
    free(flood);

    static struct side small;
    side_init(&small, &world);
    struct net_connect_options options = {.transport = NET_TCP,
                                          .remote = *net_listener_address(world.listener)};
    small.connection = net_connect(world.net, &options, &side_events, &small);
    run_until_count(&world, &world.accepted, 2);
    cr_assert_lt(world.server.data_total, FLOOD_BYTES / 2, "%zu bytes came first", world.server.data_total);
    world_fini(&world);
}
