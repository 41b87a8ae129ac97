/* The answer to one packet: bytes in, bytes out. Nothing here knows of sockets or of time. */
#include <stdlib.h>
#include <string.h>

#include "dns/dns_private.h"

enum { FLAGS_QR = 0x80, FLAGS_OPCODE = 0x78, FLAGS_RD = 0x01 }; /* of the header's third byte */

static char *text_lower(char *text)
{
    for (char *p = text; p && *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return text;
}

/* Only the header: for what cannot be understood well enough to repeat its question. */
static bool reply_make_bare(const uint8_t *query, ldns_pkt_rcode rcode, const char *rcode_name,
                            struct dns_reply *out)
{
    uint8_t *bytes = calloc(1, DNS_HEADER_BYTES);
    if (!bytes)
        return false;
    bytes[0] = query[0];
    bytes[1] = query[1];
    bytes[2] = (uint8_t)(FLAGS_QR | (query[2] & (FLAGS_OPCODE | FLAGS_RD)));
    bytes[3] = (uint8_t)rcode;
    out->bytes = bytes;
    out->size_bytes = DNS_HEADER_BYTES;
    out->name = strdup("");
    out->type = strdup("");
    out->rcode = strdup(rcode_name);
    out->answer = strdup("");
    return out->name && out->type && out->rcode && out->answer;
}

static void packet_push(ldns_pkt *packet, ldns_pkt_section section, const ldns_rr *record,
                        const ldns_rdf *owner)
{
    ldns_rr *copy = ldns_rr_clone(record);
    if (copy && owner) {
        ldns_rdf_deep_free(ldns_rr_owner(copy));
        ldns_rr_set_owner(copy, ldns_rdf_clone(owner));
    }
    if (!copy || !ldns_rr_owner(copy) || !ldns_pkt_push_rr(packet, section, copy))
        ldns_rr_free(copy);
}

/* Returns how many records of the type there were; cname gets the CNAME, if there is one. */
static size_t packet_push_matches(ldns_pkt *packet, const struct dns_zone *zone, const struct dns_node *node,
                                  ldns_rr_type type, const ldns_rdf *wildcard_owner, const ldns_rr **cname)
{
    size_t count = 0;
    const ldns_rr *own[] = {zone->soa, zone->ns};
    bool is_apex = node->key_size_bytes == ldns_rdf_size(zone->origin);
    for (size_t i = 0; is_apex && i < 2; i++) {
        if (type == LDNS_RR_TYPE_ANY || ldns_rr_get_type(own[i]) == type) {
            packet_push(packet, LDNS_SECTION_ANSWER, own[i], NULL);
            count++;
        }
    }
    *cname = NULL;
    for (size_t i = 0; i < node->record_count; i++) {
        ldns_rr_type found = ldns_rr_get_type(node->records[i]);
        if (type == LDNS_RR_TYPE_ANY || found == type) {
            packet_push(packet, LDNS_SECTION_ANSWER, node->records[i], wildcard_owner);
            count++;
        } else if (found == LDNS_RR_TYPE_CNAME) {
            *cname = node->records[i];
        }
    }
    return count;
}

/* RFC 1034 §4.3.2 without delegations: matches, else the CNAME and on with its target, else a denial with SOA
 * (RFC 2308). */
static void packet_answer(ldns_pkt *packet, const struct dns_zone *zone, const ldns_rdf *name,
                          ldns_rr_type type)
{
    for (int hop = 0; hop < DNS_CNAME_HOPS_MAX; hop++) {
        bool is_wildcard = false;
        const struct dns_node *node = dns_zone_find(zone, name, &is_wildcard);
        /* The origin always exists, records or not. */
        struct dns_node apex = {.key_size_bytes = ldns_rdf_size(zone->origin)};
        if (!node && ldns_dname_compare(name, zone->origin) == 0)
            node = &apex;
        if (!node) {
            ldns_pkt_set_rcode(packet, LDNS_RCODE_NXDOMAIN);
            packet_push(packet, LDNS_SECTION_AUTHORITY, zone->soa, NULL);
            return;
        }
        const ldns_rr *cname;
        if (packet_push_matches(packet, zone, node, type, is_wildcard ? name : NULL, &cname) > 0)
            return;
        if (!cname) {
            packet_push(packet, LDNS_SECTION_AUTHORITY, zone->soa, NULL);
            return;
        }
        packet_push(packet, LDNS_SECTION_ANSWER, cname, is_wildcard ? name : NULL);
        name = ldns_rr_rdf(cname, 0);
        if (!dns_zone_contains(zone, name))
            return;
    }
}

static char *answer_text(const ldns_pkt *packet)
{
    char *text = ldns_rr_list2str(ldns_pkt_answer(packet));
    size_t length = text ? strlen(text) : 0;
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    return text;
}

static size_t size_allowed(const ldns_pkt *query, bool is_tcp)
{
    if (is_tcp)
        return DNS_MESSAGE_MAX_BYTES;
    size_t size = ldns_pkt_edns(query) ? ldns_pkt_edns_udp_size(query) : 0;
    if (size < DNS_UDP_PLAIN_MAX_BYTES)
        return DNS_UDP_PLAIN_MAX_BYTES;
    return size < DNS_UDP_EDNS_MAX_BYTES ? size : DNS_UDP_EDNS_MAX_BYTES;
}

static bool packet_empty_answer(ldns_pkt *packet)
{
    ldns_rr_list *empty = ldns_rr_list_new();
    if (!empty)
        return false;
    ldns_rr_list_deep_free(ldns_pkt_answer(packet));
    ldns_pkt_set_answer(packet, empty);
    ldns_pkt_set_ancount(packet, 0);
    return true;
}

/* Too large: the same header with TC and no records, so that the client asks again over TCP (RFC 2181 §9). */
static bool packet_to_wire(ldns_pkt *packet, size_t allowed, bool is_tcp, struct dns_reply *out)
{
    size_t size = 0;
    if (ldns_pkt2wire(&out->bytes, packet, &size) == LDNS_STATUS_OK && size <= allowed) {
        out->size_bytes = size;
        return true;
    }
    free(out->bytes);
    out->bytes = NULL;
    if (!packet_empty_answer(packet))
        return false;
    if (is_tcp) {
        ldns_pkt_set_rcode(packet, LDNS_RCODE_SERVFAIL);
    } else {
        ldns_pkt_set_tc(packet, true);
        out->is_truncated = true;
    }
    return ldns_pkt2wire(&out->bytes, packet, &out->size_bytes) == LDNS_STATUS_OK;
}

static ldns_pkt *packet_new_for(const ldns_pkt *query, const ldns_rr *question)
{
    ldns_pkt *packet = ldns_pkt_new();
    if (!packet)
        return NULL;
    ldns_pkt_set_id(packet, ldns_pkt_id(query));
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_rd(packet, ldns_pkt_rd(query));
    packet_push(packet, LDNS_SECTION_QUESTION, question, NULL);
    if (ldns_pkt_edns(query))
        ldns_pkt_set_edns_udp_size(packet, DNS_UDP_EDNS_MAX_BYTES);
    return packet;
}

/* What is asked of a class, type or version that we do not have is refused before any zone is looked at. */
static bool packet_refuse(ldns_pkt *packet, const ldns_pkt *query, const ldns_rr *question,
                          const struct dns_zone *zone)
{
    ldns_rr_type type = ldns_rr_get_type(question);
    if (ldns_pkt_edns(query) && ldns_pkt_edns_version(query) != 0) {
        ldns_pkt_set_edns_extended_rcode(packet, 1); /* BADVERS, RFC 6891 §6.1.3 */
        return true;
    }
    bool is_class_ours =
        ldns_rr_get_class(question) == LDNS_RR_CLASS_IN || ldns_rr_get_class(question) == LDNS_RR_CLASS_ANY;
    if (zone && is_class_ours && type != LDNS_RR_TYPE_AXFR && type != LDNS_RR_TYPE_IXFR)
        return false;
    ldns_pkt_set_rcode(packet, LDNS_RCODE_REFUSED);
    return true;
}

static char *rcode_text(const ldns_pkt *packet)
{
    if (ldns_pkt_edns(packet) && ldns_pkt_edns_extended_rcode(packet) == 1)
        return strdup("BADVERS");
    return ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
}

static bool reply_make_for_question(const struct dns_catalogue *catalogue, const ldns_pkt *query, bool is_tcp,
                                    struct dns_reply *out)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    const ldns_rdf *name = ldns_rr_owner(question);
    ldns_pkt *packet = packet_new_for(query, question);
    if (!packet)
        return false;
    out->zone = dns_catalogue_find(catalogue, name);
    if (!packet_refuse(packet, query, question, out->zone)) {
        ldns_pkt_set_aa(packet, true);
        packet_answer(packet, out->zone, name, ldns_rr_get_type(question));
    }
    bool is_good = packet_to_wire(packet, size_allowed(query, is_tcp), is_tcp, out);
    if (is_good) {
        out->name = text_lower(ldns_rdf2str(name));
        out->type = ldns_rr_type2str(ldns_rr_get_type(question));
        out->rcode = rcode_text(packet);
        out->answer = answer_text(packet);
        is_good = out->name && out->type && out->rcode && out->answer;
    }
    ldns_pkt_free(packet);
    return is_good;
}

bool dns_reply_make(const struct dns_catalogue *catalogue, const uint8_t *query, size_t query_size_bytes,
                    bool is_tcp, struct dns_reply *out)
{
    /* An answer to an answer would go round for ever. */
    if (query_size_bytes < DNS_HEADER_BYTES || query_size_bytes > DNS_MESSAGE_MAX_BYTES ||
        (query[2] & FLAGS_QR))
        return false;
    struct dns_reply reply = {0};
    ldns_pkt *packet = NULL;
    bool is_good;
    if ((query[2] & FLAGS_OPCODE) != 0)
        is_good = reply_make_bare(query, LDNS_RCODE_NOTIMPL, "NOTIMP", &reply);
    else if (ldns_wire2pkt(&packet, query, query_size_bytes) != LDNS_STATUS_OK ||
             ldns_pkt_qdcount(packet) != 1)
        is_good = reply_make_bare(query, LDNS_RCODE_FORMERR, "FORMERR", &reply);
    else
        is_good = reply_make_for_question(catalogue, packet, is_tcp, &reply);
    ldns_pkt_free(packet);
    if (is_good)
        *out = reply;
    else
        dns_reply_fini(&reply);
    return is_good;
}

void dns_reply_fini(struct dns_reply *reply)
{
    free(reply->bytes);
    free(reply->name);
    free(reply->type);
    free(reply->rcode);
    free(reply->answer);
    *reply = (struct dns_reply){0};
}
