/* Expansion: one variant for each case, part, transport, TLS version and IP version. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

/* Coordinates of a file (or of one case of it). */
struct coordinates {
    const struct document_value *root;
    const struct document_value
        *parts[2]; /* client, server: the object whose members replace the outer ones; NULL: not this part */
    enum net_transport transports[4];
    size_t transport_count;
    enum net_tls_version tls[2];
    size_t tls_count;
    int ips[2];
    size_t ip_count;
};

static bool reject_twice(struct diagnostic *diagnostic, const struct document_value *list)
{
    enum { SHOWN_BYTES = 40, SHOWN_MAX = 4 };
    char shown[SHOWN_MAX][SHOWN_BYTES] = {{0}};
    for (size_t i = 0; i < document_count(list) && i < SHOWN_MAX; i++) {
        const struct document_value *value = document_at(list, i);
        if (document_string(value))
            snprintf(shown[i], SHOWN_BYTES, "'%.20s' a second time", document_string(value));
        else
            snprintf(shown[i], SHOWN_BYTES, "%lld a second time", (long long)document_integer(value));
        for (size_t k = 0; k < i; k++)
            if (strcmp(shown[k], shown[i]) == 0)
                return document_reject(diagnostic, value, shown[i], "each once", NULL);
    }
    return true;
}

static bool take_parts(struct coordinates *out, struct diagnostic *diagnostic)
{
    const struct document_value *parts = document_member(out->root, "parts"),
                                *part = document_member(out->root, "part");
    if (!parts) {
        out->parts[value_is(part, "server")] = out->root;
        return true;
    }
    static const char *const excluded[] = {"part", "steps", "control"};
    for (size_t i = 0; i < sizeof excluded / sizeof excluded[0]; i++)
        if (document_member(out->root, excluded[i]))
            return document_reject_name(diagnostic, document_member(out->root, excluded[i]), NULL,
                                        "it within 'parts', for the file has 'parts'", NULL);
    out->parts[0] = document_member(parts, "client");
    out->parts[1] = document_member(parts, "server");
    return true;
}

static bool take_coordinates(struct coordinates *out, struct diagnostic *diagnostic)
{
    const struct document_value *transports = document_member(out->root, "transports"),
                                *tls = document_member(out->root, "tls");
    const struct document_value *ips = document_member(out->root, "ip");
    if (!reject_twice(diagnostic, transports) || !reject_twice(diagnostic, tls) ||
        !reject_twice(diagnostic, ips))
        return false;
    bool has_tls = false;
    for (size_t i = 0; i < document_count(transports) && i < 4; i++) {
        out->transports[out->transport_count++] = value_transport(document_at(transports, i), NET_TCP);
        has_tls = has_tls || net_transport_is_secure(out->transports[i]);
    }
    if (tls && !has_tls)
        return document_reject_name(diagnostic, tls, "TLS versions",
                                    "'tls' or 'tls-sctp' among the transports beside it", NULL);
    for (size_t i = 0; i < document_count(tls) && i < 2; i++)
        out->tls[out->tls_count++] = value_tls_version(document_at(tls, i));
    if (!tls) {
        out->tls[out->tls_count++] = NET_TLS_1_2;
        out->tls[out->tls_count++] = NET_TLS_1_3;
    }
    for (size_t i = 0; i < document_count(ips) && i < 2; i++)
        out->ips[out->ip_count++] = (int)document_integer(document_at(ips, i));
    if (!ips) {
        out->ips[out->ip_count++] = 4;
        out->ips[out->ip_count++] = 6;
    }
    return take_parts(out, diagnostic);
}

static const struct document_value *of_part(const struct coordinates *coordinates, size_t part,
                                            const char *name)
{
    const struct document_value *own = document_member(coordinates->parts[part], name);
    return own ? own : document_member(coordinates->root, name);
}

static void take_requirements(struct build *build, const struct document_value *list,
                              const struct document_value *root)
{
    struct scenario_variant *variant = build->variant;
    if (!list) {
        document_reject(build->diagnostic, root, "no member 'requirements'", "at least one requirement",
                        NULL);
        return;
    }
    variant->requirements = texts_take(build, list, TEXT_STATIC);
    variant->is_derived = true;
    variant->level = LEVEL_OBS;
    for (size_t i = 0; i < variant->requirements.count && !build_failed(build); i++) {
        const struct requirement *requirement =
            catalogue_requirement(build->catalogue, variant->requirements.items[i]);
        if (!requirement) {
            const char **ids = arena_take(build->arena, build->catalogue->requirement_count, sizeof *ids);
            for (size_t r = 0; r < build->catalogue->requirement_count; r++)
                ids[r] = build->catalogue->requirements[r].id;
            document_reject(
                build->diagnostic, document_at(list, i), NULL, "the id of a requirement in requirements.json",
                document_nearest(variant->requirements.items[i], ids, build->catalogue->requirement_count));
            return;
        }
        if (requirement->level < variant->level)
            variant->level = requirement->level;
        variant->is_derived = variant->is_derived && requirement->is_derived;
    }
}

static char *variant_name(struct arena *arena, const struct scenario_variant *variant)
{
    char name[128];
    const char *tls = variant->tls == NET_TLS_1_2 ? "tls12" : variant->tls == NET_TLS_1_3 ? "tls13" : "-";
    snprintf(name, sizeof name, "%s-%s-ip%d-%s%s%.40s", net_transport_name(variant->transport), tls,
             variant->ip, variant->is_client ? "client" : "server", variant->case_name ? "-" : "",
             variant->case_name ? variant->case_name : "");
    return arena_text(arena, name);
}

static void expand_one(struct loading *loading, struct loaded_file *file,
                       const struct coordinates *coordinates, size_t part)
{
    struct scenario *scenario = &file->store->scenario;
    struct scenario_variant *variant = &scenario->variants[scenario->variant_count];
    struct loaded_variant *loaded = &file->variants[scenario->variant_count++];
    struct build build = {.arena = &file->store->arena,
                          .diagnostic = loading->diagnostic,
                          .catalogue = &loading->catalogue->catalogue,
                          .variant = variant,
                          .is_slow = scenario->is_slow};
    loaded->control = document_member(coordinates->parts[part], "control");
    variant->scenario = scenario;
    variant->name = variant_name(build.arena, variant);
    variant->needs = texts_take(&build, document_member(coordinates->root, "needs"), TEXT_STATIC);
    const char *control = document_string(document_member(loaded->control, "scenario"));
    const char *shows = document_string(document_member(loaded->control, "shows"));
    variant->control_scenario = arena_text(build.arena, control);
    variant->control_shows = arena_text(build.arena, control && !shows ? "reused" : shows);
    take_requirements(&build, of_part(coordinates, part, "requirements"), coordinates->root);
    if (!build_failed(&build))
        world_take(&build, coordinates->root, coordinates->parts[part]);
    if (!build_failed(&build))
        variant->steps = steps_take(&build, document_member(coordinates->parts[part], "steps"));
    loaded->observed = build.observed;
}

/* All variants of one case: parts, transports, TLS versions (one round without on plain transports), IP
 * versions. */
static bool expand_case(struct loading *loading, struct loaded_file *file,
                        const struct coordinates *coordinates, const char *case_name)
{
    struct scenario *scenario = &file->store->scenario;
    for (size_t part = 0; part < 2; part++)
        for (size_t t = 0; t < coordinates->transport_count && coordinates->parts[part]; t++) {
            bool is_plain = !net_transport_is_secure(coordinates->transports[t]);
            for (size_t v = 0; v < (is_plain ? 1 : coordinates->tls_count); v++)
                for (size_t i = 0; i < coordinates->ip_count; i++) {
                    struct scenario_variant *variant = &scenario->variants[scenario->variant_count];
                    variant->is_client = part == 0;
                    variant->transport = coordinates->transports[t];
                    variant->tls = is_plain ? NET_TLS_NONE : coordinates->tls[v];
                    variant->ip = coordinates->ips[i];
                    variant->case_name = arena_text(&file->store->arena, case_name);
                    expand_one(loading, file, coordinates, part);
                    if (loading->diagnostic->is_set)
                        return false;
                }
        }
    return true;
}

/* Parts x transports x TLS versions x IP versions at most. */
enum { VARIANTS_PER_CASE_MAX = 2 * 4 * 2 * 2 };

bool scenario_expand(struct loading *loading, struct loaded_file *file)
{
    struct scenario *scenario = &file->store->scenario;
    size_t most = file->copy_count * VARIANTS_PER_CASE_MAX;
    scenario->variants = arena_take(&file->store->arena, most, sizeof *scenario->variants);
    file->variants = arena_take(&file->store->arena, most, sizeof *file->variants);
    for (size_t i = 0; i < file->copy_count; i++) {
        struct coordinates coordinates = {.root = document_root(file->copies[i])};
        if (!take_coordinates(&coordinates, loading->diagnostic) ||
            !expand_case(loading, file, &coordinates, cases_name(file, i)))
            return false;
    }
    return true;
}

const struct scenario_variant *scenario_variant_find(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->variant_count; i++)
        if (strcmp(scenario->variants[i].name, name) == 0)
            return &scenario->variants[i];
    return NULL;
}

bool scenario_variant_is_soak(const struct scenario_variant *variant)
{
    for (size_t i = 0; i < variant->steps.count; i++)
        if (variant->steps.items[i].verb == STEP_SOAK)
            return true;
    return false;
}
