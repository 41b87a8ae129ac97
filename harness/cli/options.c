#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int cli_fail(int status, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    fflush(stdout);
    fprintf(stderr, "sipreuse: %s\n", text);
    return status;
}

int cli_fail_file(const struct diagnostic *diagnostic)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", diagnostic->text);
    return CLI_USAGE;
}

static const char *cli_nearest_option(const struct cli_usage *usage, const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const struct cli_option *option = usage->options; option->name && count < 64; option++)
        if (option->help)
            names[count++] = option->name;
    return document_nearest(word, names, count);
}

static int cli_bad_option(const struct cli_parser *parser, const char *word, size_t name_length)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(name_length < 60 ? name_length : 60), word);
    const char *nearest =
        name[0] == '-' && name[1] == '-' ? cli_nearest_option(parser->usage, name + 2) : NULL;
    if (nearest)
        cli_fail(CLI_USAGE, "'%s' is no option of %s; did you mean --%s?", name, parser->usage->command,
                 nearest);
    else
        cli_fail(CLI_USAGE, "'%s' is no option of %s; see 'sipreuse %s --help'", name, parser->usage->command,
                 parser->usage->command);
    return CLI_BAD;
}

static int cli_take_value(struct cli_parser *parser, int index, const char *attached, const char **value)
{
    const struct cli_option *option = &parser->usage->options[index];
    if (!option->value_name) {
        if (!attached)
            return index;
        cli_fail(CLI_USAGE, "--%s takes no value; leave out '=%s'", option->name, attached);
        return CLI_BAD;
    }
    *value = attached ? attached : parser->at < parser->argc ? parser->argv[parser->at++] : NULL;
    if (*value)
        return index;
    cli_fail(CLI_USAGE, "--%s needs a value; write --%s %s", option->name, option->name, option->value_name);
    return CLI_BAD;
}

int cli_next(struct cli_parser *parser, const char **value)
{
    *value = NULL;
    if (parser->at == 0)
        parser->at = 1;
    if (parser->at >= parser->argc)
        return CLI_END;
    const char *word = parser->argv[parser->at++];
    if (!parser->has_ended && strcmp(word, "--") == 0) {
        parser->has_ended = true;
        return cli_next(parser, value);
    }
    if (parser->has_ended || word[0] != '-' || !word[1]) {
        *value = word;
        return CLI_ARGUMENT;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        cli_print_help(parser->usage, stdout);
        return CLI_HELP;
    }
    size_t name_length = strcspn(word, "=");
    const char *attached = word[name_length] ? word + name_length + 1 : NULL;
    for (int i = 0; parser->usage->options[i].name; i++) {
        const struct cli_option *option = &parser->usage->options[i];
        bool is_long = word[1] == '-' && strlen(option->name) == name_length - 2 &&
                       strncmp(option->name, word + 2, name_length - 2) == 0;
        bool is_short = option->short_name && word[1] == option->short_name;
        if (is_long || (is_short && name_length == 2))
            return cli_take_value(parser, i, attached, value);
        if (is_short && option->value_name)
            return cli_take_value(parser, i, word + 2, value); /* -j4 */
    }
    return cli_bad_option(parser, word, name_length);
}

int cli_take_all(const struct cli_usage *usage, int argc, char **argv,
                 bool (*take)(int option, const char *value, void *arg), void *arg)
{
    struct cli_parser parser = {.usage = usage, .argc = argc, .argv = argv};
    for (;;) {
        const char *value;
        int option = cli_next(&parser, &value);
        if (option == CLI_END)
            return CLI_GOOD;
        if (option == CLI_HELP)
            return RUN_REQUEST_HELP;
        if (option == CLI_BAD || !take(option, value, arg))
            return CLI_USAGE;
    }
}

void cli_print_help(const struct cli_usage *usage, FILE *out)
{
    struct page page = {.out = out, .width = cli_width()};
    fprintf(out, "usage: sipreuse %s %s\n\n", usage->command, usage->arguments);
    page_wrap(&page, 0, usage->summary);
    fputs("\nOptions:\n", out);
    for (const struct cli_option *option = usage->options; option->name; option++) {
        if (!option->help)
            continue;
        char left[64], short_name[8] = "    ";
        if (option->short_name)
            snprintf(short_name, sizeof short_name, "-%c, ", option->short_name);
        snprintf(left, sizeof left, "  %s--%s%s%s", short_name, option->name, option->value_name ? " " : "",
                 option->value_name ? option->value_name : "");
        char *text = NULL;
        size_t size_bytes = 0;
        FILE *help = open_memstream(&text, &size_bytes);
        if (!help)
            return;
        struct page column = {.out = help, .width = page.width};
        page_wrap(&column, 32, option->help);
        fclose(help);
        size_t left_size = strlen(left);
        if (left_size < 31)
            fprintf(out, "%s%s", left, text + left_size);
        else
            fprintf(out, "%s\n%s", left, text);
        free(text);
    }
    fprintf(out, "  -h, --help                    this text\n");
    if (!usage->more)
        return;
    fputc('\n', out);
    page_wrap(&page, 0, usage->more);
}

bool cli_parse_count(const char *option, const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] >= '0' && value[0] <= '9' && !*end && !errno && number >= least && number <= most) {
        *out = number;
        return true;
    }
    cli_fail(CLI_USAGE, "--%s '%s' is no whole number from %llu to %llu; correct it", option, value,
             (unsigned long long)least, (unsigned long long)most);
    return false;
}

bool cli_parse_scale(const char *option, const char *value, double *out)
{
    char *end = NULL;
    errno = 0;
    double number = strtod(value, &end);
    if (end != value && !*end && !errno && isfinite(number) && number >= 0.1 && number <= 100) {
        *out = number;
        return true;
    }
    cli_fail(CLI_USAGE, "--%s '%s' is no number from 0.1 to 100; correct it", option, value);
    return false;
}

bool cli_parse_duration(const char *option, const char *value, uint64_t *out_ms)
{
    char *end = NULL;
    errno = 0;
    unsigned long long count = value[0] >= '1' && value[0] <= '9' ? strtoull(value, &end, 10) : 0;
    uint64_t unit_ms = !end                    ? 0
                       : strcmp(end, "s") == 0 ? 1000
                       : strcmp(end, "m") == 0 ? 60000
                       : strcmp(end, "h") == 0 ? 3600000
                                               : 0;
    if (errno || !unit_ms || count > 1000000) {
        cli_fail(CLI_USAGE, "--%s '%s' is no time; write 30s, 5m, or 1h", option, value);
        return false;
    }
    *out_ms = count * unit_ms;
    return true;
}
