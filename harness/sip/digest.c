/* Digest access authentication as SIP has it (RFC 3261 §22, RFC 2617, RFC 8760): reading challenges and
 * credentials, and the arithmetic. Whether somebody is let in is not decided here. */
#include "scan.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* "name = value", where a value is a token, or anything in quotes; bare ones are read as widely as elsewhere.
 */
static enum sip_error auth_scan_param(struct sip_scan *scan, struct sip_params *params)
{
    const char *from, *to;
    char *value = NULL;
    if (!sip_scan_token(scan, &from, &to) || !sip_scan_separator(scan, '='))
        return SIP_ERROR_HEADER;
    if (scan->at < scan->end && *scan->at == '"') {
        enum sip_error error = sip_scan_quoted(scan, &value);
        if (error != SIP_OK)
            return error;
    } else {
        const char *start = scan->at;
        while (scan->at < scan->end && *scan->at != ',' && *scan->at != '"' && !sip_is_space(*scan->at))
            scan->at++;
        value = start == scan->at ? NULL : sip_text_copy(start, scan->at);
        if (!value)
            return start == scan->at ? SIP_ERROR_HEADER : SIP_ERROR_MEMORY;
    }
    return sip_params_add(params, sip_text_copy(from, to), value, SIP_ERROR_HEADER);
}

static enum sip_error auth_scan_params(struct sip_scan *scan, struct sip_params *params)
{
    enum sip_error error;
    do {
        sip_scan_skip_space(scan);
        error = auth_scan_param(scan, params);
        sip_scan_skip_space(scan);
    } while (error == SIP_OK && sip_scan_char(scan, ','));
    return error != SIP_OK ? error : scan->at == scan->end ? SIP_OK : SIP_ERROR_HEADER;
}

enum sip_error sip_auth_parse(const char *text, struct sip_auth *out)
{
    struct sip_scan scan = sip_scan_trimmed(text, text + strlen(text));
    struct sip_auth auth = {0};
    const char *from, *to;
    if (!sip_scan_token(&scan, &from, &to) || scan.at == scan.end || !sip_is_space(*scan.at))
        return SIP_ERROR_HEADER;
    auth.scheme = sip_text_copy(from, to);
    enum sip_error error = auth.scheme ? auth_scan_params(&scan, &auth.params) : SIP_ERROR_MEMORY;
    if (error != SIP_OK) {
        sip_auth_fini(&auth);
        return error;
    }
    *out = auth;
    return SIP_OK;
}

void sip_auth_fini(struct sip_auth *auth)
{
    free(auth->scheme);
    sip_params_fini(&auth->params);
    *auth = (struct sip_auth){0};
}

const char *sip_auth_value(const struct sip_auth *auth, const char *name)
{
    const struct sip_param *param = sip_params_find(&auth->params, name);
    return param ? param->value : NULL;
}

bool sip_auth_find(const struct sip_message *request, const char *field, const char *realm, size_t *index,
                   struct sip_auth *out)
{
    char *value;
    for (; (value = sip_message_value(request, field, *index)) != NULL; (*index)++) {
        bool is_read = sip_auth_parse(value, out) == SIP_OK;
        const char *theirs = is_read ? sip_auth_value(out, "realm") : NULL;
        free(value);
        if (theirs && sip_equals_nocase(out->scheme, "Digest") && strcmp(theirs, realm) == 0)
            return true;
        if (is_read)
            sip_auth_fini(out);
    }
    return false;
}

struct sip_digest sip_digest_shown(const struct sip_auth *credentials, const struct sip_message *request)
{
    return (struct sip_digest){.nonce = sip_auth_value(credentials, "nonce"),
                               .algorithm = sip_auth_value(credentials, "algorithm"),
                               .method = request->method,
                               .uri = sip_auth_value(credentials, "uri"),
                               .count = sip_auth_value(credentials, "qop") ? sip_auth_value(credentials, "nc")
                                                                           : NULL,
                               .cnonce = sip_auth_value(credentials, "cnonce")};
}

/* ---- asking ---- */

bool sip_digest_challenge(struct sip_message *response, const char *field, const char *realm,
                          const char *nonce, const char *const *algorithms, size_t algorithm_count,
                          bool is_stale)
{
    bool is_good = true;
    for (size_t i = 0; is_good && i < algorithm_count; i++) {
        char *value = NULL;
        is_good = asprintf(&value, "Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s", realm,
                           nonce, algorithms[i], is_stale ? ", stale=true" : "") >= 0 &&
                  sip_message_append(response, field, value);
        free(value);
    }
    return is_good;
}

/* ---- arithmetic ---- */

enum { HASH_MAX_BYTES = 32 };

static bool find_hash(const char *algorithm, gnutls_digest_algorithm_t *out)
{
    *out = !algorithm || sip_equals_nocase(algorithm, "MD5") ? GNUTLS_DIG_MD5
           : sip_equals_nocase(algorithm, "SHA-256")         ? GNUTLS_DIG_SHA256
                                                             : GNUTLS_DIG_UNKNOWN;
    return *out != GNUTLS_DIG_UNKNOWN;
}

/* The hash of all texts with colons between them, in hexadecimal digits. */
static bool hash_texts(gnutls_digest_algorithm_t hash, char out[SIP_DIGEST_TEXT_MAX], const char *first, ...)
{
    static const char digits[] = "0123456789abcdef";
    gnutls_hash_hd_t handle;
    uint8_t bytes[HASH_MAX_BYTES];
    va_list texts;
    if (gnutls_hash_init(&handle, hash) < 0)
        return false;
    bool is_good = gnutls_hash(handle, first, strlen(first)) == 0;
    va_start(texts, first);
    for (const char *text = va_arg(texts, const char *); text; text = va_arg(texts, const char *))
        is_good = is_good && gnutls_hash(handle, ":", 1) == 0 && gnutls_hash(handle, text, strlen(text)) == 0;
    va_end(texts);
    gnutls_hash_deinit(handle, bytes);
    for (unsigned i = 0; i < gnutls_hash_get_len(hash); i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * gnutls_hash_get_len(hash)] = '\0';
    return is_good;
}

bool sip_digest_compute(const struct sip_digest *digest, char out[SIP_DIGEST_TEXT_MAX])
{
    gnutls_digest_algorithm_t hash;
    char who[SIP_DIGEST_TEXT_MAX], what[SIP_DIGEST_TEXT_MAX];
    if (!find_hash(digest->algorithm, &hash) ||
        !hash_texts(hash, who, digest->user, digest->realm, digest->password, NULL) ||
        !hash_texts(hash, what, digest->method, digest->uri, NULL))
        return false;
    return digest->count
               ? hash_texts(hash, out, who, digest->nonce, digest->count, digest->cnonce, "auth", what, NULL)
               : hash_texts(hash, out, who, digest->nonce, what, NULL);
}

/* ---- answering ---- */

/* "auth" is among the options of a challenge, "auth,auth-int". */
static bool offers_auth(const char *options)
{
    for (const char *at = options; *at;) {
        size_t length = strcspn(at, ", ");
        if (sip_span_equals_nocase(at, length, "auth"))
            return true;
        at += length + strspn(at + length, ", ");
    }
    return false;
}

static void put_quoted(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s=\"", name);
    for (; *value; value++)
        fprintf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    fputc('"', out);
}

static char *format_answer(const struct sip_auth *challenge, const struct sip_digest *digest,
                           const char *response)
{
    const char *opaque = sip_auth_value(challenge, "opaque");
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out)
        return NULL;
    put_quoted(out, "Digest username", digest->user);
    put_quoted(out, ", realm", digest->realm);
    put_quoted(out, ", nonce", digest->nonce);
    put_quoted(out, ", uri", digest->uri);
    put_quoted(out, ", response", response);
    if (digest->algorithm)
        fprintf(out, ", algorithm=%s", digest->algorithm);
    if (opaque)
        put_quoted(out, ", opaque", opaque);
    if (digest->count) {
        put_quoted(out, ", cnonce", digest->cnonce);
        fprintf(out, ", qop=auth, nc=%s", digest->count);
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

char *sip_digest_answer(const struct sip_auth *challenge, const struct sip_digest *account)
{
    const char *options = sip_auth_value(challenge, "qop");
    char response[SIP_DIGEST_TEXT_MAX];
    struct sip_digest digest = *account;
    digest.realm = sip_auth_value(challenge, "realm");
    digest.nonce = sip_auth_value(challenge, "nonce");
    digest.algorithm = sip_auth_value(challenge, "algorithm");
    digest.count = options ? "00000001" : NULL;
    if (!sip_equals_nocase(challenge->scheme, "Digest") || !digest.realm || !digest.nonce ||
        (options && !offers_auth(options)) || !sip_digest_compute(&digest, response))
        return NULL;
    return format_answer(challenge, &digest, response);
}
