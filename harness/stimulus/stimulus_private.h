/* What the files of this folder share: the queue (stimulus.c), and the three ways of asking. */
#ifndef STIMULUS_STIMULUS_PRIVATE_H
#define STIMULUS_STIMULUS_PRIVATE_H

#include "document/document.h"
#include "stimulus/stimulus.h"

enum { STIMULUS_AT_ONCE = 8, STIMULUS_MS = 30000, STIMULUS_OPERATOR_MS = 120000, STIMULUS_LINE_MAX = 1024 };

struct stimulus {
    struct stimulus *next;
    struct stimulator *stimulator;
    struct device_setting *settings; /* its own, then the run's */
    size_t setting_count, own_count;
    char *awaited;
    enum stimulus_state state;
    char text[STIMULUS_TEXT_MAX];
    void (*on_change)(struct stimulus *stimulus, void *arg);
    void *arg;
    struct loop_timer *timer; /* its time, once it is under way */
    union {
        struct command *command;
        struct exchange *exchange;
        struct question *question;
    };
};
struct stimulator {
    struct stimulator_options options;
    const struct document_value *recipe; /* the profile's stimulus */
    struct stimulus *first;              /* in the order in which they were made */
    struct loop_timer *turn;             /* starts whose turn it is */
    size_t at_once;
    uint64_t timeout_ms;
    struct web *web;         /* http.c */
    struct console *console; /* operator.c */
};

/* Enters a state with a text, and tells; the caller touches the stimulus no more. */
void stimulus_enter(struct stimulus *stimulus, enum stimulus_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A text of the recipe with the stimulus's placeholders; NULL: the stimulus has failed. Heap. */
char *stimulus_render(struct stimulus *stimulus, const char *text);

/* Each: begin takes a stimulus whose turn it is; false: it has failed. end lets go of what is under way.
 * expire: its time is over. */
bool command_begin(struct stimulus *stimulus);
void command_expire(struct stimulus *stimulus);
void command_end(struct stimulus *stimulus);

bool web_open(struct stimulator *stimulator);
void web_close(struct stimulator *stimulator);
bool exchange_begin(struct stimulus *stimulus);
void exchange_expire(struct stimulus *stimulus);
void exchange_end(struct stimulus *stimulus);
/* body.c: a JSON value with the placeholders of its strings replaced; heap, NULL: the stimulus has failed. */
char *body_compose(struct stimulus *stimulus, const struct document_value *value);
/* Likewise a JSON-RPC 2.0 request. */
char *body_compose_rpc(struct stimulus *stimulus, const struct document_value *rpc);

bool console_open(struct stimulator *stimulator);
void console_close(struct stimulator *stimulator);
bool question_begin(struct stimulus *stimulus);
void question_expire(struct stimulus *stimulus);
void question_end(struct stimulus *stimulus);

#endif
