/* `sipreuse publish`: the files of a run to a web server or a bucket. */
#include "cli/cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "publish/publish.h"

enum { OPT_TO, OPT_CA, OPT_ATTEMPTS, OPT_VERBOSE };
static const struct cli_option options[] = {
    [OPT_TO] = {"to", "URL", "http://, https:// (PUT or WebDAV) or s3://BUCKET/PREFIX", '\0'},
    [OPT_CA] = {"ca", "FILE", "trust anchors of an https:// server, PEM; default: the system's", '\0'},
    [OPT_ATTEMPTS] = {"attempts", "N", "for each file, with growing pauses; default 5", '\0'},
    [OPT_VERBOSE] = {"verbose", NULL, "a line for each file", 'v'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "publish",
    .arguments = "RESULT --to URL",
    .summary = "Sends what a run wrote to URL/RUN/, where RUN is made of the device's name, the time and the "
               "seed; nothing is "
               "written elsewhere. The last file is 'complete', a list of all others. What is there already, "
               "whole, is not sent "
               "again. Keys are never sent: neither keys/ nor any file that holds a private key.",
    .options = options,
    .more = "Credentials come from the environment, never from the command line:\n"
            "  SIPREUSE_PUBLISH_USER and SIPREUSE_PUBLISH_PASSWORD, or SIPREUSE_PUBLISH_TOKEN, or ~/.netrc "
            "($NETRC) for http and https;\n"
            "  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL "
            "(another server than AWS) for s3.\n\n"
            "Exit status: 0 all is there; 2 usage or a bad file; 3 it could not be sent.\n",
};

static void publish_tell(const char *name, enum publish_outcome outcome, const char *text, void *arg)
{
    const bool *is_verbose = arg;
    switch (outcome) {
    case PUBLISH_SENT:
        if (*is_verbose)
            printf("sent     %s\n", name);
        break;
    case PUBLISH_SKIPPED:
        if (*is_verbose)
            printf("is there %s\n", name);
        break;
    case PUBLISH_WITHHELD:
        printf("withheld %s: it holds a private key\n", name);
        break;
    case PUBLISH_RETRIED:
        fprintf(stderr, "sipreuse: '%s': %s; trying again\n", name, text);
        break;
    }
    fflush(stdout);
}

/* "kamailio-20261126T000150Z-552772163", from result.json. Heap; NULL: reported. */
static char *publish_run_id(const char *folder)
{
    char *path = cli_path_join(folder, "result.json"), *id = NULL;
    json_error_t json_error;
    json_t *result = json_load_file(path, 0, &json_error);
    const char *schema = json_string_value(json_object_get(result, "schema"));
    const char *device = json_string_value(json_object_get(json_object_get(result, "device"), "name"));
    const char *start = json_string_value(json_object_get(result, "start"));
    if (!schema || strcmp(schema, "sipreuse-result/1") != 0 || !device || !start || strlen(start) < 19) {
        cli_fail(
            CLI_USAGE,
            "'%s' is no result that can be published; name the output folder of a run that has ended, or "
            "make its result.json with 'sipreuse report %s'",
            path, folder);
    } else {
        const char *t = start;
        json_int_t seed = json_integer_value(json_object_get(result, "seed"));
        if (asprintf(&id, "%s-%.4s%.2s%.2sT%.2s%.2s%.2sZ-%" JSON_INTEGER_FORMAT, device, t, t + 5, t + 8,
                     t + 11, t + 14, t + 17, seed) < 0)
            id = NULL;
    }
    json_decref(result);
    free(path);
    return id;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

static void publish_read_environment(struct publish_options *publish)
{
    publish->credentials = (struct publish_credentials){
        .user = environment("SIPREUSE_PUBLISH_USER"),
        .password = environment("SIPREUSE_PUBLISH_PASSWORD"),
        .token = environment("SIPREUSE_PUBLISH_TOKEN"),
        .netrc_path = environment("NETRC"),
        .s3_key = environment("AWS_ACCESS_KEY_ID"),
        .s3_secret = environment("AWS_SECRET_ACCESS_KEY"),
        .s3_session = environment("AWS_SESSION_TOKEN"),
    };
    publish->s3_region =
        environment("AWS_REGION") ? environment("AWS_REGION") : environment("AWS_DEFAULT_REGION");
    publish->s3_endpoint = environment("AWS_ENDPOINT_URL_S3") ? environment("AWS_ENDPOINT_URL_S3")
                                                              : environment("AWS_ENDPOINT_URL");
}

static int publish_run(struct publish_options *publish, const char *folder)
{
    struct publish_count count;
    char error[1024] = "", *run_id = publish_run_id(folder);
    if (!run_id)
        return CLI_USAGE;
    publish->folder = folder;
    publish->run_id = run_id;
    publish_read_environment(publish);
    enum publish_status status = publish_folder(publish, &count, error, sizeof error);
    if (status == PUBLISH_DONE)
        printf("%s: %zu files sent (%.1f MB), %zu were there already%s\n", run_id, count.sent,
               (double)count.sent_bytes / 1e6, count.skipped,
               count.withheld ? "; what holds a private key stays here" : "");
    free(run_id);
    if (status == PUBLISH_DONE)
        return CLI_GOOD;
    return cli_fail(status == PUBLISH_BAD_USAGE ? CLI_USAGE : CLI_IMPOSSIBLE, "%s", error);
}

int cli_publish(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    bool is_verbose = false;
    struct publish_options publish = {.on_file = publish_tell, .arg = &is_verbose};
    const char *word = NULL, *value;
    uint64_t attempts = 0;
    struct stat status;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_TO)
            publish.url = value;
        else if (option == OPT_CA)
            publish.ca_path = value;
        else if (option == OPT_VERBOSE)
            is_verbose = true;
        else if (option == OPT_ATTEMPTS && !cli_parse_count("attempts", value, 1, 100, &attempts))
            return CLI_USAGE;
        else if (option == CLI_ARGUMENT && word)
            return cli_fail(CLI_USAGE, "'%s' is one result too many; publish sends one", value);
        else if (option == CLI_ARGUMENT)
            word = value;
    }
    publish.attempts = (unsigned)attempts;
    if (!word || !publish.url)
        return cli_fail(CLI_USAGE, "publish needs %s",
                        word ? "--to URL; name a web folder or a bucket"
                             : "a result; name the output folder of a run");
    if (stat(word, &status) != 0 || !S_ISDIR(status.st_mode))
        return cli_fail(CLI_USAGE, "'%s' is no folder; name the output folder of a run", word);
    return publish_run(&publish, word);
}
