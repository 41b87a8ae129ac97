/* What the tests of dns share: zones made of lines, packets made and read with ldns. */
#ifndef DNS_FIXTURE_H
#define DNS_FIXTURE_H

#include <criterion/criterion.h>
#include <ldns/ldns.h>

#include "dns/dns_private.h"

/* Adds lines up to NULL; fails the test when one is refused. */
void fixture_add(struct dns_zone *zone, const char *const *lines);
/* A question as a packet on the heap. edns_size_bytes 0: no EDNS. */
uint8_t *fixture_query(const char *name, const char *type, uint16_t id, uint16_t edns_size_bytes,
                       size_t *size_bytes);
/* Zone-file lines of a section, joined by '\n', blanks between the fields; heap. */
char *fixture_section(const ldns_pkt *packet, ldns_pkt_section section);

#endif
