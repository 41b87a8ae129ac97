/* An address of the harness host that is lost while a run goes on: asked of the kernel directly, for a
 * program that is started for it would hold everybody else's loop up. */
#include "sandbox/parts.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ATTRIBUTES_BYTES = 64,
    ANSWER_BYTES = 4096,
    MARKED_RULE = 100,
    OTHERS_RULE = 200 /* in their order */
};

struct request {
    struct nlmsghdr head;
    union {
        struct rtmsg route;
        struct fib_rule_hdr rule;
    } what;
    uint8_t attributes[ATTRIBUTES_BYTES];
};
_Static_assert(sizeof(struct rtmsg) == sizeof(struct fib_rule_hdr), "attributes follow either at one place");

static struct request request_new(unsigned short type)
{
    bool is_new = type == RTM_NEWROUTE || type == RTM_NEWRULE;
    return (struct request){.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
                                     .nlmsg_type = type,
                                     .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK |
                                                               (is_new ? NLM_F_CREATE | NLM_F_EXCL : 0))}};
}

static void put(struct request *request, unsigned short type, const void *bytes, size_t size_bytes)
{
    struct rtattr head = {.rta_len = (unsigned short)RTA_LENGTH(size_bytes), .rta_type = type};
    uint8_t *at = (uint8_t *)request + NLMSG_ALIGN(request->head.nlmsg_len);
    memcpy(at, &head, sizeof head);
    memcpy(at + RTA_LENGTH(0), bytes, size_bytes);
    request->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->head.nlmsg_len) + RTA_ALIGN(head.rta_len));
}

static unsigned char family_of(int version)
{
    return version == 4 ? AF_INET : AF_INET6;
}

static size_t address_bytes(const struct net_address *address)
{
    return address->family == 4 ? 4 : 16;
}

/* The kernel's answer as an errno; 0: it is done. */
static int ask(int fd, const struct request *request)
{
    union {
        struct nlmsghdr head;
        uint8_t bytes[ANSWER_BYTES];
    } answer;
    struct nlmsgerr result;
    if (send(fd, request, request->head.nlmsg_len, 0) < 0)
        return errno;
    ssize_t got = recv(fd, &answer, sizeof answer, 0);
    if (got < (ssize_t)NLMSG_LENGTH(sizeof result) || answer.head.nlmsg_type != NLMSG_ERROR)
        return got < 0 ? errno : EPROTO;
    memcpy(&result, NLMSG_DATA(&answer.head), sizeof result);
    return -result.error;
}

/* In the table of local addresses an entry for one address comes before that of all of them. */
static int refuse_incoming(int fd, const struct net_address *address, bool is_over)
{
    struct request request = request_new(is_over ? RTM_DELROUTE : RTM_NEWROUTE);
    request.what.route = (struct rtmsg){.rtm_family = family_of(address->family),
                                        .rtm_dst_len = (unsigned char)(address_bytes(address) * 8),
                                        .rtm_table = RT_TABLE_LOCAL,
                                        .rtm_protocol = RTPROT_STATIC,
                                        .rtm_scope = RT_SCOPE_UNIVERSE,
                                        .rtm_type = RTN_BLACKHOLE};
    put(&request, RTA_DST, address->ip, address_bytes(address));
    return ask(fd, &request);
}

/* Routes are not asked about a packet's source: a rule is. */
static int refuse_outgoing(int fd, const struct net_address *address, bool is_over)
{
    struct request request = request_new(is_over ? RTM_DELRULE : RTM_NEWRULE);
    request.what.rule = (struct fib_rule_hdr){.family = family_of(address->family),
                                              .src_len = (uint8_t)(address_bytes(address) * 8),
                                              .table = RT_TABLE_MAIN,
                                              .action = FR_ACT_BLACKHOLE};
    put(&request, FRA_SRC, address->ip, address_bytes(address));
    return ask(fd, &request);
}

/* About the SCTP packets that this host makes itself, with the engine's mark or all of them. */
static int add_sctp_rule(int fd, int version, bool is_marked)
{
    static const char OWN[] = "lo"; /* what is made here comes from there, to rules */
    const uint32_t mark = NET_SCTP_MARK, order = is_marked ? MARKED_RULE : OTHERS_RULE;
    const uint8_t protocol = IPPROTO_SCTP;
    struct request request = request_new(RTM_NEWRULE);
    request.what.rule = (struct fib_rule_hdr){.family = family_of(version),
                                              .table = RT_TABLE_MAIN,
                                              .action = is_marked ? FR_ACT_TO_TBL : FR_ACT_BLACKHOLE};
    put(&request, FRA_PRIORITY, &order, sizeof order);
    put(&request, FRA_IP_PROTO, &protocol, sizeof protocol);
    if (is_marked)
        put(&request, FRA_FWMARK, &mark, sizeof mark);
    else
        put(&request, FRA_IIFNAME, OWN, sizeof OWN);
    return ask(fd, &request);
}

static bool say(int error_number, char *error, size_t error_size_bytes)
{
    if (error_number)
        snprintf(error, error_size_bytes, "the kernel refuses the route or the rule: %s",
                 strerror(error_number));
    return error_number == 0;
}

bool sandbox_quiet_kernel_sctp(const struct sandbox *sandbox, char *error, size_t error_size_bytes)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error_number = fd < 0 ? errno : 0;
    for (int version = 4; version <= 6 && !error_number; version += 2) {
        if (version == 4 ? !sandbox->has_ip4 : !sandbox->has_ip6)
            continue;
        error_number = add_sctp_rule(fd, version, true);
        if (!error_number)
            error_number = add_sctp_rule(fd, version, false);
    }
    if (fd >= 0)
        close(fd);
    return say(error_number, error, error_size_bytes);
}

bool sandbox_lose_address(const struct sandbox *sandbox, const struct net_address *address, char *error,
                          size_t error_size_bytes)
{
    if (sandbox->mode != SANDBOX_USER && sandbox->mode != SANDBOX_ROOT) {
        snprintf(error, error_size_bytes, "without a sandbox no address can be lost");
        return false;
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error_number = fd < 0 ? errno : refuse_incoming(fd, address, false);
    if (fd >= 0 && !error_number)
        error_number = refuse_outgoing(fd, address, false);
    if (fd >= 0)
        close(fd);
    return say(error_number, error, error_size_bytes);
}

void sandbox_regain_address(const struct sandbox *sandbox, const struct net_address *address)
{
    (void)sandbox;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return;
    refuse_incoming(fd, address, true);
    refuse_outgoing(fd, address, true);
    close(fd);
}
