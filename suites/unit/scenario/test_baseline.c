/* What a baseline file says; its mistakes are in bad/. */
#include <criterion/criterion.h>

#include "fixture.h"

#define SCHEMA SIPREUSE_SOURCE_DIR "/reports/schema/baseline.schema.json"

Test(baseline, members)
{
    struct catalogue *catalogue = fixture_load();
    struct diagnostic diagnostic = {0};
    struct baseline *baseline =
        baseline_load(FIXTURE_DIR "/good/baseline.json", SCHEMA, catalogue, &diagnostic);
    cr_assert(baseline, "%s", diagnostic.text);
    cr_assert_eq(baseline->count, 3);
    const struct baseline_entry *first = &baseline->entries[0], *second = &baseline->entries[1];
    cr_expect_str_eq(first->device, "d");
    cr_expect_str_eq(first->requirement, "x-honour");
    cr_expect_str_eq(first->verdict, "fail");
    cr_expect_str_eq(first->reason, "r");
    cr_expect_str_eq(first->until, "2028-02-29");
    cr_expect(!first->scenario && !first->variant);
    cr_expect_eq(first->line, 2);
    cr_expect_str_eq(second->scenario, "aliasing/honour");
    cr_expect_str_eq(second->variant, "tcp-*");
    cr_expect(!second->requirement && !second->until);
    cr_expect_str_eq(baseline->entries[2].verdict, "inconclusive");
    cr_expect_str_eq(baseline->path, FIXTURE_DIR "/good/baseline.json");
    baseline_free(baseline);
    baseline_free(NULL);
    catalogue_free(catalogue);
}

Test(baseline, a_file_that_is_not_there)
{
    struct catalogue *catalogue = fixture_load();
    struct diagnostic diagnostic = {0};
    cr_expect_null(baseline_load(FIXTURE_DIR "/good/none.json", SCHEMA, catalogue, &diagnostic));
    cr_expect(strstr(diagnostic.text, "/good/none.json:1:1: /: found that it cannot be read"), "%s",
              diagnostic.text);
    catalogue_free(catalogue);
}
