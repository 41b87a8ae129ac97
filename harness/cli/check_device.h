/* check-device: what a few scenarios showed of a device, and what its profile says of it. */
#ifndef CLI_CHECK_DEVICE_H
#define CLI_CHECK_DEVICE_H

#include "cli/cli.h"

/* One thing to find out: by which scenario, and which claim it is about. */
struct check_probe {
    const char *selector;         /* of the scenario's variants */
    const char *what;             /* "made to send over TCP" */
    enum net_transport transport; /* asked only where the profile has it */
    bool is_for_proxies;
    const char *claim;  /* member of claims; NULL: it simply has to work */
    const char *advice; /* what to change when it does not work, or the claim is refuted */
};
enum check_answer { CHECK_UNKNOWN, CHECK_YES, CHECK_NO };
struct check_result {
    enum check_answer answer;
    char *reason; /* of NO and UNKNOWN: what was seen; heap */
};

extern const struct check_probe check_probes[];
extern const size_t check_probe_count;

/* Claims all that can be found out, so that the scenarios run. */
void check_claim_all(struct device_profile *profile);
/* Takes a verdict in; a YES stays. */
void check_take(const struct check_probe *probe, struct check_result *result, enum verdict verdict,
                bool is_exercised, const char *reason);
/* Prints a line for each; how many are wrong. claimed: the profile as it was written. */
size_t check_print(const struct device_profile *claimed, const struct check_result *results);

#endif
