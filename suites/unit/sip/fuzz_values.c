/* Any text as a URI, a Via, an address and a challenge: what is understood comes back the same from its
 * written form. */
#include <stdlib.h>
#include <string.h>

#include "sip/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static bool texts_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void params_compare(const struct sip_params *a, const struct sip_params *b)
{
    require(a->count == b->count && a->count <= SIP_PARAMS_MAX);
    for (size_t i = 0; i < a->count; i++) {
        require(texts_equal(a->items[i].name, b->items[i].name));
        require(texts_equal(a->items[i].value, b->items[i].value));
        require(sip_params_find(a, a->items[i].name) != NULL);
    }
}

static void uri_round_trip(const struct sip_uri *uri)
{
    char *text = sip_uri_format(uri);
    struct sip_uri again;
    require(text && sip_uri_parse(text, &again) == SIP_OK);
    require(texts_equal(uri->scheme, again.scheme) && texts_equal(uri->host, again.host));
    require(texts_equal(uri->user, again.user) && texts_equal(uri->password, again.password));
    require(texts_equal(uri->headers, again.headers) && uri->port == again.port);
    require(uri->is_host_ipv6_reference == again.is_host_ipv6_reference);
    params_compare(&uri->params, &again.params);
    sip_uri_fini(&again);
    free(text);
}

static void via_round_trip(const struct sip_via *via)
{
    char *text = sip_via_format(via);
    struct sip_via again;
    require(text && sip_via_parse(text, &again) == SIP_OK);
    require(texts_equal(via->transport, again.transport) && texts_equal(via->host, again.host));
    require(via->port == again.port && via->is_host_ipv6_reference == again.is_host_ipv6_reference);
    require(sip_via_has_alias(via) == sip_via_has_alias(&again));
    params_compare(&via->params, &again.params);
    sip_via_fini(&again);
    free(text);
}

/* What answers a challenge is itself of that form, with the texts of the challenge. */
static void auth_answer(const struct sip_auth *auth)
{
    const struct sip_digest account = {
        .user = "u\\", .password = "p", .method = "OPTIONS", .uri = "sip:x", .cnonce = "\""};
    char *text = sip_digest_answer(auth, &account);
    struct sip_auth again;
    if (!text)
        return;
    require(sip_auth_parse(text, &again) == SIP_OK);
    require(texts_equal(sip_auth_value(&again, "username"), account.user));
    require(texts_equal(sip_auth_value(&again, "realm"), sip_auth_value(auth, "realm")));
    require(texts_equal(sip_auth_value(&again, "nonce"), sip_auth_value(auth, "nonce")));
    require(texts_equal(sip_auth_value(&again, "opaque"), sip_auth_value(auth, "opaque")));
    sip_auth_fini(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct sip_uri uri;
    struct sip_via via;
    struct sip_address address;
    struct sip_auth auth;
    if (sip_uri_parse(text, &uri) == SIP_OK) {
        uri_round_trip(&uri);
        sip_uri_fini(&uri);
    }
    if (sip_via_parse(text, &via) == SIP_OK) {
        via_round_trip(&via);
        sip_via_fini(&via);
    }
    if (sip_address_parse(text, &address) == SIP_OK) {
        uri_round_trip(&address.uri);
        sip_address_fini(&address);
    }
    if (sip_auth_parse(text, &auth) == SIP_OK) {
        auth_answer(&auth);
        sip_auth_fini(&auth);
    }
    free(text);
    return 0;
}
