#include "server_world.h"

#include <stdlib.h>
#include <string.h>

enum { WATCHDOG_MS = 20000 };

static void on_query(const struct dns_query *query, void *arg)
{
    struct world *world = arg;
    cr_assert_lt(world->report_count, REPORTS_MAX);
    struct report *report = &world->reports[world->report_count++];
    *report = (struct report){.is_tcp = query->is_tcp,
                              .is_truncated = query->is_truncated,
                              .from = query->from,
                              .zone = query->zone};
    snprintf(report->name, sizeof report->name, "%s", query->name);
    snprintf(report->rcode, sizeof report->rcode, "%s", query->rcode);
}

static void on_watchdog(struct loop_timer *timer, void *arg)
{
    (void)timer;
    (void)arg;
    cr_assert_fail("nothing happened for too long");
}

void world_run(struct world *world)
{
    loop_timer_start(world->watchdog, WATCHDOG_MS);
    loop_run(world->loop);
    loop_timer_stop(world->watchdog);
}

/* false: the machine does not have that address. */
bool world_init(struct world *world, const char *ip)
{
    *world = (struct world){.loop = loop_new()};
    world->net = net_new(world->loop, NULL);
    world->watchdog = loop_timer_new(world->loop, on_watchdog, NULL);
    struct net_address address;
    cr_assert(net_address_parse(ip, 0, &address));
    world->server = dns_server_new(world->net, &address, 1, on_query, world);
    if (!world->server)
        return false;
    world->zone = dns_zone_new(world->server, "k.run.test", world);
    cr_assert_not_null(world->zone);
    fixture_add(world->zone, (const char *const[]){"a A 192.0.2.1", "b A 192.0.2.2", "c A 192.0.2.3", NULL});
    return true;
}

void world_forget_answers(struct world *world)
{
    for (size_t i = 0; i < world->answer_count; i++)
        ldns_pkt_free(world->answers[i]);
    world->answer_count = 0;
}

void world_fini(struct world *world)
{
    world_forget_answers(world);
    dns_server_free(world->server);
    loop_timer_free(world->watchdog);
    net_free(world->net);
    loop_free(world->loop);
}

void world_take_answer(struct world *world, const uint8_t *bytes, size_t size)
{
    cr_assert_lt(world->answer_count, ANSWERS_MAX);
    cr_assert_eq(ldns_wire2pkt(&world->answers[world->answer_count++], bytes, size), LDNS_STATUS_OK);
    if (world->answer_count >= world->wanted)
        loop_stop(world->loop);
}

static void on_datagram(struct net_datagram *datagram, const struct net_address *from, const uint8_t *bytes,
                        size_t size, void *arg)
{
    (void)datagram;
    struct world *world = arg;
    cr_expect(net_address_equal(from, dns_server_address(world->server, 0)));
    world_take_answer(world, bytes, size);
}

const ldns_pkt *world_ask_udp(struct world *world, const char *name, const char *type,
                              struct net_address *asked_from)
{
    struct net_address local = *dns_server_address(world->server, 0);
    local.port = 0;
    struct net_datagram *datagram = net_datagram_open(world->net, &local, on_datagram, world);
    cr_assert_not_null(datagram);
    if (asked_from)
        *asked_from = *net_datagram_address(datagram);
    size_t size;
    uint8_t *query = fixture_query(name, type, 7, 0, &size);
    world_forget_answers(world);
    world->wanted = 1;
    cr_assert_eq(net_datagram_send(datagram, dns_server_address(world->server, 0), query, size), 0);
    world_run(world);
    free(query);
    net_datagram_free(datagram);
    return world->answers[0];
}

void assert_answer(const ldns_pkt *answer, const char *expected)
{
    char *text = fixture_section(answer, LDNS_SECTION_ANSWER);
    cr_expect_str_eq(text, expected);
    free(text);
}
