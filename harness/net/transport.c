/* Which row of functions a transport has here, and which engine SCTP comes to. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/net_private.h"

static const char *const engine_names[] = {[NET_SCTP_AUTO] = "auto",
                                           [NET_SCTP_KERNEL] = "kernel",
                                           [NET_SCTP_USERLAND] = "userland",
                                           [NET_SCTP_BESIDE] = "beside",
                                           [NET_SCTP_NONE] = "none"};

const char *net_sctp_name(enum net_sctp engine)
{
    return engine_names[engine];
}

bool net_sctp_parse(const char *text, enum net_sctp *out)
{
    static const enum net_sctp all[] = {NET_SCTP_AUTO, NET_SCTP_KERNEL, NET_SCTP_USERLAND, NET_SCTP_BESIDE,
                                        NET_SCTP_NONE};
    for (size_t i = 0; text && i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(text, engine_names[all[i]]) == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static bool may_open(int type, int protocol)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Loads the module where the system lets us. */
static bool has_kernel_sctp(void)
{
    return may_open(SOCK_STREAM, IPPROTO_SCTP);
}

/* Without asking for it: that would load it. */
static bool is_kernel_sctp_loaded(void)
{
    return access("/proc/net/sctp", F_OK) == 0;
}

bool net_sctp_may_open_raw(void)
{
    return may_open(SOCK_RAW, IPPROTO_SCTP);
}

static enum net_sctp say(enum net_sctp engine, char *why, const char *text)
{
    snprintf(why, NET_SCTP_WHY_MAX, "%s", text);
    return engine;
}

static enum net_sctp choose_userland(enum net_sctp wanted, bool has_raw_sockets, char *why)
{
    if (wanted != NET_SCTP_BESIDE && is_kernel_sctp_loaded())
        return say(NET_SCTP_NONE, why,
                   "the kernel's SCTP is loaded and answers for every local address, so SCTP of our own over "
                   "raw IP cannot stand beside it; use --sctp kernel, or unload it (rmmod sctp)");
    if (!has_raw_sockets)
        return say(NET_SCTP_NONE, why,
                   "usrsctp needs a raw IP socket, for which this process lacks the capability CAP_NET_RAW; "
                   "use --sandbox user or root, or a kernel with SCTP (modprobe sctp)");
    return say(wanted, why, "");
}

enum net_sctp net_sctp_choose(enum net_sctp wanted, bool has_raw_sockets, char why[NET_SCTP_WHY_MAX])
{
    switch (wanted) {
    case NET_SCTP_AUTO:
        if (has_kernel_sctp())
            return say(NET_SCTP_KERNEL, why, "");
        return choose_userland(NET_SCTP_USERLAND, has_raw_sockets, why);
    case NET_SCTP_KERNEL:
        if (has_kernel_sctp())
            return say(NET_SCTP_KERNEL, why, "");
        return say(NET_SCTP_NONE, why, "this kernel has no SCTP; modprobe sctp, or use --sctp userland");
    case NET_SCTP_USERLAND:
    case NET_SCTP_BESIDE:
        return choose_userland(wanted, has_raw_sockets, why);
    case NET_SCTP_NONE:
        break;
    }
    return say(NET_SCTP_NONE, why, "SCTP was switched off with --sctp none");
}

enum net_sctp net_sctp_engine(const struct net *net, char *why)
{
    char unread[NET_SCTP_WHY_MAX];
    return net_sctp_choose(net->options.sctp, net_sctp_may_open_raw(), why ? why : unread);
}

bool net_transport_bind(const struct net_transport_ops *ops, int fd, const struct net_address *address,
                        const struct net_also *also, bool is_to_listen)
{
    if (!ops->bind(fd, address, is_to_listen))
        return false;
    if (also->count == 0)
        return true;
    if (!ops->bind_also)
        errno = EOPNOTSUPP;
    return ops->bind_also && ops->bind_also(fd, also);
}

int net_transport_connect(const struct net_transport_ops *ops, int fd, const struct net_address *remote,
                          const struct net_also *also)
{
    if (also->count == 0)
        return ops->connect(fd, remote);
    return ops->connect_also ? ops->connect_also(fd, remote, also) : EOPNOTSUPP;
}

const struct net_transport_ops *net_transport_find_ops(struct net *net, enum net_transport transport)
{
    if (transport == NET_TCP || transport == NET_TLS)
        return &net_tcp_ops;
    if (net->sctp == NET_SCTP_AUTO) /* once: the module may come, but two engines never stand side by side */
        net->sctp = net_sctp_engine(net, NULL);
    if (transport == NET_TLS_SCTP && net->sctp != NET_SCTP_NONE)
        return &net_pair_ops;
    if (net->sctp == NET_SCTP_KERNEL)
        return &net_kernel_sctp_ops;
    if (net->sctp == NET_SCTP_USERLAND || net->sctp == NET_SCTP_BESIDE)
        return &net_userland_sctp_ops;
    errno = EPROTONOSUPPORT;
    return NULL;
}
