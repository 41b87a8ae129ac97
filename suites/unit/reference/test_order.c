/* RFC 2782 and RFC 3403: the order of servers, with dice that a seed repeats. */
#include <criterion/criterion.h>
#include <string.h>

#include "reference/location.h"

static char A[] = "a";
static char B[] = "b";
static char C[] = "c";

Test(order, priority_comes_before_weight)
{
    struct dice dice;
    dice_init(&dice, 7);
    for (int round = 0; round < 100; round++) {
        struct lookup_srv records[] = {{20, 65535, 1, A}, {10, 0, 2, B}, {10, 1, 3, C}};
        order_srv(records, 3, &dice);
        cr_expect_str_eq(records[2].target, "a");
    }
}

/* 10,000 draws of 1 : 2 : 7. The standard deviation of the first is 30, of the last 46: five of them are left
 * as room, and the seed is fixed. */
Test(order, weights_are_kept_in_proportion)
{
    size_t first[3] = {0};
    struct dice dice;
    dice_init(&dice, 42);
    for (int round = 0; round < 10000; round++) {
        struct lookup_srv records[] = {{1, 10, 0, A}, {1, 20, 1, B}, {1, 70, 2, C}};
        order_srv(records, 3, &dice);
        first[records[0].port]++;
    }
    cr_expect(first[0] > 850 && first[0] < 1150, "%zu", first[0]);
    cr_expect(first[1] > 1800 && first[1] < 2200, "%zu", first[1]);
    cr_expect(first[2] > 6770 && first[2] < 7230, "%zu", first[2]);
}

Test(order, weight_zero_is_rare_but_not_never)
{
    size_t zero = 0;
    struct dice dice;
    dice_init(&dice, 3);
    for (int round = 0; round < 10000; round++) {
        struct lookup_srv records[] = {{1, 50, 0, A}, {1, 0, 1, B}};
        order_srv(records, 2, &dice);
        zero += records[0].port == 1 ? 1 : 0;
    }
    cr_expect(zero > 0 && zero < 500, "%zu", zero);
}

Test(order, no_weights_at_all_spread_evenly)
{
    size_t first = 0;
    struct dice dice;
    dice_init(&dice, 5);
    for (int round = 0; round < 1000; round++) {
        struct lookup_srv records[] = {{1, 0, 0, A}, {1, 0, 1, B}};
        order_srv(records, 2, &dice);
        first += records[0].port == 0 ? 1 : 0;
    }
    cr_expect(first > 400 && first < 600, "%zu", first);
}

/* RFC 3263 §4.4: what a stateless proxy rests on. */
Test(order, the_same_dice_give_the_same_order_however_the_records_came)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct lookup_srv records[] = {{10, 5, 1, A}, {10, 5, 2, A}, {10, 5, 1, B}, {10, 5, 1, C}};
        struct lookup_srv turned[] = {{10, 5, 1, C}, {10, 5, 2, A}, {10, 5, 1, B}, {10, 5, 1, A}};
        struct dice dice;
        dice_init(&dice, seed);
        order_srv(records, 4, &dice);
        dice_init(&dice, seed);
        order_srv(turned, 4, &dice);
        for (size_t i = 0; i < 4; i++) {
            cr_expect_str_eq(records[i].target, turned[i].target);
            cr_expect_eq(records[i].port, turned[i].port);
        }
    }
}

static char S[] = "s";
static char U[] = "u";
static char SIP_TCP[] = "SIP+D2T";
static char SIPS_TCP[] = "sips+d2t";
static char SIP_UDP[] = "SIP+D2U";

Test(order, naptr_by_order_then_preference_and_only_what_is_spoken)
{
    struct lookup_naptr records[] = {{20, 1, S, SIP_TCP, A},
                                     {10, 2, S, SIPS_TCP, B},
                                     {10, 1, S, SIP_TCP, C},
                                     {1, 1, S, SIP_UDP, A},
                                     {1, 1, U, SIP_TCP, A}};
    cr_assert_eq(order_naptr(records, 5, false, false), 3);
    cr_expect_str_eq(records[0].replacement, "c");
    cr_expect_str_eq(records[1].replacement, "b");
    cr_expect_str_eq(records[2].replacement, "a");
    cr_assert_eq(order_naptr(records, 5, true, false), 1, "sips: SIPS services only");
    cr_expect_str_eq(records[0].replacement, "b");
}
