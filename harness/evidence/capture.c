/* The packets of the run's own link, from the kernel's ring to a file, without the kernel's help for more
 * than a few tens of megabytes: what did not fit is counted. */
#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence.h"

enum {
    SNAP_BYTES = 256 << 10, /* whole: a veth carries segments of up to 64 KiB */
    RING_BYTES = 32 << 20,  /* a burst that comes while the loop is busy with handshakes */
    /* The kernel hands a block over after that time, full or not: some 60 blocks then hold what comes while
     * the loop stands still for 6 s, on a machine that is busy with other things. */
    RING_BLOCK_MS = 100,
    PACKETS_PER_READ = 4096, /* so that a flood of packets does not keep the loop from its work */
    DRAIN_TURNS = 20,
    RECORD_BYTES = 16
};

struct capture {
    pcap_t *source;
    pcap_dumper_t *file;
    uint64_t max_bytes;
    struct capture_counts counts;
};

static bool capture_fail(char *error, size_t error_size_bytes, const char *what, const char *why)
{
    snprintf(error, error_size_bytes, "%s: %s", what, why);
    return false;
}

static bool capture_open(struct capture *capture, const char *interface, char *error, size_t error_size_bytes)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    capture->source = pcap_create(interface, why);
    if (!capture->source)
        return capture_fail(error, error_size_bytes, interface, why);
    pcap_set_snaplen(capture->source, SNAP_BYTES);
    pcap_set_buffer_size(capture->source, RING_BYTES);
    pcap_set_timeout(capture->source, RING_BLOCK_MS);
    pcap_set_tstamp_precision(capture->source, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(capture->source);
    if (status < 0)
        return capture_fail(error, error_size_bytes, interface, pcap_statustostr(status));
    if (pcap_datalink(capture->source) != DLT_EN10MB)
        return capture_fail(error, error_size_bytes, interface, "is no Ethernet interface");
    if (pcap_setnonblock(capture->source, 1, why) != 0 || pcap_get_selectable_fd(capture->source) < 0)
        return capture_fail(error, error_size_bytes, interface, "cannot be watched");
    return true;
}

struct capture *capture_new(const char *interface, const char *path, uint64_t max_bytes, char *error,
                            size_t error_size_bytes)
{
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture) {
        capture_fail(error, error_size_bytes, interface, "out of memory");
        return NULL;
    }
    capture->max_bytes = max_bytes;
    if (!capture_open(capture, interface, error, error_size_bytes)) {
        capture_free(capture);
        return NULL;
    }
    capture->file = pcap_dump_open(capture->source, path);
    if (capture->file)
        return capture;
    capture_fail(error, error_size_bytes, path, pcap_geterr(capture->source));
    capture_free(capture);
    return NULL;
}

int capture_fd(const struct capture *capture)
{
    return pcap_get_selectable_fd(capture->source);
}

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct capture *capture = (struct capture *)(void *)user;
    struct capture_counts *counts = &capture->counts;
    counts->packets++;
    if (counts->bytes + RECORD_BYTES + header->caplen > capture->max_bytes) {
        counts->left_out++;
        return;
    }
    counts->bytes += RECORD_BYTES + header->caplen;
    pcap_dump((u_char *)capture->file, header, bytes);
}

bool capture_read(struct capture *capture)
{
    int count = pcap_dispatch(capture->source, PACKETS_PER_READ, on_packet, (u_char *)capture);
    return count >= 0;
}

/* What the kernel counted; everything of it that was not dropped is in the file or on its way there. */
static bool capture_is_behind(struct capture *capture)
{
    struct pcap_stat told = {0};
    if (pcap_stats(capture->source, &told) != 0)
        return false;
    capture->counts.dropped = told.ps_drop;
    return capture->counts.packets + told.ps_drop < told.ps_recv;
}

void capture_end(struct capture *capture, struct capture_counts *counts)
{
    for (int turn = 0; turn < DRAIN_TURNS && capture_is_behind(capture); turn++) {
        struct pollfd fd = {.fd = capture_fd(capture), .events = POLLIN};
        poll(&fd, 1, RING_BLOCK_MS);
        if (!capture_read(capture))
            break;
    }
    capture_is_behind(capture);
    if (pcap_dump_flush(capture->file) != 0)
        capture->counts.error = errno ? errno : EIO;
    *counts = capture->counts;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->file)
        pcap_dump_close(capture->file);
    if (capture->source)
        pcap_close(capture->source);
    free(capture);
}
