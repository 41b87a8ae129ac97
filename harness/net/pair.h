/* pair: what the two files of TLS over SCTP share, pairs of streams (pair.c) and the associations that they
 * are of (association.c). */
#ifndef NET_PAIR_H
#define NET_PAIR_H

#include <uthash.h>

#include "net/net_private.h"

struct pair { /* a bidirectional stream, or what listens for them */
    int fd;
    struct net *net;
    struct net_address local;        /* asked for */
    struct net_also also;            /* likewise */
    struct association *association; /* NULL: none yet, or no more */
    struct pair *next;               /* of the association */
    uint16_t stream;
    struct net_queue inbox; /* messages */
    int error_number;
    bool is_ended, has_ended_writing, is_stopped, is_waiting;
    /* of one that listens */
    struct net_listener *listener;
    struct association *associations;
    struct pair *waiting; /* to be accepted */
    /* of one that waits */
    struct pair *next_waiting;
    UT_hash_handle hh;
};
struct association {
    struct net_connection *carrier; /* plain SCTP; NULL: gone */
    struct pair *pairs;
    struct pair *listener;    /* NULL: opened by us, or it listens no more */
    struct association *next; /* of the listener */
    bool is_up, is_ending, is_accepted;
};

struct pair *net_pair_new(struct net *net);
struct pair *net_pair_find(int fd);
void net_pair_sign(const struct pair *pair);
void net_pair_join(struct pair *pair, struct association *association, uint16_t stream);
/* A message for it; false: it has too many. */
bool net_pair_take(struct pair *pair, const uint8_t *bytes, size_t size_bytes,
                   const struct net_message_facts *facts);

int net_association_connect(struct pair *pair, const struct net_address *remote,
                            const struct net_also *remote_also); /* 0, or an errno */
int net_association_listen(struct pair *listener);               /* 0; -1, errno */
void net_association_unlisten(struct pair *listener);
/* How many pairs of streams it has room for: those with a number that both directions have (RFC 3436 §3.1).
 */
uint16_t net_association_pairs(const struct association *association);
/* Shuts it down when every pair has ended its direction; lets it go with the last one. */
void net_association_settle(struct association *association);

#endif
