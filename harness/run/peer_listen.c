/* The listeners of a world: the ports of its hosts, what a host shows there, and what becomes of connections
 * that the device opens to them. */
#include "run/peer.h"
#include "run/run_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct post *peer_post(const struct world *world, const char *name)
{
    for (struct post *post = world->posts; post; post = post->next)
        if (post->name && !strcmp(post->name, name))
            return post;
    return NULL;
}

static void on_refused_closed(struct net_connection *connection, void *arg)
{
    (void)arg;
    net_connection_free(connection);
}

static void refuse(struct run *run, struct net_connection *connection, struct net_connection_events *events)
{
    run->dropped++;
    *events = (struct net_connection_events){.on_closed = on_refused_closed};
    net_connection_close(connection, NET_CLOSE_NOW);
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    struct post *post = arg;
    struct wire *wire;

    (void)listener;
    if (post->world->is_over) { /* the scheduler waits for news of a crash; a flood goes on meanwhile */
        refuse(post->world->run, connection, events);
        return;
    }
    wire = run_allocate(1, sizeof *wire);
    peer_init_wire(wire, post->world, connection, post->is_barrier ? WIRE_BARRIER : WIRE_PEER);
    wire->post = post;
    wire->host = post->host;
    wire->transport = post->transport;
    wire->was_named = post->is_barrier;
    wire->keeps_open = post->keeps_open;
    wire->is_ping_deaf = post->is_ping_deaf;
    *events = peer_events;
    *connection_arg = wire;
    if (post->is_stalled && net_transport_is_secure(post->transport))
        events->on_ready = NULL; /* TCP is up, the handshake that was asked for never is */
    post->accepted++;
    wire->is_further_pair = net_connection_stream(connection) != 0; /* an association begins with the first */
    post->further_pairs += wire->is_further_pair;
    journal_world_connection(wire, "device");
    inbox_count(post->world, sizeof *wire);
    world_wake(post->world);
}

static struct net_credential *on_server_name(struct net_listener *listener, const char *server_name,
                                             void *arg)
{
    struct post *post = arg;

    (void)listener;
    for (size_t i = 0; server_name && i < post->server_name_count; i++)
        if (!strcmp(post->server_names[i], server_name))
            return post->server_credentials[i];
    return NULL;
}

static enum net_transport below_tls(enum net_transport transport)
{
    if (transport == NET_TLS)
        return NET_TCP;
    return transport == NET_TLS_SCTP ? NET_SCTP : transport;
}

static bool post_open(struct post *post, uint16_t port, const struct strings *also, enum net_tls_version tls,
                      bool request_certificate)
{
    struct world *world = post->world;
    enum net_tls_version version = tls ? tls : world->variant->tls;
    struct net_listen_options options = {.transport =
                                             post->is_stalled ? below_tls(post->transport) : post->transport,
                                         .local = post->host->address,
                                         .also = peer_further(world, also),
                                         .tls = {.min_version = version,
                                                 .max_version = version,
                                                 .credential = post->credential,
                                                 .request_certificate = request_certificate,
                                                 .has_no_resumption = true,
                                                 .takes_clear = true},
                                         .handshake_timeout_ms = run_scaled_ms(world->run, RUN_CONNECT_MS),
                                         .on_server_name = post->server_name_count ? on_server_name : NULL,
                                         .on_accept = on_accept,
                                         .arg = post};
    char text[NET_ADDRESS_TEXT_MAX];

    options.local.port = port ? port : host_port(post->host, post->transport);
    post->listener = net_listen(world->run->net, &options);
    if (post->listener)
        return true;
    net_address_format(&options.local, text);
    world_end(world, VERDICT_ERROR, 0, "The host \"%s\" cannot listen on %s: %s.", post->host->name, text,
              strerror(errno));
    return false;
}

static struct post *post_new(struct world *world, const char *name, const struct host *host,
                             enum net_transport transport, bool is_stalled)
{
    struct post *post = run_allocate(1, sizeof *post);

    post->world = world;
    post->name = text_copy(name);
    post->host = host;
    post->transport = transport;
    post->is_stalled = is_stalled;
    post->next = world->posts;
    world->posts = post;
    return post;
}

struct post *peer_listen_barrier(struct world *world, enum net_transport transport,
                                 struct net_credential *credential)
{
    struct post *post = post_new(world, NULL, world->barrier_host, transport, false);

    post->is_barrier = true;
    post->credential = credential;
    return post_open(post, 0, NULL, NET_TLS_NONE, true) ? post : NULL;
}

static void choose_by_server_name(struct fiber *fiber, struct post *post, const struct step_listen *listen)
{
    post->server_names = run_allocate(listen->by_server_name_count, sizeof *post->server_names);
    post->server_credentials = run_allocate(listen->by_server_name_count, sizeof(struct net_credential *));
    post->server_name_count = listen->by_server_name_count;
    for (size_t i = 0; i < post->server_name_count; i++) {
        char *name = world_expand(fiber, listen->by_server_name[i].certificate);

        post->server_names[i] = world_expand(fiber, listen->by_server_name[i].server_name);
        post->server_credentials[i] = credential_get(fiber, name);
        free(name);
    }
}

struct post *peer_listen(struct fiber *fiber, const struct step_listen *listen)
{
    struct world *world = fiber->world;
    const struct host *host = world_host(world, listen->host);
    char *name = world_expand(fiber, listen->name);
    struct post *post;

    if (!host)
        world_end(world, VERDICT_ERROR, 0, "There is no host called \"%s\".", listen->host);
    post =
        !host || world->is_over ? NULL : post_new(world, name, host, listen->transport, listen->is_stalled);
    free(name);
    if (!post)
        return NULL;
    post->keeps_open = !listen->answers_close;
    post->is_ping_deaf = !listen->answers_pings;
    if (listen->certificate) {
        char *certificate = world_expand(fiber, listen->certificate);

        post->credential = credential_get(fiber, certificate);
        free(certificate);
    }
    choose_by_server_name(fiber, post, listen);
    return !world->is_over && post_open(post, listen->has_port ? listen->port : 0, &listen->also, listen->tls,
                                        listen->request_certificate)
               ? post
               : NULL;
}

static void post_free(struct post *post)
{
    net_listener_free(post->listener);
    for (size_t i = 0; i < post->server_name_count; i++)
        free(post->server_names[i]);
    free(post->server_names);
    free(post->server_credentials);
    free(post->name);
    free(post);
}

void peer_free_posts(struct world *world)
{
    while (world->posts) {
        struct post *post = world->posts;

        world->posts = post->next;
        post_free(post);
    }
}
