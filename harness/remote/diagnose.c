/* From what was seen to one line and the one thing to try. */
#include "remote/remote.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const char *const names[] = {
    [REMOTE_FINE] = "fine",
    [REMOTE_UNREACHABLE] = "unreachable",
    [REMOTE_WRONG_PORT] = "wrong-port",
    [REMOTE_DROPPED] = "dropped",
    [REMOTE_NO_SIP] = "no-sip",
    [REMOTE_NO_TLS] = "no-tls",
    [REMOTE_CLOCK] = "clock",
    [REMOTE_TRUST] = "trust",
    [REMOTE_WANTS_CLIENT] = "wants-client-certificate",
    [REMOTE_NOT_DELEGATED] = "not-delegated",
    [REMOTE_NOT_FOUND_US] = "way-back-dropped",
    [REMOTE_TRUST_BACK] = "trust-back",
    [REMOTE_NOT_FORWARDED] = "not-forwarded",
};

const char *remote_trouble_name(enum remote_trouble trouble)
{
    return names[trouble];
}

static void say(struct remote_diagnosis *out, enum remote_trouble trouble, const char *remedy,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void say(struct remote_diagnosis *out, enum remote_trouble trouble, const char *remedy,
                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    out->trouble = trouble;
    vsnprintf(out->text, sizeof out->text, format, arguments);
    va_end(arguments);
    snprintf(out->remedy, sizeof out->remedy, "%s", remedy);
}

static bool has_answered(const struct contact_facts *facts)
{
    for (size_t i = 0; i < facts->act_count; i++)
        if (facts->acts[i].responses)
            return true;
    return false;
}

static bool is_timeout(const struct contact_facts *facts)
{
    return facts->end.sign == NET_SIGN_TIMEOUT || facts->end.error_number == ETIMEDOUT;
}

static bool shows_life(const struct contact_facts *witness)
{
    return witness && (witness->is_connected || witness->end.error_number == ECONNREFUSED);
}

static void diagnose_connect(const char *where, const char *ip, const struct contact_facts *facts,
                             const struct contact_facts *witness, struct remote_diagnosis *out)
{
    if (facts->end.error_number == ECONNREFUSED)
        say(out, REMOTE_WRONG_PORT, "Name the port on which the device listens: --remote HOST:PORT.",
            "%s answers, but nothing listens on %s.", ip, where);
    else if (is_timeout(facts) && shows_life(witness))
        say(out, REMOTE_DROPPED, "Let this port through the firewall between here and the device.",
            "%s answers on another port, and not at all on %s: a firewall drops what is sent there.", ip,
            where);
    else if (is_timeout(facts))
        say(out, REMOTE_UNREACHABLE, "Check the address, and that 'ping' reaches it.",
            "Nothing at %s answers, neither on %s nor on another port: it is off, the address is wrong, or a "
            "firewall drops everything.",
            ip, where);
    else
        say(out, REMOTE_UNREACHABLE,
            "Check the address and the routes: 'ip route get' with the device's address.",
            "There is no way to %s: %s.", ip, strerror(facts->end.error_number));
}

/* Alerts with which an implementation says that it does not like a certificate (RFC 8446 §6.2). */
static bool is_about_certificate(const struct net_end *end)
{
    enum {
        BAD = 42,
        UNSUPPORTED,
        REVOKED,
        EXPIRED,
        UNKNOWN,
        UNKNOWN_CA = 48,
        ACCESS_DENIED = 49,
        REQUIRED = 116
    };
    return end->sign == NET_SIGN_ALERT &&
           ((end->alert >= BAD && end->alert <= UNKNOWN) || end->alert == UNKNOWN_CA ||
            end->alert == ACCESS_DENIED || end->alert == REQUIRED);
}

static void diagnose_tls(const char *where, const struct contact_facts *facts,
                         const struct contact_facts *wide, const char *anchor_path,
                         struct remote_diagnosis *out)
{
    char remedy[384];
    const char *alert = facts->end.alert_name ? facts->end.alert_name : "an alert";
    bool is_refused =
        is_about_certificate(&facts->end) || (facts->is_ready && facts->was_certificate_requested);
    if (is_refused && wide && has_answered(wide)) {
        say(out, REMOTE_CLOCK, "Set the device's clock (NTP); ours is the one in the report.",
            "%s refuses a certificate that is valid from yesterday on (%s) and takes one that is valid for "
            "twenty "
            "years: the device's clock is wrong.",
            where, alert);
    } else if (is_refused) {
        snprintf(remedy, sizeof remedy,
                 "Install %s on the device as a trust anchor for TLS clients and servers.", anchor_path);
        say(out, REMOTE_TRUST, remedy,
            "%s refuses a certificate of this run's trust anchor (%s): the device trusts another one.", where,
            facts->has_end ? alert : "no answer");
    } else if (facts->is_ready) {
        say(out, REMOTE_NO_SIP, "Look at the device's log: does it answer OPTIONS to its own domain?",
            "%s completes a TLS handshake and answers no OPTIONS.", where);
    } else {
        say(out, REMOTE_NO_TLS, "Name the port of the device's TLS listener: --remote HOST:PORT.",
            "Something listens on %s and completes no TLS handshake: %s.", where, facts->end.text);
    }
}

void remote_diagnose_contact(enum net_transport transport, const struct net_address *to,
                             const struct contact_facts *facts, const struct contact_facts *witness,
                             const struct contact_facts *wide, const char *anchor_path,
                             struct remote_diagnosis *out)
{
    char where[NET_ADDRESS_TEXT_MAX + 8], address[NET_ADDRESS_TEXT_MAX], ip[NET_ADDRESS_TEXT_MAX];
    net_address_format(to, address);
    net_address_format_ip(to, ip);
    snprintf(where, sizeof where, "%s (%s)", address, net_transport_name(transport));
    if (has_answered(facts))
        say(out, REMOTE_FINE, "", "%s answers OPTIONS.", where);
    else if (!facts->is_connected)
        diagnose_connect(where, ip, facts, witness, out);
    else if (facts->foreign[0])
        say(out, REMOTE_NO_SIP, "Name the ports of the device's SIP: --remote HOST:PORT,PORT (TLS, TCP).",
            "%s answers what is no SIP: \"%s\".", where, facts->foreign);
    else if (transport == NET_TLS)
        diagnose_tls(where, facts, wide, anchor_path, out);
    else
        say(out, REMOTE_NO_SIP,
            "Look at the device's log: does it answer OPTIONS to its own domain over TCP?",
            "%s takes connections and answers no OPTIONS%s%s.", where, facts->has_end ? ": " : "",
            facts->has_end ? facts->end.text : "");
}

void remote_diagnose_bare(const struct net_address *to, const struct contact_facts *facts,
                          struct remote_diagnosis *out)
{
    char address[NET_ADDRESS_TEXT_MAX];
    net_address_format(to, address);
    if (has_answered(facts))
        say(out, REMOTE_FINE, "", "%s (tls) answers OPTIONS of a client without a certificate.", address);
    else
        say(out, REMOTE_WANTS_CLIENT,
            "Give the user agent one that the device accepts: --client-cert FILE, with its key; 'sipreuse "
            "certs "
            "export --domain NAME' makes one by the event's anchor.",
            "%s (tls) answers a client with a certificate and refuses one without (%s), as the scenarios' "
            "user "
            "agent is.",
            address,
            facts->end.alert_name ? facts->end.alert_name
            : facts->has_end      ? facts->end.text
                                  : "no answer");
}

/* The device's own refusal, for which it need not have looked for us. 404 may be what it makes of a name
 * that it cannot resolve. */
static bool is_own_answer(unsigned status)
{
    return (status >= 200 && status < 300) || status == 401 || status == 403 || status == 405 ||
           status == 407;
}

void remote_diagnose_way_back(const struct remote_way_back *way, struct remote_diagnosis *out)
{
    char us[NET_ADDRESS_TEXT_MAX], dns[NET_ADDRESS_TEXT_MAX] = "", answer[64] = "nothing", remedy[384];
    net_address_format(&way->us, us);
    if (way->has_dns)
        net_address_format(&way->dns, dns);
    if (way->status)
        snprintf(answer, sizeof answer, "%u", way->status);
    if (way->was_received) {
        say(out, REMOTE_FINE, "", "A request went through the device to %s.", us);
    } else if (way->was_refused) {
        snprintf(remedy, sizeof remedy,
                 "Install %s on the device as a trust anchor for the servers it calls, too.",
                 way->anchor_path);
        say(out, REMOTE_TRUST_BACK, remedy,
            "The device connected to %s and did not accept our server certificate; it answered %s.", us,
            answer);
    } else if (way->came) {
        say(out, REMOTE_NOT_FORWARDED, "Look at the device's log: why did it not send the request?",
            "The device connected to %s and sent no request; it answered %s.", us, answer);
    } else if (is_own_answer(way->status) || (way->status == 404 && (way->was_asked || !way->has_dns))) {
        say(out, REMOTE_NOT_FORWARDED,
            "Let the device relay requests from this address without authentication.",
            "The device answered %s itself instead of forwarding a request to %s.", answer, us);
    } else if (way->has_dns && !way->was_asked) {
        snprintf(
            remedy, sizeof remedy,
            "Add the delegation line of the page for the operator, or have the device's resolver forward the "
            "zone to %s; then 'dig SRV _sips._tcp.%s' there shows a record.",
            dns, way->zone);
        say(out, REMOTE_NOT_DELEGATED, remedy,
            "The device answered %s to a request for %s, and no question about that name reached our DNS "
            "server at "
            "%s.",
            answer, way->zone, dns);
    } else {
        say(out, REMOTE_NOT_FOUND_US,
            "Let the device through to this address and these ports; see the page for "
            "the operator.",
            "The device knows the address %s, and no connection came from it; it answered %s: a firewall "
            "drops on "
            "the way back.",
            us, answer);
    }
}
