#include <sys/epoll.h>

#include "net/net_private.h"

enum { HANGUPS_AT_ONCE = 64 };

void net_hangup_watch(struct net_connection *connection)
{
    struct net *net = connection->net;
    struct epoll_event event = {.events = EPOLLET, .data.ptr = connection};
    if (connection->fd < 0 || connection->is_watched_for_hangup || connection->ops->keeps_messages ||
        epoll_ctl(net->hangup_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        return;
    connection->is_watched_for_hangup = true;
    if (net->hangup_watched++ == 0)
        loop_poll_set(net->hangup_poll, LOOP_READABLE);
}

void net_hangup_forget(struct net_connection *connection)
{
    struct net *net = connection->net;
    if (!connection->is_watched_for_hangup)
        return;
    epoll_ctl(net->hangup_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    connection->is_watched_for_hangup = false;
    if (--net->hangup_watched == 0)
        loop_poll_set(net->hangup_poll, 0);
}

int net_hangup_take_error(struct net_connection *connection)
{
    return connection->fd < 0 ? 0 : connection->ops->take_error(connection->fd);
}

static void take_hangup(struct net_connection *connection)
{
    net_connection_enter(connection);
    int error_number = net_hangup_take_error(connection);
    if (error_number) {
        connection->is_dead = true;
        net_connection_fail_errno(connection, error_number, "the peer had sent FIN already");
    }
    net_connection_leave(connection);
}

void net_hangup_run(struct net *net)
{
    struct epoll_event event;
    /* One at a time: what is done about one may free another. */
    for (int i = 0; i < HANGUPS_AT_ONCE && epoll_wait(net->hangup_fd, &event, 1, 0) == 1; i++)
        take_hangup(event.data.ptr);
}
