/* The rules of a soak. */
#include "run/run_private.h"
#include "run/soak.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- a broken rule */

static uint64_t note_sight(const struct soak *soak, const struct reference_sight *sight, const char *what)
{
    char remote[NET_ADDRESS_TEXT_MAX];
    char *text;
    uint64_t seq;

    net_address_format(sight->remote, remote);
    text = text_format("soak turn %u: connection %llu, %s (%s, for %s): %s", soak->turn,
                       (unsigned long long)sight->connection,
                       sight->is_opened_by_us ? "opened by the peer" : "opened by the device", remote,
                       sight->domain, what);
    seq = journal_world_note(soak->world, "actor-log", soak->actor->recipe->name, text);
    free(text);
    return seq;
}

static void break_rule(struct soak *soak, const char *requirement, uint64_t on, bool is_soft, char *reason)
{
    struct world *world = soak->world;

    if (!world->is_over) {
        world_end(world, VERDICT_FAIL, on, "In turn %u of round %u (seed %llu): %s", soak->turn,
                  world->job->soaks + 1, (unsigned long long)world->run->options->seed, reason);
        world->outcome.requirement = text_copy(requirement);
        world->outcome.is_soft = is_soft;
    }
    free(reason);
}

/* ---- requests that come to the actor */

/* RFC 5923 §8.1, §8.2: the URI that was resolved is among the identities that were proved on this connection.
 * On one that the device opened that is the domain whose certificate it was shown; on one that the peer
 * opened, the domain whose certificate the peer showed. */
static void check_identity(struct soak *soak, const struct reference_sight *sight, const char *host,
                           uint64_t seq)
{
    if (!strcasecmp(host, sight->domain))
        return;
    break_rule(
        soak, sight->is_opened_by_us ? "5923-8.2-identity-cache" : "5923-8.1-identity-cache", seq, false,
        text_format("a request for %s came over connection %llu, which %s had opened and on which only %s "
                    "was proved.",
                    host, (unsigned long long)sight->connection,
                    sight->is_opened_by_us ? "the peer" : "the device", sight->domain));
}

/* Once; again only when the connection of its first arrival is gone, for then it may be lost. */
static void check_once(struct soak *soak, struct soak_request *request, const struct reference_sight *sight,
                       uint64_t seq)
{
    if (!request->arrived_on) {
        request->arrived_on = sight->connection;
        return;
    }
    if (!reference_node_has_connection(soak->actor->node, request->arrived_on))
        return;
    break_rule(
        soak, "3261-16.5-once", seq, false,
        text_format("a request came twice: on connection %llu, which is still open, and on connection %llu.",
                    (unsigned long long)request->arrived_on, (unsigned long long)sight->connection));
}

static struct soak_request *find_request(struct soak *soak, const struct sip_uri *uri)
{
    char *end = NULL;
    unsigned long number = uri->user && uri->user[0] == 's' ? strtoul(uri->user + 1, &end, 10) : 0;

    return end && !*end && number >= 1 && number <= soak->request_count ? &soak->requests[number - 1] : NULL;
}

static void see_request(struct soak *soak, const struct reference_sight *sight)
{
    const char *method = sight->message->method;
    struct soak_request *request;
    struct sip_uri uri;
    uint64_t seq;
    char *what;

    if (sip_uri_parse(sight->message->request_uri, &uri) != SIP_OK)
        return;
    request = find_request(soak, &uri);
    if (request && !strcmp(method, "BYE"))
        request = request->bye ? &soak->requests[request->bye - 1] : NULL;
    if (request && uri.host) {
        what = text_format("%s %s comes in", method, sight->message->request_uri);
        seq = note_sight(soak, sight, what);
        free(what);
        check_identity(soak, sight, uri.host, seq);
        request->is_acknowledged |= !strcmp(method, "ACK");
        if (!soak->world->is_over && strcmp(method, "ACK") != 0 && strcmp(method, "CANCEL") != 0)
            check_once(soak, request, sight, seq);
    }
    sip_uri_fini(&uri);
}

/* ---- the actor's own requests */

static void see_own_request(struct soak *soak, const struct reference_sight *sight)
{
    char *branch = soak->exchange_count < SOAK_AT_ONCE ? message_branch(sight->message) : NULL;

    if (branch)
        soak->exchanges[soak->exchange_count++] =
            (struct soak_exchange){.branch = branch, .connection = sight->connection};
}

/* RFC 3261 §18.2.2: on the connection of the request, while that is open. */
static void see_answer(struct soak *soak, const struct reference_sight *sight)
{
    char *branch = message_branch(sight->message);

    for (size_t i = 0; branch && i < soak->exchange_count; i++) {
        const struct soak_exchange *exchange = &soak->exchanges[i];

        if (strcmp(exchange->branch, branch) != 0 || exchange->connection == sight->connection ||
            !reference_node_has_connection(soak->actor->node, exchange->connection))
            continue;
        break_rule(
            soak, "3261-18.2.2-response-connection", note_sight(soak, sight, "a response comes in"), false,
            text_format("the response to a request on connection %llu came on connection %llu.",
                        (unsigned long long)exchange->connection, (unsigned long long)sight->connection));
        break;
    }
    free(branch);
}

void soak_see(struct soak *soak, const struct reference_sight *sight)
{
    if (sight->message->is_request && sight->is_incoming)
        see_request(soak, sight);
    else if (sight->message->is_request)
        see_own_request(soak, sight);
    else if (sight->is_incoming)
        see_answer(soak, sight);
}

/* ---- the end of a turn */

/* The UA sends its ACK through the device only when that has put itself on the way. */
static bool lacks_ack(const struct soak_request *request)
{
    const struct sip_message *established = request->origin->established;

    return request->is_invite && !request->is_acknowledged && established &&
           sip_message_value_count(established, "Record-Route");
}

bool soak_is_answered(const struct soak *soak)
{
    for (size_t i = soak->settled; i < soak->request_count; i++) {
        const struct soak_request *request = &soak->requests[i];

        if ((!request->origin->final_status && !request->origin->is_lost) || lacks_ack(request))
            return false;
    }
    return soak->own_answered == soak->own_sent;
}

static bool is_served(const struct soak_request *request)
{
    return request->origin->final_status >= 200 && request->origin->final_status < 300;
}

static void check_request(struct soak *soak, const struct soak_request *request)
{
    const struct origin *origin = request->origin;

    if (is_served(request) && !request->arrived_on)
        break_rule(soak, "3261-16.5-once", 0, false,
                   text_format("the device answered %u to a request that never came to the peer.",
                               origin->final_status));
    else if (is_served(request) && origin->final_wire != origin->wire && origin->wire &&
             !origin->wire->has_sign)
        break_rule(soak, "3261-18.2.2-response-connection", 0, false,
                   text_format("the response to the UA's request did not come on its connection."));
    else if (is_served(request) && !lacks_ack(request))
        return;
    else if (soak->is_after_close || origin->is_lost)
        soak->excused++;
    else if (lacks_ack(request))
        break_rule(soak, "3261-16.5-once", 0, true,
                   text_format("the ACK of a call to %s was lost, although the device answers others.",
                               soak->domains[request->domain]));
    else if (origin->final_status)
        break_rule(soak, soak->closes ? "5923-8.1-reopen" : "3261-16.5-once", 0, true,
                   text_format("a request for %s was answered %u, although the peer listens and answers.",
                               soak->domains[request->domain], origin->final_status));
    else
        break_rule(soak, "3261-16.5-once", 0, true,
                   text_format("a request for %s was lost, although the device answers others.",
                               soak->domains[request->domain]));
}

static void check_own(struct soak *soak)
{
    size_t missing = soak->own_sent - soak->own_answered + soak->own_refused;

    if (missing && soak->is_after_close)
        soak->excused += (unsigned)missing;
    else if (missing)
        break_rule(
            soak, "3261-16.5-once", 0, true,
            text_format("%zu requests of the peer were not answered, although the device answers others.",
                        missing));
    soak->own_answered = soak->own_sent;
    soak->own_refused = 0;
}

/* A connection for each pair of domains explains itself; as many more as there were requests of the pair at
 * once, when none was up yet. */
static void check_connections(struct soak *soak)
{
    struct reference_counts counts;
    size_t explained = 0, opened;

    for (size_t i = 0; i < soak->domain_count; i++)
        for (size_t k = 0; k < soak->device_domains; k++) {
            if (soak->now[i][k] > soak->most[i][k])
                soak->most[i][k] = soak->now[i][k];
            explained += soak->most[i][k];
        }
    reference_node_counts(soak->actor->node, &counts);
    opened = counts.accepted - soak->accepted_before;
    if (opened > explained)
        break_rule(
            soak, "5923-8.1-reuse-forward", 0, false,
            text_format("the device has opened %zu connections since the last close; %zu are explained by "
                        "the domains and by requests at the same time.",
                        opened, explained));
}

void soak_judge_turn(struct soak *soak)
{
    for (; soak->settled < soak->request_count && !soak->world->is_over; soak->settled++)
        check_request(soak, &soak->requests[soak->settled]);
    if (!soak->world->is_over)
        check_own(soak);
    if (!soak->world->is_over)
        check_connections(soak);
}
