/* How an association ends, and how each end is told from the others. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <usrsctp.h>

#include "world.h"

TestSuite(sctp_ends, .init = world_enter_namespace);

Test(sctp_ends, shutdown_sends_what_is_queued_first)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    for (int i = 0; i < 20; i++)
        world_write_message(world.client.connection, 50000,
                            &(struct net_message_options){.is_ordered = true});
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "shutdown");
    cr_expect_eq(world.server.data_total, 20 * 50000);
    world_run_until_client(&world, "closed");
    net_connection_close(world.server.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "closed");
    world_fini(&world);
}

Test(sctp_ends, abort_is_no_shutdown)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_server(&world, "abort");
    world_fini(&world);
}

static bool client_has_failed(struct world *world, void *arg)
{
    (void)arg;
    return side_has(&world->client, "connect_failed") || side_has(&world->client, "timeout");
}

Test(sctp_ends, nobody_listens)
{
    struct world world;
    world_init(&world, NULL);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    struct net_connect_options options = {.transport = NET_SCTP,
                                          .remote = *net_listener_address(world.listener)};
    net_listener_free(world.listener);
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP}); /* the host has SCTP */
    options.handshake_timeout_ms = 3000;
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    /* On loopback another process may own an address: usrsctp answers for none that is not its own. */
    world_run_until(&world, client_has_failed, NULL);
    world_fini(&world);
}

Test(sctp_ends, silence_says_nothing)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    cr_assert_eq(net_connection_write(world.server.connection, "anybody there", 13), 0);
    net_connection_close(world.client.connection, NET_CLOSE_RST);
    world_run_until_client(&world, "closed");
    if (net_sctp_engine(world.net, NULL) ==
        NET_SCTP_USERLAND) /* a kernel's socket is not closed in silence */
        cr_expect_not(side_has(&world.server, "abort"));
    cr_expect_not(side_has(&world.server, "shutdown"));
    world_fini(&world);
}

static void write_setting(const char *name, const char *value)
{
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/net/sctp/%s", name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s: %m", path);
    cr_assert(fputs(value, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

/* By default it takes minutes until SCTP gives a peer up (RFC 9260 §8.1). */
static void make_sctp_impatient(enum net_sctp engine)
{
    if (engine == NET_SCTP_KERNEL) {
        write_setting("association_max_retrans", "1");
        write_setting("rto_min", "100");
        write_setting("rto_initial", "100");
        write_setting("rto_max", "200");
    } else {
        usrsctp_sysctl_set_sctp_assoc_rtx_max_default(1);
        usrsctp_sysctl_set_sctp_rto_max_default(200);
    }
}

Test(sctp_ends, a_peer_that_never_answers_is_told_from_one_that_aborts)
{
    struct world world;
    world_init(&world, NULL);
    /* Sockets keep the settings that they began with, and usrsctp takes its own when the first one is made.
     */
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    net_listener_free(world.listener);
    make_sctp_impatient(net_sctp_engine(world.net, NULL));
    world_listen(&world, 4, &(struct net_listen_options){.transport = NET_SCTP});
    world_connect(&world, &(struct net_connect_options){.transport = NET_SCTP});
    world_run_until_server(&world, "ready");
    world_run_until_client(&world, "ready");
    net_connection_close(world.client.connection, NET_CLOSE_SILENT);
    cr_assert_eq(net_connection_write(world.server.connection, "anybody there", 13), 0);
    world_run_until_server(&world, "silence");
    cr_expect_eq(world.server.end.error_number, ETIMEDOUT);
    world_fini(&world);
}
