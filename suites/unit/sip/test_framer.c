#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 4096, FRAMER_MAX = 65536 };

/* Writes down what comes out: "[…]" a message, "P" a ping, "p" a pong, "!TEXT" an error. */
static void drain(struct sip_framer *framer, char *log)
{
    for (;;) {
        struct sip_frame frame = sip_framer_next(framer);
        char *at = log + strlen(log);
        switch (frame.kind) {
        case SIP_FRAME_NONE:
            return;
        case SIP_FRAME_MESSAGE:
            snprintf(at, LOG_MAX - (size_t)(at - log), "[%.*s]", (int)frame.size_bytes,
                     (const char *)frame.bytes);
            break;
        case SIP_FRAME_PING:
        case SIP_FRAME_PONG:
            cr_assert_eq(memcmp(frame.bytes, "\r\n\r\n", frame.size_bytes), 0);
            /* A ping that came in two halves was taken for a pong first. */
            if (frame.kind == SIP_FRAME_PING && at > log && at[-1] == 'p')
                at--;
            strcpy(at, frame.kind == SIP_FRAME_PING ? "P" : "p");
            break;
        case SIP_FRAME_ERROR:
            snprintf(at, LOG_MAX - (size_t)(at - log), "!%d", frame.error);
            return;
        }
    }
}

static void frames_of(const char *text, size_t first_size, size_t step, char *log)
{
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    size_t size = strlen(text);
    log[0] = '\0';
    for (size_t at = 0, part = first_size; at < size && !strchr(log, '!'); at += part, part = step) {
        if (part > size - at)
            part = size - at;
        if (part > 0)
            cr_assert(sip_framer_push(framer, (const uint8_t *)text + at, part));
        drain(framer, log);
    }
    sip_framer_free(framer);
}

static void expect_frames(const char *text, const char *expected)
{
    char log[LOG_MAX];
    frames_of(text, SIZE_MAX, SIZE_MAX, log);
    cr_assert_str_eq(log, expected);
}

static const char STREAM[] = "\r\n\r\n"
                             "OPTIONS sip:a.test SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
                             "SIP/2.0 200 OK\r\nl : 0\r\nX: \r\n y\r\n\r\n"
                             "\r\n"
                             "MESSAGE sip:a.test SIP/2.0\r\ncontent-LENGTH:\r\n\t 6 \r\n\r\n\r\n\r\n\r\n"
                             "\r\n\r\n\r\n"
                             "BYE sip:b.test SIP/2.0\r\nContent-Length: 0\r\nContent-Length: 00\r\n\r\n"
                             "\r\n";
static const char STREAM_FRAMES[] =
    "P"
    "[OPTIONS sip:a.test SIP/2.0\r\nContent-Length: 4\r\n\r\nbody]"
    "[SIP/2.0 200 OK\r\nl : 0\r\nX: \r\n y\r\n\r\n]"
    "p"
    "[MESSAGE sip:a.test SIP/2.0\r\ncontent-LENGTH:\r\n\t 6 \r\n\r\n\r\n\r\n\r\n]"
    "Pp"
    "[BYE sip:b.test SIP/2.0\r\nContent-Length: 0\r\nContent-Length: 00\r\n\r\n]"
    "p";

Test(sip_framer, many_messages_in_one_push)
{
    expect_frames(STREAM, STREAM_FRAMES);
}

Test(sip_framer, a_cut_at_any_byte_changes_nothing)
{
    char log[LOG_MAX];
    for (size_t cut = 0; cut <= sizeof STREAM; cut++) {
        frames_of(STREAM, cut, SIZE_MAX, log);
        cr_assert_str_eq(log, STREAM_FRAMES, "cut at byte %zu", cut);
    }
    for (size_t step = 1; step < 40; step++) {
        frames_of(STREAM, step, step, log);
        cr_assert_str_eq(log, STREAM_FRAMES, "pieces of %zu bytes", step);
    }
}

/* All pushed, nothing taken in between: what is left moves inside the buffer, the frames stay the same. */
Test(sip_framer, frames_may_be_taken_late)
{
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    char one[LOG_MAX] = "", all[LOG_MAX] = "";
    for (size_t i = 0; i < sizeof STREAM - 1; i++)
        cr_assert(sip_framer_push(framer, (const uint8_t *)&STREAM[i], 1));
    drain(framer, one);
    cr_assert_str_eq(one, STREAM_FRAMES);
    cr_assert(sip_framer_push(framer, (const uint8_t *)STREAM, sizeof STREAM - 1));
    struct sip_frame frame = sip_framer_next(framer);
    cr_assert_eq(frame.kind, SIP_FRAME_PING);
    cr_assert(sip_framer_push(framer, (const uint8_t *)"\r\n", 2));
    drain(framer, all);
    sip_framer_free(framer);
}

struct length_row {
    char field[72];
    char outcome; /* 'm' message, 'e' length error, 'l' too large, 's' waits for more */
};

static const struct length_row CONTENT_LENGTH[] = {
    {"Content-Length: 0\r\n", 'm'},
    {"CONTENT-length   :   2   \r\n", 'm'},
    {"l:2\r\n", 'm'},
    {"L: 0002\r\n", 'm'},
    {"l:\r\n 2\r\n", 'm'},
    {"l\t:\t2\t\r\n \r\n", 'm'},
    {"l: 2\r\nContent-Length: 2\r\n", 'm'},
    {"l: 3\r\n", 's'},
    {"l: 65000\r\n", 's'},
    {"", 'e'},
    {"Content-Lengt: 2\r\n", 'e'},
    {"Content-Lengths: 2\r\n", 'e'},
    {"X: y\r\n Content-Length: 2\r\n", 'e'},
    {"Content-Length\r\n", 'e'},
    {"Content-Length: \r\n", 'e'},
    {"Content-Length: -2\r\n", 'e'},
    {"Content-Length: +2\r\n", 'e'},
    {"Content-Length: two\r\n", 'e'},
    {"Content-Length: 2x\r\n", 'e'},
    {"Content-Length: 0x2\r\n", 'e'},
    {"Content-Length: 2.0\r\n", 'e'},
    {"Content-Length: 1 1\r\n", 'e'},
    {"Content-Length: 2, 2\r\n", 'e'},
    {"Content-Length: 1\r\n 1\r\n", 'e'},
    {"Content-Length: 2\r\nContent-Length: 1\r\n", 'e'},
    {"Content-Length: 2\r\nl: 1\r\n", 'e'},
    {"Content-Length: 2\r\nContent-Length: x\r\n", 'e'},
    {"Content-Length: 65536\r\n", 'l'},
    {"Content-Length: 2147483648\r\n", 'l'},
    {"Content-Length: 4294967296\r\n", 'l'},
    {"Content-Length: 9223372036854775808\r\n", 'l'},
    {"Content-Length: 18446744073709551615\r\n", 'l'},
    {"Content-Length: 18446744073709551616\r\n", 'l'},
    {"Content-Length: 18446744073709551618\r\n", 'l'},
    {"Content-Length: 99999999999999999999999999999999999999\r\n", 'l'},
};

static char outcome_of(struct sip_frame frame)
{
    switch (frame.kind) {
    case SIP_FRAME_NONE:
        return 's';
    case SIP_FRAME_MESSAGE:
        return 'm';
    case SIP_FRAME_PING:
    case SIP_FRAME_PONG:
        return 'p';
    case SIP_FRAME_ERROR:
        return frame.error == SIP_ERROR_CONTENT_LENGTH ? 'e' : frame.error == SIP_ERROR_TOO_LARGE ? 'l' : '?';
    }
    return '?';
}

static void expect_content_length(const struct length_row *row)
{
    char text[256];
    int size = snprintf(text, sizeof text, "OPTIONS sip:a.test SIP/2.0\r\nX: y\r\n%s\r\nab", row->field);
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    cr_assert(sip_framer_push(framer, (const uint8_t *)text, (size_t)size));
    cr_assert_eq(outcome_of(sip_framer_next(framer)), row->outcome, "%s", row->field);
    sip_framer_free(framer);
}

Test(sip_framer, content_length)
{
    for (size_t i = 0; i < sizeof CONTENT_LENGTH / sizeof *CONTENT_LENGTH; i++)
        expect_content_length(&CONTENT_LENGTH[i]);
}

Test(sip_framer, an_error_is_final_and_keeps_the_bytes)
{
    static const char text[] = "OPTIONS sip:a.test SIP/2.0\r\n\r\n";
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    sip_framer_push(framer, (const uint8_t *)text, strlen(text));
    for (int i = 0; i < 2; i++) {
        struct sip_frame frame = sip_framer_next(framer);
        cr_assert_eq(frame.kind, SIP_FRAME_ERROR);
        cr_assert_eq(frame.error, SIP_ERROR_CONTENT_LENGTH);
        cr_assert_eq(frame.size_bytes, strlen(text));
        cr_assert_arr_eq(frame.bytes, text, strlen(text));
        cr_assert(sip_framer_push(framer, (const uint8_t *)STREAM, 8), "is dropped, and no failure");
    }
    sip_framer_free(framer);
}

struct garbage_row {
    char text[80];
    enum sip_error error;
};

static const struct garbage_row WHAT_CANNOT_BE_FOLLOWED_IS_AN_ERROR_AT_ONCE[] = {
    {"\x16\x03\x01", SIP_ERROR_START_LINE},
    {" ", SIP_ERROR_START_LINE},
    {"\n", SIP_ERROR_START_LINE},
    {"\r\r", SIP_ERROR_START_LINE},
    {"\rOPTIONS", SIP_ERROR_START_LINE},
    {"\r\n\r\n\r\n\n", SIP_ERROR_START_LINE},
    {"<xml/>", SIP_ERROR_START_LINE},
    {"OPTIONS sip:a.test SIP/2.0\nl: 0\n\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\nl: 0\r\n\n", SIP_ERROR_HEADER},
    {"OPTIONS sip:a.test SIP/2.0\r\nl: 0\n\r\n", SIP_ERROR_HEADER},
    {"OPTIONS\n\r\n", SIP_ERROR_HEADER},
};

static void expect_what_cannot_be_followed_is_an_error_at_once(const struct garbage_row *row)
{
    char expected[16], log[LOG_MAX];
    snprintf(expected, sizeof expected, "!%d", row->error);
    for (size_t step = 1; step <= strlen(row->text); step++) {
        frames_of(row->text, step, step, log);
        cr_assert_str_eq(log + strlen(log) - strlen(expected), expected, "%s, pieces of %zu: %s", row->text,
                         step, log);
    }
}

Test(sip_framer, what_cannot_be_followed_is_an_error_at_once)
{
    for (size_t i = 0; i < sizeof WHAT_CANNOT_BE_FOLLOWED_IS_AN_ERROR_AT_ONCE /
                               sizeof *WHAT_CANNOT_BE_FOLLOWED_IS_AN_ERROR_AT_ONCE;
         i++)
        expect_what_cannot_be_followed_is_an_error_at_once(&WHAT_CANNOT_BE_FOLLOWED_IS_AN_ERROR_AT_ONCE[i]);
}

Test(sip_framer, an_endless_header_ends_at_the_maximum)
{
    struct sip_framer *framer = sip_framer_new(1000);
    char piece[100];
    memset(piece, 'a', sizeof piece);
    for (int i = 0; i < 10; i++) {
        sip_framer_push(framer, (const uint8_t *)piece, sizeof piece);
        cr_assert_eq(sip_framer_next(framer).kind, SIP_FRAME_NONE, "%d bytes", (i + 1) * 100);
    }
    sip_framer_push(framer, (const uint8_t *)piece, 1);
    struct sip_frame frame = sip_framer_next(framer);
    cr_assert_eq(frame.kind, SIP_FRAME_ERROR);
    cr_assert_eq(frame.error, SIP_ERROR_TOO_LARGE);
    sip_framer_free(framer);
}

Test(sip_framer, header_and_body_together_may_be_the_maximum)
{
    static const char text[] = "OPTIONS sip:a.test SIP/2.0\r\nl: 4\r\n\r\nbody";
    for (size_t less = 0; less < 2; less++) {
        struct sip_framer *framer = sip_framer_new(strlen(text) - less);
        sip_framer_push(framer, (const uint8_t *)text, strlen(text));
        cr_assert_eq(sip_framer_next(framer).kind, less ? SIP_FRAME_ERROR : SIP_FRAME_MESSAGE);
        sip_framer_free(framer);
    }
}

/* Pushes a header byte by byte up to a maximum of 4 MiB: the line again and again. */
static void trickle(const char *line)
{
    enum { TRICKLE_MAX = 4 << 20 };
    static const char start[] = "OPTIONS sip:a.test SIP/2.0\r\n";
    struct sip_framer *framer = sip_framer_new(TRICKLE_MAX);
    sip_framer_push(framer, (const uint8_t *)start, strlen(start));
    for (size_t i = 0; i < TRICKLE_MAX - strlen(start); i++) {
        sip_framer_push(framer, (const uint8_t *)&line[i % strlen(line)], 1);
        if (sip_framer_next(framer).kind != SIP_FRAME_NONE)
            cr_assert(false, "byte %zu", i); /* one assertion a byte would take longer than all the rest */
    }
    sip_framer_push(framer, (const uint8_t *)"x", 1);
    cr_assert_eq(sip_framer_next(framer).error, SIP_ERROR_TOO_LARGE);
    sip_framer_free(framer);
}

/* With a search that starts anew for every byte these take minutes, else a fraction of a second. */
Test(sip_framer, a_trickled_header_in_one_line_is_searched_once, .timeout = 30)
{
    trickle("x");
}

Test(sip_framer, a_trickled_header_of_short_lines_is_searched_once, .timeout = 30)
{
    trickle("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
}

/* A backlog that is taken one frame for every push must not be moved as a whole each time. */
Test(sip_framer, a_backlog_costs_no_more_than_its_bytes, .timeout = 20)
{
    static const char text[] = "OPTIONS sip:a.test SIP/2.0\r\nl: 0\r\n\r\n";
    enum { COUNT = 100000 };
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    for (int i = 0; i < COUNT; i++)
        sip_framer_push(framer, (const uint8_t *)text, strlen(text));
    for (int i = 0; i < COUNT; i++) {
        if (sip_framer_next(framer).kind != SIP_FRAME_MESSAGE)
            cr_assert(false, "message %d", i);
        sip_framer_push(framer, (const uint8_t *)text, strlen(text));
    }
    sip_framer_free(framer);
}

Test(sip_framer, what_has_no_length_ends_with_its_header_where_that_is_forgiven)
{
    static const char BARE[] = "ACK sip:a SIP/2.0\r\nCSeq: 1 ACK\r\n\r\n"
                               "ACK sip:b SIP/2.0\r\nContent-Length: 2\r\n\r\nxyACK sip:c SIP/2.0\r\n"
                               "Content-Length: x\r\n\r\n";
    struct sip_framer *framer = sip_framer_new(FRAMER_MAX);
    char log[LOG_MAX] = "";
    char expected[LOG_MAX];
    sip_framer_forgive_no_length(framer);
    cr_assert(sip_framer_push(framer, (const uint8_t *)BARE, strlen(BARE)));
    drain(framer, log);
    snprintf(expected, sizeof expected,
             "[ACK sip:a SIP/2.0\r\nCSeq: 1 ACK\r\n\r\n]"
             "[ACK sip:b SIP/2.0\r\nContent-Length: 2\r\n\r\nxy]!%d",
             SIP_ERROR_CONTENT_LENGTH);
    cr_expect_str_eq(log, expected);
    sip_framer_free(framer);
}
