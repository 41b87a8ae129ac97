/* sandbox: the harness host and the device host, made of user, network, mount and PID namespaces.
 *
 * sandbox_enter() is called once, early, while the process has one thread and no loop. In the namespaced
 * modes it returns in a new process, the harness host; the original one stays behind as a guard that forwards
 * SIGINT and SIGTERM and exits with the harness's status, and a small init between the two reaps orphans
 * (guard.c). When any of the three dies, however it dies, the kernel removes everything. An error may be
 * returned in either process: print it and exit; the guard takes the status on. In USER mode the caller is
 * uid 0 inside, and what it writes belongs to itself outside. In NONE nothing is forked. In REMOTE there is
 * no sandbox at all: the device is another machine, our host is this one as it is, on addresses and ports
 * that the user named; nothing else is sent to. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "net/net.h"

/* AUTO: ROOT with CAP_SYS_ADMIN, else USER; never NONE by itself. */
enum sandbox_mode { SANDBOX_AUTO, SANDBOX_USER, SANDBOX_ROOT, SANDBOX_NONE, SANDBOX_REMOTE };
const char *sandbox_mode_name(enum sandbox_mode mode);
bool sandbox_mode_parse(const char *text,
                        enum sandbox_mode *out); /* not REMOTE: it is no choice of --sandbox */

enum { SANDBOX_REMOTE_ADDRESSES_MAX = 4096 };
/* What the user named of a device across a network, and of ours. A port stands beside the addresses. */
struct sandbox_remote {
    struct net_address device[2]; /* IPv4, IPv6; family 0: none */
    unsigned short sip_port, sips_port;
    const struct net_address *addresses; /* of this machine, of both families, in the order of their use */
    size_t address_count;
    unsigned short dns_port;              /* 0: no DNS server */
    unsigned short first_port, last_port; /* from which ports of ours are taken */
    size_t ports;                         /* how many */
};
/* The address of this machine from which the device is reached, as the routes say; nothing is sent. */
bool sandbox_route_address(const struct net_address *device, struct net_address *out);

struct sandbox_plan {
    enum sandbox_mode mode;
    size_t harness_addresses; /* of each family, beside the DNS server's own; up to 60,000 */
    bool
        is_device_multihomed; /* the device host has a second address of each family, where there are hosts */
    /* In this host nothing leaves over SCTP but what carries NET_SCTP_MARK: usrsctp runs there beside a
     * kernel whose SCTP would answer too. In namespaces only. */
    bool quiets_harness_sctp, quiets_device_sctp;
    bool needs_ip4, needs_ip6;
    const struct sandbox_remote *remote; /* REMOTE; copied */
};

struct sandbox; /* the hosts of this process */
/* NULL: error holds what failed, the cause and the remedies (user namespaces refused by seccomp, by AppArmor,
 * by sysctl; iproute2 missing). */
/* needs_ip4 and needs_ip6: the families that the hosts get addresses of. */
struct sandbox *sandbox_enter(const struct sandbox_plan *plan, char *error, size_t error_size_bytes);
void sandbox_free(struct sandbox *sandbox);
enum sandbox_mode sandbox_mode(const struct sandbox *sandbox); /* the mode it came to */

/* Addresses. family 4 or 6; index below harness_addresses. In NONE: 127.x.y.z of a /16 that is this run's
 * alone; for IPv6 there is one (::1). false: there is no such address here. The port is 0. */
bool sandbox_harness_address(const struct sandbox *sandbox, int family, size_t index,
                             struct net_address *out);
/* With its port: 53, or a free one in NONE. */
bool sandbox_dns_address(const struct sandbox *sandbox, int family, struct net_address *out);
bool sandbox_device_address(const struct sandbox *sandbox, int family, struct net_address *out);
bool sandbox_device_second_address(const struct sandbox *sandbox, int family, struct net_address *out);
/* In NONE the device cannot be given 5060 and 5061 for sure: these are free ports there, the default ones
 * otherwise. */
unsigned short sandbox_device_port(const struct sandbox *sandbox, bool is_secure);
/* REMOTE: the first of the run's ports, free at this machine's addresses and claimed, so that another harness
 * here takes others; 0 elsewhere: every port is ours, and default ones are used. */
unsigned short sandbox_first_port(const struct sandbox *sandbox);
/* True when a device that asks its system resolver reaches our DNS server. */
bool sandbox_has_private_resolver(const struct sandbox *sandbox);

/* The interface that all packets between harness and device cross, Ethernet, in this process's network
 * namespace; NULL: there is none of our own (NONE). */
const char *sandbox_link(const struct sandbox *sandbox);

/* A folder on a tmpfs private to the run (in NONE: a folder under $TMPDIR, removed at the end), for the
 * device's run files. The tmpfs lies over a folder that exists for the kernel's own file systems, such as
 * /sys/kernel/debug, so that not even an empty folder stays behind. */
const char *sandbox_scratch(const struct sandbox *sandbox);

/* The path of this executable, for devices that are part of it. */
const char *sandbox_program(const struct sandbox *sandbox);
/* The words to put before a device's argv so that it starts inside the device host (its network, its
 * resolv.conf and hosts): NULL-terminated, owned by the sandbox; empty in NONE. */
const char *const *sandbox_device_prefix(const struct sandbox *sandbox);
/* Entry of that prefix; cli/ calls it first thing in main: when argv says so it enters the device host and
 * execs, else it returns. */
void sandbox_device_main(int argc, char **argv);

/* An address of the harness host is lost until it is regained: nothing that is sent to it arrives, nothing
 * can be sent from it. false: error holds why. Between namespaces only. */
bool sandbox_lose_address(const struct sandbox *sandbox, const struct net_address *address, char *error,
                          size_t error_size_bytes);
void sandbox_regain_address(const struct sandbox *sandbox, const struct net_address *address);

/* A device's process group was started, or has ended. In NONE, where no namespace takes it along, it is
 * killed when this process is; elsewhere nothing is needed. */
void sandbox_adopt(const struct sandbox *sandbox, pid_t group);
void sandbox_release(const struct sandbox *sandbox, pid_t group);

/* Forks, with a socket pair of that type (SOCK_STREAM, SOCK_SEQPACKET) between the two: *fd is the end of
 * whoever returns. 0: the child; -1: errno, and no *fd. Call it while the process has one thread. */
pid_t sandbox_fork(int type, int *fd);

/* ---- the janitor: a child process that tidies up when this one ends, kill -9 included, where no namespace
 * does it. It kills the process groups that were adopted and not released, waits for their end, and removes
 * folder with what is in it (NULL: none; borrowed until the fork only). Call it while the process has one
 * thread. NULL: errno. ---- */
struct janitor;
struct janitor *janitor_new(const char *folder);
void janitor_adopt(const struct janitor *janitor, pid_t group); /* NULL is fine */
void janitor_release(const struct janitor *janitor, pid_t group);
/* In a fork of this process that goes its own way: the janitor waits for the end of all that have not left.
 */
void janitor_leave(const struct janitor *janitor);
/* Ends it, which removes the folder, and waits for that. */
void janitor_free(struct janitor *janitor);

#endif
