/* The figures of RFC 5923, step by step, with the alias tables as the device prints them: §5 (two proxies),
 * §9.3 (a proxy with two virtual domains on one address and port). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"

enum { DESCRIPTORS_MAX = 8, TABLE_MAX = 2048 };

/* Alias descriptors get letters in the order in which a figure first shows them. */
struct figure {
    struct world world;
    struct reference_node *p1, *p2;
    unsigned long descriptors[2][DESCRIPTORS_MAX]; /* of P1, of P2 */
    size_t count[2];
};

static char letter_of(struct figure *figure, size_t node, unsigned long descriptor)
{
    size_t i = 0;
    while (i < figure->count[node] && figure->descriptors[node][i] != descriptor) {
        i++;
    }
    cr_assert_lt(i, DESCRIPTORS_MAX);
    figure->descriptors[node][i] = descriptor;
    figure->count[node] += i == figure->count[node] ? 1 : 0;
    return (char)('A' + i);
}

/* The printed tables with "connection 17" as "connection A". */
static void read_tables(struct figure *figure, size_t node, char out[TABLE_MAX])
{
    static const char word[] = "connection ";
    char *text = reference_node_describe_aliases(node == 0 ? figure->p1 : figure->p2);
    size_t size = 0;
    cr_assert_not_null(text);
    for (const char *at = text; *at != '\0' && size < TABLE_MAX - 1;) {
        if (strncmp(at, word, strlen(word)) == 0) {
            char *end = NULL;
            unsigned long descriptor = strtoul(at + strlen(word), &end, 10);
            size += (size_t)snprintf(out + size, TABLE_MAX - size, "%s%c", word,
                                     letter_of(figure, node, descriptor));
            at = end;
        } else {
            out[size++] = *at++;
        }
    }
    out[size] = '\0';
    free(text);
}

/* "@1" and "@2" stand for the addresses of P1 and P2. */
static void expect_tables(struct figure *figure, size_t node, const char *wanted)
{
    char seen[TABLE_MAX];
    char expected[TABLE_MAX];
    size_t size = 0;
    for (const char *at = wanted; *at != '\0'; at++) {
        if (*at == '@') {
            uint8_t host = (uint8_t)(*++at - '0');
            size += (size_t)snprintf(expected + size, sizeof(expected) - size, "%s",
                                     world_ip(&figure->world, host));
        } else {
            expected[size++] = *at;
        }
    }
    expected[size] = '\0';
    read_tables(figure, node, seen);
    cr_expect_str_eq(seen, expected);
}

static unsigned ask(struct figure *figure, struct reference_node *node, const char *uri, size_t domain)
{
    return world_send(&figure->world, node, uri, domain);
}

Test(figures, overview_of_operation)
{
    struct figure figure = {0};
    world_init(&figure.world);
    world_serve(&figure.world, "com", 1);
    world_serve(&figure.world, "net", 2);
    figure.p1 = world_node(&figure.world, &(struct node_plan){.host = 1, .labels = "com"});
    figure.p2 = world_node(&figure.world, &(struct node_plan){.host = 2, .labels = "net"});
    expect_tables(&figure, 0, "alias table of com.test: 0 rows\n");
    expect_tables(&figure, 1, "alias table of net.test: 0 rows\n");
    /* P1 sends to P2: both have a row, and both name the other by what its certificate says. */
    cr_expect_eq(ask(&figure, figure.p1, "sip:bob@net.test;transport=tls", 0), 200);
    static const char of_p1[] = "alias table of com.test: 1 rows\n"
                                "  @2:5061 tls connection A (opened) sip:net.test\n";
    static const char of_p2[] = "alias table of net.test: 1 rows\n"
                                "  @1:5061 tls connection A (accepted) sip:com.test\n";
    expect_tables(&figure, 0, of_p1);
    expect_tables(&figure, 1, of_p2);
    /* Later requests, either way, find these rows and add none. */
    cr_expect_eq(ask(&figure, figure.p1, "sip:bob@net.test;transport=tls", 0), 200);
    cr_expect_eq(ask(&figure, figure.p2, "sip:alice@com.test;transport=tls", 0), 200);
    expect_tables(&figure, 0, of_p1);
    expect_tables(&figure, 1, of_p2);
    cr_expect_eq(world_counts(figure.p2).requests_sent_on_accepted, 1);
    world_fini(&figure.world);
}

Test(figures, virtual_servers)
{
    struct figure figure = {0};
    world_init(&figure.world);
    world_serve(&figure.world, "com", 1);
    world_serve(&figure.world, "net", 1);
    world_serve(&figure.world, "peer", 2);
    figure.p1 = world_node(&figure.world, &(struct node_plan){.host = 1, .labels = "com net"});
    figure.p2 = world_node(&figure.world, &(struct node_plan){.host = 2, .labels = "peer"});
    /* A user agent of com sends: P1 authenticates itself as com. */
    cr_expect_eq(ask(&figure, figure.p1, "sip:bob@peer.test;transport=tls", 0), 200);
    expect_tables(&figure, 1,
                  "alias table of peer.test: 1 rows\n"
                  "  @1:5061 tls connection A (accepted) sip:com.test\n");
    /* P1 keeps separate tables for its domains. */
    expect_tables(&figure, 0,
                  "alias table of com.test: 1 rows\n"
                  "  @2:5061 tls connection A (opened) sip:peer.test\n"
                  "alias table of net.test: 0 rows\n");
    /* P2 has something for net, at the same address: the row of com is no match, it opens a new connection.
     */
    cr_expect_eq(ask(&figure, figure.p2, "sip:carol@net.test;transport=tls", 0), 200);
    static const char both[] = "alias table of peer.test: 2 rows\n"
                               "  @1:5061 tls connection A (accepted) sip:com.test\n"
                               "  @1:5061 tls connection B (opened) sip:net.test\n";
    expect_tables(&figure, 1, both);
    /* P1 has taken it for its domain net alone. */
    expect_tables(&figure, 0,
                  "alias table of com.test: 1 rows\n"
                  "  @2:5061 tls connection A (opened) sip:peer.test\n"
                  "alias table of net.test: 1 rows\n"
                  "  @2:5061 tls connection B (accepted) sip:peer.test\n");
    /* From now on each domain's requests go over its own connection, either way. */
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(ask(&figure, figure.p2, "sip:alice@com.test;transport=tls", 0), 200);
        cr_expect_eq(ask(&figure, figure.p2, "sip:carol@net.test;transport=tls", 0), 200);
        cr_expect_eq(ask(&figure, figure.p1, "sip:bob@peer.test;transport=tls", 0), 200);
        cr_expect_eq(ask(&figure, figure.p1, "sip:bob@peer.test;transport=tls", 1), 200);
    }
    expect_tables(&figure, 1, both);
    cr_expect_eq(world_counts(figure.p1).opened, 1);
    cr_expect_eq(world_counts(figure.p2).opened, 1);
    cr_expect_eq(world_counts(figure.p2).requests_sent_on_accepted, 2, "those for com");
    cr_expect_eq(world_counts(figure.p1).requests_sent_on_accepted, 2, "those of net");
    world_fini(&figure.world);
}
