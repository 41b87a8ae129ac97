/* What the tests of sip share: messages out of literals. */
#ifndef SIP_FIXTURE_H
#define SIP_FIXTURE_H

#include "sip/sip.h"

/* Parses; the test fails when that is not possible. The caller frees. */
struct sip_message *fixture_parse(const char *text);
/* A well-formed request that carries these fields besides ("Name: value\r\n…"); the caller frees. */
struct sip_message *fixture_request_with(const char *fields);
/* Compares and frees actual. */
void fixture_expect_text(char *actual, const char *expected);
/* The whole of a file; the caller frees. */
uint8_t *fixture_read(const char *path, size_t *size_bytes);

extern const char FIXTURE_REQUEST[];

#endif
