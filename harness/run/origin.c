#include "run/make.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

struct group *origin_group(struct world *world, const char *name, const char *method)
{
    struct group *group = run_allocate(1, sizeof *group);

    for (struct group *g = world->groups; g; g = g->next) {
        if (g->name && !strcmp(g->name, name)) {
            free(g->name); /* as in a repeat: the latest bearer of a name is meant */
            g->name = NULL;
        }
    }
    group->name = text_copy(name);
    group->method = text_copy(method);
    group->next = world->groups;
    world->groups = group;
    return group;
}

/* FNV-1a. */
static struct origin **bucket_of(struct world *world, const char *call_id)
{
    uint32_t hash = 2166136261u;

    for (; *call_id; call_id++)
        hash = (hash ^ (uint8_t)*call_id) * 16777619u;
    return &world->origins_by_call_id[hash % WORLD_CALL_ID_BUCKETS];
}

/* In a bucket, as in the list of all, the latest comes first: of several that fit alike it is meant. */
void origin_set_call_id(struct origin *origin, char *call_id)
{
    struct origin **at;

    if (origin->call_id) {
        for (at = bucket_of(origin->world, origin->call_id); *at != origin;)
            at = &(*at)->next_alike;
        *at = origin->next_alike;
        free(origin->call_id);
    }
    for (at = bucket_of(origin->world, call_id); *at && (*at)->number > origin->number;)
        at = &(*at)->next_alike;
    origin->call_id = call_id;
    origin->next_alike = *at;
    *at = origin;
}

struct origin *origin_new(struct world *world, struct group *group, enum origin_purpose purpose)
{
    struct origin *origin = run_allocate(1, sizeof *origin);

    origin->world = world;
    origin->number = ++world->origin_count;
    origin->group = group;
    if (group)
        group->count++;
    origin->purpose = purpose;
    origin->token = world_token(world);
    origin_set_call_id(origin, text_format("%s@%s", origin->token, world->zone_name));
    origin->branch = text_format("z9hG4bK.%s", origin->token);
    origin->cseq = origin->next_cseq = 1;
    origin->next = world->origins;
    world->origins = origin;
    return origin;
}

struct origin *origin_named(const struct world *world, const char *name)
{
    for (struct origin *origin = world->origins; origin; origin = origin->next)
        if (origin->group && origin->group->name && !strcmp(origin->group->name, name))
            return origin;
    return NULL;
}

/* How well a message fits: 0 not at all; then Call-ID, CSeq number, method, and for a response our own
 * branch. */
static unsigned fit(const struct origin *origin, const char *call_id, uint32_t cseq, const char *method,
                    const char *branch)
{
    unsigned score = 1;

    if (strcmp(origin->call_id, call_id) != 0)
        return 0;
    if (origin->cseq && origin->cseq == cseq)
        score += 4;
    if (origin->method && method && !strcmp(origin->method, method))
        score += 2;
    if (branch && origin->branch && !strcmp(origin->branch, branch))
        score += 1;
    return score;
}

static struct origin *find_by_call_id(struct world *world, const struct sip_message *message,
                                      const char *call_id)
{
    struct origin *best = NULL;
    uint32_t cseq = 0;
    unsigned best_score = 0;
    char *branch = message->is_request ? NULL : message_branch(message);
    /* An ACK belongs to its INVITE, whose CSeq number a CANCEL has too. */
    const char *method = message->method && !strcmp(message->method, "ACK") ? "INVITE" : message->method;

    if (sip_message_cseq(message, &cseq, NULL) != SIP_OK)
        cseq = 0;
    for (struct origin *origin = *bucket_of(world, call_id); origin; origin = origin->next_alike) {
        unsigned score = fit(origin, call_id, cseq, method, branch);

        /* A re-INVITE of the device's has the Call-ID and the method of our INVITE that made the dialog. */
        score += score && message->is_request && origin->is_made;

        if (score > best_score) {
            best_score = score;
            best = origin;
        }
    }
    free(branch);
    return best;
}

/* A person may have dialled without the token: then the oldest one that waits for a request to this host. */
static struct origin *find_by_host(const struct world *world, const struct sip_message *message)
{
    struct origin *found = NULL;
    struct sip_uri wanted, seen;

    if (sip_uri_parse(message->request_uri, &seen) != SIP_OK)
        return NULL;
    for (struct origin *origin = world->origins; origin; origin = origin->next) {
        if (!origin->is_made || origin->was_received || sip_uri_parse(origin->uri, &wanted) != SIP_OK)
            continue;
        if (!strcmp(wanted.host, seen.host) && !strcmp(origin->method, message->method))
            found = origin; /* the latest is first in the list */
        sip_uri_fini(&wanted);
    }
    sip_uri_fini(&seen);
    return found;
}

struct origin *origin_find(struct world *world, const struct sip_message *message)
{
    const char *call_id = sip_message_header(message, "Call-ID");
    struct origin *found = call_id ? find_by_call_id(world, message, call_id) : NULL;

    if (found || !message->is_request || !message->raw)
        return found;
    /* A device that makes calls of its own out of ours (a B2BUA) may still carry the token somewhere. */
    for (struct origin *origin = world->origins; origin; origin = origin->next) {
        size_t length = strlen(origin->token);
        const uint8_t *at = memmem(message->raw, message->raw_size_bytes, origin->token, length);

        /* "….1" is in "….12" too. */
        if (at &&
            !(at + length < message->raw + message->raw_size_bytes && at[length] >= '0' && at[length] <= '9'))
            return origin;
    }
    return find_by_host(world, message);
}

void origin_free_all(struct world *world)
{
    while (world->origins) {
        struct origin *origin = world->origins;

        world->origins = origin->next;
        make_free(origin);
        free(origin->call_id);
        free(origin->method);
        free(origin->branch);
        free(origin->token);
        sip_message_free(origin->request);
        sip_message_free(origin->established);
        free(origin);
    }
    while (world->groups) {
        struct group *group = world->groups;

        world->groups = group->next;
        free(group->name);
        free(group->method);
        free(group);
    }
}
