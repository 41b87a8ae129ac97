/* What the options of `sipreuse run` come to. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SOAK_DEFAULT_MS = 30000 };

/* What a rerun is about was sampled, or was not, by the earlier run: its variants are taken as they were. */
static bool run_request_take_rerun(struct cli_request *request)
{
    if (!request->rerun)
        return true;
    if (request->selector_count) {
        cli_fail(CLI_USAGE, "--rerun-failed chooses the scenarios itself; leave out '%s'",
                 request->selectors[0]);
        return false;
    }
    request->rerun_selectors = cli_rerun_selectors(request->rerun);
    if (!request->rerun_selectors)
        return false;
    size_t count = 0;
    while (request->rerun_selectors[count])
        count++;
    const char **selectors = realloc(request->selectors, (count + 1) * sizeof *selectors);
    if (!selectors)
        return false;
    for (size_t i = 0; i < count; i++)
        selectors[i] = request->rerun_selectors[i];
    request->selectors = selectors;
    request->selector_count = count;
    request->is_all_variants = true;
    return true;
}

/* --soak alone chooses its suite, and the suite alone its time. */
static void run_request_take_soak(struct cli_request *request)
{
    if (request->soak_ms && !request->suite_name && !request->selector_count && !request->rerun)
        request->suite_name = "soak";
    if (!request->soak_ms && request->suite_name && strcmp(request->suite_name, "soak") == 0)
        request->soak_ms = SOAK_DEFAULT_MS;
}

int run_request_parse(struct cli_request *request, int argc, char **argv)
{
    struct cli_folders folders = {0};
    int status;
    *request = (struct cli_request){
        .has_ip4 = true, .has_ip6 = true, .repeat = 1, .timeout_scale = 1.0, .mode = SANDBOX_AUTO};
    request->selectors = calloc((size_t)argc + 1, sizeof *request->selectors);
    request->faults = calloc((size_t)argc + 1, sizeof *request->faults);
    request->whole = calloc((size_t)argc + 1, sizeof *request->whole);
    if (!request->selectors || !request->faults || !request->whole)
        return cli_fail(CLI_IMPOSSIBLE, "out of memory; close something");
    if (getrandom(&request->seed, sizeof request->seed, 0) == (ssize_t)sizeof request->seed)
        request->seed &= 0x7fffffff; /* short enough to be typed again */
    status = run_options_take(request, &folders, argc, argv);
    if (status != CLI_GOOD)
        return status;
    if (!request->device)
        return cli_fail(CLI_USAGE,
                        "run needs a device; add --device NAME ('sipreuse list devices' shows them)");
    run_request_take_soak(request);
    if (!run_request_take_rerun(request) || !cli_remote_check(&request->remote))
        return CLI_USAGE;
    return cli_paths_find(&request->paths, folders.scenarios, folders.suites, folders.devices) ? CLI_GOOD
                                                                                               : CLI_USAGE;
}

void run_request_fini(struct cli_request *request)
{
    cli_paths_fini(&request->paths);
    cli_strings_free(request->rerun_selectors);
    free(request->selectors);
    free(request->faults);
    free(request->whole);
    free(request->remote.addresses);
    *request = (struct cli_request){0};
}
