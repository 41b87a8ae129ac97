/* What TLS shows: names, certificates, refusals, versions, resumption. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct version {
    enum net_tls_version value;
};

static struct criterion_test_params all_versions(void)
{
    static struct version versions[] = {{NET_TLS_1_2}, {NET_TLS_1_3}};
    return cr_make_param_array(struct version, versions, 2);
}

#define BOTH_VERSIONS(name)                                                                                  \
    ParameterizedTestParameters(tls, name)                                                                   \
    {                                                                                                        \
        return all_versions();                                                                               \
    }                                                                                                        \
    ParameterizedTest(struct version *version, tls, name)

struct ends {
    struct net_listen_options listen;
    struct net_connect_options connect;
};

static struct ends ends_of(struct world *world, enum net_tls_version version)
{
    world_init(world, NULL);
    struct net_tls_options tls = {.min_version = version, .max_version = version};
    struct ends ends = {.listen = {.transport = NET_TLS, .tls = tls},
                        .connect = {.transport = NET_TLS, .tls = tls}};
    ends.listen.tls.credential = world->one;
    return ends;
}

static void common_name_of(const struct net_tls_facts *facts, char *out, size_t size)
{
    gnutls_x509_crt_t certificate;
    out[0] = '\0';
    if (facts->peer_certificate_count == 0)
        return;
    gnutls_datum_t der = {.data = (unsigned char *)(uintptr_t)facts->peer_certificates[0],
                          .size = (unsigned)facts->peer_certificate_sizes[0]};
    gnutls_x509_crt_init(&certificate);
    cr_assert_eq(gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER), 0);
    gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, out, &size);
    gnutls_x509_crt_deinit(certificate);
}

BOTH_VERSIONS(facts_of_both_sides)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
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
    common_name_of(client, name, sizeof name);
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
    struct ends ends = ends_of(&world, name->version);
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

BOTH_VERSIONS(no_server_name)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    world_open_with(&world, 6, &ends.listen, &ends.connect);
    cr_assert_not(net_connection_tls(world.server.connection)->has_server_name);
    cr_assert_null(net_connection_tls(world.server.connection)->server_name);
    cr_assert_str_eq(world.chosen_by, "(none)");
    world_fini(&world);
}

Test(tls, a_name_that_cannot_be_sent_as_it_is_is_refused)
{
    struct world world;
    struct ends ends = ends_of(&world, NET_TLS_1_3);
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

BOTH_VERSIONS(credential_by_server_name)
{
    static const char *const names[] = {"two", "one", "other", NULL};
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        struct ends ends = ends_of(&world, version->value);
        char shown[64];
        world.choose = two_for_two;
        ends.connect.tls.server_name = names[i];
        world_open_with(&world, 4, &ends.listen, &ends.connect);
        common_name_of(net_connection_tls(world.client.connection), shown, sizeof shown);
        cr_assert_str_eq(shown, i == 0 ? "two" : "one");
        world_fini(&world);
    }
}

BOTH_VERSIONS(client_refuses_the_server)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    world.client.refuses = true;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until_client(&world, "handshake_failed:bad_certificate");
    world_run_until_server(&world, "alert:bad_certificate");
    cr_assert_str_eq(world.client.log, "connected verify handshake_failed:bad_certificate");
    cr_assert_str_eq(world.server.log, "connected alert:bad_certificate");
    cr_assert_eq(world.server.end.alert, 42);
    cr_assert_eq(net_connection_tls(world.client.connection)->peer_certificate_count, 1);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    world_run_until_server(&world, "closed");
    world_fini(&world);
}

static void close_when_refused(struct side *side, const char *word)
{
    if (strncmp(word, "handshake_failed", 16) == 0)
        net_connection_close(side->connection, NET_CLOSE_GRACEFUL);
}

/* In TLS 1.3 the client is done before the server looks at its certificate: the refusal comes later, and must
 * not be lost even though the client writes into the closed connection. */
BOTH_VERSIONS(server_refuses_the_client)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    ends.listen.tls.request_certificate = true;
    ends.connect.tls.credential = world.two;
    world.server.refuses = true;
    world.server.react = close_when_refused;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    net_connection_write(world.client.connection, "eager", 5);
    world_run_until_client(&world, "alert:bad_certificate");
    bool is_ready_first = version->value == NET_TLS_1_3;
    cr_assert_str_eq(world.client.log, is_ready_first ? "connected verify ready alert:bad_certificate"
                                                      : "connected verify alert:bad_certificate");
    cr_assert(strstr(world.server.log, "connected verify handshake_failed:bad_certificate") ==
              world.server.log);
    cr_assert_eq(world.server.verified_certificates, 1);
    cr_assert_str_empty(world.server.data);
    cr_assert(net_connection_tls(world.client.connection)->was_certificate_requested);
    world_fini(&world);
}

BOTH_VERSIONS(client_certificate_shown)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    char shown[64];
    ends.listen.tls.request_certificate = true;
    ends.connect.tls.credential = world.two;
    world_open_with(&world, 6, &ends.listen, &ends.connect);
    const struct net_tls_facts *server = net_connection_tls(world.server.connection);
    cr_assert(server->was_certificate_requested);
    cr_assert(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(server->peer_certificate_count, 1);
    common_name_of(server, shown, sizeof shown);
    cr_assert_str_eq(shown, "two");
    cr_assert_str_eq(world.server.log, "connected verify ready");
    world_fini(&world);
}

BOTH_VERSIONS(client_certificate_absent)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    ends.listen.tls.request_certificate = true;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    cr_assert(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(net_connection_tls(world.server.connection)->peer_certificate_count, 0);
    cr_assert(world.server.has_verified);
    cr_assert_eq(world.server.verified_certificates, 0);
    world_fini(&world);
}

/* A server that refuses the absence of a certificate. */
BOTH_VERSIONS(client_certificate_absent_and_refused)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    ends.listen.tls.request_certificate = true;
    world.server.refuses = true;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until_client(&world, "alert:bad_certificate");
    world_fini(&world);
}

BOTH_VERSIONS(client_certificate_unasked_is_not_shown)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    ends.connect.tls.credential = world.two;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    cr_assert_not(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(net_connection_tls(world.server.connection)->peer_certificate_count, 0);
    world_fini(&world);
}

/* Whatever certificate a side is told to show, it shows: wrong key usage, and not of a CA that was named. */
BOTH_VERSIONS(odd_certificates_are_shown)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
    char *certificate, *key, *ca, *ca_key, shown[64];
    const char *error = NULL;
    world_make_certificate("odd", GNUTLS_KEY_KEY_CERT_SIGN, &certificate, &key);
    world_make_certificate("named ca", GNUTLS_KEY_KEY_CERT_SIGN, &ca, &ca_key);
    struct net_credential *odd = net_credential_new(certificate, key, &error);
    cr_assert_not_null(odd, "%s", error);
    ends.listen.tls.request_certificate = true;
    ends.listen.tls.ca_names_pem = ca;
    ends.listen.tls.credential = odd;
    ends.connect.tls.credential = odd;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    common_name_of(net_connection_tls(world.server.connection), shown, sizeof shown);
    cr_assert_str_eq(shown, "odd");
    common_name_of(net_connection_tls(world.client.connection), shown, sizeof shown);
    cr_assert_str_eq(shown, "odd");
    world_fini(&world);
    net_credential_unref(odd);
    free(certificate);
    free(key);
    free(ca);
    free(ca_key);
}

Test(tls, a_server_without_credential_fails_the_handshake)
{
    struct world world;
    struct ends ends = ends_of(&world, NET_TLS_1_3);
    ends.listen.tls.credential = NULL;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until_client(&world, "alert:handshake_failure");
    cr_assert_eq(world.server.end.sign, NET_SIGN_HANDSHAKE_FAILED);
    world_fini(&world);
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
    struct ends ends = ends_of(&world, NET_TLS_NONE);
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
    struct ends ends = ends_of(&world, NET_TLS_NONE);
    ends.listen.tls.min_version = NET_TLS_1_3;
    ends.listen.tls.max_version = NET_TLS_1_2;
    cr_assert(net_address_parse("127.0.0.1", 0, &ends.listen.local));
    cr_assert_null(net_listen(world.net, &ends.listen));
    world_fini(&world);
}

BOTH_VERSIONS(key_log)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
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
BOTH_VERSIONS(written_early)
{
    struct world world;
    struct ends ends = ends_of(&world, version->value);
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
    struct ends ends = ends_of(&world, NET_TLS_NONE);
    world_listen(&world, 4, &ends.listen);
    ends.connect.transport = NET_TCP;
    world_connect(&world, &ends.connect);
    net_connection_write(world.client.connection, "OPTIONS sip:one.test SIP/2.0\r\n\r\n", 32);
    world_run_until(&world, has_server_failed, NULL);
    world_run_until_client(&world, "data"); /* the alert */
    world_fini(&world);
}
