#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "evidence/evidence.h"

/* A journal in a file that is gone from the folder at once; what was written is read back from the
 * descriptor. */
struct fixture {
    struct journal *journal;
    int read_fd;
};

static struct fixture fixture_new(void)
{
    char path[] = "/tmp/sipreuse-journal-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    struct fixture fixture = {.read_fd = open(path, O_RDONLY)};
    cr_assert(fixture.read_fd >= 0);
    unlink(path);
    fixture.journal = journal_new_fd(fd);
    cr_assert_not_null(fixture.journal);
    return fixture;
}

/* Text written so far; heap. */
static char *fixture_text(const struct fixture *fixture)
{
    char *text = calloc(1, 1 << 20);
    ssize_t got = pread(fixture->read_fd, text, (1 << 20) - 1, 0);
    cr_assert(got >= 0);
    return text;
}

static json_t *fixture_line(const struct fixture *fixture, size_t index)
{
    char *text = fixture_text(fixture), *line = text;
    for (size_t i = 0; i < index; i++)
        line = strchr(line, '\n') + 1;
    *strchr(line, '\n') = '\0';
    json_error_t error;
    json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(value, "%s in %s", error.text, line);
    free(text);
    return value;
}

static void fixture_fini(struct fixture *fixture)
{
    journal_free(fixture->journal);
    close(fixture->read_fd);
}

struct escape_row {
    char input[16];
    char expected[64]; /* as it stands in the file, quotes included */
};

ParameterizedTestParameters(journal, strings)
{
    static struct escape_row rows[] = {
        {"plain", "\"plain\""},
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\r\n\t\b\f", "\"\\r\\n\\t\\b\\f\""},
        {"\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\\u007f\""},
        {"\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\""}, /* é € */
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},         /* beyond the BMP */
        {"\x80", "\"\xef\xbf\xbd\""},                         /* lone continuation */
        {"a\xff"
         "b",
         "\"a\xef\xbf\xbd"
         "b\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                 /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                 /* surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* above U+10FFFF */
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                 /* cut short */
        {"\xe2\x82\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""},
    };
    return cr_make_param_array(struct escape_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct escape_row *row, journal, strings)
{
    struct fixture fixture = fixture_new();
    journal_begin(fixture.journal, "step");
    journal_string(fixture.journal, "text", row->input);
    journal_end(fixture.journal);
    char expected[128];
    snprintf(expected, sizeof expected, "{\"seq\":1,\"ns\":0,\"event\":\"step\",\"text\":%s}\n",
             row->expected);
    char *text = fixture_text(&fixture);
    cr_assert_str_eq(text, expected);
    free(text);
    json_decref(fixture_line(&fixture, 0));
    fixture_fini(&fixture);
}

Test(journal, every_byte_value_gives_readable_json)
{
    struct fixture fixture = fixture_new();
    for (int byte = 1; byte < 256; byte++) {
        char text[3] = {(char)byte, 'x', '\0'};
        journal_begin(fixture.journal, "raw");
        journal_string(fixture.journal, "text", text);
        journal_end(fixture.journal);
    }
    for (size_t i = 0; i < 255; i++)
        json_decref(fixture_line(&fixture, i));
    fixture_fini(&fixture);
}

struct base64_row {
    char input[8];
    char expected[16];
};

ParameterizedTestParameters(journal, base64)
{
    /* RFC 4648 §10 */
    static struct base64_row rows[] = {{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}};
    return cr_make_param_array(struct base64_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct base64_row *row, journal, base64)
{
    struct fixture fixture = fixture_new();
    journal_begin(fixture.journal, "raw");
    journal_bytes(fixture.journal, "bytes", row->input, strlen(row->input));
    journal_end(fixture.journal);
    json_t *line = fixture_line(&fixture, 0);
    cr_assert_str_eq(json_string_value(json_object_get(line, "bytes")), row->expected);
    json_decref(line);
    fixture_fini(&fixture);
}

Test(journal, bytes_with_nul_and_high_bits)
{
    struct fixture fixture = fixture_new();
    journal_begin(fixture.journal, "raw");
    journal_bytes(fixture.journal, "bytes", "\x00\xff\xfe", 3);
    journal_bytes(fixture.journal, "none", NULL, 0);
    journal_end(fixture.journal);
    json_t *line = fixture_line(&fixture, 0);
    cr_assert_str_eq(json_string_value(json_object_get(line, "bytes")), "AP/+");
    cr_assert_str_eq(json_string_value(json_object_get(line, "none")), "");
    json_decref(line);
    fixture_fini(&fixture);
}

Test(journal, integers_of_every_size)
{
    static const int64_t values[] = {0, 1, -1, INT32_MIN, INT64_MAX, INT64_MIN};
    struct fixture fixture = fixture_new();
    journal_begin(fixture.journal, "step");
    journal_open_array(fixture.journal, "values");
    for (size_t i = 0; i < 6; i++)
        journal_integer(fixture.journal, NULL, values[i]);
    journal_close(fixture.journal);
    journal_end(fixture.journal);
    json_t *line = fixture_line(&fixture, 0), *read = json_object_get(line, "values");
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(json_integer_value(json_array_get(read, i)), values[i]);
    json_decref(line);
    fixture_fini(&fixture);
}

Test(journal, nesting_null_and_booleans)
{
    struct fixture fixture = fixture_new();
    journal_begin(fixture.journal, "plan");
    journal_open_object(fixture.journal, "control");
    journal_string(fixture.journal, "scenario", NULL);
    journal_open_array(fixture.journal, "list");
    journal_string(fixture.journal, "ignored", "a");
    journal_open_object(fixture.journal, NULL);
    journal_close(fixture.journal);
    journal_close(fixture.journal);
    journal_close(fixture.journal);
    journal_boolean(fixture.journal, "yes", true);
    journal_boolean(fixture.journal, "no", false);
    journal_end(fixture.journal);
    char *text = fixture_text(&fixture);
    cr_assert_str_eq(
        text, "{\"seq\":1,\"ns\":0,\"event\":\"plan\",\"control\":{\"scenario\":null,\"list\":[\"a\",{}]},"
              "\"yes\":true,\"no\":false}\n");
    free(text);
    fixture_fini(&fixture);
}

Test(journal, sequence_and_time_never_go_back)
{
    struct fixture fixture = fixture_new();
    json_int_t last_ns = -1;
    for (uint64_t i = 1; i <= 50; i++) {
        journal_begin(fixture.journal, "step");
        cr_assert_eq(journal_end(fixture.journal), i);
    }
    for (size_t i = 0; i < 50; i++) {
        json_t *line = fixture_line(&fixture, i);
        cr_assert_eq(json_integer_value(json_object_get(line, "seq")), (json_int_t)i + 1);
        json_int_t ns = json_integer_value(json_object_get(line, "ns"));
        cr_assert(ns >= last_ns);
        last_ns = ns;
        json_decref(line);
    }
    fixture_fini(&fixture);
}

Test(journal, an_existing_file_is_left_alone)
{
    char path[] = "/tmp/sipreuse-journal-XXXXXX";
    close(mkstemp(path));
    errno = 0;
    cr_assert_null(journal_new(path));
    cr_assert_eq(errno, EEXIST);
    unlink(path);
    struct journal *journal = journal_new(path);
    cr_assert_not_null(journal);
    journal_begin(journal, "run");
    journal_end(journal);
    cr_assert_eq(journal_error(journal), 0);
    journal_free(journal);
    unlink(path);
}

Test(journal, disk_full)
{
    struct journal *journal = journal_new_fd(open("/dev/full", O_WRONLY));
    cr_assert_not_null(journal);
    cr_assert_eq(journal_error(journal), 0);
    journal_begin(journal, "run");
    cr_assert_eq(journal_end(journal), 1);
    cr_assert_eq(journal_error(journal), ENOSPC);
    journal_begin(journal, "step");
    cr_assert_eq(journal_end(journal), 2, "the sequence goes on so that callers need not care");
    cr_assert_eq(journal_error(journal), ENOSPC);
    journal_free(journal);
}

Test(journal, nothing_follows_a_line_that_was_cut)
{
    signal(SIGXFSZ, SIG_IGN);
    struct fixture fixture = fixture_new();
    const struct rlimit limit = {.rlim_cur = 100, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 5; i++) {
        journal_begin(fixture.journal, "step");
        journal_string(fixture.journal, "text", "some thirty bytes of text here");
        journal_end(fixture.journal);
    }
    cr_assert_eq(journal_error(fixture.journal), EFBIG);
    const struct rlimit open_limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &open_limit);
    journal_begin(fixture.journal, "step");
    journal_end(fixture.journal);
    char *text = fixture_text(&fixture);
    cr_assert_eq(strlen(text), 100, "room came back, and still nothing may follow the torn line");
    free(text);
    fixture_fini(&fixture);
}

Test(journal, a_line_over_the_maximum_is_an_error_and_not_written)
{
    struct fixture fixture = fixture_new();
    size_t size = JOURNAL_MAX_LINE_BYTES;
    char *large = calloc(1, size);
    cr_assert_not_null(large);
    journal_begin(fixture.journal, "raw");
    journal_bytes(fixture.journal, "bytes", large, size);
    journal_end(fixture.journal);
    cr_assert_eq(journal_error(fixture.journal), EMSGSIZE);
    free(large);
    char *text = fixture_text(&fixture);
    cr_assert_str_eq(text, "");
    free(text);
    fixture_fini(&fixture);
}
