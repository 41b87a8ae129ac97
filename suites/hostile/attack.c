/* The attacker: as many connections as the mode has, to all victims in turn, each sending what the mode has
 * to send; what ends is begun again. It reads nothing: what the harness answers has to stay with the harness.
 */
#include "hostile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REFRESH_MS = 50, WAIT_MS = 2, OPEN_A_TURN = 1000, EVENTS = 256, DRIP_MS = 5, WRITES_A_TURN = 4 };

struct shot { /* one connection */
    int fd;   /* -1: none */
    uint64_t turn;
    uint8_t *left; /* of a write that did not go whole; NULL: none */
    size_t left_bytes;
    bool is_silent; /* nothing more to send */
};

struct attacker {
    const struct attack *attack;
    struct victims victims;
    struct shot *shots;
    size_t next_victim, next_shot;
    int epoll;
    uint8_t payload[PAYLOAD_MAX_BYTES];
};

static const struct attack ATTACKS[] = {
    {.mode = "garbage", .payload = payload_garbage, .at_once = 50, .turns = 4},
    {.mode = "endless-header", .payload = payload_endless_header, .at_once = 400},
    {.mode = "huge-length", .payload = payload_huge_length, .at_once = 100},
    {.mode = "long-lines", .payload = payload_long_lines, .at_once = 50},
    {.mode = "half-handshakes", .payload = payload_half_hello, .at_once = 10000, .port = 5061},
    {.mode = "connections", .payload = payload_nothing, .at_once = 14000},
    {.mode = "resets", .payload = payload_nothing, .at_once = 200, .is_reset_at_once = true},
    {.mode = "responses", .payload = payload_responses, .at_once = 50},
    {.mode = "requests", .payload = payload_requests, .at_once = 50},
    {.mode = "pings", .payload = payload_pings, .at_once = 50},
    {.mode = "drips", .payload = payload_requests, .at_once = 500, .per_write = 1},
    {.mode = "dns", .payload = payload_dns, .at_once = 400, .is_for_dns = true},
};

const struct attack *attack_find(const char *mode)
{
    for (size_t i = 0; i < sizeof ATTACKS / sizeof *ATTACKS; i++) {
        if (!strcmp(ATTACKS[i].mode, mode))
            return &ATTACKS[i];
    }
    return NULL;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void shot_end(struct shot *shot, bool is_reset)
{
    const struct linger none = {.l_onoff = 1};

    if (is_reset)
        setsockopt(shot->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(shot->fd);
    free(shot->left);
    *shot = (struct shot){.fd = -1};
}

static void shot_begin(struct attacker *attacker, struct shot *shot, const struct sockaddr_in *victim)
{
    struct epoll_event event = {.events = EPOLLOUT, .data = {.ptr = shot}};

    shot->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (shot->fd < 0)
        return;
    if (connect(shot->fd, (const struct sockaddr *)victim, sizeof *victim) && errno != EINPROGRESS)
        shot_end(shot, false);
    else
        epoll_ctl(attacker->epoll, EPOLL_CTL_ADD, shot->fd, &event);
}

/* The first part of what is to be sent goes out; the rest waits. false: the connection is of no use any more.
 */
static bool send_some(const struct attacker *attacker, struct shot *shot, const uint8_t *bytes,
                      size_t size_bytes)
{
    size_t most = attacker->attack->per_write ? attacker->attack->per_write : size_bytes;
    ssize_t sent = send(shot->fd, bytes, most < size_bytes ? most : size_bytes, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN)
        return false;
    sent = sent < 0 ? 0 : sent;
    uint8_t *left = (size_t)sent < size_bytes ? malloc(size_bytes - (size_t)sent) : NULL;
    if (left)
        memcpy(left, bytes + sent, size_bytes - (size_t)sent);
    free(shot->left);
    shot->left = left;
    shot->left_bytes = left ? size_bytes - (size_t)sent : 0;
    return true;
}

static bool shot_fire(struct attacker *attacker, struct shot *shot)
{
    for (int i = 0; i < WRITES_A_TURN && !shot->is_silent; i++) {
        if (attacker->attack->turns && shot->turn >= attacker->attack->turns && !shot->left)
            return false;
        size_t size_bytes =
            shot->left ? shot->left_bytes : attacker->attack->payload(attacker->payload, shot->turn++);

        if (!size_bytes) {
            struct epoll_event quiet = {.events = 0, .data = {.ptr = shot}};

            shot->is_silent = true;
            epoll_ctl(attacker->epoll, EPOLL_CTL_MOD, shot->fd, &quiet); /* its end is seen still */
        } else if (!send_some(attacker, shot, shot->left ? shot->left : attacker->payload, size_bytes)) {
            return false;
        } else if (shot->left) {
            break;
        }
    }
    return true;
}

static void take_event(struct attacker *attacker, const struct epoll_event *event)
{
    struct shot *shot = event->data.ptr;

    if (shot->fd < 0)
        return;
    if (event->events & (EPOLLERR | EPOLLHUP))
        shot_end(shot, false);
    else if (attacker->attack->is_reset_at_once || !shot_fire(attacker, shot))
        shot_end(shot, true);
}

static void open_more(struct attacker *attacker)
{
    struct victims *victims = &attacker->victims;
    size_t most = attacker->attack->at_once, opened = 0;

    for (size_t i = 0; i < most && opened < OPEN_A_TURN && victims->count; i++) {
        struct shot *shot = &attacker->shots[attacker->next_shot++ % most];
        const struct sockaddr_in *victim;

        if (shot->fd >= 0)
            continue;
        victim = &victims->addresses[attacker->next_victim++ % victims->count];
        if (attacker->attack->port && ntohs(victim->sin_port) != attacker->attack->port)
            continue;
        shot_begin(attacker, shot, victim);
        opened++;
    }
}

static void learn(struct attacker *attacker)
{
    struct victims *victims = &attacker->victims;

    if (attacker->attack->is_for_dns)
        victims->count = victims_find_dns(&victims->addresses[0]);
    else
        victims_refresh(victims);
}

void attack_run(const struct attack *attack)
{
    struct attacker *attacker = calloc(1, sizeof *attacker);
    struct epoll_event events[EVENTS];
    struct rlimit files;
    uint64_t learned_ms = 0;

    if (attacker)
        attacker->shots = calloc(attack->at_once, sizeof *attacker->shots);
    if (!attacker || !attacker->shots)
        abort();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    attacker->attack = attack;
    attacker->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < attack->at_once; i++)
        attacker->shots[i].fd = -1;
    for (;;) {
        if (now_ms() - learned_ms >= REFRESH_MS) {
            learn(attacker);
            learned_ms = now_ms();
        }
        open_more(attacker);
        int count = epoll_wait(attacker->epoll, events, EVENTS, WAIT_MS);
        for (int i = 0; i < count; i++)
            take_event(attacker, &events[i]);
        if (attack->per_write) /* slow on purpose: this is what a drip is */
            nanosleep(&(struct timespec){.tv_nsec = DRIP_MS * 1000000L}, NULL);
    }
}
