/* Certificate recipes: one changes another, without a circle, and every name in them can be minted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/certs.h"
#include "scenario/scenario_private.h"

enum { DAY_S = 86400, CERTIFICATES_MAX = 256 };

static void check_san(struct build *build, const struct document_value *value, const char *text)
{
    char why[160] = "", expected[224];
    struct certs_san san;
    char *sample = text_sample(build, text);
    if (!sample)
        return;
    if (certs_san_parse(sample, &san, why, sizeof why)) {
        certs_san_fini(&san);
    } else {
        snprintf(expected, sizeof expected, "a subjectAltName entry (%s)", why);
        document_reject(build->diagnostic, value, NULL, expected, NULL);
    }
    free(sample);
}

static void take_text(struct build *build, const struct document_value *recipe, const char *name, char **out)
{
    const struct document_value *value = document_member(recipe, name);
    if (value)
        *out = text_take(build, value, TEXT_STATIC);
}

static void take_texts(struct build *build, const struct document_value *recipe, const char *name,
                       struct strings *out)
{
    const struct document_value *value = document_member(recipe, name);
    if (value)
        *out = texts_take(build, value, TEXT_STATIC);
}

static void take_flag(const struct document_value *recipe, const char *name, bool *out)
{
    *out = value_boolean(document_member(recipe, name), *out);
}

static void take_validity(struct build *build, const struct document_value *recipe,
                          struct scenario_certificate *out)
{
    const struct document_value *begin = document_member(recipe, "not_before"),
                                *end = document_member(recipe, "not_after");
    if (!begin && !end)
        return;
    bool is_default = out->not_before_s == 0 && out->not_after_s == 0;
    out->not_before_s = begin ? value_offset_s(begin) : is_default ? -DAY_S : out->not_before_s;
    out->not_after_s = end ? value_offset_s(end) : is_default ? 365 * DAY_S : out->not_after_s;
    if (out->not_before_s >= out->not_after_s)
        document_reject(build->diagnostic, end ? end : begin, NULL, "a validity that begins before it ends",
                        NULL);
}

/* out holds what it is made from: a recipe's members replace that. */
static void recipe_take(struct build *build, const struct document_value *recipe,
                        struct scenario_certificate *out)
{
    const struct document_value *san = document_member(recipe, "san"),
                                *intermediates = document_member(recipe, "intermediates");
    take_texts(build, recipe, "san", &out->san);
    for (size_t i = 0; san && i < out->san.count && !build_failed(build); i++)
        check_san(build, document_at(san, i), out->san.items[i]);
    take_texts(build, recipe, "eku", &out->eku);
    take_texts(build, recipe, "key_usage", &out->key_usage);
    out->has_key_usage = out->has_key_usage || document_member(recipe, "key_usage");
    take_text(build, recipe, "cn", &out->cn);
    take_text(build, recipe, "key", &out->key);
    take_text(build, recipe, "issuer", &out->issuer);
    take_text(build, recipe, "name_constraint", &out->name_constraint);
    out->intermediates = value_unsigned(intermediates, out->intermediates);
    take_flag(recipe, "omit_intermediates", &out->omits_intermediates);
    take_flag(recipe, "revoked", &out->is_revoked);
    take_flag(recipe, "bad_signature", &out->has_bad_signature);
    take_flag(recipe, "sha1_signature", &out->has_sha1_signature);
    take_flag(recipe, "issuer_not_ca", &out->issuer_is_not_ca);
    take_flag(recipe, "issuer_lacks_cert_sign", &out->issuer_lacks_cert_sign);
    take_flag(recipe, "pathlen_broken", &out->breaks_pathlen);
    take_validity(build, recipe, out);
    const struct document_value *omits = document_member(recipe, "omit_intermediates");
    if (omits && out->omits_intermediates && out->intermediates == 0)
        document_reject(build->diagnostic, omits, NULL, "'intermediates' of 1 or 2 beside it", NULL);
}

struct resolving {
    const struct document_value *recipes;
    unsigned char states[CERTIFICATES_MAX]; /* 0: not yet, 1: under way, 2: done */
};

static void resolve(struct build *build, struct resolving *resolving, size_t index)
{
    struct scenario_certificate *out = &build->variant->certificates[index];
    const struct document_value *recipe = document_at(resolving->recipes, index),
                                *from = document_member(recipe, "from");
    if (resolving->states[index] == 2 || build_failed(build))
        return;
    resolving->states[index] = 1;
    const struct scope_name *base = scope_use(build, SCOPE_CERTIFICATE, from);
    for (size_t i = 0; base && i < document_count(resolving->recipes); i++) {
        if (strcmp(document_key(resolving->recipes, i), base->name) != 0)
            continue;
        if (resolving->states[i] == 1) {
            document_reject(build->diagnostic, from, NULL,
                            "a certificate that is not made from this one in turn (a circle)", NULL);
            return;
        }
        resolve(build, resolving, i);
        *out = build->variant->certificates[i];
    }
    out->name = arena_text(build->arena, document_key(resolving->recipes, index));
    recipe_take(build, recipe, out);
    resolving->states[index] = 2;
}

static void set_defaults(struct build *build, struct scenario_certificate *out)
{
    if (!out->key)
        out->key = arena_text(build->arena, "ecdsa");
    if (!out->issuer)
        out->issuer = arena_text(build->arena, "trusted");
}

void certificates_take(struct build *build, const struct document_value *certificates)
{
    struct resolving resolving = {.recipes = certificates};
    struct scenario_variant *variant = build->variant;
    size_t count = document_count(certificates);
    if (count > CERTIFICATES_MAX) {
        document_reject(build->diagnostic, certificates, NULL, "at most 256 certificates", NULL);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct scope_name *entry = arena_take(build->arena, 1, sizeof *entry);
        *entry = (struct scope_name){
            .next = build->scope, .kind = SCOPE_CERTIFICATE, .name = document_key(certificates, i)};
        build->scope = entry;
    }
    variant->certificate_count = count;
    variant->certificates = arena_take(build->arena, count, sizeof *variant->certificates);
    for (size_t i = 0; i < count; i++)
        resolve(build, &resolving, i);
    for (size_t i = 0; i < count; i++)
        set_defaults(build, &variant->certificates[i]);
}

bool certificate_check(const struct document_value *recipe, struct diagnostic *diagnostic)
{
    struct arena arena = {0};
    struct scenario_variant variant = {.transport = NET_TLS, .tls = NET_TLS_1_3, .ip = 4};
    struct build build = {.arena = &arena, .diagnostic = diagnostic, .variant = &variant};
    struct scenario_certificate out = {0};
    scope_use(&build, SCOPE_CERTIFICATE, document_member(recipe, "from"));
    recipe_take(&build, recipe, &out);
    arena_fini(&arena);
    return !diagnostic->is_set;
}
