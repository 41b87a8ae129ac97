/* Whose turn it is, and how long. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/stimulus_private.h"

/* How each kind asks. The others make the device send by SIP alone, which is not the business of this folder.
 */
static const struct way {
    bool (*begin)(struct stimulus *stimulus);
    void (*expire)(struct stimulus *stimulus);
    void (*end)(struct stimulus *stimulus);
} ways[] = {[DEVICE_COMMAND] = {command_begin, command_expire, command_end},
            [DEVICE_HTTP] = {exchange_begin, exchange_expire, exchange_end},
            [DEVICE_OPERATOR] = {question_begin, question_expire, question_end},
            [DEVICE_NO_STIMULUS] = {NULL, NULL, NULL}};

static const struct way *way_of(const struct stimulus *stimulus)
{
    return &ways[stimulus->stimulator->options.profile->stimulus_kind];
}

static bool begin(struct stimulus *stimulus)
{
    const struct way *way = way_of(stimulus);

    return way->begin && way->begin(stimulus);
}

static void expire(struct stimulus *stimulus)
{
    const struct way *way = way_of(stimulus);

    if (way->expire)
        way->expire(stimulus);
}

static void end(struct stimulus *stimulus)
{
    const struct way *way = way_of(stimulus);

    if (way->end)
        way->end(stimulus);
}

/* ---- turns */

static void on_time(struct loop_timer *timer, void *arg)
{
    (void)timer;
    expire(arg);
}

static void on_turn(struct loop_timer *timer, void *arg)
{
    struct stimulator *stimulator = arg;
    size_t under_way = 0;

    for (struct stimulus *s = stimulator->first; s; s = s->next)
        under_way += s->state == STIMULUS_UNDER_WAY;
    for (struct stimulus *s = stimulator->first; s && under_way < stimulator->at_once; s = s->next) {
        if (s->state != STIMULUS_WAITING)
            continue;
        s->state = STIMULUS_UNDER_WAY;
        loop_timer_start(s->timer, stimulator->timeout_ms);
        loop_timer_start(timer, 0); /* the callback may free any of them: the list is looked at anew */
        if (begin(s) && s->state == STIMULUS_UNDER_WAY)
            s->on_change(s, s->arg);
        return;
    }
}

void stimulus_enter(struct stimulus *stimulus, enum stimulus_state state, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(stimulus->text, sizeof stimulus->text, format, arguments);
    va_end(arguments);
    for (char *c = stimulus->text; *c; c++) /* what a program or a server wrote is in it */
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    end(stimulus);
    loop_timer_stop(stimulus->timer);
    loop_timer_start(stimulus->stimulator->turn, 0);
    stimulus->state = state;
    stimulus->on_change(stimulus, stimulus->arg);
}

char *stimulus_render(struct stimulus *stimulus, const char *text)
{
    char error[STIMULUS_TEXT_MAX];
    char *rendered =
        device_text_render(text, stimulus->settings, stimulus->setting_count, error, sizeof error);

    if (!rendered)
        stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's stimulus: %s", error);
    return rendered;
}

/* ---- life */

static uint64_t milliseconds(const struct document_value *seconds, uint64_t fallback_ms)
{
    return seconds ? (uint64_t)(document_real(seconds) * 1000) : fallback_ms;
}

struct stimulator *stimulator_new(const struct stimulator_options *options, char *error,
                                  size_t error_size_bytes)
{
    struct stimulator *stimulator = calloc(1, sizeof *stimulator);
    bool is_operator = options->profile->stimulus_kind == DEVICE_OPERATOR, is_good;

    snprintf(error, error_size_bytes, "out of memory");
    if (!stimulator)
        return NULL;
    stimulator->options = *options;
    stimulator->recipe = document_member(document_root(options->profile->document), "stimulus");
    stimulator->turn = loop_timer_new(options->loop, on_turn, stimulator);
    stimulator->timeout_ms = milliseconds(document_member(stimulator->recipe, "timeout_s"),
                                          is_operator ? STIMULUS_OPERATOR_MS : STIMULUS_MS);
    stimulator->at_once = (size_t)document_integer(document_member(stimulator->recipe, "at_once"));
    if (!stimulator->at_once)
        stimulator->at_once = is_operator ? 1 : STIMULUS_AT_ONCE;
    is_good = stimulator->turn != NULL;
    if (is_good && options->profile->stimulus_kind == DEVICE_HTTP)
        is_good = web_open(stimulator);
    if (is_good && is_operator)
        is_good = console_open(stimulator);
    if (is_good)
        return stimulator;
    stimulator_free(stimulator);
    return NULL;
}

void stimulator_free(struct stimulator *stimulator)
{
    if (!stimulator)
        return;
    while (stimulator->first)
        stimulus_free(stimulator->first);
    web_close(stimulator);
    console_close(stimulator);
    loop_timer_free(stimulator->turn);
    free(stimulator);
}

static bool copy_settings(struct stimulus *stimulus, const struct device_setting *own, size_t own_count)
{
    const struct stimulator_options *options = &stimulus->stimulator->options;
    const struct device_setting places[] = {{"folder", options->profile->folder},
                                            {"config", options->config_dir},
                                            {"scratch", sandbox_scratch(options->sandbox)},
                                            {"self", sandbox_program(options->sandbox)}};
    const size_t place_count = sizeof places / sizeof *places;
    struct device_setting *all = calloc(own_count + place_count + options->setting_count, sizeof *all);

    stimulus->settings = all;
    if (!all)
        return false;
    for (size_t i = 0; i < own_count; i++) {
        all[i].name = own[i].name;
        all[i].value = strdup(own[i].value ? own[i].value : "");
        stimulus->own_count++;
        if (!all[i].value)
            return false;
    }
    for (size_t i = 0; i < place_count; i++)
        all[own_count + i] = places[i];
    for (size_t i = 0; i < options->setting_count; i++)
        all[own_count + place_count + i] = options->settings[i];
    stimulus->setting_count = own_count + place_count + options->setting_count;
    return true;
}

struct stimulus *stimulus_new(struct stimulator *stimulator, const struct device_setting *settings,
                              size_t setting_count, const char *awaited,
                              void (*on_change)(struct stimulus *stimulus, void *arg), void *arg)
{
    struct stimulus *stimulus = calloc(1, sizeof *stimulus);
    struct stimulus **last = &stimulator->first;

    if (!stimulus)
        return NULL;
    while (*last)
        last = &(*last)->next;
    *last = stimulus;
    stimulus->stimulator = stimulator;
    stimulus->on_change = on_change;
    stimulus->arg = arg;
    stimulus->awaited = strdup(awaited);
    stimulus->timer = loop_timer_new(stimulator->options.loop, on_time, stimulus);
    snprintf(stimulus->text, sizeof stimulus->text, "It waits for its turn");
    if (!stimulus->awaited || !stimulus->timer || !copy_settings(stimulus, settings, setting_count)) {
        stimulus_free(stimulus);
        return NULL;
    }
    loop_timer_start(stimulator->turn, 0);
    return stimulus;
}

enum stimulus_state stimulus_state(const struct stimulus *stimulus)
{
    return stimulus->state;
}

const char *stimulus_text(const struct stimulus *stimulus)
{
    return stimulus->text;
}

void stimulus_arrived(struct stimulus *stimulus)
{
    if (stimulus->stimulator->options.profile->stimulus_kind == DEVICE_OPERATOR &&
        (stimulus->state == STIMULUS_UNDER_WAY || stimulus->state == STIMULUS_WAITING))
        stimulus_enter(stimulus, STIMULUS_DONE, "The operator was asked, and it arrived");
}

void stimulus_free(struct stimulus *stimulus)
{
    struct stimulus **at;

    if (!stimulus)
        return;
    at = &stimulus->stimulator->first;
    while (*at && *at != stimulus)
        at = &(*at)->next;
    if (*at)
        *at = stimulus->next;
    end(stimulus);
    if (stimulus->stimulator->turn)
        loop_timer_start(stimulus->stimulator->turn, 0);
    loop_timer_free(stimulus->timer);
    for (size_t i = 0; i < stimulus->own_count; i++)
        free((void *)(uintptr_t)stimulus->settings[i].value); /* const for who reads it, ours to free */
    free(stimulus->settings);
    free(stimulus->awaited);
    free(stimulus);
}
