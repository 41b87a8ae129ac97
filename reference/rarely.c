/* Faults that come round with one in fifty requests to be forwarded: twenty requests may never show them, and
 * a soak has to (suites/checks/soak.py). */
#include "reference/history.h"
#include "reference/transaction.h"

enum { ONE_IN = 50 };

bool rarely_keeps(struct server_transaction *transaction)
{
    struct reference_node *node = transaction->node;
    if (++node->forwarded % ONE_IN != 0) {
        return false;
    }
    if (node_has(node, FAULT_ANSWER_ONE_IN_FIFTY)) {
        server_transaction_answer(transaction, 200, NULL);
        return true;
    }
    return node_has(node, FAULT_LOSE_ONE_IN_FIFTY);
}

bool rarely_doubles(const struct reference_node *node)
{
    return node_has(node, FAULT_TWICE_ONE_IN_FIFTY) && node->forwarded % ONE_IN == 0;
}
