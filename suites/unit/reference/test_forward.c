/* What a proxy makes of a request: Routes, strict and loose, Max-Forwards, next hop; and CANCEL and ACK. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/proxy.h"

static struct sip_message *parse(const char *uri, const char *headers)
{
    char text[2048];
    struct sip_message *message = NULL;
    int size = snprintf(text, sizeof(text),
                        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TLS x.test;branch=z9hG4bK1;alias\r\nFrom: "
                        "<sip:a@x.test>;tag=1\r\nTo: <sip:b@y.test>\r\n"
                        "Call-ID: 1\r\nCSeq: 7 INVITE\r\n%sContent-Length: 0\r\n\r\n",
                        uri, headers);
    cr_assert_eq(sip_message_parse((const uint8_t *)text, (size_t)size, &message), SIP_OK);
    return message;
}

static void make_node(struct reference_node *node)
{
    static char NAME[] = "own.test";
    memset(node, 0, sizeof(*node));
    node->domains[0].name = NAME;
    node->domain_count = 1;
    node->listeners[0] =
        (struct listener){.transport = NET_TLS, .address = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5061}};
    node->listeners[1] =
        (struct listener){.transport = NET_TCP, .address = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5060}};
    node->listener_count = 2;
}

static void expect_hop(const char *uri, const char *headers, const char *host, const char *request_uri,
                       bool is_secure)
{
    struct reference_node node;
    struct next_hop hop;
    struct sip_message *message = parse(uri, headers);
    make_node(&node);
    cr_assert(forward_preprocess(&node, message, NULL));
    cr_assert(forward_next_hop(message, &hop));
    cr_expect_str_eq(hop.host, host);
    cr_expect_str_eq(message->request_uri, request_uri);
    cr_expect_eq(hop.is_secure, is_secure);
    next_hop_fini(&hop);
    sip_message_free(message);
}

Test(forward, next_hop_is_the_request_uri_or_the_first_foreign_route)
{
    expect_hop("sip:b@y.test", "", "y.test", "sip:b@y.test", false);
    expect_hop("sip:b@y.test", "Route: <sip:r.test;lr>\r\n", "r.test", "sip:b@y.test", false);
    expect_hop("sip:b@y.test",
               "Route: <sip:own.test;lr>, <sip:192.0.2.1;transport=tls;lr>\r\nRoute: <sip:r.test;lr>\r\n",
               "r.test", "sip:b@y.test", false);
    expect_hop("sip:b@y.test", "Route: <sip:own.test;lr>\r\n", "y.test", "sip:b@y.test", false);
    expect_hop("sips:b@y.test", "Route: <sip:r.test;transport=tcp;lr>\r\n", "r.test", "sips:b@y.test", true);
}

Test(forward, strict_routers_on_either_side)
{
    expect_hop("sip:b@y.test", "Route: <sip:strict.test>\r\n", "strict.test", "sip:strict.test", false);
    expect_hop("sip:own.test;lr", "Route: <sip:r.test;lr>, <sip:b@y.test>\r\n", "r.test", "sip:b@y.test",
               false);
    expect_hop("sip:own.test;lr", "Route: <sip:b@y.test>\r\n", "y.test", "sip:b@y.test", false);
}

Test(forward, other_ports_of_our_names_are_not_ours)
{
    expect_hop("sip:b@y.test", "Route: <sip:own.test:9999;lr>\r\n", "own.test", "sip:b@y.test", false);
    expect_hop("sip:b@y.test", "Route: <sip:192.0.2.1:9999;lr>\r\n", "192.0.2.1", "sip:b@y.test", false);
}

Test(forward, max_forwards_counts_down_and_is_added)
{
    struct sip_message *message = parse("sip:b@y.test", "Max-Forwards: 2\r\n");
    cr_assert(forward_count_hop(message));
    cr_expect_str_eq(sip_message_header(message, "Max-Forwards"), "1");
    sip_message_free(message);
    message = parse("sip:b@y.test", "");
    cr_assert(forward_count_hop(message));
    cr_expect_str_eq(sip_message_header(message, "Max-Forwards"), "70");
    sip_message_free(message);
}

Test(forward, record_routes_name_the_domain_once_for_each_transport)
{
    struct reference_node node;
    const struct record_route plan = {
        .is_wanted = true, .in = NET_TCP, .local = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5060}};
    struct sip_message *message = parse("sip:b@y.test", "");
    make_node(&node);
    cr_assert(forward_record_route(&node, message, &plan, NET_TLS));
    char *first = sip_message_value(message, "Record-Route", 0);
    char *second = sip_message_value(message, "Record-Route", 1);
    cr_expect_str_eq(first, "<sip:own.test;transport=tls;lr>");
    cr_expect_str_eq(second, "<sip:own.test;transport=tcp;lr>");
    free(first);
    free(second);
    sip_message_free(message);
    message = parse("sip:b@y.test", "");
    node.listeners[1].address.port = 5070;
    cr_assert(forward_record_route(&node, message, &plan, NET_TCP));
    cr_expect_eq(sip_message_value_count(message, "Record-Route"), 1);
    cr_expect_str_eq(sip_message_header(message, "Record-Route"), "<sip:own.test:5070;transport=tcp;lr>");
    sip_message_free(message);
}

Test(forward, cancel_and_ack_have_the_invites_via_and_routes)
{
    struct sip_message *invite = parse("sip:b@y.test", "Route: <sip:r.test;lr>\r\n");
    struct sip_message *response = sip_response_to(invite, 486, NULL, "tag");
    struct sip_message *cancel = derive_cancel(invite);
    struct sip_message *ack = derive_ack(invite, response);
    cr_expect_str_eq(sip_message_header(cancel, "Via"), sip_message_header(invite, "Via"));
    cr_expect_str_eq(sip_message_header(ack, "Via"), sip_message_header(invite, "Via"));
    cr_expect_str_eq(sip_message_header(cancel, "Route"), "<sip:r.test;lr>");
    cr_expect_str_eq(sip_message_header(cancel, "CSeq"), "7 CANCEL");
    cr_expect_str_eq(sip_message_header(ack, "CSeq"), "7 ACK");
    cr_expect_str_eq(sip_message_header(cancel, "To"), "<sip:b@y.test>");
    cr_expect_str_eq(sip_message_header(ack, "To"), "<sip:b@y.test>;tag=tag");
    sip_message_free(invite);
    sip_message_free(response);
    sip_message_free(cancel);
    sip_message_free(ack);
}

struct hop_row {
    const char *uri;
    bool has_transport;
    enum net_transport transport;
    bool is_unsupported;
};

Test(forward, the_transport_of_a_uri)
{
    static const struct hop_row ROWS[] = {{"sip:a.test", false, NET_TCP, false},
                                          {"sip:a.test;transport=tcp", true, NET_TCP, false},
                                          {"sip:a.test;transport=TLS", true, NET_TLS, false},
                                          {"sips:a.test;transport=tcp", true, NET_TLS, false},
                                          {"sip:a.test;transport=udp", true, NET_TCP, true},
                                          {"sip:a.test;transport=sctp", true, NET_SCTP, false},
                                          {"sips:a.test;transport=sctp", true, NET_TLS_SCTP, false},
                                          {"sip:a.test;transport=tls-sctp", true, NET_TLS_SCTP, false}};
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct sip_uri uri;
        struct next_hop hop;
        cr_assert_eq(sip_uri_parse(ROWS[i].uri, &uri), SIP_OK);
        cr_assert(next_hop_from_uri(&uri, &hop));
        cr_expect_eq(hop.has_transport, ROWS[i].has_transport, "%s", ROWS[i].uri);
        cr_expect_eq(hop.is_unsupported, ROWS[i].is_unsupported, "%s", ROWS[i].uri);
        cr_expect(ROWS[i].is_unsupported || hop.transport == ROWS[i].transport, "%s", ROWS[i].uri);
        next_hop_fini(&hop);
        sip_uri_fini(&uri);
    }
}
