/* May this connection be aliased, may it carry this request (RFC 5923 §5, §8, §9)? Pure: rows and questions
 * in, an answer and why out. */
#ifndef REFERENCE_POLICY_H
#define REFERENCE_POLICY_H

#include "reference/location.h"
#include "reference/trust.h"

struct reuse_question;
struct policy {
    bool is_never_reusing;
    const struct fault_set *faults;
    bool (*is_alive)(uint64_t connection, void *arg);
    size_t (*own_load)(const struct net_address *address,
                       void *arg); /* requests under way on own plain connections; for cross-under-load */
    bool (*has_lost)(const struct target *target,
                     void *arg); /* an own connection there is gone; for faults */
    /* Transactions under way on a connection: over TLS over SCTP the least busy pair of streams is chosen
     * (RFC 4168 §5.1). NULL: the first one that may be. */
    size_t (*load)(uint64_t connection, void *arg);
    /* Somebody proved on a pair of streams beside it what is asked for; for identity-per-association. */
    bool (*is_proved_beside)(uint64_t connection, const struct reuse_question *question, void *arg);
    void *arg;
};
struct reuse_question {
    const struct next_hop *hop;
    const struct target *target;
};
/* The row to use, or NULL; why (REASON_MAX) gets the last refusal, "" when there was no row. */
const struct alias_row *policy_choose(const struct policy *policy, const struct alias_table *table,
                                      const struct reuse_question *question, char *why);
struct alias_claim {
    bool is_asked;    /* alias stands in the Via that counts */
    bool is_accepted; /* the connection was accepted, not opened */
    enum net_transport transport;
    const char *via_transport; /* as the Via writes it */
    bool has_certificate, is_valid;
    size_t identity_count;
};
const char *policy_refuse_alias(const struct policy *policy,
                                const struct alias_claim *claim); /* NULL: alias it */
bool policy_identity_matches(const struct fault_set *faults, const struct identities *identities,
                             const struct reuse_question *question);

#endif
