/* Any bytes to a TLS server: the connection must come to an end of its own, and nothing may be left behind.
 * The first byte chooses whether a certificate is asked for. */
#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net_private.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_ended;

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    (void)end;
    (void)arg;
    net_connection_close(connection, NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    has_ended = true;
    net_connection_free(connection);
    loop_stop(arg);
}

static void on_accept(struct net_listener *listener, struct net_connection *connection,
                      struct net_connection_events *events, void **connection_arg, void *arg)
{
    (void)listener;
    (void)connection;
    *events = (struct net_connection_events){.on_sign = on_sign, .on_closed = on_closed};
    *connection_arg = arg;
}

static struct net_credential *credential(void)
{
    static struct net_credential *made;
    if (!made) {
        char *certificate, *key;
        const char *error = NULL;
        world_make_certificate("fuzz", 0, &certificate, &key);
        made = net_credential_new(certificate, key, &error);
        assert(made);
        free(certificate);
        free(key);
    }
    return made;
}

static void feed(struct net_listener *listener, const uint8_t *data, size_t size)
{
    int pair[2];
    struct net_address nowhere = {.family = 4};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        abort();
    ssize_t written = send(pair[1], data, size, MSG_NOSIGNAL);
    (void)written; /* what does not fit the socket's buffer is cut off */
    shutdown(pair[1], SHUT_WR);
    net_listener_adopt(listener, pair[0], &nowhere);
    loop_run(net_loop(listener->net));
    close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct loop *loop = loop_new();
    struct net *net = net_new(loop, NULL);
    struct net_listen_options options = {.transport = NET_TLS,
                                         .tls = {.credential = credential(),
                                                 .min_version = NET_TLS_1_0,
                                                 .max_version = NET_TLS_1_3,
                                                 .request_certificate = (data[0] & 1) != 0},
                                         .on_accept = on_accept,
                                         .arg = loop};
    net_address_parse("127.0.0.1", 0, &options.local);
    struct net_listener *listener = net_listen(net, &options);
    if (!listener)
        abort();
    has_ended = false;
    feed(listener, data + 1, size - 1);
    assert(has_ended);
    net_free(net);
    loop_free(loop);
    return 0;
}
