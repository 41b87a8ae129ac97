/* The seeded faults (faults.def) that a node has: what it does wrong on purpose, so that the suite can be
 * shown to notice. Each is asked for at the one place where the right decision is made. */
#ifndef REFERENCE_FAULTS_H
#define REFERENCE_FAULTS_H

#include <stdbool.h>

enum fault {
#define FAULT(code, name, profile, expected_also, reason, summary) FAULT_##code,
#define UNCLAIMED_FAULT                                            FAULT
#include "reference/faults.def"
#undef FAULT
#undef UNCLAIMED_FAULT
    FAULT_COUNT
};
struct fault_set {
    bool is_set[FAULT_COUNT];
};
bool fault_set_add(struct fault_set *set, const char *name); /* false: there is no such fault */

#endif
