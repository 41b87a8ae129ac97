/* The server over TCP: pieces, scraps, ends, and limits. */
#include <stdlib.h>
#include <string.h>

#include "server_world.h"

struct client {
    struct world *world;
    struct net_connection *connection;
    struct loop_timer *step;
    uint8_t in[70000], out[1024];
    size_t in_size, out_size, out_sent, chunk;
    bool has_fin, stops_at_fin, ends_after_writing;
};

static void client_take_messages(struct client *client)
{
    for (;;) {
        if (client->in_size < 2)
            return;
        size_t size = 2 + ((size_t)client->in[0] << 8 | client->in[1]);
        if (client->in_size < size)
            return;
        world_take_answer(client->world, client->in + 2, size - 2);
        memmove(client->in, client->in + size, client->in_size - size);
        client->in_size -= size;
    }
}

static void on_client_data(struct net_connection *connection, const uint8_t *bytes, size_t size, void *arg)
{
    (void)connection;
    struct client *client = arg;
    cr_assert_leq(client->in_size + size, sizeof client->in);
    memcpy(client->in + client->in_size, bytes, size);
    client->in_size += size;
    client_take_messages(client);
}

/* One chunk an iteration, so that the server reads in pieces. */
static void on_client_step(struct loop_timer *timer, void *arg)
{
    struct client *client = arg;
    size_t left = client->out_size - client->out_sent;
    size_t size = client->chunk < left ? client->chunk : left;
    cr_assert_eq(net_connection_write(client->connection, client->out + client->out_sent, size), 0);
    client->out_sent += size;
    if (client->out_sent < client->out_size)
        loop_timer_start(timer, 0);
    else if (client->ends_after_writing)
        net_connection_close(client->connection, NET_CLOSE_GRACEFUL);
}

static void on_client_ready(struct net_connection *connection, void *arg)
{
    (void)connection;
    struct client *client = arg;
    if (client->out_size > 0)
        loop_timer_start(client->step, 0);
}

static void on_client_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct client *client = arg;
    client->has_fin = end->sign == NET_SIGN_FIN || end->sign == NET_SIGN_RST;
    net_connection_close(connection, NET_CLOSE_GRACEFUL);
    if (client->stops_at_fin)
        loop_stop(client->world->loop);
}

static void client_open(struct client *client, struct world *world)
{
    static const struct net_connection_events EVENTS = {
        .on_ready = on_client_ready, .on_data = on_client_data, .on_sign = on_client_sign};
    client->world = world;
    client->step = loop_timer_new(world->loop, on_client_step, client);
    if (client->chunk == 0)
        client->chunk = sizeof client->out;
    struct net_connect_options options = {.transport = NET_TCP,
                                          .remote = *dns_server_address(world->server, 0)};
    options.local = options.remote;
    options.local.port = 0;
    client->connection = net_connect(world->net, &options, &EVENTS, client);
    cr_assert_not_null(client->connection);
}

static void client_add_query(struct client *client, const char *name, uint16_t id)
{
    size_t size;
    uint8_t *query = fixture_query(name, "A", id, 0, &size);
    client->out[client->out_size++] = (uint8_t)(size >> 8);
    client->out[client->out_size++] = (uint8_t)size;
    memcpy(client->out + client->out_size, query, size);
    client->out_size += size;
    free(query);
}

static void client_close(struct client *client)
{
    net_connection_free(client->connection);
    loop_timer_free(client->step);
    client->connection = NULL;
    client->step = NULL;
}

static void assert_three_answers(size_t chunk)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    struct client *client = calloc(1, sizeof *client);
    client->chunk = chunk;
    client_add_query(client, "a.k.run.test.", 1);
    client_add_query(client, "b.k.run.test.", 2);
    client_add_query(client, "nothing.k.run.test.", 3);
    client_open(client, &world);
    world.wanted = 3;
    world_run(&world);
    cr_assert_eq(world.answer_count, 3);
    for (uint16_t i = 0; i < 3; i++)
        cr_expect_eq(ldns_pkt_id(world.answers[i]), i + 1);
    assert_answer(world.answers[1], "b.k.run.test. 60 IN A 192.0.2.2");
    cr_expect_eq(ldns_pkt_get_rcode(world.answers[2]), LDNS_RCODE_NXDOMAIN);
    cr_assert_eq(world.report_count, 3);
    cr_expect(world.reports[0].is_tcp);
    cr_expect(net_address_equal(&world.reports[0].from, net_connection_local(client->connection)));
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, several_queries_on_one_connection)
{
    assert_three_answers(0);
}

Test(server_tcp, split_at_any_byte)
{
    assert_three_answers(1);
    assert_three_answers(3);
}

Test(server_tcp, too_large_for_udp_is_whole_over_tcp)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    for (int i = 0; i < 100; i++) {
        char line[64];
        snprintf(line, sizeof line, "big A 10.0.0.%d", i);
        cr_assert(dns_zone_add(world.zone, line, NULL, 0));
    }
    const ldns_pkt *answer = world_ask_udp(&world, "big.k.run.test.", "A", NULL);
    cr_expect(ldns_pkt_tc(answer));
    cr_expect_eq(ldns_pkt_ancount(answer), 0);
    cr_expect(world.reports[0].is_truncated);
    world_forget_answers(&world);
    struct client *client = calloc(1, sizeof *client);
    client_add_query(client, "big.k.run.test.", 1);
    client_open(client, &world);
    world_run(&world);
    cr_expect_not(ldns_pkt_tc(world.answers[0]));
    cr_expect_eq(ldns_pkt_ancount(world.answers[0]), 100);
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, scraps_do_not_end_a_connection)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    struct client *client = calloc(1, sizeof *client);
    /* An empty message, one shorter than a header, one of garbage (FORMERR), then a good one. */
    static const uint8_t SCRAPS[] = {0, 0, 0, 3, 1, 2, 3, 0, 13, 9, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63};
    memcpy(client->out, SCRAPS, sizeof SCRAPS);
    client->out_size = sizeof SCRAPS;
    client_add_query(client, "a.k.run.test.", 5);
    client_open(client, &world);
    world.wanted = 2;
    world_run(&world);
    cr_expect_eq(ldns_pkt_id(world.answers[0]), 0x0909);
    cr_expect_eq(ldns_pkt_get_rcode(world.answers[0]), LDNS_RCODE_FORMERR);
    cr_expect_eq(ldns_pkt_id(world.answers[1]), 5);
    cr_expect_eq(world.report_count, 2);
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, a_client_that_half_closes_is_answered)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    struct client *client = calloc(1, sizeof *client);
    client->ends_after_writing = true;
    client_add_query(client, "a.k.run.test.", 1);
    client_open(client, &world);
    world.wanted = 1;
    world_run(&world);
    assert_answer(world.answers[0], "a.k.run.test. 60 IN A 192.0.2.1");
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, idle_connections_are_closed)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    world.server->tcp_idle_ms = 20;
    struct client *client = calloc(1, sizeof *client);
    client->stops_at_fin = true;
    client_open(client, &world);
    world_run(&world);
    cr_expect(client->has_fin);
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, half_a_query_does_not_keep_a_connection)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    world.server->tcp_idle_ms = 20;
    struct client *client = calloc(1, sizeof *client);
    client->stops_at_fin = true;
    client->out[1] = 40;
    client->out_size = 10;
    client_open(client, &world);
    world_run(&world);
    cr_expect(client->has_fin);
    cr_expect_eq(world.report_count, 0);
    client_close(client);
    free(client);
    world_fini(&world);
}

Test(server_tcp, connections_beyond_the_limit_are_closed_and_the_others_served)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    struct client *clients = calloc(DNS_TCP_CONNECTIONS_MAX + 1, sizeof *clients);
    /* Connections are accepted in the order in which they were opened: when the last one is answered, all
     * are. */
    for (size_t i = 0; i < DNS_TCP_CONNECTIONS_MAX; i++) {
        if (i == DNS_TCP_CONNECTIONS_MAX - 1)
            client_add_query(&clients[i], "a.k.run.test.", 1);
        client_open(&clients[i], &world);
    }
    world.wanted = 1;
    world_run(&world);
    cr_assert_eq(world.server->connection_count, DNS_TCP_CONNECTIONS_MAX);
    world_forget_answers(&world);
    struct client *refused = &clients[DNS_TCP_CONNECTIONS_MAX];
    refused->stops_at_fin = true;
    client_open(refused, &world);
    world_run(&world);
    cr_expect(refused->has_fin);
    cr_expect_eq(world.server->connection_count, DNS_TCP_CONNECTIONS_MAX);
    client_add_query(&clients[0], "b.k.run.test.", 2);
    world.wanted = 1;
    loop_timer_start(clients[0].step, 0);
    world_run(&world);
    assert_answer(world.answers[0], "b.k.run.test. 60 IN A 192.0.2.2");
    for (size_t i = 0; i <= DNS_TCP_CONNECTIONS_MAX; i++)
        client_close(&clients[i]);
    free(clients);
    world_fini(&world);
}

Test(server_tcp, freed_with_connections_open)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    struct client *client = calloc(1, sizeof *client);
    client->chunk = 5;
    client_add_query(client, "a.k.run.test.", 1);
    client_open(client, &world);
    world.wanted = 1;
    world_run(&world);
    dns_server_free(world.server);
    world.server = NULL;
    client_close(client);
    free(client);
    world_fini(&world);
}
