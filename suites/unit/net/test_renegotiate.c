/* A peer that asks for another handshake on a TLS 1.2 connection is refused, and the connection goes on (RFC
 * 5246 §7.2.2). The peer is a GnuTLS client in a thread: ours asks for none. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

struct peer {
    struct net_address to;
    int shaken; /* what the first handshake came to */
    int asked;  /* the one after it */
    gnutls_alert_description_t alert;
    ssize_t answer_bytes;
    int ended;
};

static int open_socket(const struct peer *peer)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(peer->to.port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void talk(struct peer *peer, gnutls_session_t session)
{
    char byte;
    peer->asked = gnutls_handshake(session);
    peer->alert = gnutls_alert_get(session);
    gnutls_record_send(session, "x", 1);
    peer->answer_bytes = gnutls_record_recv(session, &byte, 1);
    peer->ended = gnutls_bye(session, GNUTLS_SHUT_RDWR);
}

static void *ask_again(void *arg)
{
    struct peer *peer = arg;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    int fd = open_socket(peer);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, fd);
    peer->shaken = gnutls_handshake(session);
    if (peer->shaken == 0)
        talk(peer, session);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    close(fd);
    return NULL;
}

Test(renegotiate, is_refused_with_a_warning_and_the_connection_goes_on)
{
    struct world world;
    struct peer peer = {0};
    pthread_t thread;
    world_init(&world, NULL);
    struct net_listen_options options = {
        .transport = NET_TLS,
        .tls = {.credential = world.one, .min_version = NET_TLS_1_2, .max_version = NET_TLS_1_2}};
    world_listen(&world, 4, &options);
    peer.to = *net_listener_address(world.listener);
    cr_assert_eq(pthread_create(&thread, NULL, ask_again, &peer), 0);
    world_run_until_server(&world, "data");
    net_connection_write(world.server.connection, "y", 1);
    world_run_until_server(&world, "close_notify");
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "closed");
    pthread_join(thread, NULL);
    cr_expect_eq(peer.shaken, 0, "%s", gnutls_strerror(peer.shaken));
    cr_expect_eq(peer.asked, GNUTLS_E_WARNING_ALERT_RECEIVED, "%s", gnutls_strerror(peer.asked));
    cr_expect_eq(peer.alert, GNUTLS_A_NO_RENEGOTIATION);
    cr_expect_eq(peer.answer_bytes, 1);
    cr_expect_eq(peer.ended, 0, "%s", gnutls_strerror(peer.ended));
    cr_expect_eq(world.server.data_total, 1);
    cr_expect_not(side_has(&world.server, "failed"), "%s", world.server.log);
    world_fini(&world);
}
