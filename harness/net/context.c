#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/net_private.h"

enum { MAX_HANDSHAKES = 1000, MAX_CONNECTIONS = 12000 };

static void on_deferred(struct loop_timer *timer, void *arg)
{
    struct net *net = arg;
    /* What is deferred by these waits for the iteration after. */
    size_t count = 0;
    struct net_connection *connection;
    TAILQ_FOREACH(connection, &net->deferred, deferred_link)
    count++;
    for (; count > 0 && !TAILQ_EMPTY(&net->deferred); count--)
        net_connection_run_deferred(TAILQ_FIRST(&net->deferred));
    if (!TAILQ_EMPTY(&net->deferred))
        loop_timer_start(timer, 0);
}

static void on_hangup(struct loop_poll *poll, int events, void *arg)
{
    (void)poll;
    (void)events;
    net_hangup_run(arg);
}

void net_accept_update(struct net *net)
{
    size_t max = net->options.max_connections;
    enum net_accepting accepting = NET_ACCEPT_ALL;
    if (net->accepted >= max || loop_timer_is_active(net->accept_timer))
        accepting = NET_ACCEPT_NONE;
    else if (net->accepted >= max - max / 8)
        accepting = NET_ACCEPT_FEW;
    if (accepting == net->accepting)
        return;
    net->accepting = accepting;
    struct net_listener *listener;
    TAILQ_FOREACH(listener, &net->listeners, link)
    net_listener_watch(listener);
}

void net_accept_back_off(struct net *net)
{
    loop_timer_start(net->accept_timer, NET_ACCEPT_RETRY_MS);
    net_accept_update(net);
}

static void on_accept_retry(struct loop_timer *timer, void *arg)
{
    (void)timer;
    net_accept_update(arg);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool set_up(struct net *net)
{
    net->read_buffer = malloc(NET_READ_BUFFER_BYTES);
    net->message_buffer = malloc(NET_READ_BUFFER_BYTES);
    net->deferred_timer = loop_timer_new(net->loop, on_deferred, net);
    net->accept_timer = loop_timer_new(net->loop, on_accept_retry, net);
    net->hangup_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!net->read_buffer || !net->message_buffer || !net->deferred_timer || !net->accept_timer ||
        net->hangup_fd < 0 || gnutls_certificate_allocate_credentials(&net->certificates) < 0)
        return false;
    gnutls_certificate_set_retrieve_function3(net->certificates, net_session_retrieve);
    net->hangup_poll = loop_poll_new(net->loop, net->hangup_fd, on_hangup, net);
    return net->hangup_poll != NULL;
}

struct net *net_new(struct loop *loop, const struct net_options *options)
{
    struct net *net = calloc(1, sizeof *net);
    if (!net)
        return NULL;
    net->loop = loop;
    net->hangup_fd = -1;
    TAILQ_INIT(&net->connections);
    TAILQ_INIT(&net->listeners);
    TAILQ_INIT(&net->datagrams);
    TAILQ_INIT(&net->deferred);
    if (options)
        net->options = *options;
    net->sctp = net->options.sctp == NET_SCTP_NONE ? NET_SCTP_NONE : NET_SCTP_AUTO;
    if (!net->options.max_handshakes)
        net->options.max_handshakes = MAX_HANDSHAKES;
    if (!net->options.max_connections)
        net->options.max_connections = MAX_CONNECTIONS;
    raise_descriptor_limit();
    net_hooks_install();
    if (!set_up(net)) {
        net_free(net);
        return NULL;
    }
    return net;
}

static void free_priorities(struct net *net)
{
    for (size_t lowest = 0; lowest < NET_TLS_VERSIONS; lowest++) {
        for (size_t highest = 0; highest < NET_TLS_VERSIONS; highest++) {
            if (net->priorities[lowest][highest])
                gnutls_priority_deinit(net->priorities[lowest][highest]);
        }
    }
}

/* Those below others go with them. */
static void free_listeners(struct net *net)
{
    struct net_listener *listener = TAILQ_FIRST(&net->listeners);
    while (listener) {
        if (listener->is_below) {
            listener = TAILQ_NEXT(listener, link);
        } else {
            net_listener_free(listener);
            listener = TAILQ_FIRST(&net->listeners);
        }
    }
}

void net_free(struct net *net)
{
    if (!net)
        return;
    while (!TAILQ_EMPTY(&net->connections))
        net_connection_free(TAILQ_FIRST(&net->connections));
    free_listeners(net);
    while (!TAILQ_EMPTY(&net->datagrams))
        net_datagram_free(TAILQ_FIRST(&net->datagrams));
    net_userland_free(net->userland);
    loop_poll_free(net->hangup_poll);
    if (net->hangup_fd >= 0)
        close(net->hangup_fd);
    loop_timer_free(net->deferred_timer);
    loop_timer_free(net->accept_timer);
    free_priorities(net);
    if (net->certificates)
        gnutls_certificate_free_credentials(net->certificates);
    if (net->anti_replay)
        gnutls_anti_replay_deinit(net->anti_replay);
    if (net->ticket_key.data) {
        gnutls_memset(net->ticket_key.data, 0, net->ticket_key.size);
        gnutls_free(net->ticket_key.data);
    }
    free(net->read_buffer);
    free(net->message_buffer);
    free(net);
}

struct loop *net_loop(struct net *net)
{
    return net->loop;
}
