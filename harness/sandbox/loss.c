/* An address of the harness host that is lost while a run goes on: asked of the kernel directly, for a
 * program that is started for it would hold everybody else's loop up. */
#include "sandbox/parts.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESS_BYTES_MAX = 16, ANSWER_BYTES = 4096 };

struct request {
    struct nlmsghdr head;
    union {
        struct rtmsg route;
        struct fib_rule_hdr rule;
    } what;
    struct rtattr attribute;
    uint8_t address[ADDRESS_BYTES_MAX];
};

static size_t address_bytes(const struct net_address *address)
{
    return address->family == 4 ? 4 : 16;
}

static void put_address(struct request *request, unsigned short type, size_t what_bytes,
                        const struct net_address *address)
{
    size_t size_bytes = address_bytes(address);
    request->attribute = (struct rtattr){.rta_len = (unsigned short)RTA_LENGTH(size_bytes), .rta_type = type};
    memcpy(request->address, address->ip, size_bytes);
    request->head.nlmsg_len = (uint32_t)(NLMSG_SPACE(what_bytes) + RTA_LENGTH(size_bytes));
    request->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
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
static int refuse_incoming(int fd, const struct net_address *address)
{
    struct request request = {.head.nlmsg_type = RTM_NEWROUTE};
    request.what.route = (struct rtmsg){.rtm_family = address->family == 4 ? AF_INET : AF_INET6,
                                        .rtm_dst_len = (unsigned char)(address_bytes(address) * 8),
                                        .rtm_table = RT_TABLE_LOCAL,
                                        .rtm_protocol = RTPROT_STATIC,
                                        .rtm_scope = RT_SCOPE_UNIVERSE,
                                        .rtm_type = RTN_BLACKHOLE};
    put_address(&request, RTA_DST, sizeof request.what.route, address);
    return ask(fd, &request);
}

/* Routes are not asked about a packet's source: a rule is. */
static int refuse_outgoing(int fd, const struct net_address *address)
{
    struct request request = {.head.nlmsg_type = RTM_NEWRULE};
    request.what.rule = (struct fib_rule_hdr){.family = address->family == 4 ? AF_INET : AF_INET6,
                                              .src_len = (uint8_t)(address_bytes(address) * 8),
                                              .table = RT_TABLE_MAIN,
                                              .action = FR_ACT_BLACKHOLE};
    put_address(&request, FRA_SRC, sizeof request.what.rule, address);
    return ask(fd, &request);
}

bool sandbox_lose_address(const struct sandbox *sandbox, const struct net_address *address, char *error,
                          size_t error_size_bytes)
{
    if (sandbox->mode != SANDBOX_USER && sandbox->mode != SANDBOX_ROOT) {
        snprintf(error, error_size_bytes, "without a sandbox no address can be lost");
        return false;
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error_number = fd < 0 ? errno : refuse_incoming(fd, address);
    if (fd >= 0 && !error_number)
        error_number = refuse_outgoing(fd, address);
    if (fd >= 0)
        close(fd);
    if (error_number)
        snprintf(error, error_size_bytes, "the kernel refuses the route or the rule: %s",
                 strerror(error_number));
    return error_number == 0;
}
