#include <criterion/criterion.h>
#include <string.h>

#include "cli/cli.h"

static const struct cli_option options[] = {{"device", "NAME", "help", 'd'},
                                            {"json", NULL, "help", '\0'},
                                            {"hidden", "X", NULL, '\0'},
                                            {NULL, NULL, NULL, '\0'}};
static const struct cli_usage usage = {
    .command = "test", .arguments = "", .summary = "Summary.", .options = options};

/* Feeds words; the results of cli_next as text, "0=value 1 arg=x end". */
static void feed(const char *const *words, int count, char *out, size_t out_size)
{
    char *argv[16] = {(char[]){"test"}};
    for (int i = 0; i < count; i++)
        argv[i + 1] = strdup(words[i]);
    struct cli_parser parser = {.usage = &usage, .argc = count + 1, .argv = argv};
    out[0] = '\0';
    for (;;) {
        const char *value;
        int option = cli_next(&parser, &value);
        char item[64];
        snprintf(item, sizeof item, "%d%s%s ", option, value ? "=" : "", value ? value : "");
        strncat(out, item, out_size - strlen(out) - 1);
        if (option == CLI_END || option == CLI_BAD || option == CLI_HELP)
            break;
    }
    for (int i = 0; i < count; i++)
        free(argv[i + 1]);
}

#define FEED(...)                                                                                            \
    do {                                                                                                     \
        const char *const words[] = {__VA_ARGS__};                                                           \
        feed(words, (int)(sizeof words / sizeof words[0]), out, sizeof out);                                 \
    } while (0)

Test(options, forms)
{
    char out[256];
    FEED("--device", "x", "--json", "a/b");
    cr_assert_str_eq(out, "0=x 1 -2=a/b -1 ");
    FEED("--device=x=y", "-d", "z");
    cr_assert_str_eq(out, "0=x=y 0=z -1 ");
    FEED("--hidden", "v", "--", "--json", "-");
    cr_assert_str_eq(out, "2=v -2=--json -2=- -1 ");
}

Test(options, mistakes)
{
    char out[256];
    FEED("--devic", "x");
    cr_assert_str_eq(out, "-3 ");
    FEED("--device");
    cr_assert_str_eq(out, "-3 ");
    FEED("--json=1");
    cr_assert_str_eq(out, "-3 ");
    FEED("-x");
    cr_assert_str_eq(out, "-3 ");
    FEED("--");
    cr_assert_str_eq(out, "-1 ");
}

Test(options, numbers)
{
    uint64_t count = 7;
    double scale = 7;
    cr_assert(cli_parse_count("n", "12", 1, 12, &count));
    cr_assert_eq(count, 12);
    const char *const bad_counts[] = {"", "0", "13", "-1", "+1", " 1", "1x", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad_counts / sizeof bad_counts[0]; i++)
        cr_assert(!cli_parse_count("n", bad_counts[i], 1, 12, &count), "'%s'", bad_counts[i]);
    cr_assert(cli_parse_scale("x", "2.5", &scale));
    cr_assert_float_eq(scale, 2.5, 1e-9);
    const char *const bad_scales[] = {"", "nan", "inf", "0", "-1", "1e9", "2x"};
    for (size_t i = 0; i < sizeof bad_scales / sizeof bad_scales[0]; i++)
        cr_assert(!cli_parse_scale("x", bad_scales[i], &scale), "'%s'", bad_scales[i]);
}
