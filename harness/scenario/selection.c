/* Selection: which variants a run is about. Selectors choose, options narrow, a sample thins, controls come
 * along. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { SELECTOR_BYTES_MAX = 256, GROUP_MAX = 8 };

/* How strongly a variant is wanted. */
enum want {
    WANT_NONE,
    WANT_SAMPLED,
    WANT_NAMED /* by a selector that names variants: not subject to the sample */
};

static bool matches_requirement(const struct scenario_variant *variant, const char *glob)
{
    for (size_t i = 0; i < variant->requirements.count; i++)
        if (fnmatch(glob, variant->requirements.items[i], 0) == 0)
            return true;
    return false;
}

static enum want selector_wants(const char *selector, const struct scenario_variant *variant)
{
    char scenario[SELECTOR_BYTES_MAX];
    const char *colon = strchr(selector, ':');
    size_t length = colon ? (size_t)(colon - selector) : strlen(selector);
    if (!strchr(selector, '/'))
        return matches_requirement(variant, selector) ? WANT_SAMPLED : WANT_NONE;
    if (length >= sizeof scenario)
        return WANT_NONE;
    memcpy(scenario, selector, length);
    scenario[length] = '\0';
    if (fnmatch(scenario, variant->scenario->id, 0) != 0)
        return WANT_NONE;
    if (!colon)
        return WANT_SAMPLED;
    return fnmatch(colon + 1, variant->name, 0) == 0 ? WANT_NAMED : WANT_NONE;
}

bool selector_matches_any(const struct catalogue *catalogue, const char *selector, const char **nearest)
{
    size_t most = catalogue->scenario_count + catalogue->requirement_count, count = 0;
    for (size_t s = 0; s < catalogue->scenario_count; s++)
        for (size_t v = 0; v < catalogue->scenarios[s]->variant_count; v++)
            if (selector_wants(selector, &catalogue->scenarios[s]->variants[v]))
                return true;
    const char **words = calloc(most + 1, sizeof *words);
    if (!words)
        abort();
    for (size_t s = 0; s < catalogue->scenario_count && strchr(selector, '/'); s++)
        words[count++] = catalogue->scenarios[s]->id;
    for (size_t r = 0; r < catalogue->requirement_count && !strchr(selector, '/'); r++)
        words[count++] = catalogue->requirements[r].id;
    *nearest = document_nearest(selector, words, count);
    free(words);
    return false;
}

/* Hosts of the variant's world; an actor's may be one of those listed. */
static size_t count_hosts(const struct scenario_variant *variant)
{
    size_t count = variant->hosts.count;
    for (size_t a = 0; a < variant->actor_count; a++) {
        bool is_known = false;
        for (size_t i = 0; i < variant->hosts.count && !is_known; i++)
            is_known = strcmp(variant->hosts.items[i], variant->actors[a].host) == 0;
        for (size_t i = 0; i < a && !is_known; i++)
            is_known = strcmp(variant->actors[i].host, variant->actors[a].host) == 0;
        count += !is_known;
    }
    return count;
}

/* What a suite leaves out whatever its selectors say. Controls come along all the same: without them the rest
 * proves nothing. */
static bool suite_leaves_out(const struct suite *suite, const struct scenario_variant *variant)
{
    const struct scenario *scenario = variant->scenario;
    return (suite->only_slow ? !scenario->is_slow : scenario->is_slow && !suite->includes_slow) ||
           (suite->only_exclusive ? !scenario->is_exclusive
                                  : scenario->is_exclusive && !suite->includes_exclusive) ||
           (suite->levels && !(suite->levels & (1u << variant->level))) ||
           count_hosts(variant) > suite->hosts_max;
}

static enum want suite_wants(const struct suite *suite, const struct scenario_variant *variant)
{
    enum want best = WANT_NONE;
    if (!suite)
        return WANT_SAMPLED;
    if (suite_leaves_out(suite, variant))
        return WANT_NONE;
    for (size_t i = 0; i < suite->excludes.count; i++)
        if (selector_wants(suite->excludes.items[i], variant))
            return WANT_NONE;
    for (size_t i = 0; i < suite->selectors.count; i++) {
        enum want want = selector_wants(suite->selectors.items[i], variant);
        best = want > best ? want : best;
    }
    return best;
}

/* By selector: nothing within the suite is meant by it, so that a suite that was not asked for gives way. */
static bool *selectors_outside(const struct catalogue *catalogue, const struct selection_options *options)
{
    bool *is_outside = calloc(options->selector_count + 1, sizeof *is_outside);
    if (!is_outside)
        abort();
    for (size_t i = 0; options->suite_yields && i < options->selector_count; i++) {
        is_outside[i] = true;
        for (size_t s = 0; is_outside[i] && s < catalogue->scenario_count; s++)
            for (size_t v = 0; is_outside[i] && v < catalogue->scenarios[s]->variant_count; v++) {
                const struct scenario_variant *variant = &catalogue->scenarios[s]->variants[v];
                is_outside[i] =
                    !selector_wants(options->selectors[i], variant) || !suite_wants(options->suite, variant);
            }
    }
    return is_outside;
}

static enum want options_want(const struct selection_options *options, const bool *is_outside,
                              const struct scenario_variant *variant)
{
    bool has_any_ip = !options->has_ip4 && !options->has_ip6;
    if (options->transports && !(options->transports & (1u << variant->transport)))
        return WANT_NONE;
    if (!has_any_ip && !(variant->ip == 4 ? options->has_ip4 : options->has_ip6))
        return WANT_NONE;
    enum want want = suite_wants(options->suite, variant);
    if (options->selector_count == 0) {
        bool is_left_out = !options->suite && variant->scenario->is_slow;
        return is_left_out ? WANT_NONE : want;
    }
    enum want best = WANT_NONE;
    for (size_t i = 0; i < options->selector_count; i++) {
        enum want wanted = selector_wants(options->selectors[i], variant);
        bool is_chosen = wanted != WANT_NONE && (want != WANT_NONE || is_outside[i]);
        best = is_chosen && wanted > best ? wanted : best;
    }
    return best != WANT_NONE && want > best ? want : best;
}

static bool is_same_group(const struct scenario_variant *a, const struct scenario_variant *b)
{
    bool is_same_case =
        a->case_name && b->case_name ? strcmp(a->case_name, b->case_name) == 0 : a->case_name == b->case_name;
    return a->is_client == b->is_client && a->transport == b->transport && is_same_case;
}

static bool is_usual_pair(const struct scenario_variant *variant)
{
    return variant->tls == NET_TLS_NONE || (variant->ip == 4) == (variant->tls == NET_TLS_1_3);
}

struct group { /* what may be chosen of one scenario, part, transport and case */
    const struct scenario_variant *members[GROUP_MAX];
    bool is_chosen[GROUP_MAX];
    size_t count;
};

static bool is_unreachable(const struct selection_options *options, const struct scenario_variant *variant)
{
    return (options->unreachable_ip & (1u << variant->ip)) != 0;
}

/* Whether a chosen member has the IP version, or the TLS version, of this one, and can run if this one can.
 */
static bool is_covered(const struct selection_options *options, const struct group *group,
                       const struct scenario_variant *variant, bool by_ip)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct scenario_variant *member = group->members[i];
        bool is_like = by_ip ? member->ip == variant->ip : member->tls == variant->tls;
        bool is_as_good = !is_unreachable(options, member) || is_unreachable(options, variant);
        if (group->is_chosen[i] && is_like && is_as_good)
            return true;
    }
    return false;
}

/* IPv4 with TLS 1.3 and IPv6 with TLS 1.2 where they are allowed; whatever value does not occur yet brings
 * its first variant. */
static void group_sample(const struct selection_options *options, struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        group->is_chosen[i] = is_usual_pair(group->members[i]);
    for (size_t i = 0; i < group->count; i++)
        if (!is_covered(options, group, group->members[i], true) ||
            !is_covered(options, group, group->members[i], false))
            group->is_chosen[i] = true;
}

static bool is_lacking(const struct selection_options *options, const struct scenario_variant *variant)
{
    return (variant->tls != NET_TLS_NONE && (options->without_tls & (1u << variant->tls))) ||
           (options->without_ip & (1u << variant->ip));
}

/* What the device does not speak gives way to what it speaks, where there is that. */
static void group_narrow(const struct selection_options *options, struct group *group,
                         const struct scenario *scenario, enum want *wants)
{
    size_t spoken = 0, kept = 0;
    for (size_t i = 0; i < group->count; i++)
        spoken += !is_lacking(options, group->members[i]);
    for (size_t i = 0; spoken && i < group->count; i++) {
        const struct scenario_variant *member = group->members[i];
        if (is_lacking(options, member))
            wants[member - scenario->variants] = WANT_NONE;
        else
            group->members[kept++] = member;
    }
    group->count = spoken ? kept : group->count;
}

/* One alone: IPv4 with TLS 1.3 where that is allowed. */
static void group_thin(struct group *group)
{
    size_t best = 0;
    for (size_t i = group->count; i-- > 0;)
        if (is_usual_pair(group->members[i]) && (group->members[i]->ip == 4 || group->members[best]->ip != 4))
            best = i;
    for (size_t i = 0; i < group->count; i++)
        group->is_chosen[i] = i == best;
}

static bool is_wanted_whole(const struct selection_options *options, const struct scenario_variant *variant)
{
    for (size_t i = 0; i < options->whole_count; i++)
        if (matches_requirement(variant, options->whole[i]))
            return true;
    return !options->whole;
}

/* Thins one scenario's wants down to the sample. */
static void scenario_sample(const struct selection_options *options, const struct scenario *scenario,
                            enum want *wants)
{
    for (size_t i = 0; i < scenario->variant_count; i++) {
        struct group group = {.count = 0};
        if (wants[i] != WANT_SAMPLED)
            continue;
        for (size_t j = 0; j < scenario->variant_count && group.count < GROUP_MAX; j++)
            if (wants[j] == WANT_SAMPLED && is_same_group(&scenario->variants[i], &scenario->variants[j]))
                group.members[group.count++] = &scenario->variants[j];
        group_narrow(options, &group, scenario, wants);
        if (is_wanted_whole(options, group.members[0]))
            group_sample(options, &group);
        else
            group_thin(&group);
        for (size_t m = 0; m < group.count; m++)
            wants[group.members[m] - scenario->variants] = group.is_chosen[m] ? WANT_NAMED : WANT_NONE;
    }
}

/* Where each scenario's variants begin in one flat numbering. */
struct flat {
    size_t *starts;
    enum want *wants;
    size_t count;
};

static bool flat_find(const struct catalogue *catalogue, const struct flat *flat, const char *id,
                      const char *variant_name, size_t *out)
{
    for (size_t s = 0; s < catalogue->scenario_count; s++) {
        if (strcmp(catalogue->scenarios[s]->id, id) != 0)
            continue;
        const struct scenario_variant *variant = scenario_variant_find(catalogue->scenarios[s], variant_name);
        if (!variant)
            return false;
        *out = flat->starts[s] + (size_t)(variant - catalogue->scenarios[s]->variants);
        return true;
    }
    return false;
}

/* A pass needs its control, and that one its own: until nothing is added. */
static void add_controls(const struct catalogue *catalogue, struct flat *flat)
{
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (size_t s = 0; s < catalogue->scenario_count; s++)
            for (size_t v = 0; v < catalogue->scenarios[s]->variant_count; v++) {
                const struct scenario_variant *variant = &catalogue->scenarios[s]->variants[v];
                size_t control;
                if (!flat->wants[flat->starts[s] + v] || !variant->control_scenario ||
                    !variant->control_variant ||
                    !flat_find(catalogue, flat, variant->control_scenario, variant->control_variant,
                               &control) ||
                    flat->wants[control])
                    continue;
                flat->wants[control] = WANT_NAMED;
                is_changed = true;
            }
    }
}

static void selection_take(const struct catalogue *catalogue, const struct flat *flat, struct selection *out)
{
    size_t wanted = 0;
    for (size_t i = 0; i < flat->count; i++)
        wanted += flat->wants[i] != WANT_NONE;
    out->variants = calloc(wanted + 1, sizeof *out->variants);
    if (!out->variants)
        abort();
    for (size_t s = 0; s < catalogue->scenario_count; s++)
        for (size_t v = 0; v < catalogue->scenarios[s]->variant_count; v++)
            if (flat->wants[flat->starts[s] + v])
                out->variants[out->count++] = &catalogue->scenarios[s]->variants[v];
}

/* A scenario that there is, with variants that it has not. */
static const struct scenario *named_without_variant(const struct catalogue *catalogue, const char *selector)
{
    size_t length = strcspn(selector, ":");
    for (size_t s = 0; s < catalogue->scenario_count && selector[length]; s++)
        if (strlen(catalogue->scenarios[s]->id) == length &&
            strncmp(catalogue->scenarios[s]->id, selector, length) == 0)
            return catalogue->scenarios[s];
    return NULL;
}

static void explain_no_match(const struct catalogue *catalogue, const char *selector, const char *nearest,
                             char *error, size_t size_bytes)
{
    const char *kind = strchr(selector, '/') ? "scenario" : "requirement";
    const struct scenario *scenario = named_without_variant(catalogue, selector);
    if (scenario)
        snprintf(error, size_bytes, "'%s' matches no variant; 'sipreuse explain %s' lists them", selector,
                 scenario->id);
    else
        snprintf(error, size_bytes, "'%s' matches no %s%s%s%s; 'sipreuse list %ss' shows them", selector,
                 kind, nearest ? "; nearest '" : "", nearest ? nearest : "", nearest ? "'" : "", kind);
}

static bool check_selectors(const struct catalogue *catalogue, const char *const *selectors, size_t count,
                            char *error, size_t size_bytes)
{
    for (size_t i = 0; i < count; i++) {
        const char *nearest = NULL;
        if (selector_matches_any(catalogue, selectors[i], &nearest))
            continue;
        explain_no_match(catalogue, selectors[i], nearest, error, size_bytes);
        return false;
    }
    return true;
}

bool selection_make(const struct catalogue *catalogue, const struct selection_options *options,
                    struct selection *out, char *error, size_t error_size_bytes)
{
    if (!check_selectors(catalogue, options->selectors, options->selector_count, error, error_size_bytes) ||
        !check_selectors(catalogue, options->whole, options->whole_count, error, error_size_bytes))
        return false;
    struct flat flat = {.starts = calloc(catalogue->scenario_count + 1, sizeof *flat.starts)};
    if (!flat.starts)
        abort();
    for (size_t s = 0; s < catalogue->scenario_count; s++) {
        flat.starts[s] = flat.count;
        flat.count += catalogue->scenarios[s]->variant_count;
    }
    flat.wants = calloc(flat.count + 1, sizeof *flat.wants);
    if (!flat.wants)
        abort();
    bool *is_outside = selectors_outside(catalogue, options);
    for (size_t s = 0; s < catalogue->scenario_count; s++) {
        const struct scenario *scenario = catalogue->scenarios[s];
        for (size_t v = 0; v < scenario->variant_count; v++)
            flat.wants[flat.starts[s] + v] = options_want(options, is_outside, &scenario->variants[v]);
        if (!options->is_all_variants)
            scenario_sample(options, scenario, flat.wants + flat.starts[s]);
    }
    free(is_outside);
    add_controls(catalogue, &flat);
    *out = (struct selection){0};
    selection_take(catalogue, &flat, out);
    free(flat.starts);
    free(flat.wants);
    if (out->count > 0)
        return true;
    selection_fini(out);
    snprintf(error, error_size_bytes,
             "the suite, selectors, transports and IP versions together leave no scenario; leave one of "
             "them out");
    return false;
}

void selection_fini(struct selection *selection)
{
    free(selection->variants);
    *selection = (struct selection){0};
}
