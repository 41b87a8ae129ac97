/* A server with one zone, k.run.test, of which a, b and c have addresses, and a client on the same loop. */
#ifndef SERVER_WORLD_H
#define SERVER_WORLD_H

#include "dns_fixture.h"

enum { ANSWERS_MAX = 8, REPORTS_MAX = 256 };

struct report {
    char name[128], rcode[16];
    bool is_tcp, is_truncated;
    struct net_address from;
    struct dns_zone *zone;
};

struct world {
    struct loop *loop;
    struct net *net;
    struct loop_timer *watchdog;
    struct dns_server *server;
    struct dns_zone *zone;
    struct report reports[REPORTS_MAX];
    size_t report_count;
    /* what the client got, one after the other, until `wanted` answers are there */
    ldns_pkt *answers[ANSWERS_MAX];
    size_t answer_count, wanted;
};

/* false: the machine does not have that address. */
bool world_init(struct world *world, const char *ip);
void world_fini(struct world *world);
/* Until the loop is stopped: by the last answer that is wanted, or by the test. */
void world_run(struct world *world);
void world_take_answer(struct world *world, const uint8_t *bytes, size_t size);
void world_forget_answers(struct world *world);
/* The one answer; where it was asked from, where that is not NULL. */
const ldns_pkt *world_ask_udp(struct world *world, const char *name, const char *type,
                              struct net_address *asked_from);
/* The answer section, as text. */
void assert_answer(const ldns_pkt *answer, const char *expected);

#endif
