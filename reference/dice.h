/* Pseudo-random numbers that a seed repeats. */
#ifndef REFERENCE_DICE_H
#define REFERENCE_DICE_H

#include <stdint.h>

struct dice {
    uint64_t state;
};
void dice_init(struct dice *dice, uint64_t seed); /* 0: from the system */
uint64_t dice_roll(struct dice *dice);
uint64_t dice_below(struct dice *dice, uint64_t bound); /* 0 … bound - 1, bound > 0 */

#endif
