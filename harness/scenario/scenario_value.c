/* Small things in strings. Their shape has been checked by the schema. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

uint64_t value_time_ms(const struct document_value *value, uint64_t otherwise)
{
    const char *text = document_string(value);
    if (!text)
        return otherwise;
    char *unit;
    uint64_t count = strtoull(text, &unit, 10);
    return strcmp(unit, "ms") == 0 ? count : strcmp(unit, "s") == 0 ? count * 1000 : count * 60000;
}

int64_t value_offset_s(const struct document_value *value)
{
    const char *text = document_string(value);
    if (!text)
        return 0;
    char *unit;
    int64_t count = strtoll(text, &unit, 10);
    return *unit == 'd' ? count * 86400 : *unit == 'h' ? count * 3600 : *unit == 'm' ? count * 60 : count;
}

struct scenario_range value_range(struct build *build, const struct document_value *value)
{
    struct scenario_range range = {0, UINT_MAX};
    const char *text = document_string(value);
    if (!value)
        return range;
    if (!text) {
        range.from = range.to = (unsigned)document_integer(value);
        return range;
    }
    const char *dash = strchr(text, '-');
    range.from = (unsigned)strtoul(text, NULL, 10);
    if (!dash)
        range.to = range.from;
    else if (dash[1])
        range.to = (unsigned)strtoul(dash + 1, NULL, 10);
    if (dash == text)
        range.from = 0;
    if (range.from > range.to)
        document_reject(build->diagnostic, value, NULL, "a range that begins before it ends", NULL);
    return range;
}

/* "486": 486 to 486; "4xx": 400 to 499. */
static void status_bounds(const char *text, unsigned *from, unsigned *to)
{
    if (text[1] == 'x') {
        *from = (unsigned)(text[0] - '0') * 100;
        *to = *from + 99;
    } else {
        *from = *to = (unsigned)strtoul(text, NULL, 10);
    }
}

void value_status(struct build *build, const struct document_value *value, unsigned *from, unsigned *to)
{
    const char *text = document_string(value);
    unsigned ignored;
    *from = 200;
    *to = 699;
    if (value && !text) {
        *from = *to = (unsigned)document_integer(value);
    } else if (text && strcmp(text, "final") != 0) {
        const char *dash = strchr(text, '-');
        status_bounds(text, from, to);
        if (dash)
            status_bounds(dash + 1, &ignored, to);
    }
    if (*from > *to)
        document_reject(build->diagnostic, value, NULL, "a range that begins before it ends", NULL);
}

enum net_close_mode value_close_mode(const struct document_value *value)
{
    static const struct {
        const char *word;
        enum net_close_mode mode;
    } modes[] = {{"graceful", NET_CLOSE_GRACEFUL},
                 {"fin", NET_CLOSE_FIN},
                 {"rst", NET_CLOSE_RST},
                 {"close_notify", NET_CLOSE_NOTIFY_ONLY},
                 {"silent", NET_CLOSE_SILENT}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (value_is(value, modes[i].word))
            return modes[i].mode;
    return NET_CLOSE_GRACEFUL;
}

enum net_tls_version value_tls_version(const struct document_value *value)
{
    return value_is(value, "1.0")   ? NET_TLS_1_0
           : value_is(value, "1.1") ? NET_TLS_1_1
           : value_is(value, "1.2") ? NET_TLS_1_2
           : value_is(value, "1.3") ? NET_TLS_1_3
                                    : NET_TLS_NONE;
}

enum net_transport value_transport(const struct document_value *value, enum net_transport otherwise)
{
    enum net_transport transport;
    return document_string(value) && net_transport_parse(document_string(value), &transport) ? transport
                                                                                             : otherwise;
}

unsigned value_unsigned(const struct document_value *value, unsigned otherwise)
{
    return value ? (unsigned)document_integer(value) : otherwise;
}

bool value_boolean(const struct document_value *value, bool otherwise)
{
    return value ? document_boolean(value) : otherwise;
}

bool value_is(const struct document_value *value, const char *word)
{
    return document_string(value) && strcmp(document_string(value), word) == 0;
}
