/* Each way to close, and what the other side sees of it. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "net/net_private.h"
#include "world.h"

struct shape {
    int family;
    enum net_transport transport;
    enum net_tls_version version;
};

static const struct shape shapes[] = {
    {4, NET_TCP, NET_TLS_NONE}, {6, NET_TCP, NET_TLS_NONE}, {4, NET_TLS, NET_TLS_1_2},
    {6, NET_TLS, NET_TLS_1_2},  {4, NET_TLS, NET_TLS_1_3},  {6, NET_TLS, NET_TLS_1_3},
};

/* Plain structs without pointers: shared memory of the library is not needed. */
static struct criterion_test_params all_shapes(void)
{
    static struct shape copy[sizeof shapes / sizeof shapes[0]];
    memcpy(copy, shapes, sizeof shapes);
    return cr_make_param_array(struct shape, copy, sizeof copy / sizeof copy[0]);
}

#define OPENED(world, shape)                                                                                 \
    struct world world;                                                                                      \
    world_init(&world, NULL);                                                                                \
    world_open(&world, (shape)->family, (shape)->transport, (shape)->version)

ParameterizedTestParameters(close, carries_bytes_both_ways)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, carries_bytes_both_ways)
{
    OPENED(world, shape);
    cr_assert(net_connection_is_ready(world.client.connection));
    cr_assert_eq(net_connection_write(world.client.connection, "hello", 5), 0);
    world_run_until_server(&world, "data");
    cr_assert_str_eq(world.server.data, "hello");
    cr_assert_eq(net_connection_write(world.server.connection, "good day", 8), 0);
    world_run_until_client(&world, "data");
    cr_assert_str_eq(world.client.data, "good day");
    cr_assert_eq(net_connection_bytes_out(world.client.connection), 5);
    cr_assert_eq(net_connection_bytes_in(world.client.connection), 8);
    cr_assert(net_address_equal(net_connection_local(world.client.connection),
                                net_connection_remote(world.server.connection)));
    cr_assert(net_address_equal(net_connection_remote(world.client.connection),
                                net_connection_local(world.server.connection)));
    cr_assert(net_connection_is_opened_by_us(world.client.connection));
    cr_assert_not(net_connection_is_opened_by_us(world.server.connection));
    cr_assert_neq(net_connection_id(world.client.connection), net_connection_id(world.server.connection));
    world_fini(&world);
}

static void end_gracefully(struct side *side, const char *word)
{
    if (strcmp(word, "fin") == 0)
        net_connection_close(side->connection, NET_CLOSE_GRACEFUL);
}

ParameterizedTestParameters(close, gracefully)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, gracefully)
{
    OPENED(world, shape);
    bool is_tls = shape->transport == NET_TLS;
    world.server.react = end_gracefully;
    net_connection_write(world.client.connection, "last words", 10);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    cr_assert_not(net_connection_is_ready(world.client.connection));
    cr_assert_eq(net_connection_write(world.client.connection, "x", 1), -1);
    world_run_until_client(&world, "closed");
    world_run_until_server(&world, "closed");
    cr_assert_str_eq(world.server.data, "last words");
    cr_assert(
        strstr(world.server.log, is_tls ? "ready data close_notify fin closed" : "ready data fin closed"),
        "server: %s", world.server.log);
    cr_assert(strstr(world.client.log, is_tls ? "ready close_notify fin closed" : "ready fin closed"),
              "client: %s", world.client.log);
    world_fini(&world);
}

/* The peer goes on sending after our end: its bytes still arrive. */
static void answer_then_end(struct side *side, const char *word)
{
    if (strcmp(word, "fin") != 0)
        return;
    cr_assert(net_connection_is_ready(side->connection));
    cr_assert_eq(net_connection_write(side->connection, "late", 4), 0);
    net_connection_close(side->connection, NET_CLOSE_GRACEFUL);
}

ParameterizedTestParameters(close, fin_alone)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, fin_alone)
{
    OPENED(world, shape);
    bool is_tls = shape->transport == NET_TLS;
    world.server.react = answer_then_end;
    net_connection_close(world.client.connection, NET_CLOSE_FIN);
    world_run_until_client(&world, "closed");
    world_run_until_server(&world, "closed");
    cr_assert(strstr(world.server.log, "ready fin closed"), "server: %s", world.server.log);
    cr_assert_str_eq(world.client.data, "late");
    cr_assert(
        strstr(world.client.log, is_tls ? "ready data close_notify fin closed" : "ready data fin closed"),
        "client: %s", world.client.log);
    world_fini(&world);
}

ParameterizedTestParameters(close, abortive)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, abortive)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "rst");
    world_run_until_client(&world, "closed");
    cr_assert(strstr(world.server.log, "ready rst"), "server: %s", world.server.log);
    cr_assert_not(side_has(&world.server, "closed"));
    cr_assert_not(net_connection_is_ready(world.server.connection));
    cr_assert_eq(net_connection_write(world.server.connection, "x", 1), -1);
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    net_connection_close(world.server.connection, NET_CLOSE_NOW);
    world_run_until_server(&world, "closed");
    world_fini(&world);
}

ParameterizedTestParameters(close, fin_then_rst_in_that_order)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, fin_then_rst_in_that_order)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_FIN);
    world_run_until_server(&world, "fin");
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "rst");
    cr_assert(strstr(world.server.log, "ready fin rst"), "server: %s", world.server.log);
    world_fini(&world);
}

/* Both are in the socket before this side looks. */
ParameterizedTestParameters(close, fin_and_rst_seen_at_once)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, fin_and_rst_seen_at_once)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_FIN);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "rst");
    cr_assert(strstr(world.server.log, "ready fin rst"), "server: %s", world.server.log);
    world_fini(&world);
}

ParameterizedTestParameters(close, rst_seen_while_writing)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, rst_seen_while_writing)
{
    OPENED(world, shape);
    /* The reset is in the kernel when the server writes, and the write is told first. */
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    net_connection_write(world.server.connection, "x", 1);
    world_run_until_server(&world, "rst");
    cr_assert(strstr(world.server.log, "ready rst"), "server: %s", world.server.log);
    world_fini(&world);
}

ParameterizedTestParameters(close, bytes_before_a_rst_are_not_lost)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, bytes_before_a_rst_are_not_lost)
{
    OPENED(world, shape);
    net_connection_write(world.client.connection, "farewell", 8);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    net_connection_write(world.server.connection, "x", 1);
    world_run_until_server(&world, "rst");
    cr_assert_str_eq(world.server.data, "farewell");
    world_fini(&world);
}

static int unacknowledged_bytes(const struct net_connection *connection)
{
    int size = 0;
    cr_assert_eq(ioctl(connection->fd, SIOCOUTQ, &size), 0);
    return size;
}

/* More records than one turn of the loop reads, with the reset behind them there from the beginning. */
ParameterizedTestParameters(close, many_records_before_a_rst_are_not_lost)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, many_records_before_a_rst_are_not_lost)
{
    OPENED(world, shape);
    enum { RECORDS = 2 * NET_READ_TURNS_MAX + 10 };
    for (int i = 0; i < RECORDS; i++)
        cr_assert_eq(net_connection_write(world.client.connection, "x", 1), 0);
    /* The kernel takes what it could not send along into a reset: wait until it has delivered all. */
    while (unacknowledged_bytes(world.client.connection) > 0)
        sched_yield();
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "rst");
    cr_assert_eq(world.server.data_total, RECORDS);
    world_fini(&world);
}

static struct criterion_test_params tls_shapes(void)
{
    static struct shape copy[4];
    memcpy(copy, shapes + 2, sizeof copy);
    return cr_make_param_array(struct shape, copy, 4);
}

ParameterizedTestParameters(close, notify_only)
{
    return tls_shapes();
}
ParameterizedTest(struct shape *shape, close, notify_only)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_NOTIFY_ONLY);
    world_run_until_server(&world, "close_notify");
    cr_assert_eq(world.server.end.sign, NET_SIGN_CLOSE_NOTIFY);
    /* Our direction is closed, the other is not. */
    cr_assert_eq(net_connection_write(world.client.connection, "x", 1), -1);
    cr_assert(net_connection_is_ready(world.server.connection));
    cr_assert_eq(net_connection_write(world.server.connection, "still here", 10), 0);
    world_run_until_client(&world, "data");
    cr_assert_str_eq(world.client.data, "still here");
    cr_assert_not(side_has(&world.server, "fin"));
    net_connection_close(world.client.connection, NET_CLOSE_FIN);
    world_run_until_server(&world, "fin");
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "rst");
    cr_assert(strstr(world.server.log, "ready close_notify fin rst"), "server: %s", world.server.log);
    world_fini(&world);
}

static bool has_passed(struct world *world, void *arg)
{
    (void)world;
    return *(bool *)arg;
}

static void mark_passed(struct loop_timer *timer, void *arg)
{
    struct world *world = arg;
    (void)timer;
    *(bool *)world->condition_arg = true;
    world_look(world);
}

static void run_for(struct world *world, uint64_t ms)
{
    bool passed = false;
    struct loop_timer *timer = loop_timer_new(world->loop, mark_passed, world);
    loop_timer_start(timer, ms);
    world_run_until(world, has_passed, &passed);
    loop_timer_free(timer);
}

static bool can_close_in_silence(void)
{
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
    close(fd);
    return can;
}

/* Segments that the kernel has retransmitted, also of a connection that is gone. */
static unsigned sent_again(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    cr_assert_eq(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_total_retrans;
}

ParameterizedTestParameters(close, silent)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, silent)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    cr_assert_not(net_connection_is_ready(world.client.connection));
    cr_assert_eq(net_connection_write(world.client.connection, "x", 1), -1);
    cr_assert_eq(net_connection_write(world.server.connection, "anybody there?", 14), 0);
    int kept_fd = dup(world.server.connection->fd);
    run_for(&world, 300); /* silence can only be waited for; a refusal would come back in microseconds */
    cr_assert(strstr(world.client.log, "ready") && !side_has(&world.client, "data"), "client: %s",
              world.client.log);
    cr_assert_gt(unacknowledged_bytes(world.server.connection), 0);
    unsigned before = sent_again(kept_fd);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    if (can_close_in_silence()) {
        run_for(&world, 100);
        /* Where the kernel has sent the unacknowledged bytes again by now, there was nobody any more to keep
         * silent: on a machine that is so late this says nothing. */
        if (sent_again(kept_fd) == before)
            cr_assert_str_eq(strstr(world.server.log, "ready"), "ready");
    }
    close(kept_fd);
    world_fini(&world);
}

static bool has_server_end(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->server, "fin") || side_has(&world->server, "rst");
}

ParameterizedTestParameters(close, at_once)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, at_once)
{
    OPENED(world, shape);
    net_connection_close(world.client.connection, NET_CLOSE_NOW);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    cr_assert_not(side_has(&world.client, "closed")); /* not from inside the call */
    world_run_until_client(&world, "closed");
    /* Which of the two depends on what lay unread in the socket (tickets of TLS 1.3): that is the kernel's
     * choice. */
    world_run_until(&world, has_server_end, NULL);
    world_fini(&world);
}

/* A peer that never ends is waited for 2 s. */
Test(close, lingers_no_longer_than_two_seconds)
{
    struct shape shape = {4, NET_TLS, NET_TLS_1_3};
    OPENED(world, &shape);
    uint64_t begin_ms = loop_now_ms(world.loop);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_client(&world, "closed");
    uint64_t took_ms = loop_now_ms(world.loop) - begin_ms;
    cr_assert(took_ms >= 1900 && took_ms < 10000, "%llu ms", (unsigned long long)took_ms);
    world_fini(&world);
}

static void free_in_callback(struct side *side, const char *word)
{
    if (strcmp(word, "data") == 0 || strcmp(word, "fin") == 0) {
        net_connection_free(side->connection);
        side->connection = NULL;
    }
}

ParameterizedTestParameters(close, freed_inside_a_callback)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, freed_inside_a_callback)
{
    OPENED(world, shape);
    world.server.react = free_in_callback;
    net_connection_write(world.client.connection, "bang", 4);
    world_run_until_server(&world, "data");
    world_run_until_client(&world, "fin");
    cr_assert_str_eq(strstr(world.server.log, "ready"), "ready data");
    world_fini(&world);
}

ParameterizedTestParameters(close, queues_up_to_the_limit)
{
    return all_shapes();
}
ParameterizedTest(struct shape *shape, close, queues_up_to_the_limit)
{
    OPENED(world, shape);
    static char block[64 * 1024];
    size_t written = 0;
    memset(block, 'a', sizeof block);
    /* Nobody reads while the loop stands still: the socket's buffers fill, then the queue. */
    while (written < 64U * 1024 * 1024 &&
           net_connection_write(world.client.connection, block, sizeof block) == 0)
        written += sizeof block;
    cr_assert_lt(written, 64U * 1024 * 1024);
    cr_assert_gt(written, 4U * 1024 * 1024 - 2 * sizeof block);
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "fin");
    cr_assert_eq(world.server.data_total, written);
    world_fini(&world);
}
