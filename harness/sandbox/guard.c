/* The guard and the init.
 *
 * unshare(CLONE_NEWPID) puts the guard's next child, the init, at the root of a PID namespace: when the init
 * dies the kernel kills every process in it, and with the last process and file descriptor go networks,
 * mounts and the scratch. The init is killed when the guard dies (PR_SET_PDEATHSIG), so that kill -9 of what
 * the user started leaves nothing.
 *
 * All three stay in the process group that the shell made, so that job control (Ctrl-Z, fg) and reading from
 * the terminal work. Ctrl-C then reaches the harness directly; what was sent to the guard alone is passed on;
 * and what was sent to guard and group together must not arrive twice, because a second SIGINT may mean
 * something else to the harness. */
#include "sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAME_SIGNAL_MS = 50 };

static int forwarded_signal(int signum) /* the guard's word to the init for "I was sent this" */
{
    return SIGRTMIN + (signum == SIGINT ? 0 : 1);
}

static void fill_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGCHLD);
    sigaddset(set, forwarded_signal(SIGINT));
    sigaddset(set, forwarded_signal(SIGTERM));
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t written = write(fd, text, strlen(text));
    int saved = errno;
    close(fd);
    errno = saved;
    return written == (ssize_t)strlen(text);
}

/* The caller becomes root of the namespace: programs that it starts keep their capabilities there (ip,
 * devices that bind low ports), and the files they make belong to the caller outside. */
static bool map_caller_to_root(uid_t uid, gid_t gid)
{
    char text[64];
    /* Absent on kernels before 3.19, which need no such denial. */
    if (!write_text("/proc/self/setgroups", "deny") && errno != ENOENT)
        return false;
    snprintf(text, sizeof text, "0 %lu 1", (unsigned long)uid);
    if (!write_text("/proc/self/uid_map", text))
        return false;
    snprintf(text, sizeof text, "0 %lu 1", (unsigned long)gid);
    return write_text("/proc/self/gid_map", text);
}

static bool refuse(enum sandbox_mode mode, const char *what, char *error, size_t error_size_bytes)
{
    struct sandbox_refusal refusal = {.mode = mode, .what = what, .error_number = errno};
    sandbox_refusal_observe(&refusal);
    sandbox_refusal_explain(&refusal, error, error_size_bytes);
    return false;
}

static bool enter_namespaces(enum sandbox_mode mode, char *error, size_t error_size_bytes)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (mode == SANDBOX_ROOT)
        return unshare(CLONE_NEWPID) == 0 || refuse(mode, "unshare(CLONE_NEWPID)", error, error_size_bytes);
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
        return refuse(mode, "unshare(CLONE_NEWUSER)", error, error_size_bytes);
    /* AppArmor lets the namespace be made and takes its capabilities: that shows here. */
    return map_caller_to_root(uid, gid) || refuse(mode, "writing uid_map", error, error_size_bytes);
}

static int exit_status_of(int wait_status)
{
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The guard was sent signum. The harness gets it from here unless it went to the whole group, which the init,
 * a member, sees too: a moment ago, or within a moment. */
static void pass_on(pid_t harness, int signum, uint64_t seen_ms)
{
    const struct timespec moment = {.tv_nsec = SAME_SIGNAL_MS * 1000000L};
    sigset_t same;
    if (seen_ms && now_ms() - seen_ms < SAME_SIGNAL_MS)
        return;
    sigemptyset(&same);
    sigaddset(&same, signum);
    if (sigtimedwait(&same, NULL, &moment) != signum)
        kill(harness, signum);
}

/* Reaps whatever is orphaned; libuv waits for its own children only. */
static void reap(pid_t harness)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != harness)
            continue;
        if (WIFSIGNALED(status))
            dprintf(STDERR_FILENO, "sipreuse: the harness process was ended by signal %d (%s)\n",
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
        _exit(exit_status_of(status));
    }
}

static _Noreturn void run_init(pid_t harness, const sigset_t *signals)
{
    uint64_t seen_int_ms = 0, seen_term_ms = 0;
    prctl(PR_SET_NAME, "sipreuse-init");
    for (;;) {
        int signum = sigwaitinfo(signals, NULL);
        if (signum == SIGCHLD)
            reap(harness);
        else if (signum == SIGINT)
            seen_int_ms = now_ms();
        else if (signum == SIGTERM)
            seen_term_ms = now_ms();
        else if (signum == forwarded_signal(SIGINT))
            pass_on(harness, SIGINT, seen_int_ms);
        else if (signum == forwarded_signal(SIGTERM))
            pass_on(harness, SIGTERM, seen_term_ms);
    }
}

static _Noreturn void run_guard(pid_t init, const char *leftover, const sigset_t *signals)
{
    for (;;) {
        siginfo_t info;
        int status;
        int signum = sigwaitinfo(signals, &info);
        if (signum == SIGCHLD && waitpid(init, &status, WNOHANG) == init) {
            if (leftover[0])
                rmdir(leftover);
            _exit(exit_status_of(status));
        }
        /* What the terminal's driver sends (Ctrl-C) goes to the whole foreground group by itself. */
        if ((signum == SIGINT || signum == SIGTERM) && info.si_code != SI_KERNEL)
            kill(init, forwarded_signal(signum));
    }
}

/* In the init: true in the harness process. */
static bool split_init(int alive_fd, const sigset_t *signals, const sigset_t *old_mask)
{
    struct pollfd alive = {.fd = alive_fd, .events = POLLIN};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(3);
    /* Had the guard died before the line above, no signal would ever come; its end of the pipe is closed
     * then. getppid() is 0 either way: the guard is outside this namespace. */
    if (poll(&alive, 1, 0) != 0)
        _exit(3);
    close(alive_fd);
    pid_t harness = fork();
    if (harness < 0) {
        dprintf(STDERR_FILENO, "sipreuse: fork: %s\n", strerror(errno));
        _exit(3);
    }
    if (harness > 0)
        run_init(harness, signals);
    sigprocmask(SIG_SETMASK, old_mask, NULL);
    return true;
}

bool sandbox_guard_start(enum sandbox_mode mode, const char *leftover, char *error, size_t error_size_bytes)
{
    int alive[2];
    sigset_t signals, old_mask;
    if (!enter_namespaces(mode, error, error_size_bytes))
        return false;
    if (pipe2(alive, O_CLOEXEC) != 0) {
        snprintf(error, error_size_bytes, "no sandbox: pipe: %s", strerror(errno));
        return false;
    }
    fill_signals(&signals);
    signal(SIGCHLD, SIG_DFL); /* inherited as ignored, there would be nothing to wait for */
    sigprocmask(SIG_BLOCK, &signals, &old_mask);
    fflush(NULL); /* else what is buffered would be written by several processes */
    pid_t init = fork();
    if (init == 0) {
        close(alive[1]);
        return split_init(alive[0], &signals, &old_mask);
    }
    close(alive[0]);
    if (init > 0)
        run_guard(init, leftover, &signals);
    snprintf(error, error_size_bytes, "no sandbox: fork: %s", strerror(errno));
    close(alive[1]);
    sigprocmask(SIG_SETMASK, &old_mask, NULL);
    return false;
}
