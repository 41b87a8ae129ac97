/* The words of files and reports. */
#include "scenario/scenario_private.h"

const char *requirement_level_name(enum requirement_level level)
{
    switch (level) {
    case LEVEL_MUST:
        return "MUST";
    case LEVEL_SHOULD:
        return "SHOULD";
    case LEVEL_MAY:
        return "MAY";
    case LEVEL_SEED:
        return "seed";
    case LEVEL_OBS:
        return "obs";
    }
    return "?";
}

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_NONE:
        return "none";
    case VERDICT_PASS:
        return "pass";
    case VERDICT_FAIL:
        return "fail";
    case VERDICT_INCONCLUSIVE:
        return "inconclusive";
    case VERDICT_NOT_APPLICABLE:
        return "not-applicable";
    case VERDICT_ERROR:
        return "error";
    }
    return "?";
}

const char *scenario_verb_name(enum scenario_verb verb)
{
    switch (verb) {
    case STEP_LISTEN:
        return "listen";
    case STEP_CONNECT:
        return "connect";
    case STEP_SEND:
        return "send";
    case STEP_EXPECT:
        return "expect";
    case STEP_CHECK:
        return "check";
    case STEP_STIMULATE:
        return "stimulate";
    case STEP_RESPOND:
        return "respond";
    case STEP_CLOSE:
        return "close";
    case STEP_CLOSE_PORT:
        return "close-port";
    case STEP_TELL:
        return "tell";
    case STEP_LOSE:
        return "lose";
    case STEP_RENEGOTIATE:
        return "renegotiate";
    case STEP_CHANGE_DNS:
        return "change-dns";
    case STEP_WAIT:
        return "wait";
    case STEP_REPEAT:
        return "repeat";
    case STEP_PARALLEL:
        return "parallel";
    case STEP_ACTOR_SEND:
        return "actor-send";
    case STEP_ACTOR_CLOSE:
        return "actor-close";
    case STEP_SOAK:
        return "soak";
    case STEP_OBSERVE:
        return "observe";
    }
    return "?";
}
