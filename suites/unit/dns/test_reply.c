/* Packets in, packets out. */
#include <stdlib.h>
#include <string.h>

#include "dns_fixture.h"

struct world {
    struct dns_catalogue catalogue;
    struct dns_zone *zone;
};

static const char *const LINES[] = {"@ A 192.0.2.9",
                                    "a NAPTR 10 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.a",
                                    "_sips._tcp.a SRV 1 1 5061 peer.a",
                                    "peer.a A 192.0.2.1",
                                    "peer.a A 192.0.2.2",
                                    "peer.a AAAA 2001:db8::1",
                                    "alias CNAME alias2",
                                    "alias2 CNAME peer.a",
                                    "out CNAME www.elsewhere.test.",
                                    "dead CNAME nothing",
                                    "loop CNAME loop2",
                                    "loop2 CNAME loop",
                                    "MiXed.Case A 192.0.2.3",
                                    "*.wild A 192.0.2.4",
                                    "known.wild TXT hello",
                                    NULL};

static struct world world_new(void)
{
    struct world world = {0};
    return world;
}

/* The catalogue must not move once it has zones. */
static void world_fill(struct world *world)
{
    cr_assert(net_address_parse("127.0.0.53", 53, &world->catalogue.addresses[0]));
    world->catalogue.address_count = 1;
    world->zone = dns_catalogue_add(&world->catalogue, "k.Run.test", world);
    cr_assert_not_null(world->zone);
    fixture_add(world->zone, LINES);
}

static void world_fini(struct world *world)
{
    dns_catalogue_fini(&world->catalogue);
}

static struct dns_reply ask(struct world *world, const char *name, const char *type, uint16_t edns_size,
                            bool is_tcp, ldns_pkt **packet)
{
    size_t size;
    uint8_t *query = fixture_query(name, type, 0x1234, edns_size, &size);
    struct dns_reply reply;
    cr_assert(dns_reply_make(&world->catalogue, query, size, is_tcp, &reply));
    free(query);
    cr_assert_eq(ldns_wire2pkt(packet, reply.bytes, reply.size_bytes), LDNS_STATUS_OK);
    cr_expect_eq(ldns_pkt_id(*packet), 0x1234);
    cr_expect(ldns_pkt_qr(*packet));
    cr_expect(ldns_pkt_rd(*packet));
    cr_expect_not(ldns_pkt_ra(*packet));
    return reply;
}

static const char SOA[] =
    "k.run.test. 60 IN SOA nameserver.k.run.test. hostmaster.k.run.test. 1 3600 600 86400 60";

static void assert_answer(const char *name, const char *type, const char *rcode, const char *answer,
                          const char *authority)
{
    struct world world = world_new();
    world_fill(&world);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, name, type, 0, false, &packet);
    char *section = fixture_section(packet, LDNS_SECTION_ANSWER);
    cr_expect_str_eq(section, answer, "%s %s: answer '%s'", name, type, section);
    free(section);
    section = fixture_section(packet, LDNS_SECTION_AUTHORITY);
    cr_expect_str_eq(section, authority, "%s %s: authority '%s'", name, type, section);
    free(section);
    cr_expect_eq(ldns_pkt_arcount(packet), 0, "nothing is told that was not asked");
    cr_expect_str_eq(reply.rcode, rcode, "%s %s: %s", name, type, reply.rcode);
    char *rcode_shown = ldns_pkt_rcode2str(ldns_pkt_get_rcode(packet));
    cr_expect_str_eq(rcode_shown, rcode);
    free(rcode_shown);
    cr_expect_eq(ldns_pkt_aa(packet), strcmp(rcode, "REFUSED") != 0);
    cr_expect_str_eq(reply.type, type);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}

Test(reply, records_of_every_kind)
{
    assert_answer("k.run.test.", "A", "NOERROR", "k.run.test. 60 IN A 192.0.2.9", "");
    assert_answer("a.k.run.test.", "NAPTR", "NOERROR",
                  "a.k.run.test. 60 IN NAPTR 10 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.a.k.run.test.", "");
    assert_answer("_sips._tcp.a.k.run.test.", "SRV", "NOERROR",
                  "_sips._tcp.a.k.run.test. 60 IN SRV 1 1 5061 peer.a.k.run.test.", "");
    assert_answer("peer.a.k.run.test.", "A", "NOERROR",
                  "peer.a.k.run.test. 60 IN A 192.0.2.1\npeer.a.k.run.test. 60 IN A 192.0.2.2", "");
    assert_answer("peer.a.k.run.test.", "AAAA", "NOERROR", "peer.a.k.run.test. 60 IN AAAA 2001:db8::1", "");
    assert_answer("known.wild.k.run.test.", "TXT", "NOERROR", "known.wild.k.run.test. 60 IN TXT \"hello\"",
                  "");
    assert_answer("k.run.test.", "SOA", "NOERROR", SOA, "");
    assert_answer("k.run.test.", "NS", "NOERROR", "k.run.test. 60 IN NS nameserver.k.run.test.", "");
    assert_answer("nameserver.k.run.test.", "A", "NOERROR", "nameserver.k.run.test. 60 IN A 127.0.0.53", "");
    assert_answer("peer.a.k.run.test.", "ANY", "NOERROR",
                  "peer.a.k.run.test. 60 IN A 192.0.2.1\npeer.a.k.run.test. 60 IN A 192.0.2.2\n"
                  "peer.a.k.run.test. 60 IN AAAA 2001:db8::1",
                  "");
}

Test(reply, denials_carry_the_soa)
{
    assert_answer("nothing.k.run.test.", "A", "NXDOMAIN", "", SOA);
    assert_answer("x.peer.a.k.run.test.", "A", "NXDOMAIN", "", SOA);
    assert_answer("peer.a.k.run.test.", "SRV", "NOERROR", "", SOA);
    assert_answer("k.run.test.", "AAAA", "NOERROR", "", SOA);
    /* Names exist when there is one below them (RFC 8020). */
    assert_answer("_tcp.a.k.run.test.", "A", "NOERROR", "", SOA);
}

Test(reply, elsewhere_is_refused)
{
    assert_answer("run.test.", "A", "REFUSED", "", "");
    assert_answer("xk.run.test.", "A", "REFUSED", "", "");
    assert_answer(".", "NS", "REFUSED", "", "");
    assert_answer("k.run.test.", "AXFR", "REFUSED", "", "");
}

Test(reply, cname_is_followed_within_the_zone)
{
    assert_answer("alias.k.run.test.", "AAAA", "NOERROR",
                  "alias.k.run.test. 60 IN CNAME alias2.k.run.test.\nalias2.k.run.test. 60 IN CNAME "
                  "peer.a.k.run.test.\n"
                  "peer.a.k.run.test. 60 IN AAAA 2001:db8::1",
                  "");
    assert_answer("alias.k.run.test.", "CNAME", "NOERROR", "alias.k.run.test. 60 IN CNAME alias2.k.run.test.",
                  "");
    assert_answer("out.k.run.test.", "A", "NOERROR", "out.k.run.test. 60 IN CNAME www.elsewhere.test.", "");
    assert_answer("dead.k.run.test.", "A", "NXDOMAIN", "dead.k.run.test. 60 IN CNAME nothing.k.run.test.",
                  SOA);
    assert_answer("alias2.k.run.test.", "SRV", "NOERROR", "alias2.k.run.test. 60 IN CNAME peer.a.k.run.test.",
                  SOA);
}

Test(reply, cname_loop_ends)
{
    struct world world = world_new();
    world_fill(&world);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, "loop.k.run.test.", "A", 0, true, &packet);
    cr_expect_eq(ldns_pkt_ancount(packet), DNS_CNAME_HOPS_MAX);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}

Test(reply, wildcards)
{
    assert_answer("any.wild.k.run.test.", "A", "NOERROR", "any.wild.k.run.test. 60 IN A 192.0.2.4", "");
    assert_answer("deep.any.wild.k.run.test.", "A", "NOERROR", "deep.any.wild.k.run.test. 60 IN A 192.0.2.4",
                  "");
    assert_answer("any.wild.k.run.test.", "AAAA", "NOERROR", "", SOA);
    assert_answer("known.wild.k.run.test.", "A", "NOERROR", "", SOA);
    assert_answer("wild.k.run.test.", "A", "NOERROR", "", SOA);
}

Test(reply, case_of_names_is_ignored_and_kept)
{
    struct world world = world_new();
    world_fill(&world);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, "mIxEd.cAsE.K.ruN.TEST.", "A", 0, false, &packet);
    cr_expect_eq(ldns_pkt_ancount(packet), 1);
    cr_expect_str_eq(reply.name, "mixed.case.k.run.test.");
    cr_expect_eq(reply.zone, world.zone);
    /* Bit for bit, for clients that check it (0x20). */
    static const uint8_t ASKED[] = "\x05mIxEd\x04"
                                   "cAsE\x01K\x03ruN\x04TEST";
    cr_assert_gt(reply.size_bytes, DNS_HEADER_BYTES + sizeof ASKED);
    cr_expect_eq(memcmp(reply.bytes + DNS_HEADER_BYTES, ASKED, sizeof ASKED), 0);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}

Test(reply, srv_target_is_not_compressed)
{
    struct world world = world_new();
    world_fill(&world);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, "_sips._tcp.a.k.run.test.", "SRV", 0, false, &packet);
    static const uint8_t TARGET[] = "\x04peer\x01"
                                    "a\x01k\x03run\x04test";
    cr_expect_not_null(memmem(reply.bytes, reply.size_bytes, TARGET, sizeof TARGET), "RFC 2782");
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}

static void world_add_many(struct world *world, const char *name, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char line[64], error[256] = "";
        snprintf(line, sizeof line, "%s A 10.%u.%u.1", name, i / 256, i % 256);
        cr_assert(dns_zone_add(world->zone, line, error, sizeof error), "%s", error);
    }
}

static void assert_truncated(struct world *world, const char *name, uint16_t edns_size, bool is_tcp,
                             bool expected)
{
    ldns_pkt *packet;
    struct dns_reply reply = ask(world, name, "A", edns_size, is_tcp, &packet);
    cr_expect_eq(ldns_pkt_tc(packet), expected, "%s with EDNS %u", name, edns_size);
    cr_expect_eq(reply.is_truncated, expected);
    cr_expect_eq(ldns_pkt_ancount(packet) == 0, expected);
    cr_expect_eq(*reply.answer == '\0', expected);
    cr_expect_eq(ldns_pkt_edns(packet), edns_size != 0);
    if (!is_tcp)
        cr_expect_leq(reply.size_bytes, edns_size > 512 ? edns_size : 512);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
}

Test(reply, udp_size_is_respected)
{
    struct world world = world_new();
    world_fill(&world);
    /* Header 12, question 16 + 4, 16 for each A record: 30 of them make 512 exactly; OPT 11. */
    world_add_many(&world, "m30", 30);
    world_add_many(&world, "m31", 31);
    world_add_many(&world, "m76", 76);
    world_add_many(&world, "big", 300);
    assert_truncated(&world, "m30.k.run.test.", 0, false, false);
    assert_truncated(&world, "m31.k.run.test.", 0, false, true);
    assert_truncated(&world, "m31.k.run.test.", 100, false, true);
    assert_truncated(&world, "m31.k.run.test.", 1232, false, false);
    assert_truncated(&world, "m76.k.run.test.", 1232, false, true);
    assert_truncated(&world, "m76.k.run.test.", 0, true, false);
    assert_truncated(&world, "big.k.run.test.", 65535, false, true);
    assert_truncated(&world, "big.k.run.test.", 0, true, false);
    world_fini(&world);
}

Test(reply, larger_than_tcp_is_a_server_failure)
{
    struct world world = world_new();
    world_fill(&world);
    world_add_many(&world, "huge", 4200);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, "huge.k.run.test.", "A", 0, true, &packet);
    cr_expect_str_eq(reply.rcode, "SERVFAIL");
    cr_expect_eq(ldns_pkt_get_rcode(packet), LDNS_RCODE_SERVFAIL);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}

static void assert_bare(const uint8_t *bytes, size_t size, const char *rcode, uint8_t flags, uint8_t code)
{
    struct world world = world_new();
    world_fill(&world);
    struct dns_reply reply;
    cr_assert(dns_reply_make(&world.catalogue, bytes, size, false, &reply));
    cr_assert_eq(reply.size_bytes, DNS_HEADER_BYTES);
    cr_expect_str_eq(reply.rcode, rcode);
    cr_expect_eq(reply.bytes[0], bytes[0]);
    cr_expect_eq(reply.bytes[1], bytes[1]);
    cr_expect_eq(reply.bytes[2], flags);
    cr_expect_eq(reply.bytes[3], code);
    cr_expect_str_eq(reply.name, "");
    cr_expect_null(reply.zone);
    dns_reply_fini(&reply);
    world_fini(&world);
}

Test(reply, malformed_and_unknown)
{
    /* No question; two; one that is cut off; a pointer to itself; opcode NOTIFY, UPDATE. */
    assert_bare((const uint8_t *)"\xab\xcd\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", 12, "FORMERR", 0x81, 1);
    assert_bare(
        (const uint8_t
             *)"\xab\xcd\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x01\x00\x01",
        22, "FORMERR", 0x80, 1);
    assert_bare((const uint8_t *)"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05"
                                 "abc",
                16, "FORMERR", 0x81, 1);
    assert_bare((const uint8_t *)"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01",
                18, "FORMERR", 0x81, 1);
    assert_bare((const uint8_t *)"\xab\xcd\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00", 12, "NOTIMP", 0xa0, 4);
    assert_bare((const uint8_t *)"\xab\xcd\x29\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12, "NOTIMP", 0xa9, 4);
}

Test(reply, answers_and_scraps_get_no_answer)
{
    struct world world = world_new();
    world_fill(&world);
    struct dns_reply reply;
    size_t size;
    uint8_t *query = fixture_query("k.run.test.", "A", 1, 0, &size);
    for (size_t i = 0; i < DNS_HEADER_BYTES; i++)
        cr_expect_not(dns_reply_make(&world.catalogue, query, i, false, &reply), "%zu bytes", i);
    query[2] |= 0x80;
    cr_expect_not(dns_reply_make(&world.catalogue, query, size, false, &reply));
    free(query);
    world_fini(&world);
}

Test(reply, unknown_edns_version_is_badvers)
{
    struct world world = world_new();
    world_fill(&world);
    size_t size;
    uint8_t *query = fixture_query("k.run.test.", "A", 1, 1232, &size);
    /* OPT ends the packet: root, type, size, extended rcode, version, flags (2), length (2). */
    query[size - 5] = 1;
    struct dns_reply reply;
    cr_assert(dns_reply_make(&world.catalogue, query, size, false, &reply));
    cr_expect_str_eq(reply.rcode, "BADVERS");
    ldns_pkt *packet;
    cr_assert_eq(ldns_wire2pkt(&packet, reply.bytes, reply.size_bytes), LDNS_STATUS_OK);
    cr_expect_eq(ldns_pkt_edns_extended_rcode(packet), 1);
    cr_expect_eq(ldns_pkt_ancount(packet), 0);
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    free(query);
    world_fini(&world);
}

Test(reply, report_says_what_was_answered)
{
    struct world world = world_new();
    world_fill(&world);
    ldns_pkt *packet;
    struct dns_reply reply = ask(&world, "peer.a.k.run.test.", "A", 0, false, &packet);
    cr_expect_str_eq(reply.answer,
                     "peer.a.k.run.test.\t60\tIN\tA\t192.0.2.1\npeer.a.k.run.test.\t60\tIN\tA\t192.0.2.2");
    cr_expect_str_eq(reply.name, "peer.a.k.run.test.");
    cr_expect_eq(dns_zone_user(reply.zone), &world);
    cr_expect_str_eq(dns_zone_origin(reply.zone), "k.run.test.");
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    reply = ask(&world, "elsewhere.test.", "A", 0, false, &packet);
    cr_expect_null(reply.zone);
    cr_expect_str_eq(reply.answer, "");
    ldns_pkt_free(packet);
    dns_reply_fini(&reply);
    world_fini(&world);
}
