/* What a probe found, for people and for programs. */
#include "probe/probe.h"

#include <jansson.h>
#include <stddef.h>
#include <time.h>

/* What nobody can see from outside: said each time, so that a good grade is not taken for conformance. */
static const char *const unknowable[] = {
    "whether it sends requests back over a connection that a peer opened (the alias itself)",
    "whether it compares the peer's identity before it reuses a connection (RFC 5923 §9)",
    "whether it checks certificates of servers that it calls",
    "how it locates servers (RFC 3263), and what it does when a connection breaks",
    "which domains it is responsible for beside the one asked for",
};

static const struct answer {
    const char *name, *text;
    size_t offset;
} answers[] = {
    {"tls_1_0", "TLS 1.0", offsetof(struct probe_findings, versions[0])},
    {"tls_1_1", "TLS 1.1", offsetof(struct probe_findings, versions[1])},
    {"tls_1_2", "TLS 1.2", offsetof(struct probe_findings, versions[2])},
    {"tls_1_3", "TLS 1.3", offsetof(struct probe_findings, versions[3])},
    {"requests_certificate", "asks clients for a certificate",
     offsetof(struct probe_findings, requests_certificate)},
    {"matches_domain", "certificate is for the domain asked for",
     offsetof(struct probe_findings, matches_domain)},
    {"same_without_sni", "same certificate without server name",
     offsetof(struct probe_findings, same_without_sni)},
    {"takes_unknown_sni", "goes on with an unknown server name",
     offsetof(struct probe_findings, takes_unknown_sni)},
    {"tolerates_alias", "tolerates alias", offsetof(struct probe_findings, tolerates_alias)},
    {"pieces", "takes a request in pieces", offsetof(struct probe_findings, pieces)},
    {"two_in_one", "takes two requests at once", offsetof(struct probe_findings, two_in_one)},
    {"ping", "answers CRLF keep-alives", offsetof(struct probe_findings, ping)},
    {"stays_idle", "keeps an idle connection", offsetof(struct probe_findings, stays_idle)},
    {"answers_after_idle", "and answers on it afterwards",
     offsetof(struct probe_findings, answers_after_idle)},
    {"closes_politely", "answers a close", offsetof(struct probe_findings, closes_politely)},
};

static enum probe_answer answer_at(const struct probe_findings *findings, size_t offset)
{
    return *(const enum probe_answer *)(const void *)((const char *)findings + offset);
}

static void format_day(int64_t seconds, char out[16])
{
    time_t time = (time_t)seconds;
    struct tm utc;
    gmtime_r(&time, &utc);
    strftime(out, 16, "%Y-%m-%d", &utc);
}

static void print_certificate(const struct probe_findings *findings, struct page *page)
{
    char text[4 * PROBE_TEXT_MAX], from[16], to[16];
    if (!findings->has_certificate)
        return;
    format_day(findings->not_before_s, from);
    format_day(findings->not_after_s, to);
    fprintf(page->out, "\n  Certificate\n");
    snprintf(text, sizeof text, "SIP identities (RFC 5922): %s",
             findings->identity_count ? findings->identities : "none");
    page_wrap(page, 4, text);
    snprintf(text, sizeof text, "names: %s", findings->names[0] ? findings->names : "no subjectAltName");
    page_wrap(page, 4, text);
    snprintf(text, sizeof text, "issuer: %s; valid %s to %s", findings->issuer, from, to);
    page_wrap(page, 4, text);
    fprintf(page->out, "    SHA-256 %s\n", findings->fingerprint);
}

void probe_print(const struct probe_findings *findings, const struct probe_grade *grade, struct page *page)
{
    char ip[NET_ADDRESS_TEXT_MAX], text[PROBE_TEXT_MAX + 32];
    net_address_format_ip(&findings->address, ip);
    if (grade->letter == PROBE_NO_GRADE)
        page_put(page, PAGE_BOLD, "%s: no grade\n", ip);
    else
        page_put(page, PAGE_BOLD, "%s: grade %c\n", ip, grade->letter);
    for (size_t i = 0; i < grade->count; i++) {
        snprintf(text, sizeof text, "%c  %s", grade->reasons[i].grade, grade->reasons[i].text);
        page_wrap(page, 2, text);
    }
    if (!grade->count)
        page_wrap(page, 2, "Nothing was seen that keeps connections to it from being reused.");
    fprintf(page->out, "\n  Seen, over %u connections\n", findings->connections);
    if (findings->sip_port)
        fprintf(page->out, "    TCP port %-5u OPTIONS: %s (%u)\n", (unsigned)findings->sip_port,
                findings->tcp_answers == PROBE_YES ? "answered" : "not answered", findings->tcp_status);
    if (findings->sips_port)
        fprintf(page->out, "    TLS port %-5u OPTIONS: %s (%u) %s\n", (unsigned)findings->sips_port,
                findings->tls_answers == PROBE_YES ? "answered" : "not answered", findings->tls_status,
                findings->cipher_suite);
    if (findings->software[0])
        fprintf(page->out, "    it calls itself %s\n", findings->software);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        fprintf(page->out, "    %-42s %s\n", answers[i].text,
                probe_answer_name(answer_at(findings, answers[i].offset)));
    print_certificate(findings, page);
    fprintf(page->out, "\n  What cannot be known without its operator ('sipreuse run --remote')\n");
    for (size_t i = 0; i < sizeof unknowable / sizeof *unknowable; i++)
        page_wrap(page, 4, unknowable[i]);
}

static json_t *grade_as_json(char letter)
{
    return letter == PROBE_NO_GRADE ? json_null() : json_stringn(&letter, 1);
}

static json_t *reasons_as_json(const struct probe_grade *grade)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->count; i++)
        json_array_append_new(list, json_pack("{s:o,s:s}", "grade", grade_as_json(grade->reasons[i].grade),
                                              "text", grade->reasons[i].text));
    return list;
}

static json_t *certificate_as_json(const struct probe_findings *findings)
{
    if (!findings->has_certificate)
        return json_null();
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "subject", findings->subject, "issuer",
                     findings->issuer, "names", findings->names, "identities", findings->identities,
                     "fingerprint", findings->fingerprint, "not_before_s", (json_int_t)findings->not_before_s,
                     "not_after_s", (json_int_t)findings->not_after_s);
}

bool probe_print_json(const struct probe_findings *findings, const struct probe_grade *grade, FILE *out)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(&findings->address, ip);
    json_t *seen = json_object(), *unknown = json_array();
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        json_object_set_new(seen, answers[i].name,
                            json_string(probe_answer_name(answer_at(findings, answers[i].offset))));
    json_object_set_new(seen, "tcp_status", json_integer(findings->tcp_status));
    json_object_set_new(seen, "tls_status", json_integer(findings->tls_status));
    json_object_set_new(seen, "software", json_string(findings->software));
    for (size_t i = 0; i < sizeof unknowable / sizeof *unknowable; i++)
        json_array_append_new(unknown, json_string(unknowable[i]));
    json_t *root =
        json_pack("{s:s,s:s,s:i,s:i,s:s,s:o,s:o,s:o,s:o,s:o}", "schema", "sipreuse-probe/1", "address", ip,
                  "sip_port", (int)findings->sip_port, "sips_port", (int)findings->sips_port, "domain",
                  findings->domain, "grade", grade_as_json(grade->letter), "reasons", reasons_as_json(grade),
                  "seen", seen, "certificate", certificate_as_json(findings), "unknown", unknown);
    bool is_written = root && json_dumpf(root, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(root);
    return is_written;
}
