/* Each verb, each matcher: what stands in the file is in the structure, with its defaults. */
#include <criterion/criterion.h>
#include <limits.h>

#include "fixture.h"

Test(steps, defaults_of_listen_connect_send)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_step *steps =
        fixture_variant(catalogue, "aliasing/honour", "tls-tls13-ip4-server")->steps.items;
    cr_expect_eq(steps[0].verb, STEP_LISTEN);
    cr_expect_eq(steps[0].line, 13);
    cr_expect_str_eq(steps[0].listen.name, "direct");
    cr_expect_eq(steps[0].listen.transport, NET_TLS);
    cr_expect_eq(steps[0].listen.port, 5061);
    cr_expect(steps[0].listen.request_certificate);
    cr_expect_not(steps[0].listen.is_stalled);
    cr_expect_str_eq(steps[1].connect.to, "dut");
    cr_expect_not(steps[1].connect.has_server_name);
    cr_expect_null(steps[1].connect.server_name);
    cr_expect_eq(steps[1].connect.tls, NET_TLS_NONE);
    cr_expect_not(steps[1].connect.may_fail);
    cr_expect_str_eq(steps[2].send.message.method, "OPTIONS");
    cr_expect_str_eq(steps[2].send.message.uri, "sip:{dut.one}");
    cr_expect(steps[2].send.message.alias);
    cr_expect_eq(steps[2].send.times, 1);
    cr_expect_null(steps[2].send.raw);
    cr_expect_null(steps[2].send.message.sent_by);
    cr_expect_eq(steps[3].expect.within_ms, 0);
    cr_expect_eq(steps[3].expect.alternatives[0].status_from, 200);
    cr_expect_eq(steps[3].expect.alternatives[0].status_to, 699);
    cr_expect_eq(steps[4].stimulate.times, 1);
    catalogue_free(catalogue);
}

Test(steps, alternatives_with_what_follows)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_step *steps =
        fixture_variant(catalogue, "aliasing/honour", "tls-tls13-ip4-server")->steps.items;
    const struct scenario_alternative *on = &steps[5].expect.alternatives[0],
                                      *new = &steps[5].expect.alternatives[1];
    cr_expect_eq(on->match, MATCH_REQUEST);
    cr_expect_str_eq(on->of.items[0], "call");
    cr_expect_str_eq(on->on.items[0], "c1");
    cr_expect_eq(on->methods.count, 0);
    cr_expect_eq(on->answer_count, 1);
    cr_expect_eq(on->answers[0], 200);
    cr_expect_eq(on->verdict, VERDICT_PASS);
    cr_expect_str_eq(on->observe_name, "reused");
    cr_expect_str_eq(on->observe_value, "true");
    cr_expect_str_eq(new->observe_value, "false");
    cr_expect_str_eq(new->on.items[0], "new@direct");
    cr_expect_eq(on->certificate_requested, -1);
    cr_expect_eq(on->peer_certificate, -1);
    catalogue_free(catalogue);
}

Test(steps, within_silence_check_and_tls)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_step *steps =
        fixture_variant(catalogue, "aliasing/identity", "tls-tls13-ip4-server-other")->steps.items;
    cr_expect(steps[0].connect.has_server_name);
    cr_expect_null(steps[0].connect.server_name);
    cr_expect_eq(steps[2].expect.within_ms, 1500);
    cr_expect_eq(steps[2].expect.alternatives[1].status_from, 300);
    cr_expect_eq(steps[2].expect.alternatives[1].status_to, 699);
    cr_expect_eq(steps[2].expect.alternatives[2].match, MATCH_SILENCE);
    cr_expect_eq(steps[2].expect.alternatives[2].answer_count, 0);
    cr_expect_eq(steps[3].verb, STEP_CHECK);
    cr_expect_eq(steps[3].expect.alternatives[0].match, MATCH_TLS);
    cr_expect_str_eq(steps[3].expect.alternatives[0].server_name, "");
    cr_expect_str_eq(steps[3].expect.alternatives[0].peer_names, "URI:sip:{zone}a{{2}");
    cr_expect_eq(steps[3].expect.alternatives[1].match, MATCH_OTHERWISE);
    cr_expect_eq(steps[3].expect.alternatives[1].verdict, VERDICT_NONE);
    catalogue_free(catalogue);
}

Test(steps, listen_repeat_dialog_cancel)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_step *steps =
        fixture_variant(catalogue, "client/keep", "tls-tls12-ip4-client")->steps.items;
    cr_expect_eq(steps[0].listen.port, 5081);
    cr_expect_not(steps[0].listen.request_certificate);
    cr_expect_str_eq(steps[0].listen.by_server_name[0].server_name, "a.{zone}");
    cr_expect_str_eq(steps[0].listen.by_server_name[0].certificate, "a");
    cr_expect_eq(steps[1].verb, STEP_REPEAT);
    cr_expect_eq(steps[1].repeat.times, 3);
    const struct scenario_step *inner = steps[1].repeat.steps.items;
    cr_expect_str_eq(inner[0].stimulate.name, "round-{i}");
    cr_expect_str_eq(inner[0].stimulate.message.uri, "sip:{i}@{other.uri}:5081;transport=tls");
    cr_expect_str_eq(inner[0].stimulate.message.headers[0].name, "Subject");
    cr_expect_str_eq(inner[0].stimulate.message.headers[0].value, "n{i}");
    cr_expect_null(inner[0].stimulate.message.headers[1].value);
    const struct scenario_alternative *alternative = &inner[1].expect.alternatives[0];
    cr_expect_eq(alternative->on.count, 2);
    cr_expect_str_eq(alternative->on.items[1], "any");
    cr_expect_str_eq(alternative->methods.items[1], "ACK");
    cr_expect_str_eq(alternative->where[0].header, "Via");
    cr_expect_not(alternative->where[0].is_negated);
    cr_expect_str_eq(alternative->where[1].header, "To");
    cr_expect(alternative->where[1].is_negated);
    cr_expect_str_eq(alternative->as, "own");
    cr_expect_str_eq(alternative->name, "last");
    cr_expect_str_eq(steps[2].stimulate.dialog, "round-2");
    cr_expect_str_eq(steps[2].stimulate.message.method, "BYE");
    cr_expect_null(steps[2].stimulate.message.uri);
    cr_expect_str_eq(steps[3].stimulate.cancel, "round-3");
    cr_expect_str_eq(steps[3].stimulate.message.method, "CANCEL");
    cr_expect_eq(steps[4].respond.to.count, 1);
    cr_expect_str_eq(steps[4].respond.to.items[0], "last");
    cr_expect_eq(steps[4].respond.status_count, 1);
    cr_expect_eq(steps[4].respond.statuses[0], 486);
    cr_expect_str_eq(steps[4].respond.sent_by, "{peer.uri}:5061");
    cr_expect_eq(steps[5].wait.ms, 40000);
    const struct scenario_alternative *connections = &steps[6].expect.alternatives[0];
    cr_expect_str_eq(connections->listener, "direct");
    cr_expect(connections->has_count && connections->has_live);
    cr_expect_eq(connections->count.to, 2);
    cr_expect_eq(connections->live.from, 1);
    cr_expect_eq(connections->live.to, 1);
    cr_expect_str_eq(connections->observe_value, "yes");
    const struct scenario_alternative *requests = &steps[6].expect.alternatives[1];
    cr_expect_eq(requests->match, MATCH_REQUESTS);
    cr_expect_str_eq(requests->listener, "direct");
    cr_expect_eq(requests->of.count, 2);
    cr_expect_str_eq(requests->of.items[1], "round-2");
    cr_expect_eq(requests->count.from, 2);
    catalogue_free(catalogue);
}

Test(steps, parallel_raw_dns_close_closed)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_step *steps =
        fixture_variant(catalogue, "client/keep", "tls-tls12-ip6-server")->steps.items;
    cr_expect_eq(steps[0].verb, STEP_PARALLEL);
    cr_expect_eq(steps[0].parallel.count, 2);
    cr_expect_str_eq(steps[0].parallel.branches[0].items[0].connect.to, "dut:5081");
    cr_expect_eq(steps[0].parallel.branches[0].items[0].connect.tls, NET_TLS_1_3);
    cr_expect(steps[0].parallel.branches[0].items[0].connect.may_fail);
    cr_expect_eq(steps[0].parallel.branches[1].items[0].connect.transport, NET_TCP);
    cr_expect_str_eq(steps[1].send.raw, "OPTIONS sip:{dut.one} SIP/2.0\\r\\n\\x00\\\\");
    cr_expect_eq(steps[1].send.chunk_bytes, 7);
    cr_expect_null(steps[1].send.name);
    const struct scenario_message *message = &steps[2].send.message;
    cr_expect_str_eq(message->sent_by, "{peer.uri}:{c1.port}");
    cr_expect_str_eq(message->via_transport, "TLS");
    cr_expect_str_eq(message->via_params, ";received=192.0.2.1");
    cr_expect_str_eq(message->lower_vias.items[0], "SIP/2.0/TLS h;branch=z9hG4bKx");
    cr_expect_str_eq(message->body, "hi");
    cr_expect_not(message->alias);
    cr_expect_eq(steps[2].send.times, 5);
    cr_expect_str_eq(steps[3].change_dns.remove.items[0], "peer.a AAAA");
    cr_expect_str_eq(steps[3].change_dns.add.items[0], "x 60 AAAA {peer}");
    cr_expect_eq(steps[4].close.mode, NET_CLOSE_RST);
    cr_expect(steps[4].close.is_uncertain);
    const struct scenario_alternative *closed = &steps[5].expect.alternatives[0];
    cr_expect_eq(closed->sign_count, 2);
    cr_expect_eq(closed->signs[0], NET_SIGN_FIN);
    cr_expect_eq(closed->signs[1], NET_SIGN_ALERT);
    cr_expect_eq(closed->verdict, VERDICT_NOT_APPLICABLE);
    cr_expect_str_eq(closed->because, "observed-condition");
    cr_expect_eq(steps[5].expect.alternatives[1].status_from, 200);
    cr_expect_eq(steps[5].expect.alternatives[1].status_to, 200);
    catalogue_free(catalogue);
}

Test(steps, words)
{
    cr_expect_str_eq(verdict_name(VERDICT_NOT_APPLICABLE), "not-applicable");
    cr_expect_str_eq(scenario_verb_name(STEP_CHANGE_DNS), "change-dns");
    cr_expect_str_eq(scenario_verb_name(STEP_ACTOR_CLOSE), "actor-close");
    cr_expect_str_eq(requirement_level_name(LEVEL_OBS), "obs");
}
