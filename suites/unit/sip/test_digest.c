#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sip/sip.h"

/* The examples of RFC 2617 §3.5 and RFC 7616 §3.9.1, and one without qop by the formula of RFC 2069. */
static const struct known {
    struct sip_digest digest;
    const char *response;
} known[] = {
    {{.user = "Mufasa",
      .password = "Circle Of Life",
      .realm = "testrealm@host.com",
      .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      .method = "GET",
      .uri = "/dir/index.html",
      .count = "00000001",
      .cnonce = "0a4f113b"},
     "6629fae49393a05397450978507c4ef1"},
    {{.user = "Mufasa",
      .password = "Circle of Life",
      .realm = "http-auth@example.org",
      .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      .algorithm = "SHA-256",
      .method = "GET",
      .uri = "/dir/index.html",
      .count = "00000001",
      .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"},
     "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {{.user = "Mufasa",
      .password = "Circle of Life",
      .realm = "http-auth@example.org",
      .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      .algorithm = "md5",
      .method = "GET",
      .uri = "/dir/index.html",
      .count = "00000001",
      .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"},
     "8ca523f5e9506fed4657c9700eebdbec"},
    {{.user = "Mufasa",
      .password = "CircleOfLife",
      .realm = "testrealm@host.com",
      .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
      .method = "GET",
      .uri = "/dir/index.html"},
     "1949323746fe6a43ef61f9606e7febea"},
};

Test(sip_digest, published_examples)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char out[SIP_DIGEST_TEXT_MAX];
        cr_assert(sip_digest_compute(&known[i].digest, out));
        cr_expect_str_eq(out, known[i].response);
    }
}

Test(sip_digest, another_algorithm_is_not_guessed)
{
    char out[SIP_DIGEST_TEXT_MAX];
    struct sip_digest digest = known[0].digest;
    digest.algorithm = "SHA-512-256";
    cr_expect_not(sip_digest_compute(&digest, out));
}

Test(sip_digest, a_challenge_is_read)
{
    struct sip_auth auth;
    cr_assert_eq(
        sip_auth_parse(" Digest realm=\"a \\\"b\\\", c\" ,nonce=n/+= , stale = FALSE,qop=\"auth,auth-int\"",
                       &auth),
        SIP_OK);
    cr_expect_str_eq(auth.scheme, "Digest");
    cr_expect_str_eq(sip_auth_value(&auth, "Realm"), "a \"b\", c");
    cr_expect_str_eq(sip_auth_value(&auth, "nonce"), "n/+=");
    cr_expect_str_eq(sip_auth_value(&auth, "stale"), "FALSE");
    cr_expect_str_eq(sip_auth_value(&auth, "qop"), "auth,auth-int");
    cr_expect_null(sip_auth_value(&auth, "opaque"));
    sip_auth_fini(&auth);
}

Test(sip_digest, what_is_none)
{
    static const char *const texts[] = {"",
                                        "Digest",
                                        "Digest ",
                                        "Digest realm",
                                        "Digest realm=",
                                        "Digest realm=\"x",
                                        "Digest realm=x,",
                                        "Digest realm=x y",
                                        "Digest realm=x;nonce=y z",
                                        "=x",
                                        "Digest a=b=\"c\""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sip_auth auth;
        cr_expect_eq(sip_auth_parse(texts[i], &auth), SIP_ERROR_HEADER, "%s", texts[i]);
    }
}

static char *answer(const char *challenge)
{
    static const struct sip_digest account = {
        .user = "a\"b", .password = "p", .method = "REGISTER", .uri = "sip:x.test", .cnonce = "c"};
    struct sip_auth auth;
    cr_assert_eq(sip_auth_parse(challenge, &auth), SIP_OK, "%s", challenge);
    char *text = sip_digest_answer(&auth, &account);
    sip_auth_fini(&auth);
    return text;
}

Test(sip_digest, a_challenge_is_answered)
{
    char *text =
        answer("digest realm=\"r\", nonce=\"n\", opaque=\"o\\\\\", algorithm=MD5, qop=\"auth-int, auth\"");
    struct sip_auth back;
    cr_assert(text);
    cr_assert_eq(sip_auth_parse(text, &back), SIP_OK, "%s", text);
    cr_expect_str_eq(sip_auth_value(&back, "username"), "a\"b");
    cr_expect_str_eq(sip_auth_value(&back, "opaque"), "o\\");
    cr_expect_str_eq(sip_auth_value(&back, "qop"), "auth");
    cr_expect_str_eq(sip_auth_value(&back, "nc"), "00000001");
    char wanted[SIP_DIGEST_TEXT_MAX];
    cr_assert(sip_digest_compute(&(struct sip_digest){.user = "a\"b",
                                                      .password = "p",
                                                      .method = "REGISTER",
                                                      .uri = "sip:x.test",
                                                      .realm = "r",
                                                      .nonce = "n",
                                                      .count = "00000001",
                                                      .cnonce = "c"},
                                 wanted));
    cr_expect_str_eq(sip_auth_value(&back, "response"), wanted);
    sip_auth_fini(&back);
    free(text);
}

Test(sip_digest, without_qop_nothing_is_counted)
{
    char *text = answer("Digest realm=\"r\", nonce=\"n\"");
    cr_assert(text);
    cr_expect_null(strstr(text, "qop"));
    cr_expect_null(strstr(text, "cnonce"));
    cr_expect_null(strstr(text, "algorithm"));
    free(text);
}

Test(sip_digest, what_cannot_be_answered)
{
    static const char *const texts[] = {"Basic realm=\"r\", nonce=\"n\"", "Digest nonce=\"n\"",
                                        "Digest realm=\"r\"",
                                        "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
                                        "Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_null(answer(texts[i]), "%s", texts[i]);
}
