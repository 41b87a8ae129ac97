/* evidence: the journal (events.jsonl), append only, one JSON object a line, each line standing alone; the
 * capture of the run's packets; and the writer of pcapng files.
 *
 * Everything that a report shows is rendered from the journal. Every line has "seq" (from 1), "ns"
 * (monotonic, since the run began) and "event" (the type); the first line has "schema":"sipreuse-journal/1"
 * and the wall time (run/ writes these two as members of its first event, nothing is added here). Written
 * with one write(2) a line, so a killed run loses nothing that had been observed. After a write that failed
 * nothing more is written: what is in the file stays a clean beginning of the run. Schema:
 * reports/schema/journal.schema.json. */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JOURNAL_SCHEMA "sipreuse-journal/1"
enum { JOURNAL_MAX_DEPTH = 16, JOURNAL_MAX_LINE_BYTES = 64 << 20 };

struct journal;
/* Creates the file, which must not exist. NULL with errno. */
struct journal *journal_new(const char *path);
/* Likewise on an open descriptor; it belongs to the journal from here on, also on failure. */
struct journal *journal_new_fd(int fd);
void journal_free(struct journal *journal);
/* errno of the first write that failed (disk full, ...), or ENOMEM, or EMSGSIZE (a line over the maximum); 0
 * while all is well. The run must end with exit 3 then. */
int journal_error(const struct journal *journal);

/* An event is begun, filled member by member, and ended; one at a time. Strings that are not UTF-8 are
 * written with U+FFFD for each bad byte: give bytes off the wire as journal_bytes (base64). NULL strings are
 * written as null. */
void journal_begin(struct journal *journal, const char *event);
void journal_string(struct journal *journal, const char *name, const char *value);
void journal_integer(struct journal *journal, const char *name, int64_t value);
void journal_boolean(struct journal *journal, const char *name, bool value);
void journal_bytes(struct journal *journal, const char *name, const void *bytes, size_t size_bytes);
/* Nesting; name is ignored (may be NULL) inside an array. */
void journal_open_object(struct journal *journal, const char *name);
void journal_open_array(struct journal *journal, const char *name);
void journal_close(struct journal *journal);
/* Writes the line; returns its seq. */
uint64_t journal_end(struct journal *journal);

/* ---- the packets of the sandbox's link ---- */
/* libpcap on one Ethernet interface of this network namespace, into a file of the classic pcap format with
 * nanoseconds. The kernel's ring holds what comes while nobody reads; nothing blocks. */
struct capture;
struct capture_counts {
    uint64_t packets;  /* that came, those of left_out too */
    uint64_t bytes;    /* written */
    uint64_t dropped;  /* by the kernel: the ring was full */
    uint64_t left_out; /* the file had reached max_bytes */
    int error;         /* errno of a write that failed; 0: none */
};
/* NULL: error holds a sentence without its full stop (no right to capture, no such interface, no file). */
struct capture *capture_new(const char *interface, const char *path, uint64_t max_bytes, char *error,
                            size_t error_size_bytes);
int capture_fd(const struct capture *capture); /* to be watched for reading */
/* Takes some of what is there; a level-triggered watch calls again for the rest. false: the interface is
 * gone. */
bool capture_read(struct capture *capture);
/* Waits for what the kernel has counted and not handed over yet (2 s at most), and tells what there was. */
void capture_end(struct capture *capture, struct capture_counts *counts);
void capture_free(struct capture *capture); /* closes the file; NULL is fine */

/* ---- pcapng, for Wireshark ---- */
/* Blocks come in the order of the calls: secrets, interfaces, packets. Errors are kept until pcapng_end().
 * Texts are UTF-8; those over 65,528 bytes are cut. */
enum pcapng_link { PCAPNG_ETHERNET = 1, PCAPNG_EXPORTED_PDU = 252 };
struct pcapng;
/* out stays the caller's. NULL: out of memory. */
struct pcapng *pcapng_new(FILE *out, const char *application, const char *comment);
/* Lines of NSS key log format. */
void pcapng_put_secrets(struct pcapng *file, const char *lines, size_t size_bytes);
/* Returns its number, from 0. Times of its packets are nanoseconds since 1970. */
unsigned pcapng_put_interface(struct pcapng *file, enum pcapng_link link, const char *name,
                              const char *description);
void pcapng_put_packet(struct pcapng *file, unsigned interface, uint64_t time_ns, const void *bytes,
                       size_t size_bytes, size_t original_bytes);
/* A message with its addresses, for a dissector called by name: it is shown whatever its port, transport and
 * encryption were. Of one over 256 KiB the beginning is written. */
struct pcapng_pdu {
    const char *dissector; /* "sip"; 15 bytes at most */
    int family;            /* 4 or 6 */
    uint8_t source_ip[16], destination_ip[16];
    uint16_t source_port, destination_port; /* host order */
    bool is_sctp;                           /* of which the ports are; else TCP */
    const void *bytes;
    size_t size_bytes;
    const char *comment; /* NULL: none */
};
void pcapng_put_pdu(struct pcapng *file, unsigned interface, uint64_t time_ns, const struct pcapng_pdu *pdu);
void pcapng_put_statistics(struct pcapng *file, unsigned interface, uint64_t time_ns, uint64_t received,
                           uint64_t dropped);
/* Frees it. false: something could not be written. */
bool pcapng_end(struct pcapng *file);

#endif
