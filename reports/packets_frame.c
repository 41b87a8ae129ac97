/* Ethernet, IP, UDP and the question of a DNS packet: just enough to tell whose world a frame belongs to. The
 * bytes come from devices; whatever is odd about them belongs to nobody. */
#include "reports/packets.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    ETHERNET_BYTES = 14,
    TYPE_IP4 = 0x0800,
    TYPE_IP6 = 0x86dd,
    IP4_BYTES = 20,
    IP6_BYTES = 40,
    PROTOCOL_UDP = 17,
    UDP_BYTES = 8,
    PORT_DNS = 53,
    DNS_BYTES = 12
};

static unsigned read_16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* The first question's name; compression cannot occur in it. */
static void read_question(const uint8_t *bytes, size_t size_bytes, char out[PACKETS_NAME_MAX])
{
    size_t at = DNS_BYTES, length = 0;
    while (at < size_bytes && bytes[at] && bytes[at] < 64) {
        size_t label = bytes[at++];
        if (label > size_bytes - at || length + label + 1 >= PACKETS_NAME_MAX)
            break;
        for (size_t i = 0; i < label; i++)
            out[length + i] = (char)tolower(bytes[at + i]);
        at += label;
        length += label;
        out[length++] = '.';
    }
    out[length ? length - 1 : 0] = '\0';
}

static void read_udp(const uint8_t *bytes, size_t size_bytes, struct packets_frame *out)
{
    if (size_bytes < UDP_BYTES + DNS_BYTES)
        return;
    out->source.port = (uint16_t)read_16(bytes);
    out->destination.port = (uint16_t)read_16(bytes + 2);
    if (out->source.port == PORT_DNS || out->destination.port == PORT_DNS)
        read_question(bytes + UDP_BYTES, size_bytes - UDP_BYTES, out->query);
}

static void read_ip(const uint8_t *bytes, size_t size_bytes, int family, struct packets_frame *out)
{
    const bool is_ip4 = family == 4;
    const size_t head = is_ip4 ? IP4_BYTES : IP6_BYTES, address = is_ip4 ? 4 : 16, first = is_ip4 ? 12 : 8;
    if (size_bytes < head)
        return;
    out->source.family = out->destination.family = family;
    memcpy(out->source.ip, bytes + first, address);
    memcpy(out->destination.ip, bytes + first + address, address);
    const size_t whole = is_ip4 ? (size_t)(bytes[0] & 15) * 4 : IP6_BYTES;
    if (whole >= head && whole <= size_bytes && bytes[is_ip4 ? 9 : 6] == PROTOCOL_UDP)
        read_udp(bytes + whole, size_bytes - whole, out);
}

void packets_frame_read(const uint8_t *bytes, size_t size_bytes, struct packets_frame *out)
{
    *out = (struct packets_frame){0};
    if (size_bytes < ETHERNET_BYTES)
        return;
    unsigned type = read_16(bytes + ETHERNET_BYTES - 2);
    if (type == TYPE_IP4)
        read_ip(bytes + ETHERNET_BYTES, size_bytes - ETHERNET_BYTES, 4, out);
    else if (type == TYPE_IP6)
        read_ip(bytes + ETHERNET_BYTES, size_bytes - ETHERNET_BYTES, 6, out);
}

bool packets_address_parse(const char *text, struct packets_address *out)
{
    char ip[PACKETS_IP_TEXT_MAX];
    struct packets_address address = {0};
    const bool is_ip6 = text[0] == '[';
    const char *end = is_ip6 ? strchr(text, ']') : text + strcspn(text, ":");
    if (!end || (size_t)(end - text) >= sizeof ip)
        return false;
    memcpy(ip, text + is_ip6, (size_t)(end - text) - is_ip6);
    ip[(size_t)(end - text) - is_ip6] = '\0';
    address.family = is_ip6 ? 6 : 4;
    if (inet_pton(is_ip6 ? AF_INET6 : AF_INET, ip, address.ip) != 1)
        return false;
    end += is_ip6;
    address.port = *end == ':' ? (uint16_t)strtoul(end + 1, NULL, 10) : 0;
    *out = address;
    return true;
}

void packets_ip_format(const struct packets_address *address, char out[PACKETS_IP_TEXT_MAX])
{
    if (!inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->ip, out, PACKETS_IP_TEXT_MAX))
        out[0] = '\0';
}
