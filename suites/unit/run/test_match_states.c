/* What is looked at and not waited for: counts, and what connections are. */
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <limits.h>

Test(match_states, ranges)
{
    struct scenario_range one = {1, 1}, two_or_more = {2, UINT_MAX}, up_to_three = {0, 3};

    cr_assert(match_range(one, 1) && !match_range(one, 0) && !match_range(one, 2));
    cr_assert(match_range(two_or_more, 2) && match_range(two_or_more, 100000) &&
              !match_range(two_or_more, 1));
    cr_assert(match_range(up_to_three, 0) && match_range(up_to_three, 3) && !match_range(up_to_three, 4));
}

Test(match_states, connections_count_and_live)
{
    struct scenario_alternative alternative = {
        .has_count = true, .count = {1, 1}, .has_live = true, .live = {0, 0}};

    cr_assert(match_connections(&alternative, 1, 0));
    cr_assert_not(match_connections(&alternative, 1, 1));
    cr_assert_not(match_connections(&alternative, 2, 0));
    alternative.has_live = false;
    cr_assert(match_connections(&alternative, 1, 1));
}

Test(match_states, tls_facts)
{
    struct observed_tls facts = {.was_certificate_requested = true,
                                 .has_peer_certificate = true,
                                 .has_server_name = true,
                                 .peer_names = "URI:sip:one.test, DNS:one.test",
                                 .server_name = "a.test"};
    struct scenario_alternative asked = {.certificate_requested = 1, .peer_certificate = -1};
    struct scenario_alternative absent = {.certificate_requested = -1, .peer_certificate = 0};
    struct scenario_alternative named = {.certificate_requested = -1,
                                         .peer_certificate = 1,
                                         .peer_names = (char *)(uintptr_t) "URI:sip:one\\.test(,|$)"};
    struct scenario_alternative no_sni = {
        .certificate_requested = -1, .peer_certificate = -1, .server_name = (char *)(uintptr_t) ""};
    struct scenario_alternative sni = {
        .certificate_requested = -1, .peer_certificate = -1, .server_name = (char *)(uintptr_t) "^a\\.test$"};

    cr_assert(match_tls(&asked, &facts));
    cr_assert_not(match_tls(&absent, &facts));
    cr_assert(match_tls(&named, &facts));
    cr_assert_not(match_tls(&no_sni, &facts));
    cr_assert(match_tls(&sni, &facts));
    facts = (struct observed_tls){.was_certificate_requested = false};
    cr_assert_not(match_tls(&asked, &facts));
    cr_assert(match_tls(&absent, &facts));
    cr_assert_not(match_tls(&named, &facts));
    cr_assert(match_tls(&no_sni, &facts));
    cr_assert_not(match_tls(&sni, &facts));
}

Test(match_states, actor_counts)
{
    struct scenario_alternative alternative = {.has_answered = true,
                                               .answered = {50, 50},
                                               .has_connections = true,
                                               .connections = {1, 1},
                                               .has_opened = true,
                                               .opened = {1, 2}};
    struct reference_counts counts = {.answered = 50, .open_now = 1, .opened = 1, .accepted = 1};

    cr_assert(match_actor(&alternative, &counts));
    counts.answered = 49;
    cr_assert_not(match_actor(&alternative, &counts));
    counts.answered = 50;
    counts.accepted = 2;
    cr_assert_not(match_actor(&alternative, &counts));
}

Test(match_states, renegotiation)
{
    struct scenario_alternative alternative = {.certificate_requested = -1,
                                               .peer_certificate = -1,
                                               .resumed = -1,
                                               .early_data = -1,
                                               .unordered = -1};
    struct observed_tls tls = {.renegotiation = NET_RENEGOTIATION_NONE};

    cr_assert(match_tls(&alternative, &tls), "not asked for");
    alternative.renegotiation = NET_RENEGOTIATION_REFUSED;
    cr_assert_not(match_tls(&alternative, &tls));
    tls.renegotiation = NET_RENEGOTIATION_DONE;
    cr_assert_not(match_tls(&alternative, &tls));
    tls.renegotiation = NET_RENEGOTIATION_REFUSED;
    cr_assert(match_tls(&alternative, &tls));
}
