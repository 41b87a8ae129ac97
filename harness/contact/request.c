/* The requests of a contact and the responses to them. */
#include "contact/contact_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { REQUEST_MAX_BYTES = 4096, PIECE_BYTES = 16 };

bool contact_make_token(struct contact *contact)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    snprintf(contact->token, sizeof contact->token, "%016llx", (unsigned long long)random);
    return true;
}

static size_t write_request(struct contact *contact, bool has_alias, char *out, size_t size_bytes)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    struct net_address local = *net_connection_local(contact->connection);
    net_address_format_ip(&local, ip);
    const char *open = local.family == 6 ? "[" : "", *close = local.family == 6 ? "]" : "";
    uint16_t port =
        contact->sent_by_port ? contact->sent_by_port : net_transport_default_port(contact->transport);
    unsigned number = ++contact->requests;
    int length = snprintf(out, size_bytes,
                          "OPTIONS %s SIP/2.0\r\n"
                          "Via: SIP/2.0/%s %s%s%s:%u;branch=z9hG4bK%s.%u%s\r\n"
                          "Max-Forwards: 70\r\n"
                          "From: <sip:sipreuse@%s%s%s>;tag=%s\r\n"
                          "To: <%s>\r\n"
                          "Call-ID: %s.%u\r\n"
                          "CSeq: %u OPTIONS\r\n"
                          "User-Agent: sipreuse\r\n"
                          "Content-Length: 0\r\n\r\n",
                          contact->uri, net_transport_is_secure(contact->transport) ? "TLS" : "TCP", open, ip,
                          close, (unsigned)port, contact->token, number, has_alias ? ";alias" : "", open, ip,
                          close, contact->token, contact->uri, contact->token, number, number);
    return length > 0 && (size_t)length < size_bytes ? (size_t)length : 0;
}

bool contact_send_requests(struct contact *contact, enum contact_act act)
{
    char text[2 * REQUEST_MAX_BYTES];
    size_t size_bytes = write_request(contact, act == CONTACT_OPTIONS_ALIAS, text, REQUEST_MAX_BYTES);
    if (size_bytes && act == CONTACT_TWO) {
        size_t more = write_request(contact, false, text + size_bytes, REQUEST_MAX_BYTES);
        size_bytes = more ? size_bytes + more : 0;
    }
    if (!size_bytes)
        return false;
    size_t piece = act == CONTACT_PIECES ? PIECE_BYTES : size_bytes;
    for (size_t at = 0; at < size_bytes; at += piece) {
        size_t left = size_bytes - at;
        if (net_connection_write(contact->connection, text + at, left < piece ? left : piece) != 0)
            return false;
    }
    return true;
}

/* ---- responses ---- */
bool contact_parse_date(const char *text, int64_t *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = {0};
    char month[4];
    if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec) != 6)
        return false;
    const char *at = strstr(months, month);
    if (strlen(month) != 3 || !at || (at - months) % 3 != 0)
        return false;
    tm.tm_mon = (int)(at - months) / 3;
    tm.tm_year -= 1900;
    *out = (int64_t)timegm(&tm);
    return true;
}

static void keep_software(struct contact_facts *facts, const struct sip_message *message)
{
    const char *text = sip_message_header(message, "Server");
    if (!text)
        text = sip_message_header(message, "User-Agent");
    if (!text || facts->software[0])
        return;
    snprintf(facts->software, sizeof facts->software, "%s", text);
    for (char *at = facts->software; *at; at++)
        if (!isprint((unsigned char)*at))
            *at = '?';
}

void contact_keep_foreign(struct contact *contact, const uint8_t *bytes, size_t size_bytes)
{
    char *out = contact->facts.foreign;
    size_t used = 0;
    if (out[0])
        return;
    for (; used < size_bytes && used + 1 < sizeof contact->facts.foreign; used++) {
        if (bytes[used] == '\r' || bytes[used] == '\n')
            break;
        out[used] = isprint(bytes[used]) ? (char)bytes[used] : '?';
    }
    out[used] = '\0';
}

static bool is_ours(const struct contact *contact, const struct sip_message *message)
{
    const char *call_id = sip_message_header(message, "Call-ID");
    return call_id && strncmp(call_id, contact->token, strlen(contact->token)) == 0;
}

void contact_take_message(struct contact *contact, struct contact_act_result *act,
                          const struct sip_frame *frame)
{
    struct sip_message *message = NULL;
    if (sip_message_parse(frame->bytes, frame->size_bytes, &message) != SIP_OK) {
        contact_keep_foreign(contact, frame->bytes, frame->size_bytes);
        return;
    }
    if (!message->is_request && message->status >= 200 && is_ours(contact, message)) {
        const char *date = sip_message_header(message, "Date");
        act->responses++;
        act->status = message->status;
        act->has_date |= date && contact_parse_date(date, &act->date_s);
        act->is_answered = act->responses >= (contact->acts[contact->act] == CONTACT_TWO ? 2u : 1u);
        keep_software(&contact->facts, message);
    }
    sip_message_free(message);
}
