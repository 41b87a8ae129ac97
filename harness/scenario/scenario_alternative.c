/* expect and check: alternatives, and what follows when one holds. */
#include <stdio.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { WITHIN_FAST_MS_MAX = 10000 };

static enum verdict take_verdict(const struct document_value *value)
{
    static const enum verdict verdicts[] = {VERDICT_PASS, VERDICT_FAIL, VERDICT_INCONCLUSIVE,
                                            VERDICT_NOT_APPLICABLE};
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (value_is(value, verdict_name(verdicts[i])))
            return verdicts[i];
    return VERDICT_NONE;
}

/* Members that only some matchers can have. */
static void check_belonging(struct build *build, const struct document_value *value,
                            enum scenario_match match)
{
    bool is_request = match == MATCH_REQUEST;
    const struct document_value *as = document_member(value, "as"), *name = document_member(value, "name");
    const struct document_value *answer = document_member(value, "answer"),
                                *contact = document_member(value, "contact");
    if (as && !is_request && match != MATCH_CONNECTION)
        document_reject_name(build->diagnostic, as, "'as'", "it beside 'request' or 'connection' only", NULL);
    if (name && !is_request)
        document_reject_name(build->diagnostic, name, "'name'", "it beside 'request' only", NULL);
    if (contact && !is_request)
        document_reject_name(build->diagnostic, contact, "'contact'", "it beside 'request' only", NULL);
    if (answer && !is_request)
        document_reject_name(build->diagnostic, answer, "'answer'", "it beside 'request' only", NULL);
}

static void answers_take(const struct document_value *answer, struct scenario_alternative *out)
{
    if (out->match != MATCH_REQUEST || (answer && document_kind(answer) == DOCUMENT_NULL))
        return;
    bool is_list = answer && document_kind(answer) == DOCUMENT_ARRAY;
    out->answer_count = is_list ? document_count(answer) : 1;
    for (size_t i = 0; i < out->answer_count; i++)
        out->answers[i] = (int)value_unsigned(is_list ? document_at(answer, i) : answer, 200);
}

static void requirement_take(struct build *build, const struct document_value *value,
                             struct scenario_alternative *out)
{
    const struct strings *ids = &build->variant->requirements;
    if (!value)
        return;
    out->requirement = text_take(build, value, TEXT_STATIC);
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->items[i], out->requirement) == 0)
            return;
    document_reject(build->diagnostic, value, NULL, "one of the scenario's own 'requirements'",
                    document_nearest(out->requirement, (const char *const *)ids->items, ids->count));
}

/* verdict, reason, because, with_control and requirement lean on each other. */
static void verdict_take(struct build *build, const struct document_value *value,
                         struct scenario_alternative *out)
{
    const struct document_value *reason = document_member(value, "reason"),
                                *because = document_member(value, "because");
    const struct document_value *with_control = document_member(value, "with_control"),
                                *requirement = document_member(value, "requirement");
    struct diagnostic *diagnostic = build->diagnostic;
    out->verdict = take_verdict(document_member(value, "verdict"));
    out->reason = text_take(build, reason, TEXT_PLAIN);
    out->because = arena_text(build->arena, document_string(because));
    out->only_with_control = value_boolean(with_control, false);
    requirement_take(build, requirement, out);
    if (reason && out->verdict == VERDICT_NONE)
        document_reject_name(diagnostic, reason, "'reason' without a verdict", "'verdict' beside it", NULL);
    if (!reason && out->verdict != VERDICT_NONE && out->verdict != VERDICT_PASS)
        document_reject(diagnostic, value, "no member 'reason'",
                        "one sentence that says why, with any verdict but 'pass'", NULL);
    if (out->verdict == VERDICT_NOT_APPLICABLE && !because)
        document_reject(diagnostic, value, "no member 'because'",
                        "the member 'because' with 'not-applicable'", NULL);
    if (because && out->verdict != VERDICT_NOT_APPLICABLE)
        document_reject_name(diagnostic, because, "'because'", "it with the verdict 'not-applicable' only",
                             NULL);
    if (requirement && out->verdict != VERDICT_FAIL)
        document_reject_name(diagnostic, requirement, "'requirement'", "it with the verdict 'fail' only",
                             NULL);
    if (out->only_with_control && out->verdict != VERDICT_FAIL)
        document_reject_name(diagnostic, with_control, "'with_control'", "it with the verdict 'fail' only",
                             NULL);
    if (out->only_with_control && !build->variant->control_scenario)
        document_reject_name(diagnostic, with_control, "'with_control'", "a scenario with a 'control'", NULL);
}

static void alternative_take(struct build *build, const struct document_value *value,
                             struct scenario_alternative *out)
{
    const struct document_value *matcher = NULL;
    out->match = alternative_match(value, &matcher);
    matcher_take(build, matcher, out);
    check_belonging(build, value, out->match);
    answers_take(document_member(value, "answer"), out);
    out->contact = text_take(build, document_member(value, "contact"), TEXT_PLAIN);
    observation_take(build, document_member(value, "observe"), &out->observe_name, &out->observe_value);
    verdict_take(build, value, out);
    out->as = arena_text(build->arena, document_string(document_member(value, "as")));
    out->name = arena_text(build->arena, document_string(document_member(value, "name")));
}

/* Only now, so that no alternative leans on a name that another one of the same step would give. Several may
 * give the same. */
static void define_names(struct build *build, const struct document_value *alternatives)
{
    for (size_t i = 0; i < document_count(alternatives); i++) {
        const struct document_value *as = document_member(document_at(alternatives, i), "as");
        const struct document_value *name = document_member(document_at(alternatives, i), "name");
        const struct scope_name *taken = as ? scope_find(build, SCOPE_CONNECTION, document_string(as)) : NULL;
        if (taken && taken->is_ours)
            document_reject(build->diagnostic, as, NULL, "a name that no connection of ours has", NULL);
        if (as)
            scope_define(build, SCOPE_CONNECTION, as, true);
        if (name)
            scope_define(build, SCOPE_REQUEST, name, true);
    }
}

static void alternatives_take(struct build *build, const struct document_value *alternatives,
                              struct step_expect *out)
{
    out->count = document_count(alternatives);
    out->alternatives = arena_take(build->arena, out->count, sizeof *out->alternatives);
    bool has_silence = false;
    for (size_t i = 0; i < out->count && !build_failed(build); i++) {
        alternative_take(build, document_at(alternatives, i), &out->alternatives[i]);
        if (out->alternatives[i].match == MATCH_SILENCE && has_silence)
            document_reject(build->diagnostic, document_at(alternatives, i), "a second 'silence'",
                            "one at most", NULL);
        has_silence = has_silence || out->alternatives[i].match == MATCH_SILENCE;
    }
    define_names(build, alternatives);
}

void step_take_expect(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    const struct document_value *list = document_member(value, "alternatives"),
                                *within = document_member(value, "within");
    step->expect.within_ms = value_time_ms(within, 0);
    step->expect.warm = scope_take(build, SCOPE_CONNECTION, document_member(value, "warm"));
    if (step->expect.within_ms > WITHIN_FAST_MS_MAX && !build->is_slow)
        document_reject(build->diagnostic, within, NULL, "at most 10s, or \"timing\": \"slow\"", NULL);
    alternatives_take(build, list ? list : value, &step->expect);
}

void step_take_check(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    alternatives_take(build, value, &step->expect);
}
