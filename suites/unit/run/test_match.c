#include "run/run_private.h"

#include <criterion/criterion.h>
#include <string.h>

#define ONE(text)                                                                                            \
    {                                                                                                        \
        .items = (char *[]){(char *)(uintptr_t)(text)}, .count = 1                                           \
    }
#define TWO(a, b)                                                                                            \
    {                                                                                                        \
        .items = (char *[]){(char *)(uintptr_t)(a), (char *)(uintptr_t)(b)}, .count = 2                      \
    }

static struct observed request_on(const char *of, const char *connection, const char *listener)
{
    return (struct observed){.kind = OBSERVED_REQUEST,
                             .of = of,
                             .method = "OPTIONS",
                             .own_method = "OPTIONS",
                             .connection = connection,
                             .listener = listener,
                             .is_new = listener && !connection};
}

static struct observed response_to(const char *of, unsigned status)
{
    return (struct observed){.kind = OBSERVED_RESPONSE,
                             .of = of,
                             .method = "OPTIONS",
                             .own_method = "OPTIONS",
                             .connection = "ua",
                             .status = status};
}

/* The alternatives of the scenario in docs/writing-scenarios.md. */
static struct scenario_alternative wrong_identity[] = {
    {.match = MATCH_REQUEST, .of = ONE("call-b"), .on = ONE("c1"), .verdict = VERDICT_FAIL},
    {.match = MATCH_REQUEST, .of = ONE("call-b"), .on = ONE("new@direct"), .verdict = VERDICT_PASS},
    {.match = MATCH_RESPONSE,
     .of = ONE("call-b"),
     .status_from = 300,
     .status_to = 699,
     .verdict = VERDICT_PASS},
    {.match = MATCH_SILENCE, .verdict = VERDICT_PASS},
};

static int first(struct observed event)
{
    return match_event(wrong_identity, 4, &event);
}

static bool is_surprise(struct observed event)
{
    return match_is_surprise(wrong_identity, 4, &event);
}

Test(match, where_a_request_arrives_decides)
{
    cr_assert_eq(first(request_on("call-b", "c1", NULL)), 0);
    cr_assert_eq(first(request_on("call-b", NULL, "direct")), 1);
    cr_assert_eq(first(request_on("call-b", NULL, "elsewhere")), -1);
    cr_assert_eq(first(request_on("call-b", "c2", "direct")), -1, "a connection that has a name is not new");
    cr_assert_eq(first(request_on("call-a", "c1", NULL)), -1, "another stimulus");
    cr_assert_eq(first(request_on(NULL, "c1", NULL)), -1, "of no stimulus");
}

Test(match, a_status_decides)
{
    cr_assert_eq(first(response_to("call-b", 503)), 2);
    cr_assert_eq(first(response_to("call-b", 200)), -1);
    cr_assert_eq(first(response_to("call-b", 180)), -1);
    cr_assert_eq(first(response_to("call-a", 503)), -1);
}

Test(match, the_method_of_the_stimulus_is_meant)
{
    struct observed ack = request_on("call-b", "c1", NULL);
    struct scenario_alternative named[] = {
        {.match = MATCH_REQUEST, .of = ONE("call-b"), .on = ONE("c1"), .methods = TWO("ACK", "BYE")}};

    ack.method = "ACK";
    ack.own_method = "INVITE";
    cr_assert_eq(first(ack), -1);
    cr_assert_eq(match_event(named, 1, &ack), 0);
    ack.method = "INVITE";
    cr_assert_eq(match_event(named, 1, &ack), -1);
}

Test(match, surprises_are_what_is_judged_where_nobody_looked)
{
    struct observed ack = request_on("call-b", NULL, "elsewhere");
    struct observed explained = response_to("call-b", 486);

    cr_assert(is_surprise(request_on("call-b", NULL, "elsewhere")));
    cr_assert_not(is_surprise(request_on("call-a", NULL, "elsewhere")));
    cr_assert_not(is_surprise(request_on(NULL, NULL, "elsewhere")));
    cr_assert_not(is_surprise(request_on("call-b", "c1", NULL)), "an alternative speaks of it");
    ack.method = "ACK";
    cr_assert_not(is_surprise(ack), "its ACK is not what the step is about");
    cr_assert_not(is_surprise(response_to("call-b", 200)));
    explained.is_expected_error = true;
    cr_assert_not(is_surprise(explained));
}

Test(match, an_error_that_nobody_named_is_a_surprise)
{
    struct scenario_alternative only_request[] = {{.match = MATCH_REQUEST, .of = ONE("x"), .on = ONE("c1")}};
    struct observed error = response_to("x", 503), good = response_to("x", 200),
                    provisional = response_to("x", 180);

    cr_assert(match_is_surprise(only_request, 1, &error));
    cr_assert_not(match_is_surprise(only_request, 1, &good));
    cr_assert_not(match_is_surprise(only_request, 1, &provisional));
    error.is_expected_error = true; /* we answered so ourselves */
    cr_assert_not(match_is_surprise(only_request, 1, &error));
}

Test(match, a_request_that_differs_on_a_named_connection_is_none)
{
    struct scenario_where via = {.header = (char *)(uintptr_t) "Via", .pattern = (char *)(uintptr_t) "alias"};
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .of = ONE("x"), .on = ONE("c1"), .where = &via, .where_count = 1}};
    struct observed event = request_on("x", "c1", NULL);

    cr_assert_eq(match_event(alternatives, 1, &event), -1);
    cr_assert_not(match_is_surprise(alternatives, 1, &event));
}

static bool has_via(const char *expected, const char *via)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .of = ONE("x"), .on = ONE("c1"), .via_of = (char *)(uintptr_t)expected}};
    struct observed event = request_on("x", "c1", NULL);
    struct sip_message *message = sip_request_new("OPTIONS", "sip:x");
    bool fits;

    cr_assert(sip_message_append(message, "Via", via));
    event.message = message;
    fits = match_event(alternatives, 1, &event) == 0;
    sip_message_free(message);
    return fits;
}

Test(match, a_via_is_compared_as_a_header_field_value)
{
    static const char via[] = "SIP/2.0/TLS h:5061;branch=z9hG4bKx;alias";

    cr_assert(has_via(via, via));
    cr_assert(has_via(via, "SIP/2.0/tls  H:5061 ;alias;branch=z9hG4bKx"));
    cr_assert_not(has_via(via, "SIP/2.0/TLS h:5061;branch=z9hG4bKx"));
    cr_assert_not(has_via(via, "SIP/2.0/TLS h:5061;branch=z9hG4bKy;alias"));
    cr_assert_not(has_via(via, "SIP/2.0/TCP h:5061;branch=z9hG4bKx;alias"));
    cr_assert_not(has_via(via, "SIP/2.0/TLS h;branch=z9hG4bKx;alias"));
    cr_assert_not(has_via(via, "SIP/2.0/TLS h:5061;branch=z9hG4bKx;alias=yes"));
    cr_assert_not(has_via("nonsense", via));
}

Test(match, other_is_what_no_other_alternative_names)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .of = ONE("x"), .on = TWO("other", "c9")},
        {.match = MATCH_REQUEST, .of = ONE("x"), .on = TWO("c1", "new@direct")},
    };
    struct observed named = request_on("x", "c1", NULL), fresh = request_on("x", NULL, "direct"),
                    else_where = request_on("x", "c2", NULL), listed = request_on("x", "c9", NULL);

    cr_assert_eq(match_event(alternatives, 2, &named), 1);
    cr_assert_eq(match_event(alternatives, 2, &fresh), 1);
    cr_assert_eq(match_event(alternatives, 2, &else_where), 0);
    cr_assert_eq(match_event(alternatives, 2, &listed), 0);
}

Test(match, any_and_no_selector_take_everything)
{
    struct scenario_alternative any[] = {{.match = MATCH_REQUEST, .of = ONE("x"), .on = ONE("any")}};
    struct scenario_alternative none[] = {{.match = MATCH_REQUEST}};
    struct observed event = request_on("x", NULL, "direct"), stray = request_on(NULL, "c1", NULL);

    stray.own_method = NULL;
    cr_assert_eq(match_event(any, 1, &event), 0);
    cr_assert_eq(match_event(none, 1, &event), 0);
    cr_assert_eq(match_event(none, 1, &stray), 0);
}

Test(match, the_first_alternative_that_fits)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .on = ONE("any"), .verdict = VERDICT_PASS},
        {.match = MATCH_REQUEST, .on = ONE("c1"), .verdict = VERDICT_FAIL},
    };
    struct observed event = request_on("x", "c1", NULL);

    cr_assert_eq(match_event(alternatives, 2, &event), 0);
}

Test(match, closed_by_sign_and_connection)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_CLOSED, .on = ONE("c1"), .signs = {NET_SIGN_RST}, .sign_count = 1},
        {.match = MATCH_CLOSED, .on = ONE("new@direct")},
    };
    struct observed event = {.kind = OBSERVED_CLOSED, .connection = "c1", .sign = NET_SIGN_FIN};

    cr_assert_eq(match_event(alternatives, 2, &event), -1);
    event.sign = NET_SIGN_RST;
    cr_assert_eq(match_event(alternatives, 2, &event), 0);
    event = (struct observed){
        .kind = OBSERVED_CLOSED, .listener = "direct", .is_new = true, .sign = NET_SIGN_ALERT};
    cr_assert_eq(match_event(alternatives, 2, &event), 1);
    event.kind = OBSERVED_CONNECTION;
    cr_assert_eq(match_event(alternatives, 2, &event), -1);
}

Test(match, connection_at_a_listener_and_without_a_name)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_CONNECTION, .listener = (char *)(uintptr_t) "direct"}};
    struct observed event = {.kind = OBSERVED_CONNECTION, .listener = "direct", .is_new = true};

    cr_assert_eq(match_event(alternatives, 1, &event), 0);
    event.is_new = false;
    cr_assert_eq(match_event(alternatives, 1, &event), -1);
    event = (struct observed){.kind = OBSERVED_CONNECTION, .listener = "other", .is_new = true};
    cr_assert_eq(match_event(alternatives, 1, &event), -1);
}

Test(match, header_fields)
{
    static const char text[] =
        "OPTIONS sip:b.test SIP/2.0\r\nVia: SIP/2.0/TLS a.test;branch=z9hG4bK1;alias\r\n"
        "From: <sip:a@a.test>;tag=1\r\nTo: <sip:b.test>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n";
    static const struct {
        const char *header, *pattern;
        bool is_negated, fits;
    } rows[] = {
        {"Via", ";ALIAS(;|$)", false, true},
        {"Via", ";alias=", false, false},
        {"Via", ";alias=", true, true},
        {"Route", "x", false, false},
        {"Route", "x", true, true},
        {"Request-URI", "^sip:b\\.test$", false, true},
        {"Request-URI", "^sips:", false, false},
    };
    struct sip_message *message = NULL;

    cr_assert_eq(sip_message_parse((const uint8_t *)text, sizeof text - 1, &message), SIP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scenario_where where = {.header = (char *)(uintptr_t)rows[i].header,
                                       .pattern = (char *)(uintptr_t)rows[i].pattern,
                                       .is_negated = rows[i].is_negated};
        struct scenario_alternative alternatives[] = {
            {.match = MATCH_REQUEST, .where = &where, .where_count = 1}};
        struct observed event = request_on("x", "c1", NULL);

        event.message = message;
        cr_assert_eq(match_event(alternatives, 1, &event) == 0, rows[i].fits, "%s %s", rows[i].header,
                     rows[i].pattern);
    }
    sip_message_free(message);
}

/* ---- several TLS connections on one association of SCTP */

static bool is_beside_c1(const struct wire *wire, const char *name)
{
    (void)wire;
    return !strcmp(name, "c1");
}

Test(match, another_pair_of_streams)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .on = ONE("c1")},
        {.match = MATCH_REQUEST, .on = ONE("beside@c1")},
        {.match = MATCH_REQUEST, .on = ONE("new@direct")},
    };
    struct observed event = request_on("call", NULL, "direct");

    cr_assert_eq(match_event(alternatives, 3, &event), 2);
    event.is_beside = is_beside_c1;
    cr_assert_eq(match_event(alternatives, 3, &event), 1);
    alternatives[1].on = (struct strings)ONE("beside@c2");
    cr_assert_eq(match_event(alternatives, 3, &event), 2);
}

Test(match, past_tls)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_REQUEST, .on = ONE("any"), .has_clear = true, .is_clear = true},
        {.match = MATCH_REQUEST, .on = ONE("any")},
    };
    struct observed event = request_on("call", NULL, "direct");
    struct net_message_facts facts = {.stream = 0};
    struct observed_tls tls = {.has_unordered_records = true};
    const struct scenario_alternative in_order = {
        .certificate_requested = -1, .peer_certificate = -1, .resumed = -1, .early_data = -1, .unordered = 0};

    cr_assert_eq(match_event(alternatives, 2, &event), 1, "over TCP nothing is past TLS");
    event.delivery = &facts;
    cr_assert_eq(match_event(alternatives, 2, &event), 1);
    facts.is_clear = true;
    cr_assert_eq(match_event(alternatives, 2, &event), 0);
    cr_assert_not(match_tls(&in_order, &tls));
    tls.has_unordered_records = false;
    cr_assert(match_tls(&in_order, &tls));
}

static struct observed request_spread(const char *of)
{
    struct observed event = request_on(of, NULL, "direct");

    event.is_further_pair = true;
    event.is_beside = is_beside_c1;
    return event;
}

Test(match, spread_over_an_association_is_reuse_of_it)
{
    struct scenario_alternative must_reuse[] = {
        {.match = MATCH_REQUEST, .of = ONE("later"), .on = ONE("c1"), .verdict = VERDICT_PASS},
        {.match = MATCH_REQUEST, .of = ONE("later"), .on = ONE("new@direct"), .verdict = VERDICT_FAIL},
    };
    struct scenario_alternative fails_first[] = {must_reuse[1], must_reuse[0]};
    struct observed spread = request_spread("later"), apart = request_on("later", NULL, "direct");

    cr_assert_eq(match_event(must_reuse, 2, &spread), 0);
    cr_assert_eq(match_event(fails_first, 2, &spread), 1);
    cr_assert_eq(match_event(must_reuse, 2, &apart), 1, "an association of its own");
}

Test(match, what_is_spread_does_not_ride_the_connection_beside_it)
{
    struct observed spread = request_spread("call-b");

    cr_assert_eq(first(spread), 1, "its peer has proved on it who it is");
    cr_assert_not(is_surprise(spread));
    spread.connection = "c2"; /* it has got a name: a connection like any other */
    spread.is_new = false;
    cr_assert_eq(first(spread), -1);
    cr_assert(is_surprise(spread));
}

/* A second final response is news to those alone who ask for it, and to nobody a surprise; on another
 * connection it is news to everybody. */
Test(match, a_response_once_more)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_RESPONSE, .of = ONE("ask"), .status_from = 200, .status_to = 699, .is_again = true},
        {.match = MATCH_RESPONSE, .of = ONE("ask"), .status_from = 200, .status_to = 299},
    };
    struct observed first = response_to("ask", 200), refusal = response_to("ask", 500);
    struct observed repeated = response_to("ask", 200), elsewhere = response_to("ask", 200);

    repeated.is_again = repeated.is_repeated = elsewhere.is_again = true;
    cr_assert_eq(match_event(alternatives, 2, &first), 1);
    cr_assert_eq(match_event(alternatives, 2, &repeated), 0);
    cr_assert_eq(match_event(alternatives + 1, 1, &repeated), -1);
    cr_assert_eq(match_event(alternatives + 1, 1, &elsewhere), 0);
    cr_assert_eq(match_event(alternatives, 1, &elsewhere), 0);
    repeated.status = 500;
    cr_assert_not(match_is_surprise(alternatives + 1, 1, &repeated));
    cr_assert_not(match_is_surprise(alternatives, 1, &refusal), "it speaks of second responses alone");
    cr_assert(match_is_surprise(alternatives, 2, &refusal));
}

Test(match, beside_a_connection_by_that_word)
{
    struct scenario_alternative apart[] = {
        {.match = MATCH_REQUEST, .of = ONE("two"), .on = ONE("c1"), .verdict = VERDICT_FAIL},
        {.match = MATCH_REQUEST, .of = ONE("two"), .on = ONE("beside@c1"), .verdict = VERDICT_PASS},
    };
    struct observed spread = request_spread("two");

    cr_assert_eq(match_event(apart, 2, &spread), 1);
}
