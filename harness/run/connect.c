#include "run/run_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Source IP and sent-by port of a request: where RFC 3261 §18.2.2 sends a response whose connection has gone.
 */
static bool via_target(struct world *world, const char *request, struct net_address *out)
{
    struct event *event = inbox_named(world, request);
    struct sip_via via;

    if (!event || !event->message || sip_message_top_via(event->message, &via) != SIP_OK) {
        world_end(world, VERDICT_ERROR, 0, "There is no request called \"%s\" whose Via could be used.",
                  request);
        return false;
    }
    *out = event->wire->remote;
    out->port = via.port ? via.port : net_transport_default_port(event->wire->transport);
    sip_via_fini(&via);
    return true;
}

static bool find_target(struct fiber *fiber, const struct step_connect *step, struct net_address *out)
{
    struct world *world = fiber->world;
    char *to = world_expand(fiber, step->to ? step->to : "dut");
    bool is_found = true;
    unsigned port;

    *out = world->device_address;
    out->port = sandbox_device_port(world->run->options->sandbox, net_transport_is_secure(step->transport));
    if (!strcmp(to, "dut:tls")) {
        out->port = sandbox_device_port(world->run->options->sandbox, true);
    } else if (!strncmp(to, "via:", 4)) {
        is_found = via_target(world, to + 4, out);
    } else if (sscanf(to, "dut:%u", &port) == 1 && port && port < 65536) {
        out->port = (uint16_t)port;
    } else if (strcmp(to, "dut") != 0) {
        world_end(world, VERDICT_ERROR, 0, "\"%s\" is nothing to connect to.", to);
        is_found = false;
    }
    free(to);
    return is_found;
}

/* The session of an earlier connection, and what goes with the ClientHello then (heap). No session, because
 * the device gave none: a full handshake; a check of "resumed" tells. */
static char *offer_session(struct fiber *fiber, const struct step_connect *step, struct net_tls_options *tls)
{
    char *name = step->resume ? world_expand(fiber, step->resume) : NULL;
    char *text = step->early_data ? world_expand(fiber, step->early_data) : NULL;
    const struct wire *earlier = name ? peer_wire(fiber->world, name) : NULL;
    size_t size = 0;
    char *bytes = text ? text_unescape(text, &size) : NULL;

    if (earlier && earlier->connection)
        tls->resumption = net_connection_resumption(earlier->connection);
    tls->early_data = bytes;
    tls->early_data_size = size;
    free(name);
    free(text);
    return bytes;
}

static struct wire *open_beside(struct fiber *fiber, const struct step_connect *step, const char *name,
                                const struct net_tls_options *tls)
{
    struct world *world = fiber->world;
    char *beside = world_expand(fiber, step->beside);
    struct wire *first = peer_wire(world, beside);
    struct wire *wire = first ? peer_connect_beside(first, name, step->stream, tls) : NULL;

    if (!wire)
        world_end(world, first && errno == EADDRINUSE ? VERDICT_ERROR : VERDICT_INCONCLUSIVE, 0,
                  "No pair of streams %u could be had beside \"%s\": %s.", step->stream, beside,
                  !first || errno == ENOTCONN ? "its association is gone"
                  : errno == EADDRINUSE       ? "that pair is in use"
                  : errno == EADDRNOTAVAIL    ? "the association has fewer streams"
                                              : strerror(errno));
    free(beside);
    return wire;
}

static struct wire *open_from_host(struct fiber *fiber, const struct step_connect *step, const char *name,
                                   const struct net_tls_options *tls)
{
    struct world *world = fiber->world;
    const struct host *host = world_host(world, step->host);
    struct net_address target;

    if (!host) {
        world_end(world, VERDICT_ERROR, 0, "There is no host called \"%s\".", step->host);
        return NULL;
    }
    return find_target(fiber, step, &target)
               ? peer_connect(world, name, host, &step->also, step->transport, &target, tls, WIRE_PEER)
               : NULL;
}

static bool open_it(struct fiber *fiber, const struct step_connect *step)
{
    struct world *world = fiber->world;
    char *name = world_expand(fiber, step->name);
    char *certificate = step->certificate ? world_expand(fiber, step->certificate) : NULL;
    char *server_name = step->has_server_name
                            ? (step->server_name ? world_expand(fiber, step->server_name) : NULL)
                            : text_copy(world->run->domains[0]);
    enum net_tls_version version = step->tls ? step->tls : world->variant->tls;
    struct net_tls_options tls = {.min_version = version,
                                  .max_version = version,
                                  .server_name = server_name,
                                  .has_no_resumption = !step->is_resumable && !step->resume,
                                  .takes_clear = true};

    if (certificate)
        tls.credential = credential_get(fiber, certificate);
    char *early_data = offer_session(fiber, step, &tls);
    if (!world->is_over)
        fiber->wire =
            step->beside ? open_beside(fiber, step, name, &tls) : open_from_host(fiber, step, name, &tls);
    if (fiber->wire) {
        fiber->wire->keeps_open = !step->answers_close;
        fiber->wire->is_ping_deaf = !step->answers_pings;
    }
    net_resumption_unref(tls.resumption);
    free(early_data);
    free(name);
    free(certificate);
    free(server_name);
    return fiber->wire != NULL;
}

enum step_result step_connect(struct fiber *fiber, const struct step_connect *step)
{
    struct world *world = fiber->world;
    const struct wire *wire;
    char remote[NET_ADDRESS_TEXT_MAX];

    if (!fiber->wire && !open_it(fiber, step))
        return STEP_WAITS;
    wire = fiber->wire;
    if (wire->is_ready)
        return STEP_GOES_ON;
    if (!wire->has_sign && wire->connection)
        return STEP_WAITS; /* net/ gives up by itself in the end */
    /* Where nobody listens, nobody has refused a certificate or a version. */
    if (step->may_fail && !(step->has_to_be_taken && wire->sign == NET_SIGN_CONNECT_FAILED))
        return STEP_GOES_ON;
    net_address_format(&wire->remote, remote);
    world_end(world, VERDICT_INCONCLUSIVE, 0, "The connection \"%s\" to %s was not established: %s",
              step->name, remote, wire->end_text ? wire->end_text : "it ended.");
    return STEP_WAITS;
}
