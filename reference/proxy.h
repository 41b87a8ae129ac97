/* The proxy core and the user agents beside it: messages off a connection, to whom they belong, and what
 * becomes of them (RFC 3261 §16). */
#ifndef REFERENCE_PROXY_H
#define REFERENCE_PROXY_H

#include "reference/transaction.h"

/* ---- dispatch.c: messages off a connection, to whom they belong ---- */
/* The same request once more, and a transaction for it: forwarding it without one did not do. */
void dispatch_keep(struct connection *connection, const struct sip_message *request);
void dispatch_message(struct connection *connection, const uint8_t *bytes, size_t size_bytes);
/* What is left of a stream that cannot be followed any more: a request in front of it is answered. */
void dispatch_unframed(struct connection *connection, const uint8_t *bytes, size_t size_bytes,
                       enum sip_error error);

/* ---- account.c: Digest ---- */
struct account *account_new(const char *user, const char *password); /* NULL: no memory, no random numbers */
void account_free(struct account *account);
/* User and password, for answering somebody else's challenge; borrowed. */
void account_name(const struct account *account, struct sip_digest *out);
/* Whether the request (a copy of the transaction's, on its way) need not prove who sent it, or has proved it;
 * credentials for this node are taken out. false: it was challenged, and the transaction answered. */
bool account_is_sender(const struct reference_node *node, const struct sip_message *request); /* he says so */
bool account_admits(struct server_transaction *transaction, struct sip_message *request, bool is_for_us);

/* ---- stateless.c (RFC 3261 §16.11, RFC 3263 §4.4) ---- */
/* original: as it came. request, which is taken: as it goes on, without our Via. */
void stateless_forward(struct connection *connection, const struct sip_message *original,
                       struct sip_message *request, const struct next_hop *hop,
                       const struct record_route *plan /* NULL: none */);
/* A response to what was forwarded so goes back; false: it is none. */
bool stateless_return(const struct connection *connection, const struct sip_message *response);
void stateless_free_all(struct reference_node *node);

/* ---- proxy.c (RFC 3261 §16), forward.c (its message, pure), answer.c (the user agent in it) ---- */
void proxy_handle_request(struct server_transaction *transaction);
void proxy_forward_ack(struct connection *connection, const struct sip_message *ack);
/* user_agent.c: the node forwards nothing. */
void user_agent_handle_request(struct server_transaction *transaction, bool is_for_us);
/* Route of RFC 3261 §16.4: drops Routes of ours, undoes strict routing. */
bool forward_preprocess(const struct reference_node *node, struct sip_message *request,
                        const struct net_address *local);
bool forward_next_hop(struct sip_message *request,
                      struct next_hop *out); /* §16.6 step 6 too: strict next hop */
bool forward_count_hop(
    struct sip_message *request); /* §16.6, 3: Max-Forwards; one was checked to be above 0 */
/* §16.6, 4, and RFC 5658 where the transports differ: URIs of the acting domain, for which there is a
 * certificate (RFC 5922 §7.5). */
bool forward_record_route(const struct reference_node *node, struct sip_message *request,
                          const struct record_route *plan, enum net_transport out);
size_t acting_domain(const struct reference_node *node, const struct sip_message *request,
                     size_t connection_domain);
void answer_request(struct server_transaction *transaction);
void answer_options(struct server_transaction *transaction); /* whoever it was for (RFC 3261 §11) */

/* ---- originate.c ---- */
void originate_ack(struct reference_node *node, struct sip_message *ack /* taken */,
                   const struct next_hop *hop);
void originate_free_all(struct reference_node *node);
/* REGISTER of a domain's own URI. */
bool originate_register(struct reference_node *node, const char *registrar, size_t domain,
                        const char *contact, unsigned expires_s, reference_answer_cb cb, void *arg);

/* ---- registration.c ---- */
void registration_free_all(struct reference_node *node); /* after what was originated */

#endif
