#include "probe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void drop_root(void)
{
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        _exit(125);
}

/* Asks the kernel itself, beside the code under test. */
static bool can_have(int flags, bool drops_root)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        if (drops_root)
            drop_root();
        _exit(unshare(flags) != 0);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

unsigned probe_ways(struct probe_way out[PROBE_WAYS_MAX])
{
    bool is_root = geteuid() == 0;
    bool can_root = is_root && can_have(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS, false);
    unsigned count = 0;
    out[count++] = (struct probe_way){.mode = "user",
                                      .drops_root = is_root,
                                      .is_refused = !can_have(CLONE_NEWUSER | CLONE_NEWPID, is_root)};
    if (can_root) {
        out[count++] = (struct probe_way){.mode = "root"};
        out[count++] = (struct probe_way){.mode = "auto", .is_chrooted = true};
    }
    return count;
}

static void copy_program(struct probe *probe, char *path, size_t size_bytes)
{
    char command[1024];
    snprintf(probe->folder, sizeof probe->folder, "/tmp/sandbox-test-XXXXXX");
    cr_assert_not_null(mkdtemp(probe->folder));
    cr_assert_eq(chmod(probe->folder, 0755), 0);
    snprintf(path, size_bytes, "%s/sandbox_probe", probe->folder);
    snprintf(command, sizeof command, "cp '%s' '%s'", SANDBOX_PROBE, path);
    cr_assert_eq(system(command), 0);
}

/* A root that is no mount point, made of bind mounts that end with this process's mount namespace. */
static void enter_chroot(const char *folder)
{
    static const char *const names[] = {"bin", "sbin", "lib",  "lib64", "usr", "etc",
                                        "tmp", "dev",  "proc", "sys",   "run"};
    char from[128], to[192];
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        _exit(125);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(from, sizeof from, "/%s", names[i]);
        snprintf(to, sizeof to, "%s/root/%s", folder, names[i]);
        if (access(from, F_OK) == 0 && mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0)
            _exit(125);
    }
    /* As a container's root would be: what is mounted in it shows elsewhere, unless the sandbox takes care.
     */
    snprintf(to, sizeof to, "%s/root", folder);
    if (mount("none", "/", NULL, MS_REC | MS_SHARED, NULL) != 0 || chroot(to) != 0 || chdir("/") != 0)
        _exit(125);
}

static void make_chroot_folders(const char *folder)
{
    char command[512];
    snprintf(command, sizeof command,
             "cd '%s' && mkdir root && cd root && mkdir bin sbin lib lib64 usr etc tmp dev proc sys run",
             folder);
    cr_assert_eq(system(command), 0);
}

void probe_start(struct probe *probe, const struct probe_way *way, const char *command)
{
    char path[512];
    int fds[2];
    memset(probe, 0, sizeof *probe);
    copy_program(probe, path, sizeof path);
    if (way->is_chrooted)
        make_chroot_folders(probe->folder);
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    probe->pid = fork();
    cr_assert_geq(probe->pid, 0);
    if (probe->pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        setpgid(0, 0); /* so that a test can signal the whole group */
        if (way->is_chrooted)
            enter_chroot(probe->folder);
        if (way->drops_root)
            drop_root();
        execl(path, path, way->mode, command, (char *)NULL);
        _exit(125);
    }
    close(fds[1]);
    probe->out = fds[0];
}

static bool read_more(struct probe *probe)
{
    size_t used = strlen(probe->text);
    ssize_t length = read(probe->out, probe->text + used, sizeof probe->text - 1 - used);
    return length > 0 || (length < 0 && errno == EINTR);
}

void probe_expect(struct probe *probe, const char *text)
{
    while (!strstr(probe->text, text)) {
        if (!read_more(probe))
            cr_assert_fail("no '%s' in what the probe said:\n%s", text, probe->text);
    }
}

void probe_drain(struct probe *probe)
{
    while (read_more(probe))
        continue;
}

int probe_finish(struct probe *probe)
{
    int status = 0;
    char path[128];
    cr_assert_eq(waitpid(probe->pid, &status, 0), probe->pid);
    close(probe->out);
    snprintf(path, sizeof path, "rm -rf --one-file-system '%s'", probe->folder);
    cr_assert_eq(system(path), 0);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

int probe_run(struct probe *probe, const struct probe_way *way, const char *command)
{
    probe_start(probe, way, command);
    probe_drain(probe);
    return probe_finish(probe);
}
