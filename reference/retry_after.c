/* Servers that answered 503 with Retry-After get no other request until then (RFC 3261 §21.5.4). */
#include <stdlib.h>
#include <utlist.h>

#include "reference/history.h"

enum { BUSY_SERVERS_MAX = 1000, RETRY_AFTER_MAX_S = 3600 };

struct busy_server {
    enum net_transport transport;
    struct net_address address;
    uint64_t until_ms;
    struct busy_server *prev, *next;
};

static void forget_past(struct reference_node *node, uint64_t now_ms)
{
    struct busy_server *at;
    struct busy_server *next;
    DL_FOREACH_SAFE(node->busy_servers, at, next)
    {
        if (at->until_ms <= now_ms) {
            DL_DELETE(node->busy_servers, at);
            free(at);
        }
    }
}

void retry_after_note(struct reference_node *node, const struct target *target,
                      const struct sip_message *response)
{
    const char *field = sip_message_header(response, "Retry-After");
    unsigned long seconds = field == NULL ? 0 : strtoul(field, NULL, 10);
    uint64_t now_ms = loop_now_ms(node->loop);
    const struct busy_server *at;
    int count = 0;
    forget_past(node, now_ms);
    DL_COUNT(node->busy_servers, at, count);
    if (seconds == 0 || count >= BUSY_SERVERS_MAX || node_has(node, FAULT_IGNORE_RETRY_AFTER)) {
        return;
    }
    struct busy_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        return;
    }
    server->transport = target->transport;
    server->address = target->address;
    server->until_ms = now_ms + 1000 * (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S);
    DL_APPEND(node->busy_servers, server);
}

bool retry_after_is_set(const struct reference_node *node, const struct target *target)
{
    uint64_t now_ms = loop_now_ms(node->loop);
    const struct busy_server *at;
    DL_FOREACH(node->busy_servers, at)
    {
        if (at->until_ms > now_ms && at->transport == target->transport &&
            net_address_equal(&at->address, &target->address)) {
            return true;
        }
    }
    return false;
}

void retry_after_free_all(struct reference_node *node)
{
    forget_past(node, UINT64_MAX);
}
