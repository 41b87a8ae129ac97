/* The server on sockets of 127.0.0.1 and ::1, asked over UDP. */
#include <errno.h>

#include "server_world.h"

static void assert_answers_over_udp(const char *ip)
{
    struct world world;
    if (!world_init(&world, ip)) {
        cr_assert_eq(errno, EADDRNOTAVAIL);
        world_fini(&world);
        cr_skip("the machine has no %s", ip);
    }
    struct net_address from;
    assert_answer(world_ask_udp(&world, "a.k.run.test.", "A", &from), "a.k.run.test. 60 IN A 192.0.2.1");
    cr_assert_eq(world.report_count, 1);
    cr_expect_str_eq(world.reports[0].name, "a.k.run.test.");
    cr_expect_str_eq(world.reports[0].rcode, "NOERROR");
    cr_expect_not(world.reports[0].is_tcp);
    cr_expect(net_address_equal(&world.reports[0].from, &from));
    cr_expect_eq(world.reports[0].zone, world.zone);
    cr_expect_eq(dns_zone_user(world.reports[0].zone), &world);
    world_fini(&world);
}

Test(server, answers_over_udp)
{
    assert_answers_over_udp("127.0.0.1");
}

Test(server, answers_over_udp_on_ipv6)
{
    assert_answers_over_udp("::1");
}

Test(server, zone_changes_take_effect_at_once)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    assert_answer(world_ask_udp(&world, "a.k.run.test.", "A", NULL), "a.k.run.test. 60 IN A 192.0.2.1");
    cr_expect_eq(dns_zone_remove(world.zone, "a", "A"), 1);
    cr_expect_eq(ldns_pkt_get_rcode(world_ask_udp(&world, "a.k.run.test.", "A", NULL)), LDNS_RCODE_NXDOMAIN);
    fixture_add(world.zone, (const char *const[]){"a 1 A 192.0.2.77", NULL});
    assert_answer(world_ask_udp(&world, "a.k.run.test.", "A", NULL), "a.k.run.test. 1 IN A 192.0.2.77");
    dns_zone_free(world.zone);
    cr_expect_eq(ldns_pkt_get_rcode(world_ask_udp(&world, "a.k.run.test.", "A", NULL)), LDNS_RCODE_REFUSED);
    cr_expect_str_eq(world.reports[3].rcode, "REFUSED");
    cr_expect_null(world.reports[3].zone);
    world_fini(&world);
}

Test(server, an_address_in_use_is_an_error)
{
    struct world world;
    cr_assert(world_init(&world, "127.0.0.1"));
    errno = 0;
    cr_expect_null(dns_server_new(world.net, dns_server_address(world.server, 0), 1, NULL, NULL));
    cr_expect_eq(errno, EADDRINUSE);
    cr_expect_null(dns_server_new(world.net, NULL, 0, NULL, NULL));
    cr_expect_null(dns_server_address(world.server, 1));
    dns_server_free(NULL);
    world_fini(&world);
}
