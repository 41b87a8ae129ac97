/* What a node remembers of servers and connections beyond their transactions: who asked to be left alone, and
 * for faults where connections were lost and how busy one was. */
#ifndef REFERENCE_HISTORY_H
#define REFERENCE_HISTORY_H

#include "reference/pool.h"

struct record_route;

/* ---- retry_after.c: servers that asked to be left alone (RFC 3261 §21.5.4) ---- */
void retry_after_note(struct reference_node *node, const struct target *target,
                      const struct sip_message *response);
bool retry_after_is_set(const struct reference_node *node, const struct target *target);
void retry_after_free_all(struct reference_node *node);

/* ---- lost.c: what a few faults remember of the past ---- */
void lost_remember(struct reference_node *node, const struct connection *connection);
bool lost_contains(const struct reference_node *node, const struct target *target, bool is_opened_by_us);
/* The fault failure-sticks: a domain whose servers, found by NAPTR, could not be reached. */
void lost_note_domain(struct reference_node *node, const struct next_hop *hop);
bool lost_has_domain(const struct reference_node *node, const struct next_hop *hop);
unsigned lost_uses(struct reference_node *node, const struct target *target,
                   bool is_opened_by_us); /* counts this one */
void lost_free(struct reference_node *node);
const struct target *remembered_find(const struct reference_node *node, const struct next_hop *hop,
                                     const struct sip_message *request);
void remembered_set(struct reference_node *node, const struct next_hop *hop, const struct target *target,
                    const struct sip_message *request, uint64_t connection);
void remembered_free(struct reference_node *node);

/* ---- busy.c: load, as four faults see it ---- */
void busy_note_request(struct connection *connection);
bool busy_is(const struct connection *connection);
bool busy_loses(const struct connection *connection); /* the fault lose-under-load: the last one noted */
/* The fault response-twice-under-load. */
bool busy_answers_twice(const struct server_transaction *transaction, const struct sip_message *response);
/* The faults twice-under-load and twice-one-in-fifty: forwards it once more, on its own account. */
void busy_repeat(struct server_transaction *transaction, const struct sip_message *request,
                 const struct next_hop *hop, const struct record_route *plan);

/* ---- rarely.c: faults of one in fifty requests to be forwarded ---- */
bool rarely_keeps(struct server_transaction *transaction); /* asked once for each: it goes nowhere */
bool rarely_doubles(const struct reference_node *node);    /* the one that was asked about last */

#endif
