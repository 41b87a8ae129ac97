/* Each cause of a refusal is told from the others, and each comes with its remedy. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "sandbox/parts.h"

static const struct row {
    const char *name;
    struct sandbox_refusal refusal;
    const char *part;
} rows[] = {
    {"sysctl",
     {SANDBOX_USER, "unshare", EPERM, false, false, -1, 0, 1000, false},
     "sysctl kernel.unprivileged_userns_clone=1"},
    {"apparmor",
     {SANDBOX_USER, "uid_map", EPERM, false, false, 1, 1, 1000, false},
     "sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    {"none allowed",
     {SANDBOX_USER, "unshare", ENOSPC, false, false, 0, 1, 0, false},
     "sysctl user.max_user_namespaces="},
    {"used up", {SANDBOX_USER, "unshare", ENOSPC, false, false, 0, 1, 5, false}, "user.max_user_namespaces"},
    {"seccomp",
     {SANDBOX_USER, "unshare", EPERM, false, true, 0, 1, 1000, false},
     "--security-opt seccomp=unconfined"},
    {"chroot", {SANDBOX_USER, "unshare", EPERM, true, false, 0, 1, 1000, false}, "inside a chroot"},
    {"kernel", {SANDBOX_USER, "unshare", EINVAL, false, false, -1, -1, -1, false}, "CONFIG_USER_NS"},
    {"unknown", {SANDBOX_USER, "unshare", EPERM, false, false, -1, -1, -1, false}, "refuses user namespaces"},
    {"root in a container",
     {SANDBOX_ROOT, "unshare", EPERM, false, true, 0, 1, 1000, false},
     "--cap-add SYS_ADMIN"},
    {"root asked for by another",
     {SANDBOX_ROOT, "unshare", EPERM, false, false, 0, 1, 1000, true},
     "use --sandbox user"},
    {"root without capability",
     {SANDBOX_ROOT, "unshare", EPERM, false, false, 0, 1, 1000, false},
     "CAP_SYS_ADMIN"},
};

Test(refusal, names_cause_and_remedy)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        sandbox_refusal_explain(&rows[i].refusal, text, sizeof text);
        cr_expect_not_null(strstr(text, rows[i].part), "%s: %s", rows[i].name, text);
        cr_expect_not_null(strstr(text, strerror(rows[i].refusal.error_number)), "%s: %s", rows[i].name,
                           text);
        cr_expect_not_null(strstr(text, "--sandbox none"), "%s: %s", rows[i].name, text);
        cr_expect_null(strchr(text, '\n'), "%s: %s", rows[i].name, text);
        cr_expect_lt(strlen(text), sizeof text - 1, "%s is cut: %s", rows[i].name, text);
    }
}

Test(refusal, observes_this_machine)
{
    struct sandbox_refusal refusal = {0};
    sandbox_refusal_observe(&refusal);
    cr_expect_geq(refusal.max_user_namespaces, -1);
}
