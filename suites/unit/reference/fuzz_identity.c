/* Any bytes as a certificate: names found, copied and compared, with and without every fault. */
#include <stdlib.h>
#include <string.h>

#include "reference/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_with(const uint8_t *data, size_t size, const struct fault_set *faults)
{
    const struct net_address address = {.family = 4, .ip = {127, 0, 0, 1}};
    const struct identity_question question = {
        .domain = "a.test", .is_secure_uri = true, .address = &address};
    struct identities identities;
    struct identities copy;
    if (!identities_extract(data, size, faults, &identities)) {
        return;
    }
    if (identities_copy(&identities, &copy)) {
        bool is_same =
            identities_answer(&identities, &question, faults) == identities_answer(&copy, &question, faults);
        identities_fini(&copy);
        if (!is_same) {
            abort();
        }
    }
    identities_fini(&identities);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault_set faults = {0};
    try_with(data, size, &faults);
    memset(faults.is_set, true, sizeof(faults.is_set));
    try_with(data, size, &faults);
    return 0;
}
