/* What a device that makes its requests by itself can be asked for, decided from profile and scenario alone.
 */
#include "run/make.h"
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define LIST(...)                                                                                            \
    {                                                                                                        \
        .items = (char *[]){__VA_ARGS__}, .count = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
    }

static struct scenario_step stimulate(const char *uri)
{
    return (struct scenario_step){.verb = STEP_STIMULATE,
                                  .stimulate = {.name = TEXT("call"),
                                                .message = {.method = TEXT("OPTIONS"), .uri = TEXT(uri)},
                                                .times = 1}};
}

/* part: what the reason has to say; NULL: it runs. */
static void expect_reason(const struct device_profile *profile, struct scenario_step *steps, size_t count,
                          const char *part)
{
    struct scenario_variant variant = {.is_client = true, .transport = NET_TCP, .ip = 4};
    char *reason;

    variant.steps.items = steps;
    variant.steps.count = count;
    reason = plan_stimulus_reason(profile, &variant);
    if (part) {
        cr_assert_not_null(reason, "expected: %s", part);
        cr_assert_not_null(strstr(reason, part), "%s", reason);
    } else {
        cr_assert_null(reason, "%s", reason);
    }
    free(reason);
}

static struct device_profile telephone(void)
{
    return (struct device_profile){.is_user_agent = true,
                                   .stimulus = TEXT("command"),
                                   .stimulus_kind = DEVICE_COMMAND,
                                   .sends = {TEXT("INVITE")},
                                   .sends_count = 1,
                                   .has_transport = {true, false, false, false}};
}

Test(plan_made, any_request_will_do)
{
    struct device_profile profile = telephone();
    struct scenario_step step = stimulate("sip:bob@a.{zone}");

    expect_reason(&profile, &step, 1, NULL);
    cr_assert_str_eq(make_method(&profile, "OPTIONS"), "INVITE");
    cr_assert_str_eq(make_method(&profile, "MESSAGE"), "INVITE");
    profile.sends_count = 0;
    cr_assert_str_eq(make_method(&profile, "MESSAGE"), "MESSAGE");
}

Test(plan_made, what_it_cannot_be_asked_for)
{
    struct device_profile profile = telephone();
    struct scenario_step step = stimulate("sip:bob@a.{zone}");

    step.stimulate.message.method = TEXT("MESSAGE");
    expect_reason(&profile, &step, 1, "cannot be made to send MESSAGE");
    step = stimulate("sip:bob@a.{zone}");
    step.stimulate.dialog = TEXT("earlier");
    expect_reason(&profile, &step, 1, "within a dialog");
    step = stimulate("sip:bob@a.{zone}");
    step.stimulate.times = 1000;
    expect_reason(&profile, &step, 1, "1000 requests");
    step = stimulate("sips:bob@a.{zone}");
    expect_reason(&profile, &step, 1, NULL);
    profile.takes_no_sips_uri = true;
    expect_reason(&profile, &step, 1, "sips URI");
    step = stimulate("sip:bob@a.{zone};transport=tls");
    expect_reason(&profile, &step, 1, "not the transport");
    step = stimulate("sip:bob@a.{zone};transport=tcp");
    expect_reason(&profile, &step, 1, NULL);
    profile.stimulus_kind = DEVICE_NO_STIMULUS;
    step = stimulate("sip:bob@a.{zone}");
    expect_reason(&profile, &step, 1, "cannot be made to send");
}

Test(plan_made, names_are_not_for_everybody)
{
    struct device_profile profile = telephone();
    struct scenario_step name = stimulate("sip:bob@a.{zone}"), address = stimulate("sip:bob@{peer.uri}:5060"),
                         bare = stimulate("sip:bob@{peer}"), port = stimulate("sip:bob@host.{zone}:5070");

    profile.locates_nothing = true;
    expect_reason(&profile, &name, 1, "RFC 3263");
    expect_reason(&profile, &port, 1, "RFC 3263");
    expect_reason(&profile, &address, 1, NULL);
    expect_reason(&profile, &bare, 1, NULL);
}

Test(plan_made, a_user_agent_forwards_nothing)
{
    struct device_profile profile = telephone();
    struct scenario_step ours = {.verb = STEP_SEND,
                                 .send = {.name = TEXT("ask"), .message = {.uri = TEXT("sip:{dut.one}")}}},
                         other = {
                             .verb = STEP_SEND,
                             .send = {.name = TEXT("ask"), .message = {.uri = TEXT("sip:bob@a.{zone}")}}};

    expect_reason(&profile, &ours, 1, NULL);
    expect_reason(&profile, &other, 1, "forwards none");
    profile.is_user_agent = false;
    expect_reason(&profile, &other, 1, NULL);
}

/* Nobody passes a response back: where one decides, or its absence does, the scenario is not for this device.
 */
Test(plan_made, responses_that_decide)
{
    struct device_profile profile = telephone();
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_RESPONSE, .of = LIST(TEXT("call")), .status_from = 200, .status_to = 699},
        {.match = MATCH_SILENCE, .verdict = VERDICT_FAIL}};
    struct scenario_step steps[] = {
        stimulate("sip:bob@a.{zone}"),
        {.verb = STEP_EXPECT, .expect = {.alternatives = alternatives, .count = 1}}};

    expect_reason(&profile, steps, 2, NULL); /* for going on, our own answer will do */
    steps[1].expect.count = 2;
    expect_reason(&profile, steps, 2, "passes back");
    profile.stimulus_kind = DEVICE_FORWARD;
    expect_reason(&profile, steps, 2, NULL);
}

Test(plan_made, an_echo_decides_nothing)
{
    struct scenario_alternative alternatives[] = {
        {.match = MATCH_RESPONSE,
         .of = LIST(TEXT("call")),
         .status_from = 200,
         .status_to = 299,
         .verdict = VERDICT_FAIL},
        {.match = MATCH_RESPONSE, .of = LIST(TEXT("call")), .status_from = 200, .status_to = 699}};
    struct observed event = {
        .kind = OBSERVED_RESPONSE, .of = "call", .own_method = "INVITE", .method = "INVITE", .status = 200};

    cr_assert_eq(match_event(alternatives, 2, &event), 0);
    event.is_echo = true;
    cr_assert_eq(match_event(alternatives, 2, &event), 1);
    cr_assert_eq(match_event(alternatives, 1, &event), -1);
    cr_assert_not(match_is_surprise(alternatives, 1, &event));
}

/* Who registers is called, like any other: but a device that accepts nothing can be no server of a
 * connection. */
Test(plan_made, who_registers_is_called)
{
    struct device_profile profile = telephone();
    struct scenario_step steps[] = {
        stimulate("sip:bob@a.{zone}"),
        {.verb = STEP_CONNECT, .connect = {.transport = NET_TCP}},
    };

    profile.stimulus_kind = DEVICE_REGISTRAR;
    cr_assert(make_is_needed(&profile));
    expect_reason(&profile, steps, 2, NULL);
    profile.accepts_nothing = true;
    expect_reason(&profile, steps, 1, NULL);
    expect_reason(&profile, steps, 2, "accepts no connections");
}
