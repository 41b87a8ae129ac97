/* One account of the node's: whoever says that he is it has to prove it, each time (RFC 3261 §22; RFC 5922
 * §8.1).
 *
 * A nonce is the time of its making under a key of the node's own: there is nothing to remember, and nobody
 * else can make one. Within its minute an answer could be shown again: what is judged here is connections. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "reference/proxy.h"

enum { NONCE_MAX = 64, NONCE_LIFE_S = 60, MARK_BYTES = 32 };

struct account {
    char *user, *password;
    uint8_t key[MARK_BYTES];
};

struct account *account_new(const char *user, const char *password)
{
    struct account *account = calloc(1, sizeof(*account));
    if (account == NULL) {
        return NULL;
    }
    account->user = strdup(user);
    account->password = strdup(password);
    if (account->user == NULL || account->password == NULL ||
        gnutls_rnd(GNUTLS_RND_KEY, account->key, sizeof(account->key)) < 0) {
        account_free(account);
        return NULL;
    }
    return account;
}

void account_free(struct account *account)
{
    if (account == NULL) {
        return;
    }
    free(account->user);
    free(account->password);
    free(account);
}

void account_name(const struct account *account, struct sip_digest *out)
{
    out->user = account->user;
    out->password = account->password;
}

/* ---- nonces ---- */

static bool nonce_make(const struct account *account, uint64_t made_s, char out[NONCE_MAX])
{
    uint8_t mark[MARK_BYTES];
    int size = snprintf(out, NONCE_MAX, "%" PRIx64 ".", made_s);
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, account->key, sizeof(account->key), out, (size_t)size, mark) <
        0) {
        return false;
    }
    for (size_t i = 0; i < MARK_BYTES / 2; i++) {
        size += snprintf(out + size, NONCE_MAX - (size_t)size, "%02x", mark[i]);
    }
    return true;
}

static uint64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

enum nonce_state { NONCE_GOOD, NONCE_STALE, NONCE_FOREIGN };

static enum nonce_state nonce_judge(const struct account *account, const char *nonce)
{
    char wanted[NONCE_MAX];
    uint64_t made_s = strtoull(nonce, NULL, 16);
    if (!nonce_make(account, made_s, wanted) || strcmp(nonce, wanted) != 0) {
        return NONCE_FOREIGN;
    }
    return now_s() - made_s <= NONCE_LIFE_S ? NONCE_GOOD : NONCE_STALE;
}

/* ---- credentials ---- */

/* RFC 3261 §22.4, RFC 2617 §3.2.2: the realm is the domain of the account. */
static bool is_right(const struct account *account, const struct sip_auth *auth,
                     const struct sip_message *request, const char *realm)
{
    const char *qop = sip_auth_value(auth, "qop");
    const char *response = sip_auth_value(auth, "response");
    const char *user = sip_auth_value(auth, "username");
    char wanted[SIP_DIGEST_TEXT_MAX];
    struct sip_digest digest = sip_digest_shown(auth, request);
    account_name(account, &digest);
    digest.realm = realm;
    bool is_whole =
        response != NULL && user != NULL && digest.uri != NULL &&
        (qop == NULL || (strcasecmp(qop, "auth") == 0 && digest.count != NULL && digest.cnonce != NULL));
    return is_whole && strcmp(user, account->user) == 0 && strcmp(digest.uri, request->request_uri) == 0 &&
           sip_digest_compute(&digest, wanted) && strcmp(response, wanted) == 0;
}

/* Those for our realm that answer a question; index gets which of the field's values they are. */
static bool find_credentials(const struct sip_message *request, const char *field, const char *realm,
                             struct sip_auth *out, size_t *index)
{
    for (*index = 0; sip_auth_find(request, field, realm, index, out); (*index)++) {
        if (sip_auth_value(out, "nonce") != NULL) {
            return true;
        }
        sip_auth_fini(out);
    }
    return false;
}

/* ---- the question ---- */

/* SHA-256 first: the one that is preferred (RFC 8760 §2.4). */
static void challenge(struct server_transaction *transaction, bool is_for_us, const char *realm,
                      bool is_stale)
{
    static const char *const algorithms[] = {"SHA-256", "MD5"};
    char nonce[NONCE_MAX];
    char *tag = node_new_token(transaction->node);
    struct sip_message *response = sip_response_to(transaction->request, is_for_us ? 401 : 407, NULL, tag);
    bool is_good = response != NULL && nonce_make(transaction->node->account, now_s(), nonce);
    is_good = is_good &&
              sip_digest_challenge(response, is_for_us ? "WWW-Authenticate" : "Proxy-Authenticate", realm,
                                   nonce, algorithms, sizeof(algorithms) / sizeof(algorithms[0]), is_stale);
    if (is_good) {
        server_transaction_respond(transaction, response);
    } else {
        server_transaction_answer(transaction, 500, NULL);
    }
    sip_message_free(response);
    free(tag);
}

/* The domain of ours that the sender says he is the account of; domain_count: he does not. */
static size_t claimed_domain(const struct reference_node *node, const struct sip_message *request)
{
    const char *from = sip_message_header(request, "From");
    struct sip_address address;
    size_t domain = node->domain_count;
    if (from != NULL && sip_address_parse(from, &address) == SIP_OK) {
        if (address.uri.user != NULL && address.uri.host != NULL &&
            strcmp(address.uri.user, node->account->user) == 0) {
            domain = node_find_domain(node, address.uri.host);
        }
        sip_address_fini(&address);
    }
    return domain;
}

bool account_is_sender(const struct reference_node *node, const struct sip_message *request)
{
    return node->account != NULL && claimed_domain(node, request) < node->domain_count;
}

bool account_admits(struct server_transaction *transaction, struct sip_message *request, bool is_for_us)
{
    struct reference_node *node = transaction->node;
    const char *field = is_for_us ? "Authorization" : "Proxy-Authorization";
    struct connection *connection = connection_find(node, transaction->connection);
    size_t index = 0;
    struct sip_auth auth;
    enum nonce_state state = NONCE_FOREIGN;
    bool is_proved = false;
    if (!account_is_sender(node, request) || strcmp(request->method, "CANCEL") == 0 ||
        (connection != NULL && connection->has_proved_account &&
         node_has(node, FAULT_DIGEST_TRUSTS_CONNECTION))) {
        return true;
    }
    const char *realm = node->domains[claimed_domain(node, request)].name;
    if (find_credentials(request, field, realm, &auth, &index)) {
        state = nonce_judge(node->account, sip_auth_value(&auth, "nonce"));
        is_proved = state != NONCE_FOREIGN && is_right(node->account, &auth, transaction->request, realm);
        sip_auth_fini(&auth);
    }
    if (!is_proved || state != NONCE_GOOD) {
        challenge(transaction, is_for_us, realm, is_proved);
        return false;
    }
    sip_message_remove_value(request, field, index); /* meant for us alone */
    if (connection != NULL) {
        connection->has_proved_account = true;
    }
    return true;
}
