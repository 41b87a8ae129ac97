/* The head of a journal's line, which every line has and which harness/evidence writes in this order: enough
 * to know whether the rest is worth being parsed. */
#include "reports/reports_private.h"

#include <string.h>

/* Takes a text that has to stand at *at. */
static bool take_text(const char **at, const char *end, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(end - *at) < size || memcmp(*at, text, size) != 0)
        return false;
    *at += size;
    return true;
}

/* JSON's numbers have no zeros in front; eighteen digits are no overflow and 31 years of nanoseconds. */
static bool take_number(const char **at, const char *end, int64_t *out)
{
    enum { DIGITS_MAX = 18 };
    const char *start = *at;
    int64_t value = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < DIGITS_MAX)
        value = value * 10 + (*(*at)++ - '0');
    *out = value;
    return *at > start && (*start != '0' || *at - start == 1);
}

bool report_head_read(const char *text, size_t size_bytes, struct report_head *out)
{
    const char *at = text, *end = text + size_bytes;
    if (!take_text(&at, end, "{\"seq\":") || !take_number(&at, end, &out->seq) ||
        !take_text(&at, end, ",\"ns\":") || !take_number(&at, end, &out->ns) ||
        !take_text(&at, end, ",\"event\":\""))
        return false;
    out->event = at;
    while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '-'))
        at++;
    out->event_size = (size_t)(at - out->event);
    return at < end && *at == '"';
}

bool report_head_is(const struct report_head *head, const char *event)
{
    return strlen(event) == head->event_size && memcmp(event, head->event, head->event_size) == 0;
}
