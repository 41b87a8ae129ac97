/* Mounts of the harness host. */
#include "sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In a chroot the root is no mount point and takes no propagation flags. setns() into the own mount namespace
 * moves root and working folder to the namespace's real root; from there everything can be made private; then
 * back. */
static bool make_private_from_chroot(void)
{
    bool is_done = false;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (root >= 0 && cwd >= 0 && self >= 0 && setns(self, CLONE_NEWNS) == 0) {
        is_done = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
        /* Without the way back nothing could be trusted to be where it was. */
        if (fchdir(root) != 0 || chroot(".") != 0 || fchdir(cwd) != 0)
            abort();
    }
    int saved = errno;
    if (root >= 0)
        close(root);
    if (cwd >= 0)
        close(cwd);
    if (self >= 0)
        close(self);
    errno = saved;
    return is_done;
}

bool sandbox_mounts_make_private(char *error, size_t error_size_bytes)
{
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return true;
    if (errno == EINVAL && make_private_from_chroot())
        return true;
    snprintf(
        error, error_size_bytes,
        "no sandbox: making mounts private: %s; a container may forbid mount: start it with --security-opt "
        "apparmor=unconfined, or use --sandbox none",
        strerror(errno));
    return false;
}

/* A mount needs a folder, and a folder of ours would stay behind after kill -9. These exist for the kernel's
 * own file systems to be mounted on, so nobody's files can be hidden by a mount there, which no other process
 * sees. */
bool sandbox_scratch_choose(char *out, size_t size_bytes, bool *is_made)
{
    static const char *const folders[] = {"/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/config",
                                          "/sys/kernel/security", "/sys/fs/fuse/connections"};
    const char *tmp = getenv("TMPDIR");
    struct stat status;
    *is_made = false;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (stat(folders[i], &status) == 0 && S_ISDIR(status.st_mode)) {
            snprintf(out, size_bytes, "%s", folders[i]);
            return true;
        }
    }
    snprintf(out, size_bytes, "%s/sipreuse-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    *is_made = mkdtemp(out) != NULL;
    return *is_made;
}
