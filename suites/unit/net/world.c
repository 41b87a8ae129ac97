#include "world.h"

#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GUARD_MS = 20000 };

void world_make_certificate(const char *common_name, unsigned key_usage, char **certificate_pem,
                            char **key_pem)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t pem;
    time_t now = time(NULL);
    gnutls_x509_privkey_init(&key);
    cr_assert_eq(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                 0);
    gnutls_x509_crt_init(&certificate);
    gnutls_x509_crt_set_version(certificate, 3);
    gnutls_x509_crt_set_serial(certificate, "\1", 1);
    gnutls_x509_crt_set_key(certificate, key);
    gnutls_x509_crt_set_activation_time(certificate, now - 3600);
    gnutls_x509_crt_set_expiration_time(certificate, now + 86400);
    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, common_name,
                                  (unsigned)strlen(common_name));
    if (key_usage)
        gnutls_x509_crt_set_key_usage(certificate, key_usage);
    cr_assert_eq(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    cr_assert_eq(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem), 0);
    *certificate_pem = strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    cr_assert_eq(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    *key_pem = strndup((const char *)pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

static struct net_credential *make_credential(const char *common_name)
{
    char *certificate_pem, *key_pem;
    const char *error = NULL;
    world_make_certificate(common_name, GNUTLS_KEY_DIGITAL_SIGNATURE, &certificate_pem, &key_pem);
    struct net_credential *credential = net_credential_new(certificate_pem, key_pem, &error);
    cr_assert_not_null(credential, "%s", error);
    free(certificate_pem);
    free(key_pem);
    return credential;
}

static void on_keylog(const struct net_connection *connection, const char *line, void *arg)
{
    (void)connection;
    struct world *world = arg;
    size_t used = strlen(world->keylog);
    snprintf(world->keylog + used, sizeof world->keylog - used, "%s\n", line);
}

static void on_guard(struct loop_timer *timer, void *arg)
{
    struct world *world = arg;
    (void)timer;
    loop_stop(world->loop);
}

void world_enter_namespace(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    int fd;
    cr_assert(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

void world_init(struct world *world, const struct net_options *options)
{
    memset(world, 0, sizeof *world);
    struct net_options own = options ? *options : (struct net_options){0};
    own.on_keylog = on_keylog;
    own.arg = world;
    world->loop = loop_new();
    cr_assert_not_null(world->loop);
    world->net = net_new(world->loop, &own);
    cr_assert_not_null(world->net);
    world->guard = loop_timer_new(world->loop, on_guard, world);
    world->one = make_credential("one");
    world->two = make_credential("two");
    side_init(&world->client, world);
    side_init(&world->server, world);
    side_init(&world->second, world);
}

void world_fini(struct world *world)
{
    net_free(world->net);
    loop_timer_free(world->guard);
    loop_free(world->loop);
    net_credential_unref(world->one);
    net_credential_unref(world->two);
}

void side_init(struct side *side, struct world *world)
{
    memset(side, 0, sizeof *side);
    side->world = world;
}

bool side_has(const struct side *side, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = strstr(side->log, word); at; at = strstr(at + 1, word)) {
        if ((at == side->log || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' '))
            return true;
    }
    return false;
}

void world_look(struct world *world)
{
    if (world->condition && world->condition(world, world->condition_arg)) {
        world->is_met = true;
        loop_stop(world->loop);
    }
}

static void tell(struct side *side, const char *word)
{
    size_t used = strlen(side->log);
    bool is_repeated = strcmp(word, "data") == 0 && used >= 4 && strcmp(side->log + used - 4, "data") == 0;
    if (!is_repeated)
        snprintf(side->log + used, sizeof side->log - used, "%s%s", used ? " " : "", word);
    if (side->react)
        side->react(side, word);
    world_look(side->world);
}

static void on_connected(struct net_connection *connection, void *arg)
{
    (void)connection;
    tell(arg, "connected");
}

static bool on_verify(struct net_connection *connection, const struct net_tls_facts *facts, void *arg)
{
    struct side *side = arg;
    (void)connection;
    side->has_verified = true;
    side->verified_certificates = facts->peer_certificate_count;
    tell(side, "verify");
    return !side->refuses;
}

static void on_ready(struct net_connection *connection, void *arg)
{
    ((struct side *)arg)->connection = connection;
    tell(arg, "ready");
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct side *side = arg;
    (void)connection;
    side->data_total += size_bytes;
    size_t kept = size_bytes < sizeof side->data - 1 - side->data_size
                      ? size_bytes
                      : sizeof side->data - 1 - side->data_size;
    memcpy(side->data + side->data_size, bytes, kept);
    side->data_size += kept;
    side->data[side->data_size] = '\0';
    tell(side, "data");
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct side *side = arg;
    char word[100];
    (void)connection;
    side->end = *end;
    if (end->alert_name && end->sign != NET_SIGN_CLOSE_NOTIFY)
        snprintf(word, sizeof word, "%s:%s", net_sign_name(end->sign), end->alert_name);
    else
        snprintf(word, sizeof word, "%s", net_sign_name(end->sign));
    tell(side, word);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct side *side = arg;
    net_connection_free(connection);
    if (side->connection == connection) /* a later one may have taken its place */
        side->connection = NULL;
    tell(side, "closed");
}

static void on_renegotiated(struct net_connection *connection, enum net_renegotiation outcome, void *arg)
{
    (void)connection;
    tell(arg, outcome == NET_RENEGOTIATION_DONE      ? "renegotiated"
              : outcome == NET_RENEGOTIATION_REFUSED ? "refused-renegotiation"
                                                     : "ignored-renegotiation");
}

const struct net_connection_events side_events = {.on_connected = on_connected,
                                                  .on_verify = on_verify,
                                                  .on_ready = on_ready,
                                                  .on_data = on_data,
                                                  .on_sign = on_sign,
                                                  .on_closed = on_closed,
                                                  .on_renegotiated = on_renegotiated};

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct world *world = arg;
    (void)listener;
    world->accepted++;
    world->server.connection = connection;
    *events = side_events;
    *connection_arg = &world->server;
}

static struct net_credential *on_server_name(struct net_listener *listener, const char *server_name,
                                             void *arg)
{
    struct world *world = arg;
    (void)listener;
    snprintf(world->chosen_by, sizeof world->chosen_by, "%s", server_name ? server_name : "(none)");
    return world->choose ? world->choose(world, server_name) : NULL;
}

void world_listen(struct world *world, int family, const struct net_listen_options *options)
{
    struct net_listen_options own = *options;
    cr_assert(net_address_parse(family == 6 ? "::1" : "127.0.0.1", 0, &own.local));
    if (!own.on_accept)
        own.on_accept = on_accept;
    own.on_server_name = on_server_name;
    own.arg = world;
    world->listener = net_listen(world->net, &own);
    cr_assert_not_null(world->listener, "%m");
}

void world_connect(struct world *world, const struct net_connect_options *options)
{
    struct net_connect_options own = *options;
    own.remote = *net_listener_address(world->listener);
    world->client.connection = net_connect(world->net, &own, &side_events, &world->client);
    cr_assert_not_null(world->client.connection, "%m");
}

void world_run_until(struct world *world, bool (*condition)(struct world *world, void *arg), void *arg)
{
    world->condition = condition;
    world->condition_arg = arg;
    world->is_met = condition(world, arg);
    if (!world->is_met) {
        loop_timer_start(world->guard, GUARD_MS);
        loop_run(world->loop);
        loop_timer_stop(world->guard);
    }
    world->condition = NULL;
    cr_assert(world->is_met, "not seen in %d ms; client: %s; server: %s", GUARD_MS, world->client.log,
              world->server.log);
}

static bool client_has(struct world *world, void *arg)
{
    return side_has(&world->client, arg);
}

static bool server_has(struct world *world, void *arg)
{
    return side_has(&world->server, arg);
}

void world_run_until_client(struct world *world, const char *word)
{
    char copy[100];
    snprintf(copy, sizeof copy, "%s", word);
    world_run_until(world, client_has, copy);
}

void world_run_until_server(struct world *world, const char *word)
{
    char copy[100];
    snprintf(copy, sizeof copy, "%s", word);
    world_run_until(world, server_has, copy);
}

void world_open_with(struct world *world, int family, const struct net_listen_options *listen,
                     const struct net_connect_options *connect)
{
    world_listen(world, family, listen);
    world_connect(world, connect);
    world_run_until_client(world, "ready");
    world_run_until_server(world, "ready");
}

void world_open(struct world *world, int family, enum net_transport transport, enum net_tls_version version)
{
    struct net_tls_options server = {
        .min_version = version, .max_version = version, .credential = world->one};
    struct net_tls_options client = {.min_version = version, .max_version = version};
    world_open_with(world, family, &(struct net_listen_options){.transport = transport, .tls = server},
                    &(struct net_connect_options){.transport = transport, .tls = client});
}

void world_write_message(struct net_connection *connection, size_t size_bytes,
                         const struct net_message_options *how)
{
    char *bytes = malloc(size_bytes);
    memset(bytes, 'm', size_bytes);
    cr_assert_eq(net_connection_write_message(connection, bytes, size_bytes, how), 0);
    free(bytes);
}
