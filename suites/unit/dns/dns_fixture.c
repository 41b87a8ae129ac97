#include "dns_fixture.h"

void fixture_add(struct dns_zone *zone, const char *const *lines)
{
    for (; *lines; lines++) {
        char error[256] = "";
        cr_assert(dns_zone_add(zone, *lines, error, sizeof error), "%s", error);
    }
}

uint8_t *fixture_query(const char *name, const char *type, uint16_t id, uint16_t edns_size_bytes,
                       size_t *size_bytes)
{
    ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), ldns_get_rr_type_by_name(type),
                                          LDNS_RR_CLASS_IN, LDNS_RD);
    cr_assert_not_null(packet);
    ldns_pkt_set_id(packet, id);
    if (edns_size_bytes)
        ldns_pkt_set_edns_udp_size(packet, edns_size_bytes);
    uint8_t *bytes = NULL;
    cr_assert_eq(ldns_pkt2wire(&bytes, packet, size_bytes), LDNS_STATUS_OK);
    ldns_pkt_free(packet);
    return bytes;
}

char *fixture_section(const ldns_pkt *packet, ldns_pkt_section section)
{
    ldns_rr_list *records = ldns_pkt_get_section_clone(packet, section);
    char *text = ldns_rr_list2str(records);
    ldns_rr_list_deep_free(records);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    for (char *p = text; *p; p++)
        if (*p == '\t')
            *p = ' ';
    return text;
}
