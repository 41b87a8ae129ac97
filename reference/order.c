/* The orders in which records are used: RFC 2782 for SRV, RFC 3403 §4.1 and RFC 3263 §4.1 for NAPTR; and of
 * addresses, where all messages of a transaction have to find the same server (RFC 3263 §4.4). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/location.h"

static int compare_srv(const void *left, const void *right)
{
    const struct lookup_srv *a = left;
    const struct lookup_srv *b = right;
    if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    /* "to select a target … arrange all SRV RRs … in any order, except that all those with weight 0 are
     * placed at the beginning" */
    if ((a->weight != 0) != (b->weight != 0)) {
        return (a->weight != 0) - (b->weight != 0);
    }
    /* RFC 3263 §4.4: one order whatever the DNS gave, so that the same dice choose the same server. */
    int names = strcasecmp(a->target, b->target);
    return names != 0 ? names : (a->port > b->port) - (a->port < b->port);
}

/* One round of RFC 2782: moves the chosen record of a priority to the front. */
static void choose_one(struct lookup_srv *records, size_t count, struct dice *dice)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += records[i].weight;
    }
    size_t chosen = 0;
    if (sum == 0) { /* no weights: any order */
        chosen = (size_t)dice_below(dice, count);
    } else {
        uint64_t number = dice_below(dice, sum + 1);
        for (uint64_t running = records[0].weight; running < number; running += records[chosen].weight) {
            chosen++;
        }
    }
    struct lookup_srv first = records[chosen];
    memmove(records + 1, records, chosen * sizeof(*records));
    records[0] = first;
}

void order_srv(struct lookup_srv *records, size_t count, struct dice *dice)
{
    if (count == 0) {
        return;
    }
    qsort(records, count, sizeof(*records), compare_srv);
    for (size_t begin = 0; begin < count;) {
        size_t end = begin + 1;
        while (end < count && records[end].priority == records[begin].priority) {
            end++;
        }
        for (; begin < end; begin++) {
            choose_one(records + begin, end - begin, dice);
        }
    }
}

bool naptr_transport(const struct lookup_naptr *record, enum net_transport *out)
{
    if (strcasecmp(record->service, "SIP+D2T") == 0) {
        *out = NET_TCP;
    } else if (strcasecmp(record->service, "SIPS+D2T") == 0) {
        *out = NET_TLS;
    } else if (strcasecmp(record->service, "SIP+D2S") == 0) {
        *out = NET_SCTP;
    } else if (strcasecmp(record->service, "SIPS+D2S") == 0) { /* RFC 4168 §6 */
        *out = NET_TLS_SCTP;
    } else {
        return false;
    }
    return strcasecmp(record->flags, "s") == 0;
}

static int compare_naptr(const void *left, const void *right)
{
    const struct lookup_naptr *a = left;
    const struct lookup_naptr *b = right;
    if (a->order != b->order) {
        return a->order < b->order ? -1 : 1;
    }
    if (a->preference != b->preference) {
        return a->preference < b->preference ? -1 : 1;
    }
    return strcasecmp(a->replacement, b->replacement);
}

size_t order_naptr(struct lookup_naptr *records, size_t count, bool is_secure, bool has_sctp)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        enum net_transport transport;
        bool is_known = naptr_transport(&records[i], &transport);
        bool is_usable = is_known && (!is_secure || net_transport_is_secure(transport)) &&
                         (has_sctp || transport == NET_TCP || transport == NET_TLS);
        if (is_usable) {
            struct lookup_naptr record = records[i];
            records[i] = records[kept];
            records[kept++] = record;
        }
    }
    if (kept > 0) {
        qsort(records, kept, sizeof(*records), compare_naptr);
    }
    return kept;
}

/* Only what one name gave is put into an order: addresses of one server, or of a host without SRV records. */
static int compare_targets(const struct target *a, const struct target *b)
{
    bool is_one_server = a->server_name != NULL && b->server_name != NULL &&
                         strcmp(a->server_name, b->server_name) == 0 && a->transport == b->transport &&
                         a->address.port == b->address.port;
    bool is_one_host = a->server_name == NULL && b->server_name == NULL && a->transport == b->transport;
    if ((!is_one_server && !is_one_host) || a->address.family != b->address.family) {
        return 0;
    }
    return memcmp(a->address.ip, b->address.ip, sizeof(a->address.ip));
}

void order_addresses(struct targets *targets)
{
    for (size_t end = 1; end < targets->count; end++) {
        for (size_t i = end; i > 0 && compare_targets(&targets->items[i - 1], &targets->items[i]) > 0; i--) {
            struct target later = targets->items[i - 1];
            targets->items[i - 1] = targets->items[i];
            targets->items[i] = later;
        }
    }
}
