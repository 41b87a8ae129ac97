/* Sessions are resumed where they may be: with a GnuTLS client of the test's own, and with ours. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

struct resumption {
    enum net_tls_version version;
    bool is_off;
};

struct visitor {
    uint16_t port;
    const char *priority;
    bool has_failed;
    bool is_resumed[2];
};

static bool visit(struct visitor *visitor, gnutls_certificate_credentials_t credentials,
                  gnutls_datum_t *ticket, size_t which)
{
    struct sockaddr_in in4 = {
        .sin_family = AF_INET, .sin_port = htons(visitor->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gnutls_session_t session;
    char byte;
    if (fd < 0 || connect(fd, (struct sockaddr *)&in4, sizeof in4) != 0)
        return false;
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(session, visitor->priority, NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, fd);
    if (ticket->data)
        gnutls_session_set_data(session, ticket->data, ticket->size);
    ssize_t got = GNUTLS_E_AGAIN;
    bool is_good = gnutls_handshake(session) == 0;
    while (is_good && got == GNUTLS_E_AGAIN) /* a ticket came */
        got = gnutls_record_recv(session, &byte, 1);
    is_good = got == 1;
    visitor->is_resumed[which] = gnutls_session_is_resumed(session) != 0;
    if (is_good && !ticket->data)
        is_good = gnutls_session_get_data2(session, ticket) == 0;
    gnutls_bye(session, GNUTLS_SHUT_WR);
    gnutls_deinit(session);
    close(fd);
    return is_good;
}

static void *visit_twice(void *arg)
{
    struct visitor *visitor = arg;
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t ticket = {0};
    gnutls_certificate_allocate_credentials(&credentials);
    visitor->has_failed =
        !visit(visitor, credentials, &ticket, 0) || !visit(visitor, credentials, &ticket, 1);
    gnutls_free(ticket.data);
    gnutls_certificate_free_credentials(credentials);
    return NULL;
}

static bool server_resumed[2];
static size_t server_count;

static void greet(struct side *side, const char *word)
{
    if (strcmp(word, "ready") == 0) {
        server_resumed[server_count % 2] = net_connection_tls(side->connection)->is_resumed;
        server_count++;
        net_connection_write(side->connection, "!", 1);
    } else if (strcmp(word, "close_notify") == 0) {
        net_connection_close(side->connection, NET_CLOSE_NOW);
    }
}

static bool were_two_closed(struct world *world, void *arg)
{
    (void)arg;
    const char *first = strstr(world->server.log, "closed");
    return first && strstr(first + 1, "closed");
}

static struct criterion_test_params ways(void)
{
    static struct resumption all[] = {
        {NET_TLS_1_2, false}, {NET_TLS_1_2, true}, {NET_TLS_1_3, false}, {NET_TLS_1_3, true}};
    return cr_make_param_array(struct resumption, all, 4);
}

ParameterizedTestParameters(resumption, only_where_it_is_allowed)
{
    return ways();
}
ParameterizedTest(struct resumption *resumption, resumption, only_where_it_is_allowed)
{
    struct world world;
    world_init(&world, NULL);
    struct net_tls_options tls = {.credential = world.one, .has_no_resumption = resumption->is_off};
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_TLS, .tls = tls});
    world.server.react = greet;
    struct visitor visitor = {.port = net_listener_address(world.listener)->port,
                              .priority = resumption->version == NET_TLS_1_3
                                              ? "NORMAL:-VERS-ALL:+VERS-TLS1.3"
                                              : "NORMAL:-VERS-ALL:+VERS-TLS1.2"};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, visit_twice, &visitor), 0);
    world_run_until(&world, were_two_closed, NULL);
    pthread_join(thread, NULL);
    cr_assert_not(visitor.has_failed);
    cr_assert_not(visitor.is_resumed[0]);
    cr_assert_eq(visitor.is_resumed[1], !resumption->is_off);
    cr_assert_not(server_resumed[0]);
    cr_assert_eq(server_resumed[1], !resumption->is_off);
    world_fini(&world);
}

/* ---- our own client */

static bool is_client_ready(struct world *world, void *arg)
{
    (void)arg;
    return net_connection_is_ready(world->client.connection);
}

static bool has_client_data(struct world *world, void *arg)
{
    (void)arg;
    return world->client.data_total > 0; /* and the tickets before it */
}

/* Offers the session once more; whether it was taken. The connection before it goes. */
static bool comes_back(struct world *world, struct net_tls_options tls, const char *server_name,
                       bool *has_early_data)
{
    struct net_connection *before = world->client.connection;
    tls.server_name = server_name;
    world_connect(world, &(struct net_connect_options){.transport = NET_TLS, .tls = tls});
    world_run_until(world, is_client_ready, NULL);
    const struct net_tls_facts *facts = net_connection_tls(world->client.connection);
    bool is_resumed = facts->is_resumed;
    *has_early_data = facts->has_early_data;
    net_connection_free(before);
    return is_resumed;
}

static void expect_names(enum net_tls_version version, bool is_loose, bool accepts_early_data)
{
    struct world world;
    bool has_early_data;
    world_init(&world, NULL);
    struct net_tls_options server = {
        .credential = world.one, .resumes_across_names = is_loose, .accepts_early_data = accepts_early_data};
    struct net_tls_options client = {
        .min_version = version, .max_version = version, .server_name = "one.test"};
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_TLS, .tls = server});
    world.server.react = greet;
    world_connect(&world, &(struct net_connect_options){.transport = NET_TLS, .tls = client});
    world_run_until(&world, has_client_data, NULL);
    client.resumption = net_connection_resumption(world.client.connection);
    cr_assert_not_null(client.resumption);
    cr_expect_not(net_connection_tls(world.client.connection)->is_resumed);
    client.early_data = "early";
    client.early_data_size = 5;
    cr_expect(comes_back(&world, client, "one.test", &has_early_data));
    cr_expect_eq(has_early_data, accepts_early_data && version == NET_TLS_1_3);
    cr_expect_eq(comes_back(&world, client, "two.test", &has_early_data), is_loose);
    net_resumption_unref(client.resumption);
    world_fini(&world);
}

Test(resumption, under_its_own_name_only)
{
    expect_names(NET_TLS_1_2, false, false);
    expect_names(NET_TLS_1_3, false, false);
}

Test(resumption, under_another_name_where_that_is_wanted)
{
    expect_names(NET_TLS_1_2, true, false);
    expect_names(NET_TLS_1_3, true, false);
}

Test(resumption, early_data_where_it_is_accepted)
{
    expect_names(NET_TLS_1_3, false, true);
}
