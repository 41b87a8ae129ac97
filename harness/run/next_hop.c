/* How a proxy is told its next hop: by the Request-URI, by a Route, or by a number that its number plan
 * (ENUM, RFC 6116) turns into a URI. The plan is in the run's DNS: a record for each URI that is asked for.
 */
#include "run/next_hop.h"

#include <stdlib.h>
#include <string.h>

#include "run/run_private.h"

enum { PLANS_MAX = 100000, FIRST_NUMBER = 99000000 };

static void add_route(struct sip_message *message, const char *text)
{
    struct sip_uri uri;
    char *route, *value;

    if (sip_uri_parse(text, &uri) != SIP_OK)
        return;
    free(uri.user);
    uri.user = NULL;
    route = sip_uri_format(&uri);
    value = text_format("<%s;lr>", route ? route : text);
    sip_message_append(message, "Route", value);
    free(value);
    free(route);
    sip_uri_fini(&uri);
}

/* "99000017" as "7.1.0.0.0.0.9.9" (RFC 6116 §3.2). */
static char *enum_name(const char *number)
{
    size_t length = strlen(number);
    char *name = run_allocate(2 * length + 1, 1);

    for (size_t i = 0; i < length; i++) {
        name[2 * i] = number[length - 1 - i];
        name[2 * i + 1] = i + 1 < length ? '.' : '\0';
    }
    return name;
}

static bool add_plan(struct world *world, const char *number, const char *uri)
{
    struct run *run = world->run;
    char error[RUN_SENTENCE_MAX] = "";
    char *name = enum_name(number);
    char *line = text_format("%s NAPTR 10 10 \"u\" \"E2U+sip\" \"!^.*$!%s!\" .", name, uri);
    bool is_added;

    if (!run->number_zone) {
        char *origin = text_format("e164.%s.test", run->label);

        run->number_zone = dns_zone_new(run->dns, origin, NULL);
        free(origin);
    }
    is_added = run->number_zone && dns_zone_add(run->number_zone, line, error, sizeof error);
    if (is_added)
        journal_world_note(world, "dns-change", "add", line);
    else
        world_end(world, VERDICT_ERROR, 0, "The number %s cannot be planned: %s.", number, error);
    free(line);
    free(name);
    return is_added;
}

/* The Request-URI of the profile with a number that nobody else has; NULL: the world has ended. */
static char *number_uri(struct world *world, const char *uri)
{
    const struct run *run = world->run;
    char error[RUN_SENTENCE_MAX];
    char *number, *out = NULL;

    if (run->numbers >= PLANS_MAX) {
        world_end(world, VERDICT_ERROR, 0, "More than %d numbers in one run.", PLANS_MAX);
        return NULL;
    }
    number = text_format("%u", FIRST_NUMBER + world->run->numbers++);
    if (add_plan(world, number, uri)) {
        const struct device_setting settings[] = {{"number", number}, {"domain_one", run->domains[0]}};

        out = device_text_render(run->options->profile->number_uri, settings, 2, error, sizeof error);
        if (!out)
            world_end(world, VERDICT_ERROR, 0, "The profile's number_uri: %s.", error);
    }
    free(number);
    return out;
}

char *told_hop_request_uri(struct world *world, const char *uri)
{
    if (world->run->options->profile->next_hop == DEVICE_BY_NUMBER)
        return number_uri(world, uri);
    return text_copy(uri);
}

void told_hop_add_route(const struct world *world, struct sip_message *message, const char *uri)
{
    if (message && world->run->options->profile->next_hop == DEVICE_BY_ROUTE &&
        !sip_message_header(message, "Route"))
        add_route(message, uri);
}

void told_hop_fini(struct run *run)
{
    dns_zone_free(run->number_zone);
    run->number_zone = NULL;
}
