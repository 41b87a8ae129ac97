/* A request to the device's own interface: libcurl's multi interface on the loop. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/exchange.h"
#include "stimulus/stimulus_private.h"

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

/* ---- the loop's side */

static void conclude(struct stimulus *stimulus, CURLcode code)
{
    const struct exchange *exchange = stimulus->exchange;
    const char *const secrets[] = {exchange->secret ? exchange->secret : "",
                                   exchange->encoded ? exchange->encoded : "", NULL};
    char reply[REPLY_QUOTE_MAX] = "", error[REPLY_QUOTE_MAX];
    const char *why = exchange->error[0] ? exchange->error : curl_easy_strerror(code);
    long status = 0;
    bool is_refused;

    if (!exchange->has_hidden_secret) /* of netrc: libcurl has read it, so that nothing can be blotted out */
        reply_quote(exchange->reply, exchange->reply_bytes, secrets, reply);
    reply_quote(why, strlen(why), secrets, error);
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    is_refused = status < 200 || status >= 300 ||
                 (exchange->is_rpc && reply_is_rpc_error(exchange->reply, exchange->reply_bytes));
    if (code != CURLE_OK)
        stimulus_enter(stimulus, STIMULUS_FAILED, "The profile's HTTP request (%s) failed: %s",
                       exchange->what, error);
    else
        stimulus_enter(stimulus, is_refused ? STIMULUS_FAILED : STIMULUS_DONE,
                       "The profile's HTTP request (%s) was answered %ld%s%s", exchange->what, status,
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

bool exchange_begin(struct stimulus *stimulus)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    stimulus->exchange = exchange;
    if (!exchange)
        return false;
    exchange->easy = curl_easy_init();
    snprintf(stimulus->text, sizeof stimulus->text, "The profile's HTTP request is not answered yet");
    /* It tells of its own failures, and the exchange is gone then. */
    return exchange->easy && exchange_set_up(stimulus) &&
           curl_multi_add_handle(stimulus->stimulator->web->multi, exchange->easy) == CURLM_OK;
}

void exchange_expire(struct stimulus *stimulus)
{
    stimulus_enter(stimulus, STIMULUS_FAILED,
                   "The profile's HTTP request (%s) was not answered within %.1f s", stimulus->exchange->what,
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
    exchange_forget(exchange);
}
