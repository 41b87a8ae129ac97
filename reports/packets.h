/* From a run's capture, key log and journal to one pcapng file a variant: shared by the packets_*.c files.
 *
 * Everything is indexed first (32 bytes a packet or message), sorted, and then copied file by file: memory
 * does not grow with what the packets hold. */
#ifndef REPORTS_PACKETS_H
#define REPORTS_PACKETS_H

#include "reports/reports_private.h"

struct packets_address {
    int family; /* 4 or 6; 0: none */
    uint8_t ip[16];
    uint16_t port; /* host order */
};
/* "192.0.2.1:5061", "[2001:db8::1]:5061"; a port may be missing. */
bool packets_address_parse(const char *text, struct packets_address *out);
enum { PACKETS_IP_TEXT_MAX = 48 };
void packets_ip_format(const struct packets_address *address, char out[PACKETS_IP_TEXT_MAX]);

/* ---- packets_frame.c: what a captured frame is about ---- */
enum { PACKETS_NAME_MAX = 256 };
struct packets_frame {
    struct packets_address source, destination; /* family 0: neither IPv4 nor IPv6 */
    char query[PACKETS_NAME_MAX]; /* the name that a DNS packet over UDP asks for, small letters; "" */
};
void packets_frame_read(const uint8_t *bytes, size_t size_bytes, struct packets_frame *out);

/* ---- packets_capture.c: the file that capture writes ---- */
enum { PACKETS_HEAD_BYTES = 256, PACKETS_FRAME_BYTES_MAX = 1 << 20 };
struct packets_record {
    uint64_t time_ns; /* since 1970 */
    uint64_t offset;  /* of its bytes in the file */
    uint32_t size_bytes, original_bytes;
    uint8_t head[PACKETS_HEAD_BYTES]; /* its beginning */
    size_t head_bytes;
};
/* Reads the file's head. false: no such file, or not one that capture writes. */
bool packets_capture_begin(FILE *file);
/* false: the end, or what a killed run has cut off. */
bool packets_capture_next(FILE *file, struct packets_record *out);

/* ---- packets_index.c ---- */
enum { PACKETS_ITEMS_MAX = 4 << 20, PACKETS_KEY_LINE_MAX = 512 };
enum packets_kind { PACKETS_KEYS, PACKETS_FRAME, PACKETS_MESSAGE };
struct packets_item {
    uint64_t time_ns;
    uint64_t offset; /* of a line of the key log, a frame's bytes, a line of the journal */
    uint32_t size_bytes, original_bytes; /* original: a message's position among the connections */
    uint32_t entry;                      /* of the report */
    uint32_t kind;
};
struct packets_connection {
    struct packets_address local, remote;
    bool is_sctp;
};
struct packets {
    const struct report *report;
    FILE *journal, *capture, *keys; /* capture, keys: NULL when there is none */
    json_t *hosts;                  /* address as text → entry */
    json_t *zones;                  /* zone → entry */
    json_t *connection_ids;         /* id as text → position */
    struct packets_connection *connections;
    size_t connection_count, connection_capacity;
    struct packets_item *items;
    size_t item_count, item_capacity;
    size_t left_out;   /* items beyond the maximum */
    int64_t base_ns;   /* wall clock at ns 0 */
    uint64_t received; /* of the whole capture, as its end says */
    uint64_t missing;
};
/* Fills and sorts it. false: out of memory. */
bool packets_index(struct packets *packets);

#endif
