#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct sip_address address_of(const char *text)
{
    struct sip_address address;
    enum sip_error error = sip_address_parse(text, &address);
    cr_assert_eq(error, SIP_OK, "%s: %s", text, sip_error_text(error));
    return address;
}

struct address_row {
    char text[128];
    char display_name[48]; /* "-": none */
    char host[48];
    size_t uri_params, params;
};

static const struct address_row EVERY_FORM_IS_UNDERSTOOD[] = {
    {"sip:a.test", "-", "a.test", 0, 0},
    {"<sip:a.test>", "-", "a.test", 0, 0},
    {"  <sip:a.test>  ", "-", "a.test", 0, 0},
    {"sip:u@a.test;tag=1", "-", "a.test", 0, 1},
    {"<sip:u@a.test;lr>;tag=1 ; x", "-", "a.test", 1, 2},
    {"caller<sip:a.test>", "caller", "a.test", 0, 0},
    {"A. G. Bell <sip:a.test>;tag=1", "A. G. Bell", "a.test", 0, 1},
    {"\"\" <sip:a.test>", "", "a.test", 0, 0},
    {"\"Bell, \\\"A\\\" <sip:x>\"<sip:a.test>", "Bell, \"A\" <sip:x>", "a.test", 0, 0},
    {"\"J Rosenberg \\\\\\\"\"       <sip:a.test> ; tag = 98asjd8", "J Rosenberg \\\"", "a.test", 0, 1},
    {"<sip:a.test?Route=%3Csip:b.test%3E>", "-", "a.test", 0, 0},
    {"<sip:a.test>;+sip.instance=\"<urn:uuid:1>\"", "-", "a.test", 0, 1},
    {"sip:a.test;x=\"<\"", "-", "a.test", 0, 1},
    {"isbn:2983792873", "-", "2983792873", 0, 0},
    {"<http://www.example.com>;tag=3234233", "-", "//www.example.com", 0, 1},
};

static void expect_every_form_is_understood(const struct address_row *row)
{
    struct sip_address address = address_of(row->text);
    if (strcmp(row->display_name, "-") == 0)
        cr_assert_null(address.display_name, "%s", row->text);
    else
        cr_assert_str_eq(address.display_name, row->display_name);
    cr_assert_str_eq(address.uri.host, row->host);
    cr_assert_eq(address.uri.params.count, row->uri_params, "%s", row->text);
    cr_assert_eq(address.params.count, row->params, "%s", row->text);
    sip_address_fini(&address);
}

Test(sip_address, every_form_is_understood)
{
    for (size_t i = 0; i < sizeof EVERY_FORM_IS_UNDERSTOOD / sizeof *EVERY_FORM_IS_UNDERSTOOD; i++)
        expect_every_form_is_understood(&EVERY_FORM_IS_UNDERSTOOD[i]);
}

struct text_row {
    char text[96];
};

static const struct text_row MALFORMED_ONES_ARE_REFUSED[] = {
    {""},
    {"*"},
    {"a.test"},
    {"<>"},
    {"<sip:a.test"},
    {"sip:a.test>"},
    {"\"A <sip:a.test>"},
    {"\"A\\\" <sip:a.test>"},
    {"\"A\\"},
    {"\"A\" sip:a.test"},
    {"Bell, A <sip:a.test>"},
    {"A \"B\" <sip:a.test>"},
    {"< sip:a.test>"},
    {"<sip:a.test >"},
    {"<sip:a.test> x"},
    {"<sip:a.test><sip:b.test>"},
    {"<sip:a.test>;"},
    {"<sip:a.test>;;tag=1"},
    {"<sip:a.test>,<sip:b.test>"},
    {"sip:a.test?x=y"},
    {"sip:a.test,sip:b.test"},
    {"sip:a.test x"},
    {"sip:a.test;tag=\"1"},
};

static void expect_malformed_ones_are_refused(const struct text_row *row)
{
    struct sip_address address = {0};
    cr_assert_eq(sip_address_parse(row->text, &address), SIP_ERROR_ADDRESS, "%s", row->text);
    cr_assert_null(address.uri.host, "out is set on success only");
}

Test(sip_address, malformed_ones_are_refused)
{
    for (size_t i = 0; i < sizeof MALFORMED_ONES_ARE_REFUSED / sizeof *MALFORMED_ONES_ARE_REFUSED; i++)
        expect_malformed_ones_are_refused(&MALFORMED_ONES_ARE_REFUSED[i]);
}
