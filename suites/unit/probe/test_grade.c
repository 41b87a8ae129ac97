/* Each finding caps the grade at what it has to, and no further. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

#include "probe/probe.h"

static struct probe_findings good(void)
{
    return (struct probe_findings){.tcp_answers = PROBE_YES,
                                   .tls_answers = PROBE_YES,
                                   .tls_speaks = PROBE_YES,
                                   .versions = {PROBE_NO, PROBE_NO, PROBE_YES, PROBE_YES},
                                   .requests_certificate = PROBE_YES,
                                   .has_certificate = true,
                                   .identity_count = 1,
                                   .matches_domain = PROBE_YES,
                                   .not_before_s = 1000,
                                   .now_s = 2000,
                                   .not_after_s = 100000000,
                                   .tolerates_alias = PROBE_YES,
                                   .pieces = PROBE_YES,
                                   .two_in_one = PROBE_YES,
                                   .ping = PROBE_YES,
                                   .stays_idle = PROBE_YES,
                                   .answers_after_idle = PROBE_YES,
                                   .closes_politely = PROBE_YES,
                                   .idle_ms = 15000};
}

static void expect(char letter, const char *because, struct probe_findings findings)
{
    struct probe_grade grade;
    probe_grade(&findings, &grade);
    cr_expect_eq(grade.letter, letter, "%c, expected %c: %s", grade.letter, letter, because);
    cr_expect(grade.count == 0 || grade.reasons[0].grade == grade.letter);
    if (!*because) {
        cr_expect_eq(grade.count, 0);
        return;
    }
    cr_assert_gt(grade.count, 0);
    cr_expect_not_null(strstr(grade.reasons[0].text, because), "%s", grade.reasons[0].text);
}

Test(grade, nothing_wrong)
{
    expect('A', "", good());
}

#define WITH(letter, because, member, value)                                                                 \
    do {                                                                                                     \
        struct probe_findings findings = good();                                                             \
        findings.member = value;                                                                             \
        expect(letter, because, findings);                                                                   \
    } while (0)

Test(grade, each_reason_alone)
{
    WITH('C', "TLS 1.0 or 1.1", versions[0], PROBE_YES);
    WITH('C', "TLS 1.0 or 1.1", versions[1], PROBE_YES);
    WITH('B', "TLS 1.2 is not", versions[2], PROBE_NO);
    WITH('B', "TLS 1.3 is not", versions[3], PROBE_NO);
    WITH('C', "asked of clients", requests_certificate, PROBE_NO);
    WITH('F', "no SIP identity", identity_count, 0u);
    WITH('F', "not for", matches_domain, PROBE_NO);
    WITH('F', "expired", now_s, 100000001);
    WITH('F', "not valid yet", now_s, 999);
    WITH('B', "two weeks", now_s, 99999999);
    WITH('D', "alias", tolerates_alias, PROBE_NO);
    WITH('D', "in pieces", pieces, PROBE_NO);
    WITH('D', "two requests", two_in_one, PROBE_NO);
    WITH('B', "idle for 15 s", stays_idle, PROBE_NO);
    WITH('D', "answers nothing", answers_after_idle, PROBE_NO);
    WITH('B', "close is not answered", closes_politely, PROBE_NO);
    WITH('A', "CRLF", ping, PROBE_NO);
    WITH('D', "No TLS", tls_speaks, PROBE_NO);
}

Test(grade, the_worst_comes_first)
{
    struct probe_findings findings = good();
    findings.stays_idle = findings.pieces = PROBE_NO;
    findings.identity_count = 0;
    expect('F', "no SIP identity", findings);
}

Test(grade, what_is_not_known_costs_nothing)
{
    struct probe_findings findings = good();
    findings.tls_answers = PROBE_NO;
    findings.tolerates_alias = findings.pieces = findings.two_in_one = findings.ping = PROBE_UNKNOWN;
    findings.stays_idle = findings.answers_after_idle = findings.closes_politely = PROBE_UNKNOWN;
    expect('B', "answers nobody without a certificate", findings);
    findings.tcp_answers = PROBE_NO; /* a TLS server of anything */
    expect(PROBE_NO_GRADE, "No SIP was seen", findings);
    findings.now_s = findings.not_after_s + 1;
    expect(PROBE_NO_GRADE, "No SIP was seen", findings);
    findings.requests_certificate = PROBE_NO;
    findings.now_s = 2000;
    expect('F', "Nothing answers SIP there: a TLS handshake was all", findings);
    findings = (struct probe_findings){.tcp_answers = PROBE_NO};
    expect('F', "Nothing answers", findings);
}

Test(grade, another_protocol_is_no_sip)
{
    struct probe_findings findings = good();
    strcpy(findings.foreign, "HTTP/1.1 400 Bad Request");
    expect('A', "", findings); /* it may answer other ports with it */
    findings.tls_answers = PROBE_NO;
    findings.tcp_answers = PROBE_NO;
    expect('F', "no SIP: \"HTTP/1.1 400 Bad Request\"", findings);
}
