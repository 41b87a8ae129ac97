/* What a REGISTER asks for, and what it is answered. */
#include "run/binding.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sip_message *request_with(const char *to, const char *contact, const char *expires)
{
    struct sip_message *request = sip_request_new("REGISTER", "sip:one.test");

    sip_message_append(request, "Via", "SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK1");
    sip_message_append(request, "From", "<sip:box@one.test>;tag=1");
    sip_message_append(request, "To", to);
    sip_message_append(request, "Call-ID", "1");
    sip_message_append(request, "CSeq", "1 REGISTER");
    if (contact)
        sip_message_append(request, "Contact", contact);
    if (expires)
        sip_message_append(request, "Expires", expires);
    return request;
}

static unsigned read_it(const char *to, const char *contact, const char *expires, struct binding *out)
{
    struct sip_message *request = request_with(to, contact, expires);
    unsigned status = binding_read(request, out);

    sip_message_free(request);
    return status;
}

static void expect_binding(const char *contact, const char *expires, const char *uri, unsigned expires_s)
{
    struct binding binding;

    cr_assert_eq(read_it("<sip:box@one.test>", contact, expires, &binding), 200);
    cr_assert_str_eq(binding.aor, "sip:box@one.test");
    cr_assert_str_eq(binding.contact, uri);
    cr_assert_eq(binding.expires_s, expires_s);
    cr_assert_eq(binding.is_removal, expires_s == 0);
    binding_fini(&binding);
}

Test(binding, time_is_the_contacts_then_the_requests_then_an_hour)
{
    expect_binding("<sip:box@192.0.2.9:5061;transport=tls>;expires=60", "600",
                   "sip:box@192.0.2.9:5061;transport=tls", 60);
    expect_binding("<sip:box@192.0.2.9>", "600", "sip:box@192.0.2.9", 600);
    expect_binding("<sip:box@192.0.2.9>", NULL, "sip:box@192.0.2.9", 3600);
    expect_binding("\"Box\" <sip:box@192.0.2.9>;q=0.5, <sip:other@192.0.2.9>", "60", "sip:box@192.0.2.9", 60);
}

Test(binding, time_has_a_maximum_and_odd_times_count_as_none)
{
    expect_binding("<sip:b@192.0.2.9>", "99999999999999999999", "sip:b@192.0.2.9", 3600);
    expect_binding("<sip:b@192.0.2.9>", "-1", "sip:b@192.0.2.9", 3600);
    expect_binding("<sip:b@192.0.2.9>;expires=soon", "90", "sip:b@192.0.2.9", 90);
}

Test(binding, zero_removes)
{
    struct binding binding;

    expect_binding("<sip:b@192.0.2.9>;expires=0", NULL, "sip:b@192.0.2.9", 0);
    cr_assert_eq(read_it("<sip:box@one.test>", "*", "0", &binding), 200);
    cr_assert(binding.is_removal && !binding.contact);
    binding_fini(&binding);
}

Test(binding, a_star_with_time_or_beside_others_is_refused)
{
    struct binding binding;

    cr_assert_eq(read_it("<sip:box@one.test>", "*", "60", &binding), 400);
    cr_assert_eq(read_it("<sip:box@one.test>", "*", NULL, &binding), 400);
    cr_assert_eq(read_it("<sip:box@one.test>", "*, <sip:b@192.0.2.9>", "0", &binding), 400);
}

Test(binding, what_cannot_be_read_is_refused)
{
    struct binding binding;

    cr_assert_eq(read_it("<sip:box@", "<sip:b@192.0.2.9>", NULL, &binding), 400);
    cr_assert_eq(read_it("<sip:box@one.test>", "<sip:", NULL, &binding), 400);
}

Test(binding, no_contact_is_a_question)
{
    struct binding binding;

    cr_assert_eq(read_it("<sip:box@one.test>", NULL, NULL, &binding), 200);
    cr_assert(!binding.contact && !binding.is_removal);
    binding_fini(&binding);
}

Test(binding, the_answer_names_what_is_in_force)
{
    struct sip_message *request = request_with("<sip:box@one.test>", "<sip:b@192.0.2.9>", "60");
    struct binding binding;
    struct sip_message *response;

    cr_assert_eq(binding_read(request, &binding), 200);
    response = binding_answer(request, 200, &binding, "tag");
    cr_assert_str_eq(sip_message_header(response, "Contact"), "<sip:b@192.0.2.9>;expires=60");
    sip_message_free(response);
    response = binding_answer(request, 400, &binding, "tag");
    cr_assert_eq(response->status, 400);
    cr_assert_null(sip_message_header(response, "Contact"));
    sip_message_free(response);
    binding_fini(&binding);
    sip_message_free(request);
}
