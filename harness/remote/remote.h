/* remote: a device across a network.
 *
 * event: what stays from run to run, so that a device's operator configures it once: the trust anchor, the
 * zone. check: is the device there, does it trust us, does it find us; and if not, one line that says why and
 * the one thing to try. Sends to the device's address alone. page:  what the device's operator has to
 * configure, to be handed over. */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "contact/contact.h"
#include "dns/dns.h"
#include "net/net.h"

/* ---- event: a folder of its owner's alone (0700) with anchor.pem, anchor.key (0600), zone, label ---- */
enum { REMOTE_LABEL_MAX = 8 };
struct remote_event {
    char *folder;
    char *zone;                   /* "a3kx9q.sipreuse.test", without a trailing dot */
    char label[REMOTE_LABEL_MAX]; /* six letters and digits; stands for {run} in the device's domains */
    char *trust_pem, *key_pem;    /* of the trusted root */
    char fingerprint[65];         /* SHA-256 of it, hexadecimal */
    bool is_new;                  /* made by this call */
};
/* Opens the folder, or makes it. zone NULL: the one that it has, LABEL.sipreuse.test when it is new; another
 * one than it has replaces that. false: error gets one sentence, *out is empty. */
bool remote_event_open(const char *folder, const char *zone, struct remote_event *out, char *error,
                       size_t error_size_bytes);
void remote_event_fini(struct remote_event *event);
/* Writes a file, whole or not at all, readable for its owner alone when it is secret. false: error is set. */
bool remote_write_file(const char *folder, const char *name, const char *text, bool is_secret, char *error,
                       size_t error_size_bytes);

/* ---- diagnosis: pure ---- */
enum remote_trouble {
    REMOTE_FINE,
    REMOTE_UNREACHABLE,  /* no way to the host, or nothing there answers at all */
    REMOTE_WRONG_PORT,   /* the host answers, and nothing listens there */
    REMOTE_DROPPED,      /* the host answers elsewhere, and not at all there: a firewall drops */
    REMOTE_NO_SIP,       /* the connection stands, and OPTIONS is not answered */
    REMOTE_NO_TLS,       /* something listens there and does not speak TLS */
    REMOTE_CLOCK,        /* the device refuses our certificate and takes one that is valid for twenty years */
    REMOTE_TRUST,        /* the device refuses our certificate */
    REMOTE_WANTS_CLIENT, /* the device refuses a client that shows no certificate, as the user agent of the
                            scenarios does */
    REMOTE_NOT_DELEGATED, /* the device answered, and never asked our DNS server */
    REMOTE_NOT_FOUND_US,  /* it asked, and its connection never came: a firewall on the way back */
    REMOTE_TRUST_BACK,    /* it came, and refused our server certificate */
    REMOTE_NOT_FORWARDED  /* it found us, and answered the request itself */
};
const char *remote_trouble_name(enum remote_trouble trouble); /* "wrong-port" */
struct remote_diagnosis {
    enum remote_trouble trouble;
    char text[512];   /* what was seen; one sentence */
    char remedy[384]; /* the one thing to try; one sentence */
};
/* What a contact to the device showed. witness: of another port of the host, when nothing answered at this
 * one; NULL: none was made. wide: the same contact with the long-lived certificate; NULL: none was made. */
void remote_diagnose_contact(enum net_transport transport, const struct net_address *to,
                             const struct contact_facts *facts, const struct contact_facts *witness,
                             const struct contact_facts *wide, const char *anchor_path,
                             struct remote_diagnosis *out);
/* What a contact without a client certificate showed, after one with a certificate had been answered: the
 * user agent of the scenarios is such a client where they are stimulated over TLS. */
void remote_diagnose_bare(const struct net_address *to, const struct contact_facts *facts,
                          struct remote_diagnosis *out);
/* What became of a request that the device was to forward to us. */
struct remote_way_back {
    const char *zone;           /* that it had to resolve */
    struct net_address dns, us; /* where it had to ask, and to connect to */
    bool has_dns;               /* false: it was given a numeric URI */
    bool was_asked, came, was_refused, was_received;
    unsigned status; /* of the device's own answer; 0: none */
    const char *anchor_path;
};
void remote_diagnose_way_back(const struct remote_way_back *way, struct remote_diagnosis *out);

/* ---- check ---- */
struct remote_check;
struct remote_check_options {
    struct net *net;
    struct dns_server *dns; /* NULL: none */
    struct net_address dns_address;
    struct net_address device; /* of one family; its port is of no use */
    uint16_t sip_port, sips_port;
    bool has_tcp, has_tls, is_forwarding;
    enum net_transport stimulus_transport;
    struct net_address us;   /* an address of ours of that family */
    uint16_t port;           /* a port of ours, and the one after it */
    const char *domain;      /* the device's first; stays the caller's */
    const char *zone;        /* of ours, made and removed by the check; below the event's; copied */
    const char *anchor_path; /* for the remedies; stays the caller's */
    /* For host.ZONE, valid from yesterday for a year, and for twenty years; referenced. */
    struct net_credential *credential, *wide;
    struct net_credential *client; /* the vendor's, shown as a client instead; NULL: none */
    void (*on_done)(struct remote_check *check, const struct remote_diagnosis *diagnosis, void *arg);
    void *arg;
};
struct remote_check *remote_check_new(const struct remote_check_options *options); /* NULL: no memory */
/* A question that the DNS server got. */
void remote_check_query(struct remote_check *check, const struct dns_query *query);
void remote_check_free(struct remote_check *check);

/* ---- page ---- */
struct remote_page {
    const struct remote_event *event;
    const char *anchor_path;
    struct net_address device[2]; /* family 0: none */
    uint16_t sip_port, sips_port;
    bool has_tcp, has_tls, has_dns, requests_certificate;
    const struct net_address *addresses; /* of ours */
    size_t address_count;
    uint16_t dns_port, first_port, last_port;
    const char *const *domains;
    size_t domain_count;
    bool has_own_ca;            /* the vendor's certificates are used */
    const char *registers_over; /* "tcp", "tls": it has to register with us; NULL: it has not */
    const char *registers_as;   /* the user whose password it is asked for then; NULL: none */
};
/* In Markdown that reads as text. */
void remote_page_print(const struct remote_page *page, FILE *out);

#endif
