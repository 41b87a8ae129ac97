/* The two hosts: this process becomes the harness host; the device host is made by a short-lived child, which
 * hands its namespaces back as file descriptors and ends. A device enters through them (enter.c). */
#include "sandbox/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ERROR_MAX = 512, DEVICE_FDS = 3, EXIT_NO_PROGRAM = 127 };

/* What the child says: an error, or "" with its descriptors. */
struct word {
    char error[ERROR_MAX];
};

static bool fail(const char *what, char *error, size_t error_size_bytes)
{
    snprintf(error, error_size_bytes, "no sandbox: %s: %s", what, strerror(errno));
    return false;
}

static void read_all(int fd, char *out, size_t size_bytes)
{
    ssize_t length = pread(fd, out, size_bytes - 1, 0);
    out[length > 0 ? length : 0] = '\0';
    char *newline = strchr(out, '\n');
    if (newline)
        *newline = '\0';
}

static _Noreturn void exec_ip(int in, int out)
{
    /* Ordinary users' PATH has no sbin on every system. */
    static const char *const programs[] = {"ip", "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"};
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        execlp(programs[i], "ip", "-batch", "-", (char *)NULL);
    _exit(EXIT_NO_PROGRAM);
}

/* Runs `ip -batch -` on text; in a file, because a pipe could fill while ip fills the other one with
 * complaints. */
static bool run_ip(const char *text, size_t size_bytes, char *error, size_t error_size_bytes)
{
    char said[256];
    int status = 0;
    int in = memfd_create("ip-batch", MFD_CLOEXEC), out = memfd_create("ip-output", MFD_CLOEXEC);
    bool is_ready = in >= 0 && out >= 0 && write(in, text, size_bytes) == (ssize_t)size_bytes;
    pid_t pid = is_ready && lseek(in, 0, SEEK_SET) == 0 ? fork() : -1;
    if (pid == 0)
        exec_ip(in, out);
    bool is_done = pid > 0 && waitpid(pid, &status, 0) == pid;
    bool is_good = is_done && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_done) {
        fail("running ip", error, error_size_bytes);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_PROGRAM) {
        snprintf(error, error_size_bytes,
                 "no sandbox: the program 'ip' is missing: install iproute2 (Debian: apt install iproute2)");
    } else if (!is_good) {
        read_all(out, said, sizeof said);
        snprintf(error, error_size_bytes, "no sandbox: ip said: %s", said);
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return is_good;
}

/* false: not this kernel's, or read-only as in containers. */
static bool write_setting(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written;
}

/* Settings of the network namespace that this process is in; those that cannot be written stay as they are. A
 * container's switch-off of IPv6 is inherited by new ones. */
static void set_network(void)
{
    write_setting("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0");
    write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "0");
    /* Devices that give up root still find every port theirs. */
    write_setting("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

static bool configure(const struct sandbox *sandbox, pid_t device_host, char *error, size_t error_size_bytes)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return fail("memory", error, error_size_bytes);
    if (device_host)
        sandbox_write_harness_batch(sandbox, device_host, out);
    else
        sandbox_write_device_batch(sandbox, out);
    bool is_good = fclose(out) == 0 && run_ip(text, size_bytes, error, error_size_bytes);
    free(text);
    return is_good;
}

/* ---- the child that makes the device host ---- */
static bool send_word(int fd, struct word *word, const int *fds)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(DEVICE_FDS * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = word, .iov_len = sizeof *word};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fds) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(DEVICE_FDS * sizeof(int));
        memcpy(CMSG_DATA(header), fds, DEVICE_FDS * sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *word;
}

static bool receive_word(int fd, struct word *word, int *fds)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(DEVICE_FDS * sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = word, .iov_len = sizeof *word};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != (ssize_t)sizeof *word) {
        snprintf(word->error, sizeof word->error,
                 "no sandbox: the process that makes the device host ended early");
        return false;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (fds && header && header->cmsg_len == CMSG_LEN(DEVICE_FDS * sizeof(int)))
        memcpy(fds, CMSG_DATA(header), DEVICE_FDS * sizeof(int));
    return word->error[0] == '\0';
}

static bool build_device_host(const struct sandbox *sandbox, int *fds, char *error, size_t error_size_bytes)
{
    if (!configure(sandbox, 0, error, error_size_bytes) ||
        (sandbox->quiets_device_sctp && !sandbox_quiet_kernel_sctp(sandbox, error, error_size_bytes)) ||
        !sandbox_resolver_place(sandbox, error, error_size_bytes))
        return false;
    fds[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    fds[1] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    /* setns() leads to the namespace's own root, which in a chroot is not ours. */
    fds[2] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
        return fail("/proc/self/ns", error, error_size_bytes);
    return true;
}

static _Noreturn void run_device_host(const struct sandbox *sandbox, int fd)
{
    struct word word = {0}, go = {0};
    int fds[DEVICE_FDS] = {-1, -1, -1};
    bool is_good = unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 ||
                   fail("unshare for the device host", word.error, sizeof word.error);
    if (is_good)
        set_network();
    /* The network exists: the harness host makes the pair of interfaces and says so. */
    if (!send_word(fd, &word, NULL) || !is_good || !receive_word(fd, &go, NULL))
        _exit(1);
    is_good = build_device_host(sandbox, fds, word.error, sizeof word.error);
    send_word(fd, &word, is_good ? fds : NULL);
    _exit(0);
}

static bool make_device_host(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    int fd, fds[DEVICE_FDS] = {-1, -1, -1};
    struct word word = {0}, go = {0};
    pid_t pid = sandbox_fork(SOCK_STREAM, &fd);
    if (pid < 0)
        return fail("a process for the device host", error, error_size_bytes);
    if (pid == 0)
        run_device_host(sandbox, fd);
    bool is_good = receive_word(fd, &word, NULL) && configure(sandbox, pid, word.error, sizeof word.error) &&
                   send_word(fd, &go, NULL) && receive_word(fd, &word, fds);
    close(fd);
    waitpid(pid, NULL, 0);
    sandbox->device_net_fd = fds[0];
    sandbox->device_mnt_fd = fds[1];
    sandbox->device_root_fd = fds[2];
    if (!is_good)
        snprintf(error, error_size_bytes, "%s", word.error);
    return is_good;
}

bool sandbox_hosts_make(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
        return fail("unshare(CLONE_NEWNS, CLONE_NEWNET)", error, error_size_bytes);
    if (!sandbox_mounts_make_private(error, error_size_bytes))
        return false;
    /* Refused where the /proc that is there is partly covered (containers). The old one shows outer process
     * ids, and works: nothing here looks a process up by an id of its own making. */
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0 && errno == ENOENT)
        return fail("/proc", error, error_size_bytes);
    if (mount("sipreuse", sandbox->scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=256m") != 0)
        return fail("a tmpfs for the scratch", error, error_size_bytes);
    if (sandbox->has_ip6 && access("/proc/sys/net/ipv6", F_OK) != 0) {
        snprintf(error, error_size_bytes, "no sandbox: this kernel has no IPv6; use --ip 4");
        return false;
    }
    set_network();
    /* IPv4 binds to any address that a route calls local; IPv6 wants to be told. */
    sandbox->needs_each_ip6 = !write_setting("/proc/sys/net/ipv6/ip_nonlocal_bind", "1");
    return make_device_host(sandbox, error, error_size_bytes) &&
           (!sandbox->quiets_harness_sctp || sandbox_quiet_kernel_sctp(sandbox, error, error_size_bytes));
}
