#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sip_via via_of(const char *text)
{
    struct sip_via via;
    enum sip_error error = sip_via_parse(text, &via);
    cr_assert_eq(error, SIP_OK, "%s: %s", text, sip_error_text(error));
    return via;
}

Test(sip_via, every_part_is_found)
{
    struct sip_via via =
        via_of("SIP/2.0/TLS-SCTP Peer.A.test:5081;branch=z9hG4bKx;received=192.0.2.1;rport=;alias");
    cr_assert_str_eq(via.transport, "TLS-SCTP");
    cr_assert_str_eq(via.host, "peer.a.test");
    cr_assert_not(via.is_host_ipv6_reference);
    cr_assert_eq(via.port, 5081);
    cr_assert_str_eq(sip_params_find(&via.params, "Branch")->value, "z9hG4bKx");
    cr_assert_str_eq(sip_params_find(&via.params, "rport")->value, "");
    cr_assert_null(sip_params_find(&via.params, "ALIAS")->value);
    sip_via_fini(&via);
}

/* RFC 4475 §3.1.1.1, unfolded. */
Test(sip_via, white_space_may_stand_around_separators)
{
    struct sip_via via =
        via_of("SIP  / 2.0  / TCP     spindle.example.com : 99  ; branch  =   z9hG4bK9ikj8 ");
    cr_assert_str_eq(via.transport, "TCP");
    cr_assert_str_eq(via.host, "spindle.example.com");
    cr_assert_eq(via.port, 99);
    cr_assert_str_eq(sip_params_find(&via.params, "branch")->value, "z9hG4bK9ikj8");
    sip_via_fini(&via);
}

/* RFC 5118 §4.5: with or without brackets. */
Test(sip_via, received_may_be_an_ipv6_address)
{
    struct sip_via via = via_of("SIP/2.0/UDP [2001:DB8::9:1];received=[2001:db8::9:255];branch=z");
    cr_assert(via.is_host_ipv6_reference);
    cr_assert_str_eq(via.host, "2001:db8::9:1");
    cr_assert_str_eq(sip_params_find(&via.params, "received")->value, "[2001:db8::9:255]");
    sip_via_fini(&via);
    via = via_of("SIP/2.0/UDP [2001:db8::9:1]:6;received=2001:db8::9:255");
    cr_assert_eq(via.port, 6);
    cr_assert_str_eq(sip_params_find(&via.params, "received")->value, "2001:db8::9:255");
    sip_via_fini(&via);
}

struct alias_row {
    char text[96];
    bool has_alias;
};

static const struct alias_row ALIAS_IS_A_BARE_PARAMETER[] = {
    {"SIP/2.0/TLS a.test;alias", true},
    {"SIP/2.0/TLS a.test;ALIAS;branch=z9hG4bK1", true},
    {"SIP/2.0/TLS a.test;branch=z9hG4bK1;Alias;rport", true},
    {"SIP/2.0/TLS a.test; alias ;x", true},
    {"SIP/2.0/TLS a.test;alias=1;alias", true},
    {"SIP/2.0/TLS a.test", false},
    {"SIP/2.0/TLS alias", false},
    {"SIP/2.0/TLS a.test;alias=1", false},
    {"SIP/2.0/TLS a.test;alias=", false},
    {"SIP/2.0/TLS a.test;x=alias", false},
    {"SIP/2.0/TLS a.test;aliases", false},
    {"SIP/2.0/TLS a.test;x=\";alias\"", false},
    {"SIP/2.0/TLS a.test;%61lias", false},
};

static void expect_alias_is_a_bare_parameter(const struct alias_row *row)
{
    struct sip_via via = via_of(row->text);
    cr_assert_eq(sip_via_has_alias(&via), row->has_alias, "%s", row->text);
    sip_via_fini(&via);
}

Test(sip_via, alias_is_a_bare_parameter)
{
    for (size_t i = 0; i < sizeof ALIAS_IS_A_BARE_PARAMETER / sizeof *ALIAS_IS_A_BARE_PARAMETER; i++)
        expect_alias_is_a_bare_parameter(&ALIAS_IS_A_BARE_PARAMETER[i]);
}

struct text_row {
    char text[96];
};

static const struct text_row MALFORMED_ONES_ARE_REFUSED[] = {
    {""},
    {"SIP/2.0/TLS"},
    {"SIP/2.0/TLS "},
    {"SIP/2.0 a.test"},
    {"SIP/2.0/ a.test"},
    {"SIP/7.0/TLS a.test"},
    {"HTTP/2.0/TLS a.test"},
    {"SIP/2.0/TLSa.test[]"},
    {"SIP/2.0/TLS[::1]"},
    {"SIP/2.0/TLS ::1"},
    {"SIP/2.0/TLS a.test:"},
    {"SIP/2.0/TLS a.test:0"},
    {"SIP/2.0/TLS a.test:65536"},
    {"SIP/2.0/TLS a.test b.test"},
    {"SIP/2.0/TLS a.test;"},
    {"SIP/2.0/TLS a.test;;alias"},
    {"SIP/2.0/TLS a.test;=x"},
    {"SIP/2.0/TLS a.test;x=\"y"},
    {"SIP/2.0/TLS a.test;x=y z"},
    {"SIP/2.0/TLS a.test;x=y,"},
    {"SIP/2.0/TLS a.test,SIP/2.0/TLS b.test"},
    {"SIP/2.0/TLS <a.test>"},
};

static void expect_malformed_ones_are_refused(const struct text_row *row)
{
    struct sip_via via = {0};
    cr_assert_eq(sip_via_parse(row->text, &via), SIP_ERROR_VIA, "%s", row->text);
    cr_assert_null(via.host, "out is set on success only");
}

Test(sip_via, malformed_ones_are_refused)
{
    for (size_t i = 0; i < sizeof MALFORMED_ONES_ARE_REFUSED / sizeof *MALFORMED_ONES_ARE_REFUSED; i++)
        expect_malformed_ones_are_refused(&MALFORMED_ONES_ARE_REFUSED[i]);
}

static const struct text_row FORMAT_GIVES_THE_SAME_VIA[] = {
    {"SIP/2.0/TLS a.test"},
    {"SIP/2.0/TCP a.test:5060;branch=z9hG4bK1;alias"},
    {"SIP/2.0/TLS [2001:db8::1]:5061;received=2001:db8::9:255"},
    {"SIP/2.0/SCTP 192.0.2.1;x=\"a b\";y=\"\""},
    {"SIP/2.0/TLS a.test;x=\"\\\"\\\\;,<>\""},
    {"SIP/2.0/TLS a.test;x=\"\\\xc0\x80\""},
};

static void expect_format_gives_the_same_via(const struct text_row *row)
{
    struct sip_via via = via_of(row->text);
    fixture_expect_text(sip_via_format(&via), row->text);
    sip_via_fini(&via);
}

Test(sip_via, format_gives_the_same_via)
{
    for (size_t i = 0; i < sizeof FORMAT_GIVES_THE_SAME_VIA / sizeof *FORMAT_GIVES_THE_SAME_VIA; i++)
        expect_format_gives_the_same_via(&FORMAT_GIVES_THE_SAME_VIA[i]);
}

Test(sip_via, quotes_and_escapes_are_removed_from_values)
{
    struct sip_via via = via_of("SIP/2.0/TLS a.test;x=\"a \\\"b\\\" \\c\"");
    cr_assert_str_eq(sip_params_find(&via.params, "x")->value, "a \"b\" c");
    sip_via_fini(&via);
}
