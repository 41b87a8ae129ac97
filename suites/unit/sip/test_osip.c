/* A second opinion: libosip2's parser on messages of our own must read what ours reads. Never bytes from
 * elsewhere: version 5.3.0 has CVE-2022-41550. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <osipparser2/osip_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef SIP_OK /* status 200 there */

struct message_row {
    char text[1400];
};

static const struct message_row BOTH_PARSERS_AGREE[] = {
    {"OPTIONS sip:one.dut.test SIP/2.0\r\n"
     "Via: SIP/2.0/TLS peer.a.test:5081;branch=z9hG4bK1;alias\r\n"
     "From: \"Ann\" <sip:ann@a.test>;tag=1\r\n"
     "To: <sip:one.dut.test>\r\n"
     "Call-ID: 1@a.test\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"},
    {"INVITE sips:bob:pw@b.test:5071;transport=tcp;lr SIP/2.0\r\n"
     "v: SIP/2.0/TCP p.test;branch=z9hG4bK2;received=192.0.2.1, SIP/2.0/TLS "
     "[2001:db8::1]:5061;branch=z9hG4bK1\r\n"
     "Via: SIP/2.0/SCTP r.test;branch=z9hG4bK0\r\n"
     "Record-Route: <sip:p.test;lr>, <sip:q.test;lr>\r\n"
     "Route: <sip:b.test;lr>\r\n"
     "f: sip:ann@a.test;tag=fr-1\r\n"
     "t: \"Bob, \\\"the\\\" builder\" <sip:bob@b.test>;tag=to.1\r\n"
     "m: <sip:ann@192.0.2.4:5062;transport=tls>;q=0.5, \"x\" <sip:ann@[::1]>\r\n"
     "i: 843817637684230@998sdasdh09\r\nCSeq: 4294967 INVITE\r\nMax-Forwards: 9\r\n"
     "c: application/sdp\r\nl: 9\r\n\r\nv=0\r\ns=-\r\n"},
    {"SIP/2.0 486 Busy Here\r\n"
     "Via: SIP/2.0/TLS a.test ;branch=z9hG4bK7;rport=5061\r\n"
     "Via:\r\n  SIP/2.0/TLS b.test\r\n"
     "FROM: A. Bell <sip:bell@a.test>;tag=7\r\n"
     "to: <sip:b.test>;tag=8;x=\"y z\"\r\n"
     "CALL-ID: x\r\ncseq: 2 INVITE\r\nContent-Length: 0\r\n\r\n"},
    {"SIP/2.0 200 OK\r\n"
     "Via: SIP/2.0/TLS a.test:1;branch=z9hG4bK8\r\n"
     "From: <sip:a.test>;tag=7\r\nTo: <sip:b.test>;tag=9\r\n"
     "Contact: <sip:b.test>;expires=60\r\n"
     "Record-Route: <sip:p.test;lr>\r\n"
     "Call-ID: y@z\r\nCSeq: 3 REGISTER\r\nSubject: I know\r\n you're there\r\nContent-Length: "
     "2\r\n\r\nhi"},
};

static bool equal_or_null(const char *ours, const char *theirs)
{
    return ours && theirs ? strcmp(ours, theirs) == 0 : !ours && !theirs;
}

static unsigned port_number(const char *port)
{
    return port ? (unsigned)atoi(port) : 0;
}

static void compare_uri(const struct sip_uri *ours, const osip_uri_t *theirs)
{
    cr_expect_str_eq(ours->scheme, theirs->scheme);
    cr_expect(equal_or_null(ours->user, theirs->username), "%s", theirs->username);
    cr_expect(equal_or_null(ours->password, theirs->password), "%s", theirs->password);
    cr_expect_str_eq(ours->host, theirs->host);
    cr_expect_eq(ours->port, port_number(theirs->port));
    cr_expect_eq(ours->params.count, (size_t)osip_list_size(&theirs->url_params));
    for (size_t i = 0; i < ours->params.count; i++) {
        osip_uri_param_t *param = osip_list_get(&theirs->url_params, (int)i);
        cr_expect_str_eq(ours->params.items[i].name, param->gname);
        cr_expect(equal_or_null(ours->params.items[i].value, param->gvalue), "%s", param->gname);
    }
}

/* It keeps the quotes of a value that has some; none of our rows needs an escape there. */
static void compare_params(const struct sip_params *ours, const osip_list_t *theirs)
{
    cr_expect_eq(ours->count, (size_t)osip_list_size(theirs));
    for (size_t i = 0; i < ours->count; i++) {
        osip_generic_param_t *param = osip_list_get(theirs, (int)i);
        char quoted[64];
        cr_expect_str_eq(ours->items[i].name, param->gname);
        if (!ours->items[i].value || !param->gvalue) {
            cr_expect(!ours->items[i].value && !param->gvalue, "%s", param->gname);
            continue;
        }
        snprintf(quoted, sizeof quoted, "\"%s\"", ours->items[i].value);
        cr_expect_str_eq(param->gvalue[0] == '"' ? quoted : ours->items[i].value, param->gvalue);
    }
}

/* Display names: libosip2 keeps quotes and escapes; so does a name put back between them. */
static void compare_display_name(const char *ours, const char *theirs)
{
    char text[128], *at = text;
    if (!ours || !theirs || theirs[0] != '"') {
        cr_expect(equal_or_null(ours, theirs), "'%s' and '%s'", ours, theirs);
        return;
    }
    *at++ = '"';
    for (; *ours; ours++) {
        if (*ours == '"' || *ours == '\\')
            *at++ = '\\';
        *at++ = *ours;
    }
    strcpy(at, "\"");
    cr_expect_str_eq(text, theirs);
}

static void compare_address(char *text, const osip_from_t *theirs)
{
    struct sip_address ours;
    cr_assert_not_null(text);
    cr_assert_eq(sip_address_parse(text, &ours), SIP_OK, "%s", text);
    compare_display_name(ours.display_name, theirs->displayname);
    compare_uri(&ours.uri, theirs->url);
    compare_params(&ours.params, &theirs->gen_params);
    sip_address_fini(&ours);
    free(text);
}

/* Contact, Route and Record-Route are the same struct as From there. */
static void compare_addresses(const struct sip_message *ours, const char *name, const osip_list_t *theirs)
{
    size_t count = sip_message_value_count(ours, name);
    cr_assert_eq(count, (size_t)osip_list_size(theirs), "%s", name);
    for (size_t i = 0; i < count; i++)
        compare_address(sip_message_value(ours, name, i), osip_list_get(theirs, (int)i));
}

static void compare_vias(const struct sip_message *ours, const osip_list_t *theirs)
{
    size_t count = sip_message_value_count(ours, "Via");
    cr_assert_eq(count, (size_t)osip_list_size(theirs));
    for (size_t i = 0; i < count; i++) {
        osip_via_t *their_via = osip_list_get(theirs, (int)i);
        char *text = sip_message_value(ours, "Via", i);
        struct sip_via via;
        cr_assert_eq(sip_via_parse(text, &via), SIP_OK);
        cr_expect_str_eq(via.transport, their_via->protocol);
        cr_expect_str_eq(via.host, their_via->host);
        cr_expect_eq(via.port, port_number(their_via->port));
        compare_params(&via.params, &their_via->via_params);
        sip_via_fini(&via);
        free(text);
    }
}

static void compare_identification(const struct sip_message *ours, const osip_message_t *theirs)
{
    uint32_t number = 0;
    char *method = NULL, call_id[128];
    cr_assert_eq(sip_message_cseq(ours, &number, &method), SIP_OK);
    cr_expect_eq(number, strtoul(theirs->cseq->number, NULL, 10));
    cr_expect_str_eq(method, theirs->cseq->method);
    free(method);
    snprintf(call_id, sizeof call_id, "%s%s%s", theirs->call_id->number, theirs->call_id->host ? "@" : "",
             theirs->call_id->host ? theirs->call_id->host : "");
    cr_expect_str_eq(sip_message_header(ours, "Call-ID"), call_id);
}

static void compare_start(const struct sip_message *ours, const osip_message_t *theirs)
{
    cr_expect_str_eq(ours->version, theirs->sip_version);
    cr_expect_eq(ours->is_request, MSG_IS_REQUEST(theirs) != 0);
    if (!ours->is_request) {
        cr_expect_eq(ours->status, (unsigned)theirs->status_code);
        cr_expect_str_eq(ours->reason, theirs->reason_phrase);
        return;
    }
    struct sip_uri uri;
    cr_expect_str_eq(ours->method, theirs->sip_method);
    cr_assert_eq(sip_uri_parse(ours->request_uri, &uri), SIP_OK);
    compare_uri(&uri, theirs->req_uri);
    sip_uri_fini(&uri);
}

static void expect_both_parsers_agree(const struct message_row *row)
{
    parser_init();
    osip_message_t *theirs = NULL;
    cr_assert_eq(osip_message_init(&theirs), 0);
    cr_assert_eq(osip_message_parse(theirs, row->text, strlen(row->text)), 0);
    struct sip_message *ours = fixture_parse(row->text);
    cr_assert_eq(sip_message_check(ours, NULL), SIP_OK);
    compare_start(ours, theirs);
    compare_vias(ours, &theirs->vias);
    compare_addresses(ours, "Contact", &theirs->contacts);
    compare_addresses(ours, "Route", &theirs->routes);
    compare_addresses(ours, "Record-Route", &theirs->record_routes);
    compare_address(sip_message_value(ours, "From", 0), theirs->from);
    compare_address(sip_message_value(ours, "To", 0), theirs->to);
    compare_identification(ours, theirs);
    cr_expect_eq(ours->body_size_bytes, strtoul(theirs->content_length->value, NULL, 10));
    sip_message_free(ours);
    osip_message_free(theirs);
}

Test(sip_osip, both_parsers_agree)
{
    for (size_t i = 0; i < sizeof BOTH_PARSERS_AGREE / sizeof *BOTH_PARSERS_AGREE; i++)
        expect_both_parsers_agree(&BOTH_PARSERS_AGREE[i]);
}
