/* Zones: added to, taken from, found. */
#include <string.h>
#include <time.h>

#include "dns_fixture.h"

static bool exists(const struct dns_zone *zone, const char *name)
{
    ldns_rdf *rdf = ldns_dname_new_frm_str(name);
    bool is_wildcard;
    const struct dns_node *node = dns_zone_find(zone, rdf, &is_wildcard);
    ldns_rdf_deep_free(rdf);
    return node != NULL;
}

Test(zone, origins)
{
    struct dns_catalogue catalogue = {0};
    struct dns_zone *zone = dns_catalogue_add(&catalogue, "K.Run.test", NULL);
    cr_assert_not_null(zone);
    cr_expect_str_eq(dns_zone_origin(zone), "k.run.test.");
    cr_expect_null(dns_catalogue_add(&catalogue, "k.run.TEST.", NULL), "it exists");
    cr_expect_null(dns_catalogue_add(&catalogue, "a..b", NULL));
    dns_zone_free(zone);
    zone = dns_catalogue_add(&catalogue, "k.run.test.", NULL);
    cr_expect_not_null(zone, "free again");
    dns_zone_free(NULL);
    dns_catalogue_fini(&catalogue);
}

Test(zone, most_specific_zone_wins)
{
    struct dns_catalogue catalogue = {0};
    struct dns_zone *outer = dns_catalogue_add(&catalogue, "run.test.", NULL);
    struct dns_zone *inner = dns_catalogue_add(&catalogue, "k.run.test.", NULL);
    static const struct {
        const char *name;
        int which;
    } CASES[] = {{"a.K.run.test.", 2}, {"k.run.test.", 2}, {"xk.run.test.", 1},
                 {"run.test.", 1},     {"test.", 0},       {".", 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ldns_rdf *name = ldns_dname_new_frm_str(CASES[i].name);
        struct dns_zone *expected = CASES[i].which == 2 ? inner : CASES[i].which == 1 ? outer : NULL;
        cr_expect_eq(dns_catalogue_find(&catalogue, name), expected, "%s", CASES[i].name);
        ldns_rdf_deep_free(name);
    }
    dns_catalogue_fini(&catalogue);
}

Test(zone, removing_leaves_what_was_not_named)
{
    struct dns_catalogue catalogue = {0};
    struct dns_zone *zone = dns_catalogue_add(&catalogue, "z.test", NULL);
    fixture_add(zone, (const char *const[]){"a.b A 192.0.2.1", "a.b A 192.0.2.2", "a.b AAAA ::1",
                                            "c.b A 192.0.2.3", NULL});
    cr_expect_eq(zone->record_count, 4);
    cr_expect_eq(dns_zone_remove(zone, "A.b", "a"), 2);
    cr_expect_eq(dns_zone_remove(zone, "a.b", "A"), 0);
    cr_expect_eq(dns_zone_remove(zone, "a.b", "NOSUCH"), 0);
    cr_expect(exists(zone, "a.b.z.test."));
    cr_expect_eq(dns_zone_remove(zone, "a.b.z.test.", NULL), 1);
    cr_expect_not(exists(zone, "a.b.z.test."));
    cr_expect(exists(zone, "b.z.test."), "c.b is still below it");
    cr_expect_eq(dns_zone_remove(zone, "c.b", NULL), 1);
    cr_expect_not(exists(zone, "b.z.test."));
    cr_expect_eq(dns_zone_remove(zone, "a.b.elsewhere.", NULL), 0);
    cr_expect_eq(dns_zone_remove(zone, "a..b", NULL), 0);
    cr_expect_eq(dns_zone_remove(zone, "@", "SOA"), 0, "the zone's own");
    cr_expect_eq(zone->record_count, 0);
    fixture_add(zone, (const char *const[]){"@ A 192.0.2.1", NULL});
    cr_expect_eq(dns_zone_remove(zone, "@", NULL), 1);
    dns_catalogue_fini(&catalogue);
}

Test(zone, what_does_not_fit_is_refused_and_leaves_no_trace)
{
    struct dns_catalogue catalogue = {0};
    struct dns_zone *zone = dns_catalogue_add(&catalogue, "z.test", NULL);
    fixture_add(zone, (const char *const[]){"a A 192.0.2.1", "b CNAME a", NULL});
    static const struct {
        const char *line, *words;
    } CASES[] = {{"a CNAME b", "CNAME"},
                 {"b A 192.0.2.1", "CNAME"},
                 {"b CNAME c", "CNAME"},
                 {"@ CNAME a", "CNAME"},
                 {"x.elsewhere. A 192.0.2.1", "not in the zone z.test."},
                 {"xz.test. A 192.0.2.1", "not in the zone"},
                 {"c X 1", "'X' is no record type"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char error[256] = "";
        cr_expect_not(dns_zone_add(zone, CASES[i].line, error, sizeof error), "%s", CASES[i].line);
        cr_expect_not_null(strstr(error, CASES[i].words), "%s", error);
    }
    cr_expect_eq(zone->record_count, 2);
    fixture_add(zone, (const char *const[]){"a A 192.0.2.1", "b CNAME A", "q.Z.TEST. A 192.0.2.1", NULL});
    cr_expect_eq(zone->record_count, 3, "a record that is there is not put twice");
    dns_catalogue_fini(&catalogue);
}

Test(zone, thousands_of_names_are_quick)
{
    /* Linear lookup would make this 10^8 comparisons of names. */
    enum { NAMES = 10000 };
    struct dns_catalogue catalogue = {0};
    struct dns_zone *zone = dns_catalogue_add(&catalogue, "z.test", NULL);
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    for (int i = 0; i < NAMES; i++) {
        char line[64];
        snprintf(line, sizeof line, "_sip._tcp.n%d SRV 1 1 5060 peer", i);
        cr_assert(dns_zone_add(zone, line, NULL, 0));
    }
    for (int i = 0; i < NAMES; i++) {
        char name[64];
        snprintf(name, sizeof name, "_sip._tcp.n%d.z.test.", i);
        cr_assert(exists(zone, name));
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    cr_expect_lt(after.tv_sec - before.tv_sec, 5);
    dns_catalogue_fini(&catalogue);
}
