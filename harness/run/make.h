/* Requests that the device makes by itself, because something made it: a call of ours (call.c), a program, an
 * HTTP request, a person (make.c with stimulus/). A forwarding proxy makes none: it is sent them
 * (stimulate.c).
 *
 * What it sends is known again by a token in the user part of the URI that it is told, or by the Call-ID of
 * the dialog; where a person has dialled without the token, by the host. Nobody passes the device's answer
 * back to us: an answer that we give to such a request is at the same time the stimulus's response (an echo),
 * which lets a scenario go on, and never decides one. */
#ifndef RUN_MAKE_H
#define RUN_MAKE_H

#include "run/fiber.h"
#include "run/schedule.h"
#include "run/world.h"
#include "stimulus/stimulus.h"

/* How the device makes requests in this run. */
bool make_is_needed(const struct device_profile *profile);
/* The device is made to send a request to uri, on behalf of its domain number as. method NULL or OPTIONS:
 * any. */
void make_begin(struct fiber *fiber, struct origin *origin, const char *method, const char *uri, unsigned as);
/* The method that will come, when method was asked for (NULL: any). */
const char *make_method(const struct device_profile *profile, const char *method);
/* Its turn has come: the device has been asked, or is being asked. */
bool make_has_begun(const struct origin *origin);
/* Nothing was asked of the device, for certain. */
bool make_has_failed(const struct origin *origin);
/* A person is being asked: patience begins when he is done. */
bool make_is_asking(const struct world *world);
/* What was tried and what came of it, one sentence; NULL: nothing was. */
const char *make_text(const struct origin *origin);
/* The request has come. */
void make_arrived(struct origin *origin);
void make_free(struct origin *origin);
/* For run.c: the stimulator, when the profile's kind wants one. false: error is set. */
bool make_open(struct run *run, char *error, size_t error_size_bytes);

/* ---- call.c */
struct call;
void call_begin(struct fiber *fiber, struct origin *origin, unsigned as);
void call_poll_all(struct world *world);
bool call_has_begun(const struct call *call);
bool call_has_failed(const struct call *call);
const char *call_text(const struct call *call);
/* Ends the calls that are up, while the connections are still there; then they are freed. */
void call_end_all(struct world *world);

#endif
