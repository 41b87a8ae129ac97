/* The data of a page deflated (RFC 1950), for a run whose call flows would not fit as they are: nine tenths
 * of them say what others have said. Pages of small runs stay readable with any tool. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "reports/html.h"

/* RFC 4648 §4. Heap. */
static char *base64_of(const unsigned char *bytes, size_t size_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((size_bytes + 2) / 3 * 4 + 1), *to = text;
    for (size_t i = 0; text && i < size_bytes; i += 3) {
        size_t left = size_bytes - i;
        unsigned held = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);
        *to++ = digits[held >> 18];
        *to++ = digits[held >> 12 & 63];
        *to++ = '=';
        *to++ = '=';
        if (left > 1)
            to[-2] = digits[held >> 6 & 63];
        if (left > 2)
            to[-1] = digits[held & 63];
    }
    if (text)
        *to = '\0';
    return text;
}

/* {"deflated", "size_bytes"}; NULL: out of memory. */
static json_t *deflated(const json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT), *encoded = NULL;
    size_t size_bytes = text ? strlen(text) : 0;
    uLongf packed_bytes = compressBound((uLong)size_bytes);
    unsigned char *packed = text ? malloc(packed_bytes) : NULL;
    if (packed && compress2(packed, &packed_bytes, (const Bytef *)text, (uLong)size_bytes,
                            Z_DEFAULT_COMPRESSION) == Z_OK)
        encoded = base64_of(packed, packed_bytes);
    json_t *object =
        encoded ? json_pack("{s:s, s:I}", "deflated", encoded, "size_bytes", (json_int_t)size_bytes) : NULL;
    free(encoded);
    free(packed);
    free(text);
    return object;
}

json_t *html_deflated_data(const struct report *report, const struct flow *flows, size_t room_bytes)
{
    size_t plain_bytes = HTML_PLAIN_BYTES_MAX;
    /* How much it shrinks shows only when it is done; what does not shrink at all fits in the end too. */
    for (int tries = 0; tries < 6 && plain_bytes > room_bytes; tries++) {
        bool is_whole;
        json_t *data = html_report_data(report, flows, plain_bytes, &is_whole),
               *object = data ? deflated(data) : NULL;
        size_t size_bytes = object ? html_json_size(object) : 0;
        json_decref(data);
        if (!object || size_bytes <= room_bytes)
            return object;
        plain_bytes = (size_t)((double)json_integer_value(json_object_get(object, "size_bytes")) * 0.97 *
                               (double)room_bytes / (double)size_bytes);
        json_decref(object);
    }
    return NULL;
}
