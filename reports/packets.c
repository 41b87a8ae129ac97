/* pcap/<scenario>.<variant>.pcapng: the keys of the variant's TLS sessions, its packets, and each SIP message
 * once more as an exported PDU, so that Wireshark shows SIP whatever the port, the transport and the
 * encryption. */
#include "reports/packets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/evidence.h"
#include "reports/html.h"

enum { PDU_BYTES_MAX = 16 << 20 };

/* "/" becomes "-"; what no id of ours has becomes "_": what a foreign journal calls a scenario must not lead
 * out of the folder. */
static void put_plain(FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (; *text; text++)
        fputc(*text == '/' ? '-' : strchr(plain, *text) ? *text : '_', out);
}

char *report_packets_name(const char *scenario, const char *variant)
{
    char *name = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&name, &size_bytes);
    if (!out)
        return NULL;
    put_plain(out, scenario);
    fputc('.', out);
    put_plain(out, variant);
    fputs(".pcapng", out);
    return fclose(out) == 0 ? name : NULL;
}

static char *section_comment(const struct packets *packets, const struct report_entry *entry)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return NULL;
    fprintf(out, "%s %s: %s. %s\n%s", entry->id, entry->variant, report_verdict_word(entry->word),
            entry->reason, report_text(entry->plan, "title"));
    int64_t on = report_integer(entry->verdict, "on");
    if (on > 0)
        fprintf(out, "\nDecided by line %" PRId64 " of events.jsonl.", on);
    if (!packets->capture)
        fputs("\nNo packets were captured: this file has the SIP messages alone.", out);
    if (packets->missing)
        fprintf(out, "\nOf the run's %" PRIu64 " packets, %" PRIu64 " are missing.", packets->received,
                packets->missing);
    if (packets->left_out)
        fprintf(out, "\nThe run had too much for such files: %zu packets or messages were left out.",
                packets->left_out);
    return fclose(out) == 0 ? text : NULL;
}

static char *message_comment(const struct report_entry *entry, const json_t *line)
{
    const char *name = report_text(line, "name");
    const int64_t seq = report_integer(line, "seq");
    const bool decides = seq == report_integer(entry->verdict, "on");
    char *text = NULL;
    if (asprintf(&text, "events.jsonl line %" PRId64 ", %s, connection %" PRId64 "%s%s%s%s%s%s", seq,
                 strcmp(report_text(line, "direction"), "in") == 0 ? "from the device" : "to the device",
                 report_integer(line, "connection"), name[0] ? " (" : "", name, name[0] ? ")" : "",
                 decides ? "\nThis message decides: " : "", decides ? report_verdict_word(entry->word) : "",
                 decides && entry->reason[0] ? ". The reason stands in the section's comment." : "") < 0)
        return NULL;
    return text;
}

static void pdu_set_ends(struct pcapng_pdu *pdu, const struct packets_address *from,
                         const struct packets_address *to)
{
    pdu->family = from->family;
    memcpy(pdu->source_ip, from->ip, sizeof pdu->source_ip);
    memcpy(pdu->destination_ip, to->ip, sizeof pdu->destination_ip);
    pdu->source_port = from->port;
    pdu->destination_port = to->port;
}

/* The bytes that an item stands for, in *buffer. */
static bool read_item(FILE *file, const struct packets_item *item, char **buffer, size_t *capacity_bytes)
{
    if (!*buffer || item->size_bytes + 1U > *capacity_bytes) {
        char *larger = realloc(*buffer, item->size_bytes + 1U);
        if (!larger)
            return false;
        *buffer = larger;
        *capacity_bytes = item->size_bytes + 1U;
    }
    (*buffer)[item->size_bytes] = '\0';
    return pread(fileno(file), *buffer, item->size_bytes, (off_t)item->offset) == (ssize_t)item->size_bytes;
}

static void put_message(struct pcapng *file, unsigned interface, const struct packets *packets,
                        const struct packets_item *item, const char *text)
{
    const struct report_entry *entry = &packets->report->entries[item->entry];
    const struct packets_connection *connection = &packets->connections[item->original_bytes];
    json_t *line = json_loadb(text, item->size_bytes, 0, NULL);
    const bool is_incoming = strcmp(report_text(line, "direction"), "in") == 0;
    struct pcapng_pdu pdu = {.dissector = "sip", .is_sctp = connection->is_sctp};
    char *comment = message_comment(entry, line);
    const char *encoded = report_text(line, "bytes");
    uint8_t *bytes =
        strlen(encoded) > PDU_BYTES_MAX ? NULL : html_base64(encoded, PDU_BYTES_MAX, &pdu.size_bytes);
    pdu.comment = comment;
    pdu.bytes = bytes;
    pdu_set_ends(&pdu, is_incoming ? &connection->remote : &connection->local,
                 is_incoming ? &connection->local : &connection->remote);
    if (bytes)
        pcapng_put_pdu(file, interface, item->time_ns, &pdu);
    free(bytes);
    free(comment);
    json_decref(line);
}

/* All keys of the variant, as one block: they have to come before the packets. */
static void put_keys(struct pcapng *file, const struct packets *packets, const struct packets_item *items,
                     size_t count, char **buffer, size_t *capacity_bytes)
{
    char *lines = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&lines, &size_bytes);
    for (size_t i = 0; out && i < count && items[i].kind == PACKETS_KEYS; i++)
        if (read_item(packets->keys, &items[i], buffer, capacity_bytes))
            fwrite(*buffer, 1, items[i].size_bytes, out);
    if (out && fclose(out) == 0 && size_bytes)
        pcapng_put_secrets(file, lines, size_bytes);
    free(lines);
}

static bool put_variant(FILE *out, const struct packets *packets, const struct packets_item *items,
                        size_t count)
{
    const struct report_entry *entry = &packets->report->entries[items[0].entry];
    char *comment = section_comment(packets, entry), *application = NULL, *buffer = NULL;
    size_t capacity_bytes = 0;
    unsigned link = 0;
    if (asprintf(&application, "sipreuse %s",
                 report_text(json_object_get(packets->report->run, "tool"), "version")) < 0)
        application = NULL;
    struct pcapng *file = pcapng_new(out, application, comment);
    free(application);
    free(comment);
    if (!file)
        return false;
    put_keys(file, packets, items, count, &buffer, &capacity_bytes);
    if (packets->capture)
        link = pcapng_put_interface(file, PCAPNG_ETHERNET, "sandbox",
                                    "the link between the harness and the device");
    const unsigned messages = pcapng_put_interface(file, PCAPNG_EXPORTED_PDU, "messages",
                                                   "each SIP message as the harness sent or received it");
    for (size_t i = 0; i < count; i++) {
        const struct packets_item *item = &items[i];
        if (item->kind == PACKETS_FRAME && read_item(packets->capture, item, &buffer, &capacity_bytes))
            pcapng_put_packet(file, link, item->time_ns, buffer, item->size_bytes, item->original_bytes);
        else if (item->kind == PACKETS_MESSAGE && read_item(packets->journal, item, &buffer, &capacity_bytes))
            put_message(file, messages, packets, item, buffer);
    }
    if (packets->capture)
        pcapng_put_statistics(file, link, items[count - 1].time_ns, packets->received, packets->missing);
    free(buffer);
    return pcapng_end(file);
}

static bool write_variant(const struct packets *packets, const char *folder, const struct packets_item *items,
                          size_t count)
{
    const struct report_entry *entry = &packets->report->entries[items[0].entry];
    char *name = report_packets_name(entry->id, entry->variant), *path = NULL;
    struct report_output output;
    bool is_good = name && asprintf(&path, "%s/%s", folder, name) >= 0 && report_output_begin(&output, path);
    if (is_good) {
        is_good = put_variant(output.file, packets, items, count);
        is_good = report_output_end(&output, is_good);
    }
    free(name);
    free(path);
    return is_good;
}

static FILE *open_beside(const char *folder, const char *name)
{
    char *path = NULL;
    FILE *file = asprintf(&path, "%s/%s", folder, name) >= 0 ? fopen(path, "rbe") : NULL;
    free(path);
    return file;
}

static void packets_fini(struct packets *packets)
{
    FILE *const files[] = {packets->journal, packets->capture, packets->keys};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i])
            fclose(files[i]);
    json_decref(packets->hosts);
    json_decref(packets->zones);
    json_decref(packets->connection_ids);
    free(packets->connections);
    free(packets->items);
}

bool report_write_packets(const struct report *report, const char *folder)
{
    struct packets packets = {.report = report,
                              .journal = fopen(report->journal_path, "rbe"),
                              .capture = open_beside(folder, "pcap/run.pcap"),
                              .keys = open_beside(folder, "keys/tls.keylog")};
    char *below = NULL;
    bool is_good = packets.journal && asprintf(&below, "%s/pcap", folder) >= 0;
    if (is_good && !packets_index(&packets)) {
        errno = ENOMEM;
        is_good = false;
    }
    if (is_good && packets.item_count)
        is_good = mkdir(below, 0755) == 0 || errno == EEXIST;
    for (size_t first = 0, next; is_good && first < packets.item_count; first = next) {
        for (next = first + 1;
             next < packets.item_count && packets.items[next].entry == packets.items[first].entry;)
            next++;
        is_good = write_variant(&packets, below, packets.items + first, next - first);
    }
    int error = errno;
    packets_fini(&packets);
    free(below);
    errno = error;
    return is_good;
}
