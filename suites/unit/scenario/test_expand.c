/* What comes out of a file: variants, their coordinates, their worlds, their controls. */
#include <criterion/criterion.h>
#include <limits.h>

#include "fixture.h"

Test(catalogue, requirements)
{
    struct catalogue *catalogue = fixture_load();
    cr_expect_eq(catalogue->requirement_count, 5);
    const struct requirement *requirement = catalogue_requirement(catalogue, "x-identity");
    cr_assert(requirement);
    cr_expect_eq(requirement->level, LEVEL_MUST);
    cr_expect(requirement->is_derived);
    cr_expect_str_eq(requirement->part, "server");
    cr_expect_str_eq(requirement->when, "reuses");
    cr_expect_str_eq(requirement->class_name, "security");
    cr_expect_str_eq(requirement->seen_by, "B over A's connection");
    cr_expect_eq(requirement->faults.count, 2);
    cr_expect_str_eq(requirement->faults.items[1], "first-only");
    cr_expect_str_eq(requirement->controls.items[0], "aliasing/honour");
    cr_expect_null(catalogue_requirement(catalogue, "x-keep")->when);
    cr_expect_null(catalogue_requirement(catalogue, "x"));
    cr_expect_str_eq(requirement_level_name(catalogue_requirement(catalogue, "y-seed")->level), "seed");
    catalogue_free(catalogue);
    catalogue_free(NULL);
}

Test(catalogue, scenarios_are_sorted_and_found)
{
    struct catalogue *catalogue = fixture_load();
    static const char *const ids[] = {"aliasing/honour", "aliasing/identity", "client/actors", "client/keep"};
    cr_assert_eq(catalogue->scenario_count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(catalogue->scenarios[i]->id, ids[i]);
        cr_expect_eq(catalogue_scenario(catalogue, ids[i]), catalogue->scenarios[i]);
    }
    cr_expect_null(catalogue_scenario(catalogue, "client/absent"));
    const struct scenario *scenario = catalogue_scenario(catalogue, "client/keep");
    cr_expect(scenario->is_slow && scenario->is_exclusive);
    cr_expect_not(catalogue->scenarios[0]->is_slow);
    cr_expect_str_eq(scenario->title, "A connection is kept, for both parts");
    cr_expect_str_eq(scenario->path, TREE_DIR "/client/keep.json");
    cr_expect_str_eq(catalogue->scenarios[1]->references.items[0], "Example#1");
    catalogue_free(catalogue);
}

Test(expand, one_variant_for_each_coordinate)
{
    struct catalogue *catalogue = fixture_load();
    static const char *const names[] = {"tls-tls12-ip4-server", "tls-tls12-ip6-server",
                                        "tls-tls13-ip4-server", "tls-tls13-ip6-server",
                                        "tcp---ip4-server",     "tcp---ip6-server"};
    const struct scenario *scenario = catalogue_scenario(catalogue, "aliasing/honour");
    cr_assert_eq(scenario->variant_count, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct scenario_variant *variant = &scenario->variants[i];
        cr_expect_str_eq(variant->name, names[i]);
        cr_expect_eq(variant->scenario, scenario);
        cr_expect_eq(variant->ip, i % 2 ? 6 : 4);
        cr_expect_eq(variant->transport, i < 4 ? NET_TLS : NET_TCP);
        cr_expect_eq(variant->tls, i < 2 ? NET_TLS_1_2 : i < 4 ? NET_TLS_1_3 : NET_TLS_NONE);
        cr_expect_not(variant->is_client);
        cr_expect_null(variant->case_name);
        cr_expect_null(variant->control_scenario);
        cr_expect_eq(variant->level, LEVEL_MAY);
        cr_expect_not(variant->is_derived);
    }
    cr_expect_null(scenario_variant_find(scenario, "tcp-tls12-ip4-server"));
    catalogue_free(catalogue);
}

Test(expand, fixed_placeholders_go_and_others_stay)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_variant *tls =
        fixture_variant(catalogue, "aliasing/honour", "tls-tls12-ip6-server");
    cr_expect_str_eq(tls->dns.items[0], "_sips._tcp.a SRV 1 1 {port} peer.a");
    cr_expect_str_eq(tls->dns.items[1], "peer.a AAAA {peer}");
    cr_expect_str_eq(tls->hosts.items[0], "peer");
    cr_expect_eq(tls->hosts.count, 1);
    cr_expect_str_eq(tls->steps.items[4].stimulate.message.uri, "sip:bob@a.{zone};transport=tls");
    const struct scenario_variant *tcp = fixture_variant(catalogue, "aliasing/honour", "tcp---ip4-server");
    cr_expect_str_eq(tcp->dns.items[0], "_sip._tcp.a SRV 1 1 {port} peer.a");
    cr_expect_str_eq(tcp->dns.items[1], "peer.a A {peer}");
    cr_expect_eq(tcp->steps.items[0].listen.port, 5060);
    cr_expect_null(tcp->steps.items[0].listen.certificate, "no certificate over TCP");
    cr_expect_null(tcp->steps.items[1].connect.certificate);
    cr_expect_str_eq(tls->steps.items[0].listen.certificate, "a");
    catalogue_free(catalogue);
}

Test(expand, cases_replace_values_of_every_type)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_variant *other =
        fixture_variant(catalogue, "aliasing/identity", "tls-tls13-ip4-server-other");
    const struct scenario_variant *none =
        fixture_variant(catalogue, "aliasing/identity", "tls-tls13-ip4-server-none");
    cr_expect_eq(catalogue_scenario(catalogue, "aliasing/identity")->variant_count, 8);
    cr_expect_str_eq(other->case_name, "other");
    cr_expect_str_eq(other->requirements.items[0], "x-identity");
    cr_expect_str_eq(none->requirements.items[0], "x-honour");
    cr_expect_eq(other->level, LEVEL_MUST);
    cr_expect(other->is_derived);
    cr_expect_eq(none->level, LEVEL_MAY);
    cr_expect_not(none->is_derived);
    cr_expect_eq(other->certificates[1].san.count, 1);
    cr_expect_eq(none->certificates[1].san.count, 0);
    const struct scenario_alternative *alternative = &other->steps.items[2].expect.alternatives[0];
    cr_expect_eq(alternative->answers[0], 486);
    cr_expect_eq(alternative->answers[1], 200);
    cr_expect_eq(alternative->answer_count, 2);
    cr_expect_str_eq(alternative->reason, "Case two {{rides} c1 from port {c1.port}.");
    cr_expect_str_eq(alternative->requirement, "x-identity");
    cr_expect(alternative->only_with_control);
    cr_expect_eq(other->steps.items[1].stimulate.as, 1);
    cr_expect_eq(none->steps.items[1].stimulate.as, 0);
    cr_expect_str_eq(other->needs.items[0], "virtual-server");
    catalogue_free(catalogue);
}

Test(expand, certificates_are_made_from_others)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_variant *variant =
        fixture_variant(catalogue, "aliasing/identity", "tls-tls12-ip4-server-other");
    cr_assert_eq(variant->certificate_count, 2);
    const struct scenario_certificate *base = &variant->certificates[0], *b = &variant->certificates[1];
    cr_expect_str_eq(base->name, "base");
    cr_expect_str_eq(base->issuer, "trusted");
    cr_expect_str_eq(base->key, "ecdsa");
    cr_expect_eq(base->san.count, 0);
    cr_expect_eq(base->not_before_s, -86400);
    cr_expect_eq(base->not_after_s, 3600);
    cr_expect_str_eq(b->name, "b");
    cr_expect_str_eq(b->issuer, "untrusted");
    cr_expect_str_eq(b->cn, "a.{zone}");
    cr_expect_str_eq(b->eku.items[0], "serverAuth");
    cr_expect_str_eq(b->san.items[0], "URI:sip:b.{zone}");
    cr_expect_eq(b->not_after_s, 3600);
    cr_expect_not(b->has_key_usage);
    catalogue_free(catalogue);
}

Test(expand, parts_replace_what_is_outside)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario *scenario = catalogue_scenario(catalogue, "client/keep");
    cr_assert_eq(scenario->variant_count, 4, "two parts, TLS 1.2 alone, two IP versions");
    const struct scenario_variant *client = fixture_variant(catalogue, "client/keep", "tls-tls12-ip4-client");
    const struct scenario_variant *server = fixture_variant(catalogue, "client/keep", "tls-tls12-ip6-server");
    cr_expect(client->is_client);
    cr_expect_eq(client->hosts.count, 2);
    cr_expect_eq(server->hosts.count, 1);
    cr_expect_eq(client->requirements.count, 1);
    cr_expect_eq(client->level, LEVEL_OBS);
    cr_expect_eq(server->requirements.count, 2);
    cr_expect_eq(server->level, LEVEL_SHOULD, "the strictest");
    cr_expect_not(server->is_derived, "not all of them are");
    cr_expect_null(client->control_scenario);
    cr_expect_str_eq(server->control_scenario, "aliasing/honour");
    catalogue_free(catalogue);
}

Test(expand, controls_keep_the_coordinates)
{
    struct catalogue *catalogue = fixture_load();
    static const char *const pairs[][2] = {{"tls-tls12-ip4-server-other", "tls-tls12-ip4-server"},
                                           {"tls-tls13-ip6-server-other", "tls-tls13-ip6-server"},
                                           {"tls-tls13-ip4-server-none", "tls-tls13-ip4-server"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const struct scenario_variant *variant = fixture_variant(catalogue, "aliasing/identity", pairs[i][0]);
        cr_expect_str_eq(variant->control_scenario, "aliasing/honour");
        cr_expect_str_eq(variant->control_variant, pairs[i][1]);
        cr_expect_str_eq(variant->control_shows, "reused");
    }
    catalogue_free(catalogue);
}

Test(expand, actors)
{
    struct catalogue *catalogue = fixture_load();
    const struct scenario_variant *variant =
        fixture_variant(catalogue, "client/actors", "tls-tls13-ip6-client");
    cr_expect_eq(variant->scenario->variant_count, 2, "IPv6 alone");
    cr_assert_eq(variant->actor_count, 1);
    cr_expect_str_eq(variant->actors[0].name, "friend");
    cr_expect_str_eq(variant->actors[0].host, "peer");
    cr_expect_str_eq(variant->actors[0].domains.items[0], "a.{zone}");
    cr_expect_str_eq(variant->actors[0].certificates.items[0], "a");
    cr_expect_not(variant->actors[0].reuses);
    const struct scenario_alternative *alternative = &variant->steps.items[1].expect.alternatives[0];
    cr_expect_eq(variant->steps.items[0].actor_send.count, 3);
    cr_expect(alternative->has_answered && alternative->has_received && alternative->has_opened &&
              !alternative->has_connections);
    cr_expect_eq(alternative->answered.from, 3);
    cr_expect_eq(alternative->answered.to, UINT_MAX);
    cr_expect_eq(alternative->received_range.from, 0);
    cr_expect_eq(alternative->received_range.to, 4);
    cr_expect_eq(alternative->opened.to, 1);
    cr_expect_eq(variant->steps.items[2].actor_close.mode, NET_CLOSE_NOTIFY_ONLY);
    cr_expect_str_eq(variant->steps.items[3].observe.name, "ended");
    cr_expect_str_eq(variant->steps.items[3].observe.value, "{zone}");
    catalogue_free(catalogue);
}
