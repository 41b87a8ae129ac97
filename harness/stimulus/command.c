/* A program on the device's host, once for each request that is wanted. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/stimulus_private.h"

enum { EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127, WORDS_MAX = 64 };
extern char **environ;

struct command {
    struct loop_process *process;
    char line[STIMULUS_LINE_MAX]; /* of its output, as it comes */
    size_t length;
    char last[STIMULUS_LINE_MAX]; /* the last whole one that was not empty */
};

static void take_line(struct stimulus *stimulus)
{
    struct command *command = stimulus->command;
    const struct stimulator_options *options = &stimulus->stimulator->options;

    command->line[command->length] = '\0';
    if (options->on_output && command->length)
        options->on_output(command->line, options->arg);
    if (command->length)
        memcpy(command->last, command->line, command->length + 1);
    command->length = 0;
}

static void on_output(struct loop_process *process, const char *bytes, size_t size_bytes, void *arg)
{
    struct stimulus *stimulus = arg;
    struct command *command = stimulus->command;

    (void)process;
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] == '\n' || command->length == sizeof command->line - 1)
            take_line(stimulus);
        if (bytes[i] != '\n')
            command->line[command->length++] = bytes[i] ? bytes[i] : '?';
    }
}

static void on_exit_of_process(struct loop_process *process, int exit_status, int term_signal, void *arg)
{
    struct stimulus *stimulus = arg;
    char last[160], how[64];
    bool was_run = exit_status != EXIT_NOT_RUN && exit_status != EXIT_NOT_FOUND;

    (void)process;
    take_line(stimulus);
    snprintf(last, sizeof last, "%.*s", (int)sizeof last - 1, stimulus->command->last);
    snprintf(how, sizeof how, term_signal ? "was ended by signal %d" : "ended with exit status %d",
             term_signal ? term_signal : exit_status);
    stimulus_enter(stimulus, was_run || term_signal ? STIMULUS_DONE : STIMULUS_FAILED,
                   "The profile's command %s%s%s", how, *last ? "; its last words: " : "", last);
}

/* ---- words */

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static char *render_program(struct stimulus *stimulus, const char *text)
{
    char *word = stimulus_render(stimulus, text), *program;

    if (!word)
        return NULL;
    program = device_program_find(word);
    if (!program)
        stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's command %s is not there", word);
    free(word);
    return program;
}

static char **make_argv(struct stimulus *stimulus)
{
    const struct document_value *words = document_member(stimulus->stimulator->recipe, "argv");
    const char *const *prefix = sandbox_device_prefix(stimulus->stimulator->options.sandbox);
    size_t count = 0;
    char **argv;

    while (prefix[count])
        count++;
    argv = calloc(count + WORDS_MAX + 1, sizeof *argv);
    for (size_t i = 0; argv && i < count; i++)
        argv[i] = strdup(prefix[i]);
    for (size_t i = 0; argv && i < document_count(words) && i < WORDS_MAX; i++) {
        const char *text = document_string(document_at(words, i));

        argv[count + i] = i ? stimulus_render(stimulus, text) : render_program(stimulus, text);
        if (!argv[count + i]) {
            free_words(argv);
            return NULL;
        }
    }
    return argv;
}

/* What the profile sets goes before what is inherited: getenv() takes the first of two. */
static char **make_environment(struct stimulus *stimulus)
{
    const struct document_value *own = document_member(stimulus->stimulator->recipe, "environment");
    size_t inherited = 0, count = 0;
    char **all;

    while (environ[inherited])
        inherited++;
    all = calloc(document_count(own) + inherited + 1, sizeof *all);
    for (size_t i = 0; all && i < document_count(own); i++) {
        char *value = stimulus_render(stimulus, document_string(document_at(own, i)));

        if (!value || asprintf(&all[count++], "%s=%s", document_key(own, i), value) < 0) {
            free(value);
            free_words(all);
            return NULL;
        }
        free(value);
    }
    for (size_t i = 0; all && i < inherited; i++)
        all[count++] = strdup(environ[i]);
    return all;
}

bool command_begin(struct stimulus *stimulus)
{
    const struct stimulator_options *options = &stimulus->stimulator->options;
    char **argv = make_argv(stimulus), **environment = argv ? make_environment(stimulus) : NULL;
    struct loop_process_options process = {.argv = (const char *const *)argv,
                                           .env = (const char *const *)environment,
                                           .cwd = sandbox_scratch(options->sandbox),
                                           .on_output = on_output,
                                           .on_exit = on_exit_of_process,
                                           .arg = stimulus};
    int error_number = 0;
    bool is_begun = false;

    if (environment)
        stimulus->command = calloc(1, sizeof *stimulus->command);
    if (environment && stimulus->command) {
        stimulus->command->process = loop_process_spawn(options->loop, &process, &error_number);
        is_begun = stimulus->command->process != NULL;
        if (is_begun) {
            sandbox_adopt(options->sandbox, loop_process_pid(stimulus->command->process));
            snprintf(stimulus->text, sizeof stimulus->text, "The profile's command still runs");
        } else {
            stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's command cannot be started: %s",
                           strerror(error_number));
        }
    }
    free_words(environment);
    free_words(argv);
    return is_begun;
}

void command_expire(struct stimulus *stimulus)
{
    stimulus_enter(stimulus, STIMULUS_DONE, "The profile's command was ended after %.1f s",
                   (double)stimulus->stimulator->timeout_ms / 1000.0);
}

void command_end(struct stimulus *stimulus)
{
    struct command *command = stimulus->command;

    if (command && command->process) {
        sandbox_release(stimulus->stimulator->options.sandbox, loop_process_pid(command->process));
        loop_process_free(command->process);
    }
    free(command);
    stimulus->command = NULL;
}
