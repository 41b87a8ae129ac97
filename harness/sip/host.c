#include "scan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* hostname or IPv4address of RFC 3261 §25.1, with "_" let pass inside labels: names of that kind are in use.
 * A last label that begins with a digit makes it an address, which then has to be one. */
static bool host_is_name_or_ipv4(const char *from, const char *to)
{
    const char *label = from;
    const char *last = from;
    for (const char *at = from; at <= to; at++) {
        if (at < to && *at != '.') {
            if (!sip_is_alphanum(*at) && *at != '-' && *at != '_')
                return false;
            continue;
        }
        bool is_root_dot = at == to && at == label && label > from;
        if (is_root_dot)
            break;
        if (at == label || *label == '-' || at[-1] == '-')
            return false;
        last = label;
        label = at + 1;
    }
    if (!sip_is_digit(*last))
        return to > from;
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    size_t size = (size_t)(to - from);
    if (size >= sizeof text)
        return false;
    memcpy(text, from, size);
    text[size] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

/* RFC 5118 §4.10: the grammar of RFC 3261 lets a third colon stand before the IPv4 part, and it has to be
 * tolerated. It is dropped. */
static char *host_ipv6_copy(const char *from, const char *to)
{
    char *text = sip_text_copy_lower(from, to);
    if (!text)
        return NULL;
    char *triple = strstr(text, ":::");
    if (triple && strchr(triple, '.'))
        memmove(triple, triple + 1, strlen(triple));
    return text;
}

static enum sip_error host_ipv6_scan(struct sip_scan *scan, enum sip_error malformed, char **out)
{
    const char *from = scan->at;
    while (scan->at < scan->end && *scan->at != ']')
        scan->at++;
    /* Longer than any address can be written: not worth a copy. */
    if (scan->at == scan->end || scan->at - from > INET6_ADDRSTRLEN)
        return malformed;
    char *text = host_ipv6_copy(from, scan->at++);
    if (!text)
        return SIP_ERROR_MEMORY;
    struct in6_addr address;
    if (inet_pton(AF_INET6, text, &address) != 1) {
        free(text);
        return malformed;
    }
    *out = text;
    return SIP_OK;
}

static enum sip_error host_scan(struct sip_scan *scan, enum sip_error malformed, struct sip_hostport *out)
{
    if (sip_scan_char(scan, '[')) {
        out->is_ipv6_reference = true;
        return host_ipv6_scan(scan, malformed, &out->host);
    }
    const char *from = scan->at;
    while (scan->at < scan->end && (sip_is_alphanum(*scan->at) || strchr("-._", *scan->at)))
        scan->at++;
    if (scan->at == from || !host_is_name_or_ipv4(from, scan->at))
        return malformed;
    out->host = sip_text_copy_lower(from, scan->at);
    return out->host ? SIP_OK : SIP_ERROR_MEMORY;
}

static bool port_scan(struct sip_scan *scan, uint16_t *out)
{
    const char *from = scan->at;
    unsigned long port = 0;
    for (; scan->at < scan->end && sip_is_digit(*scan->at); scan->at++) {
        port = port * 10 + (unsigned long)(*scan->at - '0');
        if (port > UINT16_MAX)
            return false;
    }
    /* 0 stands for "absent" in our structs, and nobody can be reached there. */
    if (scan->at == from || port == 0)
        return false;
    *out = (uint16_t)port;
    return true;
}

enum sip_error sip_scan_hostport(struct sip_scan *scan, bool is_space_allowed, enum sip_error malformed,
                                 struct sip_hostport *out)
{
    struct sip_hostport found = {0};
    enum sip_error error = host_scan(scan, malformed, &found);
    if (error != SIP_OK)
        return error;
    bool has_port = is_space_allowed ? sip_scan_separator(scan, ':') : sip_scan_char(scan, ':');
    if (has_port && !port_scan(scan, &found.port)) {
        free(found.host);
        return malformed;
    }
    *out = found;
    return SIP_OK;
}
