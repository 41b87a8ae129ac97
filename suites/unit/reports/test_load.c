/* Journals that are whole, cut, damaged, or none at all. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/page.h"
#include "reports/reports_private.h"
#include "sample.h"

static struct report *parse(char *text, size_t size_bytes, char *error)
{
    FILE *file = size_bytes ? fmemopen(text, size_bytes, "r") : fopen("/dev/null", "r");
    cr_assert_not_null(file);
    struct report *report = report_read(file, "j", REPORT_EVERY_LINE, error, 256);
    fclose(file);
    return report;
}

static struct report *parse_text(const char *text, char *error)
{
    char *copy = strdup(text);
    struct report *report = parse(copy, strlen(copy), error);
    free(copy);
    return report;
}

Test(load, cut_at_every_byte)
{
    char error[256] = "";
    size_t size_bytes;
    char *text = text_of("whole", &size_bytes);
    struct report *whole = parse(text, size_bytes, error);
    cr_assert_not_null(whole, "%s", error);
    cr_assert(report_is_complete(whole));
    size_t last_count = 0;
    for (size_t cut = 0; cut < size_bytes; cut++) {
        struct report *report = parse(text, cut, error);
        cr_assert_not_null(report, "cut at %zu: %s", cut, error);
        cr_assert(!report_is_complete(report), "cut at %zu", cut);
        cr_assert_eq(report_exit_status(report), 3, "cut at %zu", cut);
        cr_assert_eq(report->corrupt_lines, 0, "a cut is not corruption: %zu", cut);
        cr_assert(report_scenario_count(report) >= last_count, "more text never shows less: %zu", cut);
        last_count = report_scenario_count(report);
        report_free(report);
    }
    cr_assert_eq(last_count, report_scenario_count(whole));
    report_free(whole);
    free(text);
}

Test(load, every_line_corrupted_in_turn_is_counted)
{
    char error[256] = "";
    size_t size_bytes;
    char *text = text_of("whole", &size_bytes);
    size_t lines = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
        char kept = *line;
        *line = '#';
        struct report *report = parse(text, size_bytes, error);
        cr_assert_not_null(report, "line %zu: %s", lines, error);
        cr_assert_eq(report->corrupt_lines, 1, "line %zu", lines);
        cr_assert_eq(report->missing_lines, 0, "line %zu", lines);
        cr_assert(!report_is_complete(report));
        cr_assert_eq(report_exit_status(report), 3);
        report_free(report);
        *line = kept;
    }
    cr_assert_gt(lines, 30);
    free(text);
}

Test(load, every_line_taken_out_in_turn_is_missed)
{
    char error[256] = "";
    size_t size_bytes, index = 0;
    char *text = text_of("whole", &size_bytes);
    for (char *line = text; *line; line = strchr(line, '\n') + 1, index++) {
        char *next = strchr(line, '\n') + 1;
        bool is_last = *next == '\0';
        char *without = calloc(1, size_bytes + 1);
        memcpy(without, text, (size_t)(line - text));
        strcpy(without + (line - text), next);
        struct report *report = parse(without, strlen(without), error);
        cr_assert_not_null(report, "line %zu: %s", index, error);
        cr_assert_eq(report->missing_lines, is_last ? 0 : 1, "line %zu", index);
        cr_assert(!report_is_complete(report), "line %zu", index);
        report_free(report);
        free(without);
    }
    free(text);
}

Test(load, what_is_no_journal_is_refused)
{
    char error[256] = "";
    cr_assert_null(parse_text("hello\nworld\n", error));
    cr_assert_str_eq(error, "j: is no journal of a run");
    cr_assert_null(parse_text("{\"seq\":1,\"event\":\"run\",\"schema\":\"sipreuse-journal/2\"}\n", error));
    cr_assert_str_eq(
        error, "j: the journal has the format 'sipreuse-journal/2', this program reads 'sipreuse-journal/1'");
    cr_assert_null(report_load("/nonexistent/events.jsonl", error, sizeof error));
    cr_assert_str_eq(error, "/nonexistent/events.jsonl: cannot be opened: No such file or directory");
    cr_assert_null(report_load("/tmp", error, sizeof error));
    cr_assert_not_null(strstr(error, "/tmp: cannot be"), "%s", error);
}

Test(load, numbers_that_go_back_or_repeat_are_corrupt)
{
    char error[256] = "";
    struct report *report =
        parse_text("{\"seq\":1,\"event\":\"run\",\"schema\":\"sipreuse-journal/1\"}\n"
                   "{\"seq\":1,\"event\":\"end\",\"complete\":true,\"outcome\":\"done\"}\n",
                   error);
    cr_assert_not_null(report);
    cr_assert_eq(report->corrupt_lines, 1);
    cr_assert(!report_is_complete(report));
    report_free(report);
}

Test(load, a_member_twice_or_a_verdict_unknown_is_corrupt)
{
    char error[256] = "";
    struct report *report = parse_text(
        "{\"seq\":1,\"event\":\"run\",\"schema\":\"sipreuse-journal/1\"}\n"
        "{\"seq\":2,\"event\":\"verdict\",\"scenario\":\"a/"
        "b\",\"variant\":\"v\",\"verdict\":\"fail\",\"verdict\":\"pass\"}\n"
        "{\"seq\":3,\"event\":\"verdict\",\"scenario\":\"a/b\",\"variant\":\"v\",\"verdict\":\"passed\"}\n",
        error);
    cr_assert_not_null(report);
    cr_assert_eq(report->corrupt_lines, 2);
    cr_assert_eq(report_scenario_count(report), 0);
    report_free(report);
}

Test(load, observations_are_those_of_the_attempt_that_counts)
{
    char error[256] = "";
    struct report *report =
        parse_text("{\"seq\":1,\"event\":\"run\",\"schema\":\"sipreuse-journal/1\"}\n"
                   "{\"seq\":2,\"event\":\"scenario-start\",\"scenario\":\"a/b\",\"variant\":\"v\"}\n"
                   "{\"seq\":3,\"event\":\"observation\",\"scenario\":\"a/"
                   "b\",\"variant\":\"v\",\"name\":\"first\",\"value\":\"1\",\"on\":2}\n"
                   "{\"seq\":4,\"event\":\"scenario-start\",\"scenario\":\"a/b\",\"variant\":\"v\"}\n"
                   "{\"seq\":5,\"event\":\"observation\",\"scenario\":\"a/"
                   "b\",\"variant\":\"v\",\"name\":\"second\",\"value\":\"2\",\"on\":4}\n"
                   "{\"seq\":6,\"event\":\"verdict\",\"scenario\":\"a/"
                   "b\",\"variant\":\"v\",\"verdict\":\"pass\",\"exercised\":true}\n"
                   "{\"seq\":7,\"event\":\"observation\",\"scenario\":\"a/"
                   "b\",\"variant\":\"v\",\"name\":\"late\",\"value\":\"3\"}\n",
                   error);
    cr_assert_not_null(report);
    json_t *result = report_result_json(report);
    char *text =
        json_dumps(json_object_get(json_array_get(json_object_get(result, "scenarios"), 0), "observations"),
                   JSON_COMPACT | JSON_SORT_KEYS);
    cr_assert_str_eq(text, "[{\"event\":4,\"name\":\"second\",\"value\":\"2\"},{\"event\":7,\"name\":"
                           "\"late\",\"value\":\"3\"}]");
    free(text);
    json_decref(result);
    report_free(report);
}

Test(write, nothing_is_left_behind_when_it_cannot_be_written)
{
    char error[256] = "", folder[] = "/tmp/sipreuse-write-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    size_t size_bytes;
    char *text = text_of("green", &size_bytes);
    struct report *report = parse(text, size_bytes, error);
    snprintf(path, sizeof path, "%s/none/result.json", folder);
    cr_assert(!report_write_result(report, path));
    snprintf(path, sizeof path, "%s/junit.xml", folder);
    cr_assert(report_write_junit(report, path));
    cr_assert(report_write_junit(report, path), "an older file is replaced");
    remove(path);
    cr_assert_eq(remove(folder), 0, "no temporary file stays");
    report_free(report);
    free(text);
}

Test(page, wraps_at_columns_and_keeps_control_characters_out)
{
    char *text = NULL;
    size_t size_bytes = 0;
    struct page page = {.out = open_memstream(&text, &size_bytes), .width = 30};
    page_wrap(&page, 4, "äöüß äöüß äöüß äöüß äöüß x\x1b[2J \xc2\x9bm");
    fclose(page.out);
    cr_assert_str_eq(text, "    äöüß äöüß äöüß äöüß äöüß\n    x\xef\xbf\xbd[2J \xef\xbf\xbdm\n");
    free(text);
}

/* What a run reads of its own journal comes to the same as all of it, wherever the journal is cut. */
Test(load, what_decides_is_enough)
{
    char error[256] = "";
    size_t size_bytes;
    char *text = text_of("whole", &size_bytes);
    for (size_t cut = 1; cut <= size_bytes; cut += cut + 31 > size_bytes ? 1 : 31) {
        FILE *file = fmemopen(text, cut, "r");
        struct report *own = report_read(file, "j", REPORT_WHAT_DECIDES, error, sizeof error);
        fclose(file);
        struct report *every = parse(text, cut, error);
        cr_assert_not_null(own, "cut at %zu: %s", cut, error);
        cr_assert_eq(report_is_complete(own), report_is_complete(every), "cut at %zu", cut);
        cr_assert_eq(report_exit_status(own), report_exit_status(every), "cut at %zu", cut);
        cr_assert_eq(own->corrupt_lines, every->corrupt_lines, "cut at %zu", cut);
        cr_assert_eq(own->missing_lines, 0, "cut at %zu", cut);
        cr_assert_eq(own->last_ns, every->last_ns, "cut at %zu", cut);
        cr_assert_eq(report_scenario_count(own), report_scenario_count(every), "cut at %zu", cut);
        for (size_t i = 0; i < report_scenario_count(own); i++)
            cr_assert_str_eq(report_scenario_at(own, i).verdict, report_scenario_at(every, i).verdict);
        report_free(own);
        report_free(every);
    }
    free(text);
}

/* Damage to lines that decide something is found in both ways, and so are lines that are gone. */
Test(load, what_decides_is_checked)
{
    char error[256] = "";
    size_t size_bytes, passed_over = 0;
    char *text = text_of("whole", &size_bytes);
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        /* The last quote: no string ends where it should. */
        char *last = strchr(line, '\n') - 1;
        while (*last != '"')
            last--;
        *last = '#';
        FILE *file = fmemopen(text, size_bytes, "r");
        struct report *own = report_read(file, "j", REPORT_WHAT_DECIDES, error, sizeof error);
        fclose(file);
        cr_assert_not_null(own, "%s", error);
        struct report_head head;
        cr_assert(report_head_read(line, (size_t)(last - line), &head), "%.80s", line);
        bool decides = report_head_is(&head, "verdict") || report_head_is(&head, "plan") ||
                       report_head_is(&head, "requirement") || report_head_is(&head, "run") ||
                       report_head_is(&head, "end");
        cr_assert(!decides || own->corrupt_lines == 1, "%.80s", line);
        passed_over += own->corrupt_lines == 0;
        report_free(own);
        *last = '"';
    }
    cr_assert_gt(passed_over, 0, "the sample has lines that decide nothing");
    free(text);
}

Test(head, only_what_the_journal_writes)
{
    static const char *const others[] = {
        "",
        "{\"seq\":1",
        "{\"seq\":,\"ns\":2,\"event\":\"run\"}",
        "{\"seq\":01,\"ns\":2,\"event\":\"run\"}",
        "{\"seq\":-1,\"ns\":2,\"event\":\"run\"}",
        "{\"seq\":1.5,\"ns\":2,\"event\":\"run\"}",
        "{\"seq\":1234567890123456789,\"ns\":2,\"event\":\"run\"}",
        "{\"seq\": 1,\"ns\":2,\"event\":\"run\"}",
        "{\"ns\":2,\"seq\":1,\"event\":\"run\"}",
        "{\"seq\":1,\"ns\":2,\"event\":\"r\\u0075n\"}",
        "{\"seq\":1,\"ns\":2,\"event\":\"run",
        "{\"seq\":1,\"ns\":2,\"event\":7}",
    };
    struct report_head head;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(!report_head_read(others[i], strlen(others[i]), &head), "%s", others[i]);
    const char *line = "{\"seq\":123456789012345678,\"ns\":0,\"event\":\"scenario-start\",\"x\":1}\n";
    cr_assert(report_head_read(line, strlen(line), &head));
    cr_assert_eq(head.seq, 123456789012345678);
    cr_assert_eq(head.ns, 0);
    cr_assert(report_head_is(&head, "scenario-start"));
    cr_assert(!report_head_is(&head, "scenario") && !report_head_is(&head, "scenario-start-"));
}
