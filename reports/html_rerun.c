/* The command that runs one variant again, from the command of the run that the journal holds. */
#include <stdlib.h>
#include <string.h>

#include "reports/html.h"

enum rerun_option { RERUN_KEPT, RERUN_KEPT_VALUE, RERUN_DROPPED, RERUN_DROPPED_VALUE };

/* Options of `sipreuse run` and what becomes of them. One that is not listed is kept, its value too. */
static const struct {
    const char *name;
    char letter; /* 0: none */
    enum rerun_option kind;
} rerun_options[] = {
    {"strict", 0, RERUN_KEPT},
    {"all-variants", 0, RERUN_KEPT},
    {"plan", 0, RERUN_DROPPED},
    {"fail-fast", 0, RERUN_DROPPED},
    {"verbose", 'v', RERUN_DROPPED},
    {"no-pcap", 0, RERUN_DROPPED},
    {"no-reports", 0, RERUN_DROPPED},
    {"out", 'o', RERUN_DROPPED_VALUE},
    {"jobs", 'j', RERUN_DROPPED_VALUE},
    {"rerun-failed", 0, RERUN_DROPPED_VALUE},
    {"repeat", 0, RERUN_DROPPED_VALUE},
    {"device", 'd', RERUN_KEPT_VALUE},
    {"suite", 's', RERUN_KEPT_VALUE},
    {"baseline", 'b', RERUN_KEPT_VALUE},
    {"transport", 0, RERUN_KEPT_VALUE},
    {"ip", 0, RERUN_KEPT_VALUE},
    {"sandbox", 0, RERUN_KEPT_VALUE},
    {"timeout-scale", 0, RERUN_KEPT_VALUE},
    {"seed", 0, RERUN_KEPT_VALUE},
    {"scenarios", 0, RERUN_KEPT_VALUE},
    {"suites", 0, RERUN_KEPT_VALUE},
    {"devices", 0, RERUN_KEPT_VALUE},
    {"device-fault", 0, RERUN_KEPT_VALUE},
};

static enum rerun_option rerun_kind(const char *word)
{
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < sizeof rerun_options / sizeof *rerun_options; i++) {
        const char *name = rerun_options[i].name;
        bool is_long = strncmp(word, "--", 2) == 0 && length - 2 == strlen(name) &&
                       strncmp(word + 2, name, length - 2) == 0;
        bool is_short = rerun_options[i].letter && word[1] == rerun_options[i].letter;
        if (is_long || is_short)
            return rerun_options[i].kind;
    }
    return RERUN_KEPT_VALUE;
}

/* As a shell takes it: plain where that is safe, else in single quotes. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-";
    fputc(' ', out);
    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
    fputc('\'', out);
}

/* The value of an option: in its own word, or the next one. Returns the index of the last word taken. */
static size_t put_option(FILE *out, const json_t *command, size_t at)
{
    const char *word = json_string_value(json_array_get(command, at));
    const char *next = json_string_value(json_array_get(command, at + 1));
    enum rerun_option kind = rerun_kind(word);
    bool takes_value = kind == RERUN_KEPT_VALUE || kind == RERUN_DROPPED_VALUE;
    bool has_own_value = strncmp(word, "--", 2) == 0 ? strchr(word, '=') != NULL : word[2] != '\0';
    bool is_next_value = takes_value && !has_own_value && next && next[0] != '-';
    if (kind == RERUN_KEPT || kind == RERUN_KEPT_VALUE) {
        put_word(out, word);
        if (is_next_value)
            put_word(out, next);
    }
    return at + is_next_value;
}

char *html_rerun_command(const struct report *report, const struct report_entry *entry)
{
    const json_t *command = json_object_get(report->run, "command");
    const json_t *seed = json_object_get(report->run, "seed");
    char *text = NULL, selector[1024];
    size_t size_bytes = 0;
    bool has_seed = false;
    if (json_array_size(command) < 2)
        return NULL;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return NULL;
    fputs("sipreuse run", out);
    for (size_t i = 2; i < json_array_size(command); i++) {
        const char *word = json_string_value(json_array_get(command, i));
        if (!word || word[0] != '-' || !word[1])
            continue; /* selectors of that run */
        has_seed |= strncmp(word, "--seed", 6) == 0;
        i = put_option(out, command, i);
    }
    if (!has_seed && seed)
        fprintf(out, " --seed %lld", (long long)json_integer_value(seed));
    snprintf(selector, sizeof selector, "%s:%s", entry->id, entry->variant);
    put_word(out, selector);
    fclose(out);
    return text;
}
