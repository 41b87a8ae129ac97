/* `sipreuse device-new`: asks what has to be known of a device, or takes it from flags. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/new_device.h"

enum {
    OPT_KIND,
    OPT_STIMULUS,
    OPT_START,
    OPT_CONFIG,
    OPT_DOMAINS,
    OPT_TRANSPORTS,
    OPT_IP,
    OPT_RESOLVER,
    OPT_IN,
    OPT_COUNT
};
static const struct cli_option options[] = {
    [OPT_KIND] = {"kind", "KIND", "proxy, or ua (a user agent: it forwards nothing)", '\0'},
    [OPT_STIMULUS] = {"stimulus", "KIND",
                      "how it is made to send: forward, dialog, registrar, command, http, operator, none",
                      '\0'},
    [OPT_START] = {"start", "COMMAND", "what starts it, in the foreground; '' when nothing does", '\0'},
    [OPT_CONFIG] = {"config", "FILE", "a configuration file to begin from; '' when it has none", '\0'},
    [OPT_DOMAINS] = {"domains", "1|2", "how many SIP domains; two make a virtual server", '\0'},
    [OPT_TRANSPORTS] = {"transport", "LIST", "of tcp,tls,sctp,tls-sctp", '\0'},
    [OPT_IP] = {"ip", "4|6|4,6", "IP versions", '\0'},
    [OPT_RESOLVER] = {"resolver", "KIND",
                      "system, configurable (its configuration names the DNS server), or none (it locates no "
                      "servers)",
                      '\0'},
    [OPT_IN] = {"in", "DIR", "folder that gets the new one (default: .)", '\0'},
    {NULL, NULL, NULL, '\0'},
};
static const struct cli_usage usage = {
    .command = "device-new",
    .arguments = "NAME [options]",
    .summary =
        "Writes NAME/profile.json with comments, its configuration as a template, and a check list. What "
        "no option says is asked on a terminal, and takes its default elsewhere.",
    .options = options,
};

/* What there is to know, in the order in which it is asked. */
static const struct {
    int option;
    const char *question, *fallback;
    const char *choices[8]; /* none: any text */
} questions[] = {
    {OPT_KIND, "Does it forward requests (proxy), or is it a user agent (ua)?", "proxy", {"proxy", "ua"}},
    {OPT_STIMULUS,
     "How is it made to send: forward, dialog, registrar, command, http, operator, none?",
     NULL,
     {"forward", "dialog", "registrar", "command", "http", "operator", "none"}},
    {OPT_START, "What command starts it, in the foreground?", "", {NULL}},
    {OPT_CONFIG, "A configuration file to begin from?", "", {NULL}},
    {OPT_DOMAINS, "How many SIP domains is it responsible for, 1 or 2?", "1", {"1", "2"}},
    {OPT_TRANSPORTS, "Which transports?", "tcp,tls", {NULL}},
    {OPT_IP, "Which IP versions?", "4", {"4", "6", "4,6"}},
    {OPT_RESOLVER,
     "Who resolves names for it: system, configurable, none?",
     "system",
     {"system", "configurable", "none"}},
};
enum { QUESTIONS = sizeof questions / sizeof questions[0], ANSWER_MAX = 4096 };

static bool is_choice(size_t question, const char *answer)
{
    const char *const *choices = questions[question].choices;
    for (size_t i = 0; i < 8 && choices[i]; i++)
        if (strcmp(choices[i], answer) == 0)
            return true;
    return !choices[0];
}

static bool is_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !(strchr(".-", *c) && c > name))
            return false;
    return *name && strlen(name) <= 64;
}

/* What each option was given or answered; empty texts are answers too. */
struct answers {
    char text[OPT_COUNT][ANSWER_MAX];
    bool is_there[OPT_COUNT];
};

static bool put(struct answers *answers, int option, const char *text)
{
    size_t length = strlen(text);
    if (length >= ANSWER_MAX)
        return false;
    memcpy(answers->text[option], text, length + 1);
    answers->is_there[option] = true;
    return true;
}

/* Until it is one of the choices; false: nobody answers. */
static bool ask(struct answers *answers, size_t question, const char *fallback)
{
    char line[ANSWER_MAX];
    for (;;) {
        printf("%s [%s] ", questions[question].question, fallback);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            return false;
        line[strcspn(line, "\n")] = '\0';
        if (!*line)
            return put(answers, questions[question].option, fallback);
        if (is_choice(question, line))
            return put(answers, questions[question].option, line);
        printf("'%s' is none of these.\n", line);
    }
}

static const char *fallback_of(size_t question, const struct answers *answers)
{
    if (questions[question].option == OPT_STIMULUS)
        return strcmp(answers->text[OPT_KIND], "ua") == 0 ? "dialog" : "forward";
    return questions[question].fallback;
}

static int complete(struct answers *answers)
{
    bool is_asked = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    for (size_t i = 0; i < QUESTIONS; i++) {
        int option = questions[i].option;
        const char *fallback = fallback_of(i, answers);
        if (!answers->is_there[option] &&
            !(is_asked ? ask(answers, i, fallback) : put(answers, option, fallback)))
            return cli_fail(CLI_USAGE, "no answer; nothing was written");
        if (!is_choice(i, answers->text[option]))
            return cli_fail(CLI_USAGE,
                            "--%s '%s' is not possible; 'sipreuse device-new --help' lists what is",
                            options[option].name, answers->text[option]);
    }
    return CLI_GOOD;
}

static int parse(int argc, char **argv, const char **name, struct answers *answers)
{
    struct cli_parser parser = {.usage = &usage, .argc = argc, .argv = argv};
    const char *value;
    for (int option; (option = cli_next(&parser, &value)) != CLI_END;) {
        if (option == CLI_HELP)
            return RUN_REQUEST_HELP;
        if (option == CLI_BAD)
            return CLI_USAGE;
        if (option == CLI_ARGUMENT && *name)
            return cli_fail(CLI_USAGE, "device-new takes one name; leave out '%s'", value);
        if (option == CLI_ARGUMENT)
            *name = value;
        else if (!put(answers, option, value))
            return cli_fail(CLI_USAGE, "--%s is longer than %d bytes", options[option].name, ANSWER_MAX);
    }
    if (!*name)
        return cli_fail(CLI_USAGE, "device-new needs a name for the device");
    if (!is_name(*name))
        return cli_fail(CLI_USAGE, "'%s' is no name for a profile; use a-z, 0-9, '.' and '-'", *name);
    return CLI_GOOD;
}

static int write_it(const struct answers *answers, const char *name)
{
    char *folder = cli_path_join(answers->is_there[OPT_IN] ? answers->text[OPT_IN] : ".", name);
    int status = new_device_write(&(struct new_device){.name = name,
                                                       .folder = folder,
                                                       .kind = answers->text[OPT_KIND],
                                                       .stimulus = answers->text[OPT_STIMULUS],
                                                       .start = answers->text[OPT_START],
                                                       .config = answers->text[OPT_CONFIG],
                                                       .domains = answers->text[OPT_DOMAINS],
                                                       .transports = answers->text[OPT_TRANSPORTS],
                                                       .ip = answers->text[OPT_IP],
                                                       .resolver = answers->text[OPT_RESOLVER]});
    if (status == CLI_GOOD)
        printf("%s/profile.json and %s/CHECKLIST.md are written. Next: read the check list, then sipreuse "
               "check-device %s/profile.json\n",
               folder, folder, folder);
    free(folder);
    return status;
}

int cli_device_new(int argc, char **argv)
{
    struct answers answers = {0};
    const char *name = NULL;
    int status = parse(argc, argv, &name, &answers);
    if (status == CLI_GOOD)
        status = complete(&answers);
    if (status == CLI_GOOD)
        status = write_it(&answers, name);
    return status == RUN_REQUEST_HELP ? CLI_GOOD : status;
}
