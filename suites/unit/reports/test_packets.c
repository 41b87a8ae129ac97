#include <criterion/criterion.h>
#include <string.h>

#include "evidence/evidence.h"
#include "reports/packets.h"

static struct packets_frame read_frame(const char *head, size_t head_bytes, const char *rest,
                                       size_t rest_bytes)
{
    uint8_t bytes[512];
    struct packets_frame frame;
    memcpy(bytes, head, head_bytes);
    memcpy(bytes + head_bytes, rest, rest_bytes);
    packets_frame_read(bytes, head_bytes + rest_bytes, &frame);
    return frame;
}

/* Ethernet and IPv4 with UDP, from 198.18.0.9 to 198.18.0.53, port 40000 to 53. */
#define LINK_IP4 "\2\0\0\0\0\x53\2\0\0\0\0\x09\x08\0"
#define UDP_TO_DNS                                                                                           \
    "\x45\0\0\x40\0\0\0\0\x40\x11\0\0\xc6\x12\0\x09\xc6\x12\0\x35"                                           \
    "\x9c\x40\0\x35\0\x20\0\0"
#define QUERY_HEAD  "\x12\x34\1\0\0\1\0\0\0\0\0\0"
#define BYTES(text) text, sizeof(text) - 1

Test(frame, a_query_is_told_by_its_name_in_small_letters)
{
    struct packets_frame frame =
        read_frame(BYTES(LINK_IP4 UDP_TO_DNS), BYTES(QUERY_HEAD "\4Peer\1A\4test\0\0\1\0\1"));
    char ip[PACKETS_IP_TEXT_MAX];
    cr_expect_str_eq(frame.query, "peer.a.test");
    cr_expect_eq(frame.source.port, 40000);
    packets_ip_format(&frame.destination, ip);
    cr_expect_str_eq(ip, "198.18.0.53");
}

Test(frame, a_label_that_leaves_the_frame_ends_the_name)
{
    struct packets_frame frame = read_frame(BYTES(LINK_IP4 UDP_TO_DNS), BYTES(QUERY_HEAD "\4peer\x3f"
                                                                                         "a"));
    cr_expect_str_eq(frame.query, "peer");
}

Test(frame, what_is_no_ip_is_nobodys)
{
    struct packets_frame frame = read_frame(BYTES("\2\0\0\0\0\x53\2\0\0\0\0\x09\x08\6"), BYTES(UDP_TO_DNS));
    cr_expect_eq(frame.source.family, 0);
    frame = read_frame(BYTES(LINK_IP4), BYTES("\x45\0\0\x40"));
    cr_expect_eq(frame.source.family, 0);
}

Test(address, forms)
{
    struct packets_address address;
    char ip[PACKETS_IP_TEXT_MAX];
    cr_assert(packets_address_parse("[2001:db8::1]:5061", &address));
    packets_ip_format(&address, ip);
    cr_expect_str_eq(ip, "2001:db8::1");
    cr_expect_eq(address.port, 5061);
    cr_assert(packets_address_parse("192.0.2.1", &address));
    cr_expect_eq(address.port, 0);
    cr_expect_not(packets_address_parse("", &address));
    cr_expect_not(packets_address_parse("[2001:db8::1", &address));
    cr_expect_not(packets_address_parse("host:5061", &address));
}

Test(name, a_foreign_scenario_stays_in_the_folder)
{
    char *name = report_packets_name("aliasing/server-honour", "tls-tls13-ip4-server");
    cr_expect_str_eq(name, "aliasing-server-honour.tls-tls13-ip4-server.pcapng");
    free(name);
    name = report_packets_name("../../etc/x", "y\nz");
    cr_expect_str_eq(name, "__-__-etc-x.y_z.pcapng");
    free(name);
}

/* A message over what Wireshark takes is cut, and its length told. */
Test(pcapng, a_huge_message_does_not_spoil_the_file)
{
    static char message[300 << 10];
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    const struct pcapng_pdu pdu = {.dissector = "sip",
                                   .family = 4,
                                   .source_port = 1,
                                   .destination_port = 2,
                                   .bytes = message,
                                   .size_bytes = sizeof message};
    struct pcapng *file = pcapng_new(out, "test", NULL);
    unsigned interface = pcapng_put_interface(file, PCAPNG_EXPORTED_PDU, "messages", NULL);
    fflush(out);
    const size_t before = size_bytes;
    pcapng_put_pdu(file, interface, 1, &pdu);
    cr_assert(pcapng_end(file));
    fclose(out);
    uint32_t block[7];
    memcpy(block, text + before, sizeof block);
    cr_expect_eq(block[5], 256 << 10, "captured: %u", block[5]);
    cr_expect_gt(block[6], sizeof message);
    cr_expect_eq(size_bytes - before, block[1]);
    free(text);
}
