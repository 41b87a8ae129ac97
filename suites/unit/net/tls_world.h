/* A world of two sides over TLS, for tests of each version that is not obsolete. */
#ifndef NET_TEST_TLS_WORLD_H
#define NET_TEST_TLS_WORLD_H

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "world.h"

struct tls_version {
    enum net_tls_version value;
};
struct criterion_test_params tls_world_versions(void);
/* A test over TLS 1.2 and one over TLS 1.3; version->value tells which. */
#define BOTH_VERSIONS(suite, name)                                                                           \
    ParameterizedTestParameters(suite, name)                                                                 \
    {                                                                                                        \
        return tls_world_versions();                                                                         \
    }                                                                                                        \
    ParameterizedTest(struct tls_version *version, suite, name)

struct tls_ends {
    struct net_listen_options listen;
    struct net_connect_options connect;
};
/* What both sides open with; the server shows world->one. NONE: any version. */
struct tls_ends tls_world_init(struct world *world, enum net_tls_version version);
/* The common name in the first certificate that the peer has shown; "": it has shown none. */
void tls_world_peer_name(const struct net_tls_facts *facts, char *out, size_t size);

#endif
