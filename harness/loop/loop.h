/* loop: the one event loop of a process.
 *
 * Timers, readiness of file descriptors, child processes and signals, on libuv, none of whose types shows
 * here. One thread: every callback runs inside loop_run(), and nothing here may be called from another
 * thread. Objects are freed by their own _free function; it may be called inside the object's own callback,
 * and no callback of the object comes after it. All times are monotonic. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct loop_timer;
struct loop_poll;
struct loop_process;
struct loop_signal;

/* Makes an empty loop; NULL when out of resources. Freed by loop_free after every object on it was freed. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop() is called, or nothing is left that could call back. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Time of the current iteration, in milliseconds and nanoseconds since an arbitrary start; never goes back.
 */
uint64_t loop_now_ms(const struct loop *loop);
uint64_t loop_now_ns(void);

/* The largest delay, in milliseconds, seen lately between the moment that a timer was due and the moment it
 * ran: how slow this machine is just now. Waiting times scale with it. */
uint64_t loop_lag_ms(const struct loop *loop);

typedef void (*loop_timer_cb)(struct loop_timer *timer, void *arg);
struct loop_timer *loop_timer_new(struct loop *loop, loop_timer_cb cb, void *arg);
/* Calls back once, timeout_ms from now (0: in the next iteration). Starting again replaces the earlier
 * deadline. */
void loop_timer_start(struct loop_timer *timer, uint64_t timeout_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_active(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer); /* NULL is fine */

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };
typedef void (*loop_poll_cb)(struct loop_poll *poll, int events, void *arg);
/* Watches fd, which stays the caller's and must stay open until loop_poll_free. Errors are reported as
 * readable and writable, so that the next read or write shows them. NULL when fd cannot be watched. */
struct loop_poll *loop_poll_new(struct loop *loop, int fd, loop_poll_cb cb, void *arg);
void loop_poll_set(struct loop_poll *poll, int events); /* 0: watch for nothing */
void loop_poll_free(struct loop_poll *poll);

struct loop_process_options {
    const char *const *argv; /* argv[0] is looked up in PATH; NULL at the end */
    const char *const *env;  /* NULL: the parent's */
    const char *cwd;         /* NULL: the parent's */
    /* Output of the child, standard output and error together, as it comes; NULL: thrown away. */
    void (*on_output)(struct loop_process *process, const char *bytes, size_t size_bytes, void *arg);
    /* Exactly once, last: exit_status, or term_signal when a signal ended it (else 0). Free the process here
     * or later. */
    void (*on_exit)(struct loop_process *process, int exit_status, int term_signal, void *arg);
    void *arg;
};
/* Starts a child in a process group of its own. On failure returns NULL and sets *error to an errno value. */
struct loop_process *loop_process_spawn(struct loop *loop, const struct loop_process_options *options,
                                        int *error);
pid_t loop_process_pid(const struct loop_process *process);
/* Sends signum to the child's whole process group. 0, or -1 when it is gone. */
int loop_process_kill(struct loop_process *process, int signum);
/* A child that still runs is killed (SIGKILL) and no callback follows. */
void loop_process_free(struct loop_process *process);

typedef void (*loop_signal_cb)(struct loop_signal *signal, int signum, void *arg);
struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_signal_cb cb, void *arg);
void loop_signal_free(struct loop_signal *signal);

#endif
