/* Pseudo-random numbers (splitmix64): good enough for weights and branches, and a seed repeats them. */
#include <sys/random.h>

#include "reference/dice.h"

#include "loop/loop.h"

void dice_init(struct dice *dice, uint64_t seed)
{
    dice->state = seed;
    if (seed == 0 && getrandom(&dice->state, sizeof(dice->state), 0) != (ssize_t)sizeof(dice->state)) {
        dice->state = loop_now_ns();
    }
}

uint64_t dice_roll(struct dice *dice)
{
    uint64_t z = dice->state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *dice, uint64_t bound)
{
    /* Bounds are sums of 16-bit weights: the bias of a plain remainder is below 2^-40. */
    return dice_roll(dice) % bound;
}
