#include "run/run_private.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(text, unescape_knows_every_escape)
{
    size_t size = 0;
    char *bytes = text_unescape("a\\r\\n\\t\\\\\\0\\x7Fz", &size);

    cr_assert_not_null(bytes);
    cr_assert_eq(size, 8);
    cr_assert(!memcmp(bytes, "a\r\n\t\\\0\x7fz", 8));
    free(bytes);
}

Test(text, unescape_refuses_what_is_no_escape)
{
    static const char *const bad[] = {"\\", "\\q", "\\x1", "\\xg0", "a\\"};
    size_t size;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_null(text_unescape(bad[i], &size), "%s", bad[i]);
}

Test(text, zone_label_is_a_label)
{
    char *label = text_zone_label(17, "aliasing/Server_wrong identity");
    char *long_label =
        text_zone_label(4294967295ul, "a/very-long-name-that-goes-on-and-on-and-on-and-on-until-it-is-cut/x");

    cr_assert_str_eq(label, "17-aliasing-server-wrong-identity");
    cr_assert_leq(strlen(long_label), 63);
    cr_assert_neq(long_label[strlen(long_label) - 1], '-');
    free(label);
    free(long_label);
}

Test(text, run_label_depends_on_the_seed_alone)
{
    char a[8], b[8], c[8];

    text_run_label(1, a);
    text_run_label(1, b);
    text_run_label(2, c);
    cr_assert_str_eq(a, b);
    cr_assert_str_neq(a, c);
    cr_assert_eq(strlen(a), 7);
}

/* ---- templates */

static char *lookup(const char *name, void *arg)
{
    (void)arg;
    if (!strcmp(name, "zone"))
        return text_copy("z.test");
    if (!strcmp(name, "peer.uri"))
        return text_copy("[2001:db8::1]");
    if (!strcmp(name, "brace"))
        return text_copy("{zone}");
    return NULL;
}

static void expect_template(const char *text, const char *wanted)
{
    char error[RUN_SENTENCE_MAX] = "";
    char *out = template_expand(text, lookup, NULL, error, sizeof error);

    cr_assert_not_null(out, "%s: %s", text, error);
    cr_assert_str_eq(out, wanted);
    free(out);
}

Test(template, placeholders_and_braces)
{
    expect_template("", "");
    expect_template("plain", "plain");
    expect_template("sip:bob@a.{zone}", "sip:bob@a.z.test");
    expect_template("{peer.uri}:5061{zone}", "[2001:db8::1]:5061z.test");
    expect_template("x{{2}", "x{2}");
    expect_template("{{{zone}", "{z.test");
    expect_template("a{2} {} {zone", "a{2} {} {zone");
}

Test(template, what_was_put_in_is_not_looked_at_again)
{
    expect_template("{brace}", "{zone}");
}

Test(template, mistakes_are_named)
{
    char error[RUN_SENTENCE_MAX] = "";

    cr_assert_null(template_expand("a {pear} b", lookup, NULL, error, sizeof error));
    cr_assert(strstr(error, "{pear}"));
    cr_assert_null(template_expand("{zone} {zone.uri}", lookup, NULL, error, sizeof error));
    cr_assert(strstr(error, "{zone.uri}"));
}
