/* ICMP errors (RFC 9260 §10): a host without SCTP says so at once, and nobody has to wait for a time-out.
 *
 * Only a connect under way is ended by one: an association that is up lives on what its peer acknowledges,
 * and whoever forges an ICMP message would have to guess both ports meanwhile. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h> /* wants time.h before it */

#include "net/userland.h"

enum { PORTS_BYTES = 4, QUOTED_BYTES = 576, CONTROL_BYTES = 512 };

/* Nobody is there for SCTP: no such protocol, or a filter that says no. What may be gone the next moment (no
 * route, no neighbour) is left to SCTP's own patience. */
static bool is_final(const struct sock_extended_err *error)
{
    if (error->ee_origin == SO_EE_ORIGIN_ICMP)
        return error->ee_type == ICMP_DEST_UNREACH &&
               (error->ee_code == ICMP_PROT_UNREACH || error->ee_code == ICMP_PORT_UNREACH);
    return error->ee_origin == SO_EE_ORIGIN_ICMP6 &&
           ((error->ee_type == ICMP6_DST_UNREACH && error->ee_code == ICMP6_DST_UNREACH_NOPORT) ||
            (error->ee_type == ICMP6_PARAM_PROB && error->ee_code == ICMP6_PARAMPROB_NEXTHEADER));
}

static bool find_error(struct msghdr *message, struct sock_extended_err *out)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        bool is_error = (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_RECVERR) ||
                        (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_RECVERR);
        if (is_error && at->cmsg_len >= CMSG_LEN(sizeof *out)) {
            memcpy(out, CMSG_DATA(at), sizeof *out);
            return true;
        }
    }
    return false;
}

static void refuse(const struct net_userland *userland, const struct net_address *remote,
                   const uint8_t *ports, int error_number)
{
    uint16_t local_port = userland_port_at(ports), remote_port = userland_port_at(ports + 2);
    for (struct slot *slot = userland->slots; slot; slot = slot->hh.next) {
        if (slot->is_connecting && !slot->refused_errno && slot->local.port == local_port &&
            slot->remote_port == remote_port && net_address_equal_ip(&slot->path->remote, remote)) {
            slot->refused_errno = error_number;
            slot_sign(slot);
        }
    }
}

bool userland_take_error_of(struct carrier *carrier)
{
    uint8_t quoted[QUOTED_BYTES]; /* our packet from its ports on */
    union {
        struct cmsghdr align;
        char bytes[CONTROL_BYTES];
    } control;
    struct sockaddr_storage to = {0};
    struct iovec place = {quoted, sizeof quoted};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = sizeof to,
                             .msg_iov = &place,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct net_address remote;
    struct sock_extended_err error;
    ssize_t got = recvmsg(carrier->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0)
        return false;
    if (got >= PORTS_BYTES && net_address_from_sockaddr(&to, &remote) && find_error(&message, &error) &&
        is_final(&error))
        refuse(carrier->userland, &remote, quoted, (int)error.ee_errno);
    return true;
}
