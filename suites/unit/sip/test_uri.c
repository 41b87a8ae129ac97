#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sip_uri uri_of(const char *text)
{
    struct sip_uri uri;
    enum sip_error error = sip_uri_parse(text, &uri);
    cr_assert_eq(error, SIP_OK, "%s: %s", text, sip_error_text(error));
    return uri;
}

Test(sip_uri, every_part_is_found)
{
    struct sip_uri uri =
        uri_of("SIPS:Alice:se%20cret@Atlanta.COM:5071;Transport=TCP;lr?subject=x&priority=urgent");
    cr_assert_str_eq(uri.scheme, "sips");
    cr_assert(sip_uri_is_secure(&uri));
    cr_assert_str_eq(uri.user, "Alice");
    cr_assert_str_eq(uri.password, "se%20cret");
    cr_assert_str_eq(uri.host, "atlanta.com");
    cr_assert_eq(uri.port, 5071);
    cr_assert_eq(uri.params.count, 2);
    cr_assert_str_eq(sip_params_find(&uri.params, "transport")->value, "TCP");
    cr_assert_null(sip_params_find(&uri.params, "LR")->value);
    cr_assert_null(sip_params_find(&uri.params, "maddr"));
    cr_assert_str_eq(uri.headers, "subject=x&priority=urgent");
    sip_uri_fini(&uri);
}

Test(sip_uri, absent_parts_are_null_or_zero)
{
    struct sip_uri uri = uri_of("sip:a.test");
    cr_assert_not(sip_uri_is_secure(&uri));
    cr_assert_null(uri.user);
    cr_assert_null(uri.password);
    cr_assert_null(uri.headers);
    cr_assert_eq(uri.port, 0);
    cr_assert_eq(uri.params.count, 0);
    sip_uri_fini(&uri);
}

Test(sip_uri, ipv6_references_lose_their_brackets)
{
    struct sip_uri uri = uri_of("sip:u@[2001:DB8::10]:5070");
    cr_assert_str_eq(uri.host, "2001:db8::10");
    cr_assert(uri.is_host_ipv6_reference);
    cr_assert_eq(uri.port, 5070);
    sip_uri_fini(&uri);
    uri = uri_of("sip:[2001:db8::10:5070]");
    cr_assert_str_eq(uri.host, "2001:db8::10:5070");
    cr_assert_eq(uri.port, 0);
    sip_uri_fini(&uri);
}

/* RFC 5118 §4.10. */
Test(sip_uri, a_third_colon_before_an_ipv4_part_is_dropped)
{
    struct sip_uri uri = uri_of("sip:u@[2001:db8:::192.0.2.1]");
    cr_assert_str_eq(uri.host, "2001:db8::192.0.2.1");
    sip_uri_fini(&uri);
}

/* RFC 4475 §3.1.1.9. */
Test(sip_uri, the_user_part_may_hold_separators)
{
    struct sip_uri uri = uri_of("sip:user;par=u%40example.net@example.com;x=1");
    cr_assert_str_eq(uri.user, "user;par=u%40example.net");
    cr_assert_str_eq(uri.host, "example.com");
    cr_assert_eq(uri.params.count, 1);
    sip_uri_fini(&uri);
}

/* RFC 4475 §3.1.1.3: once, never recursively. */
Test(sip_uri, escapes_in_parameters_are_resolved_where_they_need_not_be)
{
    struct sip_uri uri = uri_of("sip:cal%6Cer@h.test;%6C%72;n%61me=v%61lue%25%34%31");
    cr_assert_str_eq(uri.user, "cal%6Cer");
    cr_assert_not_null(sip_params_find(&uri.params, "lr"));
    cr_assert_str_eq(sip_params_find(&uri.params, "name")->value, "value%2541");
    sip_uri_fini(&uri);
}

Test(sip_uri, other_schemes_keep_their_opaque_part)
{
    struct sip_uri uri = uri_of("TEL:+1-201-555-0123;Phone-Context=Example.com");
    cr_assert_str_eq(uri.scheme, "tel");
    cr_assert_str_eq(uri.host, "+1-201-555-0123;Phone-Context=Example.com");
    cr_assert_eq(uri.params.count, 0);
    cr_assert_not(sip_uri_is_secure(&uri));
    sip_uri_fini(&uri);
}

struct text_row {
    char text[128];
};

static const struct text_row FORMAT_GIVES_THE_SAME_URI[] = {
    {"sip:a.test"},
    {"sips:alice@a.test:5061"},
    {"sip:alice:pw@a.test;transport=tcp;lr"},
    {"sip:[2001:db8::1]"},
    {"sip:u@[::ffff:192.0.2.1]:5060;maddr=[::1]"},
    {"sip:192.0.2.1:1"},
    {"sip:a.test:65535?Route=%3Csip:b.test%3E"},
    {"sip:a_b.test."},
    {"sip:u;x=1@a.test;y=%22"},
    {"http://www.example.com"},
    {"isbn:2983792873"},
};

static void expect_format_gives_the_same_uri(const struct text_row *row)
{
    struct sip_uri uri = uri_of(row->text);
    fixture_expect_text(sip_uri_format(&uri), row->text);
    sip_uri_fini(&uri);
}

Test(sip_uri, format_gives_the_same_uri)
{
    for (size_t i = 0; i < sizeof FORMAT_GIVES_THE_SAME_URI / sizeof *FORMAT_GIVES_THE_SAME_URI; i++)
        expect_format_gives_the_same_uri(&FORMAT_GIVES_THE_SAME_URI[i]);
}

static const struct text_row MALFORMED_ONES_ARE_REFUSED[] = {
    {""},
    {":"},
    {"sip"},
    {"sip:"},
    {"sip:@a.test"},
    {"sip::pw@a.test"},
    {"sip:a@b@c.test"},
    {"sip:a b@c.test"},
    {"sip:user@example.com; lr"},
    {" sip:a.test"},
    {"sip:a.test "},
    {"<sip:a.test>"},
    {"1sip:a.test"},
    {"sip:a.test:"},
    {"sip:a.test:0"},
    {"sip:a.test:65536"},
    {"sip:a.test:99999999999999999999"},
    {"sip:a.test:-1"},
    {"sip:a.test:5060x"},
    {"sip:a..test"},
    {"sip:.test"},
    {"sip:-a.test"},
    {"sip:a-.test"},
    {"sip:2001:db8::10"},
    {"sip:[2001:db8::10"},
    {"sip:[]"},
    {"sip:[::1]x"},
    {"sip:[1:2:3:4:5:6:7:8:9]"},
    {"sip:[fe80::1%eth0]"},
    {"sip:192.0.2.256"},
    {"sip:192.0.2"},
    {"sip:2001"},
    {"sip:a.test;"},
    {"sip:a.test;;lr"},
    {"sip:a.test;=x"},
    {"sip:a.test;x=\"y\""},
    {"sip:a.test;x=%4"},
    {"sip:a.test;x=%zz"},
    {"sip:%a@b.test"},
    {"sip:a.test?"},
    {"sip:a.test?x=<y>"},
    {"sip:\xc3\xa4@b.test"},
    {"sip:b\xc3\xa4.test"},
    {"tel:"},
    {"tel:1 2"},
};

static void expect_malformed_ones_are_refused(const struct text_row *row)
{
    struct sip_uri uri;
    memset(&uri, 0xAB, sizeof uri);
    struct sip_uri before = uri;
    cr_assert_eq(sip_uri_parse(row->text, &uri), SIP_ERROR_URI, "%s", row->text);
    cr_assert_eq(memcmp(&uri, &before, sizeof uri), 0, "out is set on success only: %s", row->text);
}

Test(sip_uri, malformed_ones_are_refused)
{
    for (size_t i = 0; i < sizeof MALFORMED_ONES_ARE_REFUSED / sizeof *MALFORMED_ONES_ARE_REFUSED; i++)
        expect_malformed_ones_are_refused(&MALFORMED_ONES_ARE_REFUSED[i]);
}

static enum sip_error parse_with_params(size_t count)
{
    char text[16 + 4 * (SIP_PARAMS_MAX + 1)] = "sip:a.test";
    for (size_t i = 0; i < count; i++)
        strcat(text, ";x=y");
    struct sip_uri uri = {0};
    enum sip_error error = sip_uri_parse(text, &uri);
    sip_uri_fini(&uri);
    return error;
}

Test(sip_uri, there_is_a_maximum_of_parameters)
{
    cr_assert_eq(parse_with_params(SIP_PARAMS_MAX), SIP_OK);
    cr_assert_eq(parse_with_params(SIP_PARAMS_MAX + 1), SIP_ERROR_URI);
}
