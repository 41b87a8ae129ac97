#include <criterion/criterion.h>

#include "contact/contact.h"

Test(date, as_rfc_3261_writes_it)
{
    int64_t seconds = 0;
    cr_assert(contact_parse_date("Sat, 13 Nov 2010 23:29:00 GMT", &seconds));
    cr_expect_eq(seconds, 1289690940);
}

Test(date, nothing_else)
{
    static const char *const bad[] = {
        "",         "13 Nov 2010 23:29:00 GMT",  "Sat, 13 ovN 2010 23:29:00 GMT", "Sat, 13 Nov 2010",
        "tomorrow", "Sat, 13 Nov 2010 23:29 GMT"};
    int64_t seconds = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(contact_parse_date(bad[i], &seconds), "%s", bad[i]);
    cr_expect_eq(seconds, 7);
}
