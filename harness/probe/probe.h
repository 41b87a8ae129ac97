/* probe: what can be learnt of a SIP element without its operator, in less than a minute, with read-only
 * manners: OPTIONS, and a handful of connections, one after the other, to the one address that the user
 * named.
 *
 * survey: the contacts and what they showed. grade: pure, from the findings to a letter with reasons. report:
 * text and JSON, which say too what a probe cannot know. */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "contact/contact.h"
#include "net/net.h"
#include "reports/page.h"

enum probe_answer { PROBE_UNKNOWN, PROBE_NO, PROBE_YES };
const char *probe_answer_name(enum probe_answer answer); /* "unknown", "no", "yes" */

enum { PROBE_VERSIONS = 4 /* TLS 1.0 to 1.3 */, PROBE_TEXT_MAX = 512 };
struct probe_findings {
    struct net_address address; /* port of no use */
    uint16_t sip_port, sips_port;
    char domain[256];
    /* plain TCP */
    enum probe_answer tcp_answers; /* OPTIONS over TCP gets a response */
    unsigned tcp_status;
    /* TLS */
    enum probe_answer tls_answers, tls_speaks, versions[PROBE_VERSIONS], requests_certificate;
    unsigned tls_status;
    char cipher_suite[CONTACT_TEXT_MAX], software[CONTACT_TEXT_MAX], trouble[PROBE_TEXT_MAX];
    char foreign[CONTACT_TEXT_MAX]; /* first line of what answered and is no SIP; "": nothing */
    /* the certificate, and what reference/ makes of it (RFC 5922 §7.1, §7.2) */
    bool has_certificate;
    char subject[PROBE_TEXT_MAX], names[PROBE_TEXT_MAX], issuer[PROBE_TEXT_MAX], fingerprint[65];
    char identities[PROBE_TEXT_MAX]; /* comma list; "" none */
    size_t identity_count;
    int64_t not_before_s, not_after_s, now_s;
    enum probe_answer matches_domain;   /* asked only where the user named a domain */
    enum probe_answer same_without_sni; /* the same certificate when no server is named */
    enum probe_answer takes_unknown_sni;
    /* the connection, over TLS where there is TLS */
    enum probe_answer tolerates_alias, pieces, two_in_one, ping, stays_idle, answers_after_idle,
        closes_politely;
    char closing[PROBE_TEXT_MAX];
    uint64_t idle_ms; /* for which it was watched */
    unsigned connections;
};

#define PROBE_NO_GRADE '-' /* there was nothing to grade */
struct probe_reason {
    char grade; /* that it caps at: 'A' none, then 'B', 'C', 'D', 'F', PROBE_NO_GRADE */
    char text[PROBE_TEXT_MAX];
};
enum { PROBE_REASONS_MAX = 24 };
struct probe_grade {
    char letter;                                    /* 'A', 'B', 'C', 'D', 'F', PROBE_NO_GRADE */
    struct probe_reason reasons[PROBE_REASONS_MAX]; /* the worst first */
    size_t count;
};
void probe_grade(const struct probe_findings *findings, struct probe_grade *out);

/* ---- survey ---- */
struct probe_survey;
struct probe_options {
    struct net *net;
    struct net_address from, to;  /* to: of the device; its port is of no use */
    uint16_t sip_port, sips_port; /* 0: that transport is not asked */
    const char *domain;           /* in Request-URIs and as SNI */
    bool has_domain;              /* the user named it: the certificate is compared with it */
    uint64_t idle_ms;
    void (*on_done)(struct probe_survey *survey, const struct probe_findings *findings, void *arg);
    void *arg;
};
struct probe_survey *probe_survey_new(const struct probe_options *options); /* NULL: no memory */
void probe_survey_free(struct probe_survey *survey);

/* ---- report ---- */
void probe_print(const struct probe_findings *findings, const struct probe_grade *grade, struct page *page);
/* {"schema":"sipreuse-probe/1", …}, no grade being null; false: it cannot be written. */
bool probe_print_json(const struct probe_findings *findings, const struct probe_grade *grade, FILE *out);

#endif
