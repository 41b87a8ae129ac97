/* scan: the private part of sip, a cursor over text and the lexical rules of RFC 3261 §25.1 on it.
 *
 * Texts are C strings. A NUL that stood on the wire is kept in them as the two bytes SIP_NUL_LEAD
 * SIP_NUL_TRAIL (the over-long UTF-8 form, which no valid text contains); sip_message_serialize turns it
 * back. */
#ifndef SIP_SCAN_H
#define SIP_SCAN_H

#include "sip/sip.h"

enum { SIP_NUL_LEAD = 0xC0, SIP_NUL_TRAIL = 0x80 };

struct sip_scan {
    const char *at, *end;
};

bool sip_is_space(char c); /* SP and HTAB */
bool sip_is_digit(char c);
bool sip_is_alphanum(char c);
bool sip_is_token_char(char c);
char sip_lower(char c);
bool sip_equals_nocase(const char *a, const char *b);
/* text[0..size) against a C string, without regard to case. */
bool sip_span_equals_nocase(const char *text, size_t size, const char *other);

/* Heap copies of [from, to); NULL when out of memory. */
char *sip_text_copy(const char *from, const char *to);
char *sip_text_copy_lower(const char *from, const char *to);
/* What lies between white space at both ends. */
struct sip_scan sip_scan_trimmed(const char *from, const char *to);

/* The first such character of [from, to), or NULL. */
const char *sip_text_find(const char *from, const char *to, char wanted);

void sip_scan_skip_space(struct sip_scan *scan);
/* Takes that character when it is next. */
bool sip_scan_char(struct sip_scan *scan, char wanted);
/* Likewise with white space allowed around it: SLASH, SEMI, COLON, EQUAL of the grammar. */
bool sip_scan_separator(struct sip_scan *scan, char wanted);
/* A non-empty run of token characters; the span in *from, *to. */
bool sip_scan_token(struct sip_scan *scan, const char **from, const char **to);
/* The end of a quoted string that begins at from (which is '"'): the closing quote, or NULL when there is
 * none. */
const char *sip_quoted_end(const char *from, const char *end);
/* A quoted string; *out gets its content without quotes and escapes. SIP_ERROR_HEADER when it does not end.
 */
enum sip_error sip_scan_quoted(struct sip_scan *scan, char **out);

/* host [ ":" port ]; white space around the colon only where allowed (Via). Returns SIP_OK, malformed or
 * SIP_ERROR_MEMORY; *host is heap. */
struct sip_hostport {
    char *host;
    bool is_ipv6_reference;
    uint16_t port;
};
enum sip_error sip_scan_hostport(struct sip_scan *scan, bool is_space_allowed, enum sip_error malformed,
                                 struct sip_hostport *out);
/* Up to the end: *( SEMI generic-param ). Nothing else may follow. */
enum sip_error sip_params_scan(struct sip_scan *scan, enum sip_error malformed, struct sip_params *out);
/* Takes over name and value (NULL: a bare parameter). Frees both and returns malformed when the maximum is
 * reached, SIP_ERROR_MEMORY when name is NULL or memory is short. */
enum sip_error sip_params_add(struct sip_params *params, char *name, char *value, enum sip_error malformed);
void sip_params_fini(struct sip_params *params);
/* Bytes that ";name=value…" takes, and writes them; quotes where a value needs them. */
size_t sip_params_format_size(const struct sip_params *params);
char *sip_params_format(const struct sip_params *params, char *at);

/* A URI in [from, to). */
enum sip_error sip_uri_parse_span(const char *from, const char *to, struct sip_uri *out);

bool sip_header_is(const struct sip_header *header, const char *name);
/* Do the values of this field come comma-separated and count one by one (Via, Route, Record-Route, Contact)?
 */
bool sip_header_is_list(const char *name);
/* The next comma-separated value in [*at, end): trimmed span; *at moves behind its comma, to NULL after the
 * last. */
struct sip_scan sip_list_next(const char **at, const char *end);
/* How many values the field has: 1 unless it is a list. */
size_t sip_header_value_count(const struct sip_header *header);
/* The single Content-Length that all fields of the message agree on. */
struct sip_length {
    bool is_present, is_malformed;
    uint64_t bytes; /* UINT64_MAX for anything larger */
};
void sip_length_add(struct sip_length *length, const char *from, const char *to);

#endif
