#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* Commas inside quotes and between "<" and ">" belong to the value. A quote that does not end makes the rest
 * one value: its parser will refuse it. */
struct sip_scan sip_list_next(const char **at, const char *end)
{
    const char *from = *at;
    bool is_in_brackets = false;
    for (const char *c = from; c < end; c++) {
        if (*c == '"' && !is_in_brackets) {
            const char *close = sip_quoted_end(c, end);
            if (!close)
                break;
            c = close;
        } else if (*c == '<') {
            is_in_brackets = true;
        } else if (*c == '>') {
            is_in_brackets = false;
        } else if (*c == ',' && !is_in_brackets) {
            *at = c + 1;
            return sip_scan_trimmed(from, c);
        }
    }
    *at = NULL;
    return sip_scan_trimmed(from, end);
}

size_t sip_header_value_count(const struct sip_header *header)
{
    if (!sip_header_is_list(header->name))
        return 1;
    size_t count = 0;
    const char *next = header->value;
    const char *end = next + strlen(next);
    do {
        sip_list_next(&next, end);
        count++;
    } while (next);
    return count;
}

enum sip_error sip_message_top_via(const struct sip_message *message, struct sip_via *out)
{
    if (!sip_message_header(message, "Via"))
        return SIP_ERROR_MISSING;
    char *value = sip_message_value(message, "Via", 0);
    if (!value)
        return SIP_ERROR_MEMORY;
    enum sip_error error = sip_via_parse(value, out);
    free(value);
    return error;
}

enum sip_error sip_message_cseq(const struct sip_message *message, uint32_t *number, char **method)
{
    const char *text = sip_message_header(message, "CSeq");
    if (!text)
        return SIP_ERROR_MISSING;
    struct sip_scan scan = {text, text + strlen(text)};
    const char *from, *to;
    uint64_t value = 0;
    while (scan.at < scan.end && sip_is_digit(*scan.at)) {
        value = value * 10 + (uint64_t)(*scan.at++ - '0');
        if (value > UINT32_MAX)
            return SIP_ERROR_CSEQ;
    }
    if (scan.at == text || scan.at == scan.end || !sip_is_space(*scan.at))
        return SIP_ERROR_CSEQ;
    sip_scan_skip_space(&scan);
    if (!sip_scan_token(&scan, &from, &to) || scan.at != scan.end)
        return SIP_ERROR_CSEQ;
    if (method) {
        *method = sip_text_copy(from, to);
        if (!*method)
            return SIP_ERROR_MEMORY;
    }
    if (number)
        *number = (uint32_t)value;
    return SIP_OK;
}

char *sip_message_tag(const struct sip_message *message, const char *header_name)
{
    const char *text = sip_message_header(message, header_name);
    struct sip_address address;
    if (!text || sip_address_parse(text, &address) != SIP_OK)
        return NULL;
    const struct sip_param *tag = sip_params_find(&address.params, "tag");
    char *copy = tag && tag->value ? strdup(tag->value) : NULL;
    sip_address_fini(&address);
    return copy;
}

/* RFC 3261 §20.14. Two equal values are let pass, as one that was written twice. */
void sip_length_add(struct sip_length *length, const char *from, const char *to)
{
    struct sip_scan scan = sip_scan_trimmed(from, to);
    uint64_t bytes = 0;
    bool is_number = scan.at < scan.end;
    for (; is_number && scan.at < scan.end; scan.at++) {
        is_number = sip_is_digit(*scan.at);
        uint64_t digit = (uint64_t)(unsigned char)(*scan.at - '0');
        bytes = bytes > (UINT64_MAX - 9) / 10 ? UINT64_MAX : bytes * 10 + digit;
    }
    if (!is_number || (length->is_present && length->bytes != bytes))
        length->is_malformed = true;
    length->is_present = true;
    length->bytes = bytes;
}
