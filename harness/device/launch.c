/* With what words and in what environment a device's program is started. */
#include "device/device_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const struct document_value *start_member(const struct device_profile *profile, const char *name)
{
    return document_member(document_member(document_root(profile->document), "start"), name);
}

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* The sandbox's words, then the profile's with the program's full path. */
static char **make_argv(const struct device_profile *profile, const char *const *prefix,
                        const struct device_values *values, char *error, size_t error_size_bytes)
{
    const struct document_value *words = start_member(profile, "argv");
    size_t count = 0;
    while (prefix[count])
        count++;
    char **argv = calloc(count + document_count(words) + 1, sizeof *argv);
    for (size_t i = 0; argv && i < count; i++)
        argv[i] = strdup(prefix[i]);
    for (size_t i = 0; argv && i < document_count(words); i++) {
        const char *text = document_string(document_at(words, i));
        char *word = device_word_render(text, values, error, error_size_bytes);
        char *program = word && i == 0 ? device_program_find(word) : NULL;
        if (i == 0 && word && !program && device_is_available(profile, error, error_size_bytes))
            snprintf(error, error_size_bytes, "the program %s is not there", word);
        argv[count + i] = i == 0 ? program : word;
        if (i == 0)
            free(word);
        if (!argv[count + i]) {
            free_words(argv);
            return NULL;
        }
    }
    return argv;
}

static char **make_environment(const struct device_profile *profile, const struct device_values *values)
{
    const struct document_value *own = start_member(profile, "environment");
    size_t count = 0;
    char error[DIAGNOSTIC_TEXT_MAX];
    char **environment = calloc(document_count(own) + 1, sizeof *environment);
    for (size_t i = 0; environment && i < document_count(own); i++) {
        char *value = device_word_render(document_string(document_at(own, i)), values, error, sizeof error);
        if (value && asprintf(&environment[count], "%s=%s", document_key(own, i), value) >= 0)
            count++;
        free(value);
    }
    return environment;
}

/* getenv() takes the first of two: what the profile sets goes before what is inherited. */
static const char **join_environment(char *const *own)
{
    size_t own_count = 0, count = 0;
    while (own[own_count])
        own_count++;
    while (environ[count])
        count++;
    const char **all = calloc(own_count + count + 1, sizeof *all);
    for (size_t i = 0; all && i < own_count; i++)
        all[i] = own[i];
    for (size_t i = 0; all && i < count; i++)
        all[own_count + i] = environ[i];
    return all;
}

bool device_launch_init(struct device_launch *launch, const struct device_profile *profile,
                        const char *const *prefix, const struct device_values *values, char *error,
                        size_t error_size_bytes)
{
    memset(launch, 0, sizeof *launch);
    launch->argv = make_argv(profile, prefix, values, error, error_size_bytes);
    launch->own = launch->argv ? make_environment(profile, values) : NULL;
    launch->environment = launch->own ? join_environment(launch->own) : NULL;
    if (launch->environment)
        return true;
    if (launch->argv)
        snprintf(error, error_size_bytes, "out of memory");
    device_launch_fini(launch);
    return false;
}

void device_launch_fini(struct device_launch *launch)
{
    free(launch->environment);
    free_words(launch->own);
    free_words(launch->argv);
}
