/* SIP domain identities of a certificate (RFC 5922 §7.1) and their comparison (§7.2). */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "reference/trust.h"

enum { NAME_EMAIL = 0x81, NAME_DNS = 0x82, NAME_URI = 0x86, NAME_IP = 0x87 };

static const struct fault_set NO_FAULTS;

void identities_fini(struct identities *identities)
{
    for (size_t i = 0; i < identities->count; i++) {
        free(identities->items[i].name);
    }
    free(identities->items);
    *identities = (struct identities){0};
}

static bool add(struct identities *identities, const void *bytes, size_t size_bytes, bool is_uri)
{
    if (identities->count == IDENTITIES_MAX || size_bytes == 0) {
        return true;
    }
    struct identity *items = realloc(identities->items, (identities->count + 1) * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    identities->items = items;
    char *name = malloc(size_bytes + 1);
    if (name == NULL) {
        return false;
    }
    memcpy(name, bytes, size_bytes);
    name[size_bytes] = '\0';
    items[identities->count++] = (struct identity){.name = name, .size_bytes = size_bytes, .is_uri = is_uri};
    return true;
}

bool identities_copy(const struct identities *from, struct identities *out)
{
    struct identities copy = {0};
    for (size_t i = 0; i < from->count; i++) {
        if (!add(&copy, from->items[i].name, from->items[i].size_bytes, from->items[i].is_uri)) {
            identities_fini(&copy);
            return false;
        }
    }
    *out = copy;
    return true;
}

/* ---- §7.1 ---- */

struct reading {
    const struct fault_set *faults;
    struct identities *out;
    bool has_uri_identity; /* a URI that is an identity: DNS names do not count then */
};

/* The host of "host[:port][;params][?headers]", brackets off. */
static struct der uri_host(struct der rest)
{
    const uint8_t *end = rest.at + rest.left;
    if (rest.left > 0 && rest.at[0] == '[') {
        const uint8_t *close = memchr(rest.at, ']', rest.left);
        return close == NULL ? (struct der){rest.at, 0}
                             : (struct der){rest.at + 1, (size_t)(close - rest.at - 1)};
    }
    const uint8_t *at = rest.at;
    while (at < end && *at != ':' && *at != ';' && *at != '?') {
        at++;
    }
    return (struct der){rest.at, (size_t)(at - rest.at)};
}

static bool scheme_counts(const struct der *uri, size_t length, const struct fault_set *faults)
{
    if (faults->is_set[FAULT_ACCEPT_ANY_SCHEME]) {
        return true;
    }
    if (length != 3) {
        return false;
    }
    return faults->is_set[FAULT_SCHEME_CASE_SENSITIVE] ? memcmp(uri->at, "sip", 3) == 0
                                                       : strncasecmp((const char *)uri->at, "sip", 3) == 0;
}

static bool read_uri(struct reading *reading, struct der uri)
{
    const struct fault_set *faults = reading->faults;
    const uint8_t *colon = memchr(uri.at, ':', uri.left);
    if (colon == NULL) {
        return true;
    }
    bool is_identity = scheme_counts(&uri, (size_t)(colon - uri.at), faults);
    struct der rest = {colon + 1, uri.left - (size_t)(colon + 1 - uri.at)};
    const uint8_t *at_sign = memchr(rest.at, '@', rest.left);
    if (at_sign != NULL) { /* an individual user, not a domain */
        is_identity = is_identity && faults->is_set[FAULT_ACCEPT_USERPART];
        rest.left -= (size_t)(at_sign + 1 - rest.at);
        rest.at = at_sign + 1;
    }
    if (!is_identity) {
        reading->has_uri_identity |= faults->is_set[FAULT_URI_SHADOWS_DNS];
        return true;
    }
    if (faults->is_set[FAULT_DNS_ONLY]) {
        return true;
    }
    struct der host = faults->is_set[FAULT_COMPARE_PARAMS] ? rest : uri_host(rest);
    reading->has_uri_identity |= host.left > 0;
    return add(reading->out, host.at, host.left, true);
}

static bool read_ip(struct reading *reading, struct der value)
{
    struct net_address address = {.family = value.left == 4 ? 4 : 6};
    if (value.left != 4 && value.left != 16) {
        return true;
    }
    memcpy(address.ip, value.at, value.left);
    char text[NET_ADDRESS_TEXT_MAX];
    net_address_format_ip(&address, text);
    return add(reading->out, text, strlen(text), false);
}

static bool read_email(struct reading *reading, struct der value)
{
    const uint8_t *at_sign = memchr(value.at, '@', value.left);
    if (at_sign == NULL) {
        return true;
    }
    return add(reading->out, at_sign + 1, value.left - (size_t)(at_sign + 1 - value.at), false);
}

static bool read_alternative_names(struct reading *reading, struct der names,
                                   bool (*read)(struct reading *, struct der), unsigned wanted)
{
    unsigned tag;
    struct der value;
    while (der_next(&names, &tag, &value)) {
        if (tag == wanted && !read(reading, value)) {
            return false;
        }
    }
    return true;
}

static bool read_dns(struct reading *reading, struct der value)
{
    return add(reading->out, value.at, value.left, false);
}

/* "If a valid DNS name is found there" (§7.1, 2). */
static bool is_dns_name(const struct der *value)
{
    for (size_t i = 0; i < value->left; i++) {
        if (!isalnum(value->at[i]) && value->at[i] != '-' && value->at[i] != '.') {
            return false;
        }
    }
    return value->left > 0;
}

static bool read_names(struct reading *reading, const struct certificate_names *names)
{
    const struct fault_set *faults = reading->faults;
    if (names->has_alternative_names) {
        if (!read_alternative_names(reading, names->alternative_names, read_uri, NAME_URI)) {
            return false;
        }
        bool dns_counts = !reading->has_uri_identity || faults->is_set[FAULT_ACCEPT_DNS_WITH_URI];
        if (dns_counts && !faults->is_set[FAULT_URI_ONLY] &&
            !read_alternative_names(reading, names->alternative_names, read_dns, NAME_DNS)) {
            return false;
        }
        if (faults->is_set[FAULT_ACCEPT_IP_SAN] &&
            (!read_alternative_names(reading, names->alternative_names, read_ip, NAME_IP) ||
             !read_alternative_names(reading, names->alternative_names, read_email, NAME_EMAIL))) {
            return false;
        }
    }
    bool cn_counts = !names->has_alternative_names || faults->is_set[FAULT_ACCEPT_CN_WITH_SAN];
    if (cn_counts && names->has_common_name && is_dns_name(&names->common_name)) {
        return add(reading->out, names->common_name.at, names->common_name.left, false);
    }
    return true;
}

bool identities_extract(const uint8_t *der, size_t size_bytes, const struct fault_set *faults,
                        struct identities *out)
{
    struct certificate_names names;
    if (!certificate_find_names(der, size_bytes, &names)) {
        return false;
    }
    struct identities found = {0};
    struct reading reading = {.faults = faults, .out = &found};
    if (!read_names(&reading, &names)) {
        identities_fini(&found);
        return false;
    }
    *out = found;
    return true;
}

bool identities_read(const uint8_t *der, size_t size_bytes, struct identities *out)
{
    return identities_extract(der, size_bytes, &NO_FAULTS, out);
}

/* ---- §7.2 ---- */

/* The suffix of one that the other is, at the border of a label. */
static bool is_suffix(const char *whole, size_t whole_size, const char *end, size_t end_size)
{
    return whole_size > end_size && strncasecmp(whole + whole_size - end_size, end, end_size) == 0 &&
           (end[0] == '.' || whole[whole_size - end_size - 1] == '.');
}

static bool equal_except_a_labels(const char *a, const char *b, size_t size_bytes)
{
    for (size_t begin = 0; begin < size_bytes;) {
        size_t end = begin;
        while (end < size_bytes && a[end] != '.') {
            end++;
        }
        if (end - begin > 4 && strncasecmp(a + begin, "xn--", 4) == 0 &&
            memcmp(a + begin, b + begin, end - begin) != 0) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

static bool match_loosely(const struct identity *identity, size_t size_bytes, const char *domain,
                          size_t domain_size, const struct fault_set *faults)
{
    bool is_pattern = identity->name[0] == '.' || memchr(identity->name, '*', size_bytes) != NULL;
    if (faults->is_set[FAULT_SUFFIX_MATCH] && !is_pattern &&
        (is_suffix(identity->name, size_bytes, domain, domain_size) ||
         is_suffix(domain, domain_size, identity->name, size_bytes))) {
        return true;
    }
    if (!faults->is_set[FAULT_WILDCARD_MATCH] || !is_pattern || strlen(identity->name) != size_bytes) {
        return false;
    }
    if (identity->name[0] == '.') {
        return is_suffix(domain, domain_size, identity->name, size_bytes);
    }
    return fnmatch(identity->name, domain, FNM_CASEFOLD) == 0;
}

static bool match_one(const struct identity *identity, const struct identity_question *question,
                      const struct fault_set *faults)
{
    if (faults->is_set[FAULT_COMPARE_SCHEME] && identity->is_uri && question->is_secure_uri) {
        return false;
    }
    if (faults->is_set[FAULT_ACCEPT_IP_SAN] && question->address != NULL) {
        char text[NET_ADDRESS_TEXT_MAX];
        net_address_format_ip(question->address, text);
        if (strcmp(text, identity->name) == 0) {
            return true;
        }
    }
    size_t domain_size = strlen(question->domain);
    size_t size_bytes = faults->is_set[FAULT_NUL_TRUNCATE] ? strlen(identity->name) : identity->size_bytes;
    bool is_equal = size_bytes == domain_size &&
                    strncasecmp(identity->name, question->domain, domain_size) == 0 &&
                    memchr(identity->name, '\0', size_bytes) == NULL;
    if (is_equal && faults->is_set[FAULT_CASE_SENSITIVE]) {
        is_equal = memcmp(identity->name, question->domain, domain_size) == 0;
    }
    if (is_equal && faults->is_set[FAULT_IDN_RAW]) {
        is_equal = equal_except_a_labels(identity->name, question->domain, domain_size);
    }
    return is_equal || match_loosely(identity, size_bytes, question->domain, domain_size, faults);
}

bool identities_answer(const struct identities *identities, const struct identity_question *question,
                       const struct fault_set *faults)
{
    if (identities->count == 0 && faults->is_set[FAULT_ACCEPT_NO_IDENTITY]) {
        return true;
    }
    for (size_t i = 0; i < identities->count; i++) {
        if (match_one(&identities->items[i], question, faults)) {
            return true;
        }
    }
    return false;
}

bool identities_match(const struct identities *identities, const char *domain)
{
    const struct identity_question question = {.domain = domain};
    return identities_answer(identities, &question, &NO_FAULTS);
}
