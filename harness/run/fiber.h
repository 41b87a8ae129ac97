/* Fibers, the threads of steps of a world: what runs them, the steps, and what a step waits with. */
#ifndef RUN_FIBER_H
#define RUN_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/limits.h"
#include "run/world.h"

struct frame {
    const struct scenario_steps *steps;
    size_t next;
    unsigned times, turn; /* turn from 1; of a repeat */
};
struct expectation;
struct fiber {
    struct fiber *next;
    struct world *world;
    struct fiber *parent;
    struct frame frames[RUN_NESTING_MAX];
    size_t depth;
    const struct scenario_step *step; /* waiting in it; NULL: none */
    unsigned phase;                   /* of the step, its own numbering, 0 at the beginning */
    struct loop_timer *timer;
    bool is_due, is_done;
    size_t children; /* that are not done */
    uint64_t began_ms;
    struct wire *wire;
    struct origin *origin;
    struct expectation *expectation; /* expect.c */
    char *bytes;                     /* of a send or respond in pieces */
    size_t size_bytes, offset;
};
struct warm {
    struct warm *next;
    struct fiber *fiber;
    struct wire *wire;
    struct loop_timer *timer;
};

/* ---- alternative.c: the alternatives of a step with their placeholders replaced */
char *world_expand(struct fiber *fiber, const char *text);
struct scenario_alternative *alternatives_expand(struct fiber *fiber, const struct step_expect *expect);
void alternatives_free(struct scenario_alternative *alternatives, size_t count);

/* step.c */
enum step_result { STEP_GOES_ON, STEP_WAITS };
struct fiber *fiber_new(struct world *world, struct fiber *parent, const struct scenario_steps *steps);
void fiber_poll(struct fiber *fiber);
void fiber_set_deadline(struct fiber *fiber, uint64_t ms);
void fiber_free_all(struct world *world);
unsigned fiber_turn(const struct fiber *fiber); /* {i}; 0 outside of a repeat */

enum step_result step_send(struct fiber *fiber, const struct step_send *step);
enum step_result step_respond(struct fiber *fiber, const struct step_respond *step);
enum step_result step_stimulate(struct fiber *fiber, const struct step_stimulate *step);
enum step_result step_expect(struct fiber *fiber, const struct step_expect *step);
enum step_result step_check(struct fiber *fiber, const struct step_expect *step);
enum step_result step_renegotiate(struct fiber *fiber, const struct step_renegotiate *step);
enum step_result step_close(struct fiber *fiber, const struct step_close *step);
enum step_result step_connect(struct fiber *fiber, const struct step_connect *step);
enum step_result step_actor_send(struct fiber *fiber, const struct step_actor_send *step);
enum step_result step_soak(struct fiber *fiber, const struct step_soak *step);
enum step_result step_actor_close(struct fiber *fiber, const struct step_actor_close *step);
/* trip.c: waits for two OPTIONS round trips of the UA, in phases from, from + 1, ..., over a transport on
 * which the device, that has answered them, has read what came before on connections of the transport "of".
 * Returns STEP_GOES_ON when both are done. */
enum step_result step_round_trip(struct fiber *fiber, unsigned from, enum net_transport of, const char *what);

/* expect.c */
void expectation_free(struct expectation *expectation);
void expectation_rescan(
    struct world *world); /* a connection has got a name: what fitted nothing may fit now */
/* check.c: what the alternative says of counts, of an actor or of a silence is so now. */
bool expect_holds_state(struct fiber *fiber, const struct scenario_alternative *alternative);
/* expect_take.c: the alternative has held. event NULL: it is about a state. */
void expect_take(struct fiber *fiber, const struct scenario_alternative *alternative, struct event *event);
/* True when the alternative, which may want several events, holds with this one. */
bool expect_count_in(struct fiber *fiber, const struct scenario_alternative *alternative,
                     struct event *event);
/* The alternatives of a step go, and those of a later one may stand where they stood. */
void expect_forget_counting(const struct world *world, const struct scenario_alternative *alternatives,
                            size_t count);

/* warm.c */
void warm_start(struct fiber *fiber, struct wire *wire);
void warm_stop(struct fiber *fiber);

/* barrier.c */
enum barrier_state { BARRIER_RUNNING, BARRIER_ANSWERED, BARRIER_BROKEN };
struct barrier *barrier_new(struct fiber *fiber, const char *method);
enum barrier_state barrier_poll(struct barrier *barrier);
void barrier_free(struct barrier *barrier);

#endif
