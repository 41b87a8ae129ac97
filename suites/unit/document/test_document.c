#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document/document.h"

static struct document *parse(const char *text, struct diagnostic *diagnostic)
{
    return document_parse("t.json", text, strlen(text), diagnostic);
}

static void check_place(const struct document_value *value, unsigned line, unsigned column,
                        const char *pointer)
{
    cr_assert(value);
    char *found = document_pointer(value);
    cr_expect_str_eq(found, pointer);
    cr_expect_eq(document_line(value), line, "%s: line %u", pointer, document_line(value));
    cr_expect_eq(document_column(value), column, "%s: column %u", pointer, document_column(value));
    free(found);
}

Test(document, values_of_every_kind)
{
    struct diagnostic diagnostic = {0};
    struct document *document =
        parse("{\"n\": null, \"b\": true, \"i\": -7, \"r\": 1.5, \"s\": \"x\", \"a\": [1, 2], \"o\": {}}",
              &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    const struct document_value *root = document_root(document);
    cr_expect_eq(document_count(root), 7);
    cr_expect_eq(document_kind(document_member(root, "n")), DOCUMENT_NULL);
    cr_expect(document_boolean(document_member(root, "b")));
    cr_expect_eq(document_integer(document_member(root, "i")), -7);
    cr_expect_float_eq(document_real(document_member(root, "r")), 1.5, 1e-9);
    cr_expect_eq(document_integer(document_member(root, "r")), 1);
    cr_expect_str_eq(document_string(document_member(root, "s")), "x");
    cr_expect_eq(document_count(document_member(root, "a")), 2);
    cr_expect_eq(document_integer(document_at(document_member(root, "a"), 1)), 2);
    cr_expect_null(document_at(document_member(root, "a"), 2));
    cr_expect_null(document_member(root, "absent"));
    cr_expect_null(document_string(document_member(root, "i")));
    cr_expect_str_eq(document_key(root, 4), "s");
    cr_expect_str_eq(document_path(document), "t.json");
    document_free(document);
}

Test(document, places_in_lines_and_characters)
{
    struct diagnostic diagnostic = {0};
    struct document *document = parse(
        "{\n  \"é\\\"\": [\n    \"ü\", {\"a/b\": 1, \"m~n\" :\t2}],\r\n  \"\\u0041\": 3}\n", &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    const struct document_value *root = document_root(document), *list = document_at(root, 0);
    check_place(root, 1, 1, "");
    check_place(list, 2, 10, "/é\"");
    check_place(document_at(list, 0), 3, 5, "/é\"/0");
    check_place(document_at(list, 1), 3, 10, "/é\"/1");
    check_place(document_at(document_at(list, 1), 0), 3, 18, "/é\"/1/a~1b");
    check_place(document_at(document_at(list, 1), 1), 3, 29, "/é\"/1/m~0n");
    check_place(document_member(root, "A"), 4, 13, "/A");
    document_free(document);
}

Test(document, a_scalar_alone_is_a_document)
{
    struct diagnostic diagnostic = {0};
    struct document *document = parse(" \n 42", &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    check_place(document_root(document), 2, 2, "");
    document_free(document);
}

Test(document, freeing_nothing)
{
    document_free(NULL);
}

static bool replace(const struct document_value *string, const struct document_value **value, char **text,
                    void *arg)
{
    const struct document_value *root = arg;
    if (strcmp(document_string(string), "LIST") == 0)
        *value = document_member(root, "list");
    else if (strcmp(document_string(string), "TEXT") == 0)
        *text = strdup("replaced");
    return strcmp(document_string(string), "STOP") != 0;
}

Test(document, a_copy_keeps_places_and_gets_other_strings)
{
    struct diagnostic diagnostic = {0};
    struct document *document =
        parse("{\"list\": [1, \"TEXT\"],\n \"use\": \"LIST\",\n \"also\": [\"TEXT\", 5]}", &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    const struct document_value *original = document_root(document);
    struct document *copy = document_substitute(document, replace, (void *)(uintptr_t)original);
    cr_assert(copy);
    const struct document_value *root = document_root(copy), *use = document_member(root, "use");
    cr_expect_eq(document_kind(use), DOCUMENT_ARRAY);
    check_place(use, 1, 10, "/list");
    check_place(document_at(use, 1), 1, 14, "/list/1");
    cr_expect_str_eq(document_string(document_at(use, 1)), "TEXT", "what was put in is not replaced again");
    cr_expect_str_eq(document_string(document_at(document_member(root, "also"), 0)), "replaced");
    check_place(document_at(document_member(root, "also"), 0), 3, 11, "/also/0");
    cr_expect_str_eq(document_string(document_at(document_member(original, "also"), 0)), "TEXT");
    document_free(copy);
    document_free(document);
}

Test(document, a_copy_can_be_given_up)
{
    struct diagnostic diagnostic = {0};
    struct document *document = parse("[\"TEXT\", [\"STOP\"], 3]", &diagnostic);
    cr_assert(document);
    cr_expect_null(document_substitute(document, replace, NULL));
    document_free(document);
}

struct bad_text {
    const char *text, *expected;
};

static const struct bad_text bad_texts_name_their_place_cases[] = {
    {"", "t.json:1:1: /: found the end of the file; expected a JSON value"},
    {"{\"a\": 1", "t.json:1:8: /a: found the end of the file; expected '}'"},
    {"{\"a\": 1,\n  \"b\" 2}", "t.json:2:7: /b: found 2; expected ':'"},
    {"{\"a\": [1, 2,\n ]}", "t.json:2:2: /a/2: found ]; expected a JSON value"},
    {"[1, 2] x", "t.json:1:8: /: found x; expected end of file"},
    {"{\"a\": tru}", "t.json:1:7: /a: found tru; expected a JSON value"},
    {"{\"a\": 1, \"b\": {\"c\": 1,\n \"c\": 2}}",
     "t.json:2:2: /b/c: found the member \"c\" a second time; expected each member once"},
    {"[\"a\\u0000b\"]", "t.json:1:2: /0: found \"a\\u0000b\"; expected a string without \\u0000"},
    {"[\"\xff\"]", "t.json:1:3: /: found the byte 0xff; expected UTF-8"},
    {"[\"é\xed\xa0\x80\"]", "t.json:1:4: /: found the byte 0xed; expected UTF-8"},
    {"[\"\xc0\xaf\"]", "t.json:1:3: /: found the byte 0xc0; expected UTF-8"},
    {"[\"abc\n\"]", "t.json:1:2: /0: found \"abc; expected JSON (unexpected newline)"},
    {"[123456789012345678901234567890]",
     "t.json:1:2: /0: found 123456789012345678901234567890; expected JSON (too big integer)"},
};

/* Tests run in processes of their own: they are handed an index, not pointers. */
ParameterizedTestParameters(document, bad_texts_name_their_place)
{
    static size_t
        indices[sizeof bad_texts_name_their_place_cases / sizeof bad_texts_name_their_place_cases[0]];
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
        indices[i] = i;
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof indices[0]);
}

ParameterizedTest(size_t *index, document, bad_texts_name_their_place)
{
    const struct bad_text *bad = &bad_texts_name_their_place_cases[*index];
    struct diagnostic diagnostic = {0};
    struct document *document = parse(bad->text, &diagnostic);
    cr_assert_null(document);
    cr_assert(diagnostic.is_set);
    cr_expect_str_eq(diagnostic.text, bad->expected);
}

Test(document, a_nul_byte_is_refused)
{
    struct diagnostic diagnostic = {0};
    cr_expect_null(document_parse("t.json", "[1,\0 2]", 7, &diagnostic));
    cr_expect_str_eq(diagnostic.text, "t.json:1:4: /: found the byte 0x00; expected text without NUL");
}

Test(document, nesting_has_an_end)
{
    char text[2 * 65 + 1];
    for (int depth = 64; depth <= 65; depth++) {
        struct diagnostic diagnostic = {0};
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        struct document *document = document_parse("t.json", text, 2 * (size_t)depth, &diagnostic);
        cr_expect_eq(document != NULL, depth == 64);
        if (depth == 65)
            cr_expect(strstr(diagnostic.text, "t.json:1:65: /0/0/") &&
                          strstr(diagnostic.text, "expected nesting no deeper than 64"),
                      "%s", diagnostic.text);
        document_free(document);
    }
    static char deep[9000];
    struct diagnostic diagnostic = {0};
    memset(deep, '[', sizeof deep);
    cr_expect_null(document_parse("t.json", deep, sizeof deep, &diagnostic));
    cr_expect(strstr(diagnostic.text, "expected nesting no deeper than 64"), "%s", diagnostic.text);
}

Test(document, size_has_an_end)
{
    struct diagnostic diagnostic = {0};
    char *text = malloc(DOCUMENT_MAX_BYTES + 1);
    cr_assert(text);
    memset(text, ' ', DOCUMENT_MAX_BYTES + 1);
    text[0] = '1';
    struct document *document = document_parse("t.json", text, DOCUMENT_MAX_BYTES, &diagnostic);
    cr_expect(document);
    document_free(document);
    cr_expect_null(document_parse("t.json", text, DOCUMENT_MAX_BYTES + 1, &diagnostic));
    cr_expect_str_eq(diagnostic.text, "t.json:1:1: /: found 4194305 bytes; expected at most 4194304 bytes");
    free(text);
}

Test(document, files_are_read)
{
    char path[] = "/tmp/sipreuse-document-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, "{\"a\": 1}", 8), 8);
    close(fd);
    struct diagnostic diagnostic = {0};
    struct document *document = document_load(path, &diagnostic);
    cr_assert(document, "%s", diagnostic.text);
    cr_expect_str_eq(document_path(document), path);
    document_free(document);
    cr_assert_eq(truncate(path, DOCUMENT_MAX_BYTES + 1), 0);
    cr_expect_null(document_load(path, &diagnostic));
    cr_expect(strstr(diagnostic.text, ":1:1: /: found a larger file; expected at most 4194304 bytes"), "%s",
              diagnostic.text);
    unlink(path);
    struct diagnostic absent = {0};
    cr_expect_null(document_load("/nonexistent/x.json", &absent));
    cr_expect_str_eq(absent.text, "/nonexistent/x.json:1:1: /: found that it cannot be read (No such file or "
                                  "directory); expected a JSON file");
    struct diagnostic folder = {0};
    cr_expect_null(document_load("/tmp", &folder));
    cr_expect_str_eq(folder.text,
                     "/tmp:1:1: /: found that it cannot be read (Is a directory); expected a JSON file");
}

Test(document, the_first_diagnostic_wins_and_stays_one_line)
{
    struct diagnostic diagnostic = {0};
    struct document *document = parse("{\"a\\nb\": \"x\\ty\"}", &diagnostic);
    cr_assert(document);
    const struct document_value *value = document_at(document_root(document), 0);
    cr_expect_not(document_reject(&diagnostic, value, NULL, "this", "that"));
    cr_expect_str_eq(diagnostic.text,
                     "t.json:1:10: /a\\x0ab: found 'x\\x09y'; expected this; nearest 'that'");
    document_reject(&diagnostic, value, "more", "less", NULL);
    cr_expect(strstr(diagnostic.text, "expected this"));
    struct diagnostic name = {0};
    document_reject_name(&name, value, "a", "b", NULL);
    cr_expect_str_eq(name.text, "t.json:1:2: /a\\x0ab: found a; expected b");
    cr_expect_not(document_reject(NULL, value, NULL, "x", NULL));
    document_free(document);
}

Test(document, a_long_diagnostic_is_cut_between_characters)
{
    char path[3 * DIAGNOSTIC_TEXT_MAX + 1];
    for (int i = 0; i < DIAGNOSTIC_TEXT_MAX; i++)
        memcpy(path + 3 * i, "…", 3);
    path[3 * DIAGNOSTIC_TEXT_MAX] = '\0';
    for (int shift = 0; shift < 3; shift++) {
        char expected[8] = "aaa";
        expected[shift] = '\0';
        struct diagnostic diagnostic = {0};
        document_reject_file(&diagnostic, expected, path, "x", NULL);
        size_t length = strlen(diagnostic.text);
        cr_expect(length < DIAGNOSTIC_TEXT_MAX);
        cr_expect_eq(memcmp(diagnostic.text + length - 3, "…", 3), 0, "shift %d", shift);
    }
}

Test(document, nearest_words)
{
    static const char *const words[] = {"listen", "connect", "send", "expect", "stimulate", "close"};
    cr_expect_str_eq(document_nearest("lisen", words, 6), "listen");
    cr_expect_str_eq(document_nearest("Connect", words, 6), "connect");
    cr_expect_str_eq(document_nearest("conenct", words, 6), "connect");
    cr_expect_str_eq(document_nearest("stimulated", words, 6), "stimulate");
    cr_expect_null(document_nearest("observe", words, 6));
    cr_expect_null(document_nearest("", words, 6));
    cr_expect_null(document_nearest("x", words, 0));
}

Test(document, a_string_is_written_as_it_is_read)
{
    static const char text[] = "a\"b\\c\td\x01\x7f é\n",
                      json[] = "\"a\\\"b\\\\c\\u0009d\\u0001\x7f é\\u000a\"";
    char *written = NULL;
    size_t size_bytes = 0;
    struct diagnostic diagnostic = {0};
    FILE *out = open_memstream(&written, &size_bytes);
    document_write_string(out, text, strlen(text));
    fclose(out);
    cr_expect_str_eq(written, json);
    struct document *document = document_parse("written", written, size_bytes, &diagnostic);
    cr_assert_not_null(document, "%s", diagnostic.text);
    cr_expect_str_eq(document_string(document_root(document)), text);
    document_free(document);
    free(written);
}
