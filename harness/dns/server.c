/* The server: datagrams in and out, and the report of every query. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns_private.h"

bool dns_server_answer(struct dns_server *server, const uint8_t *bytes, size_t size_bytes, bool is_tcp,
                       const struct net_address *from, struct dns_reply *reply)
{
    if (!dns_reply_make(&server->catalogue, bytes, size_bytes, is_tcp, reply))
        return false;
    if (server->on_query) {
        struct dns_query query = {.name = reply->name,
                                  .type = reply->type,
                                  .rcode = reply->rcode,
                                  .answer = reply->answer,
                                  .is_truncated = reply->is_truncated,
                                  .is_tcp = is_tcp,
                                  .from = *from,
                                  .zone = reply->zone};
        server->on_query(&query, server->arg);
    }
    return true;
}

static void on_datagram(struct net_datagram *datagram, const struct net_address *from, const uint8_t *bytes,
                        size_t size_bytes, void *arg)
{
    struct dns_socket *socket = arg;
    struct dns_reply reply;
    if (!dns_server_answer(socket->server, bytes, size_bytes, false, from, &reply))
        return;
    /* A datagram that cannot be sent is lost, as on any network: the client asks again. */
    (void)net_datagram_send(datagram, from, reply.bytes, reply.size_bytes);
    dns_reply_fini(&reply);
}

/* With port 0 the kernel's choice for UDP may be taken for TCP: then another one is tried. */
enum { ANY_PORT_ATTEMPTS = 16 };

static bool socket_open(struct dns_server *server, struct dns_socket *socket,
                        const struct net_address *address)
{
    int attempts = address->port == 0 ? ANY_PORT_ATTEMPTS : 1;
    *socket = (struct dns_socket){.server = server};
    while (attempts-- > 0) {
        socket->datagram = net_datagram_open(server->net, address, on_datagram, socket);
        if (!socket->datagram)
            return false;
        if (dns_tcp_listen(socket, net_datagram_address(socket->datagram)))
            return true;
        int error_number = errno;
        net_datagram_free(socket->datagram);
        socket->datagram = NULL;
        errno = error_number;
        if (error_number != EADDRINUSE)
            return false;
    }
    return false;
}

static bool server_open(struct dns_server *server, const struct net_address *addresses, size_t address_count)
{
    for (size_t i = 0; i < address_count; i++) {
        if (!socket_open(server, &server->sockets[i], &addresses[i]))
            return false;
        server->socket_count++;
        server->catalogue.addresses[server->catalogue.address_count++] = addresses[i];
    }
    return true;
}

struct dns_server *dns_server_new(struct net *net, const struct net_address *addresses, size_t address_count,
                                  dns_query_cb on_query, void *arg)
{
    if (address_count == 0 || address_count > DNS_ADDRESSES_MAX) {
        errno = EINVAL;
        return NULL;
    }
    struct dns_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    *server =
        (struct dns_server){.net = net, .tcp_idle_ms = DNS_TCP_IDLE_MS, .on_query = on_query, .arg = arg};
    server->sockets = calloc(address_count, sizeof *server->sockets);
    if (!server->sockets || !server_open(server, addresses, address_count)) {
        int error_number = errno;
        dns_server_free(server);
        errno = error_number;
        return NULL;
    }
    return server;
}

void dns_server_free(struct dns_server *server)
{
    if (!server)
        return;
    dns_tcp_drop_all(server);
    for (size_t i = 0; i < server->socket_count; i++) {
        net_datagram_free(server->sockets[i].datagram);
        net_listener_free(server->sockets[i].listener);
    }
    dns_catalogue_fini(&server->catalogue);
    free(server->sockets);
    free(server);
}

const struct net_address *dns_server_address(const struct dns_server *server, size_t index)
{
    return index < server->socket_count ? net_datagram_address(server->sockets[index].datagram) : NULL;
}

struct dns_zone *dns_zone_new(struct dns_server *server, const char *origin, void *user)
{
    return dns_catalogue_add(&server->catalogue, origin, user);
}
