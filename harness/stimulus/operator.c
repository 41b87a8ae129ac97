/* A person: told the exact thing to do, what is waited for and how long, and what keys there are. Lines in,
 * lines out, so that a plain terminal will do, and a script. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stimulus/keys.h"
#include "stimulus/stimulus_private.h"

enum { COUNTDOWN_MS = 10000 };

struct console {
    struct loop_poll *poll;
    struct loop_timer *countdown;
    struct stimulus *asked; /* the one that is being asked */
    struct keys keys;
    uint64_t until_ms;
    unsigned long number;
    bool is_over; /* the input has ended */
};
struct question {
    unsigned long number;
};

static void say(const struct stimulator *stimulator, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct stimulator *stimulator, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vdprintf(stimulator->options.console.out_fd, format, arguments);
    va_end(arguments);
}

static void ask(struct stimulus *stimulus)
{
    struct stimulator *stimulator = stimulus->stimulator;
    struct console *console = stimulator->console;
    const char *instruction = document_string(document_member(stimulator->recipe, "instruction"));
    char *text = stimulus_render(stimulus, instruction);

    if (!text)
        return;
    say(stimulator,
        "\n[%lu] %s\n"
        "    waited for: %s, within %.0f s\n"
        "    keys: Enter  done, go on waiting a little    r  show it again, the time begins anew\n"
        "          s  skip this one                       n  the device cannot do this\n",
        stimulus->question->number, text, stimulus->awaited, (double)stimulator->timeout_ms / 1000.0);
    free(text);
    console->until_ms = loop_now_ms(stimulator->options.loop) + stimulator->timeout_ms;
    loop_timer_start(stimulus->timer, stimulator->timeout_ms);
    loop_timer_start(console->countdown, COUNTDOWN_MS);
}

static void on_countdown(struct loop_timer *timer, void *arg)
{
    struct stimulator *stimulator = arg;
    const struct console *console = stimulator->console;
    uint64_t now_ms = loop_now_ms(stimulator->options.loop);

    if (!console->asked || now_ms >= console->until_ms)
        return;
    say(stimulator, "    %llu s left\n", (unsigned long long)(console->until_ms - now_ms + 999) / 1000);
    loop_timer_start(timer, COUNTDOWN_MS);
}

static void take_key(struct stimulator *stimulator, enum key key, const char *line)
{
    struct stimulus *stimulus = stimulator->console->asked;

    if (!stimulus)
        return; /* it has arrived already */
    switch (key) {
    case KEY_DONE:
        stimulus_enter(stimulus, STIMULUS_DONE, "The operator says that it was done");
        break;
    case KEY_SKIP:
        stimulus_enter(stimulus, STIMULUS_SKIPPED, "The operator skipped it");
        break;
    case KEY_CANNOT:
        stimulus_enter(stimulus, STIMULUS_CANNOT, "The operator says that the device cannot do this");
        break;
    case KEY_AGAIN:
        ask(stimulus);
        break;
    case KEY_UNKNOWN:
        say(stimulator, "    '%s' is no key here: Enter, r, s or n\n", line);
        break;
    }
}

static void end_input(struct stimulator *stimulator)
{
    struct console *console = stimulator->console;

    console->is_over = true;
    loop_poll_set(console->poll, 0);
    if (console->asked)
        stimulus_enter(console->asked, STIMULUS_FAILED, "Nobody is at the operator's console any more");
}

static void on_input(struct loop_poll *poll, int events, void *arg)
{
    struct stimulator *stimulator = arg;
    struct console *console = stimulator->console;
    char bytes[256];
    ssize_t size = read(stimulator->options.console.in_fd, bytes, sizeof bytes);

    (void)poll;
    (void)events;
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
        end_input(stimulator);
        return;
    }
    for (ssize_t i = 0; i < size; i++) {
        char line[KEYS_LINE_MAX];
        enum key key;

        if (keys_push(&console->keys, bytes[i], &key, line))
            take_key(stimulator, key, line);
    }
}

bool console_open(struct stimulator *stimulator)
{
    struct console *console = calloc(1, sizeof *console);

    stimulator->console = console;
    if (!console)
        return false;
    console->countdown = loop_timer_new(stimulator->options.loop, on_countdown, stimulator);
    console->is_over = stimulator->options.console.in_fd < 0;
    if (!console->is_over) {
        console->poll =
            loop_poll_new(stimulator->options.loop, stimulator->options.console.in_fd, on_input, stimulator);
        /* A plain file cannot be watched, and /dev/null says nothing anyway. */
        console->is_over = console->poll == NULL;
    }
    if (console->poll)
        loop_poll_set(console->poll, LOOP_READABLE);
    return console->countdown != NULL;
}

void console_close(struct stimulator *stimulator)
{
    struct console *console = stimulator->console;

    if (!console)
        return;
    loop_poll_free(console->poll);
    loop_timer_free(console->countdown);
    free(console);
    stimulator->console = NULL;
}

bool question_begin(struct stimulus *stimulus)
{
    struct console *console = stimulus->stimulator->console;

    if (console->is_over) {
        stimulus_enter(stimulus, STIMULUS_FAILED,
                       "Nobody is at the operator's console: run it on a terminal, or with --operator FILE");
        return false;
    }
    stimulus->question = calloc(1, sizeof *stimulus->question);
    if (!stimulus->question)
        return false;
    stimulus->question->number = ++console->number;
    console->asked = stimulus;
    snprintf(stimulus->text, sizeof stimulus->text, "The operator is being asked");
    ask(stimulus);
    return true;
}

void question_expire(struct stimulus *stimulus)
{
    stimulus_enter(stimulus, STIMULUS_DONE, "The operator was asked, and %.0f s passed",
                   (double)stimulus->stimulator->timeout_ms / 1000.0);
}

void question_end(struct stimulus *stimulus)
{
    struct console *console = stimulus->stimulator->console;

    if (stimulus->question && console && console->asked == stimulus) {
        console->asked = NULL;
        loop_timer_stop(console->countdown);
    }
    free(stimulus->question);
    stimulus->question = NULL;
}
