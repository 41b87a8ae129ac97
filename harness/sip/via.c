#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sent-protocol: "SIP" SLASH "2.0" SLASH transport, white space around the slashes allowed (RFC 4475
 * §3.1.1.1). */
static enum sip_error sent_protocol_scan(struct sip_scan *scan, char **transport)
{
    static const char *const WANTED[] = {"SIP", "2.0"};
    const char *from, *to;
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        if (!sip_scan_token(scan, &from, &to) ||
            !sip_span_equals_nocase(from, (size_t)(to - from), WANTED[i]) || !sip_scan_separator(scan, '/'))
            return SIP_ERROR_VIA;
    }
    if (!sip_scan_token(scan, &from, &to) || scan->at == scan->end || !sip_is_space(*scan->at))
        return SIP_ERROR_VIA;
    sip_scan_skip_space(scan);
    *transport = sip_text_copy(from, to);
    return *transport ? SIP_OK : SIP_ERROR_MEMORY;
}

enum sip_error sip_via_parse(const char *text, struct sip_via *out)
{
    struct sip_scan scan = sip_scan_trimmed(text, text + strlen(text));
    struct sip_via via = {0};
    struct sip_hostport sent_by = {0};
    enum sip_error error = sent_protocol_scan(&scan, &via.transport);
    if (error == SIP_OK)
        error = sip_scan_hostport(&scan, true, SIP_ERROR_VIA, &sent_by);
    via.host = sent_by.host;
    via.is_host_ipv6_reference = sent_by.is_ipv6_reference;
    via.port = sent_by.port;
    if (error == SIP_OK)
        error = sip_params_scan(&scan, SIP_ERROR_VIA, &via.params);
    if (error != SIP_OK) {
        sip_via_fini(&via);
        return error;
    }
    *out = via;
    return SIP_OK;
}

void sip_via_fini(struct sip_via *via)
{
    free(via->transport);
    free(via->host);
    sip_params_fini(&via->params);
    *via = (struct sip_via){0};
}

char *sip_via_format(const struct sip_via *via)
{
    size_t size = strlen(via->transport) + strlen(via->host) + sip_params_format_size(&via->params) + 24;
    char *text = malloc(size);
    if (!text)
        return NULL;
    char *at = text;
    at += sprintf(at, via->is_host_ipv6_reference ? "SIP/2.0/%s [%s]" : "SIP/2.0/%s %s", via->transport,
                  via->host);
    if (via->port)
        at += sprintf(at, ":%u", (unsigned)via->port);
    sip_params_format(&via->params, at);
    return text;
}

bool sip_via_has_alias(const struct sip_via *via)
{
    for (size_t i = 0; i < via->params.count; i++)
        if (!via->params.items[i].value && sip_equals_nocase(via->params.items[i].name, "alias"))
            return true;
    return false;
}
