/* What TLS shows: names and versions, keys, what is written early. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tls_world.h"

BOTH_VERSIONS(tls, facts_of_both_sides)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    char name[64];
    ends.connect.tls.server_name = "proxy.one.test";
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    const struct net_tls_facts *client = net_connection_tls(world.client.connection);
    const struct net_tls_facts *server = net_connection_tls(world.server.connection);
    cr_assert_eq(client->version, version->value);
    cr_assert_eq(server->version, version->value);
    cr_assert_str_eq(client->cipher_suite, server->cipher_suite);
    cr_assert_str_eq(client->server_name, "proxy.one.test");
    cr_assert_str_eq(server->server_name, "proxy.one.test");
    cr_assert(client->has_server_name && server->has_server_name);
    cr_assert_not(client->was_certificate_requested);
    cr_assert_not(server->was_certificate_requested);
    cr_assert_not(client->is_resumed);
    cr_assert_eq(client->peer_certificate_count, 1);
    cr_assert_eq(server->peer_certificate_count, 0);
    tls_world_peer_name(client, name, sizeof name);
    cr_assert_str_eq(name, "one");
    cr_assert_str_eq(world.client.log, "connected verify ready");
    cr_assert_str_eq(world.server.log,
                     "connected ready"); /* it asked for nothing, so nothing was to verify */
    world_fini(&world);
}

struct name_case {
    enum net_tls_version version;
    char sent[260];
    char seen[1100]; /* "": as sent */
};

static struct criterion_test_params server_names(void)
{
    static const char *const names[][2] = {
        {"one.test", ""},   {"_sips._tcp.one.test", ""},
        {"192.0.2.7", ""},  {"2001:db8::1", ""},
        {"[::1]", ""},      {"UPPER.Test", ""},
        {"dot.", ""},       {"a@b", ""},
        {"a b", "a\\x20b"}, {"back\\slash", "back\\x5Cslash"},
    };
    enum { COUNT = sizeof names / sizeof names[0] };
    static struct name_case cases[2 * COUNT + 2];
    for (size_t i = 0; i < 2 * COUNT + 2; i++) {
        cases[i].version = i % 2 ? NET_TLS_1_3 : NET_TLS_1_2;
        if (i / 2 < COUNT) {
            snprintf(cases[i].sent, sizeof cases[i].sent, "%s", names[i / 2][0]);
            snprintf(cases[i].seen, sizeof cases[i].seen, "%s", names[i / 2][1]);
        } else {
            memset(cases[i].sent, 'l', 255);
        }
    }
    return cr_make_param_array(struct name_case, cases, 2 * COUNT + 2);
}

ParameterizedTestParameters(tls, server_name_is_sent_and_read_as_it_is)
{
    return server_names();
}
ParameterizedTest(struct name_case *name, tls, server_name_is_sent_and_read_as_it_is)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, name->version);
    const char *seen = name->seen[0] ? name->seen : name->sent;
    ends.connect.tls.server_name = name->sent;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    cr_assert_str_eq(net_connection_tls(world.server.connection)->server_name, seen);
    cr_assert_str_eq(net_connection_tls(world.client.connection)->server_name, name->sent);
    cr_assert_str_eq(world.chosen_by, seen);
    net_connection_write(world.client.connection, "x", 1);
    world_run_until_server(&world, "data");
    world_fini(&world);
}

BOTH_VERSIONS(tls, no_server_name)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    world_open_with(&world, 6, &ends.listen, &ends.connect);
    cr_assert_not(net_connection_tls(world.server.connection)->has_server_name);
    cr_assert_null(net_connection_tls(world.server.connection)->server_name);
    cr_assert_str_eq(world.chosen_by, "(none)");
    world_fini(&world);
}

Test(tls, a_name_that_cannot_be_sent_as_it_is_is_refused)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, NET_TLS_1_3);
    static char too_long[300];
    memset(too_long, 'a', 256);
    const char *const names[] = {too_long,
                                 "b\xc3\xbc"
                                 "cher.test",
                                 "a\xff", "a\001"};
    world_listen(&world, 4, &ends.listen);
    ends.connect.remote = *net_listener_address(world.listener);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ends.connect.tls.server_name = names[i];
        errno = 0;
        cr_assert_null(net_connect(world.net, &ends.connect, &side_events, &world.client));
        cr_assert_eq(errno, EINVAL);
    }
    world_fini(&world);
}

static struct net_credential *two_for_two(struct world *world, const char *server_name)
{
    return server_name && strcmp(server_name, "two") == 0 ? world->two : NULL;
}

BOTH_VERSIONS(tls, credential_by_server_name)
{
    static const char *const names[] = {"two", "one", "other", NULL};
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        struct tls_ends ends = tls_world_init(&world, version->value);
        char shown[64];
        world.choose = two_for_two;
        ends.connect.tls.server_name = names[i];
        world_open_with(&world, 4, &ends.listen, &ends.connect);
        tls_world_peer_name(net_connection_tls(world.client.connection), shown, sizeof shown);
        cr_assert_str_eq(shown, i == 0 ? "two" : "one");
        world_fini(&world);
    }
}

struct offer {
    enum net_tls_version server_low, server_high, client_low, client_high,
        agreed; /* agreed NONE: no common one */
};

static struct criterion_test_params offers(void)
{
    static struct offer all[] = {
        {NET_TLS_NONE, NET_TLS_NONE, NET_TLS_NONE, NET_TLS_NONE, NET_TLS_1_3},
        {NET_TLS_1_0, NET_TLS_1_3, NET_TLS_1_0, NET_TLS_1_0, NET_TLS_1_0},
        {NET_TLS_1_0, NET_TLS_1_3, NET_TLS_1_1, NET_TLS_1_1, NET_TLS_1_1},
        {NET_TLS_NONE, NET_TLS_1_2, NET_TLS_NONE, NET_TLS_NONE, NET_TLS_1_2},
        {NET_TLS_1_3, NET_TLS_NONE, NET_TLS_NONE, NET_TLS_NONE, NET_TLS_1_3},
        {NET_TLS_NONE, NET_TLS_NONE, NET_TLS_1_1, NET_TLS_1_1, NET_TLS_NONE},
        {NET_TLS_1_2, NET_TLS_1_2, NET_TLS_1_3, NET_TLS_1_3, NET_TLS_NONE},
    };
    return cr_make_param_array(struct offer, all, sizeof all / sizeof all[0]);
}

static bool is_client_settled(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->client, "ready") || world->client.end.sign != NET_SIGN_NONE;
}

ParameterizedTestParameters(tls, versions_agreed)
{
    return offers();
}
ParameterizedTest(struct offer *offer, tls, versions_agreed)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, NET_TLS_NONE);
    ends.listen.tls.min_version = offer->server_low;
    ends.listen.tls.max_version = offer->server_high;
    ends.connect.tls.min_version = offer->client_low;
    ends.connect.tls.max_version = offer->client_high;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until(&world, is_client_settled, NULL);
    if (offer->agreed == NET_TLS_NONE) {
        cr_assert_eq(world.client.end.sign, NET_SIGN_ALERT);
        /* A server of 1.2 alone does not look at supported_versions: it finds no common cipher suite. */
        bool is_beyond_server = offer->client_low == NET_TLS_1_3;
        cr_assert_str_eq(world.client.end.alert_name,
                         is_beyond_server ? "handshake_failure" : "protocol_version");
        cr_assert_eq(world.server.end.sign, NET_SIGN_HANDSHAKE_FAILED);
    } else {
        cr_assert(side_has(&world.client, "ready"), "%d to %d: %s", offer->client_low, offer->client_high,
                  world.client.log);
        cr_assert_eq(net_connection_tls(world.client.connection)->version, offer->agreed);
    }
    world_fini(&world);
}

Test(tls, versions_upside_down_are_refused)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, NET_TLS_NONE);
    ends.listen.tls.min_version = NET_TLS_1_3;
    ends.listen.tls.max_version = NET_TLS_1_2;
    cr_assert(net_address_parse("127.0.0.1", 0, &ends.listen.local));
    cr_assert_null(net_listen(world.net, &ends.listen));
    world_fini(&world);
}

BOTH_VERSIONS(tls, key_log)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    if (version->value == NET_TLS_1_3) {
        cr_assert_not_null(strstr(world.keylog, "CLIENT_TRAFFIC_SECRET_0 "));
        cr_assert_not_null(strstr(world.keylog, "SERVER_TRAFFIC_SECRET_0 "));
        cr_assert_not_null(strstr(world.keylog, "CLIENT_HANDSHAKE_TRAFFIC_SECRET "));
    } else {
        const char *line = strstr(world.keylog, "CLIENT_RANDOM ");
        cr_assert_eq(line, world.keylog);
        cr_assert_eq(strcspn(line, "\n"), strlen("CLIENT_RANDOM ") + 64 + 1 + 96);
    }
    world_fini(&world);
}

/* What is written before the connection is ready goes out first. */
BOTH_VERSIONS(tls, written_early)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    cr_assert_eq(net_connection_write(world.client.connection, "first ", 6), 0);
    cr_assert_eq(net_connection_write(world.client.connection, "second", 6), 0);
    world_run_until_server(&world, "data");
    cr_assert_str_eq(world.server.data, "first second");
    world_fini(&world);
}

static bool has_server_failed(struct world *world, void *arg)
{
    (void)arg;
    return world->server.end.sign == NET_SIGN_HANDSHAKE_FAILED;
}

Test(tls, nonsense_instead_of_a_handshake)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, NET_TLS_NONE);
    world_listen(&world, 4, &ends.listen);
    ends.connect.transport = NET_TCP;
    world_connect(&world, &ends.connect);
    net_connection_write(world.client.connection, "OPTIONS sip:one.test SIP/2.0\r\n\r\n", 32);
    world_run_until(&world, has_server_failed, NULL);
    world_run_until_client(&world, "data"); /* the alert */
    world_fini(&world);
}
