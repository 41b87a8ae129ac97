/* The TLS connections of an association of SCTP (RFC 3436 §5). Each is a connection like any other, with a
 * peer and an alias of its own; what they share is that a new transaction may choose among those that serve
 * the same purpose, so that one does not wait behind another (RFC 4168 §5.1). */
#include <utlist.h>

#include "reference/pool.h"

static uint64_t association_of(const struct connection *connection)
{
    const struct net_association_facts *facts = net_connection_association(connection->net);
    return connection->transport == NET_TLS_SCTP && facts != NULL ? facts->id : 0;
}

static bool is_of(const struct connection *connection, uint64_t association)
{
    return connection->net != NULL && association_of(connection) == association;
}

/* What a new transaction would have beside it. */
static size_t load_of(const struct connection *connection)
{
    const struct waiter *at;
    size_t waiting;
    DL_COUNT(connection->waiters, at, waiting);
    return connection->is_connecting ? waiting : connection->outstanding;
}

/* One that is up or on its way, opened for what the others of its association were opened for. */
static bool is_offered(const struct connection *connection)
{
    return connection->is_opened_by_us && !connection->is_draining &&
           (connection->is_connecting || connection_is_usable(connection));
}

static bool is_loner(const struct reference_node *node, const struct net_address *server)
{
    for (size_t i = 0; i < node->loner_count && i < LONERS_MAX; i++) {
        if (net_address_equal(&node->loners[i], server)) {
            return true;
        }
    }
    return false;
}

void pairs_note_abort(const struct connection *connection)
{
    struct reference_node *node = connection->node;
    if (connection->is_further_pair && connection->is_opened_by_us && !connection->is_ready &&
        !is_loner(node, &connection->target.address)) {
        node->loners[node->loner_count++ % LONERS_MAX] = connection->target.address;
    }
}

struct connection *pairs_spread(struct connection *connection)
{
    uint64_t association = association_of(connection);
    bool is_one_for_all = node_has(connection->node, FAULT_ONE_STREAM_FOR_ALL);
    if (association == 0 || !connection->is_opened_by_us || is_one_for_all || load_of(connection) == 0) {
        return connection;
    }
    struct connection *least = connection;
    size_t count = 0;
    for (struct connection *at = connection->node->connections; at != NULL; at = at->hh.next) {
        if (is_of(at, association) && is_offered(at)) {
            count++;
            least = load_of(at) < load_of(least) ? at : least;
        }
    }
    bool may_open = load_of(least) > 0 && count < PAIRS_MAX && !connection->is_alone &&
                    !is_loner(connection->node, &connection->target.address);
    struct connection *further = may_open ? connection_open_beside(connection) : NULL;
    return further != NULL ? further : least;
}

struct connection *pairs_fall_back(const struct connection *connection)
{
    uint64_t association = connection->is_further_pair ? association_of(connection) : 0;
    struct connection *found = NULL;
    if (association == 0 || !connection->is_opened_by_us) {
        return NULL;
    }
    for (struct connection *at = connection->node->connections; at != NULL; at = at->hh.next) {
        if (at == connection || !is_of(at, association)) {
            continue;
        }
        at->is_alone = true; /* it is not tried again with every request */
        if (connection_is_usable(at) && (found == NULL || load_of(at) < load_of(found))) {
            found = at;
        }
    }
    return found;
}

bool pairs_prove_beside(const struct connection *connection, const struct reuse_question *question)
{
    uint64_t association = association_of(connection);
    const struct fault_set *faults = &connection->node->faults;
    for (const struct connection *at = connection->node->connections; association != 0 && at != NULL;
         at = at->hh.next) {
        if (is_of(at, association) && at->is_valid &&
            policy_identity_matches(faults, &at->identities, question)) {
            return true;
        }
    }
    return false;
}
