#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(sip_values, names_are_compared_without_case_and_in_both_forms)
{
    struct sip_message *message = fixture_request_with("vIA: one\r\nV : two\r\nI: id\r\nX: 1\r\n");
    cr_assert_eq(sip_message_value_count(message, "Via"), 2);
    cr_assert_eq(sip_message_value_count(message, "v"), 2);
    fixture_expect_text(sip_message_value(message, "via", 1), "two");
    cr_assert_str_eq(sip_message_header(message, "CALL-id"), "id");
    cr_assert_str_eq(sip_message_header(message, "Session-Expires"), "1");
    cr_assert_null(sip_message_header(message, "Contact"));
    cr_assert_null(sip_message_header(message, "Vi"));
    cr_assert_null(sip_message_header(message, ""));
    sip_message_free(message);
}

Test(sip_values, lists_count_one_by_one_over_all_their_fields)
{
    struct sip_message *message =
        fixture_request_with("Route: <sip:a,b@a.test;lr> , \"x, \\\"y\" <sip:b.test>\r\n"
                             "Subject: a, b\r\n"
                             "Route: <sip:c.test>\r\n");
    cr_assert_eq(sip_message_value_count(message, "Route"), 3);
    fixture_expect_text(sip_message_value(message, "Route", 0), "<sip:a,b@a.test;lr>");
    fixture_expect_text(sip_message_value(message, "Route", 1), "\"x, \\\"y\" <sip:b.test>");
    fixture_expect_text(sip_message_value(message, "Route", 2), "<sip:c.test>");
    cr_assert_null(sip_message_value(message, "Route", 3));
    cr_assert_null(sip_message_value(message, "Route", SIZE_MAX));
    cr_assert_eq(sip_message_value_count(message, "Subject"), 1,
                 "only Via, Route, Record-Route, Contact are lists");
    fixture_expect_text(sip_message_value(message, "Subject", 0), "a, b");
    cr_assert_eq(sip_message_value_count(message, "Contact"), 0);
    sip_message_free(message);
}

Test(sip_values, empty_elements_are_values_that_their_parser_refuses)
{
    struct sip_message *message = fixture_request_with("Via: a,,b,\r\nContact:\r\n");
    cr_assert_eq(sip_message_value_count(message, "Via"), 4);
    fixture_expect_text(sip_message_value(message, "Via", 1), "");
    fixture_expect_text(sip_message_value(message, "Via", 3), "");
    cr_assert_eq(sip_message_value_count(message, "Contact"), 1);
    sip_message_free(message);
}

Test(sip_values, an_open_quote_makes_the_rest_one_value)
{
    struct sip_message *message = fixture_request_with("Contact: a, \"b, c, <d\r\nRoute: <a, b\r\n");
    cr_assert_eq(sip_message_value_count(message, "Contact"), 2);
    cr_assert_eq(sip_message_value_count(message, "Route"), 1);
    sip_message_free(message);
}

struct edit_row {
    size_t index;
    char removed[40], replaced[40];
};

static const struct edit_row ONE_VALUE_OF_A_LIST_IS_REMOVED_OR_REPLACED[] = {
    {0, "b , c|d", "NEW,b , c|d"}, {1, "a, c|d", "a,NEW , c|d"},  {2, "a,b |d", "a,b , NEW|d"},
    {3, "a,b , c", "a,b , c|NEW"}, {4, "a,b , c|d", "a,b , c|d"},
};

/* The fields of the list, joined by "|". */
static char *joined_routes(const struct sip_message *message)
{
    char *text = calloc(1, 256);
    for (size_t i = 0; i < message->header_count; i++) {
        if (strcmp(message->headers[i].name, "Route") != 0)
            continue;
        if (*text)
            strcat(text, "|");
        strcat(text, message->headers[i].value);
    }
    return text;
}

static void expect_one_value_of_a_list_is_removed_or_replaced(const struct edit_row *row)
{
    struct sip_message *message = fixture_request_with("Route: a,b , c\r\nTo: x\r\nRoute: d\r\n");
    struct sip_message *copy = sip_message_copy(message);
    sip_message_remove_value(message, "Route", row->index);
    fixture_expect_text(joined_routes(message), row->removed);
    cr_assert_eq(sip_message_replace_value(copy, "Route", row->index, "NEW"), row->index < 4);
    fixture_expect_text(joined_routes(copy), row->replaced);
    sip_message_free(message);
    sip_message_free(copy);
}

Test(sip_values, one_value_of_a_list_is_removed_or_replaced)
{
    for (size_t i = 0; i < sizeof ONE_VALUE_OF_A_LIST_IS_REMOVED_OR_REPLACED /
                               sizeof *ONE_VALUE_OF_A_LIST_IS_REMOVED_OR_REPLACED;
         i++)
        expect_one_value_of_a_list_is_removed_or_replaced(&ONE_VALUE_OF_A_LIST_IS_REMOVED_OR_REPLACED[i]);
}

Test(sip_values, what_is_left_of_a_list_begins_without_white_space)
{
    struct sip_message *message = fixture_request_with("Route: a, b\r\n");
    sip_message_remove_value(message, "Route", 0);
    cr_assert_str_eq(sip_message_header(message, "Route"), "b");
    sip_message_remove_value(message, "Route", 0);
    cr_assert_null(sip_message_header(message, "Route"));
    sip_message_free(message);
}

Test(sip_values, the_top_via_is_the_first_value)
{
    struct sip_message *message =
        fixture_request_with("Via: SIP/2.0/TLS a.test;alias, SIP/2.0/TCP b.test\r\n");
    struct sip_via via;
    cr_assert_eq(sip_message_top_via(message, &via), SIP_OK);
    cr_assert_str_eq(via.host, "a.test");
    sip_via_fini(&via);
    sip_message_remove(message, "v");
    cr_assert_eq(sip_message_top_via(message, &via), SIP_ERROR_MISSING);
    sip_message_append(message, "Via", "rubbish");
    cr_assert_eq(sip_message_top_via(message, &via), SIP_ERROR_VIA);
    sip_message_free(message);
}

struct cseq_row {
    char text[40];
    enum sip_error error;
    uint32_t number;
    char method[16];
};

static const struct cseq_row CSEQ[] = {
    {"1 INVITE", SIP_OK, 1, "INVITE"},
    {"0009\t INVITE", SIP_OK, 9, "INVITE"},
    {"4294967295 RE%47", SIP_OK, UINT32_MAX, "RE%47"},
    {"4294967296 INVITE", SIP_ERROR_CSEQ, 0, ""},
    {"36893488147419103232 INVITE", SIP_ERROR_CSEQ, 0, ""},
    {"-1 INVITE", SIP_ERROR_CSEQ, 0, ""},
    {"1", SIP_ERROR_CSEQ, 0, ""},
    {"1 ", SIP_ERROR_CSEQ, 0, ""},
    {"1INVITE", SIP_ERROR_CSEQ, 0, ""},
    {"INVITE", SIP_ERROR_CSEQ, 0, ""},
    {"1 INVITE x", SIP_ERROR_CSEQ, 0, ""},
    {"1 IN(VITE", SIP_ERROR_CSEQ, 0, ""},
    {"", SIP_ERROR_CSEQ, 0, ""},
};

static void expect_cseq(const struct cseq_row *row)
{
    struct sip_message *message = sip_request_new("INVITE", "sip:a.test");
    cr_assert_eq(sip_message_cseq(message, NULL, NULL), SIP_ERROR_MISSING);
    sip_message_append(message, "CSeq", row->text);
    uint32_t number = 0;
    char *method = NULL;
    cr_assert_eq(sip_message_cseq(message, &number, &method), row->error, "%s", row->text);
    if (row->error == SIP_OK) {
        cr_assert_eq(number, row->number);
        cr_assert_str_eq(method, row->method);
    }
    cr_assert_eq(sip_message_cseq(message, NULL, NULL), row->error);
    free(method);
    sip_message_free(message);
}

Test(sip_values, cseq)
{
    for (size_t i = 0; i < sizeof CSEQ / sizeof *CSEQ; i++)
        expect_cseq(&CSEQ[i]);
}

Test(sip_values, tags)
{
    struct sip_message *message =
        fixture_request_with("f: <sip:a.test;tag=no>;x;Tag=yes\r\nTo: sip:b.test\r\n");
    fixture_expect_text(sip_message_tag(message, "From"), "yes");
    cr_assert_null(sip_message_tag(message, "To"));
    cr_assert_null(sip_message_tag(message, "Contact"));
    sip_message_set(message, "To", "\"open <sip:b.test>;tag=1");
    cr_assert_null(sip_message_tag(message, "To"));
    sip_message_free(message);
}
