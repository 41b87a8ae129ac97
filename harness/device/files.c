/* The configuration files of one run. */
#include "device/device_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEMPLATE_MAX_BYTES = 1 << 20 };

char *device_file_read(const char *path, size_t max_bytes, char *error, size_t error_size_bytes)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(max_bytes + 2);
    size_t size_bytes = file && text ? fread(text, 1, max_bytes + 1, file) : 0;
    bool is_good = file && text && !ferror(file) && size_bytes <= max_bytes;
    if (!is_good)
        snprintf(error, error_size_bytes, "%s: %s", path,
                 size_bytes > max_bytes ? "too large" : strerror(errno));
    else if (memchr(text, '\0', size_bytes))
        snprintf(error, error_size_bytes, "%s: it holds a NUL byte, expected text", path);
    else
        text[size_bytes] = '\0';
    is_good = is_good && !memchr(text, '\0', size_bytes);
    if (file)
        fclose(file);
    if (is_good)
        return text;
    free(text);
    return NULL;
}

static bool write_file(const char *path, const char *text, char *error, size_t error_size_bytes)
{
    FILE *file = fopen(path, "we");
    bool is_good = file && fputs(text, file) >= 0;
    if (file && fclose(file) != 0)
        is_good = false;
    if (!is_good)
        snprintf(error, error_size_bytes, "%s: %s", path, strerror(errno));
    return is_good;
}

static bool make_folder(const char *path, char *error, size_t error_size_bytes)
{
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return true;
    snprintf(error, error_size_bytes, "%s: %s", path, strerror(errno));
    return false;
}

static bool render_one(const char *from, const char *to, const struct device_values *values, char *error,
                       size_t error_size_bytes)
{
    char *text = device_file_read(from, TEMPLATE_MAX_BYTES, error, error_size_bytes);
    char *rendered = text ? device_template_render(from, text, values, error, error_size_bytes) : NULL;
    bool is_good = rendered && write_file(to, rendered, error, error_size_bytes);
    free(text);
    free(rendered);
    return is_good;
}

bool device_files_render(const struct device_profile *profile, const struct device_values *values,
                         char *error, size_t error_size_bytes)
{
    const struct document_value *start = document_member(document_root(profile->document), "start");
    const struct document_value *templates = document_member(start, "templates");
    bool is_good = make_folder(values->config, error, error_size_bytes);
    for (size_t i = 0; is_good && i < document_count(templates); i++) {
        const struct document_value *one = document_at(templates, i);
        char *from = NULL, *to = NULL;
        if (asprintf(&from, "%s/%s", profile->folder, document_string(document_member(one, "from"))) < 0)
            from = NULL;
        if (asprintf(&to, "%s/%s", values->config, document_string(document_member(one, "to"))) < 0)
            to = NULL;
        is_good = from && to && render_one(from, to, values, error, error_size_bytes);
        free(from);
        free(to);
    }
    return is_good;
}
