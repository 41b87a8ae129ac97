/* contact: one connection to a device, a few acts on it, and what was seen.
 *
 * What `sipreuse probe` and the check before a run across a network are made of. Read-only manners: the only
 * request is OPTIONS. Facts, no judgement. A contact lives until its on_done has come, once and last; it may
 * be freed earlier, and in on_done. One thread, on a struct net. */
#ifndef CONTACT_CONTACT_H
#define CONTACT_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/net.h"

enum contact_act {
    CONTACT_OPTIONS,       /* a request; done with its final response */
    CONTACT_OPTIONS_ALIAS, /* the same with ;alias in its Via (RFC 5923 §7) */
    CONTACT_PIECES,        /* a request written in many pieces (RFC 3261 §18.3) */
    CONTACT_TWO,           /* two requests in one write; done with both responses */
    CONTACT_PING,          /* CRLF CRLF; done with a CRLF (RFC 5626 §4.4.1), or after ping_ms */
    CONTACT_IDLE,          /* nothing for idle_ms; done then, or when the connection ends */
    CONTACT_CLOSE          /* close_notify and FIN, or FIN; done with the device's end, or after answer_ms */
};
enum { CONTACT_ACTS_MAX = 8, CONTACT_TEXT_MAX = 160, CONTACT_CERTIFICATE_MAX_BYTES = 16 << 10 };

struct contact_act_result {
    bool is_begun;      /* the connection lived long enough */
    bool is_answered;   /* what the act waits for came */
    unsigned status;    /* of the last response; 0: none */
    unsigned responses; /* final ones */
    bool has_date;      /* the response had a Date that could be read */
    int64_t date_s;     /* seconds since the epoch */
    uint64_t took_ms;
};
struct contact_facts {
    bool is_connected;     /* TCP is up */
    bool is_ready;         /* and TLS */
    bool has_end;          /* the device, or the network, ended it */
    struct net_end end;    /* the first sign */
    bool has_close_notify; /* among the signs */
    bool has_fin, has_rst; /* likewise */
    struct contact_act_result acts[CONTACT_ACTS_MAX];
    size_t act_count;
    char foreign[CONTACT_TEXT_MAX];  /* first line of what came and is no SIP, unprintable bytes as '?'; "" */
    char software[CONTACT_TEXT_MAX]; /* Server or User-Agent of a response, unprintable bytes as '?'; "" */
    /* TLS */
    enum net_tls_version version; /* NET_TLS_NONE: no handshake, or TCP */
    char cipher_suite[CONTACT_TEXT_MAX];
    bool was_certificate_requested;
    size_t certificate_count;                           /* shown by the device */
    uint8_t certificate[CONTACT_CERTIFICATE_MAX_BYTES]; /* the leaf, DER */
    size_t certificate_bytes;                           /* 0: none, or too large */
    uint64_t ready_ms;                                  /* from the beginning until is_ready */
};

struct contact;
struct contact_options {
    struct net *net;
    enum net_transport transport;
    struct net_address from, to;
    struct net_tls_options tls; /* as of net_connect(); copied by it */
    const char *domain;         /* of the Request-URI "sip:DOMAIN"; copied */
    const char *uri;            /* the whole Request-URI instead; NULL: none; copied */
    uint16_t sent_by_port;      /* in Via beside from; never the connection's own port */
    const enum contact_act *acts;
    size_t act_count;                                 /* 0: the handshake alone */
    uint64_t connect_ms, answer_ms, ping_ms, idle_ms; /* 0: 5,000; 4,000; 2,000; 10,000 */
    void (*on_done)(struct contact *contact, const struct contact_facts *facts, void *arg);
    void *arg;
};
/* NULL with errno when no socket could be made. */
struct contact *contact_new(const struct contact_options *options);
void contact_free(struct contact *contact); /* NULL is fine; no callback follows */
/* "Wed, 26 Nov 2026 01:02:03 GMT" (RFC 3261 §20.17) in seconds since the epoch; false: no such date. */
bool contact_parse_date(const char *text, int64_t *out);

#endif
