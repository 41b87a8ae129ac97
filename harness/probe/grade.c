/* From what was seen to a grade. Each reason caps the grade; the worst one decides. A is: nothing was seen
 * that keeps RFC 5923 from working, which is not the same as conformance. What shows no SIP, and may have a
 * reason not to, gets none. */
#include "probe/probe.h"

#include <stdarg.h>
#include <string.h>

enum { WARNING_S = 14 * 86400 };

static const char *const answers[] = {[PROBE_UNKNOWN] = "unknown", [PROBE_NO] = "no", [PROBE_YES] = "yes"};

const char *probe_answer_name(enum probe_answer answer)
{
    return answers[answer];
}

/* No grade comes before the worst one. */
static int rank(char letter)
{
    return letter == PROBE_NO_GRADE ? 'Z' : letter;
}

static void cap(struct probe_grade *grade, char letter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void cap(struct probe_grade *grade, char letter, const char *format, ...)
{
    va_list arguments;
    size_t at = 0;
    if (grade->count == PROBE_REASONS_MAX)
        return;
    while (at < grade->count && rank(grade->reasons[at].grade) >= rank(letter))
        at++;
    memmove(&grade->reasons[at + 1], &grade->reasons[at], (grade->count - at) * sizeof *grade->reasons);
    grade->reasons[at].grade = letter;
    va_start(arguments, format);
    vsnprintf(grade->reasons[at].text, sizeof grade->reasons[at].text, format, arguments);
    va_end(arguments);
    grade->count++;
    if (rank(letter) > rank(grade->letter))
        grade->letter = letter;
}

/* A handshake is no SIP. Who is asked for a certificate and shows none may be left without an answer. */
static void grade_silence(const struct probe_findings *findings, struct probe_grade *out)
{
    if (findings->foreign[0])
        cap(out, 'F', "What answers there is no SIP: \"%s\".", findings->foreign);
    else if (findings->tls_speaks != PROBE_YES)
        cap(out, 'F', "Nothing answers SIP there. %s", findings->trouble);
    else if (findings->requests_certificate == PROBE_YES)
        cap(out, PROBE_NO_GRADE,
            "No SIP was seen: it answers nobody without a certificate, if it speaks SIP at all. %s",
            findings->trouble);
    else
        cap(out, 'F', "Nothing answers SIP there: a TLS handshake was all. %s", findings->trouble);
}

static void grade_service(const struct probe_findings *findings, struct probe_grade *out)
{
    if (findings->tls_answers != PROBE_YES && findings->tcp_answers != PROBE_YES)
        grade_silence(findings, out);
    else if (findings->tls_speaks != PROBE_YES)
        cap(out, 'D',
            "No TLS: no peer can be authenticated, so nothing may be aliased safely (RFC 5923 §9). %s",
            findings->trouble);
    else if (findings->tls_answers == PROBE_NO && findings->requests_certificate == PROBE_YES)
        cap(out, 'B',
            "Over TLS it answers nobody without a certificate: the rest cannot be seen from outside. %s",
            findings->trouble);
    else if (findings->tls_answers == PROBE_NO)
        cap(out, 'D', "OPTIONS over TLS is not answered (RFC 3261 §11). %s", findings->trouble);
}

static void grade_versions(const struct probe_findings *findings, struct probe_grade *out)
{
    if (findings->versions[0] == PROBE_YES || findings->versions[1] == PROBE_YES)
        cap(out, 'C', "TLS 1.0 or 1.1 is accepted (RFC 8996 forbids both).");
    if (findings->versions[2] == PROBE_NO && findings->versions[3] == PROBE_NO)
        cap(out, 'D', "Neither TLS 1.2 nor TLS 1.3 is spoken.");
    else if (findings->versions[3] == PROBE_NO)
        cap(out, 'B', "TLS 1.3 is not spoken.");
    else if (findings->versions[2] == PROBE_NO)
        cap(out, 'B', "TLS 1.2 is not spoken: peers without TLS 1.3 are shut out.");
}

static void grade_certificate(const struct probe_findings *findings, struct probe_grade *out)
{
    if (!findings->has_certificate)
        return;
    if (findings->now_s > findings->not_after_s)
        cap(out, 'F', "The certificate has expired.");
    else if (findings->now_s < findings->not_before_s)
        cap(out, 'F', "The certificate is not valid yet: it, or a clock, is wrong.");
    else if (findings->not_after_s - findings->now_s < WARNING_S)
        cap(out, 'B', "The certificate expires within two weeks.");
    if (!findings->identity_count)
        cap(out, 'F',
            "The certificate has no SIP identity (RFC 5922 §7.1): no peer may alias a connection to it.");
    else if (findings->matches_domain == PROBE_NO)
        cap(out, 'F', "The certificate is not for %s (RFC 5922 §7.2).", findings->domain);
    if (findings->requests_certificate == PROBE_NO)
        cap(out, 'C',
            "No certificate is asked of clients: connections that others open can carry nothing back (RFC "
            "5923 §9.2).");
}

static void grade_connection(const struct probe_findings *findings, struct probe_grade *out)
{
    if (findings->tolerates_alias == PROBE_NO)
        cap(out, 'D',
            "A request with alias in its Via does not get what the same request without gets (RFC 5923 "
            "§8.2).");
    if (findings->pieces == PROBE_NO)
        cap(out, 'D', "A request that arrives in pieces is not answered (RFC 3261 §18.3).");
    if (findings->two_in_one == PROBE_NO)
        cap(out, 'D', "Of two requests in one segment not both are answered (RFC 3261 §18.3).");
    if (findings->stays_idle == PROBE_NO)
        cap(out, 'B',
            "It closes a connection that is idle for %u s or less: there is little to reuse (RFC 5923 §8.1).",
            (unsigned)(findings->idle_ms / 1000));
    if (findings->answers_after_idle == PROBE_NO)
        cap(out, 'D', "It keeps an idle connection and answers nothing on it any more.");
    if (findings->ping == PROBE_NO)
        cap(out, 'A',
            "CRLF CRLF gets no CRLF back: a keep-alive of RFC 5626 §4.4.1, which RFC 5923 does not ask for.");
    if (findings->closes_politely == PROBE_NO)
        cap(out, 'B', "A close is not answered properly: %s (RFC 5923 §8.3, RFC 8446 §6.1).",
            findings->closing);
}

void probe_grade(const struct probe_findings *findings, struct probe_grade *out)
{
    *out = (struct probe_grade){.letter = 'A'};
    grade_service(findings, out);
    if (findings->tls_speaks == PROBE_YES) {
        grade_versions(findings, out);
        grade_certificate(findings, out);
    }
    grade_connection(findings, out);
}
