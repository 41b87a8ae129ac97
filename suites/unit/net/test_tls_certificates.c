/* Certificates that are shown, asked for, absent and refused. */
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "tls_world.h"

BOTH_VERSIONS(tls_certificates, client_refuses_the_server)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
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
BOTH_VERSIONS(tls_certificates, server_refuses_the_client)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
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

BOTH_VERSIONS(tls_certificates, client_certificate_shown)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    char shown[64];
    ends.listen.tls.request_certificate = true;
    ends.connect.tls.credential = world.two;
    world_open_with(&world, 6, &ends.listen, &ends.connect);
    const struct net_tls_facts *server = net_connection_tls(world.server.connection);
    cr_assert(server->was_certificate_requested);
    cr_assert(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(server->peer_certificate_count, 1);
    tls_world_peer_name(server, shown, sizeof shown);
    cr_assert_str_eq(shown, "two");
    cr_assert_str_eq(world.server.log, "connected verify ready");
    world_fini(&world);
}

BOTH_VERSIONS(tls_certificates, client_certificate_absent)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    ends.listen.tls.request_certificate = true;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    cr_assert(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(net_connection_tls(world.server.connection)->peer_certificate_count, 0);
    cr_assert(world.server.has_verified);
    cr_assert_eq(world.server.verified_certificates, 0);
    world_fini(&world);
}

/* A server that refuses the absence of a certificate. */
BOTH_VERSIONS(tls_certificates, client_certificate_absent_and_refused)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    ends.listen.tls.request_certificate = true;
    world.server.refuses = true;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until_client(&world, "alert:bad_certificate");
    world_fini(&world);
}

BOTH_VERSIONS(tls_certificates, client_certificate_unasked_is_not_shown)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
    ends.connect.tls.credential = world.two;
    world_open_with(&world, 4, &ends.listen, &ends.connect);
    cr_assert_not(net_connection_tls(world.client.connection)->was_certificate_requested);
    cr_assert_eq(net_connection_tls(world.server.connection)->peer_certificate_count, 0);
    world_fini(&world);
}

/* Whatever certificate a side is told to show, it shows: wrong key usage, and not of a CA that was named. */
BOTH_VERSIONS(tls_certificates, odd_certificates_are_shown)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, version->value);
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
    tls_world_peer_name(net_connection_tls(world.server.connection), shown, sizeof shown);
    cr_assert_str_eq(shown, "odd");
    tls_world_peer_name(net_connection_tls(world.client.connection), shown, sizeof shown);
    cr_assert_str_eq(shown, "odd");
    world_fini(&world);
    net_credential_unref(odd);
    free(certificate);
    free(key);
    free(ca);
    free(ca_key);
}

Test(tls_certificates, a_server_without_credential_fails_the_handshake)
{
    struct world world;
    struct tls_ends ends = tls_world_init(&world, NET_TLS_1_3);
    ends.listen.tls.credential = NULL;
    world_listen(&world, 4, &ends.listen);
    world_connect(&world, &ends.connect);
    world_run_until_client(&world, "alert:handshake_failure");
    cr_assert_eq(world.server.end.sign, NET_SIGN_HANDSHAKE_FAILED);
    world_fini(&world);
}
