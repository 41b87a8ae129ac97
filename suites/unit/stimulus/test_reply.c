#include "stimulus/reply.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_error(const char *reply, bool is_error)
{
    cr_assert_eq(reply_is_rpc_error(reply, strlen(reply)), is_error, "%s", reply);
}

Test(reply, of_json_rpc)
{
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"ok\"}", false);
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", false);
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":null}", false); /* as 1.0 has it */
    expect_error("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"}}", true);
    expect_error("{\"id\":1}", true);
    expect_error("[]", true);
    expect_error("<html>", true);
    expect_error("", true);
}

Test(reply, no_secret_is_quoted)
{
    static const char *const secrets[] = {"hunter2", "dXNlcjpodW50ZXIy", NULL}, *const none[] = {"", NULL};
    static const char reply[] = "Authorization: Basic dXNlcjpodW50ZXIy for hunter2hunter2";
    char out[REPLY_QUOTE_MAX];

    reply_quote(reply, sizeof reply - 1, secrets, out);
    cr_assert_str_eq(out, "Authorization: Basic *** for ******");
    reply_quote(reply, sizeof reply - 1, none, out);
    cr_assert_str_eq(out, reply);
}

/* A secret that begins before the end of what is quoted and ends behind it. */
Test(reply, nor_its_beginning)
{
    static const char *const secrets[] = {"0123456789abcdef", NULL};
    char reply[REPLY_QUOTE_MAX + 32], out[REPLY_QUOTE_MAX];

    memset(reply, 'x', sizeof reply);
    memcpy(reply + REPLY_QUOTE_MAX - 10, "0123456789abcdef", 16);
    reply_quote(reply, sizeof reply, secrets, out);
    cr_assert_null(strstr(out, "0123"));
    cr_assert_lt(strlen(out), (size_t)REPLY_QUOTE_MAX);
}

Test(reply, is_printable)
{
    static const char *const none[] = {NULL};
    char out[REPLY_QUOTE_MAX];

    reply_quote("a\0b\x1b[2J\xff\nc", 10, none, out);
    cr_assert_str_eq(out, "a?b?[2J? c");
}
