#include "run/run_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct wire *peer_wire(const struct world *world, const char *name)
{
    for (struct wire *wire = world->wires; wire; wire = wire->next)
        if (wire->name && !strcmp(wire->name, name))
            return wire;
    return NULL;
}

bool peer_is_beside(const struct wire *wire, const struct wire *other)
{
    return wire != other && wire->transport == NET_TLS_SCTP && other->transport == NET_TLS_SCTP &&
           wire->has_association && other->has_association && wire->association.id == other->association.id;
}

bool peer_is_beside_named(const struct wire *wire, const char *name)
{
    const struct wire *other = peer_wire(wire->world, name);

    return other && peer_is_beside(wire, other);
}

struct post *peer_post(const struct world *world, const char *name)
{
    for (struct post *post = world->posts; post; post = post->next)
        if (post->name && !strcmp(post->name, name))
            return post;
    return NULL;
}

void peer_name_wire(struct wire *wire, const char *name)
{
    struct wire *earlier = peer_wire(wire->world, name);

    if (earlier && earlier != wire) {
        free(earlier->name); /* the latest bearer of a name is meant, as in a repeat */
        earlier->name = NULL;
    }
    if (earlier != wire) {
        free(wire->name);
        wire->name = text_copy(name);
    }
    wire->was_named = true;
    journal_world_begin(wire->world, "name");
    journal_integer(wire->world->run->journal, "connection", (int64_t)wire->id);
    journal_string(wire->world->run->journal, "name", name);
    journal_end(wire->world->run->journal);
}

/* ---- what the network tells */

static void read_facts(struct wire *wire)
{
    const struct net_tls_facts *facts = net_connection_tls(wire->connection);
    struct certs_facts leaf;

    if (!facts || wire->peer_names)
        return;
    wire->was_certificate_requested = facts->was_certificate_requested;
    wire->is_resumed = facts->is_resumed;
    wire->has_early_data = facts->has_early_data;
    wire->has_peer_certificate = facts->peer_certificate_count > 0;
    if (facts->has_server_name && !wire->server_name)
        wire->server_name = text_copy(facts->server_name ? facts->server_name : "");
    if (!wire->has_peer_certificate)
        return;
    if (certs_read(facts->peer_certificates[0], facts->peer_certificate_sizes[0], &leaf)) {
        wire->peer_names = text_copy(leaf.names);
        certs_facts_fini(&leaf);
    }
}

static void read_association(struct wire *wire)
{
    const struct net_association_facts *facts = net_connection_association(wire->connection);

    wire->has_association = facts != NULL;
    if (facts)
        wire->association = *facts;
}

static void on_connected(struct net_connection *connection, void *arg)
{
    struct wire *wire = arg;

    (void)connection;
    wire->local = *net_connection_local(wire->connection);
    journal_world_association(wire);
    read_association(wire);
}

static void on_ready(struct net_connection *connection, void *arg)
{
    struct wire *wire = arg;

    (void)connection;
    wire->is_ready = true;
    wire->ready_ms = loop_now_ms(wire->world->run->loop);
    wire->local = *net_connection_local(wire->connection);
    read_facts(wire);
    if (net_connection_tls(wire->connection))
        journal_world_tls(wire);
    if (wire->post && net_connection_tls(wire->connection))
        inbox_count_session(wire->world);
    if (wire->post && !wire->post->is_barrier)
        inbox_add(wire->world, OBSERVED_CONNECTION, wire, journal_world_ready(wire));
    world_wake(wire->world);
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    struct wire *wire = arg;

    (void)connection;
    if (wire->post && wire->post->is_stalled)
        return;
    inbox_bytes(wire, bytes, size_bytes);
}

/* Requests that may have been lost with the UA's connection: nothing may be concluded from silence about
 * them. */
static void lose_requests(const struct wire *wire)
{
    for (struct origin *origin = wire->world->origins; origin; origin = origin->next)
        if (origin->wire == wire && origin->final_status < 200)
            origin->is_lost = true;
}

static bool is_final(enum net_sign sign)
{
    return sign != NET_SIGN_NONE && sign != NET_SIGN_CLOSE_NOTIFY && sign != NET_SIGN_FIN;
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    struct wire *wire = arg;
    struct world *world = wire->world;
    uint64_t seq;

    overload_note_end(wire, end);
    read_facts(wire);
    if (!wire->is_ready && net_connection_tls(connection))
        journal_world_tls(wire);
    seq = journal_world_sign(wire, end);
    wire->sign = end->sign;
    wire->has_sign = true;
    free(wire->end_text);
    wire->end_text = text_copy(end->text);
    world->sign_ms = loop_now_ms(world->run->loop);
    if (wire->role == WIRE_UA)
        lose_requests(wire);
    if (wire->role == WIRE_PEER) {
        struct event *closed = inbox_add(world, OBSERVED_CLOSED, wire, seq);

        closed->sign = end->sign;
        closed->alert = end->sign == NET_SIGN_ALERT ? end->alert_name : NULL;
    }
    /* A peer answers a close with its own, unless a step has closed the connection in its own way already. */
    if (is_final(end->sign))
        net_connection_close(connection, NET_CLOSE_NOW);
    else if (!wire->is_closing && !wire->keeps_open)
        net_connection_close(connection, NET_CLOSE_GRACEFUL);
    world_wake(world);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct wire *wire = arg;
    const struct net_tls_facts *facts = net_connection_tls(connection);

    wire->has_unordered_records = facts && facts->has_unordered_records;
    wire->connection = NULL;
    wire->is_dead = true;
    net_connection_free(connection);
    world_wake(wire->world);
}

static const struct net_connection_events wire_events = {.on_connected = on_connected,
                                                         .on_ready = on_ready,
                                                         .on_data = on_data,
                                                         .on_sign = on_sign,
                                                         .on_closed = on_closed};

static void wire_init(struct wire *wire, struct world *world, struct net_connection *connection,
                      enum wire_role role)
{
    wire->world = world;
    wire->role = role;
    wire->connection = connection;
    wire->id = net_connection_id(connection);
    wire->began_ms = loop_now_ms(world->run->loop);
    wire->transport = net_connection_transport(connection);
    wire->local = *net_connection_local(connection);
    wire->remote = *net_connection_remote(connection);
    wire->next = world->wires;
    world->wires = wire;
}

/* ---- connections that we open */

/* The addresses of further hosts, as those of one end. */
static struct net_also further(struct world *world, const struct strings *names)
{
    struct net_also also = {0};

    for (size_t i = 0; names && i < names->count && also.count < NET_ALSO_MAX; i++) {
        const struct host *host = world_host(world, names->items[i]);

        if (host)
            also.addresses[also.count++] = host->address;
    }
    return also;
}

struct wire *peer_connect(struct world *world, const char *name, const struct host *host,
                          const struct strings *also, enum net_transport transport,
                          const struct net_address *remote, const struct net_tls_options *tls,
                          enum wire_role role)
{
    struct net_connect_options options = {.transport = transport,
                                          .local = host->address,
                                          .also = further(world, also),
                                          .remote = *remote,
                                          .tls = *tls,
                                          .handshake_timeout_ms = run_scaled_ms(world->run, RUN_CONNECT_MS)};
    struct wire *wire = run_allocate(1, sizeof *wire);
    struct net_connection *connection = net_connect(world->run->net, &options, &wire_events, wire);

    if (!connection) {
        free(wire);
        world_end(world, VERDICT_ERROR, 0, "No socket for the host \"%s\": %s.", host->name, strerror(errno));
        return NULL;
    }
    wire_init(wire, world, connection, role);
    wire->host = host;
    wire->remote = *remote;
    journal_world_connection(wire, "harness");
    peer_name_wire(wire, name);
    return wire;
}

struct wire *peer_connect_beside(struct wire *first, const char *name, uint16_t stream,
                                 const struct net_tls_options *tls)
{
    struct world *world = first->world;
    const struct net_pair_options options = {
        .stream = stream, .tls = *tls, .handshake_timeout_ms = run_scaled_ms(world->run, RUN_CONNECT_MS)};
    struct wire *wire = run_allocate(1, sizeof *wire);
    struct net_connection *connection =
        first->connection ? net_connect_pair(first->connection, &options, &wire_events, wire) : NULL;

    if (!connection) {
        errno = first->connection ? errno : ENOTCONN;
        free(wire);
        return NULL;
    }
    wire_init(wire, world, connection, WIRE_PEER);
    wire->host = first->host;
    wire->remote = first->remote;
    journal_world_connection(wire, "harness");
    peer_name_wire(wire, name);
    return wire;
}

/* ---- a connection of the registrar's */

struct wire *peer_adopt(struct world *world, const char *name, const struct host *host,
                        struct net_connection *connection)
{
    struct wire *wire = run_allocate(1, sizeof *wire);

    wire_init(wire, world, connection, WIRE_UA);
    wire->host = host;
    wire->is_shared = wire->is_ready = true;
    journal_world_connection(wire, "device");
    peer_name_wire(wire, name);
    read_facts(wire);
    if (net_connection_tls(connection))
        journal_world_tls(wire);
    return wire;
}

void peer_lose(struct wire *wire, const struct net_end *end)
{
    wire->connection = NULL;
    wire->is_dead = wire->has_sign = true;
    wire->sign = end->sign;
    free(wire->end_text);
    wire->end_text = text_copy(end->text);
    lose_requests(wire);
    world_wake(wire->world);
}

bool peer_write(struct wire *wire, const void *bytes, size_t size_bytes)
{
    return wire && wire->connection &&
           !net_connection_write_message(wire->connection, bytes, size_bytes, &wire->how);
}

/* ---- listeners */

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
    wire_init(wire, post->world, connection, post->is_barrier ? WIRE_BARRIER : WIRE_PEER);
    wire->post = post;
    wire->host = post->host;
    wire->transport = post->transport;
    wire->was_named = post->is_barrier;
    wire->keeps_open = post->keeps_open;
    wire->is_ping_deaf = post->is_ping_deaf;
    *events = wire_events;
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
                                         .also = further(world, also),
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

/* ---- the end */

static void wire_free(struct wire *wire)
{
    if (!wire->is_shared)
        net_connection_free(wire->connection);
    sip_framer_free(wire->framer);
    free(wire->name);
    free(wire->peer_names);
    free(wire->server_name);
    free(wire->end_text);
    free(wire);
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

void peer_free_all(struct world *world)
{
    /* Listeners first: what is accepted while connections go would have no world. */
    while (world->posts) {
        struct post *post = world->posts;

        world->posts = post->next;
        post_free(post);
    }
    while (world->wires) {
        struct wire *wire = world->wires;

        world->wires = wire->next;
        wire_free(wire);
    }
    world->ua = world->witness = NULL;
}
