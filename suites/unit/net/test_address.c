/* Addresses, transports, names of signs and alerts, the queue. */
#include <criterion/criterion.h>
#include <string.h>

#include "net/net_private.h"

Test(address, parses_and_formats)
{
    static const struct {
        const char *literal, *text, *ip;
        int family;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1:5061", "192.0.2.1", 4},
        {"2001:db8::1", "[2001:db8::1]:5061", "2001:db8::1", 6},
        {"[2001:DB8:0::1]", "[2001:db8::1]:5061", "2001:db8::1", 6},
        {"::", "[::]:5061", "::", 6},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:5061",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct net_address address;
        char text[NET_ADDRESS_TEXT_MAX];
        cr_assert(net_address_parse(cases[i].literal, 5061, &address), "%s", cases[i].literal);
        cr_assert_eq(address.family, cases[i].family);
        net_address_format(&address, text);
        cr_assert_str_eq(text, cases[i].text);
        net_address_format_ip(&address, text);
        cr_assert_str_eq(text, cases[i].ip);
    }
}

Test(address, refuses_what_is_no_literal)
{
    static const char *const cases[] = {
        "",           "[]",           "[192.0.2.1]",
        "192.0.2",    "192.0.2.256",  "one.test",
        "[::1",       "::1]",         "1:2:3:4:5:6:7:8:9",
        " 192.0.2.1", "fe80::1%eth0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    struct net_address address = {.port = 7};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_not(net_address_parse(cases[i], 1, &address), "%s", cases[i]);
    cr_assert_not(net_address_parse(NULL, 1, &address));
    cr_assert_eq(address.port, 7);
}

Test(address, unset)
{
    struct net_address unset = {0};
    char text[NET_ADDRESS_TEXT_MAX];
    net_address_format(&unset, text);
    cr_assert_str_eq(text, "-:0");
}

Test(address, equal)
{
    struct net_address a, b, c, d;
    net_address_parse("192.0.2.1", 1, &a);
    net_address_parse("192.0.2.1", 2, &b);
    net_address_parse("192.0.2.2", 1, &c);
    net_address_parse("c000:201::", 1, &d); /* the same first four bytes */
    cr_assert(net_address_equal(&a, &a));
    cr_assert_not(net_address_equal(&a, &b));
    cr_assert(net_address_equal_ip(&a, &b));
    cr_assert_not(net_address_equal_ip(&a, &c));
    cr_assert_not(net_address_equal_ip(&a, &d));
    struct net_address e = d;
    e.ip[15] = 1;
    cr_assert_not(net_address_equal(&d, &e));
    /* Bytes behind an IPv4 address mean nothing. */
    b = a;
    b.ip[9] = 1;
    cr_assert(net_address_equal(&a, &b));
}

Test(address, through_the_kernels_form)
{
    static const char *const literals[] = {"192.0.2.1", "2001:db8::1"};
    for (size_t i = 0; i < 2; i++) {
        struct net_address address, back;
        struct sockaddr_storage storage;
        cr_assert(net_address_parse(literals[i], 5061, &address));
        cr_assert_gt(net_address_to_sockaddr(&address, &storage), 0);
        cr_assert(net_address_from_sockaddr(&storage, &back));
        cr_assert(net_address_equal(&address, &back));
    }
}

Test(transport, words_and_ports)
{
    static const struct {
        enum net_transport transport;
        const char *name;
        bool is_secure;
        uint16_t port;
        const char *service;
    } cases[] = {{NET_TCP, "tcp", false, 5060, "_sip._tcp"},
                 {NET_TLS, "tls", true, 5061, "_sips._tcp"},
                 {NET_SCTP, "sctp", false, 5060, "_sip._sctp"},
                 {NET_TLS_SCTP, "tls-sctp", true, 5061, "_sips._sctp"}};
    enum net_transport parsed;
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_eq(net_transport_name(cases[i].transport), cases[i].name);
        cr_assert(net_transport_parse(cases[i].name, &parsed));
        cr_assert_eq(parsed, cases[i].transport);
        cr_assert_eq(net_transport_is_secure(cases[i].transport), cases[i].is_secure);
        cr_assert_eq(net_transport_default_port(cases[i].transport), cases[i].port);
        cr_assert_str_eq(net_transport_service(cases[i].transport), cases[i].service);
    }
    cr_assert_not(net_transport_parse("TLS", &parsed));
    cr_assert_not(net_transport_parse("udp", &parsed));
    cr_assert_not(net_transport_parse(NULL, &parsed));
}

Test(sign, names)
{
    cr_assert_str_eq(net_sign_name(NET_SIGN_FIN), "fin");
    cr_assert_str_eq(net_sign_name(NET_SIGN_RST), "rst");
    cr_assert_str_eq(net_sign_name(NET_SIGN_CLOSE_NOTIFY), "close_notify");
    cr_assert_str_eq(net_alert_name(42), "bad_certificate");
    cr_assert_str_eq(net_alert_name(116), "certificate_required");
    cr_assert_str_eq(net_alert_name(0), "close_notify");
    cr_assert_str_eq(net_alert_name(255), "alert");
    for (int alert = 0; alert < 256; alert++) {
        const char *theirs = gnutls_alert_get_strname((gnutls_alert_description_t)alert);
        cr_assert(!theirs || strcmp(net_alert_name(alert), "alert") != 0 || strstr(theirs, "SSL3") != NULL,
                  "%d is %s to GnuTLS and nameless here", alert, theirs);
    }
}

Test(queue, first_in_first_out)
{
    struct net_queue queue = {0};
    size_t in = 0, out = 0;
    /* Odd sizes, so that it moves and grows at every kind of place. */
    for (size_t round = 0; round < 2000; round++) {
        uint8_t bytes[700];
        size_t size = (round * 37) % sizeof bytes;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(in + i);
        cr_assert(net_queue_append(&queue, bytes, size, 1 << 20));
        in += size;
        size_t taken = (round * 53) % 690;
        if (taken > queue.size_bytes)
            taken = queue.size_bytes;
        for (size_t i = 0; i < taken; i++)
            cr_assert_eq(net_queue_head(&queue)[i], (uint8_t)(out + i));
        net_queue_consume(&queue, taken);
        out += taken;
        cr_assert_eq(queue.size_bytes, in - out);
    }
    net_queue_consume(&queue, queue.size_bytes);
    cr_assert_null(queue.bytes);
}

Test(queue, limit)
{
    struct net_queue queue = {0};
    cr_assert(net_queue_append(&queue, "12345678", 8, 10));
    cr_assert_not(net_queue_append(&queue, "abc", 3, 10));
    cr_assert_eq(queue.size_bytes, 8);
    cr_assert(net_queue_append(&queue, "ab", 2, 10));
    cr_assert_not(net_queue_append(&queue, "c", 1, 10));
    cr_assert_not(net_queue_append(&queue, "c", SIZE_MAX, 10));
    cr_assert_arr_eq(net_queue_head(&queue), "12345678ab", 10);
    cr_assert(net_queue_append(&queue, NULL, 0, 10));
    net_queue_clear(&queue);
}
