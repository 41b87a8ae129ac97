/* The word before a device's argv: becomes a process of the device host, then the device. */
#include "sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NOT_FOUND = 127, EXIT_FAILED = 126 };

static int open_of(long pid, int number)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/%d", pid, number);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* where: "PID:NET:MNT:ROOT", descriptors of the harness process, which are not inherited: they would stay
 * open in every device. */
static bool enter_device_host(const char *where)
{
    long pid;
    int net, mnt, root;
    char cwd[PATH_MAX];
    if (sscanf(where, "%ld:%d:%d:%d", &pid, &net, &mnt, &root) != 4) {
        errno = EINVAL;
        return false;
    }
    bool has_cwd = getcwd(cwd, sizeof cwd) != NULL;
    int net_fd = open_of(pid, net), mnt_fd = open_of(pid, mnt), root_fd = open_of(pid, root);
    if (net_fd < 0 || mnt_fd < 0 || root_fd < 0)
        return false;
    if (setns(net_fd, CLONE_NEWNET) != 0 || setns(mnt_fd, CLONE_NEWNS) != 0)
        return false;
    if (fchdir(root_fd) != 0 || chroot(".") != 0)
        return false;
    if (!has_cwd || chdir(cwd) != 0)
        return chdir("/") == 0;
    return true;
}

void sandbox_device_main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], SANDBOX_ENTER_WORD) != 0)
        return;
    if (argc < 4) {
        fprintf(stderr, "sipreuse: %s is for the program's own use\n", SANDBOX_ENTER_WORD);
        exit(2);
    }
    if (!enter_device_host(argv[2])) {
        fprintf(stderr, "sipreuse: cannot enter the device host: %s\n", strerror(errno));
        exit(EXIT_FAILED);
    }
    execvp(argv[3], argv + 3);
    fprintf(stderr, "sipreuse: cannot start %s: %s\n", argv[3], strerror(errno));
    exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED);
}
