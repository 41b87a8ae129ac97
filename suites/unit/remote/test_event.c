/* The folder of an event, and the anchor in it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/certs.h"
#include "remote/remote.h"

static char folder[] = "/tmp/sipreuse-event-XXXXXX";
static char path[64];

static void make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/event", folder);
}

static void drop(void)
{
    static const char *const names[] = {"anchor.pem", "anchor.key", "zone", "label"};
    char file[96];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unlink(file);
    }
    rmdir(path);
    rmdir(folder);
}

static unsigned mode_of(const char *name)
{
    struct stat status;
    char file[96];
    snprintf(file, sizeof file, "%s%s", path, name);
    cr_assert_eq(stat(file, &status), 0, "%s", file);
    return status.st_mode & 0777u;
}

Test(event, stays, .init = make, .fini = drop)
{
    struct remote_event first, second;
    char error[512] = "";
    cr_assert(remote_event_open(path, NULL, &first, error, sizeof error), "%s", error);
    cr_expect(first.is_new);
    cr_expect_eq(strlen(first.label), 6);
    cr_expect_eq(strncmp(first.zone, first.label, 6), 0, "%s", first.zone);
    cr_expect_eq(mode_of(""), 0700);
    cr_expect_eq(mode_of("/anchor.key"), 0600);
    cr_assert(remote_event_open(path, "sip.event.example.", &second, error, sizeof error), "%s", error);
    cr_expect_not(second.is_new);
    cr_expect_str_eq(second.zone, "sip.event.example");
    cr_expect_str_eq(second.label, first.label);
    cr_expect_str_eq(second.fingerprint, first.fingerprint);
    cr_expect_str_eq(second.trust_pem, first.trust_pem);
    remote_event_fini(&first);
    remote_event_fini(&second);
}

Test(event, refuses_what_is_no_zone, .init = make, .fini = drop)
{
    static const char *const bad[] = {"", ".", "a..b", "Upper.test", "a b", "../x", "-\n"};
    struct remote_event event;
    char error[512];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error[0] = '\0';
        cr_expect_not(remote_event_open(path, bad[i], &event, error, sizeof error), "%s", bad[i]);
        cr_expect_not_null(strstr(error, "zone"), "%s", error);
    }
}

Test(event, half_an_anchor_is_none, .init = make, .fini = drop)
{
    struct remote_event event;
    char error[512] = "", file[96];
    cr_assert(remote_event_open(path, NULL, &event, error, sizeof error), "%s", error);
    remote_event_fini(&event);
    snprintf(file, sizeof file, "%s/anchor.key", path);
    cr_assert_eq(unlink(file), 0);
    cr_expect_not(remote_event_open(path, NULL, &event, error, sizeof error));
    cr_expect_not_null(strstr(error, "anchor.key"), "%s", error);
}

/* ---- the anchor, through certs/ ---- */
Test(anchor, signs_again)
{
    const char *why = "";
    char error[256] = "", first_print[65], again_print[65];
    struct certs_authority *first = certs_authority_new(1800000000, &why);
    cr_assert_not_null(first, "%s", why);
    char *key = certs_authority_key_pem(first);
    struct certs_authority *again =
        certs_authority_load(1800000000, certs_authority_trust_pem(first), key, &why);
    cr_assert_not_null(again, "%s", why);
    cr_assert(certs_pem_fingerprint(certs_authority_trust_pem(first), first_print));
    cr_assert(certs_pem_fingerprint(certs_authority_trust_pem(again), again_print));
    cr_expect_str_eq(first_print, again_print);
    struct certs_recipe recipe = {0};
    struct certs_minted minted = {0};
    cr_assert(certs_mint(again, &recipe, &minted, error, sizeof error), "%s", error);

    /* As a bundle that a user brings: certificate and key in one text. */
    char *bundle = NULL, *chain = NULL, *own_key = NULL;
    cr_assert_geq(asprintf(&bundle, "%s%s", minted.key_pem, minted.chain_pem), 0);
    cr_expect(certs_bundle_read((const uint8_t *)bundle, strlen(bundle), NULL, true, &chain, &own_key, error,
                                sizeof error),
              "%s", error);
    cr_expect_str_eq(chain, minted.chain_pem);
    free(chain);
    free(own_key);
    chain = own_key = NULL;
    cr_expect_not(certs_bundle_read((const uint8_t *)minted.chain_pem, strlen(minted.chain_pem), NULL, true,
                                    &chain, &own_key, error, sizeof error));
    free(bundle);
    cr_assert_geq(asprintf(&bundle, "%s%s", key, minted.chain_pem), 0);
    cr_expect_not(certs_bundle_read((const uint8_t *)bundle, strlen(bundle), NULL, true, &chain, &own_key,
                                    error, sizeof error));
    cr_expect_not_null(strstr(error, "does not belong"), "%s", error);
    cr_expect_not(certs_bundle_read((const uint8_t *)"nothing", 7, "secret", true, &chain, &own_key, error,
                                    sizeof error));
    cr_expect_null(certs_authority_load(1800000000, minted.chain_pem, key, &why));
    free(bundle);
    free(key);
    certs_minted_fini(&minted);
    certs_authority_free(first);
    certs_authority_free(again);
}
