/* The page: what of a journal goes into it, how much, and that nothing of it becomes markup. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"
#include "sample.h"

static FILE *open_text(const char *text, size_t size_bytes)
{
    FILE *file = size_bytes ? fmemopen((void *)(uintptr_t)text, size_bytes, "r") : fopen("/dev/null", "r");
    cr_assert_not_null(file);
    return file;
}

/* Heap. */
static char *page_of(const char *text, size_t size_bytes)
{
    char error[256] = "", *page = NULL;
    size_t page_size = 0;
    FILE *journal = open_text(text, size_bytes), *again = open_text(text, size_bytes);
    struct report *report = report_read(journal, "j", REPORT_EVERY_LINE, error, sizeof error);
    cr_assert_not_null(report, "%s", error);
    FILE *out = open_memstream(&page, &page_size);
    cr_assert(report_put_html(report, again, out));
    fclose(out);
    fclose(journal);
    fclose(again);
    report_free(report);
    cr_assert_eq(strlen(page), page_size, "no NUL in the page");
    return page;
}

static json_t *data_of(const char *page)
{
    static const char mark[] = "<script type=\"application/json\" id=\"data\">";
    const char *begin = strstr(page, mark), *end = begin ? strstr(begin, "</script>") : NULL;
    cr_assert_not_null(end);
    begin += strlen(mark);
    json_t *data = json_loadb(begin, (size_t)(end - begin), JSON_ALLOW_NUL, NULL);
    cr_assert_not_null(data, "the data is JSON");
    cr_assert_null(memchr(begin, '<', (size_t)(end - begin)), "no '<' within the data");
    return data;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

Test(html, a_journal_cut_anywhere_gives_a_page)
{
    size_t size_bytes;
    char *text = text_of("whole", &size_bytes);
    /* Every line's end, and places within lines: 211 is prime. */
    for (size_t cut = 0; cut < size_bytes; cut++) {
        if (cut % 211 != 0 && (cut == 0 || text[cut - 1] != '\n'))
            continue;
        char *page = page_of(text, cut);
        json_t *data = data_of(page);
        cr_assert(json_is_false(json_object_get(data, "complete")), "cut at %zu", cut);
        json_decref(data);
        free(page);
    }
    free(text);
}

Test(html, a_corrupt_line_is_named)
{
    size_t size_bytes;
    char *text = text_of("damaged", &size_bytes), *page = page_of(text, size_bytes);
    json_t *data = data_of(page);
    const json_t *places = json_object_get(json_object_get(data, "journal"), "corrupt_at");
    cr_assert_eq(json_integer_value(json_array_get(places, 0)), 21);
    json_decref(data);
    free(page);
    free(text);
}

#define RUN                                                                                                  \
    "{\"seq\":1,\"ns\":0,\"event\":\"run\",\"schema\":\"sipreuse-journal/"                                   \
    "1\",\"time\":\"2026-11-22T12:00:00Z\","                                                                 \
    "\"tool\":{\"version\":\"1\",\"libraries\":{}},\"environment\":{\"kernel\":\"<b>\",\"sandbox\":"         \
    "\"none\","                                                                                              \
    "\"sctp\":\"none\"},\"suite\":{\"name\":\"s\",\"version\":\"1\",\"strict\":false,\"require_exercised\":" \
    "false},"                                                                                                \
    "\"device\":{\"name\":\"</title><script>x</script>{{data}}\",\"version\":\"\\\"'><img "                  \
    "src=x>\",\"profile\":\"p\","                                                                            \
    "\"claims\":{}},\"seed\":7,\"repeat\":1,\"label\":\"r\",\"command\":[\"sipreuse\",\"run\",\"--device\"," \
    "\"it's\","                                                                                              \
    "\"-o\",\"out\",\"--strict\",\"--jobs=3\",\"aliasing/*\",\"--device-fault\",\"f\"]}\n"
#define NAME "\"scenario\":\"a/b\",\"variant\":\"tcp---ip4-server\""
#define FLOW                                                                                                 \
    "{\"seq\":2,\"ns\":1,\"event\":\"scenario-start\"," NAME ",\"instance\":1,\"alone\":false}\n"            \
    "{\"seq\":3,\"ns\":2,\"event\":\"connection\"," NAME ",\"connection\":1,\"opened_by\":\"harness\","      \
    "\"transport\":\"tcp\",\"host\":\"peer\",\"listener\":null,\"local\":\"198.19.0.2:1\",\"remote\":\"198." \
    "18.0.9:5060\"}\n"                                                                                       \
    "{\"seq\":4,\"ns\":3,\"event\":\"message\"," NAME ",\"connection\":1,\"name\":\"</script>\","            \
    "\"direction\":\"in\",\"first_line\":\"<script>\",\"call_id\":null,\"of\":\"<\",\"bytes\":"              \
    "\"PC9zY3JpcHQ+DQoA/4AKeA==\"}\n"                                                                        \
    "{\"seq\":5,\"ns\":4,\"event\":\"verdict\"," NAME                                                        \
    ",\"verdict\":\"fail\",\"exercised\":true,\"because\":null,"                                             \
    "\"reason\":\"<!-- </script> \\u202e &amp; "                                                             \
    "\\u0007\",\"requirement\":null,\"start_ms\":0,\"duration_ms\":1,\"on\":4}\n"

Test(html, nothing_of_a_journal_becomes_markup)
{
    char *page = page_of(RUN FLOW, strlen(RUN FLOW));
    json_t *data = data_of(page);
    cr_assert_eq(count_of(page, "<script"), 2);
    cr_assert_eq(count_of(page, "</script"), 2);
    cr_assert_eq(count_of(page, "<title"), 1);
    cr_assert_eq(count_of(page, "<img"), 0);
    cr_assert_eq(count_of(page, "\"schema\":\"sipreuse-report/1\""), 1, "a name of a part is no part");
    const char *fixed = strstr(page, "<main"), *end = strstr(page, "</main>");
    const char *turned = strstr(page, "\xe2\x80\xae");
    cr_assert(fixed && end && (!turned || turned > end), "nothing turns the text of the static part around");
    cr_assert(strstr(fixed, "&lt;!-- &lt;/script&gt; \xef\xbf\xbd &amp;amp; \xef\xbf\xbd") != NULL);
    /* The bytes are there, each of them: "</script>" CRLF NUL 0xff 0x80 LF "x". */
    const json_t *event =
        json_array_get(json_object_get(json_array_get(json_object_get(data, "flows"), 0), "events"), 1);
    const json_t *lines = json_object_get(event, "m"), *strings = json_object_get(data, "strings");
    cr_assert_eq(json_array_size(lines), 3);
    json_int_t first = json_integer_value(json_array_get(lines, 0)),
               second = json_integer_value(json_array_get(lines, 1));
    cr_assert_str_eq(json_string_value(json_array_get(strings, (size_t)first)), "</script>");
    const json_t *odd = json_array_get(strings, (size_t)(-1 - second));
    cr_assert_eq(json_string_length(odd), 6);
    cr_assert_eq(memcmp(json_string_value(odd), "\0\xc3\xbf\xc2\x80\n", 6), 0);
    json_decref(data);
    free(page);
}

#define PAIR(seq, connection, stream)                                                                        \
    "{\"seq\":" seq ",\"ns\":2,\"event\":\"connection\"," NAME ",\"connection\":" connection                 \
    ",\"opened_by\":\"harness\",\"transport\":\"tls-sctp\",\"host\":\"peer\",\"listener\":null,"             \
    "\"local\":\"198.19.0.2:1\",\"remote\":\"198.18.0.9:5061\"}\n"                                           \
    "{\"seq\":" seq "1,\"ns\":2,\"event\":\"association\"," NAME ",\"connection\":" connection               \
    ",\"association\":7,\"stream\":" stream ",\"streams_in\":64,\"streams_out\":64,\"local_addresses\":[],"  \
    "\"remote_addresses\":[]}\n"
#define PAIRS                                                                                                \
    "{\"seq\":2,\"ns\":1,\"event\":\"scenario-start\"," NAME                                                 \
    ",\"instance\":1,\"alone\":false}\n" PAIR("3", "8", "0")                                                 \
        PAIR("4", "9", "5") "{\"seq\":50,\"ns\":4,\"event\":\"verdict\"," NAME                               \
                            ",\"verdict\":\"pass\",\"exercised\":true,\"because\":null,"                     \
                            "\"reason\":null,\"requirement\":null,\"start_ms\":0,"                           \
                            "\"duration_ms\":1}\n"

Test(html, connections_tell_their_pair_of_streams)
{
    char *page = page_of(RUN PAIRS, strlen(RUN PAIRS));
    json_t *data = data_of(page);
    const json_t *connections =
        json_object_get(json_array_get(json_object_get(data, "flows"), 0), "connections");
    cr_assert_eq(json_array_size(connections), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *connection = json_array_get(connections, i);
        cr_assert_eq(json_integer_value(json_object_get(connection, "association")), 7);
        cr_assert_eq(json_integer_value(json_object_get(connection, "stream")), i ? 5 : 0);
    }
    json_decref(data);
    free(page);
}

Test(html, the_command_runs_one_variant_again)
{
    char error[256] = "";
    FILE *journal = open_text(RUN FLOW, strlen(RUN FLOW));
    struct report *report = report_read(journal, "j", REPORT_EVERY_LINE, error, sizeof error);
    char *command = html_rerun_command(report, &report->entries[0]);
    cr_assert_str_eq(command, "sipreuse run --device 'it'\\''s' --strict --device-fault f --seed 7 "
                              "a/b:tcp---ip4-server");
    free(command);
    report_free(report);
    fclose(journal);
}

Test(html, what_does_not_fit_is_left_out_and_counted)
{
    char error[256] = "";
    FILE *journal = open_text(RUN FLOW, strlen(RUN FLOW)), *again = open_text(RUN FLOW, strlen(RUN FLOW));
    struct report *report = report_read(journal, "j", REPORT_EVERY_LINE, error, sizeof error);
    struct flow *flows = flow_read(report, again);
    struct html_strings strings;
    cr_assert(html_strings_init(&strings));
    json_t *none = flow_choose(report, flows, 10, &strings);
    json_t *all = flow_choose(report, flows, 100000, &strings);
    cr_assert(json_is_null(json_array_get(none, 0)));
    cr_assert_eq(json_array_size(json_object_get(json_array_get(all, 0), "events")), 2);
    json_t *one = flow_json(&flows[0], &report->entries[0], FLOW_DECIDING, &strings);
    cr_assert_eq(json_array_size(json_object_get(one, "events")), 2, "the deciding one and its connection");
    json_decref(one);
    json_decref(none);
    json_decref(all);
    html_strings_fini(&strings);
    flow_free(flows, report->entry_count);
    report_free(report);
    fclose(journal);
    fclose(again);
}

Test(html, strings_are_given_back)
{
    struct html_strings strings;
    cr_assert(html_strings_init(&strings));
    json_decref(html_string(&strings, "kept"));
    size_t mark = html_strings_mark(&strings), before = strings.size_bytes;
    json_decref(html_string(&strings, "gone"));
    json_decref(html_string(&strings, "kept"));
    cr_assert_eq(json_array_size(strings.list), 2);
    html_strings_return(&strings, mark);
    cr_assert_eq(json_array_size(strings.list), 1);
    cr_assert_eq(strings.size_bytes, before);
    html_strings_fini(&strings);
}

Test(html, base64)
{
    size_t size_bytes = 0;
    unsigned char *bytes = html_base64("Zm9vYg==", 100, &size_bytes);
    cr_assert_eq(size_bytes, 4);
    cr_assert_eq(memcmp(bytes, "foob", 4), 0);
    free(bytes);
    bytes = html_base64("Zm9vYg==", 2, &size_bytes);
    cr_assert_eq(size_bytes, 2, "bounded");
    free(bytes);
    cr_assert_null(html_base64("Zm9 v", 100, &size_bytes));
}

static const char *profile_value(const json_t *profile, const char *key)
{
    for (size_t i = 0; i < json_array_size(profile); i++)
        if (strcmp(report_text(json_array_get(profile, i), "key"), key) == 0)
            return report_text(json_array_get(profile, i), "value");
    return NULL;
}

Test(html, the_reuse_profile_tells_what_was_seen)
{
    json_t *result = json_loads(
        "{\"scenarios\":["
        "{\"id\":\"aliasing/"
        "server-honour\",\"variant\":\"tls-tls13-ip4-server\",\"verdict\":\"pass\",\"exercised\":true,"
        "\"observations\":[{\"name\":\"reused\",\"value\":\"true\"}]},"
        "{\"id\":\"aliasing/"
        "server-honour\",\"variant\":\"tls-sctp-tls13-ip4-server\",\"verdict\":\"pass\",\"exercised\":true,"
        "\"observations\":[{\"name\":\"reused\",\"value\":\"false\"}]},"
        "{\"id\":\"authentication/"
        "no-certificate-no-alias\",\"variant\":\"tls-tls13-ip4-server\",\"verdict\":\"fail\","
        "\"exercised\":true,\"observations\":[]},"
        "{\"id\":\"virtual/"
        "tcp-not-reused\",\"variant\":\"tcp---ip4-server\",\"verdict\":\"pass\",\"exercised\":false,"
        "\"observations\":[]},"
        "{\"id\":\"authentication/"
        "no-certificate-serves\",\"variant\":\"tls-tls13-ip4-server\",\"verdict\":\"not-applicable\","
        "\"because\":\"observed-condition\",\"exercised\":true,\"observations\":[]}]}",
        0, NULL);
    json_t *profile = report_reuse_profile(result);
    cr_assert_str_eq(profile_value(profile, "tls-backwards"), "yes");
    cr_assert_str_eq(profile_value(profile, "tls-sctp-backwards"), "no");
    cr_assert_str_eq(profile_value(profile, "only-after-authentication"), "no");
    cr_assert_str_eq(profile_value(profile, "requires-client-certificate"), "yes");
    cr_assert_null(profile_value(profile, "tcp-backwards"), "a pass that was not exercised tells nothing");
    json_decref(profile);
    json_decref(result);
}
