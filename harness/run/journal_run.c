/* What the journal says of the run as a whole. Members are those of reports/schema/journal.schema.json. */
#include "run/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

static void write_time(struct journal *journal)
{
    struct timespec now;
    struct tm utc;
    char day[32], text[48];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%03ldZ", day, now.tv_nsec / 1000000);
    journal_string(journal, "time", text);
}

static const char *engine_name(enum net_sctp engine)
{
    return net_sctp_name(engine == NET_SCTP_BESIDE ? NET_SCTP_USERLAND : engine);
}

static void write_engines(struct journal *journal, const struct run_options *options)
{
    bool is_cross = options->sctp != options->device_sctp;
    char *both =
        text_format("%s (device: %s)", engine_name(options->sctp), engine_name(options->device_sctp));

    journal_string(journal, "sctp", is_cross ? both : engine_name(options->sctp));
    free(both);
}

static void write_environment(const struct run *run)
{
    struct journal *journal = run->journal;
    struct utsname system;

    journal_open_object(journal, "environment");
    journal_string(journal, "kernel", uname(&system) ? NULL : system.release);
    journal_string(journal, "sandbox", sandbox_mode_name(sandbox_mode(run->options->sandbox)));
    write_engines(journal, run->options);
    journal_close(journal);
}

static void write_suite(const struct run *run)
{
    const struct suite *suite = run->options->suite;
    struct journal *journal = run->journal;

    journal_open_object(journal, "suite");
    journal_string(journal, "name", suite ? suite->name : NULL);
    journal_string(journal, "version", suite ? suite->version : NULL);
    journal_boolean(journal, "strict", suite && suite->is_strict);
    journal_boolean(journal, "require_exercised", suite && suite->require_exercised);
    journal_close(journal);
}

static void write_claims(struct journal *journal, const struct device_profile *profile)
{
    static const enum net_transport transports[] = {NET_TCP, NET_TLS, NET_SCTP, NET_TLS_SCTP};
    const struct {
        const char *name;
        bool is_claimed;
    } claims[] = {{"virtual_server", profile->is_virtual_server},
                  {"stateful", profile->is_stateful},
                  {"sends_alias", profile->sends_alias},
                  {"reuses", profile->reuses},
                  {"requests_certificate", profile->requests_certificate},
                  {"client_certificate", profile->has_client_certificate},
                  {"record_routes", profile->record_routes},
                  {"takes_crls", profile->takes_crls},
                  {"claims_5924", profile->claims_5924},
                  {"challenges", profile->challenges},
                  {"multihomed", profile->is_multihomed}};

    journal_open_object(journal, "claims");
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        journal_boolean(journal, claims[i].name, claims[i].is_claimed);
    journal_open_array(journal, "transports");
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        if (profile->has_transport[transports[i]])
            journal_string(journal, NULL, net_transport_name(transports[i]));
    journal_close(journal);
    journal_close(journal);
}

/* What the device's owner says of publication: it goes where the results go. */
static void write_publication(struct journal *journal, const struct device_profile *profile)
{
    const struct document_value *publication =
        document_member(document_root(profile->document), "publication");
    const struct document_value *redact = document_member(publication, "redact");

    if (!publication)
        return;
    journal_open_object(journal, "publication");
    journal_boolean(journal, "named", document_boolean(document_member(publication, "named")));
    journal_open_array(journal, "redact");
    for (size_t i = 0; i < document_count(redact); i++)
        journal_string(journal, NULL, document_string(document_at(redact, i)));
    journal_close(journal);
    journal_close(journal);
}

static void write_device(const struct run *run)
{
    const struct device_profile *profile = run->options->profile;
    struct journal *journal = run->journal;
    /* A program of that name on this machine is not the one across the network. */
    char *version = run->options->remote ? NULL : device_version(profile);

    journal_open_object(journal, "device");
    journal_string(journal, "name", profile->name);
    journal_string(journal, "version", version);
    journal_string(journal, "profile", profile->path);
    journal_string(journal, "kind", profile->kind);
    journal_open_array(journal, "ip");
    if (profile->has_ip4)
        journal_integer(journal, NULL, 4);
    if (profile->has_ip6)
        journal_integer(journal, NULL, 6);
    journal_close(journal);
    journal_string(journal, "stimulus", profile->stimulus);
    journal_string(journal, "stimulus_transport", net_transport_name(profile->stimulus_transport));
    journal_string(journal, "resolver", device_resolver_words(profile));
    journal_string(journal, "start", profile->has_start ? "by the test suite" : "by its operator");
    journal_open_array(journal, "domains");
    for (size_t i = 0; i < run->domain_count; i++)
        journal_string(journal, NULL, run->domains[i]);
    journal_close(journal);
    write_claims(journal, profile);
    write_publication(journal, profile);
    if (run->options->device_faults) {
        journal_open_array(journal, "faults");
        for (const char *const *fault = run->options->device_faults; *fault; fault++)
            journal_string(journal, NULL, *fault);
        journal_close(journal);
    }
    journal_close(journal);
    free(version);
}

void journal_run_head(struct run *run)
{
    struct journal *journal = run->journal;

    journal_begin(journal, "run");
    journal_string(journal, "schema", "sipreuse-journal/1");
    write_time(journal);
    journal_open_object(journal, "tool");
    journal_string(journal, "version", SIPREUSE_VERSION);
    versions_write(journal);
    journal_close(journal);
    write_environment(run);
    write_suite(run);
    write_device(run);
    journal_integer(journal, "seed", (int64_t)run->options->seed);
    journal_integer(journal, "repeat", run->options->repeat ? run->options->repeat : 1);
    journal_string(journal, "label", run->label);
    journal_open_array(journal, "command");
    for (const char *const *word = run->options->command_line; word && *word; word++)
        journal_string(journal, NULL, *word);
    journal_close(journal);
    journal_end(journal);
}

static void write_baseline_entry(struct journal *journal, const struct baseline_entry *entry)
{
    journal_open_object(journal, NULL);
    journal_integer(journal, "line", entry->line);
    journal_string(journal, "device", entry->device);
    journal_string(journal, "requirement", entry->requirement);
    journal_string(journal, "scenario", entry->scenario);
    journal_string(journal, "variant", entry->variant);
    journal_string(journal, "verdict", entry->verdict);
    journal_string(journal, "reason", entry->reason);
    journal_string(journal, "until", entry->until);
    journal_close(journal);
}

/* Whole, other devices' entries too: the report has to be able to say that none is about this one. */
static void write_baseline(const struct run *run)
{
    const struct baseline *baseline = run->options->baseline;

    if (!baseline)
        return;
    journal_begin(run->journal, "baseline");
    journal_string(run->journal, "file", baseline->path);
    journal_open_array(run->journal, "entries");
    for (size_t i = 0; i < baseline->count; i++)
        write_baseline_entry(run->journal, &baseline->entries[i]);
    journal_close(run->journal);
    journal_end(run->journal);
}

static bool is_touched(const struct run_plan *plan, const char *requirement)
{
    for (size_t i = 0; i < plan->count; i++)
        if (match_strings_have(&plan->entries[i].variant->requirements, requirement))
            return true;
    return false;
}

static void write_requirement(struct journal *journal, const struct requirement *requirement)
{
    journal_begin(journal, "requirement");
    journal_string(journal, "id", requirement->id);
    journal_string(journal, "level", requirement_level_name(requirement->level));
    journal_boolean(journal, "derived", requirement->is_derived);
    journal_string(journal, "document", requirement->document);
    journal_string(journal, "section", requirement->section);
    journal_string(journal, "rule", requirement->rule);
    journal_string(journal, "clause", requirement->clause);
    journal_string(journal, "class", requirement->class_name);
    journal_end(journal);
}

static void write_control(struct journal *journal, const struct scenario_variant *variant)
{
    if (!variant->control_scenario) {
        journal_string(journal, "control", NULL);
        return;
    }
    journal_open_object(journal, "control");
    journal_string(journal, "scenario", variant->control_scenario);
    journal_string(journal, "variant", variant->control_variant);
    journal_string(journal, "shows", variant->control_shows);
    journal_close(journal);
}

static void write_alternatives(struct journal *journal, const struct scenario_step *step)
{
    for (size_t i = 0; i < step->expect.count; i++) {
        const struct scenario_alternative *alternative = &step->expect.alternatives[i];
        char *words = scenario_alternative_words(alternative);

        journal_open_object(journal, NULL);
        journal_integer(journal, "line", step->line);
        journal_string(journal, "words", words);
        journal_string(journal, "verdict",
                       alternative->verdict == VERDICT_NONE ? NULL : verdict_name(alternative->verdict));
        journal_close(journal);
        free(words);
    }
}

/* What each expect and check waits for, and what it would mean: reports show it beside what was seen. */
static void write_expectations(struct journal *journal, const struct scenario_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct scenario_step *step = &steps->items[i];

        if (step->verb == STEP_EXPECT || step->verb == STEP_CHECK)
            write_alternatives(journal, step);
        if (step->verb == STEP_REPEAT)
            write_expectations(journal, &step->repeat.steps);
        for (size_t k = 0; step->verb == STEP_PARALLEL && k < step->parallel.count; k++)
            write_expectations(journal, &step->parallel.branches[k]);
    }
}

static void write_plan_entry(struct journal *journal, const struct run_plan_entry *entry)
{
    const struct scenario_variant *variant = entry->variant;

    journal_begin(journal, "plan");
    journal_string(journal, "scenario", variant->scenario->id);
    journal_string(journal, "variant", variant->name);
    journal_string(journal, "title", variant->scenario->title);
    journal_string(journal, "purpose", variant->scenario->purpose);
    journal_open_array(journal, "requirements");
    for (size_t i = 0; i < variant->requirements.count; i++)
        journal_string(journal, NULL, variant->requirements.items[i]);
    journal_close(journal);
    journal_string(journal, "level", requirement_level_name(variant->level));
    journal_boolean(journal, "derived", variant->is_derived);
    write_control(journal, variant);
    journal_boolean(journal, "exclusive", variant->scenario->is_exclusive);
    journal_boolean(journal, "slow", variant->scenario->is_slow);
    journal_open_array(journal, "expects");
    write_expectations(journal, &variant->steps);
    journal_close(journal);
    journal_boolean(journal, "runs", entry->runs);
    if (!entry->runs) {
        journal_string(journal, "because", entry->because);
        journal_string(journal, "reason", entry->reason);
    }
    journal_end(journal);
}

void journal_run_plan(struct run *run)
{
    const struct catalogue *catalogue = run->options->catalogue;
    const struct run_plan *plan = run->options->plan;

    write_baseline(run);
    for (size_t i = 0; catalogue && i < catalogue->requirement_count; i++)
        if (is_touched(plan, catalogue->requirements[i].id))
            write_requirement(run->journal, &catalogue->requirements[i]);
    for (size_t i = 0; i < plan->count; i++)
        write_plan_entry(run->journal, &plan->entries[i]);
}

static int64_t peak_memory_bytes(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) ? 0 : (int64_t)usage.ru_maxrss * 1024;
}

void journal_run_end(struct run *run, bool is_complete, const char *outcome)
{
    journal_begin(run->journal, "end");
    journal_boolean(run->journal, "complete", is_complete);
    journal_string(run->journal, "outcome", outcome);
    if (run->failure)
        journal_string(run->journal, "reason", run->failure);
    journal_integer(run->journal, "peak_memory_bytes", peak_memory_bytes());
    if (run->dropped)
        journal_integer(run->journal, "dropped", (int64_t)run->dropped);
    if (run->output_dropped)
        journal_integer(run->journal, "output_lines_dropped", (int64_t)run->output_dropped);
    journal_end(run->journal);
}

void journal_run_text(struct run *run, const char *event, const char *state, const char *text)
{
    journal_begin(run->journal, event);
    journal_integer(run->journal, "instance", run->instances);
    if (state)
        journal_string(run->journal, "state", state);
    journal_string(run->journal, "text", text);
    journal_end(run->journal);
}

static int64_t ms_since_start(const struct run *run, uint64_t ns)
{
    return ns > run->start_ns ? (int64_t)((ns - run->start_ns) / 1000000) : 0;
}

void journal_run_verdict(struct run *run, const struct job *job)
{
    const struct outcome *outcome = &job->outcome;
    struct journal *journal = run->journal;

    journal_begin(journal, "verdict");
    journal_string(journal, "scenario", job->variant->scenario->id);
    journal_string(journal, "variant", job->variant->name);
    if (run->options->repeat > 1)
        journal_integer(journal, "round", job->round + 1);
    journal_string(journal, "verdict", verdict_name(outcome->verdict));
    journal_boolean(journal, "exercised", outcome->is_exercised);
    journal_string(journal, "because", outcome->because);
    journal_string(journal, "reason", outcome->reason);
    journal_string(journal, "requirement", outcome->requirement);
    journal_integer(journal, "start_ms", ms_since_start(run, job->start_ns));
    journal_integer(journal, "duration_ms",
                    ms_since_start(run, job->end_ns) - ms_since_start(run, job->start_ns));
    if (outcome->on)
        journal_integer(journal, "on", (int64_t)outcome->on);
    if (outcome->step)
        journal_integer(journal, "step", outcome->step);
    if (outcome->field_count) {
        journal_open_array(journal, "fields");
        for (size_t i = 0; i < outcome->field_count; i++)
            journal_string(journal, NULL, outcome->fields[i]);
        journal_close(journal);
    }
    if (job->is_second)
        journal_boolean(journal, "second_try", true);
    journal_end(journal);
}

void journal_run_retry(struct run *run, const struct job *job)
{
    journal_begin(run->journal, "retry");
    journal_string(run->journal, "scenario", job->variant->scenario->id);
    journal_string(run->journal, "variant", job->variant->name);
    journal_string(run->journal, "verdict", verdict_name(job->outcome.verdict));
    journal_string(run->journal, "reason", job->outcome.reason);
    if (job->outcome.on)
        journal_integer(run->journal, "on", (int64_t)job->outcome.on);
    journal_end(run->journal);
}
