/* The data of a large page, deflated: the same data, within the room, or none. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "reports/html.h"
#include "sample.h"

struct sample {
    char *text;
    FILE *journal, *again;
    struct report *report;
    struct flow *flows;
};

static struct sample sample_read(void)
{
    char error[256] = "";
    size_t size_bytes;
    struct sample sample = {.text = text_of("whole", &size_bytes)};
    sample.journal = fmemopen(sample.text, size_bytes, "r");
    sample.again = fmemopen(sample.text, size_bytes, "r");
    sample.report = report_read(sample.journal, "j", REPORT_EVERY_LINE, error, sizeof error);
    cr_assert_not_null(sample.report, "%s", error);
    sample.flows = flow_read(sample.report, sample.again);
    return sample;
}

static void sample_free(struct sample *sample)
{
    flow_free(sample->flows, sample->report->entry_count);
    report_free(sample->report);
    fclose(sample->journal);
    fclose(sample->again);
    free(sample->text);
}

static json_t *inflated(const json_t *object)
{
    size_t packed_bytes = 0;
    const char *text = json_string_value(json_object_get(object, "deflated"));
    unsigned char *packed = html_base64(text, strlen(text), &packed_bytes);
    uLongf size_bytes = (uLongf)json_integer_value(json_object_get(object, "size_bytes"));
    const uLongf told_bytes = size_bytes;
    char *plain = malloc(size_bytes + 1);
    cr_assert_eq(uncompress((Bytef *)plain, &size_bytes, packed, (uLong)packed_bytes), Z_OK);
    cr_assert_eq(size_bytes, told_bytes, "the page's scripts make room for just so many");
    json_t *data = json_loadb(plain, size_bytes, JSON_ALLOW_NUL, NULL);
    free(plain);
    free(packed);
    return data;
}

Test(html_deflate, the_same_data)
{
    struct sample sample = sample_read();
    json_t *plain = html_report_data(sample.report, sample.flows, HTML_PLAIN_BYTES_MAX),
           *object = html_page_data(sample.report, sample.flows, html_json_size(plain) - 1),
           *data = inflated(object);
    cr_assert(json_equal(plain, data));
    json_decref(plain);
    json_decref(object);
    json_decref(data);
    sample_free(&sample);
}

/* A page of a small run stays readable with any tool. */
Test(html_deflate, not_where_all_fits)
{
    struct sample sample = sample_read();
    json_t *plain = html_report_data(sample.report, sample.flows, HTML_PLAIN_BYTES_MAX),
           *object = html_page_data(sample.report, sample.flows, html_json_size(plain));
    cr_assert(json_equal(plain, object));
    json_decref(plain);
    json_decref(object);
    sample_free(&sample);
}

/* Less and less of the flows until it fits, and the rest alone, as it is, where not even that does. */
Test(html_deflate, within_the_room)
{
    struct sample sample = sample_read();
    json_t *plain = html_report_data(sample.report, sample.flows, HTML_PLAIN_BYTES_MAX);
    json_t *whole = html_page_data(sample.report, sample.flows, html_json_size(plain) - 1);
    const size_t whole_bytes = html_json_size(whole);
    json_t *less = html_page_data(sample.report, sample.flows, whole_bytes - whole_bytes / 30);
    cr_assert_not_null(json_object_get(less, "deflated"),
                       "some of it fits into less room than all of it takes: %zu", whole_bytes);
    cr_assert_leq(html_json_size(less), whole_bytes - whole_bytes / 30);
    json_decref(inflated(less));
    json_decref(less);
    json_t *rest = html_report_data(sample.report, sample.flows, 0),
           *least = html_page_data(sample.report, sample.flows, 100);
    cr_assert(json_equal(rest, least));
    json_decref(rest);
    json_decref(least);
    json_decref(plain);
    json_decref(whole);
    sample_free(&sample);
}
