/* What the tests of certs share: a fixed now, and certificates looked at with GnuTLS's own verifier. */
#ifndef CERTS_FIXTURE_H
#define CERTS_FIXTURE_H

#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certs/certs.h"

enum { FIXTURE_CHAIN_MAX = 8 };
static const int64_t FIXTURE_NOW_S = 1790000000; /* 2026-09-21 */

/* For sip:a.test and DNS:a.test, and nothing else of it out of the ordinary. */
extern const struct certs_recipe FIXTURE_GOOD;

struct fixture {
    struct certs_authority *authority;
    struct certs_minted minted;
};

/* Fails the test when the recipe cannot be minted. */
void fixture_mint(struct fixture *fixture, const struct certs_recipe *recipe);
void fixture_mint_again(struct fixture *fixture, const struct certs_recipe *recipe);
void fixture_fini(struct fixture *fixture);
/* GNUTLS_CERT_* bits of the chain as it is shown, verified at FIXTURE_NOW_S against the trusted root;
 * purpose: EKU or NULL; hostname: DNS name or NULL. */
unsigned fixture_verify(const struct fixture *fixture, const char *purpose, const char *hostname);
unsigned fixture_verify_with_crl(const struct fixture *fixture);
/* Leaf as DER (gnutls_free) and as an object (gnutls_x509_crt_deinit). */
gnutls_datum_t fixture_leaf_der(const struct fixture *fixture);
gnutls_x509_crt_t fixture_leaf(const struct fixture *fixture);
size_t fixture_chain_length(const struct fixture *fixture);

#endif
