/* The user agent in the node: answers for its domains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/proxy.h"

static const char ALLOW[] = "OPTIONS, INVITE, ACK, CANCEL, BYE";
static const char *const KNOWN_METHODS[] = {"INVITE", "BYE",     "OPTIONS", "INFO",      "MESSAGE", "NOTIFY",
                                            "PRACK",  "PUBLISH", "REFER",   "SUBSCRIBE", "UPDATE"};

static bool is_known(const char *method)
{
    for (size_t i = 0; i < sizeof(KNOWN_METHODS) / sizeof(KNOWN_METHODS[0]); i++) {
        if (strcmp(KNOWN_METHODS[i], method) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_user(const struct sip_message *request)
{
    struct sip_uri uri;
    if (sip_uri_parse(request->request_uri, &uri) != SIP_OK) {
        return false;
    }
    bool has = uri.user != NULL;
    sip_uri_fini(&uri);
    return has;
}

/* RFC 3261 §10.2.3: a REGISTER that adds none. Its account has none. */
static bool asks_for_bindings(const struct reference_node *node, const struct sip_message *request)
{
    return strcmp(request->method, "REGISTER") == 0 && account_is_sender(node, request) &&
           sip_message_value_count(request, "Contact") == 0;
}

/* The user agent of an actor is reached at the name it was called by: for an IP address it has no certificate
 * (RFC 5922 §7.1). */
static bool add_contact(const struct server_transaction *transaction, struct sip_message *response)
{
    if (transaction->node->answers_users && has_user(transaction->request)) {
        char *own = NULL;
        bool is_added = asprintf(&own, "<%s>", transaction->request->request_uri) >= 0 &&
                        sip_message_append(response, "Contact", own);
        free(own);
        return is_added;
    }
    struct net_address address = transaction->local;
    char text[NET_ADDRESS_TEXT_MAX];
    char value[NET_ADDRESS_TEXT_MAX + 64];
    node_listens(transaction->node, transaction->transport, &transaction->local, &address);
    net_address_format(&address, text);
    snprintf(value, sizeof(value), "<sip:%s;transport=%s>", text, net_transport_name(transaction->transport));
    return sip_message_append(response, "Contact", value);
}

/* Takes the response apart from its fields: what each answer of ours carries (RFC 3261 §11.2, §21.4.6). */
static void send_answer(struct server_transaction *transaction, unsigned status)
{
    char *tag = node_new_token(transaction->node);
    struct sip_message *response = sip_response_to(transaction->request, status, NULL, tag);
    free(tag);
    bool is_good = response != NULL;
    if (is_good && (status == 200 || status == 405)) {
        is_good = sip_message_append(response, "Allow", ALLOW);
    }
    if (is_good && status == 200 && strcmp(transaction->request->method, "OPTIONS") == 0) {
        is_good = sip_message_append(response, "Accept", "application/sdp") &&
                  sip_message_append(response, "Accept-Encoding", "identity") &&
                  sip_message_append(response, "Accept-Language", "en");
    }
    if (is_good && status == 200 && transaction->is_invite) {
        is_good = add_contact(transaction, response);
    }
    if (is_good && status == 420) {
        is_good =
            sip_message_append(response, "Unsupported", sip_message_header(transaction->request, "Require"));
    }
    if (is_good) {
        server_transaction_respond(transaction, response);
    }
    sip_message_free(response);
}

void answer_options(struct server_transaction *transaction)
{
    send_answer(transaction, 200);
}

void answer_request(struct server_transaction *transaction)
{
    const struct sip_message *request = transaction->request;
    bool is_options = strcmp(request->method, "OPTIONS") == 0;
    if (sip_message_header(request, "Require") != NULL) {
        send_answer(transaction, 420); /* §8.2.2.3: none is supported */
    } else if ((is_options && !has_user(request)) || asks_for_bindings(transaction->node, request)) {
        send_answer(transaction, 200);
    } else if (has_user(request) || is_known(request->method)) {
        bool is_answered = transaction->node->answers_users || transaction->node->is_user_agent;
        send_answer(transaction, is_answered ? 200 : 404);
    } else {
        send_answer(transaction, 405); /* another REGISTER among them: this is no registrar */
    }
}
