#include "stimulus/keys.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The keys of a text, one letter each: d(one) r s n ?. */
static void expect_keys(const char *typed, const char *wanted)
{
    static const char letters[] = "drsn?";
    struct keys keys = {.length = 0};
    char seen[32] = "", line[KEYS_LINE_MAX];
    size_t count = 0;
    enum key key;

    for (const char *c = typed; *c; c++)
        if (keys_push(&keys, *c, &key, line))
            seen[count++] = letters[key];
    cr_assert_str_eq(seen, wanted, "%s", typed);
}

Test(keys, one_letter_or_none)
{
    expect_keys("\n", "d");
    expect_keys("r\ns\nn\n", "rsn");
    expect_keys(" R \r\n\tS\r\n", "rs");
    expect_keys("\r\n", "d");
    expect_keys("s", "");
}

Test(keys, no_word_that_begins_so)
{
    expect_keys("no\nstart it\nready\n", "???");
    expect_keys("x\n", "?");
}

Test(keys, a_line_that_is_too_long_is_one_line)
{
    char typed[4 * KEYS_LINE_MAX];

    memset(typed, 's', sizeof typed);
    memcpy(typed + sizeof typed - 4, "\nn\n", 4);
    expect_keys(typed, "?n");
}

Test(keys, what_is_shown_is_printable)
{
    struct keys keys = {.length = 0};
    char line[KEYS_LINE_MAX];
    enum key key;

    for (const char *c = "\x1b[2Jx\n"; *c; c++)
        if (keys_push(&keys, *c, &key, line))
            cr_assert_str_eq(line, "?[2Jx");
}
