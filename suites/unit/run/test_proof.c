/* What a REGISTER proves, and how it is asked to. */
#include "run/proof.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const both[] = {"SHA-256", "MD5"};
static const struct proof_account account = {.realm = "registrar.test",
                                             .user = "box",
                                             .password = "open sesame",
                                             .algorithms = both,
                                             .algorithm_count = 2};

static struct sip_message *request_with(const char *authorization)
{
    struct sip_message *request = sip_request_new("REGISTER", "sip:registrar.test");

    sip_message_append(request, "Via", "SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1");
    sip_message_append(request, "From", "<sip:box@registrar.test>;tag=1");
    sip_message_append(request, "To", "<sip:box@registrar.test>");
    sip_message_append(request, "Call-ID", "1");
    sip_message_append(request, "CSeq", "1 REGISTER");
    if (authorization)
        sip_message_append(request, "Authorization", authorization);
    return request;
}

/* What an account answers to the challenge of that number. */
static char *answer_to(const struct sip_message *response, size_t index, const char *user,
                       const char *password)
{
    char *value = sip_message_value(response, "WWW-Authenticate", index), *answer;
    const struct sip_digest digest = {
        .user = user, .password = password, .method = "REGISTER", .uri = "sip:registrar.test", .cnonce = "c"};
    struct sip_auth challenge;

    cr_assert_not_null(value);
    cr_assert_eq(sip_auth_parse(value, &challenge), SIP_OK, "%s", value);
    answer = sip_digest_answer(&challenge, &digest);
    cr_assert_not_null(answer);
    sip_auth_fini(&challenge);
    free(value);
    return answer;
}

static struct sip_message *ask(const char *nonce, bool is_stale)
{
    struct sip_message *request = request_with(NULL), *response;

    response = proof_ask(request, &account, nonce, is_stale, "tag");
    cr_assert_not_null(response);
    cr_assert_eq(response->status, 401);
    sip_message_free(request);
    return response;
}

static void expect_proof(const char *authorization, const char *nonce, enum proof wanted)
{
    struct sip_message *request = request_with(authorization);
    enum proof proof = proof_read(request, &account, nonce);

    cr_expect_eq(proof, wanted, "%s: %s", authorization, proof_text(proof));
    sip_message_free(request);
}

static void expect_answer(size_t index, const char *user, const char *password, const char *nonce,
                          enum proof wanted)
{
    struct sip_message *response = ask("n1", false);
    char *answer = answer_to(response, index, user, password);

    expect_proof(answer, nonce, wanted);
    free(answer);
    sip_message_free(response);
}

Test(proof, by_either_algorithm)
{
    expect_answer(0, "box", "open sesame", "n1", PROOF_GOOD);
    expect_answer(1, "box", "open sesame", "n1", PROOF_GOOD);
}

Test(proof, of_somebody_else_or_by_a_wrong_password_is_none)
{
    expect_answer(0, "box", "open barley", "n1", PROOF_WRONG);
    expect_answer(0, "fox", "open sesame", "n1", PROOF_USER);
    expect_answer(0, "box", "open sesame", "n2", PROOF_STALE);
    expect_answer(0, "box", "open barley", "n2",
                  PROOF_WRONG); /* it is not told that the nonce alone was old */
}

Test(proof, is_of_what_was_asked_for)
{
    static const char *const md5[] = {"MD5"};
    const struct proof_account old = {.realm = account.realm,
                                      .user = account.user,
                                      .password = account.password,
                                      .algorithms = md5,
                                      .algorithm_count = 1};
    struct sip_message *response = ask("n1", false);
    char *answer = answer_to(response, 0, "box", "open sesame");
    struct sip_message *request = request_with(answer);

    cr_expect_eq(proof_read(request, &old, "n1"), PROOF_UNASKED);
    sip_message_free(request);
    sip_message_free(response);
    free(answer);
    expect_proof(
        "Digest realm=\"registrar.test\", username=\"box\", nonce=\"n1\", uri=\"sip:x\", response=\"0\", "
        "qop=auth-int, nc=1, cnonce=\"c\"",
        "n1", PROOF_UNASKED);
    expect_proof(
        "Digest realm=\"registrar.test\", username=\"box\", nonce=\"n1\", uri=\"sip:x\", response=\"0\", "
        "qop=auth",
        "n1", PROOF_UNASKED);
}

Test(proof, is_looked_for_among_credentials_for_others)
{
    struct sip_message *response = ask("n1", false),
                       *request = request_with("Digest realm=\"other\", nonce=\"x\"");
    char *answer = answer_to(response, 0, "box", "open sesame");

    sip_message_append(request, "Authorization", "no header of ours");
    cr_expect_eq(proof_read(request, &account, "n1"), PROOF_NONE);
    sip_message_append(request, "Authorization", answer);
    cr_expect_eq(proof_read(request, &account, "n1"), PROOF_GOOD);
    sip_message_free(request);
    sip_message_free(response);
    free(answer);
}

Test(proof, is_none_in_what_cannot_be_read)
{
    static const char *const broken[] = {"", "Digest", "Digest realm=\"registrar.test",
                                         "Basic realm=\"registrar.test\"",
                                         "Digest realm=\"Registrar.test\", username=\"box\""};

    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        expect_proof(broken[i], "n1", PROOF_NONE);
    expect_proof(NULL, "n1", PROOF_NONE);
    expect_proof("Digest realm=\"registrar.test\"", "n1", PROOF_USER);
    expect_proof("Digest realm=\"registrar.test\", username=\"box\"", "n1", PROOF_WRONG);
}

Test(proof, stale_is_said)
{
    struct sip_message *fresh = ask("n1", false), *stale = ask("n1", true);
    char *values[2] = {sip_message_value(fresh, "WWW-Authenticate", 0),
                       sip_message_value(stale, "WWW-Authenticate", 1)};

    cr_expect_str_eq(values[0],
                     "Digest realm=\"registrar.test\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"");
    cr_expect_str_eq(
        values[1], "Digest realm=\"registrar.test\", nonce=\"n1\", algorithm=MD5, qop=\"auth\", stale=true");
    free(values[0]);
    free(values[1]);
    sip_message_free(fresh);
    sip_message_free(stale);
}
