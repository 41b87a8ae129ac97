/* Where a publication goes: an address that was named, and the URLs below it. */
#include "publish/publish_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S3_REGION "us-east-1"

bool publish_is_run_id(const char *text)
{
    if (!text || !text[0] || text[0] == '.' || strlen(text) > 200)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(".-_", *text))
            return false;
    return true;
}

static const char *url_mistake(const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return "has no scheme; http://, https:// and s3:// are known";
    host += 3;
    size_t authority = strcspn(host, "/?#");
    if (authority == 0)
        return "names no host";
    if (memchr(host, '@', authority))
        return "holds a user or password, which would be seen by others on this machine; put them into the "
               "environment or "
               "into ~/.netrc (see 'sipreuse publish --help')";
    if (strpbrk(host, "?#"))
        return "has a query or fragment; name the folder alone";
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return "holds blanks or control characters; percent-encode them";
    return NULL;
}

/* The URL of a bucket's prefix, as HTTP. Heap; NULL: out of memory. */
static char *s3_url(const struct publish_options *options)
{
    const char *bucket = options->url + strlen("s3://"),
               *region = options->s3_region ? options->s3_region : S3_REGION;
    int length = (int)strcspn(bucket, "/");
    const char *prefix = bucket + length;
    char *url = NULL;
    int made = options->s3_endpoint
                   ? asprintf(&url, "%s%s%.*s%s", options->s3_endpoint,
                              options->s3_endpoint[strlen(options->s3_endpoint) - 1] == '/' ? "" : "/",
                              length, bucket, prefix)
                   : asprintf(&url, "https://%.*s.s3.%s.amazonaws.com%s", length, bucket, region, prefix);
    return made < 0 ? NULL : url;
}

bool publish_target_init(struct publish_target *target, const struct publish_options *options, char *error,
                         size_t error_size_bytes)
{
    const struct publish_credentials *credentials = &options->credentials;
    const char *mistake = url_mistake(options->url);
    *target = (struct publish_target){.options = options, .is_s3 = strncmp(options->url, "s3://", 5) == 0};
    if (!mistake && !target->is_s3 && strncmp(options->url, "http://", 7) != 0 &&
        strncmp(options->url, "https://", 8) != 0)
        mistake = "has an unknown scheme; http://, https:// and s3:// are known";
    if (!mistake && target->is_s3 && options->s3_endpoint)
        mistake = url_mistake(options->s3_endpoint)
                      ? "is used with an AWS_ENDPOINT_URL that is no plain http:// or https:// URL"
                      : NULL;
    if (mistake) {
        snprintf(error, error_size_bytes, "the URL '%s' %s",
                 strchr(options->url, '@') ? "(not shown)" : options->url, mistake);
        return false;
    }
    if (target->is_s3 && !(credentials->s3_key && credentials->s3_key[0] && credentials->s3_secret &&
                           credentials->s3_secret[0])) {
        snprintf(
            error, error_size_bytes,
            "a bucket wants credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
        return false;
    }
    char *plain = target->is_s3 ? s3_url(options) : strdup(options->url);
    size_t length = plain ? strlen(plain) : 0;
    while (length && plain[length - 1] == '/')
        plain[--length] = '\0';
    target->curl = curl_easy_init();
    bool is_good = target->curl && plain && asprintf(&target->root, "%s/", plain) >= 0 &&
                   asprintf(&target->base, "%s/%s/", plain, options->run_id) >= 0;
    free(plain);
    if (!is_good)
        snprintf(error, error_size_bytes, "out of memory; close something");
    return is_good;
}

void publish_target_fini(struct publish_target *target)
{
    curl_easy_cleanup(target->curl);
    free(target->base);
    free(target->root);
}

/* Everything but unreserved characters and the slashes is percent-encoded, which is what a signature of S3
 * counts with. */
char *publish_target_url(const struct publish_target *target, const char *name)
{
    size_t base = strlen(target->base);
    char *url = malloc(base + 3 * strlen(name) + 1);
    if (!url)
        return NULL;
    char *at = memcpy(url, target->base, base);
    at += base;
    for (; *name; name++)
        if (isalnum((unsigned char)*name) || strchr("-._~/", *name))
            *at++ = *name;
        else
            at += sprintf(at, "%%%02X", (unsigned)(unsigned char)*name);
    *at = '\0';
    return url;
}
