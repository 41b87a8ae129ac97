/* A node between scripted ends: what goes over which connection, seen from outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"

enum { DEVICE = 1, UA = 2, PEER = 3 };

static struct reference_node *set_up(struct world *world)
{
    world_init(world);
    world_serve(world, "dut", DEVICE);
    world_serve(world, "peer", PEER);
    return world_node(world, &(struct node_plan){.host = DEVICE, .labels = "dut", .is_proxy = true});
}

static unsigned ask(struct world *world, struct script *ua, const char *method, const char *uri,
                    const char *headers)
{
    size_t before = ua->message_count;
    script_send(ua, request_text(world, method, uri, UA, 5060, "TCP", "", headers));
    struct sip_message *response = script_wait_message(ua, before);
    while (response->status < 200) {
        response = script_wait_message(ua, ++before);
    }
    return response->status;
}

Test(wire, answers_for_its_own_domains)
{
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    char numeric[128];
    snprintf(numeric, sizeof(numeric), "sip:%s:5060", world_ip(&world, DEVICE));
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:dut.test", ""), 200);
    cr_expect_eq(ask(&world, ua, "OPTIONS", numeric, ""), 200);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:DUT.test", "Route: <sip:dut.test;lr>\r\n"), 200);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:nobody@dut.test", ""), 404);
    cr_expect_eq(ask(&world, ua, "INVITE", "sip:nobody@dut.test", ""), 404);
    cr_expect_eq(ask(&world, ua, "REGISTER", "sip:dut.test", ""), 405);
    cr_expect_eq(ask(&world, ua, "CANCEL", "sip:x@dut.test", ""), 481);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:dut.test", "Require: magic\r\n"), 420);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:x@peer.test", "Proxy-Require: magic\r\n"), 420);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "tel:+1", ""), 416);
    cr_expect_eq(ask(&world, ua, "OPTIONS", "sip:x@unknown.test;transport=tcp", ""), 503);
    script_free(ua);
    world_fini(&world);
}

Test(wire, a_request_is_forwarded_and_its_response_comes_back_on_its_connection)
{
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TCP, NULL);
    script_send(ua, request_text(&world, "MESSAGE", "sip:bob@peer.test;transport=tcp", UA, 5070, "TCP",
                                 ";rport", ""));
    struct sip_message *request = script_wait_message(peer, 0);
    cr_expect_str_eq(request->request_uri, "sip:bob@peer.test;transport=tcp");
    cr_expect_str_eq(sip_message_header(request, "Max-Forwards"), "69");
    cr_expect_eq(sip_message_value_count(request, "Via"), 2);
    char *via = sip_message_value(request, "Via", 0);
    char own[128];
    snprintf(own, sizeof(own), "SIP/2.0/TCP %s:5060;branch=z9hG4bK", world_ip(&world, DEVICE));
    cr_expect_eq(strncmp(via, own, strlen(own)), 0, "%s", via);
    cr_expect_null(strstr(via, "alias"), "none over TCP");
    free(via);
    script_respond(peer, request, 202);
    struct sip_message *response = script_wait_message(ua, 0);
    cr_expect_eq(response->status, 202);
    cr_expect_eq(sip_message_value_count(response, "Via"), 1);
    cr_expect_not_null(strstr(sip_message_header(response, "Via"), ";rport="));
    script_free(ua);
    script_free(peer);
    world_fini(&world);
}

Test(wire, a_lying_sent_by_gets_received)
{
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    script_send(
        ua, request_text(&world, "OPTIONS", "sip:dut.test", PEER, 5070, "TCP", ";received=192.0.2.99", ""));
    const char *via = sip_message_header(script_wait_message(ua, 0), "Via");
    char received[128];
    snprintf(received, sizeof(received), ";received=%s", world_ip(&world, UA));
    cr_expect_not_null(strstr(via, received), "%s", via);
    cr_expect_null(strstr(via, "192.0.2.99"), "%s", via);
    script_free(ua);
    world_fini(&world);
}

Test(wire, a_response_whose_connection_is_gone_goes_to_source_and_sent_by_port)
{
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *back = script_listen(&world, UA, NET_TCP, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TCP, NULL);
    script_send(ua,
                request_text(&world, "MESSAGE", "sip:bob@peer.test;transport=tcp", UA, 5060, "TCP", "", ""));
    struct sip_message *request = script_wait_message(peer, 0);
    script_close(ua, NET_CLOSE_GRACEFUL);
    script_respond(peer, request, 200);
    cr_expect_eq(script_wait_message(back, 0)->status, 200);
    script_free(ua);
    script_free(back);
    script_free(peer);
    world_fini(&world);
}

/* INVITE to the peer over c1, 180 back, c1 closed. */
static struct sip_message *ring_and_close(struct world *world, struct script *ua, struct script *peer)
{
    script_send(ua,
                request_text(world, "INVITE", "sip:bob@peer.test;transport=tls", UA, 5060, "TCP", "", ""));
    struct sip_message *invite = script_wait_message(peer, 0);
    cr_expect_not_null(strstr(sip_message_header(invite, "Record-Route"), "sip:dut.test;transport=tls;lr"));
    script_respond(peer, invite, 180);
    cr_expect_eq(script_wait_message(ua, 0)->status, 100);
    cr_expect_eq(script_wait_message(ua, 1)->status, 180);
    script_close(peer, NET_CLOSE_GRACEFUL);
    return invite;
}

static const char *branch_of(const struct sip_message *message)
{
    static char branches[2][128];
    static unsigned turn;
    struct sip_via via;
    char *out = branches[turn++ % 2];
    cr_assert_eq(sip_message_top_via(message, &via), SIP_OK);
    snprintf(out, sizeof(branches[0]), "%s", sip_params_find(&via.params, "branch")->value);
    sip_via_fini(&via);
    return out;
}

Test(wire, a_cancel_whose_connection_is_gone_goes_over_a_new_one)
{
    struct world world;
    struct certs_minted peer_certificate;
    set_up(&world);
    world_mint(&world, "peer", &peer_certificate);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TLS, &peer_certificate);
    struct sip_message *invite = ring_and_close(&world, ua, peer);
    char cancel[2048];
    const struct sip_message *sent = invite;
    char *via = sip_message_value(sent, "Via", 1);
    snprintf(cancel, sizeof(cancel),
             "CANCEL sip:bob@peer.test;transport=tls SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: "
             "%s\r\nTo: %s\r\nCall-ID: %s\r\n"
             "CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
             via, sip_message_header(sent, "From"), sip_message_header(sent, "To"),
             sip_message_header(sent, "Call-ID"));
    script_send(ua, cancel);
    free(via);
    struct sip_message *forwarded = script_wait_message(peer, 1);
    cr_expect_str_eq(forwarded->method, "CANCEL");
    cr_expect_str_eq(branch_of(forwarded), branch_of(invite));
    cr_expect_eq(script_wait_message(ua, 2)->status, 200);
    script_respond(peer, forwarded, 200);
    script_respond(peer, invite, 487);
    cr_expect_eq(script_wait_message(ua, 3)->status, 487);
    cr_expect_str_eq(script_wait_message(peer, 2)->method, "ACK");
    certs_minted_fini(&peer_certificate);
    script_free(ua);
    script_free(peer);
    world_fini(&world);
}

Test(wire, an_ack_whose_connection_is_gone_goes_over_a_new_one)
{
    struct world world;
    struct certs_minted peer_certificate;
    set_up(&world);
    world_mint(&world, "peer", &peer_certificate);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TLS, &peer_certificate);
    struct sip_message *invite = ring_and_close(&world, ua, peer);
    /* The peer answers over a connection of its own, to source address and port of sent-by. */
    struct script *back = script_connect(&world, PEER, DEVICE, NET_TLS, &peer_certificate, "dut.test");
    script_respond(back, invite, 486);
    cr_expect_eq(script_wait_message(ua, 2)->status, 486);
    struct sip_message *ack = script_wait_message(peer, 1);
    cr_expect_str_eq(ack->method, "ACK");
    cr_expect_str_eq(branch_of(ack), branch_of(invite));
    certs_minted_fini(&peer_certificate);
    script_free(ua);
    script_free(peer);
    script_free(back);
    world_fini(&world);
}

Test(wire, a_2xx_and_its_ack_pass_end_to_end)
{
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TCP, NULL);
    script_send(ua,
                request_text(&world, "INVITE", "sip:bob@peer.test;transport=tcp", UA, 5060, "TCP", "", ""));
    script_respond(peer, script_wait_message(peer, 0), 200);
    cr_expect_eq(script_wait_message(ua, 1)->status, 200);
    script_send(ua, request_text(&world, "ACK", "sip:bob@peer.test;transport=tcp", UA, 5060, "TCP", "",
                                 "Route: <sip:dut.test;transport=tcp;lr>\r\n"));
    struct sip_message *ack = script_wait_message(peer, 1);
    cr_expect_str_eq(ack->method, "ACK");
    cr_expect_eq(sip_message_value_count(ack, "Route"), 0);
    cr_expect_eq(sip_message_value_count(ack, "Via"), 2);
    script_free(ua);
    script_free(peer);
    world_fini(&world);
}

static bool have_two(void *arg)
{
    struct script **both = arg;
    return both[0]->message_count + both[1]->message_count == 2;
}

static bool has_sign(void *arg)
{
    const struct script *script = arg;
    return script->sign != NET_SIGN_NONE;
}

/* The alias of a peer, made as told; then a request for it: does it come over that connection, or is a new
 * one opened? */
static bool rides(const char *via_params, const char *more_headers, const char *const *faults,
                  bool shows_certificate, uint16_t sent_by_port)
{
    struct world world;
    struct certs_minted certificate;
    world_init(&world);
    world_serve(&world, "dut", DEVICE);
    world_serve(&world, "peer", PEER);
    struct reference_node *device =
        world_node(&world, &(struct node_plan){.host = DEVICE, .labels = "dut", .faults = faults});
    world_mint(&world, "peer", &certificate);
    struct script *listener = script_listen(&world, PEER, NET_TLS, &certificate);
    struct script *aliased =
        script_connect(&world, PEER, DEVICE, NET_TLS, shows_certificate ? &certificate : NULL, "dut.test");
    script_send(aliased, request_text(&world, "OPTIONS", "sip:dut.test", PEER, sent_by_port, "TLS",
                                      via_params, more_headers));
    cr_expect_eq(script_wait_message(aliased, 0)->status, 200, "it proceeds as without alias");
    cr_assert(reference_node_send(device, "OPTIONS", "sip:x@peer.test;transport=tls", 0, NULL, NULL));
    struct script *both[] = {aliased, listener};
    world_run_until(&world, have_two, both);
    bool has_ridden = aliased->message_count == 2;
    certs_minted_fini(&certificate);
    script_free(aliased);
    script_free(listener);
    world_fini(&world);
    return has_ridden;
}

static const char *const NONE[] = {NULL};

Test(wire, an_alias_is_recognised_by_its_topmost_via_alone)
{
    cr_expect(rides(";alias", "", NONE, true, 5061));
    cr_expect(rides(";ALIAS", "", NONE, true, 5061));
    cr_expect(rides(";foo=bar;alias;baz", "", NONE, true, 5061));
    cr_expect_not(rides("", "", NONE, true, 5061));
    cr_expect_not(rides("", "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKlower;alias\r\n", NONE, true, 5061));
    cr_expect_not(rides(";alias", "", NONE, false, 5061), "no certificate");
    cr_expect_not(rides(";alias", "", NONE, true, 5081), "another port");
}

Test(wire, faults_of_recognition_are_seen)
{
    cr_expect_not(rides(";ALIAS", "", (const char *const[]){"alias-case-sensitive", NULL}, true, 5061));
    cr_expect(rides("", "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKlower;alias\r\n",
                    (const char *const[]){"alias-any-via", NULL}, true, 5061));
    cr_expect(rides("", "", (const char *const[]){"alias-always", NULL}, true, 5061));
    cr_expect(rides(";alias", "", (const char *const[]){"alias-without-certificate", NULL}, false, 5061));
    cr_expect(rides(";alias", "", (const char *const[]){"alias-port-ignored", NULL}, true, 5081));
}

Test(wire, after_close_notify_no_request_goes_there)
{
    struct world world;
    struct certs_minted certificate;
    world_init(&world);
    world_serve(&world, "dut", DEVICE);
    world_serve(&world, "peer", PEER);
    struct reference_node *device = world_node(&world, &(struct node_plan){.host = DEVICE, .labels = "dut"});
    world_mint(&world, "peer", &certificate);
    struct script *listener = script_listen(&world, PEER, NET_TLS, &certificate);
    struct script *aliased = script_connect(&world, PEER, DEVICE, NET_TLS, &certificate, "dut.test");
    script_send(aliased, request_text(&world, "OPTIONS", "sip:dut.test", PEER, 5061, "TLS", ";alias", ""));
    script_wait_message(aliased, 0);
    net_connection_close(aliased->connection, NET_CLOSE_NOTIFY_ONLY);
    world_run_until(&world, has_sign, aliased);
    cr_expect_eq(aliased->sign, NET_SIGN_CLOSE_NOTIFY, "answered with its own");
    cr_assert(reference_node_send(device, "OPTIONS", "sip:x@peer.test;transport=tls", 0, NULL, NULL));
    script_wait_message(listener, 0);
    cr_expect_eq(aliased->message_count, 1);
    certs_minted_fini(&certificate);
    script_free(aliased);
    script_free(listener);
    world_fini(&world);
}

Test(wire, a_thousand_pipelined_requests_are_answered_in_order)
{
    enum { COUNT = 1000 };
    struct world world;
    set_up(&world);
    struct script *ua = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    struct script *peer = script_listen(&world, PEER, NET_TCP, NULL);
    for (int i = 0; i < COUNT; i++) {
        script_send(
            ua, request_text(&world, "MESSAGE", "sip:bob@peer.test;transport=tcp", UA, 5060, "TCP", "", ""));
    }
    script_wait_message(peer, COUNT - 1);
    for (size_t i = 0; i < COUNT; i++) {
        script_respond(peer, peer->messages[i], 200);
    }
    script_wait_message(ua, COUNT - 1);
    cr_expect_eq(world_counts(world.nodes[0]).opened, 1);
    cr_expect_eq(ua->message_count, COUNT);
    script_free(ua);
    script_free(peer);
    world_fini(&world);
}
