/* The world of a variant: hosts, zone lines, actors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/dns.h"
#include "scenario/scenario_private.h"

struct strings dns_take(struct build *build, const struct document_value *lines, enum text_use use)
{
    struct strings taken = texts_take(build, lines, use);
    for (size_t i = 0; i < taken.count && !build_failed(build); i++) {
        char why[160] = "", expected[224];
        char *sample = text_sample(build, taken.items[i]);
        if (sample && !dns_line_check(sample, why, sizeof why)) {
            snprintf(expected, sizeof expected, "a zone-file line (%s)", why);
            document_reject(build->diagnostic, document_at(lines, i), NULL, expected, NULL);
        }
        free(sample);
    }
    return taken;
}

static void host_names_take(struct build *build, const struct document_value *hosts)
{
    struct strings *taken = &build->variant->hosts;
    for (size_t i = 0; i < document_count(hosts); i++) {
        scope_define(build, SCOPE_HOST, document_at(hosts, i), false);
        taken->items[taken->count++] = arena_text(build->arena, document_string(document_at(hosts, i)));
    }
}

static void hosts_take(struct build *build, const struct document_value *hosts,
                       const struct document_value *others)
{
    static const char *const always[] = {"ua", "barrier"};
    struct scenario_variant *variant = build->variant;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        struct scope_name *entry = arena_take(build->arena, 1, sizeof *entry);
        *entry = (struct scope_name){.next = build->scope, .kind = SCOPE_HOST, .name = always[i]};
        build->scope = entry;
    }
    variant->hosts.items = arena_take(build->arena, document_count(hosts) + document_count(others),
                                      sizeof *variant->hosts.items);
    variant->hosts.count = 0;
    host_names_take(build, hosts);
    host_names_take(build, others);
    variant->other_hosts = document_count(others);
}

static char *take_certificate_name(struct build *build, const struct document_value *value)
{
    return scope_take(build, SCOPE_CERTIFICATE, value);
}

static void actor_take(struct build *build, const struct document_value *value, const char *name,
                       struct scenario_actor *out)
{
    const struct document_value *certificates = document_member(value, "certificates"),
                                *domains = document_member(value, "domains");
    out->name = arena_text(build->arena, name);
    out->host = scope_take(build, SCOPE_HOST, document_member(value, "host"));
    out->domains = texts_take(build, domains, TEXT_STATIC);
    out->certificates = texts_take_each(build, certificates, take_certificate_name);
    out->reuses = value_boolean(document_member(value, "reuses"), true);
    struct scope_name *entry = arena_take(build->arena, 1, sizeof *entry);
    *entry = (struct scope_name){
        .next = build->scope, .kind = SCOPE_ACTOR, .name = out->name, .domains = out->domains.count};
    build->scope = entry;
    char found[64], expected[64];
    snprintf(found, sizeof found, "%zu certificates", document_count(certificates));
    snprintf(expected, sizeof expected, "one for each of %zu domains", out->domains.count);
    if (certificates && out->certificates.count != out->domains.count)
        document_reject(build->diagnostic, certificates, found, expected, NULL);
    else if (!certificates && net_transport_is_secure(build->variant->transport))
        document_reject(build->diagnostic, value, "no member 'certificates'",
                        "one for each domain, for the actor speaks TLS here", NULL);
}

/* A part's own member, else that of the file. */
static const struct document_value *of_part(const struct document_value *root,
                                            const struct document_value *part, const char *name)
{
    const struct document_value *own = document_member(part, name);
    return own ? own : document_member(root, name);
}

void world_take(struct build *build, const struct document_value *root, const struct document_value *part)
{
    struct scenario_variant *variant = build->variant;
    const struct document_value *actors = of_part(root, part, "actors");
    hosts_take(build, of_part(root, part, "hosts"), document_member(root, "other_hosts"));
    variant->dns = dns_take(build, of_part(root, part, "dns"), TEXT_STATIC);
    certificates_take(build, of_part(root, part, "certificates"));
    variant->actor_count = document_count(actors);
    variant->actors = arena_take(build->arena, variant->actor_count, sizeof *variant->actors);
    for (size_t i = 0; i < variant->actor_count && !build_failed(build); i++)
        actor_take(build, document_at(actors, i), document_key(actors, i), &variant->actors[i]);
}
