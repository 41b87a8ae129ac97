/* From what a contact showed to the one line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "remote/remote.h"

static const struct net_address device = {.family = 4, .ip = {192, 0, 2, 9}, .port = 5061};

static struct contact_facts failed(enum net_sign sign, int error_number)
{
    return (struct contact_facts){.has_end = true,
                                  .end = {.sign = sign, .alert = -1, .error_number = error_number}};
}

static struct contact_facts answered(void)
{
    return (struct contact_facts){.is_connected = true,
                                  .is_ready = true,
                                  .act_count = 1,
                                  .acts = {{.is_begun = true, .responses = 1, .status = 200}}};
}

static struct contact_facts refused(int alert)
{
    return (struct contact_facts){
        .is_connected = true,
        .is_ready = true,
        .was_certificate_requested = true,
        .has_end = true,
        .end = {.sign = NET_SIGN_ALERT, .alert = alert, .alert_name = "bad_certificate"}};
}

static void expect(enum remote_trouble trouble, const struct contact_facts *facts,
                   const struct contact_facts *witness, const struct contact_facts *wide)
{
    struct remote_diagnosis diagnosis;
    remote_diagnose_contact(NET_TLS, &device, facts, witness, wide, "/event/anchor.pem", &diagnosis);
    cr_expect_eq(diagnosis.trouble, trouble, "%s: %s", remote_trouble_name(diagnosis.trouble),
                 diagnosis.text);
    cr_expect_neq(diagnosis.text[0], '\0');
    cr_expect_eq(diagnosis.remedy[0] == '\0', trouble == REMOTE_FINE);
}

Test(diagnose, the_connection)
{
    struct contact_facts timeout = failed(NET_SIGN_TIMEOUT, 0),
                         refusal = failed(NET_SIGN_CONNECT_FAILED, ECONNREFUSED),
                         no_route = failed(NET_SIGN_CONNECT_FAILED, EHOSTUNREACH);
    expect(REMOTE_WRONG_PORT, &refusal, NULL, NULL);
    expect(REMOTE_UNREACHABLE, &no_route, NULL, NULL);
    expect(REMOTE_UNREACHABLE, &timeout, &timeout, NULL);
    expect(REMOTE_DROPPED, &timeout, &refusal, NULL);
    struct contact_facts open = answered();
    expect(REMOTE_DROPPED, &timeout, &open, NULL);
    expect(REMOTE_FINE, &open, NULL, NULL);
}

Test(diagnose, tls)
{
    struct contact_facts bad = refused(42), good = answered(), silent = answered(),
                         plain = failed(NET_SIGN_TIMEOUT, 0);
    silent.acts[0].responses = 0;
    plain.is_connected = true;
    expect(REMOTE_TRUST, &bad, NULL, NULL);
    expect(REMOTE_TRUST, &bad, NULL, &bad);
    expect(REMOTE_CLOCK, &bad, NULL, &good);
    expect(REMOTE_NO_SIP, &silent, NULL, NULL);
    expect(REMOTE_NO_TLS, &plain, NULL, NULL);
}

Test(diagnose, another_protocol)
{
    struct contact_facts web = answered();
    struct remote_diagnosis diagnosis;
    web.acts[0].responses = 0;
    web.was_certificate_requested = true;
    strcpy(web.foreign, "HTTP/1.1 400 Bad Request");
    expect(REMOTE_NO_SIP, &web, NULL, NULL);
    remote_diagnose_contact(NET_TCP, &device, &web, NULL, NULL, "/event/anchor.pem", &diagnosis);
    cr_expect_not_null(strstr(diagnosis.text, "no SIP: \"HTTP/1.1 400 Bad Request\""), "%s", diagnosis.text);
    cr_expect_not_null(strstr(diagnosis.remedy, "HOST:PORT"));
}

Test(diagnose, a_client_without_a_certificate)
{
    struct contact_facts good = answered(), required = refused(116), fin = failed(NET_SIGN_FIN, 0);
    struct remote_diagnosis diagnosis;
    remote_diagnose_bare(&device, &good, &diagnosis);
    cr_expect_eq(diagnosis.trouble, REMOTE_FINE);
    remote_diagnose_bare(&device, &required, &diagnosis);
    cr_expect_eq(diagnosis.trouble, REMOTE_WANTS_CLIENT);
    cr_expect_not_null(strstr(diagnosis.remedy, "--client-cert"));
    remote_diagnose_bare(&device, &fin, &diagnosis);
    cr_expect_eq(diagnosis.trouble, REMOTE_WANTS_CLIENT);
}

static void expect_back(enum remote_trouble trouble, struct remote_way_back way)
{
    struct remote_diagnosis diagnosis;
    way.zone = "check.a.event.test";
    way.dns = way.us = device;
    way.anchor_path = "/event/anchor.pem";
    remote_diagnose_way_back(&way, &diagnosis);
    cr_expect_eq(diagnosis.trouble, trouble, "%s: %s", remote_trouble_name(diagnosis.trouble),
                 diagnosis.text);
    cr_expect_eq(diagnosis.remedy[0] == '\0', trouble == REMOTE_FINE);
}

Test(diagnose, the_way_back)
{
    expect_back(REMOTE_FINE, (struct remote_way_back){.has_dns = true, .was_received = true});
    expect_back(REMOTE_NOT_DELEGATED, (struct remote_way_back){.has_dns = true, .status = 503});
    expect_back(REMOTE_NOT_DELEGATED, (struct remote_way_back){.has_dns = true, .status = 404});
    expect_back(REMOTE_NOT_FORWARDED, (struct remote_way_back){.has_dns = true, .status = 403});
    expect_back(REMOTE_NOT_FORWARDED, (struct remote_way_back){.has_dns = true, .status = 200});
    expect_back(REMOTE_NOT_FORWARDED,
                (struct remote_way_back){.has_dns = true, .was_asked = true, .status = 404});
    expect_back(REMOTE_NOT_FOUND_US,
                (struct remote_way_back){.has_dns = true, .was_asked = true, .status = 503});
    expect_back(REMOTE_NOT_FOUND_US, (struct remote_way_back){.has_dns = false, .status = 408});
    expect_back(REMOTE_NOT_FORWARDED, (struct remote_way_back){.has_dns = false, .status = 403});
    expect_back(REMOTE_NOT_FORWARDED,
                (struct remote_way_back){.has_dns = true, .was_asked = true, .came = true});
    expect_back(
        REMOTE_TRUST_BACK,
        (struct remote_way_back){.has_dns = true, .was_asked = true, .came = true, .was_refused = true});
}
