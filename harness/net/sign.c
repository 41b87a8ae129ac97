#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/net_private.h"

const char *net_sign_name(enum net_sign sign)
{
    switch (sign) {
    case NET_SIGN_NONE:
        return "none";
    case NET_SIGN_FIN:
        return "fin";
    case NET_SIGN_RST:
        return "rst";
    case NET_SIGN_CLOSE_NOTIFY:
        return "close_notify";
    case NET_SIGN_ALERT:
        return "alert";
    case NET_SIGN_CONNECT_FAILED:
        return "connect_failed";
    case NET_SIGN_HANDSHAKE_FAILED:
        return "handshake_failed";
    case NET_SIGN_TIMEOUT:
        return "timeout";
    case NET_SIGN_ERROR:
        return "error";
    case NET_SIGN_SHUTDOWN:
        return "shutdown";
    case NET_SIGN_ABORT:
        return "abort";
    case NET_SIGN_SILENCE:
        return "silence";
    }
    return "none";
}

const char *net_alert_name(int alert)
{
    /* RFC 8446 §6, and what RFC 5246, 5054, 6066, 7301 and 8446 have retired or added. */
    static const struct {
        int alert;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {21, "decryption_failed"},
        {22, "record_overflow"},
        {30, "decompression_failure"},
        {40, "handshake_failure"},
        {41, "no_certificate"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {60, "export_restriction"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {100, "no_renegotiation"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {111, "certificate_unobtainable"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {114, "bad_certificate_hash_value"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].alert == alert)
            return names[i].name;
    }
    return "alert";
}

void net_connection_sign(struct net_connection *connection, enum net_sign sign, int alert, int error_number,
                         const char *text)
{
    struct net_end end = {.sign = sign,
                          .alert = alert,
                          .alert_name = alert >= 0 ? net_alert_name(alert) : NULL,
                          .error_number = error_number};
    snprintf(end.text, sizeof end.text, "%s", text);
    connection->last_sign = end;
    if (net_connection_is_alive(connection) && connection->events.on_sign)
        connection->events.on_sign(connection, &end, connection->arg);
}

void net_connection_fail(struct net_connection *connection, enum net_sign sign, int alert, int error_number,
                         const char *text)
{
    if (connection->phase == NET_PHASE_FAILED || connection->phase == NET_PHASE_CLOSED)
        return;
    net_slot_release(connection);
    if (connection->timer && !connection->is_closing)
        loop_timer_stop(connection->timer);
    connection->phase = NET_PHASE_FAILED;
    connection->read_errno = connection->write_errno = 0;
    net_connection_sign(connection, sign, alert, error_number, text);
}

static enum net_sign sign_of_errno(const struct net_connection *connection, int error_number)
{
    bool is_reset = error_number == ECONNRESET || error_number == EPIPE;
    if (!connection->ops->keeps_messages)
        return is_reset ? NET_SIGN_RST : NET_SIGN_ERROR;
    return is_reset ? NET_SIGN_ABORT : error_number == ETIMEDOUT ? NET_SIGN_SILENCE : NET_SIGN_ERROR;
}

void net_connection_fail_errno(struct net_connection *connection, int error_number, const char *doing)
{
    char text[160];
    enum net_sign sign = sign_of_errno(connection, error_number);
    const char *what = sign == NET_SIGN_RST       ? "the peer reset the connection"
                       : sign == NET_SIGN_ABORT   ? "the peer aborted the association"
                       : sign == NET_SIGN_SILENCE ? "the peer no longer answered on any of its addresses"
                                                  : strerror(error_number);
    snprintf(text, sizeof text, "%s while %s", what, doing);
    net_connection_fail(connection, sign, -1, error_number, text);
}
