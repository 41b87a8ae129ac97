/* The node as a user agent: it forwards nothing, and a REFER outside of any dialog (RFC 3515) makes it send
 * what Refer-To asks for, on the connection that the policy chooses. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reference/proxy.h"

static void remove_param(struct sip_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (strcasecmp(params->items[i].name, name) == 0) {
            free(params->items[i].name);
            free(params->items[i].value);
            params->count--;
            memmove(&params->items[i], &params->items[i + 1], (params->count - i) * sizeof(params->items[i]));
            return;
        }
    }
}

/* The domain that was asked acts. */
static size_t asked_domain(const struct server_transaction *transaction)
{
    struct reference_node *node = transaction->node;
    struct sip_uri uri;
    size_t domain = node->domain_count;
    if (sip_uri_parse(transaction->request->request_uri, &uri) == SIP_OK) {
        domain = node_find_domain(node, uri.host);
        sip_uri_fini(&uri);
    }
    return domain < node->domain_count ? domain : transaction->domain;
}

/* RFC 3515 §2.1: the method stands in the URI; INVITE is meant without, and this user agent makes no calls.
 */
static bool send_referred(struct server_transaction *transaction, struct sip_uri *uri)
{
    const struct sip_param *param = sip_params_find(&uri->params, "method");
    char *method = param == NULL || param->value == NULL ? NULL : strdup(param->value);
    remove_param(&uri->params, "method");
    char *text = sip_uri_format(uri);
    bool is_sent =
        method != NULL && text != NULL &&
        reference_node_send(transaction->node, method, text, asked_domain(transaction), NULL, NULL);
    free(method);
    free(text);
    return is_sent;
}

static void refer(struct server_transaction *transaction)
{
    char *value = sip_message_value(transaction->request, "Refer-To", 0);
    struct sip_address address;
    bool is_read = value != NULL && sip_address_parse(value, &address) == SIP_OK;
    free(value);
    if (!is_read) {
        server_transaction_answer(transaction, 400, "Bad Refer-To");
        return;
    }
    bool is_sent = send_referred(transaction, &address.uri);
    sip_address_fini(&address);
    server_transaction_answer(transaction, is_sent ? 202 : 603, NULL);
}

void user_agent_handle_request(struct server_transaction *transaction, bool is_for_us)
{
    if (!is_for_us) {
        server_transaction_answer(transaction, 404, NULL);
    } else if (strcmp(transaction->request->method, "REFER") == 0 &&
               sip_message_header(transaction->request, "Require") == NULL) {
        refer(transaction);
    } else {
        answer_request(transaction);
    }
}
