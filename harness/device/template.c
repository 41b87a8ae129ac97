/* Templates of configuration files, and words of argv.
 *
 * Configuration languages are full of braces, and some of dollar and percent signs, so files use @name@;
 * command lines are full of neither and use the {name} of the scenarios. A line that begins with @if:name@
 * (or @unless:name@) is kept only when name has a value (or none) in this run; several may follow one
 * another. @name|json@ is the value as a JSON string, @name|list@ a comma list as a JSON array of strings.
 * @@ is an @. */
#include "device/device_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct render {
    const char *name;
    unsigned line;
    const struct device_values *values; /* NULL: check only */
    FILE *out;
    char *error;
    size_t error_size_bytes;
};

static bool fail(const struct render *render, const char *what, const char *word, size_t length,
                 const char *then)
{
    snprintf(render->error, render->error_size_bytes, "%s:%u: %s '%.*s'%s", render->name, render->line, what,
             (int)length, word, then);
    return false;
}

static bool check_name(const struct render *render, const char *name, size_t length)
{
    char word[64];
    char then[160] = "";
    if (device_setting_is_known(name, length))
        return true;
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *nearest = document_nearest(word, device_setting_names, device_setting_name_count);
    if (nearest)
        snprintf(then, sizeof then, "; nearest '%s'", nearest);
    return fail(render, "unknown placeholder", name, length, then);
}

static void put_json_list(FILE *out, const char *text)
{
    fputc('[', out);
    for (bool is_first = true; *text; is_first = false) {
        size_t length = strcspn(text, ",");
        if (!is_first)
            fputc(',', out);
        document_write_string(out, text, length);
        text += length + (text[length] == ',');
    }
    fputc(']', out);
}

/* name, or name|filter, both delimiters taken off. */
static bool put_value(const struct render *render, const char *word, size_t length)
{
    const char *bar = memchr(word, '|', length);
    size_t name_length = bar ? (size_t)(bar - word) : length;
    const char *filter = bar ? bar + 1 : "";
    size_t filter_length = bar ? length - name_length - 1 : 0;
    bool is_json = filter_length == 4 && memcmp(filter, "json", 4) == 0;
    bool is_list = filter_length == 4 && memcmp(filter, "list", 4) == 0;
    if (!check_name(render, word, name_length))
        return false;
    if (bar && !is_json && !is_list)
        return fail(render, "unknown filter", filter, filter_length, "; there are 'json' and 'list'");
    if (!render->values)
        return true;
    const char *value = device_value(render->values, word, name_length);
    if (is_list)
        put_json_list(render->out, value);
    else if (is_json)
        document_write_string(render->out, value, strlen(value));
    else if (value[0])
        fputs(value, render->out);
    else
        return fail(render, "no value in this run for", word, name_length, "; begin the line with @if:name@");
    return true;
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (islower((unsigned char)text[length]) || isdigit((unsigned char)text[length]) ||
           text[length] == '_' || text[length] == '|')
        length++;
    return length;
}

/* "@if:" or "@unless:" at *text: moves *text past it and says whether the line is kept. */
static bool take_condition(const struct render *render, const char **text, bool *is_condition, bool *is_kept)
{
    size_t skip = strncmp(*text, "@if:", 4) == 0 ? 4 : strncmp(*text, "@unless:", 8) == 0 ? 8 : 0;
    *is_condition = skip != 0;
    if (!skip)
        return true;
    const char *name = *text + skip;
    size_t length = word_length(name);
    if (name[length] != '@')
        return fail(render, "unfinished condition", *text, skip + length, "; expected '@' after the name");
    if (!check_name(render, name, length))
        return false;
    if (render->values && (device_value(render->values, name, length)[0] != '\0') != (skip == 4))
        *is_kept = false;
    *text = name + length + 1;
    return true;
}

static bool put_line(const struct render *render, const char *text, const char *end)
{
    while (text < end) {
        size_t length = *text == '@' ? word_length(text + 1) : 0;
        if (text[0] == '@' && text[1] == '@') {
            fputc('@', render->out);
            text += 2;
        } else if (length && text[length + 1] == '@') {
            if (!put_value(render, text + 1, length))
                return false;
            text += length + 2;
        } else {
            fputc(*text++, render->out);
        }
    }
    return true;
}

static bool render_lines(struct render *render, const char *text)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        bool is_condition = true, is_kept = true;
        end = end ? end + 1 : text + strlen(text);
        render->line++;
        while (is_condition) {
            if (!take_condition(render, &text, &is_condition, &is_kept))
                return false;
        }
        if (is_kept && !put_line(render, text, end))
            return false;
        text = end;
    }
    return true;
}

char *device_template_render(const char *name, const char *text, const struct device_values *values,
                             char *error, size_t error_size_bytes)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    struct render render = {
        .name = name, .values = values, .error = error, .error_size_bytes = error_size_bytes};
    render.out = open_memstream(&bytes, &size_bytes);
    if (!render.out) {
        snprintf(error, error_size_bytes, "%s: out of memory", name);
        return NULL;
    }
    bool is_good = render_lines(&render, text);
    if (fclose(render.out) == 0 && is_good)
        return bytes;
    free(bytes);
    return NULL;
}

char *device_word_render(const char *word, const struct device_values *values, char *error,
                         size_t error_size_bytes)
{
    char *bytes = NULL;
    size_t size_bytes = 0;
    bool is_good = true;
    FILE *out = open_memstream(&bytes, &size_bytes);
    if (!out) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    while (*word && is_good) {
        size_t length = *word == '{' ? word_length(word + 1) : 0;
        if (word[0] == '{' && word[1] == '{') {
            fputc('{', out);
            word += 2;
        } else if (length && word[length + 1] == '}') {
            is_good = device_setting_is_known(word + 1, length);
            if (!is_good)
                snprintf(error, error_size_bytes, "unknown placeholder '{%.*s}'", (int)length, word + 1);
            else if (values)
                fputs(device_value(values, word + 1, length), out);
            word += length + 2;
        } else {
            fputc(*word++, out);
        }
    }
    if (fclose(out) == 0 && is_good)
        return bytes;
    free(bytes);
    return NULL;
}

char *device_text_render(const char *text, const struct device_setting *settings, size_t setting_count,
                         char *error, size_t error_size_bytes)
{
    const struct device_values values = {.settings = settings, .setting_count = setting_count};
    return device_word_render(text, &values, error, error_size_bytes);
}
