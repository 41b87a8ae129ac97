/* One run of the engine against toy_proxy, which is started beside this program, on loopback. */
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "run/run_private.h"

enum { VERDICTS_MAX = 64 };
struct verdicts {
    struct {
        char id[64];
        enum verdict verdict;
        bool is_exercised;
        char reason[256];
    } rows[VERDICTS_MAX];
    size_t count;
    int signal_after_first; /* 0: none */
};

struct trial {
    struct catalogue *catalogue;
    struct device_profile *profile;
    struct sandbox *sandbox;
    struct journal *journal;
    struct selection selection;
    struct run_plan *plan;
    char folder[64], journal_path[80];
    struct verdicts verdicts;
    enum run_outcome outcome;
    char error[RUN_SENTENCE_MAX];
};

/* device: of devices/ here; selectors: NULL at the end. */
void trial_begin(struct trial *trial, const char *device, const char *const *selectors);
/* options: what differs. */
void trial_run(struct trial *trial, struct run_options options);
void trial_end(struct trial *trial);
/* Every line of the journal is as its schema says. */
void trial_check_schema(const struct trial *trial);
/* Of that event, whose member, if one is named, has that value; the journal is numbered without a gap. */
size_t trial_count_events(const struct trial *trial, const char *event, const char *member,
                          const char *value);
/* Every verdict of that scenario is this one, with these words in its reason; there is one. */
void trial_expect_rows(const struct trial *trial, const char *id, enum verdict verdict, const char *reason);

#endif
