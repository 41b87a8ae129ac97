/* Any bytes as a stream, cut where the input itself says: the first byte seeds the sizes of the pieces, the
 * rest is the stream. What comes out must be what comes out of one push. */
#include <stdlib.h>
#include <string.h>

#include "sip/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_MAX_BYTES = 4096 };

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

/* What came out so far: a running hash over messages and errors, and how much they were. */
struct seen {
    uint64_t hash;
    size_t messages, message_bytes, pings;
    enum sip_error error;
};

static void seen_add(struct seen *seen, const struct sip_frame *frame)
{
    for (size_t i = 0; i < frame->size_bytes; i++)
        seen->hash = (seen->hash ^ frame->bytes[i]) * 1099511628211u;
    seen->messages++;
    seen->message_bytes += frame->size_bytes;
}

static bool seen_next(struct seen *seen, struct sip_framer *framer)
{
    struct sip_frame frame = sip_framer_next(framer);
    switch (frame.kind) {
    case SIP_FRAME_NONE:
        return false;
    case SIP_FRAME_MESSAGE:
        require(frame.size_bytes > 0 && frame.size_bytes <= FUZZ_MAX_BYTES);
        seen_add(seen, &frame);
        return true;
    case SIP_FRAME_PING:
        seen->pings++;
        return true;
    case SIP_FRAME_PONG: /* the first half of a ping looks like one: not the same for every cut */
        return true;
    case SIP_FRAME_ERROR:
        require(frame.error != SIP_OK);
        seen->error = frame.error;
        return false;
    }
    return false;
}

static struct seen stream_run(const uint8_t *data, size_t size, uint32_t seed)
{
    struct seen seen = {.hash = 14695981039346656037u};
    struct sip_framer *framer = sip_framer_new(FUZZ_MAX_BYTES);
    require(framer != NULL);
    for (size_t at = 0; at < size && seen.error == SIP_OK;) {
        size_t piece = size;
        if (seed) {
            seed = seed * 1664525 + 1013904223;
            piece = 1 + (seed >> 24) % 40;
        }
        if (piece > size - at)
            piece = size - at;
        require(sip_framer_push(framer, data + at, piece));
        at += piece;
        while (seen_next(&seen, framer)) {
        }
    }
    sip_framer_free(framer);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct seen whole = stream_run(data + 1, size - 1, 0);
    struct seen pieces = stream_run(data + 1, size - 1, 1 + (uint32_t)data[0]);
    require(whole.hash == pieces.hash && whole.messages == pieces.messages && whole.pings == pieces.pings);
    require(whole.message_bytes == pieces.message_bytes && whole.error == pieces.error);
    return 0;
}
