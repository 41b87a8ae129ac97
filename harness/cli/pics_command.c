/* `sipreuse pics`: what a profile claims, as the PICS and IXIT proforma that conformance testing knows. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "reports/reports.h"

enum { OPT_EMPTY, OPT_DEVICES, ANSWERS_MAX = 32, TEXTS_MAX = 8 };
static const struct cli_option options[] = {
    [OPT_EMPTY] = {"empty", NULL, "the proforma to be filled in; needs no device", '\0'},
    [OPT_DEVICES] = {"devices", "DIR", "profiles from another folder", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "pics",
    .arguments = "DEVICE|--empty",
    .summary = "Prints what a device's profile claims as a PICS and IXIT proforma (ISO/IEC 9646-7), in "
               "Markdown. DEVICE is a "
               "name of 'sipreuse list devices', or a profile.json.",
    .options = options,
    .more = "Exit status: 0 printed; 2 usage or a bad file; 3 it could not be printed.",
};

struct answers {
    struct report_pics_answer items[ANSWERS_MAX];
    size_t count;
    char *texts[TEXTS_MAX];
    size_t text_count;
};

static void answer(struct answers *answers, const char *key, const char *value)
{
    answers->items[answers->count++] = (struct report_pics_answer){key, value};
}

static void answer_bool(struct answers *answers, const char *key, bool value)
{
    answer(answers, key, value ? "yes" : "no");
}

static void answer_domains(struct answers *answers, const struct device_profile *profile)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return;
    for (size_t i = 0; i < profile->domain_count; i++)
        fprintf(out, "%s%s", i ? ", " : "", profile->domains[i]);
    fclose(out);
    answers->texts[answers->text_count++] = text;
    answer(answers, "domains", text);
}

static void answers_fill(struct answers *answers, const struct device_profile *profile)
{
    answer_bool(answers, "role.proxy", !profile->is_user_agent);
    answer_bool(answers, "role.ua", profile->is_user_agent);
    answer_bool(answers, "virtual_server", profile->is_virtual_server);
    answer_bool(answers, "transport.tcp", profile->has_transport[NET_TCP]);
    answer_bool(answers, "transport.tls", profile->has_transport[NET_TLS]);
    answer_bool(answers, "transport.sctp", profile->has_transport[NET_SCTP]);
    answer_bool(answers, "transport.tls-sctp", profile->has_transport[NET_TLS_SCTP]);
    answer_bool(answers, "ip.4", profile->has_ip4);
    answer_bool(answers, "ip.6", profile->has_ip6);
    answer_bool(answers, "sends_alias", profile->sends_alias);
    answer_bool(answers, "reuses", profile->reuses);
    answer_bool(answers, "requests_certificate", profile->requests_certificate);
    answer_bool(answers, "client_certificate", profile->has_client_certificate);
    answer_bool(answers, "takes_crls", profile->takes_crls);
    answer_bool(answers, "claims_5924", profile->claims_5924);
    answer_bool(answers, "challenges", profile->challenges);
    answer_bool(answers, "stateful", profile->is_stateful);
    answer_bool(answers, "record_routes", profile->record_routes);
    answer_domains(answers, profile);
    answer(answers, "stimulus", profile->stimulus);
    answer(answers, "stimulus.transport", net_transport_name(profile->stimulus_transport));
    answer(answers, "resolver", device_resolver_words(profile));
    answer(answers, "start", profile->has_start ? "by the test suite" : "by its operator");
    answer(answers, "configuration", profile->folder);
}

static int pics_print(const struct report_pics *pics)
{
    if (report_put_pics(pics, stdout) && fflush(stdout) == 0)
        return CLI_GOOD;
    return cli_fail(CLI_IMPOSSIBLE, "the proforma could not be written; free some space");
}

static int pics_of_device(const char *name, const char *devices)
{
    struct cli_paths paths;
    struct answers answers = {0};
    if (!cli_paths_find(&paths, NULL, NULL, devices))
        return CLI_USAGE;
    int status = CLI_USAGE;
    struct device_profile *profile = cli_profile_load(&paths, name);
    if (profile) {
        char *version = device_version(profile);
        answers_fill(&answers, profile);
        const struct report_pics pics = {.device = profile->title ? profile->title : profile->name,
                                         .version = version ? version : "not stated",
                                         .answers = answers.items,
                                         .count = answers.count};
        status = pics_print(&pics);
        free(version);
    }
    for (size_t i = 0; i < answers.text_count; i++)
        free(answers.texts[i]);
    device_profile_free(profile);
    cli_paths_fini(&paths);
    return status;
}

int cli_pics(int argc, char **argv)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *device = NULL, *devices = NULL, *value;
    bool is_empty = false;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return CLI_GOOD;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == OPT_EMPTY)
            is_empty = true;
        else if (option == OPT_DEVICES)
            devices = value;
        else if (device)
            return cli_fail(CLI_USAGE, "'%s' is one device too many; pics takes one", value);
        else
            device = value;
    }
    const struct report_pics empty = {.count = 0};
    if (is_empty && device)
        return cli_fail(CLI_USAGE, "--empty is about no device; leave out one of the two");
    if (is_empty)
        return pics_print(&empty);
    if (!device)
        return cli_fail(CLI_USAGE, "pics needs a device ('sipreuse list devices' shows them), or --empty");
    return pics_of_device(device, devices);
}
