/* The process that starts the runs: a fork of the matrix that has the scenarios loaded already, each run
 * being a fork of it. Nothing else may be in the process by then, libuv's loop least of all, hence not a fork
 * of the matrix itself. */
#include "cli/kill_matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Both directions carry whole structures: the socket keeps messages apart. */
enum { ORDER_STOP = -1 };
struct order {
    int64_t run; /* an index, or ORDER_STOP: all that go on are told to end */
};
struct news {
    int64_t run;
    int32_t error;  /* errno: it could not be started */
    int32_t status; /* else, of waitpid */
};

struct kill_starter {
    struct loop_poll *poll;
    int fd;
    pid_t pid;
    kill_ended_cb on_ended;
    void *arg;
};

/* ---- in the starter ---- */

struct starting {
    const struct kill_starting *wish;
    int fd, signals;
    sigset_t before; /* signals that were blocked before */
    pid_t *pids;     /* by run; 0: it does not go on */
};

/* The output goes where it can be read afterwards, for a run that leaves no journal. */
static bool redirect(const char *path)
{
    int in = open("/dev/null", O_RDONLY), out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool is_good = in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
                   dup2(out, STDERR_FILENO) >= 0;
    if (in > STDERR_FILENO)
        close(in);
    if (out > STDERR_FILENO)
        close(out);
    return is_good;
}

/* The fork that becomes a run, in a session of its own so that a signal reaches all of it. What it got from
 * the matrix is not taken down: it belongs to that process. */
static _Noreturn void become_run(const struct starting *starting, size_t run)
{
    const struct kill_starting *wish = starting->wish;
    const char *const *argv = wish->argv_of(run, wish->arg);
    char *output = wish->output_of(run, wish->arg);
    int argc = 0;
    close(starting->fd);
    close(starting->signals);
    janitor_leave(wish->janitor);
    setsid();
    bool is_good = output && redirect(output);
    sigprocmask(SIG_SETMASK, &starting->before, NULL);
    while (argv[argc])
        argc++;
    int status = is_good ? cli_run_with(wish->catalogue, argc, (char **)(uintptr_t)argv) : CLI_IMPOSSIBLE;
    fflush(NULL);
    _exit(status);
}

static void tell(const struct starting *starting, const struct news *news)
{
    while (send(starting->fd, news, sizeof *news, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void start(struct starting *starting, size_t run)
{
    pid_t pid = fork();
    if (pid == 0)
        become_run(starting, run);
    if (pid < 0) {
        tell(starting, &(struct news){.run = (int64_t)run, .error = errno});
        return;
    }
    starting->pids[run] = pid;
    janitor_adopt(starting->wish->janitor, pid);
}

/* A run that has not made its session yet is reached by itself. */
static void signal_all(const struct starting *starting, int signum)
{
    for (size_t i = 0; i < starting->wish->count; i++)
        if (starting->pids[i] && kill(-starting->pids[i], signum) != 0)
            kill(starting->pids[i], signum);
}

static void reap(struct starting *starting)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (size_t i = 0; i < starting->wish->count; i++)
            if (starting->pids[i] == pid) {
                starting->pids[i] = 0;
                janitor_release(starting->wish->janitor, pid);
                tell(starting, &(struct news){.run = (int64_t)i, .status = status});
            }
}

/* false: the matrix is gone. */
static bool take_order(struct starting *starting)
{
    struct order order;
    ssize_t size = recv(starting->fd, &order, sizeof order, 0);
    if (size < 0 && errno == EINTR)
        return true;
    if (size != sizeof order)
        return false;
    if (order.run == ORDER_STOP)
        signal_all(starting, SIGTERM);
    else if (order.run >= 0 && (size_t)order.run < starting->wish->count)
        start(starting, (size_t)order.run);
    return true;
}

/* Signals from the terminal are the matrix's business; SIGCHLD is read as a descriptor. */
static _Noreturn void be_starter(struct starting *starting)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, &starting->before);
    starting->signals = signalfd(-1, &set, SFD_CLOEXEC);
    starting->pids = calloc(starting->wish->count + 1, sizeof *starting->pids);
    bool goes_on = starting->signals >= 0 && starting->pids;
    while (goes_on) {
        struct pollfd polled[] = {{.fd = starting->fd, .events = POLLIN},
                                  {.fd = starting->signals, .events = POLLIN}};
        struct signalfd_siginfo taken;
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[1].revents && read(starting->signals, &taken, sizeof taken) > 0)
            reap(starting);
        if (polled[0].revents)
            goes_on = take_order(starting);
    }
    if (starting->pids)
        signal_all(starting, SIGKILL);
    _exit(0);
}

/* ---- in the matrix ---- */

struct kill_starter *kill_starter_new(const struct kill_starting *wish)
{
    struct kill_starter *starter = calloc(1, sizeof *starter);
    if (!starter)
        return NULL;
    starter->pid = sandbox_fork(SOCK_SEQPACKET, &starter->fd);
    if (starter->pid == 0)
        be_starter(&(struct starting){.wish = wish, .fd = starter->fd});
    if (starter->pid > 0)
        return starter;
    free(starter);
    return NULL;
}

static void on_news(struct loop_poll *poll, int events, void *arg)
{
    struct kill_starter *starter = arg;
    struct news news;
    ssize_t size = recv(starter->fd, &news, sizeof news, MSG_DONTWAIT);
    (void)events;
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size == sizeof news) {
        starter->on_ended((size_t)news.run, news.error, news.status, starter->arg);
        return;
    }
    loop_poll_set(poll, 0);
    starter->on_ended(KILL_ALL_RUNS, ECHILD, 0, starter->arg);
}

bool kill_starter_attach(struct kill_starter *starter, struct loop *loop, kill_ended_cb on_ended, void *arg)
{
    starter->on_ended = on_ended;
    starter->arg = arg;
    starter->poll = loop_poll_new(loop, starter->fd, on_news, starter);
    if (starter->poll)
        loop_poll_set(starter->poll, LOOP_READABLE);
    return starter->poll != NULL;
}

static bool give_order(const struct kill_starter *starter, int64_t run)
{
    const struct order order = {.run = run};
    ssize_t size;
    do
        size = send(starter->fd, &order, sizeof order, MSG_NOSIGNAL);
    while (size < 0 && errno == EINTR);
    return size == sizeof order;
}

bool kill_starter_start(struct kill_starter *starter, size_t run)
{
    return give_order(starter, (int64_t)run);
}

void kill_starter_stop_all(struct kill_starter *starter)
{
    give_order(starter, ORDER_STOP);
}

void kill_starter_free(struct kill_starter *starter)
{
    if (!starter)
        return;
    loop_poll_free(starter->poll);
    close(starter->fd);
    while (waitpid(starter->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(starter);
}
