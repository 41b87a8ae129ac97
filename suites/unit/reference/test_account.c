/* An account that has to prove itself, seen from a connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_fixture.h"

enum { DEVICE = 1, UA = 2 };

static struct script *set_up(struct world *world, const char *const *faults)
{
    world_init(world);
    world_serve(world, "dut", DEVICE);
    world_node(world, &(struct node_plan){.host = DEVICE,
                                          .labels = "dut",
                                          .faults = faults,
                                          .is_proxy = true,
                                          .account_user = "alice",
                                          .account_password = "right"});
    return script_connect(world, UA, DEVICE, NET_TCP, NULL, NULL);
}

/* OPTIONS from alice, with that field or none. */
static struct sip_message *ask(struct world *world, struct script *ua, const char *user, const char *field)
{
    size_t before = ua->message_count;
    char from[256], headers[2048];
    snprintf(from, sizeof(from), "<sip:%s@dut.test>;tag=1", user);
    snprintf(headers, sizeof(headers), "%s%s", field, field[0] != '\0' ? "\r\n" : "");
    char *text = strdup(request_text(world, "OPTIONS", "sip:dut.test", UA, 5060, "TCP", "", headers));
    char *at = strstr(text, "From:");
    char *end = strstr(at, "\r\n");
    char *whole = NULL;
    cr_assert(asprintf(&whole, "%.*sFrom: %s%s", (int)(at - text), text, from, end) > 0);
    script_send(ua, whole);
    free(text);
    free(whole);
    return script_wait_message(ua, before);
}

/* The answer to one of the challenges, by index, as a field. Static. */
static const char *answer(const struct sip_message *challenge, size_t index, const char *user,
                          const char *password, const char *uri)
{
    static char field[1024];
    char *value = sip_message_value(challenge, "WWW-Authenticate", index);
    struct sip_auth auth;
    cr_assert_eq(sip_auth_parse(value, &auth), SIP_OK);
    char *text = sip_digest_answer(
        &auth, &(struct sip_digest){
                   .user = user, .password = password, .method = "OPTIONS", .uri = uri, .cnonce = "c"});
    cr_assert_not_null(text);
    snprintf(field, sizeof(field), "Authorization: %s", text);
    free(text);
    free(value);
    sip_auth_fini(&auth);
    return field;
}

Test(account, each_request_has_to_prove_it)
{
    struct world world;
    struct script *ua = set_up(&world, NULL);
    struct sip_message *challenge = ask(&world, ua, "alice", "");
    cr_assert_eq(challenge->status, 401);
    cr_expect_eq(ask(&world, ua, "bob", "")->status, 200, "nobody else is asked");
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 0, "alice", "right", "sip:dut.test"))->status,
                 200);
    cr_expect_eq(ask(&world, ua, "alice", "")->status, 401);
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 1, "alice", "right", "sip:dut.test"))->status,
                 200);
    script_free(ua);
    world_fini(&world);
}

Test(account, what_proves_nothing)
{
    struct world world;
    struct script *ua = set_up(&world, NULL);
    struct sip_message *challenge = ask(&world, ua, "alice", "");
    cr_assert_eq(challenge->status, 401);
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 0, "alice", "wrong", "sip:dut.test"))->status,
                 401);
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 0, "bob", "right", "sip:dut.test"))->status, 401);
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 0, "alice", "right", "sip:other.test"))->status,
                 401);
    cr_expect_eq(ask(&world, ua, "alice", "Authorization: Digest realm=\"dut.test\"")->status, 401);
    cr_expect_eq(ask(&world, ua, "alice", "Authorization: Basic YTpi")->status, 401);
    char *forged = strdup(answer(challenge, 0, "alice", "right", "sip:dut.test"));
    strstr(forged, "nonce=\"")[7] ^= 1; /* another time than the one that it was made at */
    cr_expect_eq(ask(&world, ua, "alice", forged)->status, 401);
    free(forged);
    script_free(ua);
    world_fini(&world);
}

Test(account, the_fault_trusts_the_connection_and_no_other)
{
    static const char *const faults[] = {"digest-trusts-connection", NULL};
    struct world world;
    struct script *ua = set_up(&world, faults);
    struct sip_message *challenge = ask(&world, ua, "alice", "");
    cr_assert_eq(challenge->status, 401);
    cr_expect_eq(ask(&world, ua, "alice", answer(challenge, 0, "alice", "right", "sip:dut.test"))->status,
                 200);
    cr_expect_eq(ask(&world, ua, "alice", "")->status, 200);
    struct script *other = script_connect(&world, UA, DEVICE, NET_TCP, NULL, NULL);
    cr_expect_eq(ask(&world, other, "alice", "")->status, 401);
    script_free(other);
    script_free(ua);
    world_fini(&world);
}
