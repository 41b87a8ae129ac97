/* Connections whose TLS handshake is done rightly, and then nothing: what each costs the harness stays with
 * it. */
#include "hostile.h"

#include <stdlib.h>

#include "net/net.h"

enum { AT_ONCE = 6000, OPEN_A_TURN = 100, TURN_MS = 20 };

struct crowd {
    struct loop *loop;
    struct net *net;
    struct loop_timer *timer;
    struct victims victims;
    size_t open, next;
};

static void on_sign(struct net_connection *connection, const struct net_end *end, void *arg)
{
    (void)end;
    (void)arg;
    net_connection_close(connection, NET_CLOSE_NOW);
}

static void on_closed(struct net_connection *connection, void *arg)
{
    struct crowd *crowd = arg;

    crowd->open--;
    net_connection_free(connection);
}

static void open_one(struct crowd *crowd)
{
    static const struct net_connection_events events = {.on_sign = on_sign, .on_closed = on_closed};
    const struct sockaddr_in *victim = &crowd->victims.addresses[crowd->next++ % crowd->victims.count];
    struct net_connect_options options = {.transport = NET_TLS,
                                          .local = {.family = 4},
                                          .remote = {.family = 4, .port = ntohs(victim->sin_port)}};

    for (size_t i = 0; i < 4; i++)
        options.remote.ip[i] = (uint8_t)(ntohl(victim->sin_addr.s_addr) >> (24 - 8 * i));
    if (options.remote.port == 5061 && net_connect(crowd->net, &options, &events, crowd))
        crowd->open++;
}

static void on_turn(struct loop_timer *timer, void *arg)
{
    struct crowd *crowd = arg;

    victims_refresh(&crowd->victims);
    for (size_t i = 0; i < OPEN_A_TURN && crowd->open < AT_ONCE && crowd->victims.count; i++)
        open_one(crowd);
    loop_timer_start(timer, TURN_MS);
}

void handshakes_run(void)
{
    static struct crowd crowd;

    crowd.loop = loop_new();
    crowd.net = crowd.loop ? net_new(crowd.loop, NULL) : NULL;
    crowd.timer = crowd.net ? loop_timer_new(crowd.loop, on_turn, &crowd) : NULL;
    if (!crowd.timer)
        abort();
    loop_timer_start(crowd.timer, 0);
    loop_run(crowd.loop);
    abort();
}
