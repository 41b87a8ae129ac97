/* Any bytes as a capture file: its records are read, and their frames are sorted to somebody or nobody. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reports/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packets_record record;
    struct packets_frame frame;
    char ip[PACKETS_IP_TEXT_MAX], *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    packets_address_parse(text, &frame.source);
    FILE *file = fmemopen(text, size + 1, "r");
    if (file && packets_capture_begin(file)) {
        while (packets_capture_next(file, &record)) {
            packets_frame_read(record.head, record.head_bytes, &frame);
            if (frame.source.family)
                packets_ip_format(&frame.source, ip);
            if (strlen(frame.query) >= PACKETS_NAME_MAX)
                abort();
        }
    }
    if (file)
        fclose(file);
    packets_frame_read(data, size, &frame);
    free(text);
    return 0;
}
