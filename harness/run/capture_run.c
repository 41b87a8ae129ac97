/* The packets of a run: everything that crosses the sandbox's link, in pcap/run.pcap. Losing them costs a
 * reader some comfort and no verdict, so nothing here ends a run; what is missing is in the journal. */
#include "run/run_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CAPTURE_BYTES_MAX = 64 << 20 };

/* The wall clock beside the journal's own: packets have the one, events the other. */
static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void begin_event(const struct run *run, const char *state)
{
    journal_begin(run->journal, "capture");
    journal_integer(run->journal, "wall_ns", wall_ns());
    journal_string(run->journal, "state", state);
}

static void on_readable(struct loop_poll *poll, int events, void *arg)
{
    struct run *run = arg;

    (void)events;
    if (!capture_read(run->capture))
        loop_poll_set(poll, 0);
}

void capture_run_begin(struct run *run)
{
    const char *link = sandbox_link(run->options->sandbox);
    char error[RUN_SENTENCE_MAX] = "the sandbox has no link of its own";
    char *folder = text_format("%s/pcap", run->out_dir), *path = text_format("%s/run.pcap", folder);

    if (link && (!mkdir(folder, 0755) || errno == EEXIST))
        run->capture = capture_new(link, path, CAPTURE_BYTES_MAX, error, sizeof error);
    if (run->capture)
        run->capture_poll = loop_poll_new(run->loop, capture_fd(run->capture), on_readable, run);
    if (run->capture_poll)
        loop_poll_set(run->capture_poll, LOOP_READABLE);
    begin_event(run, run->capture ? "begun" : "none");
    if (!run->capture)
        journal_string(run->journal, "text", error);
    journal_end(run->journal);
    free(path);
    free(folder);
}

void capture_run_end(struct run *run)
{
    struct capture_counts counts;

    if (!run->capture)
        return;
    loop_poll_free(run->capture_poll);
    run->capture_poll = NULL;
    capture_end(run->capture, &counts);
    begin_event(run, "ended");
    journal_integer(run->journal, "packets", (int64_t)counts.packets);
    journal_integer(run->journal, "size_bytes", (int64_t)counts.bytes);
    journal_integer(run->journal, "dropped", (int64_t)counts.dropped);
    journal_integer(run->journal, "left_out", (int64_t)counts.left_out);
    if (counts.error)
        journal_string(run->journal, "text", strerror(counts.error));
    journal_end(run->journal);
    capture_free(run->capture);
    run->capture = NULL;
}
