#include "reports/reports_private.h"

#include <ctype.h>
#include <string.h>

const char *report_verdict_word(enum report_verdict verdict)
{
    static const char *const words[REPORT_VERDICTS] = {"pass", "fail", "inconclusive", "not-applicable",
                                                       "error"};
    return verdict < REPORT_VERDICTS ? words[verdict] : "";
}

const char *report_status_word(enum report_status status)
{
    static const char *const words[REPORT_STATUSES] = {"conformant", "not-conformant", "undecided",
                                                       "not-exercised", "not-applicable"};
    return status < REPORT_STATUSES ? words[status] : "";
}

const char *report_level_word(enum report_level level)
{
    static const char *const words[REPORT_LEVELS] = {"MUST", "SHOULD", "MAY", "seed", "obs"};
    return level < REPORT_LEVELS ? words[level] : "";
}

bool report_verdict_parse(const char *word, enum report_verdict *out)
{
    for (enum report_verdict verdict = REPORT_PASS; word && verdict < REPORT_VERDICTS; verdict++)
        if (strcmp(word, report_verdict_word(verdict)) == 0) {
            *out = verdict;
            return true;
        }
    return false;
}

bool report_level_parse(const char *word, enum report_level *out)
{
    for (enum report_level level = REPORT_MUST; word && level < REPORT_LEVELS; level++)
        if (strcmp(word, report_level_word(level)) == 0) {
            *out = level;
            return true;
        }
    return false;
}

bool report_status_parse(const char *word, enum report_status *out)
{
    for (enum report_status status = REPORT_CONFORMANT; word && status < REPORT_STATUSES; status++)
        if (strcmp(word, report_status_word(status)) == 0) {
            *out = status;
            return true;
        }
    return false;
}

enum page_style report_status_style(enum report_status status)
{
    switch (status) {
    case REPORT_CONFORMANT:
        return PAGE_GOOD;
    case REPORT_NOT_CONFORMANT:
        return PAGE_BAD;
    case REPORT_UNDECIDED:
    case REPORT_NOT_EXERCISED:
        return PAGE_DOUBT;
    case REPORT_STATUS_NOT_APPLICABLE:
    case REPORT_STATUSES:
        break;
    }
    return PAGE_DIM;
}

char *report_reason_short(const char *reason)
{
    const char *ids = isdigit((unsigned char)reason[0]) ? strstr(reason, ": ") : NULL;
    char *text = ids ? strndup(reason, (size_t)(ids - reason) + 1) : strdup(reason);
    if (text && ids)
        text[ids - reason] = '.';
    return text;
}

const char *report_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t report_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

void report_put_entity(FILE *out, char character)
{
    switch (character) {
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '&':
        fputs("&amp;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    default:
        fputs("&#39;", out);
    }
}
