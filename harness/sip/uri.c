#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_unreserved(char c)
{
    return sip_is_alphanum(c) || (c != '\0' && strchr("-_.!~*'()", c));
}

static int hex_digit(char c)
{
    if (sip_is_digit(c))
        return c - '0';
    c = sip_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Are these unreserved, escaped ("%" HEX HEX) or of the also-allowed characters? */
static bool is_text_of(const char *from, const char *to, const char *also)
{
    for (const char *at = from; at < to; at++) {
        if (*at == '%') {
            if (to - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
                return false;
            at += 2;
        } else if (!is_unreserved(*at) && (*at == '\0' || !strchr(also, *at))) {
            return false;
        }
    }
    return true;
}

static const char PARAM_UNRESERVED[] = "[]/:&+$";

/* Escapes that need not be are resolved, once and never recursively (RFC 4475 §3.1.1.3): "%6C%72" is "lr",
 * "%25%34%31" is
 * "%2541". The result means the same and can be compared. */
static char *param_text_copy(const char *from, const char *to)
{
    char *copy = malloc((size_t)(to - from) + 1);
    if (!copy)
        return NULL;
    size_t size = 0;
    for (const char *at = from; at < to; at++) {
        if (*at == '%') {
            char c = (char)(unsigned char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            if (is_unreserved(c) || (c != '\0' && strchr(PARAM_UNRESERVED, c))) {
                copy[size++] = c;
                at += 2;
                continue;
            }
        }
        copy[size++] = *at;
    }
    copy[size] = '\0';
    return copy;
}

static enum sip_error uri_param_add(struct sip_params *params, const char *from, const char *to)
{
    const char *equals = sip_text_find(from, to, '=');
    const char *name_end = equals ? equals : to;
    if (name_end == from || !is_text_of(from, name_end, PARAM_UNRESERVED))
        return SIP_ERROR_URI;
    if (equals && !is_text_of(equals + 1, to, PARAM_UNRESERVED))
        return SIP_ERROR_URI;
    char *name = param_text_copy(from, name_end);
    char *value = equals ? param_text_copy(equals + 1, to) : NULL;
    if (!name || (equals && !value)) {
        free(name);
        free(value);
        return SIP_ERROR_MEMORY;
    }
    return sip_params_add(params, name, value, SIP_ERROR_URI);
}

static enum sip_error scan_uri_params(struct sip_scan *scan, struct sip_params *out)
{
    struct sip_params params = {0};
    while (sip_scan_char(scan, ';')) {
        const char *from = scan->at;
        while (scan->at < scan->end && *scan->at != ';' && *scan->at != '?')
            scan->at++;
        enum sip_error error = uri_param_add(&params, from, scan->at);
        if (error != SIP_OK) {
            sip_params_fini(&params);
            return error;
        }
    }
    *out = params;
    return SIP_OK;
}

/* user [ ":" password ] in [from, to). */
static enum sip_error userinfo_parse(const char *from, const char *to, struct sip_uri *uri)
{
    const char *colon = sip_text_find(from, to, ':');
    const char *user_end = colon ? colon : to;
    if (user_end == from || !is_text_of(from, user_end, "&=+$,;?/"))
        return SIP_ERROR_URI;
    if (colon && !is_text_of(colon + 1, to, "&=+$,"))
        return SIP_ERROR_URI;
    uri->user = sip_text_copy(from, user_end);
    uri->password = colon ? sip_text_copy(colon + 1, to) : NULL;
    return uri->user && (uri->password || !colon) ? SIP_OK : SIP_ERROR_MEMORY;
}

static enum sip_error uri_headers_parse(struct sip_scan *scan, struct sip_uri *uri)
{
    if (scan->at == scan->end)
        return SIP_OK;
    if (!sip_scan_char(scan, '?') || scan->at == scan->end || !is_text_of(scan->at, scan->end, "[]/?:+$&="))
        return SIP_ERROR_URI;
    uri->headers = sip_text_copy(scan->at, scan->end);
    return uri->headers ? SIP_OK : SIP_ERROR_MEMORY;
}

/* What follows "sip:" or "sips:". */
static enum sip_error sip_scheme_parse(struct sip_scan *scan, struct sip_uri *uri)
{
    /* "@" is legal nowhere else unescaped, so the only one ends the user part, whatever that contains. */
    const char *at_sign = sip_text_find(scan->at, scan->end, '@');
    if (at_sign) {
        enum sip_error error = userinfo_parse(scan->at, at_sign, uri);
        if (error != SIP_OK)
            return error;
        scan->at = at_sign + 1;
    }
    struct sip_hostport hostport;
    enum sip_error error = sip_scan_hostport(scan, false, SIP_ERROR_URI, &hostport);
    if (error != SIP_OK)
        return error;
    uri->host = hostport.host;
    uri->is_host_ipv6_reference = hostport.is_ipv6_reference;
    uri->port = hostport.port;
    error = scan_uri_params(scan, &uri->params);
    return error != SIP_OK ? error : uri_headers_parse(scan, uri);
}

/* The opaque part of another scheme (absoluteURI): kept whole. */
static enum sip_error other_scheme_parse(const struct sip_scan *scan, struct sip_uri *uri)
{
    if (scan->at == scan->end || !is_text_of(scan->at, scan->end, ";/?:@&=+$,[]#"))
        return SIP_ERROR_URI;
    uri->host = sip_text_copy(scan->at, scan->end);
    return uri->host ? SIP_OK : SIP_ERROR_MEMORY;
}

static enum sip_error scheme_scan(struct sip_scan *scan, char **out)
{
    const char *from = scan->at;
    while (scan->at < scan->end && (sip_is_alphanum(*scan->at) || strchr("+-.", *scan->at)))
        scan->at++;
    const char *to = scan->at;
    if (to == from || sip_is_digit(*from) || !sip_is_alphanum(*from) || !sip_scan_char(scan, ':'))
        return SIP_ERROR_URI;
    *out = sip_text_copy_lower(from, to);
    return *out ? SIP_OK : SIP_ERROR_MEMORY;
}

enum sip_error sip_uri_parse_span(const char *from, const char *to, struct sip_uri *out)
{
    struct sip_scan scan = {from, to};
    struct sip_uri uri = {0};
    enum sip_error error = scheme_scan(&scan, &uri.scheme);
    if (error == SIP_OK && (strcmp(uri.scheme, "sip") == 0 || strcmp(uri.scheme, "sips") == 0))
        error = sip_scheme_parse(&scan, &uri);
    else if (error == SIP_OK)
        error = other_scheme_parse(&scan, &uri);
    if (error != SIP_OK) {
        sip_uri_fini(&uri);
        return error;
    }
    *out = uri;
    return SIP_OK;
}

enum sip_error sip_uri_parse(const char *text, struct sip_uri *out)
{
    return sip_uri_parse_span(text, text + strlen(text), out);
}

void sip_uri_fini(struct sip_uri *uri)
{
    free(uri->scheme);
    free(uri->user);
    free(uri->password);
    free(uri->host);
    free(uri->headers);
    sip_params_fini(&uri->params);
    *uri = (struct sip_uri){0};
}

/* Unlike those of header fields, values of URI parameters are never quoted. */
static char *uri_params_format(const struct sip_params *params, char *at)
{
    for (size_t i = 0; i < params->count; i++) {
        *at++ = ';';
        at = stpcpy(at, params->items[i].name);
        if (params->items[i].value) {
            *at++ = '=';
            at = stpcpy(at, params->items[i].value);
        }
    }
    return at;
}

char *sip_uri_format(const struct sip_uri *uri)
{
    size_t size = strlen(uri->scheme) + strlen(uri->host) + sip_params_format_size(&uri->params) + 16;
    size += uri->user ? strlen(uri->user) + 1 : 0;
    size += uri->password ? strlen(uri->password) + 1 : 0;
    size += uri->headers ? strlen(uri->headers) + 1 : 0;
    char *text = malloc(size);
    if (!text)
        return NULL;
    char *at = stpcpy(stpcpy(text, uri->scheme), ":");
    if (uri->user) {
        at = stpcpy(at, uri->user);
        if (uri->password)
            at = stpcpy(stpcpy(at, ":"), uri->password);
        at = stpcpy(at, "@");
    }
    at += sprintf(at, uri->is_host_ipv6_reference ? "[%s]" : "%s", uri->host);
    if (uri->port)
        at += sprintf(at, ":%u", (unsigned)uri->port);
    at = uri_params_format(&uri->params, at);
    if (uri->headers)
        at = stpcpy(stpcpy(at, "?"), uri->headers);
    *at = '\0';
    return text;
}

bool sip_uri_is_secure(const struct sip_uri *uri)
{
    return strcmp(uri->scheme, "sips") == 0;
}
