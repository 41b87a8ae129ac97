/* A request over HTTP as the profile says it. Secrets come from the environment or from netrc, and get into
 * no text. */
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stimulus/exchange.h"

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

/* What a server may echo must not get into a report. */
static void remember_secret(struct exchange *exchange, const char *user, const char *password)
{
    char *pair = NULL;
    int length = asprintf(&pair, "%s:%s", user, password);

    exchange->secret = strdup(password);
    exchange->encoded = length < 0 ? NULL : calloc(1, BASE64_ENCODE_RAW_LENGTH((size_t)length) + 1);
    if (exchange->encoded)
        base64_encode_raw(exchange->encoded, (size_t)length, (const uint8_t *)pair);
    if (length >= 0)
        free(pair);
}

static const char *secret_of(struct stimulus *stimulus, const char *variable)
{
    const char *secret = getenv(variable);

    if (!secret || !*secret)
        stimulus_enter(stimulus, STIMULUS_FAILED,
                       "The environment variable %s, which holds the password, is not set", variable);
    return secret && *secret ? secret : NULL;
}

static void set_netrc(struct exchange *exchange)
{
    const char *path = getenv("NETRC");

    exchange->has_hidden_secret = true;
    curl_easy_setopt(exchange->easy, CURLOPT_NETRC, (long)CURL_NETRC_REQUIRED);
    if (path && *path)
        curl_easy_setopt(exchange->easy, CURLOPT_NETRC_FILE, path);
}

static bool set_authentication(struct stimulus *stimulus, const struct document_value *auth)
{
    struct exchange *exchange = stimulus->exchange;
    CURL *easy = exchange->easy;
    const char *scheme = document_string(document_member(auth, "scheme"));
    const char *user = document_string(document_member(auth, "user")), *password;
    bool is_bearer;

    if (!scheme)
        return true; /* nobody asks in particular */
    is_bearer = strcmp(scheme, "bearer") == 0;
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
                     is_bearer                       ? (long)CURLAUTH_BEARER
                     : strcmp(scheme, "digest") == 0 ? (long)CURLAUTH_DIGEST
                                                     : (long)CURLAUTH_BASIC);
    if (document_member(auth, "netrc")) {
        set_netrc(exchange);
        return true;
    }
    password = secret_of(stimulus, document_string(document_member(auth, "password_env")));
    if (!password)
        return false;
    remember_secret(exchange, user ? user : "", password);
    curl_easy_setopt(easy, is_bearer ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, password);
    if (!is_bearer)
        curl_easy_setopt(easy, CURLOPT_USERNAME, user ? user : "");
    return true;
}

static bool set_trust(struct stimulus *stimulus, const struct document_value *http)
{
    CURL *easy = stimulus->exchange->easy;
    const struct document_value *verify = document_member(http, "verify"),
                                *trust = document_member(http, "trust");
    char *path;

    if (verify && !document_boolean(verify)) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!trust)
        return true;
    path = stimulus_render(stimulus, document_string(trust));
    if (path)
        curl_easy_setopt(easy, CURLOPT_CAINFO, path); /* copied */
    free(path);
    return path != NULL;
}

static const char *setting(const struct stimulus *stimulus, const char *name)
{
    for (size_t i = 0; i < stimulus->setting_count; i++)
        if (strcmp(stimulus->settings[i].name, name) == 0)
            return stimulus->settings[i].value ? stimulus->settings[i].value : "";
    return "";
}

/* The names of the device's domains lead to it, whatever this host's resolver knows: over https a name is
 * what its certificate speaks for. */
static void set_places(struct stimulus *stimulus)
{
    static const char *const domains[] = {"domain_one", "domain_two"};
    struct exchange *exchange = stimulus->exchange;

    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        const char *domain = setting(stimulus, domains[i]);
        char *place = NULL;
        struct curl_slist *longer =
            *domain && asprintf(&place, "%s::%s:", domain, setting(stimulus, "dut_ip")) >= 0
                ? curl_slist_append(exchange->places, place)
                : NULL;

        if (longer)
            exchange->places = longer;
        free(place);
    }
    curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->places);
}

static bool set_url(struct stimulus *stimulus, const struct document_value *http)
{
    static const char *const none[] = {NULL};
    struct exchange *exchange = stimulus->exchange;
    CURL *easy = exchange->easy;
    const char *method = document_string(document_member(http, "method"));
    char *url = stimulus_render(stimulus, document_string(document_member(http, "url")));
    char place[REPLY_QUOTE_MAX];

    if (!url)
        return false;
    curl_easy_setopt(easy, CURLOPT_URL, url); /* copied */
    reply_quote(url, strcspn(url, "?"), none, place);
    snprintf(exchange->what, sizeof exchange->what, "%s %.180s",
             method           ? method
             : exchange->body ? "POST"
                              : "GET",
             place);
    free(url);
    set_places(stimulus);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the device is here; a proxy of the environment is not */
    return true;
}

bool exchange_set_up(struct stimulus *stimulus)
{
    struct exchange *exchange = stimulus->exchange;
    const struct document_value *http = document_member(stimulus->stimulator->recipe, "http");
    const char *method = document_string(document_member(http, "method"));

    if (!set_body(stimulus, http) || !set_url(stimulus, http) || !set_trust(stimulus, http) ||
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

static void forget_secret(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void exchange_forget(struct exchange *exchange)
{
    curl_slist_free_all(exchange->headers);
    curl_slist_free_all(exchange->places);
    free(exchange->body);
    forget_secret(exchange->secret);
    forget_secret(exchange->encoded);
    free(exchange);
}
