/* Any bytes as a packet, and as a line of a zone. An answer has to be a packet that ldns can read. */
#include <stdlib.h>
#include <string.h>

#include "dns/dns_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct dns_catalogue *catalogue, const uint8_t *data, size_t size, bool is_tcp)
{
    struct dns_reply reply;
    ldns_pkt *packet = NULL;
    if (!dns_reply_make(catalogue, data, size, is_tcp, &reply))
        return;
    if (ldns_wire2pkt(&packet, reply.bytes, reply.size_bytes) != LDNS_STATUS_OK ||
        (!is_tcp && reply.size_bytes > 4096))
        abort();
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_catalogue catalogue = {0};
    struct dns_zone *zone = dns_catalogue_add(&catalogue, "k.test", NULL);
    if (!zone)
        abort();
    dns_zone_add(zone, "*.a SRV 1 1 5061 peer", NULL, 0);
    dns_zone_add(zone, "c CNAME @", NULL, 0);
    dns_zone_add(zone, "@ A 192.0.2.1", NULL, 0);
    char *line = malloc(size + 1);
    if (line) {
        char error[256];
        if (size)
            memcpy(line, data, size);
        line[size] = '\0';
        dns_zone_add(zone, line, error, sizeof error);
        dns_zone_remove(zone, line, NULL);
        free(line);
    }
    ask(&catalogue, data, size, false);
    ask(&catalogue, data, size, true);
    dns_catalogue_fini(&catalogue);
    return 0;
}
