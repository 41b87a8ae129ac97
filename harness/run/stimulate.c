#include "run/make.h"
#include "run/next_hop.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

enum { STIMULUS_BEGINS, STIMULUS_UA_AWAITED, STIMULUS_TURN_AWAITED };

static void stimulate_failed(struct fiber *fiber)
{
    struct world *world = fiber->world;
    char remote[NET_ADDRESS_TEXT_MAX] = "the device";

    if (world->ua)
        net_address_format(&world->ua->remote, remote);
    world_end(world, VERDICT_INCONCLUSIVE, 0,
              "The UA has no connection to %s, so nothing could be asked of the device: %s", remote,
              world->ua && world->ua->end_text ? world->ua->end_text : "it was not established in time.");
}

static struct origin *invite_named(struct fiber *fiber, const char *template, bool must_be_established)
{
    char *name = world_expand(fiber, template);
    struct origin *invite = origin_named(fiber->world, name);

    if (!invite || !invite->request || !invite->wire)
        world_end(fiber->world, VERDICT_ERROR, 0, "There is no stimulus called \"%s\".", name);
    else if (must_be_established && !invite->established)
        world_end(fiber->world, VERDICT_INCONCLUSIVE, 0,
                  "\"%s\" has made no dialog in which a request could be sent.", name);
    free(name);
    return fiber->world->is_over ? NULL : invite;
}

static struct sip_message *initial_request(struct fiber *fiber, const struct step_stimulate *step,
                                           struct origin *origin, const char *method)
{
    const struct run *run = fiber->world->run;
    char *target = world_expand(fiber, step->message.uri);
    char *uri = fiber->world->is_over ? NULL : told_hop_request_uri(fiber->world, target);
    struct request_draft draft = {.method = method,
                                  .uri = uri,
                                  .from_user = "ua",
                                  .from_domain = run->domains[step->as < run->domain_count ? step->as : 0],
                                  .message = &step->message,
                                  .fiber = fiber};
    struct sip_message *message = NULL;

    if (step->as >= run->domain_count)
        world_end(fiber->world, VERDICT_ERROR, 0, "The device has no second domain to act for.");
    else if (!fiber->world->is_over)
        message = message_request(fiber->world->ua, origin, &draft);
    told_hop_add_route(fiber->world, message, target);
    free(target);
    free(uri);
    return message;
}

static struct sip_message *build(struct fiber *fiber, const struct step_stimulate *step,
                                 struct origin *origin, const char *method)
{
    struct origin *invite;

    if (step->cancel) {
        invite = invite_named(fiber, step->cancel, false);
        return invite ? dialog_cancel(origin, invite) : NULL;
    }
    if (step->dialog) {
        invite = invite_named(fiber, step->dialog, true);
        return invite ? dialog_request(fiber, fiber->world->ua, origin, invite, method, &step->message)
                      : NULL;
    }
    return initial_request(fiber, step, origin, method);
}

static void send_all(struct fiber *fiber, const struct step_stimulate *step)
{
    struct world *world = fiber->world;
    const char *method = step->cancel ? "CANCEL" : step->message.method ? step->message.method : "OPTIONS";
    char *name = world_expand(fiber, step->name);
    struct group *group = origin_group(world, name, method);

    for (unsigned i = 0; i < (step->times ? step->times : 1) && !world->is_over; i++) {
        struct origin *origin = origin_new(world, group, ORIGIN_STEP);
        struct wire *wire;

        origin->request = build(fiber, step, origin, method);
        wire = origin->wire ? origin->wire : world->ua; /* a CANCEL goes where its INVITE went */
        if (origin->request && !message_send(wire, origin->request, name))
            origin->is_lost = true;
        if (!origin->request)
            world_end(world, VERDICT_ERROR, 0, "The request of the step on line %u cannot be built.",
                      fiber->step->line);
    }
    free(name);
}

/* ---- a device that makes its requests by itself */

static void make_all(struct fiber *fiber, const struct step_stimulate *step)
{
    struct world *world = fiber->world;
    const char *wanted = step->message.method;
    char *name = world_expand(fiber, step->name), *uri = world_expand(fiber, step->message.uri);
    struct group *group = origin_group(world, name, make_method(world->run->options->profile, wanted));

    for (unsigned i = 0; i < (step->times ? step->times : 1) && !world->is_over; i++)
        make_begin(fiber, origin_new(world, group, ORIGIN_STEP), wanted, uri, step->as);
    free(name);
    free(uri);
}

static bool has_all_begun(const struct fiber *fiber)
{
    for (const struct origin *origin = fiber->world->origins; origin; origin = origin->next)
        if (origin->is_made && !origin->was_received && !make_has_begun(origin))
            return false;
    return true;
}

static enum step_result stimulate_made(struct fiber *fiber, const struct step_stimulate *step)
{
    if (fiber->phase == STIMULUS_BEGINS) {
        make_all(fiber, step);
        fiber->phase = STIMULUS_TURN_AWAITED;
    }
    /* Patience begins when the device has been asked, however many wait for their turn. */
    return !fiber->world->is_over && has_all_begun(fiber) ? STEP_GOES_ON : STEP_WAITS;
}

enum step_result step_stimulate(struct fiber *fiber, const struct step_stimulate *step)
{
    struct world *world = fiber->world;

    if (make_is_needed(world->run->options->profile))
        return stimulate_made(fiber, step);
    if (fiber->phase == STIMULUS_BEGINS) {
        if (!ua_open(world))
            return STEP_WAITS;
        fiber->phase = STIMULUS_UA_AWAITED;
        fiber_set_deadline(fiber, run_scaled_ms(world->run, RUN_CONNECT_MS));
    }
    if (ua_is_ready(world)) {
        send_all(fiber, step);
        return world->is_over ? STEP_WAITS : STEP_GOES_ON;
    }
    if (fiber->is_due || !world->ua || world->ua->has_sign || !world->ua->connection)
        stimulate_failed(fiber);
    return STEP_WAITS;
}
