/* An association of usrsctp whose packets are tampered with on their way: nonsense chunks, ABORT in the
 * middle of the handshake, SHUTDOWN with data outstanding, streams that nobody negotiated. Both ends live in
 * this process; raw sockets are replaced by a queue of ours (the linker wraps socket() and sendmsg()), so
 * that it needs no privilege and nothing leaves.
 *
 * The input is read as a list of acts, one for each packet sent, in order; behind its end packets pass as
 * they are. Where an act changes a packet the checksum is made anew, or nothing would get past it. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "net/userland.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

enum {
    IP_BYTES = 20,
    COMMON_BYTES = 12,
    PACKET_BYTES = 4096,
    PACKETS_MAX = 512, /* of one input: two ends that reset each other for ever are stopped */
    WAITING_MAX = 128,
    TURNS_MAX = 400,
    TIME_MS = 1000,
    MESSAGES = 6,
    TYPE_MASK = 0xf
};
enum act { PASS, DROP, TWICE, FLIP, CHUNK_TYPE, APPEND, REPLACE, RAW, REFLECT, CUT, ACTS };

struct flying {
    uint8_t bytes[PACKET_BYTES];
    size_t size_bytes; /* IP header included */
};
static struct flying waiting[WAITING_MAX];
static size_t waiting_count, packet_count;
static struct {
    const uint8_t *at;
    size_t left;
} script;

static uint8_t next_byte(void)
{
    if (script.left == 0)
        return 0;
    script.left--;
    return *script.at++;
}

/* ---- instead of the network ---- */

int __wrap_socket(int domain, int type, int protocol)
{
    return (type & TYPE_MASK) == SOCK_RAW ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
                                          : __real_socket(domain, type, protocol);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    const struct sockaddr_in *to = message->msg_name;
    const struct cmsghdr *head = message->msg_control;
    struct in_pktinfo info;
    size_t size_bytes = message->msg_iov[0].iov_len;
    (void)fd;
    (void)flags;
    assert(to->sin_family == AF_INET && head->cmsg_type == IP_PKTINFO);
    memcpy(&info, CMSG_DATA(head), sizeof info);
    if (waiting_count == WAITING_MAX || size_bytes > PACKET_BYTES - IP_BYTES || packet_count++ >= PACKETS_MAX)
        return (ssize_t)size_bytes; /* lost */
    struct flying *packet = &waiting[waiting_count++];
    memset(packet->bytes, 0, IP_BYTES);
    packet->bytes[0] = 0x45;
    packet->bytes[9] = IPPROTO_SCTP;
    memcpy(packet->bytes + 12, &info.ipi_spec_dst, 4);
    memcpy(packet->bytes + 16, &to->sin_addr, 4);
    memcpy(packet->bytes + IP_BYTES, message->msg_iov[0].iov_base, size_bytes);
    packet->size_bytes = IP_BYTES + size_bytes;
    return (ssize_t)size_bytes;
}

/* ---- what is done to a packet ---- */

static void append_chunk(struct flying *packet)
{
    uint8_t *chunk = packet->bytes + packet->size_bytes;
    size_t body_bytes = next_byte(), whole = 4 + (body_bytes + 3) / 4 * 4;
    if (packet->size_bytes + whole > PACKET_BYTES)
        return;
    memset(chunk, 0, whole);
    chunk[0] = next_byte();
    chunk[1] = next_byte();
    chunk[3] = (uint8_t)(4 + body_bytes);
    chunk[2] = (uint8_t)((4 + body_bytes) >> 8);
    for (size_t i = 0; i < body_bytes; i++)
        chunk[4 + i] = next_byte();
    packet->size_bytes += whole;
}

static void flip(struct flying *packet)
{
    size_t at = (size_t)next_byte() << 8 | next_byte();
    packet->bytes[IP_BYTES + at % (packet->size_bytes - IP_BYTES)] ^= next_byte();
}

static void reflect(struct flying *packet)
{
    uint8_t address[4], port[2];
    memcpy(address, packet->bytes + 12, 4);
    memcpy(packet->bytes + 12, packet->bytes + 16, 4);
    memcpy(packet->bytes + 16, address, 4);
    memcpy(port, packet->bytes + IP_BYTES, 2);
    memcpy(packet->bytes + IP_BYTES, packet->bytes + IP_BYTES + 2, 2);
    memcpy(packet->bytes + IP_BYTES + 2, port, 2);
}

static void deliver(struct net_userland *userland, struct flying *packet, bool has_new_checksum)
{
    struct userland_packet read;
    if (has_new_checksum && packet->size_bytes >= IP_BYTES + COMMON_BYTES) {
        memset(packet->bytes + IP_BYTES + 8, 0, 4);
        uint32_t checksum = usrsctp_crc32c(packet->bytes + IP_BYTES, packet->size_bytes - IP_BYTES);
        memcpy(packet->bytes + IP_BYTES + 8, &checksum, sizeof checksum);
    }
    /* A copy of the exact size, so that a sanitizer sees a read past the end. */
    uint8_t *exact = malloc(packet->size_bytes);
    memcpy(exact, packet->bytes, packet->size_bytes);
    if (userland_read_ip4(exact, packet->size_bytes, &read)) {
        assert(read.bytes >= exact && read.bytes + read.size_bytes <= exact + packet->size_bytes);
        userland_take(userland, &read);
    }
    free(exact);
}

static void carry(struct net_userland *userland, struct flying *packet)
{
    struct flying original = *packet;
    switch ((enum act)(next_byte() % ACTS)) {
    case DROP:
        return;
    case TWICE:
        deliver(userland, &original, false);
        break;
    case FLIP:
        flip(packet);
        break;
    case CHUNK_TYPE:
        packet->bytes[IP_BYTES + COMMON_BYTES] = next_byte();
        break;
    case APPEND:
        append_chunk(packet);
        break;
    case REPLACE: /* one chunk instead of all: ports and tag stay */
        packet->size_bytes = IP_BYTES + COMMON_BYTES;
        append_chunk(packet);
        break;
    case RAW: /* any header, no good checksum */
        for (size_t i = next_byte(); i > 0; i--)
            packet->bytes[next_byte() % packet->size_bytes] = next_byte();
        deliver(userland, packet, false);
        return;
    case REFLECT:
        reflect(&original);
        deliver(userland, &original, true);
        break;
    case CUT:
        packet->size_bytes = IP_BYTES + (size_t)next_byte() % (packet->size_bytes - IP_BYTES) + 1;
        break;
    case PASS:
    case ACTS:
        break;
    }
    deliver(userland, packet, true);
}

static void carry_all(struct net_userland *userland)
{
    while (waiting_count > 0) {
        struct flying packet = waiting[0];
        memmove(&waiting[0], &waiting[1], --waiting_count * sizeof waiting[0]);
        carry(userland, &packet);
    }
}

/* ---- the two ends ---- */

struct ends {
    struct loop *loop;
    struct net *net;
    size_t open;     /* connections that have not been closed */
    size_t received; /* messages, by who was connected to */
};

static void on_ready(struct net_connection *connection, void *arg)
{
    static const char line[] = "OPTIONS sip:fuzz SIP/2.0\r\n\r\n";
    static const char longer[3000];
    (void)arg;
    for (uint16_t i = 0; i < MESSAGES; i++)
        net_connection_write_message(connection, i % 2 ? longer : line, i % 2 ? sizeof longer : sizeof line,
                                     &(struct net_message_options){.stream = i, .is_ordered = i % 3 == 0});
    if (net_connection_is_opened_by_us(connection))
        net_connection_close(connection, NET_CLOSE_GRACEFUL); /* with all of it outstanding */
}

static void on_data(struct net_connection *connection, const uint8_t *bytes, size_t size_bytes, void *arg)
{
    const struct net_message_facts *facts = net_connection_message(connection);
    struct ends *ends = arg;
    (void)bytes;
    assert(facts && size_bytes > 0);
    ends->received += !net_connection_is_opened_by_us(connection);
    assert(facts->stream < net_connection_association(connection)->streams_in);
}

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    (void)arg;
    assert(end->text[0] != '\0');
    net_connection_close(connection, NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct ends *ends = arg;
    assert(ends->open > 0);
    ends->open--;
    net_connection_free(connection);
}

static const struct net_connection_events events = {
    .on_ready = on_ready, .on_data = on_data, .on_sign = on_sign, .on_closed = on_closed};

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *out, void **connection_arg, void *arg)
{
    struct ends *ends = arg;
    (void)listener;
    (void)connection;
    ends->open++;
    *out = events;
    *connection_arg = arg;
}

static void on_turn(struct loop_timer *timer, void *arg)
{
    struct ends *ends = arg;
    (void)timer;
    loop_stop(ends->loop);
}

/* A turn of the loop looks at what has been signed; time passes as often as nothing is on its way. */
static void run(struct ends *ends)
{
    struct loop_timer *turn = loop_timer_new(ends->loop, on_turn, ends);
    for (size_t i = 0; i < TURNS_MAX && ends->open > 0; i++) {
        if (waiting_count == 0)
            usrsctp_handle_timers(TIME_MS);
        carry_all(ends->net->userland);
        loop_timer_start(turn, 0);
        loop_run(ends->loop);
    }
    loop_timer_free(turn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ends ends = {.loop = loop_new()};
    ends.net = net_new(ends.loop, &(struct net_options){.sctp = NET_SCTP_USERLAND});
    ends.net->sctp = NET_SCTP_USERLAND; /* whatever this machine's kernel has */
    waiting_count = packet_count = 0;
    script.at = data;
    script.left = size;
    struct net_listen_options listen = {.transport = NET_SCTP, .on_accept = on_accept, .arg = &ends};
    net_address_parse("127.0.0.1", 5060, &listen.local);
    struct net_listener *listener = net_listen(ends.net, &listen);
    struct net_connect_options connect = {.transport = NET_SCTP, .remote = listen.local};
    net_address_parse("127.0.0.2", 0, &connect.local);
    ends.open = 1;
    if (!listener || !net_connect(ends.net, &connect, &events, &ends))
        abort();
    run(&ends);
    assert(size > 0 || (ends.received == MESSAGES && ends.open == 0)); /* untouched, it works */
    /* Whoever is left is taken down with its net, which must leave nothing behind. */
    net_free(ends.net);
    waiting_count = 0;
    loop_free(ends.loop);
    return 0;
}
