/* The list of seeded faults, and sets of them. */
#include <string.h>

#include "reference/faults.h"
#include "reference/reference.h"

/* Those that a requirement of the tree names. */
static const struct reference_fault FAULTS[] = {
#define FAULT(code, name, profile, expected_also, reason, summary)                                           \
    {name, summary, profile, expected_also, reason},
#define UNCLAIMED_FAULT(code, name, profile, expected_also, reason, summary)
#include "reference/faults.def"
#undef FAULT
#undef UNCLAIMED_FAULT
};

static const char *const NAMES[] = {
#define FAULT(code, name, profile, expected_also, reason, summary) [FAULT_##code] = (name),
#define UNCLAIMED_FAULT                                            FAULT
#include "reference/faults.def"
#undef FAULT
#undef UNCLAIMED_FAULT
};

const struct reference_fault *reference_faults(size_t *count)
{
    *count = sizeof(FAULTS) / sizeof(FAULTS[0]);
    return FAULTS;
}

bool reference_fault_exists(const char *name)
{
    struct fault_set unused = {0};
    return fault_set_add(&unused, name);
}

bool fault_set_add(struct fault_set *set, const char *name)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            set->is_set[i] = true;
            return true;
        }
    }
    return false;
}
