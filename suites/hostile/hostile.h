/* hostile: a device under test that attacks the harness.
 *
 * It runs the reference device, so that what it leaves alone is served rightly, and in one way (its mode) it
 * does harm: an attacker beside the device opens connections to every harness address that the device has a
 * connection with (attack.c), or what the device itself sends is changed on its way out (corrupt.c), or the
 * device ends or stops at a wrong moment (death.c). Only IPv4 is harmed: the IPv6 worlds of the same run are
 * the uninvolved ones, which must get their right verdicts. One process each, one thread. */
#ifndef HOSTILE_HOSTILE_H
#define HOSTILE_HOSTILE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VICTIMS_MAX = 256, PAYLOAD_MAX_BYTES = 256 * 1024 };

/* ---- victims.c: harness listeners of IPv4, out of the kernel's table of this namespace */
struct victims {
    struct sockaddr_in addresses[VICTIMS_MAX];
    size_t count;
};
/* Adds the SIP ports of each harness address that a connection of ours goes to or comes from. */
void victims_refresh(struct victims *victims);
/* The harness's DNS server as the sandbox's resolv.conf names it. false: none over IPv4. */
bool victims_find_dns(struct sockaddr_in *out);

/* ---- payload.c: endless sequences of bytes; turn counts up from 0 on a connection. Returns how many were
 * put, at most PAYLOAD_MAX_BYTES; 0: nothing more. */
typedef size_t payload_fn(uint8_t *out, uint64_t turn);
payload_fn payload_garbage, payload_endless_header, payload_huge_length, payload_long_lines,
    payload_half_hello, payload_nothing, payload_responses, payload_requests, payload_pings, payload_dns;

/* ---- attack.c */
struct attack {
    const char *mode;
    payload_fn *payload;
    size_t at_once;        /* connections */
    size_t per_write;      /* bytes of one write; 0: as many as go */
    uint64_t turns;        /* payloads of one connection before it is reset; 0: no end */
    bool is_reset_at_once; /* RST as soon as TCP is up */
    bool is_for_dns;
    uint16_t port; /* 0: both SIP ports */
};
const struct attack *attack_find(const char *mode); /* NULL: no such */
/* Never returns. */
void attack_run(const struct attack *attack) __attribute__((noreturn));

/* ---- handshakes.c: the mode full-handshakes; never returns */
void handshakes_run(void) __attribute__((noreturn));

/* ---- corrupt.c: what the device itself sends */
bool corrupt_set_mode(const char *mode); /* false: no such mode */

/* ---- death.c: how and when the device goes */
/* MODE or MODE:TEXT; marker: a file that outlives an instance. false: no such mode. */
bool death_set_mode(const char *mode, const char *marker);
void death_at_start(void);
/* Called with every text that arrives. */
void death_on_text(const uint8_t *bytes, size_t size_bytes);

#endif
