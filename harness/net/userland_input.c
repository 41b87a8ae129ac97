/* What came over raw IP: to whom of usrsctp's addresses it goes, and what nobody is there for. All of it is
 * bytes that anybody may have sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "net/userland.h"

enum {
    COMMON_HEADER_BYTES = 12, /* RFC 9260 §3.1: ports, verification tag, checksum */
    CHUNK_AT = COMMON_HEADER_BYTES,
    INIT_TAG_AT = CHUNK_AT + 4,
    INIT_BYTES = CHUNK_AT + 20,
    CHUNK_INIT = 1,
    CHUNK_HEARTBEAT = 4,
    CHUNK_HEARTBEAT_ACK = 5,
    CHUNK_ABORT = 6,
    ABORT_BYTES = CHUNK_AT + 4
};

uint16_t userland_port_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static bool is_init(const struct userland_packet *packet)
{
    return packet->size_bytes >= INIT_BYTES && packet->bytes[CHUNK_AT] == CHUNK_INIT;
}

static bool is_heartbeat(const struct userland_packet *packet)
{
    return packet->size_bytes > CHUNK_AT &&
           (packet->bytes[CHUNK_AT] == CHUNK_HEARTBEAT || packet->bytes[CHUNK_AT] == CHUNK_HEARTBEAT_ACK);
}

/* Another process of this host may own such an address: without a sandbox the device is one. */
static bool is_loopback(const struct net_address *address)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    return address->family == 4 ? address->ip[0] == 127 : memcmp(address->ip, loopback6, 16) == 0;
}

/* RFC 9260 §8.4, 3 and 8: nobody listens on that address, though on that port of another one somebody may. */
static void refuse(const struct net_userland *userland, const struct userland_packet *packet)
{
    uint8_t answer[ABORT_BYTES] = {0};
    memcpy(answer, packet->bytes + 2, 2);
    memcpy(answer + 2, packet->bytes, 2);
    memcpy(answer + 4, packet->bytes + INIT_TAG_AT, 4);
    answer[CHUNK_AT] = CHUNK_ABORT;
    answer[CHUNK_AT + 3] = 4;
    uint32_t checksum = usrsctp_crc32c(answer, sizeof answer);
    memcpy(answer + 8, &checksum, sizeof checksum);
    carrier_send_from(userland, &packet->destination, &packet->source, answer, sizeof answer);
}

void userland_take(struct net_userland *userland, const struct userland_packet *packet)
{
    if (packet->size_bytes < COMMON_HEADER_BYTES)
        return;
    uint16_t remote_port = userland_port_at(packet->bytes), local_port = userland_port_at(packet->bytes + 2);
    struct path *path = path_find(userland, &packet->destination, &packet->source);
    if (is_init(packet) && !port_has_listener(userland, &packet->destination, local_port)) {
        if (!is_loopback(&packet->destination))
            refuse(userland, packet);
        return;
    }
    if (!path && is_init(packet))
        path = path_get(userland, &packet->destination, &packet->source);
    if (!path || path_is_muted(path, local_port, remote_port))
        return;
    if (!is_heartbeat(packet))
        userland_note_work(userland);
    usrsctp_conninput(path, packet->bytes, packet->size_bytes, 0);
}

bool userland_read_ip4(const uint8_t *bytes, size_t size_bytes, struct userland_packet *out)
{
    struct ip header;
    if (size_bytes < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    size_t header_bytes = (size_t)header.ip_hl * 4;
    if (header_bytes < sizeof header || header_bytes > size_bytes)
        return false;
    *out = (struct userland_packet){.source.family = 4,
                                    .destination.family = 4,
                                    .bytes = bytes + header_bytes,
                                    .size_bytes = size_bytes - header_bytes};
    memcpy(out->source.ip, &header.ip_src, 4);
    memcpy(out->destination.ip, &header.ip_dst, 4);
    return true;
}
