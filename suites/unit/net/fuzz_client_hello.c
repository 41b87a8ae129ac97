/* Any bytes as a ClientHello: the name's place must lie inside them. */
#include <assert.h>
#include <stdlib.h>

#include "net/net_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t place = 0, name_size_bytes = 0;
    if (net_client_hello_find_server_name(data, size, &place, &name_size_bytes) == NET_CLIENT_HELLO_NAME) {
        assert(place <= size && name_size_bytes <= size - place);
        free(net_server_name_to_text(data + place, name_size_bytes));
    }
    return 0;
}
