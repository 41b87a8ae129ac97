/* The blocks of pcapng, in this machine's byte order, which the section header tells readers.
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html; exported PDUs: link type 252, tags as
 * Wireshark's epan/exported_pdu.h numbers them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_STATISTICS = 5,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    SECRETS_TLS = 0x544c534b,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_DESCRIPTION = 3,
    OPTION_RESOLUTION = 9,
    OPTION_RECEIVED = 4,
    OPTION_DROPPED_BY_SYSTEM = 7,
    TAG_END = 0,
    TAG_DISSECTOR = 12,
    TAG_IP4_SOURCE = 20,
    TAG_IP4_DESTINATION = 21,
    TAG_IP6_SOURCE = 22,
    TAG_IP6_DESTINATION = 23,
    TAG_PORT_TYPE = 24,
    TAG_SOURCE_PORT = 25,
    TAG_DESTINATION_PORT = 26,
    PORT_SCTP = 1,
    PORT_TCP = 2,
    OPTION_BYTES_MAX = 65528,
    PACKET_BYTES_MAX = 256 << 10, /* Wireshark refuses a file that has a larger one */
    BLOCK_START_BYTES = 8
};

struct pcapng {
    FILE *out;
    unsigned interfaces;
    uint8_t *block; /* the one that is being made, without its two lengths at the ends */
    size_t size_bytes, capacity_bytes;
    bool has_failed;
};

static void put(struct pcapng *file, const void *bytes, size_t size_bytes)
{
    size_t padded = (size_bytes + 3) & ~(size_t)3, needed = file->size_bytes + padded;
    if (needed > file->capacity_bytes) {
        uint8_t *larger = realloc(file->block, needed * 2);
        if (!larger) {
            file->has_failed = true;
            return;
        }
        file->block = larger;
        file->capacity_bytes = needed * 2;
    }
    if (size_bytes)
        memcpy(file->block + file->size_bytes, bytes, size_bytes);
    memset(file->block + file->size_bytes + size_bytes, 0, padded - size_bytes);
    file->size_bytes = needed;
}

static void put_32(struct pcapng *file, uint32_t value)
{
    put(file, &value, sizeof value);
}

static void put_option(struct pcapng *file, uint16_t code, const void *bytes, size_t size_bytes)
{
    const uint16_t head[2] = {code, (uint16_t)size_bytes};
    put(file, head, sizeof head);
    put(file, bytes, size_bytes);
}

/* UTF-8 is cut between characters. */
static void put_text(struct pcapng *file, uint16_t code, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length > OPTION_BYTES_MAX)
        for (length = OPTION_BYTES_MAX; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    if (length)
        put_option(file, code, text, length);
}

static void end_block(struct pcapng *file, uint32_t type)
{
    uint32_t total = (uint32_t)(file->size_bytes + BLOCK_START_BYTES + sizeof total);
    const uint32_t head[2] = {type, total};
    if (!file->has_failed && (fwrite(head, sizeof head, 1, file->out) != 1 ||
                              fwrite(file->block, 1, file->size_bytes, file->out) != file->size_bytes ||
                              fwrite(&total, sizeof total, 1, file->out) != 1))
        file->has_failed = true;
    file->size_bytes = 0;
}

struct pcapng *pcapng_new(FILE *out, const char *application, const char *comment)
{
    struct pcapng *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->out = out;
    const uint16_t version[2] = {1, 0};
    const int64_t unknown_length = -1;
    put_32(file, 0x1a2b3c4d);
    put(file, version, sizeof version);
    put(file, &unknown_length, sizeof unknown_length);
    put_text(file, OPTION_COMMENT, comment);
    put_text(file, OPTION_APPLICATION, application);
    put_option(file, OPTION_END, NULL, 0);
    end_block(file, (uint32_t)BLOCK_SECTION);
    return file;
}

void pcapng_put_secrets(struct pcapng *file, const char *lines, size_t size_bytes)
{
    put_32(file, SECRETS_TLS);
    put_32(file, (uint32_t)size_bytes);
    put(file, lines, size_bytes);
    end_block(file, BLOCK_SECRETS);
}

unsigned pcapng_put_interface(struct pcapng *file, enum pcapng_link link, const char *name,
                              const char *description)
{
    const uint16_t head[2] = {(uint16_t)link, 0};
    const uint8_t nanoseconds = 9;
    put(file, head, sizeof head);
    put_32(file, 0); /* no limit of a packet's size */
    put_text(file, OPTION_INTERFACE_NAME, name);
    put_text(file, OPTION_INTERFACE_DESCRIPTION, description);
    put_option(file, OPTION_RESOLUTION, &nanoseconds, sizeof nanoseconds);
    put_option(file, OPTION_END, NULL, 0);
    end_block(file, BLOCK_INTERFACE);
    return file->interfaces++;
}

static void begin_packet(struct pcapng *file, unsigned interface, uint64_t time_ns, size_t size_bytes,
                         size_t original_bytes)
{
    put_32(file, interface);
    put_32(file, (uint32_t)(time_ns >> 32));
    put_32(file, (uint32_t)time_ns);
    put_32(file, (uint32_t)size_bytes);
    put_32(file, (uint32_t)original_bytes);
}

static void end_packet(struct pcapng *file, const char *comment)
{
    put_text(file, OPTION_COMMENT, comment);
    put_option(file, OPTION_END, NULL, 0);
    end_block(file, BLOCK_PACKET);
}

void pcapng_put_packet(struct pcapng *file, unsigned interface, uint64_t time_ns, const void *bytes,
                       size_t size_bytes, size_t original_bytes)
{
    begin_packet(file, interface, time_ns, size_bytes, original_bytes);
    put(file, bytes, size_bytes);
    end_packet(file, NULL);
}

/* A tag's number and length, in network order, and its value, which is a multiple of four bytes long. */
static size_t put_tag(uint8_t *at, uint16_t tag, const void *value, uint16_t size_bytes)
{
    const uint16_t head[2] = {htons(tag), htons(size_bytes)};
    memcpy(at, head, sizeof head);
    if (size_bytes)
        memcpy(at + sizeof head, value, size_bytes);
    return sizeof head + size_bytes;
}

static size_t put_tag_number(uint8_t *at, uint16_t tag, uint32_t number)
{
    const uint32_t value = htonl(number);
    return put_tag(at, tag, &value, sizeof value);
}

static size_t make_tags(uint8_t *tags, const struct pcapng_pdu *pdu)
{
    char dissector[16] = {0};
    size_t size = 0;
    const bool is_ip4 = pdu->family == 4;
    const uint16_t address_bytes = is_ip4 ? 4 : 16;
    snprintf(dissector, sizeof dissector, "%s", pdu->dissector);
    size += put_tag(tags + size, TAG_DISSECTOR, dissector, (uint16_t)((strlen(dissector) + 3) & ~3U));
    size += put_tag(tags + size, is_ip4 ? TAG_IP4_SOURCE : TAG_IP6_SOURCE, pdu->source_ip, address_bytes);
    size += put_tag(tags + size, is_ip4 ? TAG_IP4_DESTINATION : TAG_IP6_DESTINATION, pdu->destination_ip,
                    address_bytes);
    size += put_tag_number(tags + size, TAG_PORT_TYPE, pdu->is_sctp ? PORT_SCTP : PORT_TCP);
    size += put_tag_number(tags + size, TAG_SOURCE_PORT, pdu->source_port);
    size += put_tag_number(tags + size, TAG_DESTINATION_PORT, pdu->destination_port);
    return size + put_tag(tags + size, TAG_END, NULL, 0);
}

void pcapng_put_pdu(struct pcapng *file, unsigned interface, uint64_t time_ns, const struct pcapng_pdu *pdu)
{
    uint8_t tags[128];
    const size_t tag_bytes = make_tags(tags, pdu), room = PACKET_BYTES_MAX - tag_bytes;
    const size_t kept_bytes = pdu->size_bytes < room ? pdu->size_bytes : room;
    begin_packet(file, interface, time_ns, tag_bytes + kept_bytes, tag_bytes + pdu->size_bytes);
    put(file, tags, tag_bytes);
    put(file, pdu->bytes, kept_bytes);
    end_packet(file, pdu->comment);
}

void pcapng_put_statistics(struct pcapng *file, unsigned interface, uint64_t time_ns, uint64_t received,
                           uint64_t dropped)
{
    put_32(file, interface);
    put_32(file, (uint32_t)(time_ns >> 32));
    put_32(file, (uint32_t)time_ns);
    put_option(file, OPTION_RECEIVED, &received, sizeof received);
    put_option(file, OPTION_DROPPED_BY_SYSTEM, &dropped, sizeof dropped);
    put_option(file, OPTION_END, NULL, 0);
    end_block(file, BLOCK_STATISTICS);
}

bool pcapng_end(struct pcapng *file)
{
    bool is_good = file && !file->has_failed;
    if (file)
        free(file->block);
    free(file);
    return is_good;
}
