/* `sipreuse evidence`: one archive with what a scenario's verdicts rest on. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/reports.h"

enum { OPT_OUT, OPT_SCENARIOS };
static const struct cli_option options[] = {
    [OPT_OUT] = {"out", "FILE",
                 "the archive; must not exist (default: ./evidence-<scenario>[.<variant>].tar.gz)", 'o'},
    [OPT_SCENARIOS] = {"scenarios", "DIR", "scenarios from another folder", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "evidence",
    .arguments = "RESULT SCENARIO[.VARIANT]",
    .summary = "Packs what is needed to judge a scenario's verdicts elsewhere, without this tool: the "
               "journal's part, packets with "
               "the keys of their TLS sessions, the clauses, the scenario, the device's configuration and "
               "log, versions, the command "
               "that runs it again. RESULT is the output folder of a run. Without a VARIANT, all variants of "
               "the scenario. Private "
               "keys are left out.",
    .options = options,
    .more = "Exit status: 0 packed; 2 usage or a bad file; 3 it could not be done.",
};

struct evidence_request {
    const char *result, *word, *out, *scenarios;
    char *folder, *scenario, *variant; /* variant: NULL, all */
};

static void request_fini(struct evidence_request *request)
{
    free(request->folder);
    free(request->scenario);
    free(request->variant);
}

/* RESULT as a folder; SCENARIO with ".VARIANT" or, as run has it, ":VARIANT". */
static int request_complete(struct evidence_request *request)
{
    struct stat status;
    if (!request->result || !request->word)
        return cli_fail(
            CLI_USAGE,
            "evidence needs the output folder of a run and a scenario; 'sipreuse report RESULT' names both");
    bool is_folder = stat(request->result, &status) == 0 && S_ISDIR(status.st_mode);
    const char *slash = strrchr(request->result, '/');
    request->folder =
        is_folder ? strdup(request->result)
        : slash   ? strndup(request->result, slash == request->result ? 1 : (size_t)(slash - request->result))
                  : strdup(".");
    size_t length = strcspn(request->word, ".:");
    request->scenario = strndup(request->word, length);
    request->variant = request->word[length] ? strdup(request->word + length + 1) : NULL;
    return CLI_GOOD;
}

/* evidence-aliasing-server-honour.tls-tls13-ip4-server */
static char *archive_name(const struct evidence_request *request)
{
    char *packets = report_packets_name(request->scenario, request->variant ? request->variant : ""),
         *name = NULL;
    if (packets &&
        asprintf(&name, "evidence-%.*s",
                 (int)(strlen(packets) - strlen(request->variant ? ".pcapng" : "..pcapng")), packets) < 0)
        name = NULL;
    free(packets);
    return name;
}

static int evidence_pack(const struct evidence_request *request, const struct report *report)
{
    struct cli_paths paths = {0};
    char error[1024] = "", *name = archive_name(request), *path = NULL, *file = NULL, *scenario_path = NULL;
    bool has_paths = cli_paths_find(&paths, request->scenarios, NULL, NULL);
    if (has_paths && asprintf(&file, "%s.json", request->scenario) >= 0)
        scenario_path = cli_path_join(paths.scenarios, file);
    if (!request->out && asprintf(&path, "%s.tar.gz", name ? name : "evidence") < 0)
        path = NULL;
    const struct report_pack_options pack = {.folder = request->folder,
                                             .scenario = request->scenario,
                                             .variant = request->variant,
                                             .scenario_path = scenario_path,
                                             .path = request->out ? request->out : path,
                                             .name = name ? name : "evidence"};
    int status = CLI_GOOD;
    if (pack.path && access(pack.path, F_OK) == 0)
        status = cli_fail(CLI_USAGE, "'%s' is there already; give --out another name", pack.path);
    else if (!report_pack(report, &pack, error, sizeof error))
        status = cli_fail(strstr(error, "has no scenario") ? CLI_USAGE : CLI_IMPOSSIBLE,
                          "%s; 'sipreuse report %s' names the scenarios", error, request->result);
    else
        printf("%s\n", pack.path);
    cli_paths_fini(&paths);
    free(name);
    free(path);
    free(file);
    free(scenario_path);
    return status;
}

static int evidence_run(struct evidence_request *request)
{
    char error[1024] = "";
    int status = request_complete(request);
    if (status != CLI_GOOD)
        return status;
    char *journal = cli_path_join(request->folder, "events.jsonl");
    struct report *report = report_load(journal, error, sizeof error);
    free(journal);
    if (!report)
        return cli_fail(CLI_USAGE, "%s; name the output folder of a run", error);
    status = evidence_pack(request, report);
    report_free(report);
    return status;
}

int cli_evidence(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    struct evidence_request request = {0};
    for (const char *value;;) {
        int option = cli_next(&parser, &value);
        if (option == CLI_END)
            break;
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_ARGUMENT && request.word)
            return cli_fail(CLI_USAGE,
                            "'%s' is one word too many; evidence takes RESULT and SCENARIO[.VARIANT]", value);
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_OUT)
            request.out = value;
        else if (option == OPT_SCENARIOS)
            request.scenarios = value;
        else if (!request.result)
            request.result = value;
        else
            request.word = value;
    }
    int status = evidence_run(&request);
    request_fini(&request);
    return status;
}
