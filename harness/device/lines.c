/* Output of a device, cut into lines. */
#include "device/device_private.h"

#include <stdlib.h>
#include <string.h>

static void deliver(struct device_lines *lines, device_line_cb cb, void *arg)
{
    if (lines->size_bytes && lines->bytes[lines->size_bytes - 1] == '\r')
        lines->size_bytes--;
    lines->bytes[lines->size_bytes] = '\0';
    lines->size_bytes = 0;
    cb(lines->bytes, arg);
}

bool device_lines_push(struct device_lines *lines, const char *bytes, size_t size_bytes, device_line_cb cb,
                       void *arg)
{
    if (!lines->bytes)
        lines->bytes = calloc(1, DEVICE_LINE_MAX_BYTES + 1);
    if (!lines->bytes)
        return false;
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] == '\n') {
            deliver(lines, cb, arg);
            continue;
        }
        if (lines->size_bytes == DEVICE_LINE_MAX_BYTES)
            deliver(lines, cb, arg);
        lines->bytes[lines->size_bytes++] = bytes[i] ? bytes[i] : '?';
    }
    return true;
}

void device_lines_finish(struct device_lines *lines, device_line_cb cb, void *arg)
{
    if (lines->size_bytes)
        deliver(lines, cb, arg);
}

void device_lines_fini(struct device_lines *lines)
{
    free(lines->bytes);
    lines->bytes = NULL;
}
