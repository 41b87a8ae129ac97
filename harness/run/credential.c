#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A recipe of a scenario as certs/ wants it, with what it points to. */
struct recipe {
    struct certs_recipe wanted;
    struct certs_san sans[CERTS_SAN_MAX];
    const char *ekus[CERTS_SAN_MAX];
    char *common_name, *name_constraint;
};

static void recipe_fini(struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->wanted.san_count; i++)
        certs_san_fini(&recipe->sans[i]);
    free(recipe->common_name);
    free(recipe->name_constraint);
}

static bool read_sans(struct recipe *recipe, const struct strings *texts, template_lookup_fn lookup,
                      void *arg, char *error, size_t error_size_bytes)
{
    for (size_t i = 0; i < texts->count && i < CERTS_SAN_MAX; i++) {
        char *text = template_expand(texts->items[i], lookup, arg, error, error_size_bytes);
        bool is_read = text && certs_san_parse(text, &recipe->sans[i], error, error_size_bytes);

        free(text);
        if (!is_read)
            return false;
        recipe->wanted.san_count = i + 1;
    }
    recipe->wanted.sans = recipe->sans;
    return true;
}

static bool read_names(struct recipe *recipe, const struct scenario_certificate *from,
                       template_lookup_fn lookup, void *arg, char *error, size_t error_size_bytes)
{
    if (from->cn) {
        recipe->common_name = template_expand(from->cn, lookup, arg, error, error_size_bytes);
        if (!recipe->common_name)
            return false;
    }
    if (from->name_constraint) {
        recipe->name_constraint =
            template_expand(from->name_constraint, lookup, arg, error, error_size_bytes);
        if (!recipe->name_constraint)
            return false;
    }
    recipe->wanted.common_name = recipe->common_name;
    recipe->wanted.name_constraint_dns = recipe->name_constraint;
    return read_sans(recipe, &from->san, lookup, arg, error, error_size_bytes);
}

static bool read_usages(struct recipe *recipe, const struct scenario_certificate *from, char *error,
                        size_t error_size_bytes)
{
    for (size_t i = 0; i < from->eku.count && i < CERTS_SAN_MAX; i++) {
        recipe->ekus[i] = certs_eku_oid(from->eku.items[i]);
        if (!recipe->ekus[i]) {
            snprintf(error, error_size_bytes, "unknown extended key usage \"%s\"", from->eku.items[i]);
            return false;
        }
        recipe->wanted.eku_count = i + 1;
    }
    recipe->wanted.eku_oids = recipe->ekus;
    recipe->wanted.has_key_usage = from->has_key_usage;
    for (size_t i = 0; i < from->key_usage.count; i++) {
        unsigned bit;

        if (!certs_key_usage_parse(from->key_usage.items[i], &bit)) {
            snprintf(error, error_size_bytes, "unknown key usage \"%s\"", from->key_usage.items[i]);
            return false;
        }
        recipe->wanted.key_usage |= bit;
    }
    return true;
}

static bool read_recipe(struct recipe *recipe, const struct scenario_certificate *from,
                        template_lookup_fn lookup, void *arg, char *error, size_t error_size_bytes)
{
    if ((from->key && !certs_key_type_parse(from->key, &recipe->wanted.key_type)) ||
        (from->issuer && !certs_issuer_parse(from->issuer, &recipe->wanted.issuer))) {
        snprintf(error, error_size_bytes, "unknown key type or issuer");
        return false;
    }
    recipe->wanted.intermediates = from->intermediates;
    recipe->wanted.omits_intermediates = from->omits_intermediates;
    recipe->wanted.is_revoked = from->is_revoked;
    recipe->wanted.has_bad_signature = from->has_bad_signature;
    recipe->wanted.has_sha1_signature = from->has_sha1_signature;
    recipe->wanted.issuer_is_not_ca = from->issuer_is_not_ca;
    recipe->wanted.issuer_lacks_cert_sign = from->issuer_lacks_cert_sign;
    recipe->wanted.breaks_pathlen = from->breaks_pathlen;
    recipe->wanted.not_before_s = from->not_before_s;
    recipe->wanted.not_after_s = from->not_after_s;
    return read_usages(recipe, from, error, error_size_bytes) &&
           read_names(recipe, from, lookup, arg, error, error_size_bytes);
}

static bool mint(struct certs_authority *authority, const struct scenario_certificate *from,
                 template_lookup_fn lookup, void *arg, struct certs_minted *out, char *error,
                 size_t error_size_bytes)
{
    struct recipe *recipe = run_allocate(1, sizeof *recipe);
    bool is_minted = read_recipe(recipe, from, lookup, arg, error, error_size_bytes) &&
                     certs_mint(authority, &recipe->wanted, out, error, error_size_bytes);

    recipe_fini(recipe);
    free(recipe);
    return is_minted;
}

/* Takes what was minted into the world, as a credential of that name. */
static struct credential_row *keep(struct world *world, const char *name, const struct certs_minted *minted)
{
    struct journal *journal = world->run->journal;
    const char *text = "";
    struct net_credential *credential = net_credential_new(minted->chain_pem, minted->key_pem, &text);
    struct credential_row *row;

    if (!credential) {
        world_end(world, VERDICT_ERROR, 0, "The certificate \"%s\" cannot be shown: %s.", name, text);
        return NULL;
    }
    row = run_allocate(1, sizeof *row);
    row->name = text_copy(name);
    row->credential = credential;
    row->chain_pem = text_copy(minted->chain_pem);
    row->key_pem = text_copy(minted->key_pem);
    row->next = world->credentials;
    world->credentials = row;
    journal_world_begin(world, "certificate");
    journal_string(journal, "name", name);
    journal_string(journal, "fingerprint", minted->fingerprint);
    journal_end(journal);
    return row;
}

static struct credential_row *make(struct fiber *fiber, const char *name)
{
    struct world *world = fiber->world;
    const struct scenario_variant *variant = world->variant;
    char error[RUN_SENTENCE_MAX] = "";
    struct certs_minted minted = {0};
    struct credential_row *row = NULL;
    size_t i = 0;

    while (i < variant->certificate_count && strcmp(variant->certificates[i].name, name) != 0)
        i++;
    if (i == variant->certificate_count) {
        world_end(world, VERDICT_ERROR, 0, "There is no certificate called \"%s\".", name);
        return NULL;
    }
    if (world->job->revoked && world->job->revoked[i].chain_pem)
        return keep(world, name, &world->job->revoked[i]);
    if (!mint(world->run->authority, &variant->certificates[i], names_lookup, fiber, &minted, error,
              sizeof error)) {
        world_end(world, VERDICT_ERROR, 0, "The certificate \"%s\" cannot be minted: %s.", name, error);
        return NULL;
    }
    row = keep(world, name, &minted);
    certs_minted_fini(&minted);
    return row;
}

const struct credential_row *credential_row(struct fiber *fiber, const char *name)
{
    for (struct credential_row *row = fiber->world->credentials; row; row = row->next)
        if (!strcmp(row->name, name))
            return row;
    return make(fiber, name);
}

struct net_credential *credential_get(struct fiber *fiber, const char *name)
{
    const struct credential_row *row = credential_row(fiber, name);

    return row ? row->credential : NULL;
}

struct net_credential *credential_mint_names(struct world *world, const char *name, const char *const *sans,
                                             size_t san_count)
{
    struct certs_recipe recipe = {0};
    struct certs_san parsed[CERTS_SAN_MAX];
    struct certs_minted minted = {0};
    struct credential_row *row = NULL;
    char error[RUN_SENTENCE_MAX] = "";
    bool is_good = true;

    while (is_good && recipe.san_count < san_count && recipe.san_count < CERTS_SAN_MAX) {
        is_good = certs_san_parse(sans[recipe.san_count], &parsed[recipe.san_count], error, sizeof error);
        recipe.san_count += is_good;
    }
    recipe.sans = parsed;
    if (is_good && certs_mint(world->run->authority, &recipe, &minted, error, sizeof error))
        row = keep(world, name, &minted);
    else
        world_end(world, VERDICT_ERROR, 0, "The certificate \"%s\" cannot be minted: %s.", name, error);
    for (size_t i = 0; i < recipe.san_count; i++)
        certs_san_fini(&parsed[i]);
    certs_minted_fini(&minted);
    return row ? row->credential : NULL;
}

/* Only what needs no world is known yet; a revoked certificate names domains, and those are below its zone.
 */
static char *lookup_early(const char *name, void *arg)
{
    const struct job *job = arg;

    return strcmp(name, "zone") ? NULL : text_copy(job->zone_name);
}

bool credential_mint_revoked(struct run *run, struct job *job, char *error, size_t error_size_bytes)
{
    const struct scenario_variant *variant = job->variant;

    for (size_t i = 0; i < variant->certificate_count; i++) {
        if (!variant->certificates[i].is_revoked)
            continue;
        if (!job->revoked) {
            job->revoked_count = variant->certificate_count;
            job->revoked = run_allocate(job->revoked_count, sizeof *job->revoked);
        }
        if (!mint(run->authority, &variant->certificates[i], lookup_early, job, &job->revoked[i], error,
                  error_size_bytes))
            return false;
    }
    return true;
}

void credential_free_all(struct world *world)
{
    while (world->credentials) {
        struct credential_row *row = world->credentials;

        world->credentials = row->next;
        net_credential_unref(row->credential);
        free(row->name);
        free(row->chain_pem);
        free(row->key_pem);
        free(row);
    }
}
