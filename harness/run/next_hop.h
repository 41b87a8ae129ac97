/* How a forwarding proxy is told its next hop; the profile's stimulus.next_hop says how. */
#ifndef RUN_NEXT_HOP_H
#define RUN_NEXT_HOP_H

#include "run/schedule.h"
#include "run/world.h"

/* What stands in the request line so that the device goes to uri; heap. NULL: the world has ended. */
char *told_hop_request_uri(struct world *world, const char *uri);
/* Adds the Route that says so, where the profile wants one and the request has none. */
void told_hop_add_route(const struct world *world, struct sip_message *message, const char *uri);
/* Before the DNS server goes. */
void told_hop_fini(struct run *run);

#endif
