#include "run/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The credentials for our realm, among those that a request may have for others. */
static bool find_credentials(const struct sip_message *request, const char *realm, struct sip_auth *out)
{
    char *value;

    for (size_t i = 0; (value = sip_message_value(request, "Authorization", i)) != NULL; i++) {
        bool is_read = sip_auth_parse(value, out) == SIP_OK;
        const char *theirs = is_read ? sip_auth_value(out, "realm") : NULL;

        free(value);
        if (theirs && !strcasecmp(out->scheme, "Digest") && !strcmp(theirs, realm))
            return true;
        if (is_read)
            sip_auth_fini(out);
    }
    return false;
}

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
    const struct sip_digest digest = {.user = account->user,
                                      .realm = account->realm,
                                      .password = account->password,
                                      .nonce = sip_auth_value(auth, "nonce"),
                                      .algorithm = sip_auth_value(auth, "algorithm"),
                                      .method = request->method,
                                      .uri = sip_auth_value(auth, "uri"),
                                      .count =
                                          sip_auth_value(auth, "qop") ? sip_auth_value(auth, "nc") : NULL,
                                      .cnonce = sip_auth_value(auth, "cnonce")};
    char wanted[SIP_DIGEST_TEXT_MAX];

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

    if (!find_credentials(request, account->realm, &auth))
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
    bool is_good = response != NULL;

    for (size_t i = 0; is_good && i < account->algorithm_count; i++) {
        char *value = NULL;

        is_good =
            asprintf(&value, "Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s",
                     account->realm, nonce, account->algorithms[i], is_stale ? ", stale=true" : "") >= 0 &&
            sip_message_append(response, "WWW-Authenticate", value);
        free(value);
    }
    if (is_good)
        return response;
    sip_message_free(response);
    return NULL;
}
