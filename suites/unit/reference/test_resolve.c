/* RFC 3263 against a real server on loopback: which questions are asked, which servers come out, in which
 * order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"
#include "reference/location.h"
#include "reference/trust.h"

static const struct fault_set no_faults;

struct found {
    struct world *world;
    bool is_there;
    struct targets targets;
    char why[REASON_MAX];
};

static void on_targets(struct targets *targets, const char *why, void *arg)
{
    struct found *found = arg;
    cr_assert(!found->is_there, "called back twice");
    found->is_there = true;
    found->targets = *targets;
    *targets = (struct targets){0};
    snprintf(found->why, sizeof(found->why), "%s", why);
}

static bool is_there(void *arg)
{
    const struct found *found = arg;
    return found->is_there;
}

static void resolve(struct world *world, const char *text, struct found *found)
{
    const char *error = NULL;
    struct sip_uri uri;
    struct next_hop hop;
    struct dice dice;
    dice_init(&dice, 1);
    *found = (struct found){.world = world};
    struct lookup *lookup = lookup_new(world->loop, &world->dns_address, true, false, &error);
    cr_assert_not_null(lookup, "%s", error == NULL ? "" : error);
    cr_assert_eq(sip_uri_parse(text, &uri), SIP_OK);
    cr_assert(next_hop_from_uri(&uri, &hop));
    sip_uri_fini(&uri);
    struct resolution *resolution = resolution_new(lookup, &dice, &no_faults, &hop, true, on_targets, found);
    next_hop_fini(&hop);
    resolution_start(resolution);
    world_run_until(world, is_there, found);
    lookup_free(lookup);
}

struct row {
    const char *uri;
    const char *expected; /* "tls 192.0.2.1:5061, ..." */
    size_t query_count;
};

static const struct row ROWS[] = {
    {"sip:192.0.2.9", "tcp 192.0.2.9:5060", 0},
    {"sips:192.0.2.9", "tls 192.0.2.9:5061", 0},
    {"sip:[2001:db8::1]:5070;transport=tls", "tls [2001:db8::1]:5070", 0},
    {"sip:host.test:5070;transport=tls", "tls 192.0.2.1:5070", 1},
    {"sip:host.test:5070", "tcp 192.0.2.1:5070", 1},
    {"sip:srv.test;transport=tls", "tls 192.0.2.1:5081, tls 192.0.2.2:5082", 3},
    {"sip:srv.test;transport=tcp", "tcp 192.0.2.1:5060", 2},
    {"sips:srv.test;transport=tcp", "tls 192.0.2.1:5081, tls 192.0.2.2:5082", 3},
    {"sip:nosrv.test;transport=tls", "tls 192.0.2.3:5061", 2},
    {"sip:nosrv.test", "tcp 192.0.2.3:5060", 3},
    {"sip:naptr.test", "tls 192.0.2.1:5061", 3},
    {"sips:naptr2.test", "tls 192.0.2.2:5061", 3},
    {"sip:naptr2.test", "tcp 192.0.2.1:5060", 3},
    {"sip:dot.test;transport=tls", "", 1},
    {"sip:none.test;transport=tls", "", 2},
    {"sip:host.test;transport=udp", "", 0},
    {"sip:two.test:5060;transport=tcp", "tcp 192.0.2.4:5060, tcp 192.0.2.5:5060", 1},
    {"sip:alias.test:5070", "tcp 192.0.2.1:5070", 1},
    {"sip:user@other.test;maddr=192.0.2.7;transport=tls", "tls 192.0.2.7:5061", 0},
};

static void fill_zone(struct world *world)
{
    world_dns(world, "host A 192.0.2.1");
    world_dns(world, "far A 192.0.2.2");
    world_dns(world, "_sips._tcp.srv SRV 2 1 5082 far");
    world_dns(world, "_sips._tcp.srv SRV 1 1 5081 host");
    world_dns(world, "_sip._tcp.srv SRV 1 1 5060 host");
    world_dns(world, "nosrv A 192.0.2.3");
    world_dns(world, "naptr NAPTR 10 10 \"s\" \"SIP+D2U\" \"\" _sip._udp.naptr");
    world_dns(world, "naptr NAPTR 20 10 \"s\" \"SIPS+D2T\" \"\" _odd.naptr");
    world_dns(world, "_odd.naptr SRV 1 1 5061 host");
    world_dns(world, "naptr2 NAPTR 10 10 \"s\" \"SIP+D2T\" \"\" _sip._tcp.naptr2");
    world_dns(world, "naptr2 NAPTR 20 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.naptr2");
    world_dns(world, "_sip._tcp.naptr2 SRV 1 1 5060 host");
    world_dns(world, "_sips._tcp.naptr2 SRV 1 1 5061 far");
    world_dns(world, "_sips._tcp.dot SRV 0 0 0 .");
    world_dns(world, "dot A 192.0.2.3");
    world_dns(world, "two A 192.0.2.4");
    world_dns(world, "two A 192.0.2.5");
    world_dns(world, "alias CNAME host");
}

static void describe(const struct targets *targets, char *out, size_t size_bytes)
{
    out[0] = '\0';
    for (size_t i = 0; i < targets->count; i++) {
        char address[NET_ADDRESS_TEXT_MAX];
        size_t used = strlen(out);
        net_address_format(&targets->items[i].address, address);
        snprintf(out + used, size_bytes - used, "%s%s %s", i > 0 ? ", " : "",
                 net_transport_name(targets->items[i].transport), address);
    }
}

Test(resolve, table_of_uris)
{
    struct world world;
    world_init(&world);
    fill_zone(&world);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct found found;
        char text[512];
        world.query_count = 0;
        resolve(&world, ROWS[i].uri, &found);
        describe(&found.targets, text, sizeof(text));
        /* Addresses of one name come in the order of the answer, which a server may turn round. */
        bool is_turned = strcmp(ROWS[i].uri, "sip:two.test:5060;transport=tcp") == 0 &&
                         strstr(text, "192.0.2.4") != NULL && found.targets.count == 2;
        cr_expect(is_turned || strcmp(text, ROWS[i].expected) == 0, "%s: %s", ROWS[i].uri, text);
        cr_expect_eq(world.query_count, ROWS[i].query_count, "%s: %zu queries", ROWS[i].uri,
                     world.query_count);
        cr_expect(found.targets.count > 0 || found.why[0] != '\0', "%s: no servers, no reason", ROWS[i].uri);
        targets_fini(&found.targets);
    }
    world_fini(&world);
}

Test(resolve, one_that_is_cancelled_calls_nobody)
{
    struct world world;
    const char *error = NULL;
    struct dice dice;
    struct found found;
    world_init(&world);
    fill_zone(&world);
    dice_init(&dice, 1);
    struct lookup *lookup = lookup_new(world.loop, &world.dns_address, true, true, &error);
    struct next_hop hop = {
        .host = (char *)(uintptr_t) "srv.test", .has_transport = true, .transport = NET_TLS};
    found = (struct found){.world = &world};
    struct resolution *first = resolution_new(lookup, &dice, &no_faults, &hop, true, on_targets, &found);
    struct found ignored = {.world = &world};
    struct resolution *cancelled =
        resolution_new(lookup, &dice, &no_faults, &hop, true, on_targets, &ignored);
    resolution_start(cancelled);
    resolution_cancel(cancelled);
    resolution_start(first);
    world_run_until(&world, is_there, &found);
    cr_expect_not(ignored.is_there);
    /* And one that is still under way when its resolver goes. */
    struct resolution *last = resolution_new(lookup, &dice, &no_faults, &hop, true, on_targets, &ignored);
    resolution_start(last);
    resolution_cancel(last);
    lookup_free(lookup);
    cr_expect_not(ignored.is_there);
    targets_fini(&found.targets);
    world_fini(&world);
}

struct tally {
    size_t answered, wanted;
};

static void on_tallied(const struct net_address *addresses, size_t count, void *arg)
{
    struct tally *tally = arg;
    (void)addresses;
    (void)count;
    tally->answered++;
}

static bool are_all_there(void *arg)
{
    const struct tally *tally = arg;
    return tally->answered == tally->wanted;
}

/* Far more questions than are asked at once, most of them with names that are refused before they are asked.
 */
Test(resolve, ten_thousand_questions_are_all_answered_once)
{
    enum { COUNT = 10000 };
    struct world world;
    const char *error = NULL;
    struct tally tally = {.wanted = COUNT};
    char too_long[400];
    memset(too_long, 'x', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    world_init(&world);
    fill_zone(&world);
    struct lookup *lookup = lookup_new(world.loop, &world.dns_address, true, false, &error);
    for (size_t i = 0; i < COUNT; i++) {
        lookup_ask_addresses(lookup, i % 50 == 0 ? "host.test" : too_long, on_tallied, &tally);
    }
    world_run_until(&world, are_all_there, &tally);
    /* And those that wait when the resolver goes are answered, too. */
    tally.wanted += 200;
    for (size_t i = 0; i < 200; i++) {
        lookup_ask_addresses(lookup, "host.test", on_tallied, &tally);
    }
    lookup_free(lookup);
    cr_expect_eq(tally.answered, tally.wanted);
    world_fini(&world);
}
