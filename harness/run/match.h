/* What decides, without socket or clock: which alternative of a step an observed event fits. */
#ifndef RUN_MATCH_H
#define RUN_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"
#include "reference/reference.h"
#include "scenario/scenario.h"
#include "sip/sip.h"

struct wire;

enum observed_kind { OBSERVED_REQUEST, OBSERVED_RESPONSE, OBSERVED_CONNECTION, OBSERVED_CLOSED };
struct observed { /* an event as the alternatives of a step see it */
    enum observed_kind kind;
    const char
        *of; /* name of the stimulus or send that it belongs to; NULL: of none, or the name was given away */
    const char *method;     /* request's, or CSeq's of a response */
    const char *own_method; /* of that stimulus or send; NULL with of */
    unsigned status;
    const char *connection; /* its name; NULL: none */
    const char *listener;   /* where it was accepted; NULL: we opened it */
    bool is_new;            /* the device opened it and it has never had a name */
    bool is_further_pair;   /* likewise, on streams of an association that has a TLS connection already */
    /* It is another pair of streams of the association that the named connection is of; NULL: of none. */
    bool (*is_beside)(const struct wire *wire, const char *name);
    const struct wire *wire; /* for is_beside */
    bool is_echo;            /* of an answer of ours: good for going on, never for a verdict */
    bool is_again;           /* a final response to a request that has had one */
    bool is_repeated;        /* the same on the same connection: nothing new to whom does not ask for it */
    bool is_expected_error;  /* an error that an answer of ours, or a CANCEL, explains */
    enum net_sign sign;
    const char *alert; /* of a fatal TLS alert; NULL: none */
    const struct sip_message *message;
    const struct net_message_facts *delivery; /* of a message over SCTP; NULL elsewhere */
};
/* Index of the first alternative that the event fits, or -1. Counts (received, times) are not looked at here.
 */
int match_event(const struct scenario_alternative *alternatives, size_t count, const struct observed *event);
bool match_fits(const struct scenario_alternative *alternatives, size_t count, size_t index,
                const struct observed *event);
/* The event is about something that the step judges, on a connection or with a status that it does not name:
 * the scenario ends inconclusive. */
bool match_is_surprise(const struct scenario_alternative *alternatives, size_t count,
                       const struct observed *event);
bool match_range(struct scenario_range range, size_t number);
struct observed_tls {
    bool was_certificate_requested, has_peer_certificate, has_server_name, is_resumed, has_early_data,
        has_unordered_records;
    enum net_renegotiation renegotiation;
    const char *peer_names, *server_name;
};
bool match_tls(const struct scenario_alternative *alternative, const struct observed_tls *facts);
bool match_association(const struct scenario_alternative *alternative,
                       const struct net_association_facts *facts);
bool match_actor(const struct scenario_alternative *alternative, const struct reference_counts *counts);
bool match_connections(const struct scenario_alternative *alternative, size_t accepted, size_t live);
bool match_strings_have(const struct strings *strings, const char *text);

#endif
