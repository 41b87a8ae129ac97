/* A request to the device's own interface: libcurl's multi interface on the loop. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/stimulus_private.h"

enum { REPLY_MAX_BYTES = 64 << 10 };

struct web {
    CURLM *multi;
    struct loop_timer *timer;
    struct watch *watches;
};
struct watch { /* a socket of libcurl's */
    struct watch *next;
    struct web *web;
    struct loop_poll *poll;
    curl_socket_t socket;
};
struct exchange {
    CURL *easy;
    struct curl_slist *headers;
    char *body, error[CURL_ERROR_SIZE];
    char reply[REPLY_MAX_BYTES + 1];
    size_t reply_bytes;
    bool is_rpc;
};

/* ---- the loop's side */

/* A JSON-RPC reply may say that nothing was done although HTTP is content. */
static bool is_rpc_error(const struct exchange *exchange)
{
    struct diagnostic diagnostic = {0};
    struct document *reply = document_parse("reply", exchange->reply, exchange->reply_bytes, &diagnostic);
    bool is_error = false;

    if (reply && document_kind(document_root(reply)) == DOCUMENT_OBJECT)
        is_error = document_member(document_root(reply), "error") != NULL;
    document_free(reply);
    return is_error;
}

static void conclude(struct stimulus *stimulus, CURLcode code)
{
    struct exchange *exchange = stimulus->exchange;
    long status = 0;
    char reply[200];

    snprintf(reply, sizeof reply, "%.*s", (int)sizeof reply - 1, exchange->reply);
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's HTTP request failed: %s",
                       exchange->error[0] ? exchange->error : curl_easy_strerror(code));
    else if (status >= 300 || (exchange->is_rpc && is_rpc_error(exchange)))
        stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's HTTP request was answered %ld: %s", status,
                       reply);
    else
        stimulus_enter(stimulus, STIMULUS_DONE, "The profile's HTTP request was answered %ld%s%s", status,
                       *reply ? ": " : "", reply);
}

static void take_finished(const struct web *web)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(web->multi, &left)) != NULL) {
        struct stimulus *stimulus = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&stimulus);
        if (stimulus)
            conclude(stimulus, message->data.result);
    }
}

static void on_socket_ready(struct loop_poll *poll, int events, void *arg)
{
    struct watch *watch = arg;
    struct web *web = watch->web; /* the watch may go meanwhile */
    int flags =
        (events & LOOP_READABLE ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITABLE ? CURL_CSELECT_OUT : 0);
    int running;

    (void)poll;
    curl_multi_socket_action(web->multi, watch->socket, flags, &running);
    take_finished(web);
}

static void on_time(struct loop_timer *timer, void *arg)
{
    struct web *web = arg;
    int running;

    (void)timer;
    curl_multi_socket_action(web->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished(web);
}

static void drop_watch(struct web *web, struct watch *watch)
{
    struct watch **at = &web->watches;

    while (*at && *at != watch)
        at = &(*at)->next;
    if (*at)
        *at = watch->next;
    loop_poll_free(watch->poll);
    free(watch);
}

/* libcurl wants a socket watched, otherwise, or not any longer. */
static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg, void *socket_arg)
{
    struct stimulator *stimulator = arg;
    struct web *web = stimulator->web;
    struct watch *watch = socket_arg;
    int events = (what & CURL_POLL_IN ? LOOP_READABLE : 0) | (what & CURL_POLL_OUT ? LOOP_WRITABLE : 0);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch)
            drop_watch(web, watch);
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof *watch);
        if (!watch)
            return -1;
        watch->web = web;
        watch->socket = socket;
        watch->poll = loop_poll_new(stimulator->options.loop, socket, on_socket_ready, watch);
        if (!watch->poll) {
            free(watch);
            return -1;
        }
        watch->next = web->watches;
        web->watches = watch;
        curl_multi_assign(web->multi, socket, watch);
    }
    loop_poll_set(watch->poll, events);
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *arg)
{
    const struct web *web = arg;

    (void)multi;
    if (timeout_ms < 0)
        loop_timer_stop(web->timer);
    else
        loop_timer_start(web->timer, (uint64_t)timeout_ms);
    return 0;
}

bool web_open(struct stimulator *stimulator)
{
    struct web *web = calloc(1, sizeof *web);

    stimulator->web = web;
    if (!web || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    web->multi = curl_multi_init();
    web->timer = loop_timer_new(stimulator->options.loop, on_time, web);
    if (!web->multi || !web->timer)
        return false;
    curl_multi_setopt(web->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(web->multi, CURLMOPT_SOCKETDATA, stimulator);
    curl_multi_setopt(web->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(web->multi, CURLMOPT_TIMERDATA, web);
    return true;
}

void web_close(struct stimulator *stimulator)
{
    struct web *web = stimulator->web;

    if (!web)
        return;
    if (web->multi)
        curl_multi_cleanup(web->multi);
    while (web->watches)
        drop_watch(web, web->watches);
    loop_timer_free(web->timer);
    curl_global_cleanup();
    free(web);
    stimulator->web = NULL;
}

/* ---- one request */

static size_t on_reply(char *bytes, size_t size, size_t count, void *arg)
{
    struct exchange *exchange = arg;
    size_t room = REPLY_MAX_BYTES - exchange->reply_bytes, taken = size * count < room ? size * count : room;

    memcpy(exchange->reply + exchange->reply_bytes, bytes, taken);
    exchange->reply_bytes += taken;
    return size * count; /* what is too long is read and forgotten */
}

static bool add_header(struct exchange *exchange, const char *name, const char *value)
{
    char *line = NULL;
    struct curl_slist *longer =
        asprintf(&line, "%s: %s", name, value) < 0 ? NULL : curl_slist_append(exchange->headers, line);

    free(line);
    if (longer)
        exchange->headers = longer;
    return longer != NULL;
}

static bool set_headers(struct stimulus *stimulus, const struct document_value *headers)
{
    struct exchange *exchange = stimulus->exchange;

    for (size_t i = 0; i < document_count(headers); i++) {
        char *value = stimulus_render(stimulus, document_string(document_at(headers, i)));
        bool is_added = value && add_header(exchange, document_key(headers, i), value);

        free(value);
        if (!is_added)
            return false;
    }
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
    return true;
}

static bool set_body(struct stimulus *stimulus, const struct document_value *http)
{
    struct exchange *exchange = stimulus->exchange;
    const struct document_value *body = document_member(http, "body"), *json = document_member(http, "json"),
                                *rpc = document_member(http, "json_rpc");

    if (!body && !json && !rpc)
        return true;
    exchange->is_rpc = rpc != NULL;
    exchange->body = body   ? stimulus_render(stimulus, document_string(body))
                     : json ? body_compose(stimulus, json)
                            : body_compose_rpc(stimulus, rpc);
    if (!exchange->body)
        return false;
    curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS, exchange->body);
    curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(exchange->body));
    return body || add_header(exchange, "Content-Type", "application/json");
}

static bool set_authentication(struct stimulus *stimulus, const struct document_value *auth)
{
    CURL *easy = stimulus->exchange->easy;
    const char *scheme = document_string(document_member(auth, "scheme"));
    const char *variable = document_string(document_member(auth, "password_env"));
    const char *user = document_string(document_member(auth, "user"));
    const char *password = variable ? getenv(variable) : NULL;

    if (!auth)
        return true;
    if (variable && !password) {
        stimulus_enter(stimulus, STIMULUS_FAILED,
                       "The environment variable %s, which holds the password, is not set", variable);
        return false;
    }
    if (strcmp(scheme, "bearer") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, password ? password : "");
        return true;
    }
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
                     strcmp(scheme, "digest") == 0 ? (long)CURLAUTH_DIGEST : (long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, user ? user : "");
    curl_easy_setopt(easy, CURLOPT_PASSWORD, password ? password : "");
    return true;
}

static bool set_url(struct stimulus *stimulus, const struct document_value *http)
{
    CURL *easy = stimulus->exchange->easy;
    const struct document_value *verify = document_member(http, "verify");
    char *url = stimulus_render(stimulus, document_string(document_member(http, "url")));

    if (!url)
        return false;
    curl_easy_setopt(easy, CURLOPT_URL, url); /* copied */
    free(url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the device is here; a proxy of the environment is not */
    if (verify && !document_boolean(verify)) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return true;
}

static bool set_up(struct stimulus *stimulus)
{
    struct exchange *exchange = stimulus->exchange;
    const struct document_value *http = document_member(stimulus->stimulator->recipe, "http");
    const char *method = document_string(document_member(http, "method"));

    if (!set_url(stimulus, http) || !set_body(stimulus, http) ||
        !set_headers(stimulus, document_member(http, "headers")) ||
        !set_authentication(stimulus, document_member(http, "auth")))
        return false;
    if (method)
        curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, stimulus);
    curl_easy_setopt(exchange->easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(exchange->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    return true;
}

bool exchange_begin(struct stimulus *stimulus)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    stimulus->exchange = exchange;
    if (!exchange)
        return false;
    exchange->easy = curl_easy_init();
    snprintf(stimulus->text, sizeof stimulus->text, "The profile's HTTP request is not answered yet");
    /* set_up() tells of its own failures, and the exchange is gone then. */
    return exchange->easy && set_up(stimulus) &&
           curl_multi_add_handle(stimulus->stimulator->web->multi, exchange->easy) == CURLM_OK;
}

void exchange_expire(struct stimulus *stimulus)
{
    stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's HTTP request was not answered within %.1f s",
                   (double)stimulus->stimulator->timeout_ms / 1000.0);
}

void exchange_end(struct stimulus *stimulus)
{
    struct exchange *exchange = stimulus->exchange;

    if (!exchange)
        return;
    stimulus->exchange = NULL;
    if (exchange->easy) {
        curl_multi_remove_handle(stimulus->stimulator->web->multi, exchange->easy);
        curl_easy_cleanup(exchange->easy);
    }
    curl_slist_free_all(exchange->headers);
    free(exchange->body);
    free(exchange);
}
