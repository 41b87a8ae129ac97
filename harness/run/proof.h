/* What a REGISTER proves of the account that the registrar asks for (RFC 3261 §22, RFC 8760), and the
 * question. Pure: no socket, no clock, no table. A test tool's registrar: it finds out whether the device can
 * do it, and keeps nobody out who listens. */
#ifndef RUN_PROOF_H
#define RUN_PROOF_H

#include <stdbool.h>

#include "sip/sip.h"

struct proof_account {
    const char *realm, *user, *password;
    const char *const *algorithms; /* the preferred one first: "SHA-256", "MD5" */
    size_t algorithm_count;
};
enum proof {
    PROOF_NONE,    /* it has no credentials for the realm: the first time of each */
    PROOF_GOOD,    /* they are right, and of this nonce */
    PROOF_STALE,   /* they are right, and of another nonce: an earlier connection's */
    PROOF_USER,    /* they are of another user */
    PROOF_UNASKED, /* an algorithm that nobody had asked for, or a qop other than auth */
    PROOF_WRONG    /* the password, or the arithmetic */
};
enum proof proof_read(const struct sip_message *request, const struct proof_account *account,
                      const char *nonce);
/* What is said of it to the device's operator: "its credentials are of another user". */
const char *proof_text(enum proof proof);
/* 401 with a challenge for each algorithm; NULL: no memory. */
struct sip_message *proof_ask(const struct sip_message *request, const struct proof_account *account,
                              const char *nonce, bool is_stale, const char *to_tag);

#endif
