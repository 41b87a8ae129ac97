/* One request to the server, repeated with growing pauses while what goes wrong may pass. */
#include "publish/publish_private.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECT_TIMEOUT_S = 15, STALL_BYTES_PER_S = 1, STALL_S = 60 };

struct transfer {
    const struct publish_target *target;
    const struct publish_request *request;
    struct publish_reply *reply;
    struct curl_slist *headers;
    FILE *file;
    gnutls_hash_hd_t hash;
    size_t body_bytes;
    char problem[CURL_ERROR_SIZE];
};

static size_t transfer_take(char *bytes, size_t unit, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t size_bytes = unit * count;
    gnutls_hash(transfer->hash, bytes, size_bytes);
    if (!transfer->request->wants_body)
        return size_bytes;
    if (transfer->body_bytes + size_bytes > PUBLISH_REPLY_MAX)
        return 0;
    char *more = realloc(transfer->reply->body, transfer->body_bytes + size_bytes + 1);
    if (!more)
        return 0;
    transfer->reply->body = more;
    memcpy(more + transfer->body_bytes, bytes, size_bytes);
    transfer->body_bytes += size_bytes;
    more[transfer->body_bytes] = '\0';
    return size_bytes;
}

static bool transfer_add_header(struct transfer *transfer, const char *name, const char *value)
{
    char *line = NULL;
    struct curl_slist *list = NULL;
    if (asprintf(&line, "%s: %s", name, value) >= 0)
        list = curl_slist_append(transfer->headers, line);
    free(line);
    if (list)
        transfer->headers = list;
    return list != NULL;
}

/* SigV4: libcurl signs, and takes the digest of the body from a header that it does not add itself. */
static bool transfer_sign(struct transfer *transfer)
{
    static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct publish_options *options = transfer->target->options;
    const struct publish_credentials *credentials = &options->credentials;
    CURL *curl = transfer->target->curl;
    char *scope = NULL;
    if (asprintf(&scope, "aws:amz:%s:s3", options->s3_region ? options->s3_region : "us-east-1") < 0)
        return false;
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, scope);
    free(scope);
    curl_easy_setopt(curl, CURLOPT_USERNAME, credentials->s3_key);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, credentials->s3_secret);
    return transfer_add_header(transfer, "x-amz-content-sha256",
                               transfer->request->verb == PUBLISH_PUT ? transfer->request->sha256 : empty) &&
           (!credentials->s3_session || !credentials->s3_session[0] ||
            transfer_add_header(transfer, "x-amz-security-token", credentials->s3_session));
}

static bool transfer_authenticate(struct transfer *transfer)
{
    const struct publish_credentials *credentials = &transfer->target->options->credentials;
    CURL *curl = transfer->target->curl;
    if (transfer->target->is_s3)
        return transfer_sign(transfer);
    if (credentials->token && credentials->token[0]) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, credentials->token);
    } else if (credentials->user && credentials->user[0]) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_ANY);
        curl_easy_setopt(curl, CURLOPT_USERNAME, credentials->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, credentials->password ? credentials->password : "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_ANY);
        curl_easy_setopt(curl, CURLOPT_NETRC, CURL_NETRC_OPTIONAL);
        if (credentials->netrc_path)
            curl_easy_setopt(curl, CURLOPT_NETRC_FILE, credentials->netrc_path);
    }
    return true;
}

static int transfer_rewind(void *arg, curl_off_t offset, int origin)
{
    struct transfer *transfer = arg;
    return fseeko(transfer->file, (off_t)offset, origin) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static size_t transfer_give(char *bytes, size_t unit, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    return fread(bytes, unit, count, transfer->file);
}

static bool transfer_set_verb(struct transfer *transfer)
{
    const struct publish_request *request = transfer->request;
    CURL *curl = transfer->target->curl;
    switch (request->verb) {
    case PUBLISH_GET:
        return true;
    case PUBLISH_HEAD:
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return true;
    case PUBLISH_DELETE:
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
        return true;
    case PUBLISH_MKCOL:
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "MKCOL");
        return true;
    case PUBLISH_PUT:
        break;
    }
    union { /* fmemopen wants it writable, and reads only */
        const uint8_t *given;
        void *wanted;
    } bytes = {.given = request->bytes};
    transfer->file = request->path ? fopen(request->path, "rbe")
                                   : fmemopen(bytes.wanted, (size_t)request->size_bytes, "rb");
    if (!transfer->file)
        return false;
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->size_bytes);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, transfer_give);
    curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, transfer_rewind);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, transfer);
    return true;
}

static bool transfer_prepare(struct transfer *transfer)
{
    CURL *curl = transfer->target->curl;
    const char *ca_path = transfer->target->options->ca_path;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, transfer->request->url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->problem);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "sipreuse");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, transfer_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    if (ca_path)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_path);
    bool is_good = transfer_set_verb(transfer) && transfer_authenticate(transfer);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers);
    return is_good;
}

static bool transfer_may_pass(CURLcode code, long status)
{
    switch ((int)code) {
    case CURLE_OK:
        return status == 408 || status == 429 || status >= 500;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return true;
    default:
        return false;
    }
}

/* One attempt. sentence gets what went wrong, where anything did. */
static bool transfer_once(struct transfer *transfer, CURLcode *code, uint64_t *wanted_pause_ms)
{
    struct publish_reply *reply = transfer->reply;
    CURL *curl = transfer->target->curl;
    uint8_t digest[32];
    curl_off_t number = 0;

    publish_reply_fini(reply);
    *reply = (struct publish_reply){.size_bytes = -1};
    transfer->problem[0] = '\0';
    transfer->body_bytes = 0;
    if (gnutls_hash_init(&transfer->hash, GNUTLS_DIG_SHA256) != 0)
        return false;
    bool is_ready = transfer_prepare(transfer);
    *code = is_ready ? curl_easy_perform(curl) : CURLE_READ_ERROR;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &number) == CURLE_OK)
        reply->size_bytes = number;
    *wanted_pause_ms = curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &number) == CURLE_OK && number > 0
                           ? (uint64_t)number * 1000U
                           : 0;
    gnutls_hash_deinit(transfer->hash, digest);
    publish_sha256_text(digest, reply->sha256);
    if (transfer->file)
        fclose(transfer->file);
    transfer->file = NULL;
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    return true;
}

static void transfer_pause(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000U), .tv_nsec = (long)(ms % 1000U) * 1000000L};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static void transfer_describe(const struct transfer *transfer, CURLcode code, char *text, size_t size_bytes)
{
    if (code == CURLE_OK)
        snprintf(text, size_bytes, "the server answered %ld", transfer->reply->status);
    else
        snprintf(text, size_bytes, "%s", transfer->problem[0] ? transfer->problem : curl_easy_strerror(code));
}

bool publish_transfer(const struct publish_target *target, const struct publish_request *request,
                      struct publish_reply *reply, char *error, size_t error_size_bytes)
{
    const struct publish_options *options = target->options;
    struct transfer transfer = {.target = target, .request = request, .reply = reply};
    unsigned attempts = options->attempts ? options->attempts : PUBLISH_ATTEMPTS;
    uint64_t pause_ms = options->back_off_ms ? options->back_off_ms : PUBLISH_BACK_OFF_MS, wanted_ms = 0;
    CURLcode code = CURLE_OK;
    char text[CURL_ERROR_SIZE + 64] = "";

    *reply = (struct publish_reply){.size_bytes = -1};
    for (unsigned attempt = 1;; attempt++, pause_ms *= 2) {
        if (!transfer_once(&transfer, &code, &wanted_ms)) {
            snprintf(error, error_size_bytes, "out of memory; close something");
            return false;
        }
        if (!transfer_may_pass(code, reply->status))
            break;
        transfer_describe(&transfer, code, text, sizeof text);
        if (attempt >= attempts) {
            snprintf(error, error_size_bytes,
                     "'%s' could not be sent in %u attempt%s: %s; try again later, what is there "
                     "already is not sent again",
                     request->name, attempts, attempts == 1 ? "" : "s", text);
            return false;
        }
        if (options->on_file)
            options->on_file(request->name, PUBLISH_RETRIED, text, options->arg);
        uint64_t next_ms = wanted_ms > pause_ms ? wanted_ms : pause_ms;
        transfer_pause(next_ms < PUBLISH_BACK_OFF_MOST_MS ? next_ms : PUBLISH_BACK_OFF_MOST_MS);
    }
    if (code == CURLE_OK)
        return true;
    transfer_describe(&transfer, code, text, sizeof text);
    snprintf(error, error_size_bytes, "'%s': %s", request->name, text);
    return false;
}

void publish_reply_fini(struct publish_reply *reply)
{
    free(reply->body);
    reply->body = NULL;
}
