/* Two nodes on one loop: who rides which connection. Each "must not" has its "must". */
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"

static void add_pair(struct world *world, struct reference_node **a, struct reference_node **b)
{
    world_init(world);
    world_serve(world, "a", 1);
    world_serve(world, "b", 2);
    *a = world_node(world, &(struct node_plan){.host = 1, .labels = "a"});
    *b = world_node(world, &(struct node_plan){.host = 2, .labels = "b"});
}

Test(pair, tls_shares_one_connection_both_ways)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
        cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tls", 0), 200);
    }
    struct reference_counts of_a = world_counts(a);
    struct reference_counts of_b = world_counts(b);
    cr_expect_eq(of_a.opened, 1);
    cr_expect_eq(of_a.accepted, 0);
    cr_expect_eq(of_a.requests_received_on_opened, 3);
    cr_expect_eq(of_b.opened, 0);
    cr_expect_eq(of_b.accepted, 1);
    cr_expect_eq(of_b.requests_sent_on_accepted, 3);
    world_fini(&world);
}

Test(pair, tcp_keeps_two_connections)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tcp", 0), 200);
        cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tcp", 0), 200);
    }
    struct reference_counts of_a = world_counts(a);
    struct reference_counts of_b = world_counts(b);
    cr_expect_eq(of_a.opened, 1);
    cr_expect_eq(of_a.accepted, 1);
    cr_expect_eq(of_a.requests_received_on_opened, 0);
    cr_expect_eq(of_b.opened, 1);
    cr_expect_eq(of_b.requests_sent_on_accepted, 0);
    world_fini(&world);
}

Test(pair, never_reusing_keeps_two_tls_connections)
{
    struct world world;
    world_init(&world);
    world_serve(&world, "a", 1);
    world_serve(&world, "b", 2);
    struct reference_node *a = world_node(&world, &(struct node_plan){.host = 1, .labels = "a"});
    struct reference_node *b =
        world_node(&world, &(struct node_plan){.host = 2, .labels = "b", .is_never_reusing = true});
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).opened, 1);
    cr_expect_eq(world_counts(b).requests_sent_on_accepted, 0);
    world_fini(&world);
}

/* c.test is served at the address of a.test, which has no certificate for it. */
Test(pair, another_identity_never_rides_an_accepted_connection)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    world_serve(&world, "c", 1);
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, b, "sip:carol@c.test;transport=tls", 0), 503, "a.test is not c.test");
    cr_expect_eq(world_counts(b).requests_sent_on_accepted, 0);
    cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).requests_sent_on_accepted, 1, "the alias of a.test itself lives on");
    world_fini(&world);
}

Test(pair, another_identity_never_rides_an_opened_connection)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    world_serve(&world, "c", 2);
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, a, "sip:carol@c.test;transport=tls", 0), 503);
    cr_expect_eq(world_counts(b).requests_received, 1, "no SIP before the identity is known");
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).accepted, 1, "its own connection lives on");
    world_fini(&world);
}

Test(pair, a_server_of_two_domains_keeps_both_apart)
{
    struct world world;
    world_init(&world);
    world_serve(&world, "one", 1);
    world_serve(&world, "two", 1);
    world_serve(&world, "b", 2);
    struct reference_node *server = world_node(&world, &(struct node_plan){.host = 1, .labels = "one two"});
    struct reference_node *b = world_node(&world, &(struct node_plan){.host = 2, .labels = "b"});
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(server).opened, 1);
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 1), 200);
    cr_expect_eq(world_counts(server).opened, 2, "a connection of its own for the other domain");
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 1), 200);
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(server).opened, 2);
    /* Both showed their own certificate: backwards each domain has its connection (RFC 5923 §9.3). */
    cr_expect_eq(world_send(&world, b, "sip:x@one.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, b, "sip:x@two.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).opened, 0);
    cr_expect_eq(world_counts(b).requests_sent_on_accepted, 2);
    char *tables = reference_node_describe_aliases(b);
    cr_expect_not_null(strstr(tables, "sip:one.test"));
    cr_expect_not_null(strstr(tables, "sip:two.test"));
    free(tables);
    world_fini(&world);
}

Test(pair, an_alias_of_one_domain_serves_no_other)
{
    struct world world;
    world_init(&world);
    world_serve(&world, "one", 1);
    world_serve(&world, "two", 1);
    world_serve(&world, "b", 2);
    struct reference_node *server = world_node(&world, &(struct node_plan){.host = 1, .labels = "one two"});
    struct reference_node *b = world_node(&world, &(struct node_plan){.host = 2, .labels = "b"});
    cr_expect_eq(world_send(&world, b, "sip:x@one.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(server).requests_sent_on_accepted, 1, "as one.test, which b asked for by SNI");
    cr_expect_eq(world_send(&world, server, "sip:bob@b.test;transport=tls", 1), 200);
    cr_expect_eq(world_counts(server).requests_sent_on_accepted, 1, "not as two.test");
    cr_expect_eq(world_counts(server).opened, 1);
    world_fini(&world);
}

static bool has_none_open(void *arg)
{
    return world_counts(arg).open_now == 0;
}

Test(pair, a_closed_connection_is_opened_again_by_either_side)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    reference_node_close_connections(a, NET_CLOSE_GRACEFUL);
    world_run_until(&world, has_none_open, b);
    cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).opened, 1, "the alias went with its connection");
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(a).opened, 1, "now a rides the connection of b");
    reference_node_close_connections(b, NET_CLOSE_RST);
    world_run_until(&world, has_none_open, a);
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(a).opened, 2);
    world_fini(&world);
}

Test(pair, requests_at_once_share_the_connection_that_is_being_opened)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    for (int i = 0; i < 50; i++) {
        cr_assert(reference_node_send(a, "OPTIONS", "sip:bob@b.test;transport=tls", 0, NULL, NULL));
    }
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(a).opened, 1);
    world_fini(&world);
}

Test(pair, the_next_server_is_tried_when_one_does_not_listen)
{
    struct world world;
    world_init(&world);
    world_serve(&world, "a", 1);
    world_dns(&world, "_sips._tcp.b SRV 1 1 5061 dead");
    world_dns(&world, "_sips._tcp.b SRV 2 1 5061 live");
    world_dns(&world, "dead A %s", world_ip(&world, 9));
    world_dns(&world, "live A %s", world_ip(&world, 2));
    struct reference_node *a = world_node(&world, &(struct node_plan){.host = 1, .labels = "a"});
    world_node(&world, &(struct node_plan){.host = 2, .labels = "b"});
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test;transport=tls", 0), 200);
    cr_expect_eq(world_send(&world, a, "sip:bob@nowhere.test;transport=tls", 0), 503);
    world_fini(&world);
}

Test(pair, naptr_chooses_the_transport_and_sips_only_tls)
{
    struct world world;
    struct reference_node *a;
    struct reference_node *b;
    add_pair(&world, &a, &b);
    world_dns(&world, "b NAPTR 10 10 \"s\" \"SIP+D2T\" \"\" _sip._tcp.b");
    world_dns(&world, "b NAPTR 20 10 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.b");
    cr_expect_eq(world_send(&world, a, "sip:bob@b.test", 0), 200);
    cr_expect_eq(world_send(&world, b, "sip:alice@a.test;transport=tls", 0), 200);
    cr_expect_eq(world_counts(b).requests_sent_on_accepted, 0, "a came over TCP");
    cr_expect_eq(world_send(&world, a, "sips:bob@b.test", 0), 200);
    char *tables = reference_node_describe_aliases(a);
    cr_expect_not_null(strstr(tables, " tls "));
    free(tables);
    world_fini(&world);
}
