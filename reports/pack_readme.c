#include "reports/pack_readme.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/html.h"

enum { PACK_SHOWN_BYTES_MAX = 4096 };

void pack_put_quoted(FILE *out, const char *text)
{
    fputs("> ", out);
    for (; *text; text++)
        fputs(*text == '\n' ? "\n> " : (const char[]){*text, '\0'}, out);
    fputc('\n', out);
}

/* As a block of code: line ends end lines, what a terminal might obey is named. */
static void put_bytes(FILE *out, const unsigned char *bytes, size_t size_bytes)
{
    while (size_bytes > 0 && (bytes[size_bytes - 1] == '\n' || bytes[size_bytes - 1] == '\r'))
        size_bytes--;
    fputs("\n    ", out);
    for (size_t i = 0; i < size_bytes; i++) {
        if (bytes[i] == '\r' && i + 1 < size_bytes && bytes[i + 1] == '\n')
            continue;
        if (bytes[i] == '\n')
            fputs("\n    ", out);
        else if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            fprintf(out, "\\x%02x", bytes[i]);
        else
            fputc(bytes[i], out);
    }
    fputc('\n', out);
}

static void put_deciding(FILE *out, const struct pack_readme *what, int64_t on)
{
    char seq[24];
    size_t size_bytes = 0;
    snprintf(seq, sizeof seq, "%" PRId64, on);
    const json_t *line = json_object_get(what->deciding, seq);
    const char *text = json_string_value(json_object_get(line, "bytes"));
    unsigned char *bytes = text ? html_base64(text, PACK_SHOWN_BYTES_MAX, &size_bytes) : NULL;
    fprintf(out, "\nDecided by the line of `events.jsonl` with `\"seq\":%" PRId64 "`", on);
    if (bytes && size_bytes > 0) {
        fprintf(out, ", %s the device%s:\n",
                strcmp(report_text(line, "direction"), "in") == 0 ? "which came from" : "which went to",
                size_bytes == PACK_SHOWN_BYTES_MAX ? ", and begins with" : "");
        put_bytes(out, bytes, size_bytes);
    } else {
        fputs(".\n", out);
    }
    free(bytes);
}

/* What the same flow with nothing wrong showed: without it nobody can tell what a pass is worth. */
static void put_control(FILE *out, const struct pack_readme *what, const json_t *control)
{
    for (size_t i = 0; control && i < what->report->entry_count; i++) {
        const struct report_entry *entry = &what->report->entries[i];
        if (strcmp(entry->id, report_text(control, "scenario")) != 0 ||
            strcmp(entry->variant, report_text(control, "variant")) != 0)
            continue;
        fprintf(out, "\nControl, the same flow with nothing wrong: %s %s: %s", entry->id, entry->variant,
                report_verdict_word(entry->word));
        for (size_t k = 0; k < json_array_size(entry->observations); k++) {
            const json_t *one = json_array_get(entry->observations, k);
            fprintf(out, ", %s: %s", report_text(one, "name"), report_text(one, "value"));
        }
        fputs(".\n", out);
    }
}

static void put_packets(FILE *out, const struct pack_readme *what, const struct report_entry *entry)
{
    char *name = report_packets_name(entry->id, entry->variant), *path = NULL;
    if (name && asprintf(&path, "%s/pcap/%s", what->folder, name) >= 0 && access(path, R_OK) == 0)
        fprintf(out, "\nPackets: `pcap/%s`.", name);
    else
        fputs("\nThe run has no file of its packets.", out);
    free(path);
    free(name);
}

static void put_verdict(FILE *out, const struct pack_readme *what, const struct report_entry *entry)
{
    const int64_t on = report_integer(entry->verdict, "on");
    char *command = html_rerun_command(what->report, entry);
    fprintf(out, "\n### %s %s: %s%s\n\n", entry->id, entry->variant, report_verdict_word(entry->word),
            entry->word == REPORT_PASS && !entry->is_exercised ? ", not exercised" : "");
    if (entry->reason[0])
        pack_put_quoted(out, entry->reason);
    else if (entry->word == REPORT_PASS)
        pack_put_quoted(out, "What the rule wants was seen.");
    if (entry->evidence)
        pack_put_quoted(out, entry->evidence);
    if (on > 0)
        put_deciding(out, what, on);
    if (entry->word != REPORT_NOT_APPLICABLE) {
        put_control(out, what, json_object_get(entry->plan, "control"));
        put_packets(out, what, entry);
        fprintf(out, " Run it again:\n\n    %s\n", command ? command : "");
    }
    free(command);
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
    "## How to judge it\n\n";
static const char own_network[] =
    "Names (`*.test`), addresses (198.18.0.0/15, 2001:2::/48), certificates and keys were made for this "
    "run in a network of their\n"
    "own. Every scenario has addresses and names of its own, so a message that shows up on a connection "
    "was sent there by the\n"
    "device. ";
/* Without a sandbox, and across a network. */
static const char shared_network[] =
    "Names (`*.test`), certificates and keys were made for this run. Every scenario has names, and an "
    "address or ports, of its own, so\n"
    "a message that shows up on a connection was sent there by the device. ";
static const char control_text[] =
    "`control` in verdict.json is the same call flow with nothing wrong: where the device does "
    "not reuse a connection in\n"
    "it, a pass is not exercised.\n";

void pack_put_readme(const struct pack_readme *what, FILE *out)
{
    fprintf(out, "# Evidence: %s of %s\n\n%s\n", what->first->id, report_device_name(what->report),
            report_text(what->first->plan, "purpose"));
    fputs("\nThis is part of a test run of connection reuse in SIP (RFC 5923) by sipreuse. It holds what a "
          "verdict rests on, so that it\n"
          "can be judged without the tool and without the tester.\n\n## Verdicts\n",
          out);
    for (size_t i = 0; i < what->report->entry_count; i++)
        if (what->is_wanted[i])
            put_verdict(out, what, &what->report->entries[i]);
    fputs(files, out);
    const char *sandbox = report_text(json_object_get(what->report->run, "environment"), "sandbox");
    bool is_shared = strcmp(sandbox, "remote") == 0 || strcmp(sandbox, "none") == 0;
    fputs(is_shared ? shared_network : own_network, out);
    fputs(control_text, out);
    put_versions(out, what->report);
    if (what->left_out[0])
        fprintf(out, "\n## Left out\n\nFiles that hold private keys:\n%s", what->left_out);
}
