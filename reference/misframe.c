/* Faults in the reading of a stream: RFC 3261 §7.5 has Content-Length say where a message ends, and none of
 * them asks it, be it of all messages or of responses alone. */
#include <stdlib.h>
#include <string.h>

#include "reference/proxy.h"

static bool is_response(const uint8_t *bytes, size_t size_bytes)
{
    static const char version[] = "SIP/2.0 ";
    return size_bytes >= strlen(version) && memcmp(bytes, version, strlen(version)) == 0;
}

static bool is_behind_empty_lines(const uint8_t *bytes, size_t size_bytes)
{
    size_t at = 0;
    while (at < size_bytes && (bytes[at] == '\r' || bytes[at] == '\n')) {
        at++;
    }
    return at > 0 && is_response(bytes + at, size_bytes - at);
}

/* As if the message had no body. */
static void dispatch_bare(struct connection *connection, struct sip_message *message)
{
    size_t size_bytes = 0;
    bool is_bare = sip_message_set_body(message, NULL, 0, NULL);
    uint8_t *bytes = is_bare ? sip_message_serialize(message, &size_bytes) : NULL;
    if (bytes != NULL) {
        dispatch_message(connection, bytes, size_bytes);
    }
    free(bytes);
}

/* The fault response-without-body: the header of a response whose body is not all there. */
static size_t take_header(struct connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    const uint8_t *blank = is_response(bytes, size_bytes) ? memmem(bytes, size_bytes, "\r\n\r\n", 4) : NULL;
    size_t header_bytes = blank == NULL ? 0 : (size_t)(blank - bytes) + 4;
    struct sip_message *message = NULL;
    if (blank == NULL || sip_message_parse(bytes, header_bytes, &message) != SIP_OK) {
        return 0;
    }
    const char *field = sip_message_header(message, "Content-Length");
    bool is_cut = field != NULL && strtoul(field, NULL, 10) > size_bytes - header_bytes;
    if (is_cut) {
        dispatch_bare(connection, message);
    }
    sip_message_free(message);
    return is_cut ? header_bytes : 0;
}

size_t misframe_read(struct connection *connection, const uint8_t *bytes, size_t size_bytes)
{
    const struct reference_node *node = connection->node;
    if (node_has(node, FAULT_CRLF_BREAKS) && size_bytes > 4 && bytes[0] == '\r') {
        return size_bytes;
    }
    if (node_has(node, FAULT_CRLF_BEFORE_RESPONSE) && is_behind_empty_lines(bytes, size_bytes)) {
        return size_bytes;
    }
    if (node_has(node, FAULT_ONE_READ_ONE_MESSAGE)) {
        dispatch_message(connection, bytes, size_bytes);
        return size_bytes;
    }
    bool begins_here = connection->unframed_bytes == 0;
    return begins_here && node_has(node, FAULT_RESPONSE_WITHOUT_BODY)
               ? take_header(connection, bytes, size_bytes)
               : 0;
}

void misframe_note(struct connection *connection, size_t size_bytes)
{
    connection->earlier_bytes = connection->unframed_bytes;
    connection->unframed_bytes += size_bytes;
}

bool misframe_loses(struct connection *connection, const struct sip_frame *frame)
{
    bool began_earlier = connection->earlier_bytes > 0;
    size_t left = connection->unframed_bytes;
    if (frame->kind == SIP_FRAME_NONE || frame->kind == SIP_FRAME_ERROR) {
        return false;
    }
    connection->earlier_bytes = 0;
    connection->unframed_bytes = frame->size_bytes < left ? left - frame->size_bytes : 0;
    return began_earlier && node_has(connection->node, FAULT_RESPONSE_IN_ONE_READ) &&
           frame->kind == SIP_FRAME_MESSAGE && is_response(frame->bytes, frame->size_bytes);
}

static bool is_ack(const struct sip_frame *message)
{
    return message->size_bytes > 4 && memcmp(message->bytes, "ACK ", 4) == 0;
}

bool misframe_forgets_rest(const struct connection *connection, const struct sip_frame *message)
{
    return node_has(connection->node, FAULT_FIRST_MESSAGE_ONLY) ||
           (node_has(connection->node, FAULT_ACK_HIDES_NEXT) && is_ack(message)) ||
           (node_has(connection->node, FAULT_SECOND_RESPONSE_LOST) &&
            is_response(message->bytes, message->size_bytes));
}
