/* The janitor: what tidies up after a process that was killed and could not do it itself. */
#include "sandbox/parts.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GROUPS_MAX = 256, FTW_FDS = 16, GONE_TRIES = 500, GONE_STEP_MS = 20 };

struct janitor {
    pid_t pid;
    int fd; /* closed by our end, however that comes */
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

/* What the janitor reads: a process group to remember, or, negative, one to forget. Until we end. */
static size_t remember_groups(int fd, int64_t groups[GROUPS_MAX])
{
    size_t count = 0;
    int64_t said;
    ssize_t size;
    while ((size = read(fd, &said, sizeof said)) == sizeof said || (size < 0 && errno == EINTR)) {
        if (size < 0)
            continue;
        if (said > 0 && count < GROUPS_MAX)
            groups[count++] = said;
        for (size_t i = 0; said < 0 && i < count; i++) {
            if (groups[i] == -said)
                groups[i--] = groups[--count];
        }
    }
    return count;
}

/* They are nobody's children that we could wait for, and what they still write would come back into the
 * folder. */
static void await_end(pid_t group)
{
    const struct timespec step = {.tv_nsec = GONE_STEP_MS * 1000000L};
    for (int i = 0; i < GONE_TRIES && kill(-group, 0) == 0; i++)
        nanosleep(&step, NULL);
}

static _Noreturn void tidy_up(int fd, const char *folder)
{
    int64_t groups[GROUPS_MAX];
    setsid(); /* a signal for our whole group, SIGKILL among them, is not for the janitor */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    size_t count = remember_groups(fd, groups);
    for (size_t i = 0; i < count; i++)
        kill(-(pid_t)groups[i], SIGKILL);
    for (size_t i = 0; i < count; i++)
        await_end((pid_t)groups[i]);
    if (folder)
        nftw(folder, remove_entry, FTW_FDS, FTW_DEPTH | FTW_PHYS);
    _exit(0);
}

struct janitor *janitor_new(const char *folder)
{
    struct janitor *janitor = calloc(1, sizeof *janitor);
    if (!janitor)
        return NULL;
    janitor->pid = sandbox_fork(SOCK_STREAM, &janitor->fd);
    if (janitor->pid == 0)
        tidy_up(janitor->fd, folder);
    if (janitor->pid > 0)
        return janitor;
    free(janitor);
    return NULL;
}

static void tell(const struct janitor *janitor, int64_t what)
{
    if (!janitor || what == 0)
        return;
    while (send(janitor->fd, &what, sizeof what, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

void janitor_adopt(const struct janitor *janitor, pid_t group)
{
    tell(janitor, group);
}

void janitor_release(const struct janitor *janitor, pid_t group)
{
    tell(janitor, -(int64_t)group);
}

void janitor_leave(const struct janitor *janitor)
{
    if (janitor)
        close(janitor->fd);
}

void janitor_free(struct janitor *janitor)
{
    if (!janitor)
        return;
    close(janitor->fd);
    while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(janitor);
}
