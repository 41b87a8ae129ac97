/* parts: what the files of this folder share. See sandbox.h for what the folder is for.
 *
 * Processes of a namespaced run, outermost first:
 *   - guard: the original process; waits, forwards SIGINT and SIGTERM, exits with the harness's
 *     status (guard.c)
 *   - init: PID 1 of the new PID namespace; reaps orphans; dies with the guard (PR_SET_PDEATHSIG), and all
 *     others with it (guard.c)
 *   - harness: the process in which sandbox_enter() returns; it makes the two hosts (hosts.c) */
#ifndef SANDBOX_PARTS_H
#define SANDBOX_PARTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "sandbox/sandbox.h"

enum { SANDBOX_HARNESS_ADDRESSES_MAX = 60000, SANDBOX_PREFIX_WORDS = 3 };
enum { SANDBOX_NETWORK_FIRST = 64, SANDBOX_NETWORKS = 187, SANDBOX_BARE_CLAIMS = 3 };
#define SANDBOX_LINK       "sip0" /* either end of the pair of interfaces */
#define SANDBOX_ENTER_WORD "--enter-device-host"

struct sandbox {
    enum sandbox_mode mode; /* never AUTO */
    size_t harness_addresses;
    bool has_ip4, has_ip6;
    bool is_device_multihomed, quiets_harness_sctp, quiets_device_sctp;
    bool needs_each_ip6;  /* IPv6 addresses can be bound only when each is the interface's own */
    uint8_t loopback_net; /* NONE: the second byte of 127.R.x.y */
    unsigned short dns_port, sip_port, sips_port;
    char scratch[PATH_MAX];
    char program[PATH_MAX];
    int device_net_fd, device_mnt_fd, device_root_fd; /* -1 in NONE */
    struct janitor *janitor;                          /* NONE: removes the scratch; NULL elsewhere */
    char *prefix[SANDBOX_PREFIX_WORDS + 1];
    struct sandbox_remote remote;  /* REMOTE */
    struct net_address *addresses; /* REMOTE: a copy */
    unsigned short first_port;     /* REMOTE */
    int *claims;                   /* REMOTE: sockets that hold the claim on the ports */
    size_t claim_count;
    int bare_claims[SANDBOX_BARE_CLAIMS]; /* NONE: on the network and the device's ports; 0: none */
};

/* addresses.c: the address plan (pure). role and index to address; the text that `ip -batch` is given. */
enum sandbox_role { SANDBOX_HARNESS, SANDBOX_DNS, SANDBOX_DEVICE };
bool sandbox_address(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                     struct net_address *out);
void sandbox_write_harness_batch(const struct sandbox *sandbox, pid_t device_host, FILE *out);
void sandbox_write_device_batch(const struct sandbox *sandbox, FILE *out);

/* refusal.c: why the kernel refused namespaces, as one line with the remedies. */
struct sandbox_refusal {
    enum sandbox_mode mode;
    const char *what; /* "unshare", "uid_map" */
    int error_number;
    bool is_chrooted;
    bool is_seccomp_filtered;
    long
        apparmor_restricts; /* kernel.apparmor_restrict_unprivileged_userns; -1: no such setting. Likewise: */
    long unprivileged_clone;  /* kernel.unprivileged_userns_clone */
    long max_user_namespaces; /* user.max_user_namespaces */
    bool is_ordinary_user;    /* the caller is not root */
};
void sandbox_refusal_observe(struct sandbox_refusal *refusal); /* fills what this machine says */
void sandbox_refusal_explain(const struct sandbox_refusal *refusal, char *out, size_t size_bytes);

/* guard.c: returns true in the harness process; false with the error in the original one. leftover: an empty
 * folder that the guard removes at the end, or "". */
bool sandbox_guard_start(enum sandbox_mode mode, const char *leftover, char *error, size_t error_size_bytes);

/* hosts.c: makes both hosts around this process, and the scratch. */
bool sandbox_hosts_make(struct sandbox *sandbox, char *error, size_t error_size_bytes);

/* rules.c: in the network namespace of this process. */
bool sandbox_quiet_kernel_sctp(const struct sandbox *sandbox, char *error, size_t error_size_bytes);

/* mounts.c */
bool sandbox_mounts_make_private(char *error, size_t error_size_bytes);
/* Chooses a folder to mount the scratch on; *is_made tells that it had to be made. */
bool sandbox_scratch_choose(char *out, size_t size_bytes, bool *is_made);

/* place.c: makes source (a file) appear at path in this mount namespace alone, whatever stands there: a file,
 * a symbolic link, a dangling one, nothing. work: an existing empty folder to build in. */
bool sandbox_place_file(const char *path, const char *source, const char *work, char *error,
                        size_t error_size_bytes);

/* resolver.c: gives the device host a resolver that knows our DNS server alone. */
bool sandbox_resolver_place(const struct sandbox *sandbox, char *error, size_t error_size_bytes);

/* remote.c: REMOTE. */
bool sandbox_remote_make(struct sandbox *sandbox, const struct sandbox_remote *remote, char *error,
                         size_t error_size_bytes);
void sandbox_remote_end(struct sandbox *sandbox);
bool sandbox_remote_address(const struct sandbox *sandbox, enum sandbox_role role, int family, size_t index,
                            struct net_address *out);

/* claim.c: a descriptor that keeps everybody else on this machine from the same claim until it is closed; -1:
 * somebody has it, or there are no descriptors. what: a word, such as "loopback". */
int sandbox_claim(const char *what, unsigned number);

/* bare.c: NONE. */
bool sandbox_bare_make(struct sandbox *sandbox, char *error, size_t error_size_bytes);
/* Removes the scratch, by the janitor. */
void sandbox_bare_end(struct sandbox *sandbox);

#endif
