#include "run/peer.h"
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
    const struct certs_facts *leaf;

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
    leaf = facts_of(wire->world->run, facts->peer_certificates[0], facts->peer_certificate_sizes[0]);
    if (leaf)
        wire->peer_names = text_copy(leaf->names);
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
    wire->remote = *net_connection_remote(wire->connection);
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

static void on_renegotiated(struct net_connection *connection, enum net_renegotiation outcome, void *arg)
{
    struct wire *wire = arg;

    (void)connection;
    wire->renegotiation = outcome;
    wire->is_renegotiating = false;
    journal_world_renegotiation(wire);
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

const struct net_connection_events peer_events = {.on_connected = on_connected,
                                                  .on_ready = on_ready,
                                                  .on_data = on_data,
                                                  .on_sign = on_sign,
                                                  .on_closed = on_closed,
                                                  .on_renegotiated = on_renegotiated};

void peer_init_wire(struct wire *wire, struct world *world, struct net_connection *connection,
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

struct net_also peer_further(struct world *world, const struct strings *names)
{
    struct net_also also = {0};

    for (size_t i = 0; names && i < names->count && also.count < NET_ALSO_MAX; i++) {
        const struct host *host = world_host(world, names->items[i]);

        if (host)
            also.addresses[also.count++] = host->address;
    }
    return also;
}

/* A device of two addresses is tried at both by an association of ours that has several as well. */
static struct net_also further_of_device(const struct world *world, const struct net_address *remote,
                                         const struct net_also *ours)
{
    const struct run_options *options = world->run->options;
    struct net_also also = {0};

    if (ours->count > 0 && options->device_sctp == NET_SCTP_KERNEL &&
        net_address_equal_ip(remote, &world->device_address) &&
        sandbox_device_second_address(options->sandbox, remote->family, &also.addresses[0]))
        also.count = 1;
    return also;
}

struct wire *peer_connect(struct world *world, const char *name, const struct host *host,
                          const struct strings *also, enum net_transport transport,
                          const struct net_address *remote, const struct net_tls_options *tls,
                          enum wire_role role)
{
    const struct net_also ours = peer_further(world, also);
    struct net_connect_options options = {.transport = transport,
                                          .local = host->address,
                                          .also = ours,
                                          .remote = *remote,
                                          .remote_also = further_of_device(world, remote, &ours),
                                          .tls = *tls,
                                          .handshake_timeout_ms = run_scaled_ms(world->run, RUN_CONNECT_MS)};
    struct wire *wire = run_allocate(1, sizeof *wire);
    struct net_connection *connection = net_connect(world->run->net, &options, &peer_events, wire);

    if (!connection) {
        free(wire);
        world_end(world, VERDICT_ERROR, 0, "No socket for the host \"%s\": %s.", host->name, strerror(errno));
        return NULL;
    }
    peer_init_wire(wire, world, connection, role);
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
        first->connection ? net_connect_pair(first->connection, &options, &peer_events, wire) : NULL;

    if (!connection) {
        errno = first->connection ? errno : ENOTCONN;
        free(wire);
        return NULL;
    }
    peer_init_wire(wire, world, connection, WIRE_PEER);
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

    peer_init_wire(wire, world, connection, WIRE_UA);
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

void peer_free_all(struct world *world)
{
    peer_free_posts(world); /* first: what is accepted while connections go would have no world */
    while (world->wires) {
        struct wire *wire = world->wires;

        world->wires = wire->next;
        wire_free(wire);
    }
    world->ua = world->witness = NULL;
}
