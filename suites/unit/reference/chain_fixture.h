/* Certificates of a chain as a peer would show them. */
#ifndef CHAIN_FIXTURE_H
#define CHAIN_FIXTURE_H

#include "certs/certs.h"
#include "net/net.h"

enum { CHAIN_FIXTURE_MAX = 8 };
struct chain {
    uint8_t *certificates[CHAIN_FIXTURE_MAX];
    size_t sizes[CHAIN_FIXTURE_MAX];
    struct net_tls_facts facts; /* points into the above */
};
/* Leaf first; asserts on what is no PEM. */
void chain_read(struct chain *chain, const char *pem);
void chain_fini(struct chain *chain);

#endif
