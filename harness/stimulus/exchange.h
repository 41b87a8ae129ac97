/* One request over HTTP and its reply; libcurl shows in this folder's files alone. */
#ifndef STIMULUS_EXCHANGE_H
#define STIMULUS_EXCHANGE_H

#include <curl/curl.h>

#include "stimulus/reply.h"
#include "stimulus/stimulus_private.h"

enum { REPLY_MAX_BYTES = 64 << 10 };
struct exchange {
    CURL *easy;
    struct curl_slist *headers, *places;
    char *body, error[CURL_ERROR_SIZE];
    char reply[REPLY_MAX_BYTES + 1];
    size_t reply_bytes;
    char *secret, *encoded; /* a password or token, and what Basic makes of it; NULL: none */
    bool has_hidden_secret; /* in netrc */
    bool is_rpc;
    char what[REPLY_QUOTE_MAX]; /* "POST http://192.0.2.9/call", for a sentence */
};

/* Everything that the profile says of the request, and where the reply goes. false: the stimulus has failed,
 * and the exchange is gone. */
bool exchange_set_up(struct stimulus *stimulus);
/* Frees it, secrets overwritten. */
void exchange_forget(struct exchange *exchange);

#endif
