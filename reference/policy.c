/* May a connection be aliased, and may it carry a request: lists of small predicates in order, each able to
 * say why it refused.
 *
 * Pure: no socket, no clock. Whether a connection is alive is asked last. The table is told nothing of all
 * this. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reference/policy.h"

struct candidate {
    const struct policy *policy;
    const struct reuse_question *question;
    const struct alias_row *row;
};
typedef const char *(*predicate)(const struct candidate *candidate); /* NULL: no objection */

static bool has(const struct candidate *candidate, enum fault fault)
{
    return candidate->policy->faults->is_set[fault];
}

/* The faults dialog-dials-anew and dialog-dials-after-loss, of aliases. */
static const char *refuse_in_dialog(const struct candidate *candidate)
{
    const struct policy *policy = candidate->policy;
    if (has(candidate, FAULT_DIALOG_DIALS_ANEW)) {
        return "requests of a dialog get a connection that was opened for them";
    }
    if (has(candidate, FAULT_DIALOG_DIALS_AFTER_LOSS) &&
        policy->has_lost(candidate->question->target, policy->arg)) {
        return "the connection that had been opened there is gone";
    }
    return NULL;
}

static const char *refuse_unwilling(const struct candidate *candidate)
{
    bool is_opened = candidate->row->is_opened_by_us;
    if (candidate->policy->is_never_reusing && !is_opened) {
        return "aliases are not honoured here";
    }
    if (is_opened && has(candidate, FAULT_NEW_CONNECTION_PER_REQUEST)) {
        return "every request gets its own connection";
    }
    return is_opened || !candidate->question->hop->is_in_dialog ? NULL : refuse_in_dialog(candidate);
}

/* The three columns of the resolved address (RFC 5923 §8.1, §8.2: condition 1). */
static const char *refuse_address(const struct candidate *candidate)
{
    const struct target *target = candidate->question->target;
    const struct alias_row *row = candidate->row;
    if (row->is_opened_by_us && row->transport == NET_TLS && has(candidate, FAULT_CLIENT_REUSE_BY_IDENTITY)) {
        return NULL;
    }
    if (!net_address_equal_ip(&row->address, &target->address)) {
        return "its IP address is another";
    }
    if (row->address.port != target->address.port) {
        return "its port is another";
    }
    bool is_plain_alias = row->transport == NET_TCP && has(candidate, FAULT_ALIAS_TCP_FOR_TLS);
    bool ignores_transport =
        !row->is_opened_by_us && (is_plain_alias || has(candidate, FAULT_ALIAS_TRANSPORT_IGNORED));
    return row->transport == target->transport || ignores_transport ? NULL : "its transport is another";
}

/* The faults that make aliases of plain connections, each of one transport. */
static bool aliases_plain(const struct fault_set *faults, enum net_transport transport)
{
    return transport == NET_SCTP
               ? faults->is_set[FAULT_ALIAS_OVER_SCTP]
               : faults->is_set[FAULT_ALIAS_OVER_TCP] || faults->is_set[FAULT_ALIAS_OVER_TCP_UNASKED] ||
                     faults->is_set[FAULT_ALIAS_TCP_FOR_TLS];
}

/* RFC 5923 §9.3 for virtual servers, RFC 3261 §18 for the others: plain connections serve the side that
 * opened them. */
static const char *refuse_plain(const struct candidate *candidate)
{
    const struct policy *policy = candidate->policy;
    if (candidate->row->is_opened_by_us || net_transport_is_secure(candidate->row->transport)) {
        return NULL;
    }
    if (aliases_plain(policy->faults, candidate->row->transport)) {
        return NULL;
    }
    if (has(candidate, FAULT_CROSS_UNDER_LOAD)) {
        enum { LOAD = 16 };
        return policy->own_load(&candidate->question->target->address, policy->arg) >= LOAD
                   ? NULL
                   : "its own connection has room";
    }
    if (has(candidate, FAULT_FALLBACK_TO_PEERS)) {
        return policy->has_lost(candidate->question->target, policy->arg) ? NULL
                                                                          : "its own connection never failed";
    }
    return "it is a plain connection that the peer opened";
}

static bool skips_identity(const struct candidate *candidate)
{
    const struct reuse_question *question = candidate->question;
    const struct alias_row *row = candidate->row;
    if (row->is_any_identity || !net_transport_is_secure(row->transport)) {
        return true; /* plain rows were judged above: there is no identity to compare */
    }
    if (question->hop->is_for_response && question->hop->is_numeric) {
        return true;
    }
    if (has(candidate,
            row->is_opened_by_us ? FAULT_CLIENT_REUSE_BY_ADDRESS : FAULT_SERVER_REUSE_BY_ADDRESS)) {
        return true;
    }
    return !row->is_opened_by_us && question->hop->is_numeric && has(candidate, FAULT_IP_URI_MATCHES_ANY);
}

bool policy_identity_matches(const struct fault_set *faults, const struct identities *identities,
                             const struct reuse_question *question)
{
    const struct next_hop *hop = question->hop;
    const char *domain = hop->host;
    if (faults->is_set[FAULT_MATCH_REQUEST_URI] && hop->request_host != NULL) {
        domain = hop->request_host;
    }
    struct identity_question asked = {
        .domain = domain, .is_secure_uri = hop->is_secure, .address = &question->target->address};
    if (identities_answer(identities, &asked, faults)) {
        return true;
    }
    asked.domain = question->target->server_name;
    return faults->is_set[FAULT_MATCH_SRV_TARGET] && asked.domain != NULL &&
           identities_answer(identities, &asked, faults);
}

/* Condition 2: the URI used for RFC 3263 matches a cached identity. */
static const char *refuse_identity(const struct candidate *candidate)
{
    const struct policy *policy = candidate->policy;
    if (has(candidate, FAULT_IDENTITY_PER_ASSOCIATION) &&
        policy->is_proved_beside(candidate->row->connection, candidate->question, policy->arg)) {
        return NULL;
    }
    if (skips_identity(candidate) ||
        policy_identity_matches(candidate->policy->faults, &candidate->row->identities,
                                candidate->question)) {
        return NULL;
    }
    return "its peer proved to be someone else";
}

static const char *refuse_dead(const struct candidate *candidate)
{
    const struct policy *policy = candidate->policy;
    return policy->is_alive(candidate->row->connection, policy->arg) ? NULL : "it is gone";
}

static const predicate REUSE_PREDICATES[] = {refuse_unwilling, refuse_address, refuse_plain, refuse_identity,
                                             refuse_dead};

static const char *refuse_row(const struct candidate *candidate)
{
    for (size_t i = 0; i < sizeof(REUSE_PREDICATES) / sizeof(REUSE_PREDICATES[0]); i++) {
        const char *objection = REUSE_PREDICATES[i](candidate);
        if (objection != NULL) {
            return objection;
        }
    }
    return NULL;
}

/* RFC 4168 §5.1: among pairs of streams that may carry a transaction, one without another. Elsewhere the
 * first connection that may be used is. */
static size_t load_of(const struct policy *policy, const struct alias_row *row)
{
    bool is_spread = row->transport == NET_TLS_SCTP && policy->load != NULL &&
                     !policy->faults->is_set[FAULT_ONE_STREAM_FOR_ALL];
    return is_spread ? policy->load(row->connection, policy->arg) : 0;
}

const struct alias_row *policy_choose(const struct policy *policy, const struct alias_table *table,
                                      const struct reuse_question *question, char *why)
{
    const struct target *target = question->target;
    /* The predicates look at every column; the index only spares them rows that the first ones would refuse.
     * Three faults have to see all. */
    bool sees_all = policy->faults->is_set[FAULT_CLIENT_REUSE_BY_IDENTITY] ||
                    policy->faults->is_set[FAULT_ALIAS_TRANSPORT_IGNORED] ||
                    policy->faults->is_set[FAULT_ALIAS_TCP_FOR_TLS];
    const struct alias_row *row = sees_all ? alias_table_walk(table, NULL)
                                           : alias_table_find(table, target->transport, &target->address);
    const struct alias_row *best = NULL;
    size_t least = SIZE_MAX;
    why[0] = '\0';
    while (row != NULL) {
        const struct candidate candidate = {policy, question, row};
        const char *objection = refuse_row(&candidate);
        if (objection == NULL) {
            size_t load = load_of(policy, row);
            best = load < least ? row : best;
            least = load < least ? load : least;
            if (load == 0) {
                return best;
            }
        } else {
            snprintf(why, REASON_MAX, "connection %llu: %s", (unsigned long long)row->connection, objection);
        }
        row = sees_all ? alias_table_walk(table, row) : alias_table_next(table, row);
    }
    return best;
}

/* ---- RFC 5923 §8.2, §9.2, §9.3: is an alias made of the connection that a request came on ---- */

static const char *refuse_plain_alias(const struct fault_set *faults, const struct alias_claim *claim)
{
    bool claims_tls = strcasecmp(claim->via_transport, "TLS") == 0;
    if (aliases_plain(faults, claim->transport) || faults->is_set[FAULT_CROSS_UNDER_LOAD] ||
        faults->is_set[FAULT_FALLBACK_TO_PEERS]) {
        return NULL;
    }
    return faults->is_set[FAULT_ALIAS_TRUST_VIA_TRANSPORT] && claims_tls
               ? NULL
               : "the request did not come over TLS";
}

static const char *refuse_client(const struct fault_set *faults, const struct alias_claim *claim)
{
    if (!claim->has_certificate) {
        return faults->is_set[FAULT_ALIAS_WITHOUT_CERTIFICATE] ? NULL : "the client showed no certificate";
    }
    bool skips_path =
        faults->is_set[FAULT_ALIAS_WITHOUT_VALIDATION] || faults->is_set[FAULT_SERVER_SKIP_VERIFY];
    if (!claim->is_valid && !skips_path) {
        return "the client's certificate is not valid";
    }
    if (claim->identity_count == 0 && !faults->is_set[FAULT_ACCEPT_NO_IDENTITY] &&
        !faults->is_set[FAULT_ALIAS_WITHOUT_IDENTITY]) {
        return "the client's certificate holds no identity";
    }
    return NULL;
}

const char *policy_refuse_alias(const struct policy *policy, const struct alias_claim *claim)
{
    const struct fault_set *faults = policy->faults;
    bool is_given_away = claim->transport == NET_TCP && faults->is_set[FAULT_ALIAS_OVER_TCP_UNASKED];
    if (!claim->is_asked && !is_given_away && !faults->is_set[FAULT_ALIAS_ALWAYS]) {
        return "it was not asked for";
    }
    if (policy->is_never_reusing) {
        return "aliases are not honoured here";
    }
    if (!claim->is_accepted) {
        return "the connection is our own";
    }
    if (!net_transport_is_secure(claim->transport)) {
        return refuse_plain_alias(faults, claim);
    }
    if (strcasecmp(claim->via_transport, net_transport_name(claim->transport)) != 0) {
        return "its Via names another transport";
    }
    return refuse_client(faults, claim);
}
