/* From what the steps of a scenario said, and what its control showed, to its verdict. */
#ifndef RUN_VERDICT_H
#define RUN_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/scenario.h"

struct observation {
    struct observation *next;
    char *name, *value;
    uint64_t on;
};
struct outcome {
    enum verdict verdict;   /* NONE: none yet */
    bool only_with_control; /* a fail that counts where the control showed its observation */
    bool is_exercised;
    bool is_soft; /* rests on something that did not come, or on an error: the device's other business may be
                     the cause */
    char *reason, *because, *requirement;
    uint64_t on;   /* journal event that decided */
    unsigned step; /* line of the step that decided, in the scenario's file; 0: none did */
    char **fields; /* header fields that the alternative looked at, "Request-URI" too */
    size_t field_count;
};
void outcome_fini(struct outcome *outcome);
void observations_free(struct observation *observations);
enum control_state { CONTROL_NONE, CONTROL_SHOWN, CONTROL_NOT_SHOWN, CONTROL_UNDECIDED };
/* What the control's outcome says: outcome NULL: it never came to a verdict. */
enum control_state verdict_control_state(const struct outcome *control,
                                         const struct observation *observations, const char *shows);
/* Turns the outcome of the steps into the scenario's: see "control" and "with_control" in
 * docs/writing-scenarios.md. */
void verdict_resolve(struct outcome *outcome, enum control_state control, const char *control_id,
                     const char *shows);

#endif
