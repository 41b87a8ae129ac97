#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(sip_message, a_request_is_read)
{
    struct sip_message *message = fixture_parse(FIXTURE_REQUEST);
    cr_assert(message->is_request);
    cr_assert_str_eq(message->method, "OPTIONS");
    cr_assert_str_eq(message->request_uri, "sip:one.dut.test;transport=tls");
    cr_assert_str_eq(message->version, "SIP/2.0");
    cr_assert_eq(message->header_count, 7);
    cr_assert_str_eq(message->headers[0].name, "Via");
    cr_assert_eq(message->body_size_bytes, 4);
    cr_assert_arr_eq(message->body, "body", 4);
    cr_assert_eq(message->raw_size_bytes, strlen(FIXTURE_REQUEST));
    cr_assert_arr_eq(message->raw, FIXTURE_REQUEST, strlen(FIXTURE_REQUEST));
    cr_assert_eq(sip_message_check(message, NULL), SIP_OK);
    sip_message_free(message);
}

Test(sip_message, a_response_is_read)
{
    struct sip_message *message = fixture_parse("SIP/2.0 486 Busy  Here \r\nCSeq: 7 INVITE\r\n\r\n");
    cr_assert_not(message->is_request);
    cr_assert_eq(message->status, 486);
    cr_assert_str_eq(message->reason, "Busy  Here ");
    cr_assert_str_eq(message->method, "INVITE");
    cr_assert_null(message->request_uri);
    cr_assert_null(message->body);
    sip_message_free(message);
}

Test(sip_message, a_response_with_a_malformed_cseq_has_no_method)
{
    struct sip_message *message = fixture_parse("SIP/2.0 200\r\nCSeq: x\r\n\r\n");
    cr_assert_null(message->method);
    cr_assert_str_eq(message->reason, "");
    sip_message_free(message);
}

Test(sip_message, folded_lines_become_one)
{
    struct sip_message *message =
        fixture_request_with("Subject :\r\n  I know\r\n\tyou're \t \r\n   there \r\n"
                             "s:\r\n"
                             "t:\r\n \r\n");
    cr_assert_str_eq(message->headers[0].name, "Subject");
    cr_assert_str_eq(message->headers[0].value, "I know you're there");
    cr_assert_str_eq(message->headers[1].value, "");
    cr_assert_str_eq(message->headers[2].value, "");
    sip_message_free(message);
}

Test(sip_message, leading_line_ends_are_skipped)
{
    struct sip_message *message = fixture_parse("\r\n\r\nOPTIONS sip:a.test SIP/2.0\r\n\r\n");
    cr_assert_str_eq(message->method, "OPTIONS");
    cr_assert_eq(message->header_count, 0);
    sip_message_free(message);
}

/* Of a datagram: RFC 3261 §18.3. */
Test(sip_message, content_length_cuts_the_body_off)
{
    struct sip_message *message = fixture_parse("OPTIONS sip:a.test SIP/2.0\r\nl: 2\r\n\r\nabcd");
    cr_assert_eq(message->body_size_bytes, 2);
    sip_message_free(message);
    message = fixture_parse("OPTIONS sip:a.test SIP/2.0\r\n\r\nabcd");
    cr_assert_eq(message->body_size_bytes, 4);
    sip_message_free(message);
    message = fixture_parse("OPTIONS sip:a.test SIP/2.0\r\nl: 18446744073709551617\r\n\r\nabcd");
    cr_assert_eq(message->body_size_bytes, 4, "2^64 + 1 is not 1");
    sip_message_free(message);
}

struct wire_row {
    char text[112];
    enum sip_error error;
};

static const struct wire_row WHAT_IS_NO_MESSAGE_IS_REFUSED[] = {
    {"", SIP_ERROR_START_LINE},
    {"\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS", SIP_ERROR_START_LINE},
    {"\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {" OPTIONS sip:a.test SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPT(IONS sip:a.test SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS\tsip:a.test SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test SIP/2\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test HTTP/1.1\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test SIP/2.0x\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test SIP/2.0\nVia: x\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a\x01.test SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 200 O\x7fK\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 200 O\nK\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 099 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 700 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 20 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 2000 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0 4294967396 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0  200 x\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/2.0\r\n\r\n", SIP_ERROR_START_LINE},
    {"SIP/x.0 200 OK\r\n\r\n", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test SIP/2.0\r\nno colon\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\n: x\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\n x\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na b: x\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\ny\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\ry\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\n y\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\xc0\x80y\r\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\r\nb: y", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\r\n y", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\na: x\r\n\n", SIP_ERROR_HEADER},
};

static void expect_what_is_no_message_is_refused(const struct wire_row *row)
{
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse((const uint8_t *)row->text, strlen(row->text), &message);
    cr_assert_eq(error, row->error, "%s: %s", row->text, sip_error_text(error));
    cr_assert_null(message);
}

Test(sip_message, what_is_no_message_is_refused)
{
    for (size_t i = 0; i < sizeof WHAT_IS_NO_MESSAGE_IS_REFUSED / sizeof *WHAT_IS_NO_MESSAGE_IS_REFUSED; i++)
        expect_what_is_no_message_is_refused(&WHAT_IS_NO_MESSAGE_IS_REFUSED[i]);
}

/* RFC 4475 §3.1.1.2 has a quoted NUL. */
Test(sip_message, a_nul_in_a_field_comes_back_to_the_wire)
{
    static const char wire[] = "SIP/2.0 200 OK\r\nTo: \"a\\\0b\" <sip:a.test>\r\n\r\n";
    struct sip_message *message = NULL;
    cr_assert_eq(sip_message_parse((const uint8_t *)wire, sizeof wire - 1, &message), SIP_OK);
    struct sip_address to;
    cr_assert_eq(sip_address_parse(sip_message_header(message, "To"), &to), SIP_OK);
    cr_assert_str_eq(to.display_name, "a\xc0\x80"
                                      "b");
    sip_address_fini(&to);
    size_t size;
    uint8_t *bytes = sip_message_serialize(message, &size);
    cr_assert_eq(size, sizeof wire - 1);
    cr_assert_arr_eq(bytes, wire, size);
    free(bytes);
    sip_message_free(message);
}

static enum sip_error parse_with_lines(size_t count, const char *line)
{
    size_t size = 64 + count * strlen(line);
    char *text = malloc(size);
    char *at = stpcpy(text, "OPTIONS sip:a.test SIP/2.0\r\n");
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, line);
    at = stpcpy(at, "\r\n");
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse((const uint8_t *)text, (size_t)(at - text), &message);
    sip_message_free(message);
    free(text);
    return error;
}

Test(sip_message, every_table_has_its_maximum)
{
    cr_assert_eq(parse_with_lines(SIP_HEADERS_MAX, "x: y\r\n"), SIP_OK);
    cr_assert_eq(parse_with_lines(SIP_HEADERS_MAX + 1, "x: y\r\n"), SIP_ERROR_TOO_MANY_HEADERS);
    cr_assert_eq(parse_with_lines(SIP_VALUES_MAX / 2, "v: x, y\r\n"), SIP_OK);
    cr_assert_eq(parse_with_lines(SIP_VALUES_MAX / 2 + 1, "v: x, y\r\n"), SIP_ERROR_TOO_MANY_HEADERS);
    cr_assert_eq(parse_with_lines(SIP_VALUES_MAX, "Subject: x, y\r\n"), SIP_OK);
}

Test(sip_message, a_message_over_the_maximum_is_refused)
{
    uint8_t *bytes = calloc(1, SIP_MESSAGE_MAX_BYTES + 1);
    struct sip_message *message = NULL;
    cr_assert_eq(sip_message_parse(bytes, SIP_MESSAGE_MAX_BYTES + 1, &message), SIP_ERROR_TOO_LARGE);
    cr_assert_eq(sip_message_parse(bytes, SIP_MESSAGE_MAX_BYTES, &message), SIP_ERROR_START_LINE);
    free(bytes);
}

Test(sip_message, another_version_is_read_and_shows)
{
    struct sip_message *message = fixture_parse("OPTIONS sip:a.test SIP/7.0\r\n\r\n");
    cr_assert_str_eq(message->version, "SIP/7.0");
    const char *detail = NULL;
    cr_assert_eq(sip_message_check(message, &detail), SIP_ERROR_VERSION);
    cr_assert_str_eq(detail, "SIP-Version");
    sip_message_free(message);
}

Test(sip_error, every_error_has_a_text)
{
    for (int error = SIP_OK; error <= SIP_ERROR_MEMORY; error++)
        cr_assert_gt(strlen(sip_error_text((enum sip_error)error)), 5);
}
