/* Facts of certificates, whatever bytes a device shows. */
#include <string.h>

#include "certs_fixture.h"

Test(read, facts_of_a_good_one)
{
    static const struct certs_san SAN = {CERTS_SAN_URI, (const uint8_t *)"sip:a.test", 10, NULL};
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.sans = &SAN, .san_count = 1, .common_name = "a.test"});
    gnutls_datum_t der = fixture_leaf_der(&fixture);
    struct certs_facts facts;
    cr_assert(certs_read(der.data, der.size, &facts));
    cr_expect_str_eq(facts.names, "URI:sip:a.test");
    cr_expect_str_eq(facts.common_name, "a.test");
    cr_expect_str_eq(facts.subject, "CN=a.test,O=sipreuse");
    cr_expect_not_null(strstr(facts.issuer, "CN=sipreuse trusted root"));
    cr_expect_eq(facts.not_before_s, FIXTURE_NOW_S - 86400);
    cr_expect_eq(strlen(facts.fingerprint), 64);
    certs_facts_fini(&facts);
    gnutls_free(der.data);
    fixture_fini(&fixture);
}

Test(read, without_names)
{
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.issuer = CERTS_ISSUER_SELF});
    gnutls_datum_t der = fixture_leaf_der(&fixture);
    struct certs_facts facts;
    cr_assert(certs_read(der.data, der.size, &facts));
    cr_expect_str_eq(facts.names, "");
    cr_expect_null(facts.common_name);
    cr_expect_str_eq(facts.subject, facts.issuer);
    certs_facts_fini(&facts);
    gnutls_free(der.data);
    fixture_fini(&fixture);
}

Test(read, every_truncation_and_every_flipped_bit_is_survived)
{
    static const struct certs_san SANS[] = {{CERTS_SAN_URI, (const uint8_t *)"sip:a.test", 10, NULL},
                                            {CERTS_SAN_OTHER, (const uint8_t *)"\x0c\x01\x61", 3, "1.2.3"}};
    struct fixture fixture;
    fixture_mint(&fixture, &(struct certs_recipe){.sans = SANS, .san_count = 2, .common_name = "a"});
    gnutls_datum_t der = fixture_leaf_der(&fixture);
    struct certs_facts facts;
    for (unsigned size = 0; size < der.size; size++) {
        uint8_t *exact = malloc(size ? size : 1);
        memcpy(exact, der.data, size);
        cr_expect_not(certs_read(exact, size, &facts), "%u bytes", size);
        free(exact);
    }
    size_t readable = 0;
    for (unsigned bit = 0; bit < der.size * 8; bit++) {
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (certs_read(der.data, der.size, &facts)) {
            readable++;
            certs_facts_fini(&facts);
        }
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_expect_gt(readable, 0);
    gnutls_free(der.data);
    fixture_fini(&fixture);
}
