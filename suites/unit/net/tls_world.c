#include "tls_world.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

struct criterion_test_params tls_world_versions(void)
{
    static struct tls_version versions[] = {{NET_TLS_1_2}, {NET_TLS_1_3}};
    return cr_make_param_array(struct tls_version, versions, 2);
}

struct tls_ends tls_world_init(struct world *world, enum net_tls_version version)
{
    world_init(world, NULL);
    struct net_tls_options tls = {.min_version = version, .max_version = version};
    struct tls_ends ends = {.listen = {.transport = NET_TLS, .tls = tls},
                            .connect = {.transport = NET_TLS, .tls = tls}};
    ends.listen.tls.credential = world->one;
    return ends;
}

void tls_world_peer_name(const struct net_tls_facts *facts, char *out, size_t size)
{
    gnutls_x509_crt_t certificate;
    out[0] = '\0';
    if (facts->peer_certificate_count == 0)
        return;
    gnutls_datum_t der = {.data = (unsigned char *)(uintptr_t)facts->peer_certificates[0],
                          .size = (unsigned)facts->peer_certificate_sizes[0]};
    gnutls_x509_crt_init(&certificate);
    cr_assert_eq(gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER), 0);
    gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, out, &size);
    gnutls_x509_crt_deinit(certificate);
}
