#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void outcome_fini(struct outcome *outcome)
{
    free(outcome->reason);
    free(outcome->because);
    free(outcome->requirement);
    for (size_t i = 0; i < outcome->field_count; i++)
        free(outcome->fields[i]);
    free(outcome->fields);
    memset(outcome, 0, sizeof *outcome);
}

void observations_free(struct observation *observations)
{
    while (observations) {
        struct observation *next = observations->next;

        free(observations->name);
        free(observations->value);
        free(observations);
        observations = next;
    }
}

/* The last word counts: a scenario may observe "no" first and "yes" later. */
static bool is_made(const struct observation *observations, const char *name)
{
    static const char *const negative[] = {"", "no", "false", "0"};
    const char *value = NULL;

    for (const struct observation *o = observations; o; o = o->next)
        if (!strcmp(o->name, name))
            value = o->value;
    if (!value)
        return false;
    for (size_t i = 0; i < sizeof negative / sizeof *negative; i++)
        if (!strcasecmp(value, negative[i]))
            return false;
    return true;
}

enum control_state verdict_control_state(const struct outcome *control,
                                         const struct observation *observations, const char *shows)
{
    if (!control || control->verdict == VERDICT_NONE)
        return CONTROL_UNDECIDED;
    if (is_made(observations, shows))
        return CONTROL_SHOWN;
    switch (control->verdict) {
    case VERDICT_INCONCLUSIVE:
    case VERDICT_ERROR:
        return CONTROL_UNDECIDED;
    case VERDICT_NONE:
    case VERDICT_PASS:
    case VERDICT_FAIL:
    case VERDICT_NOT_APPLICABLE:
        break;
    }
    return CONTROL_NOT_SHOWN;
}

static void set_reason(struct outcome *outcome, char *reason)
{
    free(outcome->reason);
    outcome->reason = reason;
}

static void resolve_pass(struct outcome *outcome, enum control_state control, const char *control_id,
                         const char *shows)
{
    if (control == CONTROL_NONE || control == CONTROL_SHOWN)
        return;
    outcome->is_exercised = false;
    set_reason(
        outcome,
        control == CONTROL_NOT_SHOWN
            ? text_format("Not exercised: the control %s did not show \"%s\".", control_id, shows)
            : text_format("Not exercised: the control %s came to no decision on \"%s\".", control_id, shows));
}

static void resolve_conditional_fail(struct outcome *outcome, enum control_state control,
                                     const char *control_id, const char *shows)
{
    char *found = outcome->reason;

    if (control == CONTROL_SHOWN)
        return;
    outcome->reason = NULL;
    free(outcome->requirement);
    outcome->requirement = NULL;
    if (control == CONTROL_UNDECIDED) {
        outcome->verdict = VERDICT_INCONCLUSIVE;
        set_reason(outcome,
                   text_format("The control %s came to no decision on \"%s\", so this does not count: %s",
                               control_id, shows, found ? found : ""));
    } else {
        outcome->verdict = VERDICT_PASS;
        outcome->is_exercised = false;
        set_reason(outcome, text_format("Not exercised: %s; but the control %s did not show \"%s\" either.",
                                        found ? found : "", control_id, shows));
    }
    free(found);
}

void verdict_resolve(struct outcome *outcome, enum control_state control, const char *control_id,
                     const char *shows)
{
    outcome->is_exercised = true;
    switch (outcome->verdict) {
    case VERDICT_PASS:
        resolve_pass(outcome, control, control_id, shows);
        break;
    case VERDICT_FAIL:
        /* Without a control there is nothing that the fail could depend on. */
        if (outcome->only_with_control && control != CONTROL_NONE)
            resolve_conditional_fail(outcome, control, control_id, shows);
        break;
    case VERDICT_NONE:
    case VERDICT_INCONCLUSIVE:
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_ERROR:
        break;
    }
}
