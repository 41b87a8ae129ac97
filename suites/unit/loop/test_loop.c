#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loop/loop.h"

struct order {
    struct loop *loop;
    char seen[8];
    size_t count;
};

static void note_late(struct loop_timer *timer, void *arg)
{
    struct order *order = arg;
    order->seen[order->count++] = 'b';
    loop_timer_free(timer);
}

static void note_early(struct loop_timer *timer, void *arg)
{
    struct order *order = arg;
    order->seen[order->count++] = 'a';
    loop_timer_free(timer);
}

Test(loop, timers_fire_by_deadline_and_an_idle_loop_ends)
{
    struct order order = {.loop = loop_new()};
    loop_timer_start(loop_timer_new(order.loop, note_late, &order), 20);
    loop_timer_start(loop_timer_new(order.loop, note_early, &order), 1);
    loop_run(order.loop);
    cr_assert_eq(order.count, 2);
    cr_assert_arr_eq(order.seen, "ab", 2);
    loop_free(order.loop);
}

Test(loop, a_stopped_timer_does_not_fire)
{
    struct order order = {.loop = loop_new()};
    struct loop_timer *timer = loop_timer_new(order.loop, note_late, &order);
    loop_timer_start(timer, 1);
    loop_timer_stop(timer);
    cr_assert_not(loop_timer_is_active(timer));
    loop_run(order.loop);
    cr_assert_eq(order.count, 0);
    loop_timer_free(timer);
    loop_free(order.loop);
}

struct reading {
    int fd;
    char text[16];
};

static void read_once(struct loop_poll *poll, int events, void *arg)
{
    struct reading *reading = arg;
    cr_assert(events & LOOP_READABLE);
    ssize_t size = read(reading->fd, reading->text, sizeof reading->text - 1);
    cr_assert_gt(size, 0);
    loop_poll_free(poll);
}

Test(loop, poll_reports_readable)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct loop *loop = loop_new();
    struct reading reading = {.fd = ends[0]};
    struct loop_poll *poll = loop_poll_new(loop, ends[0], read_once, &reading);
    loop_poll_set(poll, LOOP_READABLE);
    cr_assert_eq(write(ends[1], "hello", 5), 5);
    loop_run(loop);
    cr_assert_str_eq(reading.text, "hello");
    loop_free(loop);
    close(ends[0]);
    close(ends[1]);
}

struct child {
    char output[256];
    size_t size;
    int exit_status, term_signal, exits;
};

static void child_output(struct loop_process *process, const char *bytes, size_t size_bytes, void *arg)
{
    struct child *child = arg;
    (void)process;
    cr_assert_lt(child->size + size_bytes, sizeof child->output);
    memcpy(child->output + child->size, bytes, size_bytes);
    child->size += size_bytes;
    if (strstr(child->output, "waiting"))
        loop_process_kill(process, SIGTERM);
}

static void child_exit(struct loop_process *process, int exit_status, int term_signal, void *arg)
{
    struct child *child = arg;
    child->exit_status = exit_status;
    child->term_signal = term_signal;
    child->exits++;
    loop_process_free(process);
}

static struct child run_child(const char *script)
{
    struct child child = {.exits = 0};
    const char *argv[] = {"sh", "-c", script, NULL};
    struct loop *loop = loop_new();
    int error = 0;
    struct loop_process_options options = {
        .argv = argv, .on_output = child_output, .on_exit = child_exit, .arg = &child};
    cr_assert_not_null(loop_process_spawn(loop, &options, &error));
    loop_run(loop);
    loop_free(loop);
    return child;
}

Test(loop, a_child_s_last_words_come_before_its_exit)
{
    struct child child = run_child("echo out; echo err >&2; exit 7");
    cr_assert_str_eq(child.output, "out\nerr\n");
    cr_assert_eq(child.exits, 1);
    cr_assert_eq(child.exit_status, 7);
}

Test(loop, kill_reaches_the_whole_group)
{
    struct child child =
        run_child("trap '' TERM; (trap - TERM; echo waiting; exec sleep 60); echo gone; kill -9 $$");
    cr_assert_str_eq(child.output, "waiting\nTerminated\ngone\n");
    cr_assert_eq(child.term_signal, SIGKILL);
}

Test(loop, freeing_a_running_child_ends_it)
{
    const char *argv[] = {"sleep", "60", NULL};
    struct child child = {.exits = 0};
    struct loop *loop = loop_new();
    int error = 0;
    struct loop_process_options options = {.argv = argv, .on_exit = child_exit, .arg = &child};
    struct loop_process *process = loop_process_spawn(loop, &options, &error);
    pid_t pid = loop_process_pid(process);
    loop_process_free(process);
    cr_assert_eq(kill(pid, 0), -1);
    loop_run(loop);
    cr_assert_eq(child.exits, 0);
    loop_free(loop);
}

Test(loop, a_program_that_does_not_exist_is_an_error)
{
    const char *argv[] = {"/nonexistent/program", NULL};
    struct loop *loop = loop_new();
    int error = 0;
    struct loop_process_options options = {.argv = argv};
    cr_assert_null(loop_process_spawn(loop, &options, &error));
    cr_assert_eq(error, ENOENT);
    loop_run(loop);
    loop_free(loop);
}

static void signal_seen(struct loop_signal *signal, int signum, void *arg)
{
    struct order *order = arg;
    cr_assert_eq(signum, SIGUSR1);
    order->seen[order->count++] = 's';
    loop_signal_free(signal);
    loop_stop(order->loop);
}

static void raise_signal(struct loop_timer *timer, void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    loop_timer_start(timer, 10000); /* keeps the loop alive until the signal stops it */
}

Test(loop, signals_arrive_in_the_loop)
{
    struct order order = {.loop = loop_new()};
    cr_assert_not_null(loop_signal_new(order.loop, SIGUSR1, signal_seen, &order));
    struct loop_timer *timer = loop_timer_new(order.loop, raise_signal, NULL);
    loop_timer_start(timer, 0);
    loop_run(order.loop);
    cr_assert_eq(order.count, 1);
    loop_timer_free(timer);
    loop_free(order.loop);
}
