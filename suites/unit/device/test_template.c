/* Templates, words of argv and lines of output: pure functions. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "device/device_private.h"

static const struct device_setting settings[] = {
    {"dut_ip4", "198.18.0.9"},    {"dut_ip6", ""},   {"domain_one", "one.test"}, {"faults", "a,b"},
    {"trust_pem", "/a \"b\"\\c"}, {"crl_pem", NULL},
};
static const struct device_values values = {.settings = settings,
                                            .setting_count = sizeof settings / sizeof settings[0],
                                            .self = "/bin/self",
                                            .config = "/c"};

static const struct row {
    const char *text, *expected; /* expected NULL: error instead */
    const char *error;
} rows[] = {
    {"", "", NULL},
    {"no newline", "no newline", NULL},
    {"listen @dut_ip4@;\n", "listen 198.18.0.9;\n", NULL},
    {"@dut_ip4@@domain_one@", "198.18.0.9one.test", NULL},
    {"{ $var(x) = \"a@b\"; } %", "{ $var(x) = \"a@b\"; } %", NULL},
    {"a@@domain_one@@b", "a@domain_one@b", NULL},
    {"@self@ @config@", "/bin/self /c", NULL},
    {"@trust_pem|json@", "\"/a \\\"b\\\"\\\\c\"", NULL},
    {"@faults|list@ @crl_pem|list@ @dut_ip6|json@", "[\"a\",\"b\"] [] \"\"", NULL},
    {"@if:dut_ip4@four\n@if:dut_ip6@six\nend\n", "four\nend\n", NULL},
    {"@unless:dut_ip6@no six\n@unless:dut_ip4@no four\n", "no six\n", NULL},
    {"@if:dut_ip4@@if:dut_ip6@both\n@if:dut_ip4@@unless:dut_ip6@one\n", "one\n", NULL},
    {"@if:dut_ip6@[@dut_ip6@]\n", "", NULL},
    {"x @if:dut_ip6@\n", "x @if:dut_ip6@\n", NULL}, /* a condition stands at the beginning of a line */
    {"ok\n[@dut_ip6@]\n", NULL, "t:2: no value in this run for 'dut_ip6'"},
    {"\n\n@domain_on@", NULL, "t:3: unknown placeholder 'domain_on'; nearest 'domain_one'"},
    {"@if:domain_to@x", NULL, "t:1: unknown placeholder 'domain_to'; nearest 'domain_"},
    {"@if:dut_ip6@ @nonsense@", NULL, "t:1: unknown placeholder"}, /* false today, true tomorrow */
    {"@if:dut_ip6 x", NULL, "t:1: unfinished condition"},
    {"@dut_ip4|yaml@", NULL, "t:1: unknown filter 'yaml'"},
};

Test(template, table)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[256] = "";
        bool is_dropped_line = rows[i].error && strstr(rows[i].text, "@nonsense@");
        /* Loading a profile checks every line, kept or not. */
        char *text =
            device_template_render("t", rows[i].text, is_dropped_line ? NULL : &values, error, sizeof error);
        if (rows[i].expected)
            cr_expect(text && strcmp(text, rows[i].expected) == 0, "row %zu: %s%s", i, text ? text : "",
                      error);
        else
            cr_expect(!text && strncmp(error, rows[i].error, strlen(rows[i].error)) == 0, "row %zu: %s", i,
                      error);
        free(text);
    }
}

Test(template, words_of_argv)
{
    static const struct row words[] = {
        {"{self}", "/bin/self", NULL},
        {"{config}/x.cfg", "/c/x.cfg", NULL},
        {"-A{{x}", "-A{x}", NULL},
        {"${HOME} {}", "${HOME} {}", NULL},
        {"{dut_ip6}", "", NULL},
        {"a{config", "a{config", NULL},
        {"{selv}", NULL, "unknown placeholder '{selv}'"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char error[256] = "";
        char *text = device_word_render(words[i].text, &values, error, sizeof error);
        if (words[i].expected)
            cr_expect(text && strcmp(text, words[i].expected) == 0, "row %zu: %s%s", i, text ? text : "",
                      error);
        else
            cr_expect(!text && strcmp(error, words[i].error) == 0, "row %zu: %s", i, error);
        free(text);
    }
}

static char collected[DEVICE_LINE_MAX_BYTES * 3];

static void collect(const char *line, void *arg)
{
    (void)arg;
    strcat(collected, line);
    strcat(collected, "|");
}

Test(lines, cut_at_every_byte)
{
    static const char text[] = "one\r\ntwo\n\nthree";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct device_lines lines = {0};
        collected[0] = '\0';
        device_lines_push(&lines, text, cut, collect, NULL);
        device_lines_push(&lines, text + cut, sizeof text - 1 - cut, collect, NULL);
        device_lines_finish(&lines, collect, NULL);
        device_lines_fini(&lines);
        cr_expect_str_eq(collected, "one|two||three|");
    }
}

Test(lines, endless_and_nul)
{
    struct device_lines lines = {0};
    char *text = malloc(DEVICE_LINE_MAX_BYTES * 2);
    cr_assert_not_null(text);
    memset(text, 'x', DEVICE_LINE_MAX_BYTES * 2);
    text[1] = '\0';
    collected[0] = '\0';
    device_lines_push(&lines, text, DEVICE_LINE_MAX_BYTES * 2, collect, NULL);
    device_lines_finish(&lines, collect, NULL);
    device_lines_fini(&lines);
    free(text);
    cr_expect_eq(strlen(collected), DEVICE_LINE_MAX_BYTES * 2 + 2);
    cr_expect_eq(collected[1], '?');
    cr_expect_eq(collected[DEVICE_LINE_MAX_BYTES], '|');
}
