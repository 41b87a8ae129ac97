/* Does a variant need the default ports? Across a network the hosts of many scenarios share an address and
 * are told apart by ports that the run chooses: SRV records carry them. A name without SRV records, a numeric
 * URI without a port, a port that the scenario writes itself, cannot be told so. What is not understood here
 * counts as such a need: the scenario is then not applicable, and nothing wrong is said about the device. */
#include "run/run_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 256, TYPE_MAX_BYTES = 16 };

/* What a variant's texts say. */
struct survey {
    const struct scenario_variant *variant;
    bool has_listener, needs_default;
};

/* "NAME [TTL] [IN] TYPE DATA" of a zone line: the owner, the type, the rest. Zone lines are checked when the
 * scenario is loaded. */
static bool read_line(const char *line, char owner[NAME_MAX_BYTES], char type[TYPE_MAX_BYTES],
                      const char **data)
{
    int at = 0;

    if (sscanf(line, "%255s %n", owner, &at) != 1)
        return false;
    for (line += at; sscanf(line, "%15s %n", type, &at) == 1; line += at) {
        if (isdigit((unsigned char)*type) || !strcmp(type, "IN"))
            continue;
        *data = line + at;
        return true;
    }
    return false;
}

static bool is_srv_target(const struct survey *survey, const char *name)
{
    char owner[NAME_MAX_BYTES], type[TYPE_MAX_BYTES], target[NAME_MAX_BYTES];
    const char *data;

    for (size_t i = 0; i < survey->variant->dns.count; i++)
        if (read_line(survey->variant->dns.items[i], owner, type, &data) && !strcmp(type, "SRV") &&
            sscanf(data, "%*s %*s %*s %255s", target) == 1 && !strcmp(target, name))
            return true;
    return false;
}

static void survey_line(struct survey *survey, const char *line)
{
    char owner[NAME_MAX_BYTES], type[TYPE_MAX_BYTES];
    unsigned port;
    const char *data;

    if (!read_line(line, owner, type, &data)) {
        survey->needs_default = true;
        return;
    }
    if (!strcmp(type, "SRV"))
        survey->needs_default |= sscanf(data, "%*s %*s %u", &port) == 1 && port > 0;
    else if (!strcmp(type, "{A}") || !strcmp(type, "A") || !strcmp(type, "AAAA"))
        survey->needs_default |= !is_srv_target(survey, owner);
    else /* an alias of a name, say, whose target is not followed here */
        survey->needs_default |= strcmp(type, "NAPTR") != 0 && strcmp(type, "TXT") != 0;
}

/* A URI, a sent-by, a header's value, raw bytes: a literal port, or an address of ours without any. */
static void survey_text(struct survey *survey, const char *text)
{
    for (const char *at = text; at && *at; at++) {
        if (*at == ':' && strspn(at + 1, "0123456789") >= 4)
            survey->needs_default = true;
        if (!strncmp(at, ".uri}", 5) && at[5] != ':' && !(at - text >= 4 && !strncmp(at - 4, "{dut", 4)))
            survey->needs_default = true;
    }
}

static void survey_message(struct survey *survey, const struct scenario_message *message)
{
    survey_text(survey, message->uri);
    survey_text(survey, message->sent_by);
    for (size_t i = 0; i < message->routes.count; i++)
        survey_text(survey, message->routes.items[i]);
    for (size_t i = 0; i < message->lower_vias.count; i++)
        survey_text(survey, message->lower_vias.items[i]);
    for (size_t i = 0; i < message->header_count; i++)
        survey_text(survey, message->headers[i].value);
}

static void survey_steps(struct survey *survey, const struct scenario_steps *steps);

static void survey_expect(struct survey *survey, const struct step_expect *expect)
{
    for (size_t i = 0; i < expect->count; i++)
        survey_text(survey, expect->alternatives[i].contact);
}

static void survey_step(struct survey *survey, const struct scenario_step *step)
{
    switch (step->verb) {
    case STEP_LISTEN:
        survey->has_listener = true;
        survey->needs_default |= step->listen.has_port;
        break;
    case STEP_SEND:
        survey_message(survey, &step->send.message);
        survey_text(survey, step->send.raw);
        break;
    case STEP_STIMULATE:
        survey_message(survey, &step->stimulate.message);
        break;
    case STEP_EXPECT:
    case STEP_CHECK:
        survey_expect(survey, &step->expect);
        break;
    case STEP_RESPOND:
        survey_text(survey, step->respond.sent_by);
        break;
    case STEP_CHANGE_DNS:
        for (size_t i = 0; i < step->change_dns.add.count; i++)
            survey_line(survey, step->change_dns.add.items[i]);
        break;
    case STEP_ACTOR_SEND:
        survey_text(survey, step->actor_send.uri);
        break;
    case STEP_REPEAT:
        survey_steps(survey, &step->repeat.steps);
        break;
    case STEP_PARALLEL:
        for (size_t i = 0; i < step->parallel.count; i++)
            survey_steps(survey, &step->parallel.branches[i]);
        break;
    case STEP_CONNECT:
    case STEP_CLOSE:
    case STEP_CLOSE_PORT:
    case STEP_TELL:
    case STEP_LOSE:
    case STEP_RENEGOTIATE:
    case STEP_WAIT:
    case STEP_ACTOR_CLOSE:
    case STEP_SOAK:
    case STEP_OBSERVE:
        break;
    }
}

static void survey_steps(struct survey *survey, const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        survey_step(survey, &steps->items[i]);
}

bool plan_needs_default_ports(const struct scenario_variant *variant)
{
    struct survey survey = {.variant = variant, .has_listener = variant->actor_count > 0};

    survey_steps(&survey, &variant->steps);
    for (size_t i = 0; i < variant->dns.count; i++)
        survey_line(&survey, variant->dns.items[i]);
    /* Where nobody listens, nothing of ours has to be found. */
    return survey.has_listener && survey.needs_default;
}
