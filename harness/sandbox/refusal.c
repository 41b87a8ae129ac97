/* Why there is no sandbox here, and what to do about it. */
#include "sandbox/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long read_number(const char *path)
{
    char text[32] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    char *line = fgets(text, sizeof text, file);
    fclose(file);
    return line ? strtol(text, NULL, 10) : -1;
}

static bool is_seccomp_filtered(void)
{
    char line[256];
    long mode = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (!file)
        return false;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "Seccomp:", 8) == 0)
            mode = strtol(line + 8, NULL, 10);
    }
    fclose(file);
    return mode == 2;
}

/* The kernel refuses user namespaces where the root is not the mount namespace's. A root that is no mount
 * point is such a one. */
static bool is_chrooted(void)
{
    char *line = NULL;
    size_t capacity = 0;
    bool has_root = false, is_known = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file)
        return false;
    while (getline(&line, &capacity, file) > 0) {
        char point[8] = "";
        is_known = true;
        if (sscanf(line, "%*d %*d %*s %*s %7s", point) == 1 && strcmp(point, "/") == 0)
            has_root = true;
    }
    free(line);
    fclose(file);
    return is_known && !has_root;
}

void sandbox_refusal_observe(struct sandbox_refusal *refusal)
{
    refusal->is_chrooted = is_chrooted();
    refusal->is_seccomp_filtered = is_seccomp_filtered();
    refusal->apparmor_restricts = read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    refusal->is_ordinary_user = geteuid() != 0;
    refusal->unprivileged_clone = read_number("/proc/sys/kernel/unprivileged_userns_clone");
    refusal->max_user_namespaces = read_number("/proc/sys/user/max_user_namespaces");
}

static const char *cause_of(const struct sandbox_refusal *r)
{
    if (r->mode == SANDBOX_ROOT && r->is_ordinary_user)
        return "--sandbox root is for root: use --sandbox user";
    if (r->mode == SANDBOX_ROOT)
        return r->is_seccomp_filtered
                   ? "a seccomp filter (a container's) forbids it: start the container with --privileged, or "
                     "with "
                     "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined "
                     "--security-opt apparmor=unconfined"
                   : "this root lacks a capability: it needs CAP_SYS_ADMIN and CAP_NET_ADMIN";
    if (r->max_user_namespaces == 0 || r->error_number == ENOSPC)
        return "user.max_user_namespaces is 0 or used up: sudo sysctl user.max_user_namespaces=10000";
    if (r->unprivileged_clone == 0)
        return "kernel.unprivileged_userns_clone is 0: sudo sysctl kernel.unprivileged_userns_clone=1";
    if (r->apparmor_restricts > 0)
        return "AppArmor restricts user namespaces (Ubuntu): sudo sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0";
    if (r->is_chrooted)
        return "user namespaces are refused inside a chroot: run it outside, or as root with --sandbox root";
    if (r->is_seccomp_filtered)
        return "a seccomp filter (a container's) forbids it: start the container with --security-opt "
               "seccomp=unconfined --security-opt apparmor=unconfined";
    if (r->error_number == EINVAL)
        return "this kernel has no user namespaces (CONFIG_USER_NS)";
    return "this system refuses user namespaces to ordinary users";
}

void sandbox_refusal_explain(const struct sandbox_refusal *refusal, char *out, size_t size_bytes)
{
    bool is_root = refusal->mode == SANDBOX_ROOT;
    snprintf(out, size_bytes, "no sandbox: %s: %s; %s%s", refusal->what, strerror(refusal->error_number),
             cause_of(refusal),
             is_root ? "; or use --sandbox none" : "; or run as root, or use --sandbox none");
}
