/* `sipreuse evidence`: what is needed to judge a scenario's verdicts elsewhere, in one archive. */
#include "reports/html.h"
#include "reports/pack.h"
#include "reports/reports_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct content {
    const struct report *report;
    const struct report_pack_options *options;
    struct pack *pack;
    bool *is_wanted;  /* by entry: judged here, */
    bool *is_control; /* or what one of these names as its control */
    const struct report_entry *first;
};

static bool is_chosen(const struct report_entry *entry, const struct report_pack_options *options)
{
    return strcmp(entry->id, options->scenario) == 0 &&
           (!options->variant || strcmp(entry->variant, options->variant) == 0);
}

static bool choose(struct content *content)
{
    const struct report *report = content->report;
    for (size_t i = 0; i < report->entry_count; i++)
        if (is_chosen(&report->entries[i], content->options)) {
            content->is_wanted[i] = true;
            content->first = content->first ? content->first : &report->entries[i];
            const json_t *control = json_object_get(report->entries[i].plan, "control");
            for (size_t k = 0; control && k < report->entry_count; k++)
                content->is_control[k] |=
                    strcmp(report->entries[k].id, report_text(control, "scenario")) == 0 &&
                    strcmp(report->entries[k].variant, report_text(control, "variant")) == 0;
        }
    return content->first != NULL;
}

static bool is_part(const struct content *content, size_t entry)
{
    return content->is_wanted[entry] || content->is_control[entry];
}

static bool names_requirement(const struct content *content, const char *id)
{
    const struct report *report = content->report;
    for (size_t i = 0; i < report->entry_count; i++) {
        const struct report_entry *entry = &report->entries[i];
        if (!content->is_wanted[i])
            continue;
        for (size_t k = 0; k < entry->requirement_count; k++)
            if (strcmp(entry->requirements[k], id) == 0)
                return true;
        if (entry->failed_requirement && strcmp(entry->failed_requirement, id) == 0)
            return true;
    }
    return false;
}

/* ---- the journal's part ---- */

/* Lines of the run as a whole, of the variants, and what the device said while one of them was running. */
static bool is_line_wanted(const struct content *content, const json_t *line, size_t *running)
{
    static const char *const general[] = {"run", "capture", "device", "crash", "end"};
    const char *event = report_text(line, "event"), *scenario = report_text(line, "scenario");
    if (strcmp(event, "requirement") == 0)
        return names_requirement(content, report_text(line, "id"));
    if (!scenario[0]) {
        for (size_t i = 0; i < sizeof general / sizeof *general; i++)
            if (strcmp(event, general[i]) == 0)
                return true;
        return *running && strcmp(event, "device-output") == 0;
    }
    char *key = NULL;
    if (asprintf(&key, "%s:%s", scenario, report_text(line, "variant")) < 0)
        return false;
    const json_t *position = json_object_get(content->report->entry_index, key);
    free(key);
    if (!position || !is_part(content, (size_t)json_integer_value(position)))
        return false;
    if (strcmp(event, "scenario-start") == 0)
        ++*running;
    else if (strcmp(event, "verdict") == 0 && *running)
        --*running;
    return true;
}

static void add_journal(struct content *content)
{
    FILE *journal = fopen(content->report->journal_path, "rbe"), *part = tmpfile();
    char *text = NULL;
    size_t capacity = 0, running = 0;
    for (ssize_t size; journal && part && (size = getline(&text, &capacity, journal)) > 0;) {
        json_t *line = json_loadb(text, (size_t)size, 0, NULL);
        if (line && is_line_wanted(content, line, &running))
            fwrite(text, 1, (size_t)size, part);
        json_decref(line);
    }
    if (part)
        pack_add_stream(content->pack, "events.jsonl", part);
    free(text);
    if (journal)
        fclose(journal);
    if (part)
        fclose(part);
}

/* ---- texts ---- */

static void add_verdicts(struct content *content)
{
    json_t *result = report_result_json(content->report), *scenarios = json_array(),
           *requirements = json_array();
    const json_t *all = json_object_get(result, "scenarios"), *rows = json_object_get(result, "requirements");
    for (size_t i = 0; i < json_array_size(all); i++)
        if (is_part(content, i))
            json_array_append(scenarios, json_array_get(all, i));
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (names_requirement(content, report_text(json_array_get(rows, i), "id")))
            json_array_append(requirements, json_array_get(rows, i));
    json_object_set_new(result, "schema", json_string("sipreuse-evidence/1"));
    json_object_set_new(result, "scenarios", scenarios);
    json_object_set_new(result, "requirements", requirements);
    json_object_del(result, "totals");
    char *text = json_dumps(result, JSON_INDENT(1));
    if (text)
        pack_add_text(content->pack, "verdict.json", text);
    free(text);
    json_decref(result);
}

static void put_quoted(FILE *out, const char *text)
{
    fputs("> ", out);
    for (; *text; text++)
        fputs(*text == '\n' ? "\n> " : (const char[]){*text, '\0'}, out);
    fputc('\n', out);
}

static void add_clauses(struct content *content)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return;
    fputs("# The rules that were judged\n", out);
    for (size_t i = 0; i < content->report->row_count; i++) {
        const struct report_row *row = &content->report->rows[i];
        if (!names_requirement(content, row->id))
            continue;
        fprintf(out, "\n## %s (%s%s)\n\n%s\n\n%s, section %s:\n", row->id, report_level_word(row->level),
                row->is_derived ? ", derived: follows from the text, does not stand in it" : "",
                report_text(row->line, "rule"), report_text(row->line, "document"),
                report_text(row->line, "section"));
        put_quoted(out, report_text(row->line, "clause"));
    }
    if (fclose(out) == 0)
        pack_add_text(content->pack, "clauses.md", text);
    free(text);
}

static void put_verdict(FILE *out, const struct report *report, const struct report_entry *entry)
{
    const int64_t on = report_integer(entry->verdict, "on");
    char *command = html_rerun_command(report, entry),
         *packets = report_packets_name(entry->id, entry->variant);
    fprintf(out, "\n### %s %s: %s%s\n\n", entry->id, entry->variant, report_verdict_word(entry->word),
            entry->word == REPORT_PASS && !entry->is_exercised ? ", not exercised" : "");
    if (entry->reason[0])
        put_quoted(out, entry->reason);
    if (entry->evidence)
        put_quoted(out, entry->evidence);
    if (on > 0)
        fprintf(out, "\nDecided by the line of `events.jsonl` with `\"seq\":%" PRId64 "`.\n", on);
    fprintf(out, "\nPackets: `pcap/%s`. Run it again:\n\n    %s\n", packets ? packets : "",
            command ? command : "");
    free(command);
    free(packets);
}

static void put_versions(FILE *out, const struct report *report)
{
    const json_t *run = report->run, *environment = json_object_get(run, "environment"), *value;
    const char *name;
    fprintf(out, "\n## Versions\n\n- device: %s, %s\n- sipreuse %s, suite %s %s, seed %" PRId64 "\n",
            report_device_name(report), report_text(json_object_get(run, "device"), "version"),
            report_text(json_object_get(run, "tool"), "version"),
            report_text(json_object_get(run, "suite"), "name"),
            report_text(json_object_get(run, "suite"), "version"), report_integer(run, "seed"));
    fprintf(out, "- Linux %s, sandbox %s, SCTP %s\n-", report_text(environment, "kernel"),
            report_text(environment, "sandbox"), report_text(environment, "sctp"));
    json_t *libraries = json_object_get(json_object_get(run, "tool"), "libraries");
    json_object_foreach(libraries, name, value)
        fprintf(out, " %s %s", name, json_is_string(value) ? json_string_value(value) : "");
    fprintf(out, "\n- run at %s\n", report_text(run, "time"));
}

static void add_readme(struct content *content, const char *left_out)
{
    static const char files[] =
        "\n## What is in here\n\n"
        "- `verdict.json`: the verdicts and what they are about, for programs; members as in result.json\n"
        "- `clauses.md`: the rules, with the text of the RFC that they rest on\n"
        "- `events.jsonl`: the journal's lines of these scenarios and of their controls, as the run wrote "
        "them: connections with\n"
        "  addresses and certificates, each message (`bytes` is base64), DNS queries, steps, observations. "
        "Numbers in `seq` are\n"
        "  those of the whole journal, so there are gaps\n"
        "- `pcap/`: the same for Wireshark, which needs no further file or option: the TLS sessions' keys "
        "are inside. The interface\n"
        "  `messages` shows each SIP message; the comment of one of them says that it decides\n"
        "- `scenario.json`: the scenario as it is written; docs/writing-scenarios.md of sipreuse explains "
        "the language\n"
        "- `device/`, `device.log`: the device's configuration as it was rendered for the run, and what it "
        "said\n"
        "- `certificates/`: what the run made for the device, without the private keys\n\n"
        "## How to judge it\n\n"
        "Names (`*.test`), addresses (198.18.0.0/15, 2001:2::/48), certificates and keys were made for this "
        "run in a network of their\n"
        "own. Every scenario has addresses and names of its own, so a message that shows up on a connection "
        "was sent there by the\n"
        "device. `control` in verdict.json is the same call flow with nothing wrong: where the device does "
        "not reuse a connection in\n"
        "it, a pass is not exercised.\n";
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return;
    fprintf(out, "# Evidence: %s of %s\n\n%s\n", content->options->scenario,
            report_device_name(content->report), report_text(content->first->plan, "purpose"));
    fputs("\nThis is part of a test run of connection reuse in SIP (RFC 5923) by sipreuse. It holds what a "
          "verdict rests on, so that it\n"
          "can be judged without the tool and without the tester.\n\n## Verdicts\n",
          out);
    for (size_t i = 0; i < content->report->entry_count; i++)
        if (content->is_wanted[i])
            put_verdict(out, content->report, &content->report->entries[i]);
    fputs(files, out);
    put_versions(out, content->report);
    if (left_out[0])
        fprintf(out, "\n## Left out\n\nFiles that hold private keys:\n%s", left_out);
    if (fclose(out) == 0)
        pack_add_text(content->pack, "README.md", text);
    free(text);
}

/* ---- files ---- */

static char *join(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static void add_packets(struct content *content)
{
    for (size_t i = 0; i < content->report->entry_count; i++) {
        const struct report_entry *entry = &content->report->entries[i];
        if (!is_part(content, i))
            continue;
        char *file = report_packets_name(entry->id, entry->variant);
        char *name = file ? join("pcap", file) : NULL,
             *path = name ? join(content->options->folder, name) : NULL;
        if (path)
            pack_add_file(content->pack, name, path);
        free(path);
        free(name);
        free(file);
    }
}

static void add_files(struct content *content, FILE *left_out)
{
    char *device = join(content->options->folder, "device"),
         *log = join(content->options->folder, "device.log");
    char *keys = join(content->options->folder, "keys");
    add_packets(content);
    if (content->options->scenario_path)
        pack_add_file(content->pack, "scenario.json", content->options->scenario_path);
    if (device)
        pack_add_folder(content->pack, "device", device, left_out);
    if (log && pack_add_file(content->pack, "device.log", log) == PACK_SECRET)
        fputs("- `device.log`\n", left_out);
    static const char *const certificates[] = {"trust.pem", "crl.pem", "dut-1.crt", "dut-2.crt"};
    for (size_t i = 0; keys && i < sizeof certificates / sizeof *certificates; i++) {
        char *path = join(keys, certificates[i]), *name = join("certificates", certificates[i]);
        if (path && name)
            pack_add_file(content->pack, name, path);
        free(path);
        free(name);
    }
    free(device);
    free(log);
    free(keys);
}

static void add_all(struct content *content)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *left_out = open_memstream(&text, &size_bytes);
    if (!left_out)
        return;
    add_verdicts(content);
    add_clauses(content);
    add_journal(content);
    add_files(content, left_out);
    if (fclose(left_out) == 0)
        add_readme(content, text);
    free(text);
}

bool report_pack(const struct report *report, const struct report_pack_options *options, char *error,
                 size_t error_size_bytes)
{
    struct content content = {.report = report, .options = options};
    bool is_good = false;
    content.is_wanted = calloc(report->entry_count + 1, sizeof *content.is_wanted);
    content.is_control = calloc(report->entry_count + 1, sizeof *content.is_control);
    if (!content.is_wanted || !content.is_control) {
        snprintf(error, error_size_bytes, "out of memory");
    } else if (!choose(&content)) {
        snprintf(error, error_size_bytes, "the run has no scenario '%s%s%s'", options->scenario,
                 options->variant ? ":" : "", options->variant ? options->variant : "");
    } else {
        content.pack = pack_new(options->path, options->name, (int64_t)time(NULL), error, error_size_bytes);
        if (content.pack) {
            add_all(&content);
            is_good = pack_end(content.pack, error, error_size_bytes);
        }
    }
    free(content.is_wanted);
    free(content.is_control);
    return is_good;
}
