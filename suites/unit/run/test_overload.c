/* Verdicts that too little time has made are given up, and no others. */
#include "run/run_private.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LONG_MS = 5000, SHORT_MS = 300 };

/* A world with one connection of the device to a listener of ours, over TLS. */
struct stage {
    struct loop *loop;
    struct run run;
    struct world world;
    struct post post;
    struct wire wire;
    struct sip_message message;
    struct event event;
    struct event *events[1];
};

static void stage_begin(struct stage *stage, enum verdict verdict)
{
    memset(stage, 0, sizeof *stage);
    stage->loop = loop_new();
    cr_assert_not_null(stage->loop);
    stage->run.loop = stage->loop;
    stage->world.run = &stage->run;
    stage->world.wires = &stage->wire;
    stage->world.events = stage->events;
    stage->world.outcome = (struct outcome){.verdict = verdict, .reason = text_copy("as it was"), .on = 7};
    stage->events[0] = &stage->event;
    stage->wire.world = &stage->world;
    stage->wire.transport = NET_TLS;
    stage->wire.role = WIRE_PEER;
    stage->wire.post = &stage->post;
    stage->wire.connection = (struct net_connection *)&stage->wire; /* never looked into */
    stage->wire.began_ms = loop_now_ms(stage->loop) - LONG_MS;
    stage->event.kind = OBSERVED_RESPONSE;
    stage->event.seq = 7;
    stage->event.message = &stage->message;
}

static void stage_end(struct stage *stage)
{
    outcome_fini(&stage->world.outcome);
    loop_free(stage->loop);
}

/* ---- which end of a connection says that somebody had no time */

static uint64_t starved_by(struct stage *stage, enum net_sign sign)
{
    overload_note_end(&stage->wire, &(struct net_end){.sign = sign});
    return stage->world.starved_ms;
}

Test(overload, a_handshake_given_up_after_seconds)
{
    struct stage stage;

    stage_begin(&stage, VERDICT_PASS);
    cr_assert_geq(starved_by(&stage, NET_SIGN_FIN), LONG_MS);
    stage_end(&stage);
}

Test(overload, what_was_ready_had_its_time_until_then)
{
    struct stage stage;

    stage_begin(&stage, VERDICT_PASS);
    stage.wire.is_ready = true;
    stage.wire.ready_ms = stage.wire.began_ms + SHORT_MS;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0, "it was quick, and ended later");
    stage.wire.ready_ms = stage.wire.began_ms + LONG_MS;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), LONG_MS,
                 "the device had given up before it heard of that");
    stage_end(&stage);
}

Test(overload, who_says_why_had_the_time)
{
    struct stage stage;

    stage_begin(&stage, VERDICT_PASS);
    cr_assert_eq(starved_by(&stage, NET_SIGN_ALERT), 0);
    cr_assert_eq(starved_by(&stage, NET_SIGN_CLOSE_NOTIFY), 0);
    stage_end(&stage);
}

Test(overload, a_quick_end_says_nothing_of_time)
{
    struct stage stage;

    stage_begin(&stage, VERDICT_PASS);
    stage.wire.began_ms = loop_now_ms(stage.loop) - SHORT_MS;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0);
    stage_end(&stage);
}

Test(overload, ends_that_have_another_cause)
{
    struct stage stage;

    stage_begin(&stage, VERDICT_PASS);
    stage.wire.transport = NET_TCP;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0, "no handshake");
    stage.wire.transport = NET_TLS_SCTP;
    stage.wire.is_closing = true;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0, "a step has closed it");
    stage.wire.is_closing = false;
    stage.post.is_stalled = true;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0, "the handshake was not to be had");
    stage.post.is_stalled = false;
    stage.event.wire = &stage.wire;
    stage.world.event_count = 1;
    cr_assert_eq(starved_by(&stage, NET_SIGN_FIN), 0, "it has carried a response");
    stage.event.kind = OBSERVED_CONNECTION;
    cr_assert_gt(starved_by(&stage, NET_SIGN_FIN), 0, "and none of these");
    stage_end(&stage);
}

/* ---- what becomes of a verdict */

static void assert_given_up(struct stage *stage, const char *because)
{
    overload_distrust(&stage->world);
    cr_assert_eq(stage->world.outcome.verdict, VERDICT_INCONCLUSIVE);
    cr_assert(stage->world.outcome.is_soft, "it is tried again");
    cr_assert_eq(stage->world.outcome.on, 7);
    cr_assert_not_null(strstr(stage->world.outcome.reason, because), "%s", stage->world.outcome.reason);
}

static void assert_kept(struct stage *stage, enum verdict verdict)
{
    overload_distrust(&stage->world);
    cr_assert_eq(stage->world.outcome.verdict, verdict);
    cr_assert_str_eq(stage->world.outcome.reason, "as it was");
}

Test(overload, no_verdict_stands_on_starvation)
{
    static const enum verdict given_up[] = {VERDICT_PASS, VERDICT_FAIL, VERDICT_NOT_APPLICABLE};
    static const enum verdict kept[] = {VERDICT_INCONCLUSIVE, VERDICT_ERROR};
    struct stage stage;

    for (size_t i = 0; i < sizeof given_up / sizeof *given_up; i++) {
        stage_begin(&stage, given_up[i]);
        stage.world.starved_ms = 6700;
        assert_given_up(&stage, "given up after 6.7 s");
        stage_end(&stage);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        stage_begin(&stage, kept[i]);
        stage.world.starved_ms = 6700;
        assert_kept(&stage, kept[i]);
        stage_end(&stage);
    }
}

static void stage_timeout(struct stage *stage, enum verdict verdict)
{
    stage_begin(stage, verdict);
    stage->message.status = 408;
    stage->world.event_count = 1;
}

Test(overload, a_408_while_the_connection_was_coming_up)
{
    struct stage stage;

    stage_timeout(&stage, VERDICT_FAIL);
    assert_given_up(&stage, "408");
    stage_end(&stage);
}

Test(overload, a_408_without_a_connection_is_the_devices_own)
{
    struct stage stage;

    stage_timeout(&stage, VERDICT_FAIL);
    stage.world.wires = NULL;
    assert_kept(&stage, VERDICT_FAIL);
    stage.world.wires = &stage.wire;
    stage.wire.has_sign = true;
    assert_kept(&stage, VERDICT_FAIL);
    stage.wire.has_sign = false;
    stage.post.is_stalled = true;
    assert_kept(&stage, VERDICT_FAIL);
    stage_end(&stage);
}

Test(overload, a_verdict_that_rests_on_something_else)
{
    struct stage stage;

    stage_timeout(&stage, VERDICT_FAIL);
    stage.message.status = 503;
    assert_kept(&stage, VERDICT_FAIL);
    stage.message.status = 408;
    stage.event.is_echo = true; /* our own answer */
    assert_kept(&stage, VERDICT_FAIL);
    stage.event.is_echo = false;
    stage.event.seq = 8;
    assert_kept(&stage, VERDICT_FAIL);
    stage_end(&stage);
}
