/* Forwarding without a transaction (RFC 3261 §16.11). What a stateful proxy remembers is computed from the
 * message, so that INVITE, its retransmissions, CANCEL and the ACK to a refusal come to the same: the branch
 * and the order of the servers (RFC 3263 §4.4). Where a response goes stands in our own Via. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "reference/proxy.h"

struct forwarding { /* a request until it is sent: resolution and connection take their time */
    struct reference_node *node;
    struct exchange *exchange;
    struct sip_message *original; /* as it came; for what cannot go on without state */
    uint64_t connection;          /* it came on */
    struct forwarding *prev, *next;
};

static uint64_t hash_text(const char *text) /* FNV-1a */
{
    uint64_t hash = 0xCBF29CE484222325U;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (uint8_t)*text) * 0x100000001B3U;
    }
    return hash == 0 ? 1 : hash; /* 0 would ask the system for a seed */
}

/* RFC 3261 §16.11 wants a hash of the branch that came. The method does not count: CANCEL and ACK have the
 * branch of their INVITE. */
static bool make_trail(const struct sip_message *request, uint64_t connection, struct trail *out)
{
    char *key = server_transaction_key(request, "");
    if (key == NULL) {
        return false;
    }
    *out = (struct trail){.seed = hash_text(key), .connection = connection};
    struct dice dice;
    dice_init(&dice, out->seed);
    snprintf(out->branch, sizeof(out->branch), "z9hG4bK%016" PRIx64, dice_roll(&dice));
    free(key);
    return true;
}

static void forwarding_free(struct forwarding *forwarding)
{
    DL_DELETE(forwarding->node->forwardings, forwarding);
    exchange_free(forwarding->exchange);
    sip_message_free(forwarding->original);
    free(forwarding);
}

/* RFC 3263 §4.4: "whenever a proxy does not successfully contact the first server, it SHOULD act as a
 * stateful proxy". */
static void on_exchange(struct exchange *exchange, unsigned status, const struct sip_message *response,
                        void *arg)
{
    struct forwarding *forwarding = arg;
    struct reference_node *node = forwarding->node;
    struct connection *connection = connection_find(node, forwarding->connection);
    struct sip_message *original = forwarding->original;
    (void)exchange;
    (void)response;
    forwarding->original = NULL;
    forwarding_free(forwarding);
    if (status >= 300 && connection != NULL && strcmp(original->method, "ACK") != 0) {
        node_log(node, "connection %" PRIu64 ": a %s goes on with a transaction", connection->id,
                 original->method);
        dispatch_keep(connection, original);
    }
    sip_message_free(original);
}

void stateless_forward(struct connection *connection, const struct sip_message *original,
                       struct sip_message *request, const struct next_hop *hop,
                       const struct record_route *plan)
{
    struct reference_node *node = connection->node;
    struct forwarding *forwarding = calloc(1, sizeof(*forwarding));
    struct trail trail;
    if (forwarding == NULL || !make_trail(original, connection->id, &trail)) {
        free(forwarding);
        sip_message_free(request);
        return;
    }
    *forwarding = (struct forwarding){
        .node = node, .original = sip_message_copy(original), .connection = connection->id};
    DL_APPEND(node->forwardings, forwarding);
    forwarding->exchange = exchange_new(node, request, hop, plan, on_exchange, forwarding);
    if (forwarding->exchange == NULL || forwarding->original == NULL) {
        forwarding_free(forwarding);
        return;
    }
    exchange_leave_trail(forwarding->exchange, &trail);
    exchange_start(forwarding->exchange);
}

void stateless_free_all(struct reference_node *node)
{
    struct forwarding *at;
    struct forwarding *next;
    DL_FOREACH_SAFE(node->forwardings, at, next)
    {
        forwarding_free(at);
    }
}

/* ---- responses ---- */

/* The Via that this node put there: the connection that its request came on. */
static bool read_trail(const struct connection *connection, const struct sip_message *response, uint64_t *out)
{
    struct sip_via via;
    if (sip_message_top_via(response, &via) != SIP_OK) {
        return false;
    }
    const struct sip_param *trail = sip_params_find(&via.params, TRAIL_PARAMETER);
    bool is_own = node_owns(connection->node, via.host, via.port, net_connection_local(connection->net)) &&
                  trail != NULL && trail->value != NULL;
    *out = is_own ? strtoull(trail->value, NULL, 16) : 0;
    sip_via_fini(&via);
    return is_own;
}

/* Where the next Via says that the request came from. */
static bool read_source(const struct sip_message *response, struct server_transaction *way)
{
    struct sip_via via;
    char transport[16] = "";
    if (sip_message_top_via(response, &via) != SIP_OK) {
        return false;
    }
    for (size_t i = 0; i < sizeof(transport) - 1 && via.transport[i] != '\0'; i++) {
        transport[i] = (char)tolower((unsigned char)via.transport[i]);
    }
    const struct sip_param *received = sip_params_find(&via.params, "received");
    const char *ip = received != NULL && received->value != NULL ? received->value : via.host;
    bool is_read = net_transport_parse(transport, &way->transport) && net_address_parse(ip, 0, &way->source);
    sip_via_fini(&via);
    return is_read;
}

bool stateless_return(const struct connection *connection, const struct sip_message *response)
{
    struct reference_node *node = connection->node;
    struct server_transaction way = {.node = node, .domain = connection->domain};
    if (!node->is_stateless || !read_trail(connection, response, &way.connection)) {
        return false;
    }
    struct sip_message *copy = sip_message_copy(response);
    if (copy != NULL) {
        sip_message_remove_value(copy, "Via", 0);
    }
    if (copy != NULL && sip_message_value_count(copy, "Via") > 0 && read_source(copy, &way)) {
        /* What comes back in a Via is anybody's to write: it leads to no other host than the next Via says.
         */
        const struct connection *named = connection_find(node, way.connection);
        if (named != NULL && !net_address_equal_ip(&named->remote, &way.source)) {
            way.connection = 0;
        }
        way.request = copy;
        response_send(node, &way, copy);
    }
    sip_message_free(copy);
    return true;
}
