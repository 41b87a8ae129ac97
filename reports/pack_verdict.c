/* `sipreuse evidence`: what is needed to judge a scenario's verdicts elsewhere, in one archive. */
#include "reports/pack.h"
#include "reports/pack_readme.h"
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
    json_t *deciding; /* "scenario:variant" → the line of the journal that decided */
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
    const struct report_entry *entry = report_entry_find(content->report, line);
    if (!entry || !is_part(content, (size_t)(entry - content->report->entries)))
        return false;
    if (strcmp(event, "scenario-start") == 0)
        ++*running;
    else if (strcmp(event, "verdict") == 0 && *running)
        --*running;
    return true;
}

/* Of the verdicts that are judged here: the README shows it. */
static void keep_deciding(struct content *content, json_t *line)
{
    const struct report_entry *entry = report_entry_find(content->report, line);
    char seq[24];
    if (!entry || !content->is_wanted[entry - content->report->entries] ||
        report_integer(entry->verdict, "on") <= 0 ||
        report_integer(line, "seq") != report_integer(entry->verdict, "on"))
        return;
    snprintf(seq, sizeof seq, "%" PRId64, report_integer(line, "seq"));
    json_object_set(content->deciding, seq, line);
}

static void add_journal(struct content *content)
{
    FILE *journal = fopen(content->report->journal_path, "rbe"), *part = tmpfile();
    char *text = NULL;
    size_t capacity = 0, running = 0;
    for (ssize_t size; journal && part && (size = getline(&text, &capacity, journal)) > 0;) {
        json_t *line = json_loadb(text, (size_t)size, 0, NULL);
        if (line && is_line_wanted(content, line, &running)) {
            fwrite(text, 1, (size_t)size, part);
            keep_deciding(content, line);
        }
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
        pack_put_quoted(out, report_text(row->line, "clause"));
    }
    if (fclose(out) == 0)
        pack_add_text(content->pack, "clauses.md", text);
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

static void add_readme(struct content *content, const char *left_out)
{
    const struct pack_readme what = {.report = content->report,
                                     .first = content->first,
                                     .is_wanted = content->is_wanted,
                                     .folder = content->options->folder,
                                     .deciding = content->deciding,
                                     .left_out = left_out};
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return;
    pack_put_readme(&what, out);
    if (fclose(out) == 0)
        pack_add_text(content->pack, "README.md", text);
    free(text);
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
    content.deciding = json_object();
    if (!content.is_wanted || !content.is_control || !content.deciding) {
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
    json_decref(content.deciding);
    return is_good;
}
