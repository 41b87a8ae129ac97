/* What a REGISTER asks for (RFC 3261 §10.3), and the answer to it. Pure: no socket, no clock, no table. */
#ifndef RUN_BINDING_H
#define RUN_BINDING_H

#include <stdbool.h>

#include "sip/sip.h"

enum { BINDING_EXPIRES_MAX_S = 3600, BINDING_EXPIRES_DEFAULT_S = 3600 };
struct binding {
    char *aor;     /* address-of-record, "sip:box@one.test"; heap */
    char *contact; /* URI; NULL: none was named (a query), or "*" */
    unsigned expires_s;
    bool is_removal; /* of what was bound: "*", or expires 0 */
};
/* The status that the request deserves; 200: out is set. 400: To or Contact cannot be read, or "*" comes
 * without Expires 0. The first Contact counts. */
unsigned binding_read(const struct sip_message *request, struct binding *out);
void binding_fini(struct binding *binding);
/* 200 with the binding that is in force now (NULL: none), or the refusal; NULL: no memory. */
struct sip_message *binding_answer(const struct sip_message *request, unsigned status,
                                   const struct binding *in_force, const char *to_tag);

#endif
