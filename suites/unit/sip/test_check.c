#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

struct check_row {
    char name[20];
    char value[64]; /* "-": the field is removed; "+…": added */
    enum sip_error error;
};

static const struct check_row ONE_FIELD_CHANGED[] = {
    {"To", "sip:b.test", SIP_OK},
    {"To", "-", SIP_ERROR_MISSING},
    {"From", "-", SIP_ERROR_MISSING},
    {"CSeq", "-", SIP_ERROR_MISSING},
    {"Call-ID", "-", SIP_ERROR_MISSING},
    {"Via", "-", SIP_ERROR_MISSING},
    {"Max-Forwards", "-", SIP_OK},
    {"To", "+<sip:b.test>", SIP_ERROR_HEADER},
    {"t", "+<sip:b.test>", SIP_ERROR_HEADER},
    {"From", "+<sip:b.test>", SIP_ERROR_HEADER},
    {"Call-ID", "+2", SIP_ERROR_HEADER},
    {"CSeq", "+1 OPTIONS", SIP_ERROR_HEADER},
    {"Max-Forwards", "+1", SIP_ERROR_HEADER},
    {"Via", "+SIP/2.0/TCP b.test", SIP_OK},
    {"Via", "+SIP/2.0/TCP b.test,", SIP_ERROR_VIA},
    {"Via", "rubbish", SIP_ERROR_VIA},
    {"Via", "SIP/2.0/TLS a.test", SIP_OK},
    {"Via", "SIP/2.0/TLS a.test;branch=z9hG4bK", SIP_ERROR_VIA},
    {"Via", "SIP/2.0/TLS a.test;branch=Z9HG4BK", SIP_ERROR_VIA},
    {"Via", "+SIP/2.0/TLS a.test;branch=z9hG4bK", SIP_OK},
    {"From", "<sip:a.test>", SIP_OK},
    {"From", "\"A <sip:a.test>", SIP_ERROR_ADDRESS},
    {"To", "rubbish", SIP_ERROR_ADDRESS},
    {"CSeq", "1 INVITE", SIP_ERROR_CSEQ},
    {"CSeq", "1 options", SIP_ERROR_CSEQ},
    {"CSeq", "4294967296 OPTIONS", SIP_ERROR_CSEQ},
    {"Call-ID", "", SIP_ERROR_HEADER},
    {"Call-ID", "a b", SIP_ERROR_HEADER},
    {"Max-Forwards", "0", SIP_OK},
    {"Max-Forwards", "0068", SIP_OK},
    {"Max-Forwards", "", SIP_ERROR_HEADER},
    {"Max-Forwards", "-1", SIP_ERROR_HEADER},
    {"Max-Forwards", "seventy", SIP_ERROR_HEADER},
    {"Content-Length", "-", SIP_OK},
    {"Content-Length", "4", SIP_OK},
    {"Content-Length", "3", SIP_ERROR_CONTENT_LENGTH},
    {"Content-Length", "5", SIP_ERROR_CONTENT_LENGTH},
    {"Content-Length", "", SIP_ERROR_CONTENT_LENGTH},
    {"Content-Length", "-4", SIP_ERROR_CONTENT_LENGTH},
    {"Content-Length", "+4", SIP_OK},
    {"l", "+5", SIP_ERROR_CONTENT_LENGTH},
    {"Content-Length", "18446744073709551620", SIP_ERROR_CONTENT_LENGTH},
    {"Contact", "+;;;", SIP_OK},
};

static void expect_one_field_changed(const struct check_row *row)
{
    struct sip_message *message = fixture_parse(FIXTURE_REQUEST);
    cr_assert_eq(sip_message_check(message, NULL), SIP_OK);
    if (strcmp(row->value, "-") == 0)
        sip_message_remove(message, row->name);
    else if (row->value[0] == '+')
        sip_message_append(message, row->name, row->value + 1);
    else
        sip_message_set(message, row->name, row->value);
    const char *detail = NULL;
    enum sip_error error = sip_message_check(message, &detail);
    cr_assert_eq(error, row->error, "%s: %s -> %s", row->name, row->value, sip_error_text(error));
    cr_assert_eq(detail != NULL, error != SIP_OK, "detail comes with an error only");
    sip_message_free(message);
}

Test(sip_check, one_field_changed)
{
    for (size_t i = 0; i < sizeof ONE_FIELD_CHANGED / sizeof *ONE_FIELD_CHANGED; i++)
        expect_one_field_changed(&ONE_FIELD_CHANGED[i]);
}

struct uri_row {
    char uri[64];
    enum sip_error error;
};

static const struct uri_row REQUEST_URI[] = {
    {"sip:a.test", SIP_OK},
    {"tel:+1", SIP_OK},
    {"<sip:a.test>", SIP_ERROR_URI},
    {"sip:a.test; lr", SIP_ERROR_URI},
    {"sip:a.test?Route=%3Csip:b.test%3E", SIP_ERROR_URI},
    {"sip:2001:db8::10", SIP_ERROR_URI},
};

static void expect_request_uri(const struct uri_row *row)
{
    struct sip_message *message = fixture_parse(FIXTURE_REQUEST);
    cr_assert(sip_message_set_request_uri(message, row->uri));
    cr_assert_eq(sip_message_check(message, NULL), row->error, "%s", row->uri);
    sip_message_free(message);
}

Test(sip_check, request_uri)
{
    for (size_t i = 0; i < sizeof REQUEST_URI / sizeof *REQUEST_URI; i++)
        expect_request_uri(&REQUEST_URI[i]);
}

Test(sip_check, a_response_is_held_to_the_same_fields)
{
    struct sip_message *request = fixture_parse(FIXTURE_REQUEST);
    struct sip_message *response = sip_response_to(request, 200, NULL, "t");
    cr_assert_eq(sip_message_check(response, NULL), SIP_OK);
    sip_message_remove(response, "Via");
    const char *detail = NULL;
    cr_assert_eq(sip_message_check(response, &detail), SIP_ERROR_MISSING);
    cr_assert_str_eq(detail, "Via");
    sip_message_free(response);
    sip_message_free(request);
}
