/* The data of a page deflated (RFC 1950), for a run whose call flows would not fit as they are: nine tenths
 * of them say what others have said. Pages of small runs stay readable with any tool. */
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "reports/html.h"

/* {"deflated", "size_bytes"}; NULL: out of memory. */
static json_t *deflated(const json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT), *encoded = NULL;
    size_t size_bytes = text ? strlen(text) : 0;
    uLongf packed_bytes = compressBound((uLong)size_bytes);
    unsigned char *packed = text ? malloc(packed_bytes) : NULL;
    if (packed && compress2(packed, &packed_bytes, (const Bytef *)text, (uLong)size_bytes,
                            Z_DEFAULT_COMPRESSION) == Z_OK)
        encoded = malloc(BASE64_ENCODE_RAW_LENGTH(packed_bytes));
    if (encoded)
        base64_encode_raw(encoded, packed_bytes, packed);
    json_t *object =
        encoded ? json_pack("{s:s%, s:I}", "deflated", encoded, BASE64_ENCODE_RAW_LENGTH(packed_bytes),
                            "size_bytes", (json_int_t)size_bytes)
                : NULL;
    free(encoded);
    free(packed);
    free(text);
    return object;
}

/* *data: all of it; let go of here, since what is deflated need not stay beside it. NULL: it does not fit. */
static json_t *deflate_until_it_fits(const struct report *report, const struct flow *flows, json_t *data,
                                     size_t room_bytes)
{
    /* How much it shrinks shows only when it is done; what does not shrink at all fits in the end too. */
    for (int tries = 0; data && tries < 6; tries++) {
        json_t *object = deflated(data);
        size_t size_bytes = object ? html_json_size(object) : 0;
        json_decref(data);
        if (!object || size_bytes <= room_bytes)
            return object;
        size_t plain_bytes = (size_t)((double)json_integer_value(json_object_get(object, "size_bytes")) *
                                      0.97 * (double)room_bytes / (double)size_bytes);
        json_decref(object);
        data = plain_bytes > room_bytes ? html_report_data(report, flows, plain_bytes) : NULL;
    }
    json_decref(data);
    return NULL;
}

json_t *html_page_data(const struct report *report, const struct flow *flows, size_t room_bytes)
{
    json_t *data = html_report_data(report, flows, HTML_PLAIN_BYTES_MAX);
    if (data && html_json_size(data) <= room_bytes)
        return data;
    data = deflate_until_it_fits(report, flows, data, room_bytes);
    return data ? data : html_report_data(report, flows, room_bytes);
}
