/* Steps from top to bottom: the order in which names come into being. */
#include <string.h>

#include "scenario/scenario_private.h"

static void take_repeat(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    step->repeat.times = value_unsigned(document_member(value, "times"), 1);
    build->repeats++;
    step->repeat.steps = steps_take(build, document_member(value, "steps"));
    build->repeats--;
}

/* A branch does not see what its siblings define; afterwards everything is seen. */
static void take_parallel(struct build *build, const struct document_value *value, struct scenario_step *step)
{
    struct scope_name *before = build->scope;
    step->parallel.count = document_count(value);
    step->parallel.branches = arena_take(build->arena, step->parallel.count, sizeof *step->parallel.branches);
    for (size_t i = 0; i < step->parallel.count; i++) {
        struct scope_name *mark = build->scope;
        step->parallel.branches[i] = steps_take(build, document_at(value, i));
        for (struct scope_name *entry = build->scope; entry != mark; entry = entry->next)
            entry->is_hidden = true;
    }
    for (struct scope_name *entry = build->scope; entry != before; entry = entry->next)
        entry->is_hidden = false;
}

static const struct verb {
    enum scenario_verb verb;
    void (*take)(struct build *build, const struct document_value *value, struct scenario_step *step);
} verbs[] = {
    {STEP_LISTEN, step_take_listen},
    {STEP_CONNECT, step_take_connect},
    {STEP_SEND, step_take_send},
    {STEP_EXPECT, step_take_expect},
    {STEP_CHECK, step_take_check},
    {STEP_STIMULATE, step_take_stimulate},
    {STEP_RESPOND, step_take_respond},
    {STEP_CLOSE, step_take_close},
    {STEP_CLOSE_PORT, step_take_close_port},
    {STEP_TELL, step_take_tell},
    {STEP_LOSE, step_take_lose},
    {STEP_RENEGOTIATE, step_take_renegotiate},
    {STEP_CHANGE_DNS, step_take_change_dns},
    {STEP_WAIT, step_take_wait},
    {STEP_REPEAT, take_repeat},
    {STEP_PARALLEL, take_parallel},
    {STEP_ACTOR_SEND, step_take_actor_send},
    {STEP_ACTOR_CLOSE, step_take_actor_close},
    {STEP_SOAK, step_take_soak},
    {STEP_OBSERVE, step_take_observe},
};

/* Whether nothing can come after this step. */
static bool step_is_last(const struct scenario_step *step)
{
    if (step->verb != STEP_EXPECT && step->verb != STEP_CHECK)
        return false;
    for (size_t i = 0; i < step->expect.count; i++)
        if (step->expect.alternatives[i].verdict == VERDICT_NONE)
            return false;
    return true;
}

struct scenario_steps steps_take(struct build *build, const struct document_value *steps)
{
    struct scenario_steps taken = {.count = document_count(steps)};
    taken.items = arena_take(build->arena, taken.count, sizeof *taken.items);
    for (size_t i = 0; i < taken.count && !build_failed(build); i++) {
        const struct document_value *value = document_at(steps, i);
        const char *name = document_key(value, 0);
        if (i > 0 && step_is_last(&taken.items[i - 1]))
            document_reject(build->diagnostic, value, "a step that is never reached",
                            "an alternative without verdict in the step before", NULL);
        taken.items[i].line = document_line(value);
        for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++) {
            if (strcmp(scenario_verb_name(verbs[v].verb), name) != 0)
                continue;
            taken.items[i].verb = verbs[v].verb;
            verbs[v].take(build, document_at(value, 0), &taken.items[i]);
        }
    }
    return taken;
}
