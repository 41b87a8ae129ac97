/* The PICS and IXIT proforma for connection reuse in SIP (ISO/IEC 9646-7): what the profile claims, as
 * tables. */
#include "reports/pics.h"

#include <string.h>

static const struct pics_item roles[] = {{"role.proxy", "A.1/1", "SIP proxy", "RFC 3261 §16", PICS_CHOICE},
                                         {"role.ua", "A.1/2", "SIP user agent", "RFC 3261 §8", PICS_CHOICE},
                                         {"virtual_server", "A.1/3",
                                          "Is responsible for several domains (virtual server)",
                                          "RFC 5923 §9.3", PICS_OPTIONAL}};
static const struct pics_item transports[] = {
    {"transport.tcp", "A.2/1", "SIP over TCP", "RFC 3261 §18", PICS_MANDATORY},
    {"transport.tls", "A.2/2", "SIP over TLS", "RFC 3261 §26.3.1", PICS_OPTIONAL},
    {"transport.sctp", "A.2/3", "SIP over SCTP", "RFC 4168 §5", PICS_OPTIONAL},
    {"transport.tls-sctp", "A.2/4", "SIP over TLS over SCTP", "RFC 4168 §4", PICS_OPTIONAL}};
static const struct pics_item networks[] = {{"ip.4", "A.3/1", "IPv4", "RFC 791", PICS_CHOICE},
                                            {"ip.6", "A.3/2", "IPv6", "RFC 8200", PICS_CHOICE}};
static const struct pics_item reuse[] = {
    {"sends_alias", "A.4/1", "Puts \"alias\" into the Via of its requests", "RFC 5923 §7", PICS_OPTIONAL},
    {"reuses", "A.4/2", "Sends requests backwards over connections that it accepted", "RFC 5923 §8.2",
     PICS_OPTIONAL}};
static const struct pics_item security[] = {
    {"requests_certificate", "A.5/1", "As a TLS server asks for the client's certificate", "RFC 5923 §9.2",
     PICS_FOR_REUSE},
    {"client_certificate", "A.5/2", "As a TLS client shows a certificate when asked", "RFC 3261 §26.3.1",
     PICS_OPTIONAL},
    {"takes_crls", "A.5/3", "Takes certificate revocation lists", "RFC 5280 §5", PICS_OPTIONAL},
    {"claims_5924", "A.5/4", "Extended key usage id-kp-sipDomain", "RFC 5924", PICS_OPTIONAL},
    {"challenges", "A.5/5", "Challenges requests by Digest", "RFC 3261 §22", PICS_OPTIONAL}};
static const struct pics_item core[] = {
    {"stateful", "A.6/1", "Transaction stateful", "RFC 3261 §16.2", PICS_OPTIONAL},
    {"record_routes", "A.6/2", "Puts itself into Record-Route", "RFC 3261 §16.6", PICS_OPTIONAL}};

#define ITEMS(table) table, sizeof(table) / sizeof *(table)
static const struct pics_table tables[PICS_TABLES] = {
    {"A.1 Roles", ITEMS(roles)},           {"A.2 Transports", ITEMS(transports)},
    {"A.3 Networks", ITEMS(networks)},     {"A.4 Connection reuse", ITEMS(reuse)},
    {"A.5 Certificates", ITEMS(security)}, {"A.6 SIP core", ITEMS(core)}};
static const struct pics_item ixit[IXIT_ITEMS] = {
    {"domains", "B/1", "Domains that the IUT is responsible for", "", PICS_OPTIONAL},
    {"stimulus", "B/2", "How the IUT is made to send a request", "", PICS_OPTIONAL},
    {"stimulus.transport", "B/3", "Transport of the stimulus to the IUT", "", PICS_OPTIONAL},
    {"resolver", "B/4", "How the IUT is given the test's DNS server", "", PICS_OPTIONAL},
    {"start", "B/5", "How the IUT is started", "", PICS_OPTIONAL},
    {"configuration", "B/6", "Where its configuration is", "", PICS_OPTIONAL}};

const struct pics_table *pics_table_at(size_t index)
{
    return &tables[index];
}

const struct pics_item *ixit_item_at(size_t index)
{
    return &ixit[index];
}

const char *pics_status_text(enum pics_status status)
{
    static const char *const texts[] = {"m", "o", "o.1", "c.1"};
    return texts[status];
}

const char *pics_answer(const struct report_pics *pics, const char *key)
{
    for (size_t i = 0; i < pics->count; i++)
        if (strcmp(pics->answers[i].key, key) == 0)
            return pics->answers[i].value;
    return "";
}

bool pics_is_refused(const struct report_pics *pics, const struct pics_item *item)
{
    const bool is_mandatory =
        item->status == PICS_MANDATORY ||
        (item->status == PICS_FOR_REUSE && strcmp(pics_answer(pics, "reuses"), "yes") == 0 &&
         strcmp(pics_answer(pics, "transport.tls"), "yes") == 0);
    return is_mandatory && strcmp(pics_answer(pics, item->key), "no") == 0;
}

/* ---- as text ---- */

/* One cell of a Markdown table: one line, no bar of its own. */
static void put_cell(FILE *out, const char *text)
{
    fputc(' ', out);
    for (; *text; text++)
        if (*text == '|')
            fputs("\\|", out);
        else
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    fputs(" |", out);
}

static void put_item(FILE *out, const struct report_pics *pics, const struct pics_item *item)
{
    const char *answer = pics_answer(pics, item->key);
    fputc('|', out);
    put_cell(out, item->number);
    put_cell(out, item->text);
    if (item->reference[0]) {
        put_cell(out, item->reference);
        put_cell(out, pics_status_text(item->status));
        put_cell(out, pics->count == 0 ? "[ ] yes  [ ] no" : answer[0] ? answer : "not stated");
    } else {
        put_cell(out, pics->count == 0 ? "" : answer[0] ? answer : "not stated");
    }
    fputc('\n', out);
}

bool report_put_pics(const struct report_pics *pics, FILE *out)
{
    const bool is_empty = pics->count == 0;
    fputs("# PICS and IXIT: connection reuse in SIP (RFC 5923)\n\n"
          "Protocol Implementation Conformance Statement and Implementation eXtra Information for Testing, "
          "in the form of ISO/IEC "
          "9646-7.\n\n| Identification | |\n|---|---|\n| Implementation under test (IUT) |",
          out);
    put_cell(out, is_empty ? "" : pics->device);
    fputs("\n| Version |", out);
    put_cell(out, is_empty ? "" : pics->version);
    fputs("\n| Supplier | |\n| Person to ask | |\n| Date | |\n\nStatus: m mandatory; o optional; o.1 at "
          "least one of its table; c.1 "
          "mandatory with A.2/2 and A.4/2, else optional.\n",
          out);
    for (size_t i = 0; i < PICS_TABLES; i++) {
        fprintf(out,
                "\n## %s\n\n| Item | Capability | Reference | Status | Support |\n|---|---|---|---|---|\n",
                tables[i].title);
        for (size_t k = 0; k < tables[i].count; k++)
            put_item(out, pics, &tables[i].items[k]);
    }
    fputs("\n## B IXIT\n\n| Item | Information | Value |\n|---|---|---|\n", out);
    for (size_t i = 0; i < IXIT_ITEMS; i++)
        put_item(out, pics, &ixit[i]);
    return !ferror(out);
}
