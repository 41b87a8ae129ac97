#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/net_private.h"

/* A place in the message and the end of the vector that it is in. */
struct reader {
    const uint8_t *bytes;
    size_t at, end;
};

static bool read_number(struct reader *reader, size_t width_bytes, size_t *out)
{
    if (reader->end - reader->at < width_bytes)
        return false;
    *out = 0;
    for (size_t i = 0; i < width_bytes; i++)
        *out = *out << 8 | reader->bytes[reader->at++];
    return true;
}

static bool skip(struct reader *reader, size_t size_bytes)
{
    if (reader->end - reader->at < size_bytes)
        return false;
    reader->at += size_bytes;
    return true;
}

/* A vector with a length in front: inner covers its contents, reader goes on behind it. */
static bool read_vector(struct reader *reader, size_t width_bytes, struct reader *inner)
{
    size_t size_bytes = 0;
    if (!read_number(reader, width_bytes, &size_bytes) || reader->end - reader->at < size_bytes)
        return false;
    *inner = (struct reader){reader->bytes, reader->at, reader->at + size_bytes};
    reader->at += size_bytes;
    return true;
}

static enum net_client_hello_result read_server_name_list(struct reader *extension, size_t *place,
                                                          size_t *name_size_bytes)
{
    enum { NAME_TYPE_HOST_NAME = 0 };
    struct reader list;
    if (!read_vector(extension, 2, &list))
        return NET_CLIENT_HELLO_BROKEN;
    while (list.at < list.end) {
        size_t type = 0;
        struct reader name;
        if (!read_number(&list, 1, &type) || !read_vector(&list, 2, &name))
            return NET_CLIENT_HELLO_BROKEN;
        if (type == NAME_TYPE_HOST_NAME) {
            *place = name.at;
            *name_size_bytes = name.end - name.at;
            return NET_CLIENT_HELLO_NAME;
        }
    }
    return NET_CLIENT_HELLO_NO_NAME;
}

enum net_client_hello_result net_client_hello_find_server_name(const uint8_t *body, size_t size_bytes,
                                                               size_t *place, size_t *name_size_bytes)
{
    enum { VERSION_AND_RANDOM_BYTES = 2 + 32, EXTENSION_SERVER_NAME = 0 };
    struct reader reader = {body, 0, size_bytes};
    struct reader ignored, extensions;
    if (!skip(&reader, VERSION_AND_RANDOM_BYTES) || !read_vector(&reader, 1, &ignored) /* session id */
        || !read_vector(&reader, 2, &ignored)                                          /* cipher suites */
        || !read_vector(&reader, 1, &ignored))                                         /* compression */
        return NET_CLIENT_HELLO_BROKEN;
    if (reader.at == reader.end)
        return NET_CLIENT_HELLO_NO_NAME; /* TLS 1.2 lets a client have no extensions at all */
    if (!read_vector(&reader, 2, &extensions))
        return NET_CLIENT_HELLO_BROKEN;
    while (extensions.at < extensions.end) {
        size_t type = 0;
        struct reader extension;
        if (!read_number(&extensions, 2, &type) || !read_vector(&extensions, 2, &extension))
            return NET_CLIENT_HELLO_BROKEN;
        if (type == EXTENSION_SERVER_NAME)
            return read_server_name_list(&extension, place, name_size_bytes);
    }
    return NET_CLIENT_HELLO_NO_NAME;
}

char *net_server_name_to_text(const uint8_t *name, size_t size_bytes)
{
    char *text = malloc(4 * size_bytes + 1);
    if (!text)
        return NULL;
    char *end = text;
    for (size_t i = 0; i < size_bytes; i++) {
        if (name[i] > ' ' && name[i] < 0x7f && name[i] != '\\')
            *end++ = (char)name[i];
        else
            end += sprintf(end, "\\x%02X", name[i]);
    }
    *end = '\0';
    return text;
}

bool net_server_name_is_plain(uint8_t byte)
{
    return (byte < 0x80 && isalnum(byte)) || byte == '-' || byte == '.';
}
