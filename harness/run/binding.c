#include "run/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 3261 §20.19: a number of seconds; what is none counts as absent (§10.2.1.1 lets the registrar choose).
 */
static unsigned seconds(const char *text, unsigned fallback)
{
    char *end = NULL;
    unsigned long value = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

    if (!end || *end)
        return fallback;
    return value > BINDING_EXPIRES_MAX_S ? BINDING_EXPIRES_MAX_S : (unsigned)value;
}

static char *uri_of(const char *value, struct sip_address *address)
{
    if (!value || sip_address_parse(value, address) != SIP_OK)
        return NULL;
    return sip_uri_format(&address->uri);
}

static char *read_aor(const struct sip_message *request)
{
    struct sip_address to = {0};
    char *aor = uri_of(sip_message_header(request, "To"), &to);

    if (aor)
        sip_address_fini(&to);
    return aor;
}

static bool read_contact(const struct sip_message *request, struct binding *binding)
{
    char *value = sip_message_value(request, "Contact", 0);
    struct sip_address address = {0};
    const struct sip_param *expires;

    if (!value)
        return true;
    if (strcmp(value, "*") == 0) { /* §10.3, 6 */
        free(value);
        binding->is_removal = true;
        return binding->expires_s == 0 && sip_message_value_count(request, "Contact") == 1;
    }
    binding->contact = uri_of(value, &address);
    free(value);
    if (!binding->contact)
        return false;
    expires = sip_params_find(&address.params, "expires");
    binding->expires_s = seconds(expires ? expires->value : NULL, binding->expires_s);
    binding->is_removal = binding->expires_s == 0;
    sip_address_fini(&address);
    return true;
}

unsigned binding_read(const struct sip_message *request, struct binding *out)
{
    struct binding binding = {.aor = read_aor(request)};

    binding.expires_s = seconds(sip_message_header(request, "Expires"), BINDING_EXPIRES_DEFAULT_S);
    if (binding.aor && read_contact(request, &binding)) {
        *out = binding;
        return 200;
    }
    binding_fini(&binding);
    return 400;
}

void binding_fini(struct binding *binding)
{
    free(binding->aor);
    free(binding->contact);
    *binding = (struct binding){0};
}

struct sip_message *binding_answer(const struct sip_message *request, unsigned status,
                                   const struct binding *in_force, const char *to_tag)
{
    struct sip_message *response = sip_response_to(request, status, NULL, to_tag);
    char *contact = NULL;

    if (response && status == 200 && in_force && in_force->contact &&
        (asprintf(&contact, "<%s>;expires=%u", in_force->contact, in_force->expires_s) < 0 ||
         !sip_message_append(response, "Contact", contact))) {
        sip_message_free(response);
        response = NULL;
    }
    free(contact);
    return response;
}
