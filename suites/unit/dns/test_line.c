/* Lines that are records, and lines that only look like some. */
#include <string.h>

#include "dns_fixture.h"

static void assert_line(const char *line, const char *expected)
{
    ldns_rdf *origin = ldns_dname_new_frm_str("z.test.");
    ldns_rr *record = NULL;
    char error[512] = "";
    cr_assert(dns_line_parse(line, origin, &record, error, sizeof error), "%s: %s", line, error);
    char *text = ldns_rr2str(record);
    for (char *p = text; *p; p++)
        *p = *p == '\t' ? ' ' : *p == '\n' ? '\0' : *p;
    cr_expect_str_eq(text, expected);
    free(text);
    ldns_rr_free(record);
    ldns_rdf_deep_free(origin);
}

Test(line, records)
{
    assert_line("peer.a A 192.0.2.1", "peer.a.z.test. 60 IN A 192.0.2.1");
    assert_line("peer.a 5 A 192.0.2.1", "peer.a.z.test. 5 IN A 192.0.2.1");
    assert_line("peer.a 5 IN A 192.0.2.1", "peer.a.z.test. 5 IN A 192.0.2.1");
    assert_line("peer.a in 5 a 192.0.2.1", "peer.a.z.test. 5 IN A 192.0.2.1");
    assert_line("peer.a\t A \t192.0.2.1  ; why", "peer.a.z.test. 60 IN A 192.0.2.1");
    assert_line("@ AAAA 2001:db8::1", "z.test. 60 IN AAAA 2001:db8::1");
    assert_line("b.other. A 192.0.2.1", "b.other. 60 IN A 192.0.2.1");
    assert_line("_sips._tcp.a SRV 0 65535 5061 peer.a",
                "_sips._tcp.a.z.test. 60 IN SRV 0 65535 5061 peer.a.z.test.");
    assert_line("_sips._tcp.a SRV 1 1 5061 .", "_sips._tcp.a.z.test. 60 IN SRV 1 1 5061 .");
    assert_line("a NAPTR 10 20 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.a",
                "a.z.test. 60 IN NAPTR 10 20 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.a.z.test.");
    assert_line("a CNAME @", "a.z.test. 60 IN CNAME z.test.");
    assert_line("a TXT \"x; \\\" y\" z", "a.z.test. 60 IN TXT \"x; \\\" y\" \"z\"");
    assert_line("a MX 10 b", "a.z.test. 60 IN MX 10 b.z.test.");
    assert_line("a PTR b.", "a.z.test. 60 IN PTR b.");
    assert_line("*.w A 192.0.2.1", "*.w.z.test. 60 IN A 192.0.2.1");
    assert_line("a 2147483647 A 192.0.2.1", "a.z.test. 2147483647 IN A 192.0.2.1");
    assert_line("a 0 A 192.0.2.1", "a.z.test. 0 IN A 192.0.2.1");
}

Test(line, what_is_wrong_is_said)
{
    static const struct {
        const char *line, *words;
    } CASES[] = {
        {"", "empty"},
        {"; only why", "empty"},
        {" A 192.0.2.1", "does not begin with a name"},
        {"a", "no record type"},
        {"a 5 IN", "no record type"},
        {"$TTL 5", "no record type"},
        {"a B 192.0.2.1", "'B' is no record type"},
        {"a CH A 192.0.2.1", "'CH' is no record type"},
        {"a -5 A 192.0.2.1", "'-5' is no record type"},
        {"a SOA b c 1 2 3 4 5", "'SOA' is no record type"},
        {"a NS b", "'NS' is no record type"},
        {"a A", "is no A record"},
        {"a A 192.0.2", "is no A record"},
        {"a A 999.1.1.1", "is no A record"},
        {"a A 192.0.2.1 extra", "is no A record"},
        {"a AAAA 192.0.2.1", "is no AAAA record"},
        {"a SRV 1 1", "found '' where a number"},
        {"a SRV 1 1 5061", "is no SRV record"},
        {"a SRV 1 1 99999 b", "99999 is above 65535"},
        {"a SRV 1 65536 5061 b", "65536 is above 65535"},
        {"a SRV -1 1 5061 b", "found '-1' where a number"},
        {"a SRV 1 1 sip b", "found 'sip' where a number"},
        {"a SRV 1 1 5061 b extra", "is no SRV record"},
        {"a NAPTR 1 70000 s x \"\" b", "70000 is above 65535"},
        {"a 2147483648 A 192.0.2.1", "TTL is above"},
        {"a 99999999999999999999999999 A 192.0.2.1", "is above"},
        {"a TXT \"open", "quote that is not closed"},
        {"a A 192.0.2.1\nb A 192.0.2.2", "control character"},
        {"a..b A 192.0.2.1", "is no A record"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa A 192.0.2.1", "is no A record"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char error[512] = "";
        cr_expect_not(dns_line_check(CASES[i].line, error, sizeof error), "%s", CASES[i].line);
        cr_expect_not_null(strstr(error, CASES[i].words), "'%s': '%s' does not say '%s'", CASES[i].line,
                           error, CASES[i].words);
    }
    char long_line[DNS_LINE_MAX_BYTES + 2], error[512] = "";
    memset(long_line, 'a', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    cr_expect_not(dns_line_check(long_line, error, sizeof error));
    cr_expect_not_null(strstr(error, "longer"));
    cr_expect(dns_line_check("peer.a A 192.0.2.1", error, sizeof error));
    cr_expect_not(dns_line_check("a", NULL, 0), "a sentence is not compulsory");
}
