#include "run/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_asked_for(const struct proof_account *account, const struct sip_auth *auth)
{
    const char *algorithm = sip_auth_value(auth, "algorithm"), *qop = sip_auth_value(auth, "qop");

    if (qop &&
        (strcasecmp(qop, "auth") != 0 || !sip_auth_value(auth, "nc") || !sip_auth_value(auth, "cnonce")))
        return false;
    for (size_t i = 0; i < account->algorithm_count; i++)
        if (!strcasecmp(algorithm ? algorithm : "MD5", account->algorithms[i]))
            return true;
    return false;
}

/* Without qop, as before RFC 2617, is taken too. The digest-uri is taken as it stands: whether it is the
 * Request-URI in the same words is not what is looked at here. */
static enum proof judge(const struct sip_auth *auth, const struct sip_message *request,
                        const struct proof_account *account, const char *nonce)
{
    const char *user = sip_auth_value(auth, "username"), *response = sip_auth_value(auth, "response");
    struct sip_digest digest = sip_digest_shown(auth, request);
    char wanted[SIP_DIGEST_TEXT_MAX];

    digest.user = account->user;
    digest.realm = account->realm;
    digest.password = account->password;
    if (!user || strcmp(user, account->user) != 0)
        return PROOF_USER;
    if (!is_asked_for(account, auth))
        return PROOF_UNASKED;
    if (!response || !digest.nonce || !digest.uri || !sip_digest_compute(&digest, wanted) ||
        strcasecmp(response, wanted) != 0)
        return PROOF_WRONG;
    return !strcmp(digest.nonce, nonce) ? PROOF_GOOD : PROOF_STALE;
}

enum proof proof_read(const struct sip_message *request, const struct proof_account *account,
                      const char *nonce)
{
    struct sip_auth auth;
    enum proof proof;
    size_t index = 0;

    if (!sip_auth_find(request, "Authorization", account->realm, &index, &auth))
        return PROOF_NONE;
    proof = judge(&auth, request, account, nonce);
    sip_auth_fini(&auth);
    return proof;
}

const char *proof_text(enum proof proof)
{
    switch (proof) {
    case PROOF_NONE:
        return "it has shown no credentials";
    case PROOF_GOOD:
        return "its credentials are right";
    case PROOF_STALE:
        return "its credentials answer the challenge of an earlier connection";
    case PROOF_USER:
        return "its credentials are of another user than the profile's account";
    case PROOF_UNASKED:
        return "its credentials are of an algorithm, or with a qop, that it was not asked for";
    case PROOF_WRONG:
        return "its credentials are wrong: another password than the profile's, or another realm in its "
               "digest";
    }
    return "";
}

struct sip_message *proof_ask(const struct sip_message *request, const struct proof_account *account,
                              const char *nonce, bool is_stale, const char *to_tag)
{
    struct sip_message *response = sip_response_to(request, 401, NULL, to_tag);

    if (response && sip_digest_challenge(response, "WWW-Authenticate", account->realm, nonce,
                                         account->algorithms, account->algorithm_count, is_stale))
        return response;
    sip_message_free(response);
    return NULL;
}
