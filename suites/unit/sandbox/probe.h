/* probe: starts sandbox_probe in the modes that this machine and user can have, and reads what it says. */
#ifndef SUITES_UNIT_SANDBOX_PROBE_H
#define SUITES_UNIT_SANDBOX_PROBE_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROBE_OUTPUT_MAX = 1 << 18, PROBE_WAYS_MAX = 3 };

/* One way of running: as root, or as an ordinary user (nobody, when the test itself is root); in a chroot or
 * not. */
struct probe_way {
    const char *mode;
    bool drops_root, is_chrooted;
    bool is_refused; /* this machine refuses namespaces to that user: the probe has to say so */
};
/* The ways to test here, at least one. */
unsigned probe_ways(struct probe_way out[PROBE_WAYS_MAX]);

struct probe {
    pid_t pid;
    int out; /* standard output and error */
    char text[PROBE_OUTPUT_MAX];
    char folder[64]; /* where the program was copied, for users who cannot reach the build folder */
};
void probe_start(struct probe *probe, const struct probe_way *way, const char *command);
/* Reads until the text is there. The end of the output without it fails the test. */
void probe_expect(struct probe *probe, const char *text);
/* Reads until every process that holds the output is gone. */
void probe_drain(struct probe *probe);
/* Exit status, or 1000 + signal. Also removes the copy. */
int probe_finish(struct probe *probe);
/* drain, finish; the exit status. */
int probe_run(struct probe *probe, const struct probe_way *way, const char *command);

#endif
