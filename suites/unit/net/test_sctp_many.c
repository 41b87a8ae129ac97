/* What a thousand associations cost a processor that has nothing to do. */
#include <criterion/criterion.h>
#include <time.h>

#include "world.h"

TestSuite(sctp_many, .init = world_enter_namespace);

enum { MANY = 1000 };
static struct net_connection *many[MANY];
static size_t ready_count;

static void on_many_ready(struct net_connection *connection, void *arg)
{
    struct world *world = arg;
    (void)connection;
    ready_count++;
    world_look(world);
}

static void accept_many(struct net_listener *listener, struct net_connection *connection,
                        struct net_connection_events *events, void **connection_arg, void *arg)
{
    (void)listener;
    (void)connection;
    *events = (struct net_connection_events){.on_ready = on_many_ready};
    *connection_arg = arg;
}

static bool are_all_ready(struct world *world, void *arg)
{
    (void)world;
    return ready_count == 2 * *(const size_t *)arg;
}

static void on_rest_over(struct loop_timer *timer, void *arg)
{
    struct world *world = arg;
    (void)timer;
    loop_stop(world->loop);
}

static double used_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

Test(sctp_many, a_thousand_associations_and_an_idle_processor, .timeout = 100)
{
    enum { BATCH = 250, SETTLE_MS = 2500, IDLE_MS = 3000, USED_MS_MAX = 300 };
    static const struct net_connection_events events = {.on_ready = on_many_ready};
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP, .on_accept = accept_many});
    for (size_t i = 0; i < MANY; i++) {
        struct net_connect_options options = {.transport = NET_SCTP,
                                              .remote = *net_listener_address(world.listener),
                                              .handshake_timeout_ms = 60000};
        many[i] = net_connect(world.net, &options, &events, &world);
        cr_assert_not_null(many[i], "%zu: %m", i);
        size_t opened = i + 1;
        if (opened % BATCH == 0)
            world_run_until(&world, are_all_ready, &opened);
    }
    struct loop_timer *rest = loop_timer_new(world.loop, on_rest_over, &world);
    loop_timer_start(rest, SETTLE_MS);
    loop_run(world.loop);
    double before_ms = used_ms();
    loop_timer_start(rest, IDLE_MS);
    loop_run(world.loop);
    double spent_ms = used_ms() - before_ms;
    cr_expect(spent_ms < USED_MS_MAX, "%.0f ms of %d", spent_ms, IDLE_MS);
    loop_timer_free(rest);
    world_fini(&world);
}
