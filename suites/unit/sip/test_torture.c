/* The messages of RFC 4475 and RFC 5118 against the tables beside them. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIP_TESTS SIPREUSE_SOURCE_DIR "/suites/unit/sip/"

enum { COLUMNS = 7 };

struct row {
    char *file, *parse, *check, *detail, *frame, *device_answer;
};

static const char *error_name(enum sip_error error)
{
    switch (error) {
#define X(code, text)                                                                                        \
    case code:                                                                                               \
        return #code;
        SIP_ERROR_MAP(X)
#undef X
    }
    return "?";
}

static struct row row_split(char *line)
{
    char *cells[COLUMNS] = {NULL};
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = strsep(&line, ",");
        cr_assert_not_null(cells[i], "row with fewer than %d cells", COLUMNS);
        cr_assert_neq(cells[i][0], '\0', "empty cell in the row of %s", cells[0]);
    }
    cr_assert_null(line, "row of %s with more than %d cells", cells[0], COLUMNS);
    return (struct row){cells[0], cells[2], cells[3], cells[4], cells[5], cells[6]};
}

static void row_expect_parse(const struct row *row, const uint8_t *bytes, size_t size)
{
    struct sip_message *message = NULL;
    enum sip_error error = sip_message_parse(bytes, size, &message);
    cr_expect_str_eq(error_name(error), row->parse, "%s: parse gives %s", row->file, error_name(error));
    if (!message) {
        cr_expect_str_eq(row->check, "-", "%s", row->file);
        return;
    }
    const char *detail = "-";
    error = sip_message_check(message, &detail);
    cr_expect_str_eq(error_name(error), row->check, "%s: check gives %s", row->file, error_name(error));
    cr_expect_str_eq(detail, row->detail, "%s: detail is %s", row->file, detail);
    cr_expect_eq(message->raw_size_bytes, size, "%s", row->file);
    cr_expect_eq(memcmp(message->raw, bytes, size), 0, "%s: raw bytes are kept", row->file);
    sip_message_free(message);
}

static void row_expect_frame(const struct row *row, const uint8_t *bytes, size_t size)
{
    struct sip_framer *framer = sip_framer_new(SIP_MESSAGE_MAX_BYTES);
    cr_assert(sip_framer_push(framer, bytes, size));
    struct sip_frame frame = sip_framer_next(framer);
    const char *seen = frame.kind == SIP_FRAME_MESSAGE ? "message"
                       : frame.kind == SIP_FRAME_NONE  ? "short"
                                                       : error_name(frame.error);
    cr_expect_str_eq(seen, row->frame, "%s: the framer gives %s", row->file, seen);
    sip_framer_free(framer);
}

static void table_expect(const char *name, size_t rows_expected)
{
    char path[4096], line[512];
    snprintf(path, sizeof path, SIP_TESTS "%s.csv", name);
    FILE *table = fopen(path, "r");
    cr_assert_not_null(table, "%s", path);
    cr_assert_not_null(fgets(line, sizeof line, table));
    cr_assert_str_eq(line, "file,clause,parse,check,detail,frame,device_answer\n");
    size_t rows = 0;
    for (; fgets(line, sizeof line, table); rows++) {
        struct row row = row_split(line);
        size_t size;
        snprintf(path, sizeof path, SIP_TESTS "%s/%s", name, row.file);
        uint8_t *bytes = fixture_read(path, &size);
        row_expect_parse(&row, bytes, size);
        row_expect_frame(&row, bytes, size);
        free(bytes);
    }
    fclose(table);
    cr_assert_eq(rows, rows_expected);
}

Test(sip_torture, rfc_4475)
{
    table_expect("rfc4475", 50);
}

Test(sip_torture, rfc_5118)
{
    table_expect("rfc5118", 12);
}

static struct sip_message *message_of(const char *file)
{
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, SIP_TESTS "%s", file);
    uint8_t *bytes = fixture_read(path, &size);
    struct sip_message *message = NULL;
    cr_assert_eq(sip_message_parse(bytes, size, &message), SIP_OK);
    free(bytes);
    return message;
}

/* RFC 4475 §3.1.1.1: what the clause says is in it. */
Test(sip_torture, wsinv_means_what_the_rfc_says)
{
    struct sip_message *message = message_of("rfc4475/wsinv.dat");
    fixture_expect_text(sip_message_tag(message, "To"), "1918181833n");
    fixture_expect_text(sip_message_tag(message, "From"), "98asjd8");
    uint32_t number;
    cr_assert_eq(sip_message_cseq(message, &number, NULL), SIP_OK);
    cr_assert_eq(number, 9);
    cr_assert_eq(sip_message_value_count(message, "Via"), 3);
    char *lowest = sip_message_value(message, "Via", 2);
    struct sip_via via;
    cr_assert_eq(sip_via_parse(lowest, &via), SIP_OK);
    cr_assert_str_eq(via.host, "192.168.255.111");
    cr_assert_str_eq(sip_params_find(&via.params, "branch")->value, "z9hG4bK30239");
    sip_via_fini(&via);
    free(lowest);
    cr_assert_str_eq(sip_message_header(message, "Subject"), "");
    cr_assert_str_eq(sip_message_header(message, "NewFangledHeader"),
                     "newfangled value continued newfangled value");
    struct sip_address contact;
    cr_assert_eq(sip_address_parse(sip_message_header(message, "Contact"), &contact), SIP_OK);
    cr_assert_str_eq(contact.display_name, "Quoted string \"\"");
    cr_assert_str_eq(sip_params_find(&contact.params, "newparam")->value, "newvalue");
    cr_assert_str_eq(sip_params_find(&contact.params, "q")->value, "0.33");
    sip_address_fini(&contact);
    cr_assert_eq(message->body_size_bytes, 150);
    sip_message_free(message);
}

/* §3.1.1.7 and §3.1.1.8. */
Test(sip_torture, long_and_double_requests_are_cut_where_they_end)
{
    struct sip_message *message = message_of("rfc4475/longreq.dat");
    cr_assert_eq(sip_message_value_count(message, "Via"), 34);
    cr_assert_eq(message->body_size_bytes, 150);
    sip_message_free(message);
    message = message_of("rfc4475/dblreq.dat");
    cr_assert_str_eq(message->method, "REGISTER");
    cr_assert_null(message->body);
    sip_message_free(message);
}

/* §3.3.12 and §3.3.13. */
Test(sip_torture, parameters_belong_to_the_field_or_to_the_uri)
{
    static const char *const FILES[] = {"rfc4475/cparam01.dat", "rfc4475/cparam02.dat"};
    for (size_t i = 0; i < 2; i++) {
        struct sip_message *message = message_of(FILES[i]);
        struct sip_address contact;
        cr_assert_eq(sip_address_parse(sip_message_header(message, "Contact"), &contact), SIP_OK);
        cr_assert_eq(contact.params.count, i == 0 ? 1 : 0);
        cr_assert_eq(contact.uri.params.count, i == 0 ? 0 : 1);
        sip_address_fini(&contact);
        sip_message_free(message);
    }
}
