/* Questions to the DNS on c-ares, watched by the loop.
 *
 * So many are asked at once as a socket buffer holds answers to; the others wait their turn, else a burst of
 * a thousand would be a burst of lost datagrams and time-outs. Nothing is cached: c-ares 1.18 gives no TTL
 * for SRV and NAPTR, and a stale answer would be a wrong one. */
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <utlist.h>

#include "reference/location.h"

enum {
    QUERY_TIMEOUT_MS = 1500,
    QUERY_TRIES = 3,
    RECORDS_MAX = 256,
    QUESTIONS_AT_ONCE = 64,
    DNS_CLASS_IN = 1,
    DNS_TYPE_SRV = 33,
    DNS_TYPE_NAPTR = 35
};

struct watch { /* one socket of c-ares */
    struct lookup *lookup;
    ares_socket_t fd;
    struct loop_poll *poll;
    struct watch *next;
};
struct lookup {
    struct loop *loop;
    ares_channel channel;
    struct watch *watches;
    struct loop_timer *timer;
    int family;
    size_t asked;             /* questions that c-ares has */
    struct question *waiting; /* those that it gets later, in order */
    bool is_ending, is_submitting;
};
struct question {
    struct lookup *lookup;
    char *name;
    struct question *prev, *next; /* in waiting */
    lookup_srv_cb on_srv;
    lookup_naptr_cb on_naptr;
    lookup_address_cb on_addresses;
    void *arg;
};

static void submit(struct question *question);

static void question_free(struct question *question)
{
    free(question->name);
    free(question);
}

static void answer_nothing(const struct question *question)
{
    if (question->on_srv != NULL) {
        question->on_srv(NULL, 0, question->arg);
    } else if (question->on_naptr != NULL) {
        question->on_naptr(NULL, 0, question->arg);
    } else if (question->on_addresses != NULL) {
        question->on_addresses(NULL, 0, question->arg);
    }
}

static void schedule(struct lookup *lookup)
{
    struct timeval room;
    struct timeval *wait = ares_timeout(lookup->channel, NULL, &room);
    if (wait == NULL) {
        loop_timer_stop(lookup->timer);
        return;
    }
    loop_timer_start(lookup->timer, (uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000 + 1);
}

static void on_timer(struct loop_timer *timer, void *arg)
{
    struct lookup *lookup = arg;
    (void)timer;
    ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    schedule(lookup);
}

static void on_poll(struct loop_poll *poll, int events, void *arg)
{
    struct watch *watch = arg;
    struct lookup *lookup = watch->lookup; /* the watch may go while c-ares works */
    ares_socket_t fd = watch->fd;
    (void)poll;
    ares_process_fd(lookup->channel, (events & LOOP_READABLE) != 0 ? fd : ARES_SOCKET_BAD,
                    (events & LOOP_WRITABLE) != 0 ? fd : ARES_SOCKET_BAD);
    schedule(lookup);
}

static void unwatch(struct watch **at)
{
    struct watch *watch = *at;
    *at = watch->next;
    loop_poll_free(watch->poll);
    free(watch);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct lookup *lookup = arg;
    struct watch **at = &lookup->watches;
    while (*at != NULL && (*at)->fd != fd) {
        at = &(*at)->next;
    }
    if (!readable && !writable) {
        if (*at != NULL) {
            unwatch(at);
        }
        return;
    }
    if (*at == NULL) {
        struct watch *watch = calloc(1, sizeof(*watch));
        if (watch == NULL) {
            return; /* the query times out */
        }
        *watch = (struct watch){.lookup = lookup, .fd = fd};
        watch->poll = loop_poll_new(lookup->loop, fd, on_poll, watch);
        if (watch->poll == NULL) {
            free(watch);
            return;
        }
        *at = watch;
    }
    loop_poll_set((*at)->poll, (readable ? LOOP_READABLE : 0) | (writable ? LOOP_WRITABLE : 0));
}

static int init_channel(struct lookup *lookup, const struct net_address *server)
{
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = QUERY_TIMEOUT_MS,
                                   .tries = QUERY_TRIES,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = lookup};
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    char lookups[] = "b";
    if (server->family != 0) { /* a server of its own: /etc/hosts has no say */
        options.lookups = lookups;
        mask |= ARES_OPT_LOOKUPS;
    }
    int status = ares_init_options(&lookup->channel, &options, mask);
    if (status != ARES_SUCCESS) {
        lookup->channel = NULL;
        return status;
    }
    if (server->family == 0) {
        return ARES_SUCCESS;
    }
    char text[NET_ADDRESS_TEXT_MAX];
    net_address_format(server, text);
    return ares_set_servers_ports_csv(lookup->channel, text);
}

struct lookup *lookup_new(struct loop *loop, const struct net_address *server, bool has_ip4, bool has_ip6,
                          const char **error_text)
{
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    struct lookup *lookup = status == ARES_SUCCESS ? calloc(1, sizeof(*lookup)) : NULL;
    if (lookup == NULL) {
        *error_text = status == ARES_SUCCESS ? "out of memory" : ares_strerror(status);
        return NULL;
    }
    lookup->loop = loop;
    lookup->family = has_ip4 && has_ip6 ? AF_UNSPEC : has_ip6 ? AF_INET6 : AF_INET;
    lookup->timer = loop_timer_new(loop, on_timer, lookup);
    status = lookup->timer == NULL ? ARES_ENOMEM : init_channel(lookup, server);
    if (status != ARES_SUCCESS) {
        *error_text = ares_strerror(status);
        lookup_free(lookup);
        return NULL;
    }
    return lookup;
}

void lookup_free(struct lookup *lookup)
{
    if (lookup == NULL) {
        return;
    }
    lookup->is_ending = true;
    if (lookup->channel != NULL) {
        ares_destroy(lookup->channel); /* calls back what is outstanding */
    }
    while (lookup->waiting != NULL) {
        struct question *question = lookup->waiting;
        DL_DELETE(lookup->waiting, question);
        answer_nothing(question);
        question_free(question);
    }
    while (lookup->watches != NULL) {
        unwatch(&lookup->watches);
    }
    loop_timer_free(lookup->timer);
    free(lookup);
    ares_library_cleanup();
}

/* ---- answers ---- */

/* One loop, however deep: a name that c-ares refuses is answered before submit() returns. */
static void submit_waiting(struct lookup *lookup)
{
    if (lookup->is_submitting) {
        return;
    }
    lookup->is_submitting = true;
    while (!lookup->is_ending && lookup->waiting != NULL && lookup->asked < QUESTIONS_AT_ONCE) {
        struct question *next = lookup->waiting;
        DL_DELETE(lookup->waiting, next);
        submit(next);
    }
    lookup->is_submitting = false;
}

/* The question is answered: the next one has its turn. */
static void question_end(struct question *question)
{
    struct lookup *lookup = question->lookup;
    lookup->asked--;
    question_free(question);
    submit_waiting(lookup);
}

static void on_srv(void *arg, int status, int timeouts, unsigned char *answer, int size_bytes)
{
    struct question *question = arg;
    struct ares_srv_reply *reply = NULL;
    struct lookup_srv records[RECORDS_MAX];
    size_t count = 0;
    (void)timeouts;
    if (status == ARES_SUCCESS) {
        ares_parse_srv_reply(answer, size_bytes, &reply);
    }
    for (struct ares_srv_reply *at = reply; at != NULL && count < RECORDS_MAX; at = at->next) {
        records[count++] = (struct lookup_srv){at->priority, at->weight, at->port, at->host};
    }
    question->on_srv(records, count, question->arg);
    ares_free_data(reply);
    question_end(question);
}

static void on_naptr(void *arg, int status, int timeouts, unsigned char *answer, int size_bytes)
{
    struct question *question = arg;
    struct ares_naptr_reply *reply = NULL;
    struct lookup_naptr records[RECORDS_MAX];
    size_t count = 0;
    (void)timeouts;
    if (status == ARES_SUCCESS) {
        ares_parse_naptr_reply(answer, size_bytes, &reply);
    }
    for (struct ares_naptr_reply *at = reply; at != NULL && count < RECORDS_MAX; at = at->next) {
        records[count++] = (struct lookup_naptr){at->order, at->preference, (char *)at->flags,
                                                 (char *)at->service, at->replacement};
    }
    question->on_naptr(records, count, question->arg);
    ares_free_data(reply);
    question_end(question);
}

static bool read_address(const struct sockaddr *from, struct net_address *out)
{
    *out = (struct net_address){0};
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof(in));
        out->family = 4;
        memcpy(out->ip, &in.sin_addr, 4);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from, sizeof(in6));
        out->family = 6;
        memcpy(out->ip, &in6.sin6_addr, 16);
        return true;
    }
    return false;
}

static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    struct question *question = arg;
    struct net_address addresses[TARGETS_MAX];
    size_t count = 0;
    (void)timeouts;
    if (status == ARES_SUCCESS) {
        for (const struct ares_addrinfo_node *at = result->nodes; at != NULL && count < TARGETS_MAX;
             at = at->ai_next) {
            count += read_address(at->ai_addr, &addresses[count]) ? 1 : 0;
        }
    }
    question->on_addresses(addresses, count, question->arg);
    ares_freeaddrinfo(result);
    question_end(question);
}

/* ---- questions ---- */

static void submit(struct question *question)
{
    struct lookup *lookup = question->lookup;
    lookup->asked++;
    if (question->on_srv != NULL) {
        ares_query(lookup->channel, question->name, DNS_CLASS_IN, DNS_TYPE_SRV, on_srv, question);
    } else if (question->on_naptr != NULL) {
        ares_query(lookup->channel, question->name, DNS_CLASS_IN, DNS_TYPE_NAPTR, on_naptr, question);
    } else {
        const struct ares_addrinfo_hints hints = {
            .ai_flags = ARES_AI_NOSORT, .ai_family = lookup->family, .ai_socktype = SOCK_STREAM};
        ares_getaddrinfo(lookup->channel, question->name, NULL, &hints, on_addresses, question);
    }
    schedule(lookup);
}

/* Takes a question as it is to be; out of memory it is answered with nothing. */
static void ask(struct lookup *lookup, const char *name, struct question wanted)
{
    struct question *question = malloc(sizeof(*question));
    wanted.lookup = lookup;
    wanted.name = strdup(name);
    if (question == NULL || wanted.name == NULL) {
        free(question);
        free(wanted.name);
        answer_nothing(&wanted);
        return;
    }
    *question = wanted;
    if (lookup->asked < QUESTIONS_AT_ONCE) {
        submit(question);
    } else {
        DL_APPEND(lookup->waiting, question);
    }
}

void lookup_ask_srv(struct lookup *lookup, const char *name, lookup_srv_cb cb, void *arg)
{
    ask(lookup, name, (struct question){.on_srv = cb, .arg = arg});
}

void lookup_ask_naptr(struct lookup *lookup, const char *name, lookup_naptr_cb cb, void *arg)
{
    ask(lookup, name, (struct question){.on_naptr = cb, .arg = arg});
}

void lookup_ask_addresses(struct lookup *lookup, const char *name, lookup_address_cb cb, void *arg)
{
    ask(lookup, name, (struct question){.on_addresses = cb, .arg = arg});
}
