/* scenario: test cases, suites and the requirement catalogue, loaded from JSON, validated, expanded into
 * variants.
 *
 * A scenario file is checked against scenarios/schema/scenario.schema.json (shape) and then for sense (names
 * that exist, DNS lines that parse, certificates without a circle). Expansion makes one variant for each part
 * of the device, transport, TLS version, IP version and case; in a variant every "{case.x}" and every fixed
 * placeholder is replaced, and what only the run knows ("{zone}", "{peer}", …) is left for run/. The language
 * is described in docs/writing-scenarios.md. Everything belongs to the catalogue it was loaded into. */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document/document.h"
#include "net/net.h"
#include "scenario/steps.h"

/* ---- requirements ---- */
enum requirement_level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY, LEVEL_SEED, LEVEL_OBS };
const char *requirement_level_name(enum requirement_level level); /* "MUST", "SHOULD", "MAY", "seed", "obs" */
struct requirement {
    char *id, *document, *section, *rule, *clause, *when, *seen_by, *class_name;
    char *part; /* "client", "server", "both" */
    enum requirement_level level;
    bool is_derived;
    struct strings faults, controls;
};
/* MAY and obs: nothing can fail there, a device's way is only told. */
bool requirement_only_tells(const struct requirement *requirement);

/* ---- the world ---- */
/* A recipe as text; SAN entries "KIND:value" with {placeholders} and \xHH, \0 escapes. */
struct scenario_certificate {
    char *name;
    struct strings san, eku, key_usage;
    char *cn;
    char *key;    /* "ecdsa", "rsa1024", "rsa2048", "rsa3072" */
    char *issuer; /* "trusted", "untrusted", "self" */
    char *name_constraint;
    unsigned intermediates;
    bool omits_intermediates, is_revoked, has_bad_signature, has_sha1_signature, issuer_is_not_ca,
        issuer_lacks_cert_sign, breaks_pathlen, has_key_usage;
    int64_t not_before_s, not_after_s; /* relative to now; both 0: default */
};

struct scenario_actor { /* an instance of the reference implementation in the harness host */
    char *name, *host;
    struct strings domains;      /* SIP domains it serves, with {placeholders} */
    struct strings certificates; /* one name per domain */
    bool reuses;                 /* honours and asks for aliases over TLS */
};

/* ---- scenario and variant ---- */
struct scenario;
struct scenario_variant {
    const struct scenario *scenario;
    char *name;     /* "tls-tls13-ip4-server[-case]" */
    bool is_client; /* the device's part */
    enum net_transport transport;
    enum net_tls_version tls; /* NET_TLS_NONE on TCP */
    int ip;                   /* 4, 6 */
    char *case_name;          /* NULL: none */
    struct strings requirements;
    enum requirement_level level; /* the strictest of its requirements */
    bool is_derived;              /* all of its requirements are */
    char *control_scenario;       /* id; NULL: none */
    char *control_variant;        /* name of the control's variant */
    char *control_shows;          /* observation that it must have made, default "reused" */
    struct strings needs; /* profile claims: "virtual-server", "stateful", "sends-alias", "single-domain",
                             "record-routes", … */
    struct strings hosts; /* one harness address each */
    size_t other_hosts;   /* how many of them, the last ones, have one of the other IP version */
    struct strings dns;   /* zone lines */
    struct scenario_certificate *certificates;
    size_t certificate_count;
    struct scenario_actor *actors;
    size_t actor_count;
    struct scenario_steps steps;
};
struct scenario {
    char *id, *path, *title, *purpose;
    struct strings references; /* public bug references: "OpenSIPS#1651" */
    bool is_slow, is_exclusive;
    struct scenario_variant *variants;
    size_t variant_count;
};

enum { SUITE_HOSTS_MAX = 1000 };
struct suite {
    char *name, *path, *title, *version;
    struct strings selectors, excludes;
    unsigned levels;  /* bit per enum requirement_level, of a variant's strictest requirement; 0: all */
    size_t hosts_max; /* names of its world that a variant may have, without ua and barrier */
    bool includes_slow, only_slow, includes_exclusive, only_exclusive, require_exercised, is_strict;
};

struct catalogue {
    struct requirement *requirements;
    size_t requirement_count;
    struct scenario **scenarios; /* sorted by id */
    size_t scenario_count;
};
/* Loads requirements.json and every scenario below the folder. NULL with the diagnostic of the first bad
 * file. */
struct catalogue *catalogue_load(const char *scenarios_dir, struct diagnostic *diagnostic);
/* Likewise, with the scenarios of another folder beside them, which has neither requirements.json nor schema
 * of its own; own_dir NULL: none. */
struct catalogue *catalogue_load_beside(const char *scenarios_dir, const char *own_dir,
                                        struct diagnostic *diagnostic);
/* For a device that lacks TLS versions (bit per enum net_tls_version): a control over one of them gives way
 * to the same over a version that the device speaks, where there is that. */
void catalogue_fit_controls(struct catalogue *catalogue, unsigned without_tls);
void catalogue_free(struct catalogue *catalogue);
const struct requirement *catalogue_requirement(const struct catalogue *catalogue, const char *id);
const struct scenario *catalogue_scenario(const struct catalogue *catalogue, const char *id);
const struct scenario_variant *scenario_variant_find(const struct scenario *scenario, const char *name);
/* Has random traffic in it, for as long as one wants (the step soak). */
bool scenario_variant_is_soak(const struct scenario_variant *variant);
struct suite *suite_load(const char *suites_dir, const char *name, const struct catalogue *catalogue,
                         struct diagnostic *diagnostic);
void suite_free(struct suite *suite);
/* Names of the suites in a folder; heap array of heap strings, NULL at the end. */
char **suite_names(const char *suites_dir);
/* For `validate`: any file of ours, told apart by its "$schema" or its members: scenario, suite, profile,
 * requirements, recipe. */
bool scenario_validate_file(const char *scenarios_dir, const char *path, struct diagnostic *diagnostic);

/* ---- baseline: failures that are known ---- */
struct baseline_entry {
    char *device;                 /* the profile's name */
    char *requirement, *scenario; /* one of them is NULL */
    char *variant;                /* glob; NULL: all */
    char *verdict;                /* "fail", "inconclusive", "not-exercised" */
    char *reason, *until;         /* until: "2027-03-31", the last day; NULL: no end */
    unsigned line;                /* in the file */
};
struct baseline {
    char *path;
    struct baseline_entry *entries;
    size_t count;
};
/* NULL with the diagnostic; ids and variants have to be the catalogue's. */
struct baseline *baseline_load(const char *path, const char *schema_path, const struct catalogue *catalogue,
                               struct diagnostic *diagnostic);
void baseline_free(struct baseline *baseline);

/* ---- selection: what of a catalogue a run is about ---- */
struct selection_options {
    const struct suite *suite;
    const char *const *selectors; /* globs; with "/" a scenario (or scenario:variant), else a requirement */
    size_t selector_count;
    /* Both suite and selectors: what both choose. Neither: everything that is not slow. A selector that names
     * a variant is not sampled. */
    bool
        suite_yields; /* to a selector of which nothing is in the suite: who names a slow scenario wants it */
    unsigned transports; /* bit per enum net_transport; 0: all */
    bool has_ip4, has_ip6;
    /* What the device lacks, a bit per enum net_tls_version and per IP version: a sample does not hold what
     * can be looked at over another one. */
    unsigned without_tls, without_ip;
    /* IP versions that the device has and the run's hosts lack: a sample holds them, so that the report says
     * what was not seen, and beside them whatever TLS version would not be seen otherwise. */
    unsigned unreachable_ip;
    bool is_all_variants; /* the whole product of TLS and IP versions; else a fixed sample in which each value
                             occurs */
    /* Not NULL: what is about none of these requirements comes in one variant of each part, transport and
     * case. A kill matrix is made of such runs: the fault's own scenarios tell all, the others whether they
     * stay green. */
    const char *const *whole;
    size_t whole_count;
};
struct selection {
    /* Controls of what was chosen included, each once, in catalogue order. */
    const struct scenario_variant **variants;
    size_t count;
};
/* false: a selector that matches nothing, named in error. */
bool selection_make(const struct catalogue *catalogue, const struct selection_options *options,
                    struct selection *out, char *error, size_t error_size_bytes);
void selection_fini(struct selection *selection);

#endif
