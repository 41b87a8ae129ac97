#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *names_uri_ip(const struct net_address *address)
{
    char ip[NET_ADDRESS_TEXT_MAX];

    net_address_format_ip(address, ip);
    return address->family == 6 ? text_format("[%s]", ip) : text_copy(ip);
}

static char *format_ip(const struct net_address *address)
{
    char ip[NET_ADDRESS_TEXT_MAX];

    net_address_format_ip(address, ip);
    return text_copy(ip);
}

static char *lookup_dut(const struct world *world, const char *member)
{
    if (!*member)
        return format_ip(&world->device_address);
    if (!strcmp(member, ".uri"))
        return names_uri_ip(&world->device_address);
    if (!strcmp(member, ".port"))
        return text_format("%u", (unsigned)world->device_address.port);
    if (!strcmp(member, ".one"))
        return text_copy(world->run->domains[0]);
    if (!strcmp(member, ".two") && world->run->domain_count > 1)
        return text_copy(world->run->domains[1]);
    if (!strcmp(member, ".TWO") && world->run->domain_count > 1)
        return text_upper(world->run->domains[1]);
    if (!strcmp(member, ".account") && world->run->options->profile->account_user)
        return text_copy(world->run->options->profile->account_user);
    return NULL;
}

static char *lookup_fixed(const struct fiber *fiber, const char *name)
{
    const struct world *world = fiber->world;
    const struct scenario_variant *variant = world->variant;

    if (!strcmp(name, "zone"))
        return text_copy(world->zone_name);
    if (!strncmp(name, "dut", 3) && (!name[3] || name[3] == '.'))
        return lookup_dut(world, name + 3);
    if (!strcmp(name, "transport"))
        return text_copy(net_transport_name(variant->transport));
    if (!strcmp(name, "TRANSPORT"))
        return text_upper(net_transport_name(variant->transport));
    if (!strcmp(name, "port"))
        return text_format("%u", (unsigned)world_port(world));
    if (!strcmp(name, "srv"))
        return text_copy(net_transport_service(variant->transport));
    if (!strcmp(name, "A"))
        return text_copy(variant->ip == 6 ? "AAAA" : "A");
    if (!strcmp(name, "B"))
        return text_copy(variant->ip == 6 ? "A" : "AAAA");
    if (!strcmp(name, "i") && fiber_turn(fiber))
        return text_format("%u", fiber_turn(fiber));
    return NULL;
}

/* "peer", "peer.uri", "c1.port" */
static char *lookup_named(const struct world *world, const char *name)
{
    const char *dot = strrchr(name, '.');
    const struct host *host = world_host(world, name);
    char *head, *value = NULL;

    if (host)
        return format_ip(&host->address);
    if (!dot)
        return NULL;
    head = text_copy(name);
    head[dot - name] = '\0';
    if (!strcmp(dot, ".uri")) {
        host = world_host(world, head);
        value = host ? names_uri_ip(&host->address) : NULL;
    } else if (!strcmp(dot, ".port")) {
        const struct wire *wire = peer_wire(world, head);

        value = wire ? text_format("%u", (unsigned)wire->local.port) : NULL;
    }
    free(head);
    return value;
}

char *names_lookup(const char *name, void *arg)
{
    const struct fiber *fiber = arg;
    char *value = lookup_fixed(fiber, name);

    return value ? value : lookup_named(fiber->world, name);
}

char *world_expand(struct fiber *fiber, const char *text)
{
    char error[RUN_SENTENCE_MAX];
    char *out;

    if (!text || !strchr(text, '{'))
        return text_copy(text ? text : "");
    out = template_expand(text, names_lookup, fiber, error, sizeof error);
    if (out)
        return out;
    world_end(fiber->world, VERDICT_ERROR, 0, "The scenario cannot be carried out: %s.", error);
    return text_copy("");
}

/* What may follow the host of a URI. */
static bool is_end(char c)
{
    return !c || strchr(" ;>:?\r\n\\", c) != NULL;
}

static char *add_user_of(const char *text, const char *user, const char *domain)
{
    char *wanted = text_format("sip:%s", domain), *out = text_copy("");
    size_t length = strlen(wanted);
    const char *at;

    while ((at = strstr(text, wanted)) != NULL) {
        char *longer = is_end(at[length])
                           ? text_format("%s%.*ssip:%s@%s", out, (int)(at - text), text, user, domain)
                           : text_format("%s%.*s%s", out, (int)(at - text), text, wanted);

        free(out);
        out = longer;
        text = at + length;
    }
    free(wanted);
    wanted = text_format("%s%s", out, text);
    free(out);
    return wanted;
}

char *names_add_user(const struct run *run, const char *text)
{
    const char *user = run->options->profile->user;
    char *out = text_copy(text);

    for (size_t i = 0; user && i < run->domain_count; i++) {
        char *next = add_user_of(out, user, run->domains[i]);

        free(out);
        out = next;
    }
    return out;
}
