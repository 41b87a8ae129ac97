/* The classic pcap format, as libpcap writes it on this kind of machine: nanoseconds, this byte order,
 * Ethernet. */
#include "reports/packets.h"

#include <string.h>

enum { FILE_HEAD_WORDS = 6, MAGIC_NANOSECONDS = (int)0xa1b23c4d, LINK_ETHERNET = 1 };

bool packets_capture_begin(FILE *file)
{
    uint32_t head[FILE_HEAD_WORDS];
    return fread(head, sizeof head, 1, file) == 1 && head[0] == (uint32_t)MAGIC_NANOSECONDS &&
           (head[FILE_HEAD_WORDS - 1] & 0xffff) == LINK_ETHERNET;
}

bool packets_capture_next(FILE *file, struct packets_record *out)
{
    uint32_t head[4]; /* seconds, nanoseconds, captured, original */
    if (fread(head, sizeof head, 1, file) != 1 || head[2] > PACKETS_FRAME_BYTES_MAX)
        return false;
    out->time_ns = (uint64_t)head[0] * 1000000000 + head[1];
    out->offset = (uint64_t)ftello(file);
    out->size_bytes = head[2];
    out->original_bytes = head[3];
    out->head_bytes = head[2] < PACKETS_HEAD_BYTES ? head[2] : PACKETS_HEAD_BYTES;
    if (fread(out->head, 1, out->head_bytes, file) != out->head_bytes)
        return false;
    for (size_t left = head[2] - out->head_bytes; left > 0;) {
        char skipped[4096]; /* read, not sought over: a seek would throw the buffer away each time */
        size_t part = left < sizeof skipped ? left : sizeof skipped;
        if (fread(skipped, 1, part, file) != part)
            return false;
        left -= part;
    }
    return true;
}
