/* The list of seeded faults, and sets of them. */
#include <string.h>

#include "reference/core.h"

static const struct reference_fault FAULTS[] = {
#define FAULT(code, name, profile, expected_also, reason, summary)                                           \
    {name, summary, profile, expected_also, reason},
#include "reference/faults.def"
#undef FAULT
};

const struct reference_fault *reference_faults(size_t *count)
{
    *count = FAULT_COUNT;
    return FAULTS;
}

bool fault_set_add(struct fault_set *set, const char *name)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(FAULTS[i].name, name) == 0) {
            set->is_set[i] = true;
            return true;
        }
    }
    return false;
}
