/* The sandbox as its users see it. */
#include "sandbox/parts.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const mode_names[] = {[SANDBOX_AUTO] = "auto",
                                         [SANDBOX_USER] = "user",
                                         [SANDBOX_ROOT] = "root",
                                         [SANDBOX_NONE] = "none",
                                         [SANDBOX_REMOTE] = "remote"};

const char *sandbox_mode_name(enum sandbox_mode mode)
{
    return mode_names[mode];
}

bool sandbox_mode_parse(const char *text, enum sandbox_mode *out)
{
    for (size_t i = 0; i < SANDBOX_REMOTE; i++) {
        if (strcmp(text, mode_names[i]) == 0) {
            *out = (enum sandbox_mode)i;
            return true;
        }
    }
    return false;
}

static bool has_sys_admin(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    return (data[0].effective & (1U << CAP_SYS_ADMIN)) != 0;
}

/* Before anything is entered: afterwards the link's text is a path in the mounts that were left, which in a
 * chroot begins elsewhere. */
static bool find_program(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    ssize_t length = readlink("/proc/self/exe", sandbox->program, sizeof sandbox->program - 1);
    if (length >= 0)
        return true;
    snprintf(error, error_size_bytes, "no sandbox: /proc is not mounted");
    return false;
}

static bool make_prefix(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    char pid[32] = "";
    /* The number that /proc knows this process by, whichever PID namespace that /proc belongs to. */
    if (readlink("/proc/self", pid, sizeof pid - 1) < 0) {
        snprintf(error, error_size_bytes, "no sandbox: /proc is not mounted");
        return false;
    }
    sandbox->prefix[0] = strdup(sandbox->program);
    sandbox->prefix[1] = strdup(SANDBOX_ENTER_WORD);
    if (asprintf(&sandbox->prefix[2], "%s:%d:%d:%d", pid, sandbox->device_net_fd, sandbox->device_mnt_fd,
                 sandbox->device_root_fd) < 0)
        sandbox->prefix[2] = NULL;
    if (sandbox->prefix[0] && sandbox->prefix[1] && sandbox->prefix[2])
        return true;
    snprintf(error, error_size_bytes, "no sandbox: out of memory");
    return false;
}

static bool enter_namespaced(struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    bool is_made;
    if (!sandbox_scratch_choose(sandbox->scratch, sizeof sandbox->scratch, &is_made)) {
        snprintf(error, error_size_bytes, "no sandbox: no folder to mount the scratch on; set TMPDIR");
        return false;
    }
    if (!sandbox_guard_start(sandbox->mode, is_made ? sandbox->scratch : "", error, error_size_bytes)) {
        if (is_made)
            rmdir(sandbox->scratch);
        return false;
    }
    return sandbox_hosts_make(sandbox, error, error_size_bytes) &&
           make_prefix(sandbox, error, error_size_bytes);
}

static bool enter(struct sandbox *sandbox, const struct sandbox_plan *plan, char *error,
                  size_t error_size_bytes)
{
    if (sandbox->mode == SANDBOX_REMOTE)
        return sandbox_remote_make(sandbox, plan->remote, error, error_size_bytes);
    return sandbox->mode == SANDBOX_NONE ? sandbox_bare_make(sandbox, error, error_size_bytes)
                                         : enter_namespaced(sandbox, error, error_size_bytes);
}

struct sandbox *sandbox_enter(const struct sandbox_plan *plan, char *error, size_t error_size_bytes)
{
    if (plan->harness_addresses > SANDBOX_HARNESS_ADDRESSES_MAX) {
        snprintf(error, error_size_bytes,
                 "%zu harness addresses are wanted, %d are possible: select fewer scenarios",
                 plan->harness_addresses, SANDBOX_HARNESS_ADDRESSES_MAX);
        return NULL;
    }
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox) {
        snprintf(error, error_size_bytes, "out of memory");
        return NULL;
    }
    sandbox->mode = plan->mode != SANDBOX_AUTO ? plan->mode : has_sys_admin() ? SANDBOX_ROOT : SANDBOX_USER;
    sandbox->harness_addresses = plan->harness_addresses;
    sandbox->is_device_multihomed = plan->is_device_multihomed;
    sandbox->quiets_harness_sctp = plan->quiets_harness_sctp;
    sandbox->quiets_device_sctp = plan->quiets_device_sctp;
    sandbox->has_ip4 = plan->needs_ip4;
    sandbox->has_ip6 = plan->needs_ip6;
    sandbox->dns_port = 53;
    sandbox->sip_port = 5060;
    sandbox->sips_port = 5061;
    sandbox->device_net_fd = sandbox->device_mnt_fd = sandbox->device_root_fd = -1;
    if (find_program(sandbox, error, error_size_bytes) && enter(sandbox, plan, error, error_size_bytes))
        return sandbox;
    sandbox_free(sandbox);
    return NULL;
}

void sandbox_free(struct sandbox *sandbox)
{
    if (!sandbox)
        return;
    if (sandbox->mode == SANDBOX_NONE)
        sandbox_bare_end(sandbox);
    if (sandbox->mode == SANDBOX_REMOTE)
        sandbox_remote_end(sandbox);
    const int fds[] = {sandbox->device_net_fd, sandbox->device_mnt_fd, sandbox->device_root_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    for (size_t i = 0; i < SANDBOX_PREFIX_WORDS; i++)
        free(sandbox->prefix[i]);
    free(sandbox);
}

enum sandbox_mode sandbox_mode(const struct sandbox *sandbox)
{
    return sandbox->mode;
}

bool sandbox_harness_address(const struct sandbox *sandbox, int family, size_t index, struct net_address *out)
{
    return sandbox_address(sandbox, SANDBOX_HARNESS, family, index, out);
}

bool sandbox_dns_address(const struct sandbox *sandbox, int family, struct net_address *out)
{
    if (!sandbox->dns_port || !sandbox_address(sandbox, SANDBOX_DNS, family, 0, out))
        return false;
    out->port = sandbox->dns_port;
    return true;
}

bool sandbox_device_address(const struct sandbox *sandbox, int family, struct net_address *out)
{
    return sandbox_address(sandbox, SANDBOX_DEVICE, family, 0, out);
}

bool sandbox_device_second_address(const struct sandbox *sandbox, int family, struct net_address *out)
{
    bool has_hosts = sandbox->mode == SANDBOX_USER || sandbox->mode == SANDBOX_ROOT;
    return has_hosts && sandbox->is_device_multihomed &&
           sandbox_address(sandbox, SANDBOX_DEVICE, family, 1, out);
}

unsigned short sandbox_device_port(const struct sandbox *sandbox, bool is_secure)
{
    return is_secure ? sandbox->sips_port : sandbox->sip_port;
}

unsigned short sandbox_first_port(const struct sandbox *sandbox)
{
    return sandbox->first_port;
}

bool sandbox_has_private_resolver(const struct sandbox *sandbox)
{
    return sandbox->mode != SANDBOX_NONE && sandbox->mode != SANDBOX_REMOTE;
}

const char *sandbox_link(const struct sandbox *sandbox)
{
    return sandbox->mode == SANDBOX_NONE ? NULL : SANDBOX_LINK;
}

const char *sandbox_scratch(const struct sandbox *sandbox)
{
    return sandbox->scratch;
}

const char *sandbox_program(const struct sandbox *sandbox)
{
    return sandbox->program;
}

const char *const *sandbox_device_prefix(const struct sandbox *sandbox)
{
    return (const char *const *)sandbox->prefix;
}
