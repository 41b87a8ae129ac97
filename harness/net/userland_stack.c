/* usrsctp's one state: begun with the first socket, driven by a timer of the loop, ended with the net. */
#include <errno.h>
#include <stdlib.h>

#include "net/userland.h"

enum {
    BUSY_MS = 1000,     /* after anything but a heartbeat the timers run finely for so long */
    BUSY_TICK_MS = 10,  /* usrsctp's own resolution */
    IDLE_TICK_MS = 100, /* heartbeats need no better one: an idle process wakes ten times a second */
    RTO_MIN_MS = 200,   /* a lost packet is one that a full buffer dropped: no network lies between */
    RTO_INITIAL_MS = 1000,
    END_STEPS = 600,
    END_STEP_MS = 1000
};

struct net_userland *userland_current;

static void tick(struct net_userland *userland)
{
    uint64_t elapsed_ms = (loop_now_ns() - userland->ticked_ns) / 1000000;
    userland->ticked_ns += elapsed_ms * 1000000;
    userland->is_ticking = true;
    usrsctp_handle_timers((uint32_t)elapsed_ms);
    userland->is_ticking = false;
}

static void on_tick(struct loop_timer *timer, void *arg)
{
    struct net_userland *userland = arg;
    bool is_busy = loop_now_ms(userland->net->loop) < userland->busy_until_ms;
    tick(userland);
    loop_timer_start(timer, is_busy ? BUSY_TICK_MS : IDLE_TICK_MS);
}

static void on_work(struct loop_timer *timer, void *arg)
{
    (void)timer;
    port_accept_all(arg);
}

void userland_note_work(struct net_userland *userland)
{
    uint64_t now_ms = loop_now_ms(userland->net->loop);
    bool was_busy = now_ms < userland->busy_until_ms;
    userland->busy_until_ms = now_ms + BUSY_MS;
    if (!was_busy)
        loop_timer_start(userland->tick, BUSY_TICK_MS);
}

static void tune(void)
{
    usrsctp_sysctl_set_sctp_blackhole(0); /* what belongs to nothing is answered with ABORT (RFC 9260 §8.4) */
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    usrsctp_sysctl_set_sctp_sendspace(NET_SCTP_BUFFER_BYTES);
    usrsctp_sysctl_set_sctp_recvspace(NET_SCTP_BUFFER_BYTES);
    usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(NET_SCTP_STREAMS);
    usrsctp_sysctl_set_sctp_nr_incoming_streams_default(NET_SCTP_STREAMS);
    usrsctp_sysctl_set_sctp_rto_min_default(RTO_MIN_MS);
    usrsctp_sysctl_set_sctp_rto_initial_default(RTO_INITIAL_MS);
}

struct net_userland *userland_of(struct net *net)
{
    if (net->userland)
        return net->userland;
    struct net_userland *userland = userland_current ? NULL : calloc(1, sizeof *userland);
    if (!userland) {
        errno = userland_current ? EBUSY : ENOMEM;
        return NULL;
    }
    userland->net = net;
    userland->next_port = (uint16_t)(loop_now_ns() >> 10);
    for (size_t i = 0; i < 2; i++)
        userland->carriers[i] = (struct carrier){.userland = userland, .family = i ? 6 : 4, .fd = -1};
    userland->tick = loop_timer_new(net->loop, on_tick, userland);
    userland->work = loop_timer_new(net->loop, on_work, userland);
    if (!userland->tick || !userland->work) {
        loop_timer_free(userland->tick);
        loop_timer_free(userland->work);
        free(userland);
        errno = ENOMEM;
        return NULL;
    }
    usrsctp_init_nothreads(0, carrier_send, NULL);
    if (net->sctp == NET_SCTP_BESIDE)
        usrsctp_enable_crc32c_offload(); /* the kernel leaves checksums to hardware, and veth has none */
    tune();
    userland_current = userland;
    userland->ticked_ns = loop_now_ns();
    net->userland = userland;
    userland_note_work(userland);
    return userland;
}

/* Associations that were being shut down are given up in a time that passes at once; what usrsctp sends
 * meanwhile goes nowhere, for the carriers are closed. */
static void end_stack(void)
{
    for (int i = 0; i < END_STEPS && usrsctp_finish() != 0; i++)
        usrsctp_handle_timers(END_STEP_MS);
}

void net_userland_free(struct net_userland *userland)
{
    if (!userland)
        return;
    carrier_close(&userland->carriers[0]);
    carrier_close(&userland->carriers[1]);
    end_stack();
    userland_current = NULL;
    loop_timer_free(userland->tick);
    loop_timer_free(userland->work);
    path_free_all(userland);
    free(userland);
}
