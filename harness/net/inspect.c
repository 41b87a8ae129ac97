#include "net/net_private.h"

uint64_t net_connection_id(const struct net_connection *connection)
{
    return connection->id;
}

enum net_transport net_connection_transport(const struct net_connection *connection)
{
    return connection->transport;
}

bool net_connection_is_opened_by_us(const struct net_connection *connection)
{
    return connection->listener == NULL;
}

const struct net_address *net_connection_local(const struct net_connection *connection)
{
    return &connection->local;
}

const struct net_address *net_connection_remote(const struct net_connection *connection)
{
    return &connection->remote;
}

bool net_connection_is_ready(const struct net_connection *connection)
{
    return net_connection_is_alive(connection) && connection->phase == NET_PHASE_OPEN &&
           !connection->is_closing && !connection->is_silent && !connection->is_dead;
}

const struct net_tls_facts *net_connection_tls(const struct net_connection *connection)
{
    return net_transport_is_secure(connection->transport) ? &connection->facts : NULL;
}

const struct net_end *net_connection_last_sign(const struct net_connection *connection)
{
    return &connection->last_sign;
}

size_t net_connection_bytes_in(const struct net_connection *connection)
{
    return connection->bytes_in;
}

size_t net_connection_bytes_out(const struct net_connection *connection)
{
    return connection->bytes_out;
}

uint16_t net_connection_stream(const struct net_connection *connection)
{
    return connection->stream;
}

const struct net_message_facts *net_connection_message(const struct net_connection *connection)
{
    return connection->ops->keeps_messages ? &connection->incoming : NULL;
}

const struct net_association_facts *net_connection_association(const struct net_connection *connection)
{
    return connection->ops->keeps_messages ? &connection->association : NULL;
}
