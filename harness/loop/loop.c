#include "loop/loop.h"

#include <stdlib.h>

#include "loop_private.h"

enum { LAG_TICK_MS = 100 };

/* libuv frees no handle by itself: the memory goes in the close callback, whichever kind of handle it is. */
struct loop_timer {
    uv_timer_t uv;
    loop_timer_cb cb;
    void *arg;
};

struct loop_poll {
    uv_poll_t uv;
    loop_poll_cb cb;
    void *arg;
};

struct loop_signal {
    uv_signal_t uv;
    loop_signal_cb cb;
    void *arg;
};

static void lag_start(struct loop *loop);

static void lag_tick(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    uint64_t now_ns = uv_hrtime();
    uint64_t late_ms = now_ns > loop->lag_due_ns ? (now_ns - loop->lag_due_ns) / 1000000U : 0;
    loop->lag_recent_ms[loop->lag_next] = late_ms;
    loop->lag_next = (loop->lag_next + 1) % (sizeof loop->lag_recent_ms / sizeof loop->lag_recent_ms[0]);
    lag_start(loop);
}

static void lag_start(struct loop *loop)
{
    loop->lag_due_ns = uv_hrtime() + (uint64_t)LAG_TICK_MS * 1000000U;
    uv_timer_start(&loop->lag_timer, lag_tick, LAG_TICK_MS, 0);
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    uv_timer_init(&loop->uv, &loop->lag_timer);
    loop->lag_timer.data = loop;
    uv_unref((uv_handle_t *)&loop->lag_timer); /* it must not keep an idle loop alive */
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->lag_timer, NULL);
    /* Close callbacks of handles freed just before still have to run; the bound is for a caller who left one
     * open. */
    for (int i = 0; i < 1000 && uv_loop_close(&loop->uv) == UV_EBUSY; i++)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_update_time(&loop->uv);
    lag_start(loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_timer_stop(&loop->lag_timer);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

uint64_t loop_now_ns(void)
{
    return uv_hrtime();
}

uint64_t loop_lag_ms(const struct loop *loop)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < sizeof loop->lag_recent_ms / sizeof loop->lag_recent_ms[0]; i++) {
        if (loop->lag_recent_ms[i] > largest)
            largest = loop->lag_recent_ms[i];
    }
    return largest;
}

static void free_handle_data(uv_handle_t *handle)
{
    free(handle->data);
}

static void timer_fire(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    timer->cb(timer, timer->arg);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb cb, void *arg)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    timer->cb = cb;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t timeout_ms)
{
    /* libuv counts from its cached time, which is old after a long callback: a timer must never fire early.
     */
    uv_update_time(timer->uv.loop);
    uv_timer_start(&timer->uv, timer_fire, timeout_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv) != 0;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_handle_data);
}

static void poll_fire(uv_poll_t *handle, int status, int uv_events)
{
    struct loop_poll *poll = handle->data;
    int events = 0;
    if (status < 0 || (uv_events & (UV_READABLE | UV_DISCONNECT)))
        events |= LOOP_READABLE;
    if (status < 0 || (uv_events & UV_WRITABLE))
        events |= LOOP_WRITABLE;
    poll->cb(poll, events, poll->arg);
}

struct loop_poll *loop_poll_new(struct loop *loop, int fd, loop_poll_cb cb, void *arg)
{
    struct loop_poll *poll = calloc(1, sizeof *poll);
    if (!poll)
        return NULL;
    poll->cb = cb;
    poll->arg = arg;
    if (uv_poll_init(&loop->uv, &poll->uv, fd) != 0) {
        free(poll);
        return NULL;
    }
    poll->uv.data = poll;
    return poll;
}

void loop_poll_set(struct loop_poll *poll, int events)
{
    int uv_events = 0;
    if (events & LOOP_READABLE)
        uv_events |= UV_READABLE;
    if (events & LOOP_WRITABLE)
        uv_events |= UV_WRITABLE;
    if (uv_events)
        uv_poll_start(&poll->uv, uv_events, poll_fire);
    else
        uv_poll_stop(&poll->uv);
}

void loop_poll_free(struct loop_poll *poll)
{
    if (!poll)
        return;
    uv_poll_stop(&poll->uv); /* now, for the caller closes the descriptor next */
    uv_close((uv_handle_t *)&poll->uv, free_handle_data);
}

static void signal_fire(uv_signal_t *handle, int signum)
{
    struct loop_signal *signal = handle->data;
    signal->cb(signal, signum, signal->arg);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_signal_cb cb, void *arg)
{
    struct loop_signal *signal = calloc(1, sizeof *signal);
    if (!signal)
        return NULL;
    signal->cb = cb;
    signal->arg = arg;
    uv_signal_init(&loop->uv, &signal->uv);
    signal->uv.data = signal;
    if (uv_signal_start(&signal->uv, signal_fire, signum) != 0) {
        uv_close((uv_handle_t *)&signal->uv, free_handle_data);
        return NULL;
    }
    uv_unref((uv_handle_t *)&signal->uv); /* waiting for Ctrl-C must not keep a finished run alive */
    return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, free_handle_data);
}
