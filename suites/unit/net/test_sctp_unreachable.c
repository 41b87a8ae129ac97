/* ICMP of a host without SCTP: believed while an association is being set up, of no effect afterwards. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world.h"

TestSuite(sctp_unreachable, .init = world_enter_namespace);

static uint16_t sum_of(const uint8_t *bytes, size_t size_bytes)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < size_bytes; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

enum { ICMP_BYTES = 8, QUOTED_BYTES = 32 };

/* The first bytes of a packet of a connect: those that ICMP quotes, and whoever gets the quotation looks at.
 */
static void write_ports(uint8_t *packet, const struct net_connection *connection)
{
    uint16_t from = net_connection_local(connection)->port, to = net_connection_remote(connection)->port;
    packet[0] = (uint8_t)(from >> 8);
    packet[1] = (uint8_t)from;
    packet[2] = (uint8_t)(to >> 8);
    packet[3] = (uint8_t)to;
}

/* "Destination unreachable" about the first packet of a connect, as the host would send it that has no SCTP.
 */
static void send_unreachable(const struct net_connection *connection, uint8_t code)
{
    enum { IP_BYTES = 20 };
    const struct net_address *from = net_connection_local(connection);
    uint8_t message[ICMP_BYTES + IP_BYTES + QUOTED_BYTES] = {3, code};
    uint8_t *ip = message + ICMP_BYTES;
    ip[0] = 0x45;
    ip[3] = IP_BYTES + QUOTED_BYTES;
    ip[8] = 64;
    ip[9] = IPPROTO_SCTP;
    memcpy(ip + 12, from->ip, 4);
    memcpy(ip + 16, net_connection_remote(connection)->ip, 4);
    write_ports(ip + IP_BYTES, connection);
    uint16_t sum = sum_of(message, sizeof message);
    message[2] = (uint8_t)(sum >> 8);
    message[3] = (uint8_t)sum;
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    struct sockaddr_in target = {.sin_family = AF_INET};
    memcpy(&target.sin_addr, from->ip, 4);
    cr_assert(sendto(fd, message, sizeof message, 0, (struct sockaddr *)&target, sizeof target) > 0);
    close(fd);
}

/* The same of IPv6; the kernel sums it up. */
static void send_unreachable_6(const struct net_connection *connection, uint8_t type, uint8_t code)
{
    enum { IP_BYTES = 40, NEXT_HEADER_AT = 6 };
    const struct net_address *from = net_connection_local(connection);
    uint8_t message[ICMP_BYTES + IP_BYTES + QUOTED_BYTES] = {type, code};
    uint8_t *ip = message + ICMP_BYTES;
    message[7] = type == ICMP6_PARAM_PROB ? NEXT_HEADER_AT : 0; /* a pointer to what was not understood */
    ip[0] = 0x60;
    ip[5] = QUOTED_BYTES;
    ip[NEXT_HEADER_AT] = IPPROTO_SCTP;
    ip[7] = 64;
    memcpy(ip + 8, from->ip, 16);
    memcpy(ip + 24, net_connection_remote(connection)->ip, 16);
    write_ports(ip + IP_BYTES, connection);
    int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    struct sockaddr_in6 target = {.sin6_family = AF_INET6};
    memcpy(&target.sin6_addr, from->ip, 16);
    cr_assert(sendto(fd, message, sizeof message, 0, (struct sockaddr *)&target, sizeof target) > 0);
    close(fd);
}

ParameterizedTestParameters(sctp_unreachable, a_host_without_sctp_says_so_at_once)
{
    static const enum net_transport transports[] = {NET_SCTP, NET_TLS_SCTP};
    return cr_make_param_array(const enum net_transport, transports, 2);
}

ParameterizedTest(const enum net_transport *transport, sctp_unreachable, a_host_without_sctp_says_so_at_once,
                  .init = world_enter_namespace)
{
    enum { UNREACHABLE_HOST = 1, UNREACHABLE_PROTOCOL = 2 };
    struct world world;
    world_init(&world, NULL);
    if (net_sctp_engine(world.net, NULL) != NET_SCTP_USERLAND) {
        world_fini(&world);
        return; /* the kernel's own affair */
    }
    /* Nobody answers for that address of loopback. The connect would take a minute to give up. */
    struct net_connect_options options = {.transport = *transport, .handshake_timeout_ms = 60000};
    net_address_parse("127.0.0.1", 0, &options.local);
    net_address_parse("127.0.0.7", 5060, &options.remote);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    send_unreachable(world.client.connection,
                     UNREACHABLE_HOST); /* which may be there again the next moment */
    send_unreachable(world.client.connection, UNREACHABLE_PROTOCOL);
    world_run_until_client(&world, "connect_failed");
    cr_expect_eq(world.client.end.error_number, ENOPROTOOPT);
    cr_expect_str_eq(world.client.end.text,
                     "connecting to 127.0.0.7:5060: the host has no SCTP (ICMP: protocol unreachable)");
    world_fini(&world);
}

struct refusal_6 {
    uint8_t type, code;
    int error_number;
    char text[96]; /* the tests are another process, and its addresses are others */
};

ParameterizedTestParameters(sctp_unreachable, a_host_without_sctp_says_so_over_ip6)
{
    static const struct refusal_6 refusals[] = {
        {ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER, EPROTO,
         "connecting to [2001:db8::7]:5060: the host has no SCTP (ICMP: protocol unreachable)"},
        {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, ECONNREFUSED,
         "connecting to [2001:db8::7]:5060: Connection refused"}};
    return cr_make_param_array(const struct refusal_6, refusals, 2);
}

ParameterizedTest(const struct refusal_6 *refusal, sctp_unreachable, a_host_without_sctp_says_so_over_ip6,
                  .init = world_enter_namespace)
{
    struct world world;
    world_init(&world, NULL);
    if (net_sctp_engine(world.net, NULL) != NET_SCTP_USERLAND) {
        world_fini(&world);
        return; /* the kernel's own affair */
    }
    /* No packet finds a way there. The connect would take a minute to give up. */
    struct net_connect_options options = {.transport = NET_SCTP, .handshake_timeout_ms = 60000};
    net_address_parse("::1", 0, &options.local);
    net_address_parse("2001:db8::7", 5060, &options.remote);
    world.client.connection = net_connect(world.net, &options, &side_events, &world.client);
    cr_assert_not_null(world.client.connection);
    send_unreachable_6(world.client.connection, ICMP6_DST_UNREACH,
                       ICMP6_DST_UNREACH_ADDR); /* which may be there again the next moment */
    send_unreachable_6(world.client.connection, ICMP6_PARAM_PROB,
                       ICMP6_PARAMPROB_OPTION); /* of another header than SCTP's */
    send_unreachable_6(world.client.connection, refusal->type, refusal->code);
    world_run_until_client(&world, "connect_failed");
    cr_expect_eq(world.client.end.error_number, refusal->error_number);
    cr_expect_str_eq(world.client.end.text, refusal->text);
    world_fini(&world);
}

Test(sctp_unreachable, icmp_ends_no_association)
{
    enum { UNREACHABLE_PROTOCOL = 2, UNREACHABLE_PORT = 3 };
    struct world world;
    world_init(&world, NULL);
    world_open(&world, 4, NET_SCTP, NET_TLS_NONE);
    if (net_sctp_engine(world.net, NULL) == NET_SCTP_USERLAND) {
        send_unreachable(world.client.connection, UNREACHABLE_PROTOCOL);
        send_unreachable(world.client.connection, UNREACHABLE_PORT);
    }
    cr_assert_eq(net_connection_write(world.client.connection, "still here", 10), 0);
    world_run_until_server(&world, "data");
    cr_expect_str_eq(world.server.data, "still here");
    world_fini(&world);
}
