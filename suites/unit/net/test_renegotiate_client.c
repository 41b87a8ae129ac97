/* A client of ours renegotiates with a GnuTLS server of the test's own, which agrees, refuses, or goes on as
 * if nothing had been asked; data passes both ways afterwards. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

enum answer { AGREES, REFUSES, GOES_ON };

struct host {
    enum answer answer;
    int fd;
    gnutls_certificate_credentials_t credentials;
    uint8_t shown[2][2048]; /* the client's certificates, first and later */
    size_t shown_size[2];
    bool was_asked;
    ssize_t got_bytes; /* after that */
};

static void keep_certificate(struct host *host, gnutls_session_t session, size_t which)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (chain && chain->size <= sizeof host->shown[which]) {
        memcpy(host->shown[which], chain->data, chain->size);
        host->shown_size[which] = chain->size;
    }
}

/* A ClientHello that was not answered is called unexpected once. */
static ssize_t receive(gnutls_session_t session)
{
    char byte;
    ssize_t got = gnutls_record_recv(session, &byte, 1);
    return got == GNUTLS_E_UNEXPECTED_PACKET ? gnutls_record_recv(session, &byte, 1) : got;
}

static void *serve(void *arg)
{
    struct host *host = arg;
    gnutls_session_t session;
    char byte;
    int fd = accept(host->fd, NULL, NULL);
    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_ALLOW_ID_CHANGE | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, host->credentials);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_transport_set_int(session, fd);
    if (gnutls_handshake(session) == 0) {
        keep_certificate(host, session, 0);
        host->was_asked = gnutls_record_recv(session, &byte, 1) == GNUTLS_E_REHANDSHAKE;
        if (host->answer == REFUSES)
            gnutls_alert_send(session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
        else if (host->answer == AGREES && gnutls_handshake(session) == 0)
            keep_certificate(host, session, 1);
        gnutls_record_send(session, "!", 1);
        host->got_bytes = receive(session);
        gnutls_bye(session, GNUTLS_SHUT_WR);
    }
    gnutls_deinit(session);
    close(fd);
    return NULL;
}

static struct net_address listen_on_loopback(struct host *host)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in4;
    struct net_address address;
    host->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(host->fd, (struct sockaddr *)&in4, size), 0);
    cr_assert_eq(listen(host->fd, 1), 0);
    cr_assert_eq(getsockname(host->fd, (struct sockaddr *)&in4, &size), 0);
    cr_assert(net_address_parse("127.0.0.1", ntohs(in4.sin_port), &address));
    return address;
}

static void take_certificate(struct host *host)
{
    char *certificate, *key;
    world_make_certificate("host", GNUTLS_KEY_DIGITAL_SIGNATURE, &certificate, &key);
    const gnutls_datum_t chain = {(unsigned char *)certificate, (unsigned)strlen(certificate)};
    const gnutls_datum_t private = {(unsigned char *)key, (unsigned)strlen(key)};
    gnutls_certificate_allocate_credentials(&host->credentials);
    cr_assert_eq(
        gnutls_certificate_set_x509_key_mem(host->credentials, &chain, &private, GNUTLS_X509_FMT_PEM), 0);
    free(certificate);
    free(key);
}

static bool has_data(struct world *world, void *arg)
{
    (void)arg;
    return world->client.data_total == 1;
}

static struct criterion_test_params answers(void)
{
    static struct host all[] = {{.answer = AGREES}, {.answer = REFUSES}, {.answer = GOES_ON}};
    return cr_make_param_array(struct host, all, 3);
}

ParameterizedTestParameters(renegotiate, shows_another_certificate_or_stays_as_it_was)
{
    return answers();
}
ParameterizedTest(struct host *host, renegotiate, shows_another_certificate_or_stays_as_it_was)
{
    static const char *const words[] = {"renegotiated", "refused-renegotiation", "ignored-renegotiation"};
    static const enum net_renegotiation outcomes[] = {NET_RENEGOTIATION_DONE, NET_RENEGOTIATION_REFUSED,
                                                      NET_RENEGOTIATION_UNANSWERED};
    struct world world;
    pthread_t thread;
    world_init(&world, NULL);
    take_certificate(host);
    struct net_tls_options tls = {
        .credential = world.one, .min_version = NET_TLS_1_2, .max_version = NET_TLS_1_2};
    struct net_connect_options options = {
        .transport = NET_TLS, .remote = listen_on_loopback(host), .tls = tls};
    cr_assert(net_address_parse("127.0.0.1", 0, &options.local));
    cr_assert_eq(pthread_create(&thread, NULL, serve, host), 0);
    side_init(&world.client, &world);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    world_run_until_client(&world, "ready");
    cr_assert(net_connection_renegotiate(world.client.connection, world.two));
    cr_expect_not(net_connection_renegotiate(world.client.connection, world.two), "one is under way");
    world_run_until(&world, has_data, NULL);
    net_connection_write(world.client.connection, "?", 1);
    world_run_until_client(&world, "close_notify");
    pthread_join(thread, NULL);
    const struct net_tls_facts *facts = net_connection_tls(world.client.connection);
    bool agrees = host->answer == AGREES;
    size_t last = agrees ? 1 : 0;
    cr_expect(host->was_asked);
    cr_expect(side_has(&world.client, words[host->answer]), "%s", world.client.log);
    cr_expect_eq(facts->renegotiation, outcomes[host->answer]);
    cr_expect_eq(host->got_bytes, 1, "the connection goes on: %s", gnutls_strerror((int)host->got_bytes));
    cr_assert_eq(facts->own_certificate_size, host->shown_size[last]);
    cr_expect_eq(memcmp(facts->own_certificate, host->shown[last], host->shown_size[last]), 0);
    cr_expect(!agrees || host->shown_size[0] != host->shown_size[1] ||
              memcmp(host->shown[0], host->shown[1], host->shown_size[0]) != 0);
    gnutls_certificate_free_credentials(host->credentials);
    close(host->fd);
    world_fini(&world);
}
