/* CANCEL and ACK of an INVITE that was sent: its top Via, Route, Call-ID, From and CSeq number (RFC 3261
 * §9.1, §17.1.1.3). */
#include <stdio.h>
#include <stdlib.h>

#include "reference/transaction.h"

static bool copy_field(struct sip_message *to, const struct sip_message *from, const char *name)
{
    const char *value = sip_message_header(from, name);
    return value != NULL && sip_message_append(to, name, value);
}

static bool copy_routes(struct sip_message *to, const struct sip_message *from)
{
    size_t count = sip_message_value_count(from, "Route");
    for (size_t i = 0; i < count; i++) {
        char *value = sip_message_value(from, "Route", i);
        bool is_copied = value != NULL && sip_message_append(to, "Route", value);
        free(value);
        if (!is_copied) {
            return false;
        }
    }
    return true;
}

/* to_of: whose To it has: the request's for CANCEL, the response's for ACK. */
static struct sip_message *derive(const struct sip_message *invite, const char *method,
                                  const struct sip_message *to_of)
{
    struct sip_message *derived = sip_request_new(method, invite->request_uri);
    char *via = sip_message_value(invite, "Via", 0);
    uint32_t number = 0;
    char cseq[64];
    bool is_good = derived != NULL && via != NULL && sip_message_append(derived, "Via", via) &&
                   copy_routes(derived, invite) && sip_message_append(derived, "Max-Forwards", "70") &&
                   copy_field(derived, invite, "From") && copy_field(derived, to_of, "To") &&
                   copy_field(derived, invite, "Call-ID") &&
                   sip_message_cseq(invite, &number, NULL) == SIP_OK;
    if (is_good) {
        snprintf(cseq, sizeof(cseq), "%u %s", number, method);
        is_good = sip_message_append(derived, "CSeq", cseq) && sip_message_set_body(derived, NULL, 0, NULL);
    }
    free(via);
    if (!is_good) {
        sip_message_free(derived);
        return NULL;
    }
    return derived;
}

struct sip_message *derive_cancel(const struct sip_message *invite)
{
    return derive(invite, "CANCEL", invite);
}

struct sip_message *derive_ack(const struct sip_message *invite, const struct sip_message *response)
{
    return derive(invite, "ACK", response);
}
