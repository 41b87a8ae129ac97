/* Progress of a run: one live line on a terminal, plain lines elsewhere. */
#include "cli/cli.h"

#include <inttypes.h>

#include "run/run.h"

enum { REDRAW_MS = 100, PLAIN_LINE_MS = 5000 };

void cli_progress_init(struct cli_progress *progress, const char *device, bool is_verbose)
{
    *progress =
        (struct cli_progress){.page = {.out = stdout, .width = cli_width(), .is_coloured = cli_is_coloured()},
                              .is_live = cli_is_live(),
                              .is_verbose = is_verbose,
                              .device = device};
}

void cli_progress_erase(struct cli_progress *progress)
{
    if (progress->has_line)
        fputs("\r\x1b[K", stdout);
    progress->has_line = false;
    fflush(stdout);
}

static void progress_put_state(struct cli_progress *progress, const struct run_progress *state)
{
    printf("%s: %zu of %zu done, ", progress->device, state->done, state->total);
    page_put(&progress->page, state->failed ? PAGE_BAD : PAGE_PLAIN, "%zu failed", state->failed);
    printf(", %zu running, %" PRIu64 ".%" PRIu64 " s", state->running, state->elapsed_ms / 1000,
           state->elapsed_ms / 100 % 10);
}

void cli_progress_show(struct cli_progress *progress, const struct run_progress *state)
{
    uint64_t every_ms = progress->is_live ? REDRAW_MS : PLAIN_LINE_MS;
    if (state->elapsed_ms < progress->last_ms + every_ms)
        return;
    progress->last_ms = state->elapsed_ms;
    if (progress->is_live) {
        cli_progress_erase(progress);
        progress_put_state(progress, state);
        progress->has_line = true;
    } else {
        progress_put_state(progress, state);
        putchar('\n');
    }
    fflush(stdout);
}

static enum page_style progress_style(enum verdict verdict, bool is_exercised)
{
    switch (verdict) {
    case VERDICT_PASS:
        return is_exercised ? PAGE_GOOD : PAGE_DOUBT;
    case VERDICT_FAIL:
    case VERDICT_ERROR:
        return PAGE_BAD;
    case VERDICT_INCONCLUSIVE:
        return PAGE_DOUBT;
    case VERDICT_NOT_APPLICABLE:
    case VERDICT_NONE:
        break;
    }
    return PAGE_DIM;
}

/* On a terminal the reason is wrapped below its scenario; elsewhere a verdict is one line, which grep finds
 * whole. */
void cli_progress_verdict(struct cli_progress *progress, const struct scenario_variant *variant,
                          enum verdict verdict, bool is_exercised, const char *reason)
{
    bool is_worth_it = verdict == VERDICT_FAIL || verdict == VERDICT_ERROR || verdict == VERDICT_INCONCLUSIVE;
    if (!is_worth_it && !progress->is_verbose)
        return;
    cli_progress_erase(progress);
    page_put(&progress->page, progress_style(verdict, is_exercised), "%-14s", verdict_name(verdict));
    printf(" %s  %s", variant->scenario->id, variant->name);
    if (verdict == VERDICT_PASS && !is_exercised)
        fputs("  (not exercised)", stdout);
    if (reason && *reason && progress->is_live) {
        putchar('\n');
        page_wrap(&progress->page, 15, reason);
    } else if (reason && *reason) {
        fputs(": ", stdout);
        page_put_text(&progress->page, reason);
        putchar('\n');
    } else {
        putchar('\n');
    }
    fflush(stdout);
}

void cli_progress_message(struct cli_progress *progress, const char *line)
{
    cli_progress_erase(progress);
    page_put_text(&progress->page, line);
    putchar('\n');
    fflush(stdout);
}
