/* cli: the commands. One file a command; exit() and words for people are here and nowhere else. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "device/device.h"
#include "reports/page.h"
#include "sandbox/sandbox.h"
#include "scenario/scenario.h"

/* Exit status of every command. */
enum { CLI_GOOD = 0, CLI_FINDING = 1, CLI_USAGE = 2, CLI_IMPOSSIBLE = 3, CLI_INTERRUPTED = 130 };

/* One line on stderr, "sipreuse: " before it; line breaks become blanks. Returns status. */
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A diagnostic about a file as it stands, so that editors find the place. Returns CLI_USAGE. */
int cli_fail_file(const struct diagnostic *diagnostic);

/* ---- options ---- */
struct cli_option {
    const char *name;       /* without "--"; NULL ends the table */
    const char *value_name; /* NULL: takes none */
    const char *help;       /* NULL: hidden */
    char short_name;        /* '\0': none */
};
struct cli_usage {
    const char *command;   /* "run" */
    const char *arguments; /* "--device NAME|FILE [SELECTOR...]" */
    const char *summary;   /* sentences */
    const struct cli_option *options;
    const char *more; /* printed after the options; NULL: nothing */
};
enum { CLI_END = -1, CLI_ARGUMENT = -2, CLI_BAD = -3, CLI_HELP = -4 };
struct cli_parser {
    const struct cli_usage *usage;
    int argc;
    char **argv;
    int at;
    bool has_ended; /* "--" was seen */
};
/* The next option's index in the table, its value in *value; or CLI_ARGUMENT with it; CLI_END; CLI_HELP when
 * the help was printed; CLI_BAD when the mistake was reported. argv[0] is the command's name. */
int cli_next(struct cli_parser *parser, const char **value);
/* All of them, one after the other; take is told CLI_ARGUMENT too, and has reported what it returns false
 * for. CLI_GOOD, CLI_USAGE, or RUN_REQUEST_HELP when the help was printed. */
int cli_take_all(const struct cli_usage *usage, int argc, char **argv,
                 bool (*take)(int option, const char *value, void *arg), void *arg);
void cli_print_help(const struct cli_usage *usage, FILE *out);
/* Whole numbers and positive reals of options; false: reported. */
bool cli_parse_count(const char *option, const char *value, uint64_t least, uint64_t most, uint64_t *out);
/* "30s", "5m", "1h", in milliseconds. */
bool cli_parse_duration(const char *option, const char *value, uint64_t *out_ms);
bool cli_parse_scale(const char *option, const char *value, double *out);

/* ---- where files are ---- */
struct cli_paths {
    /* own_scenarios: beside the shipped ones, when they are no whole catalogue; NULL: none. shipped_devices:
     * where a profile is that is not in devices. */
    char *scenarios, *own_scenarios, *suites, *devices, *shipped_devices, *profile_schema, *baseline_schema;
};
/* $SIPREUSE_DATA, else share/sipreuse beside the program's folder, else the source tree it was built from;
 * folders given on the command line win over that (NULL: none). false: reported. */
bool cli_paths_find(struct cli_paths *paths, const char *scenarios, const char *suites, const char *devices);
void cli_paths_fini(struct cli_paths *paths);
/* The folder that has the profile of that name: the user's own first, then the shipped one; devices when
 * neither. */
const char *cli_devices_of(const struct cli_paths *paths, const char *name);
/* "DIR/NAME", heap; exits when out of memory. */
char *cli_path_join(const char *folder, const char *name);
char *cli_program_path(void); /* heap; NULL with errno */

/* ---- the terminal ---- */
unsigned cli_width(void);
bool cli_is_live(void);     /* a terminal, and not under CI: one line may be redrawn */
bool cli_is_coloured(void); /* likewise, and no NO_COLOR */

/* ---- output folder ---- */
/* Makes DIR, or takes it when it is empty; NULL: ./sipreuse-out/<device>-<UTC time>. Absolute path, heap;
 * NULL: reported, and *status is what to exit with. */
char *cli_out_make(const char *wanted, const char *device_name, int *status);

/* pdf.c: the conformance test report of a run, printed to path, which is named on standard output. */
struct report;
int cli_print_pdf(const struct report *report, const char *path);
/* ---- a device across a network: what the command line says ---- */
struct cli_remote {
    struct net_address device[2]; /* IPv4, IPv6; family 0: none; port 0 */
    uint16_t sip_port, sips_port;
    char host[256];                /* of the last --remote, as it was written, without ports */
    bool is_host_name;             /* and no address */
    struct net_address *addresses; /* of ours; owned */
    size_t address_count;
    uint16_t first_port, last_port, dns_port;
    bool has_no_dns;
    bool is_wanted, has_other_option; /* --remote was given; one that needs it was */
    const char *event_folder, *zone, *trust, *trust_password, *client, *client_password;
};
bool cli_remote_take(struct cli_remote *remote, const char *option, const char *value); /* false: reported */
bool cli_remote_check(struct cli_remote *remote); /* defaults; false: reported */

/* ---- what a run is about ---- */
struct cli_request {
    struct cli_paths paths;
    const char *operator_file; /* NULL: the terminal, if there is one */
    bool is_agreed;            /* --yes */
    const char *device, *suite_name, *out, *rerun, *baseline;
    const char **selectors;
    size_t selector_count;
    char **rerun_selectors; /* of --rerun-failed; NULL-terminated, owned */
    const char **faults;    /* NULL-terminated */
    size_t fault_count;
    const char **whole; /* globs of requirements; count 0: everything is */
    size_t whole_count;
    unsigned transports;
    bool has_ip4, has_ip6, is_strict, is_all_variants, is_thin, is_fail_fast, is_plan_only, is_verbose,
        has_no_pcap, has_no_reports;
    uint64_t jobs, repeat, seed, soak_ms;
    double timeout_scale;
    enum sandbox_mode mode;
    enum net_sctp sctp;        /* as wanted */
    enum net_sctp device_sctp; /* likewise; AUTO: the same */
    struct cli_remote remote;
};
/* Folders of the command line, until the paths are looked for. */
struct cli_folders {
    const char *scenarios, *suites, *devices;
};
/* Takes the options alone; the arrays of request hold argc. CLI_GOOD, or an exit status; reported. */
int run_options_take(struct cli_request *request, struct cli_folders *folders, int argc, char **argv);
enum { RUN_REQUEST_HELP = -1 }; /* the help was printed: nothing is left to do */
/* CLI_GOOD, RUN_REQUEST_HELP, or an exit status when the mistake was reported. run_request_fini in every
 * case. */
int run_request_parse(struct cli_request *request, int argc, char **argv);
void run_request_fini(struct cli_request *request);
/* What it needs from files. */
struct cli_material {
    struct catalogue *catalogue;
    bool is_borrowed; /* the catalogue: somebody else frees it */
    struct suite *suite;
    struct baseline *baseline; /* NULL: none was given */
    struct device_profile *profile;
    struct selection selection;
};
/* Exit status, CLI_GOOD when all is there; else reported. catalogue: to be borrowed; NULL: it is loaded. */
int cli_material_load(struct cli_material *material, struct cli_request *request,
                      struct catalogue *catalogue);
void cli_material_fini(struct cli_material *material);
/* Selectors "id:variant" of what was not decided well in a result; NULL: reported. */
char **cli_rerun_selectors(const char *result);
void cli_strings_free(char **strings);
/* A device by the name of 'sipreuse list devices', or by its profile.json; NULL: reported. */
struct device_profile *cli_profile_load(const struct cli_paths *paths, const char *device);

/* A RESULT, an output folder or the result.json in it, for reports/; NULL: reported. */
struct report_column;
struct report_column *cli_result_open(const char *word);

/* Pages about many results: index.html, event.json, survey.txt. */
struct cli_event {
    const char *folder, *title; /* title NULL: a default one */
    bool is_anonymous, is_published;
    const char **named; /* NULL-terminated */
    const char *const *words;
    size_t word_count;
};
int cli_event_make(const struct cli_event *request); /* exit status */

/* What a run across a network has beside its files. */
struct cli_across {
    struct remote_event *event;
    char *anchor_path, *trust_pem, *client_chain_pem, *client_key_pem;
    struct sandbox_remote site; /* ports: set by the plan */
    struct run_remote *run;
};
/* Opens the event, reads what the user brought. Exit status, CLI_GOOD when all is there; else reported. */
int cli_across_open(struct cli_across *across, const struct cli_remote *remote);
void cli_across_fini(struct cli_across *across);
/* The plan of the run; sets the site's ports. NULL: out of memory. */
struct run_plan *cli_across_plan(struct cli_across *across, const struct cli_request *request,
                                 const struct cli_material *material);
/* The page for the device's operator, to a stream. */
void cli_across_page(const struct cli_across *across, const struct device_profile *profile, FILE *out);
/* A file as text or bytes, at most max; heap with a NUL behind; NULL: reported. */
uint8_t *cli_file_read(const char *path, size_t max_bytes, size_t *size_bytes);

/* ---- consent: commands of profiles that did not come with the program ---- */
void cli_commands_show(const struct device_profile *profile, FILE *out);
/* is_agreed: --yes was given. CLI_GOOD: it may be run; else reported. Remembered where a terminal agreed. */
int cli_consent(const struct device_profile *profile, bool is_agreed);

/* Where a person's keys come from; -1: nobody is there. */
int cli_operator_open(const char *file);
bool cli_operator_is_there(const char *file); /* before anything of a run is made; false: reported */
void cli_operator_close(int fd);

/* ---- progress of a run ---- */
struct run_progress;
struct cli_progress {
    struct page page;
    bool is_live, is_verbose, has_line;
    uint64_t last_ms;
    const char *device;
};
void cli_progress_init(struct cli_progress *progress, const char *device, bool is_verbose);
void cli_progress_show(struct cli_progress *progress, const struct run_progress *state);
void cli_progress_verdict(struct cli_progress *progress, const struct scenario_variant *variant,
                          enum verdict verdict, bool is_exercised, const char *reason);
void cli_progress_message(struct cli_progress *progress, const char *line);
void cli_progress_erase(struct cli_progress *progress);

/* ---- drawing ---- */
/* The call flow of a variant: hosts as columns, time downwards. */
void drawing_print(struct page *page, const struct scenario_variant *variant);

/* ---- commands: argv[0] is the command ---- */
int cli_run(int argc, char **argv);
/* The same with a catalogue that is loaded already, of the folders that the arguments name; borrowed. NULL:
 * it loads its own. */
int cli_run_with(struct catalogue *catalogue, int argc, char **argv);
int cli_list(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_validate(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_baseline(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_publish(int argc, char **argv);
int cli_evidence(int argc, char **argv);
int cli_pics(int argc, char **argv);
int cli_check_device(int argc, char **argv);
int cli_device_new(int argc, char **argv);
int cli_kill_matrix(int argc, char **argv);
int cli_certs(int argc, char **argv);
int cli_probe(int argc, char **argv);

#endif
