#include "scan.h"

#include <stdlib.h>
#include <string.h>

const struct sip_param *sip_params_find(const struct sip_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (sip_equals_nocase(params->items[i].name, name))
            return &params->items[i];
    return NULL;
}

void sip_params_fini(struct sip_params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        free(params->items[i].name);
        free(params->items[i].value);
    }
    free(params->items);
    *params = (struct sip_params){0};
}

enum sip_error sip_params_add(struct sip_params *params, char *name, char *value, enum sip_error malformed)
{
    enum sip_error error = SIP_ERROR_MEMORY;
    if (!name)
        goto out;
    if (params->count == SIP_PARAMS_MAX) {
        error = malformed;
        goto out;
    }
    struct sip_param *items = realloc(params->items, (params->count + 1) * sizeof *items);
    if (!items)
        goto out;
    items[params->count] = (struct sip_param){name, value};
    params->items = items;
    params->count++;
    return SIP_OK;
out:
    free(name);
    free(value);
    return error;
}

/* Wider than gen-value: IPv6 addresses stand bare in "received", and base64 in branches of real devices. */
static bool param_is_bare_value_char(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte > ' ' && byte != 0x7F && strchr(";,\"<>\\", c) == NULL;
}

static enum sip_error param_scan_value(struct sip_scan *scan, enum sip_error malformed, char **out)
{
    if (scan->at < scan->end && *scan->at == '"') {
        enum sip_error error = sip_scan_quoted(scan, out);
        return error == SIP_ERROR_HEADER ? malformed : error;
    }
    const char *from = scan->at;
    while (scan->at < scan->end && param_is_bare_value_char(*scan->at))
        scan->at++;
    *out = sip_text_copy(from, scan->at);
    return *out ? SIP_OK : SIP_ERROR_MEMORY;
}

static enum sip_error param_scan(struct sip_scan *scan, enum sip_error malformed, struct sip_params *params)
{
    const char *from, *to;
    if (!sip_scan_separator(scan, ';') || !sip_scan_token(scan, &from, &to))
        return malformed;
    char *value = NULL;
    if (sip_scan_separator(scan, '=')) {
        enum sip_error error = param_scan_value(scan, malformed, &value);
        if (error != SIP_OK)
            return error;
    }
    return sip_params_add(params, sip_text_copy(from, to), value, malformed);
}

enum sip_error sip_params_scan(struct sip_scan *scan, enum sip_error malformed, struct sip_params *out)
{
    struct sip_params params = {0};
    sip_scan_skip_space(scan);
    while (scan->at < scan->end) {
        enum sip_error error = param_scan(scan, malformed, &params);
        if (error != SIP_OK) {
            sip_params_fini(&params);
            return error;
        }
        sip_scan_skip_space(scan);
    }
    *out = params;
    return SIP_OK;
}

/* The stand-in for a NUL, which may only be in quotes. */
static bool is_nul_at(const char *c)
{
    return (unsigned char)c[0] == SIP_NUL_LEAD && (unsigned char)c[1] == SIP_NUL_TRAIL;
}

static bool value_needs_quotes(const char *value)
{
    for (const char *c = value; *c; c++)
        if (!param_is_bare_value_char(*c) || is_nul_at(c))
            return true;
    return *value == '\0';
}

size_t sip_params_format_size(const struct sip_params *params)
{
    size_t size = 0;
    for (size_t i = 0; i < params->count; i++) {
        size += 1 + strlen(params->items[i].name);
        if (params->items[i].value)
            size += 3 + 2 * strlen(params->items[i].value); /* "=", quotes, and every character escaped */
    }
    return size;
}

static char *value_format(const char *value, char *at)
{
    bool is_quoted = value_needs_quotes(value);
    if (is_quoted)
        *at++ = '"';
    for (const char *c = value; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (is_quoted && (*c == '"' || *c == '\\' || byte < ' ' || byte == 0x7F || is_nul_at(c)))
            *at++ = '\\';
        *at++ = *c;
    }
    if (is_quoted)
        *at++ = '"';
    return at;
}

char *sip_params_format(const struct sip_params *params, char *at)
{
    for (size_t i = 0; i < params->count; i++) {
        *at++ = ';';
        at = stpcpy(at, params->items[i].name);
        if (params->items[i].value) {
            *at++ = '=';
            at = value_format(params->items[i].value, at);
        }
    }
    *at = '\0';
    return at;
}
