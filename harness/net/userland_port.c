/* Listening: usrsctp knows one socket a port, and any number of our addresses listen on it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/userland.h"

static void on_upcall(struct socket *so, void *arg, int flags)
{
    struct port *port = arg;
    (void)so;
    (void)flags;
    port->is_ready = true;
    loop_timer_start(port->userland->work, 0); /* not in here: usrsctp holds its locks */
}

static bool is_any(const struct net_address *address)
{
    static const uint8_t any[16];
    return memcmp(address->ip, any, address->family == 6 ? 16 : 4) == 0;
}

static struct slot *find_listener(const struct port *port, const struct net_address *local)
{
    for (struct slot *slot = port->slots; slot; slot = slot->next) {
        if (slot->local.family == local->family &&
            (is_any(&slot->local) || net_address_equal_ip(&slot->local, local)))
            return slot;
    }
    return NULL;
}

static struct port *find_port(const struct net_userland *userland, uint16_t number)
{
    struct port *port;
    HASH_FIND(hh, userland->ports, &number, sizeof number, port);
    return port;
}

bool port_has_listener(const struct net_userland *userland, const struct net_address *local, uint16_t number)
{
    const struct port *port = find_port(userland, number);
    return port && find_listener(port, local);
}

static struct port *port_new(struct net_userland *userland, uint16_t number)
{
    struct sockaddr_conn any = path_sockaddr(NULL, number);
    struct port *port = calloc(1, sizeof *port);
    if (!port)
        return NULL;
    port->number = number;
    port->userland = userland;
    port->so = userland_socket_new();
    if (!port->so || usrsctp_bind(port->so, (struct sockaddr *)&any, sizeof any) != 0 ||
        usrsctp_listen(port->so, SOMAXCONN) != 0) {
        int error_number = errno;
        if (port->so)
            usrsctp_close(port->so);
        free(port);
        errno = error_number;
        return NULL;
    }
    usrsctp_set_upcall(port->so, on_upcall, port);
    HASH_ADD(hh, userland->ports, number, sizeof port->number, port);
    return port;
}

bool port_listen(struct slot *slot)
{
    struct net_userland *userland = slot->userland;
    struct port *port = find_port(userland, slot->local.port);
    if (!port)
        port = port_new(userland, slot->local.port);
    if (!port)
        return false;
    if (find_listener(port, &slot->local)) {
        errno = EADDRINUSE;
        return false;
    }
    slot->port = port;
    slot->next = port->slots;
    port->slots = slot;
    return true;
}

static void drop_waiting(struct slot *slot)
{
    while (slot->waiting) {
        struct waiting *waiting = slot->waiting;
        slot->waiting = waiting->next;
        userland_socket_abort(waiting->so);
        free(waiting);
    }
    slot->waiting_count = 0;
}

void port_leave(struct slot *slot)
{
    struct port *port = slot->port;
    struct slot **at = &port->slots;
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    slot->port = NULL;
    drop_waiting(slot);
    if (port->slots)
        return;
    HASH_DELETE(hh, port->userland->ports, port);
    usrsctp_set_upcall(port->so, NULL, NULL);
    usrsctp_close(port->so);
    free(port);
}

static void give(struct port *port, struct socket *so, const struct sockaddr_conn *from)
{
    struct path *path = from->sconn_addr;
    struct slot *slot = path ? find_listener(port, &path->local) : NULL;
    struct waiting *waiting =
        slot && slot->waiting_count < USERLAND_QUEUE_MAX ? calloc(1, sizeof *waiting) : NULL;
    if (!waiting) { /* who listened has gone meanwhile, or takes none */
        userland_socket_abort(so);
        return;
    }
    *waiting = (struct waiting){.so = so, .path = path, .remote_port = ntohs(from->sconn_port)};
    struct waiting **last = &slot->waiting;
    while (*last)
        last = &(*last)->next;
    *last = waiting;
    slot->waiting_count++;
    slot_sign(slot);
}

void port_accept_all(struct net_userland *userland)
{
    struct port *port, *next;
    HASH_ITER(hh, userland->ports, port, next)
    {
        while (port->is_ready) {
            struct sockaddr_conn from = {0};
            socklen_t size_bytes = sizeof from;
            struct socket *so = usrsctp_accept(port->so, (struct sockaddr *)&from, &size_bytes);
            port->is_ready = so != NULL;
            if (so)
                give(port, so, &from);
        }
    }
}
