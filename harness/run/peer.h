/* What peer.c (connections of a world) and peer_listen.c (its listeners) share: how a connection becomes a
 * wire. */
#ifndef RUN_PEER_H
#define RUN_PEER_H

#include "run/world.h"

/* Callbacks of every wire's connection; their argument is the wire. */
extern const struct net_connection_events peer_events;
/* A wire, zeroed and on the heap, becomes the world's, which frees it. */
void peer_init_wire(struct wire *wire, struct world *world, struct net_connection *connection,
                    enum wire_role role);
/* The addresses of further hosts, as those of one end. NULL: none. */
struct net_also peer_further(struct world *world, const struct strings *names);
void peer_free_posts(struct world *world);

#endif
