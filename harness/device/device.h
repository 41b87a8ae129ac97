/* device: a device under test as its profile describes it: rendered, started, probed ready, watched, stopped.
 *
 * A profile (devices/<name>/profile.json, or any file) says what the device claims, how it is started and how
 * it is made to send. A device without "start" is not started: its stimulus is a program that is the device,
 * or somebody has started it. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document/document.h"
#include "net/net.h"
#include "sandbox/sandbox.h"

enum { DEVICE_DOMAINS_MAX = 32, DEVICE_METHODS_MAX = 8, DEVICE_DIGESTS_MAX = 2 };

/* How it is made to send; the words of the profile's stimulus.kind. NONE: it cannot be. */
enum device_stimulus {
    DEVICE_FORWARD,   /* a proxy is sent a request whose next hop is the harness */
    DEVICE_DIALOG,    /* a user agent is called, and sends by itself then */
    DEVICE_REGISTRAR, /* likewise, over the connection on which it registers, or at its contact */
    DEVICE_COMMAND,   /* a program that the profile names */
    DEVICE_HTTP,      /* a request to its interface */
    DEVICE_OPERATOR,  /* a person */
    DEVICE_NO_STIMULUS
};
/* FORWARD: what tells the proxy its next hop. */
enum device_next_hop { DEVICE_BY_REQUEST_URI, DEVICE_BY_ROUTE, DEVICE_BY_NUMBER };
/* DIALOG, REGISTRAR: what it is sent, and sends after it. */
enum device_call {
    DEVICE_AFTER_REFER,         /* the request that Refer-To asks for */
    DEVICE_AFTER_REFER_IN_CALL, /* likewise, within a call */
    DEVICE_AFTER_SUBSCRIBE,     /* NOTIFY to the subscriber's Contact */
    DEVICE_AFTER_INVITE         /* BYE or re-INVITE to the caller's Contact */
};

/* What the profile claims. Strings belong to the profile. */
struct device_profile {
    char *name, *path, *folder;        /* folder: where its templates are */
    char *title, *kind;                /* kind: "proxy", "ua" */
    char *domains[DEVICE_DOMAINS_MAX]; /* SIP domains it is responsible for, all certified */
    size_t domain_count;
    /* Of an account that it challenges, or with which it registers; NULL: none is known. */
    char *account_user, *account_password;
    char *user;             /* that it answers for; NULL: for the domains themselves */
    bool is_virtual_server; /* two or more domains */
    bool is_stateful, sends_alias, reuses, requests_certificate, has_client_certificate, record_routes,
        takes_crls, claims_5924, challenges, is_multihomed;
    int close_signal;      /* makes it close its connections in good order; 0: it cannot be told */
    bool has_transport[4]; /* by enum net_transport */
    bool has_own_sctp;     /* it can speak SCTP where the kernel has none */
    bool has_ip4, has_ip6;
    unsigned without_tls;                  /* bit per enum net_tls_version: those of 1.2, 1.3 that it lacks */
    size_t jobs;                           /* scenarios at once that it can stand; 0: all */
    bool is_user_agent;                    /* forwards nothing */
    bool accepts_nothing;                  /* never the server of a connection */
    bool locates_nothing;                  /* RFC 3263 is not its business: next hops are addresses */
    char *stimulus;                        /* "forward", "dialog", … */
    enum device_stimulus stimulus_kind;    /* the same */
    enum net_transport stimulus_transport; /* of the UA's connection to it */
    enum device_next_hop next_hop;
    enum device_call call;
    /* REGISTRAR: the algorithms of Digest that it is asked for, the preferred one first; none: it is not
     * asked. */
    char *digests[DEVICE_DIGESTS_MAX];
    size_t digest_count;
    bool calls_contact; /* REGISTRAR: called over a connection to its contact, not over its own */
    char *number_uri;   /* BY_NUMBER: Request-URI with {number} */
    char *event;        /* AFTER_SUBSCRIBE: the package */
    /* The methods that it can be made to send, the usual one first; none: whatever is asked for. */
    char *sends[DEVICE_METHODS_MAX];
    size_t sends_count;
    bool takes_no_sips_uri;         /* its stimulus has no way to name one */
    bool has_start;                 /* it is started by us */
    bool has_configurable_resolver; /* the DNS server's address and port can be put in its configuration */
    struct document *document;
};
/* NAME (found in devices_dir) or FILE. Domains in a profile may hold "{run}". NULL with the diagnostic. */
struct device_profile *device_profile_load(const char *devices_dir, const char *name_or_file,
                                           const char *schema_path, struct diagnostic *diagnostic);
void device_profile_free(struct device_profile *profile);
/* How it learns of the run's DNS server: "in its configuration", "by the system's resolver", ... */
const char *device_resolver_words(const struct device_profile *profile);
/* A domain of a profile with its {run} replaced; heap. */
char *device_domain_in(const char *domain, const char *label);
bool device_domain_is_valid(const char *domain); /* a domain name in lower case, which may hold {run} */
/* Names of profiles in a folder, sorted; heap array of heap strings, NULL at the end. */
char **device_profile_names(const char *devices_dir);
/* What the profile requires is installed (programs are looked up in PATH and the sbin folders). missing gets
 * what is not, and what to do: "kamailio: install the package kamailio". */
bool device_is_available(const struct device_profile *profile, char *missing, size_t missing_size_bytes);

/* A text for each placeholder of templates (@name@) and argv ({name}); "" and NULL: it has no value in this
 * run, as dut_ip6 without IPv6. The caller gives dut_ip4, dut_ip6, sip_port, sips_port, dns_ip, dns_port,
 * domain_one, domain_two, trust_pem, crl_pem, cert_one, key_one, cert_two, key_two (paths), faults (comma
 * list), sctp, run. This folder knows self, config and scratch; scratch may be given too. domain_one is
 * needed by the ready probe. docs/adding-a-device.md says what each is. Copied during device_start(). */
struct device_setting {
    const char *name, *value;
};

/* A text with {placeholder} of settings, and {{. NULL: error holds one sentence. Heap. */
char *device_text_render(const char *text, const struct device_setting *settings, size_t setting_count,
                         char *error, size_t error_size_bytes);
/* The path of a program, in PATH and in the sbin folders that an ordinary user's PATH leaves out; heap, NULL:
 * not there. */
char *device_program_find(const char *name);

enum device_state { DEVICE_STARTING, DEVICE_READY, DEVICE_STOPPED, DEVICE_CRASHED, DEVICE_NEVER_READY };
struct device;
struct device_options {
    struct loop *loop;
    struct net *net;
    const struct sandbox *sandbox;
    const struct device_profile *profile;
    const char *config_dir; /* made; the rendered configuration goes there */
    const struct device_setting *settings;
    size_t setting_count;
    struct net_address probe_from; /* a harness address; its family is the one that the ready probe uses */
    int log_fd;                    /* device.log; output is appended; stays the caller's; -1: none */
    uint64_t ready_timeout_ms;     /* 0: the profile's */
    /* READY: an OPTIONS over TCP got any answer, and a TLS handshake was completed or refused with an alert
     * (each when the profile has that transport). CRASHED: it ended by itself, text says how and with what
     * last words. NEVER_READY: the time passed; it still runs. The device may be freed in on_state, not in
     * on_output. */
    void (*on_state)(struct device *device, enum device_state state, const char *text, void *arg);
    /* Each line of its output; may be NULL. */
    void (*on_output)(struct device *device, const char *line, void *arg);
    void *arg;
};
/* NULL: error holds one sentence (template missing, unknown placeholder with its place, program missing). */
struct device *device_start(const struct device_options *options, char *error, size_t error_size_bytes);
enum device_state device_state(const struct device *device);
/* Asks a READY one over new connections, as the ready probe does, whether it answers still. on_answer follows
 * once when it does, and not at all when it does not, is stopped, or ends. Another question takes the place
 * of the one before. false: no memory. */
bool device_ask(struct device *device, void (*on_answer)(void *arg), void *arg);
/* Asks it to stop (profile's signal), kills it after the profile's time; on_state(STOPPED) follows always,
 * also after CRASHED. */
void device_stop(struct device *device);
/* Tells it to close its connections in good order (profile's controls.close); false: it cannot be told, or
 * has ended. */
bool device_tell_to_close(struct device *device);
void device_free(struct device *device); /* kills what still runs, no callback */
/* Runs the profile's version command for the report; heap, first line, or NULL. Blocking, 5 s at most; before
 * the loop runs. */
char *device_version(const struct device_profile *profile);

#endif
