#include "reports/reports_private.h"

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

const char *report_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t report_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
