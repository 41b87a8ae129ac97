/* SCTP over the userland engine, between two addresses of a network namespace of the test's own; on a kernel
 * that has SCTP the same tests are its. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

/* In a namespace of its own a test may open raw sockets, and meets nobody's packets. */
static void enter_namespace(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    int fd;
    cr_assert(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
    cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

TestSuite(sctp, .init = enter_namespace);

Test(sctp, messages_keep_their_boundaries)
{
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    cr_assert_eq(net_connection_write(world.client.connection, "hello", 5), 0);
    world_run_until_server(&world, "data");
    cr_expect_str_eq(world.server.data, "hello");
    net_connection_close(world.client.connection, NET_CLOSE_GRACEFUL);
    world_run_until_server(&world, "shutdown");
    world_run_until_client(&world, "closed");
    world_fini(&world);
}
