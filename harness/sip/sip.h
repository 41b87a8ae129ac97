/* sip: messages of RFC 3261, parsed, built and framed.
 *
 * Tolerant in, exact bytes out: the parser keeps every header field as it stood on the wire and never
 * rewrites; the builder emits exactly what it is told, wrong things included, for a conformance suite must
 * see and send both. No input/output, no clock. A message owns all its strings. Every table has a stated
 * maximum; what exceeds it is a parse error, never a crash. */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIP_MESSAGE_MAX_BYTES = 1 << 20, /* header and body together */
    SIP_HEADERS_MAX = 512,
    SIP_VALUES_MAX = 512, /* comma-separated values of Via, Route, Record-Route and Contact together */
    SIP_PARAMS_MAX = 64
};

/* A NUL inside a header field (legal when quoted, RFC 4475 §3.1.1.2) stands in the strings of this module as
 * the two bytes C0 80, which no valid text contains; sip_message_serialize writes the NUL again. */

/* Why bytes are not a message; texts by sip_error_text(). */
#define SIP_ERROR_MAP(X)                                                                                     \
    X(SIP_OK, "no error")                                                                                    \
    X(SIP_ERROR_START_LINE, "malformed start line")                                                          \
    X(SIP_ERROR_VERSION, "SIP version other than 2.0")                                                       \
    X(SIP_ERROR_HEADER, "malformed header field")                                                            \
    X(SIP_ERROR_TOO_MANY_HEADERS, "too many header fields")                                                  \
    X(SIP_ERROR_TOO_LARGE, "message too large")                                                              \
    X(SIP_ERROR_CONTENT_LENGTH, "Content-Length absent, negative, not a number or conflicting")              \
    X(SIP_ERROR_VIA, "malformed Via")                                                                        \
    X(SIP_ERROR_URI, "malformed URI")                                                                        \
    X(SIP_ERROR_ADDRESS, "malformed name-addr or addr-spec")                                                 \
    X(SIP_ERROR_CSEQ, "malformed CSeq")                                                                      \
    X(SIP_ERROR_MISSING, "mandatory header field missing")                                                   \
    X(SIP_ERROR_INCOMPLETE, "the message is shorter than its Content-Length says")                           \
    X(SIP_ERROR_MEMORY, "out of memory")
enum sip_error {
#define X(code, text) code,
    SIP_ERROR_MAP(X)
#undef X
};
const char *sip_error_text(enum sip_error error);

struct sip_param {
    char *name;  /* as written */
    char *value; /* NULL when bare, without "="; quotes and escapes removed */
};
struct sip_params {
    struct sip_param *items;
    size_t count;
};
/* The parameter of that name (case-insensitive, RFC 3261 §7.3.1), or NULL. */
const struct sip_param *sip_params_find(const struct sip_params *params, const char *name);

/* RFC 3261 §19.1. host keeps its brackets off; port 0 when absent. */
struct sip_uri {
    char *scheme; /* lower case */
    char *user;   /* NULL when absent; as written, escapes kept */
    char *password;
    char *host; /* lower case; an IPv6 reference without brackets */
    bool is_host_ipv6_reference;
    uint16_t port;
    struct sip_params params;
    char *headers; /* after "?", as written; NULL when absent */
};
/* out is set on success only. Of another scheme than sip and sips only scheme and host (all that follows the
 * colon, as written) are set. Names and values of parameters come with those escapes resolved that need not
 * be ("%6Cr" is "lr"). */
enum sip_error sip_uri_parse(const char *text, struct sip_uri *out);
void sip_uri_fini(struct sip_uri *uri);
/* Heap string; caller frees. */
char *sip_uri_format(const struct sip_uri *uri);
bool sip_uri_is_secure(const struct sip_uri *uri); /* sips */

/* One Via value (RFC 3261 §20.42). */
struct sip_via {
    char *transport; /* as written: "TLS", "TLS-SCTP" */
    char *host;      /* sent-by host, lower case, brackets off */
    bool is_host_ipv6_reference;
    uint16_t port; /* 0 when absent */
    struct sip_params params;
};
enum sip_error sip_via_parse(const char *text, struct sip_via *out);
void sip_via_fini(struct sip_via *via);
char *sip_via_format(const struct sip_via *via);
/* RFC 5923 §7: the bare parameter "alias" is there, in any case, at any place. */
bool sip_via_has_alias(const struct sip_via *via);

/* name-addr or addr-spec with header parameters: From, To, Contact, Route, Record-Route. */
struct sip_address {
    char *display_name; /* NULL when absent */
    /* Of any scheme: where it is no SIP URI, scheme and host ("opaque part") are set only. */
    struct sip_uri uri;
    struct sip_params params;
};
enum sip_error sip_address_parse(const char *text, struct sip_address *out);
void sip_address_fini(struct sip_address *address);

struct sip_header {
    char *name;  /* as written, compact forms too */
    char *value; /* unfolded, white space at both ends removed */
};
struct sip_message {
    bool is_request;
    char *method;      /* request: method; response: method of CSeq, NULL when CSeq is malformed */
    char *request_uri; /* request only, as written */
    char *version;     /* as written: "SIP/2.0" */
    unsigned status;   /* response only */
    char *reason;
    struct sip_header *headers;
    size_t header_count;
    uint8_t *body; /* NULL when empty */
    size_t body_size_bytes;
    uint8_t *raw; /* the exact bytes as received; NULL for a message built here */
    size_t raw_size_bytes;
};

/* Parses exactly one message out of bytes (as cut by a framer, or a datagram). What can be read is read: a
 * malformed header field deep inside is kept as text and shows when it is asked for. So do another SIP
 * version, a malformed Request-URI and a wrong Content-Length: such messages are parsed, so that they can be
 * answered, and refused by sip_message_check. Body: as many bytes as Content-Length says, or all there are
 * when it is absent, wrong or larger. Errors: START_LINE, HEADER (a line that is no field, a CR or LF alone;
 * only a missing empty line at the very end is let pass), TOO_MANY_HEADERS, TOO_LARGE, MEMORY. */
enum sip_error sip_message_parse(const uint8_t *bytes, size_t size_bytes, struct sip_message **out);
void sip_message_free(struct sip_message *message);

/* RFC 3261 §8.1.1, §8.2: what a request or response must have to be processed at all (To, From, CSeq matching
 * the method, Call-ID, Max-Forwards syntax, one Via at least, well-formed). Returns the first thing wrong;
 * detail (may be NULL) gets a static text naming the header field. In this order: VERSION (a request wants
 * 505); URI (of the request); MISSING, or HEADER for one that is there twice; VIA (any of them, or a topmost
 * branch that is the magic cookie only); ADDRESS of From, To; CSEQ; HEADER for Call-ID and Max-Forwards;
 * CONTENT_LENGTH (malformed, conflicting, or not the body's size). What RFC 2543 did not have (From tag,
 * branch, Max-Forwards) may be absent. */
enum sip_error sip_message_check(const struct sip_message *message, const char **detail);

/* Values of a header field, compact forms and case included. Comma-separated values of Via, Route,
 * Record-Route, Contact count one by one. index from 0; NULL past the last. The returned string is heap;
 * caller frees. */
char *sip_message_value(const struct sip_message *message, const char *name, size_t index);
size_t sip_message_value_count(const struct sip_message *message, const char *name);
/* The whole text of the first field of that name, as it stands in the message (not a copy); NULL when absent.
 */
const char *sip_message_header(const struct sip_message *message, const char *name);
enum sip_error sip_message_top_via(const struct sip_message *message, struct sip_via *out);
/* CSeq number and method (heap copy in *method when not NULL). */
enum sip_error sip_message_cseq(const struct sip_message *message, uint32_t *number, char **method);
/* Tag of From or To; heap copy or NULL. */
char *sip_message_tag(const struct sip_message *message, const char *header_name);

/* Building. Nothing is added that was not asked for; sip_message_serialize adds no Content-Length either:
 * call sip_message_set_body for it. All copy their arguments. They return false when out of memory or over a
 * maximum. */
struct sip_message *sip_request_new(const char *method, const char *request_uri);
struct sip_message *sip_response_new(unsigned status, const char *reason /* NULL: the usual one */);
/* Response to a request by RFC 3261 §8.2.6: Via values, From, To (to_tag added when not NULL and absent),
 * Call-ID, CSeq copied; Record-Route too when the method is INVITE (§12.1.1). Content-Length: 0. */
struct sip_message *sip_response_to(const struct sip_message *request, unsigned status, const char *reason,
                                    const char *to_tag);
struct sip_message *sip_message_copy(const struct sip_message *message);
bool sip_message_append(struct sip_message *message, const char *name, const char *value);
/* Before all others. */
bool sip_message_prepend(struct sip_message *message, const char *name, const char *value);
/* Replaces the first field of that name where it stands, or appends. */
bool sip_message_set(struct sip_message *message, const char *name, const char *value);
void sip_message_remove(struct sip_message *message, const char *name); /* every field of that name */
/* Removes one comma-separated value only (index as in sip_message_value); the field goes when it was the only
 * one. */
void sip_message_remove_value(struct sip_message *message, const char *name, size_t index);
bool sip_message_replace_value(struct sip_message *message, const char *name, size_t index,
                               const char *value);
bool sip_message_set_request_uri(struct sip_message *message, const char *request_uri);
/* Sets body and Content-Length. content_type NULL: no Content-Type is added. */
bool sip_message_set_body(struct sip_message *message, const void *bytes, size_t size_bytes,
                          const char *content_type);
/* The wire form; heap, caller frees; NULL when out of memory. */
uint8_t *sip_message_serialize(const struct sip_message *message, size_t *size_bytes);
const char *sip_reason_phrase(unsigned status);

/* Digest access authentication (RFC 3261 §22, RFC 2617; SHA-256 by RFC 8760). One value of WWW-Authenticate,
 * Proxy-Authenticate, Authorization or Proxy-Authorization: a scheme and its parameters, quotes and escapes
 * removed. HEADER: it is none. */
struct sip_auth {
    char *scheme; /* as written */
    struct sip_params params;
};
enum sip_error sip_auth_parse(const char *text, struct sip_auth *out);
void sip_auth_fini(struct sip_auth *auth);
const char *sip_auth_value(const struct sip_auth *auth,
                           const char *name); /* NULL: it has none of that name */
struct sip_digest {
    const char *user, *realm, *password, *nonce;
    const char *algorithm; /* NULL: MD5 */
    const char *method, *uri;
    const char *count, *cnonce; /* with qop=auth: nc and cnonce; count NULL: without qop */
};
enum { SIP_DIGEST_TEXT_MAX = 65 };
/* The value of "response". false: of the algorithms there are MD5 and SHA-256. */
bool sip_digest_compute(const struct sip_digest *digest, char out[SIP_DIGEST_TEXT_MAX]);
/* Of a request's credentials in fields of that name, the first one for the realm, from *index on, which gets
 * its place. false: there is none. */
bool sip_auth_find(const struct sip_message *request, const char *field, const char *realm, size_t *index,
                   struct sip_auth *out);
/* What credentials say of themselves; who, where and by which password is for the caller to fill in. Points
 * into both. */
struct sip_digest sip_digest_shown(const struct sip_auth *credentials, const struct sip_message *request);
/* A challenge for each algorithm, in that order, qop=auth. false: no memory. */
bool sip_digest_challenge(struct sip_message *response, const char *field, const char *realm,
                          const char *nonce, const char *const *algorithms, size_t algorithm_count,
                          bool is_stale);
/* What answers a challenge: of account user, password, method, uri and cnonce count. Heap; NULL: the
 * challenge is none of Digest with one of these algorithms, and qop=auth or none. */
char *sip_digest_answer(const struct sip_auth *challenge, const struct sip_digest *account);

/* Framing on a stream (RFC 3261 §18.3, §7.5; CRLF keep-alives of RFC 5626 §4.4.1). Bytes in, whole messages
 * out, however they were cut. It keeps at most max_bytes of an unfinished message. */
struct sip_framer;
enum sip_frame_kind {
    SIP_FRAME_NONE,    /* more bytes are needed */
    SIP_FRAME_MESSAGE, /* one whole message */
    SIP_FRAME_PING,    /* CRLF CRLF between messages */
    SIP_FRAME_PONG,    /* a single CRLF between messages; when the second one comes later, a PING follows for
                          both */
    SIP_FRAME_ERROR    /* the stream cannot be followed any more; sticky */
};
struct sip_frame {
    enum sip_frame_kind kind;
    const uint8_t *bytes; /* valid until the next call on this framer; whole message, leading CRLFs removed */
    size_t size_bytes;
    enum sip_error
        error; /* of SIP_FRAME_ERROR; bytes holds what had been kept, possibly nothing. START_LINE: no
                * message can begin so; HEADER: an empty line, but not by CRLF CRLF; CONTENT_LENGTH: absent,
                * malformed or conflicting; TOO_LARGE: header and body exceed max_bytes; MEMORY */
};
struct sip_framer *sip_framer_new(size_t max_bytes);
/* From now on a message without Content-Length, which RFC 3261 §18.3 wants on a stream, ends with its header:
 * for whoever has to see who breaks that rule. */
void sip_framer_forgive_no_length(struct sip_framer *framer);
void sip_framer_free(struct sip_framer *framer);
/* false when out of memory (then the framer is in error). */
bool sip_framer_push(struct sip_framer *framer, const uint8_t *bytes, size_t size_bytes);
struct sip_frame sip_framer_next(struct sip_framer *framer);
/* The one message that a transport has kept whole (SCTP, RFC 4168 §5), by RFC 3261 §18.3: without
 * Content-Length its body ends with the bytes, and what is behind the body is discarded. NONE: nothing but
 * white space of a keep-alive; ERROR: START_LINE, HEADER, CONTENT_LENGTH (malformed or conflicting),
 * TOO_LARGE, INCOMPLETE. Nothing is sticky: the next user message stands for itself. */
struct sip_frame sip_frame_datagram(const uint8_t *bytes, size_t size_bytes, size_t max_bytes);
/* Memory that it has for bytes. */
size_t sip_framer_held_bytes(const struct sip_framer *framer);

#endif
