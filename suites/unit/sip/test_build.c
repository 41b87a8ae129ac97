#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Compares the wire form and frees the message. */
static void expect_wire(struct sip_message *message, const char *expected)
{
    size_t size = 0;
    uint8_t *bytes = sip_message_serialize(message, &size);
    cr_assert_not_null(bytes);
    char *text = strndup((const char *)bytes, size);
    cr_assert_str_eq(text, expected);
    free(text);
    free(bytes);
    sip_message_free(message);
}

Test(sip_build, nothing_is_added)
{
    expect_wire(sip_request_new("OPTIONS", "sip:a.test"), "OPTIONS sip:a.test SIP/2.0\r\n\r\n");
    expect_wire(sip_response_new(486, NULL), "SIP/2.0 486 Busy Here\r\n\r\n");
    expect_wire(sip_response_new(299, NULL), "SIP/2.0 299 Success\r\n\r\n");
    expect_wire(sip_response_new(200, "Fine"), "SIP/2.0 200 Fine\r\n\r\n");
    expect_wire(sip_response_new(200, ""), "SIP/2.0 200 \r\n\r\n");
}

Test(sip_build, wrong_things_are_sent_as_told)
{
    struct sip_message *message = sip_request_new("IN VITE", "<no uri>");
    cr_assert(sip_message_append(message, "Content-Length", "-1"));
    cr_assert(sip_message_append(message, "via", ";;,"));
    cr_assert(sip_message_append(message, "bad name", "a\r\n b"));
    expect_wire(message,
                "IN VITE <no uri> SIP/2.0\r\nContent-Length: -1\r\nvia: ;;,\r\nbad name: a\r\n b\r\n\r\n");
}

Test(sip_build, fields_are_put_in_replaced_and_removed)
{
    struct sip_message *message = sip_request_new("OPTIONS", "sip:a.test");
    cr_assert(sip_message_append(message, "b", "2"));
    cr_assert(sip_message_append(message, "c", "3"));
    cr_assert(sip_message_prepend(message, "a", "1"));
    cr_assert(sip_message_append(message, "C", "4"));
    cr_assert(sip_message_set(message, "Content-Type", "x"), "c is its compact form");
    cr_assert(sip_message_set(message, "D", "5"));
    sip_message_remove(message, "B");
    sip_message_remove(message, "absent");
    expect_wire(message, "OPTIONS sip:a.test SIP/2.0\r\na: 1\r\nContent-Type: x\r\nC: 4\r\nD: 5\r\n\r\n");
}

Test(sip_build, a_body_brings_its_length)
{
    struct sip_message *message = sip_request_new("MESSAGE", "sip:a.test");
    cr_assert(sip_message_append(message, "l", "99"));
    cr_assert(sip_message_set_body(message, "hello", 5, "text/plain"));
    cr_assert_eq(sip_message_check(message, NULL), SIP_ERROR_MISSING);
    struct sip_message *copy = sip_message_copy(message);
    expect_wire(message,
                "MESSAGE sip:a.test SIP/2.0\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello");
    cr_assert(sip_message_set_body(copy, NULL, 0, NULL));
    expect_wire(copy, "MESSAGE sip:a.test SIP/2.0\r\nContent-Length: 0\r\nContent-Type: text/plain\r\n\r\n");
}

static const char INVITE[] = "INVITE sip:b.test SIP/2.0\r\n"
                             "v: SIP/2.0/TLS p.test;branch=z9hG4bK1;alias, SIP/2.0/TCP q.test\r\n"
                             "Max-Forwards: 70\r\n"
                             "Via: SIP/2.0/TCP r.test\r\n"
                             "Record-Route: <sip:p.test;lr>\r\n"
                             "From: <sip:a.test>;tag=1\r\n"
                             "To: <sip:b.test>\r\n"
                             "To: <sip:other.test>\r\n"
                             "Call-ID: x\r\n"
                             "CSeq: 5 INVITE\r\n"
                             "Subject: not copied\r\n"
                             "\r\n";

Test(sip_build, a_response_copies_what_rfc_3261_8_2_6_says)
{
    struct sip_message *request = fixture_parse(INVITE);
    struct sip_message *response = sip_response_to(request, 180, NULL, "mine");
    cr_assert_str_eq(response->method, "INVITE");
    expect_wire(response, "SIP/2.0 180 Ringing\r\n"
                          "v: SIP/2.0/TLS p.test;branch=z9hG4bK1;alias, SIP/2.0/TCP q.test\r\n"
                          "Via: SIP/2.0/TCP r.test\r\n"
                          "Record-Route: <sip:p.test;lr>\r\n"
                          "From: <sip:a.test>;tag=1\r\n"
                          "To: <sip:b.test>;tag=mine\r\n"
                          "Call-ID: x\r\n"
                          "CSeq: 5 INVITE\r\n"
                          "Content-Length: 0\r\n\r\n");
    sip_message_free(request);
}

Test(sip_build, a_tag_that_is_there_stays)
{
    struct sip_message *request = fixture_parse(FIXTURE_REQUEST);
    struct sip_message *response = sip_response_to(request, 100, NULL, NULL);
    cr_assert_str_eq(sip_message_header(response, "To"), "<sip:one.dut.test>");
    cr_assert_null(sip_message_header(response, "Record-Route"));
    sip_message_free(response);
    sip_message_set(request, "To", "<sip:one.dut.test>;tag=theirs");
    response = sip_response_to(request, 481, "Gone", "mine");
    cr_assert_str_eq(sip_message_header(response, "To"), "<sip:one.dut.test>;tag=theirs");
    cr_assert_str_eq(response->reason, "Gone");
    sip_message_free(response);
    sip_message_free(request);
}

Test(sip_build, a_request_without_anything_still_gets_a_response)
{
    struct sip_message *request = sip_request_new("OPTIONS", "sip:a.test");
    expect_wire(sip_response_to(request, 400, NULL, "t"),
                "SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    sip_message_free(request);
}

Test(sip_build, a_copy_is_whole_and_its_own)
{
    struct sip_message *message = fixture_parse(FIXTURE_REQUEST);
    struct sip_message *copy = sip_message_copy(message);
    sip_message_remove(message, "Via");
    sip_message_free(message);
    cr_assert_eq(copy->raw_size_bytes, strlen(FIXTURE_REQUEST));
    cr_assert_arr_eq(copy->raw, FIXTURE_REQUEST, copy->raw_size_bytes);
    expect_wire(copy, FIXTURE_REQUEST);
}

Test(sip_build, the_maximum_of_fields_holds_here_too)
{
    struct sip_message *message = sip_request_new("OPTIONS", "sip:a.test");
    for (size_t i = 0; i < SIP_HEADERS_MAX; i++)
        cr_assert(sip_message_append(message, "x", "y"));
    cr_assert_not(sip_message_append(message, "x", "y"));
    cr_assert_not(sip_message_prepend(message, "x", "y"));
    cr_assert_not(sip_message_set(message, "z", "y"));
    cr_assert(sip_message_set(message, "x", "z"));
    cr_assert_eq(message->header_count, SIP_HEADERS_MAX);
    char *huge = malloc(SIP_MESSAGE_MAX_BYTES + 1);
    memset(huge, 'a', SIP_MESSAGE_MAX_BYTES);
    huge[SIP_MESSAGE_MAX_BYTES] = '\0';
    cr_assert_not(sip_message_set(message, "x", huge));
    free(huge);
    sip_message_free(message);
}
