/* Requests that the node itself begins: on behalf of one of its domains, and ACKs that it forwards without
 * waiting for anything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "reference/proxy.h"

struct originated {
    struct reference_node *node;
    struct exchange *exchange;
    reference_answer_cb cb; /* NULL: nobody waits */
    void *arg;
    struct sip_message *again; /* what goes once more when it is challenged; NULL: nothing */
    struct next_hop hop;       /* of again */
    struct originated *prev, *next;
};

static void originated_free(struct originated *originated)
{
    exchange_free(originated->exchange);
    sip_message_free(originated->again);
    next_hop_fini(&originated->hop);
    free(originated);
}

/* RFC 3261 §22.2. The first challenge that can be answered is the one that is preferred (RFC 8760 §2.4). */
static char *make_credentials(const struct originated *originated, const struct sip_message *response)
{
    char *answer = NULL;
    char *value = NULL;
    char *cnonce = node_new_token(originated->node);
    for (size_t i = 0; cnonce != NULL && answer == NULL &&
                       (value = sip_message_value(response, "WWW-Authenticate", i)) != NULL;
         i++) {
        struct sip_auth challenge;
        struct sip_digest own = {
            .method = originated->again->method, .uri = originated->again->request_uri, .cnonce = cnonce};
        account_name(originated->node->account, &own);
        if (sip_auth_parse(value, &challenge) == SIP_OK) {
            answer = sip_digest_answer(&challenge, &own);
            sip_auth_fini(&challenge);
        }
        free(value);
    }
    free(cnonce);
    return answer;
}

static void on_exchange(struct exchange *exchange, unsigned status, const struct sip_message *response,
                        void *arg);

/* Once: what is refused then is refused. */
static bool answer_challenge(struct originated *originated, const struct sip_message *response)
{
    struct sip_message *request = originated->again;
    if (request == NULL || response == NULL || originated->node->account == NULL) {
        return false;
    }
    char *credentials = make_credentials(originated, response);
    bool is_good = credentials != NULL && sip_message_append(request, "Authorization", credentials) &&
                   sip_message_set(request, "CSeq", "2 REGISTER");
    free(credentials);
    if (!is_good) {
        return false;
    }
    originated->again = NULL;
    struct exchange *exchange =
        exchange_new(originated->node, request, &originated->hop, NULL, on_exchange, originated);
    if (exchange == NULL) {
        return false;
    }
    exchange_free(originated->exchange);
    originated->exchange = exchange;
    exchange_start(exchange);
    return true;
}

static void on_exchange(struct exchange *exchange, unsigned status, const struct sip_message *response,
                        void *arg)
{
    struct originated *originated = arg;
    struct reference_node *node = originated->node;
    (void)exchange;
    if (status < 200 || (status == 401 && answer_challenge(originated, response))) {
        return;
    }
    reference_answer_cb cb = originated->cb;
    void *cb_arg = originated->arg;
    node->counts.answered += cb != NULL && response != NULL ? 1 : 0;
    DL_DELETE(node->originated, originated);
    originated_free(originated);
    if (cb != NULL) {
        cb(node, status, cb_arg);
    }
}

static bool originate(struct reference_node *node, struct sip_message *request, const struct next_hop *hop,
                      reference_answer_cb cb, void *arg)
{
    struct originated *originated = calloc(1, sizeof(*originated));
    if (originated == NULL) {
        sip_message_free(request);
        return false;
    }
    *originated = (struct originated){.node = node, .cb = cb, .arg = arg};
    if (strcmp(request->method, "REGISTER") == 0 && next_hop_copy(hop, &originated->hop)) {
        originated->again = sip_message_copy(request);
    }
    originated->exchange = exchange_new(node, request, hop, NULL, on_exchange, originated);
    if (originated->exchange == NULL) {
        originated_free(originated);
        return false;
    }
    DL_APPEND(node->originated, originated);
    exchange_start(originated->exchange);
    return true;
}

void originate_ack(struct reference_node *node, struct sip_message *ack, const struct next_hop *hop)
{
    originate(node, ack, hop, NULL, NULL);
}

void originate_free_all(struct reference_node *node)
{
    struct originated *at;
    struct originated *next;
    DL_FOREACH_SAFE(node->originated, at, next)
    {
        originated_free(at);
    }
    node->originated = NULL;
}

/* Appends a field whose value is in four parts. */
static bool append_parts(struct sip_message *message, const char *name, const char *a, const char *b,
                         const char *c, const char *d)
{
    char *value = NULL;
    bool is_added = asprintf(&value, "%s%s%s%s", a, b, c, d) >= 0 && sip_message_append(message, name, value);
    free(value);
    return is_added;
}

/* RFC 3261 §8.1.1; Via comes with the connection. */
static struct sip_message *make_request(struct reference_node *node, const char *method, const char *uri,
                                        size_t domain)
{
    struct sip_message *request = sip_request_new(method, uri);
    char *tag = node_new_token(node);
    char *call = node_new_token(node);
    const char *name = node->domains[domain].name;
    bool is_good =
        request != NULL && tag != NULL && call != NULL && sip_message_append(request, "Max-Forwards", "70") &&
        append_parts(request, "From", "<sip:", name, ">;tag=", tag) &&
        append_parts(request, "To", "<", uri, ">", "") &&
        append_parts(request, "Call-ID", call, "@", name, "") &&
        append_parts(request, "CSeq", "1 ", method, "", "") && sip_message_set_body(request, NULL, 0, NULL);
    free(tag);
    free(call);
    if (!is_good) {
        sip_message_free(request);
        return NULL;
    }
    return request;
}

static bool send_to(struct reference_node *node, struct sip_message *request, const char *uri, size_t domain,
                    reference_answer_cb cb, void *arg)
{
    struct sip_uri parsed;
    struct next_hop hop;
    bool is_hop = request != NULL && sip_uri_parse(uri, &parsed) == SIP_OK;
    if (is_hop) {
        is_hop = next_hop_from_uri(&parsed, &hop);
        sip_uri_fini(&parsed);
    }
    if (!is_hop) {
        sip_message_free(request);
        return false;
    }
    hop.domain = domain;
    node->counts.requests_sent++;
    bool is_sent = originate(node, request, &hop, cb, arg);
    next_hop_fini(&hop);
    return is_sent;
}

bool reference_node_send(struct reference_node *node, const char *method, const char *uri, size_t domain,
                         reference_answer_cb cb, void *arg)
{
    bool has_dialog =
        strcmp(method, "INVITE") == 0 || strcmp(method, "ACK") == 0 || strcmp(method, "CANCEL") == 0;
    return domain < node->domain_count && !has_dialog &&
           send_to(node, make_request(node, method, uri, domain), uri, domain, cb, arg);
}

bool originate_register(struct reference_node *node, const char *registrar, size_t domain,
                        const char *contact, unsigned expires_s, reference_answer_cb cb, void *arg)
{
    struct sip_message *request = make_request(node, "REGISTER", registrar, domain);
    char *to = NULL;
    char *expires = NULL;
    bool is_good =
        request != NULL && asprintf(&to, "<sip:%s>", node->domains[domain].name) >= 0 &&
        sip_message_set(request, "To", to) && append_parts(request, "Contact", "<", contact, ">", "") &&
        asprintf(&expires, "%u", expires_s) >= 0 && sip_message_append(request, "Expires", expires);
    free(to);
    free(expires);
    if (!is_good) {
        sip_message_free(request);
        return false;
    }
    return send_to(node, request, registrar, domain, cb, arg);
}
