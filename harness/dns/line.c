/* One zone-file line. It is taken apart here first, because ldns lets numbers wrap around, takes a line
 * without owner for the origin's, and does not miss a closing quote: a scenario with such a slip would test
 * something else than it says. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/dns_private.h"

bool dns_fail(char *error, size_t error_size_bytes, const char *format, ...)
{
    if (error && error_size_bytes > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error, error_size_bytes, format, arguments);
        va_end(arguments);
    }
    return false;
}

struct line_type {
    const char *name;
    size_t number_count; /* leading fields of 16 bits */
};
static const struct line_type TYPES[] = {{"A", 0},     {"AAAA", 0}, {"SRV", 3}, {"NAPTR", 2},
                                         {"CNAME", 0}, {"TXT", 0},  {"PTR", 0}, {"MX", 1}};

struct token {
    const char *start;
    size_t length;
};

static struct token token_take(const char **p)
{
    *p += strspn(*p, " \t");
    struct token token = {*p, strcspn(*p, " \t")};
    *p += token.length;
    return token;
}

static bool token_is(struct token token, const char *word)
{
    return token.length == strlen(word) && strncasecmp(token.start, word, token.length) == 0;
}

static bool token_is_number(struct token token)
{
    return token.length > 0 && strspn(token.start, "0123456789") >= token.length;
}

/* Its value, or above when it is greater than that. */
static unsigned long token_number(struct token token, unsigned long above)
{
    unsigned long value = 0;
    for (size_t i = 0; i < token.length; i++) {
        value = value * 10 + (unsigned long)(token.start[i] - '0');
        if (value >= above)
            return above;
    }
    return value;
}

/* A copy without comment and trailing space; NULL with error. */
static char *line_clean(const char *line, char *error, size_t error_size_bytes)
{
    size_t length = strlen(line);
    if (length > DNS_LINE_MAX_BYTES) {
        dns_fail(error, error_size_bytes, "a zone-file line of %zu bytes is longer than %d", length,
                 DNS_LINE_MAX_BYTES);
        return NULL;
    }
    bool is_quoted = false;
    size_t end = 0;
    for (; end < length && (is_quoted || line[end] != ';'); end++) {
        unsigned char byte = (unsigned char)line[end];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            dns_fail(error, error_size_bytes, "'%.*s' has a control character after it; a record is one line",
                     (int)end, line);
            return NULL;
        }
        if (byte == '\\' && end + 1 < length && (unsigned char)line[end + 1] >= 0x20)
            end++;
        else if (byte == '"')
            is_quoted = !is_quoted;
    }
    if (is_quoted) {
        dns_fail(error, error_size_bytes, "'%s' has a quote that is not closed", line);
        return NULL;
    }
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    char *copy = strndup(line, end);
    if (!copy)
        dns_fail(error, error_size_bytes, "out of memory");
    return copy;
}

static const struct line_type *type_find(struct token token)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (token_is(token, TYPES[i].name))
            return &TYPES[i];
    return NULL;
}

/* [TTL] [IN] or [IN] [TTL], and the type after them (RFC 1035 §5.1). NULL with error. */
static const struct line_type *line_take_type(const char *line, const char **p, unsigned long *ttl_s,
                                              char *error, size_t error_size_bytes)
{
    bool has_ttl = false, has_class = false;
    struct token token = token_take(p);
    for (;; token = token_take(p)) {
        if (!has_ttl && token_is_number(token)) {
            has_ttl = true;
            *ttl_s = token_number(token, 0x80000000ul);
        } else if (!has_class && token_is(token, "IN")) {
            has_class = true;
        } else {
            break;
        }
    }
    const struct line_type *type = type_find(token);
    if (token.length == 0)
        dns_fail(error, error_size_bytes, "'%s' has no record type after its name", line);
    else if (!type)
        dns_fail(error, error_size_bytes,
                 "'%s': '%.*s' is no record type served here (A, AAAA, SRV, NAPTR, CNAME, TXT, PTR, MX)",
                 line, (int)token.length, token.start);
    if (!type || *ttl_s <= 0x7fffffff)
        return type;
    dns_fail(error, error_size_bytes, "'%s': the TTL is above 2147483647", line);
    return NULL;
}

static bool line_check_numbers(const char *line, const char *data, size_t count, char *error,
                               size_t error_size_bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct token token = token_take(&data);
        if (!token_is_number(token))
            return dns_fail(error, error_size_bytes,
                            "'%s': found '%.*s' where a number from 0 to 65535 is due", line,
                            (int)token.length, token.start);
        if (token_number(token, 65536) > 65535)
            return dns_fail(error, error_size_bytes, "'%s': %.*s is above 65535", line, (int)token.length,
                            token.start);
    }
    return true;
}

/* Everything in the one order that ldns takes. */
static bool line_to_record(const char *line, struct token owner, unsigned long ttl_s,
                           const struct line_type *type, const char *data, const ldns_rdf *origin,
                           ldns_rr **out, char *error, size_t error_size_bytes)
{
    char *text = NULL;
    if (asprintf(&text, "%.*s %lu IN %s %s", (int)owner.length, owner.start, ttl_s, type->name, data) < 0)
        return dns_fail(error, error_size_bytes, "out of memory");
    ldns_rr *record = NULL;
    ldns_rdf *previous = NULL;
    ldns_status status = ldns_rr_new_frm_str(&record, text, DNS_DEFAULT_TTL_S, origin, &previous);
    ldns_rdf_deep_free(previous);
    free(text);
    if (status != LDNS_STATUS_OK)
        return dns_fail(error, error_size_bytes, "'%s' is no %s record: %s", line, type->name,
                        ldns_get_errorstr_by_id(status));
    *out = record;
    return true;
}

bool dns_line_parse(const char *line, const ldns_rdf *origin, ldns_rr **out, char *error,
                    size_t error_size_bytes)
{
    char *clean = line_clean(line, error, error_size_bytes);
    if (!clean)
        return false;
    bool is_good = false;
    const char *p = clean;
    unsigned long ttl_s = DNS_DEFAULT_TTL_S;
    if (*clean == '\0') {
        dns_fail(error, error_size_bytes, "a zone-file line is empty");
        goto out;
    }
    if (*clean == ' ' || *clean == '\t') {
        dns_fail(error, error_size_bytes, "'%s' does not begin with a name; '@' is the zone itself", clean);
        goto out;
    }
    struct token owner = token_take(&p);
    const struct line_type *type = line_take_type(clean, &p, &ttl_s, error, error_size_bytes);
    if (!type || !line_check_numbers(clean, p, type->number_count, error, error_size_bytes))
        goto out;
    p += strspn(p, " \t");
    is_good = line_to_record(clean, owner, ttl_s, type, p, origin, out, error, error_size_bytes);
out:
    free(clean);
    return is_good;
}

bool dns_line_check(const char *line, char *error, size_t error_size_bytes)
{
    ldns_rdf *origin = ldns_dname_new_frm_str("zone.test.");
    ldns_rr *record = NULL;
    if (!origin)
        return dns_fail(error, error_size_bytes, "out of memory");
    bool is_good = dns_line_parse(line, origin, &record, error, error_size_bytes);
    ldns_rr_free(record);
    ldns_rdf_deep_free(origin);
    return is_good;
}
