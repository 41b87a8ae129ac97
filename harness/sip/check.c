#include "scan.h"

#include <stdlib.h>
#include <string.h>

/* One thing wrong: the error, and the name of the field for the caller's report. */
static enum sip_error wrong(enum sip_error error, const char *what, const char **detail)
{
    if (detail)
        *detail = what;
    return error;
}

static size_t field_count(const struct sip_message *message, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < message->header_count; i++)
        count += sip_header_is(&message->headers[i], name);
    return count;
}

/* RFC 3261 §19.1.1: neither brackets nor white space nor headers in a Request-URI. */
static enum sip_error request_uri_check(const struct sip_message *message)
{
    struct sip_uri uri;
    enum sip_error error = sip_uri_parse(message->request_uri, &uri);
    if (error != SIP_OK)
        return error;
    if (uri.headers)
        error = SIP_ERROR_URI;
    sip_uri_fini(&uri);
    return error;
}

/* Mandatory, and exactly once (RFC 4475 §3.3.8). Max-Forwards may be absent: elements of RFC 2543 do not send
 * it, and RFC 3261 §16.3 lets such requests pass. */
static enum sip_error presence_check(const struct sip_message *message, const char **detail)
{
    static const char *const ONCE[] = {"To", "From", "CSeq", "Call-ID"};
    for (size_t i = 0; i < sizeof ONCE / sizeof *ONCE; i++) {
        size_t count = field_count(message, ONCE[i]);
        if (count != 1)
            return wrong(count == 0 ? SIP_ERROR_MISSING : SIP_ERROR_HEADER, ONCE[i], detail);
    }
    if (field_count(message, "Via") == 0)
        return wrong(SIP_ERROR_MISSING, "Via", detail);
    if (field_count(message, "Max-Forwards") > 1)
        return wrong(SIP_ERROR_HEADER, "Max-Forwards", detail);
    return SIP_OK;
}

static enum sip_error address_check(const struct sip_message *message, const char *name, const char **detail)
{
    struct sip_address address;
    enum sip_error error = sip_address_parse(sip_message_header(message, name), &address);
    if (error != SIP_OK)
        return wrong(error, name, detail);
    sip_address_fini(&address);
    return SIP_OK;
}

/* RFC 4475 §3.2.1: the magic cookie alone identifies no transaction. */
static bool via_has_empty_transaction_id(const struct sip_via *via)
{
    const struct sip_param *branch = sip_params_find(&via->params, "branch");
    return branch && branch->value && sip_equals_nocase(branch->value, "z9hG4bK");
}

static enum sip_error via_value_check(struct sip_scan value, bool is_topmost)
{
    char *text = sip_text_copy(value.at, value.end);
    if (!text)
        return SIP_ERROR_MEMORY;
    struct sip_via via;
    enum sip_error error = sip_via_parse(text, &via);
    free(text);
    if (error != SIP_OK)
        return error;
    if (is_topmost && via_has_empty_transaction_id(&via))
        error = SIP_ERROR_VIA;
    sip_via_fini(&via);
    return error;
}

static enum sip_error vias_check(const struct sip_message *message, const char **detail)
{
    bool is_topmost = true;
    for (size_t i = 0; i < message->header_count; i++) {
        if (!sip_header_is(&message->headers[i], "Via"))
            continue;
        const char *next = message->headers[i].value;
        const char *end = next + strlen(next);
        do {
            enum sip_error error = via_value_check(sip_list_next(&next, end), is_topmost);
            if (error != SIP_OK)
                return wrong(error, "Via", detail);
            is_topmost = false;
        } while (next);
    }
    return SIP_OK;
}

static enum sip_error cseq_check(const struct sip_message *message, const char **detail)
{
    char *method = NULL;
    enum sip_error error = sip_message_cseq(message, NULL, &method);
    /* Methods are case-sensitive (§7.1). */
    if (error == SIP_OK && message->is_request && strcmp(method, message->method) != 0)
        error = SIP_ERROR_CSEQ;
    free(method);
    return error == SIP_OK ? SIP_OK : wrong(error, "CSeq", detail);
}

/* callid = word [ "@" word ]; only that it is there and has no white space in it: "word" is wide. */
static enum sip_error call_id_check(const struct sip_message *message, const char **detail)
{
    const char *text = sip_message_header(message, "Call-ID");
    if (*text == '\0' || strpbrk(text, " \t"))
        return wrong(SIP_ERROR_HEADER, "Call-ID", detail);
    return SIP_OK;
}

static enum sip_error max_forwards_check(const struct sip_message *message, const char **detail)
{
    const char *text = sip_message_header(message, "Max-Forwards");
    if (text && (*text == '\0' || text[strspn(text, "0123456789")] != '\0'))
        return wrong(SIP_ERROR_HEADER, "Max-Forwards", detail);
    return SIP_OK;
}

static enum sip_error content_length_check(const struct sip_message *message, const char **detail)
{
    struct sip_length length = {0};
    for (size_t i = 0; i < message->header_count; i++) {
        const char *text = message->headers[i].value;
        if (sip_header_is(&message->headers[i], "Content-Length"))
            sip_length_add(&length, text, text + strlen(text));
    }
    if (length.is_malformed || (length.is_present && length.bytes != message->body_size_bytes))
        return wrong(SIP_ERROR_CONTENT_LENGTH, "Content-Length", detail);
    return SIP_OK;
}

enum sip_error sip_message_check(const struct sip_message *message, const char **detail)
{
    if (!sip_equals_nocase(message->version, "SIP/2.0"))
        return wrong(SIP_ERROR_VERSION, "SIP-Version", detail);
    enum sip_error error = SIP_OK;
    if (message->is_request && (error = request_uri_check(message)) != SIP_OK)
        return wrong(error, "Request-URI", detail);
    if ((error = presence_check(message, detail)) != SIP_OK ||
        (error = vias_check(message, detail)) != SIP_OK ||
        (error = address_check(message, "From", detail)) != SIP_OK ||
        (error = address_check(message, "To", detail)) != SIP_OK ||
        (error = cseq_check(message, detail)) != SIP_OK ||
        (error = call_id_check(message, detail)) != SIP_OK ||
        (error = max_forwards_check(message, detail)) != SIP_OK)
        return error;
    return content_length_check(message, detail);
}
