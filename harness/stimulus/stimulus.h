/* stimulus: makes a device send by what its profile names: a program, a request over HTTP, a person.
 *
 * A stimulator serves one run: it holds what is under way, keeps the rest waiting its turn (at_once of the
 * profile; one at a time for a person), and tells of each what was tried and what came of it. Whether the
 * device then sent anything is not its business: run/ sees that on the connections. One thread, on the loop;
 * on_change comes from the loop, never from within stimulus_new(). */
#ifndef STIMULUS_STIMULUS_H
#define STIMULUS_STIMULUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/device.h"
#include "loop/loop.h"
#include "sandbox/sandbox.h"

enum { STIMULUS_TEXT_MAX = 512 };

/* Where a person is asked. Lines of in_fd are keys; what is shown goes to out_fd. Both stay the caller's. */
struct stimulus_console {
    int in_fd, out_fd;
};

struct stimulator;
struct stimulator_options {
    struct loop *loop;
    const struct sandbox *sandbox;
    const struct device_profile *profile; /* of kind command, http or operator */
    const struct device_setting *settings;
    size_t setting_count;
    const char *config_dir;          /* where the device's rendered configuration is */
    struct stimulus_console console; /* operator; in_fd -1: nobody is there, every stimulus fails */
    /* Each line of a program's output; may be NULL. */
    void (*on_output)(const char *line, void *arg);
    void *arg;
};
/* NULL: error holds one sentence. */
struct stimulator *stimulator_new(const struct stimulator_options *options, char *error,
                                  size_t error_size_bytes);
/* After every stimulus of it was freed. */
void stimulator_free(struct stimulator *stimulator);

enum stimulus_state {
    STIMULUS_WAITING,   /* for its turn */
    STIMULUS_UNDER_WAY, /* the program runs, the request is sent, the person is asked */
    STIMULUS_DONE,      /* as far as can be seen from here */
    STIMULUS_FAILED,    /* nothing can have been asked of the device */
    STIMULUS_SKIPPED,   /* by the person */
    STIMULUS_CANNOT     /* the person says that the device cannot do it */
};
struct stimulus;
/* settings: its own placeholders (uri, method, token, …), copied. awaited: one clause for a person, such as
 * "OPTIONS at 198.18.0.9". NULL: no memory. */
struct stimulus *stimulus_new(struct stimulator *stimulator, const struct device_setting *settings,
                              size_t setting_count, const char *awaited,
                              void (*on_change)(struct stimulus *stimulus, void *arg), void *arg);
enum stimulus_state stimulus_state(const struct stimulus *stimulus);
/* What was tried and what came of it, one sentence; changes with the state. */
const char *stimulus_text(const struct stimulus *stimulus);
/* What was wanted has arrived: a person need not be asked any longer. */
void stimulus_arrived(struct stimulus *stimulus);
/* What is under way is ended, without a callback. */
void stimulus_free(struct stimulus *stimulus);

#endif
