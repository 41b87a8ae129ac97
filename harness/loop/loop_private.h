/* Shared by the files of this folder only: the loop with its libuv loop inside. */
#ifndef LOOP_LOOP_PRIVATE_H
#define LOOP_LOOP_PRIVATE_H

#include <uv.h>

#include "loop/loop.h"

struct loop {
    uv_loop_t uv;
    uv_timer_t lag_timer; /* ticks to see how late this machine runs its timers */
    uint64_t lag_due_ns;
    uint64_t lag_recent_ms[8]; /* a ring: the largest of the last ticks is the lag */
    size_t lag_next;
};

#endif
