#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char FIXTURE_REQUEST[] = "OPTIONS sip:one.dut.test;transport=tls SIP/2.0\r\n"
                               "Via: SIP/2.0/TLS peer.a.test:5081;branch=z9hG4bK1;alias\r\n"
                               "From: \"Ann\" <sip:ann@a.test>;tag=1\r\n"
                               "To: <sip:one.dut.test>\r\n"
                               "Call-ID: 1@a.test\r\n"
                               "CSeq: 1 OPTIONS\r\n"
                               "Max-Forwards: 70\r\n"
                               "Content-Length: 4\r\n"
                               "\r\n"
                               "body";

struct sip_message *fixture_parse(const char *text)
{
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse((const uint8_t *)text, strlen(text), &message);
    cr_assert_eq(error, SIP_OK, "%s: %s", sip_error_text(error), text);
    return message;
}

struct sip_message *fixture_request_with(const char *fields)
{
    char text[65536];
    snprintf(text, sizeof text,
             "OPTIONS sip:a.test SIP/2.0\r\n"
             "%s"
             "\r\n",
             fields);
    return fixture_parse(text);
}

void fixture_expect_text(char *actual, const char *expected)
{
    cr_assert_not_null(actual, "nothing where '%s' was expected", expected);
    cr_assert_str_eq(actual, expected);
    free(actual);
}

uint8_t *fixture_read(const char *path, size_t *size_bytes)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    uint8_t *bytes = malloc(SIP_MESSAGE_MAX_BYTES);
    *size_bytes = fread(bytes, 1, SIP_MESSAGE_MAX_BYTES, file);
    fclose(file);
    return bytes;
}
