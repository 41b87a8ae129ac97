/* How messages go over a transport that keeps them (RFC 4168 §5), and over one that does not (RFC 3261
 * §18.3). */
#include <stdlib.h>
#include <string.h>

#include "reference/pool.h"

enum { SOME_PAYLOAD_PROTOCOL = 42, SMALL_MESSAGE_BYTES = 8192 };

/* The fault no-length: of what a node makes itself, and no other reference node has to frame. */
static bool leaves_length_out(const struct connection *connection, const struct sip_message *message)
{
    struct sip_via via;
    const char *of = sip_message_header(message, "CSeq");
    if (!node_has(connection->node, FAULT_NO_LENGTH) || message->body_size_bytes > 0 || of == NULL) {
        return false;
    }
    if (message->is_request) {
        return strcmp(message->method, "ACK") == 0 && sip_message_value_count(message, "Route") == 0;
    }
    if (connection->is_opened_by_us || strstr(of, "OPTIONS") == NULL ||
        sip_message_top_via(message, &via) != SIP_OK) {
        return false;
    }
    bool has_alias = sip_via_has_alias(&via);
    sip_via_fini(&via);
    return !has_alias;
}

/* RFC 3261 §16.6, 9: what came without Content-Length, as it may over SCTP, gets one for a stream. */
static struct sip_message *with_length(const struct connection *connection, const struct sip_message *message)
{
    if (leaves_length_out(connection, message)) {
        struct sip_message *bare = sip_message_copy(message);
        if (bare != NULL) {
            sip_message_remove(bare, "Content-Length");
        }
        return bare;
    }
    if (connection->transport == NET_SCTP || sip_message_header(message, "Content-Length") != NULL ||
        node_has(connection->node, FAULT_NO_LENGTH_FOR_STREAM)) {
        return NULL;
    }
    struct sip_message *copy = sip_message_copy(message);
    if (copy != NULL) {
        sip_message_set_body(copy, message->body, message->body_size_bytes, NULL);
    }
    return copy;
}

/* RFC 4168 §5, §5.1: stream 0, unordered, identifier 0. */
static struct net_message_options usual_delivery(const struct reference_node *node)
{
    return (struct net_message_options){.is_ordered = node_has(node, FAULT_ORDERED_SCTP),
                                        .is_clear = node_has(node, FAULT_CLEAR_BESIDE_TLS),
                                        .payload_protocol =
                                            node_has(node, FAULT_PPID_NONZERO) ? SOME_PAYLOAD_PROTOCOL : 0};
}

/* Faults of plain SCTP that no rule speaks of, for what the harness makes of them. */
static bool write_broken(struct connection *connection, const uint8_t *bytes, size_t size_bytes,
                         const struct net_message_options *how)
{
    enum { NONSENSE_BYTES = 50000, NONSENSE_TIMES = 20, NONSENSE_STREAM = 5 };
    static const uint8_t nonsense[NONSENSE_BYTES] = {0xff, 'S', 'I', 'P', 0};
    const struct reference_node *node = connection->node;
    struct net_message_options ordered = *how;
    ordered.is_ordered = true; /* the second half comes second */
    if (node_has(node, FAULT_SPLIT_SCTP)) {
        return net_connection_write_message(connection->net, bytes, size_bytes / 2, &ordered) == 0 &&
               net_connection_write_message(connection->net, bytes + size_bytes / 2,
                                            size_bytes - size_bytes / 2, &ordered) == 0;
    }
    if (node_has(node, FAULT_NONSENSE_SCTP)) {
        const struct net_message_options elsewhere = {.stream = NONSENSE_STREAM};
        net_connection_write_message(connection->net, nonsense, NONSENSE_STREAM, &elsewhere);
    }
    if (node_has(node, FAULT_TWO_IN_ONE_SCTP)) {
        uint8_t *twice = malloc(2 * size_bytes);
        bool is_sent = twice != NULL;
        if (is_sent) {
            memcpy(twice, bytes, size_bytes);
            memcpy(twice + size_bytes, bytes, size_bytes);
            is_sent = net_connection_write_message(connection->net, twice, 2 * size_bytes, how) == 0;
        }
        free(twice);
        return is_sent;
    }
    bool is_sent = net_connection_write_message(connection->net, bytes, size_bytes, how) == 0;
    if (node_has(node, FAULT_SHUTDOWN_SCTP)) {
        for (int i = 0; i < NONSENSE_TIMES; i++) {
            net_connection_write_message(connection->net, nonsense, sizeof(nonsense), how);
        }
        close_connection(connection, NET_CLOSE_GRACEFUL);
    }
    return is_sent;
}

static bool write_message(struct connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    const struct net_message_options how = usual_delivery(connection->node);
    return connection->transport == NET_SCTP
               ? write_broken(connection, bytes, size_bytes, &how)
               : net_connection_write_message(connection->net, bytes, size_bytes, &how) == 0;
}

bool delivery_send(struct connection *connection, const struct sip_message *message)
{
    struct sip_message *changed = with_length(connection, message);
    size_t size_bytes = 0;
    uint8_t *bytes = sip_message_serialize(changed != NULL ? changed : message, &size_bytes);
    bool is_sent = bytes != NULL && write_message(connection, bytes, size_bytes);
    sip_message_free(changed);
    free(bytes);
    return is_sent;
}

bool delivery_is_datagram(const struct connection *connection)
{
    return connection->transport == NET_SCTP && !node_has(connection->node, FAULT_SCTP_WANTS_LENGTH);
}

bool delivery_is_taken(const struct connection *connection, size_t size_bytes)
{
    const struct net_message_facts *facts = net_connection_message(connection->net);
    if (connection->transport == NET_TLS_SCTP) {
        return size_bytes <= SMALL_MESSAGE_BYTES || !node_has(connection->node, FAULT_SMALL_SCTP_MESSAGE);
    }
    return facts == NULL || facts->stream == 0 || !node_has(connection->node, FAULT_STREAM0_ONLY);
}
