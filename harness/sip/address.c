#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* *(token LWS) before "<"; none at all is allowed, and so is no white space before "<" (RFC 4475 §3.1.1.6).
 */
static enum sip_error display_name_parse(const char *from, const char *to, char **out)
{
    struct sip_scan name = sip_scan_trimmed(from, to);
    if (name.at == name.end)
        return SIP_OK;
    for (const char *at = name.at; at < name.end; at++)
        if (!sip_is_token_char(*at) && !sip_is_space(*at))
            return SIP_ERROR_ADDRESS;
    *out = sip_text_copy(name.at, name.end);
    return *out ? SIP_OK : SIP_ERROR_MEMORY;
}

/* A malformed URI in it is a malformed address to the caller. */
static enum sip_error address_uri_parse(const char *from, const char *to, struct sip_uri *out)
{
    enum sip_error error = sip_uri_parse_span(from, to, out);
    return error == SIP_ERROR_URI ? SIP_ERROR_ADDRESS : error;
}

/* The part from "<" to ">". */
static enum sip_error bracketed_uri_scan(struct sip_scan *scan, struct sip_uri *out)
{
    if (!sip_scan_char(scan, '<'))
        return SIP_ERROR_ADDRESS;
    const char *close = sip_text_find(scan->at, scan->end, '>');
    if (!close)
        return SIP_ERROR_ADDRESS;
    const char *from = scan->at;
    scan->at = close + 1;
    return address_uri_parse(from, close, out);
}

/* addr-spec without brackets ends at the first ";": what follows belongs to the header field; "?" and "," may
 * not be in it (RFC 3261 §20). */
static enum sip_error addr_spec_scan(struct sip_scan *scan, struct sip_uri *out)
{
    const char *from = scan->at;
    while (scan->at < scan->end && !sip_is_space(*scan->at) && *scan->at != ';') {
        if (*scan->at == '?' || *scan->at == ',')
            return SIP_ERROR_ADDRESS;
        scan->at++;
    }
    return address_uri_parse(from, scan->at, out);
}

static enum sip_error name_and_uri_scan(struct sip_scan *scan, struct sip_address *address)
{
    if (scan->at < scan->end && *scan->at == '"') {
        enum sip_error error = sip_scan_quoted(scan, &address->display_name);
        if (error != SIP_OK)
            return error == SIP_ERROR_HEADER ? SIP_ERROR_ADDRESS : error;
        sip_scan_skip_space(scan);
        return bracketed_uri_scan(scan, &address->uri);
    }
    const char *open = sip_text_find(scan->at, scan->end, '<');
    const char *semicolon = sip_text_find(scan->at, scan->end, ';');
    if (!open || (semicolon && semicolon < open))
        return addr_spec_scan(scan, &address->uri);
    enum sip_error error = display_name_parse(scan->at, open, &address->display_name);
    scan->at = open;
    return error != SIP_OK ? error : bracketed_uri_scan(scan, &address->uri);
}

enum sip_error sip_address_parse(const char *text, struct sip_address *out)
{
    struct sip_scan scan = sip_scan_trimmed(text, text + strlen(text));
    struct sip_address address = {0};
    enum sip_error error = name_and_uri_scan(&scan, &address);
    if (error == SIP_OK)
        error = sip_params_scan(&scan, SIP_ERROR_ADDRESS, &address.params);
    if (error != SIP_OK) {
        sip_address_fini(&address);
        return error;
    }
    *out = address;
    return SIP_OK;
}

void sip_address_fini(struct sip_address *address)
{
    free(address->display_name);
    sip_uri_fini(&address->uri);
    sip_params_fini(&address->params);
    *address = (struct sip_address){0};
}
