/* How messages go over a transport that keeps them (RFC 4168 §5), and over one that does not (RFC 3261
 * §18.3). */
#include <stdlib.h>
#include <string.h>

#include "reference/core.h"

enum { SOME_PAYLOAD_PROTOCOL = 42, SMALL_MESSAGE_BYTES = 8192 };

/* RFC 3261 §16.6, 9: what came without Content-Length, as it may over SCTP, gets one for a stream. */
static struct sip_message *with_length(const struct connection *connection, const struct sip_message *message)
{
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

bool delivery_send(struct connection *connection, const struct sip_message *message)
{
    const struct net_message_options how = usual_delivery(connection->node);
    struct sip_message *changed = with_length(connection, message);
    size_t size_bytes = 0;
    uint8_t *bytes = sip_message_serialize(changed != NULL ? changed : message, &size_bytes);
    bool is_sent =
        bytes != NULL && net_connection_write_message(connection->net, bytes, size_bytes, &how) == 0;
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
